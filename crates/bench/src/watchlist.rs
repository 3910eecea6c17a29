//! `watchlist`: what names watched for cost, from ten to a hundred thousand of them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use copydesk_entities::{Input, Recogniser, WatchFormat, Watchlist};

use crate::names::{Article, read};
use crate::process::{peak_memory_bytes, thread_cpu_seconds};
use crate::random::Random;

/// Options of `watchlist`.
#[derive(Args, Debug)]
pub struct Options {
    /// English articles, `{"text": …}` a line; may be packed (`.gz`). The names are made of their words.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Sizes of the list.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 10, 1_000, 10_000, 100_000])]
    names: Vec<usize>,
    /// Seed of the names.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Prints a line a size: seconds to read the list, microseconds an article with it, how many were found.
///
/// # Errors
/// Where the articles can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let articles = read(&options.input)?;
    let words: Vec<&str> = articles
        .iter()
        .flat_map(|article| article.text.split_whitespace())
        .filter(|word| word.len() > 3 && word.chars().all(char::is_alphabetic))
        .collect();
    ensure!(!words.is_empty(), "there are no words in {}", options.input.display());
    println!("names     reading s   us an article   found   peak memory bytes");
    for &count in &options.names {
        let list = made_up(&words, count, options.seed);
        let before = thread_cpu_seconds();
        let list = Arc::new(Watchlist::parse(&list, WatchFormat::Csv)?);
        let reading = thread_cpu_seconds() - before;
        let recogniser =
            if count == 0 { Recogniser::default() } else { Recogniser::default().watching(Arc::clone(&list)) };
        let find = |article: &Article| {
            let input = Input {
                title: article.title.as_deref(),
                text: &article.text,
                language: "en",
                parts: &[],
                published: None,
            };
            let is_watched = |id: &String| id.starts_with("watch:");
            recogniser.recognise(&input).entities.iter().filter(|entity| entity.ids.iter().any(is_watched)).count()
        };
        // The models are made ready at first use.
        find(&articles[0]);
        let before = thread_cpu_seconds();
        let found: usize = articles.iter().map(find).sum();
        let each = (thread_cpu_seconds() - before) / articles.len() as f64 * 1e6;
        println!("{count:<9} {reading:<11.3} {each:<15.0} {found:<7} {}", peak_memory_bytes("self")?);
    }
    Ok(())
}

/// Names of two or three words, each with an alias.
fn made_up(words: &[&str], count: usize, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut list = String::from("id,name,aliases,type\n");
    for number in 0..count {
        let name: Vec<String> =
            (0..2 + random.below(2)).map(|_| capitalised(words[random.below(words.len())])).collect();
        list.push_str(&format!("{number},{},{} {number},ORG\n", name.join(" "), name[0]));
    }
    list
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
