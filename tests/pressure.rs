//! Sinks that fail, disks that are full, stops under load, and more articles than fit: nothing is lost, and the rest
//! of the desk hardly notices.

use std::cell::Cell;
use std::fs;
use std::time::Duration;

use crate::support::articles::{Input, line};
use crate::support::desk::{Daemon, Desk};
use crate::support::dice::Dice;
use crate::support::mount::Mount;
use crate::support::oracle::{Outcome, lines_in};
use crate::support::torture::reference;
use serde_json::Value;

/// Exit status of a stop that left articles in the outbox.
const LEFT_BEHIND: i32 = 3;

fn delivered(daemon: &Daemon, sink: &str) -> u64 {
    daemon.metrics().get(&format!("copydesk_sink_delivered_total{{sink=\"{sink}\"}}")) as u64
}

/// One required sink fails for a whole life of the daemon and for a while of the next.
fn fails_for_a_while(failing: &str, kind: &str, other: &str) {
    let input = Input::of(0x51A1, 250);
    let expected = reference(&input);
    let desk = Desk::new().with("pipeline", "stop_secs", "1");
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("sink.{kind}.fail=return"))]);
    daemon.wait_until_up();
    let all = expected.lines.len() as u64;
    daemon.wait_for("the other sink to have everything", |daemon| delivered(daemon, other) == all);
    assert_eq!(delivered(&daemon, failing), 0, "the failing sink has nothing");
    assert_eq!(desk.inbox_files().len(), input.files.len(), "no file is finished while a required sink lacks it");
    let reason = format!("sink {failing}: injected");
    daemon.wait_for("readiness to say so", |daemon| {
        let (status, reasons) = daemon.get("/readyz");
        status == 503 && reasons.contains(&reason)
    });
    assert_eq!(daemon.get("/livez").0, 200, "a sink that is down is not death");
    daemon.terminate();
    assert_eq!(daemon.wait_for_end().code(), Some(LEFT_BEHIND));

    let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("sink.{kind}.fail=3*return->off"))]);
    desk.wait_until_taken(&mut daemon);
    assert!(daemon.has_said("sink works again"), "{}", daemon.log());
    daemon.stop();
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn a_failing_file_sink_holds_up_nobody_and_gets_everything_in_the_end() {
    fails_for_a_while("lines", "jsonl", "store");
}

#[test]
fn a_failing_database_holds_up_nobody_and_gets_everything_in_the_end() {
    fails_for_a_while("store", "sqlite", "lines");
}

#[test]
fn an_optional_sink_that_is_gone_too_long_loses_its_oldest_rows_and_only_those() {
    let input = Input::of(0x0971, 250);
    let expected = reference(&input);
    let desk = Desk::new()
        .with("pipeline", "stop_secs", "1")
        .with("sinks.extra", "type", "\"jsonl\"")
        .with("sinks.extra", "path", "\"extra/articles.jsonl\"")
        .with("sinks.extra", "required", "false")
        .with("sinks.extra", "limit_bytes", "200000");
    fs::write(desk.path("extra"), "a file where the folder should be").expect("write");
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    let expired = |daemon: &Daemon| daemon.metrics().get("copydesk_sink_expired_total{sink=\"extra\"}") as u64;
    daemon.wait_for("the oldest rows to expire", |daemon| expired(daemon) > 0);
    daemon.wait_for("readiness, whatever an optional sink does", |daemon| daemon.get("/readyz").0 == 200);
    daemon.terminate();
    assert_eq!(daemon.wait_for_end().code(), Some(LEFT_BEHIND));
    let said = |daemon: &Daemon| -> u64 {
        let message = "sink fell behind its limit, its oldest rows expired";
        let events = daemon.events().into_iter().filter(|event| event["message"] == message);
        events.filter_map(|event| event["count"].as_u64()).sum()
    };
    let said_at_first = said(&daemon);
    assert!(said_at_first > 0, "what expired is said");

    fs::remove_file(desk.path("extra")).expect("make room for the folder");
    let mut daemon = desk.start();
    daemon.wait_until_up();
    let all = expected.lines.len() as u64;
    // What came while the sink paused after a failure may still have to go.
    daemon.wait_for("the rest to arrive", |daemon| {
        delivered(daemon, "extra") > 0 && delivered(daemon, "extra") + expired(daemon) + said_at_first == all
    });
    assert_eq!(said(&daemon), expired(&daemon), "what expires is counted and said");
    let expired = (said_at_first + expired(&daemon)) as usize;
    daemon.stop();
    let sequence =
        |line: String| serde_json::from_str::<Value>(&line).expect("a record")["sequence"].as_u64().expect("one");
    let mut got: Vec<u64> = lines_in(&desk.path("extra")).into_iter().map(sequence).collect();
    got.sort_unstable();
    let mut newest: Vec<u64> = expected.lines.values().filter_map(|record| record["sequence"].as_u64()).collect();
    newest.sort_unstable();
    assert_eq!(got, newest[expired..], "the oldest expired, the newest arrived");
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn a_ledger_that_cannot_write_for_a_while_loses_nothing() {
    let input = Input::of(0x1ED6, 250);
    let expected = reference(&input);
    let desk = Desk::new();
    input.lay_out(&desk.inbox());
    let fails = "ledger.write.fail=10*off->3*return->25*off->1*return->25*off->2*return->off";
    let mut daemon = desk.start_with(&[("FAILPOINTS", fails)]);
    desk.wait_until_taken(&mut daemon);
    // Six writes fail; a call that meets the ledger while it is being reopened fails too.
    assert!(daemon.metrics().get("copydesk_ledger_errors_total") >= 6.0);
    assert!(daemon.has_said("the ledger works again"));
    daemon.stop();
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn a_full_disk_under_the_ledger_loses_nothing() {
    let input = Input::of(0xF011, 250);
    let expected = reference(&input);
    let desk = Desk::new();
    let Some(disk) = Mount::on(&desk.path("ledger"), 256 << 20) else { return };
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    let ballast = disk.fill(64 << 10);
    input.drop_into(&desk.inbox(), &desk.path("scratch"));
    daemon.wait_for("a ledger call to fail", |daemon| daemon.metrics().get("copydesk_ledger_errors_total") > 0.0);
    daemon.wait_for("readiness to say so", |daemon| {
        let (status, reasons) = daemon.get("/readyz");
        status == 503 && reasons.contains("ledger: ")
    });
    fs::remove_file(ballast).expect("make room");
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    let outcome = Outcome::of(&desk);
    outcome.assert_is_what_went_in(&input);
    outcome.assert_same_in_any_order(&expected);
}

#[test]
fn a_full_disk_under_the_sinks_loses_nothing() {
    let input = Input::of(0xF012, 250);
    let expected = reference(&input);
    let desk = Desk::new();
    let Some(disk) = Mount::on(&desk.path("out"), 64 << 20) else { return };
    let ballast = disk.fill(300 << 10);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_up();
    for sink in ["lines", "store"] {
        let errors = format!("copydesk_sink_errors_total{{sink=\"{sink}\",kind=\"disk\"}}");
        daemon.wait_for("a sink to fail", |daemon| daemon.metrics().get(&errors) > 0.0);
    }
    fs::remove_file(ballast).expect("make room");
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn intake_waits_while_less_space_is_free_than_the_reserve() {
    let input = Input::of(0xF0E5, 60);
    let expected = reference(&input);
    let desk = Desk::new().with("pipeline", "free_space_reserve_bytes", "67108864");
    let Some(disk) = Mount::on(&desk.path("ledger"), 256 << 20) else { return };
    let ballast = disk.fill(48 << 20);
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_up();
    daemon.wait_for("readiness to say why", |daemon| {
        let (status, reasons) = daemon.get("/readyz");
        status == 503 && reasons.contains("intake waits: ") && reasons.contains("reserve of 67108864")
    });
    assert_eq!(daemon.get("/livez").0, 200, "waiting is not death");
    assert_eq!(daemon.metrics().get("copydesk_arrivals_total"), 0.0, "nothing is taken in");
    fs::remove_file(ballast).expect("make room");
    desk.wait_until_taken(&mut daemon);
    assert!(daemon.has_said("intake goes on"));
    daemon.stop();
    Outcome::of(&desk).assert_same(&expected);
}

#[test]
fn a_stop_under_load_is_clean_every_time() {
    let input = Input::of(0x7E21, 900);
    let desk = Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32");
    input.lay_out(&desk.inbox());
    let mut dice = Dice::new(3);
    let mut under_load = 0;
    for _ in 0..6 {
        let mut daemon = desk.start();
        daemon.wait_until_up();
        // An answer means that it listens for signals too.
        daemon.get("/livez");
        // The load: a stop at a random moment.
        std::thread::sleep(Duration::from_millis(dice.below(400) as u64));
        daemon.terminate();
        let code = daemon.wait_for_end().code();
        assert!(matches!(code, Some(0 | LEFT_BEHIND)), "{code:?}\n{}", daemon.log());
        let suspects = daemon.events().into_iter().filter_map(|event| event["suspects"].as_u64()).sum::<u64>();
        assert_eq!(suspects, 0, "after a clean stop nobody is suspected");
        assert!(!daemon.log().contains("did not stop in good order"), "{}", daemon.log());
        under_load += usize::from(!desk.inbox_files().is_empty());
    }
    assert!(under_load > 2, "too few stops came while there was work: {under_load}");
    desk.run_to_end();
    Outcome::of(&desk).assert_same(&reference(&input));
}

#[test]
fn a_file_far_larger_than_the_outbox_flows_through_in_bounded_memory() {
    const OUTBOX: u64 = 1 << 20;
    const LINK: u32 = 256 << 10;
    const PEAK: u64 = 700 << 20;
    let million = std::env::var("COPYDESK_TEST_MILLION").is_ok();
    let records: u64 = if million { 1_000_000 } else { 20_000 };
    let mut text = String::new();
    for number in 0..records {
        text.push_str(&line("big", number, &format!("A short report about matter {number} of the day.")));
        text.push('\n');
    }
    let mut input = Input::default();
    input.add("big.jsonl", text, records);
    let desk = Desk::new()
        .with("ledger", "segment_bytes", &LINK.to_string())
        .with("pipeline", "outbox_limit_bytes", &OUTBOX.to_string())
        .with("pipeline", "max_in_flight", "1024")
        .with("pipeline", "commit_articles", "256")
        .with("pipeline", "channel_articles", "64")
        .with("sinks.lines", "segment_max_bytes", "16777216")
        .with("sinks.lines", "batch_articles", "500")
        .with("sinks.store", "batch_articles", "500");
    input.lay_out(&desk.inbox());
    // One sink fails for a few seconds at first, so that the outbox runs full for certain.
    let mut daemon = desk.start_with(&[("FAILPOINTS", "sink.sqlite.fail=5*return->off")]);
    daemon.wait_until_up();
    let peak_outbox = Cell::new(0.0_f64);
    while !desk.inbox_files().is_empty() {
        assert!(!daemon.has_ended(), "{}", daemon.log());
        let before = delivered(&daemon, "lines");
        daemon.wait_for("progress", |daemon| {
            peak_outbox.set(peak_outbox.get().max(daemon.metrics().get("copydesk_outbox_bytes")));
            delivered(daemon, "lines") > before || desk.inbox_files().is_empty()
        });
    }
    let (peak, peak_outbox) = (daemon.peak_memory(), peak_outbox.get());
    eprintln!("{records} records: peak memory {} MiB, peak outbox {} KiB", peak >> 20, peak_outbox as u64 >> 10);
    assert!(peak < PEAK, "peak memory {peak}");
    assert!(daemon.has_said("intake waits") && daemon.has_said("intake goes on"), "the outbox ran full");
    // What was in flight when the limit was reached still comes, and a link is dropped only when it is full.
    assert!(peak_outbox < 8.0 * OUTBOX as f64, "the outbox grew to {peak_outbox} bytes");
    // The last link still grows; every one before it is dropped once all sinks have passed it.
    daemon.wait_for("the outbox to be trimmed", |daemon| {
        daemon.metrics().get("copydesk_outbox_bytes") < 2.0 * f64::from(LINK)
    });
    daemon.stop();
    let outcome = Outcome::of(&desk);
    assert_eq!((outcome.lines.len() as u64, outcome.done.len()), (records, 1));
}
