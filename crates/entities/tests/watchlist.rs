//! Names watched for, in whole articles.

use std::sync::Arc;

use copydesk_article::{Entity, EntityType};
use copydesk_entities::{Input, Recogniser, WatchFormat, Watchlist};

fn read(list: &str, text: &str) -> Vec<Entity> {
    let list = Watchlist::parse(list, WatchFormat::Csv).expect("a list");
    let recogniser = Recogniser::default().watching(Arc::new(list));
    recogniser.recognise(&Input { title: None, text, language: "en", parts: &[], published: None }).entities
}

fn watched(entities: &[Entity]) -> Vec<(&str, EntityType, &str)> {
    let ids = |entity: &Entity| entity.ids.iter().any(|id| id.starts_with("watch:"));
    let id = |entity: &'_ Entity| entity.ids.iter().position(|id| id.starts_with("watch:")).unwrap_or_default();
    entities.iter().filter(|e| ids(e)).map(|e| (e.name.as_str(), e.kind, e.ids[id(e)].as_str())).collect()
}

#[test]
fn a_watched_name_marks_the_entity_that_has_it() {
    let text = "Foreign Minister Nikolai Halvorsen arrived in Oslo on Monday. Halvorsen said nothing.";
    let entities = read("7,Nikolai Halvorsen,,PER\n", text);
    assert_eq!(watched(&entities), [("Nikolai Halvorsen", EntityType::Person, "watch:7")]);
    let person = entities.iter().find(|entity| entity.kind == EntityType::Person).expect("the person");
    assert_eq!(person.mentions.len(), 2, "the surname is the same entity: {entities:?}");
}

#[test]
fn a_watched_name_that_nothing_else_finds_is_a_mention() {
    let entities = read("8,grey dolphin fund,,ORG\n", "They put it all into the grey dolphin fund.");
    assert_eq!(watched(&entities), [("grey dolphin fund", EntityType::Organisation, "watch:8")]);
}

#[test]
fn a_part_of_a_name_of_another_type_is_not_watched_for() {
    let text = "The singer Paris Halvorsen said on Monday that she would not sing again.";
    assert_eq!(watched(&read("9,Paris,,LOC\n", text)), []);
}

#[test]
fn a_hundred_thousand_names_are_found_at_once() {
    let list: String = (0..100_000).map(|n| format!("{n},Firm Number{n} Holdings,Number{n},ORG\n")).collect();
    let list = Watchlist::parse(&list, WatchFormat::Csv).expect("a list");
    let hits = list.find("Yesterday Number7 bought Firm Number99999 Holdings.");
    assert_eq!(hits.iter().map(|hit| hit.entry).collect::<Vec<_>>(), [7, 99_999]);
}
