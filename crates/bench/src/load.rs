//! `load`: the real binary under a real load.
//!
//! The input is laid out beside the inbox (`material.rs`); the daemon starts on the default configuration with a
//! JSON Lines and an SQLite sink (`daemon.rs`) and, once it is ready, every file is renamed into its inbox: as
//! fast as that goes, or at a steady rate. The load is over when every file has left the inbox and both sinks
//! are level.
//!
//! Time from drop to delivery is taken for every record by itself, from the rename of its file until the record
//! stands in the output file (`growth.rs`). Without `--rate` that is mostly time in the queue; with it the
//! drops keep their schedule however slow the daemon is, so a daemon that falls behind shows it (no
//! coordinated omission).
//!
//! A load that lost something is no measurement: the counts of what went in, of the verdicts and of what each
//! sink took are compared, and a difference is a problem in the figures.

use std::collections::HashMap;
use std::fs::{create_dir_all, read_dir, rename};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;

use crate::daemon::{Daemon, Home, POLL, SINKS, binary};
use crate::figures::{Figures, Latency};
use crate::growth::{Appeared, Growth};
use crate::material::{Form, Material, lay_out};
use crate::metrics::Metrics;
use crate::process::{cpu_seconds, peak_memory_bytes};

/// A daemon that delivers nothing for so long, with files in its inbox, will not.
const STALL_LIMIT: Duration = Duration::from_secs(120);

/// Options of `load`.
#[derive(Args, Debug)]
pub struct Options {
    /// Folder (or one file) of articles: text, JSON, JSON Lines, and packed corpora (`.jsonl.gz`).
    #[arg(long, value_name = "FOLDER")]
    pub input: PathBuf,
    /// The daemon's binary; by default `copydesk` beside this program.
    #[arg(long, value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// How the articles are dropped.
    #[arg(long = "as", value_name = "FORM", default_value = "files")]
    pub form: Form,
    /// Only the first so many articles; with `--as files`, whole files until they hold so many.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    pub articles: usize,
    /// Articles dropped a second; by default as fast as they can be.
    #[arg(long, value_name = "ARTICLES_PER_SECOND", value_parser = positive)]
    pub rate: Option<f64>,
    /// Worker threads of the daemon; 0 for its default.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub workers: usize,
    /// Where the daemon's folder is made, and removed afterwards; the disk there is part of what is measured.
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub work: PathBuf,
    /// Print the figures as one line of JSON.
    #[arg(long)]
    pub json: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("a number above 0 is expected".to_owned()),
    }
}

/// Runs the load.
///
/// # Errors
/// Where the input can't be read, the daemon can't be started, ends early, or stalls. Wrong counts and a wrong
/// exit status are problems in the figures instead.
pub fn run(options: &Options) -> anyhow::Result<Figures> {
    let binary = binary(options.binary.as_deref())?;
    let work = tempfile::Builder::new()
        .prefix("copydesk-bench-")
        .tempdir_in(&options.work)
        .with_context(|| format!("can't make a folder in {}", options.work.display()))?;
    let staging = work.path().join("staging");
    let home = Home(work.path().join("desk"));
    home.prepare(options.workers)?;
    let files = lay_out(&options.input, options.form, options.articles, &staging)?;
    let inbox = home.inbox();
    for folder in files.iter().filter_map(|file| file.path.parent()) {
        let folder = inbox.join(folder);
        create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    }

    let mut daemon = Daemon::start(&binary, &home)?;
    let cpu_before = cpu_seconds(&daemon.process())?;
    let growth = Growth::watch(home.records());
    let start = Instant::now();
    let drops = drop_files(&files, &staging, &inbox, options.rate, &mut daemon)?;
    let (end, metrics) = wait_until_level(&mut daemon, &inbox, &growth)?;
    let cpu = cpu_seconds(&daemon.process())?.since(cpu_before);
    let peak_memory_bytes = peak_memory_bytes(&daemon.process())?;
    let status = daemon.stop()?;

    let records = growth.records()?;
    let articles = files.iter().map(|file| file.articles).sum();
    let input_bytes = files.iter().map(|file| file.bytes).sum();
    let mut problems = check_counts(articles, &metrics, records.len());
    if !status.success() {
        problems.push(format!("the daemon stopped with {status}{}", daemon.log_end()));
    }
    problems.extend(daemon.logged_errors()?.into_iter().map(|line| format!("the daemon logged: {line}")));
    let latencies = latencies(&records, &drops)?;
    let wall_seconds = end.duration_since(start).as_secs_f64();
    Ok(Figures {
        articles,
        files: files.len() as u64,
        input_bytes,
        wall_seconds,
        articles_per_second: articles as f64 / wall_seconds,
        bytes_per_second: input_bytes as f64 / wall_seconds,
        cpu_seconds: cpu,
        stage_busy_seconds: metrics.by("copydesk_stage_busy_seconds_total", "stage"),
        peak_memory_bytes,
        drop_to_delivered_ms: Latency::of(latencies),
        verdicts: metrics.by("copydesk_verdicts_total", "verdict"),
        delivered: metrics.by("copydesk_sink_delivered_total", "sink"),
        problems,
    })
}

/// Renames every file into the inbox; says when each was.
fn drop_files(
    files: &[Material],
    staging: &Path,
    inbox: &Path,
    rate: Option<f64>,
    daemon: &mut Daemon,
) -> anyhow::Result<HashMap<PathBuf, Instant>> {
    let (start, mut dropped) = (Instant::now(), 0);
    let mut drops = HashMap::with_capacity(files.len());
    for file in files {
        if let Some(rate) = rate {
            let due = start + Duration::from_secs_f64(dropped as f64 / rate);
            sleep(due.saturating_duration_since(Instant::now()));
            daemon.check_alive()?;
        }
        drops.insert(file.path.clone(), Instant::now());
        rename(staging.join(&file.path), inbox.join(&file.path))
            .with_context(|| format!("can't drop {}", file.path.display()))?;
        dropped += file.articles;
    }
    Ok(drops)
}

/// Waits until nothing is left to do; says since when, with the metrics at that time.
fn wait_until_level(daemon: &mut Daemon, inbox: &Path, growth: &Growth) -> anyhow::Result<(Instant, Metrics)> {
    let (mut bytes, mut moved) = (growth.bytes(), Instant::now());
    loop {
        daemon.check_alive()?;
        let now = Instant::now();
        if !holds_files(inbox)? {
            let metrics = daemon.metrics()?;
            let sum = |name| metrics.sum(name);
            let lag = sum("copydesk_sink_lag_articles");
            if lag == 0.0 && sum("copydesk_verdicts_total") >= sum("copydesk_arrivals_total") {
                return Ok((now, metrics));
            }
        }
        if growth.bytes() > bytes {
            (bytes, moved) = (growth.bytes(), now);
        }
        if now.duration_since(moved) > STALL_LIMIT {
            bail!("nothing was delivered for {STALL_LIMIT:?} and the load is not done{}", daemon.log_end());
        }
        sleep(POLL);
    }
}

/// Whether a file is anywhere below a folder; the first one found is enough.
fn holds_files(folder: &Path) -> anyhow::Result<bool> {
    let list = || format!("can't list {}", folder.display());
    let entries = match read_dir(folder) {
        // The desk makes and removes hidden folders as files leave.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        entries => entries.with_context(list)?,
    };
    for entry in entries {
        let entry = entry.with_context(list)?;
        if !entry.file_type().with_context(list)?.is_dir() || holds_files(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Compares what went in with what came out.
fn check_counts(articles: u64, metrics: &Metrics, records: usize) -> Vec<String> {
    let (articles, records) = (articles as f64, records as f64);
    let arrivals = metrics.sum("copydesk_arrivals_total");
    let verdicts = metrics.by("copydesk_verdicts_total", "verdict");
    let delivered = metrics.by("copydesk_sink_delivered_total", "sink");
    let kind = |kind: &str| verdicts.get(kind).copied().unwrap_or_default();
    let all: f64 = verdicts.values().sum();
    let mut problems = Vec::new();
    if arrivals != articles {
        problems.push(format!("{articles} articles were dropped, but {arrivals} arrived"));
    }
    if all != arrivals {
        problems.push(format!("{arrivals} articles arrived, but {all} have a verdict"));
    }
    for sink in SINKS {
        let took = delivered.get(sink).copied().unwrap_or_default();
        if took != records {
            problems.push(format!("sink {sink} took {took} records, but the JSON Lines file has {records}"));
        }
    }
    // Copies may be delivered or withheld, and the counters do not tell which.
    let most = all - kind("quarantined") - kind("filtered");
    if records < kind("original") || records > most {
        problems.push(format!("{records} records were delivered, but by the verdicts {} to {most}", kind("original")));
    }
    problems
}

/// Milliseconds from drop to delivery, of each record.
fn latencies(records: &[Appeared], drops: &HashMap<PathBuf, Instant>) -> anyhow::Result<Vec<f64>> {
    let mut latencies = Vec::with_capacity(records.len());
    for record in records {
        let dropped = drops.get(&record.path);
        ensure!(dropped.is_some(), "a record came from {}, which was never dropped", record.path.display());
        latencies.extend(dropped.map(|&at| record.at.saturating_duration_since(at).as_secs_f64() * 1000.0));
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "copydesk_arrivals_total 5\ncopydesk_verdicts_total{verdict=\"original\"} 3\n\
        copydesk_verdicts_total{verdict=\"duplicate\"} 1\ncopydesk_verdicts_total{verdict=\"quarantined\"} 1\n\
        copydesk_sink_delivered_total{sink=\"articles\"} 4\ncopydesk_sink_delivered_total{sink=\"store\"} 4\n";

    #[test]
    fn a_loss_anywhere_is_a_problem() {
        let check = |page: &str, articles, records| check_counts(articles, &Metrics::parse(page), records);
        assert_eq!(check(GOOD, 5, 4), Vec::<String>::new());
        assert!(check(GOOD, 6, 4)[0].contains("6 articles were dropped"));
        assert!(check(&GOOD.replace("original\"} 3", "original\"} 2"), 5, 4)[0].contains("have a verdict"));
        assert_eq!(check(&GOOD.replace("store\"} 4", "store\"} 3"), 5, 4).len(), 1);
        let lost = GOOD.replace("articles\"} 4", "articles\"} 2").replace("store\"} 4", "store\"} 2");
        assert!(check(&lost, 5, 2)[0].contains("3 to 4"));
    }

    #[test]
    fn the_inbox_is_empty_when_no_folder_holds_a_file() {
        let inbox = tempfile::tempdir().expect("folder");
        std::fs::create_dir_all(inbox.path().join("a/b")).expect("folders");
        assert!(!holds_files(inbox.path()).expect("listed"));
        std::fs::write(inbox.path().join("a/b/c.txt"), "x").expect("file");
        assert!(holds_files(inbox.path()).expect("listed"));
    }
}
