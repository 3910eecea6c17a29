//! SIGHUP: another configuration without another process, and without losing or doubling anything.

use std::fs;

use crate::support::articles::{Input, body, line};
use crate::support::desk::Desk;
use crate::support::dice::Dice;
use crate::support::oracle::Outcome;
use crate::support::torture::reference;

const TAKEN: &str = "the new configuration is taken";
const REFUSED: &str = "the new configuration is refused, going on with the one before";

fn drop_article(desk: &Desk, number: u64) {
    let article = line("city-desk", number, &body(&mut Dice::new(number), number, 3));
    let (from, to) = (desk.path("being-written"), desk.inbox().join(format!("{number}.json")));
    fs::write(&from, article).expect("write an article");
    fs::rename(from, to).expect("drop an article");
}

#[test]
fn ten_reloads_under_load_with_good_and_bad_configurations_change_nothing() {
    let input = Input::with_versions(0x51C4, 2400);
    // Small groups and few articles in flight, so that the input outlasts the reloads.
    let mut desk = Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32");
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    for round in 0..10 {
        let bad = round % 3 == 1;
        desk.set("pipeline", "workers", if bad { "\"many\"" } else { "2" });
        desk.set("pipeline", "channel_articles", &(8 + round).to_string());
        desk.set("sinks.lines", "batch_articles", &(20 + round).to_string());
        desk.configuration();
        let message = if bad { REFUSED } else { TAKEN };
        let before = daemon.times_said(message);
        daemon.reload();
        daemon.wait_for("the reload", |daemon| daemon.times_said(message) > before);
    }
    assert!(!desk.inbox_files().is_empty(), "the load ended before the reloads");
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    let outcome = Outcome::of(&desk);
    outcome.assert_is_what_went_in(&input);
    outcome.assert_same(&reference(&input));
}

#[test]
fn a_sink_comes_and_another_goes() {
    let mut desk = Desk::new().with("inboxes.archive", "folder", "\"archive\"");
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    drop_article(&desk, 1);
    desk.wait_until_taken(&mut daemon);

    daemon.wait_for("the other inbox on the page", |daemon| {
        daemon.get("/metrics").1.contains("_up{inbox=\"archive\"} 1")
    });
    desk = desk.without("sinks.lines").without("inboxes.archive");
    desk.set("sinks.more", "type", "\"jsonl\"");
    desk.set("sinks.more", "path", "\"more/articles.jsonl\"");
    desk.configuration();
    daemon.reload();
    daemon.wait_for("the reload", |daemon| daemon.has_said(TAKEN));
    drop_article(&desk, 2);
    desk.wait_until_taken(&mut daemon);
    daemon.wait_for("the new sink on the page", |daemon| daemon.get("/metrics").1.contains("sink_up{sink=\"more\"} 1"));
    let page = daemon.get("/metrics").1;
    let of_gone: Vec<_> = page.lines().filter(|line| line.contains("sink=\"lines\"")).collect();
    assert!(of_gone.iter().all(|line| line.contains("_total{")), "gauges of a sink that is gone: {of_gone:?}");
    let of_inbox: Vec<_> = page.lines().filter(|line| line.contains("inbox=\"archive\"")).collect();
    assert!(of_inbox.iter().all(|line| line.contains("_total{")), "gauges of an inbox that is gone: {of_inbox:?}");
    assert!(of_gone.contains(&"copydesk_sink_delivered_total{sink=\"lines\"} 1"), "{of_gone:?}");
    daemon.stop();
    let lines = fs::read_to_string(desk.path("more/articles.jsonl")).expect("the new sink's file");
    assert!(lines.contains("city-desk.example/2"), "{lines}");
    let old = fs::read_to_string(desk.path("out/articles.jsonl")).expect("the old sink's file");
    assert!(old.contains("city-desk.example/1") && !old.contains("city-desk.example/2"), "{old}");
}

#[test]
fn what_a_process_has_only_one_of_is_refused() {
    let mut desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    desk.set("ledger", "folder", "\"elsewhere\"");
    desk.configuration();
    daemon.reload();
    daemon.wait_for("the refusal", |daemon| daemon.has_said(REFUSED));
    assert!(daemon.log().contains("[ledger] can't change while the desk runs: restart it"), "{}", daemon.log());
    drop_article(&desk, 1);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
}

#[test]
fn a_configuration_that_does_not_start_makes_way_for_the_one_before() {
    let mut desk = Desk::new();
    let mut daemon = desk.start_with(&[("FAILPOINTS", "intake.start=1*off->1*return->off")]);
    daemon.wait_until_ready();
    desk.set("sinks.store", "path", "\"new/articles.db\"");
    desk.configuration();
    daemon.reload();
    let back = "the new configuration does not start, going back to the one before";
    daemon.wait_for("the way back", |daemon| daemon.has_said(back));
    drop_article(&desk, 1);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    assert!(desk.path("out/articles.db").exists() && !desk.path("new/articles.db").exists());
    let lines = fs::read_to_string(desk.path("out/articles.jsonl")).expect("the sink's file");
    assert_eq!(lines.lines().count(), 1, "{lines}");
}
