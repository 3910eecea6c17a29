//! One character of UTF-8, as it looks after its bytes were read in some code page.
//!
//! Beside proper UTF-8 this reads what is found in the wild: surrogates written as two three-byte sequences
//! (CESU-8, from Java and old MySQL), the two-byte NUL of Java, and sequences that lost a byte on the way: to a
//! space (0xA0, the no-break space, "normalised"), or to U+FFFD or a question mark (a byte that the page leaves
//! unassigned).

use crate::page::Page;
use crate::table::Row;

/// The mark of what can't be told any more.
pub(crate) const LOST: char = '\u{FFFD}';

/// How a sequence came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All of its bytes are there.
    None,
    /// A no-break space became a space.
    Space,
    /// A byte was lost; so is the character.
    Byte,
    /// The last byte of a closing quotation mark was dropped.
    Quote,
}

/// A sequence of characters that is one character of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Characters it takes up, 2 to 6.
    pub len: u8,
    /// The character it stands for ([`LOST`] if that can't be told).
    pub target: char,
    /// How it came through.
    pub loss: Loss,
}

/// How many bytes a sequence has that starts with this byte.
const fn length(lead: u8) -> usize {
    match lead {
        0xC0 | 0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 0,
    }
}

/// Reads the sequence at the start of a text under a page.
#[inline]
pub(crate) fn read(chars: &[char], rows: &[&'static Row], page: Page) -> Option<Sequence> {
    let lead = rows.first()?.byte(page);
    let len = length(lead);
    if len == 0 || len > chars.len() {
        return None;
    }
    let mut bytes = [lead, 0, 0, 0];
    let (mut spaces, mut lost, mut questions) = (0, 0, 0);
    for (byte, (row, &c)) in bytes[1..len].iter_mut().zip(rows[1..len].iter().zip(&chars[1..len])) {
        *byte = match row.byte(page) {
            found @ 0x80..=0xBF => found,
            0 if c == ' ' && page.has_space() && lead != 0xC0 => {
                spaces += 1;
                0xA0
            }
            0 if c == LOST && page.is_windows() => {
                lost += 1;
                0
            }
            0 if c == '?' && page.is_windows() => {
                questions += 1;
                0
            }
            _ => return None,
        };
    }
    let found = |target, loss| Some(Sequence { len: len as u8, target, loss });
    if lost + questions > 0 {
        // A question mark is an everyday sign: it is a lost byte in few places.
        let credible = questions == 0 || (questions == 1 && (lead < 0xC4 || len > 2));
        return if credible && spaces == 0 && lead != 0xC0 { found(LOST, Loss::Byte) } else { None };
    }
    let loss = match spaces {
        0 => Loss::None,
        1 => Loss::Space,
        _ => return None,
    };
    if bytes[..2] == [0xC0, 0x80] {
        return found('\0', Loss::None);
    }
    if lead == 0xED && bytes[1] >= 0xA0 {
        return surrogates(rows, page).map(|target| Sequence { len: 6, target, loss: Loss::None });
    }
    let target = std::str::from_utf8(&bytes[..len]).ok()?.chars().next()?;
    found(target, loss)
}

/// Reads a pair of surrogates, three bytes each.
fn surrogates(rows: &[&'static Row], page: Page) -> Option<char> {
    let unit = |three: &[&'static Row]| {
        let tail = |byte: u8| (0x80..=0xBF).contains(&byte).then_some(u16::from(byte & 0x3F));
        (three[0].byte(page) == 0xED).then_some(())?;
        Some(0xD000 | tail(three[1].byte(page))? << 6 | tail(three[2].byte(page))?)
    };
    let pair = [unit(rows.get(..3)?)?, unit(rows.get(3..6)?)?];
    char::decode_utf16(pair).next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(page: u8, text: &str) -> Option<(u8, char, Loss)> {
        let chars: Vec<char> = text.chars().collect();
        let rows: Vec<_> = chars.iter().map(|&c| crate::table::row(c)).collect();
        read(&chars, &rows, Page(page)).map(|found| (found.len, found.target, found.loss))
    }

    #[test]
    fn reads_utf8_of_two_to_four_bytes() {
        assert_eq!(read_in(0, "Ã©t"), Some((2, 'é', Loss::None)));
        assert_eq!(read_in(0, "â€œ"), Some((3, '“', Loss::None)));
        assert_eq!(read_in(0, "ðŸ˜€"), Some((4, '😀', Loss::None)));
        assert_eq!(read_in(1, "РґР"), Some((2, 'д', Loss::None)));
        assert_eq!(read_in(7, "√©"), Some((2, 'é', Loss::None)));
        for broken in ["Ã", "Ãa", "âa€", "À¯", "ÿ", "", "a", "à€€"] {
            assert_eq!(read_in(0, broken), None, "{broken}");
        }
    }

    #[test]
    fn reads_surrogates_and_the_nul_of_java() {
        assert_eq!(read_in(0, "í\u{A0}½í¸\u{8D}!"), Some((6, '😍', Loss::None)));
        assert_eq!(read_in(0, "í\u{A0}½"), None);
        assert_eq!(read_in(0, "í¸\u{8D}í\u{A0}½"), None);
        assert_eq!(read_in(0, "À€"), Some((2, '\0', Loss::None)));
    }

    #[test]
    fn reads_what_lost_a_byte() {
        assert_eq!(read_in(0, "Ã  la"), Some((2, 'à', Loss::Space)));
        assert_eq!(read_in(0, "â€\u{FFFD}"), Some((3, LOST, Loss::Byte)));
        assert_eq!(read_in(0, "Ã?"), Some((2, LOST, Loss::Byte)));
        assert_eq!(read_in(7, "√\u{FFFD}"), None);
        for broken in ["Å?", "â??", "â ?", "Ã\u{FFFD}".get(..2).unwrap_or_default()] {
            assert_eq!(read_in(0, broken), None, "{broken}");
        }
    }
}
