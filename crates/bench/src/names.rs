//! `names`: how fast names are found, by the processor time of the recogniser alone.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use copydesk_entities::{Input, count_tokens, model_bytes, recognise};
use serde::Deserialize;

use crate::corpus;
use crate::process::{cpu_seconds, peak_memory_bytes};

/// Options of `names`.
#[derive(Args, Debug)]
pub struct Options {
    /// English articles, `{"text": …}` a line; may be packed (`.gz`).
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Times that all of them are read.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[derive(Deserialize)]
struct Article {
    title: Option<String>,
    text: String,
}

/// Reads the articles, finds their names a few times over, and prints what it took.
///
/// # Errors
/// Where the articles can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut articles: Vec<Article> = Vec::new();
    for line in corpus::lines(&options.input)? {
        articles.push(serde_json::from_str(&line?.1)?);
    }
    ensure!(!articles.is_empty(), "there are no articles in {}", options.input.display());
    let tokens: usize = articles.iter().map(|article| count_tokens(&article.text)).sum();
    let find = |article: &Article| {
        let input = Input { title: article.title.as_deref(), text: &article.text, language: "en", published: None };
        recognise(&input).iter().map(|entity| entity.mentions.len()).sum::<usize>()
    };
    let mentions: usize = articles.iter().map(find).sum();
    let before = cpu_seconds("self")?;
    for _ in 0..options.rounds {
        articles.iter().for_each(|article| {
            std::hint::black_box(find(article));
        });
    }
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
