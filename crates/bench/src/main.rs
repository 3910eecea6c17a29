//! The bench: how fast the desk is, and how good.
//!
//! A tool for the people who build the desk; it is not shipped. Its commands:
//!
//! - `load` drives the real binary on real files and measures it from outside (`load.rs`): throughput,
//!   processor time, memory, and how long an article takes from its drop to its record.
//! - `predict` runs one part of the desk over a test set (`predict/`), through the same public functions as
//!   the stages and with the default configuration, so that a score is a score of the desk.
//! - `scale-dedup` streams millions of made-up articles (`synthesis.rs`) through fingerprinting, judging and the
//!   ledger's index (`scale_dedup.rs`).
//! - `scan` starts it on a million files and says when it has seen them all (`scan.rs`).
//! - `names` finds the names in English articles over and over and prints how fast, or in how many instructions
//!   (`names.rs`); `watchlist` says what names watched for cost (`watchlist.rs`).
//! - `isolation` measures what a sink that hangs costs the others (`isolation.rs`).
//! - `sinks` measures how many articles a second each sink of a configuration takes (`sinks.rs`).
//! - `make-load` makes a folder of article files for `load` out of corpora (`make_load.rs`).
//! - `make-stream` makes a stream of articles in the templates of their sites (`make_stream.rs`); `score-stream` says
//!   what a prediction of `predict stream` left of the templates and took of the articles, by position.
//! - `score-scripts` cleans pages made of every language of a set and scores the bodies (`score_scripts.rs`);
//!   `score-unsure` asks whether `und` is said when it should be (`score_unsure.rs`); `score-meta` scores a prediction of
//!   `predict meta`, with what is answered where a page has none (`score_meta.rs`).

mod corpus;
mod daemon;
mod figures;
mod growth;
mod instructions;
mod isolation;
mod load;
mod make_load;
mod make_stream;
mod material;
mod metrics;
mod names;
mod percentile;
mod predict;
mod process;
mod random;
mod scale_dedup;
mod scan;
mod score_meta;
mod score_scripts;
mod score_stream;
mod score_unsure;
mod sinks;
mod synthesis;
mod watchlist;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Quality and throughput of copydesk.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Drive the real binary with a folder of articles and measure it.
    Load(load::Options),
    /// Run one part of the desk over a test set and write its predictions.
    Predict(predict::Options),
    /// Stream made-up articles through fingerprinting, judging and the ledger's index, and measure them.
    ScaleDedup(scale_dedup::Options),
    /// Start the real binary on a great many files, in the drop folder or in `done`.
    Scan(scan::Options),
    /// Find the names in English articles over and over and print how fast that was.
    Names(names::Options),
    /// Find names with watchlists of several sizes and print what each costs.
    Watchlist(watchlist::Options),
    /// Give records to the sinks of a configuration and measure them.
    Sinks(sinks::Options),
    /// Run the real binary with and without a sink that hangs beside the others, and compare.
    Isolation(isolation::Options),
    /// Make a folder of article files out of corpora, the same ones for the same seed.
    MakeLoad(make_load::Options),
    /// Make a stream of articles in the templates of their sites, with what is article in each.
    MakeStream(make_stream::Options),
    /// Score predictions of a stream, by position.
    ScoreStream(score_stream::Options),
    /// Clean pages made of every language of a set and score what is found.
    ScoreScripts(score_scripts::Options),
    /// Ask whether the language is called unknown when it should be.
    ScoreUnsure(score_unsure::Options),
    /// Score predictions of title, author and date.
    ScoreMeta(score_meta::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Load(options) => load(&options),
        Command::Predict(options) => predict::run(&options).map(|()| ExitCode::SUCCESS),
        Command::ScaleDedup(options) => scale_dedup::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Scan(options) => scan::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Names(options) => names::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Watchlist(options) => watchlist::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Sinks(options) => sinks::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Isolation(options) => isolation::run(&options).map(|()| ExitCode::SUCCESS),
        Command::MakeLoad(options) => make_load::run(&options).map(|()| ExitCode::SUCCESS),
        Command::MakeStream(options) => make_stream::run(&options).map(|()| ExitCode::SUCCESS),
        Command::ScoreStream(options) => score_stream::run(&options).map(|()| ExitCode::SUCCESS),
        Command::ScoreScripts(options) => score_scripts::run(&options).map(|()| ExitCode::SUCCESS),
        Command::ScoreUnsure(options) => score_unsure::run(&options).map(|()| ExitCode::SUCCESS),
        Command::ScoreMeta(options) => score_meta::run(&options).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        // One line with all causes: scripts show the last line of what a failed command said.
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn load(options: &load::Options) -> anyhow::Result<ExitCode> {
    let figures = load::run(options)?;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        println!("{figures}");
    }
    Ok(if figures.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
