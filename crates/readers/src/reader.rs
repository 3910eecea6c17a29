//! Reading a found file, record by record, never holding more than one.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;

use copydesk_article::{ArticleId, Content, QuarantineReason, SourceFormat, Supplied};
use serde_json::Value;

use crate::feed::Feed;
use crate::fields::Fields;
use crate::format::{Shape, detect};
use crate::input::Input;
use crate::json::{Kind, Values};
use crate::json_lines::Lines;
use crate::known::{Known, ReadOptions, SourceDefaults};
use crate::piece::{Flaw, PAST_END, Piece};
use crate::record::{BadRecord, Item, Position, RawRecord};
use crate::sidecar::Words;
use crate::trouble::{OpenError, ReadError};
use crate::warc::Cut;
use crate::warc_page::Page;
use crate::{Found, email, feed_entry, json_lenient, mbox, merge, warc, warc_page, whole};

/// Name of the source of a file that lies in no subfolder and names none.
const DEFAULT_SOURCE: &str = "default";

/// A found file being read.
#[derive(Debug)]
pub struct Reader {
    input: Input,
    body: Body,
    format: SourceFormat,
    is_single: bool,
    record: u64,
    folder_source: String,
    known: Known,
    beside: Words,
    sources: Arc<BTreeMap<String, SourceDefaults>>,
    max_record_bytes: u64,
    skipped: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
enum Body {
    Text,
    Html,
    Email,
    Mbox,
    Refused(Flaw),
    Lines(Lines),
    Values(Values, Option<Box<Supplied>>),
    Feed(Box<Feed>),
    Warc,
    Ended,
}

/// What a record was understood to be.
struct Understood {
    content: Content,
    source: Option<String>,
    supplied: Supplied,
}

/// What became of a piece.
enum Outcome {
    Record(Box<Understood>),
    Skipped(&'static str),
}

impl Reader {
    /// Opens a found file and goes to a position: [`Position::default`] for all of it, or the `end` of the
    /// last record that needs no second reading. What lies before is read through where that is the only way:
    /// to count the lines of JSON Lines, and in compressed files.
    ///
    /// # Errors
    /// Where the file is gone, is another generation now, or can't be opened; where it is followed and is
    /// no JSON Lines file, [`OpenError::Changed`], since it is not whole yet.
    pub fn open(
        root: &Path,
        found: &Found,
        from: Position,
        known: &Known,
        options: &ReadOptions,
    ) -> Result<Self, OpenError> {
        let input = Input::open(root, found)?;
        let beside = Words::beside(&root.join(&found.path));
        let reader = Self::begin(input, &found.path, from, found.follow, known, beside, options)?;
        if found.follow && !reader.is_appendable() {
            return Err(reader.input.changed().into());
        }
        Ok(reader)
    }

    /// Reads bytes that are in memory, as a file of a name; nothing is looked up on a disk.
    ///
    /// # Errors
    /// As [`Self::next`]; memory does not change, so in practice never.
    pub fn of_bytes(name: &Path, bytes: Vec<u8>, known: &Known, options: &ReadOptions) -> Result<Self, ReadError> {
        let input = Input::of_bytes(name, bytes);
        Self::begin(input, name, Position::default(), false, known, Words::default(), options)
    }

    /// As [`Self::of_bytes`], from a position.
    ///
    /// # Errors
    /// As [`Self::of_bytes`].
    pub fn of_bytes_from(
        name: &Path,
        bytes: Vec<u8>,
        from: Position,
        known: &Known,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        Self::begin(Input::of_bytes(name, bytes), name, from, false, known, Words::default(), options)
    }

    fn begin(
        mut input: Input,
        path: &Path,
        from: Position,
        follow: bool,
        known: &Known,
        mut beside: Words,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        let shape = detect(&mut input, path, options.max_record_bytes)?;
        if !shape.is_about_one() {
            beside.supplied = about_the_file(beside.supplied);
        }
        let is_past = from.offset == PAST_END || input.known_len().is_some_and(|len| from.offset > len);
        let (format, is_single) = (shape.format(), shape.is_single());
        let body = match shape {
            _ if is_past || (is_single && from.record > 0) => Body::Ended,
            Shape::Text => Body::Text,
            Shape::Html => Body::Html,
            Shape::Email => Body::Email,
            Shape::Refused(flaw) => Body::Refused(flaw),
            Shape::Lines => Body::Lines(Lines::resume(&mut input, from.offset, follow)?),
            Shape::Array => Body::Values(Values::resume(&mut input, Kind::Array, from.offset)?, None),
            Shape::Objects => Body::Values(Values::resume(&mut input, Kind::Objects, from.offset)?, None),
            Shape::List { at, depth, feed } => {
                Body::Values(Values::resume(&mut input, Kind::Inner { at, depth }, from.offset)?, feed)
            }
            Shape::Feed(encoding) => Body::Feed(Box::new(Feed::resume(&mut input, encoding, from.offset)?)),
            Shape::Warc => {
                input.seek(from.offset)?;
                Body::Warc
            }
            Shape::Mbox => {
                input.seek(from.offset)?;
                Body::Mbox
            }
        };
        if matches!(body, Body::Ended) {
            // Where the file breaks off has been reported.
            input.take_broken();
        }
        // A mark is white space to formats that are cut at their own words.
        if from.offset == 0 && matches!(body, Body::Warc | Body::Mbox) {
            input.skip_mark()?;
        }
        Ok(Self {
            input,
            body,
            format,
            is_single,
            record: from.record,
            folder_source: folder_source(path),
            known: known.clone(),
            beside,
            sources: Arc::clone(&options.sources),
            max_record_bytes: options.max_record_bytes,
            skipped: BTreeMap::new(),
        })
    }

    /// How the file is read.
    #[must_use]
    pub const fn format(&self) -> SourceFormat {
        self.format
    }

    /// Whether the file can only hold one record: text, a web page, a mail message.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.is_single
    }

    /// Whether the file may be appended to and read on ([`crate::continue_from`]): uncompressed JSON Lines.
    #[must_use]
    pub fn is_appendable(&self) -> bool {
        self.format == SourceFormat::JsonLines && self.input.layers().is_empty()
    }

    /// Entries that are no articles and so no records, by reason, a bounded vocabulary: what a WARC file holds
    /// besides pages. Counted from where reading began.
    #[must_use]
    pub const fn skipped(&self) -> &BTreeMap<&'static str, u64> {
        &self.skipped
    }

    /// The next record; none at the end of a file that is still what was found.
    ///
    /// # Errors
    /// Where the file changed meanwhile or can't be read on. What was read before stands.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Option<Item>, ReadError> {
        let max = self.max_record_bytes;
        loop {
            let input = &mut self.input;
            let piece = match &mut self.body {
                Body::Text | Body::Html | Body::Email => Some(whole::read(input, max)?),
                Body::Mbox => mbox::next(input, max)?,
                Body::Lines(lines) => lines.next(input, max)?,
                Body::Values(values, _) => values.next(input, max)?,
                Body::Feed(feed) => feed.next(input, max)?,
                Body::Warc => match warc::next(input, max)? {
                    Some(Cut::Skipped(reason)) => {
                        *self.skipped.entry(reason).or_default() += 1;
                        continue;
                    }
                    Some(Cut::Piece(piece)) => Some(piece),
                    None => None,
                },
                Body::Refused(flaw) => {
                    let held = Err(flaw.clone());
                    input.verify()?;
                    // That a stream breaks off further on does not matter any more.
                    input.take_broken();
                    let seen = (input.offset() + input.window().len() as u64).min(max);
                    let end = input.known_len().unwrap_or(seen);
                    Some(Piece { bytes: 0..end, line: None, end: PAST_END, whole: true, held })
                }
                Body::Ended => None,
            };
            let Some(piece) = piece else { return self.finish() };
            if let Some(item) = self.item(piece) {
                return Ok(Some(item));
            }
        }
    }

    fn finish(&mut self) -> Result<Option<Item>, ReadError> {
        self.input.verify()?;
        self.body = Body::Ended;
        let end = self.input.offset();
        // Everything before the break was whole.
        let piece = |flaw| Piece { bytes: end..end, line: None, end: PAST_END, whole: true, held: Err(flaw) };
        Ok(self.input.take_broken().map(piece).and_then(|piece| self.item(piece)))
    }

    /// Makes an item of a piece; none where it is no article.
    fn item(&mut self, piece: Piece) -> Option<Item> {
        let Piece { mut bytes, line, mut end, whole, mut held } = piece;
        let is_last = matches!(self.body, Body::Text | Body::Html | Body::Email | Body::Refused(_));
        let broken = if whole { None } else { self.input.take_broken() };
        if let Some(flaw) = &broken {
            held = Err(flaw.clone());
            end = PAST_END;
            // What a bomb unpacked to is no evidence worth keeping.
            bytes.end = bytes.end.min(bytes.start + self.max_record_bytes);
        }
        let outcome = held.and_then(|held| {
            let outcome = self.understand(&held, bytes.start)?;
            Ok((held, outcome))
        });
        if is_last || broken.is_some() {
            self.body = Body::Ended;
        }
        let index = self.record;
        let end = Position { record: index + 1, offset: end, prefix: self.input.hash() };
        let item = match outcome {
            Ok((_, Outcome::Skipped(reason))) => {
                *self.skipped.entry(reason).or_default() += 1;
                return None;
            }
            Ok((held, Outcome::Record(understood))) => {
                let (source_name, content, supplied) = self.complete(*understood);
                let id = ArticleId::of(&source_name, supplied.url.as_deref(), &held);
                Item::Record(RawRecord { index, bytes, line, end, id, source_name, content, supplied })
            }
            Err(Flaw { reason, detail }) => Item::Bad(BadRecord { index, bytes, line, end, reason, detail }),
        };
        self.record += 1;
        Some(item)
    }

    fn understand(&self, held: &[u8], start: u64) -> Result<Outcome, Flaw> {
        let plain = |content| (content, Supplied::default());
        let (content, supplied) = match &self.body {
            Body::Lines(_) => return json(held, None).map(|understood| Outcome::Record(Box::new(understood))),
            Body::Values(_, feed) => {
                return json(held, feed.as_deref()).map(|understood| Outcome::Record(Box::new(understood)));
            }
            Body::Warc => match warc_page::read(held, self.max_record_bytes)? {
                Page::Article(content, supplied) => (content, *supplied),
                Page::Skipped(reason) => return Ok(Outcome::Skipped(reason)),
            },
            Body::Feed(feed) => feed_entry::read(held, start, &feed.head)?,
            Body::Email => email::read(held)?,
            Body::Mbox => email::read(&mbox::message(held))?,
            Body::Html => plain(Content::Html(held.to_vec())),
            Body::Text | Body::Refused(_) | Body::Ended => plain(Content::Bytes(held.to_vec())),
        };
        Ok(Outcome::Record(Box::new(Understood { content, source: None, supplied })))
    }

    /// Adds what is said of the record by others; its source's name, its content and all that is said.
    fn complete(&self, understood: Understood) -> (String, Content, Supplied) {
        let Understood { content, source: own, mut supplied } = understood;
        merge::fill_and_keep(&mut supplied, &self.beside.supplied);
        merge::fill_and_keep(&mut supplied, &self.known.supplied);
        let mut said = [&self.known.source, &own, &self.beside.source].into_iter().flatten();
        let source_name = said.next().unwrap_or(&self.folder_source).clone();
        for lost in said.filter(|lost| lost.trim() != source_name.trim()) {
            supplied.conflicts.push(merge::conflict("source", lost.clone()));
        }
        if let Some(defaults) = self.sources.get(&source_name) {
            merge::fill(&mut supplied, &defaults.supplied());
        }
        // A source is an outlet, if nobody says otherwise.
        supplied.site = supplied.site.or_else(|| own.or_else(|| self.beside.source.clone()));
        (source_name, content, supplied)
    }
}

/// Understands a JSON article; in a JSON Feed also by what the feed says of itself.
fn json(bytes: &[u8], feed: Option<&Supplied>) -> Result<Understood, Flaw> {
    let (object, problems) = match json_lenient::parse(bytes) {
        Ok((Value::Object(object), problems)) => (object, problems),
        Ok((other, _)) => {
            let detail = format!("an object with the article's fields is expected, this is {}", kind_of(&other));
            return Err(Flaw::new(QuarantineReason::WrongShape, detail));
        }
        Err(error) => return Err(Flaw::new(QuarantineReason::InvalidJson, error.to_string())),
    };
    let Fields { content, source, mut supplied } = Fields::of(object);
    let Some(content) = content else {
        let detail = "no field holds a text: `text`, `body`, `content`, `maintext`, `articleBody`, `html` or the like";
        return Err(Flaw::new(QuarantineReason::NoText, detail));
    };
    supplied.problems.extend(problems);
    if let Some(feed) = feed {
        let id = supplied.extra.get("id").and_then(Value::as_str).filter(|id| id.starts_with("http"));
        supplied.url = supplied.url.or_else(|| id.map(str::to_owned));
        merge::fill(&mut supplied, feed);
    }
    Ok(Understood { content, source, supplied })
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// What sidecars say of a file of many articles: its own address, title and dates are none of theirs.
fn about_the_file(mut supplied: Supplied) -> Supplied {
    let mut file = serde_json::Map::new();
    for (name, word) in [
        ("url", supplied.url.take()),
        ("canonical_url", supplied.canonical_url.take()),
        ("title", supplied.title.take()),
        ("subtitle", supplied.subtitle.take()),
        ("published", supplied.published.take()),
        ("modified", supplied.modified.take()),
    ] {
        file.extend(word.map(|word| (name.to_owned(), Value::String(word))));
    }
    if !file.is_empty() {
        supplied.extra.insert("file".to_owned(), Value::Object(file));
    }
    supplied
}

fn folder_source(path: &Path) -> String {
    let mut parts = path.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(folder)), Some(_)) => folder.to_string_lossy().into_owned(),
        _ => DEFAULT_SOURCE.to_owned(),
    }
}
