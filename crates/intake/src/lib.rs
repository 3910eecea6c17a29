//! The drop folder: finding whole files, and clearing them away once they are read.
//!
//! This crate knows folders and names and nothing else: no formats, no ledger, no stages, no metrics, no
//! configuration files. It is blocking code on threads of its own; found files are handed over through an
//! `async_channel`.
//!
//! - [`Options`] describe one inbox; [`Options::check`] says whether it can work.
//! - [`Watch`] offers every whole file once, as a [`Found`]: its path and its generation. `keeper.rs` says how
//!   it is kept true, `settle.rs` when a file is whole, `pairing.rs` how sidecars come with their article, and
//!   `follow.rs` what happens to files that are written for hours.
//! - [`PathPattern`] reads what a file's path says of its articles.
//! - [`finish`] moves or deletes a file whose records are settled, with its sidecars, and gives back what turned
//!   out to be another (`staging.rs`); [`Recheck`] gives back what is written on afterwards; [`sweep`] removes
//!   old days of `done`.
//! - [`quarantine`] keeps a record that could not be worked on, with its reason.
//!
//! # What odd things in the folder get
//!
//! What odd *content* gets is the readers' table. A test stands for every row.
//!
//! | in the folder | what it gets |
//! |---|---|
//! | a file renamed in, from outside or from a hidden name (`rsync`, editors) | offered at once |
//! | a file written in place (`cp`, `scp`), however slowly | offered when it is closed and has stood unchanged for `settle_secs` |
//! | an empty file that nobody was seen to close (at start, where there are no events) | offered after a minute: its producer may have just opened it |
//! | files there at start, folders moved in, copied in, nested | every file, by modification time within a scan |
//! | `*.jsonl`, `*.ndjson` that a producer holds open | offered to be followed every `follow_secs`; whole when closed |
//! | a file replaced by another under its name | offered again, as the other |
//! | `NAME.meta.json`, `NAME.headers`, `NAME.url` | go with `NAME`, which waits for them for a moment where they are usual; alone, they are offered after half a minute |
//! | hard links, one name in two folders | files of their own |
//! | names that are not UTF-8, or hold line ends | offered; bytes are bytes |
//! | dotfiles, `.tmp`, `.part` and other half-written files, `Thumbs.db`, `lost+found` | left alone, counted as ignored |
//! | what `include` does not name, or `exclude` does | left alone, counted as ignored |
//! | a symbolic link: out of the inbox, in a loop, to nothing | never followed; warned about once, counted as refused |
//! | a named pipe, socket or device | never opened; warned about once, counted as refused |
//! | a folder without the right to list it | warned about once, counted; its files are found when it can be listed |
//! | a file that can't be read, changed or vanished since it was found | the reader refuses it; released, it is found again |
//! | a file replaced in the moment it is cleared | given back, and found again |
//! | a file written on after it moved to `done` | given back after 2 s, 30 s or 5 min, or at a stop in good order, and read again; later it is not seen |
//! | a file of nothing but bad records | moves to `done` like any other; its records stand in the quarantine too |
//! | a process killed while a file is cleared | the file is put back at the next start, with all its bytes |
//! | a name that is taken in `done` | a number before the extension, its sidecars' too; nothing is overwritten |
//! | the drop folder missing at start | made |
//! | the drop folder not readable, or not writable where files leave it | refused: [`IntakeError::Rights`] |
//! | `done` on another file system or mount | refused: [`IntakeError::OtherMount`] |
//! | the drop folder removed, recreated, replaced | the watch is down until it is back, then everything is looked through |
//! | a network file system, or any that tells nothing | looked through every `poll_secs` |
//! | no more inotify watches | warned about with the way out; looked through every `poll_secs`, events tried again every `rescan_secs` |
//! | events lost, a failing watcher | everything is looked through, the cause is counted |
//! | a disk too full for the quarantine | an error, and nothing is settled; a record too large for what is left is described without a copy |

mod error;
mod events;
mod finish;
mod follow;
mod keeper;
mod mount;
mod offered;
mod options;
mod pairing;
mod path_pattern;
mod quarantine;
mod recheck;
mod retention;
mod rules;
mod scan;
mod settle;
mod staging;
mod status;
mod waiting;
mod watch;

pub use copydesk_readers::Found;
pub use error::IntakeError;
pub use finish::{FinishOutcome, Finished, finish};
pub use options::{After, Options, Poll};
pub use path_pattern::{PathFields, PathPattern};
pub use quarantine::{QuarantineEntry, Quarantined, quarantine};
pub use recheck::Recheck;
pub use retention::sweep;
pub use scan::{ScanCause, list};
pub use status::WatchStatus;
pub use watch::Watch;
