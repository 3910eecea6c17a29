//! Files that are read while they are written: JSON Lines that a producer holds open, perhaps for hours.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copydesk_disk::Generation;

use crate::Found;
use crate::waiting::Moment;

/// Endings of names that promise one record a line, ASCII case aside.
const ENDINGS: [&str; 2] = ["jsonl", "ndjson"];

/// Every open file that is or will be followed.
#[derive(Debug)]
pub(crate) struct Following {
    /// How often each is offered; none: never.
    every: Option<Duration>,
    files: HashMap<PathBuf, Followed>,
}

#[derive(Debug)]
struct Followed {
    /// When it was last offered, or first seen open.
    at: Duration,
    /// What it was last offered as.
    generation: Option<Generation>,
    /// Whether it is being read.
    busy: bool,
}

impl Following {
    pub fn new(every: Option<Duration>) -> Self {
        Self { every, files: HashMap::new() }
    }

    /// A file is known to be open.
    pub fn is_open(&mut self, path: &Path, now: Moment) {
        let followable =
            path.extension().is_some_and(|end| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)));
        if self.every.is_some() && followable && !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), Followed { at: now.elapsed, generation: None, busy: false });
        }
    }

    /// Whether a file is being read, so that it must not be offered.
    pub fn is_busy(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|file| file.busy)
    }

    /// Files to offer: the time has come, they are open, and they grew since. `look` says what an open one holds
    /// now, none where it is not open any more.
    pub fn due(&mut self, now: Moment, mut look: impl FnMut(&Path) -> Option<Generation>) -> Vec<Found> {
        let Some(every) = self.every else { return Vec::new() };
        let mut due = Vec::new();
        for (path, file) in &mut self.files {
            if file.busy || now.elapsed.saturating_sub(file.at) < every {
                continue;
            }
            file.at = now.elapsed;
            let Some(generation) = look(path) else { continue };
            if generation.bytes > 0 && file.generation != Some(generation) {
                (file.busy, file.generation) = (true, Some(generation));
                due.push(Found { path: path.clone(), generation, follow: true });
            }
        }
        due
    }

    /// A file was read as far as it went.
    pub fn read(&mut self, found: &Found) {
        if let Some(file) = self.files.get_mut(&found.path)
            && file.generation == Some(found.generation)
        {
            file.busy = false;
        }
    }

    /// Forgets a path.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Forgets the paths that are not there any more.
    pub fn keep(&mut self, is_there: impl Fn(&Path) -> bool) {
        self.files.retain(|path, _| is_there(path));
    }
}
