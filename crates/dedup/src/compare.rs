//! Whether two texts tell one story: how much they share, and what they put in the place of the rest.
//!
//! **How much** is [`Comparison::containment`]: the share of either text that stands in the other, whichever is
//! larger. A copy is cut, gets a new head, furniture around it or a paragraph of somebody else's; then
//! resemblance (Jaccard) is low and containment is not. Passages that the index knows from many originals (a
//! site's furniture) count on neither side.
//!
//! **What instead** tells a copy from its look-alikes. Forms share their wording and differ in what was filled in:
//! two earnings reports, two money-market notices. So numbers and names that stand *against each other* at the
//! same place are weighed against those that agree: one number may always differ and then one of seven
//! ([`NUMBER_SHARE`]), for agencies correct numbers, and two names of five, for they are misread and recased. Different stories of one site share head
//! and foot and differ in one long passage on both sides, in the same place: a body that was *replaced* rather than
//! left out ([`REPLACED`], [`REPLACED_END`]).
//!
//! Measured on agency text: of 2,246 pairs of copies above the threshold of containment, the rule about numbers
//! refuses about ten, and it keeps out nearly all of the earnings reports, bond issues and grain tables
//! that share as much. What slips through are forms with few numbers and nearly the same names, and follow-ups that
//! repeat half of the story before. `SpotSigs` (Theobald et al. 2008) and Henzinger (2006) look for the same line, the
//! one by weighing prose above furniture, the other by combining two measures of what is shared.

use copydesk_article::Measure;

use crate::align::{Aligner, Run, against};
use crate::token::Token;

/// A copy shares at least this part of itself or of its original …
pub const CONTAINMENT: f64 = 0.5;
/// … or this, where fewer than [`FEW`] tokens are shared.
pub const CONTAINMENT_OF_FEW: f64 = 0.55;
/// Few tokens to share.
pub const FEW: usize = 60;
/// Fewer are no evidence.
pub const LEAST: usize = 25;
/// At most this part of the numbers that stand against each other may differ, from the second on.
pub const NUMBER_SHARE: f64 = 0.15;
/// At most this part of the names.
pub const NAME_SHARE: f64 = 0.4;
/// A passage of so many tokens on both sides between the same neighbours is a replaced body …
pub const REPLACED: usize = 50;
/// … if it also is this part of what is shared.
pub const REPLACED_SHARE: f64 = 0.25;
/// A passage of so many tokens on both sides before the first or after the last run is a replaced body …
pub const REPLACED_END: usize = 60;
/// … if it also is this part of what is shared: a cut tail on one side and furniture on the other look alike.
pub const REPLACED_END_SHARE: f64 = 0.75;
/// From here on resemblance is what is reported; below it says too little.
const RESEMBLANCE: f64 = 0.6;
/// A head or a tail of at most so many tokens stands against the other one.
const END: usize = 30;
/// Where less than this is shared, a single other number and no equal one make another story.
const SINGLE_NUMBER: usize = 60;

/// What two texts have in common, and what not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Share of the left text, without furniture, that the right one has, 0 to 1.
    pub left_share: f64,
    /// Share of the right text, without furniture, that the left one has, 0 to 1.
    pub right_share: f64,
    /// Jaccard resemblance by covered tokens, 0 to 1.
    pub resemblance: f64,
    /// Tokens shared, counted on the side where they are fewer.
    pub shared: usize,
    /// Numbers that agree.
    pub same_numbers: usize,
    /// Numbers that stand against other numbers.
    pub other_numbers: usize,
    /// Names that agree.
    pub same_names: usize,
    /// Names that stand against other names.
    pub other_names: usize,
    /// Tokens of the longest passage that stands, on both sides, between the same neighbours and differs.
    pub replaced: usize,
    /// Tokens of the longer of the two ends that differ on both sides, on the side where they are fewer.
    pub replaced_end: usize,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// One story.
    Copy {
        /// How similar, 0 to 1.
        similarity: f64,
        /// By which measure.
        measure: Measure,
    },
    /// Too little is shared.
    TooLittle,
    /// A form filled in with other numbers.
    OtherNumbers,
    /// A form filled in with other names.
    OtherNames,
    /// The same furniture around another body.
    OtherBody,
}

impl Finding {
    /// The finding in a word: `copy`, or why not.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy { .. } => "copy",
            Self::TooLittle => "too_little",
            Self::OtherNumbers => "other_numbers",
            Self::OtherNames => "other_names",
            Self::OtherBody => "other_body",
        }
    }
}

impl Comparison {
    /// Compares the aligner's text (left) with another; `furniture` tells which tokens of the left one count for
    /// nothing, and may be shorter than the text.
    #[must_use]
    pub fn new(aligner: &Aligner<'_>, left: &[Token], right: &[Token], furniture: &[bool]) -> Self {
        let runs = aligner.runs(right);
        let is_furniture = |at: usize| furniture.get(at).copied().unwrap_or(false);
        let mut left_covered = vec![false; left.len()];
        let (mut right_covered, mut right_furniture) = (0, 0);
        let mut comparison = Self::default();
        for run in &runs {
            left_covered[run.left..run.left_end].fill(true);
            let common = (run.left..run.left_end).filter(|&at| is_furniture(at)).count();
            let length = run.right_end - run.right;
            right_covered += length;
            right_furniture += common * length / (run.left_end - run.left);
            comparison.same_numbers += run.same_numbers;
            comparison.other_numbers += run.other_numbers;
            comparison.same_names += run.same_names;
            comparison.other_names += run.other_names;
        }
        let own = || (0..left.len()).filter(|&at| !is_furniture(at));
        let (left_covered, left_all) = (own().filter(|&at| left_covered[at]).count(), own().count());
        let (right_covered, right_all) = (right_covered - right_furniture, right.len() - right_furniture);
        comparison.shared = left_covered.min(right_covered);
        comparison.left_share = share(left_covered, left_all);
        comparison.right_share = share(right_covered, right_all);
        comparison.resemblance = share(comparison.shared, (left_all + right_all).saturating_sub(comparison.shared));
        comparison.differences(&runs, left, right);
        comparison
    }

    /// What stands in the gaps between runs that follow each other on both sides, and at the ends.
    fn differences(&mut self, runs: &[Run], left: &[Token], right: &[Token]) {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return };
        let tail = (left.len() - last.left_end).min(right.len() - last.right_end);
        self.replaced_end = tail.max(first.left.min(first.right));
        for (a, b) in [
            (&left[..first.left], &right[..first.right]),
            (&left[last.left_end..], right.get(last.right_end..).unwrap_or_default()),
        ] {
            if a.len().max(b.len()) <= END {
                self.other_numbers += against(a, b, Token::is_number);
                self.other_names += against(a, b, Token::is_name);
            }
        }
        for pair in runs.windows(2) {
            let [before, after] = pair else { continue };
            let (Some(a), Some(b)) = (left.get(before.left_end..after.left), right.get(before.right_end..after.right))
            else {
                continue;
            };
            self.replaced = self.replaced.max(a.len().min(b.len()));
            self.other_numbers += against(a, b, Token::is_number);
            self.other_names += against(a, b, Token::is_name);
        }
    }

    /// The larger of the two shares: how much of the one is in the other.
    #[must_use]
    pub fn containment(&self) -> f64 {
        self.left_share.max(self.right_share)
    }

    /// Copy or not, and why not.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let least = if self.shared < FEW { CONTAINMENT_OF_FEW } else { CONTAINMENT };
        if self.shared < LEAST || self.containment() < least {
            return Finding::TooLittle;
        }
        let part = |other: usize, same: usize| share(other, other + same);
        let only_number_differs = self.other_numbers == 1 && self.same_numbers == 0 && self.shared < SINGLE_NUMBER;
        if only_number_differs || self.other_numbers > 1 && part(self.other_numbers, self.same_numbers) > NUMBER_SHARE {
            return Finding::OtherNumbers;
        }
        if self.other_names > 1 && part(self.other_names, self.same_names) > NAME_SHARE {
            return Finding::OtherNames;
        }
        let other_body = self.replaced >= REPLACED && share(self.replaced, self.shared) >= REPLACED_SHARE;
        let other_end =
            self.replaced_end >= REPLACED_END && share(self.replaced_end, self.shared) >= REPLACED_END_SHARE;
        if other_body || other_end {
            return Finding::OtherBody;
        }
        if self.resemblance >= RESEMBLANCE {
            Finding::Copy { similarity: self.resemblance, measure: Measure::Resemblance }
        } else {
            Finding::Copy { similarity: self.containment(), measure: Measure::Containment }
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sketch::Sketch;

    fn compared(left: &str, right: &str) -> Comparison {
        let (left, right) = (Sketch::of(left), Sketch::of(right));
        Comparison::new(&Aligner::new(left.tokens()), left.tokens(), right.tokens(), &[])
    }

    fn form(company: &str, numbers: [u32; 5]) -> String {
        let [share, net, sales, before, orders] = numbers;
        format!(
            "{company} said its third quarter operating profit came to {share} cents a share against {before} cents \
             a year ago. Net profit was {net} crowns on sales of {sales} crowns, the company said in a statement. \
             Orders on hand at the end of the quarter were worth {orders} crowns. The company expects no change of \
             its dividend and holds its annual meeting in the spring."
        )
    }

    #[test]
    fn a_form_with_other_numbers_is_another_story() {
        let first = form("Marn Lines", [31, 407_000, 9_100_000, 27, 12_000_000]);
        let second = form("Marn Lines", [19, 388_000, 8_700_000, 31, 11_500_000]);
        assert_eq!(compared(&first, &second).finding(), Finding::OtherNumbers);
    }

    #[test]
    fn one_corrected_number_is_a_copy() {
        let first = form("Marn Lines", [31, 407_000, 9_100_000, 27, 12_000_000]);
        let corrected = form("Marn Lines", [31, 470_000, 9_100_000, 27, 12_000_000]);
        let comparison = compared(&first, &corrected);
        assert_eq!((comparison.same_numbers, comparison.other_numbers), (4, 1));
        assert!(matches!(comparison.finding(), Finding::Copy { measure: Measure::Resemblance, .. }));
    }

    #[test]
    fn the_same_furniture_around_another_body_is_another_story() {
        let furniture: String = (0..90).map(|word| format!("menu{word} ")).collect();
        let body = |story: &str| (0..80).map(|word| format!("{story}{word} ")).collect::<String>();
        let page = |story: &str| format!("{furniture}\n\n{}\n\nfoot {furniture} end", body(story));
        assert_eq!(compared(&page("ferry"), &page("budget")).finding(), Finding::OtherBody);
        assert!(matches!(compared(&page("ferry"), &body("ferry")).finding(), Finding::Copy { .. }));
    }

    #[test]
    fn furniture_counts_on_neither_side() {
        let furniture: String = (0..90).map(|word| format!("menu{word} ")).collect();
        let (left, right) = (Sketch::of(&format!("{furniture} one")), Sketch::of(&furniture));
        let aligner = Aligner::new(left.tokens());
        let all = Comparison::new(&aligner, left.tokens(), right.tokens(), &[]);
        let none = Comparison::new(&aligner, left.tokens(), right.tokens(), &[true; 90]);
        assert_eq!((all.shared, none.shared, none.right_share), (90, 0, 0.0));
    }

    proptest! {
        /// A text is itself; a part of it is contained in it; nothing is in what shares no word with it.
        #[test]
        fn identities(words in prop::collection::vec(0_u32..100_000, 30..200), part in 0.3..1.0_f64) {
            let text: Vec<String> = words.iter().map(|word| format!("w{word}")).collect();
            let whole = text.join(" ");
            let cut = text[..(text.len() as f64 * part) as usize].join(" ");
            let other = whole.replace('w', "v");
            let itself = compared(&whole, &whole);
            prop_assert_eq!((itself.left_share, itself.right_share, itself.resemblance), (1.0, 1.0, 1.0));
            let (forth, back) = (compared(&whole, &cut), compared(&cut, &whole));
            prop_assert_eq!((forth.right_share, back.left_share), (1.0, 1.0));
            prop_assert_eq!(forth.containment(), back.containment());
            prop_assert!(forth.resemblance <= forth.containment());
            // Codes are hashes: a phrase of five may rarely be met by accident, never a copy.
            prop_assert_eq!(compared(&whole, &other).finding(), Finding::TooLittle);
        }
    }
}
