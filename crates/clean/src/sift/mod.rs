//! The body of a plain text, sifted out by the shape of its lines.
//!
//! A page saved as text has its article among menus, teasers, captions and comments, in any language. People see at
//! a glance which lines are the article, without reading one: sentences in a row, under a headline, between short
//! lines. Two small models see it likewise (`forest.rs`): the first judges each line by its measures and those around
//! it (`measure.rs`), the second judges again, with what the first said of the lines around.
//!
//! The models ship in the crate (`data/body.bin`) and are made by `copydesk-trainer body`, from web pages whose
//! article this crate finds by their markup: the pages are written out as a scraper would, and the models learn to
//! find in the text what the markup told. Half of the texts are set in scripts without capitals or without spaces, so
//! that neither is relied on.
//!
//! What is sifted out goes with the reason `aside`, unless a rule knows a better one. All lines are decided at
//! once, so that one is judged by those beside it (`decide`). In doubt a line stays; and where most of what reads like an
//! article would go, the models do not know such a text, and cut nothing between its first and last line.

pub mod forest;
pub mod measure;

use std::sync::LazyLock;

use copydesk_article::{RemovalReason, Supplied};

use crate::found::Found;
use crate::guide::Guide;
use crate::lines::Page;
use crate::lore::Lore;
use crate::plain;

use forest::Forest;
use measure::{LONG_WORDS, Measures, PARAGRAPH_WORDS, best_run, distance};

/// Numbers for each line, the second time.
pub const WIDTH_AGAIN: usize = measure::WIDTH + AGAIN;
const AGAIN: usize = 15;
/// Lines before and after whose first scores are told one by one.
const REACH: usize = 4;
/// Lines before and after whose first scores are told on average.
const FAR_REACH: usize = 10;
/// Scores beyond are as good as certain.
const CERTAIN: f32 = 6.0;

/// Score from which a line stays.
const STAYS: f32 = 0.3;
/// Score that a change between article and rest takes.
const CHANGE: f32 = 1.0;
/// Score that a line may lie below those of the article and still be part of it.
const APART: f32 = 3.5;
/// The same where no line is sure to be of the article.
const NEAR: f32 = 1.0;
/// Score below which a sentence is hardly one of the article.
const SURE: f32 = -2.0;
/// Share of what reads like an article, in percent, that may go.
const MOST_CUT_PERCENT: usize = 60;
/// Lines above the article that show a page, where nothing else does.
const LINES_ABOVE: usize = 3;
/// Fewest lines of a text that may have an article among other things.
const FEWEST_LINES: usize = 3;
/// Most lines of a text that is sifted. Beyond it is no page.
const MOST_LINES: usize = 20_000;

/// The numbers of one line, the second time.
pub type MeasuresAgain = [f32; WIDTH_AGAIN];

static MODEL: LazyLock<Option<(Forest, Forest)>> = LazyLock::new(|| {
    let (first, rest) = Forest::read(include_bytes!("../../data/body.bin"))?;
    let (second, _) = Forest::read(rest)?;
    (first.columns() == measure::WIDTH && second.columns() == WIDTH_AGAIN).then_some((first, second))
});

/// Which of the lines that stand are no part of the article. `copies` says whether copies that were cut count.
pub(crate) fn asides(page: &Page<'_>, kept: &[usize], copies: bool) -> Vec<bool> {
    let none = || vec![false; kept.len()];
    let Some((first, second)) = MODEL.as_ref() else { return none() };
    if !(FEWEST_LINES..=MOST_LINES).contains(&kept.len()) {
        return none();
    }
    let rows = measure::measure(page, kept, copies);
    let scores: Vec<f32> = rows.iter().map(|row| first.score(row)).collect();
    let again: Vec<f32> = (0..rows.len()).map(|at| second.score(&measure_again(&rows, &scores, at))).collect();
    let words = |at: usize| page.lines[kept[at]].size.words;
    let stays = threshold(&again, &rows, words);
    let mut asides = decide(&again, stays);
    // Of what reads like an article, the greater part stays. Doubtful lines count, and paragraphs, but not the many
    // sentences that tease other articles.
    let reads = |at: usize| words(at) >= LONG_WORDS || page.prose(&kept[at..=at]).is_some();
    let ink = |at: usize| page.lines[kept[at]].size.ink;
    let lost = |at: usize| reads(at) && (again[at] > SURE || words(at) >= PARAGRAPH_WORDS);
    let gone: usize = (0..kept.len()).filter(|&at| asides[at] && lost(at)).map(ink).sum();
    let stay: usize = (0..kept.len()).filter(|&at| !asides[at]).map(ink).sum();
    if gone * 100 > (gone + stay) * MOST_CUT_PERCENT {
        for (at, aside) in asides.iter_mut().enumerate() {
            *aside &= !reads(at);
        }
        keep_inside(&mut asides);
    }
    // An article that came alone may have lists in it and at its end, and a table of figures above it: only a text with
    // furniture, or with something else above the article, is a page.
    let above = asides.iter().take_while(|&&aside| aside).count();
    let figures = kept[..above].iter().filter(|&&index| has_figure(page.line(index))).count();
    // Under a page there is something, too.
    let is_table = figures * 2 >= above && !asides[above..].contains(&true);
    if (above < LINES_ABOVE || is_table) && !has_furniture(page) {
        return none();
    }
    // Without a sentence that stays there is no article to tell from the rest.
    if (0..kept.len()).any(|at| !asides[at] && page.prose(&kept[at..=at]).is_some()) { asides } else { none() }
}

/// Score from which a line is rather one of the article: an article unlike others is measured by itself.
fn threshold(scores: &[f32], rows: &[Measures], words: impl Fn(usize) -> usize) -> f32 {
    let weight = |at: usize| 1.0 + rows[at][0];
    // How sure the models are of what is most surely the article.
    let (start, end) = best_run((0..scores.len()).map(|at| scores[at].clamp(-CERTAIN, CERTAIN) * weight(at)));
    let sure = (start..end).filter(|&at| scores[at] > 0.0);
    if let Some(mean) = mean(sure, |at| scores[at].min(CERTAIN), &words) {
        return (mean - APART).min(STAYS);
    }
    // Of nothing: the article is what stands out from the rest.
    let Some(whole) = mean(0..scores.len(), |at| scores[at], &words) else { return STAYS };
    let (start, end) = best_run((0..scores.len()).map(|at| (scores[at] - whole) * weight(at)));
    mean(start..end, |at| scores[at], &words).map_or(STAYS, |mean| (mean - NEAR).min(STAYS))
}

/// The mean over lines, by their words.
fn mean(lines: impl Iterator<Item = usize>, of: impl Fn(usize) -> f32, words: impl Fn(usize) -> usize) -> Option<f32> {
    let (sum, weight) = lines.fold((0.0, 0.0), |(sum, weight), at| {
        let words = words(at) as f32;
        (sum + of(at) * words, weight + words)
    });
    (weight > 0.0).then(|| sum / weight)
}

/// Which lines are no part of the article, decided for all of them at once: the sum of what their scores say, less
/// [`CHANGE`] for each change between article and rest, is the greatest there is (Viterbi). So a subheading between two
/// paragraphs stays, and a sentence among teasers goes, unless it is sure to be something else.
fn decide(scores: &[f32], stays: f32) -> Vec<bool> {
    let mut sums = [0.0, 0.0];
    // Of each line, as one that stays and as one that goes: whether the line before it did likewise.
    let mut came = Vec::with_capacity(scores.len());
    for score in scores {
        let alike = [sums[0] >= sums[1] - CHANGE, sums[1] >= sums[0] - CHANGE];
        came.push(alike);
        let best = |own: usize| if alike[own] { sums[own] } else { sums[1 - own] - CHANGE };
        sums = [best(0) + score.clamp(-CERTAIN, CERTAIN) - stays, best(1)];
    }
    let mut goes = usize::from(sums[1] >= sums[0]);
    let mut asides: Vec<bool> = came
        .iter()
        .rev()
        .map(|alike| {
            let aside = goes == 1;
            if !alike[goes] {
                goes = 1 - goes;
            }
            aside
        })
        .collect();
    asides.reverse();
    asides
}

/// Keeps all between the first and the last line that stay, of a text that the models do not know: a list of goods, of
/// results, of questions and answers.
fn keep_inside(asides: &mut [bool]) {
    let ends = (asides.iter().position(|&aside| !aside), asides.iter().rposition(|&aside| !aside));
    if let (Some(first), Some(last)) = ends {
        asides[first..=last].fill(false);
    }
}

fn has_figure(line: &str) -> bool {
    line.contains(|c: char| c.is_ascii_digit())
}

/// Whether a rule has found what only pages have.
fn has_furniture(page: &Page<'_>) -> bool {
    use RemovalReason::{About, Caption, Navigation, Notice, Share, Teaser};
    page.lines.iter().any(|line| matches!(line.cut, Some(About | Caption | Navigation | Notice | Share | Teaser)))
}

/// The lines of a text that stand after the rules, by their places among all that are not blank, and their measures:
/// what the models are trained on.
#[must_use]
pub fn measured(text: &str) -> Vec<(usize, Measures)> {
    let mut page = Page::new(text);
    let nothing = Supplied::default();
    plain::cut_known(&mut page, &mut Found::default(), &mut Lore::new(&Guide::default(), &nothing));
    let kept = page.kept();
    let rows = measure::measure(&page, &kept, true);
    kept.into_iter().zip(rows).collect()
}

/// Measures of a line with what the first model said of all lines of its text.
#[must_use]
pub fn measure_again(rows: &[Measures], scores: &[f32], at: usize) -> MeasuresAgain {
    let mut row = [0.0; WIDTH_AGAIN];
    row[..measure::WIDTH].copy_from_slice(&rows[at]);
    let score = |at: usize| scores[at].clamp(-CERTAIN, CERTAIN);
    let again = &mut row[measure::WIDTH..];
    for (column, step) in (0..=2 * REACH).enumerate() {
        let beside = (at + step).checked_sub(REACH).filter(|&beside| beside < scores.len());
        again[column] = beside.map_or(-CERTAIN, score);
    }
    let mean = |from: usize, to: usize| {
        if from == to { -CERTAIN } else { (from..to).map(score).sum::<f32>() / (to - from) as f32 }
    };
    again[2 * REACH + 1] = mean(at.saturating_sub(FAR_REACH), at);
    again[2 * REACH + 2] = mean(at + 1, scores.len().min(at + 1 + FAR_REACH));
    // The longest stretch of article on the page.
    let (start, end) = best_run((0..scores.len()).map(|at| score(at) * (1.0 + rows[at][0])));
    again[2 * REACH + 3] = f32::from(u8::from((start..end).contains(&at)));
    again[2 * REACH + 4] = distance(at, start);
    again[2 * REACH + 5] = distance(end, at);
    again[2 * REACH + 6] = scores.iter().filter(|&&score| score > 0.0).count() as f32 / scores.len() as f32;
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, Mode, Source, clean};

    fn stands(text: &str) -> Vec<String> {
        let page = Page::new(text);
        let kept = page.kept();
        let asides = asides(&page, &kept, true);
        kept.iter().zip(asides).filter(|(_, aside)| !aside).map(|(&index, _)| page.line(index).to_owned()).collect()
    }

    #[test]
    fn the_model_that_ships_is_read() {
        assert!(MODEL.is_some());
    }

    #[test]
    fn an_article_is_found_among_menus_and_teasers() {
        let body = [
            "The harbour board of Lindvik voted on Monday evening to close the old ferry pier for good.",
            "Fishermen who have used the pier since the war said that they would appeal against the decision.",
            "“We have nowhere else to land our catch,” said Ingrid Solberg, who owns two boats, “and nobody asked us.”",
            "The board will meet again in the spring, when the new terminal across the bay is due to open.",
        ];
        let menu = "* Start\n* Harbour\n* Town\n* People\n* Boats for sale\n* Weather";
        let teasers = "Ferry fares to rise for the third time\n\nA seal on the market square\n\nSeven days";
        let page = format!("{menu}\n\nBoard closes old ferry pier\n\n{}\n\n{teasers}\n\n{menu}", body.join("\n\n"));
        let cleaned = |text: &str| {
            let supplied = Supplied::default();
            let cleaned = clean(&Input { source: Source::Text(text), supplied: &supplied, mode: Mode::Cut });
            (cleaned.text, cleaned.title)
        };
        let (text, title) = cleaned(&page);
        assert_eq!(
            (text.as_str(), title.as_deref()),
            (body.join("\n\n").as_str(), Some("Board closes old ferry pier"))
        );
        assert_eq!(cleaned(&text), (text, None));
    }

    #[test]
    fn a_table_of_figures_above_a_note_is_no_furniture() {
        let table = "Shr 1.22 dlrs vs 1.10\n\nNet 27.8 mln vs 28.6 mln\n\nNine mths\n\nShr 3.88 dlrs\n\nNet 87.4 mln vs 98.7 mln\n\n\
                     Assets 10.3 billion vs 8.4 billion\n\nLoans 7.9 billion vs 6.0 billion";
        let note = "NOTE: The harbour bank of Lindvik did not give figures a share for 1986, for it was turned into a company in June. \
                    The quarter holds a gain of 10.5 mln dlrs from losses of earlier years that were carried forward.";
        assert_eq!(stands(&format!("{table}\n\n{note}")).len(), 8);
    }

    #[test]
    fn all_inside_a_text_that_is_not_known_stays() {
        let mut asides = [true, false, true, true, false, true];
        keep_inside(&mut asides);
        assert_eq!(asides, [true, false, false, false, false, true]);
        let mut none = [true, true];
        keep_inside(&mut none);
        assert_eq!(none, [true, true]);
    }

    #[test]
    fn lines_are_decided_with_those_beside_them() {
        let aside = |scores: &[f32]| decide(scores, 0.0);
        assert_eq!(aside(&[3.0, -1.5, 3.0, -2.5, 3.0]), [false, false, false, true, false]);
        assert_eq!(aside(&[-3.0, 1.5, -3.0, 2.5, -3.0]), [true, true, true, false, true]);
        assert_eq!(aside(&[-0.5, 3.0]), [false, false]);
        assert_eq!((aside(&[]), aside(&[1.0]), aside(&[-1.0])), (vec![], vec![false], vec![true]));
    }

    #[test]
    fn a_text_without_sentences_is_left_alone() {
        let list = "Rotterdam 3\nOslo 2\nGhent 1\nLeeds 0\nLindvik 7";
        assert_eq!(stands(list).len(), 5);
    }
}
