//! What makes a file the same file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{DiskError, at};

/// Which file on this machine, whatever its name: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileIdentity {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
}

/// One state of one file: its identity, its size in bytes and its modification time in nanoseconds since the
/// epoch. A file that changed is another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Generation {
    /// Which file.
    pub identity: FileIdentity,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time, nanoseconds since the epoch (negative before it).
    pub modified_ns: i128,
}

impl From<&Metadata> for FileIdentity {
    fn from(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

impl From<&Metadata> for Generation {
    fn from(metadata: &Metadata) -> Self {
        Self {
            identity: metadata.into(),
            bytes: metadata.len(),
            modified_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
        }
    }
}

impl Generation {
    /// The generation of the file a path names now, links not followed.
    ///
    /// # Errors
    /// Where the path can't be looked up.
    pub fn of_path(path: &Path) -> Result<Self, DiskError> {
        at("look up", path, std::fs::symlink_metadata(path)).map(|metadata| Self::from(&metadata))
    }
}

/// Bytes free to us on the file system that holds `path`.
///
/// # Errors
/// Where the file system can't be asked.
pub fn free_bytes(path: &Path) -> Result<u64, DiskError> {
    let stat = at("ask for free space at", path, rustix::fs::statvfs(path).map_err(Into::into))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
