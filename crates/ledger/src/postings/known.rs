//! Which keys anything here may hold: one filter over all runs and buffers, in front of the runs' own.
//!
//! Most keys that are asked for are held nowhere. Asking each run's filter for them costs a miss of the processor's
//! cache each time, and a window may have many runs; asking this one costs one. So look-ups get dearer neither with the
//! runs nor with the buffers, and runs need not be merged for their sake (`mod.rs`).
//!
//! Keys come in as articles do. When it has taken more than it has room for, the ledger's thread makes one twice as
//! large from all runs, which is also how keys that expired leave it. Meanwhile, and after a start until a buffer is full,
//! there is none. Then the runs' own are asked, with the same answer.
//!
//! Where it can't grow any more it goes on taking keys and lets more and more others through: of a thousand 7 with
//! [`BITS`] bits a key, 24 with eight, 60 with six, 160 with four and 560 with [`LEAST_BITS`]. Each costs the reading of
//! a block of every run whose own filter has no room in memory. With fewer bits there is none, and its memory goes to
//! the runs' own.

use super::filter::{Filling, Filter};

/// Bits a posting, where there is memory for them.
const BITS: u64 = 12;

/// Bits a posting at the least.
const LEAST_BITS: u64 = 2;

/// See the module.
pub struct Known {
    filter: Filter,
    postings: u64,
}

/// How many bytes one should have, where there are so many postings and it may take so many bytes: enough for twice as
/// many as far as that goes; none where it would let too much through to be of use.
pub fn bytes_for(postings: u64, most_bytes: u64) -> Option<u64> {
    let bytes = (2 * postings * BITS / 8).min(most_bytes);
    (0 < postings && postings * LEAST_BITS <= 8 * bytes).then_some(bytes)
}

/// One being made.
pub struct Making {
    filling: Filling,
    postings: u64,
}

impl Making {
    pub fn new(bytes: u64) -> Self {
        Self { filling: Filling::of_bytes(bytes), postings: 0 }
    }

    pub fn insert(&mut self, key: u64) {
        self.filling.insert(key);
        self.postings += 1;
    }

    pub fn finish(self) -> Known {
        Known { filter: self.filling.finish(), postings: self.postings }
    }
}

impl Known {
    pub fn insert(&mut self, key: u64) {
        self.filter.insert(key);
        self.postings += 1;
    }

    /// Postings it has taken, expired ones among them.
    pub const fn postings(&self) -> u64 {
        self.postings
    }

    /// Whether it has taken more than its bytes are for.
    pub const fn is_full(&self) -> bool {
        self.postings * BITS > 8 * self.filter.bytes()
    }

    /// Whether it has taken so much that it lets most keys through.
    pub const fn is_useless(&self) -> bool {
        self.postings * LEAST_BITS > 8 * self.filter.bytes()
    }

    pub const fn bytes(&self) -> u64 {
        self.filter.bytes()
    }

    /// Which of some keys may be held, in their order.
    pub fn may_hold(&self, keys: &[u64]) -> Vec<bool> {
        // Their lines lie anywhere in memory: all are fetched at first, and waited for together.
        std::hint::black_box(self.filter.fetch(keys));
        keys.iter().map(|key| self.filter.may_hold(*key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missed_and_what_is_too_much_is_said() {
        let hash = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut making = Making::new(3000);
        (0..1000).for_each(|number| making.insert(hash(number)));
        let mut known = making.finish();
        (1000..2000).for_each(|number| known.insert(hash(number)));
        assert!(!known.is_full());
        let of = |known: &Known, numbers: std::ops::Range<u64>| known.may_hold(&numbers.map(hash).collect::<Vec<_>>());
        assert!(of(&known, 0..2000).into_iter().all(|may_hold| may_hold));
        let let_through = of(&known, 2000..12_000).into_iter().filter(|may_hold| *may_hold).count();
        assert!(let_through < 200, "{let_through} of 10,000");
        (2000..6000).for_each(|number| known.insert(hash(number)));
        assert!(known.is_full() && !known.is_useless());
        let let_through = of(&known, 20_000..30_000).into_iter().filter(|may_hold| *may_hold).count();
        assert!(let_through < 2500, "four bits a key: {let_through} of 10,000");
        (6000..13_000).for_each(|number| known.insert(hash(number)));
        assert!(known.is_useless());
        assert!(of(&known, 0..13_000).into_iter().all(|may_hold| may_hold), "full or not");
    }

    #[test]
    fn it_is_for_twice_what_there_is_as_far_as_memory_goes() {
        assert_eq!(bytes_for(0, 1200), None);
        assert_eq!(bytes_for(100, 1200), Some(300));
        assert_eq!(bytes_for(700, 1200), Some(1200));
        assert_eq!(bytes_for(4800, 1200), Some(1200));
        assert_eq!(bytes_for(4801, 1200), None);
    }
}
