//! Whose word counts: fields, sidecars, the folder, and a source's defaults.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use copydesk_article::{Conflict, DateOrder, Origin, QuarantineReason, Supplied};
use copydesk_readers::{Item, Known, Position, RawRecord, ReadOptions, Reader, SourceDefaults};
use support::{bad, drop_file, record, rest, told};

fn read(root: &Path, path: &str, known: &Known, sources: BTreeMap<String, SourceDefaults>) -> Vec<Item> {
    let options = ReadOptions { sources: Arc::new(sources), ..support::options() };
    rest(&mut Reader::open(root, &support::found(root, path), Position::default(), known, &options).expect("open"))
}

fn conflicts(record: &RawRecord) -> Vec<(&str, &str)> {
    record.supplied.conflicts.iter().map(|conflict| (conflict.field.as_str(), conflict.value.as_str())).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_nearest_word_wins_and_the_others_are_kept() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    drop_file(root, "a.json", br#"{"text":"Rain fell.","title":"Rain","source":"wire"}"#);
    drop_file(
        root,
        "a.json.meta.json",
        br#"{"title":"Flood","site":"meta.example","section":"North","source":"meta"}"#,
    );
    drop_file(
        root,
        "a.json.headers",
        b"Content-Type: text/html; charset=koi8-r\nContent-Language: ru\nDate: Wed, 01 May 2024 08:00:00 GMT\n",
    );
    drop_file(root, "a.json.url", b"https://example.org/rain\n");
    let supplied = Supplied {
        site: some("folder.example"),
        language: some("uk"),
        sections: vec!["North ".to_owned()],
        ..Supplied::default()
    };
    let known = Known { source: some("folder"), supplied };
    let defaults = SourceDefaults {
        language: some("de"),
        time_zone: some("Europe/Kyiv"),
        date_order: Some(DateOrder::Dmy),
        ..SourceDefaults::default()
    };
    let items = read(root, "a.json", &known, [("folder".to_owned(), defaults)].into());
    let record = record(&items[0]);
    let supplied = &record.supplied;
    assert_eq!((record.source_name.as_str(), supplied.title.as_deref()), ("folder", Some("Rain")));
    assert_eq!(
        (supplied.url.as_deref(), supplied.site.as_deref()),
        (Some("https://example.org/rain"), Some("meta.example"))
    );
    assert_eq!((supplied.language.as_deref(), supplied.time_zone.as_deref()), (Some("ru"), Some("Europe/Kyiv")));
    assert_eq!((supplied.charset.as_deref(), supplied.date_order), (Some("koi8-r"), Some(DateOrder::Dmy)));
    let expected =
        [("title", "Flood"), ("site", "folder.example"), ("language", "uk"), ("source", "wire"), ("source", "meta")];
    assert_eq!(conflicts(record), expected);
    assert_eq!(
        supplied.conflicts[0],
        Conflict { field: "title".to_owned(), value: "Flood".to_owned(), from: Origin::Supplied }
    );
}

#[test]
fn the_source_is_named_by_the_folder_pattern_then_the_record_then_the_folder() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    drop_file(root, "harbour/a.json", br#"[{"text":"x","source":"wire"},{"text":"y"}]"#);
    let name = |known: &Known| {
        let items = read(root, "harbour/a.json", known, BTreeMap::new());
        items.iter().map(|item| record(item).source_name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(name(&Known::default()), ["wire", "harbour"]);
    assert_eq!(name(&Known { source: some("said"), ..Known::default() }), ["said", "said"]);
    let items = read(
        root,
        "harbour/a.json",
        &Known::default(),
        [("wire".to_owned(), SourceDefaults { site: some("wire.example"), ..SourceDefaults::default() })].into(),
    );
    assert_eq!(record(&items[0]).supplied.site.as_deref(), Some("wire.example"), "a default beats a guess");
}

#[test]
fn sidecars_of_a_file_of_many_articles_speak_of_the_file() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    drop_file(root, "a.jsonl", b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    drop_file(root, "a.jsonl.url", b"https://example.org/feed\n");
    drop_file(root, "a.jsonl.meta.json", br#"{"site":"Example","title":"All articles"}"#);
    for item in read(root, "a.jsonl", &Known::default(), BTreeMap::new()) {
        let supplied = &record(&item).supplied;
        assert_eq!((&supplied.url, &supplied.title, supplied.site.as_deref()), (&None, &None, Some("Example")));
        assert_eq!(supplied.extra["file"]["url"], "https://example.org/feed");
    }
}

#[test]
fn a_bad_sidecar_is_a_problem_and_no_more() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    drop_file(root, "a.txt", b"Rain fell.");
    drop_file(root, "a.txt.meta.json", &vec![b' '; (1 << 20) + 1]);
    std::os::unix::fs::symlink("/etc/hostname", root.join("a.txt.headers")).expect("link");
    fs::create_dir(root.join("a.txt.url")).expect("folder");
    let items = read(root, "a.txt", &Known::default(), BTreeMap::new());
    let problems = &record(&items[0]).supplied.problems;
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.starts_with("sidecar a.txt.")), "{problems:?}");
}

#[test]
fn a_sidecar_without_its_article() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    for (name, bytes) in [
        ("a.txt.url", &b"https://example.org/a"[..]),
        ("a.txt.headers", b"Date: x"),
        ("a.txt.meta.json", br#"{"title":"Rain"}"#),
        ("b.txt.meta.json", b"{"),
    ] {
        drop_file(root, name, bytes);
        let items = read(root, name, &Known::default(), BTreeMap::new());
        assert_eq!((items.len(), bad(&items[0]).reason), (1, QuarantineReason::OrphanSidecar), "{name}");
        assert!(bad(&items[0]).detail.contains(".txt") && bad(&items[0]).detail.contains("drop both again"));
    }
    drop_file(root, "c.html.meta.json", br#"{"title":"Rain","text":"Rain fell."}"#);
    let items = read(root, "c.html.meta.json", &Known::default(), BTreeMap::new());
    assert_eq!(
        (told(&items), record(&items[0]).supplied.title.as_deref()),
        (vec!["Rain fell.".to_owned()], Some("Rain"))
    );
}

#[test]
fn defaults_of_a_source_are_read_from_the_configuration() {
    let read = |json: &str| serde_json::from_str::<SourceDefaults>(json);
    let defaults = read(r#"{"site":"Example","date_order":"dmy"}"#).expect("defaults");
    assert_eq!((defaults.site.as_deref(), defaults.date_order), (Some("Example"), Some(DateOrder::Dmy)));
    assert!(read(r#"{"sight":"Example"}"#).is_err());
}
