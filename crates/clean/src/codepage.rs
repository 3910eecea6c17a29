//! Charsets: WHATWG's, and the few that articles still come in and browsers do not read.
//!
//! `encoding_rs` decodes what browsers do. Old files of DOS programs (IBM 850 and 855) and UTF-32 are ours.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The upper half of IBM 850 (Western Europe).
const IBM_850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}";
/// The upper half of IBM 855 (Cyrillic).
const IBM_855: &str = "\
    ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»░▒▓│┤хХиИ╣║╗╝йЙ┐\
    └┴┬├─┼кК╚╔╩╦╠═╬¤лЛмМнНоОп┘┌█▄Пя▀ЯрРсСтТуУжЖвВьЬ№\u{AD}ыЫзЗшШэЭщЩчЧ§■\u{A0}";

/// A charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// One that browsers read.
    Whatwg(&'static Encoding),
    /// IBM 850.
    Ibm850,
    /// IBM 855.
    Ibm855,
    /// UTF-32, least byte first.
    Utf32Le,
    /// UTF-32, most significant byte first.
    Utf32Be,
}

impl Charset {
    /// The charset of a label, in any case.
    pub(crate) fn for_label(label: &str) -> Option<Self> {
        let label = label.trim().trim_matches(['"', '\'']);
        Some(match label.to_ascii_lowercase().as_str() {
            "ibm850" | "cp850" | "850" => Self::Ibm850,
            "ibm855" | "cp855" | "855" => Self::Ibm855,
            "utf-32le" => Self::Utf32Le,
            "utf-32be" => Self::Utf32Be,
            "maccyrillic" => Self::Whatwg(encoding_rs::X_MAC_CYRILLIC),
            "macroman" | "mac-roman" => Self::Whatwg(encoding_rs::MACINTOSH),
            _ => Self::Whatwg(Encoding::for_label(label.as_bytes())?),
        })
    }

    /// Its name, lower-cased: WHATWG's, else IANA's.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Whatwg(encoding) => encoding.name().to_ascii_lowercase(),
            Self::Ibm850 => "ibm850".to_owned(),
            Self::Ibm855 => "ibm855".to_owned(),
            Self::Utf32Le => "utf-32le".to_owned(),
            Self::Utf32Be => "utf-32be".to_owned(),
        }
    }

    /// The text of bytes without a byte order mark, and whether some were invalid (they are U+FFFD then).
    pub(crate) fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match self {
            Self::Whatwg(encoding) => encoding.decode_without_bom_handling(bytes),
            Self::Ibm850 => (upper_half(bytes, IBM_850), false),
            Self::Ibm855 => (upper_half(bytes, IBM_855), false),
            Self::Utf32Le => utf_32(bytes, u32::from_le_bytes),
            Self::Utf32Be => utf_32(bytes, u32::from_be_bytes),
        }
    }
}

fn upper_half<'a>(bytes: &[u8], table: &str) -> Cow<'a, str> {
    let table: Vec<char> = table.chars().collect();
    let character = |&byte: &u8| match byte {
        0..0x80 => char::from(byte),
        _ => table.get(usize::from(byte) - 0x80).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Cow::Owned(bytes.iter().map(character).collect())
}

fn utf_32<'a>(bytes: &[u8], read: fn([u8; 4]) -> u32) -> (Cow<'a, str>, bool) {
    let (units, rest) = bytes.as_chunks();
    let mut invalid = !rest.is_empty();
    let text = units.iter().map(|&unit| {
        char::from_u32(read(unit)).unwrap_or_else(|| {
            invalid = true;
            char::REPLACEMENT_CHARACTER
        })
    });
    let text: String = text.collect();
    (Cow::Owned(text), invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!((IBM_850.chars().count(), IBM_855.chars().count()), (128, 128));
        assert_eq!(Charset::Ibm850.decode(b"Gr\x81\xE1e").0, "Grüße");
        assert_eq!(Charset::Ibm855.decode(b"\xDD\xA0\xE1\xD6\xD2").0, "Паром");
    }

    #[test]
    fn utf_32_is_read_and_its_damage_seen() {
        assert_eq!(Charset::Utf32Le.decode(b"a\0\0\0\x16\x20\0\0"), ("a‖".into(), false));
        assert_eq!(Charset::Utf32Be.decode(b"\0\0\0a\xFF\0\0\0\0"), ("a\u{FFFD}".into(), true));
    }

    #[test]
    fn labels_are_known_in_any_case() {
        for label in ["UTF-8", " Windows-1251 ", "CP850", "\"iso-8859-1\"", "utf-32LE"] {
            assert!(Charset::for_label(label).is_some(), "{label}");
        }
        assert_eq!(Charset::for_label("klingon"), None);
    }
}
