//! Death at the worst moments: before and after every commit, sink write, cursor advance and rename.
//!
//! Each test runs the binary with an abort armed at one place, at its first, its second and a later pass, makes sure
//! that it died there, starts it again without, and asks the oracle.

use crate::support::articles::Input;
use crate::support::desk::Desk;
use crate::support::oracle::Outcome;
use crate::support::torture::{die_once_at, undisturbed};

/// A desk whose segments and batches are small enough for every place to be passed several times.
fn desk() -> Desk {
    Desk::new().with("sinks.lines", "segment_max_bytes", "60000").with("sinks.lines", "batch_articles", "12").with(
        "sinks.store",
        "batch_articles",
        "12",
    )
}

/// Dies at a place after each of these many passes unharmed.
fn dies_at(place: &str, passes: [usize; 3]) {
    dies_on(desk, place, passes);
}

fn dies_on(desk: fn() -> Desk, place: &str, passes: [usize; 3]) {
    let input = Input::with_versions(0xFA11, 220);
    let expected = undisturbed(&desk(), &input);
    for passed in passes {
        let desk = desk();
        input.lay_out(&desk.inbox());
        die_once_at(&desk, &format!("{place}={passed}*off->return"));
        Outcome::of(&desk).assert_same(&expected);
    }
}

#[test]
fn before_a_commit() {
    dies_at("commit.before", [0, 1, 6]);
}

#[test]
fn after_a_commit() {
    dies_at("commit.after", [0, 1, 6]);
}

#[test]
fn before_a_sink_is_given_a_batch() {
    dies_at("sink.before", [0, 1, 9]);
}

#[test]
fn after_a_sink_took_a_batch() {
    dies_at("sink.after", [0, 1, 9]);
}

#[test]
fn before_a_cursor_moves() {
    dies_at("cursor.before", [0, 1, 9]);
}

#[test]
fn after_a_cursor_moved() {
    dies_at("cursor.after", [0, 1, 9]);
}

#[test]
fn before_a_file_is_renamed() {
    dies_at("rename.before", [0, 1, 20]);
}

#[test]
fn after_a_file_was_renamed() {
    dies_at("rename.after", [0, 1, 20]);
}

#[test]
fn after_a_file_to_be_deleted_was_set_aside() {
    dies_on(|| desk().with("intake", "after", "\"delete\""), "finish.hidden", [0, 1, 4]);
}

#[test]
fn after_finished_files_were_hidden() {
    dies_at("finish.hidden", [0, 1, 4]);
}

#[test]
fn in_the_middle_of_a_line() {
    dies_at("jsonl.append.half", [0, 1, 7]);
}

#[test]
fn after_a_segment_was_closed() {
    dies_at("jsonl.rotate.renamed", [0, 1, 4]);
}

#[test]
fn between_a_compressed_segment_and_the_removal_of_its_original() {
    dies_at("jsonl.compress.done", [0, 1, 3]);
}

#[test]
fn before_a_transaction_of_the_database_commits() {
    dies_at("sqlite.commit.before", [0, 1, 7]);
}

#[test]
fn after_a_transaction_of_the_database_committed() {
    dies_at("sqlite.commit.after", [0, 1, 7]);
}
