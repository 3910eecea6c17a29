//! Names that mean the same within one article: which mentions make one entity.
//!
//! Persons by the rules of the [`Cast`](cast); organisations by their words without legal forms, by the beginning or the
//! end of a longer name, by acronym ([`organisation`]); places by the gazetteer, by the abbreviations of
//! American states ([`place`]), and by the point of the compass that a country of the article begins with; everything
//! else by its written form. Types never mix, and no rule reaches beyond the article.

pub(crate) mod cast;
mod organisation;
mod place;
mod spelling;

use std::collections::HashMap;

use copydesk_article::{EntityType, Field};

use crate::atlas::atlas;
use crate::find::{Found, Key, form_key};
use cast::Cast;

pub(crate) use cast::telling_words;
pub(crate) use organisation::words as organisation_words;
pub(crate) use spelling::{bare, sound};

/// Whether the gazetteer has a thing of exactly this name.
pub(crate) fn known_place(name: &str) -> bool {
    place::listed(name).is_some()
}

/// Whether an organisation's words are a place's name and nothing more.
pub(crate) fn is_place(words: &str) -> bool {
    atlas().meanings_of_bare(words).next().is_some() || place::listed(words).is_some_and(|key| place::is_location(&key))
}

/// The name of a place without abbreviations and what hangs on it.
pub(crate) fn written_out(name: &str) -> String {
    place::written_out(name)
}

/// Gives every name the key of its entity, and puts them in order. The names are those of one article.
pub(crate) fn link(names: &mut [Found<'_>]) {
    names.sort_by_key(|name| (name.field != Field::Title, name.start));
    link_persons(names);
    organisation::link(names);
    for name in names.iter_mut() {
        match name.kind {
            EntityType::Location => name.key = place::key(name.text),
            EntityType::Group => name.key = place::listed(name.text).unwrap_or_else(|| form_key(name.text)),
            EntityType::Date | EntityType::Money => name.key = form_key(name.text),
            EntityType::Person | EntityType::Organisation => {}
        }
    }
    link_sides(names);
}

/// A point of the compass by itself ("the North said") is the one country of the article that begins with it.
fn link_sides(names: &mut [Found<'_>]) {
    let mut sides: HashMap<String, Option<Key>> = HashMap::new();
    let mut alone = Vec::new();
    for (i, name) in names.iter().enumerate().filter(|(_, name)| name.kind == EntityType::Location) {
        let written = written_out(name.text);
        match place::direction(&written) {
            Some((side, true)) => alone.push((i, side)),
            Some((side, false)) if place::is_country(&written) => {
                let known = sides.entry(side).or_insert_with(|| Some(name.key.clone()));
                *known = known.take().filter(|key| *key == name.key);
            }
            _ => {}
        }
    }
    for (i, side) in alone {
        if let Some(Some(key)) = sides.get(&side) {
            names[i].key = key.clone();
        }
    }
}

/// Full names first, whatever their order, then the lone ones.
fn link_persons(names: &mut [Found<'_>]) {
    let mut cast = Cast::default();
    let mut singles = Vec::new();
    for (i, name) in names.iter_mut().enumerate().filter(|(_, name)| name.kind == EntityType::Person) {
        let words = telling_words(name.text);
        match words.len() {
            0 => name.key = form_key(name.text),
            1 => singles.push((i, words)),
            _ => name.key = cast.admit_full(words).map_or_else(|| form_key(name.text), Key::Person),
        }
    }
    for (i, words) in singles {
        names[i].key = Key::Person(cast.admit_single(&words[0]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The groups of names, as numbers in the order of their first.
    fn groups(kind: EntityType, names: &[&str]) -> Vec<usize> {
        let found = |(i, text): (usize, &&'static str)| Found {
            field: Field::Text,
            start: 100 * i,
            end: 100 * i + text.len(),
            text,
            kind,
            key: Key::Thing(0),
        };
        let names: Vec<&'static str> =
            names.iter().map(|name| &*Box::leak(name.to_string().into_boxed_str())).collect();
        let mut found: Vec<Found<'_>> = names.iter().enumerate().map(found).collect();
        link(&mut found);
        let mut keys: Vec<&Key> = Vec::new();
        let mut numbers = Vec::new();
        for name in &found {
            let number = keys.iter().position(|key| **key == name.key).unwrap_or_else(|| {
                keys.push(&name.key);
                keys.len() - 1
            });
            numbers.push(number);
        }
        numbers
    }

    #[test]
    fn persons() {
        let kind = EntityType::Person;
        assert_eq!(groups(kind, &["Halvorsen", "Sergei Halvorsen", "Sergey Halvorsen", "Halvorsen"]), [0, 0, 0, 0]);
        assert_eq!(groups(kind, &["Yusuf Kasimi", "Youssef Qasimi", "Anna Kasimi"]), [0, 0, 1]);
        assert_eq!(groups(kind, &["Anna Ekholm", "Peter Ekholm", "Ekholm"]), [0, 1, 2]);
        assert_eq!(groups(kind, &["Jürgen Möller", "Juergen Moeller", "MÖLLER"]), [0, 0, 0]);
    }

    #[test]
    fn organisations() {
        let kind = EntityType::Organisation;
        assert_eq!(groups(kind, &["Norvik Holdings Inc.", "Norvik Holdings", "Norvik", "Blom plc"]), [0, 0, 0, 1]);
        assert_eq!(groups(kind, &["Coastal Rescue Service", "CRS", "C.R.S.", "Mountain Rescue"]), [0, 0, 0, 1]);
        assert_eq!(groups(kind, &["Bergen Bears", "Bears", "Bergen", "Oslo Bears"]), [0, 1, 0, 2]);
        assert_eq!(groups(kind, &["U.S. Harvest Department", "Harvest Department"]), [0, 0]);
        assert_eq!(groups(kind, &["Organization of Tall Ships", "Organisation of Tall Ships", "OTS"]), [0, 0, 0]);
        assert_eq!(groups(kind, &["Norwegian Harvest Party", "Harvest", "Oslo Harvest Ball"]), [0, 0, 1]);
        assert_eq!(groups(kind, &["RANGERS", "Arlund Rangers", "EU", "EU Commission"]), [0, 0, 1, 2]);
        assert_eq!(groups(kind, &["East Lindvik", "Lindvik", "Lindvik Rovers"]), [0, 1, 1]);
    }

    #[test]
    fn places() {
        let kind = EntityType::Location;
        assert_eq!(groups(kind, &["U.S.", "United States", "Arlund", "ARLUND", "Missouri", "Mo."]), [0, 0, 1, 1, 2, 2]);
        assert_eq!(
            groups(kind, &["Arlund-based", "Arlund", "Arlund-born", "Stoke-upon-Arl", "Stoke"]),
            [0, 0, 0, 1, 2]
        );
        assert_eq!(groups(kind, &["N. Korea", "the North", "North", "East Arlund", "East"]), [0, 1, 0, 2, 3]);
        assert_eq!(groups(kind, &["North Korea", "North Macedonia", "North"]), [0, 1, 2]);
    }
}
