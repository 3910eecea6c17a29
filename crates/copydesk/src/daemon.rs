//! The daemon: one process and one ledger, and one generation of the pipeline after another.
//!
//! A generation is a pipeline built from one configuration. SIGHUP reads the configuration again: where it is wrong the
//! log says so and nothing stops; where it is right the generation at work drains as for a stop, and once its last task
//! has ended the next one starts from the ledger. If that one does not start, the configuration before it is taken
//! again. What a process has only one of, `[ledger]` and `[admin]`, is changed by a restart.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use copydesk_admin::{ReadToken, Setup};
use copydesk_article::VerdictKind;
use copydesk_ledger::Progress;
use copydesk_pipeline::{Ended, FileSource, GaveUp, Parts, supervise};
use copydesk_sinks::Secret;
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::commands::check;
use crate::config::Config;
use crate::logging::Level;
use crate::{desk, systemd};

/// Exit status after a stop that left articles in the outbox: they are delivered at the next start.
const LEFT_BEHIND: u8 = 3;

/// Signals that come together are one.
const ONE_STOP: Duration = Duration::from_secs(1);

/// Exit status after a second signal.
const TOLD_TWICE: i32 = 130;

/// Runs until told to stop. `file` is the configuration as it was named, to be read again; `level` that of the log.
///
/// # Errors
/// Where it can't start, or breaks too often.
pub async fn serve(file: Option<&Path>, config: Config, level: Level) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    // Before anything else: a stop may be asked for at any time from here on.
    let terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let hangup = signal(SignalKind::hangup()).context("can't listen for SIGHUP")?;
    let recorder = copydesk_admin::install_recorder()?;
    let parts = desk::open(&config, FileSource::Folders, None)?;
    let listener = copydesk_admin::listen(config.admin.listen).await?;
    let commands = copydesk_admin::listen_for_commands(&config.ledger.folder)?;
    let address = listener.local_addr().context("the admin address is gone")?;
    let (ledger, status) = (Arc::clone(&parts.ledger), Arc::clone(&parts.status));
    let before = ledger.progress();
    tracing::info!(
        path = %config.intake.folder.display(),
        listen = %address,
        page = format!("http://{address}/"),
        sinks = config.sinks.len(),
        count = before.committed.0,
        version = env!("CARGO_PKG_VERSION"),
        "copydesk starts"
    );

    let asked = CancellationToken::new();
    tokio::spawn(await_stop(terminate, interrupt, asked.clone()));
    let hang_limit = Duration::from_secs(config.pipeline.hang_secs);
    let watchdog = tokio::spawn(systemd::feed_watchdog(Arc::clone(&status), hang_limit));
    let ended = CancellationToken::new();
    let setup = Setup {
        status: Arc::clone(&status),
        recorder,
        hang_limit,
        token: config.admin.token.clone().map(read_token),
        set_log_level: Box::new(move |directives| level.set(directives)),
    };
    let admin = copydesk_admin::Desk::new(setup, desk::places(&config, &parts), ended.clone());
    let pages = [tokio::spawn(admin.clone().serve(listener)), tokio::spawn(admin.clone().serve_commands(commands))];
    systemd::ready();
    let result = generations(file.map(Path::to_owned), config, parts, hangup, asked, &admin).await;
    ended.cancel();
    pages.iter().for_each(tokio::task::JoinHandle::abort);
    watchdog.abort();

    let outcome = result?;
    let (retried, expired) = status.tally();
    let after = ledger.progress();
    let pending = oldest_pending(&*ledger, &status, &outcome);
    say(&before, &after, &Tally { retried, expired, pending, started });
    for sink in &outcome.laggards {
        tracing::warn!(sink, "sink has not taken everything yet, the outbox keeps it for the next start");
    }
    Ok(if outcome.laggards.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(LEFT_BEHIND) })
}

/// A token may be changed in its file without a restart.
fn read_token(secret: Secret) -> ReadToken {
    Box::new(move || secret.read().map(|token| token.expose().to_owned()).map_err(|error| error.to_string()))
}

async fn await_stop(mut terminate: Signal, mut interrupt: Signal, asked: CancellationToken) {
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
        systemd::stopping();
        first = Some(Instant::now());
        asked.cancel();
    }
}

/// Runs one generation after another until a stop is asked for.
async fn generations(
    file: Option<PathBuf>,
    mut config: Config,
    mut parts: Parts,
    mut hangup: Signal,
    asked: CancellationToken,
    admin: &copydesk_admin::Desk,
) -> anyhow::Result<Ended> {
    // What was taken before, while the newest has not yet shown that it starts.
    let mut before: Option<Config> = None;
    loop {
        let (result, next) = generation(file.as_deref(), &config, &parts, &mut hangup, &asked).await;
        let (taken, standby) = match (result, next) {
            (Ok(_), Some(next)) if !asked.is_cancelled() => {
                tracing::info!(path = %next.path.display(), "the new configuration is taken");
                let old = std::mem::replace(&mut config, next);
                (&config, Some(old))
            }
            (Ok(ended), _) => return Ok(ended),
            (Err(GaveUp::Start(fault)), _) if before.is_some() && !parts.status.is_watching() => {
                tracing::error!(error = %fault, "the new configuration does not start, going back to the one before");
                if let Some(old) = before.take() {
                    config = old;
                }
                (&config, None)
            }
            (Err(fault), _) => return Err(fault.into()),
        };
        parts.status.begin_generation();
        let (ledger, status) = (parts.ledger, parts.status);
        let build =
            |config: &Config| desk::parts(config, FileSource::Folders, None, Arc::clone(&ledger), Arc::clone(&status));
        (parts, before) = match (build(taken), standby) {
            (Ok(parts), standby) => (parts, standby),
            (Err(error), Some(old)) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the new configuration does not start, going back to the one before");
                config = old;
                (build(&config)?, None)
            }
            (Err(error), None) => return Err(error),
        };
        admin.move_to(desk::places(&config, &parts));
        systemd::ready();
    }
}

/// Runs one generation: how it ended, and the configuration that it made way for.
async fn generation(
    file: Option<&Path>,
    config: &Config,
    parts: &Parts,
    hangup: &mut Signal,
    asked: &CancellationToken,
) -> (Result<Ended, GaveUp>, Option<Config>) {
    let stop = CancellationToken::new();
    let running = supervise(parts, stop.clone());
    tokio::pin!(running);
    let mut next = None;
    loop {
        tokio::select! {
            result = &mut running => return (result, next),
            () = asked.cancelled(), if !stop.is_cancelled() => stop.cancel(),
            _ = hangup.recv(), if !stop.is_cancelled() => {
                match read_again(file, config).await {
                    Ok(config) => {
                        tracing::info!("told to reload, draining");
                        systemd::reloading();
                        next = Some(config);
                        stop.cancel();
                    }
                    Err(problem) => tracing::error!(
                        error = format!("{problem:#}"),
                        "the new configuration is refused, going on with the one before"
                    ),
                }
            }
        }
    }
}

/// The configuration as it stands now, checked as `check` does.
async fn read_again(file: Option<&Path>, running: &Config) -> anyhow::Result<Config> {
    let (file, ledger, admin) = (file.map(Path::to_owned), running.ledger.clone(), running.admin.clone());
    let read = tokio::task::spawn_blocking(move || {
        let config = Config::load(file.as_deref())?;
        anyhow::ensure!(config.ledger == ledger, "[ledger] can't change while the desk runs: restart it");
        anyhow::ensure!(config.admin == admin, "[admin] can't change while the desk runs: restart it");
        let problems = check::problems(&config);
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("; "));
        Ok(config)
    });
    read.await.context("the configuration could not be read")?
}

/// How long the oldest article waits that a sink has not taken.
fn oldest_pending(
    ledger: &dyn copydesk_ledger::Ledger,
    status: &copydesk_pipeline::Status,
    ended: &Ended,
) -> Option<Duration> {
    let sinks = status.sinks();
    let cursor = ended.laggards.iter().filter_map(|name| sinks.get(name)).map(|sink| sink.cursor).min()?;
    let row = ledger.arrival(cursor.next()).ok().flatten()?;
    Duration::try_from(Timestamp::now().duration_since(row.at)).ok()
}

struct Tally {
    retried: u64,
    expired: u64,
    pending: Option<Duration>,
    started: Instant,
}

/// One sentence at the end.
fn say(before: &Progress, after: &Progress, tally: &Tally) {
    let since = |kind| after.verdicts.get(kind) - before.verdicts.get(kind);
    let pending =
        tally.pending.map_or_else(|| "nothing pending".to_owned(), |age| format!("oldest pending {} s", age.as_secs()));
    let (lost, retried, quarantined) = (tally.expired, tally.retried, since(VerdictKind::Quarantined));
    tracing::info!(
        count = after.committed.0 - before.committed.0,
        original = since(VerdictKind::Original),
        duplicate = since(VerdictKind::Duplicate),
        near_duplicate = since(VerdictKind::NearDuplicate),
        revision = since(VerdictKind::Revision),
        filtered = since(VerdictKind::Filtered),
        quarantined,
        lost,
        retried,
        summary = format!("{lost} lost, {retried} retried, {quarantined} quarantined, {pending}"),
        duration_ms = u64::try_from(tally.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "copydesk stopped"
    );
}
