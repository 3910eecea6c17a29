//! The ledger: everything the desk must remember, in one store with atomic batches.
//!
//! # What it promises
//!
//! - [`Ledger::commit`] is atomic and durable: verdicts, keys, learned state, outbox rows and file progress of
//!   a group of articles, all of it or nothing. Everything else that must survive a power cut says so.
//! - Admissions and attempts are written before the work they announce. They need to survive the *process*,
//!   not the machine: they reach the system without a sync of their own, and the next commit syncs them too
//!   (one journal).
//! - Sequences are committed without gaps from 1. An [`Admission`] says durably which records the next
//!   sequences are for, so after a crash the same records get the same sequences, whatever order events came in.
//! - Conservation (DESIGN invariant 1): the verdict counters add up to the committed sequence, because each
//!   sequence carries exactly one verdict; for each sink the rows passed add up to delivered + rejected +
//!   skipped + expired. [`Ledger::audit`] counts both again from the rows.
//!
//! # Layout
//!
//! One fjall keyspace each, big-endian keys, JSON values (a field added later is no new format):
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `meta` | name | format version, [`Progress`], the clean-stop mark, the lone attempt |
//! | `files`, `open_files` | file number | [`FileRow`]; – |
//! | `generations` | generation + inbox + path | file number, until the file leaves the inbox |
//! | `tails` | device, inode + inbox + path | number of the newest generation of a file that may be appended to |
//! | `admissions` | first sequence | [`Admission`], removed when its sequences are committed |
//! | `arrivals`, `arrival_index` | sequence; file number + record | [`ArrivalRow`]; sequence |
//! | `articles` | window + article id | [`ArticleRow`]: the key of "same id"; expires with the window |
//! | `texts`, `anchors`, `chapters`, … | | what copies and versions are recognised by: `memory.rs`, `postings/mod.rs`, `sketches/mod.rs` |
//! | `learned` | namespace, key, epoch | bytes of the learner |
//! | `outbox`, `segments` | sequence + part; segment | one row of the outbox; [`Segment`] |
//! | `sinks`, `receipts`, `exceptions` | sink name + target (+ sequence (+ id)) | [`SinkRow`], [`Receipt`], [`Exception`] |
//!
//! # The outbox
//!
//! One keyspace, whose keys only ever rise, counted in segments. Once every sink's cursor has passed a segment
//! its row in `segments` goes, in one write: from then on nobody reads its rows, wherever they still stand. Then
//! the tables that hold only such rows are dropped whole (lsm-tree's `drop_range`). What stands in a table with
//! rows still needed, or in memory, or was left by a crash between the two steps, goes with a later segment.
//! There are no tombstones, which at the head of a queue make every read crawl, and nothing is rewritten:
//! rising keys let fjall move its tables down without merging them.
//!
//! It is not one keyspace a segment, because making and deleting keyspaces is what fjall (3.1.13) does badly.
//! It lists them in a keyspace of its own, which it compacts after each change with a watermark of 0: no
//! tombstone in it ever goes, and no earlier version of it is let go before the process ends, so that the space
//! grows with the square of the segments (1 GiB after the first 1,000). And after a restart it gives the id of
//! a deleted newest keyspace away again, and the tombstones of the first then hide the second with all its rows.
//! `Keyspace::clear` is no way out: it leaves the tables' files behind, and a keyspace without tables keeps all
//! journals before it. `drop_range` and the history of versions are in fjall's interface but not in its
//! documentation, so an update of fjall is to be checked against `tests/outbox_space.rs`.
//!
//! # Failing
//!
//! After a failed write the store's handle can't be trusted. The next call drops it, opens the store anew and
//! reads back what is really there; [`Ledger::commit`] then finds out by itself whether its group made it. So
//! a caller repeats a failed call until it succeeds, and releases nothing before.

mod admission;
mod commit;
mod error;
mod fjall_ledger;
mod index_files;
mod keys;
mod learned;
mod ledger;
mod memory;
mod memory_rows;
mod outbox;
mod passage;
mod postings;
mod rows;
mod sink;
mod sizes;
mod sketches;
mod store;
mod worker;

pub use error::LedgerError;
pub use fjall_ledger::{FjallLedger, Options};
pub use learned::{Learned, LearnedRow, Unlearned};
pub use ledger::{Audit, Ledger, SinkAudit, Start};
pub use memory::{ClusterRow, LedgerIndex, MAX_SITES, MemberRow, Membership, Memory};
pub use passage::Passage;
pub use rows::{
    Admission, ArrivalRow, ArticleRow, Begin, CommitEntry, CommitGroup, Counts, Exception, ExceptionKind, FileProgress,
    FileRow, FileState, OutboxAgain, OutboxBatch, OutboxChange, OutboxRow, PathText, Progress, Receipt, Segment,
    SendingAgain, Settled, SettledAgain, SinkKey, SinkRow,
};
