//! From bytes to text: which charset the bytes are in, and whether they are text at all.
//!
//! Strong evidence first:
//!
//! 1. a byte order mark; the zero bytes that UTF-16 and UTF-32 leave; UTF-16 that reads as prose in one byte order;
//! 2. validity as UTF-8 (hardly any text in another charset is valid UTF-8 by chance), with a few broken
//!    sequences forgiven: a truncated file must not become mojibake as a whole. This beats declarations, because
//!    a server's header and a template's `meta` are wrong more often than chance makes UTF-8;
//! 3. a declaration the bytes agree with: the transport header, then `meta` or the XML declaration within the
//!    first 4 KiB (WHATWG's labels);
//! 4. statistics: `chardetng`, which Firefox uses, corrected where it never answers (old Mac and DOS charsets) by
//!    reading the bytes in each and judging how the words look (`plausible.rs`).
//!
//! Lines of another charset in a UTF-8 file are read in that one where it is proven (`mixed.rs`).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use copydesk_mojibake::{ByteOrder, utf_16};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::codepage::Charset;
use crate::{mixed, plausible};

/// Bytes that [`is_binary`] looks at.
const BINARY_WINDOW: usize = 64 * 1024;
/// Bytes that the statistics look at, from shortly before the first byte that is not ASCII.
const STATISTICS_WINDOW: usize = 256 * 1024;
/// Bytes that the search for the UTF-16 pattern, and for a declaration, looks at.
const PATTERN_WINDOW: usize = 4096;
/// Invalid sequences that a declared charset may leave, to a thousand bytes that are not ASCII.
const MOST_INVALID: usize = 20;

/// Text with the charset it came in.
pub(crate) struct Decoded<'a> {
    /// The text, without its byte order mark; U+FFFD where bytes were invalid.
    pub text: Cow<'a, str>,
    /// Name of the charset, lower-cased: WHATWG's, else IANA's.
    pub charset: String,
    /// Whether bytes were invalid.
    pub invalid: bool,
    /// Why the charset is doubtful, in words, where it is.
    pub doubt: Option<String>,
}

/// What is known about the charset of bytes besides the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints<'a> {
    /// Charset as a transport header says it.
    pub supplied: Option<&'a str>,
    /// Whether the bytes are markup, which may declare its charset.
    pub markup: bool,
}

/// Decodes bytes, by the strongest evidence there is.
pub(crate) fn decode<'a>(bytes: &'a [u8], hints: Hints<'_>) -> Decoded<'a> {
    let (charset, mark, doubt) = match byte_order_mark(bytes) {
        Some((charset, mark)) => (charset, mark, None),
        None => {
            let (charset, doubt) = detect(bytes, hints);
            (charset, 0, doubt)
        }
    };
    let (text, invalid) = charset.decode(&bytes[mark..]);
    if invalid
        && charset == Charset::Whatwg(UTF_8)
        && let Some(mixed) = mixed::read(&bytes[mark..])
    {
        let doubt = format!(
            "the file is in two charsets: {} of its lines are no `utf-8`, and read as words in `{}`, so they were read in that",
            mixed.lines,
            mixed.charset.name()
        );
        return Decoded {
            text: Cow::Owned(mixed.text),
            charset: charset.name(),
            invalid: mixed.invalid,
            doubt: Some(doubt),
        };
    }
    Decoded { text, charset: charset.name(), invalid, doubt }
}

fn byte_order_mark(bytes: &[u8]) -> Option<(Charset, usize)> {
    // The mark of UTF-32 begins with that of UTF-16.
    if bytes.starts_with(b"\xFF\xFE\0\0") && bytes.len().is_multiple_of(4) {
        return Some((Charset::Utf32Le, 4));
    }
    if bytes.starts_with(b"\0\0\xFE\xFF") {
        return Some((Charset::Utf32Be, 4));
    }
    Encoding::for_bom(bytes).map(|(encoding, mark)| (Charset::Whatwg(encoding), mark))
}

fn detect(bytes: &[u8], hints: Hints<'_>) -> (Charset, Option<String>) {
    if let Some(utf_32) = utf_32_pattern(bytes) {
        return (utf_32, None);
    }
    if let Some(encoding) = utf_16_unmarked(bytes) {
        return (Charset::Whatwg(encoding), None);
    }
    // ISO-2022-JP is pure ASCII with escapes, so it passes for valid UTF-8.
    if !bytes.contains(&0x1B) && is_mostly_utf_8(bytes) {
        return (Charset::Whatwg(UTF_8), None);
    }
    let declared = || if hints.markup { declaration(bytes) } else { None };
    for label in [hints.supplied, declared()].into_iter().flatten() {
        if let Some(charset) = Charset::for_label(label).filter(|&charset| fits(bytes, charset)) {
            return (charset, None);
        }
    }
    let window = window(bytes);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(window, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    let charset = plausible::correct(window, guess);
    let doubt = plausible::is_doubtful(window).then(|| {
        format!(
            "the charset is a guess from few bytes: `{}`; name it in the source's settings if the text looks wrong",
            charset.name()
        )
    });
    (charset, doubt)
}

/// The bytes that tell most: from shortly before the first that is not ASCII.
fn window(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|&byte| byte >= 0x80 || byte == 0x1B).unwrap_or(0);
    let start = first.saturating_sub(PATTERN_WINDOW);
    &bytes[start..bytes.len().min(start + STATISTICS_WINDOW)]
}

/// Whether bytes can be text in a charset: hardly any of them are invalid in it. UTF-8 and UTF-16 were looked
/// for before; a page that declares them and got here is not in them.
fn fits(bytes: &[u8], charset: Charset) -> bool {
    let Charset::Whatwg(encoding) = charset else { return true };
    if encoding == UTF_8 || !encoding.is_ascii_compatible() && encoding != encoding_rs::ISO_2022_JP {
        return false;
    }
    let window = window(bytes);
    let beyond = window.iter().filter(|&&byte| byte >= 0x80).count();
    let text = encoding.decode_without_bom_handling(window).0;
    let invalid = text.matches('\u{FFFD}').count();
    invalid * 1000 <= beyond * MOST_INVALID + 1000
}

/// The label that markup declares within its first 4 KiB: `<meta charset=…>`, `content="…; charset=…"` or
/// `<?xml … encoding="…"?>`.
fn declaration(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(PATTERN_WINDOW)];
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &head[at..]) {
        let start = at + found;
        let end = memchr::memchr(b'>', &head[start..]).map_or(head.len(), |found| start + found);
        let tag = &head[start..end];
        at = end;
        let starts = |name: &[u8]| tag.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let name: &[u8] = if starts(b"meta") {
            b"charset"
        } else if starts(b"?xml") {
            b"encoding"
        } else {
            continue;
        };
        if let Some(label) = value_of(tag, name) {
            return Some(label);
        }
    }
    None
}

/// The value after a name in a tag.
fn value_of<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let at = tag.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))? + name.len();
    let rest = tag[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)).count();
    std::str::from_utf8(&rest[..len]).ok().filter(|label| !label.is_empty())
}

/// Valid UTF-8, or UTF-8 with at most one broken sequence to three good ones, a cut-off last one not counted. Of
/// the pairs of bytes in a text of another charset, one in seven may pass for good (GBK), not three in four.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut broken) = (0_usize, 0_usize);
    let mut rest = bytes.len();
    for chunk in bytes.utf8_chunks() {
        // Every character beyond ASCII has exactly one leading byte of this form.
        good += chunk.valid().bytes().filter(|&byte| byte >= 0xC0).count();
        rest -= chunk.valid().len() + chunk.invalid().len();
        if !chunk.invalid().is_empty() && (rest > 0 || good == 0) {
            broken += 1;
        }
    }
    broken <= good / 3
}

/// UTF-32 without a byte order mark: whole units, each a character of a text.
fn utf_32_pattern(bytes: &[u8]) -> Option<Charset> {
    let window = &bytes[..bytes.len().min(PATTERN_WINDOW)];
    let (units, rest) = window.as_chunks::<4>();
    if units.len() < 4 || !rest.is_empty() {
        return None;
    }
    let is_text =
        |read: fn([u8; 4]) -> u32| units.iter().all(|&unit| char::from_u32(read(unit)).is_some_and(|c| c != '\0'));
    if is_text(u32::from_le_bytes) {
        Some(Charset::Utf32Le)
    } else {
        is_text(u32::from_be_bytes).then_some(Charset::Utf32Be)
    }
}

/// UTF-16 without a byte order mark, where it is obvious: of the first pairs of bytes, two in five have a zero
/// on one side and hardly any on the other.
fn utf_16_pattern(bytes: &[u8]) -> Option<&'static Encoding> {
    let window = &bytes[..bytes.len().min(PATTERN_WINDOW)];
    let pairs = window.len() / 2;
    let zeros = |side: usize| window.iter().skip(side).step_by(2).filter(|&&byte| byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    if pairs < 4 || (first == 0 && second == 0) {
        return None;
    }
    let (many, few) = (first.max(second), first.min(second));
    (many * 5 >= pairs * 2 && few * 50 <= pairs).then_some(if first > second { UTF_16BE } else { UTF_16LE })
}

/// UTF-16 without a byte order mark: by its zeros, else by what it reads like.
fn utf_16_unmarked(bytes: &[u8]) -> Option<&'static Encoding> {
    utf_16_pattern(bytes).or_else(|| utf_16(bytes).map(ByteOrder::encoding))
}

/// Whether bytes are no text in any charset the desk reads: more NULs and control bytes than a text with a few
/// stray ones has. Looks at the first 64 KiB only. UTF-16 is text, with a byte order mark or an obvious pattern.
#[must_use]
pub fn is_binary(bytes: &[u8]) -> bool {
    let window = &bytes[..bytes.len().min(BINARY_WINDOW)];
    let utf_16 = match Encoding::for_bom(window) {
        Some((encoding, _)) if encoding != UTF_8 => Some(encoding),
        Some(_) => None,
        None => utf_16_unmarked(window),
    };
    let (controls, units) = match utf_16 {
        Some(encoding) => {
            let text = encoding.decode_without_bom_handling(window).0;
            (text.chars().filter(|&c| u8::try_from(c).is_ok_and(is_control_byte)).count(), text.chars().count())
        }
        None => (window.iter().filter(|&&byte| is_control_byte(byte)).count(), window.len()),
    };
    controls > 2 + units / 100
}

/// Control bytes that no charset uses in text: not TAB, the line breaks, backspace, or ESC (ISO-2022-JP).
const fn is_control_byte(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, 0x08..=0x0D | 0x1B) || byte == 0x7F
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GB18030, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    fn in_utf_16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    fn decoded(bytes: &[u8]) -> (String, String, bool) {
        let decoded = decode(bytes, Hints::default());
        (decoded.charset, decoded.text.into_owned(), decoded.invalid)
    }

    #[test]
    fn byte_order_marks_decide_and_are_no_part_of_the_text() {
        assert_eq!(decoded(b"\xEF\xBB\xBFharbour"), ("utf-8".into(), "harbour".into(), false));
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(in_utf_16("žito", true));
        assert_eq!(decoded(&bytes), ("utf-16le".into(), "žito".into(), false));
    }

    #[test]
    fn utf_16_is_seen_without_a_mark() {
        let text = "The ferry left at noon.\n";
        assert_eq!(decoded(&in_utf_16(text, true)), ("utf-16le".into(), text.into(), false));
        assert_eq!(decoded(&in_utf_16(text, false)), ("utf-16be".into(), text.into(), false));
        let text = "Паром вернулся на остров вечером.\nПассажиры сошли на берег.\n";
        assert_eq!(decoded(&in_utf_16(text, true)), ("utf-16le".into(), text.into(), false));
    }

    #[test]
    fn legacy_charsets_are_guessed() {
        for (encoding, text) in [
            (WINDOWS_1252, "Der Bürgermeister grüßte die Gäste, ehe die Fähre über den Fluß fuhr."),
            (WINDOWS_1251, "Паром отошёл от причала в полдень, и горожане долго махали ему вслед."),
            (SHIFT_JIS, "フェリーは正午に出航し、市民は長い間手を振っていた。"),
            (GB18030, "渡轮中午离开码头，市民们久久地挥手告别。"),
        ] {
            let bytes = encoding.encode(text).0;
            assert_eq!(decode(&bytes, Hints::default()).text, text, "{}", encoding.name());
        }
    }

    #[test]
    fn a_few_broken_sequences_do_not_turn_utf_8_into_mojibake() {
        let mut bytes = "“Déjà vu”, said the café owner, naïvely. Ça suffit: œufs à la crème.".as_bytes().to_vec();
        bytes.extend(b" \xFF end");
        let (charset, text, invalid) = decoded(&bytes);
        assert_eq!((charset.as_str(), invalid), ("utf-8", true));
        assert!(text.ends_with("\u{FFFD} end") && text.starts_with("“Déjà"), "{text}");
        // Cut in the middle of the only character beyond ASCII.
        assert_eq!(
            decode("caf\u{e9} owner — é".as_bytes().split_last().map_or(&[][..], |(_, head)| head), Hints::default())
                .charset,
            "utf-8"
        );
    }

    #[test]
    fn text_is_not_binary_and_binary_is_not_text() {
        for text in [&b""[..], b"Plain\r\n\ttext\x0C", b"one stray \x01 byte", "日本語".as_bytes()] {
            assert!(!is_binary(text), "{text:?}");
        }
        assert!(!is_binary(&in_utf_16("The ferry left at noon.", true)));
        assert!(!is_binary(b"\xFE\xFF\x65\xE5\x67\x2C\x8A\x9E"));
        assert!(is_binary(b"\x7FELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00"));
        assert!(is_binary(b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03KL\x02\x00\xC2A"));
    }
}
