//! What the watch says about itself.

use std::collections::BTreeMap;

use crate::ScanCause;

/// State of a [`Watch`](crate::Watch), for metrics and readiness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchStatus {
    /// Whether the drop folder is there and looked after.
    pub up: bool,
    /// Whether it is looked through all the time because events can't be had.
    pub polling: bool,
    /// Scans so far, by cause.
    pub rescans: BTreeMap<ScanCause, u64>,
    /// Files in the drop folder at the last full scan, ignored names left out.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files seen that are not yet whole.
    pub waiting: usize,
}
