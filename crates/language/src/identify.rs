//! Which language a text is in, and how sure that is.
//!
//! The script decides first: most scripts are those of one language as far as news goes. The languages of a shared
//! script are told apart by the model. Either way what is not prose (figures, code, addresses) and what is too
//! short takes from the confidence, and below [`LEAST_CONFIDENCE`] the answer is `und`: a wrong name does more
//! harm downstream than none.

use crate::model::{Group, UNKNOWN, WIDEST, groups};
use crate::ngrams::words;
use crate::script::{ALL, SCRIPTS, Script, TELLTALES};

/// What a text was found to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identified {
    /// ISO 639-1 code, ISO 639-3 where there is none, `und` when unsure.
    pub code: &'static str,
    /// How likely the code is right, 0 to 1. Of `und`: how likely the best guess would have been.
    pub confidence: f32,
}

/// Bytes of a text that are looked at: all of it up to here, else so many from its beginning, middle and end.
const SAMPLE: usize = 3 * PIECE;
/// Bytes of one of the three pieces.
const PIECE: usize = 1500;
/// Least confidence to name a language.
pub const LEAST_CONFIDENCE: f32 = 0.5;
/// Letters of Latin script that count as one of another: names, brands and remains of a page's frame are often
/// in Latin letters, whatever the text is in, and hardly ever the other way round.
const LATIN_GUESTS: u32 = 2;
/// A text with one kana or more to so many ideographs is Japanese.
const KANA_SHARE: u32 = 8;
/// A text of more ideographs than this with no kana among them is not Japanese, whatever the ideographs.
pub const BARE_IDEOGRAPHS: u32 = 10;

/// A text with one letter or more of a telltale to so many is in its language.
const TELLTALE_SHARE: u32 = 50;
/// Share of other things in a text (figures, signs, code, letters of other scripts) that takes nothing from the
/// confidence, and the share that leaves none.
const ALL_PROSE: f32 = 0.35;
const NO_PROSE: f32 = 0.7;

/// The language of a text. Long texts are sampled, so the cost has a bound. Text is expected in NFC.
#[must_use]
pub fn identify(text: &str) -> Identified {
    let mut best = Identified { code: UNKNOWN, confidence: 0.0 };
    Tally::of(text).each(|code, confidence| {
        if code != UNKNOWN && confidence > best.confidence {
            best = Identified { code, confidence };
        }
    });
    if best.confidence < LEAST_CONFIDENCE {
        best.code = UNKNOWN;
    }
    best
}

/// The `count` likeliest languages of a text, likeliest first, each with its likelihood. What is missing from 1 is
/// for the rest and for languages that the model does not know.
#[must_use]
pub fn ranked(text: &str, count: usize) -> Vec<(&'static str, f32)> {
    let mut all: Vec<(&'static str, f32)> = Vec::new();
    Tally::of(text).each(|code, confidence| {
        if code != UNKNOWN {
            all.push((code, confidence));
        }
    });
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    all
}

/// What was counted in a text: the letters of each script, and the scores of the languages that share one.
struct Tally {
    /// Letters by script, each counted for what it says ([`Script::weight`]).
    letters: [u32; SCRIPTS],
    /// Bytes that are not prose.
    odd: usize,
    /// Letters of each of [`TELLTALES`].
    telltales: [u32; TELLTALES.len()],
    main: Script,
    group: Option<&'static Group>,
    scores: [i32; WIDEST],
    ngrams: u32,
}

impl Tally {
    fn of(text: &str) -> Self {
        let pieces = sample(text);
        let (main, group) = (Script::Other, None);
        let (letters, telltales, scores) = ([0; SCRIPTS], [0; TELLTALES.len()], [0; WIDEST]);
        let mut tally = Self { letters, odd: 0, telltales, main, group, scores, ngrams: 0 };
        for piece in pieces {
            tally.odd += words(piece, |word| {
                tally.letters[word.script() as usize] += word.letters() as u32 * word.script().weight();
                for (count, telltale) in tally.telltales.iter_mut().zip(TELLTALES) {
                    if telltale.script == word.script() {
                        *count += word.chars().filter(|c| telltale.letters.contains(c)).count() as u32;
                    }
                }
            });
        }
        tally.main = tally.main_script();
        tally.group = groups().iter().find(|group| group.script == tally.main);
        if let Some(group) = tally.group {
            match group.width {
                16 => tally.weigh::<16>(group, pieces),
                _ => tally.weigh::<WIDEST>(group, pieces),
            }
        }
        tally
    }

    /// Letters of a script, as they count against other scripts.
    fn counted(&self, script: Script) -> u32 {
        match script {
            Script::Latin => self.letters[script as usize].div_ceil(LATIN_GUESTS),
            _ => self.letters[script as usize],
        }
    }

    /// The script that the text is in.
    fn main_script(&self) -> Script {
        let main = ALL.into_iter().max_by_key(|&script| self.counted(script)).unwrap_or(Script::Other);
        let japanese = main == Script::Han && self.counted(Script::Kana) * KANA_SHARE > self.counted(main);
        if japanese { Script::Kana } else { main }
    }

    /// Adds up the weights of the n-grams.
    fn weigh<const W: usize>(&mut self, group: &'static Group, pieces: [&str; 3]) {
        for piece in pieces {
            words(piece, |word| {
                if word.script() != group.script {
                    return;
                }
                // At most 210 n-grams in a word and 127 in a weight: 16 bits hold the sum.
                let mut sums = [0_i16; W];
                word.ngrams(|hash| {
                    self.ngrams += 1;
                    for (sum, &weight) in sums.iter_mut().zip(group.row(hash)) {
                        *sum += i16::from(weight as i8);
                    }
                });
                for (score, sum) in self.scores.iter_mut().zip(sums) {
                    *score += i32::from(sum);
                }
            });
        }
    }

    /// Calls `each` with every language that comes into question and its likelihood.
    fn each(&self, mut each: impl FnMut(&'static str, f32)) {
        let prose = self.prose();
        let letters = self.letters[self.main as usize];
        let told = TELLTALES
            .iter()
            .zip(self.telltales)
            .find(|(telltale, count)| telltale.script == self.main && *count * TELLTALE_SHARE > letters);
        if let Some(code) = told.map(|(telltale, _)| telltale.code).or(self.main.language()) {
            // One letter may be a symbol; a handful is a word.
            return each(code, prose * letters as f32 / (letters as f32 + 1.5));
        }
        let Some(group) = self.group.filter(|_| self.ngrams > 0) else { return };
        if self.main == Script::Han && letters > BARE_IDEOGRAPHS * Script::Han.weight() {
            return each("zh", prose);
        }
        let count = self.ngrams as f32;
        let scale = group.step / count.sqrt() * (group.slope + group.lift * count.ln());
        let scores = &self.scores[..group.labels.len()];
        let top = scores.iter().copied().max().unwrap_or(0);
        let share = |score: i32| ((score - top) as f32 * scale).exp();
        let sum: f32 = scores.iter().map(|&score| share(score)).sum();
        for (&label, &score) in group.labels.iter().zip(scores) {
            each(label, prose * share(score) / sum);
        }
    }

    /// How far the text is prose of its main script: 1 where little else is in it, 0 where as much or more is.
    fn prose(&self) -> f32 {
        let main = self.letters[self.main as usize] as f32;
        let kin = match self.main {
            Script::Kana => self.letters[Script::Han as usize] as f32,
            _ => 0.0,
        };
        let strange: u32 =
            ALL.into_iter().filter(|&script| script != self.main).map(|script| self.counted(script)).sum();
        let other = strange as f32 - kin + self.odd as f32;
        let share = other / (main + kin + other).max(1.0);
        ((NO_PROSE - share) / (NO_PROSE - ALL_PROSE)).clamp(0.0, 1.0)
    }
}

/// The pieces of a text that are looked at: all of it, or its beginning, middle and end.
fn sample(text: &str) -> [&str; 3] {
    if text.len() <= SAMPLE {
        return [text, "", ""];
    }
    let middle = text.floor_char_boundary((text.len() - PIECE) / 2);
    [
        &text[..text.floor_char_boundary(PIECE)],
        &text[middle..text.floor_char_boundary(middle + PIECE)],
        &text[text.ceil_char_boundary(text.len() - PIECE)..],
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sample_has_the_beginning_the_middle_and_the_end() {
        let text = format!("<{}|{}>", "é".repeat(50_000), "ж".repeat(50_000));
        let [beginning, middle, end] = sample(&text);
        assert!(beginning.starts_with('<') && middle.contains('|') && end.ends_with('>'));
    }

    proptest! {
        #[test]
        fn a_sample_is_bounded(text in "(\\PC){0,3000}") {
            let [beginning, middle, end] = sample(&text);
            let length = beginning.len() + middle.len() + end.len();
            prop_assert!(length <= SAMPLE);
            prop_assert!(text.len() > SAMPLE || length == text.len());
        }
    }
}
