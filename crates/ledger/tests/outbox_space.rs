//! The outbox gives its space back: what is on disk while the desk runs depends on what is pending, not on how
//! many segments there ever were.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence, Verdict};
use copydesk_ledger::{ArrivalRow, CommitEntry, CommitGroup, FjallLedger, Ledger, Options, OutboxChange};
use jiff::Timestamp;

const MIB: u64 = 1 << 20;

/// Bytes of a record that does not compress, so that the segments on disk are as large as they say.
fn noise(seed: u64, bytes: usize) -> Arc<[u8]> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(bytes).collect()
}

/// A group of one article that fills a segment.
fn group(sequence: u64, bytes: usize) -> CommitGroup {
    let id = ArticleId::of("test", None, &sequence.to_be_bytes());
    let entry = CommitEntry {
        sequence: Sequence(sequence),
        row: ArrivalRow {
            arrival: Arrival { file: FileNumber(1), record: sequence },
            id: Some(id),
            verdict: Verdict::Original,
            at: Timestamp::UNIX_EPOCH,
            rows: 1,
        },
        article: None,
        memory: None,
        changes: vec![OutboxChange::Put { id, record: noise(sequence, bytes) }],
        offset: sequence,
        prefix: 0,
        kept: false,
    };
    CommitGroup { entries: vec![entry], ..CommitGroup::default() }
}

fn bytes_under(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    // A file that is removed meanwhile takes no space.
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_under(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn open(folder: &Path, segment_bytes: usize) -> FjallLedger {
    let options = Options {
        folder: folder.to_owned(),
        segment_bytes: segment_bytes as u64,
        memtable_bytes: MIB,
        ..Options::default()
    };
    FjallLedger::open(&options).expect("open the ledger")
}

fn keyspaces(folder: &Path) -> u64 {
    bytes_under(&folder.join("keyspaces"))
}

fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited too long");
        std::thread::yield_now();
    }
}

#[test]
fn space_does_not_grow_with_the_segments_that_were() {
    const SEGMENT: usize = 64 << 10;
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path(), SEGMENT);
    let pass = |sequence| {
        ledger.commit(&group(sequence, SEGMENT)).expect("commit");
        ledger.trim_outbox(Sequence(sequence)).expect("trim");
    };
    (1..=300).for_each(pass);
    // What leaves memory after its rows were passed goes with a later segment.
    let given_back = (301..=600).any(|sequence| {
        pass(sequence);
        keyspaces(folder.path()) < 3 * MIB
    });
    assert!(given_back, "{}", keyspaces(folder.path()));
}

#[test]
fn a_backlog_gives_its_space_back_with_nothing_written_after_it() {
    const SEGMENT: usize = 256 << 10;
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path(), SEGMENT);
    for sequence in 1..=120 {
        ledger.commit(&group(sequence, SEGMENT)).expect("commit");
        // Whatever leaves memory together is one table.
        wait_until(|| keyspaces(folder.path()) + 2 * MIB > sequence * SEGMENT as u64);
    }
    let half = ledger.read_outbox(Sequence(60), 1, 1).expect("read");
    ledger.trim_outbox(Sequence(60)).expect("trim");
    assert_eq!(ledger.read_outbox(Sequence(60), 1, 1).expect("read"), half, "pending rows stay");
    ledger.trim_outbox(Sequence(120)).expect("trim");
    // fjall's own thread may be looking at the tables just now.
    wait_until(|| keyspaces(folder.path()) < 4 * MIB);
    let last = ledger.read_outbox(Sequence(0), 10, u64::MAX).expect("read");
    assert_eq!(last.rows.iter().map(|row| row.sequence.0).collect::<Vec<_>>(), [120]);
}

#[test]
#[ignore = "a measurement: run with --nocapture"]
fn five_thousand_segments() {
    let folder = tempfile::tempdir().expect("temp");
    let start = Instant::now();
    let ledger = open(folder.path(), 256 << 10);
    for sequence in 1..=5_000 {
        ledger.commit(&group(sequence, 256 << 10)).expect("commit");
        ledger.trim_outbox(Sequence(sequence)).expect("trim");
        if sequence % 500 == 0 {
            report(folder.path(), sequence, start);
        }
    }
    drop(ledger);
    report(folder.path(), 0, start);
    let ledger = open(folder.path(), 256 << 10);
    drop(ledger);
    report(folder.path(), 0, start);
}

fn report(folder: &Path, segments: u64, start: Instant) {
    let keyspaces = folder.join("keyspaces");
    println!(
        "{segments} segments, {:.1} s: keyspaces/0 {} KiB, keyspaces {} KiB, all {} KiB",
        start.elapsed().as_secs_f64(),
        bytes_under(&keyspaces.join("0")) >> 10,
        bytes_under(&keyspaces) >> 10,
        bytes_under(folder) >> 10
    );
}
