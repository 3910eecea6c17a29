//! What can go wrong with the ledger.

use std::path::PathBuf;

use copydesk_disk::DiskError;

/// A ledger call that failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has the ledger open.
    #[error("the ledger in {} is in use by another copydesk: stop it, or use another [ledger] folder", folder.display())]
    Locked {
        /// The ledger's folder.
        folder: PathBuf,
    },
    /// The ledger was written by another format version.
    #[error("the ledger in {} has format {found}, this copydesk writes format {expected}: use the copydesk that wrote it, or start with an empty folder", folder.display())]
    Format {
        /// The ledger's folder.
        folder: PathBuf,
        /// Format found.
        found: String,
        /// Format expected.
        expected: u32,
    },
    /// The store refused a call.
    #[error("the ledger in {} could not {action}: {source}", folder.display())]
    Store {
        /// The ledger's folder.
        folder: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the store said.
        source: Box<fjall::Error>,
    },
    /// A file beside the store.
    #[error("the ledger {0}")]
    Disk(#[from] DiskError),
    /// A row that can't be read.
    #[error("the ledger has an unreadable row in `{keyspace}` (key {key}): {source}; restore it from a backup")]
    Row {
        /// Which keyspace.
        keyspace: &'static str,
        /// Key in hexadecimal.
        key: String,
        /// What the decoder said.
        source: serde_json::Error,
    },
    /// A group that does not continue what is committed: a bug in the caller.
    #[error("a commit group starts at sequence {start} but {committed} is committed")]
    Gap {
        /// First sequence of the group.
        start: u64,
        /// Committed so far.
        committed: u64,
    },
}
