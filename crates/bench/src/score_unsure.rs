//! `score-unsure`: whether the language identifier says `und` when it should, and only then.
//!
//! Three things are asked. Of a labelled set, by how much of a text is given: how often the language is named, how often
//! the name is right, how often `und`. Of all answers, by confidence: how many are right, which is what a confidence
//! promises. Of text that is in no language (figures, code, keys, noise, shuffled letters, and sentences of the set with their letters
//! exchanged, which look like a language that nobody has named): how often it is named all the same.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use copydesk_language::{LEAST_CONFIDENCE, identify, ranked};
use serde::Deserialize;

use crate::predict::read_json;
use crate::process::cpu_seconds;
use crate::random::Random;

/// Texts of each kind of junk.
const JUNK: usize = 500;
/// Parts that confidences are counted in.
const BINS: usize = 10;

/// Options of `score-unsure`.
#[derive(Args, Debug)]
pub struct Options {
    /// Labelled texts: `{id: {text, lang, kind}}`.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Decides the draw of what is in no language.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Deserialize)]
struct Sample {
    text: String,
    lang: String,
    kind: String,
}

#[derive(Clone, Copy, Default)]
struct Count {
    texts: usize,
    named: usize,
    right: usize,
}

/// Asks and prints.
///
/// # Errors
/// Where the set can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let samples: BTreeMap<String, Sample> = read_json(&options.input)?;
    let mut kinds: BTreeMap<&str, Count> = BTreeMap::new();
    let mut bins = [Count::default(); BINS];
    let before = cpu_seconds("self")?;
    let answers: Vec<_> = samples.values().map(|sample| identify(&sample.text)).collect();
    let seconds = cpu_seconds("self")?.since(before).total();
    for (sample, answer) in samples.values().zip(&answers) {
        let count = kinds.entry(&sample.kind).or_default();
        let named = answer.code != "und";
        count.texts += 1;
        count.named += usize::from(named);
        count.right += usize::from(answer.code == sample.lang);
        // Of `und`, the confidence is that of the best guess.
        let guess = if named { Some(answer.code) } else { ranked(&sample.text, 1).first().map(|&(code, _)| code) };
        let bin = &mut bins[((answer.confidence * BINS as f32) as usize).min(BINS - 1)];
        bin.texts += 1;
        bin.right += usize::from(guess == Some(sample.lang.as_str()));
    }
    println!(
        "{} texts in {seconds:.2} processor seconds: {:.0} a second",
        answers.len(),
        answers.len() as f64 / seconds
    );
    println!("texts          named  right where named  und");
    for (kind, Count { texts, named, right }) in kinds {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!(
            "{kind:13}  {:.3}  {:.3}              {:.3}",
            share(named, texts),
            share(right, named),
            share(texts - named, texts)
        );
    }
    println!("confidence   texts  right (und below {LEAST_CONFIDENCE})");
    for (at, Count { texts, right, .. }) in bins.iter().enumerate() {
        let right = *right as f64 / (*texts).max(1) as f64;
        println!("{:.1} to {:.1}   {texts:5}  {right:.3}", at as f64 / BINS as f64, (at + 1) as f64 / BINS as f64);
    }
    println!("in no language        named");
    let sentences: Vec<&str> =
        samples.values().filter(|sample| sample.kind == "sentences").map(|sample| sample.text.as_str()).collect();
    for (kind, texts) in junk(&sentences, &mut Random::new(options.seed)) {
        let named = texts.iter().filter(|text| identify(text).code != "und").count();
        println!("{kind:20}  {named} of {}", texts.len());
    }
    Ok(())
}

/// Text of no language, by kind.
fn junk(sentences: &[&str], random: &mut Random) -> Vec<(&'static str, Vec<String>)> {
    const CODE: [&str; 6] =
        ["if (x == 0) {", "return y[i] + 1;", "let v = f(a, b);", "} else {", "<td>12</td>", "i += 1;"];
    const KEYS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut all = Vec::new();
    let mut of =
        |name: &'static str, make: &mut dyn FnMut() -> String| all.push((name, (0..JUNK).map(|_| make()).collect()));
    of("figures", &mut || (0..12).map(|_| format!("{}.{} ", random.below(9000), random.below(100))).collect());
    of("code", &mut || (0..6).map(|_| format!("{}\n", CODE[random.below(CODE.len())])).collect());
    of("keys", &mut || {
        let key = |random: &mut Random| (0..24).map(|_| char::from(KEYS[random.below(KEYS.len())])).collect::<String>();
        (0..3).map(|_| key(random) + " ").collect()
    });
    of("noise", &mut || {
        let word = |random: &mut Random| -> String {
            (0..2 + random.below(9)).map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0))).collect()
        };
        (0..12).map(|_| word(random) + " ").collect()
    });
    of("letters shuffled", &mut || {
        let sentence = sentences[random.below(sentences.len())];
        let shuffled = sentence.split(' ').map(|word| {
            let mut letters: Vec<char> = word.chars().collect();
            random.shuffle(&mut letters);
            letters.into_iter().collect::<String>()
        });
        shuffled.collect::<Vec<_>>().join(" ")
    });
    of("letters exchanged", &mut || {
        let latin: Vec<&&str> = sentences.iter().filter(|sentence| sentence.is_ascii()).collect();
        exchanged(latin[random.below(latin.len())], random)
    });
    all
}

/// A text with its vowels and its consonants exchanged among themselves: it can be said, and is in no language.
fn exchanged(text: &str, random: &mut Random) -> String {
    let (vowels, consonants) = ("aeiou", "bcdfghjklmnpqrstvwxyz");
    let key = |letters: &str, random: &mut Random| {
        let mut to: Vec<char> = letters.chars().collect();
        random.shuffle(&mut to);
        letters.chars().zip(to).collect::<BTreeMap<_, _>>()
    };
    let mut keys = key(vowels, random);
    keys.extend(key(consonants, random));
    text.to_ascii_lowercase().chars().map(|c| keys.get(&c).copied().unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanged_letters_keep_vowels_vowels() {
        let text = exchanged("Banana, 12", &mut Random::new(5));
        let letters: Vec<char> = text.chars().collect();
        assert_eq!((letters.len(), letters[1], letters[3]), (10, letters[3], letters[5]));
        assert!("aeiou".contains(letters[1]) && !"aeiou".contains(letters[0]) && text.ends_with(", 12"));
    }

    #[test]
    fn junk_is_of_every_kind() {
        let all = junk(&["The ferry left the harbour at noon."], &mut Random::new(1));
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|(_, texts)| texts.len() == JUNK && texts.iter().all(|text| !text.is_empty())));
    }
}
