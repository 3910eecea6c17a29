//! Closed segments of a JSON Lines sink: their names, and their compression.
//!
//! Names come from the path the user gave, `articles.jsonl`:
//!
//! - `articles.jsonl` (then `articles.1.jsonl`, …, where that is taken): the active file;
//! - `articles-20261121T21Z-000000000123-000000000456.jsonl`: a closed segment, with the UTC hour of its
//!   first write and its first and last sequence;
//! - the same with `.zst`: compressed; with `.zst.unfinished`: being compressed.
//!
//! A segment is compressed in full under the last name, synced, renamed, and only then is the original
//! removed, so a crash leaves the original, or both, or the compressed one. [`compress_closed`] carries on
//! from any of these. A lock on the original keeps a second compressor (of a pipeline restarted within the
//! process) away from it.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use copydesk_article::Sequence;
use copydesk_disk::sync_folder;
use fail::fail_point;
use serde::Deserialize;

/// How closed segments are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As Zstandard files, with a checksum.
    #[default]
    Zstd,
    /// As they are.
    None,
}

/// The names of one sink's files.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    folder: PathBuf,
    stem: String,
    /// With its dot; empty where the path has none.
    extension: String,
}

impl Names {
    pub(crate) fn of(path: &Path) -> Self {
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let extension = part(path.extension());
        Self {
            folder: match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            stem: part(path.file_stem()),
            extension: if extension.is_empty() { extension } else { format!(".{extension}") },
        }
    }

    /// Where a file of this sink stands.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Name of the active file; the next number where that is taken.
    pub(crate) fn active(&self, number: u32) -> String {
        let Self { stem, extension, .. } = self;
        if number == 0 { format!("{stem}{extension}") } else { format!("{stem}.{number}{extension}") }
    }

    /// Where a segment goes when it is closed: a name that neither it nor its compressed form has.
    pub(crate) fn closed(&self, hour: &str, first: Sequence, last: Sequence) -> PathBuf {
        let Self { stem, extension, .. } = self;
        let base = format!("{stem}-{hour}-{:012}-{:012}", first.0, last.0);
        let taken = |path: &PathBuf| path.exists() || with_suffix(path, ".zst").exists();
        let mut path = self.path(&format!("{base}{extension}"));
        let mut number = 0_u32;
        while taken(&path) {
            number += 1;
            path = self.path(&format!("{base}.{number}{extension}"));
        }
        path
    }

    /// Closed segments that are not compressed, oldest first.
    pub(crate) fn closed_files(&self) -> io::Result<Vec<PathBuf>> {
        self.files_with_suffix("")
    }

    fn files_with_suffix(&self, suffix: &str) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_closed = |name: &str| name.strip_suffix(suffix).is_some_and(|name| self.is_closed(name));
            if name.to_str().is_some_and(is_closed) && entry.file_type()?.is_file() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Whether a name is one that [`Names::closed`] gives.
    fn is_closed(&self, name: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let inner = name.strip_suffix(&self.extension).and_then(|name| name.strip_prefix(&self.stem));
        let Some(inner) = inner.and_then(|inner| inner.strip_prefix('-')) else { return false };
        let (inner, number) = inner.split_once('.').unwrap_or((inner, "1"));
        let mut parts = inner.split('-');
        let (hour, first, last) = (parts.next(), parts.next(), parts.next());
        let is_hour = |hour: &str| {
            hour.len() == 12
                && hour
                    .strip_suffix('Z')
                    .and_then(|hour| hour.split_once('T'))
                    .is_some_and(|(day, hour)| day.len() == 8 && digits(day) && digits(hour))
        };
        let is_sequence = |text: &str| text.len() >= 12 && digits(text);
        digits(number)
            && hour.is_some_and(is_hour)
            && first.is_some_and(is_sequence)
            && last.is_some_and(is_sequence)
            && parts.next().is_none()
    }
}

/// Compresses every closed segment that is not compressed yet and clears up after compressions that were cut
/// short. A segment that fails stays as it is and is tried again at the next call.
pub(crate) fn compress_closed(names: &Names) {
    let result = names.closed_files().and_then(|paths| {
        for path in paths {
            if let Err(error) = compress(&path)
                // Where it is gone, another compressor was faster.
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), error = %error, "closed segment stays uncompressed for now");
            }
        }
        for unfinished in names.files_with_suffix(".zst.unfinished")? {
            let original = unfinished.with_extension("").with_extension("");
            if !original.exists() {
                fs::remove_file(&unfinished).ok();
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        tracing::warn!(path = %names.folder.display(), error = %error, "closed segments could not be looked through");
    }
}

/// Compresses one closed segment and removes the original.
fn compress(path: &Path) -> io::Result<()> {
    let original = File::open(path)?;
    if let Err(TryLockError::WouldBlock) = original.try_lock() {
        return Ok(());
    }
    let compressed = with_suffix(path, ".zst");
    if compressed.exists() {
        // A crash came between the new name and the removal; or somebody else's file has our name.
        if !holds_the_same(path, &compressed)? {
            let reason = format!("{} stands there with other content; move it away", compressed.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
        }
    } else {
        let unfinished = with_suffix(path, ".zst.unfinished");
        let mut encoder = zstd::Encoder::new(File::create(&unfinished)?, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        encoder.include_checksum(true)?;
        io::copy(&mut BufReader::new(original.try_clone()?), &mut encoder)?;
        encoder.finish()?.sync_all()?;
        fs::rename(&unfinished, &compressed)?;
        sync_folder(&compressed).map_err(|error| error.source)?;
    }
    fail_point!("jsonl.compress.done", |_| std::process::abort());
    fs::remove_file(path)?;
    sync_folder(path).map_err(|error| error.source)
}

/// Whether the compressed file holds exactly the original.
fn holds_the_same(original: &Path, compressed: &Path) -> io::Result<bool> {
    let mut one = BufReader::new(File::open(original)?);
    let mut other = zstd::Decoder::new(File::open(compressed)?)?;
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let count = one.read(&mut left)?;
        if count == 0 {
            return Ok(other.read(&mut right[..1])? == 0);
        }
        match other.read_exact(&mut right[..count]) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            result => result?,
        }
        if left[..count] != right[..count] {
            return Ok(false);
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: &str = "20261121T21Z";

    fn at(folder: &Path) -> (Names, PathBuf) {
        let names = Names::of(&folder.join("articles.jsonl"));
        let closed = names.closed(HOUR, Sequence(1), Sequence(20));
        (names, closed)
    }

    #[test]
    fn names_are_told_from_others() {
        let names = Names::of(Path::new("out/articles.jsonl"));
        assert_eq!(names.active(0), "articles.jsonl");
        assert_eq!(names.active(2), "articles.2.jsonl");
        let closed = names.closed(HOUR, Sequence(123), Sequence(456));
        assert_eq!(closed, Path::new("out/articles-20261121T21Z-000000000123-000000000456.jsonl"));
        for name in [
            "articles-20261121T21Z-000000000123-000000000456.jsonl",
            "articles-20261121T21Z-000000000123-000000000456.3.jsonl",
            "articles-20261121T21Z-1000000000123-1000000000456.jsonl",
        ] {
            assert!(names.is_closed(name), "{name}");
        }
        for name in [
            "articles.jsonl",
            "articles.1.jsonl",
            "articles-2026.jsonl",
            "articles-20261121T21Z-000000000123.jsonl",
            "articles-20261121T21Z-000000000123-000000000456-7.jsonl",
            "articles-20261121T21Z-000000000123-000000000456.jsonl.zst",
            "articles-20261121T21Z-000000000123-000000000456.old.jsonl",
            "articles-2026112-T21Z-000000000123-000000000456.jsonl",
            "other-20261121T21Z-000000000123-000000000456.jsonl",
        ] {
            assert!(!names.is_closed(name), "{name}");
        }
        let bare = Names::of(Path::new("articles"));
        assert!(bare.is_closed("articles-20261121T21Z-000000000123-000000000456"));
    }

    #[test]
    fn a_closed_name_is_never_given_twice() {
        let folder = tempfile::tempdir().expect("temp");
        let (names, closed) = at(folder.path());
        fs::write(with_suffix(&closed, ".zst"), b"").expect("write");
        let second = names.closed(HOUR, Sequence(1), Sequence(20));
        assert!(second.ends_with("articles-20261121T21Z-000000000001-000000000020.1.jsonl"), "{second:?}");
    }

    #[test]
    fn compression_carries_on_from_every_crash() {
        let text = "{\"n\":1}\n".repeat(20_000).into_bytes();
        for crash in ["none", "unfinished", "both", "orphan"] {
            let folder = tempfile::tempdir().expect("temp");
            let (names, closed) = at(folder.path());
            fs::write(&closed, &text).expect("write");
            match crash {
                "unfinished" => fs::write(with_suffix(&closed, ".zst.unfinished"), b"half").expect("write"),
                "both" => {
                    let bytes = zstd::encode_all(&text[..], 1).expect("zstd");
                    fs::write(with_suffix(&closed, ".zst"), bytes).expect("write");
                }
                "orphan" => {
                    let other = names.closed(HOUR, Sequence(2), Sequence(3));
                    fs::write(with_suffix(&other, ".zst.unfinished"), b"half").expect("write");
                }
                _ => {}
            }
            compress_closed(&names);
            let left: Vec<_> =
                fs::read_dir(folder.path()).expect("list").map(|entry| entry.expect("entry").path()).collect();
            assert_eq!(left, [with_suffix(&closed, ".zst")], "{crash}");
            assert_eq!(zstd::decode_all(File::open(&left[0]).expect("open")).expect("zstd"), text, "{crash}");
        }
    }

    #[test]
    fn a_compressed_file_with_other_content_costs_nothing() {
        for other in [&b"one\n"[..], b"one\ntwo\nthree\n", b"one\nTWO\n"] {
            let folder = tempfile::tempdir().expect("temp");
            let (names, closed) = at(folder.path());
            fs::write(&closed, b"one\ntwo\n").expect("write");
            let bytes = zstd::encode_all(other, 1).expect("zstd");
            fs::write(with_suffix(&closed, ".zst"), &bytes).expect("write");
            compress_closed(&names);
            assert_eq!(fs::read(&closed).expect("read"), b"one\ntwo\n");
            assert_eq!(fs::read(with_suffix(&closed, ".zst")).expect("read"), bytes);
        }
    }
}
