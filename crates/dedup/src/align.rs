//! Where two texts say the same: runs of equal tokens, in whatever order the paragraphs stand.
//!
//! Seeds are three equal tokens in a row; each grows along its diagonal and bridges small damage (a misread word, a
//! word split in two, a few words left out) as long as two equal tokens follow. A run with fewer than [`MIN_RUN`]
//! equal tokens is a phrase, not evidence. This is the seed-and-extend of sequence alignment, which is what
//! "the same text, somewhat edited" calls for: linear in the texts' lengths, blind to where a paragraph was moved.

use crate::token::Token;

/// Tokens of a seed.
const SEED: usize = 3;

/// Fewest equal tokens of a run.
pub const MIN_RUN: usize = 5;

/// Most places of the left text at which one seed of the right text is tried.
const PLACES: usize = 4;

/// No place.
const NONE: u32 = u32::MAX;

/// A stretch that two texts have in common. Offsets count tokens, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First token in the left text.
    pub left: usize,
    /// One past the last token in the left text.
    pub left_end: usize,
    /// First token in the right text.
    pub right: usize,
    /// One past the last token in the right text.
    pub right_end: usize,
    /// Equal tokens in it; the rest was bridged.
    pub equal: usize,
    /// Numbers that are equal.
    pub same_numbers: usize,
    /// Numbers bridged that stand against other numbers.
    pub other_numbers: usize,
    /// Names that are equal.
    pub same_names: usize,
    /// Names bridged that stand against other names.
    pub other_names: usize,
}

/// One text, ready to be aligned with many.
pub struct Aligner<'a> {
    left: &'a [Token],
    /// By hash of a seed: its first place.
    heads: Vec<u32>,
    /// By place: the next one with the same hash.
    next: Vec<u32>,
}

impl<'a> Aligner<'a> {
    /// Reads the left text's seeds.
    #[must_use]
    pub fn new(left: &'a [Token]) -> Self {
        let seeds = left.len().saturating_sub(SEED - 1);
        let mut heads = vec![NONE; (2 * seeds).next_power_of_two()];
        let mut next = vec![NONE; seeds];
        // From the end, so that every chain starts with its first place.
        for (at, seed) in left.windows(SEED).enumerate().rev() {
            let slot = slot(seed, heads.len());
            next[at] = heads[slot];
            heads[slot] = at as u32;
        }
        Self { left, heads, next }
    }

    /// The runs that the right text shares with the left one, in the right one's order, none overlapping there. One
    /// stretch of the left text can be met twice: a page that holds its article twice is covered by it.
    #[must_use]
    pub fn runs(&self, right: &[Token]) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at + SEED <= right.len() {
            match self.best(right, at) {
                Some(run) if run.equal >= MIN_RUN => {
                    at = run.right_end;
                    runs.push(run);
                }
                _ => at += 1,
            }
        }
        runs
    }

    /// The longest run that starts here on the right.
    fn best(&self, right: &[Token], at: usize) -> Option<Run> {
        let seed = &right[at..at + SEED];
        let mut place = self.heads[slot(seed, self.heads.len())];
        let mut best: Option<Run> = None;
        let mut tries = 0;
        while place != NONE && tries < PLACES {
            let left = place as usize;
            if same(&self.left[left..left + SEED], seed) {
                tries += 1;
                let run = self.grow(left, right, at);
                if best.is_none_or(|best| run.equal > best.equal) {
                    best = Some(run);
                }
            }
            place = self.next[left];
        }
        best
    }

    fn grow(&self, left: usize, right: &[Token], at: usize) -> Run {
        let mut run = Run {
            left,
            left_end: left,
            right: at,
            right_end: at,
            equal: 0,
            same_numbers: 0,
            other_numbers: 0,
            same_names: 0,
            other_names: 0,
        };
        loop {
            while let (Some(a), Some(b)) = (self.left.get(run.left_end), right.get(run.right_end)) {
                if a.word() != b.word() {
                    break;
                }
                run.left_end += 1;
                run.right_end += 1;
                run.equal += 1;
                run.same_numbers += usize::from(a.is_number());
                run.same_names += usize::from(a.is_name() || b.is_name());
            }
            let (rest, other) = (&self.left[run.left_end..], &right[run.right_end..]);
            let Some((skip, skip_other)) = bridge(rest, other) else {
                return run;
            };
            run.other_numbers += against(&rest[..skip], &other[..skip_other], Token::is_number);
            run.other_names += against(&rest[..skip], &other[..skip_other], Token::is_name);
            run.left_end += skip;
            run.right_end += skip_other;
        }
    }
}

/// How many tokens of a kind stand on both sides of a difference and are on one side only.
pub fn against(left: &[Token], right: &[Token], kind: fn(Token) -> bool) -> usize {
    let own = |of: &[Token], than: &[Token]| {
        of.iter().filter(|a| kind(**a) && than.iter().all(|b| a.word() != b.word())).count()
    };
    own(left, right).min(own(right, left))
}

/// The least damage after which two equal tokens follow, if it is small.
fn bridge(left: &[Token], right: &[Token]) -> Option<(usize, usize)> {
    const DAMAGE: [(usize, usize); 10] =
        [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2)];
    DAMAGE.into_iter().find(
        |&(a, b)| matches!((left.get(a..a + 2), right.get(b..b + 2)), (Some(left), Some(right)) if same(left, right)),
    )
}

fn same(left: &[Token], right: &[Token]) -> bool {
    left.iter().zip(right).all(|(a, b)| a.word() == b.word())
}

fn slot(seed: &[Token], slots: usize) -> usize {
    let joined = seed.iter().fold(0, |joined, token| joined << 16 | u64::from(token.word()));
    (joined.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn text(words: impl IntoIterator<Item = u16>) -> Vec<Token> {
        words.into_iter().map(Token::from_code).collect()
    }

    proptest! {
        /// Runs say the truth: what they call equal is in both texts, and none is shorter than it may be.
        #[test]
        fn runs_are_in_both_texts(
            left in prop::collection::vec(0_u16..12, 0..120),
            right in prop::collection::vec(0_u16..12, 0..120),
        ) {
            let (left, right) = (text(left), text(right));
            let mut end = 0;
            for run in Aligner::new(&left).runs(&right) {
                prop_assert!(run.right >= end && run.right_end <= right.len() && run.left_end <= left.len());
                prop_assert!(same(&left[run.left..run.left + SEED], &right[run.right..run.right + SEED]));
                prop_assert!(run.equal >= MIN_RUN);
                prop_assert!(run.equal <= (run.left_end - run.left).min(run.right_end - run.right));
                end = run.right_end;
            }
        }

        /// Against brute force over all pairs of places: what stands in five tokens that both texts have is covered,
        /// and no more is called equal than stands in two that both have.
        #[test]
        fn runs_cover_what_brute_force_finds(
            length in 20_u16..120,
            blocks in prop::collection::vec((0_u16..120, 1_u16..30), 0..8),
            misread in prop::collection::vec((0_usize..200, 9001_u16..9500), 0..12),
        ) {
            let left: Vec<u16> = (0..length).collect();
            let cut = |(from, count): (u16, u16)| from.min(length)..(from + count).min(length);
            let mut right: Vec<u16> = blocks.into_iter().flat_map(cut).collect();
            for (at, word) in misread {
                if let Some(place) = right.get_mut(at) {
                    *place = word;
                }
            }
            let common = |count: usize| {
                let mut places = BTreeSet::new();
                for (at, ours) in right.windows(count).enumerate() {
                    if left.windows(count).any(|theirs| theirs == ours) {
                        places.extend(at..at + count);
                    }
                }
                places
            };
            let (left, right_text) = (text(left.iter().copied()), text(right.iter().copied()));
            let runs = Aligner::new(&left).runs(&right_text);
            let covered: BTreeSet<usize> = runs.iter().flat_map(|run| run.right..run.right_end).collect();
            prop_assert!(common(MIN_RUN).is_subset(&covered));
            prop_assert!(runs.iter().map(|run| run.equal).sum::<usize>() <= common(2).len());
        }

        /// A stretch cut out of a text is found whole, wherever it stands.
        #[test]
        fn a_stretch_is_found(
            words in prop::collection::vec(0_u16..9000, 60..200),
            from in 0_usize..30,
            before in prop::collection::vec(9001_u16..9500, 0..20),
        ) {
            let left = text(words.iter().copied());
            let right = text(before.iter().copied().chain(words[from..].iter().copied()));
            let equal: usize = Aligner::new(&left).runs(&right).iter().map(|run| run.equal).sum();
            prop_assert_eq!(equal, words.len() - from);
        }
    }

    #[test]
    fn damage_is_bridged_and_counted() {
        let left = text((0..20).map(|word| if word == 10 { 0x8000 | word } else { word }));
        let mut right = left.clone();
        right[5] = Token::from_code(900);
        right[10] = Token::from_code(0x8000 | 901);
        right.remove(15);
        let runs = Aligner::new(&left).runs(&right);
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].equal, runs[0].left_end, runs[0].other_numbers), (17, 20, 1));
    }

    #[test]
    fn moved_paragraphs_are_two_runs() {
        let left = text(0..40);
        let right = text((20..40).chain(0..20));
        let runs = Aligner::new(&left).runs(&right);
        assert_eq!(runs.iter().map(|run| (run.left, run.equal)).collect::<Vec<_>>(), [(20, 20), (0, 20)]);
    }

    #[test]
    fn a_phrase_is_not_evidence() {
        assert!(Aligner::new(&text(0..4)).runs(&text(0..4)).is_empty());
        assert!(Aligner::new(&[]).runs(&text(0..9)).is_empty());
    }
}
