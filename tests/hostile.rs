//! One bad article hurts only itself.

use std::path::Path;

use crate::support::articles::{Input, body, line};
use crate::support::desk::Desk;
use crate::support::dice::Dice;
use crate::support::oracle::{Outcome, assert_same};
use crate::support::torture::reference;
use copydesk_article::{QuarantineReason, Verdict, VerdictKind};
use serde_json::Value;

/// A word that only the bad article has.
const MARKER: &str = "Qzhostile";

/// Deaths the desk may take to find out which article kills it: one among others, and three alone.
const DEATHS: usize = 5;

/// Articles with a bad one among them: in a text file of its own, or in the middle of a JSON Lines file.
fn with_one_bad(in_lines: bool) -> Input {
    let mut input = Input::of(0xBAD, 150);
    let mut dice = Dice::new(1);
    let mut text = |number| body(&mut dice, number, 3);
    if in_lines {
        let lines: Vec<String> = (0..41)
            .map(|at| {
                let number = 900_000 + at;
                let text = if at == 20 { format!("{MARKER} {}", text(number)) } else { text(number) };
                line("mixed", number, &text)
            })
            .collect();
        input.add("mixed/bad.jsonl", format!("{}\n", lines.join("\n")), 41);
    } else {
        input.add("mixed/bad.txt", format!("{MARKER} {}", text(900_000)), 1);
    }
    let more = Input::of(0x600D, 60);
    for file in more.files {
        input.files.push(crate::support::articles::InputFile { path: Path::new("later").join(file.path), ..file });
    }
    // Numbers repeat across seeds, words do not: these are other articles than the first ones.
    input.records += more.records;
    input.broken += more.broken;
    input.repeats += more.repeats;
    input.copies += more.copies;
    input
}

/// Sequence and id of the bad article.
fn bad_one(reference: &Outcome) -> (u64, String) {
    let (id, record) =
        reference.lines.iter().find(|(_, record)| record["text"].to_string().contains(MARKER)).expect("the bad one");
    (record["sequence"].as_u64().expect("a sequence"), id.clone())
}

/// Asserts that two runs are the same but for one article.
fn assert_same_without(bad: &(u64, String), mut ours: Outcome, mut theirs: Outcome) {
    for outcome in [&mut ours, &mut theirs] {
        outcome.arrivals.remove(&bad.0);
        outcome.lines.remove(&bad.1);
        outcome.rows.remove(&bad.1);
        outcome.quarantine.retain(|_, entry| entry.slip["sequence"].as_u64() != Some(bad.0));
    }
    assert_same("arrivals", &ours.arrivals, &theirs.arrivals);
    assert_same("lines", &ours.lines, &theirs.lines);
    assert_same("rows", &ours.rows, &theirs.rows);
    assert_same("quarantine", &ours.quarantine, &theirs.quarantine);
}

fn panics_in(stage: &str) {
    let input = with_one_bad(true);
    let expected = reference(&input);
    let bad = bad_one(&expected);
    let desk = Desk::new();
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("{stage}.panic=return({MARKER})"))]);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    let outcome = Outcome::of(&desk);
    let record = &outcome.lines[&bad.1];
    let problems = record["problems"].as_array().expect("problems");
    assert!(problems.iter().any(|problem| problem["stage"] == stage), "{problems:?}");
    assert!(record["text"].as_str().expect("a text").contains(MARKER), "delivered with its text");
    assert_eq!(expected.lines[&bad.1]["problems"], Value::Array(Vec::new()), "without the panic there is no problem");
    assert_same_without(&bad, outcome, expected);
}

#[test]
fn an_article_that_panics_in_clean_is_delivered_with_its_problem() {
    panics_in("clean");
}

#[test]
fn an_article_that_panics_in_entities_is_delivered_with_its_problem() {
    panics_in("entities");
}

fn kills_the_process(in_lines: bool) {
    let input = with_one_bad(in_lines);
    let expected = reference(&input);
    let bad = bad_one(&expected);
    let desk = Desk::new();
    input.lay_out(&desk.inbox());
    let mut deaths = 0;
    loop {
        let mut daemon = desk.start_with(&[("FAILPOINTS", &format!("clean.kill=return({MARKER})"))]);
        daemon.wait_for_change(|daemon| daemon.has_ended() || desk.inbox_files().is_empty());
        if !daemon.has_ended() {
            daemon.stop();
            break;
        }
        deaths += 1;
        assert!(deaths <= DEATHS, "the killer was not found out in {DEATHS} deaths\n{}", daemon.log());
    }
    assert!(deaths > 2, "three deaths alone are needed to be sure, there were {deaths} in all");
    let outcome = Outcome::of(&desk);
    let verdict = &outcome.arrivals[&bad.0].verdict;
    assert!(matches!(verdict, Verdict::Quarantined { reason: QuarantineReason::KilledProcess, .. }), "{verdict:?}");
    assert_eq!(outcome.verdicts.get(VerdictKind::Quarantined), input.broken + 1, "nobody innocent");
    assert!(!outcome.lines.contains_key(&bad.1), "it is not delivered");
    let copy = outcome.quarantine.values().find(|entry| entry.slip["reason"] == "killed_process").expect("an entry");
    assert!(String::from_utf8_lossy(copy.copy.as_ref().expect("a copy")).contains(MARKER));
    assert_same_without(&bad, outcome, expected);
}

#[test]
fn a_text_file_that_kills_the_process_ends_in_quarantine_and_its_neighbours_are_unharmed() {
    kills_the_process(false);
}

#[test]
fn a_line_that_kills_the_process_ends_in_quarantine_and_its_neighbours_are_unharmed() {
    kills_the_process(true);
}
