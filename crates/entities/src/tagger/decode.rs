//! The best labels of a line: the sum of its tokens' scores and its transitions, over all rows of labels that
//! make names (Viterbi 1967). In whole numbers, so the same everywhere.

use super::labels::{KINDS, OUTSIDE, Place, WIDTH, label, may_begin, may_end};
use super::model::Model;

/// Labels after which none or another name begins, and labels with which that happens: as many of the one as of
/// the other.
const OPEN: usize = 1 + 2 * KINDS.len();
/// The same, filled up to a power of two.
const LANES: usize = 16;
/// A score that no row of labels falls to, as scores are counted from that of the outside label.
const NEVER: i32 = -(1 << 24);
/// Bits of a packed score that say which label it came from: of two equal scores the earlier label's is the greater.
const FROM_BITS: u32 = 5;

/// Weights of transitions, laid out as the search reads them.
#[derive(Clone, Debug)]
pub(super) struct Transitions {
    enders: [usize; OPEN],
    starters: [usize; OPEN],
    /// Weights from each ender to each starter, packed.
    open: [[i32; LANES]; OPEN],
    /// The least and the greatest weight from each ender to any starter.
    spans: [(i32, i32); OPEN],
    /// By kind: begin → inside, inside → inside, begin → end, inside → end.
    within: [[i32; 4]; KINDS.len()],
}

/// The labels that a name can end with, or begin with.
fn labels_that(test: impl Fn(usize) -> bool) -> [usize; OPEN] {
    let mut found = [OUTSIDE; OPEN];
    let labels = (0..WIDTH).filter(|&number| number == OUTSIDE || super::labels::parts(number).is_some());
    found.iter_mut().zip(labels.filter(|&number| test(number))).for_each(|(slot, number)| *slot = number);
    found
}

impl Transitions {
    pub(super) fn of(model: &Model<'_>) -> Self {
        let enders = labels_that(may_end);
        let starters = labels_that(may_begin);
        let mut open = [[NEVER << FROM_BITS; LANES]; OPEN];
        for (number, (row, &before)) in (0..).zip(open.iter_mut().zip(&enders)) {
            for (weight, &after) in row.iter_mut().zip(&starters) {
                *weight = (model.transition(before, after) << FROM_BITS) + (OPEN as i32 - 1 - number);
            }
        }
        let spans = enders.map(|before| {
            let weights = starters.map(|after| model.transition(before, after));
            weights.iter().fold((i32::MAX, i32::MIN), |(least, most), &weight| (least.min(weight), most.max(weight)))
        });
        let within = std::array::from_fn(|kind| {
            let weight = |before, after| model.transition(label(kind, before), label(kind, after));
            [
                weight(Place::Begin, Place::Inside),
                weight(Place::Inside, Place::Inside),
                weight(Place::Begin, Place::End),
                weight(Place::Inside, Place::End),
            ]
        });
        Self { enders, starters, open, spans, within }
    }

    /// The best labels for scores of consecutive tokens; `back` is room to work in.
    pub(super) fn best(&self, scores: &[[i16; WIDTH]], back: &mut Vec<[u8; WIDTH]>, labels: &mut Vec<u8>) {
        back.clear();
        labels.clear();
        let mut now = [NEVER; WIDTH];
        now[OUTSIDE] = 0;
        for score in scores {
            let mut next = [NEVER; WIDTH];
            let mut from = [0_u8; WIDTH];
            self.begin(&now, &mut next, &mut from);
            self.go_on(&now, &mut next, &mut from);
            for (sum, &score) in next.iter_mut().zip(score) {
                *sum += i32::from(score);
            }
            // Only differences matter: so sums stay small, however long the line is.
            let outside = next[OUTSIDE];
            for sum in &mut next {
                *sum = (*sum - outside).max(NEVER);
            }
            back.push(from);
            now = next;
        }
        let mut best = OUTSIDE;
        for &ender in &self.enders {
            if now[ender] > now[best] {
                best = ender;
            }
        }
        for from in back.iter().rev() {
            labels.push(best as u8);
            best = usize::from(from[best]);
        }
        labels.reverse();
    }

    /// Names that begin here, or none.
    fn begin(&self, now: &[i32; WIDTH], next: &mut [i32; WIDTH], from: &mut [u8; WIDTH]) {
        let mut best = [i32::MIN; LANES];
        // An ender that at its best is below another at its worst wins nowhere: mostly all but the outside label are.
        let floor = self.enders.iter().zip(&self.spans).map(|(&ender, span)| now[ender] + span.0).max();
        let floor = floor.unwrap_or(i32::MIN);
        for ((weights, span), &ender) in self.open.iter().zip(&self.spans).zip(&self.enders) {
            if now[ender] + span.1 < floor {
                continue;
            }
            let sum = now[ender] << FROM_BITS;
            for (best, weight) in best.iter_mut().zip(weights) {
                *best = (*best).max(sum + weight);
            }
        }
        for (&packed, &starter) in best.iter().zip(&self.starters) {
            let number = OPEN - 1 - (packed & ((1 << FROM_BITS) - 1)) as usize;
            (next[starter], from[starter]) = (packed >> FROM_BITS, self.enders[number] as u8);
        }
    }

    /// Names that go on here.
    fn go_on(&self, now: &[i32; WIDTH], next: &mut [i32; WIDTH], from: &mut [u8; WIDTH]) {
        for (kind, weights) in self.within.iter().enumerate() {
            let (begin, inside) = (label(kind, Place::Begin), label(kind, Place::Inside));
            for (place, [after_begin, after_inside]) in
                [(Place::Inside, [weights[0], weights[1]]), (Place::End, [weights[2], weights[3]])]
            {
                let target = label(kind, place);
                let (by_begin, by_inside) = (now[begin] + after_begin, now[inside] + after_inside);
                (next[target], from[target]) =
                    if by_inside > by_begin { (by_inside, inside as u8) } else { (by_begin, begin as u8) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::{LABELS, may_follow};
    use super::super::model::Parts;
    use super::*;

    /// All rows of labels that make names, and the best of them by trying each.
    fn best_by_trying(scores: &[[i16; WIDTH]], model: &Model<'_>) -> i32 {
        fn go(scores: &[[i16; WIDTH]], before: usize, model: &Model<'_>) -> i32 {
            let Some((first, rest)) = scores.split_first() else {
                return if may_end(before) { 0 } else { -1_000_000 };
            };
            let fits = |next: &usize| may_follow(before, *next);
            let sum = |next| model.transition(before, next) + i32::from(first[next]) + go(rest, next, model);
            (0..LABELS).filter(fits).map(sum).max().unwrap_or(-1_000_000)
        }
        go(scores, OUTSIDE, model)
    }

    #[test]
    fn the_best_labels_are_found() {
        let mut seed = 1_u32;
        let mut chance = || {
            seed = super::super::hash::mix(seed.wrapping_add(0x9E37_79B9));
            (seed % 200) as i16 - 100
        };
        for _ in 0..20 {
            let mut transitions = [[0; WIDTH]; WIDTH];
            transitions.as_flattened_mut().iter_mut().for_each(|weight| *weight = chance());
            let title =
                Parts { name: "t", language: "en", evaluated: false, version: 1, bits: 4, transitions, rows: vec![] };
            let (bytes, _) = title.write();
            let model = Model::read(&bytes).expect("a model");
            let scores: Vec<[i16; WIDTH]> = (0..3).map(|_| std::array::from_fn(|_| chance())).collect();
            let (mut back, mut labels) = (Vec::new(), Vec::new());
            Transitions::of(&model).best(&scores, &mut back, &mut labels);
            let mut sum = 0;
            let mut before = OUTSIDE;
            for (score, &label) in scores.iter().zip(&labels) {
                let label = usize::from(label);
                assert!(may_follow(before, label), "{labels:?}");
                sum += model.transition(before, label) + i32::from(score[label]);
                before = label;
            }
            assert!(may_end(before));
            assert_eq!(sum, best_by_trying(&scores, &model));
        }
    }
}
