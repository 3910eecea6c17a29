//! The rows of the ledger and the batches written to it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence, Verdict, VerdictKind};
use copydesk_disk::Generation;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Learned, Memory, Unlearned};

/// A path in a JSON value: text where it is UTF-8, its bytes where not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathText {
    /// A UTF-8 path.
    Text(String),
    /// Any other.
    Bytes(Vec<u8>),
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_bytes().to_vec()),
        }
    }
}

impl PathText {
    /// The path.
    #[must_use]
    pub fn to_path(&self) -> PathBuf {
        match self {
            Self::Text(text) => PathBuf::from(text),
            Self::Bytes(bytes) => PathBuf::from(OsString::from_vec(bytes.clone())),
        }
    }
}

/// How far the ledger is: the row every commit rewrites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Last committed sequence; sequences are committed without gaps, so also the number of arrivals decided.
    pub committed: Sequence,
    /// Verdicts by kind.
    pub verdicts: Counts,
    /// Outbox rows ever written.
    pub rows: u64,
    /// Bytes of all outbox rows ever written.
    pub row_bytes: u64,
}

/// One count a verdict kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts([u64; VerdictKind::ALL.len()]);

impl Counts {
    /// Adds one.
    pub fn add(&mut self, kind: VerdictKind) {
        self.0[kind as usize] += 1;
    }

    /// How many of a kind.
    #[must_use]
    pub const fn get(&self, kind: VerdictKind) -> u64 {
        self.0[kind as usize]
    }

    /// How many in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// One generation of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Name of the inbox it lies in; empty for a file named on the command line.
    pub inbox: String,
    /// Path relative to the inbox, or to `root`.
    pub path: PathText,
    /// The folder it was read from, where that was not the inbox (a one-shot run over named paths).
    pub root: Option<PathText>,
    /// Which state of the file.
    pub generation: Generation,
    /// When it was first seen.
    pub seen_at: Timestamp,
    /// How far it is.
    pub state: FileState,
    /// Committed records.
    pub records: u64,
    /// Byte offset after the last committed record.
    pub offset: u64,
    /// XXH3-64 of the file's bytes before `offset`, 0 where the file can't be appended to: where more was
    /// appended, only what follows an unchanged prefix is read.
    pub prefix: u64,
    /// Whether its format can be appended to; see [`crate::Ledger::mark_appendable`].
    pub appendable: bool,
    /// How many of the committed records are in quarantine with all their bytes.
    pub quarantined: u64,
    /// How many of the committed records could not be read and are kept nowhere else: the file must stay.
    pub unkept: u64,
    /// Sequence of the last committed record.
    pub last_sequence: Sequence,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Admitted; records may still come.
    Open,
    /// Every record is committed; its sinks may not have settled yet.
    Read,
    /// Settled, and moved, deleted or marked.
    Finished,
    /// Gone or changed before it was read to its end: what was committed stands, the rest is another
    /// generation's.
    Abandoned,
}

/// Which records the next sequences are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// First sequence.
    pub sequence: Sequence,
    /// The file.
    pub file: FileNumber,
    /// First record.
    pub record: u64,
    /// At most how many records; the next admission's first sequence may say fewer.
    pub count: u64,
}

/// What became of one arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrivalRow {
    /// Which record of which file.
    pub arrival: Arrival,
    /// The article; none where the record could not be read.
    pub id: Option<ArticleId>,
    /// What was decided.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// Whether it was delivered to the outbox, and how many rows it caused there.
    pub rows: u16,
}

/// What is known of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleRow {
    /// Id of the document's first version.
    pub document: ArticleId,
    /// Version in the document, from 1.
    pub version: u32,
    /// Whether it is the newest version.
    pub is_current: bool,
    /// Sequence of its first arrival.
    pub sequence: Sequence,
}

/// The decision about one arrival and all that becomes durable with it.
#[derive(Clone, Debug)]
pub struct CommitEntry {
    /// Its sequence.
    pub sequence: Sequence,
    /// What is recorded of the arrival.
    pub row: ArrivalRow,
    /// The article, where this arrival makes one known.
    pub article: Option<ArticleRow>,
    /// What is remembered of it, to recognise its copies and versions.
    pub memory: Option<Memory>,
    /// Changes for the outbox.
    pub changes: Vec<OutboxChange>,
    /// Where reading resumes after this record, in bytes of its file.
    pub offset: u64,
    /// XXH3-64 of the file's bytes before `offset`, 0 where the file can't be appended to.
    pub prefix: u64,
    /// Whether a quarantined record's bytes stand in quarantine.
    pub kept: bool,
}

/// How far one file is, apart from its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileProgress {
    /// The file.
    pub file: FileNumber,
    /// Its new state: [`FileState::Read`] or [`FileState::Abandoned`].
    pub state: FileState,
}

/// What becomes durable together.
#[derive(Clone, Debug, Default)]
pub struct CommitGroup {
    /// Decisions, by sequence without gaps, going on from what is committed.
    pub entries: Vec<CommitEntry>,
    /// Files that were read to their end or given up, all of whose records are in this group or before.
    pub files: Vec<FileProgress>,
    /// What the learners learned.
    pub learned: Vec<Learned>,
    /// Values of theirs that go.
    pub unlearned: Vec<Unlearned>,
}

/// A change of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxChange {
    /// The article stands as this record (JSON).
    Put {
        /// The article.
        id: ArticleId,
        /// Its record.
        record: Arc<[u8]>,
    },
    /// The article is to be gone.
    Delete {
        /// The article.
        id: ArticleId,
    },
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Sequence of the arrival that caused it.
    pub sequence: Sequence,
    /// The change.
    pub change: OutboxChange,
}

/// Rows read for one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxBatch {
    /// The rows, by sequence, whole sequences only.
    pub rows: Vec<OutboxRow>,
    /// Their bytes, as the outbox counts them.
    pub bytes: u64,
    /// Where the cursor stands once they are settled.
    pub end: Sequence,
}

/// One segment of the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// First sequence with a row in it.
    pub first: Sequence,
    /// Last sequence with a row in it.
    pub last: Sequence,
    /// Rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Whose cursor it is: a sink's name and where it delivers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SinkKey {
    /// Name in the configuration.
    pub name: String,
    /// Target of the sink.
    pub target: String,
}

/// How far one sink is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkRow {
    /// Every sequence up to this is settled for the sink.
    pub cursor: Sequence,
    /// [`Progress::rows`] at the cursor.
    pub passed_rows: u64,
    /// [`Progress::row_bytes`] at the cursor.
    pub passed_bytes: u64,
    /// Rows that were past before the sink existed.
    pub before_rows: u64,
    /// Rows delivered.
    pub delivered: u64,
    /// Rows rejected for good.
    pub rejected: u64,
    /// Rows the sink's filter left out.
    pub skipped: u64,
    /// Rows given up because the sink fell too far behind.
    pub expired: u64,
    /// The sink's own state.
    pub state: Option<Vec<u8>>,
    /// What is being sent to it again.
    #[serde(default)]
    pub again: Option<SendingAgain>,
}

/// Where a sink that the ledger has never seen begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Begin {
    /// With the oldest row still held.
    #[default]
    Oldest,
    /// With the next row.
    Now,
}

/// How far the sending again of one request is. The request itself is none of the ledger's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingAgain {
    /// Name of the request.
    pub request: String,
    /// Bytes of the request that are done.
    pub offset: u64,
    /// Which part of the outbox is being sent again.
    pub outbox: Option<OutboxAgain>,
    /// Rows delivered.
    pub sent: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Articles left out: never delivered by this ledger, too old, or sent anyway.
    pub left_out: u64,
}

/// A part of the outbox that is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxAgain {
    /// First sequence.
    pub from: Sequence,
    /// Last sequence that is done; one before `from` at first.
    pub done: Sequence,
    /// Last sequence: the sink's cursor when it began. What came later was not sent yet.
    pub until: Sequence,
}

/// What became of a batch that was sent again.
#[derive(Clone, Debug, Default)]
pub struct SettledAgain {
    /// How far the request is now; none: it is done.
    pub again: Option<SendingAgain>,
    /// The rows delivered: one that was an exception before is none any more.
    pub delivered: Vec<(Sequence, ArticleId)>,
    /// The sink's own state.
    pub state: Option<Vec<u8>>,
    /// Whether this must survive a power cut before the call returns.
    pub sync: bool,
}

/// What became of a batch at one sink.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Where the cursor stood when the batch was read.
    pub start: Sequence,
    /// Where the cursor stands now.
    pub end: Sequence,
    /// Rows settled.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were not delivered: sequence, article and what happened.
    pub exceptions: Vec<(Sequence, ArticleId, ExceptionKind)>,
    /// The sink's own state.
    pub state: Option<Vec<u8>>,
    /// Whether this must survive a power cut before the call returns.
    pub sync: bool,
}

/// A range of sequences delivered together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Last sequence of the range; its first is in the key.
    pub end: Sequence,
    /// When.
    pub at: Timestamp,
    /// Rows delivered.
    pub delivered: u64,
}

/// A row that was not delivered to a sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The article.
    pub id: ArticleId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: ExceptionKind,
}

/// Why a row was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExceptionKind {
    /// The store will never take it.
    Rejected {
        /// The store's words.
        reason: String,
    },
    /// The sink's own filter.
    Skipped,
}
