//! `score-scripts`: the body found in pages of every language of a set, as text and as markup, and what is answered
//! where a page has no title, author or date.
//!
//! The pages are made of a labelled set of texts (that of `predict langid`: words, pairs of words, sentences,
//! paragraphs), so that every script gets the same page: a menu of words, a headline, a byline and a date on every second page,
//! paragraphs, teasers of other articles with dates of theirs, a menu again, a copyright. Markup has no names that give the body away.
//! Scores are over shingles of four words; of four characters where a script has no spaces (there a word is a clause).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use copydesk_article::Supplied;
use copydesk_clean::{Cleaned, Input, Mode, Source, clean};
use serde::Deserialize;

use crate::predict::read_json;
use crate::random::Random;

/// Paragraphs of a page.
const PARAGRAPHS: usize = 5;
/// Items of a shingle.
const SHINGLE: usize = 4;

/// Options of `score-scripts`.
#[derive(Args, Debug)]
pub struct Options {
    /// Labelled texts: `{id: {text, lang, kind}}`, kinds `single-words`, `word-pairs`, `sentences`, `para6`.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Pages of each language.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub pages: usize,
    /// Decides the draw.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Deserialize)]
struct Sample {
    text: String,
    lang: String,
    kind: String,
}

/// Texts of one language.
#[derive(Default)]
struct Texts {
    words: Vec<String>,
    sentences: Vec<String>,
    paragraphs: Vec<String>,
}

/// One page before it is written out.
struct Page {
    menu: Vec<String>,
    title: Option<String>,
    author: Option<String>,
    date: Option<String>,
    body: Vec<String>,
    teasers: Vec<(String, String)>,
    footer: Vec<String>,
}

/// Shingles that stand on both sides, that were predicted, that are true.
#[derive(Clone, Copy, Default)]
struct Overlap {
    both: usize,
    predicted: usize,
    truth: usize,
}

/// Answers where a page has none, and how many pages have none.
#[derive(Clone, Copy, Default)]
struct Unasked {
    pages: usize,
    title: usize,
    author: usize,
    date: usize,
}

/// Makes the pages, cleans them, prints a table.
///
/// # Errors
/// Where the set can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let samples: BTreeMap<String, Sample> = read_json(&options.input)?;
    let mut languages: BTreeMap<String, Texts> = BTreeMap::new();
    for Sample { text, lang, kind } in samples.into_values() {
        let texts = languages.entry(lang).or_default();
        match kind.as_str() {
            "single-words" | "word-pairs" => texts.words.push(text),
            "sentences" => texts.sentences.push(text),
            _ => {
                // What there is to mend in it is mended, so that what is scored is what was found.
                let source = Source::Text(&text);
                let mended = clean(&Input { source, supplied: &Supplied::default(), mode: Mode::Mark });
                texts.paragraphs.push(mended.text.replace('\n', " "));
            }
        }
    }
    println!("language   text P     R     F1     markup P   R     F1    (unit)");
    let mut none = [Unasked::default(); 2];
    for (language, texts) in &languages {
        if texts.paragraphs.len() < PARAGRAPHS || texts.sentences.is_empty() || texts.words.is_empty() {
            continue;
        }
        let characters = matches!(language.as_str(), "zh" | "ja" | "th" | "lo" | "km" | "my" | "bo");
        let mut random = Random::new(options.seed);
        let mut overlaps = [Overlap::default(); 2];
        for number in 0..options.pages {
            let page = Page::draw(texts, &mut random, number % 2 == 0);
            let (text, markup) = (page.as_text(), page.as_markup());
            let body = page.body.join("\n\n");
            for (at, source) in [Source::Text(&text), Source::Html(markup.as_bytes())].into_iter().enumerate() {
                let cleaned = clean(&Input { source, supplied: &Supplied::default(), mode: Mode::Cut });
                overlaps[at].add(&cleaned.text, &body, characters);
                if page.title.is_none() {
                    none[at].add(&cleaned);
                }
            }
        }
        println!(
            "{language:8}   {}   {}   {}",
            overlaps[0],
            overlaps[1],
            if characters { "characters" } else { "words" }
        );
    }
    for (form, Unasked { pages, title, author, date }) in ["text", "markup"].iter().zip(none) {
        println!(
            "{form}: of {pages} pages without, a title is answered on {title}, an author on {author}, a date on {date}"
        );
    }
    Ok(())
}

impl Page {
    fn draw(texts: &Texts, random: &mut Random, says: bool) -> Self {
        let word = |random: &mut Random| texts.words[random.below(texts.words.len())].clone();
        // The beginning of a sentence, as a headline: without its end.
        let headline = |random: &mut Random| {
            let sentence = &texts.sentences[random.below(texts.sentences.len())];
            let words: Vec<&str> = sentence.split_whitespace().take(9).collect();
            let short: String = words.join(" ").chars().take(60).collect();
            short.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned()
        };
        let date = |random: &mut Random| {
            format!("20{:02}-{:02}-{:02}", 10 + random.below(14), 1 + random.below(12), 1 + random.below(28))
        };
        let menu = (0..8).map(|_| word(random)).collect();
        let title = says.then(|| headline(random));
        let (author, written) = (says.then(|| "By Ingrid Solberg".to_owned()), says.then(|| date(random)));
        let mut paragraphs: Vec<&String> = texts.paragraphs.iter().collect();
        random.shuffle(&mut paragraphs);
        let body = paragraphs.into_iter().cycle().take(PARAGRAPHS).cloned().collect();
        let teasers = (0..5).map(|_| (headline(random), date(random))).collect();
        let footer = (0..6).map(|_| word(random)).collect();
        Self { menu, title, author, date: written, body, teasers, footer }
    }

    fn as_text(&self) -> String {
        let top: Vec<&str> = [&self.title, &self.author, &self.date].into_iter().filter_map(Option::as_deref).collect();
        let teasers: Vec<String> = self.teasers.iter().map(|(teaser, date)| format!("{teaser}\n{date}")).collect();
        let parts = [
            self.menu.join("\n"),
            top.join("\n\n"),
            self.body.join("\n\n"),
            teasers.join("\n\n"),
            self.footer.join("\n"),
            "© 2024".to_owned(),
        ];
        parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }

    fn as_markup(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let list = |items: &[String]| -> String {
            let entry = |item: &String| format!("<li><a href=\"/x\">{}</a></li>", escape(item));
            format!("<ul>{}</ul>", items.iter().map(entry).collect::<String>())
        };
        let part = |tag: &str, text: &Option<String>| {
            text.as_deref().map(|text| format!("<{tag}>{}</{tag}>", escape(text))).unwrap_or_default()
        };
        let body: String = self.body.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
        let teaser = |(teaser, date): &(String, String)| {
            format!("<div><a href=\"/y\">{}</a> <span>{date}</span></div>\n", escape(teaser))
        };
        let teasers: String = self.teasers.iter().map(teaser).collect();
        format!(
            "<!doctype html><meta charset=utf-8><body><div>{}</div><div>{}{}{}</div><div>{body}</div><div>{teasers}</div><div>{}<p>© 2024</p></div>",
            list(&self.menu),
            part("h1", &self.title),
            part("p", &self.author),
            part("p", &self.date),
            list(&self.footer),
        )
    }
}

impl Overlap {
    fn add(&mut self, predicted: &str, truth: &str, characters: bool) {
        let items = |text: &str| -> Vec<String> {
            if characters {
                text.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect()
            } else {
                let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
                words.map(str::to_owned).collect()
            }
        };
        let (predicted, truth) = (items(predicted), items(truth));
        let mut counts: HashMap<&[String], usize> = HashMap::new();
        truth.windows(SHINGLE).for_each(|shingle| *counts.entry(shingle).or_default() += 1);
        self.truth += truth.len().saturating_sub(SHINGLE - 1);
        self.predicted += predicted.len().saturating_sub(SHINGLE - 1);
        for shingle in predicted.windows(SHINGLE) {
            if let Some(left) = counts.get_mut(shingle).filter(|left| **left > 0) {
                *left -= 1;
                self.both += 1;
            }
        }
    }
}

impl Unasked {
    fn add(&mut self, cleaned: &Cleaned) {
        self.pages += 1;
        self.title += usize::from(cleaned.title.is_some());
        self.author += usize::from(!cleaned.authors.is_empty());
        self.date += usize::from(cleaned.published.is_some());
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |whole: usize| self.both as f64 / whole.max(1) as f64;
        let (precision, recall) = (share(self.predicted), share(self.truth));
        let f1 = 2.0 * self.both as f64 / (self.predicted + self.truth).max(1) as f64;
        write!(f, "{precision:.3}  {recall:.3}  {f1:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_counts_each_shingle_as_often_as_it_stands() {
        let mut overlap = Overlap::default();
        overlap.add("a b c d, a b c d", "a b c d e", false);
        assert_eq!((overlap.both, overlap.predicted, overlap.truth), (1, 5, 2));
        let mut overlap = Overlap::default();
        overlap.add("港口委员会。", "港口委员会", true);
        assert_eq!((overlap.both, overlap.predicted, overlap.truth), (2, 2, 2));
    }

    #[test]
    fn a_page_has_its_body_in_both_forms_and_says_nothing_where_it_has_nothing() {
        let texts = Texts {
            words: vec!["ferry".into()],
            sentences: vec!["The ferry left & came <back>.".into()],
            paragraphs: vec!["The board voted. It was late.".into()],
        };
        let page = Page::draw(&texts, &mut Random::new(1), false);
        assert_eq!((page.title.as_ref(), page.author.as_ref(), page.date.as_ref()), (None, None, None));
        assert!(page.as_text().contains(&page.body.join("\n\n")));
        assert_eq!(page.as_markup().matches("<p>The board voted. It was late.</p>").count(), PARAGRAPHS);
        assert!(page.as_markup().contains("The ferry left &amp; came &lt;back"));
    }
}
