//! What people search in the SQLite database, and that it follows the newest state.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_sinks::Row;
use proptest::prelude::*;
use rusqlite::Connection;

use crate::harness::{Desk, Sqlite, Subject, delete, held, newest, put, put_record, record};

/// First column of every row, as text.
fn column(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).expect("prepare");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("query");
    rows.map(|row| row.expect("row")).collect()
}

fn found(place: &Path, words: &str) -> Vec<String> {
    let sql = format!(
        "SELECT url FROM articles_fts JOIN articles ON number = articles_fts.rowid
         WHERE articles_fts MATCH '{words}' ORDER BY url"
    );
    column(&Sqlite::connect(place), &sql)
}

#[tokio::test]
async fn words_are_found_in_the_newest_state_only() {
    let folder = tempfile::tempdir().expect("temp");
    let place = folder.path();
    let mut desk = Desk::open(Sqlite.sink(place), None).await;
    desk.deliver(&[put(1, 1, "the harbour froze"), put(2, 2, "the Café burned")]).await;
    assert_eq!(found(place, "harbour"), ["https://news.example/1"]);
    assert_eq!(found(place, "cafe"), ["https://news.example/2"], "accents do not matter");
    assert_eq!(found(place, "title:report").len(), 2);
    desk.deliver(&[put(1, 3, "the harbor thawed")]).await;
    assert_eq!(found(place, "harbour"), [""; 0]);
    assert_eq!(found(place, "harbor thawed"), ["https://news.example/1"]);
    desk.deliver(&[put(1, 1, "the harbour froze"), delete(2, 4)]).await;
    assert_eq!(found(place, "harbour OR cafe OR burned"), [""; 0]);
    let integrity = "INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)";
    Sqlite::connect(place).execute_batch(integrity).expect("the index agrees with the articles");
}

#[tokio::test]
async fn names_follow_the_newest_state() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Sqlite.sink(folder.path()), None).await;
    let names = || column(&Sqlite::connect(folder.path()), "SELECT name || ' ' || ids FROM entities ORDER BY 1");
    let mentions = || {
        let sql = "SELECT e.name || ' ' || field || ' ' || start || '-' || end || ' ' || m.text
                   FROM mentions m JOIN entities e ON e.article = m.article AND e.ordinal = m.entity
                   JOIN articles a ON a.number = m.article ORDER BY m.article, start";
        column(&Sqlite::connect(folder.path()), sql)
    };
    desk.deliver(&[put(1, 1, "in Kabul and é Herat and Kabul"), put(2, 2, "to Lima")]).await;
    assert_eq!(names(), ["Herat local:Herat,iso:XX", "Kabul local:Kabul,iso:XX", "Lima local:Lima,iso:XX"]);
    let expected = ["Kabul text 3-8 Kabul", "Herat text 15-20 Herat", "Kabul text 25-30 Kabul", "Lima text 3-7 Lima"];
    assert_eq!(mentions(), expected);
    desk.deliver(&[put(1, 3, "from Quito"), put(2, 1, "to Oslo")]).await;
    assert_eq!(names(), ["Lima local:Lima,iso:XX", "Quito local:Quito,iso:XX"]);
    assert_eq!(mentions(), ["Quito text 5-10 Quito", "Lima text 3-7 Lima"]);
    desk.deliver(&[delete(1, 4)]).await;
    assert_eq!(
        (names(), mentions()),
        (vec!["Lima local:Lima,iso:XX".to_owned()], vec!["Lima text 3-7 Lima".to_owned()])
    );
}

#[tokio::test]
async fn the_view_shows_current_versions_only() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Sqlite.sink(folder.path()), None).await;
    desk.deliver(&[put(1, 1, "first")]).await;
    let mut old = record(1, 2, "first");
    old.is_current = false;
    let mut new = record(2, 2, "second");
    (new.document, new.version) = (old.id, 2);
    desk.deliver(&[put_record(&old), put_record(&new)]).await;
    let database = Sqlite::connect(folder.path());
    assert_eq!(column(&database, "SELECT text FROM current_articles"), ["second"]);
    assert_eq!(
        column(
            &database,
            "SELECT text FROM articles WHERE document = (SELECT document FROM current_articles) ORDER BY version"
        ),
        ["first", "second"]
    );
}

/// Rows of a few articles, each sequence once, in any order, some of them again, cut into batches.
fn batches() -> impl Strategy<Value = Vec<Vec<Row>>> {
    let rows = proptest::collection::vec((0..4_u8, any::<bool>()), 1..24).prop_map(|changes| {
        (1_u64..)
            .zip(changes)
            .map(|(sequence, (article, gone))| {
                if gone { delete(article, sequence) } else { put(article, sequence, &format!("text Place{sequence}")) }
            })
            .collect::<Vec<_>>()
    });
    let repeated = rows.prop_flat_map(|rows| {
        let again = proptest::sample::subsequence(rows.clone(), 0..=rows.len());
        again.prop_map(move |again| [rows.clone(), again].concat())
    });
    (repeated.prop_shuffle(), 1..6_usize).prop_map(|(rows, size)| rows.chunks(size).map(<[Row]>::to_vec).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_ends_in_the_newest_state(batches in batches()) {
        let folder = tempfile::tempdir().expect("temp");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(async {
            let mut desk = Desk::open(Sqlite.sink(folder.path()), None).await;
            for batch in &batches {
                desk.deliver(batch).await;
            }
        });
        let expected: BTreeMap<_, _> = newest(&held(&batches.concat()));
        let rows = runtime.block_on(Sqlite.rows(folder.path()));
        prop_assert_eq!(newest(&rows), expected.clone());
        prop_assert_eq!(rows.len(), expected.len());
        let database = Sqlite::connect(folder.path());
        let names = column(&database, "SELECT 'Place' || sequence FROM articles ORDER BY 1");
        prop_assert_eq!(column(&database, "SELECT name FROM entities ORDER BY 1"), names.clone());
        prop_assert_eq!(column(&database, "SELECT text FROM mentions ORDER BY 1"), names);
        database.execute_batch("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)").expect("index");
    }
}
