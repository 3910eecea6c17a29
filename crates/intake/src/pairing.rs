//! Sidecars of the drop folder: each goes with its article, and an article waits for its sidecars.
//!
//! A sidecar is never offered while its article is there or may still come. How long an article waits depends
//! on what producers did before: where a folder was never seen holding a sidecar, not at all; otherwise a
//! moment for the first to come, and until those that came are whole. A folder's habit is kept in memory only,
//! for as long as the folder is there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copydesk_disk::Generation;
use copydesk_readers::sidecar;

use crate::waiting::{Hints, Moment, Quiet, Waiting};

/// Least time a whole sidecar waits for its article.
const ORPHAN_WAIT: Duration = Duration::from_secs(30);

/// How often sidecars are looked through for those without an article.
const ORPHAN_LOOK: Duration = Duration::from_secs(5);

/// Every sidecar of the drop folder that was not offered as a file of its own.
#[derive(Debug)]
pub(crate) struct Sidecars {
    /// How long an article waits for its first.
    wait: Duration,
    files: HashMap<PathBuf, Sidecar>,
    /// Folders that held one, and the full scan that last saw the folder.
    folders: HashMap<PathBuf, u32>,
    next_look: Duration,
}

#[derive(Debug)]
struct Sidecar {
    file: Waiting,
    /// When its article was last known to be there, or it was not yet whole.
    paired: Duration,
}

impl Sidecars {
    pub fn new(wait: Duration) -> Self {
        Self { wait, files: HashMap::new(), folders: HashMap::new(), next_look: Duration::ZERO }
    }

    /// Takes in what a path, a sidecar's, holds now.
    pub fn observe(&mut self, path: PathBuf, generation: Generation, hints: Hints, scan: u32, now: Moment) {
        if let Some(folder) = path.parent()
            && !self.folders.contains_key(folder)
        {
            self.folders.insert(folder.to_owned(), scan);
        }
        let fresh = || Sidecar { file: Waiting::new(generation, scan, now), paired: now.elapsed };
        self.files.entry(path).or_insert_with(fresh).file.see(generation, hints, scan, now);
    }

    /// Whether an article that is whole since then need not wait for sidecars any more.
    pub fn let_go(&self, article: &Path, whole: Duration, quiet: Quiet, now: Moment) -> bool {
        if article.parent().is_none_or(|folder| !self.folders.contains_key(folder)) {
            return true;
        }
        let waited = now.elapsed.saturating_sub(whole);
        let there = sidecar::of(article);
        let mut there = there.iter().filter_map(|path| self.files.get(path)).peekable();
        if there.peek().is_none() {
            return waited >= self.wait;
        }
        there.all(|sidecar| sidecar.file.is_whole(quiet, now)) || waited >= self.wait + quiet.settle
    }

    /// Sidecars whose article did not come in time; `has` says which articles are there.
    pub fn orphans(&mut self, quiet: Quiet, now: Moment, has: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        if now.elapsed < self.next_look {
            return Vec::new();
        }
        self.next_look = now.elapsed + ORPHAN_LOOK;
        let patience = ORPHAN_WAIT.max(self.wait * 10);
        let mut orphans = Vec::new();
        for (path, one) in &mut self.files {
            if !one.file.is_whole(quiet, now) || sidecar::article_of(path).is_some_and(|article| has(&article)) {
                one.paired = now.elapsed;
            } else if now.elapsed.saturating_sub(one.paired) >= patience {
                orphans.push(path.clone());
            }
        }
        orphans
    }

    /// An article left: its sidecars may be about to.
    pub fn article_left(&mut self, article: &Path, now: Moment) {
        if article.parent().is_some_and(|folder| self.folders.contains_key(folder)) {
            for path in sidecar::of(article) {
                if let Some(one) = self.files.get_mut(&path) {
                    one.paired = now.elapsed;
                }
            }
        }
    }

    /// Forgets a path.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// A scan came by a folder.
    pub fn saw_folder(&mut self, path: &Path, scan: u32) {
        if let Some(seen) = self.folders.get_mut(path) {
            *seen = scan;
        }
    }

    /// Forgets what a complete scan did not see.
    pub fn keep_seen(&mut self, scan: u32) {
        self.files.retain(|_, one| one.file.scan == scan);
        self.folders.retain(|_, seen| *seen == scan);
    }

    /// See [`Waiting::events_lost`].
    pub fn events_lost(&mut self, now: Moment) {
        self.files.values_mut().for_each(|one| one.file.events_lost(now));
    }
}
