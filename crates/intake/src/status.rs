//! What the watch says about itself.

use std::collections::BTreeMap;

use crate::ScanCause;

/// State of a [`Watch`](crate::Watch), for metrics and readiness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchStatus {
    /// Whether the drop folder is there and looked after.
    pub up: bool,
    /// Whether it is looked through all the time, because events can't be had or are not wanted.
    pub polling: bool,
    /// Scans so far, by cause.
    pub rescans: BTreeMap<ScanCause, u64>,
    /// Files in the drop folder at the last full scan, sidecars included, ignored names left out.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files left out by rule at the last full scan; what ignored folders hold is not counted.
    pub ignored: u64,
    /// What is never opened, at the last full scan, by kind: `symbolic_link`, `named_pipe`, `socket`, `device`,
    /// `unreadable_folder`.
    pub refused: BTreeMap<&'static str, u64>,
    /// Files seen that are not yet whole, or wait for a sidecar.
    pub waiting: usize,
}
