//! What flows through the desk: the article, its identities and its outcomes.
//!
//! This crate holds types only: no I/O, no async, no knowledge of files, stores or stages. Every other
//! crate speaks in its terms, so the rules live in the types:
//!
//! - [`ArticleId`] names the bytes a source gave us; it is stable across cleaner versions.
//! - [`Sequence`] is the one order of the desk, given once at admission.
//! - [`Verdict`] is what the desk decided about an arrival, exactly one each.
//! - [`Record`] is what every sink receives; its JSON form is a public contract (see `record.rs`).
//! - [`Supplied`] is what the user said about an article; it beats what the page says.
//!
//! Offsets are Unicode scalar positions (`char`s), half-open, unless a name says otherwise.

mod content;
mod id;
mod record;
mod sequence;
mod span;
mod supplied;
mod text;
mod verdict;

pub use content::Content;
pub use id::{ArticleId, ParseIdError};
pub use record::{
    Author, AuthorKind, Confidence, Conflict, DatePrecision, DateStamp, Entity, EntityEngine, EntityType, Field, Image,
    Language, Link, Mention, OFFSET_UNIT, Origin, Pipeline, Problem, Record, Removal, RemovalReason, Repair,
    RepairKind, SourceFormat, SourceInfo, Urls, VerdictTag, Zone,
};
pub use sequence::{Arrival, FileNumber, Sequence};
pub use span::Span;
pub use supplied::{DateOrder, Supplied};
pub use text::{cjk_chars, is_cjk, word_count};
pub use verdict::{Measure, QuarantineReason, Verdict, VerdictKind};
