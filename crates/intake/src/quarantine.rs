//! Keeping what could not be worked on: a copy of the record's bytes, and beside it a JSON that says why.
//!
//! A record is copied as its reader saw it: unpacked where the file is compressed, so that the copy can be read
//! and dropped again. Where the compression itself is what is broken or not understood, the file is
//! copied as it came.
//!
//! Names are made from the ledger's number of the file and the record's index, so doing it again after a
//! crash writes the same two files. The JSON is written last: where it stands, the copy is whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use copydesk_article::{FileNumber, QuarantineReason, Sequence};
use copydesk_disk::{DiskError, Generation, copy_range_durable, free_bytes, sync_folder, write_durable};
use copydesk_readers::{Found, open_quietly};
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
    /// Bytes of the record in the file, after unpacking where it is compressed; an end of `u64::MAX` means the
    /// end of the file.
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
    /// Whether the file's producer still appends to it: that it has grown is no change then.
    pub follow: bool,
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

/// What is copied of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The record's bytes.
    Record,
    /// The file as it came.
    File,
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
    let packed = is_packed(&root.join(&entry.path));
    let broken = matches!(
        entry.reason,
        QuarantineReason::Truncated
            | QuarantineReason::Corrupt
            | QuarantineReason::DecompressionBomb
            | QuarantineReason::UnsupportedFormat
    );
    let own = tail(entry.path.file_name().unwrap_or_default());
    let mut name = OsString::from(format!("{}-{}-", entry.file, entry.record));
    name.push(if packed && !broken { unpacked_name(own) } else { own });
    let copy = options.quarantine.join(entry.first_seen.strftime("%Y-%m-%d").to_string()).join(&name);
    let part = if packed && broken { Part::File } else { Part::Record };
    let copied = copy_part(root, part, entry, &copy, reserve_bytes)?;
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

fn copy_part(
    root: &Path,
    part: Part,
    entry: &QuarantineEntry,
    copy: &Path,
    reserve_bytes: u64,
) -> Result<Copied, DiskError> {
    let source = &root.join(&entry.path);
    let none = |why: String| Copied { kept: false, problem: Some(format!("no copy could be made: {why}")) };
    if entry.reason == QuarantineReason::Unreadable {
        return Ok(none("it can't be read".to_owned()));
    }
    let is_entry = || match Generation::of_path(source) {
        Ok(generation) if generation == entry.generation => Ok(()),
        Ok(now) if entry.follow && now.identity == entry.generation.identity && now.bytes >= entry.generation.bytes => {
            Ok(())
        }
        Ok(_) => Err("the file changed since it was read".to_owned()),
        Err(error) => Err(format!("the file is gone: {error}")),
    };
    if let Err(problem) = is_entry() {
        return Ok(none(problem));
    }
    let standing = copy.ancestors().find(|above| above.exists()).unwrap_or(copy);
    let free = free_bytes(standing)?;
    let room = free.saturating_sub(reserve_bytes);
    let bytes = match part {
        Part::File => entry.generation.bytes,
        // How much is left of a compressed file shows only as it is unpacked.
        Part::Record if entry.bytes.end == u64::MAX => 0,
        Part::Record => entry.bytes.end.saturating_sub(entry.bytes.start),
    };
    if bytes > room {
        return Ok(none(format!("its {bytes} bytes do not fit into the {free} that are free, with a reserve")));
    }
    let done = match part {
        Part::File => copy_range_durable(source, 0..entry.generation.bytes, copy),
        Part::Record => match copy_record(root, entry, copy, room) {
            Err(Refusal::Disk(error)) => Err(error),
            Err(Refusal::Source(problem)) => return Ok(none(problem)),
            Ok(()) => Ok(()),
        },
    };
    match done {
        Ok(()) => match is_entry() {
            Ok(()) => Ok(Copied { kept: true, problem: None }),
            Err(problem) => {
                Ok(Copied { kept: false, problem: Some(format!("the copy may hold other bytes: {problem}")) })
            }
        },
        Err(error) if error.path == *source => Ok(none(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Why a copy was not made.
enum Refusal {
    /// The quarantine folder can't be written: it has to be tried again.
    Disk(DiskError),
    /// The file can't be read, or its record is too large: trying again changes nothing.
    Source(String),
}

/// Writes a record as a whole file or not at all, and of at most so many bytes.
fn copy_record(root: &Path, entry: &QuarantineEntry, copy: &Path, room: u64) -> Result<(), Refusal> {
    let found = Found { path: entry.path.clone(), generation: entry.generation, follow: entry.follow };
    let mut unfinished = copy.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let failed = |action, source| DiskError { action, path: unfinished.clone(), source };
    let result = (|| {
        let folder = copy.parent().unwrap_or(copy);
        fs::create_dir_all(folder).map_err(|source| Refusal::Disk(failed("create the folder of", source)))?;
        let file = File::create(&unfinished).map_err(|source| Refusal::Disk(failed("create", source)))?;
        let mut copied = Limited { file, room, failed: None };
        let read = copydesk_readers::copy_record(root, &found, entry.bytes.clone(), &mut copied);
        match (read, copied.failed) {
            (_, Some(Failed::Room)) => {
                Err(Refusal::Source(format!("it is larger than the {room} bytes that are left")))
            }
            (_, Some(Failed::Write(source))) => Err(Refusal::Disk(failed("write", source))),
            (Err(error), None) => Err(Refusal::Source(error.to_string())),
            (Ok(()), None) => {
                copied.file.sync_all().map_err(|source| Refusal::Disk(failed("sync", source)))?;
                fs::rename(&unfinished, copy).map_err(|source| Refusal::Disk(failed("rename into place", source)))
            }
        }
    })();
    if result.is_err() {
        // Best effort: the next attempt writes over it anyway.
        fs::remove_file(&unfinished).ok();
    }
    result?;
    sync_folder(copy).map_err(Refusal::Disk)
}

/// A file that takes no more than there is room for, and remembers why it took no more.
struct Limited {
    file: File,
    room: u64,
    failed: Option<Failed>,
}

enum Failed {
    Room,
    Write(io::Error),
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.room {
            self.failed = Some(Failed::Room);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.file.write_all(bytes).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(Failed::Write(error));
            io::Error::from(kind)
        })?;
        self.room -= bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether a file is compressed, by its first bytes: gzip or zstd.
fn is_packed(source: &Path) -> bool {
    let mut magic = [0; 4];
    let read = open_quietly(source).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && (magic.starts_with(&[0x1F, 0x8B]) || magic == [0x28, 0xB5, 0x2F, 0xFD])
}

/// A name without the ending of its compression.
fn unpacked_name(name: &OsStr) -> &OsStr {
    let path = Path::new(name);
    let packed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz") || end.eq_ignore_ascii_case("zst"));
    if packed { path.file_stem().unwrap_or(name) } else { name }
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
            follow: false,
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
    fn a_record_of_a_compressed_file_is_copied_unpacked_and_a_broken_file_as_it_came() {
        let (folder, options, entry) = desk();
        let root = folder.path().join("in");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{}\nbroken\n{}\n").expect("pack");
        let packed = packed.finish().expect("pack");
        fs::write(root.join("a.jsonl.gz"), &packed).expect("write");
        let generation = Generation::of_path(&root.join("a.jsonl.gz")).expect("generation");
        let entry = QuarantineEntry { path: "a.jsonl.gz".into(), generation, ..entry };
        for _ in 0..2 {
            let copy = quarantine(&root, &options, &entry, 0).expect("quarantine");
            assert_eq!(copy.path, folder.path().join("q/2024-05-01/7-1-a.jsonl"));
            assert_eq!((fs::read(&copy.path).expect("copy").as_slice(), copy.kept), (&b"broken"[..], true));
        }
        let reason = QuarantineReason::Truncated;
        let broken = QuarantineEntry { record: 2, bytes: 10..u64::MAX, reason, ..entry };
        let copy = quarantine(&root, &options, &broken, 0).expect("quarantine");
        assert_eq!(copy.path, folder.path().join("q/2024-05-01/7-2-a.jsonl.gz"));
        assert_eq!((fs::read(&copy.path).expect("copy"), copy.kept), (packed, true));
        assert_eq!(fs::read_dir(folder.path().join("q/2024-05-01")).expect("list").count(), 4, "nothing unfinished");
    }

    #[test]
    fn what_unpacks_to_more_than_there_is_room_for_is_not_kept() {
        let (folder, _, entry) = desk();
        let root = folder.path().join("in");
        let copy = folder.path().join("q/copy");
        assert!(matches!(copy_record(&root, &entry, &copy, 5), Err(Refusal::Source(_))));
        assert_eq!(fs::read_dir(folder.path().join("q")).expect("list").count(), 0);
        assert!(copy_record(&root, &entry, &copy, 6).is_ok());
        assert_eq!(fs::read(&copy).expect("copy"), b"broken");
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
