//! What became of things, asked afterwards: the files at a path, the arrivals of a file, a row at a sink.
//!
//! For the operator's questions, not for the pipeline: paths have no index, so the files are walked from the newest.

use std::path::Path;

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence};
use jiff::Timestamp;
use serde::Serialize;

use crate::store::{Store, parse};
use crate::{Exception, ExceptionKind, FileRow, LedgerError, Receipt, SinkKey, SinkRow, keys};

/// Where a row of the outbox stands with one sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Passage {
    /// The sink took it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// The store will never take it.
    Rejected {
        /// When it said so.
        at: Timestamp,
        /// Its words.
        reason: String,
    },
    /// The sink's own filter left it out.
    Skipped {
        /// When.
        at: Timestamp,
    },
    /// The sink has not come to it yet.
    Pending,
    /// It was gone before the sink could take it: the sink fell behind its limit, was away, or is younger.
    Missed,
}

impl Store {
    pub fn files_at(&self, path: &Path, most: usize) -> Result<Vec<(FileNumber, FileRow)>, LedgerError> {
        let mut found = Vec::new();
        for guard in self.files.iter().rev() {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read its files", source))?;
            let row: FileRow = parse("files", &key, &value)?;
            let at = row.path.to_path();
            if at.ends_with(path) || path.ends_with(&at) {
                found.push((FileNumber(keys::number(&key)), row));
                if found.len() == most {
                    break;
                }
            }
        }
        Ok(found)
    }

    pub fn arrivals_of(&self, file: FileNumber, most: usize) -> Result<Vec<Sequence>, LedgerError> {
        let first = keys::arrival(Arrival { file, record: 0 });
        let last = keys::arrival(Arrival { file, record: u64::MAX });
        let rows = self.arrival_index.range(first..=last).take(most).map(|guard| {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read its arrivals", source))?;
            parse("arrival_index", &key, &value)
        });
        rows.collect()
    }

    pub fn passage(&self, sink: &SinkKey, sequence: Sequence, id: ArticleId) -> Result<Passage, LedgerError> {
        let row = keys::sink_row(sink, sequence, id);
        if let Some(exception) = self.get::<Exception>(&self.exceptions, "exceptions", &row)? {
            let at = exception.at;
            return Ok(match exception.kind {
                ExceptionKind::Rejected { reason } => Passage::Rejected { at, reason },
                ExceptionKind::Skipped => Passage::Skipped { at },
            });
        }
        let (first, key) = (keys::sink_sequence(sink, Sequence(0)), keys::sink_sequence(sink, sequence));
        if let Some(guard) = self.receipts.range(first..=key).next_back() {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read its receipts", source))?;
            let receipt: Receipt = parse("receipts", &key, &value)?;
            if receipt.end >= sequence {
                return Ok(Passage::Delivered { at: receipt.at });
            }
        }
        let row = self.get::<SinkRow>(&self.sinks, "sinks", &keys::sink(sink))?;
        let cursor = match row {
            Some(row) => row.cursor,
            None => self.sink(sink)?.cursor,
        };
        Ok(if cursor < sequence { Passage::Pending } else { Passage::Missed })
    }
}
