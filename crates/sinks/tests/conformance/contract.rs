//! What every store must do, written once against the contract.
//!
//! A crash is played by dropping the sink where it stands and opening a new one with the state that would
//! have been durable. (The end-to-end tests kill the real binary.)

use std::path::Path;

use copydesk_sinks::{Change, Class, Row};

use crate::harness::{Desk, Held, Subject, delete, held, id, newest, put};

/// Every clause of the contract. Output says which one was under test when it failed.
pub async fn all(subject: &dyn Subject) {
    println!("{}", subject.name());
    println!("the_higher_sequence_wins");
    the_higher_sequence_wins(subject).await;
    println!("a_batch_whose_reply_was_lost_is_repeated");
    a_batch_whose_reply_was_lost_is_repeated(subject).await;
    println!("a_crash_between_prepare_and_deliver_leaves_nothing");
    a_crash_between_prepare_and_deliver_leaves_nothing(subject).await;
    println!("a_crash_in_the_middle_of_a_write_is_undone_or_repeated");
    a_crash_in_the_middle_of_a_write_is_undone_or_repeated(subject).await;
    println!("the_same_sink_opens_again_after_a_failed_call");
    the_same_sink_opens_again_after_a_failed_call(subject).await;
    println!("what_was_deleted_stays_deleted");
    what_was_deleted_stays_deleted(subject).await;
    println!("a_poisoned_row_hurts_only_itself");
    a_poisoned_row_hurts_only_itself(subject).await;
    println!("closing_and_opening_again_goes_on_where_it_stopped");
    closing_and_opening_again_goes_on_where_it_stopped(subject).await;
    println!("the_target_says_where_rows_go");
    the_target_says_where_rows_go(subject).await;
}

/// Asserts that the store holds what these rows, delivered in this order, should have left; each of
/// `repeated` may be there once more in a store of class [`Class::Append`].
pub async fn assert_holds(subject: &dyn Subject, class: Class, place: &Path, rows: &[Row], repeated: &[Row]) {
    let (name, found, expected) = (subject.name(), subject.rows(place).await, held(rows));
    match class {
        Class::Keyed => {
            assert_eq!(newest(&found), newest(&expected), "{name}");
            assert_eq!(found.len(), newest(&found).len(), "{name}: one state an id");
        }
        Class::FencedAppend if subject.keeps_order() => assert_eq!(found, expected, "{name}: every row once, in order"),
        Class::FencedAppend => {
            let sorted = |mut rows: Vec<Held>| {
                rows.sort_by(|a, b| (a.sequence, &a.id).cmp(&(b.sequence, &b.id)));
                rows
            };
            assert_eq!(sorted(found), sorted(expected), "{name}: every row once");
        }
        Class::Append => {
            assert_eq!(newest(&found), newest(&expected), "{name}");
            let repeated = held(repeated);
            let count = |rows: &[Held], row: &Held| rows.iter().filter(|other| *other == row).count();
            for row in &found {
                let allowed = count(&expected, row) + count(&repeated, row);
                let there = count(&found, row);
                assert!(there <= allowed, "{name}: {row:?} is there {there} times, {allowed} are allowed");
            }
        }
    }
}

async fn the_higher_sequence_wins(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "first"), put(2, 2, "other"), put(1, 3, "second")];
    desk.deliver(&rows[..2]).await;
    desk.deliver(&rows[2..]).await;
    assert_holds(subject, class, folder.path(), &rows, &[]).await;
    desk.deliver(&rows[..1]).await;
    let again = [&rows[..], &rows[..1]].concat();
    assert_holds(subject, class, folder.path(), &again, &[]).await;
    assert_eq!(newest(&subject.rows(folder.path()).await)[&id(1).to_string()].0, 3, "{}", subject.name());
}

async fn a_batch_whose_reply_was_lost_is_repeated(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "one"), put(2, 2, "two"), delete(1, 3), put(3, 4, "three"), put(4, 5, "four")];
    desk.deliver(&rows[..1]).await;
    desk.deliver_unheard(&rows[1..4]).await;
    let mut desk = desk.crash(subject.sink(folder.path())).await;
    // The repeat may be longer than the batch that failed.
    desk.deliver(&rows[1..]).await;
    assert_holds(subject, class, folder.path(), &rows, &rows[1..4]).await;
}

async fn a_crash_between_prepare_and_deliver_leaves_nothing(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "one"), put(2, 2, "two")];
    desk.deliver(&rows[..1]).await;
    desk.prepare(&rows[1..]).await.expect("prepare");
    let mut desk = desk.crash(subject.sink(folder.path())).await;
    assert_holds(subject, class, folder.path(), &rows[..1], &[]).await;
    desk.deliver(&rows[1..]).await;
    assert_holds(subject, class, folder.path(), &rows, &[]).await;
}

async fn a_crash_in_the_middle_of_a_write_is_undone_or_repeated(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "one"), put(2, 2, "two"), put(3, 3, "three"), put(4, 4, "four")];
    desk.prepare(&rows).await.expect("prepare");
    subject.tear(folder.path(), &rows);
    let mut desk = desk.crash(subject.sink(folder.path())).await;
    desk.deliver(&rows).await;
    assert_holds(subject, class, folder.path(), &rows, &rows).await;
    desk.deliver(&[put(5, 5, "five")]).await;
    let all = [&rows[..], &[put(5, 5, "five")]].concat();
    assert_holds(subject, class, folder.path(), &all, &rows).await;
}

async fn the_same_sink_opens_again_after_a_failed_call(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "one"), put(2, 2, "two"), put(3, 3, "three")];
    desk.deliver(&rows[..1]).await;
    desk.deliver_unheard(&rows[1..]).await;
    let Desk { mut sink, stored } = desk;
    sink.open(stored.as_deref()).await.expect("open again");
    let mut desk = Desk { sink, stored };
    desk.deliver(&rows[1..]).await;
    assert_holds(subject, class, folder.path(), &rows, &rows[1..]).await;
}

async fn what_was_deleted_stays_deleted(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let class = desk.sink.class();
    let rows = [put(1, 1, "one"), put(2, 2, "two"), delete(1, 3), put(1, 1, "one"), delete(9, 4)];
    desk.deliver(&rows[..3]).await;
    desk.deliver(&rows[3..]).await;
    assert_holds(subject, class, folder.path(), &rows, &[]).await;
    let states = newest(&subject.rows(folder.path()).await);
    assert_eq!(states[&id(1).to_string()], (3, None), "{}", subject.name());
    assert!(states[&id(2).to_string()].1.is_some(), "{}", subject.name());
    desk.deliver(&[put(1, 5, "one again")]).await;
    let states = newest(&subject.rows(folder.path()).await);
    assert!(matches!(&states[&id(1).to_string()], (5, Some(_))), "{}", subject.name());
}

async fn a_poisoned_row_hurts_only_itself(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(subject.sink(folder.path()), None).await;
    let poison = |article, bytes: &[u8]| Row {
        sequence: copydesk_article::Sequence(2),
        change: Change::Put { id: id(article), record: bytes.into() },
    };
    // No JSON; two lines, which no store may split into two rows.
    let batch = [put(1, 1, "one"), poison(2, b"{oops"), poison(3, b"{\n}"), put(4, 3, "four")];
    let report = desk.deliver(&batch).await;
    let rejected: Vec<usize> = report.rejected.iter().map(|rejection| rejection.row).collect();
    let expected: &[usize] = if subject.parses() { &[1, 2] } else { &[2] };
    assert_eq!(rejected, expected, "{}", subject.name());
    assert!(report.rejected.iter().all(|rejection| !rejection.reason.is_empty()), "{}", subject.name());
    let rows = subject.rows(folder.path()).await;
    assert_eq!(rows.len(), batch.len() - expected.len(), "{}", subject.name());
    let states = newest(&rows);
    for article in [1, 4] {
        assert!(states[&id(article).to_string()].1.is_some(), "{}", subject.name());
    }
}

async fn closing_and_opening_again_goes_on_where_it_stopped(subject: &dyn Subject) {
    let folder = tempfile::tempdir().expect("temp");
    let mut rows = Vec::new();
    let (mut stored, mut class) = (None, Class::Append);
    for round in 1..=4_u8 {
        let mut desk = Desk::open(subject.sink(folder.path()), stored).await;
        class = desk.sink.class();
        let batch = [put(round, u64::from(round) * 2, "text"), put(round + 100, u64::from(round) * 2 + 1, "more")];
        desk.deliver(&batch).await;
        rows.extend(batch);
        desk.sink.idle().await.expect("idle");
        assert_eq!(desk.sink.state(), desk.stored, "{}: the state stands still between batches", subject.name());
        desk.sink.close().await.expect("close");
        stored = desk.stored;
    }
    assert_holds(subject, class, folder.path(), &rows, &[]).await;
}

async fn the_target_says_where_rows_go(subject: &dyn Subject) {
    let (one, other) = (tempfile::tempdir().expect("temp"), tempfile::tempdir().expect("temp"));
    let target = |place: &Path| subject.sink(place).target();
    assert_eq!(target(one.path()), target(one.path()), "{}", subject.name());
    // There is but one standard output.
    if subject.name() != "stdout" {
        assert_ne!(target(one.path()), target(other.path()), "{}", subject.name());
    }
}
