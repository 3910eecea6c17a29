//! Epochs: which learned state an article uses.
//!
//! State that learns advances only at commit, and an article must see the same state whenever and wherever it is
//! worked on. So the sequence is cut into **spans**, and what was learned from the articles of one span is used from
//! two spans later: an **epoch** numbers the state that holds everything learned from the spans before it. Who admits
//! an article waits until [`learned_until`] its epoch is committed.
//!
//! Spans grow with the ledger: 32 of 32 articles, sixteen of 64, sixteen of 128, and so on to [`LONGEST_SPAN`]. A desk's
//! first thousand articles learn from each other, and a desk of millions does not write its state all the time. From
//! the longest span on nobody ever waits, because no more articles than that are in flight; before, one or two spans'
//! worth are.

use crate::Sequence;

/// Articles of the first spans.
const SHORTEST_SPAN: u64 = 32;

/// Spans of one length, before the next are twice as long.
const SPANS_A_DOUBLING: u64 = 16;

/// Articles of a span in the long run: at least as many as may be in flight.
pub const LONGEST_SPAN: u64 = 2048;

/// Articles before the first doubling.
const FIRST_OCTAVE: u64 = SHORTEST_SPAN * SPANS_A_DOUBLING;

/// How often the length of a span doubles.
const DOUBLINGS: u64 = (LONGEST_SPAN / SHORTEST_SPAN).ilog2() as u64;

/// The span a sequence lies in, from 0.
#[must_use]
pub const fn span_of(sequence: Sequence) -> u64 {
    let at = sequence.0;
    if at < FIRST_OCTAVE {
        return at / SHORTEST_SPAN;
    }
    let octave = (at / FIRST_OCTAVE).ilog2() as u64;
    let octave = if octave > DOUBLINGS { DOUBLINGS } else { octave };
    let (start, length) = (FIRST_OCTAVE << octave, SHORTEST_SPAN << octave);
    SPANS_A_DOUBLING * (octave + 1) + (at - start) / length
}

/// The first sequence of a span.
#[must_use]
pub const fn span_start(span: u64) -> Sequence {
    if span < SPANS_A_DOUBLING {
        return Sequence(span * SHORTEST_SPAN);
    }
    let octave = span / SPANS_A_DOUBLING - 1;
    let octave = if octave > DOUBLINGS { DOUBLINGS } else { octave };
    let into = span - SPANS_A_DOUBLING * (octave + 1);
    Sequence((FIRST_OCTAVE << octave) + into * (SHORTEST_SPAN << octave))
}

/// The newest epoch whose state the article of a sequence may use; 0 is the state before any.
#[must_use]
pub const fn epoch_for(sequence: Sequence) -> u64 {
    span_of(sequence).saturating_sub(1)
}

/// The epoch that what is learned at a sequence belongs to: the first article that may use it comes two spans later.
#[must_use]
pub const fn epoch_of(sequence: Sequence) -> u64 {
    span_of(sequence) + 1
}

/// The last sequence that the state of an epoch was learned from.
#[must_use]
pub const fn learned_until(epoch: u64) -> Sequence {
    Sequence(span_start(epoch).0.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_and_grow() {
        let mut before = 0;
        for span in 0..200 {
            let (start, end) = (span_start(span), span_start(span + 1));
            assert_eq!(span_of(start), span, "{span}");
            assert_eq!(span_of(Sequence(end.0 - 1)), span, "{span}");
            let length = end.0 - start.0;
            assert!(length == before || length == 2 * before || span == 0, "{span}: {length} after {before}");
            before = length;
        }
        assert_eq!(before, LONGEST_SPAN);
        assert_eq!((span_of(Sequence(511)), span_of(Sequence(512)), span_of(Sequence(1024))), (15, 16, 32));
    }

    #[test]
    fn what_is_learned_is_used_when_it_is_committed_and_not_before() {
        for learned_at in [1, 31, 32, 700, 5_000, LONGEST_SPAN * 40 + 7] {
            let epoch = epoch_of(Sequence(learned_at));
            let first = (learned_at..).find(|&user| epoch_for(Sequence(user)) >= epoch).expect("used");
            assert!(learned_until(epoch) >= Sequence(learned_at), "{learned_at}");
            assert!(learned_until(epoch_for(Sequence(first))).0 < first - span_length(learned_at), "{learned_at}");
        }
    }

    fn span_length(at: u64) -> u64 {
        let span = span_of(Sequence(at));
        span_start(span + 1).0 - span_start(span).0
    }
}
