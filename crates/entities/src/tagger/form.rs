//! Written forms: what a word shows by itself, worked out once an article however often it stands there.

use super::hash;
use super::lists::Lists;
use crate::lexicon::{Traits, lexicon};
use crate::token::{Kind, Shape, Token};

/// Longest piece of a word that is looked at as its beginning or end, in characters.
const AFFIX: usize = 4;

/// One written form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Hash of the characters.
    pub(super) exact: u32,
    /// Hash of the folded characters, digits alike.
    pub(super) folded: u32,
    /// Group of the forms with the same folded characters.
    pub(super) group: u32,
    /// Hash of the shape, letter by letter (`Xxxx`, `dd`).
    pub(super) shape: u32,
    /// Hash of the shape, runs as one (`Xx`, `d`).
    pub(super) brief: u32,
    /// Hashes of the first two, three and four characters; 0 where the word is shorter.
    pub(super) heads: [u32; AFFIX - 1],
    /// Hashes of the last one to four characters; 0 where the word is shorter.
    pub(super) tails: [u32; AFFIX],
    /// Clusters at four depths, from coarse to fine; none for a word without.
    pub(super) clusters: Option<[u16; 4]>,
    /// What the word lists say.
    pub(super) traits: Traits,
    /// What the name lists say of the word alone.
    pub(super) listed: u16,
    /// Whether it is a word.
    pub(super) is_word: bool,
    /// How it is cased.
    pub(super) case: Shape,
}

impl Form {
    /// Looks at a token. `folded` is room to work in.
    pub(super) fn of(token: &Token<'_>, lists: &Lists<'_>, folded: &mut String) -> Self {
        fold_into(token.text, folded);
        let folded_hash = hash::of_bytes(folded.as_bytes());
        let (shape, brief) = shapes(token.text);
        let is_word = token.kind == Kind::Word;
        let (heads, tails) = affixes(folded);
        Self {
            exact: hash::of_bytes(token.text.as_bytes()),
            folded: folded_hash,
            group: 0,
            shape,
            brief,
            heads,
            tails,
            clusters: lists.clusters(folded_hash),
            traits: if is_word { lexicon().traits(folded) } else { Traits::default() },
            listed: if is_word { lists.kinds(folded_hash) } else { 0 },
            is_word,
            case: token.shape,
        }
    }
}

/// The characters in lower case, with straight apostrophes, and all digits as one.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    for c in text.chars() {
        match c {
            '0'..='9' => folded.push('0'),
            '’' => folded.push('\''),
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.extend(c.to_lowercase()),
        }
    }
}

/// Hashes of the shape of a word, letter by letter up to twelve, and with runs as one.
fn shapes(text: &str) -> (u32, u32) {
    let (mut long, mut short) = ([0_u8; 12], [0_u8; 12]);
    let (mut long_len, mut short_len, mut last) = (0, 0, 0);
    for c in text.chars() {
        let class = match c {
            '0'..='9' => b'd',
            _ if c.is_lowercase() => b'x',
            _ if c.is_uppercase() => b'X',
            _ if c.is_alphabetic() => b'o',
            _ if c.is_ascii() => c as u8,
            _ => b'?',
        };
        if long_len < long.len() {
            (long[long_len], long_len) = (class, long_len + 1);
        }
        if class != last && short_len < short.len() {
            (short[short_len], short_len) = (class, short_len + 1);
        }
        last = class;
    }
    (hash::of_bytes(&long[..long_len]), hash::of_bytes(&short[..short_len]))
}

fn affixes(folded: &str) -> ([u32; AFFIX - 1], [u32; AFFIX]) {
    let (mut heads, mut tails) = ([0; AFFIX - 1], [0; AFFIX]);
    for (n, (at, c)) in folded.char_indices().take(AFFIX).enumerate().skip(1) {
        heads[n - 1] = hash::of_bytes(&folded.as_bytes()[..at + c.len_utf8()]);
    }
    for (n, (at, _)) in folded.char_indices().rev().take(AFFIX).enumerate() {
        tails[n] = hash::of_bytes(&folded.as_bytes()[at..]);
    }
    (heads, tails)
}
