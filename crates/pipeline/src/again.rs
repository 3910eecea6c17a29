//! What a sink is to be sent again: requests that a command leaves, and the sink's own task works off (`resend.rs`).
//!
//! A request is a file `rejected/SINK/again/NAME.jsonl` below the quarantine folder, complete or absent, and gone when
//! it is done. So a command needs neither the ledger nor a running daemon: one that runs sees the file within a second,
//! one that is stopped at its next start. And a store only ever hears from one task, with all that its class promises.
//!
//! The row that was being sent when a process died is sent again, like any other batch that was not settled: how far a
//! request is stands in the ledger, with the sink's own state ([`copydesk_ledger::SendingAgain`]).

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use copydesk_disk::sync_folder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::rejection::Slip;

/// Longest line of a request, in bytes: a record is smaller than what may be in flight.
const LONGEST_LINE: u64 = 1 << 30;

/// One line of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Every row that the outbox still holds and that was decided since then.
    Outbox {
        /// Since when.
        since: Timestamp,
    },
    /// A row that was rejected, as it was.
    Row(Box<Slip>),
    /// A record made anew from its file. What only the ledger knows of it (sequence, verdict, version) the ledger says
    /// when it is sent; one that it never delivered, or before `since`, is left out.
    Anew {
        /// Since when.
        since: Timestamp,
        /// The record.
        record: Box<RawValue>,
    },
}

/// A request that is being written.
pub struct RequestWriter {
    path: PathBuf,
    unfinished: PathBuf,
    file: BufWriter<File>,
    lines: u64,
}

impl RequestWriter {
    /// A new request in the folder of a sink, which is made. Nobody sees it before [`RequestWriter::finish`].
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub fn create(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        // Requests are worked off in the order of their names.
        let path = folder.join(format!("{:020}-{}.jsonl", Timestamp::now().as_nanosecond(), std::process::id()));
        let unfinished = path.with_extension("unfinished");
        let file = BufWriter::new(File::create_new(&unfinished)?);
        Ok(Self { path, unfinished, file, lines: 0 })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn add(&mut self, again: &Again) -> Result<()> {
        let mut line = serde_json::to_vec(again)?;
        if line.contains(&b'\n') {
            // Between the values of a record: inside its strings a line break is escaped.
            line = serde_json::to_vec(&serde_json::from_slice::<Value>(&line)?)?;
        }
        line.push(b'\n');
        self.lines += 1;
        self.file.write_all(&line)
    }

    /// Lines so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Leaves the request to the sink, durably.
    ///
    /// # Errors
    /// Where the file can't be written; nothing is left then.
    pub fn finish(mut self) -> Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.unfinished, &self.path)?;
        sync_folder(&self.path).map_err(|error| error.source)
    }
}

impl Drop for RequestWriter {
    fn drop(&mut self) {
        // Gone already where it was finished.
        std::fs::remove_file(&self.unfinished).ok();
    }
}

/// Files with an extension in a folder, by name; none where the folder is missing.
pub fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Requests that wait in the folder of a sink, the next one first. Blocks.
///
/// # Errors
/// Where the folder can't be listed.
pub fn requests(folder: &Path) -> Result<Vec<PathBuf>> {
    files(folder, "jsonl")
}

/// A request as it is read.
pub struct RequestReader {
    file: BufReader<File>,
    offset: u64,
}

impl RequestReader {
    /// Opens a request at an offset, in bytes.
    pub fn open(path: &Path, offset: u64) -> Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { file: BufReader::new(file), offset })
    }

    /// Where the next line begins.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line; none at the end. The inner error: it is no line of a request.
    pub fn next(&mut self) -> Result<Option<std::result::Result<Again, serde_json::Error>>> {
        let mut line = Vec::new();
        let read = self.file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.pop() != Some(b'\n') {
            return Err(Error::new(ErrorKind::InvalidData, "a line without an end"));
        }
        self.offset += read as u64;
        Ok(Some(serde_json::from_slice(&line)))
    }
}

#[cfg(test)]
mod tests {
    use copydesk_article::{ArticleId, Sequence};

    use super::*;
    use crate::rejection::Asked;

    fn slip(sequence: u64, record: &str) -> Again {
        let record = RawValue::from_string(record.to_owned()).expect("JSON");
        Again::Row(Box::new(Slip {
            sink: "store".to_owned(),
            sequence: Sequence(sequence),
            id: ArticleId::from_bytes([7; 16]),
            reason: "no".to_owned(),
            time: Timestamp::UNIX_EPOCH,
            change: Asked::Put,
            record: Some(record),
            record_text: None,
        }))
    }

    #[test]
    fn a_request_is_there_whole_or_not_at_all_and_read_from_any_line() {
        let folder = tempfile::tempdir().expect("temp");
        let mut request = RequestWriter::create(folder.path()).expect("create");
        request.add(&Again::Outbox { since: Timestamp::UNIX_EPOCH }).expect("add");
        request.add(&slip(1, "{\"a\":\n1}")).expect("add");
        request.add(&slip(2, "{}")).expect("add");
        assert_eq!(requests(folder.path()).expect("list"), Vec::<PathBuf>::new());
        request.finish().expect("finish");
        drop(RequestWriter::create(folder.path()).expect("create"));
        let found = requests(folder.path()).expect("list");
        assert_eq!((found.len(), std::fs::read_dir(folder.path()).expect("list").count()), (1, 1));
        let mut offset = 0;
        let mut sequences = Vec::new();
        loop {
            let mut reader = RequestReader::open(&found[0], offset).expect("open");
            let Some(line) = reader.next().expect("read") else { break };
            offset = reader.offset();
            match line.expect("a line") {
                Again::Row(slip) => sequences.push(slip.row().expect("a row").sequence.0),
                Again::Outbox { .. } => sequences.push(0),
                Again::Anew { .. } => unreachable!("there is none"),
            }
        }
        assert_eq!(sequences, [0, 1, 2]);
    }
}
