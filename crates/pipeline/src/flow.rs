//! What travels between the stages: an article at each step of its way, and the ticket it travels on.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use copydesk_article::{Arrival, ArticleId, Content, Sequence, SourceFormat, Supplied, Verdict};
use copydesk_boilerplate::Observation;
use copydesk_clean::Cleaned;
use copydesk_dedup::Fingerprint;
use copydesk_entities::identities::Sighting;
use copydesk_ledger::{ArrivalRow, ArticleRow, CommitEntry, Memory, OutboxChange};
use copydesk_readers::Position;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::budget::Reservation;
use crate::learning::Knowledge;

/// An arrival's place in the desk. There is one for each sequence; only [`Ticket::resolve`] turns it into
/// something that can be committed, and that consumes it. A ticket that is dropped leaves its sequence
/// undecided, so nothing after it can be committed: the pipeline is then started again from the ledger.
#[derive(Debug)]
#[must_use = "an article that is not resolved is not done"]
pub struct Ticket {
    /// Place in the order.
    pub sequence: Sequence,
    /// Which record of which file.
    pub arrival: Arrival,
    /// Where reading resumes after the record.
    pub end: Position,
    /// When it was admitted.
    pub admitted: Instant,
    /// What it holds of the budget.
    reservation: Reservation,
    unresolved: Unresolved,
}

/// Gives the pipeline up when a ticket is dropped without a decision.
#[derive(Debug)]
struct Unresolved {
    sequence: Sequence,
    kill: CancellationToken,
    armed: bool,
}

impl Drop for Unresolved {
    fn drop(&mut self) {
        if self.armed && !self.kill.is_cancelled() {
            tracing::error!(sequence = self.sequence.0, "an article was dropped without a decision, starting again");
            self.kill.cancel();
        }
    }
}

impl Ticket {
    /// A ticket for an arrival; `kill` gives the pipeline up.
    pub fn new(
        sequence: Sequence,
        arrival: Arrival,
        end: Position,
        reservation: Reservation,
        kill: CancellationToken,
    ) -> Self {
        let unresolved = Unresolved { sequence, kill, armed: true };
        Self { sequence, arrival, end, admitted: Instant::now(), reservation, unresolved }
    }

    /// Decides the arrival.
    #[must_use]
    pub fn resolve(mut self, decision: Decision) -> Resolved {
        self.unresolved.armed = false;
        let row = ArrivalRow {
            arrival: self.arrival,
            id: decision.id,
            verdict: decision.verdict,
            at: Timestamp::now(),
            rows: u16::try_from(decision.changes.len()).unwrap_or(u16::MAX),
        };
        let entry = CommitEntry {
            sequence: self.sequence,
            row,
            article: decision.article,
            memory: decision.memory,
            changes: decision.changes,
            offset: self.end.offset,
            prefix: self.end.prefix,
            kept: decision.kept,
        };
        Resolved {
            entry,
            observation: decision.observation,
            sighting: decision.sighting,
            keep: decision.keep,
            quiet: decision.quiet,
            admitted: self.admitted,
            reservation: self.reservation,
        }
    }
}

/// An arrival that was decided and waits for its commit.
#[derive(Debug)]
pub struct Resolved {
    /// What becomes durable.
    pub entry: CommitEntry,
    /// Whether its record is kept, for a version or a copy that follows.
    pub keep: bool,
    /// Whether its verdict has no consequence for articles before it.
    pub quiet: bool,
    /// What there is to learn of its site.
    pub observation: Option<Observation>,
    /// What there is to learn of persons.
    pub sighting: Option<Sighting>,
    /// When the arrival was admitted.
    pub admitted: Instant,
    /// Freed with the commit.
    pub reservation: Reservation,
}

/// What was decided about an arrival, with all that becomes durable with it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The article, where the record could be read.
    pub id: Option<ArticleId>,
    /// The verdict.
    pub verdict: Verdict,
    /// The article's row, where this arrival makes it known.
    pub article: Option<ArticleRow>,
    /// What is remembered of it.
    pub memory: Option<Memory>,
    /// What the sinks get.
    pub changes: Vec<OutboxChange>,
    /// Whether a quarantined record's bytes stand in quarantine.
    pub kept: bool,
    /// See [`Resolved::keep`].
    pub keep: bool,
    /// See [`Resolved::quiet`].
    pub quiet: bool,
    /// What there is to learn of its site.
    pub observation: Option<Observation>,
    /// What there is to learn of persons.
    pub sighting: Option<Sighting>,
}

impl Decision {
    /// A decision that leaves nothing but the verdict.
    #[must_use]
    pub const fn only(id: Option<ArticleId>, verdict: Verdict) -> Self {
        Self {
            id,
            verdict,
            article: None,
            memory: None,
            changes: Vec::new(),
            kept: false,
            keep: false,
            quiet: false,
            observation: None,
            sighting: None,
        }
    }
}

/// What a link between two stages carries: an article on its way, or the decision on one that ended early
/// (the placeholder that keeps the sequence whole).
#[derive(Debug)]
pub struct Item<T> {
    /// Its ticket.
    pub ticket: Ticket,
    /// Article or decision.
    pub step: Step<T>,
}

/// See [`Item`].
#[derive(Debug)]
pub enum Step<T> {
    /// On its way.
    Going(Box<T>),
    /// Decided; every further stage lets it pass.
    Decided(Box<Decision>),
}

/// A file as its records know it.
#[derive(Debug)]
pub struct FileInfo {
    /// Relative to the inbox.
    pub path: PathBuf,
    /// How it was read.
    pub format: SourceFormat,
    /// When it was first seen.
    pub seen_at: Timestamp,
}

/// A record as it was read.
#[derive(Debug)]
pub struct Read {
    /// Its id.
    pub id: ArticleId,
    /// Name of its source.
    pub source_name: String,
    /// Its file.
    pub file: Arc<FileInfo>,
    /// Which record of the file.
    pub record: u64,
    /// Its bytes in the file.
    pub bytes: Range<u64>,
    /// Its text.
    pub content: Content,
    /// What came with it.
    pub supplied: Supplied,
    /// What was learned, as of its epoch.
    pub learned: Knowledge,
    /// An article of the same id is known, or in flight before it: if it stands, this is its duplicate, or its
    /// document has returned to it.
    pub seen_before: bool,
}

/// An article after cleaning.
#[derive(Debug)]
pub struct CleanedArticle {
    /// As it was read; its content is spent.
    pub read: Read,
    /// What cleaning found.
    pub cleaned: Cleaned,
    /// What it is recognised by.
    pub fingerprint: Fingerprint,
}

/// What a record says of its article's verdict and version.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The verdict.
    pub verdict: Verdict,
    /// The document it is a version of.
    pub document: ArticleId,
    /// Which version.
    pub version: u32,
    /// Whether that is the newest.
    pub is_current: bool,
    /// The text of the version it takes the place of, where that is still known.
    pub before: Option<Arc<str>>,
}

/// An article whose verdict stands, to be delivered.
#[derive(Debug)]
pub struct Judged {
    /// The article.
    pub article: CleanedArticle,
    /// The decision; its changes are still to come.
    pub decision: Decision,
    /// What its record says of it.
    pub shown: Shown,
}
