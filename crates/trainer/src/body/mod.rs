//! The models that sift the body out of a plain text (`copydesk_clean::sift`).
//!
//! The teacher is the cleaner itself, which finds the article of a web page by its markup: `pages.rs` takes a page for
//! its visible lines and which of them are the article, `text.rs` writes them out as scrapers do, and the models learn
//! to say the same without the markup (`boost.rs`). The second model is shown what the first says of lines it has not
//! been trained on, as it will be in life.

mod boost;
mod foreign;
mod pages;
mod text;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use copydesk_clean::sift::forest::Forest;
use copydesk_clean::sift::measure::{Measures, WIDTH};
use copydesk_clean::sift::{WIDTH_AGAIN, measure_again, measured};

use crate::body::boost::{Effort, Table};
use crate::body::pages::Page;
use crate::body::text::Text;
use crate::random::Random;

/// Texts made of each page.
const TEXTS: usize = 10;
/// Parts of the pages for the second model: the first is trained on all but one and scores that one.
const PARTS: usize = 2;
/// Pages of which one is kept back to judge the models.
const JUDGED: usize = 6;
/// Words that every text weighs more than it has: a short article is one, too.
const WEIGHT_WORDS: f32 = 60.0;
/// Words that every line weighs more than it has.
const LINE_WORDS: f32 = 2.0;

const FIRST: Effort = Effort { trees: 200, depth: 5, rate: 0.1 };
const SECOND: Effort = Effort { trees: 140, depth: 5, rate: 0.08 };

/// A text as the models see it.
struct Sample {
    page: usize,
    rows: Vec<Measures>,
    body: Vec<bool>,
    words: Vec<f32>,
}

/// Trains on all pages of a folder and writes the model, or trains on most of them and judges by the rest.
pub(crate) fn train(folder: &Path, output: &Path, judge: bool) -> Result<()> {
    let pages = pages::read(folder)?;
    ensure!(pages.len() > PARTS * JUDGED, "{} holds too few pages with an article", folder.display());
    let lines: usize = pages.iter().map(|page| page.lines.len()).sum();
    println!("{} pages, {lines} lines", pages.len());
    let mut random = Random::new(11);
    let mut samples = Vec::new();
    for at in 0..pages.len() {
        for variant in 0..TEXTS {
            let other = &pages[random.below(pages.len())];
            samples.push(sample(at, &text::write(&pages[at], other, variant, &mut random)));
        }
    }
    let is_judged = |sample: &&Sample| judge && pages[sample.page].chance.is_multiple_of(JUDGED as u64);
    let (judged, learned): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(is_judged);
    let (first, second) = learn(&learned, &pages, &mut random);
    if judge {
        report(&judged, &first, &second);
        return Ok(());
    }
    let bytes = [first.write(), second.write()].concat();
    std::fs::write(output, bytes).with_context(|| format!("can't write the model {}", output.display()))
}

fn sample(page: usize, text: &Text) -> Sample {
    let mut sample = Sample { page, rows: Vec::new(), body: Vec::new(), words: Vec::new() };
    for (at, row) in measured(&text.text) {
        sample.body.push(text.body[at]);
        sample.words.push(text.words[at]);
        sample.rows.push(row);
    }
    sample
}

fn learn(samples: &[&Sample], pages: &[Page], random: &mut Random) -> (Forest, Forest) {
    let of_part = |part: usize, inside: bool| {
        move |sample: &&&Sample| (pages[sample.page].chance / JUDGED as u64 % PARTS as u64 == part as u64) == inside
    };
    let mut again = Table::new(WIDTH_AGAIN);
    for part in 0..PARTS {
        let others = table(samples.iter().filter(of_part(part, false)).copied());
        let forest = boost::learn(&others, FIRST, random);
        for sample in samples.iter().filter(of_part(part, true)) {
            let rows = measure_again(&sample.rows, &forest.scores(&sample.rows));
            add(sample, &mut again, |at| rows[at].to_vec());
        }
        println!("first model without part {part}");
    }
    let second = boost::learn(&again, SECOND, random);
    let first = boost::learn(&table(samples.iter().copied()), FIRST, random);
    (first, second)
}

fn table<'a>(samples: impl Iterator<Item = &'a Sample>) -> Table {
    let mut table = Table::new(WIDTH);
    for sample in samples {
        add(sample, &mut table, |at| sample.rows[at].to_vec());
    }
    table
}

/// Adds the lines of a text. A text weighs the same whatever its length, a line by its words.
fn add(sample: &Sample, table: &mut Table, row: impl Fn(usize) -> Vec<f32>) {
    let article: f32 = sample.words.iter().zip(&sample.body).filter(|(_, body)| **body).map(|(words, _)| words).sum();
    for at in 0..sample.rows.len() {
        let weight = (sample.words[at] + LINE_WORDS) / (article + WEIGHT_WORDS);
        table.push(&row(at), sample.body[at], weight.min(1.0));
    }
}

/// How much of each judged text is kept rightly, on average over the texts, in words.
fn report(samples: &[&Sample], first: &Forest, second: &Forest) {
    for threshold in [-1.0, -0.6, -0.2, 0.0, 0.3] {
        let mut sums = [[0.0_f32; 3]; 3];
        for sample in samples {
            let scores = first.scores(&sample.rows);
            let again = second.scores(&measure_again(&sample.rows, &scores));
            let stays: Vec<bool> = again.iter().map(|&score| score >= threshold).collect();
            let once: Vec<bool> = scores.iter().map(|&score| score >= threshold).collect();
            let all = vec![true; stays.len()];
            for (sum, stays) in sums.iter_mut().zip([&all, &once, &stays]) {
                let words = |is: &dyn Fn(usize) -> bool| -> f32 {
                    (0..stays.len()).filter(|&at| is(at)).map(|at| sample.words[at]).sum()
                };
                let right = words(&|at| stays[at] && sample.body[at]);
                sum[0] += right / words(&|at| stays[at]).max(1.0);
                sum[1] += right / words(&|at| sample.body[at]).max(1.0);
                sum[2] += 1.0;
            }
        }
        let told = sums.map(|[precision, recall, texts]| {
            let (p, r) = (precision / texts, recall / texts);
            format!("P {p:.4} R {r:.4} F1 {:.4}", 2.0 * p * r / (p + r))
        });
        println!("from {threshold:>4}: all {} | first {} | second {}", told[0], told[1], told[2]);
    }
}
