//! Same sequence, same output, whatever the worker count and the timing.

use crate::support::articles::Input;
use crate::support::desk::Desk;
use crate::support::oracle::lines_in;
use crate::support::torture::undisturbed;

/// The lines of a run, by sequence, without the time they were received at, and otherwise byte for byte.
fn lines_with(workers: &str, input: &Input) -> Vec<(u64, String)> {
    let desk = Desk::new().with("pipeline", "workers", workers);
    undisturbed(&desk, input);
    let timeless = |line: String| {
        let record: serde_json::Value = serde_json::from_str(&line).expect("a record");
        let received = record["source"]["received_at"].as_str().expect("a time");
        (record["sequence"].as_u64().expect("a sequence"), line.replacen(received, "", 1))
    };
    let mut lines: Vec<_> = lines_in(&desk.path("out")).into_iter().map(timeless).collect();
    lines.sort();
    lines
}

#[test]
fn workers_and_timing_make_no_difference() {
    let input = Input::with_versions(0xDE7E, 700);
    let alone = lines_with("1", &input);
    for _ in 0..2 {
        let together = lines_with("4", &input);
        assert_eq!(together.len(), alone.len());
        for (ours, theirs) in together.iter().zip(&alone) {
            assert_eq!(ours, theirs);
        }
    }
}
