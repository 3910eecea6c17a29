//! Where files come from: the watched drop folders, or files named on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::Receiver;
use copydesk_article::Supplied;
use copydesk_intake::{IntakeError, Options, Watch, WatchStatus};
use copydesk_readers::{Found, Known, SourceDefaults};
use fail::fail_point;
use serde::Deserialize;

/// Whose files go first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// What comes in now.
    #[default]
    Live,
    /// What can wait: taken while nothing live waits and the sinks keep up, and never not at all.
    Backfill,
}

/// One drop folder.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// Its name in the ledger, in logs and in metric labels.
    pub name: String,
    /// Folders and limits.
    pub options: Options,
    /// Whose files go first.
    pub priority: Priority,
}

impl Inbox {
    /// What the folders of a file say of it.
    #[must_use]
    pub fn known(&self, path: &Path) -> Known {
        let Some(fields) = self.options.path.as_ref().and_then(|pattern| pattern.read(path)) else {
            return Known::default();
        };
        let supplied =
            Supplied { site: fields.site, language: fields.language, sections: fields.sections, ..Supplied::default() };
        Known { source: fields.source, supplied }
    }
}

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
    /// The drop folders, for ever.
    Folders,
    /// These files, once; they stay where they are.
    Named(Vec<NamedFile>),
}

/// What a watch is told of a file that it offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is gone from the folder.
    Gone,
    /// It is to be offered once more.
    Again,
    /// It was read as far as it goes; its producer still appends to it.
    Followed,
}

/// The intake as the pipeline runs it.
pub struct IntakePart {
    /// The drop folders, the main one first. A one-shot run has only that, and goes by its limits and its
    /// quarantine.
    pub inboxes: Vec<Inbox>,
    /// What is known of each source by name.
    pub sources: Arc<BTreeMap<String, SourceDefaults>>,
    /// What files there are.
    pub source: FileSource,
    watches: Mutex<Vec<Arc<Watch>>>,
}

impl IntakePart {
    /// An intake that has not started. `inboxes` must hold one at least.
    #[must_use]
    pub const fn new(inboxes: Vec<Inbox>, sources: Arc<BTreeMap<String, SourceDefaults>>, source: FileSource) -> Self {
        Self { inboxes, sources, source, watches: Mutex::new(Vec::new()) }
    }

    /// Starts watching; the channels stand in the order of the inboxes, and there are none where files are
    /// named instead. Blocks for a moment.
    ///
    /// # Errors
    /// Where a folder can't be watched.
    pub fn start(&self) -> Result<Vec<Receiver<Vec<Found>>>, IntakeError> {
        if let FileSource::Named(_) = self.source {
            return Ok(Vec::new());
        }
        fail_point!("intake.start", |_| {
            let source = std::io::Error::other("refused by a fail point");
            Err(IntakeError::Folder { path: PathBuf::from("inbox"), source })
        });
        let (mut watches, mut found) = (Vec::new(), Vec::new());
        for inbox in &self.inboxes {
            let (watch, receiver) = Watch::start(&inbox.options)?;
            watches.push(Arc::new(watch));
            found.push(receiver);
        }
        *self.watches.lock().unwrap_or_else(PoisonError::into_inner) = watches;
        Ok(found)
    }

    /// Ends the watches. Blocks until their threads have ended.
    pub fn stop(&self) {
        let watches = std::mem::take(&mut *self.watches.lock().unwrap_or_else(PoisonError::into_inner));
        drop(watches);
    }

    /// The inbox of a name; none where it is not configured any more.
    #[must_use]
    pub fn inbox(&self, name: &str) -> Option<usize> {
        self.inboxes.iter().position(|inbox| inbox.name == name)
    }

    /// What the folders of a named file say of it, where its root is an inbox or an hour of an inbox's `done`.
    #[must_use]
    pub fn known(&self, root: &Path, path: &Path) -> Known {
        let is_of = |inbox: &&Inbox| inbox.options.folder == root || root.starts_with(&inbox.options.done);
        self.inboxes.iter().find(is_of).map_or_else(Known::default, |inbox| inbox.known(path))
    }

    /// Tells an inbox's watch what became of a file.
    pub fn left(&self, inbox: usize, found: Found, how: Left) {
        let watch = self.watches.lock().unwrap_or_else(PoisonError::into_inner).get(inbox).cloned();
        let Some(watch) = watch else { return };
        match how {
            Left::Gone => watch.finished(found),
            Left::Again => watch.release(found),
            Left::Followed => watch.followed(found),
        }
    }

    /// How each watch fares, by name of its inbox; empty where files are named instead.
    #[must_use]
    pub fn status(&self) -> Vec<(String, WatchStatus)> {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        self.inboxes.iter().zip(watches.iter()).map(|(inbox, watch)| (inbox.name.clone(), watch.status())).collect()
    }
}
