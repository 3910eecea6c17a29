//! The memory keeps the promises of every index, is as durable as the verdicts, and lets go of whole windows.

use std::path::Path;

use copydesk_article::{Arrival, ArticleId, FileNumber, Measure, Sequence, Verdict};
use copydesk_dedup::{
    AddressRow, Changes, Holder, Horizon, Index, Sketch, SketchRow, Store, TextRow, Window, conformance,
};
use copydesk_ledger::{
    ArrivalRow, ArticleRow, CommitEntry, CommitGroup, FjallLedger, Ledger, LedgerError, LedgerIndex, Membership,
    Memory, Options,
};
use jiff::Timestamp;
use tempfile::TempDir;

/// A ledger of its own, as an index that can be written to.
struct Scratch {
    ledger: FjallLedger,
    horizon: Horizon,
    _folder: TempDir,
}

fn open(folder: &Path) -> FjallLedger {
    let options = Options { folder: folder.to_owned(), memtable_bytes: 1 << 20, ..Options::default() };
    FjallLedger::open(&options).expect("open the ledger")
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("temp");
        Self { ledger: open(folder.path()), horizon: Horizon::default(), _folder: folder }
    }

    fn index(&self) -> LedgerIndex<'_> {
        LedgerIndex { ledger: &self.ledger, horizon: self.horizon }
    }
}

impl Index for Scratch {
    type Error = LedgerError;

    fn text(&self, key: u128) -> Result<Option<TextRow>, LedgerError> {
        self.index().text(key)
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, LedgerError> {
        self.index().holders(keys)
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, LedgerError> {
        self.index().sketches(sequences)
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, LedgerError> {
        self.index().address(key)
    }
}

impl Store for Scratch {
    fn apply(&mut self, changes: &[Changes]) -> Result<(), LedgerError> {
        self.ledger.remember(changes)
    }

    fn expire(&mut self, horizon: Horizon) -> Result<(), LedgerError> {
        self.horizon = horizon;
        self.ledger.forget(horizon)
    }
}

#[test]
fn keeps_every_promise_of_an_index() {
    conformance::check(Scratch::new);
}

fn id(sequence: u64) -> ArticleId {
    ArticleId::of("test", None, &sequence.to_be_bytes())
}

fn holder(sequence: u64) -> Holder {
    Holder { id: id(sequence), sequence: Sequence(sequence) }
}

/// An article whose text is its sequence's, in a window, with a cluster's original.
fn entry(sequence: u64, window: u32, original: u64) -> CommitEntry {
    let changes = Changes {
        sequence: Sequence(sequence),
        window: Window(window),
        text: Some((sequence.into(), TextRow { original: holder(original), likeness: None })),
        anchors: (0..24).map(|anchor| sequence * 1_000_003 + anchor).collect(),
        sketch: Some(SketchRow {
            id: id(sequence),
            of: None,
            sketch: Sketch::of(&format!("{sequence} words ").repeat(300)),
        }),
        address: None,
    };
    let member = Membership {
        original: Sequence(original),
        seen_at: Timestamp::UNIX_EPOCH,
        site: format!("site {}", sequence % 3),
        published: Some(format!("2024-01-{:02}", 28 - sequence % 20)),
        likeness: None,
    };
    let horizon = Horizon { keys: Window(window.saturating_sub(3)), texts: Window(window.saturating_sub(1)) };
    let memory = Memory { changes, horizon, member: Some(member), supersedes: None, records: Vec::new() };
    CommitEntry {
        sequence: Sequence(sequence),
        row: ArrivalRow {
            arrival: Arrival { file: FileNumber(1), record: sequence },
            id: Some(id(sequence)),
            verdict: Verdict::Original,
            at: Timestamp::UNIX_EPOCH,
            rows: 0,
        },
        article: Some(ArticleRow {
            document: id(sequence),
            version: 1,
            is_current: true,
            sequence: Sequence(sequence),
        }),
        memory: Some(memory),
        changes: Vec::new(),
        offset: 0,
        prefix: 0,
        kept: false,
    }
}

fn commit(ledger: &FjallLedger, entries: Vec<CommitEntry>) {
    ledger.commit(&CommitGroup { entries, ..CommitGroup::default() }).expect("commit");
}

#[test]
fn what_is_remembered_is_there_after_reopening() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    // A group sees its own changes: an original, its copies, and a copy that comes a group later.
    commit(&ledger, vec![entry(1, 0, 1), entry(2, 0, 1), entry(3, 0, 1)]);
    commit(&ledger, vec![entry(4, 1, 1), entry(5, 1, 5)]);
    drop(ledger);
    let ledger = open(folder.path());
    let index = LedgerIndex { ledger: &ledger, horizon: Horizon::default() };
    for sequence in 1_u64..=5 {
        let row = index.text(sequence.into()).expect("look up").expect("known");
        assert_eq!(row.original, holder(if sequence == 5 { 5 } else { 1 }));
    }
    assert_eq!(ledger.newest_window().expect("look up"), Window(1));
    let cluster = ledger.cluster(Sequence(1)).expect("look up").expect("a cluster");
    assert_eq!((cluster.original, cluster.members, cluster.sites.len()), (id(1), 4, 3));
    assert_eq!(cluster.published.as_deref(), Some("2024-01-24"));
    let members: Vec<u64> = ledger.members(Sequence(1)).expect("look up").iter().map(|(at, _)| at.0).collect();
    assert_eq!(members, [2, 3, 4]);
}

#[test]
fn a_version_before_is_marked() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let mut second = entry(2, 0, 1);
    if let Some(memory) = &mut second.memory {
        memory.supersedes = Some(holder(1));
    }
    second.row.verdict = Verdict::Revision { of: id(1) };
    // In one group, and so the mark must win over the row of the same group.
    commit(&ledger, vec![entry(1, 0, 1), second]);
    let current =
        |sequence| ledger.article(id(sequence), Horizon::default()).expect("look up").expect("known").is_current;
    assert_eq!((current(1), current(2)), (false, true));
}

#[test]
fn expired_windows_give_their_space_back() {
    const ARTICLES: u64 = 600;
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let mut most = 0;
    for window in 0..12 {
        let first = u64::from(window) * ARTICLES + 1;
        commit(&ledger, (first..first + ARTICLES).map(|sequence| entry(sequence, window, sequence)).collect());
        let (bytes, _) = ledger.disk_bytes().expect("measure");
        if window <= 5 {
            most = most.max(bytes);
        }
    }
    let (bytes, _) = ledger.disk_bytes().expect("measure");
    assert!(bytes < 2 * most, "{bytes} after twelve windows, at most {most} in the first six");
    let index = LedgerIndex { ledger: &ledger, horizon: Horizon { keys: Window(8), texts: Window(10) } };
    let article = |window: u64| ledger.article(id(window * ARTICLES + 1), index.horizon).expect("look up").is_some();
    assert_eq!([7, 8, 11].map(article), [false, true, true]);
    let known = |window: u64| index.text((window * ARTICLES + 1).into()).expect("look up").is_some();
    assert_eq!([7, 8, 11].map(known), [false, true, true]);
    let sketches = index.sketches(&[9, 10, 11].map(|window| Sequence(window * ARTICLES + 1))).expect("look up");
    assert_eq!(sketches.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn a_measure_survives_the_disk() {
    let folder = tempfile::tempdir().expect("temp");
    let likeness = copydesk_dedup::Likeness { similarity: 0.1 + 0.2, measure: Measure::Resemblance };
    let row = TextRow { original: holder(1), likeness: Some(likeness) };
    let ledger = open(folder.path());
    let mut first = entry(1, 0, 1);
    if let Some(memory) = &mut first.memory {
        memory.changes.text = Some((9, row));
    }
    commit(&ledger, vec![first]);
    drop(ledger);
    assert_eq!(open(folder.path()).known_text(9, Horizon::default()).expect("look up"), Some(row));
}
