//! A file that only grows, and is cut back only on purpose.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::{DiskError, FileIdentity, at, sync_folder};

/// A file we append to. Appended bytes are durable after [`AppendFile::sync`], not before.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    file: File,
    /// Length with everything appended so far, in bytes.
    bytes: u64,
    #[cfg(feature = "lossy")]
    unsynced: lossy::Unsynced,
}

impl AppendFile {
    /// Creates a file that must not exist; its name is durable on return.
    ///
    /// # Errors
    /// Where the file exists or can't be created.
    pub fn create(path: &Path) -> Result<Self, DiskError> {
        let file = at("create", path, OpenOptions::new().append(true).create_new(true).mode(0o644).open(path))?;
        sync_folder(path)?;
        Self::new(path, file)
    }

    /// Opens a file that exists.
    ///
    /// # Errors
    /// Where it does not, or can't be written.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let file = at("open", path, OpenOptions::new().append(true).open(path))?;
        Self::new(path, file)
    }

    fn new(path: &Path, file: File) -> Result<Self, DiskError> {
        let bytes = at("look up", path, file.metadata())?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            bytes,
            #[cfg(feature = "lossy")]
            unsynced: lossy::Unsynced::from_environment(),
        })
    }

    /// Path the file was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes, what was appended and not yet synced included.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Device and inode.
    ///
    /// # Errors
    /// Where the file can't be looked up.
    pub fn identity(&self) -> Result<FileIdentity, DiskError> {
        at("look up", &self.path, self.file.metadata()).map(|metadata| FileIdentity::from(&metadata))
    }

    /// Appends bytes. On an error an unknown part of them may stand at the end: cut it with
    /// [`AppendFile::truncate`] before going on.
    ///
    /// # Errors
    /// Where the system refuses (a full disk, say).
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        #[cfg(feature = "lossy")]
        if let Some(early) = self.unsynced.hold(bytes) {
            self.bytes += bytes.len() as u64;
            return at("write to", &self.path, self.file.write_all(&early));
        }
        at("write to", &self.path, self.file.write_all(bytes))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// Where the system refuses; what was appended may then be lost.
    pub fn sync(&mut self) -> Result<(), DiskError> {
        #[cfg(feature = "lossy")]
        {
            let held = self.unsynced.take();
            at("write to", &self.path, self.file.write_all(&held))?;
        }
        at("sync", &self.path, self.file.sync_data())
    }

    /// Cuts the file back to `bytes` and makes that durable.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn truncate(&mut self, bytes: u64) -> Result<(), DiskError> {
        #[cfg(feature = "lossy")]
        self.unsynced.take();
        at("truncate", &self.path, self.file.set_len(bytes))?;
        at("sync", &self.path, self.file.sync_all())?;
        self.bytes = bytes;
        Ok(())
    }
}

#[cfg(feature = "lossy")]
mod lossy {
    //! The double: holds what was not synced. See the crate's documentation.

    #[derive(Debug)]
    pub struct Unsynced {
        /// State of a small generator, none where the double is off.
        seed: Option<u64>,
        held: Vec<u8>,
    }

    impl Unsynced {
        pub fn from_environment() -> Self {
            let seed = std::env::var("COPYDESK_LOSSY_DISK").ok().and_then(|value| value.parse().ok());
            Self { seed, held: Vec::new() }
        }

        /// Takes the bytes in and says which part of all that is held to write early; none where the double
        /// is off.
        pub fn hold(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
            let seed = self.seed.as_mut()?;
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.held.extend_from_slice(bytes);
            let early = if *seed >> 62 == 0 { (*seed >> 8) as usize % (self.held.len() + 1) } else { 0 };
            Some(self.held.drain(..early).collect())
        }

        pub fn take(&mut self) -> Vec<u8> {
            std::mem::take(&mut self.held)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_is_cut_back() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("a.jsonl");
        let mut file = AppendFile::create(&path).expect("create");
        file.append(b"one\ntw").expect("append");
        file.sync().expect("sync");
        file.truncate(4).expect("cut");
        file.append(b"two\n").expect("append");
        file.sync().expect("sync");
        assert_eq!((std::fs::read(&path).expect("read"), file.bytes()), (b"one\ntwo\n".to_vec(), 8));
        assert!(AppendFile::create(&path).is_err(), "an existing file is never taken over");
    }
}
