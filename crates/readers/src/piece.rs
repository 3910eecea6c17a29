//! What a format's splitter cuts from a file: the bytes of one record, not yet understood.

use std::ops::Range;

use copydesk_article::QuarantineReason;

/// Where reading resumes once the end of a file has been reported as broken: nowhere.
pub(crate) const PAST_END: u64 = u64::MAX;

/// One record's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where they stand in the file.
    pub bytes: Range<u64>,
    /// Line they stand on, from 1, where lines mean something.
    pub line: Option<u64>,
    /// Byte at which reading resumes after it.
    pub end: u64,
    /// Whether its own syntax ended it, and not the end of the file.
    pub whole: bool,
    /// The bytes, or why they are not worth holding.
    pub held: Result<Vec<u8>, Flaw>,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// In a bounded vocabulary.
    pub reason: QuarantineReason,
    /// In its own words.
    pub detail: String,
}

impl Flaw {
    pub fn new(reason: QuarantineReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub fn too_large(bytes: u64, max_record_bytes: u64) -> Self {
        let detail = format!(
            "the record has {bytes} bytes and {max_record_bytes} are allowed; raise `intake.max_record_bytes` and drop it again"
        );
        Self::new(QuarantineReason::TooLarge, detail)
    }
}
