//! `copydesk run`: the daemon.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use copydesk_article::VerdictKind;
use copydesk_ledger::Progress;
use copydesk_pipeline::{FileSource, supervise};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::{desk, logging};

/// Exit status after a stop that left articles in the outbox: they are delivered at the next start.
const LEFT_BEHIND: u8 = 3;

/// Signals that come together are one.
const ONE_STOP: Duration = Duration::from_secs(1);

/// Exit status after a second signal.
const TOLD_TWICE: i32 = 130;

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Where it can't start, or breaks too often.
pub fn run(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    logging::start("info");
    let config = Config::load(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let code = runtime.block_on(serve(&config));
    // Blocking calls that hang must not keep a process that has decided to end.
    runtime.shutdown_timeout(Duration::from_secs(5));
    code
}

async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    // Before anything else: a stop may be asked for at any time from here on.
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let recorder = copydesk_admin::install_recorder()?;
    let parts = desk::open(config, FileSource::Folders, None)?;
    let listener = copydesk_admin::listen(config.admin.listen).await?;
    let address = listener.local_addr().context("the admin address is gone")?;
    let before = parts.ledger.progress();
    tracing::info!(
        path = %config.intake.folder.display(),
        listen = %address,
        version = env!("CARGO_PKG_VERSION"),
        "copydesk starts"
    );

    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        let mut first: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // One stop may be told twice: to the process and to its group, as `timeout` does.
            if first.is_some_and(|at| at.elapsed() < ONE_STOP) {
                continue;
            }
            if first.is_some() {
                tracing::warn!("told again, ending at once; what is in flight is worked on again at the next start");
                std::process::exit(TOLD_TWICE);
            }
            tracing::info!("told to stop, draining");
            first = Some(Instant::now());
            asked.cancel();
        }
    });
    let ended = CancellationToken::new();
    let hang_limit = Duration::from_secs(config.pipeline.hang_secs);
    let status = std::sync::Arc::clone(&parts.status);
    let pages = tokio::spawn(copydesk_admin::serve(listener, status, recorder, hang_limit, ended.clone()));
    let result = supervise(&parts, stop).await;
    ended.cancel();
    pages.abort();

    let outcome = result?;
    say(&before, &parts.ledger.progress(), &outcome.laggards, started);
    Ok(if outcome.laggards.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(LEFT_BEHIND) })
}

/// One sentence at the end.
fn say(before: &Progress, after: &Progress, laggards: &[String], started: Instant) {
    let since = |kind| after.verdicts.get(kind) - before.verdicts.get(kind);
    tracing::info!(
        count = after.committed.0 - before.committed.0,
        original = since(VerdictKind::Original),
        duplicate = since(VerdictKind::Duplicate),
        near_duplicate = since(VerdictKind::NearDuplicate),
        revision = since(VerdictKind::Revision),
        filtered = since(VerdictKind::Filtered),
        quarantined = since(VerdictKind::Quarantined),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "copydesk stopped, nothing lost"
    );
    for sink in laggards {
        tracing::warn!(sink, "sink has not taken everything yet, the outbox keeps it for the next start");
    }
}
