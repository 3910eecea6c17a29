//! The key of a text: equal for texts that differ in nothing a reader would call text.

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::Xxh3;

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
    let mut hasher = Xxh3::new();
    let mut empty = true;
    let mut buffer = [0; 4];
    for c in normalise(text) {
        hasher.update(c.encode_utf8(&mut buffer).as_bytes());
        empty = false;
    }
    if empty {
        return None;
    }
    if is_stub(text) {
        hasher.update(b"\0stub\0");
        hasher.update(url?.as_bytes());
    }
    Some(hasher.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;

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
