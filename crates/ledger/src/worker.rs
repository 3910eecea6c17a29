//! A thread that works off what is waiting, started when there is something and gone when there is nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::LedgerError;

/// What the thread and those who wait for it share.
#[derive(Default)]
pub struct Signals {
    /// The ledger is being closed: what is not done the next start does.
    pub stop: AtomicBool,
    failed: Mutex<Option<LedgerError>>,
}

impl Signals {
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Notes why the thread gave up, for whoever waits next.
    pub fn fail(&self, error: LedgerError) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// The thread, one at a time.
pub struct Worker {
    /// What it writes; the thread's name, too.
    name: &'static str,
    signals: Arc<Signals>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    pub const fn new(name: &'static str, signals: Arc<Signals>) -> Self {
        Self { name, signals, thread: Mutex::new(None) }
    }

    /// Sees to it that somebody works, until `work` returns.
    pub fn tend(&self, work: impl FnOnce() + Send + 'static) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        match std::thread::Builder::new().name(self.name.to_owned()).spawn(work) {
            Ok(handle) => *thread = Some(handle),
            Err(error) => tracing::error!(error = %error, what = self.name, "could not start the thread that writes"),
        }
    }

    /// Waits for the thread to end.
    ///
    /// # Errors
    /// Why it gave up.
    pub fn settle(&self) -> Result<(), LedgerError> {
        self.join();
        self.signals.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(
                what = self.name,
                "the thread that writes panicked; it is started again with the next work"
            );
        }
    }
}

impl Drop for Worker {
    /// The thread holds the store open.
    fn drop(&mut self) {
        self.signals.stop.store(true, Ordering::Relaxed);
        self.join();
    }
}
