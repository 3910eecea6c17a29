//! One file of sketches, of articles that follow each other: it grows, and once it is full it never changes.
//!
//! | part | bytes | holds |
//! |---|---|---|
//! | sketches | any | of each: checksum (4), sequences after the first (4), bytes of the row (4), the row; low byte first |
//! | places | 4 a sequence, and 4 | where the sequence's sketch begins, low byte first; where it begins and ends at once there is none |
//! | end | 40 | magic, first sequence, sequences, checksum of the places, checksum of the end |
//!
//! While it grows there are only sketches, and the places stand in memory. A look-up in a full one reads two places and
//! what lies between them; nothing of it stays in memory.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use copydesk_article::Sequence;
use copydesk_dedup::Window;
use copydesk_disk::{DiskError, sync_folder};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::index_files::{FileName, end, open, spoilt};

/// Bytes of the end.
const END: u64 = 40;

/// Bytes before a row.
const HEAD: usize = 12;

const MAGIC: u64 = u64::from_be_bytes(*b"cdsketc2");

/// Bytes read at a time where a chapter is read from end to end.
const BUFFER_BYTES: usize = 128 << 10;

/// A full chapter.
#[derive(Debug)]
pub struct Chapter {
    pub name: FileName,
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Where the places begin.
    places: u64,
}

impl Chapter {
    /// Opens the full chapter of that [`file_name`] in a folder.
    ///
    /// # Errors
    /// Where it is not there, can't be read or is spoilt.
    pub fn open(folder: &Path, name: FileName) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let (file, before, words) = open::<5>(&path, MAGIC).map_err(failed)?;
        let [_, first, sequences, places_sum, _] = words;
        let places_bytes = (sequences.saturating_add(1)).saturating_mul(4);
        let is_named = first == name.first.0 && sequences > 0;
        let Some(places) = before.checked_sub(places_bytes).filter(|_| is_named) else {
            return Err(failed(spoilt()));
        };
        let mut all = vec![0; places_bytes as usize];
        file.read_exact_at(&mut all, places).map_err(failed)?;
        if xxh3_64(&all) != places_sum {
            return Err(failed(spoilt()));
        }
        let name = FileName { last: Sequence(first + sequences - 1), ..name };
        Ok(Self { name, path, file, bytes: before + END, places })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes on disk.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The row of a sequence that the chapter holds, if it has one.
    ///
    /// # Errors
    /// Where it can't be read or is spoilt.
    pub fn row(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, DiskError> {
        let failed = |source| DiskError { action: "read", path: self.path.clone(), source };
        let mut places = [0; 8];
        let at = self.places + 4 * (sequence.0 - self.name.first.0);
        self.file.read_exact_at(&mut places, at).map_err(failed)?;
        // The low half is the first place, the high one the next.
        let places = u64::from_le_bytes(places);
        let (from, to) = (places & u64::from(u32::MAX), places >> 32);
        if from > to || to > self.places {
            return Err(failed(spoilt()));
        }
        read_row(&self.file, from..to, self.name.first, sequence).map_err(failed)
    }
}

/// A chapter that grows. A copy of it can be written to and then forgotten: what it wrote stands behind what the first
/// one knows of, and is written over.
#[derive(Clone, Debug)]
pub struct Growing {
    pub name: FileName,
    path: PathBuf,
    file: Arc<File>,
    /// Where each sequence's sketch begins.
    places: Vec<u32>,
    /// Where the next one begins.
    bytes: u32,
    /// The last bytes, which are not written yet.
    unwritten: Vec<u8>,
}

impl Growing {
    /// Begins a chapter with a sequence, in place of what may be left over under its [`file_name`].
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn create(folder: &Path, window: Window, first: Sequence) -> Result<Self, DiskError> {
        let name = file_name(window, first);
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "create", path: path.clone(), source };
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).map_err(failed)?;
        sync_folder(&path)?;
        Ok(Self { name, path, file: Arc::new(file), places: Vec::new(), bytes: 0, unwritten: Vec::new() })
    }

    /// Opens a chapter that has grown to so many bytes, and reads where its sketches are.
    ///
    /// # Errors
    /// Where it is not there, can't be read or is spoilt.
    pub fn open(folder: &Path, name: FileName, bytes: u32) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let file = File::options().read(true).write(true).open(&path).map_err(failed)?;
        let file = Arc::new(file);
        let mut growing = Self {
            name,
            path: path.clone(),
            file: Arc::clone(&file),
            places: Vec::new(),
            bytes: 0,
            unwritten: Vec::new(),
        };
        let mut rows = BufReader::with_capacity(BUFFER_BYTES, &*file);
        let mut row = Vec::new();
        while growing.bytes < bytes {
            let mut head = [0; HEAD];
            rows.read_exact(&mut head).map_err(failed)?;
            let (sequence, row_bytes) = parse_head(&head, name.first);
            let end = growing.bytes.checked_add(HEAD as u32).and_then(|at| at.checked_add(row_bytes));
            let end = end.filter(|end| *end <= bytes && growing.takes(name.window, sequence, super::CHAPTER));
            let Some(end) = end else { return Err(failed(spoilt())) };
            row.resize(row_bytes as usize, 0);
            rows.read_exact(&mut row).map_err(failed)?;
            if head != self::head(sequence, &row, name.first) {
                return Err(failed(spoilt()));
            }
            growing.fill(sequence);
            growing.bytes = end;
        }
        Ok(growing)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes on disk.
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Whether the sketch of a sequence in a window can be pushed, where there are to be so many sequences at most.
    pub fn takes(&self, window: Window, sequence: Sequence, most: u64) -> bool {
        let next = self.name.first.0 + self.places.len() as u64;
        self.name.window == window && next <= sequence.0 && sequence.0 - self.name.first.0 < most
    }

    /// Adds a sketch, which must be one that it [takes](Self::takes).
    ///
    /// # Errors
    /// Where the chapter is too large.
    pub fn push(&mut self, sequence: Sequence, row: &[u8]) -> Result<(), DiskError> {
        let end = u32::try_from(HEAD + row.len()).ok().and_then(|bytes| self.bytes.checked_add(bytes));
        let Some(end) = end else {
            return Err(self.failed("write", io::ErrorKind::FileTooLarge.into()));
        };
        self.fill(sequence);
        self.bytes = end;
        self.unwritten.extend(head(sequence, row, self.name.first));
        self.unwritten.extend(row);
        Ok(())
    }

    /// Writes what was pushed.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn write(&mut self) -> Result<(), DiskError> {
        let from = u64::from(self.bytes) - self.unwritten.len() as u64;
        self.file.write_all_at(&self.unwritten, from).map_err(|source| self.failed("write", source))?;
        self.unwritten.clear();
        Ok(())
    }

    /// Makes durable what was written.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn sync(&self) -> Result<(), DiskError> {
        self.file.sync_data().map_err(|source| self.failed("sync", source))
    }

    /// Writes what is missing of a full chapter, durably, and opens that.
    ///
    /// # Errors
    /// Where the disk fails; what was pushed before stands as it did.
    pub fn finish(mut self, folder: &Path) -> Result<Chapter, DiskError> {
        self.write()?;
        let sequences = self.places.len() as u64;
        let mut rest: Vec<u8> = self.places.iter().chain([&self.bytes]).flat_map(|place| place.to_le_bytes()).collect();
        let sum = xxh3_64(&rest);
        rest.extend(end(&[MAGIC, self.name.first.0, sequences, sum]));
        let written = self.file.write_all_at(&rest, self.bytes.into()).and_then(|()| {
            // A copy of this one may have written more.
            self.file.set_len(u64::from(self.bytes) + rest.len() as u64)?;
            self.file.sync_all()
        });
        written.map_err(|source| self.failed("write", source))?;
        Chapter::open(folder, file_name(self.name.window, self.name.first))
    }

    /// The row of a sequence, if the chapter has one and it is written.
    ///
    /// # Errors
    /// Where it can't be read or is spoilt.
    pub fn row(&self, sequence: Sequence) -> Result<Option<Vec<u8>>, DiskError> {
        let Some(at) = sequence.0.checked_sub(self.name.first.0).map(|at| at as usize) else { return Ok(None) };
        let Some(from) = self.places.get(at) else { return Ok(None) };
        let to = self.places.get(at + 1).unwrap_or(&self.bytes);
        read_row(&self.file, (*from).into()..(*to).into(), self.name.first, sequence)
            .map_err(|source| self.failed("read", source))
    }

    /// All sequences up to one have their places: without a sketch of their own, but for the last.
    fn fill(&mut self, sequence: Sequence) {
        self.places.resize((sequence.0 - self.name.first.0) as usize + 1, self.bytes);
        self.name.last = sequence;
    }

    fn failed(&self, action: &'static str, source: io::Error) -> DiskError {
        DiskError { action, path: self.path.clone(), source }
    }
}

/// What a chapter's file is called: its last sequence is not known when it begins.
pub const fn file_name(window: Window, first: Sequence) -> FileName {
    FileName { window, first, last: first }
}

fn read_row(
    file: &File,
    places: std::ops::Range<u64>,
    first: Sequence,
    sequence: Sequence,
) -> io::Result<Option<Vec<u8>>> {
    if places.is_empty() {
        return Ok(None);
    }
    let mut row = vec![0; (places.end - places.start) as usize];
    file.read_exact_at(&mut row, places.start)?;
    if row.split_first_chunk().is_none_or(|(is, rest)| *is != head(sequence, rest, first)) {
        return Err(spoilt());
    }
    row.drain(..HEAD);
    Ok(Some(row))
}

/// What stands before the row of a sequence; the checksum is of the row, and of whose it is.
fn head(sequence: Sequence, row: &[u8], first: Sequence) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(&(xxh3_64_with_seed(row, sequence.0) as u32).to_le_bytes());
    head[4..8].copy_from_slice(&((sequence.0 - first.0) as u32).to_le_bytes());
    head[8..].copy_from_slice(&(row.len() as u32).to_le_bytes());
    head
}

/// The sequence and the bytes of the row behind it.
fn parse_head(head: &[u8; HEAD], first: Sequence) -> (Sequence, u32) {
    let [_, _, _, _, a, b, c, d, e, f, g, h] = *head;
    (Sequence(first.0 + u64::from(u32::from_le_bytes([a, b, c, d]))), u32::from_le_bytes([e, f, g, h]))
}
