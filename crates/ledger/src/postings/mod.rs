//! Which articles have a key: thirty anchors an article, and its text, in one form.
//!
//! They are most of what is looked up, and keys that come in no order are what a log-structured store does worst: each
//! is a row of its own, sorted into memory, written, and rewritten at every level. Here they are kept apart from the
//! store, but for what makes them durable:
//!
//! - An article's keys go into the store as **one row under its sequence**, in the batch of its verdict (keyspaces
//!   `anchors` and `texts`). These rows are a log: rising keys, read at a start alone as far as keys go. Rows of anchors
//!   are dropped when a run holds them; a row of `texts` also says what a text is, and stays as long as its window.
//! - In memory they go into a **buffer** (`buffer.rs`), once the batch is durable. A full one is closed and written by
//!   a thread of the ledger's as a **run** (`run.rs`): a file of postings in the order of their keys, never changed.
//! - Runs that follow each other in time are **merged** (`merge.rs`), [`LIKE_RUNS`] of much the same size at a time, so a
//!   posting is rewritten once each time its window grows eightfold; a window that is over has one run.
//! - Which runs there are, and that none is lost or left over, is the work of `index_files.rs`: a run's row is durable
//!   before the log is dropped or the runs it replaces are removed. At a start the log behind the newest run is read
//!   back into buffers: a bounded number of rows.
//! - A window expires by its rows in that keyspace and its files.
//!
//! A look-up asks a filter over all of them (`known.rs`), which for most keys is the end of it; then the runs in the order
//! of time, then the buffers. It has what one sorted table would say, however far the thread is: verdicts do not depend on
//! it.
//!
//! Measured with `copydesk-bench scale-dedup` (README, "Copies and versions"). With rows of the store for anchors and
//! texts, half of their time went into sorted memory, filters and merging. The design is the merging of sorted runs by
//! size (Bentley and Saxe 1980; O'Neil et al. 1996), with filters as in every store since Bigtable.

mod block;
mod buffer;
mod filter;
mod known;
mod merge;
mod run;
mod saturated;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use copydesk_article::Sequence;
use copydesk_dedup::{MAX_HOLDERS, Window};
use copydesk_disk::DiskError;
use fjall::{Database, Keyspace};

use crate::index_files::{FileName, IndexFiles, remove};
use crate::worker::{Signals, Worker};
use crate::{LedgerError, keys};
use buffer::Buffer;
use filter::Filter;
use known::{Known, Making};
use merge::Merged;
use run::Run;
use saturated::Saturated;

/// So many runs in a row of much the same size are merged.
const LIKE_RUNS: usize = 8;

/// Anchors of a full buffer: some 20 MB of memory, 4 MB of a run, 20,000 articles.
pub const BUFFER_ANCHORS: usize = 1 << 19;

/// Texts of a full buffer.
pub const BUFFER_TEXTS: usize = 1 << 16;

/// Full buffers that may wait to be written; then a commit waits.
const MOST_WAITING: usize = 4;

/// See the module.
pub struct Postings {
    shared: Arc<Shared>,
    worker: Worker,
    /// The last sequence whose rows were dropped from the log.
    dropped: Mutex<Sequence>,
    saturated: Mutex<Saturated>,
}

/// What the thread that writes and merges runs shares with the ledger.
struct Shared {
    name: &'static str,
    files: IndexFiles,
    meta: Keyspace,
    filter_bytes: u64,
    buffer_postings: usize,
    state: RwLock<State>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct State {
    /// Oldest first; not two of them overlap.
    runs: Vec<Held>,
    /// Full buffers, oldest first.
    full: Vec<Arc<Buffer>>,
    growing: Option<Buffer>,
    /// Holds whatever is in the runs and buffers, and may be missing.
    known: Option<Known>,
    /// The last sequence that stands in runs, and what that was before the newest run was written.
    written: Sequence,
    written_before: Sequence,
}

/// A run, with its filter while there is room for it.
#[derive(Clone)]
struct Held {
    run: Arc<Run>,
    filter: Option<Arc<Filter>>,
}

enum Job {
    Write(Arc<Buffer>),
    /// A filter over all of so many bytes.
    Know(u64),
    Merge(Vec<Arc<Run>>),
}

/// What is kept, the keyspaces that needs, and where its runs are.
pub struct Places<'a> {
    /// What the keys are; names the folder of the runs, and with `_written` the row of `meta` that says which sequence
    /// is the last whose postings stand in runs.
    pub name: &'static str,
    /// The ledger's folder.
    pub folder: &'a Path,
    pub db: &'a Database,
    pub meta: &'a Keyspace,
    pub runs: &'a Keyspace,
    /// The log.
    pub log: &'a Keyspace,
    /// The keys in a row of the log.
    pub keys_of: fn(&[u8]) -> Vec<u64>,
    /// Most bytes of filters in memory.
    pub filter_bytes: u64,
    /// Postings of a full buffer.
    pub buffer_postings: usize,
}

impl Postings {
    /// Opens the runs and reads the log behind them.
    ///
    /// # Errors
    /// Where a run or the store can't be read.
    pub fn open(places: &Places<'_>, window_of: impl Fn(Sequence) -> Window) -> Result<Self, LedgerError> {
        let signals = Arc::new(Signals::default());
        let shared = Shared {
            name: places.name,
            files: IndexFiles::new(places.folder, places.name, places.db, places.runs),
            meta: places.meta.clone(),
            filter_bytes: places.filter_bytes,
            buffer_postings: places.buffer_postings,
            state: RwLock::default(),
            signals: Arc::clone(&signals),
        };
        shared.open_runs()?;
        let written = shared.state().written;
        let postings = Self {
            shared: Arc::new(shared),
            worker: Worker::new(places.name, signals),
            dropped: Mutex::default(),
            saturated: Mutex::default(),
        };
        for guard in places.log.range(keys::sequence(written.next())..) {
            let (key, row) =
                guard.into_inner().map_err(|source| postings.shared.files.failed("read its log", source))?;
            let sequence = Sequence(keys::number(&key));
            postings.push(window_of(sequence), sequence, &(places.keys_of)(&row));
            postings.room()?;
        }
        Ok(postings)
    }

    /// Adds the keys of the next article, once they are durable.
    pub fn push(&self, window: Window, sequence: Sequence, keys: &[u64]) {
        let mut state = self.shared.state_mut();
        let over =
            |growing: &mut Buffer| growing.name().window != window || growing.postings() >= self.shared.buffer_postings;
        let full = state.growing.take_if(over).map(Arc::new);
        let is_full = full.is_some();
        state.full.extend(full);
        state.growing.get_or_insert_with(|| Buffer::new(window, sequence)).push(sequence, keys);
        if let Some(known) = &mut state.known {
            keys.iter().for_each(|key| known.insert(*key));
        }
        drop(state);
        if is_full {
            self.tend();
        }
    }

    /// Waits until there is room for more. To be called before anything is made durable that will be pushed.
    ///
    /// # Errors
    /// Where full buffers can't be written. They stay, and the next call tries again.
    pub fn room(&self) -> Result<(), LedgerError> {
        if self.shared.state().full.len() < MOST_WAITING {
            return Ok(());
        }
        self.settle()
    }

    /// For each key its first holders from a window on, oldest first.
    ///
    /// # Errors
    /// Where a run can't be read.
    pub fn holders(&self, anchors: &[u64], oldest: Window) -> Result<Vec<Vec<Sequence>>, LedgerError> {
        let state = self.shared.state();
        let runs = &state.runs[state.runs.partition_point(|held| held.run.name.window < oldest)..];
        let buffers: Vec<&Buffer> = state.buffers().filter(|buffer| buffer.name().window >= oldest).collect();
        let known = state.known.as_ref().map(|known| known.may_hold(anchors));
        let mut saturated = self.saturated.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Vec<Sequence>> = vec![Vec::new(); anchors.len()];
        let mut asked = Vec::new();
        for (at, (found, anchor)) in all.iter_mut().zip(anchors).enumerate() {
            if known.as_ref().is_none_or(|known| known[at]) {
                *found = saturated.holders(oldest, *anchor);
                if found.is_empty() {
                    asked.push(at);
                }
            }
        }
        // All filters first: each look waits for memory, and so they wait together.
        let may_hold = |held: &Held, at: usize| held.filter.as_ref().is_none_or(|filter| filter.may_hold(anchors[at]));
        let may_hold: Vec<bool> =
            runs.iter().flat_map(|held| asked.iter().map(move |at| may_hold(held, *at))).collect();
        for (number, at) in asked.iter().enumerate() {
            let (found, anchor) = (&mut all[*at], anchors[*at]);
            for (held, may_hold) in runs.iter().zip(may_hold.chunks_exact(asked.len())) {
                if may_hold[number] && found.len() < MAX_HOLDERS {
                    held.run.holders(anchor, found)?;
                }
            }
            saturated.note(anchor, found);
            for buffer in &buffers {
                buffer.holders(anchor, found);
            }
        }
        Ok(all)
    }

    /// Forgets all windows before this one.
    ///
    /// # Errors
    /// Where the store fails; nothing is forgotten then.
    pub fn expire(&self, oldest: Window) -> Result<(), LedgerError> {
        self.shared.expire(oldest)
    }

    /// The last sequence whose rows in the log can be dropped and were not yet. One run's rows always stay: a table of
    /// them must be left, or the store keeps its journals (see the crate's documentation).
    pub fn droppable(&self) -> Option<Sequence> {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shared.state().written_before;
        (before > *dropped).then(|| {
            *dropped = before;
            before
        })
    }

    /// Bytes of the runs.
    pub fn bytes(&self) -> u64 {
        self.shared.state().runs.iter().map(|held| held.run.bytes()).sum()
    }

    /// Waits until every full buffer is written and nothing is left to merge.
    ///
    /// # Errors
    /// What went wrong with that.
    pub fn settle(&self) -> Result<(), LedgerError> {
        self.tend();
        self.worker.settle()
    }

    /// Sees to it that somebody writes and merges.
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

    fn written_row(&self) -> String {
        format!("{}_written", self.name)
    }

    fn open_runs(&self) -> Result<(), LedgerError> {
        let mut state = State::default();
        for name in self.files.names()? {
            let run = Run::open(self.files.folder(), name)?;
            state.runs.push(Held { run: Arc::new(run), filter: None });
        }
        let written = self
            .meta
            .get(self.written_row())
            .map_err(|source| self.files.failed("read how far its index is written", source))?;
        state.written = written.map_or(Sequence(0), |row| Sequence(keys::number(&row)));
        self.hold_filters(&mut state)?;
        *self.state_mut() = state;
        Ok(())
    }

    /// Filters for the smaller runs, as many as there is room for: they save as many look-ups as larger ones.
    fn hold_filters(&self, state: &mut State) -> Result<(), DiskError> {
        state.known.take_if(|known| known.is_useless());
        let known = state.known.as_ref().map_or(0, Known::bytes);
        let runs = &mut state.runs;
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|at| runs[*at].run.filter_bytes());
        let mut room = self.filter_bytes.saturating_sub(known);
        for held in order {
            let held = &mut runs[held];
            match room.checked_sub(held.run.filter_bytes()) {
                Some(left) => {
                    room = left;
                    if held.filter.is_none() {
                        held.filter = held.run.filter()?.map(Arc::new);
                    }
                }
                None => held.filter = None,
            }
        }
        Ok(())
    }

    fn work(&self) {
        while !self.signals.is_stopped() {
            // Let go of before the job is done: it changes the state.
            let job = self.state().next_job(self.known_bytes());
            let Some(job) = job else { return };
            let done = match job {
                Job::Write(buffer) => self.write(&buffer),
                Job::Know(bytes) => self.know(bytes),
                Job::Merge(runs) => self.merge(&runs),
            };
            if let Err(error) = done {
                if !self.signals.is_stopped() {
                    tracing::error!(error = %error, what = self.name, "could not write a run; its postings stay in memory and in the log");
                    self.signals.fail(error);
                }
                return;
            }
        }
    }

    fn write(&self, buffer: &Arc<Buffer>) -> Result<(), LedgerError> {
        let postings = buffer.sorted();
        let filtered = self.filtered(postings.len() as u64);
        let run = Run::write(self.files.folder(), buffer.name(), postings.into_iter().map(Ok), filtered)?;
        let _one = self.files.changing();
        if !self.state().full.iter().any(|full| Arc::ptr_eq(full, buffer)) {
            // Its window expired meanwhile.
            remove(run.path());
            return Ok(());
        }
        let mut batch = self.files.change(Some(run.name), []);
        batch.insert(&self.meta, self.written_row(), keys::sequence(run.name.last));
        self.files.commit(batch)?;
        let mut state = self.state_mut();
        state.full.retain(|full| !Arc::ptr_eq(full, buffer));
        state.written_before = state.written;
        state.written = run.name.last;
        state.runs.push(Held { run: Arc::new(run), filter: None });
        state.runs.sort_by_key(|held| held.run.name);
        self.hold_filters(&mut state)?;
        Ok(())
    }

    /// Most bytes of the filter over all: the other quarter is for the runs' own.
    const fn known_bytes(&self) -> u64 {
        self.filter_bytes / 4 * 3
    }

    /// Makes the filter over all anew.
    fn know(&self, bytes: u64) -> Result<(), LedgerError> {
        let runs: Vec<Arc<Run>>;
        let mut streams = Vec::new();
        {
            // None is removed before it is open.
            let _one = self.files.changing();
            runs = self.state().runs.iter().map(|held| Arc::clone(&held.run)).collect();
            for run in &runs {
                streams.push(run.stream()?);
            }
        }
        // Not two of them at a time: the runs' own filters do meanwhile.
        self.state_mut().known = None;
        let mut making = Making::new(bytes);
        for posting in streams.into_iter().flatten() {
            if self.signals.is_stopped() {
                return Ok(());
            }
            making.insert(posting?.anchor);
        }
        let mut known = making.finish();
        // Only this thread adds runs, so all that came meanwhile is in buffers.
        let mut state = self.state_mut();
        state.buffers().flat_map(Buffer::keys).for_each(|key| known.insert(key));
        state.known = Some(known);
        self.hold_filters(&mut state)?;
        Ok(())
    }

    fn merge(&self, runs: &[Arc<Run>]) -> Result<(), LedgerError> {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(()) };
        let name = FileName { last: last.name.last, ..first.name };
        let filtered = self.filtered(runs.iter().map(|run| run.postings()).sum());
        let merged = Run::write(self.files.folder(), name, Merged::of(runs, &self.signals.stop)?, filtered)?;
        let _one = self.files.changing();
        let is_merged = |held: &Held| runs.iter().any(|run| Arc::ptr_eq(run, &held.run));
        if self.state().runs.iter().filter(|held| is_merged(held)).count() < runs.len() {
            remove(merged.path());
            return Ok(());
        }
        self.files.commit(self.files.change(Some(name), runs.iter().map(|run| run.name)))?;
        let mut state = self.state_mut();
        state.runs.retain(|held| !is_merged(held));
        state.runs.push(Held { run: Arc::new(merged), filter: None });
        state.runs.sort_by_key(|held| held.run.name);
        self.hold_filters(&mut state)?;
        drop(state);
        runs.iter().for_each(|run| remove(run.path()));
        Ok(())
    }

    /// For how many postings a run gets a filter: none if it could never be held.
    fn filtered(&self, postings: u64) -> Option<u64> {
        (Filter::bytes_for(postings) <= self.filter_bytes).then_some(postings)
    }

    fn expire(&self, oldest: Window) -> Result<(), LedgerError> {
        let _one = self.files.changing();
        let expired = |name: FileName| name.window < oldest;
        let runs: Vec<Arc<Run>> = {
            let state = self.state();
            state.runs.iter().filter(|held| expired(held.run.name)).map(|held| Arc::clone(&held.run)).collect()
        };
        if !runs.is_empty() {
            self.files.commit(self.files.change(None, runs.iter().map(|run| run.name)))?;
        }
        let mut state = self.state_mut();
        state.runs.retain(|held| !expired(held.run.name));
        state.full.retain(|full| !expired(full.name()));
        state.growing.take_if(|growing| expired(growing.name()));
        self.hold_filters(&mut state)?;
        drop(state);
        runs.iter().for_each(|run| remove(run.path()));
        Ok(())
    }
}

impl State {
    /// Oldest first.
    fn buffers(&self) -> impl Iterator<Item = &Buffer> {
        self.full.iter().map(AsRef::as_ref).chain(self.growing.as_ref())
    }

    fn next_job(&self, known_bytes: u64) -> Option<Job> {
        if let Some(full) = self.full.first() {
            return Some(Job::Write(Arc::clone(full)));
        }
        self.bytes_to_know(known_bytes).map(Job::Know).or_else(|| self.next_merge().map(Job::Merge))
    }

    /// Of how many bytes a filter over all is to be made, if one is.
    fn bytes_to_know(&self, most_bytes: u64) -> Option<u64> {
        let buffered: usize = self.buffers().map(Buffer::postings).sum();
        let postings = self.runs.iter().map(|held| held.run.postings()).sum::<u64>() + buffered as u64;
        let bytes = known::bytes_for(postings, most_bytes)?;
        let is_wanted = match &self.known {
            None => true,
            // It would be larger, or emptier because much has expired.
            Some(known) => known.is_full() && (bytes > known.bytes() || 2 * postings < known.postings()),
        };
        is_wanted.then_some(bytes)
    }

    /// Runs to be merged: all of a window that is over, and of the others those behind which there is nothing larger by
    /// far, once they are [`LIKE_RUNS`].
    fn next_merge(&self) -> Option<Vec<Arc<Run>>> {
        let newest = self.growing.as_ref().map(|growing| growing.name().window);
        let windows = self.runs.chunk_by(|a, b| a.run.name.window == b.run.name.window);
        windows.filter(|runs| runs.len() > 1).find_map(|runs| {
            let is_over = newest.is_some_and(|newest| runs[0].run.name.window < newest);
            let (mut from, mut largest) = (runs.len(), 0);
            while from > 0 && (from == runs.len() || is_over || runs[from - 1].run.postings() < 2 * largest) {
                from -= 1;
                largest = largest.max(runs[from].run.postings());
            }
            let merged = runs[from..].iter().map(|held| Arc::clone(&held.run));
            (is_over || runs.len() - from >= LIKE_RUNS).then(|| merged.collect())
        })
    }
}

fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "the ledger is being closed")
}

/// A row of the log of anchors.
pub fn encode(anchors: &[u64]) -> Vec<u8> {
    anchors.iter().flat_map(|anchor| anchor.to_be_bytes()).collect()
}

/// The anchors in a row of their log.
pub fn decode(row: &[u8]) -> Vec<u64> {
    let (anchors, _) = row.as_chunks::<8>();
    anchors.iter().map(|anchor| u64::from_be_bytes(*anchor)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use fjall::KeyspaceCreateOptions;
    use proptest::prelude::*;

    use super::*;

    /// What happens to the anchors.
    #[derive(Clone, Debug)]
    enum Step {
        /// An article with these anchors, in a window so many later than the last.
        Article(BTreeSet<u64>, u32),
        /// All that is waiting is written and merged.
        Settle,
        /// Closed as a crash would, and opened.
        Reopen,
        /// Windows before the newest but so many go.
        Expire(u32),
        /// Everybody's holders are looked up.
        Ask,
    }

    fn step() -> impl Strategy<Value = Step> {
        let anchors = prop::collection::btree_set(prop_oneof![0_u64..6, 0_u64..400], 0..12);
        prop_oneof![
            60 => (anchors, prop_oneof![20 => Just(0_u32), 1 => 1_u32..3]).prop_map(|(anchors, later)| Step::Article(anchors, later)),
            3 => Just(Step::Settle),
            2 => Just(Step::Reopen),
            2 => (0_u32..3).prop_map(Step::Expire),
            6 => Just(Step::Ask),
        ]
    }

    fn open(folder: &Path, filter_bytes: u64, articles: &[(Window, BTreeSet<u64>)]) -> (Postings, Keyspace, Database) {
        let db = Database::builder(folder).open().expect("a store");
        let keyspace = |name| db.keyspace(name, KeyspaceCreateOptions::default).expect("a keyspace");
        let (meta, runs, log) = (keyspace("meta"), keyspace("runs"), keyspace("anchors"));
        let places = Places {
            name: "anchors",
            folder,
            db: &db,
            meta: &meta,
            runs: &runs,
            log: &log,
            keys_of: decode,
            filter_bytes,
            buffer_postings: 40,
        };
        let postings = Postings::open(&places, |sequence| articles[sequence.0 as usize - 1].0).expect("open");
        (postings, log, db)
    }

    /// What one sorted table would say.
    fn expected(articles: &[(Window, BTreeSet<u64>)], oldest: Window, anchor: u64) -> Vec<Sequence> {
        let holders = (1..)
            .map(Sequence)
            .zip(articles)
            .filter(|(_, (window, anchors))| *window >= oldest && anchors.contains(&anchor));
        holders.map(|(sequence, _)| sequence).take(MAX_HOLDERS).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// However far writing and merging are, whatever was closed in between: a look-up has what one sorted table
        /// would say. With filters, without, and with room for some.
        #[test]
        fn a_look_up_says_what_one_table_would(
            steps in prop::collection::vec(step(), 1..160),
            filter_bytes in prop::sample::select(vec![0, 200, 1 << 20]),
        ) {
            let folder = tempfile::tempdir().expect("temp");
            let mut articles: Vec<(Window, BTreeSet<u64>)> = Vec::new();
            let (mut window, mut oldest) = (Window(3), Window(0));
            let (mut anchors, mut log, mut db) = open(folder.path(), filter_bytes, &articles);
            for step in steps.into_iter().chain([Step::Ask]) {
                match step {
                    Step::Article(keys, later) => {
                        window.0 += later;
                        articles.push((window, keys.clone()));
                        let (sequence, keys) = (Sequence(articles.len() as u64), Vec::from_iter(keys));
                        anchors.room().expect("room");
                        if !keys.is_empty() {
                            log.insert(keys::sequence(sequence), encode(&keys)).expect("insert");
                            anchors.push(window, sequence, &keys);
                        }
                    }
                    Step::Settle => anchors.settle().expect("settle"),
                    Step::Reopen => {
                        drop(anchors);
                        drop((log, db));
                        (anchors, log, db) = open(folder.path(), filter_bytes, &articles);
                    }
                    Step::Expire(kept) => {
                        oldest = oldest.max(Window(window.0.saturating_sub(kept)));
                        anchors.expire(oldest).expect("expire");
                    }
                    Step::Ask => {
                        let all: Vec<u64> = (0..400).collect();
                        for oldest in [oldest, Window(oldest.0 + 1)] {
                            for (anchor, found) in all.iter().zip(anchors.holders(&all, oldest).expect("look up")) {
                                prop_assert_eq!(found, expected(&articles, oldest, *anchor), "anchor {}", anchor);
                            }
                        }
                    }
                }
            }
            anchors.settle().expect("settle");
            let files = fs::read_dir(folder.path().join("anchors")).expect("list").count();
            prop_assert_eq!(files, anchors.shared.state().runs.len(), "a file a run, and no others");
            drop((log, db));
        }
    }

    #[test]
    fn what_waits_too_long_is_waited_for_and_what_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().expect("temp");
        let articles = vec![(Window(0), BTreeSet::new()); 400];
        let (anchors, _log, _db) = open(folder.path(), 0, &articles);
        let keys: Vec<u64> = (0..40).collect();
        // Nothing can be written into a folder that is a file.
        let runs = folder.path().join("anchors");
        fs::remove_dir(&runs).expect("remove");
        fs::write(&runs, "").expect("write");
        for sequence in (1..=10).map(Sequence) {
            let keys: Vec<u64> = keys.iter().map(|key| key + 100 * sequence.0).collect();
            anchors.push(Window(0), sequence, &keys);
        }
        assert!(anchors.room().is_err());
        assert_eq!(anchors.holders(&[105], Window(0)).expect("look up"), [vec![Sequence(1)]], "nothing is lost");
        fs::remove_file(&runs).expect("remove");
        fs::create_dir(&runs).expect("create");
        anchors.room().expect("the next call tries again");
        assert_eq!(anchors.holders(&[105], Window(0)).expect("look up"), [vec![Sequence(1)]]);
        assert!(anchors.bytes() > 0);
    }
}
