//! What recurs on a site is learned along the way, by epochs; what the user says of a source; what is left out.

use std::collections::BTreeMap;

use copydesk_article::VerdictKind;
use serde_json::{Value, json};

use crate::support::articles::{Input, body, line};
use crate::support::desk::Desk;
use crate::support::dice::Dice;
use crate::support::oracle::{Outcome, lines_in};
use crate::support::torture::kill_often;

const MENU: [&str; 3] = ["Town and country", "Tide tables", "House and garden"];
const FOOT: [&str; 2] = ["Lindvik harbour life", "The boats of Lindvik"];
const STOCK: &str = "The Lindvik Post has followed the dispute over the harbour since it began in the spring of 1998.";

/// So many articles of one site in its template, every third with its stock paragraph, among as many of other sites;
/// ten records a file.
fn stream(articles: u64) -> Input {
    let mut input = Input::default();
    let mut lines = Vec::new();
    for number in 0..articles {
        let mut paragraphs: Vec<String> =
            body(&mut Dice::new(number), number, 3).split("\n\n").map(str::to_owned).collect();
        let source = if number % 2 == 0 { "lindvik" } else { ["north", "south", "east"][number as usize % 3] };
        if number % 2 == 0 {
            if number % 3 == 0 {
                paragraphs.push(STOCK.to_owned());
            }
            paragraphs.splice(0..0, [MENU.join("\n")]);
            paragraphs.push(FOOT.join("\n"));
        }
        lines.push(line(source, number, &paragraphs.join("\n\n")));
        if lines.len() == 10 {
            input.add(&format!("{number:05}.jsonl"), lines.join("\n") + "\n", 10);
            lines.clear();
        }
    }
    input
}

/// Records by sequence, without the time they were received at.
fn records(desk: &Desk) -> BTreeMap<u64, Value> {
    let all = lines_in(&desk.path("out")).into_iter().map(|line| {
        let mut record: Value = serde_json::from_str(&line).expect("a record");
        record["source"]["received_at"].take();
        (record["sequence"].as_u64().expect("a sequence"), record)
    });
    all.collect()
}

fn text(record: &Value) -> &str {
    record["text"].as_str().expect("a text")
}

fn is_of_lindvik(record: &Value) -> bool {
    record["source"]["name"] == "lindvik"
}

/// The removals of a list with a reason.
fn with_reason<'a>(record: &'a Value, list: &str, reason: &str) -> Vec<&'a Value> {
    record[list].as_array().expect("a list").iter().filter(|one| one["reason"] == reason).collect()
}

#[test]
fn a_template_is_learned_and_a_stock_paragraph_stays() {
    let desk = Desk::new();
    stream(400).lay_out(&desk.inbox());
    desk.run_to_end();
    let records = records(&desk);
    assert_eq!(records.len(), 400);
    let first = &records[&1];
    assert_eq!(first["pipeline"]["epoch"], 0);
    assert_eq!(with_reason(first, "removed", "learned"), Vec::<&Value>::new(), "nothing is known yet");
    let mut marked = 0;
    for (sequence, record) in records.range(200..) {
        assert!(record["pipeline"]["epoch"].as_u64() >= Some(5), "{sequence}");
        if !is_of_lindvik(record) {
            assert_eq!(with_reason(record, "removed", "learned"), Vec::<&Value>::new(), "{sequence}");
            continue;
        }
        for line in FOOT.iter().chain(&MENU) {
            assert!(!text(record).contains(line), "{sequence}: {line}");
        }
        let learned = with_reason(record, "removed", "learned");
        assert!(learned.iter().any(|cut| cut["text"] == FOOT[1]), "{sequence}: {learned:?}");
        for cut in learned {
            let evidence = cut["evidence"].as_str().expect("evidence");
            assert!(evidence.contains("of the last") && evidence.contains("stories"), "{evidence}");
        }
        assert_eq!(text(record).contains(STOCK), record["extra"]["x_rank"].as_u64().expect("a number") % 3 == 0);
        marked += with_reason(record, "marked", "learned").iter().filter(|mark| mark["text"] == STOCK).count();
    }
    assert!(marked > 20, "the stock paragraph is listed: {marked}");
}

#[test]
fn what_is_learned_does_not_depend_on_workers_or_timing() {
    let input = stream(400);
    let run = |workers: &str, in_flight: &str, group: &str| {
        let desk = Desk::new().with("pipeline", "workers", workers).with("pipeline", "max_in_flight", in_flight).with(
            "pipeline",
            "commit_articles",
            group,
        );
        input.lay_out(&desk.inbox());
        desk.run_to_end();
        records(&desk)
    };
    let alone = run("1", "1", "1");
    assert!(alone.values().any(|record| !with_reason(record, "removed", "learned").is_empty()));
    for (workers, in_flight, group) in [("4", "900", "256"), ("3", "40", "7")] {
        let together = run(workers, in_flight, group);
        assert_eq!(together.len(), alone.len());
        for (ours, theirs) in together.values().zip(alone.values()) {
            assert_eq!(ours, theirs, "{workers} workers");
        }
    }
}

#[test]
fn a_stop_or_a_crash_in_the_middle_changes_nothing() {
    let input = stream(400);
    let reference = Desk::new();
    input.lay_out(&reference.inbox());
    reference.run_to_end();
    let reference = Outcome::of(&reference);

    let stopped = Desk::new();
    for part in [&input.files[..17], &input.files[17..18], &input.files[18..]] {
        Input { files: part.to_vec(), ..Input::default() }.lay_out(&stopped.inbox());
        stopped.run_to_end();
    }
    Outcome::of(&stopped).assert_same(&reference);

    let killed = Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32");
    input.lay_out(&killed.inbox());
    let hits = kill_often(&killed, 8, 3, &[]);
    assert!(hits > 2, "too few kills came while there was work: {hits}");
    Outcome::of(&killed).assert_same(&reference);
}

#[test]
fn a_source_is_cleaned_as_the_user_wants_it() {
    let desk = Desk::new()
        .with("sources.raw", "clean", "\"off\"")
        .with("sources.shown", "clean", "\"mark\"")
        .with("sources.ruled", "keep", "[\"^Share this\"]")
        .with("sources.ruled", "cut", "['(?i)^our reporter in \\w+']")
        .with("sources.ruled", "trust", "[\"authors\"]")
        .with("sources.ruled", "distrust", "[\"title\"]");
    let prose = body(&mut Dice::new(1), 1, 2);
    let text = format!("A headline of the page itself\n\n{prose}\n\nOur reporter in Oslo\n\nShare this post");
    let mut input = Input::default();
    for source in ["plain", "raw", "shown", "ruled"] {
        let article =
            json!({"source": source, "text": text, "title": "Lindvik Post", "authors": ["By the desk, and others"]});
        input.add(&format!("{source}.json"), article.to_string(), 1);
    }
    input.lay_out(&desk.inbox());
    desk.run_to_end();
    let of: BTreeMap<String, Value> = records(&desk)
        .into_values()
        .map(|record| (record["source"]["name"].as_str().expect("a name").to_owned(), record))
        .collect();
    let [plain, raw, shown, ruled] = ["plain", "raw", "shown", "ruled"].map(|name| &of[name]);

    assert!(!self::text(plain).contains("Share this post") && self::text(plain).contains("Our reporter"));
    assert_eq!(self::text(raw), text, "to the letter");
    assert_eq!(raw["removed"], json!([]));
    assert!(self::text(shown).contains("Share this post"));
    assert_eq!(with_reason(shown, "removed", "share").len(), 1);

    assert!(self::text(ruled).contains("Share this post") && !self::text(ruled).contains("Our reporter"));
    let cut = with_reason(ruled, "removed", "pattern");
    assert_eq!(
        (cut[0]["text"].as_str(), cut[0]["evidence"].as_str()),
        (Some("Our reporter in Oslo"), Some("(?i)^our reporter in \\w+"))
    );
    assert_eq!(
        (plain["title"].as_str(), ruled["title"].as_str()),
        (Some("Lindvik Post"), Some("A headline of the page itself"))
    );
    assert_eq!(ruled["conflicts"], json!([{"field": "title", "value": "Lindvik Post", "from": "supplied"}]));
    assert_eq!(ruled["authors"][0]["name"], "By the desk, and others");
    assert_ne!(plain["authors"][0]["name"], ruled["authors"][0]["name"]);
}

#[test]
fn a_language_that_is_not_wanted_is_left_out_and_counted() {
    let mut desk = Desk::new().with("filter", "languages", "[\"en\"]");
    let german = "Der Stadtrat hat am Montag beschlossen, die alte Fähre noch einen Sommer lang fahren zu lassen. \
                  Die Fischer, die seit dem Krieg am Hafen arbeiten, wollen gegen den Beschluss klagen, sagte ihr Sprecher.";
    let mut input = Input::default();
    input.add("english.txt", body(&mut Dice::new(1), 1, 3), 1);
    input.add("german.txt", german, 1);
    input.add("unsure.txt", "1 2 3 4 5", 1);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_up();
    desk.wait_until_taken(&mut daemon);
    daemon.wait_for("the verdicts to be counted", |daemon| daemon.metrics().sum("copydesk_verdicts_total") == 3.0);
    let metrics = daemon.metrics();
    assert_eq!(metrics.get("copydesk_verdicts_total{verdict=\"filtered\"}"), 1.0);
    assert_eq!(metrics.get("copydesk_filtered_total{reason=\"language\"}"), 1.0);
    let outcome = |desk: &Desk| Outcome::of(desk);
    let told = daemon.events();
    daemon.stop();
    let first = outcome(&desk);
    assert_eq!((first.verdicts.get(VerdictKind::Filtered), first.lines.len()), (1, 2));
    assert_eq!(first.done.len(), 3, "a file whose article is left out is finished");
    let id = first
        .arrivals
        .values()
        .find(|arrived| arrived.verdict.kind() == VerdictKind::Filtered)
        .and_then(|arrived| arrived.id.clone());
    let said = told.iter().find(|event| event["message"] == "left out by rule, not delivered").expect("it is said");
    assert_eq!((said["level"].as_str(), said["article"].as_str()), (Some("INFO"), id.as_deref()));

    // Whoever changes his mind drops the file again: what was left out is nobody's duplicate.
    desk.set("filter", "languages", "[\"en\", \"de\"]");
    let mut again = Input::default();
    again.add("german-again.txt", german, 1);
    again.lay_out(&desk.inbox());
    desk.run_to_end();
    let second = outcome(&desk);
    assert_eq!((second.verdicts.get(VerdictKind::Filtered), second.lines.len()), (1, 3));
}

#[test]
fn a_long_row_of_bad_records_holds_nobody_up() {
    let desk = Desk::new().with("pipeline", "max_in_flight", "900").with("pipeline", "commit_articles", "256");
    let mut input = stream(40);
    input.add("bad.jsonl", "no JSON at all\n".repeat(400), 400);
    input.broken += 400;
    let more = stream(80);
    input.files.extend(more.files[4..].iter().cloned());
    input.records += 40;
    input.lay_out(&desk.inbox());
    desk.run_to_end();
    let outcome = Outcome::of(&desk);
    outcome.assert_counts(&input);
    assert!(outcome.lines.values().any(|record| record["pipeline"]["epoch"].as_u64() > Some(10)));
}
