//! Stores the desk delivers to.
//!
//! [`Sink`] is the contract, and what it asks is what the suite in `tests/` checks for every store; a new
//! store is one file here, one variant of [`SinkOptions`] and one subject in the suite's harness.
//!
//! - [`JsonlSink`]: lines in files, closed and compressed by size and hour ([`Class::FencedAppend`]);
//! - [`SqliteSink`]: a searchable database ([`Class::Keyed`]);
//! - [`StdoutSink`]: lines on standard output ([`Class::Append`]).
//!
//! A sink knows one store and nothing of the ledger, the pipeline or its neighbours. Batching, backoff and
//! cursors belong to the runner. All three do blocking work off the async threads, one call at a time.

mod blocking;
mod contract;
mod jsonl;
mod lines;
mod options;
mod segment;
mod sqlite;
mod stdout;

pub use contract::*;
pub use jsonl::{Clock, JsonlOptions, JsonlSink};
pub use options::{KINDS, SinkOptions};
pub use segment::Compression;
pub use sqlite::{SqliteOptions, SqliteSink};
pub use stdout::{StdoutOptions, StdoutSink};
