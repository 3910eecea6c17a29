//! The material: passages of every language, from tables and declarations, by script.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use copydesk_language::model::{GROUPED, UNKNOWN};
use copydesk_language::ngrams::words;
use copydesk_language::script::Script;

use crate::declarations;
use crate::junk;
use crate::languages::{DECLARED, RARE, SAME, TABLES};
use crate::random::Random;
use crate::tables::Table;

/// Words drawn from each table.
const DRAWN: usize = 500_000;
/// How often the declaration of a language with a table is drawn, for once of the table.
const SUBJECT: f64 = 0.25;
/// Scripts whose languages without a name are all so near to those with one that they are left to them: written
/// Chinese of every tongue, and Bhojpuri, Maithili and Magahi beside Hindi.
const KIN: [Script; 2] = [Script::Han, Script::Devanagari];
/// How often a kind of junk is drawn, for once of a declaration.
const JUNK: f64 = 15.0;

/// A run of words of one language.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its words, one space between two.
    text: String,
    /// Where each word begins in `text`.
    starts: Vec<u32>,
    /// How often it is drawn from, beside the other sources of its class.
    pub(crate) weight: f64,
}

impl Source {
    fn new(words: impl IntoIterator<Item = String>, weight: f64) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for word in words {
            if !word.is_empty() {
                starts.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
                text.push_str(&word);
                text.push(' ');
            }
        }
        Self { text, starts, weight }
    }

    /// A passage of about so many words, from anywhere in it.
    pub(crate) fn passage(&self, words: usize, random: &mut Random) -> &str {
        let from = random.below(self.starts.len().saturating_sub(words).max(1));
        let end = self.starts.get(from + words).map_or(self.text.len(), |&at| at as usize);
        self.starts.get(from).map_or("", |&at| &self.text[at as usize..end])
    }
}

/// A language in one script, with all that it is learned from.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) script: Script,
    pub(crate) label: String,
    /// Little is published in it, so a text that could as well be of another language most likely is.
    pub(crate) rare: bool,
    pub(crate) sources: Vec<Source>,
    /// Real prose of it that is not learned from.
    pub(crate) kept: Option<Source>,
}

/// All classes of one script.
#[derive(Debug)]
pub(crate) struct Material {
    pub(crate) script: Script,
    /// What is learned from.
    pub(crate) classes: Vec<Class>,
    /// Languages that are not learned, not even as unknown ones.
    pub(crate) strangers: Vec<Source>,
}

/// Reads everything.
pub(crate) fn read(tables: &Path, declarations: &Path, seed: u64) -> Result<Vec<Material>> {
    let mut reading = Reading::default();
    reading.tables(tables, seed)?;
    reading.declarations(declarations)?;
    reading.junk(seed);
    let Reading { mut classes, mut strangers } = reading;
    let mut materials = Vec::new();
    for script in GROUPED {
        let (mut own, rest): (Vec<Class>, Vec<Class>) = classes.into_iter().partition(|class| class.script == script);
        classes = rest;
        own.sort_by(|a, b| a.label.cmp(&b.label));
        if own.len() < 2 {
            bail!("{script:?} has fewer than two languages: are the tables and the declarations complete?");
        }
        let strangers = strangers.extract_if(.., |stranger| stranger.0 == script).map(|stranger| stranger.1).collect();
        materials.push(Material { script, classes: own, strangers });
    }
    Ok(materials)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    classes: Vec<Class>,
    strangers: Vec<(Script, Source)>,
}

impl Reading {
    fn class(&mut self, script: Script, label: &str) -> Option<&mut Class> {
        self.classes.iter_mut().find(|class| class.script == script && class.label == label)
    }

    fn add(&mut self, script: Script, label: &str, source: Source) {
        match self.class(script, label) {
            Some(class) => class.sources.push(source),
            None => {
                let rare = RARE.contains(&label) || (script, label) == (Script::Latin, "sr");
                self.classes.push(Class { script, label: label.to_owned(), rare, sources: vec![source], kept: None });
            }
        }
    }

    fn tables(&mut self, folder: &Path, seed: u64) -> Result<()> {
        for &(name, code) in TABLES {
            let table = Table::read(&table_path(folder, name)?)?;
            let mut random = Random::new(seed ^ name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)));
            let drawn: Vec<String> = (0..DRAWN).map(|_| table.word(&mut random)).collect();
            if code == "sr" {
                let latin = drawn.iter().map(|word| serbian_latin(word));
                self.add(Script::Latin, code, Source::new(latin, 1.0));
            }
            let script = learned_script(code, &drawn);
            let drawn = drawn.into_iter().filter(|word| main_script([word]) == script);
            self.add(script, code, Source::new(drawn, 1.0));
        }
        Ok(())
    }

    fn declarations(&mut self, folder: &Path) -> Result<()> {
        for (tag, text) in declarations::read(folder)? {
            let primary = tag.split('-').next().unwrap_or(&tag);
            let script = learned_script(primary, [&text]);
            let mut words = cut(&text, script);
            if let Some((_, code)) = DECLARED.iter().find(|(declared, _)| *declared == tag) {
                self.add(script, code, Source::new(words, 1.0));
            } else if let Some((_, code)) = TABLES.iter().find(|&&(_, code)| code == primary) {
                if let Some(class) = self.class(script, code)
                    && class.kept.is_none()
                {
                    // A little of the same subject, or the subject itself would speak for the languages that are
                    // learned from nothing else.
                    let kept = words.split_off(words.len() / 2);
                    class.sources.push(Source::new(words, SUBJECT));
                    class.kept = Some(Source::new(kept, 1.0));
                }
            } else if SAME.contains(&primary) || KIN.contains(&script) {
                // No stranger to the model.
            } else if kept_apart(primary) {
                self.strangers.push((script, Source::new(words, 1.0)));
            } else {
                self.add(script, UNKNOWN, Source::new(words, 1.0));
            }
        }
        Ok(())
    }

    fn junk(&mut self, seed: u64) {
        let named = |class: &&Class| class.script == Script::Latin && class.label != UNKNOWN;
        let languages: Vec<&Class> = self.classes.iter().filter(named).collect();
        for words in junk::make(&languages, &mut Random::new(seed)) {
            self.add(Script::Latin, UNKNOWN, Source::new(words, JUNK));
        }
    }
}

/// The words of a text as the identifier cuts them, which is as the tables were cut: passages of as many words must
/// have as many n-grams, whatever they are drawn from, or length itself gives the source away.
fn cut(text: &str, script: Script) -> Vec<String> {
    let mut all = Vec::new();
    words(text, |word| {
        if word.script() == script {
            all.push(word.chars().collect());
        }
    });
    all
}

/// One language in three that has neither a table nor a name in the model is kept apart to measure with.
fn kept_apart(tag: &str) -> bool {
    tag.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 3 == 0
}

/// The table of a language, in whatever version of its crate there is.
fn table_path(folder: &Path, name: &str) -> Result<PathBuf> {
    let start = format!("lingua-{name}-language-model-");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("can't list the crates in {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&start)))
        .collect();
    found.sort();
    let newest = found.pop().with_context(|| {
        format!(
            "no folder {start}* in {}: fetch the crate `lingua` with cargo and name its registry folder",
            folder.display()
        )
    })?;
    Ok(newest.join("models/ngrams.fst"))
}

/// The script that a language is learned in: that of most letters, but the ideographs of Japanese, which are what
/// has to be told from Chinese; kana decide by themselves.
fn learned_script<S: AsRef<str>>(code: &str, text: impl IntoIterator<Item = S>) -> Script {
    if code == "ja" { Script::Han } else { main_script(text) }
}

/// The script of most letters.
fn main_script<S: AsRef<str>>(text: impl IntoIterator<Item = S>) -> Script {
    let mut counts = [0_usize; copydesk_language::script::SCRIPTS];
    let mut main = Script::Other;
    for part in text {
        words(part.as_ref(), |word| {
            counts[word.script() as usize] += word.letters();
            if counts[word.script() as usize] > counts[main as usize] {
                main = word.script();
            }
        });
    }
    main
}

/// Serbian is written in both alphabets, letter for letter.
fn serbian_latin(word: &str) -> String {
    const PAIRS: [(char, &str); 30] = [
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('ђ', "đ"),
        ('е', "e"),
        ('ж', "ž"),
        ('з', "z"),
        ('и', "i"),
        ('ј', "j"),
        ('к', "k"),
        ('л', "l"),
        ('љ', "lj"),
        ('м', "m"),
        ('н', "n"),
        ('њ', "nj"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('ћ', "ć"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "h"),
        ('ц', "c"),
        ('ч', "č"),
        ('џ', "dž"),
        ('ш', "š"),
    ];
    word.chars()
        .map(|c| PAIRS.iter().find(|pair| pair.0 == c).map_or_else(|| c.to_string(), |pair| pair.1.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_whole_words_from_anywhere() {
        let all = ["one", "two", "three", "four", "five"];
        let source = Source::new(all.map(str::to_owned), 1.0);
        let mut random = Random::new(3);
        let mut first = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let words: Vec<&str> = source.passage(2, &mut random).split_whitespace().collect();
            let at = all.iter().position(|word| *word == words[0]).expect("a word of the source");
            assert_eq!(words, all[at..at + 2]);
            first.insert(at);
        }
        assert_eq!(first.len(), 3, "the last two have no passage of two after them");
        assert_eq!(source.passage(99, &mut random).split_whitespace().count(), 5);
    }

    #[test]
    fn serbian_has_two_alphabets() {
        assert_eq!(serbian_latin("људи"), "ljudi");
        assert_eq!(serbian_latin("џеп"), "džep");
    }

    #[test]
    fn the_script_is_that_of_most_letters() {
        assert_eq!(main_script(["Москва", "and", "Сочи"]), Script::Cyrillic);
        assert_eq!(main_script(["2026"]), Script::Other);
    }
}
