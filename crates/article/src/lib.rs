//! What flows through the desk: the article, its identities and its outcomes.
//!
//! This crate holds types only: no I/O, no async, no knowledge of files, stores or stages. Every other
//! crate speaks in its terms, so the rules live in the types:
//!
//! - [`ArticleId`] names the bytes a source gave us; it is stable across cleaner versions.
//! - [`Sequence`] is the one order of the desk, given once at admission; [`epoch_for`] says which learned state an
//!   article uses (see `epoch.rs`).
//! - [`Verdict`] is what the desk decided about an arrival, exactly one each.
//! - [`Record`] is what every sink receives; its JSON form is a public contract (see `record.rs`).
//! - [`Supplied`] is what the user said about an article; it beats what the page says.
//!
//! Offsets are Unicode scalar positions (`char`s), half-open, unless a name says otherwise.

mod content;
mod epoch;
mod id;
mod record;
mod sequence;
mod span;
mod supplied;
mod text;
mod verdict;

pub use content::Content;
pub use epoch::{LONGEST_SPAN, epoch_for, epoch_of, learned_until, span_of, span_start};
pub use id::{ArticleId, ParseIdError};
pub use record::{
    Author, AuthorKind, ChangeKind, Confidence, Conflict, Copies, DatePrecision, DateStamp, EnginePart, Entity,
    EntityEngine, EntityType, Field, Image, Language, LanguagePart, Link, Mention, OFFSET_UNIT, Origin, Pipeline,
    Place, Problem, Record, Removal, RemovalReason, Repair, RepairKind, SourceFormat, SourceInfo, TextChange, Urls,
    VerdictTag, Zone,
};
pub use sequence::{Arrival, FileNumber, Sequence};
pub use span::Span;
pub use supplied::{DateOrder, Supplied};
pub use text::{cjk_chars, is_cjk, word_count};
pub use verdict::{Measure, QuarantineReason, Verdict, VerdictKind};
