//! Sidecars: small files beside an article's that say something of it.
//!
//! `NAME.meta.json` holds an object with the fields of a JSON article, `NAME.headers` the headers of the HTTP
//! response the page came in, `NAME.url` its address (as a line, or as a Windows shortcut). Whatever is wrong
//! with one is told in the article's `problems` and costs nothing else.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use copydesk_article::{Content, Supplied};
use serde_json::Value;

use crate::fields::Fields;
use crate::http::Headers;
use crate::raw::open_quietly;
use crate::{json_lenient, merge};

/// What a sidecar's name ends in, after the whole name of the article's file. The first says more than the next.
pub const SUFFIXES: [&str; 3] = [".meta.json", ".headers", ".url"];

/// A sidecar larger than this is none.
pub(crate) const LARGEST: usize = 1 << 20;

/// The paths an article's sidecars have, in the order of [`SUFFIXES`].
#[must_use]
pub fn of(article: &Path) -> [PathBuf; 3] {
    SUFFIXES.map(|suffix| {
        let mut path = article.as_os_str().to_owned();
        path.push(suffix);
        path.into()
    })
}

/// The path of the article a sidecar belongs to; none where the path is no sidecar's.
#[must_use]
pub fn article_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.as_bytes();
    let stem = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix.as_bytes()))?;
    (!stem.is_empty()).then(|| path.with_file_name(OsString::from_vec(stem.to_vec())))
}

/// What sidecars say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// Who the article is from.
    pub source: Option<String>,
    /// Everything else.
    pub supplied: Supplied,
}

impl Words {
    /// What an article's sidecars say, where there are some.
    pub(crate) fn beside(article: &Path) -> Self {
        let mut all = Self::default();
        for path in of(article) {
            let read = match open_quietly(&path) {
                Ok(file) => read_small(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => Err(error.to_string()),
            };
            let words = match read {
                Ok(bytes) => Self::of(&path, &bytes),
                Err(problem) => Self::problem(&path, &problem),
            };
            all.source = all.source.or(words.source);
            merge::fill_and_keep(&mut all.supplied, &words.supplied);
        }
        all
    }

    /// What one sidecar says; which of them it is is told by its name. Never fails: what is wrong stands in
    /// `supplied.problems`.
    #[must_use]
    pub fn of(path: &Path, bytes: &[u8]) -> Self {
        let name = path.as_os_str().as_bytes();
        let words = if name.ends_with(b".meta.json") {
            meta(bytes)
        } else if name.ends_with(b".headers") {
            headers(bytes).map(|supplied| Self { source: None, supplied })
        } else {
            address(bytes)
                .map(|url| Self { source: None, supplied: Supplied { url: Some(url), ..Supplied::default() } })
        };
        words.unwrap_or_else(|problem| Self::problem(path, &problem))
    }

    fn problem(path: &Path, problem: &str) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let supplied =
            Supplied { problems: vec![format!("sidecar {name} not used: {problem}")], ..Supplied::default() };
        Self { source: None, supplied }
    }
}

fn read_small(file: File) -> Result<Vec<u8>, String> {
    if !file.metadata().map_err(|error| error.to_string())?.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > LARGEST { Err(format!("it is larger than {LARGEST} bytes")) } else { Ok(bytes) }
}

fn meta(bytes: &[u8]) -> Result<Words, String> {
    let (value, problems) = json_lenient::parse(without_mark(bytes)).map_err(|error| error.to_string())?;
    let Value::Object(object) = value else { return Err("it is no JSON object".to_owned()) };
    let Fields { content, source, mut supplied } = Fields::of(object);
    // The article's text is in its own file; one here is somebody's extract of it.
    if let Some(Content::Text(text) | Content::Markup(text)) = content {
        supplied.extra.insert("text".to_owned(), Value::String(text));
    }
    supplied.problems.extend(problems);
    Ok(Words { source, supplied })
}

fn headers(bytes: &[u8]) -> Result<Supplied, String> {
    // Redirects leave the headers of each step, the page's own last.
    let text = without_mark(bytes).trim_ascii();
    let last = match (memchr::memmem::rfind(text, b"\n\n"), memchr::memmem::rfind(text, b"\n\r\n")) {
        (None, None) => text,
        (one, two) => &text[one.max(two).unwrap_or(0)..],
    };
    let headers = Headers::parse(last);
    if headers.is_empty() { Err("it holds no `Name: value` lines".to_owned()) } else { Ok(headers.supplied()) }
}

fn address(bytes: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(without_mark(bytes));
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let url = if first.starts_with('[') {
        lines.find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case("url").then(|| value.trim())
        })
    } else {
        Some(first)
    };
    let is_url = |url: &&str| {
        url.split_once("://").is_some_and(|(scheme, rest)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !rest.is_empty()
        }) && !url.contains(char::is_whitespace)
    };
    url.filter(is_url).map(str::to_owned).ok_or_else(|| "its first line is no address".to_owned())
}

/// Whether a sidecar holds an article of its own.
pub(crate) fn is_article(path: &Path, bytes: &[u8]) -> bool {
    let fields = match json_lenient::parse(without_mark(bytes)) {
        Ok((Value::Object(object), _)) => Fields::of(object),
        _ => return false,
    };
    path.as_os_str().as_bytes().ends_with(b".meta.json") && fields.content.is_some()
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, text: &str) -> Words {
        Words::of(Path::new(name), text.as_bytes())
    }

    #[test]
    fn names_pair() {
        assert_eq!(of(Path::new("a/b.html"))[0], Path::new("a/b.html.meta.json"));
        for path in of(Path::new("a/b.html")) {
            assert_eq!(article_of(&path), Some("a/b.html".into()));
        }
        for path in ["a/b.json", "a/.url", "a.url/b", ".meta.json"] {
            assert_eq!(article_of(Path::new(path)), None, "{path}");
        }
        let odd = PathBuf::from(OsString::from_vec(b"a/\xff.txt".to_vec()));
        assert_eq!(article_of(&of(&odd)[1]), Some(odd));
    }

    #[test]
    fn each_says_its_own() {
        let meta = words("a.meta.json", r#"{"title":"Rain","source":"wire","text":"x","desk":"north"}"#);
        assert_eq!((meta.source.as_deref(), meta.supplied.title.as_deref()), (Some("wire"), Some("Rain")));
        assert_eq!(Value::Object(meta.supplied.extra), serde_json::json!({"desk": "north", "text": "x"}));
        let headers = words(
            "a.headers",
            "HTTP/1.1 301 Moved\r\nDate: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n",
        );
        assert_eq!((headers.supplied.charset.as_deref(), headers.supplied.fetched_at), (Some("koi8-r"), None));
        for text in [
            "https://example.org/a\n",
            "\u{feff}\n https://example.org/a \nmore",
            "[InternetShortcut]\r\nurl=https://example.org/a\r\n",
        ] {
            assert_eq!(words("a.url", text).supplied.url.as_deref(), Some("https://example.org/a"));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (name, text) in [
            ("a.meta.json", "[1]"),
            ("a.meta.json", "{"),
            ("a.headers", "nothing"),
            ("a.url", ""),
            ("a.url", "see there"),
            ("a.url", "[InternetShortcut]\nIconIndex=0"),
        ] {
            let words = words(name, text);
            assert_eq!(words.supplied.problems.len(), 1, "{name} {text}");
            assert!(words.supplied.problems[0].starts_with(&format!("sidecar {name} not used")));
        }
    }
}
