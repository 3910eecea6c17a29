//! The local folder of parts, and what parts of any store must do.

use std::fs;
use std::path::Path;

use async_trait::async_trait;
use copydesk_sinks::{FolderOptions, Sink, folder_sink};

use crate::contract;
use crate::harness::{Desk, Held, Subject, held, put, read_lines};

struct Folder;

impl Folder {
    fn parts(place: &Path) -> Vec<String> {
        let mut parts = Vec::new();
        for day in fs::read_dir(place.join("out")).expect("list").map(|entry| entry.expect("entry")) {
            let names = fs::read_dir(day.path()).expect("list").map(|entry| entry.expect("entry").file_name());
            let day = day.file_name().into_string().expect("a name");
            parts.extend(names.map(|name| format!("{day}/{}", name.into_string().expect("a name"))));
        }
        parts.sort();
        parts
    }
}

#[async_trait]
impl Subject for Folder {
    fn name(&self) -> &'static str {
        "folder"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        folder_sink(&FolderOptions::at(place.join("out")))
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let read = |name: &String| {
            let bytes = fs::read(place.join("out").join(name)).expect("read");
            read_lines(&zstd::decode_all(&bytes[..]).expect("zstd"))
        };
        Self::parts(place).iter().flat_map(read).collect()
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn parses(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    contract::all(&Folder).await;
}

#[tokio::test]
async fn a_repeat_is_cut_as_before_and_new_rows_are_a_part_of_their_own() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Folder.sink(folder.path()), None).await;
    let rows: Vec<_> = (1..=6).map(|n| put(n, u64::from(n), "text")).collect();
    desk.deliver_unheard(&rows[..2]).await;
    let mut desk = desk.crash(Folder.sink(folder.path())).await;
    desk.deliver_unheard(&rows[..4]).await;
    let mut desk = desk.crash(Folder.sink(folder.path())).await;
    desk.deliver(&rows).await;
    let names = ["000000000001-000000000002", "000000000003-000000000004", "000000000005-000000000006"];
    let parts = Folder::parts(folder.path());
    assert_eq!(parts.len(), names.len(), "{parts:?}");
    for (part, name) in parts.iter().zip(names) {
        assert!(part.starts_with("date=") && part.ends_with(&format!("/{name}.jsonl.zst")), "{part}");
    }
    assert_eq!(Folder.rows(folder.path()).await, held(&rows));
}

#[tokio::test]
async fn parts_of_an_attempt_that_can_not_be_repeated_are_deleted() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Folder.sink(folder.path()), None).await;
    let rows: Vec<_> = (1..=6).map(|n| put(n, u64::from(n), "text")).collect();
    desk.deliver_unheard(&rows[..4]).await;
    let mut desk = desk.crash(Folder.sink(folder.path())).await;
    // The first two have expired.
    desk.deliver(&rows[2..]).await;
    assert_eq!(Folder.rows(folder.path()).await, held(&rows[2..]));
}

#[tokio::test]
async fn what_is_sent_again_never_takes_the_place_of_another_part() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Folder.sink(folder.path()), None).await;
    let rows: Vec<_> = (1..=6).map(|n| put(n, u64::from(n), "text")).collect();
    desk.deliver(&rows[..3]).await;
    // The same range, but not the same rows; once undone after a crash.
    let some = [rows[0].clone(), rows[2].clone()];
    desk.deliver_unheard(&some).await;
    let mut desk = desk.crash(Folder.sink(folder.path())).await;
    desk.deliver(&rows[3..]).await;
    let mut desk = desk.crash(Folder.sink(folder.path())).await;
    desk.deliver(&some).await;
    desk.deliver(&some).await;
    let mut expected = held(&rows);
    expected.extend(held(&some));
    expected.extend(held(&some));
    let key = |held: &Held| (held.sequence, held.id.clone());
    let mut found = Folder.rows(folder.path()).await;
    found.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(found, expected, "{:?}", Folder::parts(folder.path()));
}
