//! WARC 0.17, 1.0 and 1.1: pages as crawlers and browsers archive them.
//!
//! A record is cut by its `Content-Length`; where that can't be, by the next line that begins a record. Most
//! records of an archive are no articles (requests, pictures, redirects): they are stepped over without being
//! held, and counted by a bounded reason. What is kept is understood in `warc_page.rs`. Compressed archives, one
//! gzip member a record, come unpacked from the layer below.

use copydesk_article::QuarantineReason;
use memchr::memmem;

use crate::input::Input;
use crate::piece::{Flaw, PAST_END, Piece};
use crate::trouble::ReadError;
use crate::warc_page::{Block, Head, is_wanted};

/// Headers longer than this are none.
pub(crate) const LONGEST_HEADERS: usize = 64 << 10;

/// What a file of WARC records begins with, and each record.
const BEGIN: &[u8] = b"WARC/";

/// What a record begins with behind the line end before it.
const NEXT: &[u8] = b"\nWARC/";

/// One step over a file.
#[derive(Debug)]
pub(crate) enum Cut {
    /// A record that is an article, or is broken.
    Piece(Piece),
    /// A record that is none, and why.
    Skipped(&'static str),
}

/// Cuts the next record at the window; none at the end of the file.
pub(crate) fn next(input: &mut Input, max_record_bytes: u64) -> Result<Option<Cut>, ReadError> {
    if input.skip_white()?.is_none() {
        input.verify()?;
        return Ok(None);
    }
    let start = input.offset();
    if !input.fill_to(BEGIN.len())?.starts_with(BEGIN) {
        return bad(input, start, "here a WARC record should begin").map(Some);
    }
    let Some(headers) = headers_end(input, 0, LONGEST_HEADERS)? else {
        if input.window().len() < LONGEST_HEADERS && memmem::find(input.window(), NEXT).is_none() {
            return cut_short(input, start).map(Some);
        }
        return bad(input, start, "its headers do not end").map(Some);
    };
    let head = Head::parse(&input.window()[..headers]);
    let Some(length) = head.length else {
        return bad(input, start, "it has no usable Content-Length").map(Some);
    };
    let total = (headers as u64).saturating_add(length);
    if input.known_len().is_some_and(|len| total > len - start) {
        // Cut short, or lying: if more records follow, they are not to be lost.
        return match find_next(input)? {
            true => Ok(Some(broken(input, start, "its Content-Length reaches beyond the file"))),
            false => cut_short(input, start).map(Some),
        };
    }
    // The answer of the server says whether it is a page; its headers are at the block's beginning.
    let answer = headers_end(input, headers, LONGEST_HEADERS.min(usize::try_from(length).unwrap_or(usize::MAX)))?;
    let seen = usize::try_from(total).unwrap_or(usize::MAX).min(input.window().len());
    let block = Block::parse(&head, &input.window()[headers..answer.unwrap_or(seen)]);
    if let Err(reason) = is_wanted(&head, &block) {
        return if step_over(input, total)? {
            Ok(Some(Cut::Skipped(reason)))
        } else {
            cut_short(input, start).map(Some)
        };
    }
    let held = if total > max_record_bytes {
        if !step_over(input, total)? {
            return cut_short(input, start).map(Some);
        }
        Err(Flaw::too_large(total, max_record_bytes))
    } else {
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        if input.fill_to(total)?.len() < total {
            return cut_short(input, start).map(Some);
        }
        let bytes = input.window()[..total].to_vec();
        input.consume(total);
        Ok(bytes)
    };
    let end = input.offset();
    Ok(Some(Cut::Piece(Piece { bytes: start..end, line: None, end, whole: true, held })))
}

/// Where headers that begin `from` bytes into the window end, with their blank line; none where they do not within
/// `most` bytes, or where another record begins first.
fn headers_end(input: &mut Input, from: usize, most: usize) -> Result<Option<usize>, ReadError> {
    let mut searched = from;
    loop {
        let end = input.window().len().min(from.saturating_add(most));
        let lines = &input.window()[searched.min(end)..end];
        // One look at each line: whichever comes first counts, and what is behind it is not gone over.
        for at in memchr::memchr_iter(b'\n', lines) {
            match &lines[at + 1..] {
                [b'\n', ..] => return Ok(Some(searched + at + 2)),
                [b'\r', b'\n', ..] => return Ok(Some(searched + at + 3)),
                rest if rest.starts_with(BEGIN) => return Ok(None),
                _ => {}
            }
        }
        // What is looked for may be cut.
        searched = end.saturating_sub(NEXT.len()).max(from);
        if end - from >= most || !input.fill()? {
            return Ok(None);
        }
    }
}

/// The end of the first blank line.
pub(crate) fn blank_line(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Steps over so many bytes; false where there are less.
fn step_over(input: &mut Input, bytes: u64) -> Result<bool, ReadError> {
    let to = input.offset().saturating_add(bytes);
    input.seek(to)?;
    Ok(input.offset() == to)
}

/// Goes to the next line that begins a record, beyond the beginning of the window; false (and at the end) where
/// there is none.
fn find_next(input: &mut Input) -> Result<bool, ReadError> {
    loop {
        if let Some(at) = memmem::find(input.window(), NEXT) {
            input.consume(at + 1);
            return Ok(true);
        }
        input.consume((input.window().len() + 1).saturating_sub(NEXT.len()));
        if !input.fill()? {
            input.consume(usize::MAX);
            return Ok(false);
        }
    }
}

fn bad(input: &mut Input, start: u64, detail: &str) -> Result<Cut, ReadError> {
    find_next(input)?;
    Ok(broken(input, start, detail))
}

fn broken(input: &Input, start: u64, detail: &str) -> Cut {
    let end = input.offset();
    let held = Err(Flaw::new(QuarantineReason::InvalidWarc, format!("the record at byte {start}: {detail}")));
    Cut::Piece(Piece { bytes: start..end, line: None, end, whole: true, held })
}

fn cut_short(input: &mut Input, start: u64) -> Result<Cut, ReadError> {
    input.skip_rest()?;
    input.verify()?;
    let detail = format!("the file ends inside the record at byte {start}");
    let held = Err(Flaw::new(QuarantineReason::Truncated, detail));
    Ok(Cut::Piece(Piece { bytes: start..input.offset(), line: None, end: PAST_END, whole: false, held }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Each record as its beginning and length, or why it is none.
    fn cut(bytes: &[u8], max: u64) -> Vec<String> {
        let mut input = Input::of_bytes(Path::new("a.warc"), bytes.to_vec());
        std::iter::from_fn(|| next(&mut input, max).expect("next"))
            .map(|cut| match cut {
                Cut::Skipped(reason) => reason.to_owned(),
                Cut::Piece(Piece { held: Ok(held), bytes, .. }) => format!("{}+{}", bytes.start, held.len()),
                Cut::Piece(Piece { held: Err(flaw), bytes, .. }) => format!("{} {bytes:?}", flaw.reason),
            })
            .collect()
    }

    fn record(kind: &str, length: &str, block: &str) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n"
        )
    }

    #[test]
    fn a_broken_record_costs_itself() {
        let good = record("resource", "5", "<p>a\n");
        let text =
            format!("{}{good}{}junk\r\n\r\n{good}", record("resource", "many", "x"), record("request", "1", "x"));
        let begin = record("resource", "many", "x").len();
        let told = cut(text.as_bytes(), 1000);
        let length = good.len() - 4;
        assert_eq!(told[0], format!("invalid_warc {:?}", 0..begin));
        assert_eq!(told[1..3], [format!("{begin}+{length}"), "request".to_owned()]);
        assert!(told[3].starts_with("invalid_warc"), "{told:?}");
        assert_eq!((told[4].ends_with(&format!("+{length}")), told.len()), (true, 5));
    }

    #[test]
    fn a_length_beyond_the_file_is_a_lie_or_a_cut() {
        let good = record("resource", "5", "<p>a\n");
        let lie = record("resource", "99999999999999999999", "x") + &record("resource", "9999999", "x") + &good;
        let told = cut(lie.as_bytes(), 1000);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("invalid_warc") && told[1].starts_with("invalid_warc"), "{told:?}");
        let told = cut(&(good.clone() + &good).as_bytes()[..good.len() * 2 - 7], 1000);
        assert!(told[1].starts_with("truncated"), "{told:?}");
        let told = cut(&good.as_bytes()[..20], 1000);
        assert_eq!(told, ["truncated 0..20"]);
        let told = cut((record("resource", "5", "<p>a\n") + &good).as_bytes(), 20);
        assert!(told.len() == 2 && told[0].starts_with("too_large"), "{told:?}");
    }
}
