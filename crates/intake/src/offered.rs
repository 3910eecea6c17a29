//! Which files were offered, in little memory: a million of them stand here for as long as they stay in the
//! folder.
//!
//! Paths and generations are kept as keyed 64-bit hashes. Two paths that share one (a chance of one in
//! thirty million with a million files) take turns in being offered again, which the ledger answers; for one to
//! be passed over wrongly their generations would have to share one too.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use copydesk_disk::Generation;

/// The generation each path was offered as.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    hash: RandomState,
    /// By path: the generation, and the number of the full scan that last saw it.
    files: HashMap<u64, (u64, u32)>,
}

impl Offered {
    /// Takes in that a scan saw this generation; whether that is the one that was offered.
    pub fn sees(&mut self, path: &Path, generation: Generation, scan: u32) -> bool {
        let generation = self.hash.hash_one(generation);
        self.files.get_mut(&self.hash.hash_one(path.as_os_str())).is_some_and(|(offered, seen)| {
            *seen = scan;
            *offered == generation
        })
    }

    /// Whether a path was offered, as whatever generation.
    pub fn has(&self, path: &Path) -> bool {
        self.files.contains_key(&self.hash.hash_one(path.as_os_str()))
    }

    /// Whether a path was last offered as this generation.
    pub fn is(&self, path: &Path, generation: Generation) -> bool {
        let offered = self.files.get(&self.hash.hash_one(path.as_os_str()));
        offered.is_some_and(|(offered, _)| *offered == self.hash.hash_one(generation))
    }

    /// A path is offered.
    pub fn insert(&mut self, path: &Path, generation: Generation, scan: u32) {
        let entry = (self.hash.hash_one(generation), scan);
        self.files.insert(self.hash.hash_one(path.as_os_str()), entry);
    }

    /// Forgets a path.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(&self.hash.hash_one(path.as_os_str()));
    }

    /// Forgets what a complete scan did not see.
    pub fn keep_seen(&mut self, scan: u32) {
        self.files.retain(|_, (_, seen)| *seen == scan);
        if self.files.len() < self.files.capacity() / 4 {
            self.files.shrink_to_fit();
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.files.len()
    }
}
