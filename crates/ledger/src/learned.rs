//! State that learns: advances only at commit, in epochs.
//!
//! An article must see the same learned state whenever and wherever it is worked on, so what was learned from
//! the articles of one epoch is used from two epochs later: with fewer than [`EPOCH_ARTICLES`] articles in
//! flight (the pipeline's limit is far below) those are committed before any article that may use them is
//! admitted.

use copydesk_article::Sequence;

/// Articles an epoch.
pub const EPOCH_ARTICLES: u64 = 4096;

/// The newest epoch whose learned state the article of a sequence may use; 0 is the state before any.
#[must_use]
pub const fn epoch_for(sequence: Sequence) -> u64 {
    (sequence.0 / EPOCH_ARTICLES).saturating_sub(1)
}

/// The epoch that what is learned at a sequence belongs to: the first that may use it is two later.
pub(crate) const fn epoch_of(sequence: Sequence) -> u64 {
    sequence.0 / EPOCH_ARTICLES + 1
}

/// A value learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Which learner.
    pub namespace: &'static str,
    /// Its key.
    pub key: Vec<u8>,
    /// Its new value.
    pub value: Vec<u8>,
    /// The sequence it was learned at.
    pub sequence: Sequence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_is_used_only_when_surely_committed() {
        for learned_at in [1, EPOCH_ARTICLES - 1, EPOCH_ARTICLES, 3 * EPOCH_ARTICLES + 7] {
            let first_user = (learned_at..).find(|&user| epoch_for(Sequence(user)) >= epoch_of(Sequence(learned_at)));
            assert!(first_user.is_some_and(|user| user - learned_at > EPOCH_ARTICLES), "{learned_at}");
        }
    }
}
