//! What the rules find in one field, left to right: at each token the longest name wins, and what is found is taken.

use std::collections::BTreeMap;

use copydesk_article::{EntityType, Field};

use crate::abroad::{Found as Abroad, abroad_at};
use crate::date::date_at;
use crate::gazetteer::{Match, gazetteer};
use crate::lexicon::Traits;
use crate::money::money_at;
use crate::organisation::{acronym_at, introduced_at, organisation_at, short_name};
use crate::person::{Evidence, person_at};
use crate::place::place_at;
use crate::reading::Reading;
use crate::token::{Shape, Token};

/// Which rules a field gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// English running text: everything.
    English,
    /// Another language in Latin script: listed places and organisations, and persons by their given names.
    Names,
    /// English headlines in title case: the lists alone.
    Headline,
    /// Languages that capitalise nouns or are not known: the listed places and organisations alone.
    Lists,
}

/// Which entity a name belongs to, inside one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// A thing of the gazetteer.
    Thing(usize),
    /// A person of the cast.
    Person(usize),
    /// Whatever is written like this (folded).
    Form(String),
    /// A place of the atlas, by its name in another language.
    Place(usize),
    /// An entry of the watchlist that nothing else found.
    Watched(usize),
}

/// One name found: the mention to be.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    /// Where.
    pub(crate) field: Field,
    /// First scalar.
    pub(crate) start: usize,
    /// First scalar after it.
    pub(crate) end: usize,
    /// The characters between.
    pub(crate) text: &'a str,
    /// Type.
    pub(crate) kind: EntityType,
    /// Whose name it is.
    pub(crate) key: Key,
}

/// All that was found in the fields of an article so far.
#[derive(Default)]
pub(crate) struct Finds<'a> {
    /// ISO 639-1 code of what is searched; empty where that does not matter.
    pub(crate) language: &'a str,
    /// The names, field by field, in order.
    pub(crate) names: Vec<Found<'a>>,
    /// Other names that the article gives organisations: acronyms and short forms.
    pub(crate) aliases: BTreeMap<String, Key>,
}

impl<'a> Finds<'a> {
    /// Takes a range of tokens for a mention, if it is free.
    pub(crate) fn take(
        &mut self,
        reading: &mut Reading<'a>,
        field: Field,
        (first, end): (usize, usize),
        kind: EntityType,
        key: Key,
    ) {
        if reading.take(first, end) {
            let (start, stop) = (reading.tokens[first].start, reading.tokens[end - 1].end);
            self.names.push(Found { field, start, end: stop, text: reading.slice(first, end), kind, key });
        }
    }

    /// Runs the rules over a field.
    pub(crate) fn search(&mut self, reading: &mut Reading<'a>, field: Field, rules: Rules) {
        if rules == Rules::English {
            self.take_introduced(reading, field);
        }
        let mut at = 0;
        while at < reading.len() {
            let Some((end, kind, key)) = best_at(reading, at, rules) else {
                let abroad = if matches!(rules, Rules::Names | Rules::Lists) {
                    abroad_at(reading, at, self.language)
                } else {
                    None
                };
                at = abroad
                    .filter(|found| self.take_abroad(reading, field, at, found))
                    .map_or(at + 1, |found| found.end);
                continue;
            };
            if kind == EntityType::Organisation && rules == Rules::English {
                self.note_aliases(reading, at, end, &key);
            }
            self.take(reading, field, (at, end), kind, key);
            at = end;
        }
    }

    /// Takes a name of the atlas, without what is written onto it.
    fn take_abroad(&mut self, reading: &mut Reading<'a>, field: Field, first: usize, found: &Abroad) -> bool {
        if !reading.take(first, found.end) {
            return false;
        }
        let (start, end) = (reading.tokens[first].start + found.skipped, reading.tokens[found.end - 1].end - found.cut);
        let written = reading.slice(first, found.end);
        let byte = |character: usize| written.char_indices().nth(character).map_or(written.len(), |(at, _)| at);
        let text = &written[byte(found.skipped)..byte(found.skipped + end - start)];
        self.names.push(Found { field, start, end, text, kind: EntityType::Location, key: Key::Place(found.number) });
        true
    }

    /// First of all the names spelt by an acronym right after them: only as a whole are they names.
    fn take_introduced(&mut self, reading: &mut Reading<'a>, field: Field) {
        for bracket in 0..reading.len() {
            let Some(first) = introduced_at(reading, bracket) else { continue };
            let listed = reading.listed(first).filter(|found| found.end == bracket);
            let key = listed.map_or_else(|| form_key(reading.slice(first, bracket)), |found| Key::Thing(found.thing));
            self.aliases.insert(reading.tokens[bracket + 1].text.to_owned(), key.clone());
            self.take(reading, field, (first, bracket), EntityType::Organisation, key.clone());
            self.take(reading, field, (bracket + 1, bracket + 2), EntityType::Organisation, key);
        }
    }

    /// The acronym in brackets after an organisation, unless it is a listed name, and a company's short name.
    fn note_aliases(&mut self, reading: &Reading<'a>, first: usize, end: usize, key: &Key) {
        if let Some(acronym) = acronym_at(reading, end).filter(|_| reading.listed(end + 1).is_none()) {
            let initial = acronym.chars().next();
            if (first..end).any(|i| reading.tokens[i].text.chars().next() == initial) {
                self.aliases.insert(acronym.to_owned(), key.clone());
            }
        }
        if let Some(short) = short_name(reading, first, end) {
            self.aliases.entry(short.to_owned()).or_insert_with(|| key.clone());
        }
    }
}

/// The key of a name that no list has.
pub(crate) fn form_key(text: &str) -> Key {
    Key::Form(text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" "))
}

fn best_at(reading: &Reading<'_>, at: usize, rules: Rules) -> Option<(usize, EntityType, Key)> {
    if reading.is_taken(at) {
        return None;
    }
    if rules == Rules::English {
        for (end, kind) in [(money_at(reading, at), EntityType::Money), (date_at(reading, at), EntityType::Date)] {
            if let Some(end) = end {
                return Some((end, kind, form_key(reading.slice(at, end))));
            }
        }
    }
    let listed = listed_at(reading, at, rules);
    let (mut organisation, mut person, mut place) = (None, None, None);
    if reading.token(at).is_some_and(Token::is_capitalised) && !reading.tokens[at].shouted {
        match rules {
            Rules::English => {
                organisation = organisation_at(reading, at);
                person = person_at(reading, at, Evidence::English);
                place = place_at(reading, at);
            }
            Rules::Names => person = person_at(reading, at, Evidence::GivenNames),
            Rules::Headline | Rules::Lists => {}
        }
    }
    let unlisted =
        [(organisation, EntityType::Organisation), (person, EntityType::Person), (place, EntityType::Location)];
    let mut best =
        listed.and_then(|found| Some((found.end, gazetteer().thing(found.thing)?.kind, Key::Thing(found.thing))));
    for (end, kind) in unlisted {
        if let Some(end) = end.filter(|&end| best.as_ref().is_none_or(|(best_end, ..)| end > *best_end)) {
            best = Some((end, kind, form_key(reading.slice(at, end))));
        }
    }
    best
}

/// A listed name, if nothing beside it says that it is a part of another.
fn listed_at(reading: &Reading<'_>, at: usize, rules: Rules) -> Option<Match> {
    let found = reading.listed(at)?;
    let kind = gazetteer().thing(found.thing)?.kind;
    let token = reading.token(at)?;
    if rules == Rules::Headline {
        return Some(found);
    }
    if rules != Rules::English {
        // Nationalities are spelt otherwise there ("Christian" is a man), and two capitals may be a word.
        let is_short = token.shape == Shape::Upper && token.text.len() < 3;
        return (kind != EntityType::Group && !is_short).then_some(found);
    }
    let next_capital = reading.follower(found.end).is_some_and(Token::is_capitalised);
    if next_capital && kind != EntityType::Organisation && reading.has(found.end, Traits::THING) {
        return None;
    }
    if kind != EntityType::Location || token.shouted {
        return Some(found);
    }
    let part_of_more =
        next_capital && reading.is_unknown(found.end) && person_at(reading, found.end, Evidence::English).is_none();
    let part_of_less = !token.starts_line
        && at.checked_sub(1).is_some_and(|before| {
            reading.is_unknown(before) && !reading.is_taken(before) && !reading.tokens[before].opens
        });
    (!part_of_more && !part_of_less).then_some(found)
}
