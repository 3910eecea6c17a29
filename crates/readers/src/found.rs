//! A file that is whole and waits to be read.

use std::path::PathBuf;

use copydesk_disk::Generation;

/// A whole file of the drop folder, as it was when it was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// Path relative to the drop folder. It need not be UTF-8.
    pub path: PathBuf,
    /// The state it was found in; readers and finishers refuse any other.
    pub generation: Generation,
    /// Whether its producer still appends to it: whole lines of JSON Lines up to the generation's size are
    /// read, growth meanwhile is no change, and it is not finished by that.
    pub follow: bool,
}
