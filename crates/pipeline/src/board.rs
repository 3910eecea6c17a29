//! Gauges of what a reload may take away: sinks and inboxes.
//!
//! A gauge of the process's recorder stays at its last value for ever. These are kept with the desk's status instead,
//! go with the generation that set them, and are written into `/metrics` beside the recorder's.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::status::lock;

/// Series by name; each by its labels as the text format has them, with its value.
pub type Series = BTreeMap<&'static str, BTreeMap<String, f64>>;

/// See the module.
#[derive(Debug, Default)]
pub struct Board(Mutex<Series>);

impl Board {
    /// Sets a gauge; labels in the order they are to be shown in.
    pub fn set(&self, name: &'static str, labels: &[(&str, &str)], value: f64) {
        let labels = labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        lock(&self.0).entry(name).or_default().insert(labels, value);
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// All of them.
    #[must_use]
    pub fn series(&self) -> Series {
        lock(&self.0).clone()
    }
}

/// A label's value as it may stand between quotes: an inbox may be called anything.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_a_value_is_the_last() {
        let board = Board::default();
        board.set("a", &[("inbox", "x\\ \"y\"\n"), ("kind", "z")], 1.0);
        board.set("a", &[("inbox", "x\\ \"y\"\n"), ("kind", "z")], 2.0);
        let labels = "inbox=\"x\\\\ \\\"y\\\"\\n\",kind=\"z\"".to_owned();
        assert_eq!(board.series(), BTreeMap::from([("a", BTreeMap::from([(labels, 2.0)]))]));
        board.clear();
        assert!(board.series().is_empty());
    }
}
