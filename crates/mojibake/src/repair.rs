//! Repair of a text, line by line, layer by layer.
//!
//! A line is the unit of evidence: what is proven in one sentence says nothing about the next paragraph, which may
//! come from another source. Most lines hold no pair of characters that could be misread UTF-8 in any page; they
//! are found by a table look-up a character and left. The others are judged under each page that such a pair
//! speaks for, the page that explains the most is undone, and the line is judged again, until nothing is left to
//! repair: text misread twice takes two rounds. A line that is not done after [`LAYERS`] rounds is a garble and
//! stays as it was. So the result is a fixed point, and repairing twice repairs once.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memrchr};

use crate::judge::{Line, Plan, plan};
use crate::page::{Page, named_control};
use crate::script::Source;
use crate::table::{Row, Suspicion, kind, row, rows, suspicion};

/// How many layers are undone at most.
const LAYERS: usize = 8;

/// Accented Latin letters and signs that a line is a garble by, if it has hardly anything else.
const GARBLE: usize = 10;

/// A line longer than this, in bytes, is judged in parts, cut between words: so memory is bounded.
const LONGEST: usize = 256 * 1024;

/// One repair.
///
/// The repairs of a text are in order, and what lies between two of them is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What was repaired, as bytes of the text given.
    pub source: Range<usize>,
    /// What stands there now, as bytes of the repaired text.
    pub target: Range<usize>,
    /// What was undone, in that order: the code pages that the text was misread in, or `html`.
    pub layers: Cow<'static, [&'static str]>,
}

/// A text after its repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired<'a> {
    /// The text, borrowed where nothing was repaired.
    pub text: Cow<'a, str>,
    /// The repairs, in order.
    pub mends: Vec<Mend>,
}

/// A character and where it came from.
#[derive(Clone, Copy)]
struct Origin {
    /// Bytes of the line.
    start: u32,
    end: u32,
    /// The pages undone so far, four bits each (number + 1), the first undone lowest.
    layers: u32,
}

/// The number that stands for C1 control characters among the layers, beside the pages.
const CONTROLS: u32 = 15;

/// Undoes the reading of UTF-8 in a wrong code page, wherever the text itself proves it.
///
/// Everything else stays as it is, to the byte: quotation marks, spaces, unnormalised letters. Line ends are never
/// touched.
#[must_use]
pub fn repair(text: &str) -> Repaired<'_> {
    let mut repaired = String::new();
    let mut mends = Vec::new();
    let mut copied = 0;
    let mut workbench = Workbench::default();
    for line in lines(text) {
        let found = suspicion(text[line.clone()].chars());
        if found != Suspicion::default() && workbench.repair(&text[line.clone()], found) {
            repaired.push_str(&text[copied..line.start]);
            workbench.write(&text[line.clone()], line.start, &mut repaired, &mut mends);
            copied = line.end;
        }
    }
    if mends.is_empty() {
        return Repaired { text: Cow::Borrowed(text), mends };
    }
    repaired.push_str(&text[copied..]);
    Repaired { text: Cow::Owned(repaired), mends }
}

/// The lines with characters beyond ASCII, without their ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let first = at + first_beyond_ascii(&bytes[at..])?;
            let start = memrchr(b'\n', &bytes[at..first]).map_or(at, |end| at + end + 1);
            let limit = bytes.len().min(start + LONGEST);
            let end = memchr(b'\n', &bytes[first..limit.max(first)]).map(|end| first + end);
            if let Some(end) = end.or((limit == bytes.len()).then_some(limit)) {
                at = end;
                return Some(start..end);
            }
            // After a letter or digit, and the space that follows: no sequence holds one.
            let letter = |&at: &usize| bytes[at].is_ascii_alphanumeric();
            let word = |at: &usize| bytes[*at] == b' ' && letter(&(at - 1));
            match (start + 1..limit).rev().find(word).or_else(|| (start..limit).rev().find(letter)) {
                Some(last) => {
                    at = last + 1;
                    return Some(start..at);
                }
                // So long without a letter or digit of ASCII: no text.
                None => at = bytes[limit..].iter().position(u8::is_ascii_alphanumeric).map(|next| limit + next)?,
            }
        }
    })
}

fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    let blocks = bytes.chunks(64).take_while(|block| block.is_ascii()).count();
    let start = (blocks * 64).min(bytes.len());
    bytes[start..].iter().position(|byte| !byte.is_ascii()).map(|at| start + at)
}

/// A line on the bench: its characters, and where each came from. Reused from line to line.
#[derive(Default)]
struct Workbench {
    chars: Vec<char>,
    rows: Vec<&'static Row>,
    origins: Vec<Origin>,
}

impl Workbench {
    /// Repairs a line; false where it stays as it is.
    fn repair(&mut self, line: &str, mut found: Suspicion) -> bool {
        self.chars.clear();
        self.rows.clear();
        self.origins.clear();
        self.chars.extend(line.chars());
        self.rows.extend(rows(&self.chars));
        let mut end = 0;
        self.origins.extend(self.chars.iter().map(|c| {
            let start = end;
            end += c.len_utf8() as u32;
            Origin { start, end, layers: 0 }
        }));
        let mut changed = false;
        for _ in 0..LAYERS {
            let line = Line { chars: &self.chars, rows: &self.rows };
            let repaired = match plan(line, found.pages) {
                Some(plan) => {
                    self.undo(&plan);
                    true
                }
                None => found.control && self.name_controls(),
            };
            if !repaired {
                return changed && !self.is_garble();
            }
            changed = true;
            found = suspicion(self.chars.iter().copied());
        }
        false
    }

    /// Whether what was repaired are scraps of a line that stays unreadable: most letters are still Latin ones with
    /// accents, as in no language. Half a repair is worse than none, and hides the line from
    /// [`reread`](crate::reread()).
    fn is_garble(&self) -> bool {
        let (mut mended, mut garbled, mut sound) = (0, 0, 0);
        for (&c, origin) in self.chars.iter().zip(&self.origins) {
            match c {
                _ if origin.layers != 0 => mended += 1,
                'a'..='z' | 'A'..='Z' => sound += 1,
                '\u{80}'..='\u{9F}' | '\u{A1}'..='\u{24F}' | '\u{2C6}'..='\u{2DD}' => garbled += 1,
                _ => sound += usize::from(c.is_alphabetic()),
            }
        }
        garbled >= GARBLE && garbled > 2 * mended && garbled * 10 > (garbled + sound) * 6
    }

    /// Puts the characters of a plan in place of those that stood for them.
    fn undo(&mut self, plan: &Plan) {
        let (mut kept, mut at) = (0, 0);
        for item in &plan.items {
            self.keep(at..item.start, kept);
            kept += item.start - at;
            at = item.end();
            let parts = &self.origins[item.start..at];
            let layers = parts.iter().map(|part| part.layers).max().unwrap_or_default();
            self.origins[kept] = Origin {
                start: self.origins[item.start].start,
                end: self.origins[at - 1].end,
                layers: push(layers, u32::from(plan.page.0) + 1),
            };
            self.chars[kept] = item.target;
            self.rows[kept] = row(item.target);
            kept += 1;
        }
        let rest = at..self.chars.len();
        kept += rest.len();
        self.keep(rest.clone(), kept - rest.len());
        self.chars.truncate(kept);
        self.rows.truncate(kept);
        self.origins.truncate(kept);
    }

    /// Moves characters to the front.
    fn keep(&mut self, part: Range<usize>, to: usize) {
        if part.start != to {
            self.chars.copy_within(part.clone(), to);
            self.rows.copy_within(part.clone(), to);
            self.origins.copy_within(part, to);
        }
    }

    /// Reads C1 control characters as what Windows-1252 has in their place, as browsers do.
    fn name_controls(&mut self) -> bool {
        let mut any = false;
        for at in 0..self.chars.len() {
            let Some(named) = named_control(self.chars[at]) else { continue };
            let letter = |at: Option<usize>| at.and_then(|at| self.chars.get(at)).is_some_and(|c| c.is_alphabetic());
            if kind(named) == Source::Odd && letter(at.checked_sub(1)) && letter(Some(at + 1)) {
                continue; // a letter of another code page
            }
            self.chars[at] = named;
            self.rows[at] = row(named);
            self.origins[at].layers = push(self.origins[at].layers, CONTROLS);
            any = true;
        }
        any
    }

    fn write(&self, line: &str, offset: usize, text: &mut String, mends: &mut Vec<Mend>) {
        text.reserve(line.len());
        let first = mends.len();
        let (mut copied, mut last_layers) = (0, 0);
        for (&c, origin) in self.chars.iter().zip(&self.origins).filter(|(_, origin)| origin.layers != 0) {
            text.push_str(&line[copied..origin.start as usize]);
            copied = origin.end as usize;
            let target = text.len()..text.len() + c.len_utf8();
            text.push(c);
            let source = offset + origin.start as usize..offset + copied;
            match mends[first..].last_mut() {
                Some(mend) if mend.source.end == source.start && last_layers == origin.layers => {
                    mend.source.end = source.end;
                    mend.target.end = target.end;
                }
                _ => mends.push(Mend { source, target, layers: names(origin.layers) }),
            }
            last_layers = origin.layers;
        }
        text.push_str(&line[copied..]);
    }
}

const fn push(layers: u32, layer: u32) -> u32 {
    let used = (u32::BITS - layers.leading_zeros()).div_ceil(4) * 4;
    if used == u32::BITS { layers } else { layers | layer << used }
}

/// The names of the layers. Nearly always there is one.
fn names(layers: u32) -> Cow<'static, [&'static str]> {
    if layers < CONTROLS {
        return Cow::Borrowed(std::slice::from_ref(Page(layers as u8 - 1).name()));
    }
    let name = |layer: u32| if layer == CONTROLS { "iso-8859-1" } else { *Page(layer as u8 - 1).name() };
    (0..8).map(|place| layers >> (4 * place) & 15).take_while(|&layer| layer != 0).map(name).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sentences::{CLEAN, misread, misread_latin};

    fn repaired(text: &str) -> String {
        repair(text).text.into_owned()
    }

    #[test]
    fn clean_text_is_never_changed() {
        for (language, text) in CLEAN {
            let hyphenated = text.chars().flat_map(|c| [c].into_iter().chain(c.is_alphabetic().then_some('\u{AD}')));
            let variants = [
                text.to_owned(),
                text.to_uppercase(),
                text.replace(' ', "\u{A0}"),
                text.replace(['.', ','], "…"),
                hyphenated.collect(),
            ];
            for text in variants {
                let found = repair(&text);
                assert!(matches!(found.text, Cow::Borrowed(_)) && found.mends.is_empty(), "{language}: {found:?}");
            }
        }
        let all: Vec<&str> = CLEAN.iter().map(|&(_, text)| text).collect();
        for text in [all.join("\n\n"), all.join(" ")] {
            assert_eq!(repaired(&text), text);
        }
    }

    #[test]
    fn unusual_print_is_never_changed() {
        for text in [
            "10 Å², 12 Å², 14 Å² and 20 Å³ at 25 Ä°",
            "Ø±0.1 mm, Ø£20, Ø½”",
            "√π ≈π ∆°C √Ω √πr² ∫√∞",
            "├── src\n│   ├── page\n├┤ └┘ ╔═╗ ║",
            "( ͡° ͜ʖ ͡°) `¬´ ┻━┻ ︵ヽ(`Д´)ﾉ ¯\\_(ツ)_/¯",
            "“É”, –É. —é ‘é’ “é” …é ’é",
            "IRMÃ» MANHÃ” AMANHû »ALEMÃ«",
            "MARQUÉ… SÓ… Õ… É¿ É¹ É° CAFÉ™",
            "hâlâ…” hâlâ». hâlâ”… hâlâ—”",
            "„ÄÖÜ“ ‚Ärzte‘ „SPÖ“ é† René†",
            "HODŽIĆ—jedan MANHÃ—a",
            "220 кВ Алматы РЕЛIКВІЙНИХ “МIГ” «МIГ»",
            "РІК ТВ» «Ъ» «В» В№5 ІІІ МІЖ ВІЛІ",
            "KÓŁKO RÓŻA ĆWIERĆ obzvlášť příští svěží",
            "Müller® & Søn™ — 5×£35 + ½ à 3 € (±2 %)",
            "A Ã is a letter, and so are Â and Ã, “Â”, «Â» (or Â, Ã).",
            "«HÂLÂ» HÂLÂ°",
        ] {
            assert_eq!(repaired(text), text);
        }
    }

    #[test]
    fn every_language_comes_back_from_every_page() {
        for (language, text) in CLEAN {
            for page in Page::all() {
                // Windows-1250 and ISO 8859-2 differ in few places: a line may fit both.
                let either = page.name() == &"iso-8859-2" && "da en es et fi fr it pt vi de".contains(language);
                let found = repaired(&misread(text, page));
                assert!(found == text || either, "{language} {}: {found}", page.name());
            }
            assert_eq!(repaired(&misread_latin(text)), text, "{language}");
            assert_eq!(repaired(&misread_latin(&misread_latin(text))), text, "{language}");
            let twice = misread(&misread(text, Page::WINDOWS_1252), Page::WINDOWS_1252);
            assert_eq!(repaired(&twice), text, "{language}");
        }
    }

    #[test]
    fn scraps_of_a_garble_are_left() {
        for text in [
            "Òåàòð íà Òàãàíêå îòêðûë ñåçîí ïðåìüåðîé Ã©",
            "³¤½\u{AD}¿ÚÖÐ»ªöà·ÅÁ÷»î¶¯ÔÚÉÏº£¾ÙÐÐ â€” ÖÐ»ª",
            "Ïàðîì âåðíóëñÿ íà îñòðîâ â€“ ïàññàæèðû",
        ] {
            assert_eq!(repaired(text), text);
        }
    }

    #[test]
    fn one_misread_word_is_repaired_among_right_ones() {
        for (text, right) in [
            ("Der Bürgermeister fÃ¼hrte aus, daß", "Der Bürgermeister führte aus, daß"),
            ("L’été, câ€™est lÃ ", "L’été, c’est là"),
            ("Он сказал: â€œда”", "Он сказал: “да”"),
            ("Der StГјtzpunkt", "Der Stützpunkt"),
            ("Sp√§t", "Spät"),
            ("ħ Ã©", "ħ é"),
            ("– Â© 2015 –", "– © 2015 –"),
            ("25Â° – 30Â°", "25° – 30°"),
            ("á Â\u{A0}e", "á \u{A0}e"),
        ] {
            assert_eq!(repaired(text), right);
        }
    }

    #[test]
    fn what_lost_a_byte_is_repaired_where_the_line_is_proven() {
        for (text, right) in [
            // a no-break space that became a space
            ("dÃ©jÃ  Ã  la maison", "déjà à la maison"),
            ("voilÃ le port", "voilà le port"),
            ("The end.Â  And", "The end.\u{A0} And"),
            ("referÃªncia Ã quele dÃ\u{AD}a", "referência àquele día"),
            ("SPÃ– und Â§ 5", "SPÖ und § 5"),
            ("Ð ÐµÐºÐ° и море", "Река и море"),
            // bytes that became U+FFFD or a question mark
            ("â€œThe boatâ€\u{FFFD} sank", "“The boat\u{FFFD} sank"),
            ("cafÃ© Ã? la carte", "café \u{FFFD} la carte"),
            // the last byte of a quotation mark, dropped
            ("â€œThe boatâ€ sank", "“The boat” sank"),
            ("â€œThe boat,â€", "“The boat,”"),
            ("The boat.â€ He", "The boat.” He"),
            // other bytes that were dropped
            ("Ð¼Ð¾Ñ€Ðµ Ð¡Ð¨Ð Ð¸ Ð¾ÑÐµÐ½ÑŒ", "море СШÐ и оÑень"),
            ("Ø§Ù„ØªØ¹Ø±ÙŠÙ Ø¨Ù‡", "التعريÙ به"),
        ] {
            assert_eq!(repaired(text), right);
        }
        for clean in ["A “boat\u{FFFD} sank", "Ã? Ã\u{FFFD}", "O Ã do â€ livro", "5 â€ 6"] {
            assert_eq!(repaired(clean), clean);
        }
    }

    #[test]
    fn other_ways_to_write_utf8_are_read() {
        assert_eq!(repaired("so happy í\u{A0}½í¸\u{80}"), "so happy 😀");
        assert_eq!(repaired("â\u{9C}\u{93} done ï»¿"), "✓ done \u{FEFF}");
    }

    #[test]
    fn c1_controls_are_windows_1252() {
        let text = "It\u{92}s \u{93}so\u{94}\u{85} gr\u{89}ce \u{81}";
        let found = repair(text);
        assert_eq!(found.text, "It’s “so”… gr\u{89}ce \u{81}");
        assert_eq!(found.mends[0], Mend { source: 2..4, target: 2..5, layers: Cow::Borrowed(&["iso-8859-1"]) });
    }

    #[test]
    fn a_garble_stays_whole() {
        for text in ["ã†â€™ãƒâ€ ã¢â‚¬â„¢ãƒæ’ã‚â¢", "ÃƒÆâ€™Ãƒâ Ã¢â"] {
            let once = repaired(text);
            assert_eq!(repaired(&once), once);
        }
        assert_eq!(repaired("ã†â€™ãƒâ€ ã¢â‚¬â„¢ãƒæ’ã‚â¢"), "ã†â€™ãƒâ€ ã¢â‚¬â„¢ãƒæ’ã‚â¢");
    }

    #[test]
    fn mends_name_their_layers_and_places() {
        let text = "One.\r\nA cafÃƒÂ© â€“ and fÃ¼r.\nEnd é";
        let found = repair(text);
        assert_eq!(found.text, "One.\r\nA café – and für.\nEnd é");
        let mends: Vec<_> = found
            .mends
            .iter()
            .map(|mend| (&text[mend.source.clone()], &found.text[mend.target.clone()], mend.layers.len()))
            .collect();
        assert_eq!(mends, [("ÃƒÂ©", "é", 2), ("â€“", "–", 1), ("Ã¼", "ü", 1)]);
        assert_eq!(*found.mends[0].layers, ["windows-1252", "windows-1252"]);
        let found = repair("Рѕ РјРѕСЂРµ");
        assert_eq!((&*found.text, &*found.mends[0].layers), ("о море", &["windows-1251"][..]));
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for pattern in
            ["Ã", "Ã©", "â€", "Ã ", "aÃ ", "a Ã©Ã ", "ÃƒÃ‚ a", "├┤", "â€œ a", "\u{80}", "Ã\u{FFFD}", "aâ€ ", "Ð Ñ a"]
        {
            let text = pattern.repeat(1_000_000 / pattern.len());
            let once = repaired(&text);
            assert!(once.len() <= 2 * text.len(), "{pattern}");
        }
        let right = "Größe ".repeat(100_000);
        assert_eq!(repaired(&misread(&right, Page::WINDOWS_1252)), right);
    }

    fn fragments() -> impl Strategy<Value = String> {
        let kept = prop::sample::select(vec![
            "Ã", "Â", "â", "€", "™", "œ", "\u{9D}", "©", "¼", " ", "a", "E", "é", "Ð", "Ñ", "°", "Р", "С", "ѓ", "в",
            "Ђ", "√", "∂", "‚", "Ä", "ì", "├", "®", "\u{FFFD}", "?", "\u{A0}", "Å", "Ä", "í", "½", "¸", "ã", "\u{81}",
            "\n", "à", "«", "ž", "Š", "’", "—", "“", "Ă", "Ĺ", "Î", "±", "ð", "Ÿ", "˜", "¢", "¬", "ƒ", "†",
        ]);
        prop::collection::vec(kept, 0..24).prop_map(|parts| parts.concat())
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        let found = repair(text);
        let (mut source, mut target) = (0, 0);
        for mend in &found.mends {
            prop_assert_eq!(&text[source..mend.source.start], &found.text[target..mend.target.start]);
            prop_assert!(!mend.source.is_empty() && !mend.layers.is_empty());
            (source, target) = (mend.source.end, mend.target.end);
        }
        prop_assert_eq!(&text[source..], &found.text[target..]);
        prop_assert_eq!(&repair(&found.text).text, &found.text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn repairing_fragments_is_idempotent_and_accounted_for(text in fragments()) {
            check(&text)?;
        }

        #[test]
        fn repairing_any_text_is_idempotent_and_accounted_for(text in "\\PC{0,40}") {
            check(&text)?;
        }

        #[test]
        fn what_was_misread_twice_is_idempotent(text in "\\PC{0,12}", first in 0..10_u8, second in 0..10_u8) {
            check(&misread(&misread(&text, Page(first)), Page(second)))?;
        }
    }
}
