//! Keeping what a sink refused: a quarantine of its own for each sink.
//!
//! A row that a store will never take is written to `rejected/SINK/SEQUENCE-ID.json` below the quarantine folder,
//! with the store's words and the whole record, before the cursor passes it: the outbox forgets it then. The name
//! says which row it is, so doing it again after a crash writes the same file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copydesk_article::{ArticleId, Sequence};
use copydesk_disk::{DiskError, write_durable};
use copydesk_sinks::{Change, Rejection, Row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One rejected row, as its file holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slip {
    /// Name of the sink.
    pub sink: String,
    /// Sequence of the row.
    pub sequence: Sequence,
    /// The article.
    pub id: ArticleId,
    /// The store's words.
    pub reason: String,
    /// When it was refused.
    pub time: Timestamp,
    /// What the row asks for.
    pub change: Asked,
    /// The record of a put.
    pub record: Option<Box<RawValue>>,
    /// The same where it is no JSON.
    pub record_text: Option<String>,
}

/// What a row asks of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The article is to stand there.
    Put,
    /// The article is to be gone.
    Delete,
}

impl Slip {
    fn of(sink: &str, row: &Row, reason: &str) -> Self {
        let (change, bytes) = match &row.change {
            Change::Put { record, .. } => (Asked::Put, Some(&record[..])),
            Change::Delete { .. } => (Asked::Delete, None),
        };
        let record = bytes.and_then(|bytes| serde_json::from_slice::<Box<RawValue>>(bytes).ok());
        let text = bytes.filter(|_| record.is_none()).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Self {
            sink: sink.to_owned(),
            sequence: row.sequence,
            id: row.id(),
            reason: reason.to_owned(),
            time: Timestamp::now(),
            change,
            record,
            record_text: text,
        }
    }

    /// The row that was refused; none where its record is missing.
    #[must_use]
    pub fn row(&self) -> Option<Row> {
        let record = self.record.as_ref().map(|record| record.get()).or(self.record_text.as_deref());
        let change = match (self.change, record) {
            (Asked::Delete, _) => Change::Delete { id: self.id },
            (Asked::Put, Some(record)) => Change::Put { id: self.id, record: Arc::from(record.as_bytes()) },
            (Asked::Put, None) => return None,
        };
        Some(Row { sequence: self.sequence, change })
    }

    /// Reads the file of a rejected row. Blocks.
    ///
    /// # Errors
    /// Where it can't be read, or is none.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        serde_json::from_slice(&std::fs::read(path)?).map_err(std::io::Error::from)
    }

    /// The files of all rejected rows in the folder of a sink, by sequence; none where it is missing. Blocks.
    ///
    /// # Errors
    /// Where the folder can't be listed.
    pub fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        super::again::files(folder, "json")
    }
}

/// Writes each rejected row of a batch into the folder of its sink. Blocks.
///
/// # Errors
/// Where the folder can't be written: the batch is not settled then.
pub fn keep(folder: &Path, sink: &str, batch: &[Row], rejected: &[Rejection]) -> Result<(), DiskError> {
    for rejection in rejected {
        let Some(row) = batch.get(rejection.row) else { continue };
        let path = folder.join(format!("{:012}-{}.json", row.sequence.0, row.id()));
        let json = serde_json::to_vec_pretty(&Slip::of(sink, row, &rejection.reason)).map_err(|error| DiskError {
            action: "describe",
            path: path.clone(),
            source: error.into(),
        })?;
        write_durable(&path, &json)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_rejected_row_is_kept_whole_with_the_stores_words() {
        let folder = tempfile::tempdir().expect("temp");
        let id = ArticleId::from_bytes([0xab; 16]);
        let put = |record: &[u8]| Change::Put { id, record: record.into() };
        let changes = [put(b"{\"n\":1}"), put(b"{oops"), Change::Delete { id }];
        let batch: Vec<Row> =
            (7..).map(Sequence).zip(changes).map(|(sequence, change)| Row { sequence, change }).collect();
        let reject = |row| Rejection { row, reason: format!("no {row}") };
        for _ in 0..2 {
            keep(folder.path(), "store", &batch, &[reject(0), reject(1), reject(2)]).expect("keep");
        }
        let read = |sequence: u64| -> Value {
            let path = folder.path().join(format!("{sequence:012}-{id}.json"));
            serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON")
        };
        let kept = Slip::list(folder.path()).expect("list");
        assert_eq!(kept.len(), 3, "again is the same");
        let first = read(7);
        assert_eq!(
            (&first["record"], &first["reason"], &first["sink"]),
            (&json!({"n": 1}), &json!("no 0"), &json!("store"))
        );
        assert_eq!((&read(8)["record"], &read(8)["record_text"]), (&Value::Null, &json!("{oops")));
        assert_eq!(read(9)["change"], "delete");
        let rows: Vec<Row> = kept.iter().filter_map(|path| Slip::read(path).expect("read").row()).collect();
        assert_eq!(rows, batch, "what is kept is the row");
    }
}
