//! Mentions gathered into entities: by the person of the cast, the thing of the gazetteer, or the written form.

use std::collections::HashMap;

use copydesk_article::{Entity, EntityType, Field, Mention};
use jiff::civil::Date;

use crate::atlas::atlas;
use crate::find::{Found, Key};
use crate::gazetteer::gazetteer;
use crate::identity::local_id;
use crate::link::is_place;
use crate::resolve::{Listed, resolve};
use crate::sport::sport;
use crate::value::{date_id, money_id};
use crate::watch::Watching;

/// Gathers what was found: mentions in order (title before text), entities by their first mention.
///
/// `published` is the day of the article, and `watching` what the watchlist has to say.
pub(crate) fn gather(
    mut names: Vec<Found<'_>>,
    published: Option<Date>,
    watching: Option<&Watching<'_>>,
) -> Vec<Entity> {
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
    let whole = |(kind, key, found): (EntityType, Key, Vec<Found<'_>>)| {
        let mut entity = entity(kind, &key, &found, published);
        entity.ids.extend(watching.into_iter().flat_map(|watching| watching.ids(kind, &key)));
        entity
    };
    let listed: Vec<Listed> = groups.iter().map(|(_, key, _)| listed(key)).collect();
    let mut entities: Vec<Entity> = groups.into_iter().map(whole).collect();
    resolve(&mut entities, &listed);
    entities
}

/// What the id of an organisation begins with that follows from its name.
const OF_NAME: &str = "local:org:";
/// Most words of a place that a team goes by.
const MOST_WORDS: usize = 3;

/// Tells the teams of one place apart: an organisation that the article knows by its place alone gets the sport of the
/// article into its id (`local:org:england:cricket`).
pub(crate) fn tell_teams(entities: &mut [Entity], title: Option<&str>, text: &str) {
    let mut told = None;
    for entity in entities.iter_mut().filter(|entity| entity.kind == EntityType::Organisation) {
        let Some(id) = entity.ids.iter_mut().find(|id| id.starts_with(OF_NAME)) else { continue };
        let words = id[OF_NAME.len()..].replace('-', " ");
        if words.split(' ').count() > MOST_WORDS || !is_place(&words) {
            continue;
        }
        if let Some(sport) = *told.get_or_insert_with(|| sport(title, text)) {
            id.push(':');
            id.push_str(sport);
        }
    }
}

/// Makes one entity of those that are the same country or city by their ids, as two languages name it. The first gives
/// the name.
pub(crate) fn join(entities: Vec<Entity>) -> Vec<Entity> {
    let names_it = |id: &str| id.starts_with("iso:") || id.starts_with("geonames:");
    let mut joined: Vec<Entity> = Vec::with_capacity(entities.len());
    for entity in entities {
        let its = entity.ids.iter().find(|id| names_it(id));
        let same = its.and_then(|id| joined.iter_mut().find(|one| one.kind == entity.kind && one.ids.contains(id)));
        let Some(same) = same else {
            joined.push(entity);
            continue;
        };
        same.mentions.extend(entity.mentions);
        same.mentions.sort_by_key(|mention| (mention.field != Field::Title, mention.start));
        let new: Vec<String> = entity.ids.into_iter().filter(|id| !same.ids.contains(id)).collect();
        same.ids.extend(new);
    }
    joined
}

fn listed(key: &Key) -> Listed {
    if matches!(key, Key::Place(_)) {
        return Listed::Other;
    }
    let thing = if let Key::Thing(number) = key { gazetteer().thing(*number) } else { None };
    thing.map_or(Listed::No, |thing| if thing.is_city { Listed::City } else { Listed::Other })
}

fn entity(kind: EntityType, key: &Key, found: &[Found<'_>], published: Option<Date>) -> Entity {
    let name = fullest(found);
    let ids = match kind {
        EntityType::Date => date_id(name, published).into_iter().collect(),
        EntityType::Money => money_id(name).into_iter().collect(),
        _ => ids(kind, key, name),
    };
    Entity {
        name: name.to_owned(),
        kind,
        ids,
        place: if let Key::Place(number) = key { atlas().spot(*number).map(|spot| spot.place()) } else { None },
        mentions: found
            .iter()
            .map(|f| Mention { field: f.field, start: f.start, end: f.end, text: f.text.to_owned() })
            .collect(),
    }
}

/// Identifiers: those of the gazetteer, and where they do not name the thing itself, the one by its name.
fn ids(kind: EntityType, key: &Key, name: &str) -> Vec<String> {
    let thing = match key {
        Key::Thing(number) => gazetteer().thing(*number),
        Key::Place(number) => return atlas().spot(*number).map(|spot| spot.ids()).unwrap_or_default(),
        Key::Person(_) | Key::Form(_) | Key::Watched(_) => None,
    };
    let mut ids = thing.map(|thing| thing.ids.clone()).unwrap_or_default();
    if !ids.iter().any(|id| id.starts_with("iso:")) {
        ids.extend(local_id(kind, thing.map_or(name, |thing| &thing.name)));
    }
    ids
}

/// The form with the most words, of those the one that is not all capitals, of those the most frequent, of those the
/// earliest.
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
    let rank =
        |&(text, count): &(&str, usize)| (text.split_whitespace().count(), text.chars().any(char::is_lowercase), count);
    // `max_by_key` keeps the last of equals: going backwards, that is the earliest.
    forms.iter().rev().max_by_key(|form| rank(form)).map_or("", |form| form.0)
}
