//! What has been judged and is not committed yet, seen through the same trait as what is.
//!
//! A verdict's changes become durable with its batch, a group later; the next article may be its copy. The ordered
//! stage keeps the changes here and judges against [`Recent::over`] the store; when a group is committed it
//! [`Recent::settle`]s. A commit may come between two look-ups: what stands in both places counts once. A few hundred
//! articles stand here at most, as many as may be in flight.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use copydesk_article::Sequence;
use foldhash::{HashMap, HashMapExt};

use crate::index::{AddressRow, Changes, Horizon, Index, MAX_HOLDERS, SketchRow, TextRow};

/// Changes that are not durable yet, in the order of their sequence.
#[derive(Debug, Default)]
pub struct Recent {
    changes: VecDeque<Changes>,
    texts: Places<u128>,
    anchors: Places<u64>,
    addresses: Places<u128>,
}

/// By key: the sequences of the changes that have it, in order. Most keys have one.
#[derive(Debug)]
struct Places<K> {
    first: HashMap<K, Sequence>,
    more: HashMap<K, VecDeque<Sequence>>,
}

impl<K> Default for Places<K> {
    fn default() -> Self {
        Self { first: HashMap::new(), more: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Places<K> {
    fn push(&mut self, key: K, sequence: Sequence) {
        match self.first.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(sequence)),
            Entry::Occupied(_) => self.more.entry(key).or_default().push_back(sequence),
        }
    }

    /// Forgets the oldest change with this key.
    fn pop(&mut self, key: K) {
        let Entry::Occupied(mut first) = self.first.entry(key) else { return };
        let Entry::Occupied(mut more) = self.more.entry(key) else {
            first.remove();
            return;
        };
        if let Some(next) = more.get_mut().pop_front() {
            first.insert(next);
        }
        if more.get().is_empty() {
            more.remove();
        }
    }

    fn of(&self, key: K) -> impl DoubleEndedIterator<Item = Sequence> {
        let first = self.first.get(&key);
        let more = first.and_then(|_| self.more.get(&key));
        first.into_iter().chain(more.into_iter().flatten()).copied()
    }
}

impl Recent {
    /// Adds the changes of the article judged last.
    pub fn push(&mut self, changes: Changes) {
        let sequence = changes.sequence;
        if let Some((key, _)) = changes.text {
            self.texts.push(key, sequence);
        }
        for anchor in &changes.anchors {
            self.anchors.push(*anchor, sequence);
        }
        if let Some((key, _)) = changes.address {
            self.addresses.push(key, sequence);
        }
        self.changes.push_back(changes);
    }

    /// Forgets what is durable now: everything up to this sequence, and it.
    pub fn settle(&mut self, committed: Sequence) {
        while self.changes.front().is_some_and(|oldest| oldest.sequence <= committed) {
            let Some(settled) = self.changes.pop_front() else { break };
            if let Some((key, _)) = settled.text {
                self.texts.pop(key);
            }
            for anchor in settled.anchors {
                self.anchors.pop(anchor);
            }
            if let Some((key, _)) = settled.address {
                self.addresses.pop(key);
            }
        }
    }

    /// The store as it will be when everything here is committed. The store must keep to the same horizon.
    pub const fn over<'a, I: Index>(&'a self, store: &'a I, horizon: Horizon) -> Over<'a, I> {
        Over { recent: self, store, horizon }
    }

    fn of(&self, sequence: Sequence) -> Option<&Changes> {
        let place = self.changes.partition_point(|changes| changes.sequence < sequence);
        self.changes.get(place).filter(|changes| changes.sequence == sequence)
    }
}

/// A store and what is about to be added to it.
#[derive(Clone, Copy, Debug)]
pub struct Over<'a, I> {
    recent: &'a Recent,
    store: &'a I,
    horizon: Horizon,
}

impl<I> Over<'_, I> {
    fn with_keys(&self, sequence: Sequence) -> Option<&Changes> {
        self.recent.of(sequence).filter(|changes| changes.window >= self.horizon.keys)
    }

    fn with_texts(&self, sequence: Sequence) -> Option<&Changes> {
        self.recent.of(sequence).filter(|changes| changes.window >= self.horizon.texts)
    }
}

impl<I: Index> Index for Over<'_, I> {
    type Error = I::Error;

    fn text(&self, key: u128) -> Result<Option<TextRow>, I::Error> {
        // The store's is older, and the first holder is the holder.
        Ok(self.store.text(key)?.or_else(|| {
            let mut holders = self.recent.texts.of(key).filter_map(|sequence| self.with_keys(sequence));
            holders.find_map(|changes| changes.text.map(|(_, row)| row))
        }))
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, I::Error> {
        let mut all = self.store.holders(keys)?;
        for (holders, key) in all.iter_mut().zip(keys) {
            let stored = holders.last().copied().unwrap_or_default();
            let recent = self.recent.anchors.of(*key).filter(|sequence| *sequence > stored);
            let free = MAX_HOLDERS.saturating_sub(holders.len());
            holders.extend(recent.filter(|sequence| self.with_texts(*sequence).is_some()).take(free));
        }
        Ok(all)
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, I::Error> {
        let recent = |sequence: &Sequence| self.with_texts(*sequence).and_then(|changes| changes.sketch.clone());
        let mut all: Vec<Option<SketchRow>> = sequences.iter().map(recent).collect();
        let missing: Vec<Sequence> =
            all.iter().zip(sequences).filter(|(row, _)| row.is_none()).map(|(_, sequence)| *sequence).collect();
        if !missing.is_empty() {
            let gaps = all.iter_mut().filter(|row| row.is_none());
            for (gap, row) in gaps.zip(self.store.sketches(&missing)?) {
                *gap = row;
            }
        }
        Ok(all)
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, I::Error> {
        let mut newest = self.recent.addresses.of(key).rev().filter_map(|sequence| self.with_keys(sequence));
        match newest.find_map(|changes| changes.address.clone()) {
            Some((_, row)) => Ok(Some(row)),
            None => self.store.address(key),
        }
    }
}
