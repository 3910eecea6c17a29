//! One name, one kind: where the tagger read a name of the article now as this and now as that, all its places vote.
//!
//! A vote is how well each kind fits the words there, so one plain place outweighs several doubtful ones. Only kinds
//! that were read somewhere can win. A place and an organisation may well share a name in one article (the city and
//! its club, the capital and its government): those two are left as they are, and so are dates and amounts.

use std::collections::HashMap;

use super::labels::KINDS;
use super::{Desk, Tagged};

/// Kinds that vote: persons, organisations, places.
const VOTING: usize = 3;
const PERSON: usize = 0;

/// Settles the kinds of names that stand in the article more than once.
pub(crate) fn settle(names: &mut [Tagged], desk: &Desk) {
    let mut votes: HashMap<u32, [i32; KINDS.len()]> = HashMap::new();
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for name in names.iter().filter(|name| name.kind < VOTING) {
        *seen.entry(desk.name_hash(name)).or_default() |= 1 << name.kind;
    }
    seen.retain(|_, kinds| kinds.count_ones() > 1 && *kinds & 1 << PERSON != 0);
    if seen.is_empty() {
        return;
    }
    for name in names.iter().filter(|name| name.kind < VOTING) {
        let hash = desk.name_hash(name);
        if seen.contains_key(&hash) {
            let sums = votes.entry(hash).or_default();
            sums.iter_mut().zip(desk.kind_scores(name)).for_each(|(sum, score)| *sum = sum.saturating_add(score));
        }
    }
    for name in names.iter_mut().filter(|name| name.kind < VOTING) {
        let hash = desk.name_hash(name);
        if let (Some(kinds), Some(sums)) = (seen.get(&hash), votes.get(&hash)) {
            let read = (0..VOTING).filter(|kind| kinds >> kind & 1 != 0);
            name.kind = read.max_by_key(|&kind| sums[kind]).unwrap_or(name.kind);
        }
    }
}
