//! Keeping what a sink refused: a quarantine of its own for each sink.
//!
//! A row that a store will never take is written to `rejected/SINK/SEQUENCE-ID.json` below the quarantine folder,
//! with the store's words and the whole record, before the cursor passes it: the outbox forgets it then. The name
//! says which row it is, so doing it again after a crash writes the same file.

use std::path::Path;

use copydesk_disk::{DiskError, write_durable};
use copydesk_sinks::{Change, Rejection, Row};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

/// The file of one rejected row.
#[derive(Serialize)]
struct Slip<'a> {
    sink: &'a str,
    sequence: u64,
    id: String,
    /// The store's words.
    reason: &'a str,
    time: Timestamp,
    /// `put` or `delete`.
    change: &'a str,
    /// The record of a put.
    record: Option<&'a RawValue>,
    /// The same where it is no JSON.
    record_text: Option<String>,
}

/// Writes each rejected row of a batch into the folder of its sink. Blocks.
///
/// # Errors
/// Where the folder can't be written: the batch is not settled then.
pub fn keep(folder: &Path, sink: &str, batch: &[Row], rejected: &[Rejection]) -> Result<(), DiskError> {
    for rejection in rejected {
        let Some(row) = batch.get(rejection.row) else { continue };
        let (change, bytes) = match &row.change {
            Change::Put { record, .. } => ("put", Some(&record[..])),
            Change::Delete { .. } => ("delete", None),
        };
        let record = bytes.and_then(|bytes| serde_json::from_slice::<&RawValue>(bytes).ok());
        let slip = Slip {
            sink,
            sequence: row.sequence.0,
            id: row.id().to_string(),
            reason: &rejection.reason,
            time: Timestamp::now(),
            change,
            record,
            record_text: bytes.filter(|_| record.is_none()).map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        };
        let path = folder.join(format!("{:012}-{}.json", row.sequence.0, row.id()));
        let json = serde_json::to_vec_pretty(&slip).map_err(|error| DiskError {
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
    use copydesk_article::{ArticleId, Sequence};
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
        assert_eq!(std::fs::read_dir(folder.path()).expect("list").count(), 3, "again is the same");
        let first = read(7);
        assert_eq!(
            (&first["record"], &first["reason"], &first["sink"]),
            (&json!({"n": 1}), &json!("no 0"), &json!("store"))
        );
        assert_eq!((&read(8)["record"], &read(8)["record_text"]), (&Value::Null, &json!("{oops")));
        assert_eq!(read(9)["change"], "delete");
    }
}
