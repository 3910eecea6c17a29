//! One file of sketches, of articles that follow each other, never changed once it stands.
//!
//! | part | bytes | holds |
//! |---|---|---|
//! | sketches | any | checksum (4) and row of each |
//! | places | 4 a sequence, and 4 | where the sequence's sketch begins, low byte first; where it begins and ends at once there is none |
//! | end | 40 | magic, first sequence, sequences, checksum of the places, checksum of the end |
//!
//! A look-up reads two places and what lies between them. Nothing of a chapter stays in memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use copydesk_article::Sequence;
use copydesk_disk::{DiskError, write_durable_with};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::index_files::{FileName, end, open, spoilt};

/// Bytes of the end.
const END: u64 = 40;

/// Bytes before a row.
const HEAD: usize = 4;

const MAGIC: u64 = u64::from_be_bytes(*b"cdsketc1");

/// Bytes written at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// An open chapter.
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
    /// Writes a chapter into a folder, durably, and opens it. Rows come in the order of their sequences, which the name
    /// holds.
    ///
    /// # Errors
    /// Where the rows or the disk fail; no file is left then.
    pub fn write<E: From<DiskError>>(
        folder: &Path,
        name: FileName,
        rows: impl Iterator<Item = Result<(Sequence, Vec<u8>), E>>,
    ) -> Result<Self, E> {
        let path = folder.join(name.file());
        write_durable_with::<E>(&path, |file, unfinished| {
            let failed = |source| DiskError { action: "write", path: unfinished.to_owned(), source };
            let mut writer = Writer::new(file, name);
            for row in rows {
                let (sequence, row) = row?;
                writer.push(sequence, &row).map_err(failed)?;
            }
            Ok(writer.finish().map_err(failed)?)
        })?;
        Ok(Self::open(folder, name)?)
    }

    /// Opens the chapter of that name in a folder.
    ///
    /// # Errors
    /// Where it is not there, can't be read or is spoilt.
    pub fn open(folder: &Path, name: FileName) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let (file, before, words) = open::<5>(&path, MAGIC).map_err(failed)?;
        let [_, first, sequences, places_sum, _] = words;
        let is_named = (first, sequences) == (name.first.0, name.last.0 - name.first.0 + 1);
        let places_bytes = (sequences.saturating_add(1)).saturating_mul(4);
        let Some(places) = before.checked_sub(places_bytes).filter(|_| is_named) else {
            return Err(failed(spoilt()));
        };
        let mut all = vec![0; places_bytes as usize];
        file.read_exact_at(&mut all, places).map_err(failed)?;
        if xxh3_64(&all) != places_sum {
            return Err(failed(spoilt()));
        }
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
        if from == to {
            return Ok(None);
        }
        if from > to || to > self.places {
            return Err(failed(spoilt()));
        }
        let mut row = vec![0; (to - from) as usize];
        self.file.read_exact_at(&mut row, from).map_err(failed)?;
        if row.split_first_chunk().is_none_or(|(sum, rest)| *sum != checksum(sequence, rest)) {
            return Err(failed(spoilt()));
        }
        row.drain(..HEAD);
        Ok(Some(row))
    }
}

/// A chapter being written.
struct Writer<'a> {
    out: BufWriter<&'a mut File>,
    name: FileName,
    /// Where each sketch so far begins, four bytes each.
    places: Vec<u8>,
    /// Where the next one begins.
    at: u32,
}

impl<'a> Writer<'a> {
    fn new(file: &'a mut File, name: FileName) -> Self {
        let mut writer = Self { out: BufWriter::with_capacity(BUFFER_BYTES, file), name, places: Vec::new(), at: 0 };
        writer.places.reserve(writer.place_of(name.last) + 8);
        writer
    }

    /// Where the place of a sequence stands among the places.
    const fn place_of(&self, sequence: Sequence) -> usize {
        4 * (sequence.0 - self.name.first.0) as usize
    }

    /// All sequences up to one have their places: without a sketch of their own, but for the last.
    fn fill(&mut self, place: usize) {
        while self.places.len() <= place {
            self.places.extend(self.at.to_le_bytes());
        }
    }

    fn push(&mut self, sequence: Sequence, row: &[u8]) -> io::Result<()> {
        self.fill(self.place_of(sequence));
        self.out.write_all(&checksum(sequence, row))?;
        self.out.write_all(row)?;
        let bytes = u32::try_from(HEAD + row.len()).ok().and_then(|bytes| self.at.checked_add(bytes));
        self.at =
            bytes.ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "its sketches take more than 4 GiB"))?;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.fill(self.place_of(self.name.last.next()));
        self.out.write_all(&self.places)?;
        let sequences = self.name.last.0 - self.name.first.0 + 1;
        self.out.write_all(&end(&[MAGIC, self.name.first.0, sequences, xxh3_64(&self.places)]))?;
        self.out.flush()
    }
}

/// Of a row, and of whose it is.
fn checksum(sequence: Sequence, row: &[u8]) -> [u8; HEAD] {
    (xxh3_64_with_seed(row, sequence.0) as u32).to_le_bytes()
}
