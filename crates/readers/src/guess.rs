//! A guess at what a file is, from its first bytes and its name.

use std::path::Path;

use copydesk_article::QuarantineReason;
use encoding_rs::Encoding;

use crate::email::{has_machine_header, telling_headers};
use crate::input::is_white;
use crate::markup::{has_tag, is_clearly_html, tag_name};
use crate::mbox::is_from_line;
use crate::piece::Flaw;

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// A mail message.
    Email,
    /// Mail messages.
    Mbox,
    /// JSON Lines whose first line is no JSON.
    Lines,
    /// One JSON object, or what should be one.
    Objects,
    /// JSON that begins with a bracket.
    Json(Extension),
    /// RSS or Atom, and the encoding it declares.
    Feed(Option<&'static Encoding>),
    /// WARC.
    Warc,
    /// White space as far as was looked.
    White,
    /// Nothing that is read.
    Refused(Flaw),
}

/// What a name says of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// JSON Lines.
    Lines,
    /// JSON.
    Json,
    /// A web page.
    Html,
    /// A mail message.
    Email,
    /// Nothing.
    Other,
}

impl Extension {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("jsonl" | "ndjson") => Self::Lines,
            Some("json") => Self::Json,
            Some("html" | "htm" | "xhtml") => Self::Html,
            Some("eml") => Self::Email,
            _ => Self::Other,
        }
    }
}

/// Formats known by their first bytes that no reader takes.
const MAGIC: [(&[u8], &str); 22] = [
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"%!PS", "PostScript"),
    (b"filedesc://", "ARC, which WARC came after (warcio recompress makes one of it)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture or a recording"),
    (b"ID3", "a recording"),
    (b"OggS", "a recording"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "a database"),
    (b"PAR1", "Parquet"),
    (b"Obj\x01", "Avro"),
];

/// Tags that a text does not begin with, in lower case.
const PAGE_TAGS: [&[u8]; 16] = [
    b"html", b"head", b"body", b"meta", b"title", b"link", b"script", b"style", b"article", b"main", b"header", b"nav",
    b"section", b"div", b"table", b"p",
];

/// Guesses what begins with `head`, which is UTF-8 or a superset of ASCII; all of it where it is short.
pub(crate) fn guess(head: &[u8], name: &Path) -> Guess {
    let is_binary = is_binary(head);
    // A text may begin with the letters of a magic number, but not go on like what it stands for.
    let is_it = |magic: &[u8]| head.starts_with(magic) && (is_binary || !magic.iter().all(u8::is_ascii_alphanumeric));
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| is_it(magic)) {
        return unsupported(&format!("{what} is not read; unpack or convert it"));
    }
    if head.get(257..262) == Some(b"ustar") {
        return unsupported("a tar archive is not read; unpack it into the folder");
    }
    let begin = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let begin = &begin[begin.iter().take_while(|byte| is_white(**byte)).count()..];
    let Some(first) = begin.first() else { return Guess::White };
    let extension = Extension::of(name);
    if begin.starts_with(b"WARC/") {
        return Guess::Warc;
    }
    if *first == b'<'
        && let Some(guess) = markup(begin, extension)
        && !is_binary
    {
        return guess;
    }
    let second = begin.iter().skip(1).copied().find(|byte| !is_white(*byte));
    // Articles begin with brackets too ("[Agency] LONDON"), so without the extension more has to fit.
    let named = matches!(extension, Extension::Json | Extension::Lines);
    let json = match first {
        b'[' => named || second == Some(b'{'),
        b'{' => named || matches!(second, Some(b'"' | b'}')),
        _ => false,
    };
    if json {
        return Guess::Json(extension);
    }
    if is_from_line(begin) == Some(true) && after_line(begin).is_some_and(|rest| telling_headers(rest) >= 2) {
        return Guess::Mbox;
    }
    // A press release has a date and a subject too; only programs write the other headers.
    if extension == Extension::Email || (telling_headers(begin) >= 2 && has_machine_header(begin)) {
        return Guess::Email;
    }
    if is_binary {
        return Guess::Refused(Flaw::new(QuarantineReason::Binary, "the file holds bytes that no text has"));
    }
    match extension {
        Extension::Lines => Guess::Lines,
        Extension::Json => Guess::Objects,
        Extension::Html if has_tag(begin) => Guess::Html,
        _ => Guess::Text,
    }
}

fn after_line(bytes: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'\n', bytes).map(|at| &bytes[at + 1..])
}

fn unsupported(detail: &str) -> Guess {
    Guess::Refused(Flaw::new(QuarantineReason::UnsupportedFormat, detail))
}

/// What begins with a `<`: a page, a feed, other XML, or none of them.
fn markup(head: &[u8], extension: Extension) -> Option<Guess> {
    let mut rest = head;
    let (mut is_xml, mut encoding) = (false, None);
    loop {
        rest = rest.trim_ascii_start();
        let name = tag_name(rest).unwrap_or_default().to_ascii_lowercase();
        if rest.starts_with(b"<?") {
            is_xml |= rest.starts_with(b"<?xml");
            let end = memchr::memmem::find(rest, b"?>")?;
            encoding = encoding.or_else(|| declared_encoding(&rest[..end]));
            rest = &rest[end + 2..];
        } else if rest.starts_with(b"<!--") {
            rest = &rest[memchr::memmem::find(rest, b"-->")? + 3..];
        } else if name == b"!doctype" {
            let kind: Vec<u8> = rest[9..].trim_ascii_start().iter().take(4).map(u8::to_ascii_lowercase).collect();
            if kind == b"html" {
                return Some(Guess::Html);
            }
            // Step over the internal subset, if there is one.
            let end = memchr::memchr2(b'>', b'[', rest)?;
            let end = if rest[end] == b'[' { end + memchr::memmem::find(&rest[end..], b"]")? } else { end };
            rest = &rest[end + memchr::memchr(b'>', &rest[end..])? + 1..];
        } else {
            let local = name.iter().position(|byte| *byte == b':').map_or(name.as_slice(), |at| &name[at + 1..]);
            return match local {
                b"rss" | b"feed" | b"rdf" => Some(Guess::Feed(encoding)),
                _ if PAGE_TAGS.contains(&local)
                    && (local != b"p" || is_clearly_html(&String::from_utf8_lossy(rest))) =>
                {
                    Some(Guess::Html)
                }
                _ if is_xml || local == b"svg" => {
                    let root = String::from_utf8_lossy(&name);
                    Some(unsupported(&format!("XML with the root `{root}` is neither a feed nor a page; convert it")))
                }
                _ if !name.is_empty()
                    && (extension == Extension::Html || is_clearly_html(&String::from_utf8_lossy(rest))) =>
                {
                    Some(Guess::Html)
                }
                _ => None,
            };
        }
    }
}

/// The encoding in an XML declaration.
fn declared_encoding(declaration: &[u8]) -> Option<&'static Encoding> {
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let value = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = *value.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let end = memchr::memchr(quote, &value[1..])?;
    // A declaration that could be read is no UTF-16, whatever it says.
    Encoding::for_label(&value[1..=end])
        .filter(|encoding| encoding.is_ascii_compatible() || !encoding.name().starts_with("UTF-16"))
}

/// A NUL, or more control bytes than a text has: one in a hundred.
fn is_binary(head: &[u8]) -> bool {
    let control = |byte: &&u8| matches!(**byte, 0x01..=0x06 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    memchr::memchr(0, head).is_some() || head.iter().filter(control).count() > head.len() / 100
}
