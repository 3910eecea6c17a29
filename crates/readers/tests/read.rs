//! Reading whole files through the public interface: every format, resumed everywhere, and changed under way.

mod support;

use std::fs;
use std::io::Write;

use copydesk_article::{ArticleId, Content, SourceFormat};
use copydesk_disk::Generation;
use copydesk_readers::{Found, Item, Known, OpenError, Position, ReadError, Reader};
use support::{bad, drop_file, gzip, open, options, read, record, rest, told, zstd};

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
fn deep_json_is_refused_and_what_programs_write_is_understood() {
    let deep = format!("{{\"text\":\"x\",\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let lines = [deep.as_bytes(), b"{\"text\":\"\xe9\"}", b"{\"text\":\"\\ud800\",\"n\":NaN}", b"{\"text\":\"ok\"}"]
        .join(&b'\n');
    let (_, items) = read("a.jsonl", &lines);
    assert_eq!(told(&items), ["1 invalid_json", "é", "\u{fffd}", "ok"]);
    let problems: Vec<usize> = items[1..].iter().map(|item| record(item).supplied.problems.len()).collect();
    assert_eq!(problems, [1, 2, 0]);
}

#[test]
fn lists_inside_objects_are_read_value_by_value() {
    let (format, items) =
        read("a.json", br#"{"status":"ok","articles":[{"text":"one"},{"title":"x"}, {"text":"two"}],"n":2}"#);
    assert_eq!((format, told(&items)), (SourceFormat::Json, vec!["one".into(), "0 no_text".into(), "two".into()]));
    let hits = br#"{"took":1,"hits":{"total":2,"hits":[{"_id":"1","_source":{"text":"one"}}],"max":[1]}}"#;
    assert_eq!(told(&read("a", hits).1), ["one"]);
    assert_eq!(told(&read("a", br#"{"response":{"docs":[{"text":"one"},{"text":"tw"#).1), ["one", "0 invalid_json"]);
    assert_eq!(told(&read("a", br#"{"items":[{"text":"one"}],"more": "#).1), ["one", "0 invalid_json"]);
    assert_eq!(told(&read("a", b"{\n\"items\":[{\"text\":\"one\"}]}\n{\n\"items\":[]}").1), ["one", "0 invalid_json"]);
    let long = format!("{{\"n\": 1, \"items\":[{}{{\"text\":\"last\"}}]}}", "{\"text\":\"x\"},".repeat(330));
    assert_eq!(read("a", long.as_bytes()).1.len(), 331, "longer than a record, and streamed");
    assert_eq!(read("a", b"{\"articles\":[]}").1, []);
}

#[test]
fn wide_encodings_of_json_are_read_and_positions_count_in_utf8() {
    let lines = "{\"text\":\"caf\u{e9}\"}\n{\"text\":\"\u{1f600}\"}\nbroken\n";
    let marked = format!("\u{feff}{lines}");
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = lines.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
    for bytes in [little, big] {
        let (format, items) = read("a.jsonl", &bytes);
        assert_eq!(
            (format, told(&items)[..2].to_vec()),
            (SourceFormat::JsonLines, vec!["café".into(), "\u{1f600}".into()])
        );
        assert_eq!((record(&items[0]).bytes.clone(), record(&items[0]).end.prefix), (0..16, 0));
    }
}

#[test]
fn positions_of_json_lines_carry_a_hash() {
    let (_, items) = read("a.jsonl", b"{\"text\":\"one\"}\n\n{\"text\":\"two\"}");
    let hash = |bytes: &[u8]| xxhash_rust::xxh3::xxh3_64(bytes);
    assert_eq!(items[0].end().prefix, hash(b"{\"text\":\"one\"}\n"));
    assert_eq!(items[1].end().prefix, hash(b"{\"text\":\"one\"}\n\n{\"text\":\"two\"}"));
}

#[test]
fn a_file_that_changed_or_went_is_not_opened() {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "a.txt", b"first");
    let reopen = || Reader::open(folder.path(), &found, Position::default(), &Known::default(), &options());
    assert!(reopen().is_ok());
    drop_file(folder.path(), "a.txt", b"second, and longer");
    assert!(matches!(reopen(), Err(OpenError::Changed { .. })));
    fs::remove_file(folder.path().join("a.txt")).expect("remove");
    assert!(matches!(reopen(), Err(OpenError::Missing { .. })));
    std::os::unix::fs::symlink("/dev/null", folder.path().join("a.txt")).expect("link");
    assert!(matches!(reopen(), Err(OpenError::Changed { .. })));
}

#[test]
fn a_file_appended_to_while_it_is_read_gives_its_whole_lines_and_then_says_so() {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "a.jsonl", b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"text\":\"thr");
    let mut reader = open(folder.path(), &found, Position::default());
    assert_eq!(told(&[reader.next().expect("next").expect("item")]), ["one"]);
    let mut producer = fs::OpenOptions::new().append(true).open(folder.path().join("a.jsonl")).expect("append");
    producer.write_all(b"ee\"}\n").expect("write");
    let two = reader.next().expect("next").expect("item");
    assert_eq!(told(std::slice::from_ref(&two)), ["two"]);
    assert!(matches!(reader.next(), Err(ReadError::Changed { .. })), "the half line is not taken");
    let again = Found { generation: Generation::of_path(&folder.path().join("a.jsonl")).expect("generation"), ..found };
    assert_eq!(told(&rest(&mut open(folder.path(), &again, two.end()))), ["three"]);
}

#[test]
fn a_file_cut_short_or_rewritten_while_it_is_read_is_noticed_at_its_end() {
    let folder = tempfile::tempdir().expect("temp");
    for bytes in
        [b"{\"text\":\"one\"}\n{\"text\":\"two\"}\n".as_slice(), b"[{\"text\":\"one\"},{\"text\":\"two\"}]", b"plain"]
    {
        let found = drop_file(folder.path(), "a", bytes);
        let mut reader = open(folder.path(), &found, Position::default());
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

#[test]
fn a_followed_file_gives_its_whole_lines_and_may_grow() {
    let folder = tempfile::tempdir().expect("temp");
    let found = Found { follow: true, ..drop_file(folder.path(), "a.jsonl", b"{\"text\":\"one\"}\n{\"text\":\"tw") };
    let mut producer = fs::OpenOptions::new().append(true).open(folder.path().join("a.jsonl")).expect("append");
    producer.write_all(b"o\"}\n").expect("write");
    let mut reader = open(folder.path(), &found, Position::default());
    assert!(reader.is_appendable() && !reader.is_single());
    let items = rest(&mut reader);
    assert_eq!(told(&items), ["one"]);
    let grown =
        Found { generation: Generation::of_path(&folder.path().join("a.jsonl")).expect("generation"), ..found.clone() };
    let from = copydesk_readers::continue_from(folder.path(), &grown, items[0].end()).expect("open");
    assert_eq!(from, Some(items[0].end()));
    assert_eq!(told(&rest(&mut open(folder.path(), &grown, items[0].end()))), ["two"]);
    producer.set_len(3).expect("cut");
    assert!(matches!(reader.next(), Err(ReadError::Changed { .. })));
    let reopened = Reader::open(folder.path(), &grown, Position::default(), &Known::default(), &options());
    assert!(matches!(reopened, Err(OpenError::Changed { .. })));
}

#[test]
fn a_followed_file_of_another_format_is_not_whole_yet() {
    let folder = tempfile::tempdir().expect("temp");
    let line = b"{\"text\":\"one\"}\n";
    for (name, bytes) in [
        ("a.txt", b"Rain".to_vec()),
        ("a.json", b"[{\"text\":\"x\"}]".to_vec()),
        ("a.jsonl.gz", gzip(line)),
        ("b.jsonl", vec![]),
    ] {
        let found = Found { follow: true, ..drop_file(folder.path(), name, &bytes) };
        let opened = Reader::open(folder.path(), &found, Position::default(), &Known::default(), &options());
        assert!(matches!(opened, Err(OpenError::Changed { .. })), "{name}");
    }
}

/// A log as it was read, what it became, and what is read then.
#[test]
fn reading_goes_on_where_a_file_was_appended_to() {
    for (before, after, expected) in [
        ("1\n2\n", "1\n2\n3\n", Some(("3", 2, 3))),
        ("1\n2", "1\n2\n3\n", Some(("3", 2, 3))),
        ("1\n2", "1\n2\r\n3\n", Some(("3", 2, 3))),
        ("1\n2", "1\n2", Some(("", 2, 0))),
        ("1\n2", "1\n23\n", Some(("23", 2, 2))),
        ("\u{feff}1", "\u{feff}12\n", Some(("12", 1, 1))),
        ("1\n2\n", "1\n9\n3\n", None),
        ("1\n2\n", "1\n", None),
    ] {
        let log = |text: &str| {
            let mut bytes = String::new();
            for part in text.split_inclusive('\n') {
                let number: String = part.chars().filter(char::is_ascii_digit).collect();
                let (mark, end) = (
                    part.strip_prefix('\u{feff}').map_or("", |_| "\u{feff}"),
                    part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '\u{feff}'),
                );
                bytes.push_str(&format!("{mark}{{\"text\":\"{number}\"}}{end}"));
            }
            // A line cut inside its text goes on inside it.
            bytes.replace("\"}\u{0}", "")
        };
        let folder = tempfile::tempdir().expect("temp");
        let torn = expected.is_some_and(|(text, ..)| text.len() == 2);
        let (mut old, new) = (log(before), log(after));
        if torn {
            old.truncate(old.len() - 2);
        }
        let found = drop_file(folder.path(), "a.jsonl", old.as_bytes());
        let items = rest(&mut open(folder.path(), &found, Position::default()));
        let position = items.last().expect("items").end();
        let found = drop_file(folder.path(), "a.jsonl", new.as_bytes());
        let from = copydesk_readers::continue_from(folder.path(), &found, position).expect("open");
        let read = from.map(|from| {
            let items = rest(&mut open(folder.path(), &found, from));
            let line = items.first().map_or(0, |item| record(item).line.expect("line"));
            (told(&items).concat(), from.record, line)
        });
        assert_eq!(read, expected.map(|(text, record, line)| (text.to_owned(), record, line)), "{before:?} {after:?}");
        if let Some(from) = from {
            let bytes = &new.as_bytes()[..usize::try_from(from.offset).expect("small")];
            let hash = if bytes.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(bytes) };
            assert_eq!(from.prefix, hash, "{before:?} {after:?}");
        }
    }
}

#[test]
fn a_record_is_copied_as_it_is_above_the_layers() {
    let folder = tempfile::tempdir().expect("temp");
    let lines = b"{\"text\":\"one\"}\n{broken\n{\"text\":\"two\"}\n";
    let wide: Vec<u8> = String::from_utf8_lossy(lines).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("a.jsonl", lines.to_vec()),
        ("a.jsonl.gz", gzip(lines)),
        ("a.jsonl.zst.gz", gzip(&zstd(lines))),
        ("b.jsonl", wide),
    ] {
        let found = drop_file(folder.path(), name, &bytes);
        let items = rest(&mut open(folder.path(), &found, Position::default()));
        let mut copy = Vec::new();
        copydesk_readers::copy_record(folder.path(), &found, bad(&items[1]).bytes.clone(), &mut copy).expect("copy");
        assert_eq!(copy, b"{broken", "{name}");
    }
    let found = drop_file(folder.path(), "a.txt", b"Rain");
    let failed = copydesk_readers::copy_record(folder.path(), &found, 0..4, &mut &mut [0_u8; 2][..]);
    assert!(matches!(failed, Err(copydesk_readers::CopyError::Write(_))));
    drop_file(folder.path(), "a.txt", b"Sunshine");
    let failed = copydesk_readers::copy_record(folder.path(), &found, 0..4, &mut Vec::new());
    assert!(matches!(failed, Err(copydesk_readers::CopyError::Open(OpenError::Changed { .. }))));
}
