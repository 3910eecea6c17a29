//! The stages, one a file, in the order an article meets them.

pub mod admission;
mod amend;
pub mod clean;
pub mod commit;
pub mod dedup;
pub mod entities;
mod judge;
pub mod near_dedup;

use std::sync::Arc;
use std::time::Duration;

use copydesk_ledger::{Ledger, LedgerError};
use metrics::counter;
use tokio_util::sync::CancellationToken;

use crate::metric;
use crate::status::Status;

/// How long to wait before a failed ledger call is repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The ledger with what every caller does about its failures: say so, wait, repeat. A full disk is an ordinary
/// day: nothing is released until the call has worked.
#[derive(Clone)]
pub struct PatientLedger {
    ledger: Arc<dyn Ledger>,
    status: Arc<Status>,
    /// Ends the waiting; the pipeline is then being given up.
    kill: CancellationToken,
}

/// The pipeline is being given up.
#[derive(Debug, thiserror::Error)]
#[error("the pipeline is being given up")]
pub struct GivenUp;

impl PatientLedger {
    pub fn new(ledger: Arc<dyn Ledger>, status: Arc<Status>, kill: CancellationToken) -> Self {
        Self { ledger, status, kill }
    }

    /// The ledger itself, for calls that never fail.
    pub fn ledger(&self) -> &dyn Ledger {
        self.ledger.as_ref()
    }

    /// Repeats a call until it works. Blocks: never call it from an async thread.
    pub fn call<T>(&self, call: impl Fn(&dyn Ledger) -> Result<T, LedgerError>) -> Result<T, GivenUp> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1_u32;
        loop {
            match self.status.watch_call(|| call(self.ledger.as_ref())) {
                Ok(value) => {
                    if attempt > 1 {
                        tracing::warn!(attempt, "the ledger works again");
                        self.status.set_ledger_error(None);
                    }
                    return Ok(value);
                }
                Err(error) => {
                    counter!(metric::LEDGER_ERRORS).increment(1);
                    tracing::error!(attempt, error = %error, "ledger call failed, nothing is released, will repeat it");
                    self.status.set_ledger_error(Some(error.to_string()));
                }
            }
            if self.kill.is_cancelled() {
                return Err(GivenUp);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt = attempt.saturating_add(1);
        }
    }

    /// [`PatientLedger::call`] from an async task.
    pub async fn call_async<T: Send + 'static>(
        &self,
        call: impl Fn(&dyn Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, GivenUp> {
        let patient = self.clone();
        tokio::task::spawn_blocking(move || patient.call(call)).await.unwrap_or(Err(GivenUp))
    }
}
