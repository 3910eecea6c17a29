//! Where files come from: the watched drop folder, or files named on the command line.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::Receiver;
use copydesk_intake::{Found, IntakeError, Options, Watch, WatchStatus};

/// A file named for a one-shot run.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Folder its path counts from.
    pub root: PathBuf,
    /// The file.
    pub found: Found,
}

/// What files there are to take.
pub enum FileSource {
    /// The drop folder, for ever.
    Folder,
    /// These files, once; they stay where they are.
    Named(Vec<NamedFile>),
}

/// The intake as the pipeline runs it.
pub struct IntakePart {
    /// Folders and limits.
    pub options: Options,
    /// What files there are.
    pub source: FileSource,
    watch: Mutex<Option<Arc<Watch>>>,
}

impl IntakePart {
    /// An intake that has not started.
    #[must_use]
    pub const fn new(options: Options, source: FileSource) -> Self {
        Self { options, source, watch: Mutex::new(None) }
    }

    fn watch(&self) -> Option<Arc<Watch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts watching the drop folder; none where files are named instead. Blocks for a moment.
    ///
    /// # Errors
    /// Where the folder can't be watched.
    pub fn start(&self) -> Result<Option<Receiver<Vec<Found>>>, IntakeError> {
        if let FileSource::Named(_) = self.source {
            return Ok(None);
        }
        let (watch, found) = Watch::start(&self.options)?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(watch));
        Ok(Some(found))
    }

    /// Ends the watch. Blocks until its thread has ended.
    pub fn stop(&self) {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(watch);
    }

    /// A file left the drop folder, or (`again`) is to be offered once more.
    pub fn left(&self, found: Found, again: bool) {
        if let Some(watch) = self.watch() {
            if again {
                watch.release(found);
            } else {
                watch.finished(found);
            }
        }
    }

    /// How the watch fares; none where files are named instead.
    #[must_use]
    pub fn status(&self) -> Option<WatchStatus> {
        self.watch().map(|watch| watch.status())
    }
}
