//! Character references: `&amp;`, `&#8217;`, `&#x2019;`.
//!
//! The names are HTML's own list (`data/character_references.tsv`: name and code points), the rules are
//! WHATWG's: numbers in the C1 range are read as windows-1252, which is what those who wrote them meant; of the
//! names that older pages wrote without a semicolon the longest counts. What is no reference stays as written.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Most bytes of a name, its semicolon included.
const LONGEST_NAME: usize = 32;
/// Most digits of a number; more name no character.
const MOST_DIGITS: usize = 16;

static NAMES: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let list = include_str!("../../data/character_references.tsv");
    let rows = list.lines().filter_map(|row| row.split_once('\t'));
    let character = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    rows.map(|(name, points)| (name, points.split(' ').filter_map(character).collect())).collect()
});

/// Appends a text with its character references resolved.
pub(super) fn decode_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let len = reference(&rest[at..], out);
        if len == 0 {
            out.push('&');
        }
        rest = &rest[at + len.max(1)..];
    }
    out.push_str(rest);
}

/// A text with its character references resolved.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    decode_into(text, &mut out);
    out
}

/// Resolves the reference a text starts with; returns its length, 0 if it is none.
fn reference(text: &str, out: &mut String) -> usize {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return number(text, out);
    }
    let name_len = bytes[1..].iter().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if name_len == 0 {
        return 0;
    }
    let end = 1 + name_len + usize::from(bytes.get(1 + name_len) == Some(&b';'));
    // With its semicolon, or the longest old name that this one begins with.
    for end in (3..=end).rev() {
        if let Some(value) = NAMES.get(&text[1..end]) {
            out.push_str(value);
            return end;
        }
    }
    0
}

fn number(text: &str, out: &mut String) -> usize {
    let bytes = text.as_bytes();
    let hex = matches!(bytes.get(2), Some(b'x' | b'X'));
    let start = if hex { 3 } else { 2 };
    let is_digit = |byte: &&u8| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let digits = bytes[start..].iter().take(MOST_DIGITS).take_while(is_digit).count();
    if digits == 0 {
        return 0;
    }
    let end = start + digits;
    let point = u32::from_str_radix(&text[start..end], if hex { 16 } else { 10 }).unwrap_or(u32::MAX);
    let character = match point {
        0x80..=0x9F => u8::try_from(point)
            .ok()
            .and_then(|byte| encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()),
        0 => None,
        _ => char::from_u32(point),
    };
    out.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    end + usize::from(bytes.get(end) == Some(&b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_browsers_do() {
        for (text, expected) in [
            ("Tom &amp; Ada", "Tom & Ada"),
            ("&#8217;&#x2019;&#146;", "’’’"),
            ("caf&eacute; caf&eacute", "café café"),
            ("&hellip;&nbsp;&lt;p&gt;", "…\u{A0}<p>"),
            ("&notit; &ampx", "¬it; &x"),
            ("AT&T & co &; &#; &#x; &nosuchname;", "AT&T & co &; &#; &#x; &nosuchname;"),
            ("&#0;&#xD800;&#99999999999;", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("ends with &", "ends with &"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
