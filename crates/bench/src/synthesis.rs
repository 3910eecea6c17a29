//! Articles nobody wrote, in any number, with the vocabulary and the phrases of a corpus.
//!
//! Sentences are drawn from a corpus at random, and of each half of the words are replaced by words drawn from it as
//! often as they stand in it. So words and short phrases are as common or as rare as in the corpus, most runs of three
//! words are new, and lengths are those of its articles. Every article depends on the seed and its number alone; some
//! are copies of one not long before, cut and with a dateline.

use std::collections::HashMap;
use std::path::Path;

use anyhow::ensure;

use crate::corpus;
use crate::random::Random;

/// One word in so many is replaced.
const REPLACED: usize = 2;

/// How far back the original of a copy may be.
const BACK: usize = 20_000;

/// Words of the shortest article.
const SHORTEST: usize = 80;

/// Words of the longest.
const LONGEST: usize = 1200;

/// See the module.
pub struct Synthesis {
    seed: u64,
    /// Of a hundred articles, so many are copies.
    copies: usize,
    vocabulary: Vec<String>,
    /// All words of the corpus, in order.
    words: Vec<u32>,
    /// Where sentences begin, and one past the last.
    sentences: Vec<u32>,
    lengths: Vec<usize>,
}

impl Synthesis {
    /// Reads a corpus.
    ///
    /// # Errors
    /// Where it can't be read or holds no sentence.
    pub fn of(corpus: &Path, seed: u64, copies: usize) -> anyhow::Result<Self> {
        let mut made =
            Self { seed, copies, vocabulary: Vec::new(), words: Vec::new(), sentences: vec![0], lengths: Vec::new() };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        corpus::articles(corpus, usize::MAX, |article| {
            let before = made.words.len();
            for word in article.text.split_whitespace() {
                let next = made.vocabulary.len() as u32;
                let number = *numbers.entry(word.to_owned()).or_insert_with(|| {
                    made.vocabulary.push(word.to_owned());
                    next
                });
                made.words.push(number);
                if word.ends_with(['.', '!', '?']) {
                    made.sentences.push(made.words.len() as u32);
                }
            }
            made.lengths.push((made.words.len() - before).clamp(SHORTEST, LONGEST));
            Ok(())
        })?;
        ensure!(made.sentences.len() > 2, "{} holds no two sentences", corpus.display());
        Ok(made)
    }

    /// The text of an article.
    #[must_use]
    pub fn text(&self, number: u64) -> String {
        let mut random = Random::new(self.seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        if number > 1 && random.below(100) < self.copies {
            let back = 1 + random.below(BACK.min(number as usize - 1)) as u64;
            let original = self.original(number - back);
            let kept = original.len() * (60 + random.below(40)) / 100;
            let end = (0..=kept).rev().find(|&at| original.is_char_boundary(at)).unwrap_or(0);
            return format!("SOMEWHERE (WIRE) - {}", &original[..end]);
        }
        self.original(number)
    }

    fn original(&self, number: u64) -> String {
        let mut random = Random::new(self.seed.wrapping_add(1) ^ number.wrapping_mul(0xA076_1D64_78BD_642F));
        let length = self.lengths[random.below(self.lengths.len())];
        let (mut text, mut words) = (String::with_capacity(7 * length), 0);
        while words < length {
            let sentence = random.below(self.sentences.len() - 1);
            let (from, to) = (self.sentences[sentence] as usize, self.sentences[sentence + 1] as usize);
            for &word in &self.words[from..to] {
                let word = if random.below(REPLACED) == 0 { self.words[random.below(self.words.len())] } else { word };
                text.push_str(&self.vocabulary[word as usize]);
                text.push(' ');
            }
            words += to - from;
            if random.below(4) == 0 {
                text.push_str("\n\n");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_depends_on_its_seed_and_number_alone() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("a.txt"), "The ferry sailed. Nobody was afraid. It rained.").expect("write");
        let made = |seed| Synthesis::of(folder.path(), seed, 10).expect("a corpus");
        assert_eq!(made(1).text(5), made(1).text(5));
        assert_ne!(made(1).text(5), made(1).text(6));
        assert_ne!(made(1).text(5), made(2).text(5));
    }
}
