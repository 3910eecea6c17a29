//! The ledger's promises against a model, with closing and reopening as one of the operations.

use std::path::Path;
use std::sync::Arc;

use copydesk_article::{Arrival, ArticleId, FileNumber, Measure, Sequence, Verdict, epoch_for, epoch_of};
use copydesk_dedup::{Changes, Holder, Horizon, TextRow, Window};
use copydesk_disk::{FileIdentity, Generation};
use copydesk_ledger::{
    Admission, ArrivalRow, ArticleRow, CommitEntry, CommitGroup, ExceptionKind, FileProgress, FileRow, FileState,
    FjallLedger, Learned, LearnedRow, Ledger, Memory, Options, OutboxChange, PathText, Settled, SinkKey, Unlearned,
};
use jiff::Timestamp;
use proptest::prelude::*;

fn open(folder: &Path) -> FjallLedger {
    let options =
        Options { folder: folder.to_owned(), segment_bytes: 2_000, memtable_bytes: 1 << 20, ..Options::default() };
    FjallLedger::open(&options).expect("open the ledger")
}

fn generation(inode: u64) -> Generation {
    Generation { identity: FileIdentity { device: 1, inode }, bytes: 10, modified_ns: 5 }
}

fn file_row(name: &str, inode: u64) -> FileRow {
    FileRow {
        inbox: "live".to_owned(),
        path: PathText::from(Path::new(name)),
        root: None,
        generation: generation(inode),
        seen_at: Timestamp::UNIX_EPOCH,
        state: FileState::Open,
        records: 0,
        offset: 0,
        prefix: 0,
        appendable: false,
        quarantined: 0,
        unkept: 0,
        last_sequence: Sequence(0),
    }
}

fn entry(file: FileNumber, sequence: u64, verdict: Verdict, rows: u16) -> CommitEntry {
    let id = ArticleId::of("test", None, &sequence.to_be_bytes());
    let sequence = Sequence(sequence);
    let put = OutboxChange::Put { id, record: Arc::from(format!("record {sequence}").as_bytes()) };
    CommitEntry {
        sequence,
        row: ArrivalRow {
            arrival: Arrival { file, record: sequence.0 },
            id: Some(id),
            verdict,
            at: Timestamp::UNIX_EPOCH,
            rows,
        },
        article: Some(ArticleRow { document: id, version: 1, is_current: true, sequence }),
        memory: Some(remembered(id, sequence)),
        changes: vec![put; rows.into()],
        offset: sequence.0 * 100,
        prefix: sequence.0 * 7,
        kept: false,
    }
}

fn remembered(id: ArticleId, sequence: Sequence) -> Memory {
    let original = Holder { id, sequence };
    let changes = Changes {
        sequence,
        window: Window(0),
        text: Some((sequence.0.into(), TextRow { original, likeness: None })),
        anchors: Vec::new(),
        sketch: None,
        address: None,
    };
    Memory { changes, horizon: Horizon::default(), member: None, supersedes: None, records: vec![(sequence, 0)] }
}

fn verdict(choice: u8) -> Verdict {
    match choice % 3 {
        0 => Verdict::Original,
        1 => Verdict::Duplicate { of: ArticleId::from_bytes([1; 16]), measure: Measure::Text },
        _ => Verdict::Filtered { reason: "test".to_owned() },
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Commit(Vec<(u8, u16)>),
    Settle { sink: usize, rows: usize, rejected: bool },
    Expire { sink: usize, keep_bytes: u64 },
    Trim,
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => prop::collection::vec((any::<u8>(), 0_u16..3), 1..30).prop_map(Operation::Commit),
        4 => (0_usize..2, 1_usize..40, any::<bool>())
            .prop_map(|(sink, rows, rejected)| Operation::Settle { sink, rows, rejected }),
        1 => (0_usize..2, 0_u64..2_000).prop_map(|(sink, keep_bytes)| Operation::Expire { sink, keep_bytes }),
        2 => Just(Operation::Trim),
        2 => Just(Operation::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_doubled_or_miscounted(operations in prop::collection::vec(operation(), 1..40)) {
        let folder = tempfile::tempdir().expect("temp");
        let mut ledger = open(folder.path());
        let file = ledger.register_file(&file_row("a.jsonl", 1)).expect("register");
        let sinks = ["a", "b"].map(|name| SinkKey { name: name.to_owned(), target: "x".to_owned() });
        // Rows (as sequences) in the order they were written, and how many of them each sink has passed.
        let mut written: Vec<u64> = Vec::new();
        let mut passed = [0, 0];
        for sink in &sinks {
            ledger.store_sink_state(sink, b"start").expect("state");
        }
        for operation in operations {
            match operation {
                Operation::Commit(entries) => {
                    let start = ledger.progress().committed.0 + 1;
                    let entries: Vec<_> = (start..).zip(entries)
                        .map(|(sequence, (choice, rows))| entry(file, sequence, verdict(choice), rows)).collect();
                    written.extend(entries.iter().flat_map(|e| vec![e.sequence.0; e.changes.len()]));
                    let group = CommitGroup { entries, ..CommitGroup::default() };
                    ledger.commit(&group).expect("commit");
                    ledger.commit(&group).expect("a repeated group is no error");
                }
                Operation::Settle { sink, rows, rejected } => {
                    let row = ledger.sink(&sinks[sink]).expect("sink");
                    let batch = ledger.read_outbox(row.cursor, rows, u64::MAX).expect("read");
                    let read: Vec<u64> = batch.rows.iter().map(|row| row.sequence.0).collect();
                    prop_assert_eq!(&read[..], &written[passed[sink]..passed[sink] + read.len()]);
                    passed[sink] += read.len();
                    let exceptions = batch.rows.first().filter(|_| rejected)
                        .map(|row| (row.sequence, ArticleId::from_bytes([0; 16]),
                            ExceptionKind::Rejected { reason: "no".to_owned() }))
                        .into_iter().collect();
                    let settled = Settled { start: row.cursor, end: batch.end, rows: read.len() as u64, bytes: batch.bytes,
                        exceptions, state: None, sync: false };
                    let row = ledger.settle(&sinks[sink], &settled).expect("settle");
                    prop_assert_eq!(ledger.settle(&sinks[sink], &settled).expect("again"), row);
                }
                Operation::Expire { sink, keep_bytes } => {
                    let (row, expired) = ledger.expire(&sinks[sink], keep_bytes).expect("expire");
                    passed[sink] += usize::try_from(expired).expect("small");
                    prop_assert!(ledger.progress().row_bytes - row.passed_bytes <= keep_bytes);
                }
                Operation::Trim => {
                    let settled = sinks.iter().map(|sink| ledger.sink(sink).expect("sink").cursor).min();
                    ledger.trim_outbox(settled.expect("two sinks")).expect("trim");
                }
                Operation::Reopen => {
                    drop(ledger);
                    ledger = open(folder.path());
                }
            }
            let audit = ledger.audit().expect("audit");
            prop_assert!(audit.is_conserved(), "{:?}", audit);
            for (sink, passed) in sinks.iter().zip(passed) {
                prop_assert_eq!(ledger.sink(sink).expect("sink").passed_rows, passed as u64);
            }
        }
    }
}

#[test]
fn what_was_admitted_and_not_committed_is_found_at_the_next_start() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    assert!(!ledger.start().expect("start").unclean, "a new ledger has no past");
    let file = ledger.register_file(&file_row("a.jsonl", 1)).expect("register");
    for (sequence, count) in [(1, 3), (4, 256), (10, 256)] {
        let admission = Admission { sequence: Sequence(sequence), file, record: sequence - 1, count };
        ledger.admit(&admission).expect("admit");
    }
    let entries = (1..=5).map(|sequence| entry(file, sequence, Verdict::Original, 1)).collect();
    ledger.commit(&CommitGroup { entries, ..CommitGroup::default() }).expect("commit");
    drop(ledger);

    let ledger = open(folder.path());
    let start = ledger.start().expect("start");
    assert!(start.unclean);
    assert_eq!(start.files.len(), 1);
    assert_eq!((start.files[0].1.records, start.files[0].1.offset), (6, 500));
    assert_eq!(start.admissions.iter().map(|admission| admission.sequence.0).collect::<Vec<_>>(), [4, 10]);
    ledger.clear_admissions().expect("clear");
    ledger.mark_clean().expect("clean");
    drop(ledger);
    let start = open(folder.path()).start().expect("start");
    assert!(!start.unclean && start.admissions.is_empty());
}

#[test]
fn a_file_that_left_is_read_again_when_it_comes_back() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let file = ledger.register_file(&file_row("a.txt", 7)).expect("register");
    let found = |path: &str, inode| ledger.find_file("live", Path::new(path), &generation(inode)).expect("find");
    assert_eq!((found("a.txt", 7), found("a.txt", 8), found("b.txt", 7)), (Some(file), None, None));
    let read = FileProgress { file, state: FileState::Read };
    ledger.commit(&CommitGroup { files: vec![read], ..CommitGroup::default() }).expect("commit");
    ledger.close_files(&[file], FileState::Finished, true).expect("close");
    assert_eq!(found("a.txt", 7), None);
    assert_eq!(ledger.file(file).expect("file").map(|row| row.state), Some(FileState::Finished));
    assert!(ledger.start().expect("start").files.is_empty());
}

#[test]
fn inboxes_with_the_same_paths_are_kept_apart() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let mut numbers = Vec::new();
    // "li" + "ve/a" and "live" + "/a" must not be one key.
    for (inbox, path) in [("live", "a"), ("backfill", "a"), ("li", "vea")] {
        let row = FileRow { inbox: inbox.to_owned(), ..file_row(path, 7) };
        let file = ledger.register_file(&row).expect("register");
        ledger.mark_appendable(file).expect("mark");
        numbers.push((inbox, path, file));
    }
    for (inbox, path, file) in numbers {
        assert_eq!(ledger.find_file(inbox, Path::new(path), &generation(7)).expect("find"), Some(file));
        let tail = ledger.tail(inbox, Path::new(path), generation(7).identity).expect("tail");
        assert_eq!(tail.map(|(number, row)| (number, row.inbox)), Some((file, inbox.to_owned())));
    }
    assert_eq!(ledger.find_file("", Path::new("a"), &generation(7)).expect("find"), None);
}

/// The row of a later generation of the same file: it grew.
fn grown(name: &str, inode: u64, bytes: u64) -> FileRow {
    let row = file_row(name, inode);
    FileRow { generation: Generation { bytes, ..row.generation }, ..row }
}

fn tail(ledger: &FjallLedger) -> Option<(FileNumber, u64, u64)> {
    let tail = ledger.tail("live", Path::new("a.jsonl"), generation(7).identity).expect("tail");
    tail.map(|(file, row)| {
        assert!(row.appendable);
        (file, row.offset, row.prefix)
    })
}

#[test]
fn a_tail_survives_reopening_and_points_to_the_newest_generation() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let first = ledger.register_file(&file_row("a.jsonl", 7)).expect("register");
    assert_eq!(tail(&ledger), None, "not known to be appendable");
    ledger.mark_appendable(first).expect("mark");
    let entries = vec![entry(first, 1, Verdict::Original, 1)];
    ledger.commit(&CommitGroup { entries, ..CommitGroup::default() }).expect("commit");
    assert_eq!(tail(&ledger), Some((first, 100, 7)));
    assert_eq!(ledger.tail("live", Path::new("a.jsonl"), generation(8).identity).expect("tail"), None);
    drop(ledger);

    let ledger = open(folder.path());
    assert_eq!(tail(&ledger), Some((first, 100, 7)));
    let second = ledger.register_file(&grown("a.jsonl", 7, 500)).expect("register");
    assert_eq!(tail(&ledger), Some((first, 100, 7)), "the second is not known to be appendable");
    ledger.mark_appendable(second).expect("mark");
    assert_eq!(tail(&ledger), Some((second, 0, 0)));
}

#[test]
fn a_tail_goes_with_its_own_file_and_no_other() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let [first, second] = [100, 200].map(|bytes| {
        let file = ledger.register_file(&grown("a.jsonl", 7, bytes)).expect("register");
        ledger.mark_appendable(file).expect("mark");
        file
    });
    ledger.close_files(&[first], FileState::Finished, true).expect("close");
    assert_eq!(tail(&ledger), Some((second, 0, 0)), "it is the second's");
    ledger.close_files(&[second], FileState::Finished, false).expect("close");
    assert_eq!(tail(&ledger), Some((second, 0, 0)), "it stayed in the inbox");
    ledger.close_files(&[second], FileState::Abandoned, true).expect("close");
    assert_eq!(tail(&ledger), Some((second, 0, 0)), "it was given up, what was committed stands");
    ledger.close_files(&[second], FileState::Finished, true).expect("close");
    assert_eq!(tail(&ledger), None);
    drop(ledger);
    assert_eq!(tail(&open(folder.path())), None);
}

#[test]
fn a_file_named_on_the_command_line_is_nobodys_tail() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let row = FileRow { root: Some(PathText::from(Path::new("elsewhere"))), ..file_row("a.jsonl", 7) };
    let file = ledger.register_file(&row).expect("register");
    ledger.mark_appendable(file).expect("mark");
    assert!(ledger.file(file).expect("file").is_some_and(|row| row.appendable));
    assert_eq!(tail(&ledger), None);
}

#[test]
fn a_ledger_of_another_format_is_refused() {
    let folder = tempfile::tempdir().expect("temp");
    drop(open(folder.path()));
    let db = fjall::Database::builder(folder.path()).open().expect("open the store");
    let meta = db.keyspace("meta", fjall::KeyspaceCreateOptions::default).expect("keyspace");
    meta.insert("format", "1").expect("insert");
    drop((meta, db));
    let options = Options { folder: folder.path().to_owned(), ..Options::default() };
    let error = FjallLedger::open(&options).err().expect("refused").to_string();
    assert!(error.contains("has format 1") && error.contains("start with an empty folder"), "{error}");
}

#[test]
fn deaths_alone_are_counted_in_a_row_and_per_arrival() {
    let folder = tempfile::tempdir().expect("temp");
    let (poison, other) = [3, 4].map(|record| Arrival { file: FileNumber(1), record }).into();
    for deaths in 0..3 {
        assert_eq!(open(folder.path()).begin_alone(poison).expect("begin"), deaths);
    }
    let ledger = open(folder.path());
    assert_eq!(ledger.begin_alone(other).expect("begin"), 0);
    assert_eq!(ledger.begin_alone(poison).expect("begin"), 0);
    assert_eq!(ledger.begin_alone(poison).expect("begin"), 1);
    ledger.end_alone().expect("end");
    assert_eq!(ledger.begin_alone(poison).expect("begin"), 0);
    ledger.mark_clean().expect("clean");
    assert_eq!(ledger.begin_alone(poison).expect("begin"), 0);
}

#[test]
fn a_death_in_a_quiet_time_clears_the_suspect() {
    let folder = tempfile::tempdir().expect("temp");
    let [suspect, other] = [3, 4].map(|record| Arrival { file: FileNumber(1), record });
    let quiet = |ledger: &FjallLedger, arrival| ledger.begin_quiet(arrival).expect("quiet");
    let alone = |ledger: &FjallLedger, arrival| ledger.begin_alone(arrival).expect("begin");
    let life = || open(folder.path());
    let ledger = life();
    assert!(!quiet(&ledger, suspect), "nothing speaks against it yet");
    assert_eq!(alone(&ledger, suspect), 0);
    drop(ledger);
    let ledger = life();
    assert!(!quiet(&ledger, other), "nothing speaks against another");
    assert!(quiet(&ledger, suspect), "it was alone at a death");
    assert_eq!(alone(&ledger, suspect), 1);
    drop(ledger);
    assert!(quiet(&life(), suspect), "and again; this life ends in the quiet time");
    let ledger = life();
    assert!(!quiet(&ledger, suspect), "something else kills, so it need not wait again");
    assert_eq!(alone(&ledger, suspect), 0, "and it is cleared");
    drop(ledger);
    let ledger = life();
    assert!(quiet(&ledger, suspect));
    assert_eq!(alone(&ledger, suspect), 1, "a quiet time that ends counts for nothing");
}

#[test]
fn learned_state_is_read_as_of_an_epoch() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let learn = |sequence, value: &[u8]| Learned {
        namespace: "test",
        key: b"k".to_vec(),
        value: value.to_vec(),
        sequence: Sequence(sequence),
    };
    let learned = vec![learn(1, b"one"), learn(5_000, b"two")];
    ledger.commit(&CommitGroup { learned, ..CommitGroup::default() }).expect("commit");
    let at = |sequence| ledger.learned("test", b"k", epoch_for(Sequence(sequence))).expect("learned");
    assert_eq!(at(63), None);
    assert_eq!(at(64).as_deref(), Some(&b"one"[..]), "two spans later");
    assert_eq!(at(5_300).as_deref(), Some(&b"one"[..]));
    assert_eq!(at(20_000).as_deref(), Some(&b"two"[..]));
    assert_eq!(ledger.learned("other", b"k", 99).expect("learned"), None);

    let rows = ledger.learned_rows("test").expect("rows");
    let value = |row: &LearnedRow| (row.key.clone(), row.value.clone());
    let both = [(b"k".to_vec(), b"one".to_vec()), (b"k".to_vec(), b"two".to_vec())];
    assert_eq!(rows.iter().map(value).collect::<Vec<_>>(), both);
    assert_eq!(rows[1].epoch, epoch_of(Sequence(5_000)));
    assert_eq!(ledger.learned_rows("tes").expect("rows"), []);
    let unlearned = vec![Unlearned { namespace: "test", key: b"k".to_vec(), epoch: rows[0].epoch }];
    ledger.commit(&CommitGroup { unlearned, ..CommitGroup::default() }).expect("commit");
    assert_eq!(ledger.learned_rows("test").expect("rows"), rows[1..]);
}

#[test]
fn a_second_desk_is_refused() {
    let folder = tempfile::tempdir().expect("temp");
    let _first = open(folder.path());
    let options = Options { folder: folder.path().to_owned(), ..Options::default() };
    let error = FjallLedger::open(&options).err().expect("locked").to_string();
    assert!(error.contains("in use by another copydesk"), "{error}");
}

#[test]
fn a_sink_that_was_away_is_told_what_it_missed() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let file = ledger.register_file(&file_row("a.jsonl", 1)).expect("register");
    let away = SinkKey { name: "away".to_owned(), target: "x".to_owned() };
    ledger.store_sink_state(&away, b"s").expect("state");
    for sequence in 1..=200 {
        let entries = vec![entry(file, sequence, Verdict::Original, 1)];
        ledger.commit(&CommitGroup { entries, ..CommitGroup::default() }).expect("commit");
    }
    ledger.trim_outbox(Sequence(200)).expect("trim");
    let row = ledger.sink(&away).expect("sink");
    assert!(row.expired > 0 && row.expired == row.passed_rows, "{row:?}");
    let batch = ledger.read_outbox(row.cursor, 1000, u64::MAX).expect("read");
    assert_eq!(row.expired + batch.rows.len() as u64, 200);
    assert!(ledger.audit().expect("audit").is_conserved());
    // What expired is gone, even where its bytes still stand in memory or in the journal.
    assert_eq!(ledger.read_outbox(Sequence(0), 1000, u64::MAX).expect("read"), batch);
    drop(ledger);
    assert_eq!(open(folder.path()).read_outbox(Sequence(0), 1000, u64::MAX).expect("read"), batch);
}

#[test]
fn rows_that_expire_while_their_batch_is_under_way_are_counted_once() {
    let folder = tempfile::tempdir().expect("temp");
    let ledger = open(folder.path());
    let file = ledger.register_file(&file_row("a.jsonl", 1)).expect("register");
    let sink = SinkKey { name: "slow".to_owned(), target: "x".to_owned() };
    let entries = (1..=20).map(|sequence| entry(file, sequence, Verdict::Original, 1)).collect();
    ledger.store_sink_state(&sink, b"s").expect("state");
    ledger.commit(&CommitGroup { entries, ..CommitGroup::default() }).expect("commit");
    let batch = ledger.read_outbox(Sequence(0), 10, u64::MAX).expect("read");
    let (_, expired) = ledger.expire(&sink, ledger.progress().row_bytes - batch.bytes / 2).expect("expire");
    assert!((1..10).contains(&expired), "{expired}");
    let settled = Settled {
        start: Sequence(0),
        end: batch.end,
        rows: 10,
        bytes: batch.bytes,
        exceptions: Vec::new(),
        state: None,
        sync: false,
    };
    let row = ledger.settle(&sink, &settled).expect("settle");
    assert_eq!((row.passed_rows, row.delivered, row.expired), (10, 10 - expired, expired));
    assert!(ledger.audit().expect("audit").is_conserved());
}
