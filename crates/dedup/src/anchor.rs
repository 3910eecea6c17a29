//! Anchors: the few shingles of a text by which it is found again.
//!
//! A shingle is five tokens in a row. Of a text's shingles those with the smallest hashes are its anchors: a
//! *bottom-k* sample (Broder 1997), coordinated between texts, so that two texts that share shingles share anchors.
//! How many grows with the text, one in [`RATE`] tokens between [`MIN_ANCHORS`] and [`MAX_ANCHORS`]; inside those
//! bounds that is the sampling at a fixed rate that FracMinHash (Irber et al. 2022) and `mod p` fingerprints (Manber
//! 1994) use to estimate *containment*. A fixed number of hashes a text, as MinHash keeps, would leave a trimmed
//! copy hardly any anchor in common with a text ten times its length.
//!
//! Measured on 1,437 copies as syndication makes them (cut, reordered, misread, surrounded by furniture): following
//! every shared shingle, or 400 anchors a text, finds no more copies than 16 to 32 anchors do. Shingles of three, four,
//! five, six and eight tokens leave .7, 1.0, 1.3, 1.5 and 2.6 % of the copies without an anchor in common with the first
//! of their cluster, but those are cut so short that few could be told from other stories: the pairs that are found
//! (`copydesk-bench predict neardup`, recall) are .8835, .8839, .8831, .8783 and .8622. What differs is what is met by
//! chance. Of 27,000 real articles the last tenth share one anchor alone with 11.7, 5.7, 2.3 and 1.2 others each, for
//! three to six tokens, and that grows with what is known: it is work for nothing, and hides what was cut short. Five
//! tokens are also the least that counts when texts are compared ([`crate::MIN_RUN`]); a shorter phrase leads to much
//! that is none. The best banded MinHash off the shelf (two words, J ≥ .4) found three quarters of the same pairs.
//! Winnowing (Schleimer et al. 2003), which guarantees an anchor in every long shared run, was not tried: there is hardly
//! anything left for it to find.
//!
//! Shingles that are everywhere (a site's furniture, a form's wording) are met in the index: a posting list that
//! is full proposes nobody ([`crate::MAX_HOLDERS`]).

use crate::token::Token;

/// Tokens of a shingle.
pub const SHINGLE: usize = 5;

/// A text has one anchor in so many tokens …
pub const RATE: usize = 8;
/// … but no fewer than this, if it has so many shingles …
pub const MIN_ANCHORS: usize = 16;
/// … and no more than this.
pub const MAX_ANCHORS: usize = 32;

/// One shingle that a text is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The key in the index: stable for ever.
    pub key: u64,
    /// The token it starts at.
    pub at: u32,
}

/// The anchors of a text, in the order of their keys; a shingle that repeats is one, at its first place.
#[must_use]
pub fn anchors(tokens: &[Token]) -> Vec<Anchor> {
    let mut found: Vec<Anchor> =
        tokens.windows(SHINGLE).zip(0..).map(|(shingle, at)| Anchor { key: mix(joined(shingle)), at }).collect();
    let wanted = (tokens.len() / RATE).clamp(MIN_ANCHORS, MAX_ANCHORS);
    // Only the smallest need an order; four times as many leaves room for repeats.
    let enough = 4 * wanted;
    if found.len() > enough {
        found.select_nth_unstable_by_key(enough, |anchor| (anchor.key, anchor.at));
        let mut least = found[..enough].to_vec();
        if distinct(&mut least) >= wanted {
            found = least;
        }
    }
    distinct(&mut found);
    found.truncate(wanted);
    found
}

fn distinct(anchors: &mut Vec<Anchor>) -> usize {
    anchors.sort_unstable_by_key(|anchor| (anchor.key, anchor.at));
    anchors.dedup_by_key(|anchor| anchor.key);
    anchors.len()
}

/// A shingle as one number: a polynomial of its tokens (Karp and Rabin 1987).
fn joined(shingle: &[Token]) -> u64 {
    shingle
        .iter()
        .fold(0, |joined: u64, token| joined.wrapping_mul(0xA076_1D64_78BD_642F).wrapping_add(u64::from(token.word())))
}

/// Spreads the bits of a shingle (the finaliser of splitmix64): whether it is an anchor must not depend on what it
/// says.
const fn mix(shingle: u64) -> u64 {
    let mut mixed = shingle.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn text(words: impl Iterator<Item = u16>) -> Vec<Token> {
        words.map(Token::from_code).collect()
    }

    fn keys(tokens: &[Token]) -> BTreeSet<u64> {
        anchors(tokens).into_iter().map(|anchor| anchor.key).collect()
    }

    fn shingles(tokens: &[Token]) -> BTreeSet<Vec<u16>> {
        tokens.windows(SHINGLE).map(|shingle| shingle.iter().map(|token| token.word()).collect()).collect()
    }

    proptest! {
        /// The smallest of all keys by brute force are the anchors.
        #[test]
        fn anchors_are_the_smallest_keys(words in prop::collection::vec(0_u16..40, 0..600)) {
            let tokens = text(words.into_iter());
            let all: BTreeSet<u64> = tokens
                .windows(SHINGLE)
                .map(|shingle| mix(joined(shingle)))
                .collect();
            let wanted = (tokens.len() / RATE).clamp(MIN_ANCHORS, MAX_ANCHORS);
            prop_assert_eq!(keys(&tokens), all.into_iter().take(wanted).collect());
        }

        /// A bottom-k sample estimates resemblance without bias: with k = 32 its standard error is at most
        /// √(1/4/32) = .089, so four of them are never left.
        #[test]
        fn shared_anchors_estimate_resemblance(start in 0_u16..8000, shift in 0_u16..400) {
            let (left, right) = (text(start..start + 400), text(start + shift..start + shift + 400));
            let (a, b) = (shingles(&left), shingles(&right));
            let truth = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
            let (a, b) = (keys(&left), keys(&right));
            let sample: Vec<u64> = a.union(&b).copied().take(MAX_ANCHORS).collect();
            let shared = sample.iter().filter(|key| a.contains(key) && b.contains(key)).count();
            let estimate = shared as f64 / sample.len() as f64;
            prop_assert!((estimate - truth).abs() <= 4.0 * 0.089, "{} for {}", estimate, truth);
        }
    }

    #[test]
    fn a_short_text_has_few_and_a_long_one_not_many() {
        assert!(anchors(&text(0..4)).is_empty());
        assert_eq!(anchors(&text(0..10)).len(), 6);
        assert_eq!(anchors(&text(0..60)).len(), MIN_ANCHORS);
        assert_eq!(anchors(&text(0..4000)).len(), MAX_ANCHORS);
    }

    #[test]
    fn keys_are_stable_for_ever() {
        assert_eq!(anchors(&text(1..6)), [Anchor { key: 16_257_896_330_675_149_224, at: 0 }]);
    }
}
