//! Learning: the likelihood of the labels that are allowed, by stochastic gradient descent a line at a time, with a
//! step size for each weight (AdaGrad; Duchi, Hazan and Singer 2011) that falls to nothing in a straight line.
//!
//! After the first epochs only the weightiest rows are kept, as many as the model file has room for, and the rest
//! of the epochs teach them to do without the others. In learning, a row of a token is now and then left out, so that
//! no single word is relied on.

use copydesk_entities::tagger::labels::WIDTH;
use copydesk_entities::tagger::lists::Lists;
use copydesk_entities::tagger::{Trainee, model};

use super::corpus::Text;
use super::examples::{Example, Vocabulary};
use super::field::{Field, Links, Matrix, Row};
use crate::random::Random;

/// What a model says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Title<'a> {
    pub(crate) name: &'a str,
    pub(crate) language: &'a str,
    /// Whether it will be scored on text it is not learned from.
    pub(crate) evaluated: bool,
    pub(crate) version: u16,
}

/// How much is learned, and how fast.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Effort {
    /// Times that every text is seen.
    #[arg(long, default_value_t = 8)]
    pub(crate) epochs: usize,
    /// After so many epochs the weak rows go.
    #[arg(long, default_value_t = 5)]
    pub(crate) prune_after: usize,
    /// Step size at the start.
    #[arg(long, default_value_t = 0.12)]
    pub(crate) rate: f32,
    /// Pull of all weights towards nothing.
    #[arg(long, default_value_t = 1e-5)]
    pub(crate) decay: f32,
    /// A feature gets a row if it is seen this often.
    #[arg(long, default_value_t = 3)]
    pub(crate) at_least: u32,
    /// Share of a token's rows left out while learning.
    #[arg(long, default_value_t = 0.4)]
    pub(crate) dropout: f32,
    /// Share of the forms around a token, and of its own, left out as a whole.
    #[arg(long, default_value_t = 0.15)]
    pub(crate) blind: f32,
    /// Logarithm to base two of the slots of the model's table.
    #[arg(long, default_value_t = 17)]
    pub(crate) bits: u32,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Gradients below this change nothing worth the time.
const TOO_SMALL: f32 = 1e-3;
/// Squares of gradients that every weight begins with, so that the first steps are no leaps.
const FIRST_SQUARE: f32 = 0.05;
/// Part of the table's slots that is filled: of this many a few in a hundred find no room, the weakest.
const FILL: f64 = 0.8;

struct Weights {
    rows: Vec<Row>,
    squares: Vec<Row>,
    transitions: Box<Matrix>,
    transition_squares: Box<Matrix>,
}

/// Learns a model.
pub(crate) fn learn(texts: &[Text], lists: &Lists<'_>, effort: Effort, title: &Title<'_>) -> Vec<u8> {
    let vocabulary = Vocabulary::of(texts, lists, effort.at_least);
    let mut trainee = Trainee::default();
    let mut examples: Vec<Example> =
        texts.iter().map(|text| Example::of(text, lists, &vocabulary, &mut trainee)).collect();
    let tokens: usize = examples.iter().map(|example| example.allowed.len()).sum();
    eprintln!("{} texts, {tokens} tokens, {} features", texts.len(), vocabulary.features.len());
    let mut features = vocabulary.features;
    let mut weights = Weights {
        rows: vec![[0.0; WIDTH]; features.len()],
        squares: vec![[FIRST_SQUARE; WIDTH]; features.len()],
        transitions: Box::new([[0.0; WIDTH]; WIDTH]),
        transition_squares: Box::new([[1.0; WIDTH]; WIDTH]),
    };
    let mut random = Random::new(effort.seed);
    let mut learner = Learner::default();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for epoch in 0..effort.epochs {
        if epoch == effort.prune_after {
            prune(&mut weights, &mut features, &mut examples, (FILL * f64::from(1_u32 << effort.bits)) as usize);
        }
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        let mut loss = 0.0;
        for (n, &example) in order.iter().enumerate() {
            let done = (epoch as f32 + n as f32 / order.len() as f32) / effort.epochs as f32;
            let rate = effort.rate * (1.0 - done) * examples[example].weight;
            loss += learner.step(&examples[example], &mut weights, rate, effort, &mut random);
        }
        eprintln!("epoch {} loss a token {:.5}", epoch + 1, loss / tokens as f64);
    }
    // A token adds up all its rows from now on: each counts for as much less as there were fewer in learning.
    weights
        .rows
        .iter_mut()
        .for_each(|row| *row = row.map(|weight| weight * (1.0 - effort.dropout) * (1.0 - effort.blind)));
    write(&weights, features, effort.bits, title)
}

/// Room to learn in.
#[derive(Default)]
struct Learner {
    field: Field,
    scores: Vec<Row>,
    shares: Vec<Row>,
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl Learner {
    /// Learns from a text, line by line; gives back the loss.
    fn step(
        &mut self,
        example: &Example,
        weights: &mut Weights,
        rate: f32,
        effort: Effort,
        random: &mut Random,
    ) -> f64 {
        let mut loss = 0.0;
        for line in &example.lines {
            self.gather(example, line.clone(), effort, random);
            self.scores.clear();
            let mut start = 0;
            for &end in &self.ends {
                let mut score = [0.0; WIDTH];
                for &row in &self.rows[start..end] {
                    score.iter_mut().zip(&weights.rows[row as usize]).for_each(|(sum, weight)| *sum += weight);
                }
                self.scores.push(score);
                start = end;
            }
            self.shares.clear();
            self.shares.resize(self.scores.len(), [0.0; WIDTH]);
            let mut links = [[0.0; WIDTH]; WIDTH];
            let transitions = Links::of(&weights.transitions);
            let allowed = &example.allowed[line.clone()];
            let Self { field, scores, shares, .. } = self;
            let all = field.sum(scores, None, &transitions, 1.0, shares, &mut links);
            let right = field.sum(scores, Some(allowed), &transitions, -1.0, shares, &mut links);
            loss += all - right;
            self.update(weights, rate, effort.decay);
            for (weight, (square, gradient)) in weights
                .transitions
                .as_flattened_mut()
                .iter_mut()
                .zip(weights.transition_squares.as_flattened_mut().iter_mut().zip(links.as_flattened()))
            {
                *square += gradient * gradient;
                *weight -= rate * gradient / square.sqrt();
            }
        }
        loss
    }

    /// The rows of a line's tokens, without those that chance leaves out.
    fn gather(&mut self, example: &Example, line: std::ops::Range<usize>, effort: Effort, random: &mut Random) {
        self.rows.clear();
        self.ends.clear();
        // Rows are left out by the hash of a number that changes with every line: as good as chance, and quicker.
        let salt = random.below(1 << 32) as u32;
        let bound = (effort.dropout * 65_536.0) as u32;
        let blind = (effort.blind * 65_536.0) as u32;
        for at in line {
            let token_salt = salt.wrapping_add(at as u32).wrapping_mul(0x9E37_79B1);
            let mut list = 0_u32;
            example.rows(at, |rows| {
                list += 1;
                if (token_salt ^ list).wrapping_mul(0xC2B2_AE35) >> 16 < blind {
                    return;
                }
                let kept = |row: &&u32| (**row ^ token_salt).wrapping_mul(0x85EB_CA6B) >> 16 >= bound;
                self.rows.extend(rows.iter().filter(kept));
            });
            self.ends.push(self.rows.len());
        }
    }

    fn update(&self, weights: &mut Weights, rate: f32, decay: f32) {
        let mut start = 0;
        for (gradient, &end) in self.shares.iter().zip(&self.ends) {
            let rows = &self.rows[start..end];
            start = end;
            if gradient.iter().all(|g| g.abs() < TOO_SMALL) {
                continue;
            }
            let squared: Row = gradient.map(|g| g * g);
            for &row in rows {
                let weight = &mut weights.rows[row as usize];
                let square = &mut weights.squares[row as usize];
                for label in 0..WIDTH {
                    square[label] += squared[label];
                    weight[label] -= rate * (gradient[label] + decay * weight[label]) / square[label].sqrt();
                }
            }
        }
    }
}

/// Keeps the weightiest rows.
fn prune(weights: &mut Weights, features: &mut Vec<u32>, examples: &mut [Example], keep: usize) {
    if features.len() <= keep {
        return;
    }
    let weight = |row: usize| weights.rows[row].iter().map(|w| w * w).sum::<f32>();
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(a.cmp(&b)));
    let mut kept = order[..keep].to_vec();
    kept.sort_unstable();
    let mut numbers = vec![None; features.len()];
    for (number, &row) in kept.iter().enumerate() {
        numbers[row] = Some(number as u32);
    }
    weights.rows = kept.iter().map(|&row| weights.rows[row]).collect();
    weights.squares = kept.iter().map(|&row| weights.squares[row]).collect();
    *features = kept.iter().map(|&row| features[row]).collect();
    examples.iter_mut().for_each(|example| example.renumber(&numbers));
}

/// Rounds the weights to bytes and writes the model. The few largest are clipped: the steps are finer for the rest.
fn write(weights: &Weights, features: Vec<u32>, bits: u32, title: &Title<'_>) -> Vec<u8> {
    let mut sizes: Vec<f32> = weights.rows.as_flattened().iter().map(|w| w.abs()).filter(|w| *w > 0.0).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let largest = sizes.get(sizes.len().saturating_sub(1 + sizes.len() / 20_000)).copied().unwrap_or(1.0);
    let step = largest / 127.0;
    let byte = |weight: f32| ((weight / step).round().clamp(-127.0, 127.0) as i8).cast_unsigned();
    let mut rows: Vec<(u32, [u8; WIDTH])> =
        features.into_iter().zip(&weights.rows).map(|(feature, row)| (feature, row.map(byte))).collect();
    rows.retain(|(_, row)| row.iter().any(|&weight| weight != 0));
    let size = |row: &[u8; WIDTH]| row.iter().map(|w| u32::from(w.cast_signed().unsigned_abs())).sum::<u32>();
    rows.sort_by_key(|(feature, row)| (std::cmp::Reverse(size(row)), *feature));
    let transitions =
        weights.transitions.map(|row| row.map(|weight| (weight / step).round().clamp(-30_000.0, 30_000.0) as i16));
    let Title { name, language, evaluated, version } = *title;
    let (bytes, left_out) = model::Parts { name, language, evaluated, version, bits, transitions, rows }.write();
    eprintln!("{} bytes, step {step:.5}, {left_out} features without room", bytes.len());
    bytes
}
