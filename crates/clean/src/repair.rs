//! Repairs of the characters: what has no business in a text goes, and the rest is composed.
//!
//! Only provable damage is mended, because a clean text must never change: C0 control characters (and DEL, and
//! byte order marks, which joined files leave in mid-text) are taken out; the text is composed to NFC, never NFKC, which would
//! change what is written. Joiners, bidirectional marks and the various spaces mean something and stay.
//! Quotation marks keep their glyphs; [`detached_quote`] finds the one spacing that can be proven wrong.
//!
//! A [`Repaired`] text knows where each of its bytes stood in the source, so that offsets can be told there.

use std::borrow::Cow;
use std::iter::once;
use std::ops::Range;

use copydesk_article::RepairKind;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A mend: which bytes of the source it touched.
pub(crate) type Mend = (Range<usize>, RepairKind);

/// The text after repairs.
pub(crate) struct Repaired<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// What was mended.
    pub mends: Vec<Mend>,
    source_len: usize,
    stripped: Origins,
    composed: Origins,
}

/// Where the parts of a changed text stood in the text before: pairs of byte offsets (now, before). Between two
/// pairs, offsets run in step.
#[derive(Default)]
struct Origins(Vec<(usize, usize)>);

impl Origins {
    fn before(&self, now: usize) -> usize {
        let next = self.0.partition_point(|&(at, _)| at <= now);
        let (at, before) = if next == 0 { (0, 0) } else { self.0[next - 1] };
        let offset = before + (now - at);
        // Inside a composed part there is no step to keep: stay within it.
        self.0.get(next).map_or(offset, |&(_, end)| offset.min(end))
    }
}

impl<'a> Repaired<'a> {
    /// Mends a text.
    pub(crate) fn new(source: &'a str) -> Self {
        let mut mends = Vec::new();
        let (text, stripped) = strip_controls(source, &mut mends);
        let mut composed_mends = Vec::new();
        let (text, composed) = compose(text, &mut composed_mends);
        for (range, kind) in composed_mends {
            mends.push((stripped.before(range.start)..stripped.before(range.end), kind));
        }
        Self { text, mends, source_len: source.len(), stripped, composed }
    }

    /// Where a byte of the repaired text stood in the source, in bytes.
    pub(crate) fn source_offset(&self, offset: usize) -> usize {
        self.stripped.before(self.composed.before(offset)).min(self.source_len)
    }

    /// Where a range of bytes of the repaired text stood in the source, which is given again, in bytes.
    pub(crate) fn source_range(&self, source: &str, range: Range<usize>) -> Range<usize> {
        let start = source.floor_char_boundary(self.source_offset(range.start));
        let end = source.floor_char_boundary(self.source_offset(range.end));
        start..end.max(start)
    }
}

const fn is_stray(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0E'..='\x1F' | '\x7F' | '\u{FEFF}')
}

fn strip_controls<'a>(source: &'a str, mends: &mut Vec<Mend>) -> (Cow<'a, str>, Origins) {
    if !source.contains('\u{FEFF}') && !source.bytes().any(|byte| is_stray(char::from(byte))) {
        return (Cow::Borrowed(source), Origins::default());
    }
    let mut text = String::with_capacity(source.len());
    let mut origins = Vec::new();
    for (at, c) in source.char_indices() {
        if is_stray(c) {
            mends.push((at..at + c.len_utf8(), RepairKind::ControlCharacter));
            origins.push((text.len(), at + c.len_utf8()));
        } else {
            text.push(c);
        }
    }
    (Cow::Owned(text), Origins(origins))
}

/// Whether a character starts anew: it composes with nothing before it, so a text may be composed in parts that
/// begin with such characters (UAX #15, stable code points).
fn starts_anew(c: char) -> bool {
    c < '\u{300}' || (canonical_combining_class(c) == 0 && is_nfc_quick(once(c)) == IsNormalized::Yes)
}

fn compose<'a>(source: Cow<'a, str>, mends: &mut Vec<Mend>) -> (Cow<'a, str>, Origins) {
    // ASCII parts what composes and is never out of order: without it the check is only stricter, and fast.
    if is_nfc_quick(source.chars().filter(|c| !c.is_ascii())) == IsNormalized::Yes {
        return (source, Origins::default());
    }
    let mut text = String::with_capacity(source.len());
    let mut origins = Vec::new();
    let mut part = 0;
    while part < source.len() {
        let rest = &source[part..];
        let mut simple = true;
        let mut end = rest.len();
        for (at, c) in rest.char_indices().skip(1) {
            if starts_anew(c) {
                end = at;
                break;
            }
            simple = false;
        }
        let piece = &rest[..end];
        if simple && piece.chars().all(starts_anew) {
            text.push_str(piece);
        } else {
            let start = text.len();
            text.extend(piece.nfc());
            if text[start..] != *piece {
                mends.push((part..part + end, RepairKind::Normalization));
                origins.push((start, part));
                origins.push((text.len(), part + end));
            }
        }
        part += end;
    }
    (Cow::Owned(text), Origins(origins))
}

/// The white space after a quotation mark that opens a paragraph and was torn from its words, as a byte range
/// of the paragraph. Torn is provable only where the same paragraph closes the quotation tightly: a source
/// that sets its marks with spaces, or a mark that belongs to the paragraph before, is left alone. Angle
/// quotation marks are spaced by rule in French and never touched.
pub(crate) fn detached_quote(paragraph: &str) -> Option<Range<usize>> {
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„' | '‟');
    let mark = paragraph.chars().next().filter(|&c| is_mark(c))?.len_utf8();
    let rest = &paragraph[mark..];
    let words = rest.trim_start();
    if words.len() == rest.len() || !words.starts_with(char::is_alphanumeric) {
        return None;
    }
    let closing = words.find(is_mark)?;
    let tight = !words[..closing].ends_with(char::is_whitespace);
    let ends = !words[closing..].chars().nth(1).is_some_and(char::is_alphanumeric);
    (tight && ends).then(|| mark..paragraph.len() - words.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn controls_go_and_marks_that_mean_something_stay() {
        let text = "می\u{200C}رود \u{200F}a\u{A0}b\u{202F}c\u{3000}d\te";
        assert_eq!(Repaired::new(text).text, text);
        let repaired = Repaired::new("\u{FEFF}one\x01 two\x7F");
        assert_eq!(repaired.text, "one two");
        assert_eq!(
            repaired.mends,
            [
                (0..3, RepairKind::ControlCharacter),
                (6..7, RepairKind::ControlCharacter),
                (11..12, RepairKind::ControlCharacter)
            ]
        );
        assert_eq!((repaired.source_offset(0), repaired.source_offset(4)), (3, 8));
    }

    #[test]
    fn composes_to_nfc_and_not_further() {
        let repaired = Repaired::new("Cafe\u{301} ﬁn");
        assert_eq!(repaired.text, "Café ﬁn");
        assert_eq!(repaired.mends, [(3..6, RepairKind::Normalization)]);
        assert_eq!(repaired.source_offset("Café".len()), "Cafe\u{301}".len());
    }

    #[test]
    fn joins_a_torn_quotation_mark_only_where_it_is_proven() {
        let joined = |text: &str| detached_quote(text).map(|gap| format!("{}{}", &text[..gap.start], &text[gap.end..]));
        assert_eq!(joined("” We met,” she said.").as_deref(), Some("”We met,” she said."));
        assert_eq!(joined("\" We met,\" she said.").as_deref(), Some("\"We met,\" she said."));
        for kept in
            ["“We met,” she said.", "“ We met, ” she said.", "” She left at noon.", "« On part », dit-elle.", "” — a"]
        {
            assert_eq!(joined(kept), None, "{kept}");
        }
    }

    proptest! {
        #[test]
        fn repaired_text_is_nfc_and_repairs_again_to_itself(source in "[a-ce\u{301}\u{344}\u{1100}\u{1161}\u{212B}\u{958}\u{0}\u{7F}\u{FEFF} \n]{0,40}") {
            let repaired = Repaired::new(&source);
            let stripped: String = source.chars().filter(|&c| !is_stray(c)).collect();
            prop_assert_eq!(&repaired.text, &stripped.nfc().collect::<String>());
            prop_assert!(Repaired::new(&repaired.text).mends.is_empty());
            let offsets: Vec<_> = repaired.text.char_indices().map(|(at, _)| repaired.source_offset(at)).collect();
            prop_assert!(offsets.is_sorted() && offsets.iter().all(|&at| at <= source.len()));
        }
    }
}
