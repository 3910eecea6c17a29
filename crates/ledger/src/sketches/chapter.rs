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

use crate::postings::RunName;

/// Bytes of the end.
const END: usize = 40;

/// Bytes before a row.
const HEAD: usize = 4;

const MAGIC: u64 = u64::from_be_bytes(*b"cdsketc1");

/// Bytes written at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// An open chapter.
#[derive(Debug)]
pub struct Chapter {
    pub name: RunName,
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
        name: RunName,
        rows: impl Iterator<Item = Result<(Sequence, Vec<u8>), E>>,
    ) -> Result<Self, E> {
        let path = folder.join(name.file());
        // What went wrong with the rows is another error than what the writing of a file can fail with.
        let mut spoilt = None;
        let mut rows = rows.map_while(|row| row.map_err(|error| spoilt = Some(error)).ok());
        let written = write_durable_with(&path, |file, unfinished| {
            let failed = |source| DiskError { action: "write", path: unfinished.to_owned(), source };
            write_all(&mut BufWriter::with_capacity(BUFFER_BYTES, file), name, &mut rows).map_err(failed)
        });
        drop(rows);
        match spoilt {
            None => written?,
            Some(error) => {
                // Too short, and nobody's: it has no row in the store.
                crate::postings::remove(&path);
                return Err(error);
            }
        }
        Ok(Self::open(folder, name)?)
    }

    /// Opens the chapter of that name in a folder.
    ///
    /// # Errors
    /// Where it is not there, can't be read or is spoilt.
    pub fn open(folder: &Path, name: RunName) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let file = File::open(&path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut end = [0; END];
        file.read_exact_at(&mut end, bytes.saturating_sub(END as u64)).map_err(failed)?;
        let (words, _) = end.as_chunks::<8>();
        let [magic, first, sequences, places_sum, sum] = std::array::from_fn(|at: usize| u64::from_be_bytes(words[at]));
        let is_named = (first, sequences) == (name.first.0, name.last.0 - name.first.0 + 1);
        let places_bytes = (sequences.saturating_add(1)).saturating_mul(4);
        let places = (bytes - END as u64).checked_sub(places_bytes);
        let Some(places) = places.filter(|_| magic == MAGIC && is_named && sum == xxh3_64(&end[..END - 8])) else {
            return Err(failed(crate::postings::spoilt()));
        };
        let mut all = vec![0; places_bytes as usize];
        file.read_exact_at(&mut all, places).map_err(failed)?;
        if xxh3_64(&all) != places_sum {
            return Err(failed(crate::postings::spoilt()));
        }
        Ok(Self { name, path, file, bytes, places })
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
            return Err(failed(crate::postings::spoilt()));
        }
        let mut row = vec![0; (to - from) as usize];
        self.file.read_exact_at(&mut row, from).map_err(failed)?;
        if row.split_first_chunk().is_none_or(|(sum, rest)| *sum != checksum(sequence, rest)) {
            return Err(failed(crate::postings::spoilt()));
        }
        row.drain(..HEAD);
        Ok(Some(row))
    }
}

fn write_all(
    out: &mut impl Write,
    name: RunName,
    rows: &mut dyn Iterator<Item = (Sequence, Vec<u8>)>,
) -> io::Result<()> {
    let sequences = name.last.0 - name.first.0 + 1;
    let (mut places, mut at): (Vec<u8>, u32) = (Vec::with_capacity(4 * sequences as usize + 4), 0);
    for (sequence, row) in rows {
        let place = 4 * (sequence.0 - name.first.0) as usize;
        while places.len() <= place {
            places.extend(at.to_le_bytes());
        }
        out.write_all(&checksum(sequence, &row))?;
        out.write_all(&row)?;
        let bytes = u32::try_from(HEAD + row.len()).ok().and_then(|bytes| at.checked_add(bytes));
        at = bytes.ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "its sketches take more than 4 GiB"))?;
    }
    while places.len() < 4 * sequences as usize + 4 {
        places.extend(at.to_le_bytes());
    }
    out.write_all(&places)?;
    let words = [MAGIC, name.first.0, sequences, xxh3_64(&places)];
    let mut end: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    end.extend(xxh3_64(&end).to_be_bytes());
    out.write_all(&end)?;
    out.flush()
}

/// Of a row, and of whose it is.
fn checksum(sequence: Sequence, row: &[u8]) -> [u8; HEAD] {
    (xxh3_64_with_seed(row, sequence.0) as u32).to_le_bytes()
}
