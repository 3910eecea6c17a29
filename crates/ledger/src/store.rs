//! The open store: keyspaces, what is cached of them, reading and writing of rows.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch as WriteBatch, PersistMode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fjall_ledger::Options;
use crate::memory::{MemorySpaces, Windows};
use crate::memory_rows::text_key;
use crate::postings::{self, Places, Postings};
use crate::sizes::Sizes;
use crate::sketches::{self, Sketches};
use crate::{Admission, LedgerError, Progress, Segment, keys};

/// Version of the layout. A reader of another version refuses the store.
const FORMAT: u32 = 7;

/// One part in so many of the filters' memory is for texts' keys: an article has one, and some seventeen anchors.
const TEXTS_SHARE: u64 = 16;

/// Bytes of a block of texts' and anchors' rows.
const SMALL_BLOCK: u32 = 1024;

/// One link of the outbox chain.
#[derive(Clone)]
pub struct Link {
    pub number: u64,
    pub segment: Segment,
}

/// The store with its handles open.
pub struct Store {
    pub folder: PathBuf,
    pub db: Database,
    pub meta: Keyspace,
    pub files: Keyspace,
    pub open_files: Keyspace,
    pub generations: Keyspace,
    pub tails: Keyspace,
    pub admissions: Keyspace,
    pub arrivals: Keyspace,
    pub arrival_index: Keyspace,
    pub articles: Keyspace,
    pub memory: MemorySpaces,
    pub anchors: Postings,
    pub texts: Postings,
    pub sketches: Sketches,
    pub learned: Keyspace,
    pub outbox: Keyspace,
    pub segments: Keyspace,
    pub sinks: Keyspace,
    pub receipts: Keyspace,
    pub exceptions: Keyspace,
    pub cached: Mutex<Cached>,
    /// The segments of the outbox, oldest first; the last one grows.
    pub links: RwLock<Vec<Link>>,
    /// The windows of the memory.
    pub windows: RwLock<Arc<Windows>>,
}

/// What is kept in memory besides the rows. Changed only after the rows are.
#[derive(Debug, Default)]
pub struct Cached {
    pub progress: Progress,
    pub next_file: u64,
    pub admissions: VecDeque<Admission>,
}

/// The mark that the last process stopped in good order.
#[derive(Serialize, Deserialize)]
pub struct CleanMark(pub bool);

impl Store {
    pub fn open(folder: &Path, options: &Options) -> Result<Self, LedgerError> {
        let failed = |action| {
            move |source| match source {
                fjall::Error::Locked => LedgerError::Locked { folder: folder.to_owned() },
                source => LedgerError::Store { folder: folder.to_owned(), action, source: Box::new(source) },
            }
        };
        let db = Database::builder(folder)
            .cache_size(options.cache_bytes)
            .max_journaling_size(options.journal_max_bytes)
            .worker_threads(1)
            .open()
            .map_err(failed("open"))?;
        let keyspace = |name: &str| {
            db.keyspace(name, || KeyspaceCreateOptions::default().max_memtable_size(options.memtable_bytes))
                .map_err(failed("open a keyspace"))
        };
        // Hashes don't compress. They are read one at a time, and only where they are: in small blocks, without filters.
        let rows = |name: &str| {
            let options = KeyspaceCreateOptions::default()
                .max_memtable_size(options.memtable_bytes)
                .data_block_compression_policy(CompressionPolicy::disabled())
                .data_block_size_policy(BlockSizePolicy::all(SMALL_BLOCK))
                .filter_policy(FilterPolicy::disabled());
            db.keyspace(name, || options).map_err(failed("open a keyspace"))
        };
        let meta = keyspace("meta")?;
        check_format(folder, &db, &meta)?;
        let memory = MemorySpaces {
            texts: rows("texts")?,
            addresses: keyspace("addresses")?,
            anchors: rows("anchors")?,
            anchor_runs: keyspace("anchor_runs")?,
            text_runs: keyspace("text_runs")?,
            chapters: keyspace("chapters")?,
            records: keyspace("records")?,
            clusters: keyspace("clusters")?,
            members: keyspace("members")?,
            windows: keyspace("windows")?,
        };
        let windows = Windows::read(&memory.windows).map_err(failed("read its windows"))?;
        let sizes = Sizes::of_process();
        let texts_filter_bytes = options.filter_bytes / TEXTS_SHARE;
        let anchors = Places {
            name: "anchors",
            folder,
            db: &db,
            meta: &meta,
            runs: &memory.anchor_runs,
            log: &memory.anchors,
            keys_of: postings::decode,
            filter_bytes: options.filter_bytes - texts_filter_bytes,
            buffer_postings: sizes.anchors,
        };
        let texts = Places {
            name: "texts",
            runs: &memory.text_runs,
            log: &memory.texts,
            keys_of: |row| text_key(row).into_iter().collect(),
            filter_bytes: texts_filter_bytes,
            buffer_postings: sizes.texts,
            ..anchors
        };
        let anchors = Postings::open(&anchors, |sequence| windows.of(sequence))?;
        let texts = Postings::open(&texts, |sequence| windows.of(sequence))?;
        let sketches = sketches::Places { folder, db: &db, chapters: &memory.chapters, chapter: sizes.chapter };
        let sketches = Sketches::open(&sketches)?;
        let mut store = Self {
            folder: folder.to_owned(),
            meta,
            files: keyspace("files")?,
            open_files: keyspace("open_files")?,
            generations: keyspace("generations")?,
            tails: keyspace("tails")?,
            admissions: keyspace("admissions")?,
            arrivals: keyspace("arrivals")?,
            arrival_index: keyspace("arrival_index")?,
            articles: keyspace("articles")?,
            memory,
            anchors,
            texts,
            sketches,
            learned: keyspace("learned")?,
            outbox: keyspace("outbox")?,
            segments: keyspace("segments")?,
            sinks: keyspace("sinks")?,
            receipts: keyspace("receipts")?,
            exceptions: keyspace("exceptions")?,
            cached: Mutex::default(),
            links: RwLock::default(),
            windows: RwLock::new(Arc::new(windows)),
            db: db.clone(),
        };
        store.load()?;
        Ok(store)
    }

    fn load(&mut self) -> Result<(), LedgerError> {
        let progress: Progress = self.get(&self.meta, "meta", b"progress")?.unwrap_or_default();
        let next_file = match self.files.last_key_value() {
            None => 1,
            Some(guard) => keys::number(&guard.key().map_err(|source| self.failed("read its files", source))?) + 1,
        };
        let admissions = self.rows(&self.admissions, "admissions")?.into_iter().map(|(_, row)| row).collect();
        let segments = self.rows(&self.segments, "segments")?.into_iter();
        let links = segments.map(|(key, segment)| Link { number: keys::number(&key), segment }).collect();
        self.cached = Mutex::new(Cached { progress, next_file, admissions });
        self.links = RwLock::new(links);
        Ok(())
    }

    /// The windows that are durable.
    pub fn windows_known(&self) -> Arc<Windows> {
        Arc::clone(&self.windows.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn cached(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn failed(&self, action: &'static str, source: fjall::Error) -> LedgerError {
        LedgerError::Store { folder: self.folder.clone(), action, source: Box::new(source) }
    }

    pub fn batch(&self) -> WriteBatch {
        self.db.batch()
    }

    /// Puts a row into a batch. Rows are plain data: encoding them can't fail.
    pub fn put<T: Serialize>(&self, batch: &mut WriteBatch, keyspace: &Keyspace, key: &[u8], row: &T) {
        match serde_json::to_vec(row) {
            Ok(bytes) => batch.insert(keyspace, key, bytes),
            Err(error) => unreachable!("a row of {} can't be encoded: {error}", keyspace.name()),
        }
    }

    pub fn write(&self, batch: WriteBatch, mode: PersistMode, action: &'static str) -> Result<(), LedgerError> {
        fail::fail_point!("ledger.write.fail", |_| Err(
            self.failed(action, fjall::Error::Io(std::io::Error::new(std::io::ErrorKind::StorageFull, "injected")))
        ));
        batch.durability(Some(mode)).commit().map_err(|source| self.failed(action, source))
    }

    pub fn get<T: DeserializeOwned>(
        &self,
        keyspace: &Keyspace,
        name: &'static str,
        key: &[u8],
    ) -> Result<Option<T>, LedgerError> {
        let bytes = keyspace.get(key).map_err(|source| self.failed("read a row", source))?;
        bytes.map(|bytes| parse(name, key, &bytes)).transpose()
    }

    /// All rows of a small keyspace.
    pub fn rows<T: DeserializeOwned>(
        &self,
        keyspace: &Keyspace,
        name: &'static str,
    ) -> Result<Vec<(Vec<u8>, T)>, LedgerError> {
        let mut rows = Vec::new();
        for guard in keyspace.iter() {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read rows", source))?;
            rows.push((key.to_vec(), parse(name, &key, &value)?));
        }
        Ok(rows)
    }
}

fn check_format(folder: &Path, db: &Database, meta: &Keyspace) -> Result<(), LedgerError> {
    let failed =
        |action| move |source| LedgerError::Store { folder: folder.to_owned(), action, source: Box::new(source) };
    let format = meta.get(b"format").map_err(failed("read its format version"))?;
    match format.map(|bytes| parse::<u32>("meta", b"format", &bytes)).transpose()? {
        None => {
            let mut batch = db.batch().durability(Some(PersistMode::SyncAll));
            batch.insert(meta, b"format", FORMAT.to_string());
            batch.commit().map_err(failed("write its format version"))
        }
        Some(FORMAT) => Ok(()),
        Some(other) => {
            Err(LedgerError::Format { folder: folder.to_owned(), found: other.to_string(), expected: FORMAT })
        }
    }
}

pub fn parse<T: DeserializeOwned>(keyspace: &'static str, key: &[u8], value: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(value).map_err(|source| LedgerError::Row {
        keyspace,
        key: key.iter().map(|byte| format!("{byte:02x}")).collect(),
        source,
    })
}
