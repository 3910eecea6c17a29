//! Blocking work of a sink, off the async threads.
//!
//! The store's handle lives behind a mutex that the blocking call holds. Should the runner drop a call half
//! way (a deadline at shutdown), the next call waits for the first to end instead of writing beside it.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use copydesk_disk::{DiskError, sync_folder};
use tokio::sync::watch;

use crate::{Failure, SinkError};

/// How many blocking calls are under way in this process.
static UNDER_WAY: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// One call under way; counted until it is dropped.
struct Call;

impl Call {
    fn begins() -> Self {
        UNDER_WAY.send_modify(|calls| *calls += 1);
        Self
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        UNDER_WAY.send_modify(|calls| *calls -= 1);
    }
}

/// Waits until no sink of this process has a blocking call under way: one whose task was given up goes on, and another
/// sink at the same target, built from a new configuration say, must not write beside it.
pub async fn at_rest() {
    let mut calls = UNDER_WAY.subscribe();
    // It fails only if the sender is dropped, which a static is not.
    drop(calls.wait_for(|calls| *calls == 0).await);
}

/// Runs `work` on the blocking threads with the handle locked.
pub(crate) async fn with<H, T>(
    handle: &Arc<Mutex<H>>,
    work: impl FnOnce(&mut H) -> Result<T, SinkError> + Send + 'static,
) -> Result<T, SinkError>
where
    H: Send + 'static,
    T: Send + 'static,
{
    let handle = Arc::clone(handle);
    let call = Call::begins();
    let work = move || {
        let _call = call;
        work(&mut lock(&handle))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SinkError::new(format!("the sink's own code failed, please report it: {error}"))),
    }
}

/// Locks a handle. One left by a panic is taken as it is: the `open` that follows every failure starts from
/// the stored state, not from what stands in memory.
pub(crate) fn lock<H>(handle: &Mutex<H>) -> MutexGuard<'_, H> {
    handle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the folder a store's file goes to, durably.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), SinkError> {
    let folder = path.parent().unwrap_or(path);
    let is_missing = |level: &&Path| !level.as_os_str().is_empty() && !level.is_dir();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let failed = |error| SinkError::of(Failure::Disk, format!("could not create folder {}: {error}", folder.display()));
    if !missing.is_empty() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    missing.into_iter().try_for_each(sync_folder).map_err(SinkError::from)
}

impl From<DiskError> for SinkError {
    fn from(error: DiskError) -> Self {
        let advice =
            if error.is_full() { "; the disk is full: free some space, the batch will be tried again" } else { "" };
        Self::of(Failure::Disk, format!("{error}{advice}"))
    }
}
