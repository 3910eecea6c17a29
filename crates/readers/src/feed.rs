//! RSS 0.9x, 1.0 and 2.0, and Atom: each entry is one record.
//!
//! A feed is cut at its entries' tags as a stream (`xml.rs`), and each entry is understood on its own
//! (`feed_entry.rs`). What the feed says of itself before its first entry holds for all of them, so that part is
//! read again when reading resumes further on.

use copydesk_article::QuarantineReason;
use encoding_rs::Encoding;

use crate::feed_entry::FeedHead;
use crate::input::Input;
use crate::piece::{Flaw, PAST_END, Piece};
use crate::trouble::ReadError;
use crate::xml::{Scanner, Token, name_of};

/// Bytes before the first entry that are looked at for what the feed says of itself.
const LONGEST_HEAD: usize = 256 << 10;

/// Cuts a feed into entries.
#[derive(Debug)]
pub(crate) struct Feed {
    scanner: Scanner,
    /// The root's name, with its prefix.
    root: Vec<u8>,
    /// The entries' name, with its prefix.
    entry: Vec<u8>,
    /// Whether the root was closed.
    closed: bool,
    /// What holds for all entries.
    pub head: FeedHead,
}

/// What one step over the input went over, and whether there was anything.
struct Stepped {
    length: usize,
    token: Token,
}

impl Feed {
    /// Reads what stands before the first entry, and puts the window there or at byte `from`.
    pub fn resume(input: &mut Input, encoding: Option<&'static Encoding>, from: u64) -> Result<Self, ReadError> {
        input.seek(0)?;
        let mut feed = Self {
            scanner: Scanner::default(),
            root: Vec::new(),
            entry: b"item".to_vec(),
            closed: false,
            head: FeedHead::default(),
        };
        let mut head = Vec::new();
        while let Some(Stepped { length, token }) = feed.step(input, 0)? {
            let tag = &input.window()[..length];
            if matches!(token, Token::Open { .. }) {
                let name = name_of(tag);
                if feed.root.is_empty() {
                    feed.root = name.to_vec();
                    feed.entry = entry_name(name);
                } else if name == feed.entry {
                    break;
                }
            }
            if token == Token::Close && name_of(tag) == feed.root {
                break;
            }
            if head.len() + length <= LONGEST_HEAD {
                head.extend_from_slice(tag);
            }
            input.consume(length);
        }
        feed.head = FeedHead::of(&head, encoding);
        if from > 0 {
            input.seek(from)?;
            feed.scanner = Scanner::default();
        }
        Ok(feed)
    }

    /// Looks at the token that begins `at` bytes into the window.
    fn step(&mut self, input: &mut Input, at: usize) -> Result<Option<Stepped>, ReadError> {
        let mut last = false;
        loop {
            if let Some((length, token)) = self.scanner.step(&input.window()[at..], last) {
                return Ok(Some(Stepped { length, token }));
            }
            if last {
                return Ok(None);
            }
            last = !input.fill()?;
        }
    }

    /// The next entry.
    pub fn next(&mut self, input: &mut Input, max_record_bytes: u64) -> Result<Option<Piece>, ReadError> {
        while let Some(Stepped { length, token }) = self.step(input, 0)? {
            let name = name_of(&input.window()[..length]);
            match token {
                Token::Open { empty } if name == self.entry => {
                    return self.entry(input, length, empty, max_record_bytes).map(Some);
                }
                Token::Open { .. } if name == self.root => self.closed = false,
                Token::Close if name == self.root => self.closed = true,
                _ => {}
            }
            input.consume(length);
        }
        input.verify()?;
        if self.closed {
            return Ok(None);
        }
        self.closed = true;
        let end = input.offset();
        let held = Err(Flaw::new(QuarantineReason::InvalidXml, "the feed ends before its last end tag"));
        Ok(Some(Piece { bytes: end..end, line: None, end: PAST_END, whole: false, held }))
    }

    /// Cuts the entry that begins with the window, with a tag of so many bytes.
    fn entry(&mut self, input: &mut Input, tag: usize, empty: bool, max: u64) -> Result<Piece, ReadError> {
        let start = input.offset();
        let (mut at, mut dropped) = (tag, false);
        // Behind the end of one feed another may begin, or entries that have none.
        self.closed = false;
        let unclosed = loop {
            if empty {
                break None;
            }
            dropped |= at as u64 > max;
            if dropped {
                input.consume(at);
                at = 0;
            }
            let Some(Stepped { length, token }) = self.step(input, at)? else {
                input.verify()?;
                self.closed = true;
                break Some("the feed ends inside it");
            };
            let name = name_of(&input.window()[at..at + length]);
            match token {
                Token::Close if name == self.entry => {
                    at += length;
                    break None;
                }
                Token::Open { .. } if name == self.entry => break Some("the next one begins inside it"),
                Token::Close if name == self.root => break Some("the feed's end tag stands inside it"),
                _ => at += length,
            }
        };
        dropped |= at as u64 > max;
        let bytes = input.window()[..at].to_vec();
        input.consume(at);
        let end = input.offset();
        let cut = unclosed.is_some() && input.peek()?.is_none();
        let held = match unclosed {
            _ if dropped => Err(Flaw::too_large(end - start, max)),
            None => Ok(bytes),
            Some(why) => {
                let detail = format!("the entry at byte {start} is not closed: {why}");
                Err(Flaw::new(QuarantineReason::InvalidXml, detail))
            }
        };
        let resume = if cut { PAST_END } else { end };
        Ok(Piece { bytes: start..end, line: None, end: resume, whole: !cut, held })
    }
}

/// What the entries of a feed with this root are called.
fn entry_name(root: &[u8]) -> Vec<u8> {
    let colon = memchr::memchr(b':', root);
    match (colon.map_or(root, |at| &root[at + 1..]), colon) {
        (b"feed", Some(at)) => [&root[..=at], b"entry"].concat(),
        (b"feed", None) => b"entry".to_vec(),
        _ => b"item".to_vec(),
    }
}
