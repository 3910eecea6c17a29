//! What has been judged and is not committed yet, seen through the same trait as what is.
//!
//! A verdict's changes become durable with its batch, a group later; the next article may be its copy. The ordered
//! stage keeps the changes here and judges against [`Recent::over`] the store; when a group is committed it
//! [`Recent::settle`]s. Few hundred articles at most stand here, as many as may be in flight.

use std::collections::VecDeque;
use std::convert::Infallible;

use copydesk_article::Sequence;

use crate::index::{AddressRow, Changes, Index, MAX_HOLDERS, SketchRow, Store, TextRow};
use crate::memory::MemoryIndex;

/// Changes that are not durable yet, in the order of their sequence.
#[derive(Debug, Default)]
pub struct Recent {
    changes: VecDeque<Changes>,
    index: MemoryIndex,
}

impl Recent {
    /// Adds the changes of the article judged last.
    pub fn push(&mut self, changes: Changes) {
        let Ok(()) = self.index.apply(std::slice::from_ref(&changes));
        self.changes.push_back(changes);
    }

    /// Forgets what is durable now: everything up to this sequence, and it.
    pub fn settle(&mut self, committed: Sequence) {
        let settled = self.changes.iter().take_while(|change| change.sequence <= committed).count();
        if settled == 0 {
            return;
        }
        self.changes.drain(..settled);
        self.index = MemoryIndex::default();
        let Ok(()) = self.index.apply(self.changes.make_contiguous());
    }

    /// The store as it will be when everything here is committed.
    pub const fn over<'a, I: Index>(&'a self, store: &'a I) -> Over<'a, I> {
        Over { recent: &self.index, store }
    }
}

/// A store and what is about to be added to it.
#[derive(Clone, Copy, Debug)]
pub struct Over<'a, I> {
    recent: &'a MemoryIndex,
    store: &'a I,
}

/// The value of a look-up that can't fail.
fn sure<T>(looked_up: Result<T, Infallible>) -> T {
    let Ok(found) = looked_up;
    found
}

impl<I: Index> Index for Over<'_, I> {
    type Error = I::Error;

    fn text(&self, key: u128) -> Result<Option<TextRow>, I::Error> {
        // The store's is older, and the first holder is the holder.
        Ok(self.store.text(key)?.or_else(|| sure(self.recent.text(key))))
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, I::Error> {
        let mut all = self.store.holders(keys)?;
        for (holders, recent) in all.iter_mut().zip(sure(self.recent.holders(keys))) {
            holders.extend(recent);
            holders.truncate(MAX_HOLDERS);
        }
        Ok(all)
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, I::Error> {
        let mut all = sure(self.recent.sketches(sequences));
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
        match sure(self.recent.address(key)) {
            Some(row) => Ok(Some(row)),
            None => self.store.address(key),
        }
    }
}
