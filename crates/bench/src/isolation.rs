//! `isolation`: what a sink that hangs costs the others.
//!
//! The real binary takes the same files twice, once with its two sinks alone (JSON Lines and SQLite, as `load` has them)
//! and once with a third that accepts connections and never answers, far below its limit. Which comes first alternates.
//! The figure is the throughput into the two with the third beside them, as a part of that without it: the median over
//! pairs of runs, since a machine is never the same twice.

use std::fs::{create_dir_all, rename};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;

use crate::daemon::{Daemon, Home, POLL, SINKS, binary};
use crate::material::{Form, lay_out};
use crate::process::cpu_seconds;

/// Longer than any run takes that gets anywhere.
const PATIENCE: Duration = Duration::from_secs(900);

/// Options of `isolation`.
#[derive(Args, Debug)]
pub struct Options {
    /// Folder (or one file) of articles, as `load` takes them.
    #[arg(long, value_name = "FOLDER")]
    pub input: PathBuf,
    /// The daemon's binary; by default `copydesk` beside this program.
    #[arg(long, value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// Only the first so many articles.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    pub articles: usize,
    /// Pairs of runs.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub pairs: usize,
    /// Where the daemon's folders are made, and removed afterwards.
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub work: PathBuf,
}

/// What one run came to.
struct Run {
    /// Into each of the two sinks.
    articles_per_second: f64,
    cpu_seconds: f64,
}

/// Runs the pairs and prints them.
///
/// # Errors
/// Where the input can't be read, or a daemon does not deliver.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary(options.binary.as_deref())?;
    let hanging = TcpListener::bind("127.0.0.1:0").context("can't listen")?;
    let address = hanging.local_addr().context("it has no address")?;
    // Never accepted by us: the system accepts a few, and nobody answers.
    let sink = format!(
        "[sinks.hanging]\ntype = \"webhook\"\nurl = \"http://{address}/\"\nrequired = false\ntimeout_secs = 3600\n"
    );
    let mut ratios = Vec::new();
    for pair in 0..options.pairs.max(1) {
        let (alone, beside) = if pair % 2 == 0 {
            let alone = one(options, &binary, "")?;
            (alone, one(options, &binary, &sink)?)
        } else {
            let beside = one(options, &binary, &sink)?;
            (one(options, &binary, "")?, beside)
        };
        let ratio = beside.articles_per_second / alone.articles_per_second;
        println!(
            "alone {:.0} articles/s, {:.2} CPU s; beside one that hangs {:.0} articles/s, {:.2} CPU s: {:.1} %",
            alone.articles_per_second,
            alone.cpu_seconds,
            beside.articles_per_second,
            beside.cpu_seconds,
            100.0 * ratio
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median of {} pairs: {:.1} %", ratios.len(), 100.0 * ratios[ratios.len() / 2]);
    Ok(())
}

fn one(options: &Options, binary: &Path, more: &str) -> anyhow::Result<Run> {
    let work = tempfile::Builder::new()
        .prefix("copydesk-bench-")
        .tempdir_in(&options.work)
        .with_context(|| format!("can't make a folder in {}", options.work.display()))?;
    let staging = work.path().join("staging");
    let home = Home(work.path().join("desk"));
    home.prepare(0)?;
    home.add(more)?;
    let files = lay_out(&options.input, Form::Files, options.articles, &staging)?;
    let articles: u64 = files.iter().map(|file| file.articles).sum();
    let inbox = home.inbox();
    for folder in files.iter().filter_map(|file| file.path.parent()) {
        create_dir_all(inbox.join(folder)).context("can't make a folder in the inbox")?;
    }
    let mut daemon = Daemon::start(binary, &home)?;
    let cpu = cpu_seconds(&daemon.process())?;
    let start = Instant::now();
    for file in &files {
        rename(staging.join(&file.path), inbox.join(&file.path))
            .with_context(|| format!("can't drop {}", file.path.display()))?;
    }
    let metrics = loop {
        let metrics = daemon.metrics()?;
        let lag = metrics.by("copydesk_sink_lag_articles", "sink");
        let is_level = SINKS.iter().all(|sink| lag.get(*sink) == Some(&0.0));
        if is_level && metrics.sum("copydesk_verdicts_total") >= articles as f64 {
            break metrics;
        }
        daemon.check_alive()?;
        if start.elapsed() > PATIENCE {
            bail!("the load is not done after {PATIENCE:?}{}", daemon.log_end());
        }
        sleep(POLL);
    };
    let seconds = start.elapsed().as_secs_f64();
    let delivered = metrics.by("copydesk_sink_delivered_total", "sink");
    let taken = delivered.get(SINKS[0]).copied().unwrap_or_default();
    if !more.is_empty() {
        let pending = metrics.by("copydesk_sink_pending_bytes", "sink");
        let hangs = delivered.get("hanging").copied().unwrap_or_default() == 0.0;
        let is_behind = pending.get("hanging").is_some_and(|bytes| *bytes > 0.0);
        ensure!(
            hangs && is_behind && metrics.sum("copydesk_sink_expired_total") == 0.0,
            "the third sink does not hang"
        );
    }
    let cpu = cpu_seconds(&daemon.process())?.since(cpu).total();
    // Dropped, it is killed: a stop in good order would wait for the one that hangs.
    Ok(Run { articles_per_second: taken / seconds, cpu_seconds: cpu })
}
