//! The same input run twice: once in peace, once not.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::articles::Input;
use super::desk::Desk;
use super::dice::Dice;
use super::oracle::Outcome;

/// What an uninterrupted run makes of an input, checked against what is known of the input.
pub fn reference(input: &Input) -> Outcome {
    let outcome = undisturbed(&Desk::new(), input);
    outcome.assert_is_what_went_in(input);
    outcome
}

/// What a desk makes of an input in peace, wherever its finished files go.
pub fn undisturbed(desk: &Desk, input: &Input) -> Outcome {
    input.lay_out(&desk.inbox());
    desk.run_to_end();
    let outcome = Outcome::of(desk);
    outcome.assert_counts(input);
    outcome
}

/// Runs a desk with a fail point armed until the process dies of it, then to the end.
pub fn die_once_at(desk: &Desk, fail_points: &str) {
    let mut daemon = desk.start_with(&[("FAILPOINTS", fail_points)]);
    let status = daemon.wait_for_end();
    // SIGABRT: it must have died of the fail point and of nothing else.
    assert_eq!(status.signal(), Some(6), "{fail_points}: {status}\n{}", daemon.log());
    desk.run_to_end();
}

/// Kills a desk so many times, then runs it to the end. Each life ends after a random while, or earlier once the desk
/// has taken this life's share of the files: however fast the machine, there is work left for the next. Says how many
/// kills hit it while there was something left to do.
pub fn kill_often(desk: &Desk, kills: usize, seed: u64, environment: &[(&str, &str)]) -> usize {
    let mut dice = Dice::new(seed);
    let mut hits = 0;
    let files = desk.inbox_files().len();
    for kill in 1..=kills {
        let life = Duration::from_millis(20 + dice.below(580) as u64);
        let left_for_others = files * (kills - kill + 1) / (kills + 1);
        let started = Instant::now();
        let daemon = desk.start_with(environment);
        while started.elapsed() < life && desk.inbox_files().len() > left_for_others {
            std::thread::sleep(Duration::from_millis(1));
        }
        daemon.kill();
        hits += usize::from(!desk.inbox_files().is_empty());
    }
    let mut daemon = desk.start_with(environment);
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    hits
}
