//! A power cut takes what was not synced: the kill test on a disk that forgets.
//!
//! The binary's own appended bytes stay in its memory until it syncs them, but for a part written early now and then.

use crate::support::articles::Input;
use crate::support::desk::Desk;
use crate::support::oracle::Outcome;
use crate::support::torture::{kill_often, reference};

fn forgets(seed: u64) {
    let input = Input::of(0x1055 + seed, 900);
    let desk = Desk::new()
        .with("pipeline", "commit_articles", "6")
        .with("pipeline", "max_in_flight", "32")
        .with("sinks.lines", "segment_max_bytes", "60000")
        .with("sinks.lines", "batch_articles", "8");
    input.lay_out(&desk.inbox());
    let hits = kill_often(&desk, 10, seed, &[("COPYDESK_LOSSY_DISK", &seed.to_string())]);
    assert!(hits > 5, "too few kills came while there was work: {hits}");
    Outcome::of(&desk).assert_same(&reference(&input));
}

#[test]
fn nothing_unsynced_was_counted_on_once() {
    forgets(7);
}

#[test]
fn nothing_unsynced_was_counted_on_twice() {
    forgets(4242);
}

#[test]
fn nothing_unsynced_was_counted_on_thrice() {
    forgets(987_654_321);
}
