//! The recogniser: reads both fields, runs the rules its language allows, looks again for what they told, gathers.

use copydesk_article::{Entity, Field};

use crate::again::{Told, lower_words};
use crate::find::{Finds, Rules};
use crate::gather::gather;
use crate::reading::Reading;

/// Languages in Latin script that capitalise names but not nouns: a given name before a capitalised word is evidence.
const NAME_LANGUAGES: [&str; 26] = [
    "af", "ca", "cs", "da", "es", "et", "eu", "fi", "fr", "gl", "hr", "id", "is", "it", "ms", "nb", "nl", "no", "pl",
    "pt", "ro", "sk", "sl", "sq", "sv", "tl",
];

/// What the recogniser reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Headline.
    pub title: Option<&'a str>,
    /// Body, paragraphs separated by line breaks.
    pub text: &'a str,
    /// ISO 639-1 code of both, or `und`: English gets all rules, others fewer, the unknown only the lists.
    pub language: &'a str,
}

/// Finds the names in an article.
///
/// Offsets are Unicode scalar positions in the field they name, and a mention's text is exactly that slice.
/// Mentions do not overlap; they are in order within an entity (title before text), and entities are in the order of
/// their first mentions. The same input gives the same answer. Never panics; the time is linear in the text.
#[must_use]
pub fn recognise(input: &Input<'_>) -> Vec<Entity> {
    let rules = rules_for(input.language);
    let mut title = Reading::of(input.title.unwrap_or(""));
    let mut text = Reading::of(input.text);
    let is_headline = title.is_title_case();
    let mut finds = Finds::default();
    finds.search(&mut text, Field::Text, rules);
    if !is_headline {
        finds.search(&mut title, Field::Title, rules);
    }
    let lower_words = lower_words(&text);
    let mut told = Told::by(&mut finds);
    told.find_in(&mut text, Field::Text, &mut finds, &lower_words);
    told.find_in(&mut title, Field::Title, &mut finds, &lower_words);
    if is_headline {
        let lists = if rules == Rules::English { Rules::Headline } else { Rules::Lists };
        finds.search(&mut title, Field::Title, lists);
    }
    gather(finds.names)
}

fn rules_for(language: &str) -> Rules {
    match language {
        "en" => Rules::English,
        other if NAME_LANGUAGES.contains(&other) => Rules::Names,
        _ => Rules::Lists,
    }
}
