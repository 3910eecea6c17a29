//! A sink that comes late, articles that it refused, articles that it is to get again: by command, with a daemon and
//! without.

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::support::articles::{Input, body, line};
use crate::support::desk::{Daemon, Desk, files_below};
use crate::support::dice::Dice;
use crate::support::endpoint::Endpoint;
use crate::support::oracle::{Outcome, assert_same, lines_in};

const DONE: &str = "sent again what was asked for";

/// A file of small articles with some numbers.
fn numbered(numbers: std::ops::RangeInclusive<u64>) -> Input {
    let mut input = Input::default();
    let lines: Vec<String> =
        numbers.clone().map(|number| line("wire", number, &body(&mut Dice::new(number), number, 3))).collect();
    input.add(&format!("{}.jsonl", numbers.start()), lines.join("\n"), numbers.count() as u64);
    input
}

fn take(desk: &Desk, input: &Input) {
    input.lay_out(&desk.inbox());
    desk.run_to_end();
}

fn of_sink(daemon: &Daemon, metric: &str, sink: &str) -> u64 {
    daemon.metrics().get(&format!("copydesk_sink_{metric}{{sink=\"{sink}\"}}")) as u64
}

/// Runs a command on a desk; it must end well.
fn told(desk: &Desk, arguments: &[&str]) -> String {
    let output = tell(desk, arguments);
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{errors}");
    out.into_owned()
}

fn tell(desk: &Desk, arguments: &[&str]) -> Output {
    desk.command(arguments[0]).args(&arguments[1..]).output().expect("run the command")
}

/// How often each state stands in a sink's lines, by id and sequence.
fn counted(records: &[Value]) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        let id = record["id"].as_str().expect("an id").to_owned();
        *counts.entry((id, record["sequence"].as_u64().expect("a sequence"))).or_insert(0) += 1;
    }
    counts
}

fn lines_of(desk: &Desk, folder: &str) -> Vec<Value> {
    lines_in(&desk.path(folder)).iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_sink_that_comes_late_begins_now_or_with_the_oldest_that_is_held() {
    let mut desk = Desk::new();
    take(&desk, &numbered(1..=20));
    for (name, start) in [("later", "now"), ("all", "oldest"), ("usual", "")] {
        let section = format!("sinks.{name}");
        desk.set(&section, "type", "\"jsonl\"");
        desk.set(&section, "path", &format!("\"{name}/articles.jsonl\""));
        if !start.is_empty() {
            desk.set(&section, "start", &format!("\"{start}\""));
        }
    }
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    daemon.kill();
    take(&desk, &numbered(21..=30));
    let count = |folder: &str| counted(&lines_of(&desk, folder)).values().filter(|count| **count == 1).count();
    assert_eq!((count("later"), count("all"), count("usual")), (10, 30, 30));
    assert_eq!(Outcome::of(&desk).lines.len(), 30);

    desk.set("sinks.later", "start", "\"yesterday\"");
    let refused = tell(&desk, &["check"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("unknown variant `yesterday`"), "{words}");
}

/// A desk whose third sink has refused articles 3 and 5 of eight, and the endpoint.
fn refused() -> (Desk, Endpoint) {
    let endpoint = Endpoint::start(Some("quagga"));
    let desk = Desk::new().with("sinks.hook", "type", "\"webhook\"").with(
        "sinks.hook",
        "url",
        &format!("\"http://{}/in\"", endpoint.address),
    );
    let texts = (1..=8).map(|number| {
        let word = if number == 3 || number == 5 { " It was a quagga." } else { "" };
        line("wire", number, &format!("{}{word}", body(&mut Dice::new(number), number, 3)))
    });
    let mut input = Input::default();
    input.add("lines.jsonl", texts.collect::<Vec<_>>().join("\n"), 8);
    take(&desk, &input);
    assert_eq!(endpoint.records().len(), 6);
    (desk, endpoint)
}

fn listed(desk: &Desk) -> Vec<Value> {
    let listed = told(desk, &["rejected", "list", "--json"]);
    listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn what_was_rejected_is_listed_shown_retried_and_dropped() {
    let (desk, endpoint) = refused();
    let found = listed(&desk);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one["sink"] == "hook" && one["reason"] == "HTTP 422: that word, not here"));
    let (first, second) = (found[0]["id"].as_str().expect("an id"), found[1]["sequence"].to_string());
    let table = told(&desk, &["rejected", "list", "--sink", "hook"]);
    assert!(table.contains(first) && table.contains("that word, not here"), "{table}");
    assert_eq!(told(&desk, &["rejected", "list", "--sink", "lines"]), "");
    assert!(!tell(&desk, &["rejected", "list", "--sink", "hock"]).status.success());
    let shown: Value = serde_json::from_str(&told(&desk, &["rejected", "show", first])).expect("JSON");
    assert_eq!(shown["record"]["title"], "Report 3 from wire");
    assert!(!tell(&desk, &["rejected", "retry", "99"]).status.success(), "nobody has rejected that");

    // The endpoint still refuses: with a daemon that runs, it is back at once.
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    told(&desk, &["rejected", "retry", first]);
    daemon.wait_for("the second refusal", |daemon| daemon.has_said(DONE));
    assert_eq!(listed(&desk).len(), 2);
    assert_eq!(endpoint.records().len(), 6);
    // Then it takes everything.
    endpoint.refuse(None);
    told(&desk, &["rejected", "retry", first]);
    daemon.wait_for("the article", |_| endpoint.records().len() == 7);
    daemon.wait_for("the count", |daemon| of_sink(daemon, "sent_again_total", "hook") == 1);
    daemon.stop();
    assert_eq!(endpoint.records()[6]["title"], "Report 3 from wire");

    told(&desk, &["rejected", "drop", &second]);
    assert_eq!(listed(&desk).len(), 0);
    desk.start().stop();
    assert_eq!(endpoint.records().len(), 7);
    assert_eq!(files_below(&desk.path("quarantine")), Vec::<std::path::PathBuf>::new(), "nothing is left lying");
    // The ledger balances, with one delivered after all.
    Outcome::of(&desk);
}

#[test]
fn without_a_daemon_a_retry_waits_for_the_next_one() {
    let (desk, endpoint) = refused();
    told(&desk, &["rejected", "retry", "--all"]);
    assert_eq!((listed(&desk).len(), endpoint.records().len()), (0, 6));
    endpoint.refuse(None);
    let mut daemon = desk.start();
    daemon.wait_for("the articles", |_| endpoint.records().len() == 8);
    daemon.wait_for("the end of it", |daemon| daemon.has_said(DONE));
    daemon.stop();
    assert!(counted(&endpoint.records()).values().all(|count| *count == 1), "each once");
}

/// Records by id, with what a desk knows without having learned.
fn known(records: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let fields = ["sequence", "verdict", "document", "version", "is_current", "title", "source", "language", "text"];
    let of = |record: &Value| fields.iter().map(|field| ((*field).to_owned(), record[*field].clone())).collect();
    records.iter().map(|(id, record)| (id.clone(), Value::Object(of(record)))).collect()
}

#[test]
fn an_emptied_store_gets_everything_again_from_the_outbox_and_from_done() {
    let desk = Desk::new().with("ledger", "segment_bytes", "65536");
    let input = Input::of(0x4E91, 600);
    take(&desk, &input);
    let before = Outcome::of(&desk);
    for file in files_below(&desk.path("out")).iter().filter(|file| file.to_string_lossy().contains("articles.db")) {
        fs::remove_file(file).expect("remove the database");
    }
    // Of the outbox alone only the newest are there.
    told(&desk, &["replay", "--sink", "store", "--since", "1d", "--outbox-only"]);
    let mut daemon = desk.start();
    daemon.wait_for("the outbox", |daemon| daemon.has_said(DONE));
    let from_outbox = of_sink(&daemon, "sent_again_total", "store");
    assert!(from_outbox > 0 && from_outbox < before.lines.len() as u64 / 2, "{from_outbox} are still held");
    // Everything, while the daemon runs and has new articles to take.
    told(&desk, &["replay", "--sink", "store", "--since", "1d"]);
    let more = numbered(9001..=9040);
    more.lay_out(&desk.inbox());
    let ends = |daemon: &Daemon| daemon.events().iter().filter(|event| event["message"] == DONE).count();
    daemon.wait_for("everything", |daemon| ends(daemon) == 2);
    desk.wait_until_taken(&mut daemon);
    assert!(of_sink(&daemon, "sent_again_total", "store") >= from_outbox + before.lines.len() as u64);
    daemon.stop();
    let after = Outcome::of_parts(&desk);
    assert_same("lines and rows", &known(&after.rows), &known(&after.lines));
    assert_eq!(after.lines.len(), before.lines.len() + 40);

    // Nothing since tomorrow; and a store that keeps one state takes all of it once more without a change.
    told(&desk, &["replay", "--sink", "store", "--since", "2999-01-01"]);
    told(&desk, &["replay", "--sink", "store", "--since", "1d"]);
    let mut daemon = desk.start();
    daemon.wait_for("both requests", |daemon| ends(daemon) == 2);
    daemon.stop();
    assert_same("rows", &known(&Outcome::of_parts(&desk).rows), &known(&after.rows));
}

#[test]
fn a_store_of_lines_and_one_of_parts_get_the_same_states_once_more() {
    let desk = Desk::new()
        .with("sinks.parts", "type", "\"folder\"")
        .with("sinks.parts", "path", "\"parts\"")
        .with("sinks.parts", "compression", "\"none\"")
        .with("sinks.parts", "batch_articles", "7");
    take(&desk, &numbered(1..=20));
    let mut daemon = desk.start();
    daemon.wait_until_up();
    for sink in ["lines", "parts"] {
        told(&desk, &["replay", "--sink", sink, "--since", "1d"]);
        daemon.wait_for("the replay", |daemon| of_sink(daemon, "sent_again_total", sink) == 20);
    }
    take_with(&desk, &mut daemon, &numbered(21..=25));
    daemon.stop();
    for folder in ["out", "parts"] {
        let counts = counted(&lines_of(&desk, folder));
        assert_eq!(counts.len(), 25, "{folder}");
        for ((_, sequence), count) in counts {
            assert_eq!(count, if sequence <= 20 { 2 } else { 1 }, "{folder}: {sequence}");
        }
    }
}

fn take_with(desk: &Desk, daemon: &mut Daemon, input: &Input) {
    input.lay_out(&desk.inbox());
    desk.wait_until_taken(daemon);
}

#[test]
fn a_replay_survives_kills_and_no_fenced_store_gets_a_batch_twice() {
    let desk = Desk::new().with("sinks.lines", "batch_articles", "5");
    take(&desk, &Input::of(0x4E92, 200));
    let rows = Outcome::of(&desk).states.len();
    told(&desk, &["replay", "--sink", "lines", "--since", "1d"]);
    for point in ["sink.before", "sink.after", "jsonl.append.half", "sink.after"] {
        let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("{point}=3*off->return"))]);
        daemon.wait_for_end();
    }
    let mut daemon = desk.start();
    daemon.wait_for("the end of it", |daemon| daemon.has_said(DONE));
    daemon.stop();
    let counts = counted(&lines_of(&desk, "out"));
    assert_eq!(counts.len(), rows);
    assert!(counts.values().all(|count| *count == 2), "each once more, and no more than that");
}
