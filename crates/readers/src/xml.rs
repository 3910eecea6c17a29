//! Cutting XML at its tags, as a stream and forgiving.
//!
//! A feed of any size is cut into entries before any of it is parsed, so one broken entry costs itself, and no
//! entity is ever expanded. This scanner only knows what may hide a tag: comments, CDATA, instructions, the
//! document type and quotes. A `<` that begins nothing is text. Entries are then parsed by quick-xml.

use memchr::memmem;

/// A tag longer than this is text.
const LONGEST_TAG: usize = 64 << 10;

/// What one step went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A start tag, of an element without content where `empty`.
    Open {
        /// Whether it is its own end.
        empty: bool,
    },
    /// An end tag.
    Close,
    /// Anything else, or a part of it.
    Other,
}

/// What the scanner is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Content,
    Comment,
    Cdata,
    Instruction,
    Doctype {
        brackets: u32,
        quote: Option<u8>,
    },
}

/// Steps over XML token by token.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    inside: Inside,
}

impl Scanner {
    /// The length of the next token, and what it is; none where more bytes are needed to know. Where `last`, there
    /// are no more, and none means that nothing is left.
    pub fn step(&mut self, bytes: &[u8], last: bool) -> Option<(usize, Token)> {
        if bytes.is_empty() {
            return None;
        }
        let length = match self.inside {
            Inside::Content => return self.content(bytes, last),
            Inside::Comment => self.until(b"-->", bytes, last),
            Inside::Cdata => self.until(b"]]>", bytes, last),
            Inside::Instruction => self.until(b"?>", bytes, last),
            Inside::Doctype { .. } => Some(self.doctype(bytes)),
        };
        length.map(|length| (length, Token::Other))
    }

    fn content(&mut self, bytes: &[u8], last: bool) -> Option<(usize, Token)> {
        if bytes[0] != b'<' {
            return Some((memchr::memchr(b'<', bytes).unwrap_or(bytes.len()), Token::Other));
        }
        for (mark, inside) in [
            (b"<!--".as_slice(), Inside::Comment),
            (b"<![CDATA[", Inside::Cdata),
            (b"<?", Inside::Instruction),
            (b"<!DOCTYPE", Inside::Doctype { brackets: 0, quote: None }),
        ] {
            if bytes.starts_with(mark) {
                self.inside = inside;
                return Some((mark.len(), Token::Other));
            }
            if mark.starts_with(bytes) && !last {
                return None;
            }
        }
        match bytes.get(1) {
            Some(b'/') => match memchr::memchr2(b'>', b'<', &bytes[1..]) {
                Some(at) if bytes[1 + at] == b'>' => Some((at + 2, Token::Close)),
                None if !last && bytes.len() < LONGEST_TAG => None,
                _ => Some((1, Token::Other)),
            },
            Some(c) if c.is_ascii_alphabetic() || matches!(c, b'_' | b':' | 0x80..) => open_tag(bytes, last),
            _ => Some((1, Token::Other)),
        }
    }

    fn until(&mut self, end: &[u8], bytes: &[u8], last: bool) -> Option<usize> {
        if let Some(at) = memmem::find(bytes, end) {
            self.inside = Inside::Content;
            return Some(at + end.len());
        }
        if last {
            return Some(bytes.len());
        }
        // The end may be cut.
        Some(bytes.len() - (end.len() - 1).min(bytes.len())).filter(|length| *length > 0)
    }

    fn doctype(&mut self, bytes: &[u8]) -> usize {
        let Inside::Doctype { mut brackets, mut quote } = self.inside else { return 0 };
        for (at, byte) in bytes.iter().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == *byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'[') => brackets += 1,
                (None, b']') => brackets = brackets.saturating_sub(1),
                (None, b'>') if brackets == 0 => {
                    self.inside = Inside::Content;
                    return at + 1;
                }
                _ => {}
            }
        }
        self.inside = Inside::Doctype { brackets, quote };
        bytes.len()
    }
}

fn open_tag(bytes: &[u8], last: bool) -> Option<(usize, Token)> {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().skip(1).take(LONGEST_TAG) {
        match (quote, byte) {
            // No attribute holds one: the tag was never closed.
            (_, b'<') => return Some((1, Token::Other)),
            (Some(open), _) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return Some((at + 1, Token::Open { empty: bytes[at - 1] == b'/' })),
            _ => {}
        }
    }
    if last || bytes.len() > LONGEST_TAG { Some((1, Token::Other)) } else { None }
}

/// The name in a tag, with its prefix.
pub(crate) fn name_of(tag: &[u8]) -> &[u8] {
    let name = tag.strip_prefix(b"</").or_else(|| tag.strip_prefix(b"<")).unwrap_or(tag);
    let length = name.iter().position(|byte| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'));
    &name[..length.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tags of a text, read a few bytes at a time.
    fn tags(text: &[u8], chunk: usize) -> Vec<(String, Token)> {
        let mut scanner = Scanner::default();
        let (mut found, mut start, mut end) = (Vec::new(), 0, 0);
        loop {
            let last = end == text.len();
            match scanner.step(&text[start..end], last) {
                Some((length, token)) => {
                    assert!(length > 0 && start + length <= end);
                    if token != Token::Other {
                        found.push((String::from_utf8_lossy(name_of(&text[start..start + length])).into(), token));
                    }
                    start += length;
                }
                None if last => return found,
                None => end = (end + chunk).min(text.len()),
            }
        }
    }

    #[test]
    fn tags_are_seen_and_what_hides_them_is_not() {
        let text = br#"<?xml x="<a>"?><!DOCTYPE r [<!ENTITY e "<b>">]><r k='>' ><!-- <c> --><i/><![CDATA[</r> <d>]]> 1 < 2 <e <f></f ></r>"#;
        for chunk in [1, 3, 1000] {
            let found = tags(text, chunk);
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["r", "i", "f", "f", "r"], "{chunk}");
            assert_eq!(found[1].1, Token::Open { empty: true });
        }
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(text in "[<>!?/a\"' \\[\\]-]{0,40}(<!--|-->|<!\\[CDATA\\[|\\]\\]>|<!DOCTYPE|<a>|</a>){0,3}[<>a-]{0,9}", chunk in 1..9_usize) {
            prop_assert_eq!(tags(text.as_bytes(), chunk), tags(text.as_bytes(), 1 << 20));
        }
    }
}
