//! `copydesk ingest PATH…`: one shot over files, folders or standard input.
//!
//! The same pipeline as the daemon, on a ledger that lasts as long as the command, with records on standard
//! output; with `--configured`, on the configuration's ledger and sinks. Files stay where they are.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use copydesk_article::VerdictKind;
use copydesk_pipeline::{FileSource, Parts, supervise};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::files;
use crate::arguments::Ingest;
use crate::config::Config;
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
        (None, false) => Config::alone(scratch.path()),
    };
    if let Some(quarantine) = &ingest.quarantine {
        config.intake.quarantine.clone_from(quarantine);
    }
    config.pipeline.stop_secs = u64::from(u32::MAX);
    config.pipeline.restarts = 0;
    let files = files::all(&ingest.paths, &config, scratch.path())?;
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
    let filtered = since(VerdictKind::Filtered);
    if std::io::stderr().is_terminal() || quarantined > 0 || filtered > 0 {
        eprintln!(
            "{} articles: {} original, {} duplicate, {} near duplicate, {} revision, {filtered} left out, {quarantined} not readable",
            after.committed.0 - before.committed.0,
            since(VerdictKind::Original),
            since(VerdictKind::Duplicate),
            since(VerdictKind::NearDuplicate),
            since(VerdictKind::Revision),
        );
    }
    if quarantined > 0 { ExitCode::from(QUARANTINED) } else { ExitCode::SUCCESS }
}
