//! What is known besides the article: what was learned of its site, and what the user wants of its source.
//!
//! A source's own rules (`[sources.NAME]`):
//!
//! - `keep` and `cut`: patterns on lines (of a page: on paragraphs). A line that matches `keep` is never cut, whatever
//!   rule or element it falls under; one that matches `cut` goes, with the reason `pattern`, and does not count for the
//!   share of a body that may go.
//! - `trust`: fields to take to the letter as they were given. The user's word beats the page's in any case; what is
//!   trusted is not read either, so that authors stay as they are written.
//! - `distrust`: fields where the page's word, if it has one, beats what was given: a feed that names itself as the
//!   author of everything. What loses is a conflict, as always.

use std::fmt;

use copydesk_boilerplate::Rules;
use jiff::Timestamp;
use regex::Regex;
use serde::{Deserialize, Deserializer};

use crate::clean::Mode;

/// What is known besides the article. The default is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guide<'a> {
    /// What was learned of all sites. With it the cleaner also says what a learner is to be told
    /// ([`crate::Cleaned::observed`]).
    pub learned: Option<&'a Rules>,
    /// Name of the source, whose articles of unknown sites are learned from together.
    pub source_name: &'a str,
    /// What the user wants of the source.
    pub source: Option<&'a SourceRules>,
    /// When the article arrived. A date after its fetch, or after this where that is unknown, is a problem noted.
    pub received_at: Option<Timestamp>,
}

impl Guide<'_> {
    /// Whether a field given is to lose to the page's.
    pub(crate) fn distrusts(&self, field: Field) -> bool {
        self.source.is_some_and(|rules| rules.distrust.contains(&field))
    }
}

/// What the user wants of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceRules {
    /// How far cleaning goes; none: as everywhere.
    pub clean: Option<Mode>,
    /// Fields to take to the letter.
    pub trust: Vec<Field>,
    /// Fields where the page's word is better.
    pub distrust: Vec<Field>,
    /// Lines never to cut.
    pub keep: Vec<Pattern>,
    /// Lines to cut.
    pub cut: Vec<Pattern>,
}

/// Fields that are given with an article and read from it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `title`.
    Title,
    /// `subtitle`.
    Subtitle,
    /// `authors`.
    Authors,
    /// `published`.
    Published,
    /// `modified`.
    Modified,
    /// `site`.
    Site,
    /// `url.canonical`.
    CanonicalUrl,
}

impl Field {
    /// The field as it stands in records and configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Subtitle => "subtitle",
            Self::Authors => "authors",
            Self::Published => "published",
            Self::Modified => "modified",
            Self::Site => "site",
            Self::CanonicalUrl => "canonical_url",
        }
    }
}

/// A regular expression that a line may match anywhere; see the `regex` crate. Matching takes time linear in the line,
/// whatever it holds.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where it is no regular expression, or matches every line.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let regex = Regex::new(pattern).map_err(|error| {
            // The last line says what is wrong; those before it draw it.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("`{pattern}` is no regular expression: {reason}")
        })?;
        if regex.is_match("") {
            return Err(format!("`{pattern}` matches every line, even an empty one: say what the line must hold"));
        }
        Ok(Self(regex))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_match(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), f)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = String::deserialize(deserializer)?;
        Self::new(&pattern).map_err(serde::de::Error::custom)
    }
}
