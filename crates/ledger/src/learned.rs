//! State that learns: advances only at commit, in epochs.
//!
//! An article must see the same learned state whenever and wherever it is worked on, so what was learned from the
//! articles of one span of the sequence is used from two spans later, and no article is admitted before all that its
//! epoch was learned from is committed. Which epoch that is says [`copydesk_article::epoch_for`].

use copydesk_article::Sequence;

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

/// A value that nobody will ask for any more: every article that may use its epoch has one of a later epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlearned {
    /// Which learner.
    pub namespace: &'static str,
    /// Its key.
    pub key: Vec<u8>,
    /// The epoch of the value.
    pub epoch: u64,
}

/// A value as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedRow {
    /// Its key.
    pub key: Vec<u8>,
    /// Its epoch.
    pub epoch: u64,
    /// The value.
    pub value: Vec<u8>,
}
