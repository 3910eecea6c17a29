//! Watching the drop folder: the end of the watch that others hold. The thread that does the work is in
//! `keeper.rs`.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::events::Signal;
use crate::keeper::Keeper;
use crate::{Found, IntakeError, Options, WatchStatus, staging};

/// Hints waiting for the thread before a full scan takes their place.
const QUEUE: usize = 16_384;

/// Batches of found files waiting to be taken over.
const HANDOVER: usize = 4;

/// A watched drop folder. Dropping it ends the watch like [`Watch::stop`].
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    queue: SyncSender<Signal>,
    found: async_channel::WeakSender<Vec<Found>>,
    thread: Option<JoinHandle<()>>,
}

/// What both ends of a watch see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub commands: Mutex<Vec<Command>>,
    pub status: Mutex<WatchStatus>,
    pub stopping: AtomicBool,
}

/// What became of an offered file.
#[derive(Debug)]
pub(crate) enum Command {
    Release(Found),
    Finished(Found),
    Followed(Found),
}

impl Watch {
    /// Starts watching; the receiver gets whole files, in order of modification time and path within a batch.
    /// It is closed when the watch ends.
    ///
    /// # Errors
    /// Where the drop folder can't be made, is a folder of the desk's own too, or an option makes no sense.
    pub fn start(options: &Options) -> Result<(Self, async_channel::Receiver<Vec<Found>>), IntakeError> {
        options.check()?;
        let at_folder = |source| IntakeError::Folder { path: options.folder.clone(), source };
        fs::create_dir_all(&options.folder).map_err(at_folder)?;
        let root = options.folder.canonicalize().map_err(at_folder)?;
        // Before anybody finishes a file: what is on its way out then is not left over.
        staging::recover(&root);
        let shared = Arc::new(Shared::default());
        let (queue, signals) = sync_channel(QUEUE);
        let (sender, found) = async_channel::bounded(HANDOVER);
        let keeper = Keeper::new(root, options, queue.clone(), Arc::clone(&shared), sender)?;
        let weak = keeper.found.downgrade();
        let thread = thread::Builder::new().name("watch".into()).spawn(move || keeper.run(&signals));
        let thread = Some(thread.map_err(IntakeError::Thread)?);
        Ok((Self { shared, queue, found: weak, thread }, found))
    }

    /// Lets a file be offered again after a short wait, because it could not be read or changed while it was.
    /// A newer generation under its path is not affected.
    pub fn release(&self, found: Found) {
        self.command(Command::Release(found));
    }

    /// Forgets a file that left the drop folder, so that the same drop again is offered again. A newer
    /// generation under its path is not affected.
    pub fn finished(&self, found: Found) {
        self.command(Command::Finished(found));
    }

    /// Lets a file that is followed (`found.follow`) be offered again: it was read as far as it went.
    pub fn followed(&self, found: Found) {
        self.command(Command::Followed(found));
    }

    fn command(&self, command: Command) {
        lock(&self.shared.commands).push(command);
        // A full queue means the thread is awake already.
        self.queue.try_send(Signal::Wake).ok();
    }

    /// How the watch fares.
    #[must_use]
    pub fn status(&self) -> WatchStatus {
        lock(&self.shared.status).clone()
    }

    /// Ends the watch and waits for its thread; the channel is closed, what it holds can still be received.
    pub fn stop(self) {}
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        if let Some(found) = self.found.upgrade() {
            found.close();
        }
        self.queue.try_send(Signal::Wake).ok();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(stage = "watch", "the watch thread had panicked");
        }
    }
}

/// A lock that a panic elsewhere does not spoil.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
