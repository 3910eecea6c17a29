//! Words made from a table of character n-grams.
//!
//! The tables are those of the `lingua-LANGUAGE-language-model` crates (Apache-2.0): for every run of one to five
//! letters inside the words of a news corpus of a million sentences or so, the logarithm of
//! count(run) / count(run without its last letter), and for single letters of their share of all letters. Counts
//! follow by multiplying up; and since nothing was left out, they also say how often a run *begins* a word (its
//! count less that of all longer runs that end in it) and how often it *ends* one (less all that begin with it),
//! which the tables do not hold by themselves. Words of up to three letters come out with their true frequency;
//! longer ones are put together from overlapping runs of five and may not exist, but their parts do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use fst::{Map, Streamer};

use crate::random::Random;

/// Up to five letters, 21 bits each.
type Run = u128;

const LETTER: u32 = 21;

/// By run; a plain mixing hash, as millions are looked up.
type ByRun<T> = HashMap<Run, T, BuildHasherDefault<Mix>>;

#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn write_u128(&mut self, run: u128) {
        let folded = (run as u64 ^ (run >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = folded ^ (folded >> 32);
    }
}

/// The counts of one language, ready to draw words from.
pub(crate) struct Table {
    /// Ways that a word begins: a run of up to four letters → what follows *at the beginning*, `None` for the end.
    begins: ByRun<Choice>,
    /// Inside a word: the last four letters → what follows.
    inside: ByRun<Choice>,
}

/// What may come next, with running sums of its weights.
#[derive(Default)]
struct Choice(Vec<(f64, Option<char>)>);

impl Choice {
    fn add(&mut self, weight: f64, next: Option<char>) {
        // Differences of rounded logarithms leave a little dust.
        if weight > 1e-12 {
            let sum = self.0.last().map_or(0.0, |last| last.0);
            self.0.push((sum + weight, next));
        }
    }

    fn draw(&self, random: &mut Random) -> Option<char> {
        let target = random.fraction() * self.0.last()?.0;
        self.0[self.0.partition_point(|&(sum, _)| sum <= target).min(self.0.len() - 1)].1
    }
}

fn push(run: Run, c: char) -> Run {
    run << LETTER | Run::from(c as u32)
}

fn length(run: Run) -> u32 {
    (128 - run.leading_zeros()).div_ceil(LETTER)
}

fn last(run: Run) -> Option<char> {
    char::from_u32((run & ((1 << LETTER) - 1)) as u32)
}

fn without_first(run: Run) -> Run {
    run & ((1 << (LETTER * (length(run) - 1))) - 1)
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("can't read the n-gram table {}", path.display()))?;
        let map = Map::new(bytes).with_context(|| format!("{} is not an n-gram table", path.display()))?;
        let mut counts: ByRun<f64> = HashMap::default();
        // Keys come in order, so a run comes after the shorter one that its count is a share of.
        let mut stream = map.stream();
        while let Some((key, bits)) = stream.next() {
            let mut run = 0;
            let mut parent = 1.0;
            for c in std::str::from_utf8(key)?.chars() {
                parent = if run == 0 { 1.0 } else { counts.get(&run).copied().unwrap_or(0.0) };
                run = push(run, c);
            }
            counts.insert(run, parent * f64::from_bits(bits).exp());
        }
        Self::new(&counts).ok_or_else(|| anyhow!("the n-gram table {} is empty", path.display()))
    }

    fn new(counts: &ByRun<f64>) -> Option<Self> {
        // How often a run begins a word: not preceded by any letter.
        let mut begin: ByRun<f64> = counts.clone();
        let mut end: ByRun<f64> = counts.clone();
        for (&run, &count) in counts {
            if length(run) > 1 {
                *begin.entry(without_first(run)).or_default() -= count;
                *end.entry(run >> LETTER).or_default() -= count;
            }
        }
        let mut sorted: Vec<(Run, f64)> = counts.iter().map(|(&run, &count)| (run, count)).collect();
        sorted.sort_unstable_by_key(|&(run, _)| run);
        let mut table = Self { begins: HashMap::default(), inside: HashMap::default() };
        for &(run, count) in &sorted {
            let next = last(run)?;
            let prefix = run >> LETTER;
            match length(run) {
                5 => table.inside.entry(prefix).or_default().add(count, Some(next)),
                _ => table.begins.entry(prefix).or_default().add(begin.get(&run).copied().unwrap_or(0.0), Some(next)),
            }
        }
        for &(run, _) in &sorted {
            let ends = end.get(&run).copied().unwrap_or(0.0);
            match length(run) {
                // A whole word: begins here and is not followed by more of the same beginning.
                1..=3 => {
                    let more = table.begins.get(&run).and_then(|choice| choice.0.last()).map_or(0.0, |last| last.0);
                    let whole = begin.get(&run).copied().unwrap_or(0.0) - more;
                    table.begins.entry(run).or_default().add(whole, None);
                }
                4 => table.inside.entry(run).or_default().add(ends, None),
                _ => {}
            }
        }
        (!counts.is_empty()).then_some(table)
    }

    /// Draws one word.
    pub(crate) fn word(&self, random: &mut Random) -> String {
        let mut word = String::new();
        let mut run: Run = 0;
        for _ in 0..30 {
            let choice = if length(run) < 4 { self.begins.get(&run) } else { self.inside.get(&run) };
            let Some(next) = choice.and_then(|choice| choice.draw(random)) else { break };
            word.push(next);
            run = push(run, next);
            if length(run) > 4 {
                run = without_first(run);
            }
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of a little corpus, made as the published ones are.
    fn table(corpus: &[(&str, usize)]) -> Table {
        let mut counts: ByRun<f64> = HashMap::default();
        let letters: usize = corpus.iter().map(|(word, times)| word.chars().count() * times).sum();
        for (word, times) in corpus {
            let word: Vec<char> = word.chars().collect();
            for size in 1..=5 {
                for run in word.windows(size) {
                    let run = run.iter().fold(0, |run, &c| push(run, c));
                    *counts.entry(run).or_default() += *times as f64 / letters as f64;
                }
            }
        }
        Table::new(&counts).expect("a corpus of some words")
    }

    fn drawn(table: &Table, count: usize) -> HashMap<String, usize> {
        let mut random = Random::new(1);
        let mut words = HashMap::new();
        for _ in 0..count {
            *words.entry(table.word(&mut random)).or_default() += 1;
        }
        words
    }

    #[test]
    fn short_words_come_out_as_often_as_they_were() {
        let table = table(&[("a", 30), ("at", 20), ("tat", 10), ("ta", 40)]);
        let words = drawn(&table, 10_000);
        for (word, share) in [("a", 0.3), ("at", 0.2), ("tat", 0.1), ("ta", 0.4)] {
            let found = words[word] as f64 / 10_000.0;
            assert!((found - share).abs() < 0.02, "{word}: {found}");
        }
        assert_eq!(words.len(), 4, "no others: {words:?}");
    }

    #[test]
    fn long_words_are_put_together_from_runs_of_five() {
        let words = drawn(&table(&[("international", 1), ("nationalist", 1)]), 2_000);
        for word in words.keys() {
            assert!(word.starts_with("inter") || word.starts_with("natio"), "{word}");
            assert!(word.ends_with("ional") || word.ends_with("alist"), "{word}");
        }
        assert!(words.contains_key("internationalist"), "parts that overlap may be joined");
    }

    #[test]
    fn a_run_knows_its_letters() {
        let run = ['ж', '語', 'a'].iter().fold(0, |run, &c| push(run, c));
        assert_eq!((length(run), last(run)), (3, Some('a')));
        assert_eq!(without_first(run), push(push(0, '語'), 'a'));
    }
}
