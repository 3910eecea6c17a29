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
//! What is sifted out goes with the reason `aside`, unless a rule knows a better one. In doubt a line stays: one alone
//! between two that stay, whatever its score; and where most of what reads like an article would go, the models do not
//! know such a text, and cut nothing between its first and last line.

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
/// Score that a line may lie below those of the article and still be part of it.
const APART: f32 = 3.5;
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
    // How sure the models are of what is most surely the article: an article unlike others is measured by itself.
    let stretch = best_run((0..again.len()).map(|at| again[at].clamp(-CERTAIN, CERTAIN) * (1.0 + rows[at][0])));
    let (mut sum, mut weight) = (0.0, 0.0);
    for at in (stretch.0..stretch.1).filter(|&at| again[at] > 0.0) {
        sum += again[at].min(CERTAIN) * words(at) as f32;
        weight += words(at) as f32;
    }
    let stays = (sum / f32::max(weight, 1.0) - APART).min(STAYS);
    let mut asides: Vec<bool> = again.iter().map(|&score| score < stays).collect();
    keep_lone(&mut asides);
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

/// Keeps what stands alone between two lines that stay: a subheading, a short answer.
fn keep_lone(asides: &mut [bool]) {
    let lone: Vec<usize> =
        (1..asides.len().saturating_sub(1)).filter(|&at| !asides[at - 1] && asides[at] && !asides[at + 1]).collect();
    for at in lone {
        asides[at] = false;
    }
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
    fn what_stands_alone_between_lines_that_stay_stays() {
        let kept = |asides: &[bool]| {
            let mut asides = asides.to_vec();
            keep_lone(&mut asides);
            asides
        };
        assert_eq!(kept(&[false, true, false, true, false]), [false; 5]);
        assert_eq!(kept(&[true, false, true, true, false, true]), [true, false, true, true, false, true]);
        assert_eq!((kept(&[]), kept(&[true])), (vec![], vec![true]));
    }

    #[test]
    fn a_text_without_sentences_is_left_alone() {
        let list = "Rotterdam 3\nOslo 2\nGhent 1\nLeeds 0\nLindvik 7";
        assert_eq!(stands(list).len(), 5);
    }
}
