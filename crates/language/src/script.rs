//! Writing systems: which one a character belongs to, and what that alone says about the language.
//!
//! Only letters have a script here. Digits, punctuation, symbols and spaces are [`Kind::Break`]; marks written on
//! a letter (accents typed apart, Arabic vowel signs, joiners) are [`Kind::Mark`] and are passed over. Vowel signs
//! of the Indic scripts count as breaks: the n-gram tables that the model is made from were cut that way.

use std::sync::LazyLock;

/// A writing system that the identifier tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names of scripts explain themselves")]
pub enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Hebrew,
    Ethiopic,
    Han,
    Kana,
    Hangul,
    Greek,
    Armenian,
    Georgian,
    Thai,
    Lao,
    Khmer,
    Myanmar,
    Tibetan,
    Sinhala,
    Bengali,
    Gurmukhi,
    Gujarati,
    Oriya,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Thaana,
    Other,
}

/// How many scripts there are.
pub const SCRIPTS: usize = Script::Other as usize + 1;

/// All of them, in order.
pub const ALL: [Script; SCRIPTS] = {
    use Script::*;
    [
        Latin, Cyrillic, Arabic, Devanagari, Hebrew, Ethiopic, Han, Kana, Hangul, Greek, Armenian, Georgian, Thai, Lao,
        Khmer, Myanmar, Tibetan, Sinhala, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam,
        Thaana, Other,
    ]
};

/// Characters below this are looked up; it covers every alphabet.
const KNOWN: usize = 0x2000;

/// What every character is and what it folds to, made once: asking Unicode's own tables again and again is half
/// the cost of reading a text.
#[derive(Debug)]
pub struct Letters(Vec<(Kind, char)>);

impl Letters {
    /// The table.
    pub fn get() -> &'static Self {
        static LETTERS: LazyLock<Letters> = LazyLock::new(|| {
            let known = (0..KNOWN as u32).map(|code| char::from_u32(code).unwrap_or_default());
            Letters(known.map(|c| (kind(c), fold(c))).collect())
        });
        &LETTERS
    }

    /// The kind of a character, and its folded form.
    #[must_use]
    pub fn look(&self, c: char) -> (Kind, char) {
        self.0.get(c as usize).copied().unwrap_or_else(|| (kind(c), fold(c)))
    }
}

/// Lower case, and one form for letters that are typed in two ways (Romanian comma and cedilla).
fn fold(c: char) -> char {
    match c {
        'Ș' | 'ș' | 'Ş' => 'ş',
        'Ț' | 'ț' | 'Ţ' => 'ţ',
        // Nothing above has case that news is written in.
        c if c as usize >= KNOWN => c,
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

/// What a character is to the identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A letter of a script.
    Letter(Script),
    /// Something written on or between letters that does not end a word.
    Mark,
    /// Anything else: it ends a word.
    Break,
}

/// The kind of a character, worked out.
fn kind(c: char) -> Kind {
    use Script::*;
    let script = match c as u32 {
        0x41..=0x5A | 0x61..=0x7A => Latin,
        0x00..=0xA9 => return Kind::Break,
        0xAD | 0x300..=0x36F | 0x610..=0x61A | 0x640 | 0x64B..=0x65F | 0x670 | 0x6D6..=0x6DC => return Kind::Mark,
        0x591..=0x5C7 | 0x200D => return Kind::Mark,
        0xAA..=0x24F | 0x250..=0x2AF | 0x1E00..=0x1EFF | 0xFF21..=0xFF5A => Latin,
        0x370..=0x3FF | 0x1F00..=0x1FFF => Greek,
        0x400..=0x52F | 0x1C80..=0x1C8F => Cyrillic,
        0x531..=0x587 => Armenian,
        0x5D0..=0x5F2 | 0xFB1D..=0xFB4F => Hebrew,
        0x620..=0x6D5 | 0x6E5..=0x6FF | 0x750..=0x77F | 0x8A0..=0x8C9 | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC => Arabic,
        0x780..=0x7B1 => Thaana,
        0x904..=0x939 | 0x93D | 0x950 | 0x958..=0x961 | 0x971..=0x97F => Devanagari,
        0x900..=0x97F => return Kind::Break,
        0x980..=0x9FF => Bengali,
        0xA00..=0xA7F => Gurmukhi,
        0xA80..=0xAFF => Gujarati,
        0xB00..=0xB7F => Oriya,
        0xB80..=0xBFF => Tamil,
        0xC00..=0xC7F => Telugu,
        0xC80..=0xCFF => Kannada,
        0xD00..=0xD7F => Malayalam,
        0xD80..=0xDFF => Sinhala,
        0xE00..=0xE7F => Thai,
        0xE80..=0xEFF => Lao,
        0xF00..=0xFFF => Tibetan,
        0x1000..=0x109F | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F => Myanmar,
        0x10A0..=0x10FF | 0x1C90..=0x1CBF | 0x2D00..=0x2D2F => Georgian,
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => Hangul,
        0x1200..=0x139F | 0x2D80..=0x2DDF | 0xAB00..=0xAB2F => Ethiopic,
        0x1780..=0x17FF => Khmer,
        0x3041..=0x3096 | 0x309D..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9D => {
            Kana
        }
        0x3005..=0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF => Han,
        _ => Other,
    };
    // Most blocks are taken whole above and hold digits and punctuation too; the large ones do not.
    let letter = matches!(script, Han | Kana) || ('가'..='힣').contains(&c) || c.is_alphabetic();
    if letter { Kind::Letter(script) } else { Kind::Break }
}

impl Script {
    /// The language that is written in this script and, as far as news goes, in no other.
    #[must_use]
    pub fn language(self) -> Option<&'static str> {
        Some(match self {
            Self::Hangul => "ko",
            Self::Greek => "el",
            Self::Armenian => "hy",
            Self::Georgian => "ka",
            Self::Thai => "th",
            Self::Lao => "lo",
            Self::Khmer => "km",
            Self::Myanmar => "my",
            Self::Tibetan => "bo",
            Self::Sinhala => "si",
            Self::Bengali => "bn",
            Self::Gurmukhi => "pa",
            Self::Gujarati => "gu",
            Self::Oriya => "or",
            Self::Tamil => "ta",
            Self::Telugu => "te",
            Self::Kannada => "kn",
            Self::Malayalam => "ml",
            Self::Thaana => "dv",
            Self::Kana => "ja",
            _ => return None,
        })
    }

    /// How much one letter says, counted in letters of an alphabet: an ideograph or a syllable is most of a word,
    /// and in Devanagari what follows a consonant is not counted as a letter.
    #[must_use]
    pub fn weight(self) -> u32 {
        match self {
            Self::Han => 3,
            Self::Kana | Self::Hangul | Self::Ethiopic | Self::Devanagari => 2,
            _ => 1,
        }
    }
}

/// Letters that only one language of their script has, and has often.
#[derive(Debug)]
pub struct Telltale {
    /// The script.
    pub script: Script,
    /// The letters.
    pub letters: &'static [char],
    /// The language.
    pub code: &'static str,
}

/// Languages that are known by their letters and need no model.
pub const TELLTALES: &[Telltale] = &[
    Telltale { script: Script::Arabic, letters: &['ێ', 'ڕ', 'ڵ'], code: "ckb" },
    Telltale { script: Script::Bengali, letters: &['ৰ', 'ৱ'], code: "as" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_know_their_script_and_lower_case() {
        let letters = Letters::get();
        for (c, script, folded) in [
            ('A', Script::Latin, 'a'),
            ('Ț', Script::Latin, 'ţ'),
            ('İ', Script::Latin, 'i'),
            ('Ж', Script::Cyrillic, 'ж'),
            ('ی', Script::Arabic, 'ی'),
            ('क', Script::Devanagari, 'क'),
            ('Ω', Script::Greek, 'ω'),
            ('언', Script::Hangul, '언'),
            ('語', Script::Han, '語'),
            ('ー', Script::Kana, 'ー'),
            ('ᚠ', Script::Other, 'ᚠ'),
        ] {
            assert_eq!(letters.look(c), (Kind::Letter(script), folded), "{c}");
        }
    }

    #[test]
    fn signs_end_words_and_marks_do_not() {
        for c in [' ', '7', '-', '’', '٣', '।', '\u{93F}', '×', '。', '・', '→'] {
            assert_eq!(kind(c), Kind::Break, "{c:?}");
        }
        for c in ['\u{AD}', '\u{301}', '\u{64E}', 'ـ', '\u{200D}'] {
            assert_eq!(kind(c), Kind::Mark, "{c:?}");
        }
    }

    #[test]
    fn all_scripts_stand_at_their_number() {
        for (at, script) in ALL.into_iter().enumerate() {
            assert_eq!(script as usize, at);
        }
    }
}
