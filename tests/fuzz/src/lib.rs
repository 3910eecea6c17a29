//! What must hold whatever a file holds: reading ends, says where it is, goes on from anywhere, and gives
//! nothing larger than was allowed.

use std::path::Path;
use std::sync::Arc;

use copydesk_article::Content;
use copydesk_readers::{Item, Known, Position, ReadOptions, Reader};

/// Largest record in bytes; small, so that a fuzzer finds it.
const MAX: u64 = 4096;

/// Inputs up to this size are read again from each of their first positions.
const SMALL: usize = 2048;

fn read(name: &str, bytes: &[u8], from: Position) -> Vec<Item> {
    let options = ReadOptions { max_record_bytes: MAX, sources: Arc::default() };
    let mut reader = Reader::of_bytes_from(Path::new(name), bytes.to_vec(), from, &Known::default(), &options)
        .expect("memory does not change");
    std::iter::from_fn(|| reader.next().expect("memory does not change")).collect()
}

/// Reads bytes as a file of a name, and panics where an invariant is broken.
pub fn check(name: &str, bytes: &[u8]) -> Vec<Item> {
    let items = read(name, bytes, Position::default());
    let (mut offset, mut start) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        let (at, range) = match item {
            Item::Record(record) => {
                // A mail's text may be written out as HTML.
                assert!(record.content.len() as u64 <= 16 * MAX, "{} bytes", record.content.len());
                assert!(!matches!(&record.content, Content::Text(text) if text.trim().is_empty()), "an empty text");
                (record.index, record.bytes.clone())
            }
            Item::Bad(bad) => {
                assert!(!bad.detail.is_empty());
                (bad.index, bad.bytes.clone())
            }
        };
        assert_eq!((at, item.end().record), (index as u64, index as u64 + 1));
        assert!(item.end().offset >= offset, "positions rise");
        assert!(range.start >= start && range.end >= range.start && range.end <= item.end().offset);
        (offset, start) = (item.end().offset, range.start);
    }
    if bytes.len() <= SMALL {
        for (index, item) in items.iter().enumerate().take(8) {
            assert_eq!(read(name, bytes, item.end()), items[index + 1..], "from {:?}", item.end());
        }
    }
    items
}
