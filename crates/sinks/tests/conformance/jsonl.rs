//! The fence, rotation and compression of the JSON Lines sink.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use copydesk_sinks::{Change, Clock, Compression, JsonlOptions, JsonlSink, Row, Sink};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::{Desk, Jsonl, Subject, held, put};

/// 2026-11-21T21:59:00Z.
const EVENING: i64 = 1_795_298_340;

fn clock(seconds: &Arc<AtomicI64>) -> Clock {
    let seconds = Arc::clone(seconds);
    Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("time"))
}

/// A sink with segments of about two rows.
fn small_segments(place: &Path, compression: Compression, seconds: &Arc<AtomicI64>) -> Box<dyn Sink> {
    let segment_max_bytes = line_bytes(&put(1, 100, "text")) * 5 / 2;
    let options = JsonlOptions { segment_max_bytes, compression, ..JsonlOptions::at(Jsonl::path(place)) };
    Box::new(JsonlSink::with_clock(options, clock(seconds)))
}

fn row(number: u64) -> Row {
    put(u8::try_from(number % 250).expect("small"), number, "text")
}

fn lines(batch: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in batch {
        if let Change::Put { record, .. } = &row.change {
            bytes.extend_from_slice(record);
            bytes.push(b'\n');
        }
    }
    bytes
}

fn line_bytes(row: &Row) -> u64 {
    lines(std::slice::from_ref(row)).len() as u64
}

#[tokio::test]
async fn a_foreign_file_stays_untouched() {
    let folder = tempfile::tempdir().expect("temp");
    let path = Jsonl::path(folder.path());
    fs::create_dir_all(path.parent().expect("parent")).expect("create");
    fs::write(&path, "mine\n").expect("write");
    let mut desk = Desk::open(Jsonl.sink(folder.path()), None).await;
    desk.deliver(&[row(1)]).await;
    // The state remembers the name.
    let mut desk = desk.crash(Jsonl.sink(folder.path())).await;
    desk.deliver(&[row(2)]).await;
    assert_eq!(Jsonl::files(folder.path()), ["articles.1.jsonl", "articles.jsonl"]);
    assert_eq!(fs::read_to_string(&path).expect("read"), "mine\n");
    assert_eq!(fs::read(path.with_file_name("articles.1.jsonl")).expect("read"), lines(&[row(1), row(2)]));
}

#[tokio::test]
async fn an_empty_file_is_taken_over() {
    let folder = tempfile::tempdir().expect("temp");
    let path = Jsonl::path(folder.path());
    fs::create_dir_all(path.parent().expect("parent")).expect("create");
    fs::write(&path, "").expect("write");
    let mut desk = Desk::open(Jsonl.sink(folder.path()), None).await;
    desk.deliver(&[row(1)]).await;
    assert_eq!(Jsonl::files(folder.path()), ["articles.jsonl"]);
}

#[tokio::test]
async fn a_file_that_is_not_as_it_was_left_stays_untouched() {
    let batch = [row(2), row(3)];
    let committed = lines(&[row(1)]);
    let intended = [committed.clone(), lines(&batch)].concat();
    let longer = [&intended[..], b"x"].concat();
    let cases: [(&str, &[u8], bool); 4] = [
        ("as long as intended", &intended, true),
        ("longer than intended", &longer, false),
        ("shorter than committed", &committed[..committed.len() - 1], false),
        ("gone empty", b"", false),
    ];
    for (case, content, ours) in cases {
        let folder = tempfile::tempdir().expect("temp");
        let path = Jsonl::path(folder.path());
        let mut desk = Desk::open(Jsonl.sink(folder.path()), None).await;
        desk.deliver(&[row(1)]).await;
        desk.prepare(&batch).await.expect("prepare");
        fs::write(&path, content).expect("write");
        let mut desk = desk.crash(Jsonl.sink(folder.path())).await;
        desk.deliver(&batch).await;
        if ours {
            assert_eq!(fs::read(&path).expect("read"), intended, "{case}");
            assert_eq!(Jsonl::files(folder.path()), ["articles.jsonl"], "{case}");
        } else if content.is_empty() {
            assert_eq!(fs::read(&path).expect("read"), lines(&batch), "{case}: nothing there to leave untouched");
        } else {
            assert_eq!(fs::read(&path).expect("read"), content, "{case}");
            let other = fs::read(path.with_file_name("articles.1.jsonl")).expect("read");
            assert_eq!(other, lines(&batch), "{case}");
        }
    }
}

#[tokio::test]
async fn another_file_of_the_same_name_and_length_stays_untouched() {
    let folder = tempfile::tempdir().expect("temp");
    let path = Jsonl::path(folder.path());
    let mut desk = Desk::open(Jsonl.sink(folder.path()), None).await;
    desk.deliver(&[row(1)]).await;
    desk.prepare(&[row(2)]).await.expect("prepare");
    let copy = path.with_file_name("copy");
    let content = [lines(&[row(1)]), b"theirs".to_vec()].concat();
    fs::write(&copy, &content).expect("write");
    fs::rename(&copy, &path).expect("rename");
    let mut desk = desk.crash(Jsonl.sink(folder.path())).await;
    desk.deliver(&[row(2)]).await;
    assert_eq!(fs::read(&path).expect("read"), content);
    assert_eq!(fs::read(path.with_file_name("articles.1.jsonl")).expect("read"), lines(&[row(2)]));
}

#[tokio::test]
async fn a_file_taken_away_while_open_is_followed_by_a_new_one() {
    let folder = tempfile::tempdir().expect("temp");
    let path = Jsonl::path(folder.path());
    let mut desk = Desk::open(Jsonl.sink(folder.path()), None).await;
    desk.deliver(&[row(1)]).await;
    fs::rename(&path, path.with_file_name("taken.log")).expect("rename");
    desk.deliver(&[row(2)]).await;
    assert_eq!(fs::read(&path).expect("read"), lines(&[row(2)]));
    assert_eq!(fs::read(path.with_file_name("taken.log")).expect("read"), lines(&[row(1)]));
}

#[tokio::test]
async fn two_sinks_with_one_path_do_not_share_a_file() {
    let folder = tempfile::tempdir().expect("temp");
    let mut one = Desk::open(Jsonl.sink(folder.path()), None).await;
    let mut other = Desk::open(Jsonl.sink(folder.path()), None).await;
    one.deliver(&[row(1)]).await;
    other.deliver(&[row(2)]).await;
    let path = Jsonl::path(folder.path());
    assert_eq!(fs::read(&path).expect("read"), lines(&[row(1)]));
    assert_eq!(fs::read(path.with_file_name("articles.1.jsonl")).expect("read"), lines(&[row(2)]));
    let error = Jsonl.sink(folder.path()).open(one.stored.as_deref()).await.expect_err("it is locked").message;
    assert!(error.contains("another sink") && error.contains("articles.jsonl"), "{error}");
}

#[tokio::test]
async fn segments_are_closed_by_size_and_by_hour_and_compressed() {
    let folder = tempfile::tempdir().expect("temp");
    let seconds = Arc::new(AtomicI64::new(EVENING));
    let mut desk = Desk::open(small_segments(folder.path(), Compression::Zstd, &seconds), None).await;
    let rows: Vec<Row> = (101..=107).map(row).collect();
    desk.deliver(&rows[..2]).await;
    desk.deliver(&rows[2..3]).await; // no room left beside two
    desk.sink.idle().await.expect("idle");
    seconds.fetch_add(3600, Ordering::SeqCst);
    desk.sink.idle().await.expect("idle"); // the hour is over
    desk.sink.idle().await.expect("idle"); // nothing is in the new file
    desk.deliver(&rows[3..4]).await;
    seconds.fetch_add(3600, Ordering::SeqCst);
    desk.deliver(&rows[4..]).await; // the hour is over, and three rows make a segment of their own
    desk.sink.close().await.expect("close");
    assert_eq!(
        Jsonl::files(folder.path()),
        [
            "articles-20261121T21Z-000000000101-000000000102.jsonl.zst",
            "articles-20261121T21Z-000000000103-000000000103.jsonl.zst",
            "articles-20261121T22Z-000000000104-000000000104.jsonl.zst",
            "articles.jsonl"
        ]
    );
    assert_eq!(Jsonl.rows(folder.path()).await, held(&rows));
}

#[tokio::test]
async fn compression_can_be_left_off() {
    let folder = tempfile::tempdir().expect("temp");
    let seconds = Arc::new(AtomicI64::new(EVENING));
    let mut desk = Desk::open(small_segments(folder.path(), Compression::None, &seconds), None).await;
    for number in 101..=103 {
        desk.deliver(&[row(number)]).await;
    }
    desk.sink.close().await.expect("close");
    let closed = "articles-20261121T21Z-000000000101-000000000102.jsonl";
    assert_eq!(Jsonl::files(folder.path()), [closed, "articles.jsonl"]);
    assert_eq!(Jsonl.rows(folder.path()).await, held(&[row(101), row(102), row(103)]));
    // What is left uncompressed is compressed once that is switched on.
    let mut desk = desk.crash(small_segments(folder.path(), Compression::Zstd, &seconds)).await;
    desk.sink.close().await.expect("close");
    assert_eq!(Jsonl::files(folder.path()), [&format!("{closed}.zst"), "articles.jsonl"]);
}

/// What happens to a sink.
#[derive(Clone, Debug)]
enum Step {
    /// A batch of so many rows goes well.
    Deliver(u64),
    /// The reply is lost, and the process dies.
    LostReply(u64),
    /// Death after `prepare`, before or after its state was stored.
    Prepared(u64, bool),
    /// Death when so many hundredths of the batch were written.
    Torn(u64, usize),
    /// Death between the rename of a rotation and the new file.
    Renamed,
    /// An hour passes in silence.
    Hour,
    /// Closed and opened.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows = 1..4_u64;
    let step = prop_oneof![
        4 => rows.clone().prop_map(Step::Deliver),
        2 => rows.clone().prop_map(Step::LostReply),
        2 => (rows.clone(), any::<bool>()).prop_map(|(rows, stored)| Step::Prepared(rows, stored)),
        2 => (rows, 0..=100_usize).prop_map(|(rows, share)| Step::Torn(rows, share)),
        1 => Just(Step::Renamed),
        1 => Just(Step::Hour),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..25)
}

/// Runs the steps; the rows that should be in the store afterwards.
async fn run(place: &Path, steps: Vec<Step>) -> Vec<Row> {
    let seconds = Arc::new(AtomicI64::new(EVENING));
    let sink = || small_segments(place, Compression::Zstd, &seconds);
    let mut delivered = 100;
    let mut desk = Desk::open(sink(), None).await;
    for step in steps {
        let next = |count| (delivered + 1..=delivered + count).map(row).collect::<Vec<_>>();
        match step {
            Step::Deliver(count) => {
                desk.deliver(&next(count)).await;
                delivered += count;
                continue;
            }
            Step::LostReply(count) => desk.deliver_unheard(&next(count)).await,
            Step::Prepared(count, true) => desk.prepare(&next(count)).await.expect("prepare"),
            Step::Prepared(count, false) => {
                desk.sink.prepare(&next(count)).await.expect("prepare");
            }
            Step::Torn(count, share) => {
                desk.prepare(&next(count)).await.expect("prepare");
                let whole = lines(&next(count));
                let content =
                    [fs::read(Jsonl::path(place)).expect("read"), whole[..whole.len() * share / 100].to_vec()];
                fs::write(Jsonl::path(place), content.concat()).expect("write");
            }
            Step::Renamed => {
                let state: Value =
                    desk.stored.as_deref().map_or(Value::Null, |state| serde_json::from_slice(state).expect("state"));
                if let (Some(first), Some(last)) = (state["first_sequence"].as_u64(), state["last_sequence"].as_u64()) {
                    let name =
                        format!("articles-{}-{first:012}-{last:012}.jsonl", state["hour"].as_str().expect("hour"));
                    // Missing where the hour has passed and the file is closed already.
                    if fs::metadata(Jsonl::path(place)).is_ok_and(|file| file.len() > 0) {
                        fs::rename(Jsonl::path(place), Jsonl::path(place).with_file_name(name)).expect("rename");
                    }
                }
            }
            Step::Hour => {
                seconds.fetch_add(3600, Ordering::SeqCst);
                desk.sink.idle().await.expect("idle");
                continue;
            }
            Step::Restart => desk.sink.close().await.expect("close"),
        }
        desk = desk.crash(sink()).await;
    }
    (101..=delivered).map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_crash_loses_or_doubles_a_row(steps in steps()) {
        let folder = tempfile::tempdir().expect("temp");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        let expected = runtime.block_on(run(folder.path(), steps));
        // Waits for compressions that dropped sinks have left behind.
        drop(runtime);
        prop_assert_eq!(tokio::runtime::Builder::new_current_thread().build().expect("runtime").block_on(Jsonl.rows(folder.path())), held(&expected));
        let strange = Jsonl::files(folder.path()).into_iter().find(|name| name.starts_with("articles."));
        prop_assert_eq!(strange.as_deref(), Some("articles.jsonl"), "no file was mistaken for a foreign one");
    }
}
