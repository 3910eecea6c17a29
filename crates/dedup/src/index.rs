//! What is remembered of articles, behind a small trait.
//!
//! Four tables, each look-up by key, each value small:
//!
//! | table | key | value | a document writes |
//! |---|---|---|---|
//! | texts | key of the whole text | [`TextRow`] | 1 |
//! | anchors | anchor key | first [`MAX_HOLDERS`] articles with it | 12 to 24 if original or mostly text of its own, else 0 |
//! | sketches | sequence | [`SketchRow`]: 2 bytes a token | 1 if it writes anchors or an address |
//! | addresses | key of the normalised URL | [`AddressRow`] | 1 if it has a URL |
//!
//! A look-up takes one text key, one address, one batch of anchors and one batch of at most
//! [`crate::MAX_CANDIDATES`] sketches. Nothing is ever scanned, so nothing need be read at start.
//!
//! Rows live in **windows** of time ([`Window`]), which expire whole: a store keeps a window's rows together and drops
//! them at once. Windows rise with the sequence. Which window a row goes to is the caller's choice, from the article's
//! own place in the sequence and never from the clock at look-up, or two runs would differ; so is the [`Horizon`],
//! before which nothing counts any more.
//!
//! Judging writes nothing. It returns [`Changes`], which become durable with the verdict, in one atomic batch
//! (invariant 3); until then they are visible through [`crate::Recent`].

use copydesk_article::{ArticleId, Measure, Sequence};
use serde::{Deserialize, Serialize};

use crate::sketch::Sketch;

/// Most articles remembered by one anchor in one window. An anchor with so many is furniture: it proposes nobody,
/// and between two of them a text says nothing of its own.
pub const MAX_HOLDERS: usize = 8;

/// A span of time whose rows expire together; a later one has a higher number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window(pub u32);

/// The oldest windows that count. What is known of a text by its keys (texts, addresses) may be kept longer than the
/// text itself (anchors, sketches), which costs twenty times as much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// Oldest window of texts and addresses.
    pub keys: Window,
    /// Oldest window of anchors and sketches.
    pub texts: Window,
}

/// An article as rows name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// Its id.
    pub id: ArticleId,
    /// Its place in the one order; with the same id, the first.
    pub sequence: Sequence,
}

/// How like a copy was to its original.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// 0 to 1, by `measure`.
    pub similarity: f64,
    /// What was measured.
    pub measure: Measure,
}

/// Who had a text first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextRow {
    /// The original of the cluster.
    pub original: Holder,
    /// How like this text is to the original's, where it is not the same.
    pub likeness: Option<Likeness>,
}

/// The text of an article, for verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchRow {
    /// The article.
    pub id: ArticleId,
    /// The original of its cluster, unless it is that itself.
    pub of: Option<Holder>,
    /// Its text.
    pub sketch: Sketch,
}

/// What stood at an address before; see `version.rs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressRow {
    /// Id of the first version.
    pub document: ArticleId,
    /// The original of the cluster the document belongs to: itself, or the article it copies.
    pub original: Holder,
    /// Versions so far.
    pub versions: u32,
    /// The current version; its sketch is kept under its sequence.
    pub current: Holder,
    /// When the current version was fetched, in seconds since 1970.
    pub fetched: Option<i64>,
    /// Text keys of the last versions with their numbers, the newest last.
    pub texts: Vec<(u128, u32)>,
    /// How many times running the text was replaced entirely.
    pub turnovers: u8,
}

/// What one verdict adds to the index.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The article that adds it.
    pub sequence: Sequence,
    /// The window it goes to.
    pub window: Window,
    /// A text met for the first time.
    pub text: Option<(u128, TextRow)>,
    /// Anchors it is found by from now on.
    pub anchors: Vec<u64>,
    /// A text kept under `sequence`.
    pub sketch: Option<SketchRow>,
    /// What now stands at an address; replaces the row before it.
    pub address: Option<(u128, AddressRow)>,
}

/// Looking up what is remembered.
pub trait Index {
    /// Why a look-up failed.
    type Error;

    /// Who had this text first, in the oldest window that knows.
    ///
    /// # Errors
    /// Where the store can't be read.
    fn text(&self, key: u128) -> Result<Option<TextRow>, Self::Error>;

    /// For each key, in the order given: the first articles with this anchor, oldest first, over all windows and
    /// at most [`MAX_HOLDERS`].
    ///
    /// # Errors
    /// Where the store can't be read.
    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, Self::Error>;

    /// For each sequence, in the order given: the text kept under it, if it has not expired.
    ///
    /// # Errors
    /// Where the store can't be read.
    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, Self::Error>;

    /// What stands at an address, from the newest window that knows.
    ///
    /// # Errors
    /// Where the store can't be read.
    fn address(&self, key: u128) -> Result<Option<AddressRow>, Self::Error>;
}

/// An index that can be written to.
pub trait Store: Index {
    /// Adds what verdicts added, all or nothing, in the order given. A text that is known in its window stays with
    /// its holder; an anchor with [`MAX_HOLDERS`] articles in its window takes no more.
    ///
    /// # Errors
    /// Where the store can't be written.
    fn apply(&mut self, changes: &[Changes]) -> Result<(), Self::Error>;

    /// Forgets all windows before these, each whole.
    ///
    /// # Errors
    /// Where the store can't be written.
    fn expire(&mut self, horizon: Horizon) -> Result<(), Self::Error>;
}
