//! `copydesk ingest PATH…`: one shot over files, folders or standard input.
//!
//! The same pipeline as the daemon, on a ledger that lasts as long as the command, with records on standard
//! output; with `--configured`, on the configuration's ledger and sinks. Files stay where they are.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use copydesk_article::VerdictKind;
use copydesk_disk::Generation;
use copydesk_intake::Found;
use copydesk_pipeline::{FileSource, NamedFile, Options, Parts, supervise};
use copydesk_sinks::{SinkOptions, StdoutOptions};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::arguments::Ingest;
use crate::config::{AdminConfig, CleanConfig, Config, SinkCommon, SinkConfig};
use crate::{desk, logging};

/// Failures in a row after which a sink ends the run: nobody is there to wait for it.
const SINK_TRIES: u32 = 6;

/// Exit status when something could not be read.
const QUARANTINED: u8 = 2;

/// Takes the paths once.
///
/// # Errors
/// Where a path is not there, or the run breaks.
pub fn run(config: Option<&Path>, ingest: &Ingest) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let mut config = match (config, ingest.configured) {
        (_, true) => Config::load(config)?,
        (Some(_), false) => bail!("a configuration is named: add --configured to use its sinks and ledger"),
        (None, false) => alone(scratch.path()),
    };
    if let Some(quarantine) = &ingest.quarantine {
        config.intake.quarantine.clone_from(quarantine);
    }
    config.pipeline.stop_secs = u64::from(u32::MAX);
    config.pipeline.restarts = 0;
    let files = files(&ingest.paths, &config, scratch.path())?;
    let bytes = files.iter().map(|file| file.found.generation.bytes).sum();
    // Whoever reads our output does not come back; a store may.
    let tries = if ingest.configured { SINK_TRIES } else { 1 };
    let parts = desk::open(&config, FileSource::Named(files), Some(tries))?;
    let before = parts.ledger.progress();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let result = runtime.block_on(async {
        let bar = tokio::spawn(show_progress(Arc::clone(&parts.ledger), bytes));
        let result = supervise(&parts, CancellationToken::new()).await;
        bar.abort();
        result
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    result?;
    Ok(summary(&parts, &before))
}

/// A desk without a configuration: everything it keeps goes with the command.
fn alone(scratch: &Path) -> Config {
    let ledger = copydesk_ledger::Options { folder: scratch.join("ledger"), ..copydesk_ledger::Options::default() };
    let intake = copydesk_intake::Options {
        folder: scratch.join("inbox"),
        quarantine: scratch.join("quarantine"),
        ..copydesk_intake::Options::default()
    };
    let common = SinkCommon {
        kind: "stdout".to_owned(),
        required: true,
        limit_bytes: 1 << 30,
        batch_articles: 500,
        batch_bytes: 8 << 20,
    };
    let stdout = SinkConfig { common, options: SinkOptions::Stdout(StdoutOptions::default()) };
    Config {
        path: PathBuf::new(),
        intake,
        inboxes: Vec::new(),
        sources: BTreeMap::new(),
        source_rules: BTreeMap::new(),
        filter: copydesk_pipeline::Filter::default(),
        ledger,
        // A small disk may still hold a small job.
        pipeline: Options { free_space_reserve_bytes: 0, ..Options::default() },
        policies: copydesk_pipeline::Policies::default(),
        clean: CleanConfig::default(),
        admin: AdminConfig::default(),
        sinks: BTreeMap::from([("stdout".to_owned(), stdout)]),
    }
}

/// The files the paths name, folders looked through, in order of modification time and path.
fn files(paths: &[PathBuf], config: &Config, scratch: &Path) -> anyhow::Result<Vec<NamedFile>> {
    let mut files = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        if path == Path::new("-") {
            files.push(spooled(&mut std::io::stdin().lock(), &scratch.join(format!("stdin-{number}")))?);
            continue;
        }
        let metadata = std::fs::metadata(path).with_context(|| format!("can't take {}", path.display()))?;
        if !metadata.is_dir() && !metadata.is_file() {
            // A pipe, as `<(command)` makes one: it can be read once only.
            let mut pipe = std::fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?;
            files.push(spooled(&mut pipe, &scratch.join(format!("pipe-{number}")))?);
            continue;
        }
        if metadata.is_dir() {
            let found = copydesk_intake::list(path, &config.intake.own_folders)
                .with_context(|| format!("can't look through {}", path.display()))?;
            let root = path.canonicalize().with_context(|| format!("can't take {}", path.display()))?;
            files.extend(found.into_iter().map(|found| NamedFile { root: root.clone(), found }));
        } else {
            files.push(named(path)?);
        }
    }
    Ok(files)
}

/// What a stream holds, as a file.
fn spooled(from: &mut dyn std::io::Read, spool: &Path) -> anyhow::Result<NamedFile> {
    let mut file = std::fs::File::create(spool).with_context(|| format!("can't write {}", spool.display()))?;
    std::io::copy(from, &mut file).context("can't read the input")?;
    named(spool)
}

/// A file by its folder and name. A link named on the command line is meant, so it is followed.
fn named(path: &Path) -> anyhow::Result<NamedFile> {
    let full = path.canonicalize().with_context(|| format!("can't take {}", path.display()))?;
    let (Some(root), Some(name)) = (full.parent(), full.file_name()) else { bail!("{} names no file", path.display()) };
    let generation = Generation::of_path(&full)?;
    Ok(NamedFile { root: root.to_owned(), found: Found { path: PathBuf::from(name), generation, follow: false } })
}

/// A bar on a terminal, nothing elsewhere.
async fn show_progress(ledger: Arc<dyn copydesk_ledger::Ledger>, bytes: u64) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} articles of {msg} of input, {per_sec}, {elapsed}")
    {
        bar.set_style(style);
    }
    bar.set_message(indicatif::HumanBytes(bytes).to_string());
    let start = ledger.progress().committed.0;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        bar.set_position(ledger.progress().committed.0 - start);
    }
}

fn summary(parts: &Parts, before: &copydesk_ledger::Progress) -> ExitCode {
    let after = parts.ledger.progress();
    let since = |kind| after.verdicts.get(kind) - before.verdicts.get(kind);
    let quarantined = since(VerdictKind::Quarantined);
    if std::io::stderr().is_terminal() || quarantined > 0 {
        eprintln!(
            "{} articles: {} original, {} duplicate, {quarantined} not readable",
            after.committed.0 - before.committed.0,
            since(VerdictKind::Original),
            since(VerdictKind::Duplicate),
        );
    }
    if quarantined > 0 { ExitCode::from(QUARANTINED) } else { ExitCode::SUCCESS }
}
