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
//! | `files`, `open_files`, `generations` | file number; file number; generation + path | [`FileRow`]; –; file number |
//! | `admissions` | first sequence | [`Admission`], removed when its sequences are committed |
//! | `arrivals`, `arrival_index` | sequence; file number + record | [`ArrivalRow`]; sequence |
//! | `articles` | article id | [`ArticleRow`]: the key of "same id" |
//! | `keys` | kind + hash | [`KeyRow`] |
//! | `learned` | namespace, key, epoch | bytes of the learner |
//! | `segments`, `outbox-N` | segment; sequence + part | [`Segment`]; one row of the outbox |
//! | `sinks`, `receipts`, `exceptions` | sink name + target (+ sequence) | [`SinkRow`], [`Receipt`], [`Exception`] |
//!
//! The outbox is a chain of keyspaces, dropped whole once every sink's cursor has passed: tombstones at the
//! head of a queue would make every read crawl.
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
mod keys;
mod learned;
mod ledger;
mod outbox;
mod rows;
mod sink;
mod store;

pub use error::LedgerError;
pub use fjall_ledger::{FjallLedger, Options};
pub use learned::{EPOCH_ARTICLES, Learned, epoch_for};
pub use ledger::{Audit, Ledger, SinkAudit, Start};
pub use rows::{
    Admission, ArrivalRow, ArticleRow, CommitEntry, CommitGroup, Counts, Exception, ExceptionKind, FileProgress,
    FileRow, FileState, Key, KeyRow, OutboxBatch, OutboxChange, OutboxRow, PathText, Progress, Receipt, Segment,
    Settled, SinkKey, SinkRow,
};
