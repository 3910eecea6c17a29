//! Several sinks side by side: one that hangs, one that refuses, one that chooses; and kills with four of them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::articles::{Input, body, line};
use crate::support::desk::{Daemon, Desk, files_below};
use crate::support::dice::Dice;
use crate::support::endpoint::Endpoint;
use crate::support::oracle::{Outcome, assert_same, lines_in};
use crate::support::postgres_server::{PASSWORD, PostgresServer};
use crate::support::servers::free_port;
use crate::support::torture::{kill_often, reference};

fn of_sink(daemon: &Daemon, metric: &str, sink: &str) -> u64 {
    daemon.metrics().get(&format!("copydesk_sink_{metric}{{sink=\"{sink}\"}}")) as u64
}

/// A desk with an endpoint as its third sink.
fn with_hook(endpoint: &Endpoint) -> Desk {
    Desk::new()
        .with("sinks.hook", "type", "\"webhook\"")
        .with("sinks.hook", "url", &format!("\"http://{}/in\"", endpoint.address))
        .with("sinks.hook", "timeout_secs", "1")
}

/// Failed calls of the endpoint's sink, of one kind.
fn failures(daemon: &Daemon, kind: &str) -> f64 {
    daemon.metrics().get(&format!("copydesk_sink_errors_total{{sink=\"hook\",kind=\"{kind}\"}}"))
}

fn ids(records: &[Value]) -> BTreeMap<String, Value> {
    records.iter().map(|record| (record["id"].as_str().expect("an id").to_owned(), Value::Null)).collect()
}

#[test]
fn a_sink_that_hangs_holds_up_no_other_and_is_named() {
    let input = Input::of(0x4A96, 250);
    let expected = reference(&input);
    let endpoint = Endpoint::start(None);
    endpoint.hang(true);
    let desk = with_hook(&endpoint);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_up();
    let all = expected.lines.len() as u64;
    for sink in ["lines", "store"] {
        daemon.wait_for("the others to have everything", |daemon| of_sink(daemon, "delivered_total", sink) == all);
    }
    assert_eq!(of_sink(&daemon, "delivered_total", "hook"), 0);
    assert_eq!(desk.inbox_files().len(), input.files.len(), "no file is finished while a required sink lacks it");
    daemon.wait_for("readiness to name it", |daemon| {
        let (status, reasons) = daemon.get("/readyz");
        status == 503 && reasons.contains("sink hook: no answer within 1 s")
    });
    assert_eq!(of_sink(&daemon, "up", "hook"), 0);
    assert!(of_sink(&daemon, "lag_articles", "hook") > 0);
    assert!(failures(&daemon, "timeout") > 0.0, "{}", daemon.get("/metrics").1);
    assert_eq!(failures(&daemon, "connection"), 0.0);
    endpoint.hang(false);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    assert_same(
        "the endpoint",
        &ids(&endpoint.records()),
        &expected.lines.keys().map(|id| (id.clone(), Value::Null)).collect(),
    );
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn check_warns_of_a_server_that_is_not_there_and_run_waits_for_it() {
    let endpoint = Endpoint::start(None);
    let desk = with_hook(&endpoint);
    let check = |desk: &Desk, arguments: &[&str]| {
        let output = desk.command("check").args(arguments).output().expect("run check");
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        assert!(output.status.success(), "{said}");
        said
    };
    let said = check(&desk, &[]);
    assert!(said.contains("ok, 3 sink(s)\n") && !said.contains("warning"), "{said}");

    let port = free_port();
    let desk = with_hook(&endpoint).with("sinks.hook", "url", &format!("\"http://127.0.0.1:{port}/in\""));
    let said = check(&desk, &[]);
    assert!(said.contains(&format!("warning: sink `hook` is not reached at 127.0.0.1:{port} (")), "{said}");
    assert!(said.contains("start the server") && said.contains("ok, 3 sink(s), 1 warning(s)\n"), "{said}");
    assert!(!check(&desk, &["--offline"]).contains("warning"));

    let mut daemon = desk.start();
    daemon.wait_until_up();
    let mut input = Input::default();
    input.add("one.txt", body(&mut Dice::new(1), 1, 3), 1);
    input.drop_into(&desk.inbox(), &desk.path("scratch"));
    daemon.wait_for("the connection to fail", |daemon| failures(daemon, "connection") > 0.0);
    daemon.wait_for("the others to have it", |daemon| of_sink(daemon, "delivered_total", "lines") == 1);
    assert!(daemon.get("/readyz").1.contains("sink hook: could not reach"), "{}", daemon.get("/readyz").1);
    assert_eq!(desk.inbox_files().len(), 1, "the file waits for a required sink");
    assert!(!daemon.has_ended());
}

#[test]
fn what_a_sink_refuses_is_kept_with_its_words_and_the_rest_goes_on() {
    let endpoint = Endpoint::start(Some("quagga"));
    let desk = with_hook(&endpoint);
    let mut input = Input::default();
    let texts = (1..=12).map(|number| {
        let word = if number == 5 { " It was a quagga." } else { "" };
        line("wire", number, &format!("{}{word}", body(&mut Dice::new(number), number, 3)))
    });
    input.add("lines.jsonl", texts.collect::<Vec<_>>().join("\n"), 12);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    assert_eq!(of_sink(&daemon, "rejected_total", "hook"), 1);
    assert_eq!(of_sink(&daemon, "delivered_total", "hook"), 11);
    daemon.stop();
    assert_eq!(endpoint.records().len(), 11);
    let kept = files_below(&desk.path("quarantine/rejected/hook"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    let slip: Value = serde_json::from_slice(&fs::read(&kept[0]).expect("read")).expect("JSON");
    assert_eq!(slip["reason"], "HTTP 422: that word, not here");
    assert_eq!((&slip["sink"], &slip["record"]["title"]), (&"hook".into(), &"Report 5 from wire".into()));
}

#[test]
fn a_sink_gets_what_it_chose_and_skips_the_rest() {
    let desk = Desk::new()
        .with("sinks.some", "type", "\"jsonl\"")
        .with("sinks.some", "path", "\"some/articles.jsonl\"")
        .with("sinks.some", "fields", "[\"title\", \"source\"]")
        .with("sinks.some.filter", "sources", "[\"wire\", \"post\"]")
        .with("sinks.some.filter", "verdicts", "[\"original\"]");
    let mut input = Input::default();
    let sources = ["wire", "post", "other", "wire", "other"];
    let lines =
        (1..).zip(sources).map(|(number, source)| line(source, number, &body(&mut Dice::new(number), number, 3)));
    input.add("lines.jsonl", lines.collect::<Vec<_>>().join("\n"), 5);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    assert_eq!((of_sink(&daemon, "delivered_total", "some"), of_sink(&daemon, "skipped_total", "some")), (3, 2));
    daemon.stop();
    let records: Vec<Value> =
        lines_in(&desk.path("some")).iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(records.len(), 3);
    for record in &records {
        let fields: Vec<&String> = record.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["id", "sequence", "source", "title"]);
        assert_ne!(record["source"]["name"], "other");
    }
    // The ledger balances with what was skipped.
    assert_eq!(Outcome::of(&desk).lines.len(), 5);
}

#[test]
fn a_batch_waits_to_get_full_and_a_stop_flushes_it() {
    let desk = Desk::new()
        .with("sinks.parts", "type", "\"folder\"")
        .with("sinks.parts", "path", "\"parts\"")
        .with("sinks.parts", "required", "false")
        .with("sinks.parts", "batch_articles", "40")
        .with("sinks.parts", "batch_secs", "3600");
    let input = Input::of(0xBA7C, 100);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    daemon.wait_for("the full parts", |daemon| of_sink(daemon, "delivered_total", "parts") >= 40);
    let before = files_below(&desk.path("parts")).len();
    daemon.stop();
    let outcome = Outcome::of(&desk);
    let parts = files_below(&desk.path("parts"));
    assert!((1..=3).contains(&before) && parts.len() == before + 1, "{before} parts, then {parts:?}");
    assert_same("parts", &ids(&read_parts(&desk)), &outcome.lines.keys().map(|id| (id.clone(), Value::Null)).collect());
}

fn read_parts(desk: &Desk) -> Vec<Value> {
    let mut records = Vec::new();
    for part in files_below(&desk.path("parts")) {
        let bytes = zstd::decode_all(&fs::read(&part).expect("read")[..]).expect("a whole part");
        let text = String::from_utf8(bytes).expect("UTF-8");
        records.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record")));
    }
    records
}

#[test]
fn real_postgres_and_three_more_sinks_under_random_kills() {
    const KILLS: usize = 12;
    let server = PostgresServer::start();
    let input = Input::of(0x4517, KILLS * 100);
    let desk = Desk::new()
        .with("pipeline", "commit_articles", "6")
        .with("pipeline", "max_in_flight", "32")
        .with("sinks.parts", "type", "\"folder\"")
        .with("sinks.parts", "path", "\"parts\"")
        .with("sinks.parts", "batch_articles", "30")
        .with("sinks.database", "type", "\"postgres\"")
        .with("sinks.database", "url", &format!("\"postgresql://desk@127.0.0.1:{}/postgres\"", server.port))
        .with("sinks.database", "password", "\"env:DESK_PASSWORD\"")
        .with("sinks.database", "batch_articles", "30");
    input.lay_out(&desk.inbox());
    let hits = kill_often(&desk, KILLS, 4, &[("DESK_PASSWORD", PASSWORD)]);
    eprintln!("{hits} of {KILLS} kills came while there was work");
    assert!(hits * 2 > KILLS, "too few kills came while there was work: {hits}");
    let outcome = Outcome::of(&desk);
    outcome.assert_same(&reference(&input));
    let timeless = |mut record: Value| {
        record["source"].as_object_mut().expect("a source").remove("received_at");
        (record["id"].as_str().expect("an id").to_owned(), record)
    };
    let parts = read_parts(&desk);
    assert_eq!(parts.len(), outcome.lines.len(), "each once in the parts");
    assert_same("parts", &parts.into_iter().map(timeless).collect(), &outcome.lines);
    let rows = server.query("SELECT record FROM copydesk.articles");
    let rows = rows.iter().map(|row| timeless(serde_json::from_str(row).expect("a record"))).collect();
    assert_same("database", &rows, &outcome.lines);
    assert!(!daemon_logs(&desk).contains(PASSWORD), "a secret is in a log");
}

fn daemon_logs(desk: &Desk) -> String {
    let logs = files_below(&desk.path("."))
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log-")));
    logs.map(|log| fs::read_to_string(log).expect("read a log")).collect()
}
