//! The languages inside one text, where it switches from paragraph to paragraph: a statement quoted in the
//! original, a bilingual page.
//!
//! Slow to see a switch: only a paragraph that is long enough and sure enough is taken for another language than
//! those around it. The rest, sub-headings, names and figures among them, goes with the paragraph before it.

use crate::identify::identify;
use crate::model::UNKNOWN;

/// A stretch of a text in one language. Offsets are in characters (Unicode scalar values), half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// First position.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// The language, as [`identify`] names it.
    pub code: &'static str,
}

/// Fewest letters of a paragraph that may be a switch; the UTF-8 length stands in for ideographs, which say more.
const LEAST_LETTERS: usize = 80;
/// Least confidence of it.
const SURE: f32 = 0.95;

/// The languages of a text, in order. The parts cover it from end to end; one part where it does not switch
/// (`und` where the language is unsure), none where it is empty.
#[must_use]
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = stretches(text);
    if let [only] = parts.as_mut_slice() {
        only.code = identify(text).code;
    }
    parts
}

/// The [`parts`] of a text that switches; none where it is in one language. None of them is `und`, and two that are
/// neighbours differ. Costs nothing for a text of one paragraph.
#[must_use]
pub fn switches(text: &str) -> Vec<Part> {
    let stretches = if text.trim_end().contains('\n') { stretches(text) } else { Vec::new() };
    if stretches.len() > 1 { stretches } else { Vec::new() }
}

/// The parts, with a text that does not switch as its paragraphs are, not as it is as a whole.
fn stretches(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    for paragraph in text.split_inclusive('\n') {
        let length = paragraph.chars().count();
        let (start, end) = (at, at + length);
        at = end;
        let code = sure(paragraph);
        match parts.last_mut() {
            // An unsure beginning belongs to the first paragraph that is sure.
            Some(last) if last.code == UNKNOWN => *last = Part { start: last.start, end, code },
            Some(last) if code == UNKNOWN || code == last.code => last.end = end,
            _ => parts.push(Part { start, end, code }),
        }
    }
    parts
}

/// The language of a paragraph that may be a switch.
fn sure(paragraph: &str) -> &'static str {
    let found = if paragraph.len() < LEAST_LETTERS { None } else { Some(identify(paragraph)) };
    found.filter(|found| found.confidence >= SURE).map_or(UNKNOWN, |found| found.code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENGLISH: &str = "The harbour commission of Westmere said on Tuesday that the new ferry would not sail before \
        spring, because the contractor had delivered the wrong engines.\n";
    const GERMAN: &str = "Die Hafenkommission teilte am Dienstag mit, dass die neue Fähre nicht vor dem Frühjahr \
        auslaufen werde, weil der Hersteller die falschen Motoren geliefert habe.\n";

    fn cut(text: &str) -> Vec<(&'static str, String)> {
        let letters: Vec<char> = text.chars().collect();
        parts(text).iter().map(|part| (part.code, letters[part.start..part.end].iter().collect())).collect()
    }

    #[test]
    fn one_language_is_one_part() {
        let text = format!("{ENGLISH}\n{ENGLISH}");
        assert_eq!(cut(&text), [("en", text.clone())]);
    }

    #[test]
    fn a_switch_is_seen_at_its_paragraph() {
        let text = format!("{ENGLISH}\n{GERMAN}{GERMAN}{ENGLISH}");
        let want = [("en", format!("{ENGLISH}\n")), ("de", GERMAN.repeat(2)), ("en", ENGLISH.to_owned())];
        assert_eq!(cut(&text), want);
    }

    #[test]
    fn only_a_text_that_switches_has_switches() {
        let mixed = format!("{ENGLISH}{GERMAN}{ENGLISH}");
        assert_eq!(switches(&mixed), parts(&mixed));
        assert_eq!(switches(&mixed).iter().map(|part| part.code).collect::<Vec<_>>(), ["en", "de", "en"]);
        assert_eq!((switches(&ENGLISH.repeat(3)), switches(ENGLISH), switches("")), (vec![], vec![], vec![]));
    }

    #[test]
    fn a_heading_goes_with_what_is_above_and_at_the_top_with_what_follows() {
        let text = format!("Zeitenwende\n{ENGLISH}Dienstag\n{ENGLISH}");
        assert_eq!(cut(&text), [("en", text.clone())]);
    }

    #[test]
    fn nothing_has_no_parts_and_figures_are_one_unknown_part() {
        assert_eq!(parts(""), []);
        assert_eq!(parts("1 2 3\n4 5 6"), [Part { start: 0, end: 11, code: "und" }]);
    }

    proptest! {
        #[test]
        fn parts_cover_the_text(pieces in proptest::collection::vec(
            prop_oneof!["\\PC{0,120}\n", Just(ENGLISH.to_owned()), Just(GERMAN.to_owned())], 0..6,
        )) {
            let text = pieces.concat();
            let parts = parts(&text);
            let mut at = 0;
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.start, at);
                prop_assert!(part.end > part.start);
                prop_assert!(index == 0 || parts[index - 1].code != part.code);
                at = part.end;
            }
            prop_assert_eq!(at, text.chars().count());
            let switches = switches(&text);
            prop_assert!(switches.is_empty() || switches == parts);
            prop_assert!(switches.iter().all(|part| part.code != UNKNOWN));
        }
    }
}
