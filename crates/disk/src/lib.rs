//! The desk's own file writes, with durability as part of each call's name.
//!
//! Everything copydesk itself writes outside its stores goes through here: lines appended by sinks, files in
//! quarantine, files moved to `done`. A call that returns `Ok` from [`AppendFile::sync`], [`write_durable`],
//! [`copy_range_durable`] or [`move_durable`] has reached the disk, names included (the folder is synced
//! too: a new name is not durable before that).
//!
//! Kept apart from its users for one more reason: with the feature `lossy` (tests only) and
//! `COPYDESK_LOSSY_DISK` set to a number, appended bytes stay in memory until they are synced, and now and
//! then a part of them is written early, as a kernel under memory pressure would. A killed process has then
//! lost exactly what a power cut could take, and the kill test's oracle looks at what is left.

mod append;
mod durable;
mod generation;

pub use append::AppendFile;
pub use durable::{
    MOST_NAMES, Move, Moved, copy_range_durable, move_durable, numbered, sync_folder, write_durable, write_durable_with,
};
pub use generation::{FileIdentity, Generation, free_bytes};

use std::io;
use std::path::{Path, PathBuf};

/// A failed call on one path.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} {}: {source}", path.display())]
pub struct DiskError {
    /// What was tried.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl DiskError {
    /// Whether the disk (or the quota) is full, so that the same call may succeed later.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

pub(crate) fn at<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, DiskError> {
    result.map_err(|source| DiskError { action, path: path.to_owned(), source })
}
