//! Characters that nobody sees and that mean nothing where they stand.
//!
//! - **Control characters** (C0, DEL, the C1 that no misreading explains), byte order marks in mid-text and
//!   noncharacters go everywhere; tabs and line breaks of any kind stay.
//! - **Soft hyphens** between two letters go: they are hints to a typesetter. Beside a digit or a space one stands for
//!   a hyphen that somebody saw, and stays.
//! - **Zero-width spaces** part words in scripts that are written without spaces; beside letters of other scripts
//!   they are left-overs of a web page, and go.
//! - **Marks of direction** stay in every line with a letter of a right-to-left script; in other lines they go.
//!
//! Joiners stay everywhere: Persian, Hindi and emoji need them, and German printers use them.

use copydesk_article::{RepairKind, is_cjk};

use crate::lines::is_line_break;
use crate::repair::Change;

/// What a character is that may have to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Invisible {
    Control,
    SoftHyphen,
    ZeroWidthSpace,
    Direction,
}

/// Takes them out.
pub(crate) fn strip(source: &str) -> Option<(String, Vec<Change>)> {
    if !source.bytes().any(may_begin_one) || !source.chars().any(|c| invisible(c).is_some()) {
        return None;
    }
    let mut text = String::with_capacity(source.len());
    let mut changes = Vec::new();
    let mut at = 0;
    for line in source.split_inclusive(is_line_break) {
        let is_rtl = line.chars().any(is_right_to_left);
        let mut before = None;
        for (offset, c) in line.char_indices() {
            let goes = invisible(c).filter(|&kind| {
                let after = || line[offset..].chars().find(|&c| invisible(c).is_none());
                match kind {
                    Invisible::Control => true,
                    Invisible::SoftHyphen => {
                        before.is_some_and(char::is_alphabetic) && after().is_some_and(char::is_alphabetic)
                    }
                    Invisible::ZeroWidthSpace => !before.is_some_and(is_unspaced) && !after().is_some_and(is_unspaced),
                    Invisible::Direction => !is_rtl,
                }
            });
            if let Some(kind) = goes {
                let kind = match kind {
                    Invisible::SoftHyphen => RepairKind::SoftHyphen,
                    _ => RepairKind::ControlCharacter,
                };
                let start = at + offset;
                changes.push(Change { before: start..start + c.len_utf8(), after: text.len()..text.len(), kind });
            } else {
                if invisible(c).is_none() {
                    before = Some(c);
                }
                text.push(c);
            }
        }
        at += line.len();
    }
    (!changes.is_empty()).then_some((text, changes))
}

/// Whether a byte begins a character that may have to go: nearly no byte of most texts does.
const fn may_begin_one(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0E..=0x1F | 0x7F | 0xC2 | 0xE2 | 0xEF | 0xF0..=0xF4)
}

const fn invisible(c: char) -> Option<Invisible> {
    Some(match c {
        '\0'..='\x08' | '\x0E'..='\x1F' | '\x7F'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FEFF}' => Invisible::Control,
        '\u{FDD0}'..='\u{FDEF}' => Invisible::Control,
        c if c as u32 & 0xFFFE == 0xFFFE => Invisible::Control,
        '\u{AD}' => Invisible::SoftHyphen,
        '\u{200B}' => Invisible::ZeroWidthSpace,
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Invisible::Direction,
        _ => return None,
    })
}

/// Whether a character is of a right-to-left script.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// Whether a script is written without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{1950}'..='\u{1AAF}' | '\u{A9E0}'..='\u{A9FF}' | '\u{AA60}'..='\u{AA7F}')
        || c >= '\u{2E80}' && (is_cjk(c) || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        strip(text).map(|(text, _)| text)
    }

    #[test]
    fn what_means_nothing_goes() {
        assert_eq!(stripped("Do\u{AD}nau\u{AD}\u{AD}dampf").as_deref(), Some("Donaudampf"));
        assert_eq!(stripped("a\u{200B} b\u{200E}c\u{9D}\u{FFFF}").as_deref(), Some("a bc"));
        assert_eq!(strip("Do\u{AD}nau").map(|(_, changes)| changes[0].kind), Some(RepairKind::SoftHyphen));
    }

    #[test]
    fn what_means_something_stays() {
        for text in [
            "1990\u{AD}1995",
            "می\u{200C}رود \u{200F}(Reuters)\u{200E}",
            "\u{2067}שלום\u{2069} Reuters",
            "ภาษา\u{200B}ไทย",
            "ក\u{200B}ខ",
            "क्\u{200D}ष",
            "👩\u{200D}🚀",
            "12\u{202F}000\u{A0}€",
            "　一字下げ",
            "Auf\u{200C}lage",
            "a\tb\u{85}c\u{2028}d",
        ] {
            assert_eq!(stripped(text), None, "{text:?}");
        }
    }
}
