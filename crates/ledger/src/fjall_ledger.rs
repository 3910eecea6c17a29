//! [`Ledger`] on fjall: opening, reopening after a failed write, and the way in to each part.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence};
use copydesk_dedup::{AddressRow, Changes, Horizon, SketchRow, TextRow, Window};
use copydesk_disk::{FileIdentity, Generation};
use fjall::PersistMode;
use serde::Deserialize;

use crate::ledger::{Audit, Ledger, Start};
use crate::memory::Gathered;
use crate::store::Store;
use crate::{
    Admission, ArrivalRow, ArticleRow, Begin, ClusterRow, CommitGroup, FileRow, FileState, LearnedRow, LedgerError,
    MemberRow, OutboxBatch, Passage, Progress, Settled, SettledAgain, SinkKey, SinkRow, keys,
};

/// Where the ledger is and how much memory and disk it may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Folder of the ledger. Default `ledger`.
    pub folder: PathBuf,
    /// Cache of read blocks, bytes. Default 64 MiB.
    pub cache_bytes: u64,
    /// Memory of filters that tell which keys of texts are known nowhere, bytes. A million articles need some 42 MiB;
    /// with less, look-ups read more and more from disk (`postings/known.rs`). Default 80 MiB.
    pub filter_bytes: u64,
    /// Memory of one keyspace before it is written out, bytes. Default 16 MiB.
    pub memtable_bytes: u64,
    /// Most bytes of journal; what stands in it also stands in memory. Default 128 MiB.
    pub journal_max_bytes: u64,
    /// Size of one outbox segment, bytes: space comes back a whole segment at a time. Default 32 MiB.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("ledger"),
            cache_bytes: 64 << 20,
            filter_bytes: 80 << 20,
            memtable_bytes: 16 << 20,
            journal_max_bytes: 128 << 20,
            segment_bytes: 32 << 20,
        }
    }
}

/// The ledger on one fjall database.
pub struct FjallLedger {
    options: Options,
    /// None only while it can't be opened.
    store: RwLock<Option<Store>>,
    /// A write failed: the handle can't be trusted.
    broken: AtomicBool,
    /// How far the store was when it was last seen, for while it is being reopened.
    last_seen: Mutex<Progress>,
    /// One commit at a time.
    pub(crate) committing: Mutex<()>,
}

impl FjallLedger {
    /// Opens the ledger, creating it where there is none, and takes its lock.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::Format`], or where the store fails.
    pub fn open(options: &Options) -> Result<Self, LedgerError> {
        let store = Store::open(&options.folder, options)?;
        let last_seen = Mutex::new(store.cached().progress.clone());
        Ok(Self {
            last_seen,
            options: options.clone(),
            store: RwLock::new(Some(store)),
            broken: AtomicBool::new(false),
            committing: Mutex::default(),
        })
    }

    /// Adds to the memory alone, without verdicts and without a sync: for tools that measure it.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn remember(&self, changes: &[Changes]) -> Result<(), LedgerError> {
        let _one = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|store| {
            store.anchors.room()?;
            store.texts.room()?;
            let (mut batch, mut gathered) = (store.batch(), Gathered::default());
            for change in changes {
                store.remember(&mut batch, &mut gathered, change)?;
            }
            let written = store.write_gathered(&mut batch, &gathered, false)?;
            store.write(batch, PersistMode::Buffer, "remember articles")?;
            store.remembered(gathered, written)
        })
    }

    /// Drops what the memory holds from before a horizon.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn forget(&self, horizon: Horizon) -> Result<(), LedgerError> {
        let _one = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|store| store.forget(horizon))
    }

    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    /// Runs a call on the open store; opens it anew first where an earlier call broke it.
    fn with<T>(&self, call: impl FnOnce(&Store) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        if self.broken.load(Ordering::Acquire) {
            self.reopen()?;
        }
        let guard = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let Some(store) = guard.as_ref() else {
            // Lost a race with a reopening that failed.
            drop(guard);
            self.reopen()?;
            return Err(LedgerError::Store {
                folder: self.options.folder.clone(),
                action: "answer while it was being reopened",
                source: Box::new(fjall::Error::Poisoned),
            });
        };
        let result = call(store);
        if let Err(LedgerError::Store { .. }) = result {
            self.broken.store(true, Ordering::Release);
        }
        result
    }

    fn reopen(&self) -> Result<(), LedgerError> {
        let mut guard = self.store.write().unwrap_or_else(PoisonError::into_inner);
        if !self.broken.load(Ordering::Acquire) && guard.is_some() {
            return Ok(());
        }
        tracing::warn!(path = %self.options.folder.display(), "reopening the ledger after a failed write");
        // The old handle holds the lock: it goes before the new one comes.
        *guard = None;
        *guard = Some(Store::open(&self.options.folder, &self.options)?);
        self.broken.store(false, Ordering::Release);
        Ok(())
    }
}

impl Ledger for FjallLedger {
    fn start(&self) -> Result<Start, LedgerError> {
        self.with(Store::start)
    }

    fn mark_clean(&self) -> Result<(), LedgerError> {
        self.with(Store::mark_clean)
    }

    fn find_file(&self, inbox: &str, path: &Path, generation: &Generation) -> Result<Option<FileNumber>, LedgerError> {
        self.with(|store| store.find_file(inbox, path, generation))
    }

    fn tail(
        &self,
        inbox: &str,
        path: &Path,
        identity: FileIdentity,
    ) -> Result<Option<(FileNumber, FileRow)>, LedgerError> {
        self.with(|store| store.tail(inbox, path, identity))
    }

    fn file(&self, file: FileNumber) -> Result<Option<FileRow>, LedgerError> {
        self.with(|store| store.get(&store.files, "files", &keys::file(file)))
    }

    fn register_file(&self, row: &FileRow) -> Result<FileNumber, LedgerError> {
        self.with(|store| store.register_file(row))
    }

    fn mark_appendable(&self, file: FileNumber) -> Result<(), LedgerError> {
        self.with(|store| store.mark_appendable(file))
    }

    fn admit(&self, admission: &Admission) -> Result<(), LedgerError> {
        self.with(|store| store.admit(admission))
    }

    fn clear_admissions(&self) -> Result<(), LedgerError> {
        self.with(Store::clear_admissions)
    }

    fn begin_quiet(&self, arrival: Arrival) -> Result<bool, LedgerError> {
        self.with(|store| store.begin_quiet(arrival))
    }

    fn begin_alone(&self, arrival: Arrival) -> Result<u32, LedgerError> {
        self.with(|store| store.begin_alone(arrival))
    }

    fn end_alone(&self) -> Result<(), LedgerError> {
        self.with(Store::end_alone)
    }

    fn close_files(&self, files: &[FileNumber], state: FileState, left: bool) -> Result<(), LedgerError> {
        self.with(|store| store.close_files(files, state, left))
    }

    fn commit(&self, group: &CommitGroup) -> Result<(), LedgerError> {
        let _one = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let committed = self.with(|store| {
            store.commit(group, self.options().segment_bytes)?;
            Ok(store.cached().progress.clone())
        })?;
        *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner) = committed;
        Ok(())
    }

    fn progress(&self) -> Progress {
        let mut last_seen = self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken only if it can be had at once: a reopening may take long.
        if let Ok(guard) = self.store.try_read()
            && let Some(store) = guard.as_ref()
        {
            *last_seen = store.cached().progress.clone();
        }
        last_seen.clone()
    }

    fn arrival(&self, sequence: Sequence) -> Result<Option<ArrivalRow>, LedgerError> {
        self.with(|store| store.get(&store.arrivals, "arrivals", &keys::sequence(sequence)))
    }

    fn sequence_of(&self, arrival: Arrival) -> Result<Option<Sequence>, LedgerError> {
        self.with(|store| store.get(&store.arrival_index, "arrival_index", &keys::arrival(arrival)))
    }

    fn files_at(&self, path: &Path, most: usize) -> Result<Vec<(FileNumber, FileRow)>, LedgerError> {
        self.with(|store| store.files_at(path, most))
    }

    fn arrivals_of(&self, file: FileNumber, most: usize) -> Result<Vec<Sequence>, LedgerError> {
        self.with(|store| store.arrivals_of(file, most))
    }

    fn passage(&self, sink: &SinkKey, sequence: Sequence, id: ArticleId) -> Result<Passage, LedgerError> {
        self.with(|store| store.passage(sink, sequence, id))
    }

    fn article(&self, id: ArticleId, horizon: Horizon) -> Result<Option<ArticleRow>, LedgerError> {
        self.with(|store| Ok(store.article(id, horizon)?.map(|(_, row)| row)))
    }

    fn newest_window(&self) -> Result<Window, LedgerError> {
        self.with(|store| Ok(store.windows_known().newest().unwrap_or_default()))
    }

    fn known_text(&self, key: u128, horizon: Horizon) -> Result<Option<TextRow>, LedgerError> {
        self.with(|store| store.known_text(key, horizon))
    }

    fn anchor_holders(&self, anchors: &[u64], horizon: Horizon) -> Result<Vec<Vec<Sequence>>, LedgerError> {
        self.with(|store| store.anchors.holders(anchors, horizon.texts))
    }

    fn sketches(&self, sequences: &[Sequence], horizon: Horizon) -> Result<Vec<Option<SketchRow>>, LedgerError> {
        self.with(|store| store.known_sketches(sequences, horizon))
    }

    fn known_address(&self, key: u128, horizon: Horizon) -> Result<Option<AddressRow>, LedgerError> {
        self.with(|store| store.known_address(key, horizon))
    }

    fn record(&self, sequence: Sequence, horizon: Horizon) -> Result<Option<Vec<u8>>, LedgerError> {
        self.with(|store| store.record(sequence, horizon))
    }

    fn cluster(&self, original: Sequence) -> Result<Option<ClusterRow>, LedgerError> {
        self.with(|store| store.get(&store.memory.clusters, "clusters", &keys::sequence(original)))
    }

    fn members(&self, original: Sequence) -> Result<Vec<(Sequence, MemberRow)>, LedgerError> {
        self.with(|store| store.members(original))
    }

    fn learned(&self, namespace: &str, key: &[u8], epoch: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.with(|store| store.learned_value(namespace, key, epoch))
    }

    fn learned_rows(&self, namespace: &str) -> Result<Vec<LearnedRow>, LedgerError> {
        self.with(|store| store.learned_rows(namespace))
    }

    fn sink(&self, sink: &SinkKey) -> Result<SinkRow, LedgerError> {
        self.with(|store| store.sink(sink))
    }

    fn begin_sink(&self, sink: &SinkKey, begin: Begin) -> Result<SinkRow, LedgerError> {
        self.with(|store| store.begin_sink(sink, begin))
    }

    fn settle_again(&self, sink: &SinkKey, settled: &SettledAgain) -> Result<SinkRow, LedgerError> {
        self.with(|store| store.settle_again(sink, settled))
    }

    fn store_sink_state(&self, sink: &SinkKey, state: &[u8]) -> Result<(), LedgerError> {
        self.with(|store| store.store_sink_state(sink, state))
    }

    fn settle(&self, sink: &SinkKey, settled: &Settled) -> Result<SinkRow, LedgerError> {
        self.with(|store| store.settle(sink, settled))
    }

    fn expire(&self, sink: &SinkKey, keep_bytes: u64) -> Result<(SinkRow, u64), LedgerError> {
        self.with(|store| store.expire(sink, keep_bytes))
    }

    fn read_outbox(&self, after: Sequence, max_rows: usize, max_bytes: u64) -> Result<OutboxBatch, LedgerError> {
        self.with(|store| store.read_outbox(after, max_rows, max_bytes))
    }

    fn trim_outbox(&self, settled: Sequence) -> Result<(), LedgerError> {
        let _one = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|store| store.trim_outbox(settled))
    }

    fn disk_bytes(&self) -> Result<(u64, u64), LedgerError> {
        self.with(Store::disk_bytes)
    }

    fn audit(&self) -> Result<Audit, LedgerError> {
        self.with(Store::audit)
    }
}
