//! The contract between the desk and a store.
//!
//! The runner (in `pipeline`) reads rows from the outbox at the sink's own durable cursor and calls, from one
//! task, never two calls at once:
//!
//! 1. [`Sink::open`] with the state that was last stored for this sink, once at start and again after any
//!    failed `prepare` or `deliver`;
//! 2. [`Sink::prepare`] with a batch; state it returns is made durable before anything else happens;
//! 3. [`Sink::deliver`] with the same batch; then cursor, receipts and [`Sink::state`] are stored together;
//! 4. [`Sink::idle`] about once a second when there is nothing to deliver and the last delivery is stored (the
//!    state it may change need not be stored: the next `prepare` returns it); [`Sink::close`] at the end.
//!
//! A batch holds whole sequences, ascending. A call that fails is repeated with the same batch, or with a
//! batch that starts with the same rows, after a pause and a new `open`: so may be any batch whose cursor was
//! not yet durable when the process died. What repeats do to the store is the sink's [`Class`].
//!
//! After a failed call the sink takes no batch before the next `open`; a failed `idle` needs no `open` of its
//! own, since the next `prepare` or `deliver` fails and asks for it.
//!
//! A row that the store will never take is no error of the batch: it is a [`Rejection`] in the [`Report`],
//! and all other rows are delivered. The runner keeps it, with the store's words, where quarantine is. Which error
//! is which the sink decides by what the store said: only words about the row itself reject it; whatever may be
//! different tomorrow (credentials, a full disk, a missing index) is a [`SinkError`], repeated with growing pauses.
//!
//! No message, error or target holds a secret ([`crate::Secret`]): they go to logs and pages.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use copydesk_article::{ArticleId, Sequence};

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Sequence of the arrival that caused the change; for one id the higher one is the newer state.
    pub sequence: Sequence,
    /// The change.
    pub change: Change,
}

/// What a row asks of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The article stands as this record.
    Put {
        /// The article.
        id: ArticleId,
        /// Its record: JSON, one line, no line break at the end.
        record: Arc<[u8]>,
    },
    /// The article is to be gone.
    Delete {
        /// The article.
        id: ArticleId,
    },
}

impl Row {
    /// The article the row is about.
    #[must_use]
    pub const fn id(&self) -> ArticleId {
        match &self.change {
            Change::Put { id, .. } | Change::Delete { id } => *id,
        }
    }
}

/// What a sink promises when a batch is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One state per id; the higher sequence wins, whatever order rows come in and however often.
    Keyed,
    /// Every row once, for a single writer: a batch cut short is undone from the state stored by `prepare`.
    FencedAppend,
    /// At least once: the rows of a batch that failed may come again, with the same id and sequence.
    Append,
}

/// What became of a batch that was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows the store will never take.
    pub rejected: Vec<Rejection>,
    /// Positions in the batch of rows that the sink's own filter left out.
    pub skipped: Vec<usize>,
}

/// A row the store will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Position in the batch.
    pub row: usize,
    /// The store's words.
    pub reason: String,
}

/// What kind of thing went wrong: a bounded vocabulary, for it is a metric label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failure {
    /// On this side, before anybody was asked: a secret that can't be read, certificates, an address.
    Setup,
    /// The store can't be reached, or the connection broke.
    Connection,
    /// No answer in time.
    Timeout,
    /// The store knows the user or the secret not, or gives no right.
    Access,
    /// The store asks to be left alone for a while, or another program holds it.
    Busy,
    /// A disk, ours or the store's, is full or broken.
    Disk,
    /// Anything else the store says.
    #[default]
    Store,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Setup, Self::Connection, Self::Timeout, Self::Access, Self::Busy, Self::Disk, Self::Store];

    /// As the metric has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Access => "access",
            Self::Busy => "busy",
            Self::Disk => "disk",
            Self::Store => "store",
        }
    }
}

/// A batch that could not be delivered now. Always worth another try: what is never worth one is a
/// [`Rejection`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    /// What failed, on what, and what to do about it.
    pub message: String,
    /// What kind of thing that is.
    pub kind: Failure,
    /// How long the store asked us to wait.
    pub retry_after: Option<Duration>,
}

impl SinkError {
    /// An error without a wish of the store.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(Failure::default(), message)
    }

    /// The same of a kind.
    pub fn of(kind: Failure, message: impl Into<String>) -> Self {
        Self { message: message.into(), kind, retry_after: None }
    }

    /// An error on this side, before the store was asked.
    pub fn setup(message: impl Into<String>) -> Self {
        Self::of(Failure::Setup, message)
    }

    /// The same with how long the store asked us to wait.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }
}

/// A store that takes rows.
#[async_trait]
pub trait Sink: Send {
    /// What repeats do to this store.
    fn class(&self) -> Class;

    /// What the cursor belongs to besides the sink's name: where the rows go. A sink pointed at another
    /// target starts with a cursor of its own.
    fn target(&self) -> String;

    /// Gets ready: connects, creates, undoes what a batch cut short has left. `state` is what was last
    /// stored for this name and target.
    async fn open(&mut self, state: Option<&[u8]>) -> Result<(), SinkError>;

    /// Gets ready for one batch. Returned state is durable before [`Sink::deliver`] is called.
    async fn prepare(&mut self, _batch: &[Row]) -> Result<Option<Vec<u8>>, SinkError> {
        Ok(None)
    }

    /// Delivers one batch. On `Ok` it is durable in the store.
    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError>;

    /// State to store with the cursor after a delivery.
    fn state(&self) -> Option<Vec<u8>> {
        None
    }

    /// Housekeeping that is due without any traffic.
    async fn idle(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Lets go in good order. Everything delivered is durable already.
    async fn close(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
