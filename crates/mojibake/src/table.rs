//! What is known of each character: its byte in each code page, its part in UTF-8 there, its place in print.
//!
//! All characters of all pages lie in three small areas of Unicode, so that one table of some 140 kB, filled at
//! the first use, answers for all pages at once.

use std::sync::LazyLock;

use crate::page::{ALIASES, COUNT, PAGES, Page};
use crate::script::{Source, Target, source, target};
use crate::sequence::LOST;

/// What is known of a character.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The byte of 0x80 or above that it stands for in each page; 0 where it stands for none.
    bytes: [u8; COUNT],
    /// What it is in print, and as the result of a repair; `None` for characters outside the table.
    known: Option<(Source, Target)>,
    /// The pages that have it, as bits; ASCII is in all.
    has: u16,
    /// The pages in which it stands for the same byte as in Windows-1252.
    same: u16,
    /// The pages in which it stands for a byte that they have assigned to another character.
    foreign: u16,
    /// The pages in which it leads two bytes of UTF-8, as bits.
    leads_two: u16,
    /// The pages in which it leads three or four.
    leads_more: u16,
    /// The pages in which it follows.
    follows: u16,
    /// The pages in which it leads a quotation mark that may have lost its last byte.
    quotes: u16,
}

impl Row {
    /// The byte of 0x80 or above that the character stands for in a page; 0 where it stands for none.
    #[inline]
    pub(crate) fn byte(&self, page: Page) -> u8 {
        self.bytes[usize::from(page.0)]
    }

    /// What the character `c` of this row is in print.
    #[inline]
    pub(crate) fn source(&self, c: char) -> Source {
        self.known.map_or_else(|| source(c), |(source, _)| source)
    }

    /// The pages that have the character, as bits; ASCII is in all.
    #[inline]
    pub(crate) const fn has(&self) -> u16 {
        self.has
    }

    /// The pages that read the character as Windows-1252 does, as bits.
    #[inline]
    pub(crate) const fn same(&self) -> u16 {
        self.same
    }

    /// Whether a page can't have made it, though it has a byte for it.
    #[inline]
    pub(crate) const fn is_foreign(&self, page: Page) -> bool {
        self.foreign & page.bit() != 0
    }
}

/// The areas with characters of some page, and ASCII: half-open ranges.
const AREAS: [(u32, u32); 3] = [(0, 0x500), (0x2000, 0x25D0), (0xF8FF, 0xFB03)];

/// The slot of characters outside of the areas.
const OUTSIDE: usize = slot(char::MAX);

#[inline]
const fn slot(c: char) -> usize {
    let code = c as u32;
    let mut before = 0;
    let mut area = 0;
    while area < AREAS.len() {
        let (start, end) = AREAS[area];
        if code >= start && code < end {
            return (before + code - start) as usize;
        }
        before += end - start;
        area += 1;
    }
    before as usize
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let empty = Row {
        bytes: [0; COUNT],
        known: None,
        has: 0,
        same: 0,
        foreign: 0,
        leads_two: 0,
        leads_more: 0,
        follows: 0,
        quotes: 0,
    };
    let mut rows = vec![empty; OUTSIDE + 1];
    for c in AREAS.iter().flat_map(|&(start, end)| start..end).filter_map(char::from_u32) {
        rows[slot(c)].known = Some((source(c), target(c)));
        let foreign = Page::all().filter(|page| page.is_foreign(c));
        rows[slot(c)].foreign = foreign.fold(0, |pages, page| pages | page.bit());
    }
    for page in Page::all() {
        let mut set = |c: char, byte: u8| rows[slot(c)].bytes[usize::from(page.0)] = byte;
        if page.has_controls() {
            (0x80..=0x9F).for_each(|byte| set(char::from(byte), byte));
        }
        PAGES[usize::from(page.0)].1.chars().zip(0x80..=0xFF).for_each(|(c, byte)| set(c, byte));
    }
    for (c, page, byte) in ALIASES {
        rows[slot(c)].bytes[usize::from(page.0)] = byte;
    }
    for row in &mut rows {
        for page in Page::all() {
            row.has |= page.bit() * u16::from(row.byte(page) != 0);
            row.same |= page.bit() * u16::from(row.byte(page) == row.byte(Page::WINDOWS_1252));
            match row.byte(page) {
                0x80..=0xBF => row.follows |= page.bit(),
                0xC0 | 0xC2..=0xDF => row.leads_two |= page.bit(),
                0xE0..=0xF4 => row.leads_more |= page.bit(),
                _ => {}
            }
            if row.byte(page) == 0xE2 && page.drops_quotes() {
                row.quotes |= page.bit();
            }
        }
    }
    for row in &mut rows[..0x80] {
        row.has = u16::MAX;
    }
    rows
});

/// What is known of a character.
#[inline]
pub(crate) fn row(c: char) -> &'static Row {
    &ROWS[slot(c)]
}

/// What is known of each of some characters.
pub(crate) fn rows(chars: &[char]) -> impl ExactSizeIterator<Item = &'static Row> {
    let rows = &*ROWS;
    chars.iter().map(|&c| &rows[slot(c)])
}

/// What a character is in print.
#[inline]
pub(crate) fn kind(c: char) -> Source {
    row(c).source(c)
}

/// What a repair that gives this character would give.
#[inline]
pub(crate) fn result(c: char) -> Target {
    row(c).known.map_or_else(|| target(c), |(_, target)| target)
}

/// For each page of those given as bits, the most that sequences could explain of a line: twice their characters, and one for each.
pub(crate) fn bounds(rows: &[&'static Row], chars: &[char], among: u16) -> [i64; COUNT] {
    let mut bounds = [0; COUNT];
    for (at, row) in rows.iter().enumerate() {
        let leads = (row.leads_two | row.leads_more) & among;
        if leads == 0 {
            continue;
        }
        let follows = |after: usize| match rows.get(at + after) {
            Some(next) if !matches!(chars[at + after], ' ' | '?' | LOST) => next.follows,
            Some(_) => u16::MAX, // where a byte was lost
            None => 0,
        };
        let first = follows(1);
        let mut pages = leads & first & (row.leads_two | row.leads_more & follows(2) | row.quotes);
        while pages != 0 {
            let page = Page(pages.trailing_zeros() as u8);
            bounds[usize::from(page.0)] += match row.byte(page) {
                0xC0..=0xDF => 5,
                0xED => 13,
                0xE0..=0xEF => 7,
                _ => 9,
            };
            pages &= pages - 1;
        }
    }
    bounds
}

/// Where a line looks like misread UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Suspicion {
    /// The pages under which it holds what could be a sequence, as bits.
    pub pages: u16,
    /// Whether it holds a C1 control character.
    pub control: bool,
}

/// Looks over a line, at a table look-up a character. Most lines are under no suspicion.
pub(crate) fn suspicion(line: impl Iterator<Item = char>) -> Suspicion {
    let rows = &*ROWS;
    let mut found = Suspicion::default();
    let (mut two, mut more, mut three) = (0, 0, 0);
    for c in line {
        if c.is_ascii() {
            if c == ' ' {
                found.pages |= two & Page::WINDOWS_1252.bit(); // "Ã " may have been "à"
            }
            (two, more, three) = (0, 0, 0);
            continue;
        }
        let row = &rows[slot(c)];
        found.pages |= (two | three) & row.follows;
        found.control |= c <= '\u{9F}';
        if c == '€' {
            found.pages |= more & Page::WINDOWS_1252.bit(); // "â€" may be all that is left of "”"
        }
        (two, more, three) = (row.leads_two, row.leads_more, more & row.follows);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_every_page_is_found_again() {
        for page in Page::all() {
            let characters = PAGES[usize::from(page.0)].1;
            assert_eq!(characters.chars().count(), 128, "{}", page.name());
            for (c, byte) in characters.chars().zip(0x80..=0xFF) {
                assert_eq!(row(c).byte(page), byte, "{} {c:?}", page.name());
                assert!(slot(c) < OUTSIDE);
            }
            for c in ['a', '?', '漢', '\u{10FFFF}'] {
                assert_eq!(row(c).byte(page), 0);
            }
        }
        assert_eq!(row('\u{80}').byte(Page::WINDOWS_1252), row('€').byte(Page::WINDOWS_1252));
    }

    #[test]
    fn suspects_what_could_be_a_sequence_and_nothing_else() {
        let suspicion = |line: &str| suspicion(line.chars());
        assert_ne!(suspicion("cafÃ©").pages & Page::WINDOWS_1252.bit(), 0);
        assert_ne!(suspicion("the â€œboatâ€").pages & Page::WINDOWS_1252.bit(), 0);
        assert_ne!(suspicion("voilÃ le").pages & Page::WINDOWS_1252.bit(), 0);
        assert!(suspicion("It\u{92}s").control);
        for clean in ["café", "“Boat” – 5 €", "ледоход", "λιμάνι", "漢字かな", "naïve â", "5 €", "a Ã", ""]
        {
            assert_eq!(suspicion(clean), Suspicion::default(), "{clean}");
        }
    }
}
