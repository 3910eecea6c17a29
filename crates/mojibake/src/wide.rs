//! UTF-16 without a byte order mark: which order of the bytes makes a text of them.
//!
//! Latin letters leave a zero in each pair, which anybody can see. Of other scripts the rest tells: read in the right
//! order, every unit is a character that texts are made of, and lines and words are parted by U+000A and U+0020; read
//! in the wrong one, or where the bytes are no UTF-16, they are halves of surrogates, private characters, controls.
//! What passes by chance (two letters of ASCII are one of Chinese) does not read as prose (`prose.rs`), nor stand in
//! one block of Unicode, as the letters of an alphabet do.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::prose;

/// Bytes that are looked at.
const WINDOW: usize = 16 * 1024;
/// Fewest units of a text that is known by its letters.
const LEAST_UNITS: usize = 16;

/// An order of the bytes of UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The encoding with this order.
    #[must_use]
    pub const fn encoding(self) -> &'static Encoding {
        match self {
            Self::Little => UTF_16LE,
            Self::Big => UTF_16BE,
        }
    }
}

/// The order in which bytes, of which these are the first, are text in UTF-16 without a byte order mark; none where
/// they are text in neither, or so short that nothing shows it.
#[must_use]
pub fn utf_16(bytes: &[u8]) -> Option<ByteOrder> {
    let (units, _) = bytes[..bytes.len().min(WINDOW)].as_chunks::<2>();
    // The space, the line break and whatever is ASCII have a zero byte.
    if units.len() < LEAST_UNITS || memchr::memchr(0, units.as_flattened()).is_none() {
        return None;
    }
    let reads = |read: fn([u8; 2]) -> u16| is_text(units.iter().map(|&unit| read(unit)));
    match (reads(u16::from_le_bytes), reads(u16::from_be_bytes)) {
        (true, false) => Some(ByteOrder::Little),
        (false, true) => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Whether units are those of a text.
fn is_text(units: impl ExactSizeIterator<Item = u16>) -> bool {
    let count = units.len();
    let mut text = String::with_capacity(count * 3);
    let (mut at, mut gaps, mut controls, mut latin, mut letters, mut pairs) = (0, 0, 0, 0, 0, 0);
    let mut blocks = [0_usize; 256];
    let mut checked = units.inspect(|unit| {
        let [high, low] = unit.to_be_bytes();
        pairs += usize::from(high.is_ascii_graphic() && (low.is_ascii_graphic() || low == b' '));
    });
    for c in char::decode_utf16(&mut checked) {
        at += 1;
        let Ok(c) = c else {
            // A character in two units may be cut where the window ends.
            if at < count.saturating_sub(1) {
                return false;
            }
            continue;
        };
        match c {
            ' ' | '\n' | '\u{3000}'..='\u{3002}' => gaps += 1,
            '\t' | '\r' | '\u{C}' => {}
            '\0'..'\u{20}' | '\u{7F}' => controls += 1,
            _ if prose::is_odd(c) => controls += 1,
            'A'..='Z' | 'a'..='z' => latin += 1,
            _ if c > '\u{24F}' && c.is_alphabetic() => {
                letters += 1;
                blocks[c as usize >> 8 & 0xFF] += 1;
            }
            _ => {}
        }
        text.push(c);
    }
    // A stray control is forgiven to a text of a thousand characters.
    if controls * 1000 > count || gaps == 0 || letters < LEAST_UNITS / 2 {
        return false;
    }
    if prose::script_of(&text).is_some() {
        // Chinese in the wrong order is Chinese of a kind; two letters of ASCII are Chinese too.
        return pairs * 10 < count * 6;
    }
    // An alphabet that is not known by its letters has them in one block or two, and parts its words.
    blocks.sort_unstable();
    let main = blocks[254] + blocks[255];
    main * 20 >= letters * 19 && letters >= latin && gaps * 30 >= count && !text.chars().any(is_unspaced)
}

/// Whether a character is of a script whose letters fill many blocks, and which noise is easily taken for.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sentences::{CLEAN, PROSE};

    fn bytes(text: &str, order: ByteOrder) -> Vec<u8> {
        let unit = |unit: u16| match order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn every_script_is_seen_in_either_order() {
        for (language, text) in CLEAN.iter().chain(&PROSE) {
            if text.chars().filter(|c| c.is_ascii_alphabetic()).count() * 4 > text.chars().count() {
                continue;
            }
            for order in [ByteOrder::Little, ByteOrder::Big] {
                assert_eq!(utf_16(&bytes(&format!("{text}\n"), order)), Some(order), "{language}");
            }
        }
    }

    #[test]
    fn text_in_other_charsets_is_none() {
        for (language, text) in CLEAN.iter().chain(&PROSE) {
            for bytes in [text.as_bytes().to_vec(), format!("{text}\0{text}").into_bytes()] {
                assert_eq!(utf_16(&bytes), None, "{language}");
                assert_eq!(utf_16(&bytes[1..]), None, "{language}");
            }
            for encoding in [
                encoding_rs::WINDOWS_1251,
                encoding_rs::KOI8_R,
                encoding_rs::WINDOWS_874,
                encoding_rs::GBK,
                encoding_rs::BIG5,
                encoding_rs::SHIFT_JIS,
                encoding_rs::EUC_JP,
                encoding_rs::EUC_KR,
            ] {
                let bytes = encoding.encode(&format!("{text} \0 {text}")).0.into_owned();
                assert_eq!(utf_16(&bytes), None, "{language} {}", encoding.name());
            }
        }
    }

    #[test]
    fn tables_of_numbers_are_none() {
        let wave: Vec<u8> =
            (0..4000_i32).map(|at| (9000.0 * f64::from(at % 97).sin()) as i16).flat_map(i16::to_le_bytes).collect();
        let counting: Vec<u8> = (0..4000_u16).flat_map(u16::to_le_bytes).collect();
        let grey: Vec<u8> = (0..4000_u16).flat_map(|at| (0x400 + at % 61).to_be_bytes()).collect();
        for bytes in [wave, counting, grey] {
            assert_eq!(utf_16(&bytes), None);
        }
    }

    proptest! {
        #[test]
        fn noise_is_none(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(utf_16(&bytes), None);
        }

        #[test]
        fn never_both(text in "[а-я \n]{16,200}") {
            let (little, big) = (utf_16(&bytes(&text, ByteOrder::Little)), utf_16(&bytes(&text, ByteOrder::Big)));
            prop_assert!(little != Some(ByteOrder::Big) && big != Some(ByteOrder::Little));
        }
    }
}
