//! A text in another script: not a translation, only its shape.
//!
//! A model that is to find an article in any language must not rely on capitals, on spaces or on the full stop of
//! Europe. Letters are replaced by letters of a script that has none of them, one for one.

use crate::random::Random;

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Foreign {
    /// As it is.
    No,
    /// In letters with capitals.
    Cyrillic,
    /// In letters without capitals, with a full stop of their own.
    Devanagari,
    /// In letters without capitals.
    Arabic,
    /// In ideographs, without spaces.
    Han,
}

impl Foreign {
    /// Half of all texts stay as they are.
    pub(super) fn draw(random: &mut Random) -> Self {
        match random.below(10) {
            0 => Self::Cyrillic,
            1 => Self::Devanagari,
            2 => Self::Arabic,
            3 | 4 => Self::Han,
            _ => Self::No,
        }
    }

    /// A line in that script.
    pub(super) fn write(self, line: &str) -> String {
        let letter = |c: char, first: u32, letters: u32| char::from_u32(first + c as u32 % letters).unwrap_or(c);
        match self {
            Self::No => line.to_owned(),
            Self::Cyrillic => line
                .chars()
                .map(|c| match c {
                    c if c.is_uppercase() => letter(c, 0x410, 32),
                    c if c.is_lowercase() => letter(c, 0x430, 32),
                    c => c,
                })
                .collect(),
            Self::Devanagari => {
                let written: String =
                    line.chars().map(|c| if c.is_alphabetic() { letter(c, 0x915, 37) } else { c }).collect();
                let mut written = written.replace(". ", "। ");
                if let Some(head) = written.strip_suffix('.').filter(|head| !head.ends_with('.')) {
                    written = format!("{head}।");
                }
                written
            }
            Self::Arabic => line
                .chars()
                .map(|c| if c.is_alphabetic() { letter(c, 0x628, 18) } else { c })
                .collect::<String>()
                .replace(',', "،")
                .replace('?', "؟"),
            Self::Han => han(line),
        }
    }
}

/// Two ideographs for a word; numbers and names of all capitals stay.
fn han(line: &str) -> String {
    let mut written = String::new();
    for word in line.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        if core.is_empty() || core.chars().any(|c| c.is_ascii_digit()) || core.chars().all(char::is_uppercase) {
            written.push_str(word);
            continue;
        }
        let start = word.find(core).unwrap_or(0);
        let hash = core.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let sign = |c: char| match c {
            '.' => '。',
            ',' => '，',
            '?' => '？',
            '!' => '！',
            ':' => '：',
            '(' => '（',
            ')' => '）',
            '"' | '“' => '「',
            '”' => '」',
            c => c,
        };
        written.extend(word[..start].chars().map(sign));
        written.extend(char::from_u32(0x4E00 + hash % 4000));
        if core.chars().count() > 3 {
            written.extend(char::from_u32(0x4E00 + (hash >> 8) % 4000));
        }
        written.extend(word[start + core.len()..].chars().map(sign));
    }
    written
}
