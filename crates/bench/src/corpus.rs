//! Articles as corpora hold them, and the files they are in.
//!
//! A corpus is a folder of files: JSON Lines (`.jsonl`, plain or `.jsonl.gz`) of `{text, title?, source?, …}`,
//! `.json` with one such object, and anything else as the plain text of one article. Files are read in the
//! order of their paths, so that a corpus has one order; hidden files are left out, as the desk leaves them.

use std::ffi::OsStr;
use std::fs::{File, read_dir};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde_json::json;

/// What to call the source of an article that names none.
const NO_SOURCE: &str = "default";

/// One article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Name of its source.
    pub source: String,
    /// Headline.
    pub title: Option<String>,
    /// Body.
    pub text: String,
    /// The whole object as its corpus has it, on one line.
    pub json: String,
}

impl Article {
    /// As a plain-text file: the headline, a blank line, the body.
    pub fn to_text(&self) -> String {
        match &self.title {
            Some(title) => format!("{title}\n\n{}\n", self.text),
            None => format!("{}\n", self.text),
        }
    }

    fn from_json(json: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Fields {
            source: Option<String>,
            title: Option<String>,
            text: String,
        }
        let Fields { source, title, text } = serde_json::from_str(json)?;
        // JSON has line breaks between its tokens only, and there a space means the same.
        let json = json.trim().replace(['\n', '\r'], " ");
        Ok(Self { source: source.unwrap_or_else(|| NO_SOURCE.to_owned()), title, text, json })
    }

    fn from_text(source: &str, text: String) -> Self {
        let json = json!({"source": source, "text": text}).to_string();
        Self { source: source.to_owned(), title: None, text, json }
    }
}

/// What a file of a corpus is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON Lines.
    Lines,
    /// JSON.
    Json,
    /// Anything else.
    Text,
}

impl Kind {
    /// The kind of a file; `.gz` at the end of its name does not count.
    pub fn of(path: &Path) -> Self {
        let bare = if is_gzip(path) { path.with_extension("") } else { path.to_owned() };
        match bare.extension().and_then(OsStr::to_str) {
            Some("jsonl" | "ndjson") => Self::Lines,
            Some("json") => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Whether a file is compressed, by its name.
pub fn is_gzip(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("gz"))
}

/// Opens a file, unpacking it as it is read where its name ends in `.gz`.
///
/// # Errors
/// Where it can't be opened.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let file = BufReader::new(File::open(path).with_context(|| format!("can't open {}", path.display()))?);
    Ok(if is_gzip(path) { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// The files of a folder and of those below it, in the order of their paths, hidden ones aside. A file is its
/// own only one.
///
/// # Errors
/// Where a folder can't be listed.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let list = || format!("can't list {}", folder.display());
        for entry in read_dir(&folder).with_context(list)? {
            let entry = entry.with_context(list)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The lines of a file that hold more than white space, with their numbers from 1. An item is an error where
/// the file can't be read or is not UTF-8.
///
/// # Errors
/// Where the file can't be opened.
pub fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(usize, String)>>> {
    let numbered = open(path)?.lines().enumerate().map(|(index, line)| {
        let line = line.with_context(|| format!("can't read line {} of {}", index + 1, path.display()))?;
        Ok((index + 1, line))
    });
    Ok(numbered.filter(|line| line.as_ref().map_or(true, |(_, line)| !line.trim().is_empty())))
}

/// Hands over the first `limit` articles of a corpus (all of them where it has fewer), in order.
///
/// # Errors
/// Where a file can't be read, something in it is no article, or there is none.
pub fn articles(
    folder: &Path,
    limit: usize,
    mut each: impl FnMut(Article) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut left = limit;
    for path in files(folder)? {
        if left == 0 {
            break;
        }
        let no_article = || format!("{} is no article with a text", path.display());
        match Kind::of(&path) {
            Kind::Lines => {
                for line in lines(&path)?.take(left) {
                    let (number, line) = line?;
                    each(Article::from_json(&line).with_context(|| format!("line {number} of {}", no_article()))?)?;
                    left -= 1;
                }
            }
            kind => {
                let mut text = String::new();
                open(&path)?.read_to_string(&mut text).with_context(|| format!("can't read {}", path.display()))?;
                each(match kind {
                    Kind::Json => Article::from_json(&text).with_context(no_article)?,
                    _ => Article::from_text(folder_source(folder, &path), text),
                })?;
                left -= 1;
            }
        }
    }
    ensure!(left < limit, "{} holds no article", folder.display());
    Ok(())
}

/// The source of a plain-text file: the first folder of its path, as the desk has it.
fn folder_source<'a>(folder: &Path, path: &'a Path) -> &'a str {
    let mut parts = path.strip_prefix(folder).unwrap_or(path).iter();
    match (parts.next(), parts.next()) {
        (Some(first), Some(_)) => first.to_str().unwrap_or(NO_SOURCE),
        _ => NO_SOURCE,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir, write};
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("gzip");
        encoder.finish().expect("gzip")
    }

    fn read(folder: &Path, limit: usize) -> anyhow::Result<Vec<Article>> {
        let mut found = Vec::new();
        articles(folder, limit, |article| {
            found.push(article);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn every_kind_of_file_is_read_in_the_order_of_paths() {
        let folder = tempfile::tempdir().expect("folder");
        let at = |name: &str| folder.path().join(name);
        create_dir(at("gazette")).expect("folder");
        // Two members in one file, as tools that append leave it.
        let mut packed = gzip("{\"source\": \"wire\", \"title\": \"Rain\", \"text\": \"It rained.\"}\n\n");
        packed.extend(gzip("{\"text\": \"It stopped.\", \"lang\": \"en\"}\n"));
        write(at("a.jsonl.gz"), packed).expect("write");
        write(at("b.json"), "{\n \"text\": \"One\\nobject.\"}\n").expect("write");
        write(at("gazette/c.txt"), "Plain text.").expect("write");
        write(at(".hidden"), "no").expect("write");
        let all = read(folder.path(), usize::MAX).expect("articles");
        let texts: Vec<_> = all.iter().map(|article| (article.source.as_str(), article.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("wire", "It rained."),
                ("default", "It stopped."),
                ("default", "One\nobject."),
                ("gazette", "Plain text.")
            ]
        );
        assert_eq!(all[0].to_text(), "Rain\n\nIt rained.\n");
        assert_eq!(all[1].json, "{\"text\": \"It stopped.\", \"lang\": \"en\"}");
        for article in &all {
            assert!(!article.json.contains('\n'));
            assert_eq!(Article::from_json(&article.json).expect("article"), *article);
        }
        assert_eq!(read(folder.path(), 2).expect("articles"), all[..2]);
    }

    #[test]
    fn mistakes_name_their_place() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(read(folder.path(), 9).is_err(), "an empty corpus");
        write(folder.path().join("a.jsonl"), "{\"text\": \"x\"}\n{\"title\": \"y\"}\n").expect("write");
        let error = read(folder.path(), 9).expect_err("no text").to_string();
        assert!(error.contains("line 2") && error.contains("a.jsonl"), "{error}");
    }
}
