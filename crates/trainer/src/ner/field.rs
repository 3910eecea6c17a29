//! The probabilities of the labels of a line: forward and backward sums of a linear-chain conditional random
//! field, with scaling, and what of them lies within the labels that the corpus allows.
//!
//! Only additions, multiplications and our own exponential: the same bits on every machine.

use copydesk_entities::tagger::labels::{LABELS, OUTSIDE, WIDTH, may_end, may_follow};

/// One number a label.
pub(crate) type Row = [f32; WIDTH];
/// One number a label after each label.
pub(crate) type Matrix = [Row; WIDTH];

/// e to the power of `x`, to about six digits.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 × 2^23: adding it leaves whole numbers
    let t = x.clamp(-80.0, 80.0) * std::f32::consts::LOG2_E;
    let whole = (t + ROUND) - ROUND;
    let rest = t - whole;
    let power = f32::from_bits(((whole as i32 + 127) << 23) as u32);
    power
        * (1.0
            + rest
                * (std::f32::consts::LN_2
                    + rest * (0.240_226_5 + rest * (0.055_504_11 + rest * (0.009_618_13 + rest * 0.001_333_36)))))
}

/// Exponentials of the weights of transitions, both ways round; none for what can't follow.
pub(crate) struct Links {
    forward: Box<Matrix>,
    backward: Box<Matrix>,
}

impl Links {
    pub(crate) fn of(weights: &Matrix) -> Self {
        let (mut forward, mut backward) = (Box::new([[0.0; WIDTH]; WIDTH]), Box::new([[0.0; WIDTH]; WIDTH]));
        for before in 0..LABELS {
            for after in (0..LABELS).filter(|&after| may_follow(before, after)) {
                let value = exp(weights[before][after]);
                forward[before][after] = value;
                backward[after][before] = value;
            }
        }
        Self { forward, backward }
    }
}

/// Room for the sums of one line.
#[derive(Default)]
pub(crate) struct Field {
    potentials: Vec<Row>,
    forward: Vec<Row>,
    backward: Vec<Row>,
}

impl Field {
    /// Adds to `shares` the probability of each label at each token, and to `links` that of each transition, times
    /// `sign`; gives back the logarithm of the sum. `allowed` masks the labels of each token, if given.
    pub(crate) fn sum(
        &mut self,
        scores: &[Row],
        allowed: Option<&[u32]>,
        transitions: &Links,
        sign: f32,
        shares: &mut [Row],
        links: &mut Matrix,
    ) -> f64 {
        let count = scores.len();
        self.potentials.clear();
        let mut log = 0.0_f64;
        for (at, score) in scores.iter().enumerate() {
            let top = score[..LABELS].iter().copied().fold(f32::MIN, f32::max);
            let mut potential = [0.0; WIDTH];
            for (slot, &score) in potential[..LABELS].iter_mut().zip(score) {
                *slot = exp(score - top);
            }
            if let Some(allowed) = allowed {
                for (label, slot) in potential.iter_mut().enumerate() {
                    *slot = if allowed[at] >> label & 1 != 0 { *slot } else { 0.0 };
                }
            }
            log += f64::from(top);
            self.potentials.push(potential);
        }
        self.forward.clear();
        let mut last = [0.0; WIDTH];
        last[OUTSIDE] = 1.0;
        for potential in &self.potentials {
            let mut next = times(&last, &transitions.forward);
            next.iter_mut().zip(potential).for_each(|(sum, p)| *sum *= p);
            let scale = total(&next).max(f32::MIN_POSITIVE);
            log += f64::from(scale).ln();
            next.iter_mut().for_each(|sum| *sum /= scale);
            self.forward.push(next);
            last = next;
        }
        self.backward.clear();
        self.backward.resize(count, [0.0; WIDTH]);
        let mut ahead: Row = std::array::from_fn(|label| if label < LABELS && may_end(label) { 1.0 } else { 0.0 });
        let ending: f32 = total(&product(&last, &ahead)).max(f32::MIN_POSITIVE);
        log += f64::from(ending).ln();
        for at in (0..count).rev() {
            self.backward[at] = ahead;
            let both = product(&self.forward[at], &ahead);
            let scale = sign / total(&both).max(f32::MIN_POSITIVE);
            shares[at].iter_mut().zip(&both).for_each(|(share, p)| *share += p * scale);
            let weighed = product(&ahead, &self.potentials[at]);
            if at > 0 {
                note_links(&self.forward[at - 1], &weighed, transitions, sign, links);
            } else {
                let mut outside = [0.0; WIDTH];
                outside[OUTSIDE] = 1.0;
                note_links(&outside, &weighed, transitions, sign, links);
            }
            ahead = times(&weighed, &transitions.backward);
            let scale = total(&ahead).max(f32::MIN_POSITIVE);
            ahead.iter_mut().for_each(|sum| *sum /= scale);
        }
        log
    }
}

fn note_links(before: &Row, weighed: &Row, transitions: &Links, sign: f32, links: &mut Matrix) {
    let mut all = 0.0;
    for (row, &p) in transitions.forward.iter().zip(before).filter(|(_, p)| **p > 0.0) {
        all += p * total(&product(row, weighed));
    }
    let scale = sign / all.max(f32::MIN_POSITIVE);
    for ((row, &p), links) in
        transitions.forward.iter().zip(before).zip(links.iter_mut()).filter(|((_, p), _)| **p > 1e-6)
    {
        let scale = scale * p;
        for ((link, weight), x) in links.iter_mut().zip(row).zip(weighed) {
            *link += scale * weight * x;
        }
    }
}

fn times(row: &Row, matrix: &Matrix) -> Row {
    let mut sums = [0.0; WIDTH];
    for (&x, weights) in row.iter().zip(matrix).filter(|(x, _)| **x > 0.0) {
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
    }
    sums
}

fn product(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|label| a[label] * b[label])
}

/// The sum, in eight lanes.
fn total(row: &Row) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for part in row.chunks_exact(8) {
        lanes.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

#[cfg(test)]
mod tests {
    use copydesk_entities::tagger::labels::{Place, label};

    use super::*;

    #[test]
    fn the_exponential_is_one() {
        for x in [-30.0_f32, -3.3, -0.5, 0.0, 0.1, 1.0, 7.7, 40.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
        }
    }

    #[test]
    fn shares_are_those_of_all_rows_of_labels_that_make_names() {
        let mut scores = [[0.0_f32; WIDTH]; 3];
        for (at, row) in scores.iter_mut().enumerate() {
            for (label, score) in row.iter_mut().enumerate() {
                *score = ((at * 7 + label * 3) % 5) as f32 * 0.4;
            }
        }
        let mut weights = [[0.0; WIDTH]; WIDTH];
        weights[OUTSIDE][label(2, Place::Single)] = 0.7;
        let mut shares = vec![[0.0; WIDTH]; 3];
        let mut links = [[0.0; WIDTH]; WIDTH];
        let log = Field::default().sum(&scores, None, &Links::of(&weights), 1.0, &mut shares, &mut links);
        let (mut sum, mut first) = (0.0_f64, vec![0.0_f64; LABELS]);
        for a in (0..LABELS).filter(|&a| may_follow(OUTSIDE, a)) {
            for b in (0..LABELS).filter(|&b| may_follow(a, b)) {
                for c in (0..LABELS).filter(|&c| may_follow(b, c) && may_end(c)) {
                    let score = scores[0][a]
                        + scores[1][b]
                        + scores[2][c]
                        + weights[OUTSIDE][a]
                        + weights[a][b]
                        + weights[b][c];
                    sum += f64::from(score).exp();
                    first[a] += f64::from(score).exp();
                }
            }
        }
        assert!((log - sum.ln()).abs() < 1e-4);
        for (label, first) in first.iter().enumerate() {
            assert!((f64::from(shares[0][label]) - first / sum).abs() < 1e-4, "{label}");
        }
        assert!((links.as_flattened().iter().sum::<f32>() - 3.0).abs() < 1e-4);
    }
}
