//! What one article tells of persons.

use std::collections::BTreeMap;

use copydesk_article::{ArticleId, Entity, EntityType, Field};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::identity::local_id;
use crate::link::{sound, telling_words};

/// Persons of an article that are learned from: those it is about.
const MOST_SEEN: usize = 8;
/// Other persons that are noted beside each.
const MOST_COMPANIONS: usize = 12;
/// Words and bytes of the longest name that is learned from: what is longer is no name.
const MOST_WORDS: usize = 6;
const MOST_BYTES: usize = 160;
/// A person is what an article is about at so many mentions, or in the headline.
const MANY_MENTIONS: usize = 2;

/// The persons of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The story: copies and versions of one article share it.
    #[serde(rename = "t")]
    pub story: u64,
    /// The persons that it is about.
    #[serde(rename = "p")]
    pub persons: Vec<Seen>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The family of its name.
    #[serde(rename = "f")]
    pub family: u64,
    /// The ids of its full names in the article that are of this family, the entity's own first.
    #[serde(rename = "i")]
    pub ids: Vec<String>,
    /// Families of other persons in the article, shortened.
    #[serde(rename = "c")]
    pub companions: Vec<u32>,
}

impl Sighting {
    /// What there is to learn from the entities of an article; none where that is nothing.
    #[must_use]
    pub fn of(entities: &[Entity], story: ArticleId) -> Option<Self> {
        let persons: Vec<(&Entity, u64)> = entities
            .iter()
            .filter(|entity| entity.kind == EntityType::Person)
            .filter_map(|entity| Some((entity, family(&entity.name)?)))
            .collect();
        let matters = |entity: &Entity| {
            entity.mentions.len() >= MANY_MENTIONS || entity.mentions.iter().any(|m| m.field == Field::Title)
        };
        let seen = persons.iter().filter(|(entity, _)| matters(entity)).take(MOST_SEEN).map(|&(entity, family)| Seen {
            family,
            ids: spellings(entity, family),
            companions: persons
                .iter()
                .filter(|other| other.1 != family)
                .take(MOST_COMPANIONS)
                .map(|other| other.1 as u32)
                .collect(),
        });
        let persons: Vec<Seen> = seen.filter(|seen| !seen.ids.is_empty()).collect();
        (!persons.is_empty()).then(|| Self { story: xxh3_64(story.as_bytes()), persons })
    }

    /// Adds it to the bytes of others.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        // Plain data of numbers and texts: it can't fail.
        if let Ok(json) = serde_json::to_vec(self) {
            bytes.extend(json);
            bytes.push(b'\n');
        }
    }

    /// All that were written; none if they are damaged.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        bytes
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}

/// The ids of an entity's full names that are of the family: its own, and other spellings of it in the article.
fn spellings(entity: &Entity, of: u64) -> Vec<String> {
    let mut ids: Vec<String> = local_id(EntityType::Person, &entity.name).into_iter().collect();
    let mut known: BTreeMap<&str, ()> = BTreeMap::from([(entity.name.as_str(), ())]);
    for mention in &entity.mentions {
        if known.insert(&mention.text, ()).is_some() || family(&mention.text) != Some(of) {
            continue;
        }
        ids.extend(local_id(EntityType::Person, &mention.text).filter(|id| !ids.contains(id)));
    }
    ids
}

/// The family of a full name: how its words sound. None of a lone surname, or where nothing sounds (other scripts).
fn family(name: &str) -> Option<u64> {
    if name.len() > MOST_BYTES {
        return None;
    }
    let words = telling_words(name);
    let sounds: Vec<String> = words.iter().map(|word| sound(word)).collect();
    let tells = (2..=MOST_WORDS).contains(&sounds.len()) && sounds.iter().all(|sound| !sound.is_empty());
    tells.then(|| xxh3_64(sounds.join(" ").as_bytes()))
}
