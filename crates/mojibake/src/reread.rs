//! Whole paragraphs read in a wrong charset, read again in the right one.
//!
//! `repair.rs` finds single characters of UTF-8 that were misread. Here all of a paragraph was: Cyrillic of
//! Windows-1251 read as Windows-1252 (`Âëàñòè Ïåòåðáóðãà`), Chinese of GBK (`³¤½­¿Ú`), UTF-8 read as Thai
//! (`เธ™เนเธณ`) or as Chinese (`浣犲ソ`). No character of it is right, and none proves anything: the paragraphs do,
//! together.
//!
//! - **UTF-8 read as a charset that is not Latin.** The bytes, won back, are UTF-8, and hardly any text is by chance.
//! - **A charset that is not Latin read as a Latin one, or one of Cyrillic as another.** What stands there is in no
//!   language: nearly all its letters have accents, which in no Latin script is so; or capitals follow small letters.
//!   And what comes out is prose, by the statistics of its letters (`prose.rs`). Which charset it is, `chardetng`
//!   says, which Firefox uses.
//!
//! Lines are read again only where they can be misread as a whole; the rest of a text stays as it is. The pieces
//! between the spaces of a line are the repairs.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, IBM866, KOI8_R, MACINTOSH, SHIFT_JIS, WINDOWS_874, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1255, WINDOWS_1256, X_MAC_CYRILLIC,
};

use crate::prose::{self, Case};
use crate::repair::{Mend, Repaired};

/// Charsets of one byte a character that UTF-8 is read in, and the names they have as layers. Latin ones and those
/// that lines are judged in (`page.rs`) are not among them.
static NARROW: [(&Encoding, &[&str]); 6] = [
    (WINDOWS_874, &["windows-874"]),
    (WINDOWS_1256, &["windows-1256"]),
    (WINDOWS_1255, &["windows-1255"]),
    (KOI8_R, &["koi8-r"]),
    (IBM866, &["ibm866"]),
    (X_MAC_CYRILLIC, &["x-mac-cyrillic"]),
];
/// Charsets of several bytes a character that UTF-8 is read in.
static BROAD: [(&Encoding, &[&str]); 4] =
    [(GBK, &["gbk"]), (SHIFT_JIS, &["shift_jis"]), (BIG5, &["big5"]), (EUC_KR, &["euc-kr"])];
/// Charsets that others are read in.
static READ_AS: [(&Encoding, &[&str]); 4] = [
    (WINDOWS_1252, &["windows-1252"]),
    (WINDOWS_1251, &["windows-1251"]),
    (WINDOWS_1250, &["windows-1250"]),
    (MACINTOSH, &["macintosh"]),
];

static NARROW_SHEETS: LazyLock<[Sheet; 6]> = LazyLock::new(|| NARROW.map(|(encoding, _)| Sheet::new(encoding)));
static READ_AS_SHEETS: LazyLock<[Sheet; 4]> = LazyLock::new(|| READ_AS.map(|(encoding, _)| Sheet::new(encoding)));

/// Fewest characters beyond ASCII of the lines that prove anything.
const LEAST_BEYOND: usize = 30;
/// Fewest characters of UTF-8 in a line that proves it; shorter ones follow.
const LEAST_SEQUENCES: usize = 10;
/// Characters of a line that are tried before all of it is.
const TRIAL: usize = 16;
/// Characters of a line beyond ASCII whose case is looked at before that of all is.
const HEAD: usize = 64;
/// Bytes that statistics look at.
const WINDOW: usize = 32 * 1024;

/// Reads the paragraphs of a text again that were wholly misread; none where nothing is proven. One misreading is
/// undone at a time: what was misread twice is read again twice.
///
/// Before [`repair`](crate::repair()), which knows characters only. Clean text is never changed.
#[must_use]
pub fn reread(text: &str) -> Option<Repaired<'static>> {
    let lines: Vec<Line<'_>> = suspects(text);
    if lines.iter().map(|line| line.beyond).sum::<usize>() < LEAST_BEYOND {
        return None;
    }
    as_utf_8(text, &lines).or_else(|| as_legacy(text, &lines))
}

/// A line that may be misread as a whole.
struct Line<'a> {
    /// Its text, with its end.
    text: &'a str,
    /// Where it begins, in bytes.
    start: usize,
    /// Characters beyond ASCII.
    beyond: usize,
    /// Whether nearly all letters are beyond ASCII.
    heavy: bool,
}

impl Line<'_> {
    /// The line up to so many characters beyond ASCII.
    fn head(&self, beyond: usize) -> &str {
        let mut found = self.text.char_indices().filter(|(_, c)| !c.is_ascii());
        found.nth(beyond).map_or(self.text, |(at, _)| &self.text[..at])
    }

    /// Whether it has letters beyond ASCII: dashes and quotation marks alone show nothing.
    fn has_letters(&self) -> bool {
        self.text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).nth(1).is_some()
    }
}

/// The lines with anything beyond ASCII, if there is one that has hardly anything else.
fn suspects(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.is_ascii() {
            // Every character beyond ASCII has one first byte of this form.
            let beyond = line.bytes().filter(|&byte| byte >= 0xC0).count();
            let latin = line.bytes().filter(u8::is_ascii_alphabetic).count();
            lines.push(Line { text: line, start, beyond, heavy: beyond * 10 >= (beyond + latin) * 6 });
        }
        start += line.len();
    }
    if lines.iter().any(|line| line.heavy) { lines } else { Vec::new() }
}

/// Characters of a charset with one byte a character, read sloppily: a byte that it leaves unassigned may be any
/// of what decoders make of it.
struct Sheet {
    /// Sorted by character.
    bytes: Vec<(char, u8)>,
}

impl Sheet {
    fn new(encoding: &'static Encoding) -> Self {
        let mut bytes: Vec<(char, u8)> = Vec::with_capacity(256);
        for byte in 0x80..=u8::MAX {
            let character = encoding.decode_without_bom_handling(&[byte]).0.chars().next();
            bytes.extend(character.filter(|&c| c != char::REPLACEMENT_CHARACTER).map(|c| (c, byte)));
        }
        for byte in 0x80..=u8::MAX {
            let free = !bytes.iter().any(|&(_, other)| other == byte);
            if (byte < 0xA0 || free) && !bytes.iter().any(|&(c, _)| c == char::from(byte)) {
                bytes.push((char::from(byte), byte));
            }
        }
        bytes.sort_unstable();
        Self { bytes }
    }

    fn byte(&self, c: char) -> Option<u8> {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => Some(byte),
            _ => self.bytes.binary_search_by_key(&c, |&(c, _)| c).ok().map(|at| self.bytes[at].1),
        }
    }

    /// The bytes of a text; none where a character has none.
    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| self.byte(c)).collect()
    }
}

/// UTF-8 read as something that is not Latin.
fn as_utf_8(text: &str, lines: &[Line<'_>]) -> Option<Repaired<'static>> {
    let narrow = NARROW.iter().zip(NARROW_SHEETS.iter()).map(|(&(_, names), sheet)| {
        let encode = move |text: &str| sheet.encode(text);
        reading(text, lines, &encode, names)
    });
    // What is read in these is mostly of East Asia.
    let is_eastern = lines.iter().any(|line| line.heavy && is_eastern(line.head(TRIAL)));
    let broad = BROAD.iter().filter(|_| is_eastern).map(|&(encoding, names)| {
        // What was lost is no byte of UTF-8.
        let encode = move |text: &str| {
            let mut bytes = Vec::with_capacity(text.len());
            for (at, part) in text.split(char::REPLACEMENT_CHARACTER).enumerate() {
                if at > 0 {
                    bytes.push(0xFF);
                }
                let (part, _, unmappable) = encoding.encode(part);
                if unmappable {
                    return None;
                }
                bytes.extend_from_slice(&part);
            }
            Some(bytes)
        };
        reading(text, lines, &encode, names)
    });
    narrow.chain(broad).flatten().next()
}

fn is_eastern(text: &str) -> bool {
    let beyond = text.chars().filter(|c| !c.is_ascii());
    let (east, all) = beyond.fold((0, 0), |(east, all), c| (east + usize::from(c >= '\u{2E80}'), all + 1));
    east * 2 > all
}

/// The lines that are UTF-8 once encoded, if they prove it together.
fn reading(
    text: &str,
    lines: &[Line<'_>],
    encode: &dyn Fn(&str) -> Option<Vec<u8>>,
    names: &'static [&'static str],
) -> Option<Repaired<'static>> {
    let mut page = Page::new(text, names);
    let mut proven = false;
    for line in lines.iter().filter(|line| line.heavy) {
        let bytes_of = |text: &str| encode(text).map(|bytes| utf_8(&bytes));
        if bytes_of(line.head(TRIAL)).is_none_or(|found| found.broken * 3 > found.good) {
            continue;
        }
        if let Some(found) = bytes_of(line.text).filter(Utf8::is_likely) {
            proven |= found.good >= LEAST_SEQUENCES;
            page.lines.push(line.start..line.start + line.text.len());
        }
    }
    if !proven {
        return None;
    }
    page.read(|piece| encode(piece).map(|bytes| utf_8(&bytes).text))
}

/// Bytes read as UTF-8.
struct Utf8 {
    /// U+FFFD for each row of bytes that are none.
    text: String,
    /// Characters beyond ASCII.
    good: usize,
    /// Rows of bytes that are none: a lost byte leaves the rest of its character.
    broken: usize,
    /// Whether a character came out that no text holds.
    odd: bool,
}

impl Utf8 {
    fn is_likely(&self) -> bool {
        !self.odd && self.good >= 3 && self.broken * 5 <= self.good
    }
}

fn utf_8(bytes: &[u8]) -> Utf8 {
    let mut found = Utf8 { text: String::with_capacity(bytes.len()), good: 0, broken: 0, odd: false };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars().filter(|c| !c.is_ascii()) {
            found.good += 1;
            found.odd |= prose::is_odd(c);
        }
        found.text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() && !found.text.ends_with(char::REPLACEMENT_CHARACTER) {
            found.text.push(char::REPLACEMENT_CHARACTER);
            found.broken += 1;
        }
    }
    found
}

/// A charset that is not Latin read as one that is, or one of Cyrillic read as another.
fn as_legacy(text: &str, lines: &[Line<'_>]) -> Option<Repaired<'static>> {
    let pages = READ_AS.iter().zip(READ_AS_SHEETS.iter());
    pages.filter_map(|(&(read_as, names), sheet)| legacy(text, lines, (read_as, sheet), names)).next()
}

fn legacy(
    text: &str,
    lines: &[Line<'_>],
    (read_as, sheet): (&'static Encoding, &Sheet),
    names: &'static [&'static str],
) -> Option<Repaired<'static>> {
    let is_cyrillic = read_as == WINDOWS_1251;
    // Small letters of KOI8-R are capitals of Windows-1251.
    let is_garbled = |line: &Line<'_>| {
        let is_broken = |text: &str| Case::of(text).is_broken();
        let is_odd = if is_cyrillic { is_broken(line.head(HEAD)) && is_broken(line.text) } else { line.heavy };
        is_odd && line.has_letters()
    };
    let mut sample = Vec::new();
    let mut source = String::new();
    let mut proof: Vec<(&Line<'_>, Vec<u8>)> = Vec::new();
    let (mut garbled, mut sound) = (0, 0);
    for line in lines {
        if sheet.encode(line.head(TRIAL)).is_none() {
            continue;
        }
        if !is_garbled(line) {
            sound += line.beyond;
            continue;
        }
        let Some(bytes) = sheet.encode(line.text) else { continue };
        garbled += line.beyond;
        if sample.len() < WINDOW {
            sample.extend_from_slice(&bytes);
            source.push_str(line.text);
        }
        proof.push((line, bytes));
    }
    if garbled < LEAST_BEYOND {
        return None;
    }
    // Lines in capitals are Cyrillic as it is written, and some look broken in any text.
    if is_cyrillic && (garbled < sound || prose::script_of(&source.to_lowercase()).is_some()) {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&sample, true);
    let written = match detector.guess(None, Utf8Detection::Deny) {
        encoding if encoding == GBK => GB18030,
        // Half of its letters are the same in the old Macs' charset, and its capitals are not.
        encoding if encoding == WINDOWS_1251 => {
            let breaks =
                |encoding: &'static Encoding| Case::of(&encoding.decode_without_bom_handling(&sample).0).breaks;
            if breaks(X_MAC_CYRILLIC) * 2 < breaks(WINDOWS_1251) { X_MAC_CYRILLIC } else { WINDOWS_1251 }
        }
        encoding => encoding,
    };
    if written == read_as || written.is_single_byte() && is_latin(written) {
        return None;
    }
    let decode = |bytes: &[u8]| {
        let (text, invalid) = written.decode_without_bom_handling(bytes);
        (!invalid).then(|| text.into_owned())
    };
    let mut page = Page::new(text, names);
    let mut prose = String::new();
    let mut read = 0;
    for (line, bytes) in &proof {
        let Some(decoded) = decode(bytes) else { continue };
        read += line.beyond;
        if prose.len() < WINDOW {
            prose.push_str(&decoded);
        }
        page.lines.push(line.start..line.start + line.text.len());
    }
    if read * 10 < garbled * 9 || prose::script_of(&prose).is_none() {
        return None;
    }
    // What proves nothing by itself follows: lines of signs (small letters of IBM 866), lines with more of ASCII in
    // them, lines of Cyrillic that are better Cyrillic now.
    for line in lines.iter().filter(|line| !is_garbled(line)) {
        let follows = |decoded: &str| {
            if is_cyrillic {
                !Case::of(decoded).is_broken() && prose::cyrillic(decoded) > prose::cyrillic(line.text)
            } else {
                has_three(line.text) && (line.heavy || written.is_single_byte() && has_foreign_words(line.text))
            }
        };
        if sheet.encode(line.text).and_then(|bytes| decode(&bytes)).is_some_and(|decoded| follows(&decoded)) {
            page.lines.push(line.start..line.start + line.text.len());
        }
    }
    page.lines.sort_by_key(|line| line.start);
    page.read(|piece| sheet.encode(piece).and_then(|bytes| decode(&bytes)))
}

/// Whether a charset was made for Latin letters.
fn is_latin(encoding: &'static Encoding) -> bool {
    !matches!(
        encoding.name(),
        "windows-1251"
            | "KOI8-R"
            | "KOI8-U"
            | "IBM866"
            | "ISO-8859-5"
            | "x-mac-cyrillic"
            | "windows-1253"
            | "ISO-8859-7"
            | "windows-1255"
            | "ISO-8859-8"
            | "ISO-8859-8-I"
            | "windows-1256"
            | "ISO-8859-6"
            | "windows-874"
    )
}

/// Whether a line has three different characters beyond ASCII, which a rule has not.
fn has_three(text: &str) -> bool {
    let mut different = Vec::new();
    text.chars().filter(|c| !c.is_ascii()).any(|c| {
        if !different.contains(&c) {
            different.push(c);
        }
        different.len() == 3
    })
}

/// Whether no word mixes letters of ASCII with others, and one of three letters is of others alone.
fn has_foreign_words(text: &str) -> bool {
    let mut found = false;
    for word in text.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic()) {
        let is_latin = word.contains(|c: char| c.is_ascii());
        if is_latin && word.contains(|c: char| !c.is_ascii() && c.is_alphabetic()) {
            return false;
        }
        found |= !is_latin && word.chars().count() >= 3;
    }
    found
}

/// A text, and its lines that are read again.
struct Page<'a> {
    text: &'a str,
    names: &'static [&'static str],
    /// In order.
    lines: Vec<Range<usize>>,
}

impl<'a> Page<'a> {
    const fn new(text: &'a str, names: &'static [&'static str]) -> Self {
        Self { text, names, lines: Vec::new() }
    }

    /// The text with its lines read again, piece by piece: no charset has a space inside a character.
    fn read(&self, again: impl Fn(&str) -> Option<String>) -> Option<Repaired<'static>> {
        let mut text = String::with_capacity(self.text.len());
        let mut mends = Vec::new();
        let mut copied = 0;
        for line in &self.lines {
            let mut start = line.start;
            for piece in self.text[line.clone()].split_inclusive([' ', '\t', '\r', '\n']) {
                let end = start + piece.trim_end_matches([' ', '\t', '\r', '\n']).len();
                if !self.text[start..end].is_ascii() {
                    let found = again(&self.text[start..end])?;
                    if found != self.text[start..end] {
                        text.push_str(&self.text[copied..start]);
                        let target = text.len()..text.len() + found.len();
                        text.push_str(&found);
                        mends.push(Mend { source: start..end, target, layers: Cow::Borrowed(self.names) });
                        copied = end;
                    }
                }
                start += piece.len();
            }
        }
        text.push_str(&self.text[copied..]);
        (!mends.is_empty()).then_some(Repaired { text: Cow::Owned(text), mends })
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, ISO_8859_5, ISO_8859_7, KOI8_U, WINDOWS_1253};
    use proptest::prelude::*;

    use super::*;
    use crate::sentences::{CLEAN, PROSE};

    /// Charsets in which articles of a language were written.
    fn charsets(language: &str) -> Vec<&'static Encoding> {
        match language {
            "ru" => vec![WINDOWS_1251, KOI8_R, ISO_8859_5, IBM866],
            "uk" => vec![WINDOWS_1251, KOI8_U],
            "bg" | "sr" => vec![WINDOWS_1251],
            "el" => vec![WINDOWS_1253, ISO_8859_7],
            "he" => vec![WINDOWS_1255],
            "ar" => vec![WINDOWS_1256],
            "th" => vec![WINDOWS_874],
            "zh" => vec![GBK],
            "zh-Hant" => vec![BIG5],
            "ja" => vec![SHIFT_JIS, EUC_JP],
            "ko" => vec![EUC_KR],
            _ => Vec::new(),
        }
    }

    /// Reads bytes in a charset as lenient decoders do.
    fn read_as(bytes: &[u8], encoding: &'static Encoding) -> String {
        let read = |&byte: &u8| match encoding.decode_without_bom_handling(&[byte]).0.chars().next() {
            Some(c) if c != char::REPLACEMENT_CHARACTER => c,
            _ => char::from(byte),
        };
        bytes.iter().map(read).collect()
    }

    fn again(text: &str) -> Option<String> {
        reread(text).map(|found| found.text.into_owned())
    }

    #[test]
    fn clean_text_is_never_read_again() {
        for (language, text) in CLEAN.iter().chain(&PROSE) {
            for text in [(*text).to_owned(), text.to_uppercase(), text.replace(' ', "\u{A0}"), text.repeat(20)] {
                assert_eq!(reread(&text), None, "{language}");
            }
        }
        let all: Vec<&str> = CLEAN.iter().chain(&PROSE).map(|&(_, text)| text).collect();
        assert_eq!(reread(&all.join("\n")), None);
    }

    #[test]
    fn what_is_no_prose_is_never_read_again() {
        for text in [
            "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞß àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
            "À Á Â Ã Ä Å Æ Ç È É Ê Ë Ì Í Î Ï Ð Ñ Ò Ó Ô Õ Ö Ø Ù Ú Û Ü Ý Þ ß à á â ã ä å æ ç è é ê ë ì í î ï",
            "Äääääääääääääääääääääääääääääääääh! Öööööööööööööööööööööööööööööööööh! Ééééééééééééééééé!",
            "абвгдежзийклмнопрстуфхцчшщъыьэюя АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
            "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀ └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀",
            "пРИВЕТ, Я ЗАБЫЛ ВЫКЛЮЧИТЬ ЗАГЛАВНЫЕ БУКВЫ НА КЛАВИАТУРЕ, И ПОЭТОМУ вСЕ НАПИСАНО тАК",
        ] {
            assert_eq!(reread(text), None, "{text}");
        }
    }

    #[test]
    fn every_charset_read_as_a_latin_one_comes_back() {
        for (language, text) in PROSE {
            for written in charsets(language) {
                let text = text.replace('—', "-");
                let (bytes, _, unmappable) = written.encode(&text);
                assert!(!unmappable, "{language} {}", written.name());
                for (latin, _) in READ_AS.iter().filter(|(page, _)| page != &WINDOWS_1251) {
                    let found = again(&read_as(&bytes, latin));
                    assert_eq!(found.as_deref(), Some(&*text), "{language} {} as {}", written.name(), latin.name());
                    assert_eq!(again(&text), None, "a fixed point");
                }
                let latin_1: String = bytes.iter().copied().map(char::from).collect();
                assert_eq!(again(&latin_1).as_deref(), Some(&*text), "{language} {}", written.name());
            }
        }
    }

    #[test]
    fn lines_that_prove_nothing_follow_those_that_do() {
        let text =
            format!("{}\nвдвоем\nКомпания Microsoft Windows и Intel сообщила\n———\n", PROSE[0].1.replace('—', "-"));
        for (written, read) in [(IBM866, WINDOWS_1252), (WINDOWS_1251, WINDOWS_1252), (X_MAC_CYRILLIC, WINDOWS_1252)] {
            let (bytes, ..) = written.encode(text.trim_end_matches("———\n"));
            let garbled = format!("{}———\n", read_as(&bytes, read));
            assert_eq!(again(&garbled).as_deref(), Some(&*text), "{}", written.name());
        }
    }

    #[test]
    fn one_cyrillic_charset_read_as_another_comes_back() {
        for (language, text) in PROSE.into_iter().filter(|(language, _)| matches!(*language, "ru" | "uk")) {
            for written in charsets(language).into_iter().filter(|&written| written != WINDOWS_1251) {
                let garbled = read_as(&written.encode(text).0, WINDOWS_1251);
                assert_eq!(again(&garbled).as_deref(), Some(text), "{language} {}", written.name());
            }
        }
    }

    #[test]
    fn utf_8_read_as_a_charset_that_is_not_latin_comes_back() {
        for (language, text) in PROSE {
            for (page, _) in NARROW {
                let garbled = read_as(text.as_bytes(), page);
                assert_eq!(again(&garbled).as_deref(), Some(text), "{language} {}", page.name());
            }
        }
    }

    #[test]
    fn utf_8_read_as_a_broad_charset_comes_back_but_for_what_was_lost() {
        // Words with spaces lose a byte of each second one, which is too much.
        for (language, text) in PROSE.into_iter().filter(|(language, _)| matches!(*language, "zh" | "zh-Hant" | "ja")) {
            let garbled = GBK.decode_without_bom_handling(text.as_bytes()).0;
            let found = again(&garbled).unwrap_or_default();
            let kept = found.chars().filter(|&c| text.contains(c)).count();
            assert!(kept * 10 > text.chars().count() * 9, "{language}: {found}");
        }
    }

    #[test]
    fn paragraphs_beside_misread_ones_stay() {
        let russian = PROSE[0].1;
        let garbled = read_as(&WINDOWS_1251.encode(russian).0, WINDOWS_1252);
        let clean = "L’été dernier, déjà, le café « Chez Zoë » était fermé.";
        let found = reread(&format!("{clean}\n{garbled}\n{clean}\n")).expect("misread");
        assert_eq!(found.text, format!("{clean}\n{russian}\n{clean}\n"));
        assert!(found.mends.iter().all(|mend| *mend.layers == ["windows-1252"]));
    }

    proptest! {
        #[test]
        fn any_text_is_safe_and_offsets_fit(parts in prop::collection::vec("[À-ÿ]{1,12}|[А-я]{1,9}|เธ[™š]|[a-z]{1,5}|[ \n—…]|\\PC", 0..60)) {
            let text = parts.concat();
            if let Some(found) = reread(&text) {
                let (mut source, mut target) = (0, 0);
                for mend in &found.mends {
                    prop_assert_eq!(&text[source..mend.source.start], &found.text[target..mend.target.start]);
                    (source, target) = (mend.source.end, mend.target.end);
                }
                prop_assert_eq!(&text[source..], &found.text[target..]);
            }
        }

        #[test]
        fn latin_words_are_never_read_again(words in prop::collection::vec("[A-ZÀ-Þ]?[a-zà-ÿ]{0,2}[a-z]{2,5}[à-ÿ]?", 0..80)) {
            prop_assert_eq!(reread(&words.join(" ")), None);
        }
    }
}
