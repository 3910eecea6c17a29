//! Several runs as one: their postings in order, of each anchor the first few.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use copydesk_dedup::MAX_HOLDERS;
use copydesk_disk::DiskError;

use super::run::{Posting, Run, Stream};

/// The postings of runs that follow each other, merged; of an anchor with more than [`MAX_HOLDERS`] the first.
pub struct Merged<'a> {
    streams: Vec<(Posting, Stream<'a>)>,
    /// A run that could not be read; reported once.
    failed: Option<DiskError>,
    anchor: u64,
    holders: usize,
    stop: &'a AtomicBool,
}

impl<'a> Merged<'a> {
    /// Opens runs to be read, until `stop` is set: then the postings end with an error.
    ///
    /// # Errors
    /// Where one can't be read.
    pub fn of(runs: &'a [Arc<Run>], stop: &'a AtomicBool) -> Result<Self, DiskError> {
        let mut streams = Vec::with_capacity(runs.len());
        for run in runs {
            let mut stream = run.stream()?;
            if let Some(first) = stream.next().transpose()? {
                streams.push((first, stream));
            }
        }
        Ok(Self { streams, failed: None, anchor: 0, holders: 0, stop })
    }

    /// The next of all postings.
    fn least(&mut self) -> Option<Posting> {
        let (at, _) = self.streams.iter().enumerate().min_by_key(|(_, (posting, _))| *posting)?;
        let (head, stream) = &mut self.streams[at];
        let least = *head;
        match stream.next() {
            Some(Ok(next)) => *head = next,
            Some(Err(error)) => self.failed = Some(error),
            None => drop(self.streams.swap_remove(at)),
        }
        Some(least)
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Posting, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.failed.take() {
                return Some(Err(error));
            }
            let posting = self.least()?;
            if posting.anchor != self.anchor {
                (self.anchor, self.holders) = (posting.anchor, 0);
                if self.stop.load(Ordering::Relaxed) {
                    let path = self.streams.first().map(|(_, stream)| stream.path().to_owned()).unwrap_or_default();
                    return Some(Err(DiskError { action: "go on with", path, source: super::stopped() }));
                }
            }
            self.holders += 1;
            if self.holders <= MAX_HOLDERS {
                return Some(Ok(posting));
            }
        }
    }
}
