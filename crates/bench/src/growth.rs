//! When the lines of a growing file appeared.
//!
//! While the daemon runs, only the file's length is looked at: reading and parsing the records would take
//! processor time away from what is being measured. Afterwards each line is given the moment at which the file
//! had first grown past its end. The moments are late by up to the interval of looking, two milliseconds.

use std::fs::{File, metadata};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use serde::Deserialize;

const INTERVAL: Duration = Duration::from_millis(2);

/// A file being looked at.
pub struct Growth {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    bytes: Arc<AtomicU64>,
    watcher: Option<JoinHandle<Vec<Seen>>>,
}

/// The file had so many bytes then.
#[derive(Clone, Copy)]
struct Seen {
    bytes: u64,
    at: Instant,
}

/// One record of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Appeared {
    /// The article's file, relative to the inbox.
    pub path: PathBuf,
    /// When the record was there.
    pub at: Instant,
}

impl Growth {
    /// Looks at a file, which need not be there yet, from now on.
    pub fn watch(path: PathBuf) -> Self {
        let (stop, bytes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, known, file) = (Arc::clone(&stop), Arc::clone(&bytes), path.clone());
        let watcher = std::thread::spawn(move || {
            let mut seen: Vec<Seen> = Vec::new();
            loop {
                // Asked before the look, so that the last look is after the last write.
                let last = until.load(Ordering::Acquire);
                let bytes = metadata(&file).map_or(0, |metadata| metadata.len());
                if seen.last().is_none_or(|before| bytes > before.bytes) {
                    seen.push(Seen { bytes, at: Instant::now() });
                    known.store(bytes, Ordering::Release);
                }
                if last {
                    return seen;
                }
                std::thread::sleep(INTERVAL);
            }
        });
        Self { path, stop, bytes, watcher: Some(watcher) }
    }

    /// How long the file was at the last look, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// Stops looking; the records of the file with their moments, in order.
    ///
    /// # Errors
    /// Where the file can't be read, or a line is no record.
    pub fn records(mut self) -> anyhow::Result<Vec<Appeared>> {
        self.stop.store(true, Ordering::Release);
        let watcher = self.watcher.take().ok_or_else(|| anyhow!("nobody looked at {}", self.path.display()))?;
        let seen = watcher.join().map_err(|_| anyhow!("the thread looking at {} panicked", self.path.display()))?;
        records(&self.path, &seen)
    }
}

impl Drop for Growth {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

fn records(path: &Path, seen: &[Seen]) -> anyhow::Result<Vec<Appeared>> {
    #[derive(Deserialize)]
    struct Record {
        source: Source,
    }
    #[derive(Deserialize)]
    struct Source {
        path: PathBuf,
    }
    let mut lines = BufReader::new(File::open(path).with_context(|| format!("can't open {}", path.display()))?);
    let (mut records, mut line, mut end) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let bytes = lines.read_until(b'\n', &mut line).with_context(|| format!("can't read {}", path.display()))?;
        if bytes == 0 {
            return Ok(records);
        }
        end += bytes as u64;
        let record: Record = serde_json::from_slice(&line)
            .with_context(|| format!("line {} of {} is no record", records.len() + 1, path.display()))?;
        let look = seen.partition_point(|look| look.bytes < end);
        let at = seen.get(look).with_context(|| format!("{} grew after the last look", path.display()))?.at;
        records.push(Appeared { path: record.source.path, at });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_line_appeared_when_its_end_was_there() {
        let mut file = tempfile::NamedTempFile::new().expect("file");
        let line = |name: &str| format!("{{\"source\":{{\"path\":\"{name}\",\"record\":0}},\"text\":\"x\"}}\n");
        let (one, two, three) = (line("a/1.txt"), line("2.txt"), line("3.txt"));
        write!(file, "{one}{two}{three}").expect("write");
        let start = Instant::now();
        let look = |bytes: usize, ms| Seen { bytes: bytes as u64, at: start + Duration::from_millis(ms) };
        // The first look with half of line two, the second with all of it and line three.
        let seen = [look(0, 0), look(one.len() + two.len() / 2, 5), look(one.len() + two.len() + three.len(), 9)];
        let records = records(file.path(), &seen).expect("records");
        let after: Vec<_> = records.iter().map(|record| record.at.duration_since(start).as_millis()).collect();
        assert_eq!(after, [5, 9, 9]);
        assert_eq!(records[0].path, Path::new("a/1.txt"));
    }

    #[test]
    fn what_was_written_before_the_end_is_seen() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("out.jsonl");
        let growth = Growth::watch(path.clone());
        std::fs::write(&path, "{\"source\":{\"path\":\"x\"}}\n").expect("write");
        let records = growth.records().expect("records");
        assert_eq!(records.iter().map(|record| record.path.as_path()).collect::<Vec<_>>(), [Path::new("x")]);
    }

    #[test]
    fn a_torn_line_is_an_error() {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), "{\"source\":").expect("write");
        assert!(records(file.path(), &[Seen { bytes: 10, at: Instant::now() }]).is_err());
    }
}
