//! The texts' tokens: a kilobyte an article, read one at a time, and never together.
//!
//! A row of `sketches` is written under its sequence, in the batch of its verdict. Reading one back from the store means
//! asking sorted memory and each table that may hold it, and searching the table's index: five times the time that
//! comparing two texts takes, and more as the store grows. So rows are copied, some [`CHAPTER`] articles at a time,
//! into **chapters** (`chapter.rs`): files in which a sketch stands where its sequence says. That is done as runs of
//! postings are (`postings/mod.rs`): by a thread, after the rows are durable; the keyspace `chapters` says which there
//! are, a chapter is durable before its row is, and that before the store's rows are dropped; a file without a row is
//! left over from a crash. A window expires by its rows in that keyspace and its files.
//!
//! A look-up says the same wherever a row stands.

mod chapter;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use copydesk_article::Sequence;
use copydesk_dedup::Window;
use fjall::{Database, Keyspace};

use crate::index_files::{FileName, IndexFiles, remove};
use crate::memory::Windows;
use crate::worker::{Signals, Worker};
use crate::{LedgerError, keys};
use chapter::Chapter;

/// Sequences of a chapter: some 35 MB, and so few files that all can be open.
pub const CHAPTER: u64 = 1 << 16;

/// See the module.
pub struct Sketches {
    shared: Arc<Shared>,
    worker: Worker,
    /// The last sequence whose rows in the store were dropped.
    dropped: Mutex<Sequence>,
}

struct Shared {
    files: IndexFiles,
    rows: Keyspace,
    chapter: u64,
    state: RwLock<State>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct State {
    /// Oldest first; not two of them overlap.
    chapters: Vec<Arc<Chapter>>,
    /// Chapters to be written, oldest first.
    full: Vec<FileName>,
    growing: Option<FileName>,
}

/// The keyspaces that sketches need, and where their chapters are.
pub struct Places<'a> {
    pub folder: &'a Path,
    pub db: &'a Database,
    pub rows: &'a Keyspace,
    pub chapters: &'a Keyspace,
    /// Sequences of a chapter.
    pub chapter: u64,
}

impl Sketches {
    /// Opens the chapters.
    ///
    /// # Errors
    /// Where one or the store can't be read.
    pub fn open(places: &Places<'_>, windows: &Windows) -> Result<Self, LedgerError> {
        let signals = Arc::new(Signals::default());
        let shared = Arc::new(Shared {
            files: IndexFiles::new(places.folder, "sketches", places.db, places.chapters),
            rows: places.rows.clone(),
            chapter: places.chapter,
            state: RwLock::default(),
            signals: Arc::clone(&signals),
        });
        shared.open_chapters()?;
        let sketches = Self { shared, worker: Worker::new("sketches", signals), dropped: Mutex::default() };
        for name in sketches.shared.unwritten(windows)? {
            sketches.note(name.window, name.first);
            sketches.note(name.window, name.last);
        }
        Ok(sketches)
    }

    /// Notes that the next article, which may have a sketch, is durable.
    pub fn note(&self, window: Window, sequence: Sequence) {
        let mut state = self.shared.state_mut();
        let (growing, is_full) = match state.growing {
            Some(name) if name.window == window && sequence.0 - name.first.0 < self.shared.chapter => {
                (FileName { last: sequence, ..name }, false)
            }
            full => {
                state.full.extend(full);
                (FileName { window, first: sequence, last: sequence }, full.is_some())
            }
        };
        state.growing = Some(growing);
        drop(state);
        if is_full {
            self.tend();
        }
    }

    /// The row of an article, if it has one.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn row(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, LedgerError> {
        if let Some(chapter) = self.shared.chapter_of(sequence) {
            return Ok(chapter.row(sequence)?);
        }
        let row = self.shared.rows.get(keys::sequence(sequence));
        if let Some(row) = row.map_err(|source| self.shared.files.failed("read a sketch", source))? {
            return Ok(Some(row.to_vec()));
        }
        // It may have moved meanwhile.
        let chapter = self.shared.chapter_of(sequence);
        Ok(chapter.map(|chapter| chapter.row(sequence)).transpose()?.flatten())
    }

    /// The last sequence whose rows can be dropped from the store and were not yet. The newest chapter's always stay: a
    /// table of them must be left, or the store keeps its journals (see the crate's documentation).
    pub fn droppable(&self) -> Option<Sequence> {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.shared.state();
        let before = state.chapters.iter().rev().nth(1).map(|chapter| chapter.name.last)?;
        (before > *dropped).then(|| {
            *dropped = before;
            before
        })
    }

    /// Forgets all windows before this one.
    ///
    /// # Errors
    /// Where the store fails; nothing is forgotten then.
    pub fn expire(&self, oldest: Window) -> Result<(), LedgerError> {
        self.shared.expire(oldest)
    }

    /// Bytes of the chapters.
    pub fn bytes(&self) -> u64 {
        self.shared.state().chapters.iter().map(|chapter| chapter.bytes()).sum()
    }

    /// Waits until every full chapter is written.
    ///
    /// # Errors
    /// What went wrong with that.
    #[cfg(test)]
    pub fn settle(&self) -> Result<(), LedgerError> {
        self.tend();
        self.worker.settle()
    }

    fn tend(&self) {
        let shared = Arc::clone(&self.shared);
        self.worker.tend(move || shared.work());
    }
}

impl Shared {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn chapter_of(&self, sequence: Sequence) -> Option<Arc<Chapter>> {
        let state = self.state();
        let at = state.chapters.partition_point(|chapter| chapter.name.last < sequence);
        state.chapters.get(at).filter(|chapter| chapter.name.first <= sequence).cloned()
    }

    fn open_chapters(&self) -> Result<(), LedgerError> {
        let mut state = State::default();
        for name in self.files.names()? {
            state.chapters.push(Arc::new(Chapter::open(self.files.folder(), name)?));
        }
        *self.state_mut() = state;
        Ok(())
    }

    /// The rows behind the newest chapter, as the chapters they will be, told by the first and the last alone.
    fn unwritten(&self, windows: &Windows) -> Result<Vec<FileName>, LedgerError> {
        let failed = |source| self.files.failed("read its sketches", source);
        let written = self.state().chapters.last().map_or(Sequence(0), |chapter| chapter.name.last);
        let first = self.rows.range(keys::sequence(written.next())..).next();
        let (Some(first), Some(last)) = (first, self.rows.last_key_value()) else { return Ok(Vec::new()) };
        let mut next = Sequence(keys::number(&first.key().map_err(failed)?));
        let last = Sequence(keys::number(&last.key().map_err(failed)?));
        let mut names = Vec::new();
        while next <= last {
            let window = windows.of(next);
            let window_end = windows.end_of(window).min(last);
            let end = window_end.min(Sequence(next.0 + self.chapter - 1));
            names.push(FileName { window, first: next, last: end });
            next = end.next();
        }
        Ok(names)
    }

    fn work(&self) {
        while !self.signals.is_stopped() {
            let Some(name) = self.state().full.first().copied() else { return };
            if let Err(error) = self.write(name) {
                if !self.signals.is_stopped() {
                    tracing::error!(error = %error, "could not write a chapter of sketches; they stay in the store");
                    self.signals.fail(error);
                }
                return;
            }
        }
    }

    fn write(&self, name: FileName) -> Result<(), LedgerError> {
        let range = RangeInclusive::new(keys::sequence(name.first), keys::sequence(name.last));
        let rows = self.rows.range(range).map(|guard| {
            let (key, row) = guard.into_inner().map_err(|source| self.files.failed("read its sketches", source))?;
            Ok::<_, LedgerError>((Sequence(keys::number(&key)), row.to_vec()))
        });
        let chapter = Chapter::write(self.files.folder(), name, rows)?;
        let _one = self.files.changing();
        if !self.state().full.contains(&name) {
            // Its window expired meanwhile.
            remove(chapter.path());
            return Ok(());
        }
        self.files.commit(self.files.change(Some(name), []))?;
        let mut state = self.state_mut();
        state.full.retain(|full| *full != name);
        state.chapters.push(Arc::new(chapter));
        Ok(())
    }

    fn expire(&self, oldest: Window) -> Result<(), LedgerError> {
        let _one = self.files.changing();
        let expired: Vec<Arc<Chapter>> = {
            let state = self.state();
            let chapters = state.chapters.iter().filter(|chapter| chapter.name.window < oldest);
            chapters.map(Arc::clone).collect()
        };
        if !expired.is_empty() {
            self.files.commit(self.files.change(None, expired.iter().map(|chapter| chapter.name)))?;
        }
        let mut state = self.state_mut();
        state.chapters.retain(|chapter| chapter.name.window >= oldest);
        state.full.retain(|name| name.window >= oldest);
        state.growing.take_if(|name| name.window < oldest);
        drop(state);
        expired.iter().for_each(|chapter| remove(chapter.path()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use copydesk_disk::DiskError;
    use fjall::KeyspaceCreateOptions;
    use proptest::prelude::*;

    use super::*;

    /// What happens to the sketches.
    #[derive(Clone, Debug)]
    enum Step {
        /// An article with so many bytes of sketch, or none, in a window so many later than the last.
        Article(Option<usize>, u32),
        /// All that is full is written.
        Settle,
        /// Closed as a crash would, and opened.
        Reopen,
        /// Windows before the newest but so many go.
        Expire(u32),
        /// Everybody's sketch is looked up.
        Ask,
    }

    fn step() -> impl Strategy<Value = Step> {
        let later = prop_oneof![20 => Just(0_u32), 1 => 1_u32..3];
        prop_oneof![
            60 => (prop::option::weighted(0.8, 0_usize..40), later).prop_map(|(bytes, later)| Step::Article(bytes, later)),
            4 => Just(Step::Settle),
            2 => Just(Step::Reopen),
            2 => (0_u32..3).prop_map(Step::Expire),
            6 => Just(Step::Ask),
        ]
    }

    fn open(folder: &Path, articles: &[(Window, Option<usize>)]) -> (Sketches, Keyspace, Database) {
        let db = Database::builder(folder).open().expect("a store");
        let keyspace = |name| db.keyspace(name, KeyspaceCreateOptions::default).expect("a keyspace");
        let (rows, chapters) = (keyspace("sketches"), keyspace("chapters"));
        let mut windows = Windows::default();
        for (sequence, (window, _)) in (1..).zip(articles) {
            if windows.newest().is_none_or(|newest| newest < *window) {
                windows.0.push((*window, Sequence(sequence)));
            }
        }
        let places = Places { folder, db: &db, rows: &rows, chapters: &chapters, chapter: 8 };
        let sketches = Sketches::open(&places, &windows).expect("open");
        (sketches, rows, db)
    }

    fn row(sequence: Sequence, bytes: usize) -> Vec<u8> {
        vec![sequence.0 as u8; bytes]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// Whether it stands in a chapter or in the store, whatever was closed in between, with the store's rows dropped
        /// as soon as they may be: every sketch that has not expired is found as it was.
        #[test]
        fn a_sketch_is_found_wherever_it_stands(steps in prop::collection::vec(step(), 1..160)) {
            let folder = tempfile::tempdir().expect("temp");
            let mut articles: Vec<(Window, Option<usize>)> = Vec::new();
            let (mut window, mut oldest) = (Window(3), Window(0));
            let (mut sketches, mut rows, mut db) = open(folder.path(), &articles);
            for step in steps.into_iter().chain([Step::Settle, Step::Ask]) {
                match step {
                    Step::Article(bytes, later) => {
                        window.0 += later;
                        articles.push((window, bytes));
                        let sequence = Sequence(articles.len() as u64);
                        if let Some(bytes) = bytes {
                            rows.insert(keys::sequence(sequence), row(sequence, bytes)).expect("insert");
                            sketches.note(window, sequence);
                        }
                        for gone in 0..=sketches.droppable().map_or(0, |last| last.0) {
                            rows.remove(keys::sequence(Sequence(gone))).expect("remove");
                        }
                    }
                    Step::Settle => sketches.settle().expect("settle"),
                    Step::Reopen => {
                        drop(sketches);
                        drop((rows, db));
                        (sketches, rows, db) = open(folder.path(), &articles);
                    }
                    Step::Expire(kept) => {
                        oldest = oldest.max(Window(window.0.saturating_sub(kept)));
                        sketches.expire(oldest).expect("expire");
                    }
                    Step::Ask => {
                        for (sequence, (window, bytes)) in (1..).map(Sequence).zip(&articles) {
                            let expected = bytes.map(|bytes| row(sequence, bytes));
                            if *window >= oldest {
                                prop_assert_eq!(sketches.row(sequence).expect("look up"), expected);
                            }
                        }
                    }
                }
            }
            let files = fs::read_dir(folder.path().join("sketches")).expect("list").count();
            let state = sketches.shared.state();
            prop_assert_eq!(files, state.chapters.len(), "a file a chapter, and no others");
            prop_assert!(state.full.is_empty());
            drop(state);
            drop((rows, db));
        }
    }

    #[test]
    fn a_spoilt_chapter_is_an_error_and_never_an_answer() {
        let folder = tempfile::tempdir().expect("temp");
        let name = FileName { window: Window(2), first: Sequence(10), last: Sequence(40) };
        let rows = (10..40).map(Sequence).filter(|sequence| sequence.0 % 3 > 0);
        let rows = rows.map(|sequence| Ok::<_, DiskError>((sequence, row(sequence, 20))));
        let chapter = Chapter::write(folder.path(), name, rows).expect("write");
        assert_eq!(chapter.row(Sequence(11)).expect("read"), Some(row(Sequence(11), 20)));
        assert_eq!([12, 40].map(|at| chapter.row(Sequence(at)).expect("read")), [None, None]);
        let whole = fs::read(chapter.path()).expect("read");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(chapter.path(), &bytes).expect("spoil");
            let answers = Chapter::open(folder.path(), name)
                .and_then(|chapter| (10..=40).try_for_each(|sequence| chapter.row(Sequence(sequence)).map(drop)));
            assert!(answers.is_err(), "byte {at}");
        }
        fs::write(chapter.path(), &whole[..8]).expect("cut");
        assert!(Chapter::open(folder.path(), name).is_err());
    }

    #[test]
    fn what_cannot_be_written_stays_in_the_store_and_is_said() {
        let folder = tempfile::tempdir().expect("temp");
        let articles = vec![(Window(0), Some(30)); 40];
        let (sketches, rows, _db) = open(folder.path(), &articles);
        // Nothing can be written into a folder that is a file.
        let chapters = folder.path().join("sketches");
        fs::remove_dir(&chapters).expect("remove");
        fs::write(&chapters, "").expect("write");
        for sequence in (1..=40).map(Sequence) {
            rows.insert(keys::sequence(sequence), row(sequence, 30)).expect("insert");
            sketches.note(Window(0), sequence);
        }
        assert!(sketches.settle().is_err());
        assert_eq!(sketches.droppable(), None);
        assert_eq!(sketches.row(Sequence(3)).expect("look up"), Some(row(Sequence(3), 30)));
        fs::remove_file(&chapters).expect("remove");
        fs::create_dir(&chapters).expect("create");
        sketches.settle().expect("the next chapter tries again");
        assert_eq!(sketches.droppable(), Some(Sequence(24)), "all but the newest, of four that are full");
        assert_eq!(sketches.row(Sequence(3)).expect("look up"), Some(row(Sequence(3), 30)));
    }
}
