//! What a file is: by content first, by extension where the content leaves it open.

use std::path::Path;

use copydesk_article::{QuarantineReason, SourceFormat};
use serde::de::IgnoredAny;

use crate::input::{Input, ReadError, is_white};

/// Bytes looked at to tell text from other things.
const HEAD: usize = 64 << 10;

/// How a file is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One article, as plain text.
    Text,
    /// JSON Lines.
    Lines,
    /// A JSON array of articles.
    Array,
    /// One JSON object, or several after one another.
    Objects,
    /// Nothing to read: one bad record.
    Refused(QuarantineReason, String),
}

impl Shape {
    /// The format as records name it.
    pub const fn format(&self) -> SourceFormat {
        match self {
            Self::Text | Self::Refused(..) => SourceFormat::Text,
            Self::Lines => SourceFormat::JsonLines,
            Self::Array | Self::Objects => SourceFormat::Json,
        }
    }
}

/// Formats known by their first bytes that no reader takes yet.
const MAGIC: [(&[u8], &str); 10] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"%PDF-", "PDF"),
    (b"WARC/", "WARC"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x7fELF", "a program"),
];

/// Beginnings of markup, in lower case, after white space.
const MARKUP: [(&[u8], &str); 5] = [
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
    (b"<rss", "an RSS feed"),
    (b"<feed", "an Atom feed"),
];

/// Says how a file is to be read. Leaves the window anywhere.
pub(crate) fn detect(input: &mut Input, path: &Path, max_record_bytes: u64) -> Result<Shape, ReadError> {
    while input.window().len() < HEAD && input.fill()? {}
    let head = &input.window()[..input.window().len().min(HEAD)];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Ok(refused(QuarantineReason::UnsupportedFormat, format!("{name} is not read; unpack or convert it")));
    }
    if is_utf16(head) {
        return Ok(Shape::Text);
    }
    let binary = is_binary(head);
    input.skip_mark()?;
    let Some(first) = input.skip_white()? else {
        return Ok(refused(QuarantineReason::Empty, "the file holds nothing but white space".into()));
    };
    while input.window().len() < HEAD && input.fill()? {}
    let head = &input.window()[..input.window().len().min(HEAD)];
    if let Some(name) = markup(head) {
        return Ok(refused(QuarantineReason::UnsupportedFormat, format!("{name} is not read; convert it to text")));
    }
    let extension = Extension::of(path);
    let second = head.iter().skip(1).copied().find(|byte| !is_white(*byte));
    // Articles begin with brackets too ("[Agency] LONDON"), so without the extension more has to fit.
    let json = match first {
        b'[' => extension != Extension::Other || second == Some(b'{'),
        b'{' => extension != Extension::Other || matches!(second, Some(b'"' | b'}')),
        _ => false,
    };
    if json {
        return json_shape(input, first, extension, max_record_bytes);
    }
    if binary {
        return Ok(refused(QuarantineReason::Binary, "the file holds bytes that no text has".into()));
    }
    Ok(match extension {
        Extension::Lines => Shape::Lines,
        Extension::Json => Shape::Objects,
        Extension::Other => Shape::Text,
    })
}

/// Tells JSON Lines from other JSON; the window begins at the first bracket. A whole value on the first line
/// with more to come after it makes JSON Lines.
fn json_shape(input: &mut Input, first: u8, extension: Extension, max_record_bytes: u64) -> Result<Shape, ReadError> {
    let one = if first == b'[' { Shape::Array } else { Shape::Objects };
    if first == b'{' && extension == Extension::Lines {
        return Ok(Shape::Lines);
    }
    let mut searched = 0;
    let end = loop {
        if let Some(at) = memchr::memchr(b'\n', &input.window()[searched..]) {
            break searched + at;
        }
        searched = input.window().len();
        if searched as u64 > max_record_bytes || !input.fill()? {
            return Ok(one);
        }
    };
    let whole = serde_json::from_slice::<IgnoredAny>(&input.window()[..end]).is_ok();
    input.consume(end);
    let more = input.skip_white()?.is_some();
    Ok(if whole && more && (first == b'{' || extension == Extension::Lines) { Shape::Lines } else { one })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extension {
    Lines,
    Json,
    Other,
}

impl Extension {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("jsonl" | "ndjson") => Self::Lines,
            Some("json") => Self::Json,
            _ => Self::Other,
        }
    }
}

const fn refused(reason: QuarantineReason, detail: String) -> Shape {
    Shape::Refused(reason, detail)
}

fn markup(head: &[u8]) -> Option<&'static str> {
    let begins = |start: &[u8]| head.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    MARKUP.iter().find(|(start, _)| begins(start)).map(|(_, name)| *name)
}

/// UTF-16 by its byte order mark, or by every other byte being NUL in most of the head.
fn is_utf16(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return head.len() >= 4;
    }
    let nuls = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count() * 2;
    let (even, odd) = (nuls(0), nuls(1));
    let len = head.len();
    len >= 8 && ((even > len / 2 && odd < len / 50 + 1) || (odd > len / 2 && even < len / 50 + 1))
}

/// A NUL, or more control bytes than a text has: one in a hundred.
fn is_binary(head: &[u8]) -> bool {
    let control = |byte: &&u8| matches!(**byte, 0x01..=0x06 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    memchr::memchr(0, head).is_some() || head.iter().filter(control).count() > head.len() / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Found;
    use copydesk_disk::Generation;

    fn shape(name: &str, bytes: &[u8]) -> Shape {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("write");
        let found =
            Found { path: name.into(), generation: Generation::of_path(&path).expect("generation"), follow: false };
        let mut input = Input::open(folder.path(), &found).expect("open");
        detect(&mut input, &found.path, 1 << 20).expect("detect")
    }

    fn reason(name: &str, bytes: &[u8]) -> QuarantineReason {
        match shape(name, bytes) {
            Shape::Refused(reason, _) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_is_told_by_content() {
        for (name, bytes, expected) in [
            ("a", "{\"text\":\"x\"}\n{\"text\":\"y\"}\n", Shape::Lines),
            ("a.txt", "\u{feff} \n {\"text\":\"x\"}\n{\"text\":\"y\"}", Shape::Lines),
            ("a.json", "{\"text\":\"x\"}\n{\"text\":\"y\"}", Shape::Lines),
            ("a.json", "{\"text\":\"x\"}\n", Shape::Objects),
            ("a.json", "{\n\"text\":\"x\"}\n", Shape::Objects),
            ("a.jsonl", "{\"text\":\"x\"}", Shape::Lines),
            ("a.ndjson", "{broken\n{\"text\":\"x\"}", Shape::Lines),
            ("a.jsonl", "broken\n{\"text\":\"x\"}", Shape::Lines),
            ("a.jsonl", "[1,2]\n{\"text\":\"x\"}", Shape::Lines),
            ("a.jsonl", "[\n{\"text\":\"x\"}\n]", Shape::Array),
            ("a.json", "[{\"text\":\"x\"},\n{\"text\":\"y\"}]", Shape::Array),
            ("a", " [ {\"text\":\"x\"}]", Shape::Array),
            ("a.json", "[1,2]\n", Shape::Array),
            ("a.json", "never", Shape::Objects),
        ] {
            assert_eq!(shape(name, bytes.as_bytes()), expected, "{name} {bytes}");
        }
    }

    #[test]
    fn a_first_line_longer_than_a_record_is_no_line() {
        let long = format!("{{\"text\":\"{}\"}}\n{{}}\n", "x".repeat(2 << 20));
        assert_eq!(shape("a", long.as_bytes()), Shape::Objects);
    }

    #[test]
    fn text_is_what_is_nothing_else() {
        let utf16: Vec<u8> = "A story in the wide".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [b"\xff\xfe".to_vec(), utf16.clone()].concat();
        for bytes in [
            b"The mayor spoke.".as_slice(),
            b"[Agency] LONDON - The mayor spoke.",
            b"{curly} things happen",
            b"caf\xe9 in Latin-1",
            b"<3 was the answer",
            &utf16,
            &marked,
        ] {
            assert_eq!(shape("a.txt", bytes), Shape::Text, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_article_is_refused_with_a_reason() {
        assert_eq!(reason("a.txt", b""), QuarantineReason::Empty);
        assert_eq!(reason("a.json", b"\xef\xbb\xbf \r\n\t"), QuarantineReason::Empty);
        assert_eq!(reason("a.txt", &[b" ".repeat(200_000), b"\n".to_vec()].concat()), QuarantineReason::Empty);
        assert_eq!(reason("a.txt", b"\n<!DOCTYPE HTML><html>"), QuarantineReason::UnsupportedFormat);
        assert_eq!(reason("a.txt", b"<HTML lang=en>"), QuarantineReason::UnsupportedFormat);
        assert_eq!(reason("a.jsonl.gz", b"\x1f\x8b\x08\0\0"), QuarantineReason::UnsupportedFormat);
        assert_eq!(reason("a.zst", b"\x28\xb5\x2f\xfd\0"), QuarantineReason::UnsupportedFormat);
        assert_eq!(reason("a.txt", b"text with a \0 in it"), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &[0; 4096]), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &(0..=255).cycle().take(999).collect::<Vec<u8>>()), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &[1, 2, 3, 4].repeat(50)), QuarantineReason::Binary);
    }
}
