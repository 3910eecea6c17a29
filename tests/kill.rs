//! Pull the plug at any moment, start again, and nothing is lost or doubled.
//!
//! `COPYDESK_TEST_KILLS` sets how often (20 unless it says otherwise).

use std::time::Duration;

use crate::support::articles::Input;
use crate::support::desk::{Desk, files_below};
use crate::support::dice::Dice;
use crate::support::oracle::Outcome;
use crate::support::torture::{kill_often, reference};

fn kills() -> usize {
    std::env::var("COPYDESK_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

/// Small groups and few articles in flight, so that the input outlasts the kills.
fn slow_desk() -> Desk {
    Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32")
}

#[test]
fn random_kills_change_nothing() {
    let input = Input::with_versions(0x5EED, kills() * 120);
    let desk = slow_desk();
    input.lay_out(&desk.inbox());
    let hits = kill_often(&desk, kills(), 1, &[]);
    eprintln!("{hits} of {} kills came while there was work", kills());
    assert!(hits * 2 > kills(), "too few kills came while there was work: {hits}");
    Outcome::of(&desk).assert_same(&reference(&input));
}

#[test]
fn kills_while_files_of_the_index_are_written_and_merged_change_nothing() {
    let input = Input::with_versions(0xF11E, kills() * 60);
    let desk = slow_desk();
    input.lay_out(&desk.inbox());
    let hits = kill_often(&desk, kills(), 5, &[("COPYDESK_SMALL_FILES", "16")]);
    assert!(hits * 2 > kills(), "too few kills came while there was work: {hits}");
    for kind in ["anchors", "texts", "sketches"] {
        let files = files_below(&desk.path("ledger").join(kind)).len();
        assert!(files > 1, "{files} files of {kind}: nothing was tested");
    }
    Outcome::of(&desk).assert_same(&reference(&input));
}

#[test]
fn files_dropped_between_kills_are_each_taken_once() {
    let input = Input::of(0xD209, kills() * 40);
    let desk = slow_desk();
    let mut dice = Dice::new(2);
    let rounds = kills().div_ceil(2);
    for chunk in input.files.chunks(input.files.len().div_ceil(rounds)) {
        let part = Input { files: chunk.to_vec(), ..Input::default() };
        let daemon = desk.start();
        part.drop_into(&desk.inbox(), &desk.path("scratch"));
        // The torture itself: a life of random length.
        std::thread::sleep(Duration::from_millis(20 + dice.below(400) as u64));
        daemon.kill();
    }
    desk.run_to_end();
    let outcome = Outcome::of(&desk);
    outcome.assert_is_what_went_in(&input);
    outcome.assert_same_in_any_order(&reference(&input));
}
