//! Postings in memory that no run holds yet.

use std::collections::hash_map::Entry;

use copydesk_article::Sequence;
use copydesk_dedup::{MAX_HOLDERS, Window};
use foldhash::{HashMap, HashMapExt};

use super::run::Posting;
use crate::index_files::FileName;

/// Postings of one window, of articles that follow each other.
#[derive(Debug)]
pub struct Buffer {
    name: FileName,
    postings: usize,
    /// The first holder of each anchor: most have no other.
    first: HashMap<u64, Sequence>,
    /// The others.
    more: HashMap<u64, Vec<Sequence>>,
}

impl Buffer {
    /// An empty buffer for articles from this one on.
    pub fn new(window: Window, first: Sequence) -> Self {
        let name = FileName { window, first, last: first };
        Self { name, postings: 0, first: HashMap::new(), more: HashMap::new() }
    }

    /// What the run will be called that holds its postings.
    pub const fn name(&self) -> FileName {
        self.name
    }

    pub const fn postings(&self) -> usize {
        self.postings
    }

    /// Adds the anchors of the next article.
    pub fn push(&mut self, sequence: Sequence, anchors: &[u64]) {
        self.name.last = sequence;
        for anchor in anchors {
            match self.first.entry(*anchor) {
                Entry::Vacant(vacant) => {
                    vacant.insert(sequence);
                    self.postings += 1;
                }
                Entry::Occupied(_) => {
                    let more = self.more.entry(*anchor).or_default();
                    if more.len() + 1 < MAX_HOLDERS {
                        more.push(sequence);
                        self.postings += 1;
                    }
                }
            }
        }
    }

    /// Adds an anchor's holders to those found so far, oldest first, up to [`MAX_HOLDERS`].
    pub fn holders(&self, anchor: u64, found: &mut Vec<Sequence>) {
        if let Some(first) = self.first.get(&anchor) {
            let all = std::iter::once(first).chain(self.more.get(&anchor).into_iter().flatten());
            found.extend(all.take(MAX_HOLDERS.saturating_sub(found.len())));
        }
    }

    /// The anchors it has, each once.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.first.keys().copied()
    }

    /// All postings, in the order of a run.
    pub fn sorted(&self) -> Vec<Posting> {
        let first = self.first.iter().map(|(anchor, holder)| Posting { anchor: *anchor, holder: *holder });
        let more = self
            .more
            .iter()
            .flat_map(|(anchor, holders)| holders.iter().map(|holder| Posting { anchor: *anchor, holder: *holder }));
        let mut postings: Vec<Posting> = first.chain(more).collect();
        postings.sort_unstable();
        postings
    }
}
