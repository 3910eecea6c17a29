//! What the desk decides about an arrival: exactly one verdict each, decided once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ArticleId;

/// The one decision about an arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// First of its kind.
    Original,
    /// The same bytes from the same source (`of` is then the article's own id), or the same text.
    Duplicate {
        /// The first of the cluster.
        of: ArticleId,
        /// How the copy was recognised.
        measure: Measure,
    },
    /// Nearly the same text.
    NearDuplicate {
        /// The first of the cluster.
        of: ArticleId,
        /// How similar, 0 to 1, by `measure`.
        similarity: f64,
        /// What `similarity` measures.
        measure: Measure,
    },
    /// A later text of the same document.
    Revision {
        /// The version before.
        of: ArticleId,
    },
    /// Read, and left out by rule.
    Filtered {
        /// The rule, a bounded vocabulary (it is a metric label).
        reason: String,
    },
    /// Could not be worked on; kept with its reason in the quarantine folder.
    Quarantined {
        /// The stage that gave up.
        stage: String,
        /// Why.
        reason: QuarantineReason,
        /// The error in its own words.
        detail: String,
    },
}

/// What a duplicate shares with the article it copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The same id: same source, same URL, same bytes.
    Id,
    /// The same normalised text at the same address: fetched again, nothing new.
    Url,
    /// The same normalised text.
    Text,
    /// Jaccard resemblance: what both texts have, of what either has.
    Resemblance,
    /// Share of one text that stands in the other, whichever is larger.
    Containment,
}

/// Why a record could not be worked on. A bounded vocabulary: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuarantineReason {
    /// No bytes, or nothing but white space.
    Empty,
    /// Bytes that are no text: NULs, control bytes.
    Binary,
    /// A format no reader takes.
    UnsupportedFormat,
    /// Not the JSON it claims to be.
    InvalidJson,
    /// JSON, but neither an article nor a list of them.
    WrongShape,
    /// An article without a text.
    NoText,
    /// Larger than `max_record_bytes`.
    TooLarge,
    /// XML that no parser can follow, in a feed.
    InvalidXml,
    /// Not the WARC record it claims to be.
    InvalidWarc,
    /// Not the mail message it claims to be.
    InvalidEmail,
    /// A compressed file that ends before its stream does.
    Truncated,
    /// A compressed file whose stream is damaged.
    Corrupt,
    /// A compressed file that unpacks to far more than any article file does.
    DecompressionBomb,
    /// A sidecar whose article never came, or was read before it.
    OrphanSidecar,
    /// The file could not be opened or read.
    Unreadable,
    /// Work on it panicked before a verdict could be reached.
    Panic,
    /// It was alone in flight at three deaths of the process.
    KilledProcess,
}

impl QuarantineReason {
    /// Every reason.
    pub const ALL: [Self; 17] = [
        Self::Empty,
        Self::Binary,
        Self::UnsupportedFormat,
        Self::InvalidJson,
        Self::WrongShape,
        Self::NoText,
        Self::TooLarge,
        Self::InvalidXml,
        Self::InvalidWarc,
        Self::InvalidEmail,
        Self::Truncated,
        Self::Corrupt,
        Self::DecompressionBomb,
        Self::OrphanSidecar,
        Self::Unreadable,
        Self::Panic,
        Self::KilledProcess,
    ];

    /// The reason as it stands in records, logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Binary => "binary",
            Self::UnsupportedFormat => "unsupported_format",
            Self::InvalidJson => "invalid_json",
            Self::WrongShape => "wrong_shape",
            Self::NoText => "no_text",
            Self::TooLarge => "too_large",
            Self::InvalidXml => "invalid_xml",
            Self::InvalidWarc => "invalid_warc",
            Self::InvalidEmail => "invalid_email",
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
            Self::DecompressionBomb => "decompression_bomb",
            Self::OrphanSidecar => "orphan_sidecar",
            Self::Unreadable => "unreadable",
            Self::Panic => "panic",
            Self::KilledProcess => "killed_process",
        }
    }
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kinds of [`Verdict`] without their evidence: what policies, counters and labels go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// See [`Verdict::Original`].
    Original,
    /// See [`Verdict::Duplicate`].
    Duplicate,
    /// See [`Verdict::NearDuplicate`].
    NearDuplicate,
    /// See [`Verdict::Revision`].
    Revision,
    /// See [`Verdict::Filtered`].
    Filtered,
    /// See [`Verdict::Quarantined`].
    Quarantined,
}

impl VerdictKind {
    /// Every kind, in the order of the ledger's counters.
    pub const ALL: [Self; 6] =
        [Self::Original, Self::Duplicate, Self::NearDuplicate, Self::Revision, Self::Filtered, Self::Quarantined];

    /// The kind as it stands in records and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near_duplicate",
            Self::Revision => "revision",
            Self::Filtered => "filtered",
            Self::Quarantined => "quarantined",
        }
    }
}

impl Verdict {
    /// The kind of this verdict.
    #[must_use]
    pub const fn kind(&self) -> VerdictKind {
        match self {
            Self::Original => VerdictKind::Original,
            Self::Duplicate { .. } => VerdictKind::Duplicate,
            Self::NearDuplicate { .. } => VerdictKind::NearDuplicate,
            Self::Revision { .. } => VerdictKind::Revision,
            Self::Filtered { .. } => VerdictKind::Filtered,
            Self::Quarantined { .. } => VerdictKind::Quarantined,
        }
    }
}
