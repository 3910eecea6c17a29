//! `make-load`: a folder of article files like the day of a newsroom, out of corpora.
//!
//! The articles are drawn without replacement. Half of them become plain-text files in a folder named after
//! their source, half lines of JSON Lines files; about one in ten is a reprint: the text of an article before it
//! under the name of another source. The same corpora, number and seed give the same files, byte for byte.

use std::fs::{create_dir_all, read_dir, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::{Map, Value};

use crate::corpus::{self, Article};
use crate::material::folder_name;
use crate::random::Random;

/// One article in so many is a reprint.
const REPRINTS_ONE_IN: usize = 10;
/// Articles in one JSON Lines file.
const LINES_A_FILE: usize = 100;

/// Options of `make-load`.
#[derive(Args, Debug)]
pub struct Options {
    /// Folder of corpora (see `load --input`).
    #[arg(long, value_name = "CORPUS_FOLDER")]
    pub from: PathBuf,
    /// How many articles, reprints included.
    #[arg(long, value_name = "N")]
    pub articles: usize,
    /// Where the files are written; made where it is missing, else it must be empty.
    #[arg(long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Decides the draw.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Makes the folder.
///
/// # Errors
/// Where a corpus can't be read or is too small, or the output can't be written.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let Options { from, articles, output, seed } = options;
    let failed = || format!("can't write to {}", output.display());
    create_dir_all(output).with_context(failed)?;
    let mut entries = read_dir(output).with_context(failed)?;
    ensure!(entries.next().is_none(), "{} is not empty: name another folder", output.display());

    let mut corpus = Vec::new();
    corpus::articles(from, usize::MAX, |article| {
        corpus.push(article);
        Ok(())
    })?;
    let mut random = Random::new(*seed);
    random.shuffle(&mut corpus);
    let drawn = draw(corpus, *articles, &mut random)?;
    let (mut lines, mut files) = (Vec::new(), 0);
    for (index, article) in drawn.iter().enumerate() {
        if random.below(2) == 0 {
            let folder = output.join(folder_name(&article.source));
            create_dir_all(&folder).with_context(failed)?;
            write(folder.join(format!("{index:07}.txt")), article.to_text()).with_context(failed)?;
            files += 1;
            continue;
        }
        lines.push(article.json.as_str());
        if lines.len() == LINES_A_FILE {
            write_lines(output, index, &mut lines)?;
            files += 1;
        }
    }
    if !lines.is_empty() {
        write_lines(output, drawn.len(), &mut lines)?;
        files += 1;
    }
    eprintln!("{} articles in {files} files", drawn.len());
    Ok(())
}

/// The articles of the load, in order.
fn draw(corpus: Vec<Article>, count: usize, random: &mut Random) -> anyhow::Result<Vec<Article>> {
    let available = corpus.len();
    let mut corpus = corpus.into_iter();
    let mut drawn: Vec<Article> = Vec::with_capacity(count);
    while drawn.len() < count {
        if !drawn.is_empty() && random.below(REPRINTS_ONE_IN) == 0 {
            let article = &drawn[random.below(drawn.len())];
            drawn.push(reprint(article, random)?);
            continue;
        }
        let article = corpus.next();
        ensure!(article.is_some(), "the corpora hold only {available} articles, too few for a load of {count}");
        drawn.extend(article);
    }
    Ok(drawn)
}

/// An article as one of a hundred other sources prints it: at no address of its own.
fn reprint(article: &Article, random: &mut Random) -> anyhow::Result<Article> {
    let mut object: Map<String, Value> = serde_json::from_str(&article.json).context("an article that is no object")?;
    let source = format!("reprints-{:02}", random.below(100));
    object.remove("url");
    object.insert("source".to_owned(), Value::String(source.clone()));
    let json = serde_json::to_string(&object).context("an article that can't be written as JSON")?;
    Ok(Article { source, json, ..article.clone() })
}

fn write_lines(output: &Path, index: usize, lines: &mut Vec<&str>) -> anyhow::Result<()> {
    let path = output.join(format!("lines-{index:07}.jsonl"));
    write(&path, lines.join("\n") + "\n").with_context(|| format!("can't write {}", path.display()))?;
    lines.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::read;

    use super::*;

    fn made(articles: usize, seed: u64) -> BTreeMap<PathBuf, Vec<u8>> {
        let (from, output) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
        let lines: String = (0..900)
            .map(|n| format!("{{\"source\":\"daily\",\"url\":\"https://example.org/{n}\",\"text\":\"Story {n}.\"}}\n"))
            .collect();
        write(from.path().join("a.jsonl"), lines).expect("write");
        let options = Options { from: from.path().to_owned(), articles, output: output.path().to_owned(), seed };
        run(&options).expect("made");
        assert!(run(&options).is_err(), "the folder is not empty");
        let files = corpus::files(output.path()).expect("files");
        let name = |path: &Path| path.strip_prefix(output.path()).expect("below").to_owned();
        files.iter().map(|path| (name(path), read(path).expect("file"))).collect()
    }

    #[test]
    fn the_seed_decides_every_byte() {
        assert_eq!(made(300, 5), made(300, 5));
        assert_ne!(made(300, 5), made(300, 6));
    }

    #[test]
    fn the_mix_is_as_promised() {
        let files = made(800, 1);
        let (lines, texts): (Vec<_>, Vec<_>) =
            files.iter().partition(|(path, _)| path.extension().is_some_and(|extension| extension == "jsonl"));
        let in_lines: usize = lines.iter().map(|(_, content)| content.split(|&byte| byte == b'\n').count() - 1).sum();
        assert_eq!(in_lines + texts.len(), 800);
        assert!((300..500).contains(&texts.len()), "{}", texts.len());
        let reprints = |path: &Path| path.to_string_lossy().starts_with("reprints-");
        let printed_again = texts.iter().filter(|(path, _)| reprints(path)).count();
        assert!((15..80).contains(&printed_again), "{printed_again}");
    }

    #[test]
    fn a_corpus_too_small_is_refused() {
        let article = |n: usize| Article {
            source: "daily".to_owned(),
            title: None,
            text: format!("Story {n}."),
            json: format!("{{\"text\":\"Story {n}.\"}}"),
        };
        let error = draw((0..10).map(article).collect(), 50, &mut Random::new(1)).expect_err("too small");
        assert!(error.to_string().contains("only 10 articles"), "{error}");
    }
}
