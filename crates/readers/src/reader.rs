//! Reading a found file, record by record, never holding more than one.

use std::ops::Range;
use std::path::{Component, Path};

use copydesk_article::{ArticleId, Content, QuarantineReason, SourceFormat, Supplied};
use serde_json::Value;

use crate::fields::Fields;
use crate::format::{Shape, detect};
use crate::input::{Input, OpenError, ReadError};
use crate::json::{Kind, Values};
use crate::json_lines::Lines;
use crate::piece::{Flaw, Piece};
use crate::{Found, text};

/// Name of the source of a file that lies in no subfolder and names none.
const DEFAULT_SOURCE: &str = "default";

/// A place between two records of one generation of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Records before it.
    pub record: u64,
    /// First byte that is not yet consumed. One beyond the file's length where its end has been reported as
    /// broken.
    pub offset: u64,
    /// XXH3-64 of the bytes before `offset` in a file that may be appended to (JSON Lines, uncompressed), by
    /// which the longer file is known again; 0 in any other.
    pub prefix: u64,
}

/// How files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Largest record taken, in bytes.
    pub max_record_bytes: u64,
}

/// One record that can be worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRecord {
    /// Record in the file, from 0.
    pub index: u64,
    /// Its bytes in the file.
    pub bytes: Range<u64>,
    /// Its line, from 1; only in JSON Lines.
    pub line: Option<u64>,
    /// Where reading resumes after it.
    pub end: Position,
    /// Its identity.
    pub id: ArticleId,
    /// Who it is from: the `source` field, else the first subfolder, else `default`.
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
    /// Its bytes in the file.
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

/// A found file being read.
#[derive(Debug)]
pub struct Reader {
    input: Input,
    body: Body,
    format: SourceFormat,
    record: u64,
    folder_source: String,
    max_record_bytes: u64,
}

#[derive(Debug)]
enum Body {
    Text,
    Refused(QuarantineReason, String),
    Lines(Lines),
    Values(Values),
    Ended,
}

impl Reader {
    /// Opens a found file and goes to a position: [`Position::default`] for all of it, or the `end` of the
    /// last record that needs no second reading. To resume within JSON Lines the lines before are counted.
    ///
    /// # Errors
    /// Where the file is gone, is another generation now, or can't be opened.
    pub fn open(root: &Path, found: &Found, from: Position, options: &ReadOptions) -> Result<Self, OpenError> {
        let mut input = Input::open(root, found)?;
        let begun = Self::begin(&mut input, &found.path, from, options.max_record_bytes);
        let (body, format) = begun.map_err(|error| match error {
            ReadError::Changed { path } => OpenError::Changed { path },
            ReadError::Io { path, source } => OpenError::Unreadable { path, source },
        })?;
        Ok(Self {
            input,
            body,
            format,
            record: from.record,
            folder_source: folder_source(&found.path),
            max_record_bytes: options.max_record_bytes,
        })
    }

    fn begin(input: &mut Input, path: &Path, from: Position, max: u64) -> Result<(Body, SourceFormat), ReadError> {
        let shape = detect(input, path, max)?;
        let format = shape.format();
        let body = match shape {
            Shape::Text | Shape::Refused(..) if from.record > 0 => Body::Ended,
            Shape::Text => Body::Text,
            Shape::Refused(reason, detail) => Body::Refused(reason, detail),
            Shape::Lines => Body::Lines(Lines::resume(input, from.offset)?),
            Shape::Array => Body::Values(Values::resume(input, Kind::Array, from.offset)?),
            Shape::Objects => Body::Values(Values::resume(input, Kind::Objects, from.offset)?),
        };
        Ok((body, format))
    }

    /// How the file is read.
    #[must_use]
    pub const fn format(&self) -> SourceFormat {
        self.format
    }

    /// The next record; none at the end of a file that is still what was found.
    ///
    /// # Errors
    /// Where the file changed meanwhile or can't be read on. What was read before stands.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Option<Item>, ReadError> {
        let max = self.max_record_bytes;
        let piece = match &mut self.body {
            Body::Text => {
                let piece = text::read(&mut self.input, max)?;
                self.body = Body::Ended;
                piece
            }
            Body::Refused(reason, detail) => {
                self.input.verify()?;
                let held = Err(Flaw::new(*reason, std::mem::take(detail)));
                self.body = Body::Ended;
                Piece { bytes: 0..self.input.len(), line: None, end: self.input.len(), held }
            }
            Body::Lines(lines) => match lines.next(&mut self.input, max)? {
                Some(piece) => piece,
                None => return self.finish(),
            },
            Body::Values(values) => match values.next(&mut self.input, max)? {
                Some(piece) => piece,
                None => return self.finish(),
            },
            Body::Ended => return self.finish(),
        };
        Ok(Some(self.item(piece)))
    }

    fn finish(&mut self) -> Result<Option<Item>, ReadError> {
        self.input.verify()?;
        self.body = Body::Ended;
        Ok(None)
    }

    fn item(&mut self, piece: Piece) -> Item {
        let index = self.record;
        self.record += 1;
        let Piece { bytes, line, end, held } = piece;
        let end = Position { record: self.record, offset: end, prefix: 0 };
        match held.and_then(|held| self.understand(held)) {
            Ok(Understood { id, source_name, content, supplied }) => {
                Item::Record(RawRecord { index, bytes, line, end, id, source_name, content, supplied })
            }
            Err(Flaw { reason, detail }) => Item::Bad(BadRecord { index, bytes, line, end, reason, detail }),
        }
    }

    fn understand(&self, bytes: Vec<u8>) -> Result<Understood, Flaw> {
        if self.format == SourceFormat::Text {
            let source_name = self.folder_source.clone();
            let id = ArticleId::of(&source_name, None, &bytes);
            return Ok(Understood { id, source_name, content: Content::Bytes(bytes), supplied: Supplied::default() });
        }
        let object = match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => object,
            Ok(other) => {
                let detail = format!("an object with the article's fields is expected, this is {}", kind_of(&other));
                return Err(Flaw::new(QuarantineReason::WrongShape, detail));
            }
            Err(error) => return Err(Flaw::new(QuarantineReason::InvalidJson, error.to_string())),
        };
        let Fields { text, source, supplied } = Fields::of(object);
        let Some(text) = text else {
            let detail = "no field holds a text: `text`, `body`, `content`, `maintext`, `articleBody` or the like";
            return Err(Flaw::new(QuarantineReason::NoText, detail));
        };
        let source_name = source.unwrap_or_else(|| self.folder_source.clone());
        let id = ArticleId::of(&source_name, supplied.url.as_deref(), &bytes);
        Ok(Understood { id, source_name, content: Content::Text(text), supplied })
    }
}

struct Understood {
    id: ArticleId,
    source_name: String,
    content: Content,
    supplied: Supplied,
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

fn folder_source(path: &Path) -> String {
    let mut parts = path.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(folder)), Some(_)) => folder.to_string_lossy().into_owned(),
        _ => DEFAULT_SOURCE.to_owned(),
    }
}
