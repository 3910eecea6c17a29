//! Whether two texts tell one story: how much they share, and what they put in the place of the rest.
//!
//! **How much** is [`Comparison::containment`]: the share of either text that stands in the other, whichever is
//! larger. A copy is cut, gets a new head, furniture around it or a paragraph of somebody else's; then
//! resemblance (Jaccard) is low and containment is not. Passages that the index knows from many originals (a
//! site's furniture) count on neither side.
//!
//! **What instead** tells a copy from its look-alikes. Forms share their wording and differ in what was filled in:
//! two earnings reports, two money-market notices. So numbers and names that stand *against each other* at the
//! same place are weighed against those that agree. Agencies correct numbers, so one may differ where a few agree
//! ([`SINGLE_NUMBER`]), and then one of seven ([`NUMBER_SHARE`]), in a table one of ten ([`MANY_NUMBERS`]); names are
//! misread and recased, so two of five may. Different stories of one site share head and foot and differ in one long
//! passage on both sides, in the same place: a body that was *replaced* rather than
//! left out ([`REPLACED`], [`REPLACED_END`]).
//!
//! **Where** the shared part stands tells a copy from a follow-up. Whoever copies keeps the lead, or puts a few lines
//! in front of it; whoever follows up writes a new one and repeats the background. So one lead at least ([`LEAD`]) must
//! stand in the other text, and where more than a tenth of each text is its own, something of both leads must. In a
//! long text more is asked ([`LONG`]), because its background alone makes half of it. Texts that begin with one short
//! block and then part ([`BLOCK`]) share a site's standing head. The other way round, long texts that begin alike may
//! go apart ([`SAME_LEAD`]): both copies were cut and go on with something else.
//!
//! **How** it hangs together tells a copy from the same news written again. A copy is cut and spliced, and between the
//! cuts it is the same; rewritten text agrees in quotes, figures and stock phrases, in runs of a dozen tokens with
//! other words between them ([`RUN_LENGTH`], [`BREAK`]). Misreading (OCR, broken encodings) breaks runs too but also
//! leaves damage inside them ([`LETTER_PERFECT`]). Where that is everywhere ([`PERFECT`]) a machine made the copy, and
//! machines do not write leads: the rules about leads do not apply and more names may differ.
//!
//! Two or three shared sentences say least ([`VERY_FEW`]): most notices of one kind have as many in common, unless
//! their numbers identify them.
//!
//! Measured with `copydesk-bench predict neardup`. Without the rules about leads, heads, rewriting, very few tokens and
//! tables: 1,419 matches among 27,344 real articles of nine languages, and P .993, R .887 on made copies. With them:
//! 1,113, P .996, R .869. Of 24 drawn from the matches that went 16 were other stories, seven the same news in other
//! words, one a copy. Of those that stayed 41 are other stories, by reading the differences, shortened,
//! of the 348 in which a number or a name differs or less is shared; the rest were not read. What slips through are daily forms in which nothing but the price or the day differs, notices
//! of several companies about one event, and follow-ups that keep most of the story before. To take another name among
//! the first tokens of a short text for another story would spare five of the 41, and lose the corrections of names and
//! four copies in a thousand: tried and left. `SpotSigs` (Theobald et al. 2008) and Henzinger (2006) look for the same
//! line, the one by weighing prose above furniture, the other by combining two measures of what is shared.

use copydesk_article::Measure;

use crate::align::{Aligner, Run, against};
use crate::token::Token;

/// A copy shares at least this part of itself or of its original …
pub const CONTAINMENT: f64 = 0.5;
/// … or this, where fewer than [`FEW`] tokens are shared.
pub const CONTAINMENT_OF_FEW: f64 = 0.55;
/// Few tokens to share.
pub const FEW: usize = 60;
/// … or this, where fewer than [`VERY_FEW`] are, unless [`IDENTIFYING_NUMBERS`] agree and none differs.
pub const CONTAINMENT_OF_VERY_FEW: f64 = 0.7;
/// Very few tokens to share: two sentences, and any two notices of one kind have one of them in common.
pub const VERY_FEW: usize = 45;
/// So many equal numbers tell which notice it is.
pub const IDENTIFYING_NUMBERS: usize = 5;
/// … or this, where more than [`LEAD`] are and each lead stands in the other text by [`SAME_LEAD`]: both copies were
/// cut, or go on with something else.
pub const CONTAINMENT_OF_SAME_LEAD: f64 = 0.4;
/// Leads that are the same.
pub const SAME_LEAD: f64 = 0.9;
/// Fewer are no evidence.
pub const LEAST: usize = 25;
/// At most this part of the numbers that stand against each other may differ, from the second on.
pub const NUMBER_SHARE: f64 = 0.15;
/// From so many other numbers on it is a table filled in anew, not a correction …
pub const MANY_NUMBERS: usize = 4;
/// … if they are more than this part.
const MANY_NUMBERS_SHARE: f64 = 0.1;
/// At most this part of the names.
pub const NAME_SHARE: f64 = 0.4;
/// … or this, where the text is misread all over ([`PERFECT`]) and no fewer than [`FEW`] tokens are shared: names are
/// misread too.
pub const MISREAD_NAME_SHARE: f64 = 0.6;
/// A passage of so many tokens on both sides between the same neighbours is a replaced body …
pub const REPLACED: usize = 50;
/// … if it also is this part of what is shared.
pub const REPLACED_SHARE: f64 = 0.25;
/// A passage of so many tokens on both sides before the first or after the last run is a replaced body …
pub const REPLACED_END: usize = 60;
/// … if it also is this part of what is shared: a cut tail on one side and furniture on the other look alike.
pub const REPLACED_END_SHARE: f64 = 0.75;
/// A text's lead: so many of its first tokens that are no furniture.
pub const LEAD: usize = 100;
/// One of two leads stands in the other text at least by this part …
pub const LEAD_SHARE: f64 = 0.55;
/// … or the texts resemble each other this much.
pub const LEAD_RESEMBLANCE: f64 = 0.8;
/// Both leads stand in the other text by this part …
pub const BOTH_LEADS_SHARE: f64 = 0.2;
/// … or this part of one text stands in the other; below it, wording that is rewritten counts too.
pub const CONTAINED: f64 = 0.9;
/// What is shared hangs together in runs of so many tokens, seen from the average shared token …
pub const RUN_LENGTH: f64 = 16.0;
/// … and breaks off less than once in so many tokens …
pub const BREAK: usize = 25;
/// … unless no more than this part of the runs is letter-perfect: a text misread here and there breaks often too.
pub const LETTER_PERFECT: f64 = 0.95;
/// A text of which less than this part of the runs is letter-perfect is misread all over.
pub const PERFECT: f64 = 0.9;
/// What is shared is one block of fewer tokens, a site's standing head perhaps …
pub const BLOCK: usize = 80;
/// … of which more than [`LETTER_PERFECT`] is that, before which stands no more than this part of it on both sides, …
const BLOCK_HEAD: f64 = 0.05;
/// … after which stands more than this part of it on both sides, …
const BLOCK_TAIL: f64 = 0.15;
/// … and which is less than this part of either text: then it says nothing of what follows.
const BLOCK_SHARE: f64 = 0.82;
/// Long, letter-perfect texts share more than so many tokens, which two stories can do by their background alone.
pub const LONG: usize = 300;
/// Of these one of the leads stands in the other text by this part …
pub const LONG_LEAD_SHARE: f64 = 0.7;
/// … unless this part of one text stands in the other, …
pub const LONG_CONTAINED: f64 = 0.95;
/// … and both by this part, unless [`CONTAINED`] does.
pub const LONG_BOTH_LEADS_SHARE: f64 = 0.5;
/// Where one number differs, at most this part of them is that, unless [`CONTAINED`] is.
const LONE_NUMBER_SHARE: f64 = 0.25;
/// Where one number differs and less than [`SINGLE_NUMBER`] is shared, at most this part of them is that.
const NUMBER_SHARE_OF_FEW: f64 = 0.2;
/// From here on resemblance is what is reported; below it says too little.
const RESEMBLANCE: f64 = 0.6;
/// A head or a tail of at most so many tokens stands against the other one.
const END: usize = 30;
/// Where less than this is shared, one number in four makes another story.
pub const SINGLE_NUMBER: usize = 60;

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
    /// Share of the left text's first hundred tokens, furniture left out, that the right text has, 0 to 1.
    pub left_lead: f64,
    /// Share of the right text's first hundred tokens, furniture left out, that the left text has, 0 to 1.
    pub right_lead: f64,
    /// How many runs the texts share.
    pub runs: usize,
    /// Tokens of the left text in the run that the average token of those runs stands in.
    pub run_length: f64,
    /// Share of the runs' tokens that are equal, 0 to 1; the rest is bridged damage.
    pub perfect: f64,
    /// Tokens before the first run, on the side where they are fewer.
    pub before: usize,
    /// Tokens after the last run, on the side where they are fewer.
    pub after: usize,
}

/// The runs but those whose left part a longer one has too: a phrase that comes again in a part of the right text which
/// the left one lacks. What stands around it there stands against nothing.
fn without_echoes(runs: Vec<Run>) -> Vec<Run> {
    let length = |run: &Run| run.left_end - run.left;
    let is_echo = |run: &Run| {
        runs.iter().any(|of| of.left <= run.left && run.left_end <= of.left_end && length(of) > length(run))
    };
    runs.iter().filter(|run| !is_echo(run)).copied().collect()
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
    /// Another story that repeats a part of this one, or both repeat a third's.
    OtherLead,
    /// Told again in other words.
    Rewritten,
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
            Self::OtherLead => "other_lead",
            Self::Rewritten => "rewritten",
        }
    }
}

impl Comparison {
    /// Compares the aligner's text (left) with another; `furniture` tells which tokens of the left one count for
    /// nothing, and may be shorter than the text.
    #[must_use]
    pub fn new(aligner: &Aligner<'_>, left: &[Token], right: &[Token], furniture: &[bool]) -> Self {
        let runs = aligner.runs(right);
        let on_left: usize = runs.iter().map(|run| run.left_end - run.left).sum();
        let on_right: usize = runs.iter().map(|run| run.right_end - run.right).sum();
        if on_left.min(on_right) < LEAST {
            // No evidence, whatever else they share: most candidates end here.
            return Self {
                shared: on_left.min(on_right),
                left_share: share(on_left.min(left.len()), left.len()),
                right_share: share(on_right, right.len()),
                runs: runs.len(),
                ..Self::default()
            };
        }
        let is_furniture = |at: usize| furniture.get(at).copied().unwrap_or(false);
        let own = |at: &usize| !is_furniture(*at);
        let mut left_covered = vec![false; left.len()];
        let (mut right_covered, mut right_furniture) = (vec![false; right.len()], vec![false; right.len()]);
        let mut comparison = Self { runs: runs.len(), ..Self::default() };
        let (mut all_equal, mut all_length, mut squares) = (0, 0, 0);
        for run in &runs {
            left_covered[run.left..run.left_end].fill(true);
            right_covered[run.right..run.right_end].fill(true);
            let length = run.left_end - run.left;
            // Where it stands on the right is known but for the bridges.
            let common = (run.left..run.left_end).filter(|&at| is_furniture(at));
            for at in common {
                right_furniture[run.right + (at - run.left) * (run.right_end - run.right) / length] = true;
            }
            all_equal += run.equal;
            all_length += length;
            squares += length * length;
            comparison.same_numbers += run.same_numbers;
            comparison.other_numbers += run.other_numbers;
            comparison.same_names += run.same_names;
            comparison.other_names += run.other_names;
        }
        comparison.run_length = share(squares, all_length);
        comparison.perfect = share(all_equal, all_length);
        let left_own: Vec<bool> = (0..left.len()).filter(own).map(|at| left_covered[at]).collect();
        let right_own: Vec<bool> =
            right_covered.iter().zip(&right_furniture).filter(|(_, common)| !**common).map(|(own, _)| *own).collect();
        let (left_shared, right_shared) = (count(&left_own), count(&right_own));
        comparison.shared = left_shared.min(right_shared);
        comparison.left_share = share(left_shared, left_own.len());
        comparison.right_share = share(right_shared, right_own.len());
        comparison.left_lead = lead(&left_own);
        comparison.right_lead = lead(&right_own);
        comparison.resemblance =
            share(comparison.shared, (left_own.len() + right_own.len()).saturating_sub(comparison.shared));
        comparison.differences(&without_echoes(runs), left, right);
        comparison
    }

    /// What stands in the gaps between runs that follow each other on both sides, and at the ends.
    fn differences(&mut self, runs: &[Run], left: &[Token], right: &[Token]) {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return };
        self.before = first.left.min(first.right);
        self.after = (left.len() - last.left_end).min(right.len() - last.right_end);
        self.replaced_end = self.after.max(self.before);
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
        if self.is_too_little() {
            Finding::TooLittle
        } else if self.has_other_numbers() {
            Finding::OtherNumbers
        } else if self.has_other_names() {
            Finding::OtherNames
        } else if self.has_other_body() || self.is_a_head() {
            Finding::OtherBody
        } else if self.has_other_lead() {
            Finding::OtherLead
        } else if !self.is_contained() && self.is_patchwork() {
            Finding::Rewritten
        } else if self.resemblance >= RESEMBLANCE {
            Finding::Copy { similarity: self.resemblance, measure: Measure::Resemblance }
        } else {
            Finding::Copy { similarity: self.containment(), measure: Measure::Containment }
        }
    }

    fn is_contained(&self) -> bool {
        self.containment() >= CONTAINED
    }

    fn is_misread(&self) -> bool {
        self.perfect < PERFECT
    }

    fn has_same_lead(&self) -> bool {
        self.shared > LEAD && self.left_lead.min(self.right_lead) >= SAME_LEAD
    }

    fn is_too_little(&self) -> bool {
        let identified = self.other_numbers == 0 && self.same_numbers >= IDENTIFYING_NUMBERS;
        let least = if self.shared < VERY_FEW && !identified {
            CONTAINMENT_OF_VERY_FEW
        } else if self.shared < FEW {
            CONTAINMENT_OF_FEW
        } else if self.has_same_lead() {
            CONTAINMENT_OF_SAME_LEAD
        } else {
            CONTAINMENT
        };
        self.shared < LEAST || self.containment() < least
    }

    fn has_other_numbers(&self) -> bool {
        let part = share(self.other_numbers, self.other_numbers + self.same_numbers);
        match self.other_numbers {
            0 => false,
            1 if self.shared < SINGLE_NUMBER => part > NUMBER_SHARE_OF_FEW,
            1 => self.shared < BLOCK && !self.is_contained() && part > LONE_NUMBER_SHARE,
            2..MANY_NUMBERS => part > NUMBER_SHARE,
            _ => part > MANY_NUMBERS_SHARE,
        }
    }

    fn has_other_names(&self) -> bool {
        let most = if self.is_misread() && self.shared >= FEW { MISREAD_NAME_SHARE } else { NAME_SHARE };
        self.other_names > 1 && share(self.other_names, self.other_names + self.same_names) > most
    }

    fn has_other_body(&self) -> bool {
        let between = self.replaced >= REPLACED && share(self.replaced, self.shared) >= REPLACED_SHARE;
        let end = self.replaced_end >= REPLACED_END && share(self.replaced_end, self.shared) >= REPLACED_END_SHARE;
        between || end && !self.has_same_lead()
    }

    /// Whether all that is shared is a short block that begins both texts, and each goes on in its own way.
    fn is_a_head(&self) -> bool {
        let part = |tokens: usize| share(tokens, self.shared);
        self.runs == 1
            && self.shared < BLOCK
            && self.containment() < BLOCK_SHARE
            && self.perfect > LETTER_PERFECT
            && part(self.before) < BLOCK_HEAD
            && part(self.after) > BLOCK_TAIL
    }

    fn has_other_lead(&self) -> bool {
        if self.is_misread() {
            return false;
        }
        let (better, worse) = (self.left_lead.max(self.right_lead), self.left_lead.min(self.right_lead));
        let neither = better < LEAD_SHARE && self.resemblance < LEAD_RESEMBLANCE;
        let one_is_new = worse < BOTH_LEADS_SHARE && !self.is_contained();
        let background = self.shared > LONG
            && self.perfect > LETTER_PERFECT
            && (better < LONG_LEAD_SHARE && self.containment() < LONG_CONTAINED
                || worse < LONG_BOTH_LEADS_SHARE && !self.is_contained());
        neither || one_is_new || background
    }

    /// Whether what is shared is pieced together of phrases.
    fn is_patchwork(&self) -> bool {
        let breaks = self.runs.saturating_sub(1);
        self.run_length < RUN_LENGTH || self.perfect > LETTER_PERFECT && breaks * BREAK >= self.shared
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn count(covered: &[bool]) -> usize {
    covered.iter().filter(|covered| **covered).count()
}

fn lead(covered: &[bool]) -> f64 {
    let lead = &covered[..covered.len().min(LEAD)];
    share(count(lead), lead.len())
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
    fn a_cut_copy_is_one_though_phrases_of_it_come_again_in_what_was_cut() {
        let said = |from: usize| {
            let sentence = |case: usize| {
                let (frame, own) =
                    (prose("frame", 8 * (case % 6)..8 * (case % 6) + 8), prose("case", 9 * case..9 * case + 9));
                format!("{frame}{own}file 4{case}.")
            };
            (from..from + 6).map(sentence).collect::<Vec<_>>().join(" ")
        };
        let (kept, cut) = (said(0), said(6));
        let comparison = compared(&kept, &format!("{kept}\n\n{cut}"));
        assert_eq!((comparison.other_numbers, comparison.replaced), (0, 0));
        assert!(matches!(comparison.finding(), Finding::Copy { .. }));
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

    /// Words of a story that no other story has.
    fn prose(story: &str, words: std::ops::Range<usize>) -> String {
        words.map(|word| format!("{story}{word} ")).collect()
    }

    fn is_copy(left: &str, right: &str) -> bool {
        let (forth, back) = (compared(left, right).finding(), compared(right, left).finding());
        matches!((forth, back), (Finding::Copy { .. }, Finding::Copy { .. }))
    }

    #[test]
    fn a_follow_up_repeats_the_background_and_a_copy_keeps_the_lead() {
        let story = |lead: &str| prose(lead, 0..100) + &prose("background", 0..200);
        assert_eq!(compared(&story("arrest"), &story("trial")).finding(), Finding::OtherLead);
        // Quoted in full behind a story of its own, but for a tail.
        let (quoting, quoted) = (prose("trial", 0..200) + &prose("arrest", 0..120), prose("arrest", 0..150));
        assert_eq!(compared(&quoting, &quoted).finding(), Finding::OtherLead);
        let headed = prose("headline", 0..25) + &story("arrest");
        assert!(is_copy(&headed, &story("arrest")));
        assert!(is_copy(&headed, &(prose("dateline", 0..25) + &story("arrest"))));
    }

    #[test]
    fn in_a_long_text_background_proves_less() {
        let story = |lead: &str, background: usize| prose(lead, 0..40) + &prose("background", 0..background);
        let own_end = |lead: &str, background: usize| story(lead, background) + &prose(&format!("{lead}end"), 0..50);
        assert_eq!(compared(&own_end("arrest", 400), &own_end("trial", 400)).finding(), Finding::OtherLead);
        assert!(is_copy(&own_end("arrest", 200), &own_end("trial", 200)));
    }

    #[test]
    fn the_same_news_in_other_words_is_rewritten() {
        let retold = |teller: &str| -> String {
            (0..12).map(|n| prose("quote", n * 8..n * 8 + 8) + &prose(teller, n * 5..n * 5 + 5)).collect()
        };
        assert_eq!(compared(&retold("one"), &retold("other")).finding(), Finding::Rewritten);
    }

    #[test]
    fn a_misread_copy_breaks_off_as_often_and_is_none_the_less_a_copy() {
        let text = |misread: usize| -> String {
            (0..240)
                .map(|n| if n % 9 == misread { format!("{misread}misread{n} ") } else { format!("w{n} ") })
                .collect()
        };
        let headed = |misread: usize| prose(&format!("line{misread}x"), 0..60) + &text(misread);
        assert!(is_copy(&headed(2), &headed(6)));
    }

    #[test]
    fn a_standing_head_is_no_copy() {
        let page = |story: &str| prose("about", 0..70) + &prose(story, 0..25);
        assert_eq!(compared(&page("seminar"), &page("ceremony")).finding(), Finding::OtherBody);
        assert!(is_copy(&page("seminar"), &prose("about", 0..70)));
    }

    #[test]
    fn long_texts_that_begin_alike_may_go_on_apart() {
        let story = |rest: &str| prose("story", 0..150) + &prose(rest, 0..200);
        assert!(is_copy(&story("advert"), &story("comment")));
    }

    #[test]
    fn two_sentences_in_common_say_little_unless_their_numbers_do() {
        let notices = |figures: &str| {
            let notice = prose("notice", 0..12) + figures + &prose("terms", 0..14);
            (notice.clone() + &prose("mill", 0..20), prose("bank", 0..20) + &notice)
        };
        let (left, right) = notices("one two three four five ");
        assert_eq!(compared(&left, &right).finding(), Finding::TooLittle);
        let (left, right) = notices("11 22 33 44 55 ");
        assert!(is_copy(&left, &right));
    }

    #[test]
    fn a_table_filled_in_anew_is_another_story() {
        let table = |day: usize| -> String {
            (0..36)
                .map(|row| format!("row{row} {} ", if row % 9 == 0 { 1000 + day + row } else { 500 + row }))
                .collect()
        };
        assert_eq!(compared(&table(1), &table(2)).finding(), Finding::OtherNumbers);
        let corrected = table(1).replace(" 1001 ", " 1010 ");
        assert!(is_copy(&table(1), &corrected));
    }

    #[test]
    fn one_number_in_four_of_a_short_form_makes_another_day() {
        let form = |rate: u32, more: &str| {
            format!("{} 10 20 {rate} {}{more}", prose("market", 0..25), prose("reserve", 0..10))
        };
        assert_eq!(compared(&form(6, ""), &form(7, "")).finding(), Finding::OtherNumbers);
        let long = prose("dealers", 0..40);
        assert!(is_copy(&form(6, &long), &form(7, &long)));
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
