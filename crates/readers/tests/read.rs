//! Reading whole files through the public interface: every format, resumed everywhere, and changed under way.

use std::fs;
use std::io::Write;
use std::path::Path;

use copydesk_article::{ArticleId, Content, QuarantineReason, SourceFormat};
use copydesk_disk::Generation;
use copydesk_readers::{Found, Item, OpenError, Position, RawRecord, ReadError, ReadOptions, Reader};

const OPTIONS: ReadOptions = ReadOptions { max_record_bytes: 4096 };

fn drop_file(root: &Path, path: &str, bytes: &[u8]) -> Found {
    let full = root.join(path);
    fs::create_dir_all(full.parent().expect("parent")).expect("folders");
    fs::write(&full, bytes).expect("write");
    Found { path: path.into(), generation: Generation::of_path(&full).expect("generation"), follow: false }
}

fn read_from(root: &Path, found: &Found, from: Position) -> Vec<Item> {
    let mut reader = Reader::open(root, found, from, &OPTIONS).expect("open");
    std::iter::from_fn(|| reader.next().expect("next")).collect()
}

/// Format and items of a file; and that from every position the same items remain.
fn read(path: &str, bytes: &[u8]) -> (SourceFormat, Vec<Item>) {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), path, bytes);
    let items = read_from(folder.path(), &found, Position::default());
    for (index, item) in items.iter().enumerate() {
        let rest = read_from(folder.path(), &found, item.end());
        assert_eq!(rest, items[index + 1..], "{path} from {:?}", item.end());
    }
    let reader = Reader::open(folder.path(), &found, Position::default(), &OPTIONS).expect("open");
    (reader.format(), items)
}

fn record(item: &Item) -> &RawRecord {
    match item {
        Item::Record(record) => record,
        Item::Bad(bad) => panic!("{bad:?}"),
    }
}

/// Each item as its text, or its line and reason.
fn told(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .map(|item| match item {
            Item::Record(RawRecord { content: Content::Text(text) | Content::Markup(text), .. }) => text.clone(),
            Item::Record(RawRecord { content: Content::Bytes(bytes) | Content::Html(bytes), .. }) => {
                String::from_utf8_lossy(bytes).into()
            }
            Item::Bad(bad) => format!("{} {}", bad.line.unwrap_or_default(), bad.reason),
        })
        .collect()
}

#[test]
fn a_text_file_is_one_record() {
    let bytes = b"The ferry is late.\r\n\r\nCaf\xe9 owners wait.\n";
    let (format, items) = read("harbour/deep/a.txt", bytes);
    let record = record(&items[0]);
    assert_eq!((format, items.len()), (SourceFormat::Text, 1));
    assert_eq!(record.content, Content::Bytes(bytes.to_vec()));
    assert_eq!((record.source_name.as_str(), &record.bytes), ("harbour", &(0..bytes.len() as u64)));
    assert_eq!(record.id, ArticleId::of("harbour", None, bytes));
    assert_eq!(record.end, Position { record: 1, offset: bytes.len() as u64, prefix: 0 });
}

#[test]
fn json_lines_are_a_record_each_and_broken_ones_cost_themselves() {
    let lines = "\u{feff}{\"text\":\"one\",\"url\":\"https://example.org/1\",\"source\":\"wire\"}\r\n\n{broken\n[1]\n \
                 {\"title\":\"no text\"}\n{\"text\":\"last\"}";
    let (format, items) = read("a.jsonl", lines.as_bytes());
    assert_eq!(format, SourceFormat::JsonLines);
    assert_eq!(told(&items), ["one", "3 invalid_json", "4 wrong_shape", "5 no_text", "last"]);
    let (first, last) = (record(&items[0]), record(&items[4]));
    let line = lines.trim_start_matches('\u{feff}').lines().next().expect("line");
    assert_eq!(first.id, ArticleId::of("wire", Some("https://example.org/1"), line.as_bytes()));
    assert_eq!((first.line, first.bytes.clone()), (Some(1), 3..3 + line.len() as u64));
    assert_eq!((last.line, last.index, last.source_name.as_str()), (Some(6), 4, "default"));
}

#[test]
fn arrays_and_objects_are_read_value_by_value() {
    let (format, items) = read("a.json", br#" [ {"text":"one"} , {"text":}, 5, {"text":["two","three"]} ] "#);
    assert_eq!(format, SourceFormat::Json);
    assert_eq!(told(&items), ["one", "0 invalid_json", "0 wrong_shape", "two\n\nthree"]);
    assert_eq!(record(&items[0]).id, ArticleId::of("default", None, br#"{"text":"one"}"#));
    let (format, items) = read("feed/a.json", b"{\n \"text\": \"one\"\n}\n");
    assert_eq!((format, told(&items)), (SourceFormat::Json, vec!["one".to_owned()]));
    assert_eq!(record(&items[0]).source_name, "feed");
    let (_, items) = read("a.json", br#"[{"text":"one"},{"text":"two"#);
    assert_eq!(told(&items), ["one", "0 invalid_json"]);
    let (_, items) = read("a.json", br#"[{"text":"one"}"#);
    assert_eq!(told(&items), ["one", "0 invalid_json"]);
    assert_eq!(read("a.json", b"[]").1, []);
}

#[test]
fn what_is_too_large_is_stepped_over() {
    let long = "x".repeat(300_000);
    let lines = format!("{{\"text\":\"one\"}}\n{{\"text\":\"{long}\"}}\n{{\"text\":\"two\"}}\n{long}");
    let (_, items) = read("a.jsonl", lines.as_bytes());
    assert_eq!(told(&items), ["one", "2 too_large", "two", "4 too_large"]);
    assert!(matches!(&items[1], Item::Bad(bad) if bad.bytes == (15..15 + 300_011)), "{:?}", items[1]);
    for name in ["a.txt", "a.json"] {
        assert_eq!(told(&read(name, long.as_bytes()).1), ["0 too_large"], "{name}");
    }
}

#[test]
fn hostile_json_is_refused_a_record_at_a_time() {
    let deep = format!("{{\"text\":\"x\",\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let lines = [deep.as_bytes(), b"{\"text\":\"\xff\"}", b"{\"text\":\"\\ud800\"}", b"{\"text\":\"ok\"}"].join(&b'\n');
    let (_, items) = read("a.jsonl", &lines);
    assert_eq!(told(&items), ["1 invalid_json", "2 invalid_json", "3 invalid_json", "ok"]);
}

#[test]
fn refused_files_are_one_bad_record() {
    for (bytes, reason) in [
        (b"".as_slice(), QuarantineReason::Empty),
        (b"\0\0\0\0", QuarantineReason::Binary),
        (b"<!doctype html><p>", QuarantineReason::UnsupportedFormat),
    ] {
        let (_, items) = read("a", bytes);
        assert!(matches!(&items[..], [Item::Bad(bad)] if bad.reason == reason), "{items:?}");
    }
}

#[test]
fn a_file_that_changed_or_went_is_not_opened() {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "a.txt", b"first");
    let open = || Reader::open(folder.path(), &found, Position::default(), &OPTIONS);
    assert!(open().is_ok());
    drop_file(folder.path(), "a.txt", b"second, and longer");
    assert!(matches!(open(), Err(OpenError::Changed { .. })));
    fs::remove_file(folder.path().join("a.txt")).expect("remove");
    assert!(matches!(open(), Err(OpenError::Missing { .. })));
    std::os::unix::fs::symlink("/dev/null", folder.path().join("a.txt")).expect("link");
    assert!(matches!(open(), Err(OpenError::Changed { .. })));
}

#[test]
fn a_file_appended_to_while_it_is_read_gives_its_whole_lines_and_then_says_so() {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "a.jsonl", b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"text\":\"thr");
    let mut reader = Reader::open(folder.path(), &found, Position::default(), &OPTIONS).expect("open");
    assert_eq!(told(&[reader.next().expect("next").expect("item")]), ["one"]);
    let mut producer = fs::OpenOptions::new().append(true).open(folder.path().join("a.jsonl")).expect("append");
    producer.write_all(b"ee\"}\n").expect("write");
    let two = reader.next().expect("next").expect("item");
    assert_eq!(told(std::slice::from_ref(&two)), ["two"]);
    assert!(matches!(reader.next(), Err(ReadError::Changed { .. })), "the half line is not taken");
    let again = Found { generation: Generation::of_path(&folder.path().join("a.jsonl")).expect("generation"), ..found };
    assert_eq!(told(&read_from(folder.path(), &again, two.end())), ["three"]);
}

#[test]
fn a_file_cut_short_or_rewritten_while_it_is_read_is_noticed_at_its_end() {
    let folder = tempfile::tempdir().expect("temp");
    for bytes in
        [b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n".as_slice(), b"[{\"text\":\"one\"},{\"text\":\"two\"}]", b"plain"]
    {
        let found = drop_file(folder.path(), "a", bytes);
        let mut reader = Reader::open(folder.path(), &found, Position::default(), &OPTIONS).expect("open");
        fs::OpenOptions::new().write(true).open(folder.path().join("a")).expect("open").set_len(3).expect("cut");
        let end = loop {
            match reader.next() {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        assert!(matches!(end, Err(ReadError::Changed { .. })), "{end:?}");
    }
}
