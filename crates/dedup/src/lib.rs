//! Recognising an article that was here before: the same text, nearly the same, or a later version of it.
//!
//! Pure functions over an index trait. This crate decides *what* is remembered and what it means; where it is kept,
//! and that it becomes durable with the verdict, is the ledger's business.
//!
//! One article takes this way:
//!
//! 1. [`Fingerprint::of`] reads the text once, on any worker: key of the whole text ([`text_key`]), tokens
//!    (`token.rs`), and the 16 to 32 shingles it is found by (`anchor.rs`).
//! 2. [`judge`] decides at the article's place in the sequence, against the index (`index.rs`): what stood at its
//!    address (`version.rs`), who had the same text, and of the originals that share anchors (`near.rs`) the one that
//!    it is a copy of by the texts themselves (`align.rs`, `compare.rs`).
//! 3. Its [`Changes`] go to [`Recent`] at once and to the store with the verdict's batch.
//!
//! Candidates by a coordinated sample of shingles, verification by alignment of the real texts, evidence of what
//! *differs*: why so, and not MinHash with bands, stands with its measurements in `anchor.rs` and `compare.rs`.
//!
//! Short bodies and paywall notices say little about *which* story they are: "Subscribe to continue reading"
//! stands under a thousand different ones. They are never matched across different URLs ([`is_stub`]).

mod align;
mod anchor;
mod compare;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod diff;
mod fingerprint;
mod index;
mod judge;
mod key;
mod memory;
mod near;
mod recent;
mod sketch;
mod stub;
mod token;
mod url;
mod version;

pub use align::MIN_RUN;
pub use anchor::{Anchor, MAX_ANCHORS, MIN_ANCHORS, RATE, SHINGLE};
pub use compare::{Comparison, Finding};
pub use diff::{Change, diff};
pub use fingerprint::Fingerprint;
pub use index::{
    AddressRow, Changes, Holder, Horizon, Index, Likeness, MAX_HOLDERS, SketchRow, Store, TextRow, Window,
};
pub use judge::{Article, Judgement, Outcome, judge, judge_again};
pub use key::{normalise, text_key};
pub use memory::MemoryIndex;
pub use near::{Candidate, MAX_CANDIDATES, candidates};
pub use recent::{Over, Recent};
pub use sketch::{MAX_TOKENS, Sketch};
pub use stub::{STUB_CJK_CHARS, STUB_WORDS, is_stub};
pub use token::Token;
pub use url::{UrlRules, address_key};
pub use version::{Edition, Options, Revision, Step};
