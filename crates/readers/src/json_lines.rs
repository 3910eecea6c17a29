//! JSON Lines: one record a line, so one broken line costs one record.
//!
//! It is the one format that may be appended to. Two things serve that: of a *followed* file, whose producer
//! still writes, only lines that end are taken; and every position carries a hash of all bytes before it, by
//! which the longer file is known again (`append.rs`).

use memchr::memchr;

use crate::input::{Input, is_white};
use crate::piece::{Flaw, Piece};
use crate::trouble::ReadError;

/// Cuts a file into lines. Blank ones are no records.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Number of the line the window begins at, from 1.
    line: u64,
    /// Whether a line without an end is left for later.
    follow: bool,
}

impl Lines {
    /// Puts the window at byte `from`, the beginning of a line or of the file. Line numbers are counted from
    /// the file's beginning, and so is the hash, so everything before is read through.
    pub fn resume(input: &mut Input, from: u64, follow: bool) -> Result<Self, ReadError> {
        let mut line = 1;
        input.seek(0)?;
        if input.layers().is_empty() {
            input.begin_hash();
        }
        while input.offset() < from && input.peek()?.is_some() {
            let before = input.window().len().min(usize::try_from(from - input.offset()).unwrap_or(usize::MAX));
            line += memchr::memchr_iter(b'\n', &input.window()[..before]).count() as u64;
            input.consume(before);
        }
        if from == 0 {
            input.skip_mark()?;
        }
        Ok(Self { line, follow })
    }

    /// The next line that is not blank, without its line end.
    pub fn next(&mut self, input: &mut Input, max_record_bytes: u64) -> Result<Option<Piece>, ReadError> {
        loop {
            let start = input.offset();
            let (length, terminated) = find_end(input, max_record_bytes)?;
            if !terminated {
                input.verify()?;
                if self.follow {
                    return Ok(None);
                }
            }
            let line = Some(self.line);
            let Some(length) = length else {
                let (length, whole) = skip_line(input)?;
                if self.follow && !whole {
                    return Ok(None);
                }
                self.line += 1;
                let held = Err(Flaw::too_large(length, max_record_bytes));
                return Ok(Some(Piece { bytes: start..start + length, line, end: input.offset(), whole, held }));
            };
            let content = &input.window()[..length];
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            let bytes = start..start + content.len() as u64;
            let held = (!content.iter().copied().all(is_white)).then(|| content.to_vec());
            input.consume(length + usize::from(terminated));
            self.line += 1;
            if let Some(held) = held {
                return Ok(Some(Piece { bytes, line, end: input.offset(), whole: terminated, held: Ok(held) }));
            }
            if !terminated {
                return Ok(None);
            }
        }
    }
}

/// Length of the line at the window's beginning, none where it is too long to hold, and whether a line end
/// follows it (for a line too long to hold that is not known yet, and true).
fn find_end(input: &mut Input, max_record_bytes: u64) -> Result<(Option<usize>, bool), ReadError> {
    let mut searched = 0;
    loop {
        if let Some(at) = memchr(b'\n', &input.window()[searched..]) {
            let length = searched + at;
            return Ok(((length as u64 <= max_record_bytes).then_some(length), true));
        }
        searched = input.window().len();
        if searched as u64 > max_record_bytes {
            return Ok((None, true));
        }
        if !input.fill()? {
            return Ok((Some(searched), false));
        }
    }
}

/// Steps over a line without holding it; its length in bytes, and whether it ends before the file does.
fn skip_line(input: &mut Input) -> Result<(u64, bool), ReadError> {
    let start = input.offset();
    loop {
        if let Some(at) = memchr(b'\n', input.window()) {
            input.consume(at);
            let length = input.offset() - start;
            input.consume(1);
            return Ok((length, true));
        }
        input.consume(input.window().len());
        if !input.fill()? {
            input.verify()?;
            return Ok((input.offset() - start, false));
        }
    }
}
