//! The `[intake]` part of the configuration.

use std::path::PathBuf;

use serde::Deserialize;

/// How the drop folder is watched, read and cleared. Folders are taken as they stand: whoever reads the
/// configuration makes relative ones count from its file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The drop folder, watched with its subfolders; made where it is missing. Default `inbox`.
    pub folder: PathBuf,
    /// What happens to a file when it is finished. Default `done`.
    pub after: After,
    /// Where finished files go, by day and hour, with `after = "done"`. On the same file system as `folder`.
    /// Default `done`.
    pub done: PathBuf,
    /// Where a copy of every record goes that could not be worked on. Default `quarantine`.
    pub quarantine: PathBuf,
    /// How long a file that was not renamed into place must stand closed and unchanged before it is taken, in
    /// seconds. Default 2.
    pub settle_secs: f64,
    /// How often the whole folder is looked through, whatever the events say, in seconds (at least 1).
    /// Default 60.
    pub rescan_secs: u64,
    /// Largest record taken, in bytes; a larger one goes to quarantine. Default 16 MiB.
    pub max_record_bytes: u64,
    /// Absolute folders that are never descended into, besides `done` and `quarantine` (the ledger's, the
    /// sinks'). Not a key of the configuration: who wires the desk knows them.
    #[serde(skip)]
    pub exclude: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: "inbox".into(),
            after: After::Done,
            done: "done".into(),
            quarantine: "quarantine".into(),
            settle_secs: 2.0,
            rescan_secs: 60,
            max_record_bytes: 16 << 20,
            exclude: Vec::new(),
        }
    }
}

/// What happens to a finished file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// It moves to `done/<day>/<hour>/`.
    #[default]
    Done,
    /// It is deleted.
    Delete,
    /// It stays; the ledger remembers it.
    Keep,
}
