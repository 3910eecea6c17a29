//! What a character is, as far as judging needs it: which script a letter is of, how a sign behaves in print.
//!
//! Two views. [`Target`] is for characters that a repair would give: is this what people write? [`Source`] is for
//! the characters that stand in the text: the rules of print (what follows a letter, what opens, what closes)
//! hold in every language, and misread text breaks them. Only characters of alphabets in daily use are *common*;
//! phonetic signs, historic letters and the like are *rare*: right text read wrongly twice lands there.

/// Scripts in use, told apart as far as they do not mix within a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    /// The Brahmic scripts of India and Sri Lanka, by their block: they do not mix.
    Indic(u8),
    Thai,
    Lao,
    Tibetan,
    Burmese,
    Georgian,
    Ethiopic,
    Khmer,
    /// Han, kana, Hangul and the signs they share.
    EastAsian,
}

impl Script {
    /// Whether its letters are, in UTF-8, led by a byte.
    pub(crate) const fn is_led_by(self, byte: u8) -> bool {
        match self {
            Self::Latin => matches!(byte, 0xC3..=0xC9),
            Self::Greek => matches!(byte, 0xCD..=0xCF | 0xE1),
            Self::Cyrillic => matches!(byte, 0xD0..=0xD3),
            Self::Armenian => matches!(byte, 0xD4..=0xD6),
            Self::Hebrew => matches!(byte, 0xD6 | 0xD7),
            Self::Arabic => matches!(byte, 0xD8..=0xDB | 0xEF),
            Self::Indic(_) | Self::Thai | Self::Lao | Self::Tibetan => byte == 0xE0,
            Self::Burmese | Self::Georgian | Self::Ethiopic | Self::Khmer => byte == 0xE1,
            Self::EastAsian => matches!(byte, 0xE3..=0xED | 0xEF),
        }
    }

    /// Whether the script has capitals.
    const fn has_case(self) -> bool {
        matches!(self, Self::Latin | Self::Greek | Self::Cyrillic | Self::Armenian)
    }

    /// Whether words of this script stand next to Latin words without a space.
    pub(crate) const fn is_unspaced(self) -> bool {
        matches!(self, Self::EastAsian | Self::Thai | Self::Lao | Self::Burmese | Self::Khmer)
    }
}

/// What a repair would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A letter (or a mark or digit of the script) in daily use.
    Letter(Script),
    /// A sign of print that stands in any text: quotation marks, dashes, the euro.
    Print,
    /// A symbol or emoji, or a combining mark: it may stand anywhere, and rarely does.
    Symbol,
    /// In use, but hardly in an article.
    Rare,
    /// Never meant: unassigned, private, control.
    Never,
}

/// Whether a Latin letter beyond ASCII is in an alphabet of today.
const fn is_common_latin(code: u32) -> bool {
    matches!(code,
        0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x17E
        | 0x18F | 0x259 // Azerbaijani
        | 0x1A0 | 0x1A1 | 0x1AF | 0x1B0 // Vietnamese
        | 0x1CD..=0x1DC // Pinyin
        | 0x218..=0x21B // Romanian
        | 0x1E80..=0x1E85 | 0x1E9E | 0x1EA0..=0x1EF9)
        && !matches!(code, 0x138 | 0x149 | 0x13F | 0x140 | 0x132 | 0x133)
}

/// The script of a letter in daily use.
pub(crate) const fn script(c: char) -> Option<Script> {
    let code = c as u32;
    Some(match code {
        0x41..=0x5A | 0x61..=0x7A => Script::Latin,
        0xC0..=0x1EF9 if is_common_latin(code) => Script::Latin,
        0x386 | 0x388..=0x38A | 0x38C | 0x38E..=0x3A1 | 0x3A3..=0x3CE | 0x1F00..=0x1FFE => Script::Greek,
        0x401..=0x40C | 0x40E..=0x44F | 0x451..=0x45C | 0x45E | 0x45F => Script::Cyrillic,
        // Ukrainian, Kazakh, Kyrgyz, Tatar, Tajik, Uzbek, Mongolian
        0x490..=0x493 | 0x496 | 0x497 | 0x49A | 0x49B | 0x4A2 | 0x4A3 | 0x4AE..=0x4B3 => Script::Cyrillic,
        0x4B6 | 0x4B7 | 0x4BA | 0x4BB | 0x4D8 | 0x4D9 | 0x4E2 | 0x4E3 | 0x4E8 | 0x4E9 | 0x4EE | 0x4EF => {
            Script::Cyrillic
        }
        0x531..=0x556 | 0x55A..=0x55E | 0x561..=0x587 | 0x589 | 0x58A => Script::Armenian,
        0x591..=0x5C7 | 0x5D0..=0x5EA | 0x5F0..=0x5F4 => Script::Hebrew,
        0x60C | 0x61B | 0x61F | 0x621..=0x63A | 0x640..=0x655 | 0x660..=0x66D | 0x670..=0x6D5 => Script::Arabic,
        0x6F0..=0x6F9 | 0xFB50..=0xFBB1 | 0xFBD3..=0xFBE9 | 0xFBFC..=0xFBFF | 0xFDFC | 0xFE70..=0xFEFC => {
            Script::Arabic
        }
        0x964 | 0x965 => return None, // dandas, which all scripts of India share
        0x900..=0xDFF => Script::Indic((code >> 7) as u8),
        0xE01..=0xE3A | 0xE40..=0xE5B => Script::Thai,
        0xE81..=0xEDF => Script::Lao,
        0xF00..=0xFD4 => Script::Tibetan,
        0x1000..=0x109F => Script::Burmese,
        0x10D0..=0x10FF => Script::Georgian,
        0x1200..=0x137C => Script::Ethiopic,
        0x1780..=0x17E9 => Script::Khmer,
        0x3001..=0x3011 | 0x3014..=0x301F | 0x3041..=0x30FF | 0x31F0..=0x31FF | 0x4E00..=0x9FFF => Script::EastAsian,
        0xAC00..=0xD7A3 | 0xFF01..=0xFF9F => Script::EastAsian,
        _ => return None,
    })
}

/// What a repair that gives this character would give.
pub(crate) const fn target(c: char) -> Target {
    if let Some(script) = script(c) {
        return Target::Letter(script);
    }
    match c as u32 {
        0x80..=0x9F => Target::Never,
        0x964 | 0x965 => Target::Print,
        0xA0..=0xBF | 0xD7 | 0xF7 => match c {
            '¤' | '¦' | '¨' | '¬' | '¯' | '¸' => Target::Rare,
            _ => Target::Print,
        },
        0x2010..=0x2015 | 0x2018..=0x201E | 0x2020..=0x2022 | 0x2026 | 0x2030 | 0x2032 | 0x2033 | 0x2039 | 0x203A => {
            Target::Print
        }
        // the signs of joining and direction; the euro and its neighbours; №, ™; the mark of UTF-8; what was lost
        0x200B..=0x200F | 0x202F | 0x20A0..=0x20C0 | 0x2116 | 0x2122 | 0x3000 | 0xFEFF | 0xFFFD => Target::Print,
        0x300..=0x341 | 0x2000..=0x206F | 0x2190..=0x22FF | 0x25A0..=0x27BF | 0x2B00..=0x2BFF => Target::Symbol,
        0xFE0E | 0xFE0F | 0x1F1E6..=0x1FAFF => Target::Symbol,
        0x378..=0x379 | 0x530 | 0x590 | 0x5C8..=0x5CF | 0x5EB..=0x5EE | 0x5F5..=0x605 | 0xE000..=0xF8FF => {
            Target::Never
        }
        0xF0000.. => Target::Never,
        0x0..=0x7F => Target::Never,
        _ => Target::Rare,
    }
}

/// What a character of the text is in print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Lower(Script),
    Upper(Script),
    /// A letter without case.
    Letter(Script),
    Digit,
    Space,
    /// A C1 control character.
    Control,
    /// A sign with hardly a use of its own after a letter: spacing accents, the broken bar, daggers, ƒ, ◊.
    Odd,
    /// A sign that opens or leads, so that a space or nothing stands before: ¿, «, „, £.
    Opening,
    /// A sign that closes or follows: », ®, ™, °, ².
    Closing,
    /// Mathematics and the like, which stand between numbers.
    Symbol,
    /// Box drawing.
    Drawing,
    /// The soft hyphen.
    Hyphen,
    /// What follows a word in any text and also stands in the middle of one: the apostrophe.
    Apostrophe,
    /// What follows a word in any text: closing quotation marks, dashes, the ellipsis.
    Stop,
    /// Anything else.
    Other,
}

impl Source {
    /// Whether it is a letter, and of which script.
    pub(crate) const fn letter(self) -> Option<Script> {
        match self {
            Self::Lower(script) | Self::Upper(script) | Self::Letter(script) => Some(script),
            _ => None,
        }
    }
}

/// What a character of the text is in print.
pub(crate) fn source(c: char) -> Source {
    match c {
        'a'..='z' => return Source::Lower(Script::Latin),
        'A'..='Z' => return Source::Upper(Script::Latin),
        '0'..='9' => return Source::Digit,
        '\t' | '\n' | '\r' | ' ' | '\u{A0}' | '\u{3000}' => return Source::Space,
        '\u{80}'..='\u{9F}' => return Source::Control,
        '¤' | '¦' | '¨' | '¬' | '¯' | '¸' | 'ƒ' | 'ˆ' | 'ˇ' | '˘' | '˛' | '˙' | '˚' | '˜' | '˝' | '†' | '‡' | '‰'
        | '◊' | '⌐' | 'ﬁ' | 'ﬂ' | 'ı' | '\u{F8FF}' => return Source::Odd,
        '¡' | '¿' | '«' | '„' | '‚' | '‹' | '£' | '¥' | '¢' | '§' | '¶' | '©' | '±' | '€' | '₧' | '΄' | '΅' | '•' =>
        {
            return Source::Opening;
        }
        '»' | '›' | '®' | '™' | '°' | 'º' | 'ª' | '²' | '³' | '¹' | '´' => return Source::Closing,
        '’' => return Source::Apostrophe,
        '\u{AD}' => return Source::Hyphen,
        '“' | '‘' | '”' | '–' | '—' | '―' | '…' | '·' => return Source::Stop,
        '№' | '×' | '÷' | '¼' | '½' | '¾' | 'µ' | '\u{2044}'..='\u{2044}' | '\u{2200}'..='\u{23FF}' => {
            return Source::Symbol;
        }
        '\u{2500}'..='\u{25A1}' => return Source::Drawing,
        _ => {}
    }
    match script(c) {
        Some(script) if !script.has_case() => Source::Letter(script),
        Some(script) if c.is_lowercase() => Source::Lower(script),
        Some(script) if c.is_uppercase() => Source::Upper(script),
        Some(script) => Source::Letter(script),
        None => Source::Other,
    }
}
