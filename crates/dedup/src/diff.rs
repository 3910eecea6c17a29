//! What changed between two versions of a text, paragraph by paragraph.
//!
//! Paragraphs are what blank lines part. Equal ones (by what a reader sees: [`crate::normalise`]) are matched by a
//! longest common subsequence; what is left over on both sides of the same gap and shares half its words is *changed*,
//! the rest *added* or *removed*. A paragraph that only moved is removed in one place and added in another.

use std::ops::Range;

use xxhash_rust::xxh3::Xxh3;

use crate::align::Aligner;
use crate::compare::Comparison;
use crate::key::normalise;
use crate::sketch::Sketch;

/// A changed paragraph shares at least this part of its words with what it was.
const CHANGED: f64 = 0.5;

/// Where more pairs of paragraphs would have to be looked at, all are removed and added anew.
const MAX_PAIRS: usize = 1 << 20;

/// One difference. Paragraphs are counted from 0, each in its own text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// In the new text only.
    Added {
        /// Its place in the new text.
        to: usize,
        /// Its text.
        new: &'a str,
    },
    /// In the old text only.
    Removed {
        /// Its place in the old text.
        from: usize,
        /// Its text.
        old: &'a str,
    },
    /// In both, reworded.
    Changed {
        /// Its place in the old text.
        from: usize,
        /// Its place in the new text.
        to: usize,
        /// Its old text.
        old: &'a str,
        /// Its new text.
        new: &'a str,
    },
}

/// The differences between two texts, in reading order of the new one.
#[must_use]
pub fn diff<'a>(old: &'a str, new: &'a str) -> Vec<Change<'a>> {
    let (old, new) = (paragraphs(old), paragraphs(new));
    let keys = |paragraphs: &[&str]| paragraphs.iter().map(|paragraph| key(paragraph)).collect::<Vec<_>>();
    let mut changes = Vec::new();
    let (mut from, mut to) = (0, 0);
    let ends = std::iter::once((old.len(), new.len()));
    for (same_old, same_new) in common(&keys(&old), &keys(&new)).into_iter().chain(ends) {
        gap(&old, from..same_old, &new, to..same_new, &mut changes);
        (from, to) = (same_old + 1, same_new + 1);
    }
    changes
}

fn paragraphs(text: &str) -> Vec<&str> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).collect()
}

fn key(paragraph: &str) -> u128 {
    let mut hasher = Xxh3::new();
    let mut buffer = [0; 4];
    for c in normalise(paragraph) {
        hasher.update(c.encode_utf8(&mut buffer).as_bytes());
    }
    hasher.digest128()
}

/// The longest common subsequence, as pairs of places.
fn common(old: &[u128], new: &[u128]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (rows, columns) = (old_rest.len() - tail, new_rest.len() - tail);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    if rows.saturating_mul(columns) <= MAX_PAIRS {
        // longest[row][column]: length for what follows those places.
        let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                longest[row][column] = if old_rest[row] == new_rest[column] {
                    longest[row + 1][column + 1] + 1
                } else {
                    longest[row + 1][column].max(longest[row][column + 1])
                };
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if old_rest[row] == new_rest[column] {
                pairs.push((head + row, head + column));
                (row, column) = (row + 1, column + 1);
            } else if longest[row + 1][column] >= longest[row][column + 1] {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    pairs.extend((0..tail).map(|at| (old.len() - tail + at, new.len() - tail + at)));
    pairs
}

fn gap<'a>(old: &[&'a str], from: Range<usize>, new: &[&'a str], to: Range<usize>, changes: &mut Vec<Change<'a>>) {
    let few = from.len().saturating_mul(to.len()) <= MAX_PAIRS;
    let sketches = |of: &[&str], places: &Range<usize>| {
        of[places.clone()].iter().map(|text| if few { Sketch::of(text) } else { Sketch::default() }).collect::<Vec<_>>()
    };
    let (old_sketches, new_sketches) = (sketches(old, &from), sketches(new, &to));
    let mut next = from.start;
    for at in to.clone() {
        let sketch = &new_sketches[at - to.start];
        let aligner = Aligner::new(sketch.tokens());
        let was = (next..from.end).find(|&place| reworded(&aligner, sketch, &old_sketches[place - from.start]));
        match was {
            Some(place) => {
                changes.extend((next..place).map(|from| Change::Removed { from, old: old[from] }));
                changes.push(Change::Changed { from: place, to: at, old: old[place], new: new[at] });
                next = place + 1;
            }
            None => changes.push(Change::Added { to: at, new: new[at] }),
        }
    }
    changes.extend((next..from.end).map(|from| Change::Removed { from, old: old[from] }));
}

fn reworded(aligner: &Aligner<'_>, new: &Sketch, old: &Sketch) -> bool {
    Comparison::new(aligner, new.tokens(), old.tokens(), &[]).containment() >= CHANGED
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: &str = "The ferry to the island of Marn sailed again on Monday after a week of storms.";
    const SECOND: &str = "Its captain, Ida Holm, said the sea had been calmer than on any day of the month.";
    const THIRD: &str = "The harbour office expects two boats a day until the end of the holidays.";

    #[test]
    fn a_corrected_name_is_a_changed_paragraph() {
        let corrected = SECOND.replace("Ida Holm", "Ida Holmen");
        let (old, new) = ([FIRST, SECOND, THIRD].join("\n\n"), [FIRST, &corrected, THIRD].join("\n\n"));
        assert_eq!(diff(&old, &new), [Change::Changed { from: 1, to: 1, old: SECOND, new: &corrected }]);
    }

    #[test]
    fn paragraphs_come_and_go() {
        let (old, new) = ([FIRST, SECOND].join("\n\n"), [THIRD, FIRST].join("\n\n"));
        let expected = [Change::Added { to: 0, new: THIRD }, Change::Removed { from: 1, old: SECOND }];
        assert_eq!(diff(&old, &new), expected);
        assert_eq!(diff("", FIRST), [Change::Added { to: 0, new: FIRST }]);
        assert_eq!(diff(FIRST, ""), [Change::Removed { from: 0, old: FIRST }]);
    }

    #[test]
    fn what_no_reader_sees_is_no_change() {
        assert!(diff(FIRST, &format!("\n\n{}\n\n\n", FIRST.replace(' ', "  "))).is_empty());
    }

    proptest! {
        /// Old less removed and changed is new less added and changed.
        #[test]
        fn what_is_left_is_the_same(
            old in prop::collection::vec("[a-d]{1,2}", 0..12),
            new in prop::collection::vec("[a-d]{1,2}", 0..12),
        ) {
            let (left, right) = (old.join("\n\n"), new.join("\n\n"));
            let (mut old, mut new): (Vec<_>, Vec<_>) = (old.into_iter().map(Some).collect(), new.into_iter().map(Some).collect());
            for change in diff(&left, &right) {
                match change {
                    Change::Added { to, .. } => new[to] = None,
                    Change::Removed { from, .. } => old[from] = None,
                    Change::Changed { from, to, .. } => (old[from], new[to]) = (None, None),
                }
            }
            let left: Vec<_> = old.into_iter().flatten().collect();
            let right: Vec<_> = new.into_iter().flatten().collect();
            prop_assert_eq!(left, right);
        }
    }
}
