//! What a load drops: files laid out beside the inbox, each ready to be renamed into it.
//!
//! A rename within one file system is how a careful scraper hands a file over, and the desk takes it at once;
//! so everything is written first and then dropped without any further work.

use std::fs::{File, copy, create_dir_all, read, write};
use std::io::{BufWriter, Write, copy as copy_stream};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::de::IgnoredAny;

use crate::corpus::{self, Article, Kind};

/// Articles in one file of JSON Lines.
const LINES_A_FILE: usize = 500;

/// How articles become files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The input's files as they are; packed ones (`.gz`) unpacked.
    Files,
    /// A plain-text file for each article, in a folder named after its source.
    Text,
    /// A JSON file for each article.
    Json,
    /// JSON Lines, 500 articles a file.
    JsonLines,
}

/// A file to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Where it will be, relative to the inbox; and is now, relative to the folder it is laid out in.
    pub path: PathBuf,
    /// How many articles it holds, counted without the desk's help.
    pub articles: u64,
    /// Its size.
    pub bytes: u64,
}

/// Lays out the first `limit` articles of an input in an empty folder; in the form [`Form::Files`] whole files,
/// until they hold so many.
///
/// # Errors
/// Where the input can't be read or is no corpus, or the folder can't be written to.
pub fn lay_out(input: &Path, form: Form, limit: usize, folder: &Path) -> anyhow::Result<Vec<Material>> {
    let mut layout = Layout { folder, files: Vec::new() };
    match form {
        Form::Files => layout.files_as_they_are(input, limit as u64)?,
        Form::Text => corpus::articles(input, limit, |article| {
            let name = format!("{}/{:07}.txt", folder_name(&article.source), layout.files.len());
            layout.put(name.into(), 1, article.to_text().as_bytes())
        })?,
        Form::Json => corpus::articles(input, limit, |article| {
            let name = format!("{:07}.json", layout.files.len());
            layout.put(name.into(), 1, article.json.as_bytes())
        })?,
        Form::JsonLines => {
            let mut waiting = Vec::new();
            corpus::articles(input, limit, |article| {
                waiting.push(article);
                if waiting.len() == LINES_A_FILE { layout.put_lines(&mut waiting) } else { Ok(()) }
            })?;
            layout.put_lines(&mut waiting)?;
        }
    }
    ensure!(!layout.files.is_empty(), "{} holds no file", input.display());
    Ok(layout.files)
}

struct Layout<'a> {
    folder: &'a Path,
    files: Vec<Material>,
}

impl Layout<'_> {
    fn put(&mut self, path: PathBuf, articles: u64, content: &[u8]) -> anyhow::Result<()> {
        let full = self.place(&path)?;
        write(&full, content).with_context(|| format!("can't write {}", full.display()))?;
        self.files.push(Material { path, articles, bytes: content.len() as u64 });
        Ok(())
    }

    fn put_lines(&mut self, articles: &mut Vec<Article>) -> anyhow::Result<()> {
        if articles.is_empty() {
            return Ok(());
        }
        let content: String = articles.iter().flat_map(|article| [article.json.as_str(), "\n"]).collect();
        let count = articles.drain(..).count() as u64;
        self.put(format!("{:07}.jsonl", self.files.len()).into(), count, content.as_bytes())
    }

    fn files_as_they_are(&mut self, input: &Path, limit: u64) -> anyhow::Result<()> {
        let mut articles = 0;
        for file in corpus::files(input)? {
            if articles >= limit {
                break;
            }
            let root = if input.is_dir() { input } else { input.parent().unwrap_or(input) };
            let mut path = file.strip_prefix(root).unwrap_or(&file).to_owned();
            let failed = || format!("can't copy {}", file.display());
            if corpus::is_gzip(&file) {
                path.set_extension("");
                let mut unpacked = BufWriter::new(File::create(self.place(&path)?).with_context(failed)?);
                copy_stream(&mut corpus::open(&file)?, &mut unpacked).with_context(failed)?;
                unpacked.flush().with_context(failed)?;
            } else {
                copy(&file, self.place(&path)?).with_context(failed)?;
            }
            let full = self.folder.join(&path);
            let bytes = full.metadata().with_context(failed)?.len();
            let material = Material { articles: articles_in(&full)?, path, bytes };
            articles += material.articles;
            self.files.push(material);
        }
        Ok(())
    }

    /// The full path of a file to be, its folder made.
    fn place(&self, path: &Path) -> anyhow::Result<PathBuf> {
        let full = self.folder.join(path);
        let folder = full.parent().unwrap_or(self.folder);
        create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        ensure!(!full.exists(), "two files of the input would both be {}: rename one", path.display());
        Ok(full)
    }
}

/// How many arrivals a file makes, by its name: a broken record is one too, and so is an empty file.
fn articles_in(path: &Path) -> anyhow::Result<u64> {
    let bytes = read(path).with_context(|| format!("can't read {}", path.display()))?;
    Ok(match Kind::of(path) {
        Kind::Text => 1,
        Kind::Lines => {
            let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            lines.count().max(1) as u64
        }
        Kind::Json if bytes.trim_ascii_start().starts_with(b"[") => {
            serde_json::from_slice::<Vec<IgnoredAny>>(&bytes).map_or(1, |articles| articles.len() as u64)
        }
        Kind::Json => {
            let objects = serde_json::Deserializer::from_slice(&bytes).into_iter::<IgnoredAny>();
            objects.count().max(1) as u64
        }
    })
}

/// A source's name as the name of a folder.
pub fn folder_name(source: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = source.chars().map(plain).collect();
    // A dot at the start would hide the folder from the desk.
    let name = name.trim_start_matches('.');
    if name.is_empty() { "default".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs::read_to_string;

    use super::*;

    fn input() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        let lines: String = (0..1203)
            .map(|n| format!("{{\"source\": \"web:a/../b\", \"title\": \"T{n}\", \"text\": \"Body {n}.\"}}\n"))
            .collect();
        write(folder.path().join("a.jsonl"), lines).expect("write");
        write(folder.path().join("b.json"), "[{\"text\": \"x\"}, {\"text\": \"y\"}]").expect("write");
        folder
    }

    fn sum(files: &[Material]) -> (usize, u64) {
        (files.len(), files.iter().map(|file| file.articles).sum())
    }

    #[test]
    fn every_form_holds_the_articles_asked_for() {
        let input = input();
        let laid = |form, limit| {
            let folder = tempfile::tempdir().expect("folder");
            let files = lay_out(input.path(), form, limit, folder.path()).expect("laid out");
            for file in &files {
                let on_disk = folder.path().join(&file.path).metadata().expect("file").len();
                assert_eq!(on_disk, file.bytes, "{}", file.path.display());
            }
            (files, folder)
        };
        let (files, folder) = laid(Form::Text, 7);
        assert_eq!(sum(&files), (7, 7));
        assert_eq!(files[3].path, Path::new("web-a-..-b/0000003.txt"));
        assert_eq!(read_to_string(folder.path().join(&files[3].path)).expect("file"), "T3\n\nBody 3.\n");
        assert_eq!(sum(&laid(Form::Json, 7).0), (7, 7));
        assert_eq!(sum(&laid(Form::JsonLines, 1203).0), (3, 1203));
        assert_eq!(sum(&laid(Form::Files, 1203).0), (1, 1203), "the second file is not needed");
        assert_eq!(sum(&laid(Form::Files, usize::MAX).0), (2, 1205));
    }

    #[test]
    fn a_source_is_never_a_path_or_hidden() {
        assert_eq!(folder_name("../../etc"), "-..-etc");
        assert_eq!((folder_name("..").as_str(), folder_name("fake.br").as_str()), ("default", "fake.br"));
    }
}
