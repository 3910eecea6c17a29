//! The whole life of an article, from the ledger: file and record, verdict and rival, versions and copies, and where it
//! stands with every sink.
//!
//! What was repaired, cut and found in the text stands in the record, which the trace has while the outbox or the
//! memory of versions holds it; later the sinks do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use copydesk_article::{ArticleId, Sequence, Verdict};
use copydesk_dedup::{Horizon, address_key};
use copydesk_ledger::{ClusterRow, FileRow, FileState, Ledger, LedgerError, OutboxChange, Passage, Progress, SinkKey};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::desk::Parts;
use crate::options::Dedup;

/// Most files of one path, and most records of one file, that are told of.
const MOST_FILES: usize = 10;
const MOST_RECORDS: usize = 100;

/// Who can be asked.
#[derive(Clone)]
pub struct Tracer {
    ledger: Arc<dyn Ledger>,
    dedup: Arc<Dedup>,
    sinks: Vec<SinkKey>,
}

/// One arrival and all that became of it.
#[derive(Debug, Serialize)]
pub struct Life {
    /// Its place in the order of arrival.
    pub sequence: Sequence,
    /// The file it came in.
    pub file: Origin,
    /// Its record in the file, from 0.
    pub record: u64,
    /// When its verdict became durable.
    pub at: Timestamp,
    /// The article; none where the record could not be read.
    pub id: Option<ArticleId>,
    /// The verdict, with its rival.
    pub verdict: Verdict,
    /// Its place among the versions of its document.
    pub version: Option<Version>,
    /// The story it founded or joined, with all its copies.
    pub cluster: Option<ClusterRow>,
    /// Rows it caused in the outbox; none where it was withheld.
    pub rows: u16,
    /// Where these stand with each sink of the configuration.
    pub sinks: BTreeMap<String, Passage>,
    /// The record as it was delivered, or delivered again since, while it is still held.
    pub delivered: Option<Box<RawValue>>,
}

/// Where an arrival came from.
#[derive(Debug, Serialize)]
pub struct Origin {
    /// Inbox; empty for a file named on the command line.
    pub inbox: String,
    /// Path in it.
    pub path: PathBuf,
    /// When the file was first seen.
    pub seen_at: Timestamp,
    /// How far it is.
    pub state: FileState,
}

impl Origin {
    fn of(file: FileRow) -> Self {
        Self { inbox: file.inbox, path: file.path.to_path(), seen_at: file.seen_at, state: file.state }
    }
}

/// A place among the versions of a document.
#[derive(Debug, Serialize)]
pub struct Version {
    /// Id of the first version.
    pub document: ArticleId,
    /// Which one, from 1.
    pub version: u32,
    /// Whether it is the newest.
    pub is_current: bool,
}

impl Tracer {
    /// Asks the ledger of a desk.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let key = |sink: &Arc<crate::SinkPart>| SinkKey { name: sink.name.clone(), target: (sink.build)().target() };
        let sinks = parts.sinks.iter().map(key).collect();
        Self { ledger: Arc::clone(&parts.ledger), dedup: Arc::clone(&parts.dedup), sinks }
    }

    /// The lives of what is named: an article's id, a URL, or the path of a file, whole or its end. Nothing where the
    /// desk knows none such. Blocks.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn trace(&self, named: &str) -> Result<Vec<Life>, LedgerError> {
        let horizon = self.dedup.horizon(self.ledger.newest_window()?);
        let sequences = match named.parse::<ArticleId>() {
            Ok(id) => self.of_article(id, horizon)?,
            Err(_) if named.contains("://") => self.of_url(named, horizon)?,
            Err(_) => self.of_path(Path::new(named))?,
        };
        let lives = sequences.into_iter().map(|sequence| self.life(sequence, horizon));
        lives.filter_map(Result::transpose).collect()
    }

    /// How far the ledger is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.ledger.progress()
    }

    /// Where an arrival came from; nothing where the ledger does not know it. Blocks.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn origin(&self, sequence: Sequence) -> Result<Option<Origin>, LedgerError> {
        let Some(row) = self.ledger.arrival(sequence)? else { return Ok(None) };
        Ok(self.ledger.file(row.arrival.file)?.map(Origin::of))
    }

    fn of_article(&self, id: ArticleId, horizon: Horizon) -> Result<BTreeSet<Sequence>, LedgerError> {
        Ok(self.ledger.article(id, horizon)?.map(|row| row.sequence).into_iter().collect())
    }

    fn of_url(&self, url: &str, horizon: Horizon) -> Result<BTreeSet<Sequence>, LedgerError> {
        let Some(address) = self.dedup.url_rules().normalise(url) else { return Ok(BTreeSet::new()) };
        let Some(row) = self.ledger.known_address(address_key(&address), horizon)? else {
            return Ok(BTreeSet::new());
        };
        let mut sequences = self.of_article(row.document, horizon)?;
        sequences.insert(row.current.sequence);
        Ok(sequences)
    }

    fn of_path(&self, path: &Path) -> Result<BTreeSet<Sequence>, LedgerError> {
        let mut sequences = BTreeSet::new();
        for (file, _) in self.ledger.files_at(path, MOST_FILES)? {
            sequences.extend(self.ledger.arrivals_of(file, MOST_RECORDS)?);
        }
        Ok(sequences)
    }

    fn life(&self, sequence: Sequence, horizon: Horizon) -> Result<Option<Life>, LedgerError> {
        let Some(row) = self.ledger.arrival(sequence)? else { return Ok(None) };
        let Some(file) = self.ledger.file(row.arrival.file)? else { return Ok(None) };
        let article = match row.id {
            Some(id) => self.ledger.article(id, horizon)?,
            None => None,
        };
        let original = match &row.verdict {
            Verdict::Duplicate { of, .. } | Verdict::NearDuplicate { of, .. } => {
                self.ledger.article(*of, horizon)?.map(|row| row.sequence)
            }
            _ => Some(sequence),
        };
        let mut sinks = BTreeMap::new();
        if let Some(id) = row.id.filter(|_| row.rows > 0) {
            for key in &self.sinks {
                sinks.insert(key.name.clone(), self.ledger.passage(key, sequence, id)?);
            }
        }
        Ok(Some(Life {
            sequence,
            file: Origin::of(file),
            record: row.arrival.record,
            at: row.at,
            id: row.id,
            verdict: row.verdict,
            version: article.map(|row| Version {
                document: row.document,
                version: row.version,
                is_current: row.is_current,
            }),
            cluster: original.map(|at| self.ledger.cluster(at)).transpose()?.flatten(),
            rows: row.rows,
            sinks,
            delivered: row.id.map(|id| self.delivered(sequence, id, horizon)).transpose()?.flatten(),
        }))
    }

    fn delivered(
        &self,
        sequence: Sequence,
        of: ArticleId,
        horizon: Horizon,
    ) -> Result<Option<Box<RawValue>>, LedgerError> {
        let before = Sequence(sequence.0.saturating_sub(1));
        let held = self.ledger.read_outbox(before, 1, 1)?.rows.into_iter();
        let held = held.filter(|row| row.sequence == sequence).find_map(|row| match row.change {
            OutboxChange::Put { id, record } if id == of => Some(record.to_vec()),
            _ => None,
        });
        let bytes = match held {
            Some(bytes) => Some(bytes),
            None => self.ledger.record(sequence, horizon)?,
        };
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}
