//! Words as texts are compared by: small codes in reading order.
//!
//! A [`Token`] is a word, a number, or (in scripts written without spaces) two neighbouring characters.
//! Case, accents and compatibility forms are folded (NFKD without marks, for comparing only), punctuation, quotes
//! and white space are gone: they are what an agency's clients change first. A number keeps its digits and loses
//! its separators, so `2,877,000` is one token however it is grouped.
//!
//! A code has sixteen bits, because every original of a window is kept in this form ([`crate::Sketch`]): fourteen
//! of the word's hash, one that says "number" and one that says "capital". Two words share a code once in 16,384
//! times; three in a row, the least that anything is matched by, practically never.

use copydesk_article::is_cjk;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64;

const NUMBER: u16 = 0x8000;
const CAPITAL: u16 = 0x4000;
const HASH: u16 = 0x3FFF;

/// One word, number or character pair of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u16);

impl Token {
    /// The token with this code.
    #[must_use]
    pub const fn from_code(code: u16) -> Self {
        Self(code)
    }

    /// The sixteen bits, as they go to disk.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// What two tokens are compared by: everything but the capital.
    #[must_use]
    pub const fn word(self) -> u16 {
        self.0 & !CAPITAL
    }

    /// Whether it starts with a digit.
    #[must_use]
    pub const fn is_number(self) -> bool {
        self.0 & NUMBER != 0
    }

    /// Whether it is a word that starts with a capital, as names do.
    #[must_use]
    pub const fn is_name(self) -> bool {
        self.0 & (NUMBER | CAPITAL) == CAPITAL
    }
}

/// The tokens of a text, at most `limit` of them.
#[must_use]
pub fn tokens(text: &str, limit: usize) -> Vec<Token> {
    let mut reader = Reader { found: Vec::with_capacity((text.len() / 5).min(limit)), ..Reader::default() };
    let mut rest = text;
    while !rest.is_empty() && reader.found.len() < limit {
        let foreign = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (plain, after) = rest.split_at(foreign);
        for byte in plain.bytes() {
            reader.ascii(byte);
        }
        let plain_again = after.bytes().position(|byte| byte.is_ascii()).unwrap_or(after.len());
        let (foreign, after) = after.split_at(plain_again);
        for c in foreign.nfkd() {
            reader.character(c);
        }
        rest = after;
    }
    reader.end_word();
    reader.found.truncate(limit);
    reader.found
}

/// What has been read of the word at hand.
#[derive(Default)]
struct Reader {
    found: Vec<Token>,
    /// The word so far, folded, in UTF-8.
    word: Vec<u8>,
    capital: bool,
    /// A separator stood after a digit; only another digit continues the number.
    separator: bool,
    /// The character of a script without spaces that the next one makes a pair with.
    before: Option<char>,
}

impl Reader {
    fn ascii(&mut self, byte: u8) {
        match byte {
            b'a'..=b'z' => self.letter(byte, false),
            b'A'..=b'Z' => self.letter(byte | 0x20, true),
            b'0'..=b'9' => {
                self.separator = false;
                self.word.push(byte);
            }
            b',' | b'.' if !self.separator && self.is_number() => self.separator = true,
            _ => self.end_word(),
        }
    }

    fn letter(&mut self, lower: u8, capital: bool) {
        if self.separator {
            self.end_word();
        }
        self.capital |= capital && self.word.is_empty();
        self.word.push(lower);
    }

    fn character(&mut self, c: char) {
        if c.is_ascii() {
            self.ascii(c as u8);
        } else if is_cjk(c) && c.is_alphanumeric() {
            self.end_word();
            self.ideograph(c);
        } else if c.is_alphanumeric() {
            if self.separator {
                self.end_word();
            }
            self.capital |= self.word.is_empty() && c.is_uppercase();
            let mut buffer = [0; 4];
            for lower in c.to_lowercase() {
                self.word.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
            }
        } else if !is_combining_mark(c) {
            self.end_word();
        }
    }

    fn ideograph(&mut self, c: char) {
        if let Some(before) = self.before.replace(c) {
            let mut buffer = [0; 8];
            let middle = before.encode_utf8(&mut buffer).len();
            let end = middle + c.encode_utf8(&mut buffer[middle..]).len();
            self.found.push(Token((xxh3_64(&buffer[..end]) as u16) & HASH));
        }
    }

    fn is_number(&self) -> bool {
        self.word.first().is_some_and(u8::is_ascii_digit)
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            let number = if self.is_number() { NUMBER } else { 0 };
            let capital = if self.capital { CAPITAL } else { 0 };
            self.found.push(Token((xxh3_64(&self.word) as u16) & HASH | number | capital));
            self.word.clear();
            self.before = None;
        }
        self.capital = false;
        self.separator = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<u16> {
        tokens(text, usize::MAX).into_iter().map(Token::word).collect()
    }

    #[test]
    fn what_copies_change_first_makes_no_difference() {
        let text = "The mayor's office said the café paid 2,877,000 crowns.";
        assert_eq!(words(text), words("THE MAYOR’S  office said – the cafe\u{301} paid 2.877.000 crowns"));
        assert_eq!(words(text).len(), 10);
        assert_ne!(words(text), words(&text.replace("2,8", "2,7")));
    }

    #[test]
    fn numbers_and_names_are_known_as_such() {
        let found = tokens("In Lisbon 7.5 of 12 said so. 3rd", usize::MAX);
        let kinds: Vec<_> = found.iter().map(|token| (token.is_name(), token.is_number())).collect();
        let (word, name, number) = ((false, false), (true, false), (false, true));
        assert_eq!(kinds, [name, name, number, word, number, word, word, number]);
    }

    #[test]
    fn scripts_without_spaces_are_read_in_pairs() {
        assert_eq!(words("新华社，北京").len(), 4);
        assert_eq!(words("新华社，北京"), words("新华社北京"));
        assert_eq!(words("新 A 华").len(), 1, "a word between them parts two characters");
    }

    #[test]
    fn no_more_than_the_limit() {
        assert_eq!(tokens("one two three", 2).len(), 2);
        assert!(tokens(" … ", 2).is_empty());
    }

    #[test]
    fn codes_are_stable_for_ever() {
        let codes: Vec<u16> = tokens("Ferry 12 渡船", 9).into_iter().map(Token::code).collect();
        assert_eq!(codes, [31_531, 40_820, 4_007]);
    }
}
