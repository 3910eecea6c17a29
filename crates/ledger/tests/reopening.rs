//! Writes that fail now and then, while others read and settle: every row is read once, in order.
//!
//! A test binary of its own, because fail points are one a process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence, Verdict};
use copydesk_ledger::{
    ArrivalRow, CommitEntry, CommitGroup, FjallLedger, Ledger, LedgerError, Options, OutboxChange, Settled, SinkKey,
};
use jiff::Timestamp;

const ARTICLES: u64 = 600;

fn patient<T>(call: impl Fn() -> Result<T, LedgerError>) -> T {
    loop {
        if let Ok(value) = call() {
            return value;
        }
    }
}

fn entry(sequence: u64) -> CommitEntry {
    let id = ArticleId::of("test", None, &sequence.to_be_bytes());
    CommitEntry {
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
        changes: vec![OutboxChange::Put { id, record: Arc::from(vec![b'x'; 200]) }],
        offset: sequence,
        prefix: 0,
        kept: false,
    }
}

fn settle_everything(ledger: &dyn Ledger, name: &str) -> Vec<u64> {
    let sink = SinkKey { name: name.to_owned(), target: "x".to_owned() };
    let mut read = Vec::new();
    let mut cursor = patient(|| ledger.sink(&sink)).cursor;
    while read.len() < ARTICLES as usize {
        let batch = patient(|| ledger.read_outbox(cursor, 7, u64::MAX));
        read.extend(batch.rows.iter().map(|row| row.sequence.0));
        let settled = Settled {
            start: cursor,
            end: batch.end,
            rows: batch.rows.len() as u64,
            bytes: batch.bytes,
            exceptions: Vec::new(),
            state: None,
            sync: false,
        };
        assert!(batch.end >= cursor, "{cursor} {batch:?}");
        let row = patient(|| ledger.settle(&sink, &settled));
        assert_eq!(row.expired, 0, "{row:?} {batch:?} {cursor:?} {read:?}");
        cursor = batch.end;
        patient(|| ledger.store_sink_state(&sink, b"s"));
        if cursor >= Sequence(ARTICLES) {
            break;
        }
    }
    read
}

#[test]
fn readers_miss_nothing_while_writes_fail() {
    let folder = tempfile::tempdir().expect("temp");
    let options = Options { folder: folder.path().to_owned(), segment_bytes: 3_000, ..Options::default() };
    let ledger = FjallLedger::open(&options).expect("open");
    check(&ledger, folder.path());
}

fn check(ledger: &FjallLedger, _folder: &Path) {
    let scenario = fail::FailScenario::setup();
    fail::cfg("ledger.write.fail", "15%return").expect("a fail point");
    let done = AtomicBool::new(false);
    let expected: Vec<u64> = (1..=ARTICLES).collect();
    for name in ["a", "b"] {
        let sink = SinkKey { name: name.to_owned(), target: "x".to_owned() };
        patient(|| ledger.store_sink_state(&sink, b"s"));
    }
    std::thread::scope(|scope| {
        let sinks = ["a", "b"].map(|name| scope.spawn(move || settle_everything(ledger, name)));
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let cursors = ["a", "b"].map(|name| {
                    let sink = SinkKey { name: name.to_owned(), target: "x".to_owned() };
                    patient(|| ledger.sink(&sink)).cursor
                });
                let settled = cursors[0].min(cursors[1]);
                patient(|| ledger.trim_outbox(settled));
            }
        });
        for first in (1..=ARTICLES).step_by(3) {
            let entries = (first..(first + 3).min(ARTICLES + 1)).map(entry).collect();
            let group = CommitGroup { entries, ..CommitGroup::default() };
            patient(|| ledger.commit(&group));
        }
        let read = sinks.map(std::thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        for read in read {
            assert_eq!(read.expect("no sink gave up"), expected);
        }
    });
    scenario.teardown();
    let audit = ledger.audit().expect("audit");
    assert!(audit.is_conserved(), "{audit:?}");
}
