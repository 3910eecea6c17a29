//! Files in two charsets: UTF-8 with lines of an older one in it, as they come from joined feeds and edited templates.
//!
//! Bytes that are no UTF-8 are read in another charset only where that is proven, line by line: no part of the line is
//! UTF-8 beyond ASCII, no byte of it is the remains of a torn sequence, and what comes out looks like words
//! (`plausible.rs`). One charset serves for all such lines of a file. (The other way round, UTF-8 in a file of an older
//! charset reads as mojibake, and is mended as such.)

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use crate::codepage::Charset;
use crate::plausible;

/// Points for each character beyond ASCII from which a line looks like words.
const WORDS: f64 = 0.6;
/// Most bytes of lines that the charset is told from.
const WINDOW: usize = 16 * 1024;

/// A text in two charsets.
pub(crate) struct Mixed {
    /// All of it; U+FFFD for bytes that nothing is proven of.
    pub text: String,
    /// The other charset.
    pub charset: Charset,
    /// Lines that were in it.
    pub lines: usize,
    /// Whether bytes remain that are in neither.
    pub invalid: bool,
}

/// Reads bytes that are UTF-8 for the greater part; none where no line is proven to be anything else.
pub(crate) fn read(bytes: &[u8]) -> Option<Mixed> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut sample = Vec::new();
    for line in lines(bytes).filter(|line| may_be_other(line)) {
        sample.extend_from_slice(&line[..line.len().min(WINDOW)]);
        if sample.len() >= WINDOW {
            break;
        }
    }
    if sample.is_empty() {
        return None;
    }
    detector.feed(&sample, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    if !guess.is_single_byte() {
        return None;
    }
    let charset = plausible::correct(&sample, guess);
    let mut mixed = Mixed { text: String::with_capacity(bytes.len()), charset, lines: 0, invalid: false };
    for line in lines(bytes) {
        if may_be_other(line) {
            let (text, invalid) = charset.decode(line);
            let beyond = text.chars().filter(|c| !c.is_ascii()).count();
            if !invalid && plausible::score(&text) >= WORDS * beyond as f64 {
                mixed.text.push_str(&text);
                mixed.lines += 1;
                continue;
            }
        }
        let text = String::from_utf8_lossy(line);
        mixed.invalid |= std::str::from_utf8(line).is_err();
        mixed.text.push_str(&text);
    }
    (mixed.lines > 0).then_some(mixed)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// Whether a line is no UTF-8, and all of it that is beyond ASCII may be of a charset with one byte a character.
fn may_be_other(line: &[u8]) -> bool {
    let mut found = false;
    for chunk in line.utf8_chunks() {
        if !chunk.valid().is_ascii() || chunk.invalid().len() > 1 {
            return false;
        }
        found |= !chunk.invalid().is_empty();
    }
    found
}

#[cfg(test)]
mod tests {
    use encoding_rs::{WINDOWS_1251, WINDOWS_1252};

    use super::*;

    const UTF_8: &str = "“Déjà vu”, said the café owner, naïvely. Ça suffit: œufs à la crème.\n";

    #[test]
    fn lines_of_an_older_charset_are_read_in_it() {
        for (encoding, line) in [
            (WINDOWS_1252, "Die Fähre über den Fluß fuhr, und der Bürgermeister grüßte die Gäste.\n"),
            (WINDOWS_1252, "He didn’t say “no” to the café.\n"),
            (WINDOWS_1251, "Паром отошёл от причала в полдень, и горожане долго махали ему вслед.\n"),
        ] {
            let other = encoding.encode(line).0;
            let bytes = [UTF_8.as_bytes(), &other, UTF_8.as_bytes()].concat();
            let mixed = read(&bytes).expect("two charsets");
            assert_eq!((mixed.text, mixed.lines, mixed.invalid), (format!("{UTF_8}{line}{UTF_8}"), 1, false));
            assert_eq!(mixed.charset, Charset::Whatwg(encoding));
        }
    }

    #[test]
    fn broken_utf_8_is_left_broken() {
        for line in [
            &b"the caf\xC3 owner\n"[..],
            b"the caf\xA9 owner\n",
            b"\xE2\x80 We met\n",
            b"one stray \xFF byte\n",
            b"caf\xE9 and caf\xC3\xA9\n",
        ] {
            let bytes = [UTF_8.as_bytes(), line].concat();
            assert!(read(&bytes).is_none(), "{line:?}");
        }
    }
}
