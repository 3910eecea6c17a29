//! Mentions that are known already: which entity each is.

use copydesk_article::{EntityType, Field};

use crate::find::{Found, form_key};
use crate::gather::{gather, tell_teams};
use crate::link::link;

/// A mention in a text: Unicode scalar positions, half-open, and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// First position.
    pub start: usize,
    /// First position after it.
    pub end: usize,
    /// Type.
    pub kind: EntityType,
}

/// The identity of the entity that each mention names, in the order given: an id that holds across articles
/// where the name tells enough, otherwise a number that holds in this article alone.
#[must_use]
pub fn identify(text: &str, mentions: &[Given]) -> Vec<Identity> {
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let slice = |given: &Given| {
        let at = |position: usize| bytes.get(position).copied().unwrap_or(text.len());
        text.get(at(given.start)..at(given.end)).unwrap_or("")
    };
    let found = |given: &Given| Found {
        field: Field::Text,
        start: given.start,
        end: given.end,
        text: slice(given),
        kind: given.kind,
        key: form_key(""),
    };
    let mut names: Vec<Found<'_>> = mentions.iter().map(found).collect();
    link(&mut names);
    let mut entities = gather(names, None, None);
    tell_teams(&mut entities, None, text);
    mentions
        .iter()
        .map(|given| {
            let is_it = |m: &copydesk_article::Mention| (m.start, m.end) == (given.start, given.end);
            let number = entities.iter().position(|e| e.kind == given.kind && e.mentions.iter().any(is_it));
            let id = number.and_then(|n| entities[n].ids.iter().find(|id| !id.starts_with("in:")).cloned());
            id.map_or(Identity::Here(number.unwrap_or(usize::MAX)), Identity::Everywhere)
        })
        .collect()
}

/// Who or what a mention names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The same id in every article.
    Everywhere(String),
    /// Known only in this article; the number of its entity.
    Here(usize),
}
