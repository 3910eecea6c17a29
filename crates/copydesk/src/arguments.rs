//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A drop folder for news: cleans, deduplicates and annotates articles, and delivers each once.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Arguments {
    /// Configuration file [default: config/copydesk.toml, then /etc/copydesk/copydesk.toml]
    #[arg(short, long, global = true, env = "COPYDESK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch the drop folder and deliver what comes, until stopped
    Run,
    /// Take files, folders or standard input once, and write the records
    Ingest(Ingest),
    /// Say what is like an article, how much, and why
    Duplicates(Duplicates),
    /// Show what would become of a file: how it is read, what is cut and mended and why, names
    Preview(Preview),
    /// Say how the daemon is doing
    Status(Status),
    /// Tell the whole life of an article
    Trace(Trace),
    /// Look at what could not be worked on, and try it again
    Quarantine(Quarantine),
    /// Make the daemon's log say more or less until it ends
    LogLevel(LogLevel),
    /// List, show, retry or drop the articles that sinks rejected
    #[command(subcommand)]
    Rejected(Rejected),
    /// Send a sink again what it was sent before
    Replay(Replay),
    /// Say whether `run` would start, and if not, why and where; and what would keep it waiting
    Check(Check),
    /// Write a small configuration to start from
    Init(Init),
    /// Write man pages and shell completions, for packages
    #[command(hide = true)]
    Manual(Manual),
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Ask no server of a sink whether it is there
    #[arg(long)]
    pub offline: bool,
}

/// Arguments of `ingest`.
#[derive(Debug, Args)]
pub struct Ingest {
    /// Files and folders; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Deliver to the sinks of the configuration, with its ledger, instead of standard output
    #[arg(long)]
    pub configured: bool,

    /// Keep what could not be read here, with the reason beside it [default: only say so]
    #[arg(long, value_name = "FOLDER")]
    pub quarantine: Option<PathBuf>,
}

/// Arguments of `duplicates`.
#[derive(Debug, Args)]
pub struct Duplicates {
    /// Id of an article the desk has taken, or a file with articles it need not have seen
    #[arg(value_name = "ID|FILE")]
    pub article: String,

    /// One JSON object an article
    #[arg(long)]
    pub json: bool,
}

/// What to do about rejected articles. Needs no daemon, and stops none.
#[derive(Debug, Subcommand)]
pub enum Rejected {
    /// One line an article: sink, sequence, id, time, the store's words
    List {
        /// Only of this sink
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,
        /// One JSON object an article
        #[arg(long)]
        json: bool,
    },
    /// The store's words and the whole record, as JSON
    Show(RejectedArticles),
    /// Send them to their sink again, as they were
    Retry(RejectedArticles),
    /// Forget them
    Drop(RejectedArticles),
}

/// Which rejected articles.
#[derive(Debug, Args)]
pub struct RejectedArticles {
    /// Ids or sequences, as `list` shows them
    #[arg(value_name = "ARTICLE", required_unless_present = "all")]
    pub articles: Vec<String>,

    /// All of them
    #[arg(long, conflicts_with = "articles")]
    pub all: bool,

    /// Only of this sink
    #[arg(long, value_name = "NAME")]
    pub sink: Option<String>,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The sink
    #[arg(long, value_name = "NAME")]
    pub sink: String,

    /// Articles decided since then: a day (2026-11-01), a moment (2026-11-01T06:00Z), or so long ago (36h, 7d)
    #[arg(long, value_name = "WHEN")]
    pub since: String,

    /// Only what the outbox still holds, nothing from `done`
    #[arg(long)]
    pub outbox_only: bool,
}

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Only this record of the file, counted from 0
    #[arg(long, value_name = "N")]
    pub record: Option<u64>,

    /// One line of JSON a record, for tools
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// Id or URL of an article, or the path of a file, whole or its end
    #[arg(value_name = "ID|URL|PATH")]
    pub named: String,

    /// One JSON object an arrival
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `quarantine`.
#[derive(Debug, Args)]
pub struct Quarantine {
    /// What to do
    #[command(subcommand)]
    pub what: QuarantineCommand,

    /// One JSON object a file
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands on quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the files, with their reasons
    List,
    /// Show one: why it is there, and how it begins
    Show {
        /// DAY/NAME, as `list` says
        name: String,
    },
    /// Move files back into the inbox they came from
    Retry {
        /// DAY/NAME, as `list` says
        #[arg(required_unless_present = "all")]
        names: Vec<String>,
        /// All of them
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// Throw files away
    Drop {
        /// DAY/NAME, as `list` says
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// Arguments of `log-level`.
#[derive(Debug, Args)]
pub struct LogLevel {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,copydesk_pipeline=debug`
    pub level: String,
}

/// Arguments of `manual`.
#[derive(Debug, Args)]
pub struct Manual {
    /// Below which folder
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where to write it
    #[arg(default_value = "config/copydesk.toml", value_name = "FILE")]
    pub file: PathBuf,
}
