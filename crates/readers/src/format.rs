//! What a file is: by content first, by extension where the content leaves it open.
//!
//! Layers come off first (compression, at most twice, then UTF-16 or UTF-32 under formats that have a syntax), then
//! the beginning of what is left says which format it is (`guess.rs`). Only telling the kinds of JSON apart takes a
//! closer look.

use std::path::Path;

use copydesk_article::{QuarantineReason, SourceFormat, Supplied};
use encoding_rs::Encoding;
use serde::de::IgnoredAny;

use crate::guess::{Extension, Guess, guess};
use crate::input::Input;
use crate::json_list::outline;
use crate::layers::Layer;
use crate::piece::Flaw;
use crate::sidecar;
use crate::trouble::ReadError;
use crate::wide::Wide;

/// Bytes looked at to tell text from other things.
const HEAD: usize = 64 << 10;

/// Compressions taken off a file: `.gz` in a `.zst` happens, more is somebody's joke.
const MOST_PACKED: usize = 2;

/// How a file is to be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// One article, as plain text.
    Text,
    /// One web page.
    Html,
    /// One mail message.
    Email,
    /// Mail messages.
    Mbox,
    /// JSON Lines.
    Lines,
    /// A JSON array of articles.
    Array,
    /// One JSON object, or several after one another.
    Objects,
    /// A JSON array inside an object.
    List {
        /// Where it begins.
        at: u64,
        /// How many objects are around it.
        depth: u64,
        /// What a JSON Feed says of itself, where it is one.
        feed: Option<Box<Supplied>>,
    },
    /// RSS or Atom.
    Feed(Option<&'static Encoding>),
    /// WARC.
    Warc,
    /// Nothing to read: one bad record.
    Refused(Flaw),
}

impl Shape {
    /// The format as records name it.
    pub const fn format(&self) -> SourceFormat {
        match self {
            Self::Text | Self::Refused(_) => SourceFormat::Text,
            Self::Html => SourceFormat::Html,
            Self::Email | Self::Mbox => SourceFormat::Email,
            Self::Lines => SourceFormat::JsonLines,
            Self::Array | Self::Objects | Self::List { feed: None, .. } => SourceFormat::Json,
            Self::List { feed: Some(_), .. } | Self::Feed(_) => SourceFormat::Feed,
            Self::Warc => SourceFormat::Warc,
        }
    }

    /// Whether it can only hold one record.
    pub const fn is_single(&self) -> bool {
        matches!(self, Self::Text | Self::Html | Self::Email | Self::Refused(_))
    }

    /// Whether what is said of the file is said of one article: lists hold many.
    pub const fn is_about_one(&self) -> bool {
        self.is_single() || matches!(self, Self::Objects)
    }
}

/// Says how a file is to be read. Leaves the window anywhere.
pub(crate) fn detect(input: &mut Input, path: &Path, max_record_bytes: u64) -> Result<Shape, ReadError> {
    let guess = unwrap(input, path)?;
    Ok(match guess {
        Guess::Text => Shape::Text,
        Guess::Html => Shape::Html,
        Guess::Email => Shape::Email,
        Guess::Mbox => Shape::Mbox,
        Guess::Lines => Shape::Lines,
        Guess::Objects => Shape::Objects,
        Guess::Feed(encoding) => Shape::Feed(encoding),
        Guess::Warc => Shape::Warc,
        Guess::Json(extension) => json_shape(input, extension, max_record_bytes)?,
        Guess::White => {
            input.seek(0)?;
            input.skip_mark()?;
            match (input.skip_white()?, input.take_broken()) {
                (_, Some(flaw)) => Shape::Refused(flaw),
                (None, None) => refused(QuarantineReason::Empty, "the file holds nothing but white space"),
                (Some(_), None) => refused(
                    QuarantineReason::UnsupportedFormat,
                    "the file begins with more white space than any article",
                ),
            }
        }
        Guess::Refused(flaw) => Shape::Refused(flaw),
    })
}

/// Takes the layers off a file, which is all there is to know for copying a part of it, and guesses what it is.
pub(crate) fn unwrap(input: &mut Input, path: &Path) -> Result<Guess, ReadError> {
    if sidecar::article_of(path).is_some() {
        return orphan(input, path);
    }
    let mut name = path.to_owned();
    while let Some(layer) = Layer::of_magic(input.fill_to(HEAD)?) {
        if input.layers().len() == MOST_PACKED {
            let detail = "the file is compressed more than twice; unpack it";
            return Ok(Guess::Refused(Flaw::new(QuarantineReason::UnsupportedFormat, detail)));
        }
        input.push(layer)?;
        // The name inside is what the name was before it was packed.
        if name.extension().is_some_and(|extension| {
            ["gz", "zst", "zstd", "gzip"].iter().any(|packed| extension.eq_ignore_ascii_case(packed))
        }) {
            name.set_extension("");
        }
    }
    let head = input.fill_to(HEAD)?;
    let wide = Wide::of_head(head);
    let guessed = match wide {
        Some(wide) => guess(&wide.decode_head(head), &name),
        None => guess(head, &name),
    };
    match (wide, &guessed) {
        (Some(Wide::Known(_)), Guess::Text | Guess::Html | Guess::White | Guess::Refused(_)) => {}
        (Some(wide), _) => {
            input.push(Layer::Wide(wide))?;
            // What its declaration says is about the bytes below.
            if matches!(guessed, Guess::Feed(_)) {
                return Ok(Guess::Feed(None));
            }
        }
        (None, Guess::Feed(Some(encoding))) if !encoding.is_ascii_compatible() => {
            let encoding = *encoding;
            input.push(Layer::Wide(Wide::Known(encoding)))?;
            return Ok(Guess::Feed(None));
        }
        (None, _) => {}
    }
    Ok(guessed)
}

/// A sidecar that came without its article: one that holds a whole article is read as that.
fn orphan(input: &mut Input, path: &Path) -> Result<Guess, ReadError> {
    let bytes = input.fill_to(sidecar::LARGEST)?;
    if sidecar::is_article(path, bytes) {
        return Ok(Guess::Objects);
    }
    let article = sidecar::article_of(path).unwrap_or_default();
    let name = article.file_name().unwrap_or_default().to_string_lossy();
    let detail = format!(
        "a sidecar, and `{name}` which it speaks of never came, or was read before it; drop both again, the sidecar first"
    );
    Ok(Guess::Refused(Flaw::new(QuarantineReason::OrphanSidecar, detail)))
}

/// Tells JSON Lines, arrays, objects and lists inside objects apart. A whole value on the first line with more to
/// come after it makes JSON Lines.
fn json_shape(input: &mut Input, extension: Extension, max_record_bytes: u64) -> Result<Shape, ReadError> {
    input.seek(0)?;
    input.skip_mark()?;
    let first = input.skip_white()?;
    if first == Some(b'{') && extension == Extension::Lines {
        return Ok(Shape::Lines);
    }
    let mut searched = 0;
    let line = loop {
        if let Some(at) = memchr::memchr(b'\n', &input.window()[searched..]) {
            break Some(searched + at);
        }
        searched = input.window().len();
        if searched as u64 > max_record_bytes || !input.fill()? {
            break None;
        }
    };
    if let Some(end) = line
        && (first == Some(b'{') || extension == Extension::Lines)
        && serde_json::from_slice::<IgnoredAny>(&input.window()[..end]).is_ok()
        && more_follows(input, end)?
    {
        return Ok(Shape::Lines);
    }
    if first == Some(b'[') { Ok(Shape::Array) } else { object_shape(input, max_record_bytes) }
}

/// Whether anything but white space follows so many bytes into the window. A megabyte of it is nothing.
fn more_follows(input: &mut Input, mut at: usize) -> Result<bool, ReadError> {
    let most = at + (1 << 20);
    loop {
        if input.window()[at..].iter().any(|byte| !crate::input::is_white(*byte)) {
            return Ok(true);
        }
        at = input.window().len();
        if at > most || !input.fill()? {
            return Ok(false);
        }
    }
}

/// An article, or a list in an object: the window begins with the object.
fn object_shape(input: &mut Input, max_record_bytes: u64) -> Result<Shape, ReadError> {
    let most = usize::try_from(max_record_bytes).unwrap_or(usize::MAX);
    let mut found = outline(input.fill_to(HEAD.min(most))?);
    if !found.closed && most > HEAD {
        found = outline(input.fill_to(most)?);
    }
    let Some((at, depth)) = found.list else { return Ok(Shape::Objects) };
    let word = |name: &str| {
        let quoted = [b"\"", found.words.get(name.as_bytes())?.as_slice(), b"\""].concat();
        serde_json::from_slice::<String>(&quoted).ok().filter(|word| !word.trim().is_empty())
    };
    let is_feed = word("version").is_some_and(|version| version.contains("jsonfeed.org/version"));
    let feed =
        is_feed.then(|| Box::new(Supplied { site: word("title"), language: word("language"), ..Supplied::default() }));
    Ok(Shape::List { at: input.offset() + at as u64, depth, feed })
}

fn refused(reason: QuarantineReason, detail: &str) -> Shape {
    Shape::Refused(Flaw::new(reason, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str, bytes: &[u8]) -> Shape {
        let name = Path::new(name);
        detect(&mut Input::of_bytes(name, bytes.to_vec()), name, 1 << 20).expect("detect")
    }

    fn reason(name: &str, bytes: &[u8]) -> QuarantineReason {
        match shape(name, bytes) {
            Shape::Refused(flaw) => flaw.reason,
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
            b"ID3 tags explained",
            &utf16,
            &marked,
        ] {
            assert_eq!(shape("a.txt", bytes), Shape::Text, "{bytes:?}");
        }
    }

    #[test]
    fn pages_are_told_by_their_tags() {
        for (name, page) in [
            ("a", "<!DOCTYPE HTML><html>"),
            ("a.txt", "\u{feff}\n<HTML lang=en>"),
            ("a", "<!-- saved from x --><?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD'><html>"),
            ("a", "<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'>"),
            ("a", "<meta charset=utf-8><p>x"),
            ("a", "<p>One.</p><p>Two.</p>"),
            ("a.html", "Rain <b>fell</b>"),
            ("a.htm", "<b>Rain</b> fell"),
            ("a.html.gz", "Rain <b>fell</b>"),
        ] {
            let page = if name.ends_with(".gz") { gzip(page.as_bytes()) } else { page.as_bytes().to_vec() };
            assert_eq!(shape(name, &page), Shape::Html, "{name}");
            if !name.ends_with("gz") && name != "a.txt" {
                let wide: Vec<u8> =
                    String::from_utf8(page).expect("text").encode_utf16().flat_map(u16::to_be_bytes).collect();
                assert_eq!(shape(name, &wide), Shape::Html, "{name} in UTF-16");
            }
        }
        for (name, text) in [
            ("a", "<b>Rain</b> fell"),
            ("a.html", "Rain fell, 3 < 4"),
            ("a", "<p> is a tag of HTML"),
            ("a", "<ada@example.org> wrote"),
            ("a", "Rain <div>fell</div> <p>"),
        ] {
            assert_eq!(shape(name, text.as_bytes()), Shape::Text, "{text}");
        }
    }

    #[test]
    fn feeds_archives_and_mail_are_told_by_content() {
        for (bytes, expected) in [
            (
                &b"<?xml version='1.0' encoding='windows-1252'?><rss version='2.0'>"[..],
                Shape::Feed(Some(encoding_rs::WINDOWS_1252)),
            ),
            (b"<feed xmlns='http://www.w3.org/2005/Atom'>", Shape::Feed(None)),
            (b"<!DOCTYPE rss [<!ENTITY e 'x'>]><rss>", Shape::Feed(None)),
            (b"<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", Shape::Feed(None)),
            (b"WARC/1.1\r\n", Shape::Warc),
            (b"From: a\nMIME-Version: 1.0\n\ntext", Shape::Email),
            (b"Date: 3 March 2025\nSubject: b\nContact: 555\n\na press release", Shape::Text),
            (b"From a 08:00:00\nSubject: b\nDate: c\n\ntext", Shape::Mbox),
            (b"Subject: only one\n\ntext", Shape::Text),
            (b"From here on it rained", Shape::Text),
        ] {
            assert_eq!(shape("a", bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(shape("a.eml", b"whatever"), Shape::Email);
    }

    #[test]
    fn json_in_wide_encodings_and_in_objects() {
        let lines = "{\"text\":\"x\"}\n{\"text\":\"y\"}";
        let utf32: Vec<u8> = lines.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        let utf16: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!((shape("a", &utf32), shape("a", &utf16)), (Shape::Lines, Shape::Lines));
        assert_eq!(shape("a", b" {\"articles\":[{}]}"), Shape::List { at: 13, depth: 1, feed: None });
        let feed = shape("a", br#"{"version":"https://jsonfeed.org/version/1","title":"Caf\u00e9","items":[{}]}"#);
        let Shape::List { feed: Some(words), .. } = feed else { panic!("{feed:?}") };
        assert_eq!(words.site.as_deref(), Some("Café"));
    }

    #[test]
    fn layers_come_off_twice_and_no_more() {
        let text = gzip(b"Rain fell.");
        assert_eq!(shape("a", &text), Shape::Text);
        let two = zstd::encode_all(text.as_slice(), 1).expect("zstd");
        assert_eq!(shape("a", &two), Shape::Text);
        assert_eq!(reason("a", &gzip(&two)), QuarantineReason::UnsupportedFormat);
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        std::io::Read::read_to_end(&mut encoder, &mut packed).expect("gzip");
        packed
    }

    #[test]
    fn what_is_no_article_is_refused_with_a_reason() {
        assert_eq!(reason("a.txt", b""), QuarantineReason::Empty);
        assert_eq!(reason("a.json", b"\xef\xbb\xbf \r\n\t"), QuarantineReason::Empty);
        assert_eq!(reason("a.txt", &[b" ".repeat(200_000), b"\n".to_vec()].concat()), QuarantineReason::Empty);
        assert_eq!(
            reason("a.xml", b"<?xml version='1.0'?><urlset><url/></urlset>"),
            QuarantineReason::UnsupportedFormat
        );
        assert_eq!(reason("a.txt", b"%PDF-1.7"), QuarantineReason::UnsupportedFormat);
        assert_eq!(reason("a.arc", b"filedesc://a.arc 0.0.0.0"), QuarantineReason::UnsupportedFormat);
        assert_eq!(
            reason("a.tar", &[vec![b'a'; 257], b"ustar\x0000".to_vec()].concat()),
            QuarantineReason::UnsupportedFormat
        );
        assert_eq!(reason("a.url", b"https://example.org/a"), QuarantineReason::OrphanSidecar);
        assert_eq!(reason("a.meta.json", b"{\"title\": \"x\"}"), QuarantineReason::OrphanSidecar);
        assert_eq!(reason("a.gz", b"\x1f\x8b\x08\0\0"), QuarantineReason::Truncated);
        assert_eq!(reason("a.zst", b"\x28\xb5\x2f\xfd\x20\x05\x07\0\0"), QuarantineReason::Corrupt);
        assert_eq!(reason("a.txt", b"text with a \0 in it"), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &[0; 4096]), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &(0..=255).cycle().take(999).collect::<Vec<u8>>()), QuarantineReason::Binary);
        assert_eq!(reason("a.txt", &[1, 2, 3, 4].repeat(50)), QuarantineReason::Binary);
    }
}
