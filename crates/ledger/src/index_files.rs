//! Files of the index: runs of postings, chapters of sketches. But for the newest chapter none ever changes.
//!
//! A keyspace says which there are. A file is durable before its row is, and its row before anything is removed that it
//! replaces; a file without a row is left over from a crash and goes at the next start. Every file holds the articles of
//! one window from one sequence to another, and ends with [`end`]: words of eight bytes, a magic number first and their
//! checksum last.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use copydesk_article::Sequence;
use copydesk_dedup::Window;
use copydesk_disk::{DiskError, sync_folder};
use fjall::{Database, Keyspace, OwnedWriteBatch as WriteBatch, PersistMode};
use xxhash_rust::xxh3::xxh3_64;

use crate::LedgerError;

/// What a file holds: these articles, of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    pub window: Window,
    pub first: Sequence,
    pub last: Sequence,
}

impl FileName {
    pub fn file(&self) -> String {
        format!("{}-{}-{}.run", self.window.0, self.first.0, self.last.0)
    }

    pub fn to_key(self) -> [u8; 20] {
        let mut key = [0; 20];
        key[..4].copy_from_slice(&self.window.0.to_be_bytes());
        key[4..12].copy_from_slice(&self.first.0.to_be_bytes());
        key[12..].copy_from_slice(&self.last.0.to_be_bytes());
        key
    }

    fn from_key(key: &[u8]) -> Option<Self> {
        let (window, rest) = key.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let last = rest.first_chunk()?;
        Some(Self {
            window: Window(u32::from_be_bytes(*window)),
            first: Sequence(u64::from_be_bytes(*first)),
            last: Sequence(u64::from_be_bytes(*last)),
        })
    }
}

/// The files of one kind. See the module.
pub struct IndexFiles {
    /// The ledger's folder.
    ledger: PathBuf,
    folder: PathBuf,
    db: Database,
    names: Keyspace,
    changing: Mutex<()>,
}

impl IndexFiles {
    /// Files in a folder of that name in the ledger's; `names` says which there are.
    pub fn new(ledger: &Path, folder: &str, db: &Database, names: &Keyspace) -> Self {
        Self {
            ledger: ledger.to_owned(),
            folder: ledger.join(folder),
            db: db.clone(),
            names: names.clone(),
            changing: Mutex::default(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Those there are, oldest first. What else lies in the folder, which is made, is removed.
    ///
    /// # Errors
    /// Where the folder or the store can't be read.
    pub fn names(&self) -> Result<Vec<FileName>, LedgerError> {
        let failed = |source| DiskError { action: "look into", path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        sync_folder(&self.folder)?;
        let mut names = Vec::new();
        for guard in self.names.iter() {
            let key = guard.key().map_err(|source| self.failed("read which files its index has", source))?;
            names.extend(FileName::from_key(&key));
        }
        let files: BTreeSet<String> = names.iter().map(FileName::file).collect();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if !entry.file_name().to_str().is_some_and(|name| files.contains(name)) {
                remove(&entry.path());
            }
        }
        Ok(names)
    }

    /// To be held while files come or go.
    pub fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch that says that one has come and others have gone.
    pub fn change(&self, come: Option<FileName>, gone: impl IntoIterator<Item = FileName>) -> WriteBatch {
        let mut batch = self.db.batch();
        if let Some(name) = come {
            batch.insert(&self.names, name.to_key(), []);
        }
        for name in gone {
            batch.remove(&self.names, name.to_key());
        }
        batch
    }

    /// Durable on return: what follows removes what it replaces.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn commit(&self, batch: WriteBatch) -> Result<(), LedgerError> {
        let done = batch.durability(Some(PersistMode::SyncData)).commit();
        done.map_err(|source| self.failed("note which files its index has", source))
    }

    /// The store did not do that.
    pub fn failed(&self, action: &'static str, source: fjall::Error) -> LedgerError {
        LedgerError::Store { folder: self.ledger.clone(), action, source: Box::new(source) }
    }
}

/// The end of a file: these words and their checksum.
pub fn end(words: &[u64]) -> Vec<u8> {
    let mut end: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    end.extend(xxh3_64(&end).to_be_bytes());
    end
}

/// Opens a file with an [`end`] of so many words, the checksum among them, which begins with a magic number; also says
/// the bytes before the end, and its words.
///
/// # Errors
/// Where it is not there, can't be read or is spoilt.
pub fn open<const WORDS: usize>(path: &Path, magic: u64) -> io::Result<(File, u64, [u64; WORDS])> {
    let file = File::open(path)?;
    let before = file.metadata()?.len().checked_sub(8 * WORDS as u64).ok_or_else(spoilt)?;
    let mut bytes = [[0; 8]; WORDS];
    file.read_exact_at(bytes.as_flattened_mut(), before)?;
    let words = bytes.map(u64::from_be_bytes);
    let is_whole =
        bytes.split_last().is_some_and(|(sum, rest)| u64::from_be_bytes(*sum) == xxh3_64(rest.as_flattened()));
    if !is_whole || words[0] != magic {
        return Err(spoilt());
    }
    Ok((file, before, words))
}

/// The bytes of a file are not what was written.
pub fn spoilt() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its bytes are not what was written; restore the ledger from a backup")
}

/// A file nobody needs any more; what stays goes at the next start.
pub fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), error = %error, "could not remove what is no longer needed; the next start does");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_key() {
        let name = FileName { window: Window(7), first: Sequence(100), last: Sequence(1_000_000) };
        assert_eq!(FileName::from_key(&name.to_key()), Some(name));
        assert_eq!(FileName::from_key(b"short"), None);
        assert_eq!(name.file(), "7-100-1000000.run");
    }
}
