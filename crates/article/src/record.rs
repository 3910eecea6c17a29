//! The record: one JSON object an article, the same for every sink. Its shape is a public contract.
//!
//! Absent is `null`, never guessed: every field is always there. Offsets are Unicode scalar positions,
//! half-open ([`OFFSET_UNIT`]); those of `removed` and `repairs` count in the decoded source text, those of
//! mentions and links in the field they name.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ArticleId, Measure, Sequence, Verdict};

/// Value of `offset_unit`: offsets count Unicode scalar values.
pub const OFFSET_UNIT: &str = "unicode_scalar";

/// One article as it is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Record {
    /// Identity of the article ([`ArticleId`]).
    pub id: ArticleId,
    /// Identity of the document: the id of its first version.
    pub document: ArticleId,
    /// Version of the document, from 1.
    pub version: u32,
    /// Whether this is the newest version of the document.
    pub is_current: bool,
    /// Place in the order of the desk; for one id the higher sequence is the newer state.
    pub sequence: Sequence,
    /// What the desk decided.
    pub verdict: VerdictTag,
    /// Where the article came from.
    pub source: SourceInfo,
    /// Addresses.
    pub url: Urls,
    /// Outlet.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck under the headline.
    pub subtitle: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// When it was published.
    pub published: Option<DateStamp>,
    /// When it was last changed.
    pub modified: Option<DateStamp>,
    /// article, live, opinion, gallery, …
    pub kind: Option<String>,
    /// full, truncated, paywalled, stub.
    pub completeness: Option<String>,
    /// Sections or categories.
    pub sections: Vec<String>,
    /// Tags or keywords.
    pub tags: Vec<String>,
    /// Pictures.
    pub images: Vec<Image>,
    /// Links in the text.
    pub links: Vec<Link>,
    /// Language of the text.
    pub language: Language,
    /// The clean body; paragraphs separated by one blank line.
    pub text: String,
    /// What a revision changed against the version before it; null in anything else, and where that text is not
    /// known any more.
    pub changes: Option<Vec<TextChange>>,
    /// Who else published it, where an original is delivered again because a copy came; else null.
    pub copies: Option<Copies>,
    /// What was cut, with its reason.
    pub removed: Vec<Removal>,
    /// What recurs over many stories of the site and reads as a sentence (the house's background, a stock closing):
    /// listed, and left in the text.
    pub marked: Vec<Removal>,
    /// What was mended.
    pub repairs: Vec<Repair>,
    /// Unit of every offset in this record: [`OFFSET_UNIT`].
    pub offset_unit: String,
    /// Names in the title and the text.
    pub entities: Vec<Entity>,
    /// Which recogniser found them; null where none ran.
    pub entity_engine: Option<EntityEngine>,
    /// What was said of a field and lost to a better word.
    pub conflicts: Vec<Conflict>,
    /// What went wrong on the way without stopping the article.
    pub problems: Vec<Problem>,
    /// Fields of the input that have no place above, untouched.
    pub extra: Map<String, Value>,
    /// What made this record.
    pub pipeline: Pipeline,
}

/// The verdict as delivered: always the same four fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerdictTag {
    /// Kind of the verdict.
    pub kind: crate::VerdictKind,
    /// The article it copies or revises.
    pub of: Option<ArticleId>,
    /// How similar the two are, 0 to 1.
    pub similarity: Option<f64>,
    /// What `similarity` measures.
    pub measure: Option<Measure>,
}

impl From<&Verdict> for VerdictTag {
    fn from(verdict: &Verdict) -> Self {
        let (of, similarity, measure) = match verdict {
            Verdict::Original | Verdict::Filtered { .. } | Verdict::Quarantined { .. } => (None, None, None),
            Verdict::Duplicate { of, measure } => (Some(*of), Some(1.0), Some(*measure)),
            Verdict::NearDuplicate { of, similarity, measure } => (Some(*of), Some(*similarity), Some(*measure)),
            Verdict::Revision { of } => (Some(*of), None, None),
        };
        Self { kind: verdict.kind(), of, similarity, measure }
    }
}

/// Where the article came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceInfo {
    /// Name of the source; part of the article's id.
    pub name: String,
    /// File, relative to the inbox.
    pub path: String,
    /// How the file was read.
    pub format: SourceFormat,
    /// Size of the record in bytes.
    pub bytes: u64,
    /// Record in the file, from 0.
    pub record: u64,
    /// How the bytes were decoded (WHATWG label); null where the format fixes it.
    pub charset: Option<String>,
    /// When the scraper fetched it, where it said so.
    pub fetched_at: Option<Timestamp>,
    /// When the desk first saw the file.
    pub received_at: Timestamp,
}

/// The formats the readers take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// One article a file, as plain text.
    Text,
    /// One article, or an array of them, as JSON.
    Json,
    /// One article a line, as JSON.
    JsonLines,
    /// One web page a file.
    Html,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// Web pages in a WARC file.
    Warc,
    /// One message a file, as mail programs write it (`.eml`).
    Email,
}

impl SourceFormat {
    /// The format as it stands in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::JsonLines => "json_lines",
            Self::Html => "html",
            Self::Feed => "feed",
            Self::Warc => "warc",
            Self::Email => "email",
        }
    }
}

/// Addresses of the article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Urls {
    /// As supplied.
    pub supplied: Option<String>,
    /// As the page names itself.
    pub canonical: Option<String>,
}

/// One author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Author {
    /// The name alone.
    pub name: String,
    /// The byline as written.
    pub raw: String,
    /// What kind of author.
    pub kind: AuthorKind,
}

/// Kinds of authors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// A person.
    Person,
    /// A news agency.
    Agency,
    /// A desk or staff byline.
    Desk,
}

/// A date with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DateStamp {
    /// ISO 8601: `2017-02-07` when only the day is known, else with time, and an offset when the zone is.
    pub value: String,
    /// How precise `value` is.
    pub precision: DatePrecision,
    /// Where the time zone comes from.
    pub zone: Zone,
    /// As written.
    pub raw: String,
    /// Who said it.
    pub from: Origin,
    /// How sure we are of the reading.
    pub confidence: Confidence,
}

/// How precise a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DatePrecision {
    /// A day without a time.
    Day,
    /// To the minute.
    Minute,
    /// To the second or finer.
    Second,
}

/// Where a time zone comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Written with the date.
    Explicit,
    /// The source's default.
    Source,
    /// Not known.
    Unknown,
}

/// Who said it: the user's word beats the page's, the page's beats a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Supplied with the article.
    Supplied,
    /// Written in the text or page.
    Page,
    /// Guessed.
    Guess,
}

/// How sure a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Only one reading is possible.
    High,
    /// The likelier of two readings (day and month order, say).
    Low,
}

/// A picture of the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Image {
    /// Address.
    pub url: String,
    /// Caption.
    pub caption: Option<String>,
    /// Credit.
    pub credit: Option<String>,
}

/// A link in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Link {
    /// Address.
    pub url: String,
    /// First position of the anchor in `text`.
    pub start: usize,
    /// First position after it.
    pub end: usize,
}

/// Language of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Language {
    /// ISO 639-1 code (639-3 where there is none), or `und` when unsure.
    pub code: String,
    /// How sure, 0 to 1; 1 when supplied.
    pub confidence: f64,
    /// The parts of a text that changes its language from one paragraph to another, in order: they cover `text` from
    /// end to end. Empty where the whole text is in `code`.
    #[serde(deserialize_with = "parts_with_spans")]
    pub parts: Vec<LanguagePart>,
}

/// A stretch of a text in one language: whole paragraphs, with the blank lines after them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LanguagePart {
    /// ISO 639-1 code (639-3 where there is none).
    pub code: String,
    /// First position in `text`.
    pub start: usize,
    /// First position after it.
    pub end: usize,
}

/// Records that were written before parts had spans name languages there: they read as of one language.
fn parts_with_spans<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<LanguagePart>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Spans(Vec<LanguagePart>),
        Codes(Vec<String>),
    }
    Ok(match Written::deserialize(from)? {
        Written::Spans(parts) => parts,
        Written::Codes(codes) => {
            drop(codes);
            Vec::new()
        }
    })
}

/// One difference between two versions of a text. Paragraphs are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TextChange {
    /// What happened to the paragraph.
    pub kind: ChangeKind,
    /// Its place in the old text; null where it was added.
    pub from: Option<usize>,
    /// Its place in the new text; null where it was removed.
    pub to: Option<usize>,
    /// Its old words; null where it was added. The new ones stand in `text`.
    pub old: Option<String>,
}

/// What may happen to a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// In the new text only.
    Added,
    /// In the old text only.
    Removed,
    /// In both, reworded.
    Changed,
}

/// What is known of an original's copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Copies {
    /// How many there are, exact and near.
    pub count: u64,
    /// Their sites (sources, where a site is not known), each once, in the order of their first copy; at most 32.
    pub sites: Vec<String>,
    /// The earliest `published` of the original and its copies, ISO 8601.
    pub published: Option<String>,
}

/// A span that was cut from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Removal {
    /// First position in the decoded source.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// What was cut.
    pub text: String,
    /// Why.
    pub reason: RemovalReason,
    /// What shows it: of a learned line how often it stood in other stories, of a pattern the pattern.
    pub evidence: Option<String>,
}

/// Why a span was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// Menus, skip links, section labels.
    Navigation,
    /// Share, print, follow, subscribe.
    Share,
    /// The headline or the deck below it: it stands in `title` or `subtitle`.
    Title,
    /// The byline: it stands in `authors`.
    Byline,
    /// A line that dates the article: it stands in `published` or `modified`.
    Date,
    /// A placeholder for a picture, or its caption.
    Caption,
    /// Teasers for other articles.
    Teaser,
    /// About the author or the outlet.
    About,
    /// A second copy of text that stands already.
    Repeated,
    /// Cookie, newsletter, copyright and other notices.
    Notice,
    /// A line that recurs over many stories of the site.
    Learned,
    /// A line that a pattern of the source names.
    Pattern,
    /// A line that by its shape and place is no part of the article, whatever it says.
    Aside,
}

/// A mend made in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repair {
    /// First position in the decoded source.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// What kind.
    pub kind: RepairKind,
}

/// Kinds of mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// White space between a quotation mark and the words it belongs to.
    QuoteSpacing,
    /// A control character taken out.
    ControlCharacter,
    /// Bytes that are invalid in the charset, shown as U+FFFD.
    InvalidBytes,
    /// Composed to NFC.
    Normalization,
    /// Text that was read in a wrong charset once, read again.
    Mojibake,
    /// An HTML entity in plain text.
    Entity,
    /// A soft hyphen taken out of a word.
    SoftHyphen,
    /// A line break inside a paragraph that was wrapped to a width.
    LineBreak,
    /// White space that stands where none belongs.
    Spacing,
}

/// One entity with all its mentions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entity {
    /// Its fullest name in the article.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Identifiers, such as `iso:AF`.
    pub ids: Vec<String>,
    /// Where it is, of a place that is known; null of everything else.
    #[serde(default)]
    pub place: Option<Place>,
    /// Where it is named, in order.
    pub mentions: Vec<Mention>,
}

/// Where a place is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// ISO 3166-1 alpha-2 code of the country it is or lies in; null where it lies in several.
    pub country: Option<String>,
    /// Degrees north, to a hundredth; null of whole countries and regions.
    pub latitude: Option<f64>,
    /// Degrees east, to a hundredth; null of whole countries and regions.
    pub longitude: Option<f64>,
}

/// Types of entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum EntityType {
    /// A person.
    #[serde(rename = "PER")]
    Person,
    /// An organisation.
    #[serde(rename = "ORG")]
    Organisation,
    /// A place.
    #[serde(rename = "LOC")]
    Location,
    /// A nationality, or a religious or political group.
    #[serde(rename = "NORP")]
    Group,
    /// A date.
    #[serde(rename = "DATE")]
    Date,
    /// An amount of money.
    #[serde(rename = "MONEY")]
    Money,
}

impl EntityType {
    /// The type as it stands in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "PER",
            Self::Organisation => "ORG",
            Self::Location => "LOC",
            Self::Group => "NORP",
            Self::Date => "DATE",
            Self::Money => "MONEY",
        }
    }
}

/// Which recogniser found the names of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EntityEngine {
    /// Name and version; where several read parts of the text, the one that read most of it.
    pub name: String,
    /// The language it took the text for (ISO 639-1), or `und`.
    pub language: String,
    /// Whether its quality was measured on labelled text of that language, and where several read parts of the text,
    /// whether that holds of each. Where not, lists and rules found the names.
    pub evaluated: bool,
    /// Who read which part of a text in several languages, in order, as in `language.parts`; empty elsewhere.
    #[serde(default)]
    pub parts: Vec<EnginePart>,
    /// The version of the watchlist that was searched for, where there is one: another list, another version.
    #[serde(default)]
    pub watchlist: Option<String>,
}

/// Who read a part of a text in several languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EnginePart {
    /// First position in `text`.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// Name and version.
    pub name: String,
    /// The language it took the part for.
    pub language: String,
    /// Whether its quality was measured on labelled text of that language.
    pub evaluated: bool,
}

/// One mention of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Mention {
    /// Which field it stands in.
    pub field: Field,
    /// First position in the field.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// As written.
    pub text: String,
}

/// Fields that mentions stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `title`.
    Title,
    /// `text`.
    Text,
}

/// A value that lost: the user's word beats the page's, and of the user's own words the one nearest to the
/// article wins (its own field, then a sidecar, then its folder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Conflict {
    /// Field of the record it would have stood in.
    pub field: String,
    /// As it was said.
    pub value: String,
    /// Who said it.
    pub from: Origin,
}

/// Something that went wrong on the way without stopping the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The stage it happened in.
    pub stage: String,
    /// What happened, and what the record lacks because of it.
    pub detail: String,
}

/// What made the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pipeline {
    /// Version of copydesk.
    pub version: String,
    /// Epoch of the learned state that was used.
    pub epoch: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_without_spans_are_read_as_none() {
        let read = |parts: &str| {
            let language = format!(r#"{{"code": "en", "confidence": 1.0, "parts": {parts}}}"#);
            serde_json::from_str::<Language>(&language).map(|language| language.parts)
        };
        let part = LanguagePart { code: "de".to_owned(), start: 3, end: 9 };
        assert_eq!(read(r#"[{"code": "de", "start": 3, "end": 9}]"#).expect("parts"), [part]);
        assert_eq!((read(r#"["de"]"#).expect("old"), read("[]").expect("none")), (vec![], vec![]));
        assert!(read("7").is_err());
    }

    const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/record.schema.json");

    /// `COPYDESK_WRITE_SCHEMA=1 cargo test -p copydesk-article` writes it anew after a change of the record.
    #[test]
    fn the_committed_schema_is_the_records() {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let schema = settings.into_generator().into_root_schema_for::<Record>();
        let schema = format!("{}\n", serde_json::to_string_pretty(&schema).expect("a schema is JSON"));
        if std::env::var_os("COPYDESK_WRITE_SCHEMA").is_some() {
            std::fs::write(SCHEMA, &schema).expect("write the schema");
        }
        let committed = std::fs::read_to_string(SCHEMA).expect("read the schema");
        assert_eq!(committed, schema, "the record changed: so does the contract with every reader");
    }
}
