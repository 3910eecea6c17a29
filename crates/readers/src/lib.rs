//! From a file to its records: one reader a format, all streaming.
//!
//! This crate knows files and formats and nothing else: no folder is watched here and nothing is moved.
//! A [`Reader`] turns a [`Found`] file into records, one at a time; it resumes at any [`Position`], and refuses
//! to go on when the file changes under it. Three ideas carry the rest:
//!
//! - **Layers** (`layers.rs`, `wide.rs`) lie under one window (`input.rs`): gzip, zstd, UTF-16 and UTF-32 where a
//!   format has a syntax. Every offset counts the bytes above them. Going back in a packed file means unpacking it
//!   again.
//! - **Cutting comes before understanding.** A splitter finds where a record ends by as little of the format as it
//!   can (brackets, tags, lengths, line ends), so that one broken record costs itself, whatever the file's size,
//!   and never more than one record is held. What it cut (`piece.rs`) is then understood on its own.
//! - **Words are laid over each other** (`merge.rs`): the record's own fields, its sidecars ([`sidecar`]), its folder
//!   ([`Known`]), its source's defaults ([`SourceDefaults`]). The nearest wins, and what loses is kept.
//!
//! # Formats
//!
//! By content first, by extension where the content leaves it open (`guess.rs`); a `.gz` or `.zst` at the end of
//! the name is looked through.
//!
//! | format | a record is | cut by | positions in it |
//! |---|---|---|---|
//! | plain text, web page, mail (`.eml`) | the file | — | the file's end |
//! | JSON Lines | a line | line ends | line starts, with a hash of everything before |
//! | JSON | an object, an array's element, or an element of a list in an object (NewsAPI, Elasticsearch, Solr) | brackets and strings | after a value |
//! | JSON Feed 1 | an item | as JSON | after an item |
//! | RSS 0.9x, 1.0, 2.0; Atom | an `item` or `entry` | its tags | after an entry; the feed's own words are read again |
//! | WARC 0.17, 1.0, 1.1 | a page, text or JSON article with status 200 | `Content-Length` | after a record |
//! | mbox | a message | `From ` lines | after a message |
//!
//! # What odd input gets
//!
//! | input | what it gets |
//! |---|---|
//! | nothing, or white space | one bad record, `empty` |
//! | binary junk, NULs | one bad record, `binary` (UTF-16 is text, marked or not; NULs after 64 KiB are the cleaner's) |
//! | archives, pictures, office files, other XML, ARC | one bad record, `unsupported_format` |
//! | invalid UTF-8 in text or a page | read; charsets are the cleaner's |
//! | invalid UTF-8 in JSON or a feed | read as windows-1252 (JSON that is mostly UTF-8: U+FFFD), with a problem in the record |
//! | NaN, Infinity, half surrogates, raw control characters in JSON | read, with a problem in the record |
//! | a record larger than `max_record_bytes`, a line of 200 MB | a bad record, `too_large`, never held in memory |
//! | JSON cut in half | what stands before the cut is read, the rest is one bad record, `invalid_json` |
//! | a second list of articles in one JSON object | what is left after the first list is one bad record, `invalid_json` |
//! | a text with a date and a subject above it (a press release) | read as text; mail without `.eml` has a header that only programs write |
//! | a value that is no object | a bad record, `wrong_shape` |
//! | an object, entry or message without a text | a bad record, `no_text` |
//! | a broken line, element, entry, WARC record or message | a bad record with its line or offset, `invalid_…`; its neighbours are read |
//! | nesting deeper than 128 in JSON | a bad record, `invalid_json` |
//! | an empty list, JSON Lines of blank lines, an archive without pages | no records; the file is finished |
//! | a feed, archive or list that ends early | what stands before the end is read, the rest is one bad record (a WARC record: `truncated`) |
//! | gzip or zstd cut short | whole records before the cut are read, the rest is one bad record, `truncated` |
//! | gzip or zstd damaged | whole records before the damage are read, the rest is one bad record, `corrupt` |
//! | zeros or garbage after a gzip member | passed over, as gzip does |
//! | a bomb: more than 256 MiB and 200 times the packed size | whole records before that are read, then one bad record, `decompression_bomb` |
//! | compressed more than twice, a zstd window above 128 MiB | one bad record, `unsupported_format` |
//! | a sidecar that can't be read, is no regular file, is larger than 1 MiB, or says nothing | a problem in each record of the article |
//! | a sidecar without its article | one bad record, `orphan_sidecar`; `.meta.json` with a text is read as an article |
//! | gone between event and read | [`OpenError::Missing`] |
//! | cut short or rewritten between event and read, or a link, pipe or device put in its place | [`OpenError::Changed`], without waiting or following |
//! | changed while it is read | [`ReadError::Changed`]; what was read before stands |
//! | appended to while it is read | the same, unless it is followed ([`Found::follow`]); then its whole lines are read |
//! | no right to read it, a socket | [`OpenError::Unreadable`] |
//!
//! What a quarantined record looks like is copied by [`copy_record`], unpacked. Of a file whose *packed* bytes are
//! the trouble nothing better can be shown than what was unpacked; the file itself is the evidence.

mod append;
mod copy;
mod email;
mod feed;
mod feed_entry;
mod fields;
mod format;
mod found;
mod guess;
mod http;
mod input;
mod json;
mod json_lenient;
mod json_lines;
mod json_list;
mod known;
mod layers;
mod markup;
mod mbox;
mod merge;
mod piece;
mod raw;
mod reader;
mod record;
pub mod sidecar;
mod trouble;
mod warc;
mod warc_page;
mod whole;
mod wide;
mod xml;
mod xml_element;

pub use append::continue_from;
pub use copy::{CopyError, copy_record};
pub use found::Found;
pub use known::{Known, ReadOptions, SourceDefaults};
pub use raw::open_quietly;
pub use reader::Reader;
pub use record::{BadRecord, Item, Position, RawRecord};
pub use trouble::{OpenError, ReadError};
