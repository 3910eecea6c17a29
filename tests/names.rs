//! Who finds names, as the configuration wants it: the model, and the names of the user's own that may change at any time.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::articles::{Input, body, line};
use crate::support::desk::{Daemon, Desk};
use crate::support::dice::Dice;
use crate::support::oracle::{Outcome, lines_in};
use crate::support::torture::kill_often;

const STORY: &str = "The harbour master of Lindvik, Jon Varg, said on Monday that the grey dolphin fund would pay for \
the new pier. Varg said that work on it would begin before the end of the year, and that the fund had asked for \
nothing in return.";

/// Drops the story with a last line of its own, and gives back the record that it became.
fn drop_story(desk: &Desk, daemon: &mut Daemon, name: &str) -> Value {
    let text = format!("{STORY}\n\nThis is the {name} story about the pier, and no other story says what it says.");
    let half = desk.path("half");
    fs::write(&half, text).expect("write");
    fs::rename(&half, desk.inbox().join(format!("{name}.txt"))).expect("rename");
    daemon.wait_for("the story to be delivered", |_| desk.inbox_files().is_empty());
    let lines = lines_in(&desk.path("out"));
    serde_json::from_str(lines.last().expect("a line")).expect("a record")
}

/// Every name with a watched id: name, type, id.
fn watched(record: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let of = |entity: &Value| {
        let ids = entity["ids"].as_array().expect("ids");
        let id = ids.iter().map(text).find(|id| id.starts_with("watch:"))?;
        Some((text(&entity["name"]), text(&entity["type"]), id))
    };
    record["entities"].as_array().expect("entities").iter().filter_map(of).collect()
}

fn expected(name: &str, kind: &str, id: &str) -> (String, String, String) {
    (name.to_owned(), kind.to_owned(), id.to_owned())
}

fn put_list(desk: &Desk, list: &str) {
    let next = desk.path("next-list");
    fs::write(&next, list).expect("write");
    fs::rename(&next, desk.path("names.csv")).expect("rename");
}

#[test]
fn a_changed_watchlist_is_searched_for_from_the_next_article_on() {
    let desk = Desk::new().with("entities", "watchlist", "\"names.csv\"");
    put_list(&desk, "id,name,aliases,type\nf-7,Grey Dolphin Fund,grey dolphin fund,ORG\n");
    let mut daemon = desk.start();
    let first = drop_story(&desk, &mut daemon, "first");
    assert_eq!(watched(&first), [expected("grey dolphin fund", "ORG", "watch:f-7")]);

    put_list(&desk, "{\"id\": \"p-1\", \"name\": \"Jon Varg\", \"type\": \"PER\"}\n");
    let second = drop_story(&desk, &mut daemon, "second");
    assert_eq!(watched(&second), [expected("Jon Varg", "PER", "watch:p-1")]);
    let version = |record: &Value| record["entity_engine"]["watchlist"].as_str().expect("a version").to_owned();
    assert_ne!(version(&first), version(&second));

    put_list(&desk, "p-1,\n");
    let third = drop_story(&desk, &mut daemon, "third");
    assert_eq!(watched(&third), watched(&second), "a broken list changes nothing");
    assert_eq!(version(&third), version(&second));
    daemon.stop();
}

#[test]
fn the_model_is_the_one_of_the_configuration() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../entities/models/open.bin");
    for (model, name) in [("\"news\"", "news-"), ("\"open\"", "open-"), (&format!("[\"{own}\"]"), "open-")] {
        let desk = Desk::new().with("entities", "model", model);
        let mut daemon = desk.start();
        let record = drop_story(&desk, &mut daemon, "only");
        assert!(record["entity_engine"]["name"].as_str().is_some_and(|found| found.starts_with(name)));
        assert_eq!(record["entity_engine"]["evaluated"], true);
        assert_eq!(record["entity_engine"]["watchlist"], Value::Null);
        daemon.stop();
    }
}

#[test]
fn an_article_of_two_languages_is_read_part_by_part() {
    const ENGLISH: &str = "The harbour master of Lindvik, Jon Varg, said on Monday in Berlin that Germany would pay for \
        the new pier, and that nobody in the Coastal Rescue Service had asked for anything in return.";
    const GERMAN: &str = "„Die Hafenmeisterei hat lange gewartet“, teilte der Sprecher Thomas Vertrag mit. „Deutschland \
        wird für die neue Mole zahlen, und der Graue Delfin wird im Frühjahr mit der Arbeit beginnen.“";
    const LAST: &str = "Jon Varg left Berlin on the same evening, and said that he would be back in the spring with the \
        plans of the pier, if there were any by then.";
    let desk = Desk::new().with("entities", "watchlist", "\"names.csv\"");
    put_list(&desk, "d-1,Graue Delfin,,ORG\n");
    let mut daemon = desk.start();
    let text = format!("{ENGLISH}\n\n{GERMAN}\n\nOslo\n\n{LAST}");
    fs::write(desk.path("half"), text).expect("write");
    fs::rename(desk.path("half"), desk.inbox().join("mixed.txt")).expect("rename");
    daemon.wait_for("the story to be delivered", |_| desk.inbox_files().is_empty());
    daemon.stop();
    let record: Value = serde_json::from_str(lines_in(&desk.path("out")).last().expect("a line")).expect("a record");

    let letters: Vec<char> = record["text"].as_str().expect("text").chars().collect();
    let number = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("an offset");
    let cut = |part: &Value| letters[number(&part["start"])..number(&part["end"])].iter().collect::<String>();
    let parts = record["language"]["parts"].as_array().expect("parts");
    let seen: Vec<_> = parts.iter().map(|part| (part["code"].as_str().expect("code"), cut(part))).collect();
    let expected = [("en", format!("{ENGLISH}\n\n")), ("de", format!("{GERMAN}\n\nOslo\n\n")), ("en", LAST.to_owned())];
    assert_eq!(seen, expected);

    let engine = &record["entity_engine"];
    let readers = engine["parts"].as_array().expect("readers");
    let read: Vec<_> = readers.iter().map(|part| (part["language"].as_str(), cut(part), &part["evaluated"])).collect();
    let whole: Vec<_> = expected.iter().map(|(code, text)| (Some(*code), text.clone(), *code == "en")).collect();
    assert_eq!(read.len(), whole.len());
    for ((language, text, evaluated), whole) in read.into_iter().zip(whole) {
        assert_eq!((language, text, evaluated.as_bool().expect("a bool")), whole);
    }
    assert_eq!((&engine["language"], &engine["evaluated"]), (&Value::from("en"), &Value::from(false)));

    let german = number(&parts[1]["start"])..number(&parts[1]["end"]);
    let mut in_german = Vec::new();
    for entity in record["entities"].as_array().expect("entities") {
        for mention in entity["mentions"].as_array().expect("mentions") {
            assert_eq!(cut(mention), mention["text"].as_str().expect("text"));
            if german.contains(&number(&mention["start"])) {
                in_german.push((entity["name"].as_str().expect("name"), mention["text"].as_str().expect("text")));
            }
        }
    }
    in_german.sort_unstable();
    let germany = ("Germany", "Deutschland");
    assert_eq!(
        in_german,
        [germany, ("Graue Delfin", "Graue Delfin"), ("Oslo", "Oslo")],
        "no person: no tagger of German"
    );
    let dolphin = watched(&record);
    assert_eq!(dolphin, [(String::from("Graue Delfin"), String::from("ORG"), String::from("watch:d-1"))]);
}

#[test]
fn check_names_the_list_and_the_line() {
    let said = |desk: &Desk| {
        let output = desk.command("check").output().expect("run check");
        assert!(!output.status.success());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let desk = Desk::new().with("entities", "watchlist", "\"names.csv\"");
    assert!(said(&desk).contains("names.csv can't be read"));
    put_list(&desk, "1,Norvik\n2,Blom,,XYZ\n");
    let problem = said(&desk);
    assert!(problem.contains("names.csv: line 2 of the watchlist"), "{problem}");
    put_list(&desk, "1,Norvik\n");
    assert!(desk.command("check").output().expect("run check").status.success());
    fs::write(desk.path("half.bin"), "no model").expect("write");
    let desk = Desk::new().with("entities", "model", "\"half.bin\"");
    fs::write(desk.path("half.bin"), "no model").expect("write");
    assert!(said(&desk).contains("no tagger model of this version"));
}

/// Stories about a captain, ten a file: the first forty spell the name in two ways, the others in one or the other, and
/// every fifth is about somebody of the same surname.
fn captains(stories: u64) -> Input {
    let mut input = Input::default();
    let mut lines = Vec::new();
    for number in 0..stories {
        let mut text = body(&mut Dice::new(number), number, 3);
        text.push_str(match number {
            _ if number % 5 == 4 => "\n\nMs. Kasimi said on Monday that Kasimi would stay at home.",
            0..40 => {
                "\n\nCaptain Anna Kasimi said on Monday that the ferry was late. Anna Qasimi has led the \
                 crew for years."
            }
            _ if number % 2 == 0 => {
                "\n\nCaptain Anna Kasimi said on Monday that the ferry was late. Ms. Kasimi blamed the wind."
            }
            _ => "\n\nCaptain Anna Qasimi said on Monday that the ferry was late. Ms. Qasimi blamed the wind.",
        });
        lines.push(line("harbour", number, &text));
        if lines.len() == 10 {
            input.add(&format!("{number:05}.jsonl"), lines.join("\n") + "\n", 10);
            lines.clear();
        }
    }
    input
}

/// The ids of the captain by sequence.
fn captain_ids(desk: &Desk) -> BTreeMap<u64, Vec<String>> {
    let of = |line: &String| {
        let record: Value = serde_json::from_str(line).expect("a record");
        let entities = record["entities"].as_array().expect("entities");
        let captain = entities.iter().find(|e| e["name"].as_str().is_some_and(|name| name.contains("asimi")));
        let ids = captain.map_or(Vec::new(), |captain| {
            let ids = captain["ids"].as_array().expect("ids").iter();
            ids.map(|id| id.as_str().expect("a text").to_owned()).collect()
        });
        (record["sequence"].as_u64().expect("a sequence"), ids)
    };
    lines_in(&desk.path("out")).iter().map(of).collect()
}

#[test]
fn two_spellings_of_a_person_become_one_by_a_redirect() {
    let input = captains(200);
    let run = |workers: &str, in_flight: &str, group: &str| {
        let desk = Desk::new().with("pipeline", "workers", workers).with("pipeline", "max_in_flight", in_flight).with(
            "pipeline",
            "commit_articles",
            group,
        );
        input.lay_out(&desk.inbox());
        desk.run_to_end();
        (captain_ids(&desk), desk)
    };
    let (ids, reference) = run("1", "1", "1");
    assert_eq!(ids.len(), 200);
    let (kasimi, qasimi) = ("local:per:ana-kasimi", "local:per:ana-qasimi");
    // One file after the other, so a story has the sequence after its number.
    let alone: Vec<u64> = ids.iter().filter(|(_, ids)| ids.is_empty()).map(|(sequence, _)| sequence - 1).collect();
    assert!((4..200).step_by(5).all(|number| alone.contains(&number)), "a surname alone is nobody's id: {alone:?}");
    assert!(alone.len() < 100, "the captain is found in most stories: {alone:?}");
    let (mut redirected, mut plain) = (0, 0);
    for (sequence, ids) in ids.range(81..).filter(|(_, ids)| !ids.is_empty()) {
        match ids.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [to, from] if [to, from].contains(&kasimi) && [to, from].contains(&qasimi) => redirected += 1,
            [id] if id == kasimi || id == qasimi => plain += 1,
            _ => panic!("{sequence}: {ids:?}"),
        }
    }
    assert!(redirected > 25 && plain > 25, "{redirected} redirected, {plain} not");
    assert!(ids.range(..33).all(|(_, ids)| ids.len() < 2), "nothing is known yet");

    let (together, _) = run("4", "90", "50");
    assert_eq!(together, ids);

    let killed = Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32");
    input.lay_out(&killed.inbox());
    let hits = kill_often(&killed, 6, 3, &[]);
    assert!(hits > 1, "too few kills came while there was work: {hits}");
    Outcome::of(&killed).assert_same(&Outcome::of(&reference));
    assert_eq!(captain_ids(&killed), ids);
}
