//! JSON Lines: one record a line, so one broken line costs one record.

use memchr::memchr;

use crate::input::{Input, ReadError, is_white};
use crate::piece::{Flaw, Piece};

/// Cuts a file into lines. Blank ones are no records.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Number of the line the window begins at, from 1.
    line: u64,
}

impl Lines {
    /// Puts the window at byte `from`, the beginning of a line or of the file. Line numbers are counted from
    /// the file's beginning, so everything before is read through.
    pub fn resume(input: &mut Input, from: u64) -> Result<Self, ReadError> {
        let mut line = 1;
        input.seek(0)?;
        while input.offset() < from && input.peek()?.is_some() {
            let before = input.window().len().min(usize::try_from(from - input.offset()).unwrap_or(usize::MAX));
            line += memchr::memchr_iter(b'\n', &input.window()[..before]).count() as u64;
            input.consume(before);
        }
        if from == 0 {
            input.skip_mark()?;
        }
        Ok(Self { line })
    }

    /// The next line that is not blank, without its line end.
    pub fn next(&mut self, input: &mut Input, max_record_bytes: u64) -> Result<Option<Piece>, ReadError> {
        loop {
            let start = input.offset();
            let (length, terminated) = find_end(input, max_record_bytes)?;
            if !terminated {
                input.verify()?;
            }
            let line = self.line;
            let Some(length) = length else {
                let end = skip_line(input)?;
                self.line += 1;
                let flaw = Flaw::too_large(end - start, max_record_bytes);
                let end_of_line = input.offset();
                return Ok(Some(Piece { bytes: start..end, line: Some(line), end: end_of_line, held: Err(flaw) }));
            };
            let content = &input.window()[..length];
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            let bytes = start..start + content.len() as u64;
            let held = (!content.iter().copied().all(is_white)).then(|| content.to_vec());
            input.consume(length + usize::from(terminated));
            self.line += 1;
            if let Some(held) = held {
                return Ok(Some(Piece { bytes, line: Some(line), end: input.offset(), held: Ok(held) }));
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

/// Steps over a line without holding it; its end in bytes.
fn skip_line(input: &mut Input) -> Result<u64, ReadError> {
    loop {
        if let Some(at) = memchr(b'\n', input.window()) {
            input.consume(at);
            let end = input.offset();
            input.consume(1);
            return Ok(end);
        }
        input.consume(input.window().len());
        if !input.fill()? {
            input.verify()?;
            return Ok(input.offset());
        }
    }
}
