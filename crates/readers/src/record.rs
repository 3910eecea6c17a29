//! What a reader gives: records, good and bad, and places between them.

use std::ops::Range;

use copydesk_article::{ArticleId, Content, QuarantineReason, Supplied};

/// A place between two records of one generation of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Records before it.
    pub record: u64,
    /// First byte (after decompression) that is not yet consumed. `u64::MAX` where the end of the file has been
    /// reported as broken.
    pub offset: u64,
    /// XXH3-64 of the bytes before `offset` in a file that may be appended to (JSON Lines, uncompressed), by
    /// which the longer file is known again; 0 in any other.
    pub prefix: u64,
}

/// One record that can be worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRecord {
    /// Record in the file, from 0.
    pub index: u64,
    /// Its bytes in the file, after decompression.
    pub bytes: Range<u64>,
    /// Its line, from 1; only in JSON Lines.
    pub line: Option<u64>,
    /// Where reading resumes after it.
    pub end: Position,
    /// Its identity.
    pub id: ArticleId,
    /// Who it is from: the folder's word, else the `source` field, else the first subfolder, else `default`.
    pub source_name: String,
    /// Its text.
    pub content: Content,
    /// What came with it.
    pub supplied: Supplied,
}

/// One record that can't be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Record in the file, from 0.
    pub index: u64,
    /// Its bytes in the file, after decompression.
    pub bytes: Range<u64>,
    /// Its line, from 1; only in JSON Lines.
    pub line: Option<u64>,
    /// Where reading resumes after it.
    pub end: Position,
    /// Why.
    pub reason: QuarantineReason,
    /// Why, in its own words.
    pub detail: String,
}

/// One record of a file.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, handed on and taken apart at once; nearly all are records"
)]
pub enum Item {
    /// It can be worked on.
    Record(RawRecord),
    /// It can't.
    Bad(BadRecord),
}

impl Item {
    /// Where reading resumes after it.
    #[must_use]
    pub const fn end(&self) -> Position {
        match self {
            Self::Record(record) => record.end,
            Self::Bad(bad) => bad.end,
        }
    }
}
