//! The index in memory: for tests, and for tools that need none on disk.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use copydesk_article::Sequence;

use crate::index::{AddressRow, Changes, Horizon, Index, MAX_HOLDERS, SketchRow, Store, TextRow, Window};

/// An index that dies with the process. Bounded by expiry alone.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    segments: BTreeMap<Window, Segment>,
}

#[derive(Debug, Default)]
struct Segment {
    texts: HashMap<u128, TextRow>,
    anchors: HashMap<u64, Vec<Sequence>>,
    sketches: HashMap<Sequence, SketchRow>,
    addresses: HashMap<u128, AddressRow>,
}

impl Index for MemoryIndex {
    type Error = Infallible;

    fn text(&self, key: u128) -> Result<Option<TextRow>, Infallible> {
        Ok(self.segments.values().find_map(|segment| segment.texts.get(&key).copied()))
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, Infallible> {
        let of = |key| {
            let lists = self.segments.values().filter_map(|segment| segment.anchors.get(key));
            lists.flatten().copied().take(MAX_HOLDERS).collect()
        };
        Ok(keys.iter().map(of).collect())
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, Infallible> {
        let of = |sequence| self.segments.values().find_map(|segment| segment.sketches.get(sequence).cloned());
        Ok(sequences.iter().map(of).collect())
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, Infallible> {
        Ok(self.segments.values().rev().find_map(|segment| segment.addresses.get(&key).cloned()))
    }
}

impl Store for MemoryIndex {
    fn apply(&mut self, changes: &[Changes]) -> Result<(), Infallible> {
        for change in changes {
            self.add(change);
        }
        Ok(())
    }

    fn expire(&mut self, horizon: Horizon) -> Result<(), Infallible> {
        self.segments = self.segments.split_off(&horizon.keys.min(horizon.texts));
        for (window, segment) in &mut self.segments {
            if *window < horizon.keys {
                segment.texts = HashMap::new();
                segment.addresses = HashMap::new();
            }
            if *window < horizon.texts {
                segment.anchors = HashMap::new();
                segment.sketches = HashMap::new();
            }
        }
        Ok(())
    }
}

impl MemoryIndex {
    fn add(&mut self, change: &Changes) {
        let segment = self.segments.entry(change.window).or_default();
        if let Some((key, row)) = change.text {
            segment.texts.entry(key).or_insert(row);
        }
        for anchor in &change.anchors {
            let holders = segment.anchors.entry(*anchor).or_default();
            if holders.len() < MAX_HOLDERS {
                holders.push(change.sequence);
            }
        }
        if let Some(row) = &change.sketch {
            segment.sketches.insert(change.sequence, row.clone());
        }
        if let Some((key, row)) = &change.address {
            segment.addresses.insert(*key, row.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_promise() {
        crate::conformance::check(MemoryIndex::default);
    }
}
