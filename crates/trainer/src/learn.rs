//! Learning a group: softmax regression on hashed n-grams, by stochastic gradient descent with one adaptive step
//! size a row (AdaGrad; Duchi, Hazan and Singer 2011).
//!
//! A training text is a passage of one to sixty words, short ones more often than long, because short texts are
//! the hard ones. Now and then some of its words come from another language of the group, as names and
//! quotations do in life.

use copydesk_language::model::WIDTHS;
use copydesk_language::ngrams::words;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::random::Random;
use crate::sources::{Class, Material, Source};

/// How many texts of a common language there are for one of a rare one.
const COMMON: usize = 4;

/// How much is learned, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Training texts for each common language.
    pub(crate) texts: usize,
    /// Logarithm to base two of the number of rows.
    pub(crate) bits: u32,
    /// Step size at the start; it falls to nothing in a straight line.
    pub(crate) rate: f32,
}

/// The weights of one group while they are learned.
pub(crate) struct Learned {
    pub(crate) width: usize,
    pub(crate) mask: u32,
    pub(crate) weights: Vec<f32>,
}

/// A text as the model sees it: the rows of its n-grams.
pub(crate) fn rows(text: &str, mask: u32, rows: &mut Vec<u32>) {
    rows.clear();
    words(text, |word| word.ngrams(|hash| rows.push(hash & mask)));
}

/// Draws a text of a class: how many words, from which source.
pub(crate) fn draw(sources: &[Source], others: &[Class], random: &mut Random, text: &mut String) {
    let total: f64 = sources.iter().map(|source| source.weight).sum();
    let mut left = random.fraction() * total;
    let source = sources.iter().find(|source| {
        left -= source.weight;
        left < 0.0
    });
    let Some(source) = source.or(sources.last()) else { return };
    let count = 60_f64.powf(random.fraction().powf(1.3)) as usize;
    text.clear();
    text.push_str(source.passage(count.max(1), random));
    if random.below(12) == 0 {
        *text = bare(text);
    }
    if count >= 4 && random.below(4) == 0 && !others.is_empty() {
        let guest = &others[random.below(others.len())];
        text.push_str(guest.sources[0].passage(1 + random.below(count / 4), random));
    }
}

/// The text as people type it who have no accents on their keyboard.
fn bare(text: &str) -> String {
    text.nfd()
        .filter(|&c| !is_combining_mark(c))
        .map(|c| match c {
            'đ' => 'd',
            'ł' => 'l',
            'ı' => 'i',
            c => c,
        })
        .collect()
}

/// Learns the weights.
pub(crate) fn learn(material: &Material, effort: Effort, random: &mut Random) -> Option<Learned> {
    let classes = &material.classes;
    match WIDTHS.into_iter().find(|&width| width >= classes.len())? {
        16 => Some(descend::<16>(classes, effort, random)),
        _ => Some(descend::<64>(classes, effort, random)),
    }
}

fn descend<const W: usize>(classes: &[Class], effort: Effort, random: &mut Random) -> Learned {
    let count = 1_usize << effort.bits;
    let mask = count as u32 - 1;
    let mut weights = vec![[0.0_f32; W]; count];
    let mut squares = vec![1e-3_f32; count];
    let (mut text, mut at) = (String::new(), Vec::new());
    // The languages in turn, so that each has its share of every stretch.
    let turns: Vec<usize> = (0..COMMON)
        .flat_map(|turn| (0..classes.len()).filter(move |&class| turn == 0 || !classes[class].rare))
        .collect();
    let steps = effort.texts / COMMON * turns.len();
    let mut loss = 0.0_f64;
    for step in 0..steps {
        let truth = turns[step % turns.len()];
        draw(&classes[truth].sources, classes, random, &mut text);
        rows(&text, mask, &mut at);
        if at.is_empty() {
            continue;
        }
        let share = 1.0 / (at.len() as f32).sqrt();
        let mut scores = [0.0_f32; W];
        for &row in &at {
            for (score, weight) in scores.iter_mut().zip(&weights[row as usize]) {
                *score += weight;
            }
        }
        for score in &mut scores {
            *score *= share;
        }
        let mut gradient = softmax(&scores, classes.len());
        loss -= f64::from(gradient[truth].max(1e-9).ln());
        gradient[truth] -= 1.0;
        let norm: f32 = gradient.iter().map(|g| g * g).sum::<f32>() * share * share;
        let rate = effort.rate * (1.0 - step as f32 / steps as f32) * share;
        for &row in &at {
            let square = &mut squares[row as usize];
            *square += norm;
            let rate = rate / square.sqrt();
            for (weight, g) in weights[row as usize].iter_mut().zip(&gradient) {
                *weight -= rate * g;
            }
        }
        if (step + 1) % (steps / 8).max(1) == 0 {
            eprintln!("  {:3.0} % loss {:.4}", 100.0 * (step + 1) as f64 / steps as f64, loss / (steps / 8) as f64);
            loss = 0.0;
        }
    }
    Learned { width: W, mask, weights: weights.into_flattened() }
}

/// Shares of the first `used` scores; the other columns have none.
fn softmax<const W: usize>(scores: &[f32; W], used: usize) -> [f32; W] {
    let top = scores[..used].iter().copied().fold(f32::MIN, f32::max);
    let mut shares = [0.0; W];
    for (share, score) in shares.iter_mut().zip(&scores[..used]) {
        *share = (score - top).exp();
    }
    let sum: f32 = shares.iter().sum();
    shares.map(|share| share / sum)
}
