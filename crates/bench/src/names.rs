//! `names`: how fast names are found, by the processor time of the recogniser alone; with `--instructions`, how many
//! instructions a token takes, which tells a change of the code from a busy machine.
//!
//! `data/names.jsonl` are articles to count with, `data/names.instructions` what was counted when it was last recorded,
//! with the compiler of `rust-toolchain` or that of the day.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use copydesk_entities::{Input, count_tokens, model_bytes, recognise};
use serde::Deserialize;

use crate::corpus;
use crate::instructions;
use crate::process::{cpu_seconds, peak_memory_bytes};

/// Articles to count instructions with.
const ARTICLES: &str = "crates/bench/data/names.jsonl";
/// What was counted last.
const RECORDED: &str = "crates/bench/data/names.instructions";
/// So many more instructions than recorded are a regression.
const TOLERANCE: f64 = 1.03;

/// Options of `names`.
#[derive(Args, Debug)]
pub struct Options {
    /// English articles, `{"text": …}` a line; may be packed (`.gz`).
    #[arg(long, value_name = "FILE", default_value = ARTICLES)]
    input: PathBuf,
    /// Times that all of them are read.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Count instructions instead, under valgrind, and fail if there are more than recorded.
    #[arg(long)]
    instructions: bool,
    /// Measure nothing: what runs under valgrind, where the clock can't be asked.
    #[arg(long, hide = true)]
    unmeasured: bool,
    /// Record what is counted.
    #[arg(long, requires = "instructions")]
    record: bool,
}

/// An article to find names in.
#[derive(Deserialize)]
pub struct Article {
    /// Headline.
    pub title: Option<String>,
    /// Body.
    pub text: String,
}

/// Reads articles, at least one.
///
/// # Errors
/// Where they can't be read, or there are none.
pub fn read(path: &Path) -> anyhow::Result<Vec<Article>> {
    let mut articles: Vec<Article> = Vec::new();
    for line in corpus::lines(path)? {
        articles.push(serde_json::from_str(&line?.1)?);
    }
    ensure!(!articles.is_empty(), "there are no articles in {}", path.display());
    Ok(articles)
}

/// Reads the articles, finds their names a few times over, and prints what it took.
///
/// # Errors
/// Where the articles can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let articles = read(&options.input)?;
    let tokens: usize = articles.iter().map(|article| count_tokens(&article.text)).sum();
    if options.instructions {
        return count(options, tokens);
    }
    let find = |article: &Article| {
        let input =
            Input { title: article.title.as_deref(), text: &article.text, language: "en", parts: &[], published: None };
        recognise(&input).iter().map(|entity| entity.mentions.len()).sum::<usize>()
    };
    let mentions: usize = articles.iter().map(find).sum();
    let all_rounds = || {
        for _ in 0..options.rounds {
            articles.iter().for_each(|article| {
                std::hint::black_box(find(article));
            });
        }
    };
    if options.unmeasured {
        all_rounds();
        return Ok(());
    }
    let before = cpu_seconds("self")?;
    all_rounds();
    let seconds = cpu_seconds("self")?.since(before).total().max(0.01);
    let rounds = options.rounds as f64;
    println!("articles             {}", articles.len());
    println!("tokens               {tokens}");
    println!("mentions             {mentions}");
    println!("tokens a CPU second  {:.0}", tokens as f64 * rounds / seconds);
    println!("articles a CPU second {:.0}", articles.len() as f64 * rounds / seconds);
    println!("model bytes          {}", model_bytes());
    println!("peak memory bytes    {}", peak_memory_bytes("self")?);
    Ok(())
}

/// Counts the instructions of one round, as the difference of one and none.
fn count(options: &Options, tokens: usize) -> anyhow::Result<()> {
    let input = options.input.to_str().context("the name of the file is no text")?;
    let rounds = |rounds: &str| instructions::count(&["names", "--unmeasured", "--input", input, "--rounds", rounds]);
    let counted = (rounds("1")? - rounds("0")?) / tokens as u64;
    println!("instructions a token {counted}");
    if options.record {
        return std::fs::write(RECORDED, format!("{counted}\n")).with_context(|| format!("can't write {RECORDED}"));
    }
    let recorded = std::fs::read_to_string(RECORDED).with_context(|| format!("can't read {RECORDED}"))?;
    let recorded: u64 = recorded.trim().parse().with_context(|| format!("{RECORDED} holds no number"))?;
    println!("recorded             {recorded}");
    if counted as f64 > recorded as f64 * TOLERANCE {
        bail!("finding names takes {counted} instructions a token, {recorded} were recorded; mend it, or --record it");
    }
    Ok(())
}
