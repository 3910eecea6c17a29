//! What a file may be wrapped in: gzip, zstd, and character encodings wider than a byte.
//!
//! Each layer is a plain [`Read`] over the one below. Its own failures travel as [`Trouble::Broken`] with the
//! reason that the file's last record gets; what was unpacked before stands. A layer that unpacks to more than
//! [`bomb_limit`] bytes ends as a bomb, at whatever depth: that bounds the work a small file can ask for, and
//! memory is bounded anyway, because nobody holds more than a window. zstd may ask for a window of its own, so
//! that is limited to 128 MiB, which is what `zstd --long` uses at most without a flag to unpack.

use std::fmt;
use std::io::{self, BufRead, Read};

use copydesk_article::QuarantineReason;
use flate2::bufread::GzDecoder;

use crate::piece::Flaw;
use crate::raw::Raw;
use crate::trouble::Trouble;
use crate::wide::{Transcode, Wide};

/// Any file may unpack to this many bytes.
const BOMB_FLOOR: u64 = 256 << 20;

/// A larger one to this many times its packed size.
const BOMB_RATIO: u64 = 200;

/// Largest zstd window, as a power of two.
const WINDOW_LOG_MAX: u32 = 27;

/// One wrapping of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// gzip, of any number of members.
    Gzip,
    /// zstd, of any number of frames.
    Zstd,
    /// Not UTF-8, nor a superset of ASCII.
    Wide(Wide),
}

impl Layer {
    /// The compression that bytes begin with.
    pub fn of_magic(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // The second kind is a skippable frame, which parallel compressors begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Bytes that a layer over a file of `packed` bytes may unpack to.
const fn bomb_limit(packed: u64) -> u64 {
    let limit = packed.saturating_mul(BOMB_RATIO);
    if limit > BOMB_FLOOR { limit } else { BOMB_FLOOR }
}

/// The bytes of a file from its beginning, under some layers (outermost first).
pub(crate) fn stack(raw: &Raw, layers: &[Layer]) -> io::Result<Stream> {
    let mut raw = raw.clone();
    raw.at = 0;
    let packed = raw.len();
    let mut top: Box<dyn Read + Send> = Box::new(raw);
    for layer in layers {
        top = match layer {
            Layer::Gzip => Box::new(Unpack::new(Gzip::new(top), packed)),
            Layer::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(top)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Box::new(Unpack::new(decoder, packed))
            }
            Layer::Wide(wide) => Box::new(Transcode::new(top, *wide)),
        };
    }
    Ok(Stream(top))
}

/// A stack of layers being read.
pub(crate) struct Stream(Box<dyn Read + Send>);

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

/// A decoder with its failures named and its output limited.
struct Unpack<D> {
    decoder: D,
    unpacked: u64,
    limit: u64,
}

impl<D> Unpack<D> {
    const fn new(decoder: D, packed: u64) -> Self {
        Self { decoder, unpacked: 0, limit: bomb_limit(packed) }
    }
}

impl<D: Read> Read for Unpack<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|error| name(error, self.unpacked))?;
        self.unpacked += read as u64;
        if self.unpacked > self.limit {
            let detail = format!(
                "it unpacks to more than {} bytes, which no file of articles of its size does; unpack it yourself if it does",
                self.limit
            );
            return Err(Trouble::Broken(Flaw::new(QuarantineReason::DecompressionBomb, detail)).into());
        }
        Ok(read)
    }
}

/// The failure of a decoder, where it is not one from below.
fn name(error: io::Error, unpacked: u64) -> io::Error {
    if error.kind() == io::ErrorKind::Interrupted || error.get_ref().is_some_and(|inner| inner.is::<Trouble>()) {
        return error;
    }
    let (reason, what) = if error.kind() == io::ErrorKind::UnexpectedEof {
        (QuarantineReason::Truncated, "the compressed file ends early")
    } else if error.to_string().contains("too much memory") {
        (
            QuarantineReason::UnsupportedFormat,
            "unpacking needs a window of more than 128 MiB; compress it without --ultra or --long",
        )
    } else {
        (QuarantineReason::Corrupt, "the compressed file is damaged")
    };
    let detail = format!("{what} ({error}), after {unpacked} unpacked bytes");
    Trouble::Broken(Flaw::new(reason, detail)).into()
}

/// gzip members one after another. Whatever follows a whole member and begins no other is padding (tapes and
/// block devices leave zeros) or garbage, and gzip itself ignores both.
enum Gzip<R: Read> {
    Member(Box<GzDecoder<Ahead<R>>>),
    Ended,
}

impl<R: Read> Gzip<R> {
    fn new(below: R) -> Self {
        Self::Member(Box::new(GzDecoder::new(Ahead::new(below))))
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Self::Member(decoder) = self else { return Ok(0) };
            let read = decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let Self::Member(decoder) = std::mem::replace(self, Self::Ended) else { return Ok(0) };
            let mut below = decoder.into_inner();
            if Layer::of_magic(below.at_least(3)?) == Some(Layer::Gzip) {
                *self = Self::Member(Box::new(GzDecoder::new(below)));
            }
        }
    }
}

/// A buffered reader that can look several bytes ahead.
struct Ahead<R> {
    below: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: Read> Ahead<R> {
    fn new(below: R) -> Self {
        Self { below, buffer: vec![0; 16 << 10].into(), start: 0, end: 0 }
    }

    /// What is held, at least so many bytes where there are as many.
    fn at_least(&mut self, bytes: usize) -> io::Result<&[u8]> {
        if self.end - self.start < bytes {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end < bytes {
            match self.below.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }
}

impl<R: Read> Read for Ahead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let held = self.fill_buf()?;
        let count = held.len().min(buffer.len());
        buffer[..count].copy_from_slice(&held[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.at_least(1)
    }

    fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }
}
