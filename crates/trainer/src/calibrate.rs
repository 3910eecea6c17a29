//! Making confidence mean what it says.
//!
//! The shares that a softmax gives are too sure or not sure enough, and differently so for short texts and long.
//! Two numbers a group mend that: scores are multiplied by `slope + lift · ln(n-grams)` before the softmax, chosen
//! for the least surprise (log loss) on passages of real prose, none of which was learned from: the second halves of
//! the declarations of the languages that have a table, and one passage in ten of a language that the model has
//! never met.

use copydesk_language::model::UNKNOWN;
use copydesk_language::script::Script;
use copydesk_language::{BARE_IDEOGRAPHS, LEAST_CONFIDENCE};

use crate::learn::rows;
use crate::random::Random;
use crate::sources::Material;
use crate::write::Quantised;

/// Passages to calibrate on.
const PASSAGES: usize = 20_000;
/// Longest passage, in words.
const LONGEST: usize = 25;

/// A passage: how it scored, over the root of the number of n-grams; the logarithm of that; which column is right.
struct Passage {
    scores: Vec<f32>,
    length: f32,
    truth: usize,
    stranger: bool,
}

impl Passage {
    /// Shares of the columns.
    fn shares(&self, slope: f32, lift: f32) -> Vec<f32> {
        let scale = slope + lift * self.length;
        let top = self.scores.iter().copied().fold(f32::MIN, f32::max);
        let shares: Vec<f32> = self.scores.iter().map(|score| ((score - top) * scale).exp()).collect();
        let sum: f32 = shares.iter().sum();
        shares.into_iter().map(|share| share / sum).collect()
    }
}

/// Sets the calibration of a group.
pub(crate) fn calibrate(material: &Material, group: &mut Quantised, random: &mut Random) {
    let passages = passages(material, group, random);
    let loss = |slope: f32, lift: f32| -> f64 {
        passages.iter().map(|p| -f64::from(p.shares(slope, lift)[p.truth].max(1e-7).ln())).sum()
    };
    let mut best = (loss(1.0, 0.0), 1.0, 0.0);
    let mut reach = 0.5;
    for _ in 0..6 {
        let (_, slope, lift) = best;
        for (ds, dl) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (1.0, -1.0), (-1.0, 1.0)] {
            let (slope, lift) = (slope + ds * reach, lift + dl * reach / 4.0);
            let loss = loss(slope, lift);
            if loss < best.0 {
                best = (loss, slope, lift);
            }
        }
        reach /= 1.6;
    }
    (group.slope, group.lift) = (best.1, best.2);
    report(&passages, group);
}

fn passages(material: &Material, group: &Quantised, random: &mut Random) -> Vec<Passage> {
    let known: Vec<(usize, &crate::sources::Source)> = material
        .classes
        .iter()
        .enumerate()
        .filter_map(|(column, class)| Some((column, class.kept.as_ref()?)))
        .collect();
    let unknown = material.classes.iter().position(|class| class.label == UNKNOWN);
    // More ideographs than this are told apart without the model.
    let longest = if group.script == Script::Han { BARE_IDEOGRAPHS as usize } else { LONGEST };
    let mut at = Vec::new();
    let mut passages = Vec::new();
    while passages.len() < PASSAGES && !known.is_empty() {
        let stranger = unknown.filter(|_| random.below(10) == 0 && !material.strangers.is_empty());
        let (truth, source) = match stranger {
            Some(unknown) => (unknown, &material.strangers[random.below(material.strangers.len())]),
            None => known[random.below(known.len())],
        };
        if stranger.is_none() && material.classes[truth].rare && random.below(4) > 0 {
            continue;
        }
        rows(source.passage(1 + random.below(longest), random), group.mask, &mut at);
        if at.is_empty() {
            continue;
        }
        let share = group.step / (at.len() as f32).sqrt();
        let scores = (0..group.labels.len())
            .map(|column| {
                let sum: i32 = at.iter().map(|&row| i32::from(group.rows[row as usize * group.width + column])).sum();
                sum as f32 * share
            })
            .collect();
        passages.push(Passage { scores, length: (at.len() as f32).ln(), truth, stranger: stranger.is_some() });
    }
    passages
}

/// Prints how well the group does on the passages.
fn report(passages: &[Passage], group: &Quantised) {
    let (mut right, mut known, mut quiet, mut strangers) = (0, 0, 0, 0);
    let mut bins = [(0, 0.0, 0); 10];
    for passage in passages {
        let shares = passage.shares(group.slope, group.lift);
        let Some(best) = (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b])) else { continue };
        let bin = &mut bins[((shares[best] * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1, bin.1 + shares[best], bin.2 + usize::from(best == passage.truth));
        if passage.stranger {
            strangers += 1;
            quiet += usize::from(group.labels[best] == UNKNOWN || shares[best] < LEAST_CONFIDENCE);
        } else {
            known += 1;
            right += usize::from(best == passage.truth);
        }
    }
    println!(
        "{:?}: slope {:.3} lift {:.3}; right {right} of {known}; strangers left unnamed {quiet} of {strangers}",
        group.script, group.slope, group.lift
    );
    for (count, sure, right) in bins.into_iter().filter(|bin| bin.0 > 0) {
        println!("    confidence {:.2}, right {:.2} ({count})", sure / count as f32, right as f32 / count as f32);
    }
}
