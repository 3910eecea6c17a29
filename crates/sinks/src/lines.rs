//! Rows as lines of JSON: what the stores that keep lines write.
//!
//! A `put` is the record as it stands; a `delete` is `{"id":"…","deleted":true,"sequence":N}`. Records are
//! not parsed; but one that holds a line break is refused, since it would break the rows beside it.

use std::io::Write;

use crate::{Change, Rejection, Report, Row};

/// The lines of a batch, each with its line break, and what was refused.
pub(crate) fn encode(batch: &[Row]) -> (Vec<u8>, Report) {
    let mut lines = Vec::new();
    let mut report = Report::default();
    for (position, row) in batch.iter().enumerate() {
        match &row.change {
            Change::Put { record, .. } if record.contains(&b'\n') => {
                let reason = "the record holds a line break; a store of lines takes one line a record".to_owned();
                report.rejected.push(Rejection { row: position, reason });
            }
            Change::Put { record, .. } => {
                lines.extend_from_slice(record);
                lines.push(b'\n');
            }
            Change::Delete { id } => {
                // Writing to memory does not fail.
                writeln!(lines, r#"{{"id":"{id}","deleted":true,"sequence":{}}}"#, row.sequence).ok();
            }
        }
    }
    (lines, report)
}

#[cfg(test)]
mod tests {
    use copydesk_article::{ArticleId, Sequence};

    use super::*;

    #[test]
    fn one_line_a_row() {
        let id = ArticleId::from_bytes([0xab; 16]);
        let put = |record: &[u8]| Change::Put { id, record: record.into() };
        let changes = [put(b"{\"a\":1}"), put(b"{\n}"), Change::Delete { id }];
        let batch: Vec<Row> =
            (1..).map(Sequence).zip(changes).map(|(sequence, change)| Row { sequence, change }).collect();
        let (lines, report) = encode(&batch);
        let expected = format!("{{\"a\":1}}\n{{\"id\":\"{}\",\"deleted\":true,\"sequence\":3}}\n", "ab".repeat(16));
        assert_eq!(String::from_utf8(lines).expect("text"), expected);
        assert_eq!(report.rejected.iter().map(|r| r.row).collect::<Vec<_>>(), [1]);
    }
}
