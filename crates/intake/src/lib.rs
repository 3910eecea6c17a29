//! The drop folder: finding whole files, and clearing them away once they are read.
//!
//! This crate knows files and nothing else: no ledger, no stages, no metrics, no configuration files. It
//! is blocking code on threads of its own; found files are handed over through an `async_channel`.
//!
//! - [`Watch`] offers every whole file once, as a [`Found`]: its path and its generation. `watch.rs` says how
//!   it is kept true, `settle.rs` when a file is whole.
//! - [`finish`] moves or deletes a file whose records are settled, and gives back what turned out to be
//!   another.
//! - [`quarantine`] keeps a record that could not be worked on, with its reason.
//!
//! # What odd input gets
//!
//! | input | what it gets |
//! |---|---|
//! | nothing, or white space | one bad record, `empty` |
//! | NULs, control bytes | one bad record, `binary` (UTF-16 is text) |
//! | HTML, XML, archives, compressed files, pictures | one bad record, `unsupported_format` |
//! | a record larger than `max_record_bytes` | a bad record, `too_large`, never held in memory |
//! | a broken line or array element | a bad record, `invalid_json`; its neighbours are unharmed |
//! | JSON cut short | what stands before the break is read, the rest is one bad record, `invalid_json` |
//! | invalid UTF-8 or nesting deeper than 128 in JSON | a bad record, `invalid_json` |
//! | a line or element that is no object | a bad record, `wrong_shape` |
//! | an object without a text | a bad record, `no_text` |
//! | an empty JSON array, JSON Lines of blank lines after the first | no records; the file is finished |
//! | a file that changed since it was found, or changes while it is read | [`OpenError::Changed`], [`ReadError::Changed`]: release it and it is found again |
//! | a file that vanished | [`OpenError::Missing`] |
//! | a file without the right to read it | [`OpenError::Unreadable`] |
//! | a symbolic link, named pipe, socket or device | never opened; warned about once |
//! | a folder without the right to list it | warned about once; its files are found when it can be listed |
//! | the drop folder removed | the watch is down until it is back, then everything is looked through |
//! | no more inotify watches | warned about with the way out; the folder is looked through every second |

mod events;
mod finish;
mod options;
mod pattern;
mod quarantine;
mod scan;
mod settle;
mod status;
mod watch;

pub use copydesk_readers::Found;
pub use finish::{FinishOutcome, Finished, finish};
pub use options::{After, Options};
pub use quarantine::{QuarantineEntry, Quarantined, quarantine};
pub use scan::{ScanCause, list};
pub use status::WatchStatus;
pub use watch::{IntakeError, Watch};
