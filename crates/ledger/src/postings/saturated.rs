//! Anchors that have all the holders an anchor can have, in runs: common phrases, asked for again and again, whose
//! answer is the same until a window expires.

use copydesk_article::Sequence;
use copydesk_dedup::{MAX_HOLDERS, Window};
use foldhash::HashMap;

/// Most anchors of a generation.
const MOST: usize = 1 << 16;

/// What was asked for lately, in two generations: what is asked for again outlives the next change of them.
#[derive(Default)]
pub struct Saturated {
    /// The oldest window that the answers count from.
    oldest: Window,
    young: HashMap<u64, [Sequence; MAX_HOLDERS]>,
    old: HashMap<u64, [Sequence; MAX_HOLDERS]>,
}

impl Saturated {
    /// An anchor's holders from a window on, if it is known to have all; otherwise none of them.
    pub fn holders(&mut self, oldest: Window, anchor: u64) -> Vec<Sequence> {
        if oldest != self.oldest {
            *self = Self { oldest, ..Self::default() };
        }
        if let Some(holders) = self.young.get(&anchor) {
            return holders.to_vec();
        }
        let Some(holders) = self.old.get(&anchor).copied() else { return Vec::new() };
        self.keep(anchor, holders);
        holders.to_vec()
    }

    /// Notes what the runs say of an anchor, from the window last asked for.
    pub fn note(&mut self, anchor: u64, holders: &[Sequence]) {
        if let Ok(holders) = holders.try_into() {
            self.keep(anchor, holders);
        }
    }

    fn keep(&mut self, anchor: u64, holders: [Sequence; MAX_HOLDERS]) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(anchor, holders);
    }
}
