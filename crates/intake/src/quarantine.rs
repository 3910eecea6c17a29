//! Keeping what could not be worked on: a copy of the record's bytes, and beside it a JSON that says why.
//!
//! Names are made from the ledger's number of the file and the record's index, so doing it again after a
//! crash writes the same two files. The JSON is written last: where it stands, the copy is whole.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use copydesk_article::{FileNumber, QuarantineReason, Sequence};
use copydesk_disk::{DiskError, Generation, copy_range_durable, free_bytes, write_durable};
use jiff::Timestamp;
use serde::Serialize;

use crate::Options;

/// Longest part of a file's own name that a copy keeps, in bytes: its end, with the extension.
const NAME_BYTES: usize = 120;

/// A record that goes to quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineEntry {
    /// The ledger's number for the file's generation.
    pub file: FileNumber,
    /// The generation that was read.
    pub generation: Generation,
    /// When the desk first saw it; names the folder of the day.
    pub first_seen: Timestamp,
    /// Path of the file, relative to the drop folder.
    pub path: PathBuf,
    /// Record in the file, from 0.
    pub record: u64,
    /// Bytes of the record in the file.
    pub bytes: Range<u64>,
    /// Line of the record, from 1, where it has one.
    pub line: Option<u64>,
    /// Its place in the order of the desk.
    pub sequence: Sequence,
    /// Name of its source, where it is known.
    pub source: Option<String>,
    /// Stage that gave up.
    pub stage: String,
    /// Why.
    pub reason: QuarantineReason,
    /// Why, in its own words.
    pub detail: String,
    /// When it gave up.
    pub time: Timestamp,
    /// How often the record had been tried.
    pub attempt: u32,
}

/// The JSON beside a copy.
#[derive(Debug, Serialize)]
struct Slip<'a> {
    stage: &'a str,
    reason: QuarantineReason,
    detail: &'a str,
    time: Timestamp,
    attempt: u32,
    path: &'a str,
    record: u64,
    line: Option<u64>,
    bytes: &'a Range<u64>,
    sequence: Sequence,
    source: Option<&'a str>,
    /// Why no copy, or a doubtful one, stands beside this.
    copy_problem: Option<String>,
}

/// What stands in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Path of the copy; the JSON is beside it.
    pub path: PathBuf,
    /// Whether the copy is there. Where not, the JSON says why, and the file must stay.
    pub kept: bool,
}

/// Puts a record's bytes and the reason into the quarantine folder, `root` being the drop folder. Where the
/// file is gone or can't be read, or the copy would take free space below `reserve_bytes`, the JSON is written
/// alone and says so.
///
/// # Errors
/// Where the quarantine folder can't be written (a full disk, say): nothing is settled then.
pub fn quarantine(
    root: &Path,
    options: &Options,
    entry: &QuarantineEntry,
    reserve_bytes: u64,
) -> Result<Quarantined, DiskError> {
    let mut name = OsString::from(format!("{}-{}-", entry.file, entry.record));
    name.push(tail(entry.path.file_name().unwrap_or_default()));
    let copy = options.quarantine.join(entry.first_seen.strftime("%Y-%m-%d").to_string()).join(&name);
    let copied = copy_record(&root.join(&entry.path), entry, &copy, reserve_bytes)?;
    let kept = copied.kept;
    let slip = Slip {
        stage: &entry.stage,
        reason: entry.reason,
        detail: &entry.detail,
        time: entry.time,
        attempt: entry.attempt,
        path: &entry.path.to_string_lossy(),
        record: entry.record,
        line: entry.line,
        bytes: &entry.bytes,
        sequence: entry.sequence,
        source: entry.source.as_deref(),
        copy_problem: copied.problem,
    };
    let to_disk =
        |source: serde_json::Error| DiskError { action: "describe", path: copy.clone(), source: source.into() };
    let json = serde_json::to_vec_pretty(&slip).map_err(to_disk)?;
    name.push(".json");
    write_durable(&copy.with_file_name(name), &json)?;
    Ok(Quarantined { path: copy, kept })
}

/// Whether a copy was made, and what is wrong with it or its absence.
struct Copied {
    kept: bool,
    problem: Option<String>,
}

fn copy_record(source: &Path, entry: &QuarantineEntry, copy: &Path, reserve_bytes: u64) -> Result<Copied, DiskError> {
    let none = |why: String| Copied { kept: false, problem: Some(format!("no copy could be made: {why}")) };
    if entry.reason == QuarantineReason::Unreadable {
        return Ok(none("it can't be read".to_owned()));
    }
    let is_entry = || match Generation::of_path(source) {
        Ok(generation) if generation == entry.generation => Ok(()),
        Ok(_) => Err("the file changed since it was read".to_owned()),
        Err(error) => Err(format!("the file is gone: {error}")),
    };
    if let Err(problem) = is_entry() {
        return Ok(none(problem));
    }
    let bytes = entry.bytes.end.saturating_sub(entry.bytes.start);
    let standing = copy.ancestors().find(|above| above.exists()).unwrap_or(copy);
    let free = free_bytes(standing)?;
    if bytes > free.saturating_sub(reserve_bytes) {
        return Ok(none(format!("its {bytes} bytes do not fit into the {free} that are free, with a reserve")));
    }
    match copy_range_durable(source, entry.bytes.clone(), copy) {
        Ok(()) => match is_entry() {
            Ok(()) => Ok(Copied { kept: true, problem: None }),
            Err(problem) => {
                Ok(Copied { kept: false, problem: Some(format!("the copy may hold other bytes: {problem}")) })
            }
        },
        Err(error) if error.path == source => Ok(none(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The end of a name, without cutting a character of UTF-8 in two.
fn tail(name: &OsStr) -> &OsStr {
    let bytes = name.as_bytes();
    let is_inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let mut start = bytes.len().saturating_sub(NAME_BYTES);
    if start > 0 {
        start += (0..3).take_while(|step| is_inside(start + step)).count();
    }
    OsStr::from_bytes(&bytes[start..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::fs;

    fn desk() -> (tempfile::TempDir, Options, QuarantineEntry) {
        let folder = tempfile::tempdir().expect("temp");
        let options = Options { quarantine: folder.path().join("q"), ..Options::default() };
        fs::create_dir(folder.path().join("in")).expect("folder");
        let path = folder.path().join("in/a.jsonl");
        fs::write(&path, "{}\nbroken\n{}\n").expect("write");
        let entry = QuarantineEntry {
            file: FileNumber(7),
            generation: Generation::of_path(&path).expect("generation"),
            first_seen: "2024-05-01T23:59:00Z".parse().expect("time"),
            path: "a.jsonl".into(),
            record: 1,
            bytes: 3..9,
            line: Some(2),
            sequence: Sequence(42),
            source: Some("default".into()),
            stage: "read".into(),
            reason: QuarantineReason::InvalidJson,
            detail: "expected value".into(),
            time: "2024-05-02T00:00:01Z".parse().expect("time"),
            attempt: 1,
        };
        (folder, options, entry)
    }

    fn slip(copy: &Path) -> Value {
        let mut name = copy.as_os_str().to_owned();
        name.push(".json");
        serde_json::from_slice(&fs::read(name).expect("slip")).expect("json")
    }

    #[test]
    fn the_record_and_its_reason_stand_side_by_side_and_again_is_the_same() {
        let (folder, options, entry) = desk();
        for _ in 0..2 {
            let copy = quarantine(&folder.path().join("in"), &options, &entry, 0).expect("quarantine").path;
            assert_eq!(copy, folder.path().join("q/2024-05-01/7-1-a.jsonl"));
            assert_eq!(fs::read(&copy).expect("copy"), b"broken");
            let expected = json!({
                "stage": "read", "reason": "invalid_json", "detail": "expected value", "time": "2024-05-02T00:00:01Z",
                "attempt": 1, "path": "a.jsonl", "record": 1, "line": 2, "bytes": {"start": 3, "end": 9},
                "sequence": 42, "source": "default", "copy_problem": null,
            });
            assert_eq!(slip(&copy), expected);
        }
        assert_eq!(fs::read_dir(folder.path().join("q/2024-05-01")).expect("list").count(), 2);
    }

    #[test]
    fn a_file_that_is_gone_or_another_leaves_its_reason_alone() {
        let (folder, options, entry) = desk();
        let path = folder.path().join("in/a.jsonl");
        fs::write(&path, "another file altogether").expect("write");
        let copy = quarantine(&folder.path().join("in"), &options, &entry, 0).expect("quarantine").path;
        assert!(!copy.exists() && slip(&copy)["copy_problem"].as_str().expect("said").contains("changed"));
        fs::remove_file(path).expect("remove");
        let copy = quarantine(&folder.path().join("in"), &options, &entry, 0).expect("quarantine").path;
        assert!(!copy.exists() && slip(&copy)["copy_problem"].as_str().expect("said").contains("gone"));
    }

    #[test]
    fn a_quarantine_that_cannot_be_written_is_an_error() {
        let (folder, options, entry) = desk();
        fs::write(&options.quarantine, "a file stands here").expect("write");
        assert!(quarantine(&folder.path().join("in"), &options, &entry, 0).is_err());
    }

    #[test]
    fn long_and_odd_names_fit() {
        let long = format!("{}.jsonl", "é".repeat(120));
        let kept = tail(OsStr::new(&long)).to_str().expect("still UTF-8");
        assert!(kept.len() <= NAME_BYTES && kept.len() > NAME_BYTES - 3 && kept.ends_with("é.jsonl"), "{kept}");
        let odd = OsStr::from_bytes(&[0xff; 200]);
        assert_eq!(tail(odd).len(), NAME_BYTES);
        assert_eq!(tail(OsStr::new("a.txt")), "a.txt");
    }
}
