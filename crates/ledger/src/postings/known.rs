//! Which keys anything here may hold: one filter over all runs and buffers, in front of the runs' own.
//!
//! Most keys that are asked for are held nowhere. Asking each run's filter for them costs a miss of the processor's
//! cache each time, and a window may have many runs; asking this one costs one. So look-ups get dearer neither with the
//! runs nor with the buffers, and runs need not be merged for their sake (`mod.rs`).
//!
//! Keys come in as articles do. When it has taken more than it has room for, the ledger's thread makes one twice as
//! large from all runs, which is also how keys that expired leave it. Meanwhile, and after a start until a buffer is full,
//! there is none; nor is there where memory would not do. Then the runs' own are asked, with the same answer.

use super::filter::{Filling, Filter};

/// Bits a posting it has room for.
const BITS: u64 = 12;

/// See the module.
pub struct Known {
    filter: Filter,
    room: u64,
    postings: u64,
}

/// For how many postings one should have room, where there are so many now and it may take so many bytes; none where
/// it would let too much through to be of use.
pub fn room(postings: u64, most_bytes: u64) -> Option<u64> {
    let most = most_bytes * 8 / BITS;
    (0 < postings && postings <= most).then_some((2 * postings).min(most))
}

/// One being made.
pub struct Making {
    filling: Filling,
    room: u64,
    postings: u64,
}

impl Making {
    pub fn new(room: u64) -> Self {
        Self { filling: Filling::with_room(room, BITS), room, postings: 0 }
    }

    pub fn insert(&mut self, key: u64) {
        self.filling.insert(key);
        self.postings += 1;
    }

    pub fn finish(self) -> Known {
        Known { filter: self.filling.finish(), room: self.room, postings: self.postings }
    }
}

impl Known {
    pub fn insert(&mut self, key: u64) {
        self.filter.insert(key);
        self.postings += 1;
    }

    /// Postings it was made for.
    pub const fn room(&self) -> u64 {
        self.room
    }

    /// Whether it has taken more than that.
    pub const fn is_full(&self) -> bool {
        self.postings > self.room
    }

    /// Whether it has taken so much that it lets most keys through.
    pub const fn is_useless(&self) -> bool {
        self.postings > 3 * self.room
    }

    pub fn bytes(&self) -> u64 {
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
        let mut making = Making::new(2000);
        (0..1000).for_each(|number| making.insert(hash(number)));
        let mut known = making.finish();
        (1000..2000).for_each(|number| known.insert(hash(number)));
        assert!(!known.is_full());
        let of = |known: &Known, numbers: std::ops::Range<u64>| known.may_hold(&numbers.map(hash).collect::<Vec<_>>());
        assert!(of(&known, 0..2000).into_iter().all(|may_hold| may_hold));
        let let_through = of(&known, 2000..12_000).into_iter().filter(|may_hold| *may_hold).count();
        assert!(let_through < 150, "{let_through} of 10,000");
        (2000..6001).for_each(|number| known.insert(hash(number)));
        assert!(known.is_full() && known.is_useless());
        assert!(of(&known, 0..6001).into_iter().all(|may_hold| may_hold), "full or not");
    }

    #[test]
    fn room_is_twice_what_there_is_as_far_as_memory_goes() {
        assert_eq!(room(0, 1200), None);
        assert_eq!(room(100, 1200), Some(200));
        assert_eq!(room(700, 1200), Some(800));
        assert_eq!(room(801, 1200), None);
    }
}
