//! A file read through one small window, and never beyond the generation it was opened as.
//!
//! Under the window lies a stack of [`Layer`]s (compression, wide encodings). Offsets count the bytes above all
//! of them. A stack can only be read forwards: going back means beginning again, which is what resuming in a
//! compressed file costs. A stack that breaks off ends the window there, and [`Input::take_broken`] says why.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use copydesk_disk::Generation;
use rustix::io::Errno;
use xxhash_rust::xxh3::Xxh3;

use crate::Found;
use crate::layers::{Layer, Stream, stack};
use crate::piece::Flaw;
use crate::raw::{Raw, open_quietly, still};
use crate::trouble::{OpenError, ReadError, Trouble};

/// Bytes asked of the stack at a time.
const CHUNK: usize = 64 << 10;

/// A window over an open file.
#[derive(Debug)]
pub(crate) struct Input {
    raw: Raw,
    path: PathBuf,
    layers: Vec<Layer>,
    /// The stack of layers; none while the raw bytes are read as they are.
    stream: Option<Stream>,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins.
    start: usize,
    /// Where it stands above the layers, in bytes.
    offset: u64,
    ended: bool,
    broken: Option<Flaw>,
    /// Hash of everything consumed, where somebody asked for it.
    hash: Option<Running>,
}

/// A hash under way.
struct Running(Box<Xxh3>);

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0.digest())
    }
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
        if !metadata.is_file() || !still(&Generation::from(&metadata), &found.generation, found.follow) {
            return Err(OpenError::Changed { path });
        }
        Ok(Self::over(Raw::of_file(file, found.generation, found.follow), path))
    }

    /// Bytes in memory, under a name.
    pub fn of_bytes(name: &Path, bytes: Vec<u8>) -> Self {
        Self::over(Raw::of_bytes(bytes), name.to_owned())
    }

    const fn over(raw: Raw, path: PathBuf) -> Self {
        Self {
            raw,
            path,
            layers: Vec::new(),
            stream: None,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            ended: false,
            broken: None,
            hash: None,
        }
    }

    /// Puts one more layer over the file and goes back to the beginning.
    pub fn push(&mut self, layer: Layer) -> Result<(), ReadError> {
        self.layers.push(layer);
        self.rewind()
    }

    /// The layers, outermost first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Length in bytes above the layers, where it is known: under no layer.
    pub const fn known_len(&self) -> Option<u64> {
        if self.layers.is_empty() { Some(self.raw.len()) } else { None }
    }

    /// Where the window begins, in bytes above the layers.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// What is in the window.
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Why the stack broke off, where it did: the window ends there. Taken out, so that it is reported once.
    pub const fn take_broken(&mut self) -> Option<Flaw> {
        self.broken.take()
    }

    /// Moves the beginning of the window on, within it.
    pub fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buffer.len() - self.start);
        if let Some(hash) = &mut self.hash {
            hash.0.update(&self.buffer[self.start..self.start + bytes]);
        }
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Begins to hash what is consumed; to be asked at the beginning of the file.
    pub fn begin_hash(&mut self) {
        self.hash = Some(Running(Box::new(Xxh3::new())));
    }

    /// XXH3-64 of everything consumed since [`Self::begin_hash`]; 0 without.
    pub fn hash(&self) -> u64 {
        self.hash.as_ref().map_or(0, |hash| hash.0.digest())
    }

    /// Lets the window begin elsewhere, or at the end where there is less. What is held is kept where it can be.
    pub fn seek(&mut self, to: u64) -> Result<(), ReadError> {
        let held = self.offset - self.start as u64..=self.offset + self.window().len() as u64;
        if held.contains(&to) {
            self.start = usize::try_from(to - held.start()).unwrap_or(0);
            self.offset = to;
            return Ok(());
        }
        if self.stream.is_none() && self.layers.is_empty() {
            self.buffer.clear();
            self.start = 0;
            self.offset = to.min(self.raw.len());
            self.raw.at = self.offset;
            self.ended = false;
            return Ok(());
        }
        if to < *held.start() {
            self.rewind()?;
        }
        while self.offset < to && self.peek()?.is_some() {
            self.consume(usize::try_from(to - self.offset).unwrap_or(usize::MAX));
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), ReadError> {
        self.buffer.clear();
        self.start = 0;
        self.offset = 0;
        self.ended = false;
        self.broken = None;
        self.raw.at = 0;
        self.stream = match self.layers.is_empty() {
            true => None,
            false => Some(stack(&self.raw, &self.layers).map_err(|source| self.io(source))?),
        };
        Ok(())
    }

    /// Widens the window at its end; false at the end of the file, or where its layers break off.
    pub fn fill(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let room = &mut self.buffer[held..];
        let read = loop {
            let read = match &mut self.stream {
                Some(stream) => stream.read(room),
                None => self.raw.read(room),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
        match read.map_err(Trouble::from) {
            Ok(0) => self.ended = true,
            Ok(_) => return Ok(true),
            Err(Trouble::Broken(flaw)) => {
                self.ended = true;
                self.broken = Some(flaw);
            }
            Err(Trouble::Changed) => return Err(self.changed()),
            Err(Trouble::Io(source)) => return Err(self.io(source)),
        }
        Ok(false)
    }

    /// Widens the window until it holds so many bytes, or all there are.
    pub fn fill_to(&mut self, bytes: usize) -> Result<&[u8], ReadError> {
        while self.window().len() < bytes && self.fill()? {}
        Ok(&self.window()[..self.window().len().min(bytes)])
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
        if self.fill_to(3)?.starts_with(b"\xEF\xBB\xBF") {
            self.consume(3);
        }
        Ok(())
    }

    /// Steps over everything that is left.
    pub fn skip_rest(&mut self) -> Result<(), ReadError> {
        match self.known_len() {
            Some(len) => self.seek(len),
            None => {
                while self.peek()?.is_some() {
                    self.consume(usize::MAX);
                }
                Ok(())
            }
        }
    }

    /// Makes sure that the file still is the generation that was found.
    pub fn verify(&self) -> Result<(), ReadError> {
        match self.raw.is_unchanged() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.changed()),
            Err(source) => Err(self.io(source)),
        }
    }

    pub fn changed(&self) -> ReadError {
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
