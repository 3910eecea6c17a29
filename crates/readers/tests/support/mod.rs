//! Files in a folder, and reading them whole, in parts, and wrapped.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::fs;
use std::io::Read;
use std::path::Path;

use copydesk_article::{Content, SourceFormat};
use copydesk_disk::Generation;
use copydesk_readers::{BadRecord, Found, Item, Known, Position, RawRecord, ReadOptions, Reader};

pub fn options() -> ReadOptions {
    ReadOptions { max_record_bytes: 4096, sources: std::sync::Arc::default() }
}

pub fn drop_file(root: &Path, path: &str, bytes: &[u8]) -> Found {
    let full = root.join(path);
    fs::create_dir_all(full.parent().expect("parent")).expect("folders");
    fs::write(&full, bytes).expect("write");
    found(root, path)
}

pub fn found(root: &Path, path: &str) -> Found {
    Found { path: path.into(), generation: Generation::of_path(&root.join(path)).expect("generation"), follow: false }
}

pub fn open(root: &Path, found: &Found, from: Position) -> Reader {
    Reader::open(root, found, from, &Known::default(), &options()).expect("open")
}

pub fn rest(reader: &mut Reader) -> Vec<Item> {
    std::iter::from_fn(|| reader.next().expect("next")).collect()
}

/// Items of a file; and that from every position the same items remain.
fn read_through(path: &str, bytes: &[u8]) -> (SourceFormat, Vec<Item>) {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), path, bytes);
    let mut reader = open(folder.path(), &found, Position::default());
    let items = rest(&mut reader);
    for (index, item) in items.iter().enumerate() {
        let remaining = rest(&mut open(folder.path(), &found, item.end()));
        assert_eq!(remaining, items[index + 1..], "{path} from {:?}", item.end());
        assert_eq!(item.end().record, index as u64 + 1);
    }
    let mut in_memory = Reader::of_bytes(path.as_ref(), bytes.to_vec(), &Known::default(), &options()).expect("memory");
    assert_eq!(rest(&mut in_memory), items, "{path} in memory");
    (reader.format(), items)
}

/// Format and items of a file; and that it reads the same from every position, and packed.
pub fn read(path: &str, bytes: &[u8]) -> (SourceFormat, Vec<Item>) {
    let (format, items) = read_through(path, bytes);
    for (suffix, packed) in [("gz", gzip(bytes)), ("zst", zstd(bytes))] {
        let unpacked = read_through(&format!("{path}.{suffix}"), &packed);
        assert_eq!(
            (unpacked.0, without_prefixes(&unpacked.1)),
            (format, without_prefixes(&items)),
            "{path} in {suffix}"
        );
    }
    (format, items)
}

/// Packed files are not appended to: their positions have no hash. Where a file is refused only its beginning is
/// known to have been looked at.
fn without_prefixes(items: &[Item]) -> Vec<Item> {
    let mut items = items.to_vec();
    for item in &mut items {
        match item {
            Item::Record(record) => record.end.prefix = 0,
            Item::Bad(bad) => bad.end.prefix = 0,
        }
    }
    items
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    // In two members, as appended logs are.
    for part in bytes.chunks(bytes.len() / 2 + 1) {
        flate2::read::GzEncoder::new(part, flate2::Compression::fast()).read_to_end(&mut packed).expect("gzip");
    }
    if packed.is_empty() {
        flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("gzip");
    }
    packed
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    // A skippable frame, then two frames.
    let mut packed = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    let (one, two) = bytes.split_at(bytes.len() / 2);
    for part in [one, two] {
        packed.extend(zstd::encode_all(part, 1).expect("zstd"));
    }
    packed
}

pub fn record(item: &Item) -> &RawRecord {
    match item {
        Item::Record(record) => record,
        Item::Bad(bad) => panic!("{bad:?}"),
    }
}

pub fn bad(item: &Item) -> &BadRecord {
    match item {
        Item::Record(record) => panic!("{record:?}"),
        Item::Bad(bad) => bad,
    }
}

pub fn text(content: &Content) -> String {
    match content {
        Content::Text(text) | Content::Markup(text) => text.clone(),
        Content::Bytes(bytes) | Content::Html(bytes) => String::from_utf8_lossy(bytes).into(),
    }
}

/// Each item as its text, or its line and reason.
pub fn told(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .map(|item| match item {
            Item::Record(record) => text(&record.content),
            Item::Bad(bad) => format!("{} {}", bad.line.unwrap_or_default(), bad.reason),
        })
        .collect()
}
