//! Names of known things: countries, cities, regions, peoples and organisations, each line of `data/*.txt` one thing
//! with its names.
//!
//! A name matches the text word for word, whatever the case of the other letters (`MOSCOW` is Moscow), but where the
//! list has a capital the text must have one too. Acronyms match exactly, and short ones not at all in a line of
//! capitals, where `US` and `WHO` are words. The longest name wins.

use std::sync::LazyLock;

use copydesk_article::EntityType;

use crate::lexicon::data_lines;
use crate::quick::QuickMap;
use crate::token::{Kind, Shape, Token, fold, tokenise};

/// Acronyms up to this many bytes are not trusted in a line of capitals.
const SHORT_ACRONYM: usize = 3;

/// A known thing.
pub(crate) struct Listed {
    /// Its type.
    pub(crate) kind: EntityType,
    /// The first of its names.
    pub(crate) name: String,
    /// Its identifiers.
    pub(crate) ids: Vec<String>,
    /// Whether it is a city.
    pub(crate) is_city: bool,
}

/// One name of a known thing.
struct Name {
    thing: usize,
    words: Vec<Word>,
}

struct Word {
    folded: String,
    capital: bool,
    exact: Option<String>,
    glued: bool,
}

/// A name found in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// Number of the thing: [`Gazetteer::thing`].
    pub(crate) thing: usize,
    /// First token after the name.
    pub(crate) end: usize,
}

/// All known things by the first word of each of their names.
pub(crate) struct Gazetteer {
    things: Vec<Listed>,
    names: QuickMap<Vec<Name>>,
}

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::build);

/// The gazetteer, built on first use.
pub(crate) fn gazetteer() -> &'static Gazetteer {
    &GAZETTEER
}

impl Gazetteer {
    fn build() -> Self {
        let mut gazetteer = Self { things: Vec::new(), names: QuickMap::default() };
        let location = EntityType::Location;
        for (data, kind, id_prefix, is_city) in [
            (include_str!("../data/countries.txt"), location, "iso", false),
            (include_str!("../data/cities.txt"), location, "in", true),
            (include_str!("../data/regions.txt"), location, "in", false),
            (include_str!("../data/groups.txt"), EntityType::Group, "in", false),
        ] {
            for line in data_lines(data) {
                let (code, names) = line.split_once('|').unwrap_or(("-", line));
                let ids = if code == "-" { Vec::new() } else { vec![format!("{id_prefix}:{code}")] };
                gazetteer.add(kind, ids, is_city, names);
            }
        }
        for names in data_lines(include_str!("../data/organisations.txt")) {
            gazetteer.add(EntityType::Organisation, Vec::new(), false, names);
        }
        for names in gazetteer.names.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(name.words.len()));
        }
        gazetteer
    }

    fn add(&mut self, kind: EntityType, ids: Vec<String>, is_city: bool, names: &str) {
        let thing = self.things.len();
        let name = names.split('|').next().unwrap_or("").to_owned();
        self.things.push(Listed { kind, name, ids, is_city });
        for name in names.split('|') {
            let words: Vec<Word> = tokenise(name).iter().map(Word::of).collect();
            if let Some(first) = words.first() {
                self.names.entry(first.folded.clone()).or_default().push(Name { thing, words });
            }
        }
    }

    /// The thing with this number.
    pub(crate) fn thing(&self, number: usize) -> Option<&Listed> {
        self.things.get(number)
    }

    /// The longest name that begins at a token; of equally long ones the first listed.
    pub(crate) fn longest(&self, tokens: &[Token<'_>], at: usize) -> Option<Match> {
        let first = tokens.get(at)?;
        let may_begin = first.is_capitalised() || (first.kind == Kind::Word && first.text.len() <= SHORT_ACRONYM);
        if !may_begin {
            return None;
        }
        let candidates = self.names.get(fold(first.text).as_ref())?;
        let name = candidates.iter().find(|name| name.matches(&tokens[at..]))?;
        Some(Match { thing: name.thing, end: at + name.words.len() })
    }
}

impl Gazetteer {
    /// The longest name at a token, whatever the case of its letters: for what is known to be a name.
    pub(crate) fn longest_folded(&self, tokens: &[Token<'_>], at: usize) -> Option<Match> {
        let candidates = self.names.get(fold(tokens.get(at)?.text).as_ref())?;
        let same = |name: &&Name| {
            tokens.len() - at >= name.words.len()
                && name.words.iter().zip(&tokens[at..]).all(|(word, token)| fold(token.text) == word.folded.as_str())
        };
        let name = candidates.iter().find(same)?;
        Some(Match { thing: name.thing, end: at + name.words.len() })
    }
}

impl Word {
    fn of(token: &Token<'_>) -> Self {
        let is_acronym = token.shape == Shape::Upper;
        Self {
            folded: fold(token.text).into_owned(),
            capital: token.is_capitalised(),
            exact: is_acronym.then(|| token.text.to_owned()),
            glued: token.glued,
        }
    }

    fn matches(&self, token: &Token<'_>) -> bool {
        if self.capital && !token.is_capitalised() {
            return false;
        }
        match &self.exact {
            Some(exact) => token.is(exact) && !(token.shouted && exact.len() <= SHORT_ACRONYM),
            None => fold(token.text) == self.folded.as_str(),
        }
    }
}

impl Name {
    fn matches(&self, tokens: &[Token<'_>]) -> bool {
        tokens.len() >= self.words.len()
            && self.words.iter().zip(tokens).enumerate().all(|(i, (word, token))| {
                let joined = i == 0 || (word.glued == token.glued && !token.starts_line);
                joined && word.matches(token)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn first_match(text: &str) -> Option<(EntityType, usize, Vec<String>)> {
        let found = gazetteer().longest(&tokenise(text), 0)?;
        let thing = gazetteer().thing(found.thing)?;
        Some((thing.kind, found.end, thing.ids.clone()))
    }

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(first_match("UN Security Council"), Some((EntityType::Organisation, 3, vec![])));
        assert_eq!(first_match("South Sudan won"), Some((EntityType::Location, 2, vec!["iso:SS".into()])));
        assert_eq!(first_match("KABUL (Wire)"), Some((EntityType::Location, 1, vec!["in:AF".into()])));
    }

    #[test]
    fn case_is_evidence() {
        for text in ["turkey", "us", "Us", "WHO WON", "who", "people's republic of china"] {
            assert_eq!(first_match(text), None, "{text}");
        }
        assert_eq!(first_match("WHO said").map(|m| m.0), Some(EntityType::Organisation));
    }

    #[test]
    fn no_name_stands_for_two_things_or_lacks_a_code() {
        let mut seen = HashMap::new();
        for names in gazetteer().names.values() {
            for name in names {
                let written: Vec<_> = name.words.iter().map(|w| w.exact.as_ref().unwrap_or(&w.folded)).collect();
                if let Some(other) = seen.insert(written.clone(), name.thing) {
                    panic!("{written:?} names the things {other} and {}", name.thing);
                }
            }
        }
        let bad_id = |id: &String| id.len() != "iso:AF".len() && id.len() != "in:AF".len();
        assert!(!gazetteer().things.iter().any(|thing| thing.ids.iter().any(bad_id)));
    }
}
