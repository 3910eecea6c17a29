//! `score-stream`: what a prediction left of the templates and took of the articles, by position in the stream.
//!
//! Counted in lines, because a template's lines are short and a reader meets each: of the lines that are no article
//! how many still stand, of those that are how many are missing. The title is neither.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::de::DeserializeOwned;

use crate::make_stream::Truth;

/// Parts of the stream that are scored apart.
const PARTS: usize = 10;

/// Options of `score-stream`.
#[derive(Args, Debug)]
pub struct Options {
    /// The truth that `make-stream` wrote.
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// The stream that `make-stream` wrote for `predict plain`: what there is to cut.
    #[arg(long, value_name = "FILE")]
    pub plain: PathBuf,
    /// Predictions.
    #[arg(long, value_name = "FILE")]
    pub pred: PathBuf,
}

/// Counts of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Articles.
    pub articles: usize,
    /// Template lines there were, and those that still stand.
    pub template: usize,
    /// See `template`.
    pub left: usize,
    /// Lines of articles there are, and those that are missing.
    pub body: usize,
    /// See `body`.
    pub lost: usize,
    /// Of these, stock paragraphs and subheadings.
    pub stock: usize,
    /// See `stock`.
    pub stock_lost: usize,
}

impl Score {
    /// Counts one article.
    pub fn add(&mut self, truth: &Truth, source: &str, predicted: &str) {
        let mut standing: HashMap<&str, usize> = HashMap::new();
        for line in lines(predicted).filter(|line| *line != truth.title) {
            *standing.entry(line).or_default() += 1;
        }
        self.articles += 1;
        self.body += truth.body.len();
        self.stock += truth.stock.len();
        self.template += lines(source).filter(|line| *line != truth.title).count() - truth.body.len();
        for line in &truth.body {
            match standing.get_mut(line.as_str()).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => {
                    self.lost += 1;
                    self.stock_lost += usize::from(truth.stock.contains(line));
                }
            }
        }
        self.left += standing.values().sum::<usize>();
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.body - self.lost;
        let precision = kept as f64 / (kept + self.left).max(1) as f64;
        let recall = kept as f64 / self.body.max(1) as f64;
        let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        write!(
            f,
            "{:6} articles  F1 {f1:.4}  P {precision:.4} R {recall:.4}  template left {:5.1} %  stock lost {}/{}",
            self.articles,
            share(self.left, self.template),
            self.stock_lost,
            self.stock
        )
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The scores of the parts of a stream, of all of it, and of the articles that don't say their site.
type Table = ([Score; PARTS], Score, Score);

/// Scores and prints a table.
///
/// # Errors
/// Where a file can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let (parts, all, unknown) = score(options)?;
    for (number, score) in parts.iter().enumerate() {
        println!("{:3} %  {score}", (number + 1) * 100 / PARTS);
    }
    println!("all    {all}\nno site{unknown}");
    Ok(())
}

fn score(options: &Options) -> anyhow::Result<Table> {
    let truths: BTreeMap<String, Truth> = read(&options.truth)?;
    let sources: BTreeMap<String, String> = read(&options.plain)?;
    let predictions: BTreeMap<String, String> = read(&options.pred)?;
    let mut parts = [Score::default(); PARTS];
    let (mut all, mut unknown) = (Score::default(), Score::default());
    for (id, truth) in &truths {
        let source = sources.get(id).with_context(|| format!("{id} is not in {}", options.plain.display()))?;
        let predicted = predictions.get(id).map_or("", String::as_str);
        let part = &mut parts[truth.position * PARTS / truths.len()];
        for score in [part, &mut all] {
            score.add(truth, source, predicted);
        }
        if !truth.knows_site {
            unknown.add(truth, source, predicted);
        }
    }
    Ok((parts, all, unknown))
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
    serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{} is not of this task", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::make_stream;
    use crate::predict::{self, Task};

    fn made(seed: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().to_owned();
        let options = make_stream::Options { articles: 900, sites: 6, a_day: 30, output, seed };
        make_stream::run(&options).expect("made");
        folder
    }

    fn scored(folder: &Path, task: Task, input: &str) -> Table {
        let pred = folder.join("pred.json");
        predict::run(&predict::Options { task, input: folder.join(input), output: pred.clone() }).expect("predicted");
        score(&Options { truth: folder.join("truth.json"), plain: folder.join("plain.json"), pred }).expect("scored")
    }

    #[test]
    fn learning_takes_the_templates_and_none_of_the_articles() {
        let folder = made(4);
        let (_, without, _) = scored(folder.path(), Task::Plain, "plain.json");
        let (parts, with, _) = scored(folder.path(), Task::Stream, "stream.jsonl");
        assert_eq!((with.body, with.articles), (without.body, 900), "{with}");
        assert!(with.lost <= without.lost && with.stock_lost <= without.stock_lost, "learning takes none: {with}");
        assert!(with.lost * 1000 < with.body, "the other rules take next to none: {with}");
        assert!(with.left * 3 < without.left, "most of what the rules leave is learned: {without}");
        assert!(with.left * 3 < with.template, "{with}");
        for (number, part) in parts.iter().enumerate() {
            let settled = matches!(number, 3 | 4 | 8 | 9);
            assert!(!settled || part.left * 8 < part.template, "part {number}: {part}");
        }
        assert!(parts[5].left > parts[4].left, "a redesign must be learned anew, or it was none");
    }

    #[test]
    fn the_seed_decides_every_byte() {
        let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join("stream.jsonl")).expect("read");
        let (one, same, other) = (read(&made(1)), read(&made(1)), read(&made(2)));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
