//! Articles written for this test, and what must be found in them.

use copydesk_article::{Entity, EntityType, Field, LanguagePart};
use copydesk_entities::{Input, Recognised, Recogniser, recognise};

use EntityType::{Date, Group, Location, Money, Organisation, Person};

fn read(title: Option<&str>, text: &str) -> Vec<Entity> {
    recognise(&Input { title, text, language: "en", parts: &[], published: None })
}

fn names(entities: &[Entity]) -> Vec<(EntityType, &str)> {
    entities.iter().map(|entity| (entity.kind, entity.name.as_str())).collect()
}

fn forms(entity: &Entity) -> Vec<&str> {
    entity.mentions.iter().map(|mention| mention.text.as_str()).collect()
}

fn entity<'a>(entities: &'a [Entity], name: &str) -> &'a Entity {
    entities.iter().find(|entity| entity.name == name).unwrap_or_else(|| panic!("no {name} in {:?}", names(entities)))
}

#[test]
fn spellings_surnames_possessives_and_typos_are_one_person() {
    let text = "Norwegian Foreign Minister Nikolai Halvorsen arrived on Monday. Halvorsen’s visit is his first. \
                “We agreed,” Halvrosen said.\n\nNikolay Halvorsen leaves Oslo on Friday, and Foreign Minister Halvorsen \
                will not be back before May. Nikolai Halvorsen smiled.";
    let entities = read(None, text);
    let person = entity(&entities, "Nikolai Halvorsen");
    assert_eq!(
        forms(person),
        ["Nikolai Halvorsen", "Halvorsen", "Halvrosen", "Nikolay Halvorsen", "Halvorsen", "Nikolai Halvorsen"]
    );
    assert_eq!(entities.iter().filter(|entity| entity.kind == Person).count(), 1);
}

#[test]
fn two_of_one_surname_stay_two() {
    let text = "Anna Ekholm and her brother Peter Ekholm sold the mill. Ekholm kept the boat.";
    let entities = read(None, text);
    assert_eq!(names(&entities), [(Person, "Anna Ekholm"), (Person, "Peter Ekholm"), (Person, "Ekholm")]);
}

#[test]
fn countries_have_ids_and_cities_say_where_they_are() {
    let text =
        "Talks in Kabul between Afghanistan and the U.S. began on 2 May 2019. The United States hopes, Kabul waits.";
    let entities = read(None, text);
    assert_eq!(
        names(&entities),
        [(Location, "Kabul"), (Location, "Afghanistan"), (Location, "United States"), (Date, "2 May 2019")]
    );
    let ids: Vec<_> = entities.iter().map(|entity| entity.ids.join(" ")).collect();
    assert_eq!(ids, ["in:AF geonames:1138958 local:loc:kabul", "iso:AF", "iso:US", "date:2019-05-02"]);
    assert_eq!(forms(&entities[2]), ["U.S.", "United States"]);
}

#[test]
fn an_introduced_acronym_joins_its_organisation() {
    let text = "The Coastal Rescue Service (CRS) bought two boats for €2.5bn. A month later CRS sank one. \
                The Coastal Rescue Service is sorry.";
    let entities = read(None, text);
    assert_eq!(names(&entities), [(Organisation, "Coastal Rescue Service"), (Money, "€2.5bn")]);
    assert_eq!(forms(&entities[0]), ["Coastal Rescue Service", "CRS", "CRS", "Coastal Rescue Service"]);
}

#[test]
fn a_company_is_known_by_its_short_name() {
    let entities = read(None, "Shares of Norvik Holdings fell. In the evening Norvik closed its yard.");
    assert_eq!(forms(entity(&entities, "Norvik Holdings")), ["Norvik Holdings", "Norvik"]);
}

#[test]
fn a_headline_in_title_case_yields_only_what_lists_and_text_know() {
    let title = "Halvorsen Meets Broken Hearts Club in Moscow as Heavy Rain Stops Play";
    let text = "In the Russian capital Sergei Halvorsen met a choir.";
    let entities = read(Some(title), text);
    assert_eq!(names(&entities), [(Person, "Sergei Halvorsen"), (Location, "Moscow"), (Group, "Russian")]);
    let mention = &entities[0].mentions[0];
    assert_eq!((mention.field, mention.start, mention.end), (Field::Title, 0, 9));
}

#[test]
fn the_text_tells_a_headline_what_the_lists_would_misread() {
    let entities = read(Some("Christian Wexley Leaves Chinese Opera"), "The singer Christian Wexley, 34, is leaving.");
    assert_eq!(names(&entities), [(Person, "Christian Wexley"), (Group, "Chinese")]);
}

#[test]
fn capitals_by_position_are_no_evidence() {
    for text in ["Heavy rain fell. Farmers slept. No: “Pigeons came.”", "Bread And Butter", "MR TURNIP SAID SO", ""]
    {
        assert_eq!(names(&read(None, text)), [], "{text}");
    }
}

#[test]
fn parts_of_longer_names_are_not_names() {
    let text = "She ran the Paris Marathon, won the French Open and read the Jordan Wexleys Almanac.";
    let longer = ["Paris Marathon", "French Open", "Jordan Wexleys Almanac"];
    let entities = read(None, text);
    for entity in &entities {
        // A marathon, a tournament and a book may be names, but whole ones, and of neither people nor places.
        assert!(!matches!(entity.kind, Person | Location), "{:?}", names(&entities));
        assert!(longer.contains(&entity.name.as_str()), "{:?}", names(&entities));
        assert_eq!(forms(entity), [entity.name.as_str()]);
    }
}

#[test]
fn offsets_count_scalars_in_their_field() {
    let text = "Über Ärger schweigt — “Łódź” and 🦊: Mr. Żak’s reply";
    let entities = read(None, text);
    let mention = &entity(&entities, "Żak").mentions[0];
    let slice: String = text.chars().skip(mention.start).take(mention.end - mention.start).collect();
    assert_eq!((slice.as_str(), mention.text.as_str()), ("Żak", "Żak"));
}

#[test]
fn other_languages_get_fewer_rules() {
    let french =
        "Le ministre Sergei Halvorsen est à Kinshasa. Halvorsen repart mardi pour l’Angola avec 5 million euros.";
    let entities = recognise(&Input { title: None, text: french, language: "fr", parts: &[], published: None });
    assert_eq!(names(&entities), [(Person, "Sergei Halvorsen"), (Location, "Kinshasa"), (Location, "Angola")]);
    let german = "Der Minister Thomas Vertrag sprach in Berlin mit Christian Arbeit.";
    let entities = recognise(&Input { title: None, text: german, language: "de", parts: &[], published: None });
    assert_eq!(names(&entities), [(Location, "Berlin")]);
}

/// An English article with a Russian statement in it, and the parts that the cleaner finds in it.
fn mixed() -> (String, Vec<LanguagePart>) {
    let english = "Foreign Minister Nikolai Halvorsen met the Russian ambassador in Moscow on Monday. Russia has said \
                   nothing since, the Coastal Rescue Service wrote.\n\n";
    let russian = "«Встреча прошла в Москве», сообщил посол Пётр Лаврухин и добавил, что Россия ответит Норвегии.\n\n";
    let last = "Halvorsen left Moscow on Tuesday.";
    let (first, second) = (english.chars().count(), russian.chars().count());
    let text = format!("{english}{russian}{last}");
    let part = |code: &str, start, end| LanguagePart { code: code.to_owned(), start, end };
    let end = text.chars().count();
    let parts = vec![part("en", 0, first), part("ru", first, first + second), part("en", first + second, end)];
    (text, parts)
}

#[test]
fn each_part_of_an_article_is_read_by_who_reads_its_language() {
    let (text, parts) = mixed();
    let input =
        Input { title: Some("Minister visits Moscow"), text: &text, language: "en", parts: &parts, published: None };
    let found = Recogniser::default().recognise(&input);
    let Recognised { entities, engine } = &found;
    assert_eq!(forms(entity(entities, "Nikolai Halvorsen")), ["Nikolai Halvorsen", "Halvorsen"]);
    assert_eq!(forms(entity(entities, "Coastal Rescue Service")), ["Coastal Rescue Service"]);
    assert_eq!(forms(entity(entities, "Moscow")), ["Moscow", "Moscow", "Москве", "Moscow"]);
    assert_eq!(forms(entity(entities, "Russia")), ["Russia", "Россия"]);
    assert_eq!(forms(entity(entities, "Норвегии")), ["Норвегии"]);
    let in_russian = |form: &&str| form.chars().any(|c| ('а'..='я').contains(&c));
    let persons = entities.iter().filter(|entity| entity.kind == Person).flat_map(forms).filter(in_russian);
    assert_eq!(persons.count(), 0, "nobody was measured on Russian");

    let said: Vec<_> =
        engine.parts.iter().map(|one| (one.start, one.end, one.language.as_str(), one.evaluated)).collect();
    let expected: Vec<_> = parts.iter().map(|one| (one.start, one.end, one.code.as_str(), one.code == "en")).collect();
    assert_eq!(said, expected);
    assert!(engine.parts.iter().all(|one| one.name.starts_with(if one.evaluated { "news-" } else { "rules-" })));
    assert_eq!((engine.language.as_str(), engine.evaluated), ("en", false), "not all of it was");
    assert!(engine.name.starts_with("news-"), "who read most of it");
}

#[test]
fn the_tagger_sees_its_own_parts_alone() {
    let (text, parts) = mixed();
    let letters: Vec<char> = text.chars().collect();
    let [first, _, last] = [0, 1, 2].map(|i: usize| letters[parts[i].start..parts[i].end].iter().collect::<String>());
    let without = read(None, &format!("{first}{last}"));
    let input = Input { title: None, text: &text, language: "en", parts: &parts, published: None };
    let shift = parts[1].end - parts[1].start;
    let mut mixed = recognise(&input);
    for entity in &mut mixed {
        entity.mentions.retain(|mention| !(parts[1].start..parts[1].end).contains(&mention.start));
        let behind = entity.mentions.iter_mut().filter(|mention| mention.start >= parts[2].start);
        behind.for_each(|mention| (mention.start, mention.end) = (mention.start - shift, mention.end - shift));
    }
    mixed.retain(|entity| !entity.mentions.is_empty());
    assert_eq!(mixed, without);
}

#[test]
fn a_title_goes_with_the_articles_language_or_with_the_part_below_it() {
    let (text, parts) = mixed();
    let titled = |language| {
        let input = Input {
            title: Some("Anna Blom visits the museum of tall ships"),
            text: &text,
            language,
            parts: &parts,
            published: None,
        };
        recognise(&input).iter().any(|entity| entity.mentions[0].field == Field::Title)
    };
    assert_eq!((titled("en"), titled("und"), titled("ru")), (true, true, false));
}

#[test]
fn particles_belong_to_the_surname() {
    let text = "José dos Santos rang. Dos Santos was late. President Bashar al-Assad wrote, and al-Assad waited.";
    let entities = read(None, text);
    assert_eq!(forms(entity(&entities, "José dos Santos")), ["José dos Santos", "Dos Santos"]);
    assert_eq!(forms(entity(&entities, "Bashar al-Assad")), ["Bashar al-Assad", "al-Assad"]);
}
