//! A file read through one small window, and never beyond the generation it was opened as.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use copydesk_disk::Generation;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::Found;

/// Bytes asked of the system at a time.
const CHUNK: usize = 64 << 10;

/// Why a found file could not be opened. The watch should get the file back unless it
/// is missing.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not the file that was found any more.
    #[error("{} changed since it was found; it is found again once it is whole", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It is gone.
    #[error("{} is gone; whoever took it away has it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be opened or read: {source}; give the desk the right to read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Why reading stopped in the middle of a file. What was read before stands.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is changing while it is read.
    #[error("{} changed while it was read; release it, it is found again once it is whole", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be read on: {source}; release it to try again", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A window over an open file.
#[derive(Debug)]
pub(crate) struct Input {
    file: File,
    path: PathBuf,
    generation: Generation,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins.
    start: usize,
    /// Where it stands in the file, in bytes.
    offset: u64,
}

impl Input {
    /// Opens a found file as the generation it was found in.
    pub fn open(root: &Path, found: &Found) -> Result<Self, OpenError> {
        let path = root.join(&found.path);
        let unreadable = |source| OpenError::Unreadable { path: path.clone(), source };
        let file = match open_quietly(&path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(OpenError::Missing { path });
            }
            Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                return Err(OpenError::Changed { path });
            }
            Err(error) => return Err(unreadable(error)),
        };
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() || Generation::from(&metadata) != found.generation {
            return Err(OpenError::Changed { path });
        }
        Ok(Self { file, path, generation: found.generation, buffer: Vec::new(), start: 0, offset: 0 })
    }

    /// Length of the file, in bytes.
    pub const fn len(&self) -> u64 {
        self.generation.bytes
    }

    /// Where the window begins in the file, in bytes.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// What is in the window.
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Moves the beginning of the window on, within it.
    pub fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buffer.len() - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Lets the window begin elsewhere; it is empty then.
    pub fn seek(&mut self, to: u64) -> Result<(), ReadError> {
        self.buffer.clear();
        self.start = 0;
        self.offset = to.min(self.len());
        self.file.seek(SeekFrom::Start(self.offset)).map(|_| ()).map_err(|source| self.io(source))
    }

    /// Widens the window at its end; false at the end of the file.
    pub fn fill(&mut self) -> Result<bool, ReadError> {
        let held = (self.buffer.len() - self.start) as u64;
        let left = self.len().saturating_sub(self.offset + held);
        if left == 0 {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = left.min(CHUNK as u64);
        let read = self.file.by_ref().take(wanted).read_to_end(&mut self.buffer);
        // Less than the generation holds: it was cut short under our eyes.
        if read.map_err(|source| self.io(source))? as u64 != wanted {
            return Err(self.changed());
        }
        Ok(true)
    }

    /// The next byte, none at the end of the file.
    pub fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        while self.window().is_empty() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(self.window().first().copied())
    }

    /// Steps over white space and says what byte follows, none at the end of the file.
    pub fn skip_white(&mut self) -> Result<Option<u8>, ReadError> {
        while self.peek()?.is_some() {
            let white = self.window().iter().take_while(|byte| is_white(**byte)).count();
            let next = self.window().get(white).copied();
            self.consume(white);
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    /// Steps over a byte order mark of UTF-8, if the window begins with one.
    pub fn skip_mark(&mut self) -> Result<(), ReadError> {
        while self.window().len() < 3 && self.fill()? {}
        if self.window().starts_with(b"\xEF\xBB\xBF") {
            self.consume(3);
        }
        Ok(())
    }

    /// Makes sure that the file still is the generation that was found.
    pub fn verify(&self) -> Result<(), ReadError> {
        let metadata = self.file.metadata().map_err(|source| self.io(source))?;
        if Generation::from(&metadata) == self.generation { Ok(()) } else { Err(self.changed()) }
    }

    fn changed(&self) -> ReadError {
        ReadError::Changed { path: self.path.clone() }
    }

    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { path: self.path.clone(), source }
    }
}

/// White space of JSON and of blank files.
pub(crate) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Opens a file for reading. A link is not followed, and a named pipe put there meanwhile does not hold us up.
///
/// # Errors
/// Where the system refuses; a link is `ELOOP`.
pub fn open_quietly(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}
