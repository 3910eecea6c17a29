//! The ledger as the rest of the desk sees it.

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence};
use copydesk_dedup::{AddressRow, Horizon, SketchRow, TextRow, Window};
use copydesk_disk::{FileIdentity, Generation};
use std::path::Path;

use crate::{
    Admission, ArrivalRow, ArticleRow, Begin, ClusterRow, CommitGroup, FileRow, FileState, LearnedRow, LedgerError,
    MemberRow, OutboxBatch, Passage, Progress, Settled, SettledAgain, SinkKey, SinkRow,
};

/// What a start finds.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Whether the last process ended without [`Ledger::mark_clean`].
    pub unclean: bool,
    /// Files that are not finished, by number.
    pub files: Vec<(FileNumber, FileRow)>,
    /// Admissions whose sequences are not all committed, in order.
    pub admissions: Vec<Admission>,
}

/// The counters, counted again from the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How far the ledger is.
    pub progress: Progress,
    /// Rows of `arrivals`.
    pub arrivals: u64,
    /// Verdicts counted from `arrivals`.
    pub verdicts: crate::Counts,
    /// Outbox rows that `arrivals` say were written.
    pub rows: u64,
    /// Each sink.
    pub sinks: Vec<SinkAudit>,
}

/// One sink's counters and what they must add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkAudit {
    /// Which sink.
    pub sink: SinkKey,
    /// Its row.
    pub row: SinkRow,
    /// Rows still before it, counted in the outbox.
    pub pending: u64,
}

impl Audit {
    /// Whether invariant 1 holds: every arrival has one verdict, and every row routed to a sink is delivered,
    /// rejected, skipped, expired or pending.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        let committed = self.progress.committed.0;
        self.arrivals == committed
            && self.verdicts == self.progress.verdicts
            && self.verdicts.total() == committed
            && self.rows == self.progress.rows
            && self.sinks.iter().all(|sink| {
                let row = &sink.row;
                row.delivered + row.rejected + row.skipped + row.expired == row.passed_rows - row.before_rows
                    && row.passed_rows + sink.pending == self.progress.rows
            })
    }
}

/// Durable state of the desk. Every call may block on the disk: call it off the async threads. A call that
/// failed may be repeated as it is; see the crate's documentation.
pub trait Ledger: Send + Sync {
    /// Reads what the last process left and marks the ledger as in use.
    ///
    /// # Errors
    /// Where the store fails.
    fn start(&self) -> Result<Start, LedgerError>;

    /// Marks a stop in good order: nothing is in flight. Durable.
    ///
    /// # Errors
    /// Where the store fails.
    fn mark_clean(&self) -> Result<(), LedgerError>;

    /// The number of a file's generation at a path of an inbox, if it was ever admitted and is not gone.
    ///
    /// # Errors
    /// Where the store fails.
    fn find_file(&self, inbox: &str, path: &Path, generation: &Generation) -> Result<Option<FileNumber>, LedgerError>;

    /// The generation that a file which grew may continue: the newest one marked appendable at that path of
    /// that inbox and with that identity, whatever its state, until it is finished and left the inbox. Whether
    /// its bytes up to [`FileRow::offset`] are unchanged is for the caller to find out.
    ///
    /// # Errors
    /// Where the store fails.
    fn tail(
        &self,
        inbox: &str,
        path: &Path,
        identity: FileIdentity,
    ) -> Result<Option<(FileNumber, FileRow)>, LedgerError>;

    /// One file.
    ///
    /// # Errors
    /// Where the store fails.
    fn file(&self, file: FileNumber) -> Result<Option<FileRow>, LedgerError>;

    /// Gives a new file its number.
    ///
    /// # Errors
    /// Where the store fails.
    fn register_file(&self, row: &FileRow) -> Result<FileNumber, LedgerError>;

    /// Says that a file's format can be appended to, so that [`Ledger::tail`] finds it. To be called before
    /// its first record is admitted: later, a commit of its records could write the row without the mark. A
    /// file that lies in no inbox is marked but is nobody's tail.
    ///
    /// # Errors
    /// Where the store fails.
    fn mark_appendable(&self, file: FileNumber) -> Result<(), LedgerError>;

    /// Says which records the next sequences are for.
    ///
    /// # Errors
    /// Where the store fails.
    fn admit(&self, admission: &Admission) -> Result<(), LedgerError>;

    /// Forgets all admissions: their records are about to be admitted again.
    ///
    /// # Errors
    /// Where the store fails.
    fn clear_admissions(&self) -> Result<(), LedgerError>;

    /// Records that nothing at all is about to be worked on for a while, because an arrival that was alone at deaths
    /// comes next. Returns whether that is called for: not if there were none, and not if the process died in the
    /// last quiet time too. Then something else kills it, and the deaths are taken back from the arrival.
    ///
    /// # Errors
    /// Where the store fails.
    fn begin_quiet(&self, arrival: Arrival) -> Result<bool, LedgerError>;

    /// Records that an arrival is about to be worked on alone, and returns how often that was recorded for
    /// it before (in a row, without a verdict): the number of deaths it was alone at.
    ///
    /// # Errors
    /// Where the store fails.
    fn begin_alone(&self, arrival: Arrival) -> Result<u32, LedgerError>;

    /// Records that the lone arrival's work is done: a death from here on is none of its doing, and those
    /// before were not either.
    ///
    /// # Errors
    /// Where the store fails.
    fn end_alone(&self) -> Result<(), LedgerError>;

    /// Moves a finished or abandoned file's state on; where it `left` the inbox its generation is forgotten,
    /// so that the same file dropped again is read again. A finished file that left is no tail any more; an
    /// abandoned one still is, for what was committed of it stands.
    ///
    /// # Errors
    /// Where the store fails.
    fn close_files(&self, files: &[FileNumber], state: FileState, left: bool) -> Result<(), LedgerError>;

    /// Makes a group durable, atomically. Repeating a group that made it is no error.
    ///
    /// # Errors
    /// Where the store fails, or [`LedgerError::Gap`].
    fn commit(&self, group: &CommitGroup) -> Result<(), LedgerError>;

    /// How far the ledger is, or was when it could last be asked. Never waits for the disk.
    fn progress(&self) -> Progress;

    /// What became of an arrival.
    ///
    /// # Errors
    /// Where the store fails.
    fn arrival(&self, sequence: Sequence) -> Result<Option<ArrivalRow>, LedgerError>;

    /// The sequence of an arrival.
    ///
    /// # Errors
    /// Where the store fails.
    fn sequence_of(&self, arrival: Arrival) -> Result<Option<Sequence>, LedgerError>;

    /// The newest files that were at a path, the newest first: relative to its inbox, its end, or a
    /// longer one that ends with it. Walks through the files, so not for the pipeline.
    ///
    /// # Errors
    /// Where the store fails.
    fn files_at(&self, path: &Path, most: usize) -> Result<Vec<(FileNumber, FileRow)>, LedgerError>;

    /// The sequences of a file's first records, in order.
    ///
    /// # Errors
    /// Where the store fails.
    fn arrivals_of(&self, file: FileNumber, most: usize) -> Result<Vec<Sequence>, LedgerError>;

    /// Where an article's row of a sequence stands with a sink.
    ///
    /// # Errors
    /// Where the store fails.
    fn passage(&self, sink: &SinkKey, sequence: Sequence, id: ArticleId) -> Result<Passage, LedgerError>;

    /// One article, from the newest window of keys that knows it.
    ///
    /// # Errors
    /// Where the store fails.
    fn article(&self, id: ArticleId, horizon: Horizon) -> Result<Option<ArticleRow>, LedgerError>;

    /// The newest window of the memory, before any 0.
    ///
    /// # Errors
    /// Where the store fails.
    fn newest_window(&self) -> Result<Window, LedgerError>;

    /// Who had a text first; see [`copydesk_dedup::Index::text`].
    ///
    /// # Errors
    /// Where the store fails.
    fn known_text(&self, key: u128, horizon: Horizon) -> Result<Option<TextRow>, LedgerError>;

    /// See [`copydesk_dedup::Index::holders`].
    ///
    /// # Errors
    /// Where the store fails.
    fn anchor_holders(&self, anchors: &[u64], horizon: Horizon) -> Result<Vec<Vec<Sequence>>, LedgerError>;

    /// See [`copydesk_dedup::Index::sketches`].
    ///
    /// # Errors
    /// Where the store fails.
    fn sketches(&self, sequences: &[Sequence], horizon: Horizon) -> Result<Vec<Option<SketchRow>>, LedgerError>;

    /// What stands at an address; see [`copydesk_dedup::Index::address`].
    ///
    /// # Errors
    /// Where the store fails.
    fn known_address(&self, key: u128, horizon: Horizon) -> Result<Option<AddressRow>, LedgerError>;

    /// The record kept under a sequence ([`crate::Memory::records`]).
    ///
    /// # Errors
    /// Where the store fails.
    fn record(&self, sequence: Sequence, horizon: Horizon) -> Result<Option<Vec<u8>>, LedgerError>;

    /// The cluster of an original.
    ///
    /// # Errors
    /// Where the store fails.
    fn cluster(&self, original: Sequence) -> Result<Option<ClusterRow>, LedgerError>;

    /// The copies in the cluster of an original, in order of sequence.
    ///
    /// # Errors
    /// Where the store fails.
    fn members(&self, original: Sequence) -> Result<Vec<(Sequence, MemberRow)>, LedgerError>;

    /// Newest learned value of `key` that articles of `epoch` may use.
    ///
    /// # Errors
    /// Where the store fails.
    fn learned(&self, namespace: &str, key: &[u8], epoch: u64) -> Result<Option<Vec<u8>>, LedgerError>;

    /// Every value of a learner, by key and epoch: for a start, where they are few enough to be held.
    ///
    /// # Errors
    /// Where the store fails.
    fn learned_rows(&self, namespace: &str) -> Result<Vec<LearnedRow>, LedgerError>;

    /// How far a sink is; a sink never seen starts before the oldest row still held.
    ///
    /// # Errors
    /// Where the store fails.
    fn sink(&self, sink: &SinkKey) -> Result<SinkRow, LedgerError>;

    /// How far a sink is; one never seen begins here, durably.
    ///
    /// # Errors
    /// Where the store fails.
    fn begin_sink(&self, sink: &SinkKey, begin: Begin) -> Result<SinkRow, LedgerError>;

    /// Records how far sending rows again is. The cursor stays where it is, and each row counts once: a rejected or
    /// skipped one that was delivered now counts as delivered.
    ///
    /// # Errors
    /// Where the store fails.
    fn settle_again(&self, sink: &SinkKey, settled: &SettledAgain) -> Result<SinkRow, LedgerError>;

    /// Stores a sink's own state, durably, before it writes.
    ///
    /// # Errors
    /// Where the store fails.
    fn store_sink_state(&self, sink: &SinkKey, state: &[u8]) -> Result<(), LedgerError>;

    /// Moves a sink's cursor on, with receipts and exceptions.
    ///
    /// # Errors
    /// Where the store fails.
    fn settle(&self, sink: &SinkKey, settled: &Settled) -> Result<SinkRow, LedgerError>;

    /// Gives up a sink's oldest rows until at most `keep_bytes` are pending; returns its row and how many
    /// rows expired.
    ///
    /// # Errors
    /// Where the store fails.
    fn expire(&self, sink: &SinkKey, keep_bytes: u64) -> Result<(SinkRow, u64), LedgerError>;

    /// Rows after a cursor: at most `max_rows` rows or about `max_bytes` bytes, but at least one sequence.
    ///
    /// # Errors
    /// Where the store fails.
    fn read_outbox(&self, after: Sequence, max_rows: usize, max_bytes: u64) -> Result<OutboxBatch, LedgerError>;

    /// Drops the outbox segments that every sink has passed.
    ///
    /// # Errors
    /// Where the store fails.
    fn trim_outbox(&self, settled: Sequence) -> Result<(), LedgerError>;

    /// Bytes on disk: (whole ledger, outbox).
    ///
    /// # Errors
    /// Where the store fails.
    fn disk_bytes(&self) -> Result<(u64, u64), LedgerError>;

    /// Counts everything again from the rows: slow, for tests and for doubt.
    ///
    /// # Errors
    /// Where the store fails.
    fn audit(&self) -> Result<Audit, LedgerError>;
}
