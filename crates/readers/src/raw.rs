//! The bytes under all layers: a file within one generation, or memory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use copydesk_disk::Generation;
use rustix::fs::OFlags;

use crate::trouble::Trouble;

/// A cursor over the bytes; clones share them and stand where they like.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    store: Arc<Store>,
    len: u64,
    /// Next byte to be read.
    pub at: u64,
}

#[derive(Debug)]
enum Store {
    File { file: File, generation: Generation, follow: bool },
    Memory(Vec<u8>),
}

impl Raw {
    /// An open file, never read beyond its generation. With `follow` it may have grown since.
    pub fn of_file(file: File, generation: Generation, follow: bool) -> Self {
        Self { len: generation.bytes, store: Arc::new(Store::File { file, generation, follow }), at: 0 }
    }

    /// Bytes in memory.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { len: bytes.len() as u64, store: Arc::new(Store::Memory(bytes)), at: 0 }
    }

    /// How many bytes there are.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file still is what was found; memory always is.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        match &*self.store {
            Store::Memory(_) => Ok(true),
            Store::File { file, generation, follow } => {
                let now = Generation::from(&file.metadata()?);
                Ok(still(&now, generation, *follow))
            }
        }
    }
}

/// Whether a file is what was found; with `follow` it may have grown.
pub(crate) fn still(now: &Generation, found: &Generation, follow: bool) -> bool {
    if follow { now.identity == found.identity && now.bytes >= found.bytes } else { now == found }
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..wanted];
        let read = match &*self.store {
            Store::File { file, .. } => match file.read_at(buffer, self.at) {
                // Less than the generation holds: it was cut short under our eyes.
                Ok(0) => return Err(Trouble::Changed.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => return Err(Trouble::Io(error).into()),
            },
            Store::Memory(bytes) => {
                let from = usize::try_from(self.at).unwrap_or(usize::MAX);
                buffer.copy_from_slice(&bytes[from..from + wanted]);
                wanted
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

/// Opens a file for reading. A link is not followed, and a named pipe put there meanwhile does not hold us up.
///
/// # Errors
/// Where the system refuses; a link is `ELOOP`.
pub fn open_quietly(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}
