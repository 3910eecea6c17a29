//! Every way of dropping files that people and programs use: each article is delivered once, none half-read.
//!
//! `COPYDESK_TEST_FILES` sets how many files go in at once (1,000 unless it says otherwise).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::support::articles::{body, line};
use crate::support::desk::{Daemon, Desk, files_below};
use crate::support::dice::Dice;
use crate::support::mount::Mount;
use crate::support::oracle::{Outcome, lines_in};
use copydesk_article::VerdictKind;
use serde_json::Value;

fn file_count() -> u64 {
    std::env::var("COPYDESK_TEST_FILES").ok().and_then(|files| files.parse().ok()).unwrap_or(1000)
}

/// Last words of an article: one that was read by half does not have them.
fn last_words(number: u64) -> String {
    format!("Here ends report number {number} for good.")
}

fn article(number: u64) -> String {
    format!("{}\n\n{}\n", body(&mut Dice::new(number), number, 2), last_words(number))
}

fn path_of(number: u64) -> PathBuf {
    PathBuf::from(format!("outlet-{}/day-{}/{number:06}.txt", number % 7, number % 11))
}

/// Writes so many articles below a folder.
fn write_articles(folder: &Path, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let path = folder.join(path_of(number));
        fs::create_dir_all(path.parent().expect("a parent")).expect("make a folder");
        fs::write(path, article(number)).expect("write an article");
    }
}

/// A desk that takes no unfinished file for a finished one.
fn desk() -> Desk {
    Desk::new()
        .with("intake", "settle_secs", "0.5")
        .with("pipeline", "max_in_flight", "512")
        .with("pipeline", "commit_articles", "128")
        .with("sinks.lines", "segment_max_bytes", "10000000")
        .with("sinks.lines", "batch_articles", "200")
        .with("sinks.store", "batch_articles", "200")
}

fn taken(daemon: &Daemon) -> u64 {
    daemon.metrics().sum("copydesk_verdicts_total") as u64
}

/// Waits until so many verdicts have fallen and nothing is left in the inbox, and stops the daemon.
fn finish(desk: &Desk, mut daemon: Daemon, verdicts: u64) -> Outcome {
    daemon.wait_until_up();
    daemon.wait_for("every verdict", |daemon| taken(daemon) >= verdicts);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    Outcome::of(desk)
}

/// Asserts that the articles were delivered, each once and whole.
fn assert_whole(outcome: &Outcome, articles: u64) {
    assert_eq!(outcome.verdicts.get(VerdictKind::Original), articles, "{:?}", outcome.verdicts);
    assert_eq!(outcome.verdicts.total(), articles, "nothing is read twice: {:?}", outcome.verdicts);
    let texts: Vec<&str> = outcome.lines.values().map(|record| record["text"].as_str().expect("a text")).collect();
    for number in 0..articles {
        let end = last_words(number);
        assert_eq!(texts.iter().filter(|text| text.ends_with(&end)).count(), 1, "article {number}");
    }
}

fn dropped_by(way: impl FnOnce(&Desk, u64)) {
    let desk = desk();
    let articles = file_count();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    way(&desk, articles);
    let outcome = finish(&desk, daemon, articles);
    assert_whole(&outcome, articles);
    assert_eq!(outcome.done.len() as u64, articles, "every file is kept");
}

#[test]
fn renamed_into_place() {
    dropped_by(|desk, articles| {
        let scratch = desk.path("scratch");
        fs::create_dir(&scratch).expect("make a folder");
        for number in 0..articles {
            let (from, to) = (scratch.join("part"), desk.inbox().join(path_of(number)));
            fs::write(&from, article(number)).expect("write");
            fs::create_dir_all(to.parent().expect("a parent")).expect("make a folder");
            fs::rename(from, to).expect("rename");
        }
    });
}

#[test]
fn written_slowly_in_place() {
    dropped_by(|desk, articles| {
        let inbox = desk.inbox();
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let inbox = inbox.clone();
                thread::spawn(move || {
                    for number in (writer..articles).step_by(16) {
                        let path = inbox.join(path_of(number));
                        fs::create_dir_all(path.parent().expect("a parent")).expect("make a folder");
                        let mut file = File::create(path).expect("create");
                        let text = article(number);
                        for piece in text.as_bytes().chunks(text.len() / 3 + 1) {
                            file.write_all(piece).expect("write");
                            file.flush().expect("flush");
                            // The slow producer itself: a pause shorter than the settle time.
                            thread::sleep(Duration::from_millis(4));
                        }
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().expect("a writer"));
    });
}

#[test]
fn in_a_folder_that_is_moved_in() {
    dropped_by(|desk, articles| {
        let scratch = desk.path("scratch");
        write_articles(&scratch, 0..articles);
        fs::rename(scratch, desk.inbox().join("delivery")).expect("move the folder in");
    });
}

#[test]
fn copied_in_with_cp() {
    dropped_by(|desk, articles| {
        let scratch = desk.path("scratch");
        write_articles(&scratch, 0..articles);
        let status = Command::new("cp").arg("-r").arg(&scratch).arg(desk.inbox()).status().expect("cp");
        assert!(status.success());
    });
}

#[test]
fn copied_in_with_rsync() {
    if Command::new("rsync").arg("--version").output().is_err() {
        eprintln!("SKIPPED: rsync is not installed, so dropping with it is not tested");
        return;
    }
    dropped_by(|desk, articles| {
        let scratch = desk.path("scratch");
        write_articles(&scratch, 0..articles);
        let from = format!("{}/", scratch.display());
        let status = Command::new("rsync").arg("-a").arg(from).arg(desk.inbox()).status().expect("rsync");
        assert!(status.success());
    });
}

#[test]
fn looked_for_in_a_folder_without_events() {
    let desk = desk().with("intake", "poll", "\"always\"").with("intake", "poll_secs", "0.2");
    let articles = file_count() / 5;
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    write_articles(&desk.inbox(), 0..articles);
    daemon.wait_for("scans by the clock", |daemon| {
        daemon.metrics().get("copydesk_rescans_total{inbox=\"main\",cause=\"polling\"}") > 0.0
    });
    assert_whole(&finish(&desk, daemon, articles), articles);
}

/// Records of JSON Lines, each delivered once.
fn assert_each_line_once(outcome: &Outcome, lines: u64) {
    assert_eq!(outcome.verdicts.get(VerdictKind::Quarantined), 0, "{:?}", outcome.quarantine);
    let mut seen = BTreeMap::new();
    for record in outcome.lines.values() {
        *seen.entry(record["extra"]["x_rank"].as_u64().expect("a rank")).or_insert(0) += 1;
    }
    assert_eq!(seen, (0..lines).map(|number| (number, 1)).collect(), "each line once");
}

fn article_line(number: u64) -> String {
    format!("{}\n", line("tail", number, &article(number)))
}

#[test]
fn lines_appended_by_a_producer_that_opens_and_closes() {
    let lines = 600;
    let desk = Desk::new().with("intake", "settle_secs", "0.05");
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    let path = desk.inbox().join("feed.jsonl");
    let mut dice = Dice::new(7);
    for number in 0..lines {
        let mut file = OpenOptions::new().append(true).create(true).open(&path).expect("open");
        let text = article_line(number);
        let half = text.len() / 2;
        file.write_all(&text.as_bytes()[..half]).expect("write");
        if dice.percent(10) {
            // The producer itself: now and then it pauses in the middle of a line.
            thread::sleep(Duration::from_millis(5));
        }
        file.write_all(&text.as_bytes()[half..]).expect("write");
        if dice.percent(20) {
            drop(file);
            // Long enough for the desk to read the file, or to be moving it.
            thread::sleep(Duration::from_millis(dice.below(120) as u64));
        }
    }
    let outcome = finish(&desk, daemon, lines);
    assert_each_line_once(&outcome, lines);
    let kept: usize = files_below(&desk.path("done")).iter().map(|path| fs::read(path).expect("read").len()).sum();
    assert_eq!(kept as u64, (0..lines).map(|number| article_line(number).len() as u64).sum::<u64>(), "no byte lost");
}

#[test]
fn lines_appended_by_a_producer_that_holds_the_file_open_for_hours() {
    let lines = 400;
    let desk = Desk::new().with("intake", "settle_secs", "0.2").with("intake", "follow_secs", "0.2");
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    let path = desk.inbox().join("feed.jsonl");
    let mut file = File::create(&path).expect("create");
    for number in 0..lines / 2 {
        file.write_all(article_line(number).as_bytes()).expect("write");
    }
    // Half a line, so that the file does not end with one.
    let half = article_line(lines / 2);
    file.write_all(&half.as_bytes()[..half.len() / 2]).expect("write");
    daemon.wait_for("the whole lines of the open file", |daemon| taken(daemon) == lines / 2);
    assert!(path.exists(), "it is not finished while it is open");
    file.write_all(&half.as_bytes()[half.len() / 2..]).expect("write");
    for number in lines / 2 + 1..lines {
        file.write_all(article_line(number).as_bytes()).expect("write");
    }
    drop(file);
    let outcome = finish(&desk, daemon, lines);
    assert_each_line_once(&outcome, lines);
    assert_eq!(outcome.verdicts.total(), lines, "no line is read again");
}

#[test]
fn lines_appended_while_the_desk_is_killed() {
    let (rounds, each) = (25, 20);
    let desk = Desk::new().with("intake", "settle_secs", "0.02").with("intake", "follow_secs", "0.05");
    let path = desk.inbox().join("feed.jsonl");
    let mut dice = Dice::new(0xA99);
    for round in 0..rounds {
        let daemon = desk.start();
        for number in round * each..(round + 1) * each {
            let mut file = OpenOptions::new().append(true).create(true).open(&path).expect("open");
            file.write_all(article_line(number).as_bytes()).expect("write");
            drop(file);
            // The torture itself: a life of random length, with appends at random moments of it.
            thread::sleep(Duration::from_millis(dice.below(24) as u64));
        }
        daemon.kill();
    }
    desk.run_to_end();
    assert_each_line_once(&Outcome::of(&desk), rounds * each);
}

#[test]
fn a_file_written_to_after_it_moved_is_given_back() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    // Made elsewhere and linked in: nobody tells the desk that it is still open.
    let outside = desk.path("outside.jsonl");
    let mut file = File::create(&outside).expect("create");
    file.write_all(article_line(0).as_bytes()).expect("write");
    fs::rename(&outside, desk.inbox().join("feed.jsonl")).expect("rename");
    daemon.wait_for("the file to be done", |_| !files_below(&desk.path("done")).is_empty());
    file.write_all(article_line(1).as_bytes()).expect("write");
    drop(file);
    daemon.wait_for("the second line", |daemon| {
        daemon.metrics().get("copydesk_verdicts_total{verdict=\"original\"}") == 2.0
    });
    assert!(daemon.metrics().get("copydesk_files_given_back_total") > 0.0);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    assert_each_line_once(&Outcome::of(&desk), 2);
}

/// A desk that starts on files whose producers hold them open and are quiet.
fn starts_on_open_files(held: &[(&str, &str)]) -> (Desk, Daemon, Vec<File>) {
    let desk = Desk::new();
    let mut files = Vec::new();
    for (name, so_far) in held {
        let mut file = File::create(desk.inbox().join(name)).expect("create");
        file.write_all(so_far.as_bytes()).expect("write");
        files.push(file);
    }
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    (desk, daemon, files)
}

#[test]
fn files_held_open_and_empty_or_bad_at_start_lose_nothing() {
    let held = [("empty.jsonl", ""), ("bad.jsonl", "{\"text\": \"no end\n")];
    let (desk, mut daemon, files) = starts_on_open_files(&held);
    // Nobody says that it is still open, so the bad one is taken, and found again.
    daemon.wait_for("the bad line", |daemon| daemon.has_said("quarantined"));
    daemon.wait_for("the bad file to be done", |_| !files_below(&desk.path("done")).is_empty());
    for (number, mut file) in files.into_iter().enumerate() {
        file.write_all(article_line(number as u64).as_bytes()).expect("write");
    }
    daemon
        .wait_for("both lines", |daemon| daemon.metrics().get("copydesk_verdicts_total{verdict=\"original\"}") == 2.0);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    // The bad line was read twice, and is in quarantine twice: the file was another the second time.
    assert_eq!(lines_in(&desk.path("out")).len(), 2);
}

#[test]
fn what_was_written_after_the_move_is_found_at_a_stop() {
    let first = article_line(0);
    let (desk, mut daemon, mut files) = starts_on_open_files(&[("feed.jsonl", &first)]);
    daemon.wait_for("the file to be done", |_| !files_below(&desk.path("done")).is_empty());
    files[0].write_all(article_line(1).as_bytes()).expect("write");
    daemon.stop();
    assert_eq!(desk.inbox_files(), [desk.inbox().join("feed.jsonl")], "it is back");
    desk.run_to_end();
    assert_each_line_once(&Outcome::of(&desk), 2);
}

#[test]
fn a_file_replaced_as_soon_as_it_is_delivered() {
    let rounds = 60;
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    let (scratch, to) = (desk.path("part"), desk.inbox().join("top-story.txt"));
    for number in 0..rounds {
        fs::write(&scratch, article(number)).expect("write");
        fs::rename(&scratch, &to).expect("replace");
        // Delivered, and just about to move: the worst moment for the next one to come.
        daemon.wait_for("its delivery", |daemon| {
            daemon.metrics().get("copydesk_sink_delivered_total{sink=\"lines\"}") > number as f64
        });
    }
    let outcome = finish(&desk, daemon, rounds);
    assert_whole(&outcome, rounds);
}

#[test]
fn a_live_folder_goes_before_a_backfill() {
    let backfill = file_count() * 2;
    let desk = desk()
        .with("inboxes.archive", "folder", "\"archive\"")
        .with("inboxes.archive", "priority", "\"backfill\"")
        .with("pipeline", "backfill_lag_articles", "50")
        .with("pipeline", "max_in_flight", "64");
    write_articles(&desk.path("archive"), 0..backfill);
    let mut daemon = desk.start();
    daemon.wait_for("the backfill to have begun", |daemon| daemon.log().contains("\"listen\"") && taken(daemon) > 0);
    for number in backfill..backfill + 20 {
        fs::write(desk.path("part"), article(number)).expect("write");
        fs::rename(desk.path("part"), desk.inbox().join(format!("{number}.txt"))).expect("drop");
    }
    let live = backfill + 20;
    daemon.wait_for("the live articles", |_| desk.inbox_files().is_empty());
    let before = taken(&daemon);
    assert!(before < backfill, "the backfill was over first: {before} of {live}");
    daemon.wait_for("the backfill", |daemon| taken(daemon) == live);
    daemon.wait_for("the archive to be empty", |_| files_below(&desk.path("archive")).is_empty());
    daemon.stop();
    let outcome = Outcome::of(&desk);
    assert_whole(&outcome, live);
}

#[test]
fn folders_sources_and_sidecars_say_who_it_is_from() {
    let desk = desk()
        .with("intake", "path", "\"{site}/{language}/**\"")
        .with("sources.valley", "time_zone", "\"+02:00\"")
        .with("sources.valley", "site", "\"Valley News\"");
    let inbox = desk.inbox();
    let drop = |path: &str, text: &str| {
        let path = inbox.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("make a folder");
        fs::write(path, text).expect("write");
    };
    drop("post.example/en/a.txt", &article(1));
    drop("post.example/en/a.txt.meta.json", "{\"title\": \"Said beside it\", \"site\": \"Harbour Post\", \"x\": 1}");
    drop("post.example/en/a.txt.url", "https://post.example/a\n");
    drop("other.example/fr/b.jsonl", &format!("{}\n", line("valley", 2, &article(2))));
    desk.run_to_end();
    let outcome = Outcome::of(&desk);
    assert_eq!(outcome.lines.len(), 2, "a sidecar is no article");
    let of = |words: &str| -> &Value {
        outcome.lines.values().find(|record| record["text"].to_string().contains(words)).expect("the record")
    };
    let first = of(&last_words(1));
    assert_eq!(first["site"], "Harbour Post");
    assert_eq!(first["language"]["code"], "en");
    assert_eq!(first["title"], "Said beside it");
    assert_eq!(first["url"]["supplied"], "https://post.example/a");
    assert_eq!(first["extra"]["x"], 1);
    let conflicts = first["conflicts"].as_array().expect("conflicts");
    assert!(conflicts.iter().any(|lost| lost["field"] == "site" && lost["value"] == "post.example"), "{conflicts:?}");
    let second = of(&last_words(2));
    assert_eq!(second["source"]["name"], "valley");
    assert_eq!(second["site"], "other.example", "a folder beats a default");
    let done: Vec<_> = outcome.done.keys().map(|path| path.to_string_lossy().into_owned()).collect();
    for name in ["a.txt", "a.txt.meta.json", "a.txt.url"] {
        assert!(done.contains(&format!("post.example/en/{name}")), "{name} moves with its article: {done:?}");
    }
}

#[test]
fn what_is_left_out_stays() {
    let desk = Desk::new().with("intake", "include", "[\"**/*.txt\"]").with("intake", "exclude", "[\"drafts/**\"]");
    let inbox = desk.inbox();
    for (path, number) in [("a.txt", 1), ("b.html", 2), ("drafts/c.txt", 3), ("d.txt.part", 4), (".e.txt", 5)] {
        fs::create_dir_all(inbox.join(path).parent().expect("a parent")).expect("make a folder");
        fs::write(inbox.join(path), article(number)).expect("write");
    }
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    daemon.wait_for("the one article", |_| !inbox.join("a.txt").exists());
    daemon.stop();
    assert_eq!(files_below(&inbox).len(), 4);
}

#[test]
fn events_that_are_lost_and_a_watcher_that_fails_are_made_good_by_a_scan() {
    for (fail_point, cause) in [("watch.overflow", "overflow"), ("watch.error", "watcher_error")] {
        let desk = desk();
        let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("{fail_point}=return"))]);
        daemon.wait_until_ready();
        write_articles(&desk.inbox(), 0..50);
        let series = format!("copydesk_rescans_total{{inbox=\"main\",cause=\"{cause}\"}}");
        daemon.wait_for("a scan of that cause", |daemon| daemon.metrics().get(&series) > 0.0);
        assert_whole(&finish(&desk, daemon, 50), 50);
    }
}

#[test]
fn done_on_another_file_system_is_refused_with_the_reason() {
    let desk = Desk::new();
    let Some(_mount) = Mount::on(&desk.path("done"), 1 << 20) else { return };
    for command in ["check", "run"] {
        let output = desk.command(command).output().expect("run the binary");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && said.contains("file system"), "{command}: {said}");
    }
}
