//! mbox: mail messages after one another, each behind a line that begins with `From `.
//!
//! Such a line begins a message only after an empty line (or the file's beginning) and with a time of day in it,
//! so that a sentence in a message does not. Lines quoted for that reason (`>From `) are unquoted.

use memchr::memmem;

use crate::input::Input;
use crate::piece::{Flaw, Piece};
use crate::trouble::ReadError;

/// What every message begins with.
const FROM: &[u8] = b"From ";

/// A line longer than this begins no message.
const LONGEST_LINE: usize = 1024;

/// Cuts the message that begins with the window; none at the end of the file.
pub(crate) fn next(input: &mut Input, max_record_bytes: u64) -> Result<Option<Piece>, ReadError> {
    if input.skip_white()?.is_none() {
        input.verify()?;
        return Ok(None);
    }
    let start = input.offset();
    let (mut at, mut dropped) = (0, false);
    let whole = loop {
        if let Some(next) = next_message(&input.window()[at..]) {
            at += next;
            break true;
        }
        // The line that begins the next may be cut.
        at = input.window().len().saturating_sub(LONGEST_LINE).max(at);
        dropped |= at as u64 > max_record_bytes;
        if dropped {
            input.consume(at);
            at = 0;
        }
        if !input.fill()? {
            input.verify()?;
            at = input.window().len();
            break false;
        }
    };
    dropped |= at as u64 > max_record_bytes;
    let bytes = input.window()[..at].to_vec();
    input.consume(at);
    let end = input.offset();
    let held = if dropped { Err(Flaw::too_large(end - start, max_record_bytes)) } else { Ok(bytes) };
    Ok(Some(Piece { bytes: start..end, line: None, end, whole, held }))
}

/// Where the next message begins, beyond the first byte.
fn next_message(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"\nFrom ").find_map(|at| {
        let empty = bytes[..at].ends_with(b"\n") || bytes[..at].ends_with(b"\n\r");
        (empty && is_from_line(&bytes[at + 1..])?).then_some(at + 1)
    })
}

/// Whether a text begins with a line that begins a message; none where the line is cut.
pub(crate) fn is_from_line(bytes: &[u8]) -> Option<bool> {
    if !bytes.starts_with(FROM) {
        return Some(false);
    }
    let Some(end) = memchr::memchr(b'\n', &bytes[..bytes.len().min(LONGEST_LINE)]) else {
        return (bytes.len() >= LONGEST_LINE).then_some(false);
    };
    let digit = |byte: &u8| byte.is_ascii_digit();
    let is_time = |four: &[u8]| four[2] == b':' && digit(&four[0]) && digit(&four[1]) && digit(&four[3]);
    Some(bytes[..end].windows(4).any(is_time))
}

/// The message in a piece, without the line before it and unquoted.
pub(crate) fn message(piece: &[u8]) -> Vec<u8> {
    let begin = if piece.starts_with(FROM) { memchr::memchr(b'\n', piece).map_or(piece.len(), |at| at + 1) } else { 0 };
    let mut message = Vec::with_capacity(piece.len() - begin);
    for line in piece[begin..].split_inclusive(|byte| *byte == b'\n') {
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        let quoted = quotes > 0 && line[quotes..].starts_with(FROM);
        message.extend_from_slice(&line[usize::from(quoted)..]);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn cut(text: &str, max: u64) -> Vec<Result<String, u64>> {
        let mut input = Input::of_bytes(Path::new("a.mbox"), text.as_bytes().to_vec());
        std::iter::from_fn(|| next(&mut input, max).expect("next"))
            .map(|piece| match piece.held {
                Ok(held) => Ok(String::from_utf8(held).expect("text")),
                Err(_) => Err(piece.bytes.end - piece.bytes.start),
            })
            .collect()
    }

    const ONE: &str = "From a@example.org Wed May  1 08:00:00 2024\nSubject: one\n\nFrom here on.\n>From quoted\n\nFrom time to time\n\n";

    #[test]
    fn messages_are_cut_at_their_lines() {
        let two = ONE.replace("one", "two");
        assert_eq!(cut(&format!("{ONE}{two}"), 9999), [Ok(ONE.to_owned()), Ok(two.clone())]);
        let long = format!("{ONE}{}\n\n{two}", "x".repeat(200_000));
        let length = (long.len() - two.len()) as u64;
        assert_eq!(cut(&long, 9999), [Err(length), Ok(two)]);
        assert_eq!(message(b"From a 08:00\nSubject: x\n\n>>From b\n>c"), b"Subject: x\n\n>From b\n>c");
    }
}
