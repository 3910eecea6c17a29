//! The texts' tokens: a kilobyte an article, read one at a time, and never together.
//!
//! They are most of what the ledger writes. As rows of the store each would be written three times, to its journal, from
//! sorted memory to a table, and from there to where it can be read without searching; and reading it before that takes
//! five times as long as comparing two texts. So they go straight into **chapters** (`chapter.rs`): files of some
//! [`CHAPTER`] articles each, in which a sketch stands where its sequence says. The newest one grows.
//!
//! What makes them durable is the batch of the verdicts: a group's sketches are written to the growing chapter and synced
//! *before* the batch is, and a row of the batch (keyspace `chapters`) says up to which byte the chapter counts. So a
//! crash, or a batch that fails, leaves bytes behind that end, which are written over; and a batch that is durable finds
//! its sketches. A chapter that is full gets its end and is never changed again; the row says so from the batch on that
//! begins the next one. A file without a row is left over and goes at the next start (`index_files.rs`), which reads the
//! growing chapter once. A window expires by its rows in that keyspace and its files.

mod chapter;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use copydesk_article::Sequence;
use copydesk_dedup::Window;
use fjall::{Database, Keyspace, OwnedWriteBatch as WriteBatch};

use crate::LedgerError;
use crate::index_files::{FileName, IndexFiles, remove};
use chapter::{Chapter, Growing, file_name};

/// Sequences of a chapter: some 35 MB, and so few files that all can be open.
pub const CHAPTER: u64 = 1 << 16;

/// See the module.
pub struct Sketches {
    files: IndexFiles,
    rows: Keyspace,
    chapter: u64,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// The full ones, oldest first; not two of them overlap.
    chapters: Vec<Arc<Chapter>>,
    growing: Option<Growing>,
}

/// The keyspace that sketches need, and where their chapters are.
pub struct Places<'a> {
    pub folder: &'a Path,
    pub db: &'a Database,
    /// Which chapters there are.
    pub chapters: &'a Keyspace,
    /// Sequences of a chapter.
    pub chapter: u64,
}

/// A sketch to be written.
#[derive(Clone, Debug)]
pub struct Row {
    pub window: Window,
    pub sequence: Sequence,
    pub bytes: Vec<u8>,
}

/// What was written, if anything was, to be seen once its batch is durable.
#[derive(Default)]
pub struct Written(Option<Grown>);

/// How the chapters are after a group.
struct Grown {
    finished: Vec<Arc<Chapter>>,
    growing: Option<Growing>,
}

impl Sketches {
    /// Opens the chapters.
    ///
    /// # Errors
    /// Where one or the store can't be read.
    pub fn open(places: &Places<'_>) -> Result<Self, LedgerError> {
        let files = IndexFiles::new(places.folder, "sketches", places.db, places.chapters);
        let mut state = State::default();
        for name in files.names()? {
            let row = places.chapters.get(name.to_key());
            let row = row.map_err(|source| files.failed("read how far its sketches are written", source))?;
            match row.as_deref().and_then(|row| row.try_into().ok()).map(u32::from_be_bytes) {
                None => state.chapters.push(Arc::new(Chapter::open(files.folder(), name)?)),
                Some(bytes) => state.growing = Some(Growing::open(files.folder(), name, bytes)?),
            }
        }
        Ok(Self { files, rows: places.chapters.clone(), chapter: places.chapter, state: RwLock::new(state) })
    }

    /// Writes the sketches of the next articles, durably where `sync` says so, and adds to the batch what makes them
    /// count. One group at a time.
    ///
    /// # Errors
    /// Where the disk fails; the group can come again.
    pub fn write(&self, batch: &mut WriteBatch, rows: &[Row], sync: bool) -> Result<Written, LedgerError> {
        if rows.is_empty() {
            return Ok(Written::default());
        }
        let mut grown = Grown { finished: Vec::new(), growing: self.state().growing.clone() };
        for row in rows {
            let is_full = |growing: &mut Growing| !growing.takes(row.window, row.sequence, self.chapter);
            if let Some(full) = grown.growing.take_if(is_full) {
                let full = full.finish(self.files.folder())?;
                batch.insert(&self.rows, file_name(full.name.window, full.name.first).to_key(), []);
                grown.finished.push(Arc::new(full));
            }
            let growing = match &mut grown.growing {
                Some(growing) => growing,
                none => none.insert(Growing::create(self.files.folder(), row.window, row.sequence)?),
            };
            growing.push(row.sequence, &row.bytes)?;
        }
        if let Some(growing) = &mut grown.growing {
            growing.write()?;
            if sync {
                growing.sync()?;
            }
            let name = file_name(growing.name.window, growing.name.first);
            batch.insert(&self.rows, name.to_key(), growing.bytes().to_be_bytes());
        }
        Ok(Written(Some(grown)))
    }

    /// Takes over what was written, once its batch is durable.
    pub fn note(&self, written: Written) {
        let Written(Some(grown)) = written else { return };
        let mut state = self.state_mut();
        state.chapters.extend(grown.finished);
        state.growing = grown.growing;
    }

    /// The row of an article, if it has one.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn row(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, LedgerError> {
        let state = self.state();
        let at = state.chapters.partition_point(|chapter| chapter.name.last < sequence);
        if let Some(chapter) = state.chapters.get(at).filter(|chapter| chapter.name.first <= sequence) {
            return Ok(chapter.row(sequence)?);
        }
        Ok(state.growing.as_ref().map(|growing| growing.row(sequence)).transpose()?.flatten())
    }

    /// Forgets all windows before this one. Not while a group is written.
    ///
    /// # Errors
    /// Where the store fails; nothing is forgotten then.
    pub fn expire(&self, oldest: Window) -> Result<(), LedgerError> {
        let expired = |name: FileName| name.window < oldest;
        let mut gone = Vec::new();
        {
            let state = self.state();
            let full = state.chapters.iter().map(|chapter| (chapter.name, chapter.path()));
            let all = full.chain(state.growing.iter().map(|growing| (growing.name, growing.path())));
            gone.extend(all.filter(|(name, _)| expired(*name)).map(|(name, path)| (name, path.to_owned())));
        }
        if gone.is_empty() {
            return Ok(());
        }
        let names = gone.iter().map(|(name, _)| file_name(name.window, name.first));
        self.files.commit(self.files.change(None, names))?;
        let mut state = self.state_mut();
        state.chapters.retain(|chapter| !expired(chapter.name));
        state.growing.take_if(|growing| expired(growing.name));
        drop(state);
        gone.iter().for_each(|(_, path)| remove(path));
        Ok(())
    }

    /// Bytes of the chapters.
    pub fn bytes(&self) -> u64 {
        let state = self.state();
        let growing = state.growing.as_ref().map_or(0, |growing| growing.bytes().into());
        state.chapters.iter().map(|chapter| chapter.bytes()).sum::<u64>() + growing
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use fjall::{KeyspaceCreateOptions, PersistMode};
    use proptest::prelude::*;

    use super::*;

    /// What happens to the sketches.
    #[derive(Clone, Debug)]
    enum Step {
        /// A group of articles with so many bytes of sketch each, or none, in a window so many later than the last.
        Group(Vec<Option<usize>>, u32),
        /// A group is written whose batch never comes.
        Lost(Vec<usize>),
        /// Closed as a crash would, and opened.
        Reopen,
        /// Windows before the newest but so many go.
        Expire(u32),
        /// Everybody's sketch is looked up.
        Ask,
    }

    fn step() -> impl Strategy<Value = Step> {
        let later = prop_oneof![9 => Just(0_u32), 1 => 1_u32..3];
        let group = prop::collection::vec(prop::option::weighted(0.8, 0_usize..40), 1..12);
        prop_oneof![
            30 => (group, later).prop_map(|(bytes, later)| Step::Group(bytes, later)),
            4 => prop::collection::vec(0_usize..60, 1..12).prop_map(Step::Lost),
            3 => Just(Step::Reopen),
            2 => (0_u32..3).prop_map(Step::Expire),
            4 => Just(Step::Ask),
        ]
    }

    fn open(folder: &Path) -> (Sketches, Database) {
        let db = Database::builder(folder).open().expect("a store");
        let chapters = db.keyspace("chapters", KeyspaceCreateOptions::default).expect("a keyspace");
        let sketches = Sketches::open(&Places { folder, db: &db, chapters: &chapters, chapter: 8 });
        (sketches.expect("open"), db)
    }

    fn row(sequence: Sequence, bytes: usize) -> Row {
        Row { window: Window(2), sequence, bytes: vec![sequence.0 as u8; bytes] }
    }

    fn take(sketches: &Sketches, db: &Database, rows: &[Row]) -> Result<(), LedgerError> {
        let mut batch = db.batch().durability(Some(PersistMode::Buffer));
        let written = sketches.write(&mut batch, rows, true)?;
        batch.commit().expect("commit");
        sketches.note(written);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// In whatever groups they come, whatever was closed, written and lost, or gone in between: every sketch whose
        /// batch came and that has not expired is found as it was, and no other.
        #[test]
        fn a_sketch_is_found_once_its_batch_is_there(steps in prop::collection::vec(step(), 1..60)) {
            let folder = tempfile::tempdir().expect("temp");
            let mut articles: Vec<(Window, Option<usize>)> = Vec::new();
            let (mut window, mut oldest) = (Window(3), Window(0));
            let (mut sketches, mut db) = open(folder.path());
            for step in steps.into_iter().chain([Step::Ask, Step::Reopen, Step::Ask]) {
                match step {
                    Step::Group(group, later) => {
                        window.0 += later;
                        let mut rows = Vec::new();
                        for bytes in group {
                            articles.push((window, bytes));
                            let sequence = Sequence(articles.len() as u64);
                            rows.extend(bytes.map(|bytes| Row { window, ..row(sequence, bytes) }));
                        }
                        take(&sketches, &db, &rows).expect("write");
                    }
                    Step::Lost(group) => {
                        let next = articles.len() as u64 + 1;
                        let rows: Vec<Row> = (next..)
                            .zip(group)
                            .map(|(sequence, bytes)| Row { window, ..row(Sequence(sequence), bytes) })
                            .collect();
                        drop(sketches.write(&mut db.batch(), &rows, false).expect("write"));
                    }
                    Step::Reopen => {
                        drop((sketches, db));
                        (sketches, db) = open(folder.path());
                    }
                    Step::Expire(kept) => {
                        oldest = oldest.max(Window(window.0.saturating_sub(kept)));
                        sketches.expire(oldest).expect("expire");
                    }
                    Step::Ask => {
                        for (sequence, (window, bytes)) in (1..).map(Sequence).zip(&articles) {
                            if *window >= oldest {
                                let expected = bytes.map(|bytes| row(sequence, bytes).bytes);
                                prop_assert_eq!(sketches.row(sequence).expect("look up"), expected);
                            }
                        }
                        let next = Sequence(articles.len() as u64 + 1);
                        prop_assert_eq!(sketches.row(next).expect("look up"), None);
                    }
                }
            }
            let files = fs::read_dir(folder.path().join("sketches")).expect("list").count();
            let state = sketches.state();
            prop_assert_eq!(files, state.chapters.len() + usize::from(state.growing.is_some()), "a file a chapter");
        }
    }

    #[test]
    fn a_spoilt_chapter_is_an_error_and_never_an_answer() {
        let folder = tempfile::tempdir().expect("temp");
        let mut growing = Growing::create(folder.path(), Window(2), Sequence(10)).expect("create");
        for sequence in (10..41).map(Sequence).filter(|sequence| sequence.0 % 3 > 0) {
            growing.push(sequence, &row(sequence, 20).bytes).expect("push");
        }
        growing.write().expect("write");
        let name = file_name(Window(2), Sequence(10));
        let bytes = growing.bytes();
        let ask_all = |row: &dyn Fn(Sequence) -> Result<Option<Vec<u8>>, copydesk_disk::DiskError>| {
            (10..=40).try_for_each(|sequence| row(Sequence(sequence)).map(drop))
        };
        let whole = fs::read(growing.path()).expect("read");
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x10;
            fs::write(growing.path(), &spoilt).expect("spoil");
            let answers = Growing::open(folder.path(), name, bytes).and_then(|growing| ask_all(&|at| growing.row(at)));
            assert!(answers.is_err(), "growing, byte {at}");
        }
        fs::write(growing.path(), &whole).expect("mend");
        let again = Growing::open(folder.path(), name, bytes).expect("open");
        assert_eq!(again.row(Sequence(11)).expect("read"), Some(row(Sequence(11), 20).bytes));

        let chapter = growing.finish(folder.path()).expect("finish");
        assert_eq!((chapter.name.first, chapter.name.last), (Sequence(10), Sequence(40)));
        assert_eq!(chapter.row(Sequence(11)).expect("read"), Some(row(Sequence(11), 20).bytes));
        assert_eq!(chapter.row(Sequence(12)).expect("read"), None);
        let whole = fs::read(chapter.path()).expect("read");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(chapter.path(), &bytes).expect("spoil");
            let answers = Chapter::open(folder.path(), name).and_then(|chapter| ask_all(&|at| chapter.row(at)));
            assert!(answers.is_err(), "byte {at}");
        }
        fs::write(chapter.path(), &whole[..8]).expect("cut");
        assert!(Chapter::open(folder.path(), name).is_err());
    }

    #[test]
    fn a_group_that_cannot_be_written_is_said_and_can_come_again() {
        let folder = tempfile::tempdir().expect("temp");
        let (sketches, db) = open(folder.path());
        let rows: Vec<Row> = (1..=20).map(|sequence| row(Sequence(sequence), 30)).collect();
        take(&sketches, &db, &rows[..7]).expect("write");
        // No chapter can begin in a folder that is a file, but the first can still be finished.
        let (chapters, aside) = (folder.path().join("sketches"), folder.path().join("aside"));
        fs::rename(&chapters, &aside).expect("move");
        fs::write(&chapters, "").expect("write");
        assert!(take(&sketches, &db, &rows[7..]).is_err());
        assert_eq!(sketches.row(Sequence(7)).expect("look up"), Some(rows[6].bytes.clone()), "nothing is lost");
        assert_eq!(sketches.row(Sequence(8)).expect("look up"), None);
        fs::remove_file(&chapters).expect("remove");
        fs::rename(&aside, &chapters).expect("move back");
        take(&sketches, &db, &rows[7..]).expect("it comes again");
        for row in rows {
            assert_eq!(sketches.row(row.sequence).expect("look up"), Some(row.bytes));
        }
    }
}
