//! One record of a WARC file: whether it is an article, and what it says.
//!
//! Wanted are answers of status 200 with a page, a text or a JSON article in them, and the records that hold
//! such a thing directly (`resource`, and the `conversion` records of extracted text). Headers often describe
//! a transfer that the archiver has already undone, so chunks and compression are undone where they are there.

use std::io::{self, Read};

use copydesk_article::{Content, QuarantineReason, Supplied};
use serde_json::Value;

use crate::fields::Fields;
use crate::http::{Headers, MediaType};
use crate::json_lenient;
use crate::layers::Layer;
use crate::markup::tag_name;
use crate::merge;
use crate::piece::Flaw;
use crate::warc::blank_line;

/// A record's own headers.
#[derive(Debug)]
pub(crate) struct Head {
    headers: Headers,
    /// Bytes of its block.
    pub length: Option<u64>,
}

impl Head {
    /// Reads them, with their first line.
    pub fn parse(bytes: &[u8]) -> Self {
        let headers = Headers::parse(bytes);
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        Self { headers, length }
    }

    /// What was asked for; some writers put it between angle brackets.
    fn target(&self) -> Option<&str> {
        self.headers.get("warc-target-uri").map(|uri| uri.trim_matches(['<', '>']))
    }

    fn kind(&self) -> &str {
        self.headers.get("warc-type").unwrap_or_default()
    }
}

/// The beginning of a block: the answer of a server, or the thing itself.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Status of the answer.
    status: Option<u16>,
    /// Headers of the answer.
    headers: Headers,
    /// What the thing is.
    media: MediaType,
}

impl Block {
    /// Reads the headers a block begins with, up to its first blank line.
    pub fn parse(head: &Head, bytes: &[u8]) -> Self {
        let own = head.headers.media_type().unwrap_or_default();
        if !bytes.starts_with(b"HTTP/") || !(own.name.is_empty() || own.name == "application/http") {
            return Self { media: own, ..Self::default() };
        }
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let status = std::str::from_utf8(line)
            .ok()
            .and_then(|line| line.split_ascii_whitespace().nth(1)?.get(..3)?.parse().ok());
        let headers = Headers::parse(bytes);
        let media = headers.media_type().unwrap_or_default();
        Self { status: Some(status.unwrap_or(0)), headers, media }
    }
}

/// Whether a record may be an article; if not, why, in a bounded vocabulary.
pub(crate) fn is_wanted(head: &Head, block: &Block) -> Result<(), &'static str> {
    match head.kind() {
        "response" | "resource" | "conversion" => {}
        "request" => return Err("request"),
        "warcinfo" => return Err("warcinfo"),
        "metadata" => return Err("metadata"),
        "revisit" => return Err("revisit"),
        "continuation" => return Err("continuation"),
        _ => return Err("other_type"),
    }
    // What the archiver keeps about itself: `metadata://gnu.org/software/wget/warc/wget_arguments.txt`.
    if head.target().is_some_and(|target| target.starts_with("metadata:")) {
        return Err("metadata");
    }
    if block.status.is_some_and(|status| status != 200) {
        return Err("http_status");
    }
    match block.media.name.as_str() {
        "text/html" | "application/xhtml+xml" | "text/plain" | "application/json" | "application/ld+json" => Ok(()),
        // A server that says nothing: the body will tell.
        "" => Ok(()),
        name if name.starts_with("image/") => Err("image"),
        _ => Err("content_type"),
    }
}

/// What a record is.
#[derive(Debug, PartialEq)]
pub(crate) enum Page {
    /// An article.
    Article(Content, Box<Supplied>),
    /// None, and why.
    Skipped(&'static str),
}

/// Understands one record.
pub(crate) fn read(record: &[u8], max_record_bytes: u64) -> Result<Page, Flaw> {
    let (head, rest) = record.split_at(blank_line(record).unwrap_or(record.len()));
    let head = Head::parse(head);
    let answer = if rest.starts_with(b"HTTP/") { blank_line(rest).unwrap_or(rest.len()) } else { 0 };
    let block = Block::parse(&head, if answer == 0 { rest } else { &rest[..answer] });
    let body = if block.status.is_some() { &rest[answer..] } else { rest };
    let body = undo_transfer(body, &block.headers, max_record_bytes)?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Page::Skipped("empty"));
    }
    let mut supplied = supplied(&head, &block);
    let content = match block.media.name.as_str() {
        "text/plain" if head.kind() == "conversion" => match String::from_utf8(body) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes(error.into_bytes()),
        },
        "text/plain" => Content::Bytes(body),
        "application/json" | "application/ld+json" => {
            let Ok((Value::Object(object), problems)) = json_lenient::parse(&body) else {
                return Ok(Page::Skipped("json"));
            };
            let fields = Fields::of(object);
            let Some(content) = fields.content else { return Ok(Page::Skipped("json")) };
            let mut own = fields.supplied;
            own.site = own.site.or(fields.source);
            own.problems.extend(problems);
            merge::fill_and_keep(&mut own, &supplied);
            supplied = own;
            content
        }
        "" if !begins_like_html(&body) => return Ok(Page::Skipped("content_type")),
        _ => Content::Html(body),
    };
    Ok(Page::Article(content, Box::new(supplied)))
}

fn begins_like_html(body: &[u8]) -> bool {
    let begin = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    begin.starts_with(b"<?xml") || tag_name(begin).is_some()
}

fn supplied(head: &Head, block: &Block) -> Supplied {
    let mut supplied = block.headers.supplied();
    supplied.charset = supplied.charset.or_else(|| block.media.charset.clone());
    let address = head.target().filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"));
    supplied.url = address.map(str::to_owned);
    supplied.fetched_at = head.headers.get("warc-date").map(str::to_owned).or(supplied.fetched_at);
    // Extracted text says what language was found; several were found in a mixture.
    let found = head.headers.get("warc-identified-content-language").filter(|codes| !codes.contains(','));
    supplied.language = supplied.language.or_else(|| found.map(str::to_owned));
    if let Some(id) = head.headers.get("warc-record-id") {
        supplied.extra.insert("warc-record-id".to_owned(), Value::String(id.to_owned()));
    }
    if let Some(why) = head.headers.get("warc-truncated") {
        supplied.problems.push(format!("the crawler cut the page short ({why})"));
    }
    supplied
}

/// Undoes chunks and compression where they are there.
fn undo_transfer(body: &[u8], headers: &Headers, max: u64) -> Result<Vec<u8>, Flaw> {
    let is_chunked = headers
        .all("transfer-encoding")
        .any(|value| value.to_ascii_lowercase().split(',').any(|word| word.trim() == "chunked"));
    let mut body = if is_chunked { unchunk(body) } else { None }.unwrap_or_else(|| body.to_vec());
    let codings: Vec<String> = headers
        .all("content-encoding")
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .collect();
    // The last was done last.
    for coding in codings.iter().rev() {
        let magic = Layer::of_magic(&body);
        let unpacked = match coding.as_str() {
            "gzip" | "x-gzip" if magic == Some(Layer::Gzip) => {
                unpack(flate2::bufread::MultiGzDecoder::new(body.as_slice()), max)
            }
            "zstd" if magic == Some(Layer::Zstd) => {
                unpack(zstd::stream::read::Decoder::with_buffer(body.as_slice()).map_err(|error| flaw(&error))?, max)
            }
            // Some servers leave out the wrapping that the standard asks for.
            "deflate" if body.first().is_some_and(|first| first & 0x0f == 8) => {
                unpack(flate2::bufread::ZlibDecoder::new(body.as_slice()), max)
            }
            "deflate" if !begins_like_html(&body) => unpack(flate2::bufread::DeflateDecoder::new(body.as_slice()), max),
            "br" if !begins_like_html(&body) => {
                unpack(brotli_decompressor::Decompressor::new(body.as_slice(), 4096), max)
            }
            // Undone by the archiver already, or nothing to undo.
            _ => continue,
        };
        body = unpacked?;
    }
    Ok(body)
}

fn unpack(decoder: impl Read, max: u64) -> Result<Vec<u8>, Flaw> {
    let mut body = Vec::new();
    let read = decoder.take(max.saturating_add(1)).read_to_end(&mut body);
    if body.len() as u64 > max {
        return Err(Flaw::new(
            QuarantineReason::TooLarge,
            format!(
                "the page unpacks to more than the {max} bytes allowed; raise `intake.max_record_bytes` and drop it again"
            ),
        ));
    }
    read.map(|_| body).map_err(|error| flaw(&error))
}

fn flaw(error: &io::Error) -> Flaw {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => QuarantineReason::Truncated,
        _ => QuarantineReason::Corrupt,
    };
    Flaw::new(reason, format!("the page can't be unpacked: {error}"))
}

/// A body put together from its chunks; none where there are none. Chunks cut short give what is there.
fn unchunk(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let line = memchr::memchr(b'\n', rest).filter(|at| *at < 1024);
        let size = line.and_then(|at| {
            let size = std::str::from_utf8(&rest[..at]).ok()?;
            usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()
        });
        let (Some(line), Some(size)) = (line, size) else {
            return (!whole.is_empty()).then_some(whole);
        };
        let chunk = &rest[line + 1..];
        whole.extend_from_slice(&chunk[..size.min(chunk.len())]);
        if size == 0 || size >= chunk.len() {
            return Some(whole);
        }
        rest = &chunk[size..];
        rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn response(http: &str, body: &[u8]) -> Vec<u8> {
        let block = [http.replace('\n', "\r\n").as_bytes(), b"\r\n\r\n", body].concat();
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <https://example.org/a>\r\nWARC-Date: 2024-05-01T08:00:00Z\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            block.len()
        );
        [head.into_bytes(), block].concat()
    }

    fn html(http: &str, body: &[u8]) -> (Vec<u8>, Supplied) {
        match read(&response(http, body), 1 << 20) {
            Ok(Page::Article(Content::Html(body), supplied)) => (body, *supplied),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_page_with_its_address_time_and_charset() {
        let (body, supplied) = html("HTTP/1.1 200 OK\nContent-Type: text/html; charset=windows-1250", b"<p>Rain");
        assert_eq!(body, b"<p>Rain");
        assert_eq!(supplied.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(supplied.fetched_at.as_deref(), Some("2024-05-01T08:00:00Z"));
        assert_eq!(supplied.charset.as_deref(), Some("windows-1250"));
    }

    #[test]
    fn chunks_and_compression_are_undone_where_they_are() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"<p>Rain fell on the harbour.").expect("write");
        let packed = gzip.finish().expect("gzip");
        let (one, two) = packed.split_at(7);
        let chunked =
            [b"7;x=y\r\n", one, format!("\r\n{:x}\r\n", two.len()).as_bytes(), two, b"\r\n0\r\n\r\n"].concat();
        let http = "HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked\nContent-Encoding: gzip";
        for body in [&chunked, &packed, &b"<p>Rain fell on the harbour.".to_vec()] {
            assert_eq!(html(http, body).0, b"<p>Rain fell on the harbour.");
        }
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(b"<p>Rain").expect("write");
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(b"<p>Rain").expect("write");
        let http = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: deflate";
        assert_eq!(html(http, &zlib.finish().expect("zlib")).0, b"<p>Rain");
        assert_eq!(html(http, &raw.finish().expect("deflate")).0, b"<p>Rain");
        let http = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: br";
        assert_eq!(html(http, b"\x0b\x06\x80<p>Rain fell.\x03").0, b"<p>Rain fell.");
        assert_eq!(html(http, b"<p>Rain").0, b"<p>Rain", "undone by the archiver");
        let zstd = zstd::encode_all(b"<p>Rain".as_slice(), 1).expect("zstd");
        let http = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: zstd";
        assert_eq!(html(http, &zstd).0, b"<p>Rain");
    }

    #[test]
    fn a_page_that_unpacks_too_far_or_breaks_off_is_bad() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&[b'x'; 5000]).expect("write");
        let packed = gzip.finish().expect("gzip");
        let http = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: gzip";
        assert_eq!(read(&response(http, &packed), 4000).expect_err("large").reason, QuarantineReason::TooLarge);
        let cut = read(&response(http, &packed[..packed.len() - 12]), 9000).expect_err("cut");
        assert_eq!(cut.reason, QuarantineReason::Truncated);
    }

    #[test]
    fn what_is_no_article_is_skipped_with_a_reason() {
        for (http, body, reason) in [
            ("HTTP/1.1 200 OK\nContent-Type: text/html", " \n", "empty"),
            ("HTTP/1.1 200 OK\nContent-Type: application/json", "{\"a\":1}", "json"),
            ("HTTP/1.1 200 OK", "GIF89a", "content_type"),
        ] {
            assert_eq!(read(&response(http, body.as_bytes()), 1000), Ok(Page::Skipped(reason)));
        }
        let wanted = |http: &str| {
            let record = response(http, b"");
            let (head, block) = record.split_at(blank_line(&record).expect("headers"));
            let head = Head::parse(head);
            let block = Block::parse(&head, block);
            is_wanted(&head, &block)
        };
        assert_eq!(wanted("HTTP/1.1 404 Not Found\nContent-Type: text/html"), Err("http_status"));
        assert_eq!(wanted("HTTP/1.1 200 OK\nContent-Type: image/png"), Err("image"));
        assert_eq!(wanted("HTTP/1.1 200 OK\nContent-Type: text/css"), Err("content_type"));
        assert_eq!(wanted("HTTP/2 200\nContent-Type: TEXT/HTML;charset=x"), Ok(()));
    }

    #[test]
    fn a_json_article_and_an_extracted_text() {
        let json = br#"{"headline":"Rain","articleBody":"Rain fell.","url":"https://example.org/b"}"#;
        let page = read(&response("HTTP/1.1 200 OK\nContent-Type: application/json", json), 1000);
        let Ok(Page::Article(Content::Text(text), supplied)) = page else { panic!("{page:?}") };
        assert_eq!((text.as_str(), supplied.title.as_deref()), ("Rain fell.", Some("Rain")));
        assert_eq!((supplied.url.as_deref(), supplied.conflicts.len()), (Some("https://example.org/b"), 1));
        let wet = "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/a\r\n\
                   WARC-Identified-Content-Language: eng\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nRain";
        let page = read(wet.as_bytes(), 1000);
        let Ok(Page::Article(content, supplied)) = page else { panic!("{page:?}") };
        assert_eq!((content, supplied.language.as_deref()), (Content::Text("Rain".to_owned()), Some("eng")));
    }
}
