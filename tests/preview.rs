//! `copydesk preview`: why is this paragraph missing?

use std::fs;
use std::process::Output;

use crate::support::articles::body;
use crate::support::desk::{Desk, copydesk, files_below};
use crate::support::dice::Dice;
use crate::support::formats::page;
use serde_json::Value;

const LEFTOVERS: &str = "Skip to main content\n\nHarbour Bridge to Close for Repairs\n\nBy: Ada Lindqvist\n\n\
    (Last Updated On: March 3, 2025)\n\n\
    The old harbour bridge in Oslo will be closed to all traffic for six weeks from Monday, Transport Minister Jon Vik \
    said. Buses will take the northern tunnel, and the ferry will sail twice as often as in an ordinary March.\n\n\
    ” We would rather close it now than have it closed for us,” Vik said.\u{1b}]0;owned\u{7}\n\nShare this post\n";

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// A preview without any configuration, in a folder where there is none.
fn preview(desk: &Desk, arguments: &[&str]) -> Output {
    let mut command = copydesk();
    command.current_dir(desk.path(".")).arg("preview").args(arguments);
    command.output().expect("preview")
}

#[test]
fn cuts_and_mends_stand_in_their_place_with_their_reasons() {
    let desk = Desk::new();
    fs::write(desk.path("bridge.txt"), LEFTOVERS).expect("write");
    let output = preview(&desk, &["bridge.txt"]);
    assert!(output.status.success(), "{output:?}");
    let shown = said(&output);
    for part in [
        "[-Skip to main content-]{navigation}",
        "[-Share this post-]{share}",
        "{quote_spacing}",
        "title        Harbour Bridge to Close for Repairs",
        "Ada Lindqvist (person, from “By: Ada Lindqvist”)",
        "2025-03-03 (day, ",
        "en (",
        "LOC   Oslo",
        "PER   Jon Vik ×2, also “Vik”",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "no command of the article's reaches a terminal");
    assert_eq!(files_below(&desk.path(".")), [desk.path("./bridge.txt")], "nothing is written");
}

#[test]
fn the_whole_source_is_told_to_tools() {
    let desk = Desk::new();
    fs::write(desk.path("bridge.txt"), LEFTOVERS).expect("write");
    let seen: Value =
        serde_json::from_str(&said(&preview(&desk, &["--json", "bridge.txt"]))).expect("one line of JSON");
    assert_eq!((seen["record"].as_u64(), seen["is_markup"].as_bool()), (Some(0), Some(false)));
    let source: Vec<char> = seen["source_text"].as_str().expect("the source").chars().collect();
    assert_eq!(source.iter().collect::<String>(), LEFTOVERS);
    for cut in seen["article"]["removed"].as_array().expect("cuts") {
        let [start, end] = ["start", "end"].map(|side| cut[side].as_u64().expect("a position") as usize);
        assert_eq!(source[start..end].iter().collect::<String>(), cut["text"], "offsets count in the source");
    }
}

#[test]
fn dates_count_from_the_fetch_and_one_ahead_of_the_arrival_is_a_problem() {
    let desk = Desk::new();
    let line = |number, published: &str, fetched: Option<&str>| {
        let text = body(&mut Dice::new(number), number, 2);
        serde_json::json!({"text": text, "published": published, "fetched_at": fetched}).to_string()
    };
    let lines = [
        line(1, "3 hours ago", Some("2024-05-06T22:30:00Z")),
        line(2, "3 hours ago", None),
        line(3, "2190-01-01", None),
    ];
    fs::write(desk.path("dated.jsonl"), lines.join("\n")).expect("write");
    let seen = said(&preview(&desk, &["--json", "dated.jsonl"]));
    let articles: Vec<Value> =
        seen.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["article"].take()).collect();
    let said = |at: usize, words: &str| articles[at]["problems"].to_string().contains(words);
    assert_eq!(articles[0]["published"]["value"], "2024-05-06T19:30Z");
    assert_eq!(articles[0]["problems"], serde_json::json!([]));
    assert!(articles[1]["published"].is_null() && said(1, "`fetched_at`"), "{}", articles[1]);
    assert!(articles[2]["published"]["value"] == "2190-01-01" && said(2, "lies ahead"), "{}", articles[2]);
}

#[test]
fn one_record_of_many_and_one_that_can_not_be_read() {
    let desk = Desk::new();
    let text = body(&mut Dice::new(7), 7, 2);
    let lines = format!("{}\n{{\"text\": \"no end\n", serde_json::json!({"title": "Seven", "text": text}));
    fs::write(desk.path("lines.jsonl"), lines).expect("write");
    let all = preview(&desk, &["lines.jsonl"]);
    assert_eq!(all.status.code(), Some(2), "something could not be read");
    assert!(
        said(&all).contains("title        Seven")
            && said(&all).contains("would go to quarantine in read: invalid_json")
    );
    let second = said(&preview(&desk, &["--record", "1", "lines.jsonl"]));
    assert!(!second.contains("Seven") && second.contains("invalid_json"), "{second}");
    let beyond = preview(&desk, &["--record", "2", "lines.jsonl"]);
    assert_eq!(beyond.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&beyond.stderr).contains("has no record 2"), "{beyond:?}");
}

#[test]
fn a_file_of_an_inbox_is_read_as_the_inbox_would_and_stays() {
    let desk = Desk::new()
        .with("intake", "path", "\"{source}/{language}/**\"")
        .with("sources.courier", "site", "\"The Courier\"")
        .with("sources.courier", "cut", "['^Footnote \\d']");
    let file = desk.inbox().join("courier/fr/one.html");
    fs::create_dir_all(file.parent().expect("a folder")).expect("make it");
    let text = format!("{}\n\nFootnote 7 of the house", body(&mut Dice::new(1), 1, 3));
    fs::write(&file, page(1, &text)).expect("write");
    let before = files_below(&desk.path("."));
    let output = desk.command("preview").arg(&file).output().expect("preview");
    assert!(output.status.success(), "{output:?}");
    let shown = said(&output);
    assert!(shown.contains("source courier") && shown.contains("site         The Courier"), "{shown}");
    assert!(shown.contains("left out") && shown.contains("[-All rights reserved-]"), "{shown}");
    assert!(shown.contains("[-Footnote 7 of the house-]{pattern: ^Footnote \\d}"), "{shown}");
    let after: Vec<_> =
        files_below(&desk.path(".")).into_iter().filter(|path| !path.ends_with("copydesk.toml")).collect();
    assert_eq!(after, before, "nothing is moved or written");
}
