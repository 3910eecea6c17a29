//! The buffer in front of an ordered stage: puts articles back into sequence order.
//!
//! Every sequence comes exactly once (an article that ended early leaves its decision as a placeholder), and
//! no more are in flight than the budget allows, so the buffer is bounded without a bound of its own.

use std::collections::BTreeMap;

use copydesk_article::Sequence;

/// Takes items in any order and gives them in sequence order, without gaps.
#[derive(Debug)]
pub struct Reorder<T> {
    next: Sequence,
    waiting: BTreeMap<Sequence, T>,
}

impl<T> Reorder<T> {
    /// A buffer whose first item will be `next`.
    #[must_use]
    pub const fn new(next: Sequence) -> Self {
        Self { next, waiting: BTreeMap::new() }
    }

    /// Takes an item in.
    pub fn push(&mut self, sequence: Sequence, item: T) {
        debug_assert!(sequence >= self.next && !self.waiting.contains_key(&sequence), "{sequence} came twice");
        self.waiting.insert(sequence, item);
    }

    /// The next item, if it is there.
    pub fn pop(&mut self) -> Option<T> {
        let item = self.waiting.remove(&self.next)?;
        self.next = self.next.next();
        Some(item)
    }

    /// How many items wait for one before them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_order_comes_out_in_order(order in Just((1_u64..50).collect::<Vec<_>>()).prop_shuffle()) {
            let mut reorder = Reorder::new(Sequence(1));
            let mut out = Vec::new();
            for sequence in &order {
                reorder.push(Sequence(*sequence), *sequence);
                out.extend(std::iter::from_fn(|| reorder.pop()));
            }
            prop_assert_eq!(out, (1_u64..50).collect::<Vec<_>>());
            prop_assert_eq!(reorder.len(), 0);
        }
    }
}
