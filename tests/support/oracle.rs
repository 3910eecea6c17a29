//! The oracle: what a stopped desk has left, everywhere, and whether two desks left the same.
//!
//! Reading it is already a test: no line may be torn, no id may stand twice in the JSON Lines files, both sinks must
//! hold the same records, the SQLite tables must agree with each other, the ledger must balance.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use copydesk_article::{Sequence, Verdict, VerdictKind};
use copydesk_ledger::{Counts, FjallLedger, Ledger, Options};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::articles::Input;
use super::desk::{Desk, files_below};

/// What became of one arrival, by its sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    /// File, relative to the inbox.
    pub path: PathBuf,
    /// Record in the file.
    pub record: u64,
    /// Id of the article, where it could be read.
    pub id: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Rows it caused in the outbox.
    pub rows: u16,
}

/// One entry of the quarantine.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantined {
    /// The slip, without the time and the attempt.
    pub slip: Value,
    /// The copy.
    pub copy: Option<Vec<u8>>,
}

/// Everything a stopped desk has left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Records in the JSON Lines files, by id, without times: the newest state of each.
    pub lines: BTreeMap<String, Value>,
    /// Every state in the JSON Lines files, by id and sequence.
    pub states: BTreeMap<(String, u64), Value>,
    /// Records in SQLite, by id, without times.
    pub rows: BTreeMap<String, Value>,
    /// The ledger's arrivals, by sequence.
    pub arrivals: BTreeMap<u64, Arrived>,
    /// The ledger's counters.
    pub verdicts: Counts,
    /// Quarantine, by file and record.
    pub quarantine: BTreeMap<(String, u64), Quarantined>,
    /// Finished files, by their path in the inbox.
    pub done: BTreeMap<PathBuf, Vec<u8>>,
}

impl Outcome {
    /// Reads what a desk has left that was stopped in good order, with both sinks of [`Desk::new`].
    pub fn of(desk: &Desk) -> Self {
        let outcome = Self::of_parts(desk);
        assert_same("the two sinks", &outcome.lines, &outcome.rows);
        outcome
    }

    /// The same where the sinks may differ.
    pub fn of_parts(desk: &Desk) -> Self {
        let left = desk.inbox_files();
        assert!(left.is_empty(), "left in the inbox: {left:?}");
        let (arrivals, verdicts) = read_ledger(&desk.path("ledger"));
        let states = states_in(&desk.path("out"));
        Self {
            lines: states.iter().map(|((id, _), record)| (id.clone(), record.clone())).collect(),
            states,
            rows: rows_in(&desk.path("out/articles.db")),
            arrivals,
            verdicts,
            quarantine: read_quarantine(&desk.path("quarantine")),
            done: read_done(&desk.path("done")),
        }
    }

    /// Asserts that another run of the same input came to the same end.
    pub fn assert_same(&self, reference: &Self) {
        assert_same("arrivals", &self.arrivals, &reference.arrivals);
        assert_same("lines", &self.states, &reference.states);
        assert_same("rows", &self.rows, &reference.rows);
        assert_eq!(self.verdicts, reference.verdicts, "counters");
        assert_same("quarantine", &self.quarantine, &reference.quarantine);
        assert_same("done", &self.done, &reference.done);
    }

    /// Asserts that another run of the same input, its files taken in another order, delivered the same articles.
    pub fn assert_same_in_any_order(&self, reference: &Self) {
        let orderless = |records: &BTreeMap<String, Value>| {
            let strip = |(id, record): (&String, &Value)| {
                let mut record = record.clone();
                for field in ["sequence", "verdict", "pipeline"] {
                    record[field] = Value::Null;
                }
                // Of a record that came twice, either file may have been first.
                for field in ["path", "record"] {
                    record["source"][field] = Value::Null;
                }
                (id.clone(), record)
            };
            records.iter().map(strip).collect::<BTreeMap<_, _>>()
        };
        assert_same("lines", &orderless(&self.lines), &orderless(&reference.lines));
        assert_same("rows", &orderless(&self.rows), &orderless(&reference.rows));
        assert_eq!(self.verdicts, reference.verdicts, "counters");
        assert_same("done", &self.done, &reference.done);
    }

    /// Asserts what must hold of any run of an input, whatever order its files came in.
    pub fn assert_is_what_went_in(&self, input: &Input) {
        self.assert_counts(input);
        self.assert_done(input);
    }

    /// Asserts that every record has its verdict.
    pub fn assert_counts(&self, input: &Input) {
        let count = |kind| self.verdicts.get(kind);
        let originals = input.records - input.broken - input.repeats - input.copies - input.near - input.revisions;
        assert_eq!(count(VerdictKind::Quarantined), input.broken, "quarantined");
        assert_eq!(count(VerdictKind::Duplicate), input.repeats + input.copies, "duplicates");
        assert_eq!(count(VerdictKind::NearDuplicate), input.near, "near duplicates");
        assert_eq!(count(VerdictKind::Revision), input.revisions, "revisions");
        assert_eq!(count(VerdictKind::Original), originals, "originals");
        assert_eq!(self.arrivals.len() as u64, input.records, "arrivals");
        let delivered = originals + input.copies + input.near + input.revisions - input.returns;
        assert_eq!(self.lines.len() as u64, delivered, "delivered");
        let rows: u64 = self.arrivals.values().map(|arrived| u64::from(arrived.rows)).sum();
        assert_eq!(self.states.len() as u64, rows, "every row of the outbox once");
        self.assert_versions();
        assert_eq!(self.quarantine.len() as u64, input.broken, "quarantine");
    }

    /// Asserts that every document has one newest version, and that a copy's original was delivered.
    fn assert_versions(&self) {
        let mut current = BTreeMap::new();
        for (id, record) in &self.lines {
            *current.entry(record["document"].to_string()).or_insert(0) += u32::from(record["is_current"] == true);
            if let Some(of) = record["verdict"]["of"].as_str() {
                assert!(self.lines.contains_key(of), "{id} is of {of}, which is nowhere");
            }
        }
        for (document, current) in current {
            assert_eq!(current, 1, "newest versions of {document}");
        }
    }

    /// Asserts that every file is kept, with its content, unless all of it is in quarantine.
    fn assert_done(&self, input: &Input) {
        for file in &input.files {
            match self.done.get(&file.path) {
                Some(bytes) => assert_eq!(*bytes, file.bytes, "{}", file.path.display()),
                None => {
                    let mut of_file = self.arrivals.values().filter(|arrived| arrived.path == file.path).peekable();
                    assert!(of_file.peek().is_some(), "{} was never read", file.path.display());
                    let bad = of_file.all(|arrived| arrived.verdict.kind() == VerdictKind::Quarantined);
                    assert!(bad, "{} is nowhere", file.path.display());
                }
            }
        }
        assert!(self.done.len() <= input.files.len(), "more files are done than there were");
    }
}

/// Asserts that two maps are equal, and shows where they first are not rather than all of both.
pub fn assert_same<K: Ord + Debug, V: PartialEq + Debug>(what: &str, ours: &BTreeMap<K, V>, theirs: &BTreeMap<K, V>) {
    let missing: Vec<&K> = theirs.keys().filter(|key| !ours.contains_key(key)).collect();
    let extra: Vec<&K> = ours.keys().filter(|key| !theirs.contains_key(key)).collect();
    let few = |keys: &[&K]| format!("{:?}", keys.iter().take(5).collect::<Vec<_>>());
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: {} missing, such as {}; {} too many, such as {}",
        missing.len(),
        few(&missing),
        extra.len(),
        few(&extra)
    );
    for (key, ours) in ours {
        assert_eq!(*ours, theirs[key], "{what} at {key:?}");
    }
}

/// A record without the times of the run.
fn timeless(mut record: Value) -> Value {
    let received = record["source"].as_object_mut().and_then(|source| source.remove("received_at"));
    assert!(received.is_some(), "a record says when it was received");
    record
}

fn id_of(record: &Value) -> String {
    record["id"].as_str().expect("a record has an id").to_owned()
}

/// Whole lines of all segments, in no order.
pub fn lines_in(out: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for path in files_below(out) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with("articles.db") {
            continue;
        }
        let bytes = fs::read(&path).expect("read a segment");
        let bytes = if name.ends_with(".jsonl.zst") {
            assert!(!path.with_extension("").exists(), "{name} stands beside its original");
            zstd::decode_all(&bytes[..]).expect("a whole Zstandard file")
        } else {
            assert!(name.ends_with(".jsonl"), "what is {name}?");
            bytes
        };
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.is_empty() || text.ends_with('\n'), "the last line of {name} is torn");
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

/// The records of JSON Lines files by id and sequence, without times. A state comes again only with a higher sequence:
/// another version has taken its place.
pub fn states_in(out: &Path) -> BTreeMap<(String, u64), Value> {
    let mut records = BTreeMap::new();
    for line in lines_in(out) {
        let record: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("a torn line: {error}: {line}"));
        let state = (id_of(&record), record["sequence"].as_u64().expect("a sequence"));
        assert!(records.insert(state.clone(), timeless(record)).is_none(), "{state:?} was delivered twice");
    }
    records
}

/// The records of a SQLite store, by id, without times; the store must be sound.
pub fn rows_in(path: &Path) -> BTreeMap<String, Value> {
    if !path.exists() {
        return BTreeMap::new();
    }
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("open the database");
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect(sql);
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("check");
    assert_eq!(sound, "ok");
    database
        .execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)", [])
        .expect("the full-text index agrees with the articles");
    let mut statement = database.prepare("SELECT id, sequence, record FROM articles").expect("prepare");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("query");
    let mut records = BTreeMap::new();
    let (mut entities, mut mentions) = (0, 0);
    for row in rows {
        let (id, sequence, record): (String, i64, String) = row.expect("a row");
        let record: Value = serde_json::from_str(&record).expect("a record");
        assert_eq!((id_of(&record), record["sequence"].as_i64()), (id.clone(), Some(sequence)));
        let named = record["entities"].as_array().expect("entities");
        entities += named.len();
        mentions += named.iter().map(|entity| entity["mentions"].as_array().map_or(0, Vec::len)).sum::<usize>();
        records.insert(id, timeless(record));
    }
    assert_eq!(number("SELECT count(*) FROM entities"), entities as i64, "entities");
    assert_eq!(number("SELECT count(*) FROM mentions"), mentions as i64, "mentions");
    records
}

fn read_ledger(folder: &Path) -> (BTreeMap<u64, Arrived>, Counts) {
    let options = Options { folder: folder.to_owned(), ..Options::default() };
    let ledger = FjallLedger::open(&options).expect("the ledger opens");
    let audit = ledger.audit().expect("an audit");
    assert!(audit.is_conserved(), "the ledger does not balance: {audit:#?}");
    let arrivals = (1..=audit.progress.committed.0).map(|sequence| {
        let row = ledger.arrival(Sequence(sequence)).expect("read").expect("an arrival");
        let file = ledger.file(row.arrival.file).expect("read").expect("a file");
        let arrived = Arrived {
            path: file.path.to_path(),
            record: row.arrival.record,
            id: row.id.map(|id| id.to_string()),
            verdict: row.verdict,
            rows: row.rows,
        };
        (sequence, arrived)
    });
    (arrivals.collect(), audit.progress.verdicts)
}

fn read_quarantine(folder: &Path) -> BTreeMap<(String, u64), Quarantined> {
    let mut entries = BTreeMap::new();
    let files = files_below(folder);
    let is_slip = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "json")
            && fs::read(path).is_ok_and(|bytes| {
                serde_json::from_slice::<Value>(&bytes).is_ok_and(|slip| slip.get("copy_problem").is_some())
            })
    };
    let mut copies = 0;
    for path in files.iter().filter(|path| is_slip(path)) {
        let mut slip: Value = serde_json::from_slice(&fs::read(path).expect("read a slip")).expect("a slip");
        let copy = fs::read(path.with_extension("")).ok();
        copies += usize::from(copy.is_some());
        let key = (slip["path"].as_str().expect("a path").to_owned(), slip["record"].as_u64().expect("a record"));
        let fields = slip.as_object_mut().expect("an object");
        fields.remove("time");
        fields.remove("attempt");
        let entry = Quarantined { slip, copy };
        assert!(entries.insert(key.clone(), entry).is_none(), "{key:?} is in quarantine twice");
    }
    assert_eq!(files.len(), entries.len() + copies, "files in quarantine that belong to nothing: {files:?}");
    entries
}

/// Finished files without the day and the hour they were finished in.
fn read_done(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut done = BTreeMap::new();
    for path in files_below(folder) {
        let relative: PathBuf = path.strip_prefix(folder).expect("below").components().skip(2).collect();
        let bytes = fs::read(&path).expect("read a finished file");
        assert!(done.insert(relative, bytes).is_none(), "{} was finished twice", path.display());
    }
    done
}
