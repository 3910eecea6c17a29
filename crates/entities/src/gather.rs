//! Mentions gathered into entities: by the person of the cast, the thing of the gazetteer, or the written form.

use std::collections::HashMap;

use copydesk_article::{Entity, EntityType, Field, Mention};

use crate::find::{Found, Key};
use crate::gazetteer::gazetteer;

/// Gathers what was found: mentions in order (title before text), entities by their first mention.
pub(crate) fn gather(mut names: Vec<Found<'_>>) -> Vec<Entity> {
    names.sort_by_key(|found| (found.field != Field::Title, found.start));
    let mut groups: Vec<(EntityType, Key, Vec<Found<'_>>)> = Vec::new();
    let mut numbers: HashMap<(EntityType, Key), usize> = HashMap::new();
    for found in names {
        let number = *numbers.entry((found.kind, found.key.clone())).or_insert_with(|| {
            groups.push((found.kind, found.key.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[number].2.push(found);
    }
    groups.into_iter().map(|(kind, key, found)| entity(kind, &key, &found)).collect()
}

fn entity(kind: EntityType, key: &Key, found: &[Found<'_>]) -> Entity {
    let thing = match key {
        Key::Thing(number) => gazetteer().thing(*number),
        Key::Person(_) | Key::Form(_) => None,
    };
    Entity {
        name: fullest(found).to_owned(),
        kind,
        ids: thing.map(|thing| thing.ids.clone()).unwrap_or_default(),
        mentions: found
            .iter()
            .map(|f| Mention { field: f.field, start: f.start, end: f.end, text: f.text.to_owned() })
            .collect(),
    }
}

/// The form with the most words, of those the most frequent, of those the earliest.
fn fullest<'a>(found: &[Found<'a>]) -> &'a str {
    let mut forms: Vec<(&'a str, usize)> = Vec::new();
    let mut numbers: HashMap<&'a str, usize> = HashMap::new();
    for name in found {
        let number = *numbers.entry(name.text).or_insert_with(|| {
            forms.push((name.text, 0));
            forms.len() - 1
        });
        forms[number].1 += 1;
    }
    let rank = |&(text, count): &(&str, usize)| (text.split_whitespace().count(), count);
    // `max_by_key` keeps the last of equals: going backwards, that is the earliest.
    forms.iter().rev().max_by_key(|form| rank(form)).map_or("", |form| form.0)
}
