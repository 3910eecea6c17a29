//! What an operator sees and does: metrics, health, `check`, `init`, `ingest`, `after`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::articles::{Input, body, line};
use crate::support::desk::{Daemon, Desk, copydesk, files_below};
use crate::support::dice::Dice;
use crate::support::mount::Mount;
use crate::support::oracle::Outcome;
use copydesk_article::VerdictKind;
use rusqlite::Connection;
use serde_json::Value;

/// Exit status of `ingest` when something could not be read.
const QUARANTINED: i32 = 2;

/// Families that dashboards and alerts hang on.
const FAMILIES: [&str; 29] = [
    "copydesk_arrivals_total",
    "copydesk_verdicts_total",
    "copydesk_quarantined_total",
    "copydesk_in_flight_articles",
    "copydesk_memory_budget_used_bytes",
    "copydesk_memory_budget_bytes",
    "copydesk_files_total",
    "copydesk_files_finished_total",
    "copydesk_stage_received_total",
    "copydesk_stage_busy_seconds_total",
    "copydesk_stage_blocked_seconds_total",
    "copydesk_stage_duration_seconds",
    "copydesk_channel_depth_articles",
    "copydesk_channel_capacity_articles",
    "copydesk_admission_to_commit_seconds",
    "copydesk_sink_delivered_total",
    "copydesk_sink_rejected_total",
    "copydesk_sink_up",
    "copydesk_sink_lag_articles",
    "copydesk_sink_pending_bytes",
    "copydesk_sink_lag_seconds",
    "copydesk_ledger_bytes",
    "copydesk_outbox_bytes",
    "copydesk_disk_free_bytes",
    "copydesk_rescans_total",
    "copydesk_inbox_files",
    "copydesk_inbox_bytes",
    "copydesk_inbox_up",
    "copydesk_inbox_ignored_files",
];

fn article(number: u64) -> String {
    body(&mut Dice::new(number), number, 3)
}

fn records(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_metrics_add_up_to_what_happened() {
    let input = Input::of(0x0E7A, 200);
    let desk = Desk::new();
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start();
    daemon.wait_until_up();
    desk.wait_until_taken(&mut daemon);
    // Gauges are looked at once a second.
    daemon.wait_for("the gauges to be level", |daemon| {
        let metrics = daemon.metrics();
        // A file is counted when it has moved.
        let finished = metrics.sum("copydesk_files_finished_total");
        metrics.families.contains("copydesk_rescans_total")
            && metrics.get("copydesk_in_flight_articles") == 0.0
            && finished >= input.files.len() as f64
    });
    let metrics = daemon.metrics();
    for family in FAMILIES {
        assert!(metrics.families.contains(family), "{family} is missing");
    }
    assert!(metrics.names().all(|name| name.starts_with("copydesk_")), "{:?}", metrics.names().collect::<Vec<_>>());
    let records = input.records as f64;
    assert_eq!(metrics.get("copydesk_arrivals_total"), records);
    assert_eq!(metrics.sum("copydesk_verdicts_total"), records, "every arrival has one verdict");
    let of = |verdict: &str| metrics.get(&format!("copydesk_verdicts_total{{verdict=\"{verdict}\"}}"));
    assert_eq!(of("quarantined"), input.broken as f64);
    assert_eq!(of("duplicate"), (input.repeats + input.copies) as f64);
    assert_eq!(metrics.sum("copydesk_quarantined_total"), input.broken as f64);
    assert_eq!(metrics.get("copydesk_files_total"), input.files.len() as f64);
    assert_eq!(metrics.sum("copydesk_files_finished_total"), input.files.len() as f64);
    for sink in ["lines", "store"] {
        let rows = metrics.get(&format!("copydesk_sink_delivered_total{{sink=\"{sink}\"}}"));
        assert_eq!(rows, records - (input.broken + input.repeats) as f64);
        assert_eq!(metrics.get(&format!("copydesk_sink_up{{sink=\"{sink}\"}}")), 1.0);
    }
    for stage in ["read", "dedup", "near_dedup", "commit"] {
        let received = metrics.get(&format!("copydesk_stage_received_total{{stage=\"{stage}\"}}"));
        assert_eq!(received, records, "{stage}");
    }
    assert_eq!(metrics.get("copydesk_admission_to_commit_seconds_count"), records);
    daemon.stop();
}

#[test]
fn health_says_what_is_wrong_and_when_it_is_right_again() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    assert_eq!(daemon.get("/livez").0, 200);
    assert_eq!(daemon.get("/nothing").0, 404);
    fs::remove_dir(desk.inbox()).expect("remove the inbox");
    daemon.wait_for("unreadiness", |daemon| {
        let (status, reasons) = daemon.get("/readyz");
        status == 503 && reasons.contains("the inbox is not watched")
    });
    assert_eq!(daemon.get("/livez").0, 200, "a missing inbox is not death");
    fs::create_dir(desk.inbox()).expect("make it again");
    daemon.wait_until_ready();
    let mut input = Input::default();
    input.add("late.txt", article(1), 1);
    input.drop_into(&desk.inbox(), &desk.path("scratch"));
    daemon.wait_for("an article in the new inbox to be taken", |daemon| {
        daemon.metrics().get("copydesk_files_finished_total{outcome=\"moved\"}") == 1.0
    });
    daemon.stop();
}

#[test]
fn a_second_daemon_on_the_same_ledger_is_refused() {
    let desk = Desk::new();
    let mut first = desk.start();
    first.wait_until_ready();
    let mut second = desk.start();
    let status = second.wait_for_end();
    assert_eq!(status.code(), Some(1));
    let log = second.log();
    let ledger = desk.path("ledger").display().to_string();
    assert!(log.contains(&ledger) && log.contains("another"), "{log}");
    assert_eq!(first.get("/readyz").0, 200, "the first is unharmed");
    let check = desk.command("check").output().expect("run check");
    assert!(!check.status.success() && said(&check).contains("`run` is running?"), "{}", said(&check));
    first.stop();
}

#[test]
fn check_shows_a_mistake_at_its_place_and_suggests_what_was_meant() {
    let desk = Desk::new();
    let good = desk.command("check").output().expect("run check");
    assert!(good.status.success() && said(&good).contains("ok, 2 sink(s)"), "{}", said(&good));
    let path = desk.path("wrong.toml");
    fs::write(&path, "[intake]\nfolder = \"inbox\"\n  settle_sec = 2\n[sinks.out]\ntype = \"stdout\"\n")
        .expect("write");
    let bad = copydesk().arg("--config").arg(&path).arg("check").output().expect("run check");
    assert_eq!(bad.status.code(), Some(1));
    let shown = said(&bad);
    assert!(shown.contains("wrong.toml:3:3: unknown field `settle_sec`"), "{shown}");
    assert!(shown.contains("did you mean `settle_secs`?"), "{shown}");
    let run = copydesk().arg("--config").arg(&path).arg("run").output().expect("run");
    assert!(said(&run).contains("wrong.toml:3:3"), "`run` says the same: {}", said(&run));
}

#[test]
fn check_sees_that_finished_files_could_not_be_renamed() {
    let desk = Desk::new();
    let Some(_disk) = Mount::on(&desk.path("done"), 1 << 20) else { return };
    let output = desk.command("check").output().expect("run check");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("another file system"), "{}", said(&output));
}

#[test]
fn check_warns_of_a_full_disk_and_run_waits_for_room() {
    let desk = Desk::new().with("pipeline", "free_space_reserve_bytes", "1_000_000_000_000_000_000");
    let output = desk.command("check").output().expect("run check");
    let shown = said(&output);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("warning: ") && shown.contains("(the ledger, "), "{shown}");
    assert!(shown.contains("take nothing until there is more: make room"), "{shown}");
    assert!(shown.contains("ok, 2 sink(s), 1 warning(s)"), "{shown}");
    let mut input = Input::default();
    input.add("one.txt", article(1), 1);
    input.drop_into(&desk.inbox(), &desk.path("scratch"));
    let mut daemon = desk.start();
    daemon.wait_until_up();
    daemon.wait_for("intake to wait", |daemon| daemon.get("/readyz").1.contains("fewer than the reserve"));
    assert_eq!(desk.inbox_files().len(), 1);
    daemon.stop();
}

#[test]
fn check_warns_of_a_sinks_own_disk() {
    let desk = Desk::new().with("pipeline", "free_space_reserve_bytes", "2_000_000");
    let Some(_disk) = Mount::on(&desk.path("out"), 1 << 20) else { return };
    let output = desk.command("check").output().expect("run check");
    let shown = said(&output);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("(sink `lines`, sink `store`), fewer than") && shown.contains("does not watch this disk"),
        "{shown}"
    );
    assert!(shown.contains("1 warning(s)"), "{shown}");
}

#[test]
fn what_init_writes_is_accepted_and_runs() {
    let desk = Desk::new();
    let path = desk.path("fresh/copydesk.toml");
    let init = || copydesk().arg("init").arg(&path).output().expect("run init");
    assert!(init().status.success());
    let again = init();
    assert!(!again.status.success() && said(&again).contains("name another file"), "{}", said(&again));
    // Its port may be taken on the machine that runs the tests.
    let text = fs::read_to_string(&path).expect("read");
    assert!(text.contains("127.0.0.1:9464"));
    let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).expect("where the schema is");
    let schema = fs::read_to_string(path.with_file_name(schema)).expect("the schema stands beside it");
    assert!(serde_json::from_str::<Value>(&schema).expect("JSON")["properties"]["intake"].is_object());
    fs::write(&path, text.replace("127.0.0.1:9464", "127.0.0.1:0")).expect("write");
    let check = copydesk().arg("--config").arg(&path).arg("check").output().expect("run check");
    assert!(check.status.success(), "{}", said(&check));

    let mut input = Input::default();
    input.add("one.txt", article(1), 1);
    input.lay_out(&desk.path("fresh/inbox"));
    let mut daemon = Daemon::spawn(copydesk().arg("--config").arg(&path).arg("run"), desk.path("fresh.log"));
    daemon.wait_for("the article to arrive", |_| {
        files_below(&desk.path("fresh/inbox")).is_empty() && desk.path("fresh/done").exists()
    });
    daemon.stop();
    let lines = fs::read_to_string(desk.path("fresh/out/articles.jsonl")).expect("read");
    assert_eq!(lines.lines().count(), 1);
}

#[test]
fn ingest_takes_folders_files_and_standard_input() {
    let desk = Desk::new();
    let mut input = Input::default();
    input.add("drop/a.txt", article(1), 1);
    input.add("drop/deep/b.txt", article(2), 1);
    input.add("drop/c.jsonl", format!("{}\n{}\n", line("wire", 3, &article(3)), line("wire", 4, &article(4))), 2);
    let folder = desk.path("given");
    input.lay_out(&folder);
    let ingest = |paths: &[&Path]| copydesk().arg("ingest").args(paths).stdin(Stdio::null()).output().expect("ingest");
    let all = ingest(&[&folder]);
    assert!(all.status.success(), "{}", said(&all));
    assert_eq!(records(&all).len(), 4);
    assert_eq!(files_below(&folder).len(), 3, "files stay where they are");

    let one = ingest(&[&folder.join("drop/c.jsonl")]);
    let titles: Vec<_> = records(&one).iter().map(|record| record["title"].clone()).collect();
    assert_eq!(titles, ["Report 3 from wire", "Report 4 from wire"]);

    let twice = ingest(&[&folder.join("drop/a.txt"), &folder.join("drop/a.txt")]);
    assert!(twice.status.success());
    assert_eq!(records(&twice).len(), 1, "the second is a duplicate, and withheld");

    let mut child = copydesk()
        .args(["ingest", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ingest");
    let lines = format!("{}\nbroken\n{}\n", line("wire", 5, &article(5)), line("wire", 6, &article(6)));
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("write");
    let piped = child.wait_with_output().expect("ingest");
    assert_eq!(records(&piped).len(), 2);
    assert_eq!(piped.status.code(), Some(QUARANTINED), "{}", said(&piped));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("1 not readable"), "{}", said(&piped));

    let nothing = ingest(&[Path::new("no-such-file")]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(said(&nothing).contains("no-such-file"));
}

#[test]
fn ingest_keeps_what_it_could_not_read_where_it_is_told() {
    let desk = Desk::new();
    let file = desk.path("mixed.jsonl");
    fs::write(&file, format!("{}\n{{broken\n", line("wire", 1, &article(1)))).expect("write");
    let output =
        copydesk().arg("ingest").arg("--quarantine").arg(desk.path("kept")).arg(&file).output().expect("ingest");
    assert_eq!(output.status.code(), Some(QUARANTINED));
    let kept = files_below(&desk.path("kept"));
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(fs::read_to_string(&kept[0]).expect("read"), "{broken");
    let slip: Value = serde_json::from_slice(&fs::read(&kept[1]).expect("read")).expect("a slip");
    assert_eq!((slip["reason"].as_str(), slip["line"].as_u64()), (Some("invalid_json"), Some(2)));
}

#[test]
fn the_same_file_twice_is_a_duplicate_and_withheld() {
    let desk = Desk::new();
    for path in ["once.txt", "again.txt"] {
        let mut input = Input::default();
        input.add(path, article(1), 1);
        input.lay_out(&desk.inbox());
        desk.run_to_end();
    }
    let outcome = Outcome::of(&desk);
    let count = |kind| outcome.verdicts.get(kind);
    assert_eq!((count(VerdictKind::Original), count(VerdictKind::Duplicate)), (1, 1));
    assert_eq!(outcome.lines.len(), 1);
    assert_eq!(outcome.done.len(), 2);
}

#[test]
fn an_article_is_found_by_its_words() {
    let desk = Desk::new();
    let mut input = Input::default();
    input.add(
        "one.jsonl",
        format!("{}\n", line("wire", 1, &format!("{} Zürich remembers the quagga.", article(1)))),
        1,
    );
    input.add("two.jsonl", format!("{}\n", line("wire", 2, &article(2))), 1);
    input.lay_out(&desk.inbox());
    desk.run_to_end();
    let database = Connection::open(desk.path("out/articles.db")).expect("open");
    let found = |words: &str| -> Vec<String> {
        let sql = "SELECT articles_fts.title FROM current_articles JOIN articles_fts ON articles_fts.rowid = number
                   WHERE articles_fts MATCH ?1";
        let mut statement = database.prepare(sql).expect("prepare");
        let titles = statement.query_map([words], |row| row.get(0)).expect("query");
        titles.collect::<Result<_, _>>().expect("titles")
    };
    assert_eq!(found("quagga AND zurich"), ["Report 1 from wire"]);
    assert_eq!(found("quaggas OR nothingness"), Vec::<String>::new());
    assert_eq!(found("title : report").len(), 2);
}

#[test]
fn kept_files_stay_and_are_read_again_only_when_they_change() {
    let desk = Desk::new().with("intake", "after", "\"keep\"");
    let mut input = Input::default();
    input.add("stays.txt", article(1), 1);
    input.lay_out(&desk.inbox());
    let arrivals = |daemon: &Daemon| daemon.metrics().get("copydesk_arrivals_total");
    let finished = |daemon: &Daemon| daemon.metrics().get("copydesk_files_finished_total{outcome=\"kept\"}");
    let mut daemon = desk.start();
    daemon.wait_until_up();
    daemon.wait_for("the file to be finished", |daemon| finished(daemon) == 1.0);
    daemon.stop();

    let mut daemon = desk.start();
    daemon.wait_until_ready();
    fs::write(desk.path("new"), article(2)).expect("write");
    fs::rename(desk.path("new"), desk.inbox().join("new.txt")).expect("drop");
    daemon.wait_for("the new file to be finished", |daemon| finished(daemon) == 1.0);
    assert_eq!(arrivals(&daemon), 1.0, "the old one is not read again");
    fs::write(desk.path("new"), article(3)).expect("write");
    fs::rename(desk.path("new"), desk.inbox().join("stays.txt")).expect("replace");
    daemon.wait_for("the changed file to be finished", |daemon| finished(daemon) == 2.0);
    assert_eq!(arrivals(&daemon), 2.0);
    daemon.stop();
    assert_eq!(desk.inbox_files().len(), 2);
    assert!(!desk.path("done").exists(), "nothing is moved");
}

#[test]
fn deleted_files_are_gone_and_their_articles_are_not() {
    let desk = Desk::new().with("intake", "after", "\"delete\"");
    let input = Input::of(0xDE1E, 60);
    input.lay_out(&desk.inbox());
    desk.run_to_end();
    assert_eq!(files_below(&desk.path("done")), Vec::<std::path::PathBuf>::new());
    let outcome = Outcome::of(&desk);
    assert_eq!(outcome.lines.len() as u64, input.records - input.broken - input.repeats);
    assert_eq!(outcome.quarantine.len() as u64, input.broken);
}

#[test]
fn how_the_configuration_is_named_makes_no_difference() {
    let input = Input::of(0xC0F6, 60);
    let desk = Desk::new();
    let (first, second) = input.files.split_at(input.files.len() / 2);
    let part = |files: &[crate::support::articles::InputFile]| Input { files: files.to_vec(), ..Input::default() };
    part(first).lay_out(&desk.inbox());
    desk.run_to_end();
    // From another folder, by another name: the same ledger, the same cursors.
    part(second).lay_out(&desk.inbox());
    let configuration = desk.configuration();
    let (folder, name) = (configuration.parent().expect("a folder"), configuration.file_name().expect("a name"));
    let mut relative = copydesk();
    relative.current_dir(folder).arg("--config").arg(name).arg("run");
    let mut daemon = Daemon::spawn(&mut relative, desk.path("relative.log"));
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    Outcome::of(&desk).assert_is_what_went_in(&input);
}
