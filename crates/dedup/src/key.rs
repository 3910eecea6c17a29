//! The key of a text: equal for texts that differ in nothing a reader would call text.

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::xxh3_128;

use crate::stub::is_stub;

/// The text as it is compared: compatibility-normalised (NFKC, for comparing only, never for delivery), in
/// lower case, letters and digits alone. Case, punctuation, quotes, dashes and all white space are the first
/// things that copies differ in.
pub fn normalise(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric())
}

/// Key of a body: xxh3-128 of its normalised text; stable for ever, it goes to disk.
///
/// A stub ([`is_stub`]) is keyed with its URL, so that it matches only a copy at the same address, and has no
/// key without one.
#[must_use]
pub fn text_key(text: &str, url: Option<&str>) -> Option<u128> {
    key_of(text, url, is_stub(text))
}

/// [`text_key`] of a text that is known to be a stub or not.
pub fn key_of(text: &str, url: Option<&str>, stub: bool) -> Option<u128> {
    let mut normal = normal_bytes(text);
    if normal.is_empty() {
        return None;
    }
    if stub {
        normal.extend_from_slice(b"\0stub\0");
        normal.extend_from_slice(url?.as_bytes());
    }
    Some(xxh3_128(&normal))
}

/// [`normalise`] in UTF-8. ASCII is its own normal form, all but the character that a following mark may join.
fn normal_bytes(text: &str) -> Vec<u8> {
    let mut normal = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let foreign = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len() + 1);
        let (plain, after) = rest.split_at(foreign.saturating_sub(1));
        normal.extend(plain.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()));
        let next = after.bytes().skip(2).position(|byte| byte.is_ascii()).map_or(after.len(), |at| at + 2);
        let (foreign, after) = after.split_at(next);
        let mut buffer = [0; 4];
        for c in normalise(foreign) {
            normal.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        rest = after;
    }
    normal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short way through ASCII makes no difference.
        #[test]
        fn normal_bytes_are_the_normal_form(text in "[a-zA-Z0-9 .éÅﬁ\u{301}\u{30a}ǅ京ガ\u{3099}カ한\u{1100}\u{1161}]{0,40}") {
            prop_assert_eq!(String::from_utf8(normal_bytes(&text)), Ok(normalise(&text).collect::<String>()));
        }
    }

    fn body() -> String {
        (0..80).map(|n| format!("Word{n} “quoted” ")).collect()
    }

    #[test]
    fn what_no_reader_sees_makes_no_difference() {
        let other = body().to_uppercase().replace(['“', '”'], "\"").replace(' ', "\n\n");
        assert_eq!(text_key(&body(), None), text_key(&other, Some("https://example.org/a")));
        assert_ne!(text_key(&body(), None), text_key(&body().replace("Word7 ", "Word8 "), None));
    }

    #[test]
    fn a_stub_matches_at_its_own_address_only() {
        let stub = "Subscribe to continue reading.";
        let key = |url| text_key(stub, url);
        assert_eq!(key(Some("https://example.org/a")), key(Some("https://example.org/a")));
        assert_ne!(key(Some("https://example.org/a")), key(Some("https://example.org/b")));
        assert_eq!((key(None), text_key(" … ", None)), (None, None));
    }

    #[test]
    fn the_key_is_stable_for_ever() {
        assert_eq!(text_key(&body(), None), Some(157_482_098_494_784_463_358_400_783_396_547_832_892));
    }
}
