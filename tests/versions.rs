//! Copies, near copies and versions, as the sinks, the ledger and `duplicates` tell them.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::oracle::Outcome;

const STORY: [&str; 5] = [
    "The ferry to the island of Marn sailed again on Monday after a week of storms that had cut off its 412 people.",
    "Captain Ida Holm said the sea had been calmer than on any day since the start of November, and that all 96 \
     passengers had been glad to see the harbour wall of Port Elin.",
    "“We had bread for two more days,” said Jonas Varga, who keeps the only shop on the island. “Nobody was afraid, \
     but nobody was cheerful either.”",
    "The county had asked the coast guard to fly in medicine on Thursday; the helicopter turned back twice because of \
     gusts of more than 110 kilometres an hour.",
    "Until the company replaces the boat, it said, the crossing will go on being cancelled about 20 days a year.",
];

fn story() -> String {
    STORY.join("\n\n")
}

fn corrected() -> String {
    story().replace("Ida Holm", "Ida Holmen")
}

/// A line of a feed; `more` is fields of its own.
fn line(source: &str, url: &str, text: &str, more: &Value) -> String {
    let mut line = json!({ "source": source, "url": url, "title": "A ferry", "text": text });
    for (field, value) in more.as_object().expect("fields") {
        line[field] = value.clone();
    }
    format!("{line}\n")
}

/// Drops lines as one file and runs the desk until it is taken.
fn take(desk: &Desk, name: &str, lines: &[String]) {
    std::fs::write(desk.path("being-written"), lines.concat()).expect("write");
    std::fs::rename(desk.path("being-written"), desk.inbox().join(name)).expect("drop");
    desk.run_to_end();
}

/// What arrived, by sequence: kind of the verdict and how many rows it caused.
fn verdicts(outcome: &Outcome) -> Vec<(&'static str, u16)> {
    outcome.arrivals.values().map(|arrived| (arrived.verdict.kind().as_str(), arrived.rows)).collect()
}

/// The newest state of the article that came at a sequence.
fn record(outcome: &Outcome, sequence: u64) -> &Value {
    let id = outcome.arrivals[&sequence].id.as_ref().expect("an article");
    outcome.rows.get(id).unwrap_or_else(|| panic!("{id} was not delivered"))
}

const URL: &str = "https://post.example/ferry";

fn none() -> Value {
    json!({})
}

#[test]
fn a_correction_is_a_version_and_a_return_is_another() {
    let desk = Desk::new();
    let (old, new) = (line("post", URL, &story(), &none()), line("post", URL, &corrected(), &none()));
    // Trackers make no difference, and neither does when it comes: together, or over a restart.
    let tracked = line("post", &format!("{URL}?utm_source=x"), &story(), &none());
    take(&desk, "a.jsonl", &[old.clone(), new.clone(), new]);
    take(&desk, "b.jsonl", &[old, tracked]);
    let outcome = Outcome::of(&desk);
    let expected = [("original", 1), ("revision", 2), ("duplicate", 0), ("revision", 2), ("duplicate", 0)];
    assert_eq!(verdicts(&outcome), expected);
    let (back, corrected) = (record(&outcome, 4), record(&outcome, 2));
    assert_eq!(back["id"], record(&outcome, 1)["id"], "the same bytes are the same article");
    assert_eq!((&back["version"], &back["is_current"]), (&json!(3), &json!(true)));
    assert_eq!((&corrected["version"], &corrected["is_current"]), (&json!(2), &json!(false)));
    assert_eq!(corrected["sequence"], 4, "the change of its state came with the version after it");
    assert_eq!((&corrected["document"], &back["document"]), (&back["id"], &back["id"]));
    let change = json!([{ "kind": "changed", "from": 1, "to": 1, "old": STORY[1] }]);
    assert_eq!(corrected["changes"], change, "what it changed");
    let first = &outcome.states[&(back["id"].as_str().expect("an id").to_owned(), 1)];
    assert_eq!((&first["version"], &first["is_current"], &first["changes"]), (&json!(1), &json!(true), &Value::Null));
}

#[test]
fn an_older_backfill_never_becomes_current() {
    let desk = Desk::new();
    let fetched = |at: &str| json!({ "date_download": at });
    let new = line("post", URL, &corrected(), &fetched("2024-05-02T10:00:00Z"));
    let old = line("post", URL, &story(), &fetched("2024-05-01T10:00:00Z"));
    take(&desk, "a.jsonl", &[new, old.clone()]);
    take(&desk, "b.jsonl", &[old]);
    let outcome = Outcome::of(&desk);
    assert_eq!(verdicts(&outcome), [("original", 1), ("revision", 1), ("duplicate", 0)]);
    assert_eq!(record(&outcome, 1)["is_current"], true);
    let backfilled = record(&outcome, 2);
    assert_eq!((&backfilled["is_current"], &backfilled["document"]), (&json!(false), &record(&outcome, 1)["id"]));
}

#[test]
fn a_live_blog_chains_nothing() {
    let desk = Desk::new();
    let text = |hour: u32| (0..90).map(|word| format!("hour{hour}word{word} ")).collect::<String>();
    let lines: Vec<String> = (0..6).map(|hour| line("post", URL, &text(hour), &none())).collect();
    take(&desk, "a.jsonl", &lines);
    let outcome = Outcome::of(&desk);
    assert_eq!(verdicts(&outcome), [("original", 1); 6]);
    assert!(outcome.rows.values().all(|record| record["is_current"] == true && record["version"] == 1));
}

fn near_copy() -> String {
    line("wire", "https://wire.example/1", &format!("PORT ELIN (KNA) - {}", STORY[..4].join("\n\n")), &none())
}

#[test]
fn policies_say_what_becomes_of_a_near_copy() {
    for (policy, rows, kind) in [
        ("tag", 1, Some("near_duplicate")),
        ("deliver", 1, Some("original")),
        ("shadow", 1, Some("original")),
        ("withhold", 0, None),
    ] {
        let desk = Desk::new().with("policy", "near_duplicate", &format!("\"{policy}\""));
        take(&desk, "a.jsonl", &[line("post", URL, &story(), &none()), near_copy()]);
        let outcome = Outcome::of(&desk);
        assert_eq!(verdicts(&outcome), [("original", 1), ("near_duplicate", rows)], "{policy}");
        if let Some(kind) = kind {
            assert_eq!(record(&outcome, 2)["verdict"]["kind"], kind, "{policy}");
        }
    }
}

#[test]
fn a_shadowed_revision_changes_nothing() {
    let desk = Desk::new().with("policy", "revision", "\"shadow\"");
    take(&desk, "a.jsonl", &[line("post", URL, &story(), &none()), line("post", URL, &corrected(), &none())]);
    let outcome = Outcome::of(&desk);
    assert_eq!(verdicts(&outcome), [("original", 1), ("revision", 1)]);
    for sequence in [1, 2] {
        let record = record(&outcome, sequence);
        assert_eq!(
            (&record["version"], &record["is_current"], &record["document"]),
            (&json!(1), &json!(true), &record["id"])
        );
    }
}

#[test]
fn an_original_is_told_who_else_published_it() {
    let desk = Desk::new().with("dedup", "updates", "true").with("policy", "duplicate_text", "\"withhold\"");
    let published = |site: &str, day: &str| json!({ "site": site, "date_publish": day });
    let first = line("post", URL, &story(), &published("Harbour Post", "2024-03-05"));
    let copy = line("valley", "https://valley.example/9", &story(), &published("Valley News", "2024-03-04"));
    take(&desk, "a.jsonl", &[first, copy.clone(), near_copy()]);
    let again = copy.replace("valley.example", "hill.example").replace("Valley News", "Hill News");
    take(&desk, "b.jsonl", &[again]);
    let outcome = Outcome::of(&desk);
    assert_eq!(verdicts(&outcome), [("original", 1), ("duplicate", 1), ("near_duplicate", 2), ("duplicate", 1)]);
    let copies = json!({ "count": 3, "sites": ["Valley News", "wire", "Hill News"], "published": "2024-03-04" });
    assert_eq!(record(&outcome, 1)["copies"], copies);
    assert_eq!(record(&outcome, 1)["sequence"], 4);
}

fn ask(desk: &Desk, article: &str) -> Output {
    desk.command("duplicates").arg(article).arg("--json").output().expect("run it")
}

#[test]
fn duplicates_says_who_is_like_it_and_why() {
    let desk = Desk::new();
    let copy = line("valley", "https://valley.example/9", &story(), &none());
    take(&desk, "a.jsonl", &[line("post", URL, &story(), &none()), near_copy(), copy]);
    let outcome = Outcome::of(&desk);
    let id = |sequence: u64| outcome.arrivals[&sequence].id.clone().expect("an article");
    let answer = |article: &str| {
        let output = ask(&desk, article);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    for asked in [1, 2, 3].map(id) {
        let answer = answer(&asked);
        assert_eq!(answer["cluster"]["original"], id(1), "{answer}");
        assert_eq!(answer["cluster"]["members"], 3);
        let copies = answer["cluster"]["copies"].as_array().expect("copies");
        assert_eq!(copies.iter().map(|copy| copy["id"].clone()).collect::<Vec<_>>(), [id(2), id(3)]);
        assert!(copies[0]["likeness"]["similarity"].as_f64().expect("a number") > 0.45);
    }
    std::fs::write(desk.path("other.txt"), format!("{}\n\nA last word was added.", STORY[1..].join("\n\n")))
        .expect("write");
    let file = answer(desk.path("other.txt").to_str().expect("UTF-8"));
    assert_eq!((&file["alike"][0]["finding"], &file["alike"][0]["id"]), (&json!("copy"), &json!(id(1))), "{file}");
    assert_eq!(file["verdict"], Value::Null);
}

#[test]
fn duplicates_says_what_to_do_while_the_daemon_runs() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_up();
    let output = ask(&desk, &"0".repeat(32));
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("the daemon runs") && words.contains("Stop it"), "{words}");
    daemon.stop();
    let words = String::from_utf8_lossy(&ask(&desk, &"0".repeat(32)).stderr).into_owned();
    assert!(words.contains("has taken no article"), "{words}");
}
