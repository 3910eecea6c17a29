//! How a text looks, read in one of several single-byte charsets: which of them makes words of it.
//!
//! `chardetng` knows what browsers meet. Files from old Macs and DOS programs it takes for something else, and
//! what it makes of them shows: symbols inside words, capitals after small letters. So the bytes are read in
//! each charset of the family as well, and the guess is given up only for a reading that looks better by far.

use encoding_rs::{Encoding, IBM866, ISO_8859_5, KOI8_R, KOI8_U, MACINTOSH, WINDOWS_1251, X_MAC_CYRILLIC};

use crate::codepage::Charset;

/// Bytes that are read in each charset.
const WINDOW: usize = 16 * 1024;
/// Points for each character in question by which another reading must be better.
const BY_FAR: f64 = 0.25;
/// Fewest bytes beyond ASCII that a guess can be sure by.
const SURE_BYTES: usize = 12;

/// The guess, or the charset of its family that reads better by far.
pub(crate) fn correct(bytes: &[u8], guess: &'static Encoding) -> Charset {
    let guessed = Charset::Whatwg(guess);
    if !guess.is_single_byte() {
        return guessed;
    }
    let bytes = &bytes[..bytes.len().min(WINDOW)];
    let read = guessed.decode(bytes).0;
    let of_guess = score(&read);
    let mut best = (0.0, guessed);
    for charset in family(guess) {
        let other = charset.decode(bytes).0;
        let in_question = read.chars().zip(other.chars()).filter(|(a, b)| a != b).count();
        let better = score(&other) - of_guess;
        if better > BY_FAR * in_question as f64 + 1.0 && better > best.0 {
            best = (better, charset);
        }
    }
    best.1
}

/// Whether a text has so few bytes beyond ASCII that statistics may be wrong.
pub(crate) fn is_doubtful(bytes: &[u8]) -> bool {
    bytes.iter().filter(|&&byte| byte >= 0x80).take(SURE_BYTES).count() < SURE_BYTES
}

/// The charsets that a guess may be confused with.
fn family(guess: &'static Encoding) -> Vec<Charset> {
    let latin = || vec![Charset::Whatwg(MACINTOSH), Charset::Ibm850];
    let cyrillic = || {
        let known = [WINDOWS_1251, KOI8_R, KOI8_U, IBM866, ISO_8859_5, X_MAC_CYRILLIC];
        known.into_iter().map(Charset::Whatwg).chain([Charset::Ibm855]).collect()
    };
    match guess.name() {
        "windows-1251" | "KOI8-R" | "KOI8-U" | "IBM866" | "ISO-8859-5" | "x-mac-cyrillic" => cyrillic(),
        "windows-1250" | "windows-1252" | "windows-1254" | "windows-1257" | "ISO-8859-2" | "ISO-8859-4" => latin(),
        // Greek, Hebrew, Arabic, Thai: nothing here reads like them.
        _ => Vec::new(),
    }
}

/// How much a text looks like words: points for each character beyond ASCII, by itself and by its neighbours.
pub(crate) fn score(text: &str) -> f64 {
    let mut points = 0.0;
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if !c.is_ascii() {
            points += point(before, c, characters.peek().copied().unwrap_or(' '));
        }
        before = c;
    }
    points
}

fn point(before: char, c: char, after: char) -> f64 {
    let inside = before.is_alphabetic() && after.is_alphabetic();
    match c {
        '\u{80}'..='\u{9F}' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' => -4.0,
        '’' if before.is_alphabetic() => 1.0,
        '“' | '‘' | '„' | '«' if before.is_whitespace() && after.is_alphanumeric() => 1.0,
        '”' | '»' | '’' | '“' if !before.is_whitespace() && !after.is_alphanumeric() => 1.0,
        '–' | '—' | '…' | '\u{A0}' | '•' | '№' if !inside => 0.5,
        '°' | '€' | '£' | '©' | '®' | '§' | '½' if !inside => 0.3,
        'ª' | 'º' if before.is_ascii_digit() => 0.3,
        _ if c.is_alphabetic() && c.is_lowercase() => {
            let same = |other: char| !other.is_alphabetic() || is_cyrillic(other) == is_cyrillic(c);
            let common = matches!(c, 'à'..='ö' | 'ø'..='ü' | 'ß' | 'œ' | 'а'..='я' | 'ё' | 'є' | 'і' | 'ї');
            if !same(before) || !same(after) || before.is_uppercase() && after.is_uppercase() {
                -2.0
            } else if common {
                1.0
            } else {
                0.5
            }
        }
        _ if c.is_alphabetic() => {
            if before.is_lowercase() {
                -2.0
            } else if after.is_alphabetic() && is_cyrillic(c) == is_cyrillic(after) {
                if matches!(c, 'À'..='Ü' | 'А'..='Я') { 0.7 } else { 0.3 }
            } else {
                -0.2
            }
        }
        _ if inside => -2.5,
        _ => -1.0,
    }
}

const fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    use encoding_rs::WINDOWS_1252;

    const GERMAN: &str = "Der Bürgermeister grüßte die Gäste, ehe die Fähre über den Fluß fuhr. Schöne Grüße!";
    const RUSSIAN: &str = "Паром отошёл от причала в полдень, и горожане долго махали ему вслед. Никто не ушёл.";

    fn bytes(text: &str, charset: Charset) -> Vec<u8> {
        let table: Vec<String> = (0..=255_u8).map(|byte| charset.decode(&[byte]).0.into_owned()).collect();
        let byte = |c: char| table.iter().position(|known| known.chars().eq([c])).and_then(|at| u8::try_from(at).ok());
        text.chars().map(|c| byte(c).expect("a character of the charset")).collect()
    }

    #[test]
    fn old_charsets_are_seen() {
        for charset in [Charset::Whatwg(MACINTOSH), Charset::Ibm850] {
            assert_eq!(correct(&bytes(GERMAN, charset), WINDOWS_1252), charset);
        }
        for charset in [Charset::Ibm855, Charset::Whatwg(X_MAC_CYRILLIC)] {
            assert_eq!(correct(&bytes(RUSSIAN, charset), WINDOWS_1251).decode(&bytes(RUSSIAN, charset)).0, RUSSIAN);
        }
    }

    #[test]
    fn a_good_guess_stands() {
        for (text, encoding) in [(GERMAN, WINDOWS_1252), (RUSSIAN, WINDOWS_1251), (RUSSIAN, KOI8_R)] {
            let bytes = encoding.encode(text).0;
            assert_eq!(correct(&bytes, encoding), Charset::Whatwg(encoding));
        }
    }
}
