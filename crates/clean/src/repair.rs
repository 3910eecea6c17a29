//! Repairs of the characters: what has no business in a text goes, and the rest is composed.
//!
//! Only provable damage is mended, because a clean text must never change. In turn, until nothing is found:
//!
//! 1. HTML entities of plain text (`copydesk-mojibake`), line by line: a line with markup in it keeps its own;
//! 2. mojibake (`copydesk-mojibake`): paragraphs that were misread as a whole, then single characters;
//! 3. `invisible.rs`: control characters, soft hyphens inside words, byte order marks in mid-text, and marks that
//!    the script around them has no use for;
//! 4. NFC, never NFKC, which would change what is written.
//!
//! Joiners, the marks of right-to-left scripts and the various spaces mean something and stay. Quotation marks keep
//! their glyphs; [`detached_quote`] finds the one spacing that can be proven wrong.
//!
//! A [`Repaired`] text knows where each of its bytes stood in the source, so that offsets can be told there. What is
//! left of it after cleaning is mended once more ([`Repaired::again`]): damage is proven line by line, and lines that
//! lost their start, or were joined, may prove what they did not before.

use std::borrow::Cow;
use std::iter::once;
use std::ops::Range;

use copydesk_article::RepairKind;
use copydesk_mojibake as mojibake;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::invisible;
use crate::lines::is_line_break;

/// A mend: which bytes of the source it touched.
pub(crate) type Mend = (Range<usize>, RepairKind);

/// Rounds of all repairs. One is usual, two where anything was found; the bound is for texts made to defy it.
const MAX_ROUNDS: usize = 8;

/// The text after repairs.
pub(crate) struct Repaired<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// What was mended.
    pub mends: Vec<Mend>,
    source_len: usize,
    /// One for each repair that changed anything, in that order.
    steps: Vec<Origins>,
}

/// A part of a text that a repair changed.
pub(crate) struct Change {
    /// Bytes of the text before.
    pub before: Range<usize>,
    /// Bytes of the text after.
    pub after: Range<usize>,
    /// What kind of repair.
    pub kind: RepairKind,
}

/// Where the parts of a changed text stood in the text before: pairs of byte offsets (now, before). Between two
/// pairs, offsets run in step.
#[derive(Clone, Default)]
pub(crate) struct Origins(Vec<(usize, usize)>);

impl Origins {
    /// Notes that a stretch of the text now, which ends what was noted so far, stood there in the text before.
    pub(crate) fn push(&mut self, now: Range<usize>, before: Range<usize>) {
        self.0.extend([(now.start, before.start), (now.end, before.end)]);
    }

    fn new(changes: &[Change]) -> Self {
        let ends = |change: &Change| {
            let start = (change.after.start, change.before.start);
            // What was taken out leaves one place.
            let start = Some(start).filter(|_| !change.after.is_empty());
            start.into_iter().chain([(change.after.end, change.before.end)])
        };
        Self(changes.iter().flat_map(ends).collect())
    }

    fn before(&self, now: usize) -> usize {
        let next = self.0.partition_point(|&(at, _)| at <= now);
        let (at, before) = if next == 0 { (0, 0) } else { self.0[next - 1] };
        let offset = before + (now - at);
        // Inside a changed part there is no step to keep: stay within it.
        self.0.get(next).map_or(offset, |&(_, end)| offset.min(end))
    }
}

/// A repair of one kind: the changed text and what changed in it, in order; `None` where nothing did.
type Step = fn(&str) -> Option<(String, Vec<Change>)>;

/// All repairs of a plain text.
const PLAIN: &[Step] = &[entities, misread_whole, misread, invisible::strip, compose];

impl<'a> Repaired<'a> {
    /// Mends a plain text.
    pub(crate) fn plain(source: &'a str) -> Self {
        Self::run(source, PLAIN)
    }

    /// Mends markup, where entities are a part of the language.
    pub(crate) fn markup(source: &'a str) -> Self {
        Self::run(source, &[misread_whole, misread, invisible::strip, compose])
    }

    /// Mends what cleaning left of this text; `origins` says where its parts stood in it. `None` where nothing is to be
    /// mended, and nothing was `mended` already. Offsets of the result count in the same source, and its mends are only
    /// the new ones.
    pub(crate) fn again(&self, source: &str, text: &str, origins: Origins, mended: bool) -> Option<Repaired<'static>> {
        let mut repaired = Repaired {
            text: Cow::Borrowed(text),
            mends: Vec::new(),
            source_len: self.source_len,
            steps: self.steps.iter().cloned().chain([origins]).collect(),
        };
        repaired.mend(source, PLAIN);
        let Repaired { text, mends, source_len, steps } = repaired;
        match text {
            Cow::Owned(text) => Some(Repaired { text: Cow::Owned(text), mends, source_len, steps }),
            Cow::Borrowed(text) => {
                mended.then(|| Repaired { text: Cow::Owned(text.to_owned()), mends, source_len, steps })
            }
        }
    }

    fn run(source: &'a str, repairs: &[Step]) -> Self {
        let mut repaired =
            Self { text: Cow::Borrowed(source), mends: Vec::new(), source_len: source.len(), steps: Vec::new() };
        repaired.mend(source, repairs);
        repaired
    }

    fn mend(&mut self, source: &str, repairs: &[Step]) {
        for _ in 0..MAX_ROUNDS {
            let steps = self.steps.len();
            for repair in repairs {
                if let Some((text, changes)) = repair(&self.text) {
                    self.note(source, &changes);
                    self.text = Cow::Owned(text);
                }
            }
            if self.steps.len() == steps {
                break;
            }
        }
    }

    fn note(&mut self, source: &str, changes: &[Change]) {
        for Change { before, kind, .. } in changes {
            let range = self.source_range(source, before.clone());
            // A part that an earlier repair gave may come from nothing of its own.
            if !range.is_empty() {
                self.mends.push((range, *kind));
            }
        }
        self.steps.push(Origins::new(changes));
    }

    /// Where a byte of the repaired text stood in the source, in bytes.
    pub(crate) fn source_offset(&self, offset: usize) -> usize {
        self.steps.iter().rev().fold(offset, |offset, step| step.before(offset)).min(self.source_len)
    }

    /// Where a range of bytes of the repaired text stood in the source, which is given again, in bytes.
    pub(crate) fn source_range(&self, source: &str, range: Range<usize>) -> Range<usize> {
        let start = source.floor_char_boundary(self.source_offset(range.start));
        let end = source.floor_char_boundary(self.source_offset(range.end));
        start..end.max(start)
    }
}

/// The first repairs of a plain text, entities and misreadings, as cleaning makes them; everything else stays as
/// it is.
#[must_use]
pub fn read_again(text: &str) -> Cow<'_, str> {
    Repaired::run(text, &[entities, misread_whole, misread]).text
}

/// Undoes entities, line by line.
fn entities(text: &str) -> Option<(String, Vec<Change>)> {
    memchr::memchr(b'&', text.as_bytes())?;
    let mut unescaped = String::new();
    let mut changes = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(is_line_break) {
        let repaired = mojibake::unescape(line);
        changes.extend(repaired.mends.iter().map(|mend| changed(mend, at, unescaped.len(), RepairKind::Entity)));
        unescaped.push_str(&repaired.text);
        at += line.len();
    }
    (!changes.is_empty()).then_some((unescaped, changes))
}

/// Undoes misreadings of whole paragraphs.
fn misread_whole(text: &str) -> Option<(String, Vec<Change>)> {
    mojibake::reread(text).and_then(read_anew)
}

/// Undoes misreadings, character by character.
fn misread(text: &str) -> Option<(String, Vec<Change>)> {
    read_anew(mojibake::repair(text))
}

fn read_anew(repaired: mojibake::Repaired<'_>) -> Option<(String, Vec<Change>)> {
    let changes = repaired.mends.iter().map(|mend| changed(mend, 0, 0, RepairKind::Mojibake)).collect();
    match repaired.text {
        Cow::Owned(text) => Some((text, changes)),
        Cow::Borrowed(_) => None,
    }
}

/// A mend of a line that begins at these bytes of the texts before and after.
fn changed(mend: &mojibake::Mend, before: usize, after: usize, kind: RepairKind) -> Change {
    Change {
        before: before + mend.source.start..before + mend.source.end,
        after: after + mend.target.start..after + mend.target.end,
        kind,
    }
}

/// Whether a character starts anew: it composes with nothing before it, so a text may be composed in parts that
/// begin with such characters (UAX #15, stable code points).
fn starts_anew(c: char) -> bool {
    c < '\u{300}' || (canonical_combining_class(c) == 0 && is_nfc_quick(once(c)) == IsNormalized::Yes)
}

fn compose(source: &str) -> Option<(String, Vec<Change>)> {
    // ASCII parts what composes and is never out of order: without it the check is only stricter, and fast.
    if is_nfc_quick(source.chars().filter(|c| !c.is_ascii())) == IsNormalized::Yes {
        return None;
    }
    let mut text = String::with_capacity(source.len());
    let mut changes = Vec::new();
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
                changes.push(Change {
                    before: part..part + end,
                    after: start..text.len(),
                    kind: RepairKind::Normalization,
                });
            }
        }
        part += end;
    }
    (!changes.is_empty()).then_some((text, changes))
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
        assert_eq!(Repaired::plain(text).text, text);
        let repaired = Repaired::plain("\u{FEFF}one\x01 two\x7F");
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
        let repaired = Repaired::plain("Cafe\u{301} ﬁn");
        assert_eq!(repaired.text, "Café ﬁn");
        assert_eq!(repaired.mends, [(3..6, RepairKind::Normalization)]);
        assert_eq!(repaired.source_offset("Café".len()), "Cafe\u{301}".len());
    }

    #[test]
    fn misread_text_is_read_again_and_its_place_is_known() {
        let source = "A cafÃ© &amp; a bar, the ownerâ€™s own.\u{1}";
        let repaired = Repaired::plain(source);
        assert_eq!(repaired.text, "A café & a bar, the owner’s own.");
        let kinds: Vec<_> = repaired.mends.iter().map(|(range, kind)| (&source[range.clone()], *kind)).collect();
        assert_eq!(
            kinds,
            [
                ("&amp;", RepairKind::Entity),
                ("Ã©", RepairKind::Mojibake),
                ("â€™", RepairKind::Mojibake),
                ("\u{1}", RepairKind::ControlCharacter)
            ]
        );
        for (now, word) in [("café", "cafÃ©"), ("bar", "bar"), ("s own.", "s own.")] {
            let now = repaired.text.find(now).expect("the word");
            assert_eq!(repaired.source_offset(now), source.find(word).expect("the word"), "{word}");
        }
    }

    #[test]
    fn paragraphs_misread_as_a_whole_are_read_again_and_their_places_are_known() {
        let source = "Ïàðîì âåðíóëñÿ íà îñòðîâ òîëüêî ê âå÷åðó ïîíåäåëüíèêà.\nNobody was hurt &amp; the port is open.";
        let repaired = Repaired::plain(source);
        assert_eq!(
            repaired.text,
            "Паром вернулся на остров только к вечеру понедельника.\nNobody was hurt & the port is open."
        );
        assert!(repaired.mends.contains(&(0..10, RepairKind::Mojibake)), "{:?}", repaired.mends);
        let now = repaired.text.find("Nobody").expect("the word");
        assert_eq!(repaired.source_offset(now), source.find("Nobody").expect("the word"));
        assert!(Repaired::plain(&repaired.text).mends.is_empty());
    }

    #[test]
    fn entities_of_markup_are_left_to_its_reader() {
        assert_eq!(Repaired::markup("<p>a &amp; b</p>").text, "<p>a &amp; b</p>");
        assert_eq!(Repaired::plain("write <b> as &lt;b&gt;\nAT&amp;T").text, "write <b> as &lt;b&gt;\nAT&T");
    }

    #[test]
    fn a_letter_in_two_parts_hides_no_misreading() {
        assert_eq!(Repaired::plain("Ein schÃ¶ner cafe\u{301} fÃ¼r Gäste").text, "Ein schöner café für Gäste");
        assert_eq!(Repaired::plain("la ciudad de MA\u{303}©xico y su panA\u{303}³n").mends.len(), 4);
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
        fn repaired_text_is_nfc_and_repairs_again_to_itself(source in "([a-ce\u{301}\u{344}\u{1100}\u{1161}\u{212B}\u{958}\u{0}\u{7F}\u{AD}\u{200B}\u{200E}\u{FEFF} \n]|Ã©|â€™|&eacute;|&amp;|&#769;|Ã|\u{A9}){0,30}") {
            let repaired = Repaired::plain(&source);
            prop_assert_eq!(&repaired.text, &repaired.text.nfc().collect::<String>());
            prop_assert!(Repaired::plain(&repaired.text).mends.is_empty());
            let offsets: Vec<_> = repaired.text.char_indices().map(|(at, _)| repaired.source_offset(at)).collect();
            prop_assert!(offsets.is_sorted() && offsets.iter().all(|&at| at <= source.len()));
        }
    }
}
