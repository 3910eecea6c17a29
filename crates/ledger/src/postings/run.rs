//! One file of postings, sorted by anchor and then by sequence, never changed once it stands.
//!
//! | part | bytes | holds |
//! |---|---|---|
//! | blocks | [`BLOCK`] each | see `block.rs` |
//! | fences | 8 a block | its first anchor |
//! | filter | 1 a posting, or none | see `filter.rs` |
//! | end | 64 | magic, base, postings, blocks, bytes of the filter, checksums |
//!
//! Fences stay in memory, the filter while there is room for it, blocks are read one at a time as they are asked for and
//! left to the system to cache.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use copydesk_article::Sequence;
use copydesk_dedup::MAX_HOLDERS;
use copydesk_disk::{DiskError, write_durable_with};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::index_files::{FileName, end, open, spoilt};

use super::block::{BLOCK, Block, Growing};
use super::filter::{Filling, Filter, LINE_BYTES};

/// Bytes of the end.
const END: u64 = 64;

const MAGIC: u64 = u64::from_be_bytes(*b"cdanchr2");

/// Bytes read or written at a time where a run is read or written from end to end.
const STREAM_BYTES: usize = 128 << 10;

/// An article has an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    pub anchor: u64,
    pub holder: Sequence,
}

/// An open run.
#[derive(Debug)]
pub struct Run {
    pub name: FileName,
    path: PathBuf,
    file: File,
    base: u64,
    postings: u64,
    fences: Fences,
    filter_bytes: u64,
    filter_sum: u64,
}

/// First anchors of the blocks, in order, with a table by their leading bits: halving all of them would wait for memory
/// at every other step.
#[derive(Debug)]
struct Fences {
    all: Vec<u64>,
    /// For each value of the leading bits: how many fences have a lesser one.
    before: Vec<u32>,
    /// Bits after the leading ones.
    shift: u32,
}

impl Fences {
    fn new(all: Vec<u64>) -> Self {
        let wanted = all.len().next_power_of_two().trailing_zeros().max(1);
        let shift = all.last().map_or(0, |last| (64 - last.leading_zeros()).saturating_sub(wanted));
        let values = all.last().map_or(0, |last| last >> shift) as usize + 1;
        let mut before = vec![0; values + 1];
        for fence in &all {
            before[(fence >> shift) as usize + 1] += 1;
        }
        for value in 1..before.len() {
            before[value] += before[value - 1];
        }
        Self { all, before, shift }
    }

    /// How many are less than an anchor.
    fn less_than(&self, anchor: u64) -> usize {
        let value = (anchor >> self.shift) as usize;
        match self.before.get(value..=value.saturating_add(1)) {
            Some(&[from, to]) => {
                let (from, to) = (from as usize, to as usize);
                from + self.all[from..to].partition_point(|fence| *fence < anchor)
            }
            _ => self.all.len(),
        }
    }
}

impl Run {
    /// Writes a run into a folder, durably, and opens it. Postings come in order. It has a filter where `filtered` says
    /// for how many postings at most.
    ///
    /// # Errors
    /// Where the postings or the disk fail; no file is left then.
    pub fn write(
        folder: &Path,
        name: FileName,
        postings: impl Iterator<Item = Result<Posting, DiskError>>,
        filtered: Option<u64>,
    ) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        write_durable_with(&path, |file, unfinished| {
            let failed = |source| DiskError { action: "write", path: unfinished.to_owned(), source };
            let mut writer = Writer {
                out: BufWriter::with_capacity(STREAM_BYTES, file),
                block: Growing::new(name.first.0),
                before: None,
                postings: 0,
                fences: Vec::new(),
                filter: filtered.map(Filling::of_run),
            };
            for posting in postings {
                writer.push(posting?).map_err(failed)?;
            }
            writer.finish().map_err(failed)
        })?;
        Self::open(folder, name)
    }

    /// Opens the run of that name in a folder.
    ///
    /// # Errors
    /// Where it is not there, can't be read or is spoilt.
    pub fn open(folder: &Path, name: FileName) -> Result<Self, DiskError> {
        let path = folder.join(name.file());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let (file, before, words) = open::<8>(&path, MAGIC).map_err(failed)?;
        let [_, base, postings, blocks, filter_bytes, fences_sum, filter_sum, _] = words;
        if blocks.saturating_mul(BLOCK as u64 + 8).saturating_add(filter_bytes) != before {
            return Err(failed(spoilt()));
        }
        let mut fences = vec![0; 8 * blocks as usize];
        file.read_exact_at(&mut fences, blocks * BLOCK as u64).map_err(failed)?;
        if xxh3_64(&fences) != fences_sum {
            return Err(failed(spoilt()));
        }
        let (fences, _) = fences.as_chunks::<8>();
        let fences = Fences::new(fences.iter().map(|fence| u64::from_be_bytes(*fence)).collect());
        Ok(Self { name, file, base, postings, fences, filter_bytes, filter_sum, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub const fn postings(&self) -> u64 {
        self.postings
    }

    /// Bytes on disk.
    pub const fn bytes(&self) -> u64 {
        self.fences.all.len() as u64 * (BLOCK as u64 + 8) + self.filter_bytes + END
    }

    /// Bytes of its filter, 0 where it has none.
    pub const fn filter_bytes(&self) -> u64 {
        self.filter_bytes
    }

    /// Its filter.
    ///
    /// # Errors
    /// Where it can't be read or is spoilt.
    pub fn filter(&self) -> Result<Option<Filter>, DiskError> {
        let mut file = File::open(&self.path).map_err(|source| self.failed(source))?;
        let at = self.fences.all.len() as u64 * (BLOCK as u64 + 8);
        file.seek(SeekFrom::Start(at)).map_err(|source| self.failed(source))?;
        let mut bytes = BufReader::with_capacity(STREAM_BYTES, file);
        let mut sum = Xxh3::new();
        let lines = (0..self.filter_bytes / LINE_BYTES as u64).map(|_| {
            let mut line = [0; LINE_BYTES];
            bytes.read_exact(&mut line).map_err(|source| self.failed(source))?;
            sum.update(&line);
            Ok(line)
        });
        let filter = Filter::from_lines(lines)?;
        if sum.digest() != self.filter_sum {
            return Err(self.failed(spoilt()));
        }
        Ok(filter)
    }

    /// Adds an anchor's holders to those found so far, oldest first, up to [`MAX_HOLDERS`].
    ///
    /// # Errors
    /// Where the run can't be read or is spoilt.
    pub fn holders(&self, anchor: u64, found: &mut Vec<Sequence>) -> Result<(), DiskError> {
        // Its postings may begin at the end of the block before the first that begins with it or a later one.
        let mut at = self.fences.less_than(anchor).saturating_sub(1);
        let mut bytes = [0; BLOCK];
        while self.fences.all.get(at).is_some_and(|fence| *fence <= anchor) {
            self.file.read_exact_at(&mut bytes, (at * BLOCK) as u64).map_err(|source| self.failed(source))?;
            let block = self.block(&bytes, at)?;
            for posting in block.from(block.first_with(anchor)) {
                if posting.anchor > anchor || found.len() >= MAX_HOLDERS {
                    return Ok(());
                }
                found.push(posting.holder);
            }
            at += 1;
        }
        Ok(())
    }

    /// All postings, in order, read from end to end.
    ///
    /// # Errors
    /// Where the run can't be opened again.
    pub fn stream(&self) -> Result<Stream<'_>, DiskError> {
        let file = File::open(&self.path).map_err(|source| self.failed(source))?;
        let blocks = BufReader::with_capacity(STREAM_BYTES, file.take((self.fences.all.len() * BLOCK) as u64));
        Ok(Stream { run: self, blocks, at: 0, bytes: [0; BLOCK], entries: Vec::new().into_iter() })
    }

    fn block<'a>(&self, bytes: &'a [u8; BLOCK], at: usize) -> Result<Block<'a>, DiskError> {
        Block::of(bytes, self.fences.all[at], self.base).ok_or_else(|| self.failed(spoilt()))
    }

    fn failed(&self, source: io::Error) -> DiskError {
        DiskError { action: "read", path: self.path.clone(), source }
    }
}

/// A run read from end to end.
pub struct Stream<'a> {
    run: &'a Run,
    blocks: BufReader<io::Take<File>>,
    at: usize,
    bytes: [u8; BLOCK],
    entries: std::vec::IntoIter<Posting>,
}

impl Stream<'_> {
    pub fn path(&self) -> &Path {
        &self.run.path
    }
}

impl Iterator for Stream<'_> {
    type Item = Result<Posting, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(posting) = self.entries.next() {
                return Some(Ok(posting));
            }
            if self.at == self.run.fences.all.len() {
                return None;
            }
            if let Err(source) = self.blocks.read_exact(&mut self.bytes) {
                return Some(Err(self.run.failed(source)));
            }
            match self.run.block(&self.bytes, self.at) {
                Ok(block) => self.entries = block.from(0).collect::<Vec<_>>().into_iter(),
                Err(error) => return Some(Err(error)),
            }
            self.at += 1;
        }
    }
}

struct Writer<'a> {
    out: BufWriter<&'a mut File>,
    block: Growing,
    before: Option<u64>,
    postings: u64,
    fences: Vec<u64>,
    filter: Option<Filling>,
}

impl Writer<'_> {
    fn push(&mut self, posting: Posting) -> io::Result<()> {
        if !self.block.has_room(posting) {
            self.end_block()?;
        }
        if self.block.is_empty() {
            self.fences.push(posting.anchor);
        }
        self.block.push(posting);
        self.postings += 1;
        if self.before.replace(posting.anchor) != Some(posting.anchor)
            && let Some(filter) = &mut self.filter
        {
            filter.insert(posting.anchor);
        }
        Ok(())
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block.take())
    }

    fn finish(mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        let fences: Vec<u8> = self.fences.iter().flat_map(|fence| fence.to_be_bytes()).collect();
        self.out.write_all(&fences)?;
        let (mut filter_sum, mut filter_bytes) = (Xxh3::new(), 0);
        for line in self.filter.map(Filling::finish).iter().flat_map(Filter::lines) {
            self.out.write_all(&line)?;
            filter_sum.update(&line);
            filter_bytes += LINE_BYTES as u64;
        }
        let words = [
            MAGIC,
            self.block.base(),
            self.postings,
            self.fences.len() as u64,
            filter_bytes,
            xxh3_64(&fences),
            filter_sum.digest(),
        ];
        self.out.write_all(&end(&words))?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use copydesk_dedup::Window;
    use proptest::prelude::*;

    use super::*;

    const NAME: FileName = FileName { window: Window(7), first: Sequence(100), last: Sequence(1_000_000) };

    fn written(folder: &Path, postings: &BTreeSet<Posting>, filtered: bool) -> Run {
        let filtered = filtered.then_some(postings.len() as u64);
        Run::write(folder, NAME, postings.iter().map(|posting| Ok(*posting)), filtered).expect("a run")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Many anchors over many blocks, some of them with more holders than a block has room for.
        #[test]
        fn holders_are_found_as_they_were_written(
            anchors in prop::collection::vec((0_u64..40, 0_u64..60, 0_u64..3), 0..1500),
            spread in prop::sample::select(vec![1_u64, 1 << 30, u64::MAX / 40]),
        ) {
            let posting = |(anchor, holder, far): (u64, u64, u64)| Posting {
                anchor: anchor * spread,
                holder: Sequence(100 + holder * 10_u64.pow(far as u32)),
            };
            let postings: BTreeSet<Posting> = anchors.into_iter().map(posting).collect();
            let folder = tempfile::tempdir().expect("temp");
            let run = written(folder.path(), &postings, true);
            let filter = run.filter().expect("read").expect("a filter");
            for anchor in (0..41).map(|anchor: u64| anchor.saturating_mul(spread)) {
                let mut found = Vec::new();
                run.holders(anchor, &mut found).expect("look up");
                let all = postings.iter().filter(|posting| posting.anchor == anchor);
                let expected: Vec<Sequence> = all.map(|posting| posting.holder).take(MAX_HOLDERS).collect();
                prop_assert!(expected.is_empty() || filter.may_hold(anchor));
                prop_assert_eq!(found, expected);
            }
            let all: Vec<Posting> = run.stream().expect("open").map(|posting| posting.expect("read")).collect();
            prop_assert_eq!(all.len() as u64, run.postings());
            prop_assert_eq!(all.len(), postings.len());
            prop_assert!(all.iter().eq(&postings));
            prop_assert_eq!(std::fs::metadata(run.path()).expect("look up").len(), run.bytes());
        }
    }

    #[test]
    fn a_spoilt_run_is_an_error_and_never_an_answer() {
        let folder = tempfile::tempdir().expect("temp");
        let postings = (0..400).map(|n| Posting { anchor: n * n, holder: Sequence(100 + n) }).collect();
        let run = written(folder.path(), &postings, false);
        let whole = std::fs::read(run.path()).expect("read");
        for at in (0..whole.len()).step_by(97) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            std::fs::write(run.path(), &bytes).expect("spoil");
            let answers = Run::open(folder.path(), NAME).and_then(|run| {
                let mut found = Vec::new();
                (0..400).try_for_each(|n| run.holders(n * n, &mut found))
            });
            assert!(answers.is_err(), "byte {at}");
        }
        std::fs::write(run.path(), &whole[..whole.len() - 1]).expect("cut");
        assert!(Run::open(folder.path(), NAME).is_err());
    }
}
