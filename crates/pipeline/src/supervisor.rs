//! Keeps the pipeline running: a run that breaks is started again from the ledger, so often and no more.
//!
//! Also the watchdog: work that does not end can't be stopped from inside, so the process ends and whoever
//! supervises it from outside starts it again; the ledger knows the suspects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_ledger::LedgerError;
use metrics::counter;
use tokio_util::sync::CancellationToken;

use crate::desk::{Ended, Fault, Parts, run};
use crate::metric;

/// Restarts are counted over so long.
const WINDOW: Duration = Duration::from_secs(600);

/// How often the watchdog looks.
const WATCH: Duration = Duration::from_secs(5);

/// Exit status of a process that the watchdog ended.
const HUNG: i32 = 70;

/// Why the desk gave up.
#[derive(Debug, thiserror::Error)]
pub enum GaveUp {
    /// Too many restarts.
    #[error("the pipeline broke {count} times in ten minutes, last with: {last}")]
    Restarts {
        /// How many.
        count: usize,
        /// The last fault.
        last: Fault,
    },
    /// What is left of a broken run is in the way of another.
    #[error("{0}: end the process")]
    Stuck(Fault),
    /// It could not start at all.
    #[error(transparent)]
    Start(Fault),
    /// The ledger could not be closed in good order.
    #[error(transparent)]
    Close(#[from] LedgerError),
}

/// Runs the desk until `stop` is cancelled or there are no more files.
///
/// # Errors
/// Where it could not start, or broke too often.
pub async fn supervise(parts: &Parts, stop: CancellationToken) -> Result<Ended, GaveUp> {
    let watchdog = tokio::spawn(watch(Arc::clone(&parts.status), parts.options.hang_secs));
    let ended = keep_running(parts, stop).await;
    watchdog.abort();
    let ended = ended?;
    let (ledger, status) = (Arc::clone(&parts.ledger), Arc::clone(&parts.status));
    match tokio::task::spawn_blocking(move || status.watch_call(|| ledger.mark_clean())).await {
        Ok(closed) => closed?,
        Err(error) => tracing::error!(error = %error, "the ledger could not be marked clean"),
    }
    Ok(ended)
}

async fn keep_running(parts: &Parts, stop: CancellationToken) -> Result<Ended, GaveUp> {
    let mut faults: VecDeque<Instant> = VecDeque::new();
    loop {
        parts.status.set_fault(None);
        let fault = match run(parts, stop.clone()).await {
            Ok(ended) => return Ok(ended),
            Err(fault @ (Fault::Intake(_) | Fault::Threads(_))) if faults.is_empty() => {
                return Err(GaveUp::Start(fault));
            }
            Err(fault @ (Fault::Stuck | Fault::NotDrained)) => return Err(GaveUp::Stuck(fault)),
            Err(fault) => fault,
        };
        faults.push_back(Instant::now());
        while faults.front().is_some_and(|at| at.elapsed() > WINDOW) {
            faults.pop_front();
        }
        parts.status.set_fault(Some(fault.to_string()));
        if faults.len() > parts.options.restarts as usize {
            tracing::error!(count = faults.len(), error = %fault, "the pipeline broke too often, giving up");
            return Err(GaveUp::Restarts { count: faults.len(), last: fault });
        }
        counter!(metric::RESTARTS, "stage" => fault.stage()).increment(1);
        tracing::error!(attempt = faults.len(), error = %fault, "the pipeline broke, starting again from the ledger");
        tokio::time::sleep(Duration::from_millis(200) * u32::try_from(faults.len()).unwrap_or(1)).await;
    }
}

async fn watch(status: Arc<crate::status::Status>, hang_secs: u64) {
    let limit = Duration::from_secs(hang_secs.max(1));
    let mut tick = tokio::time::interval(WATCH.min(limit / 2));
    loop {
        tick.tick().await;
        for (stage, time) in status.hung(limit / 4) {
            let duration_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(stage, duration_ms, "a stage has been at one step for long");
            if time > limit {
                tracing::error!(stage, duration_ms, "a stage hangs, ending the process so that it starts afresh");
                std::process::exit(HUNG);
            }
        }
    }
}
