//! The way out of the drop folder, by a hidden folder in it.
//!
//! A producer may replace a file in the moment it is cleared, so looking before is not enough: a file is first
//! renamed to the same path below `.copydesk-moving`, looked at there, and only then moved on or deleted.
//! Until then it stands inside the drop folder; where the process is killed in between, [`recover`] puts
//! it back, and it is found again: as read before, and finished once more, or as another that is still to be
//! read. A file that stood under `done`, unread, would be seen by nobody.
//!
//! Putting back never overwrites, and goes by a second hard link rather than a rename: the watch takes a
//! rename for the end of writing, and whoever wrote to this file may not be done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use copydesk_disk::{DiskError, FileIdentity, MOST_NAMES, Move, Moved, move_durable, numbered, sync_folder};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// The hidden folder, below the drop folder. Its name is left out by the rule for dotfiles.
const FOLDER: &str = ".copydesk-moving";

/// Drop folders that somebody moves files out of, or puts them back in: one at a time each.
static AT_WORK: (Mutex<BTreeSet<PathBuf>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// The right to move files out of a drop folder.
struct Turn(PathBuf);

impl Turn {
    fn at_work() -> MutexGuard<'static, BTreeSet<PathBuf>> {
        AT_WORK.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right.
    fn take(root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let taken = |at_work: &mut BTreeSet<PathBuf>| at_work.contains(&root);
        let mut at_work = AT_WORK.1.wait_while(Self::at_work(), taken).unwrap_or_else(PoisonError::into_inner);
        at_work.insert(root.clone());
        Self(root)
    }

    /// The right, where nobody has it.
    fn try_take(root: &Path) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        Self::at_work().insert(root.clone()).then(|| Self(root))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        Self::at_work().remove(&self.0);
        AT_WORK.1.notify_all();
    }
}

/// Files on their way out of a drop folder. Until it is dropped nobody takes them for left over.
pub(crate) struct Staging<'a> {
    root: &'a Path,
    /// Hidden folders to remove when all is done, deepest last.
    folders: BTreeSet<PathBuf>,
    _turn: Turn,
}

impl<'a> Staging<'a> {
    pub fn begin(root: &'a Path) -> Self {
        Self { root, folders: BTreeSet::new(), _turn: Turn::take(root) }
    }

    /// Hides a file (path relative to the drop folder); where it stands then, none where it is gone.
    pub fn hide(&mut self, path: &Path) -> Result<Option<PathBuf>, DiskError> {
        let (from, hidden) = (self.root.join(path), self.root.join(FOLDER).join(path));
        let folder = hidden.parent().unwrap_or(self.root);
        if !self.folders.contains(folder) {
            let made = fs::create_dir_all(folder);
            made.map_err(|source| DiskError { action: "create folder", path: folder.to_owned(), source })?;
            let above = folder.ancestors().take_while(|above| *above != self.root);
            self.folders.extend(above.map(Path::to_owned));
        }
        match renameat_with(CWD, &from, CWD, &hidden, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(Some(hidden)),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
            Err(error) => Err(DiskError { action: "move", path: from, source: error.into() }),
        }
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        for folder in self.folders.iter().rev() {
            // One that still holds something stays, for `recover`.
            fs::remove_dir(folder).ok();
        }
    }
}

/// Puts a file back under its old name, or that name with a number where it is taken; says where it stands.
pub(crate) fn give_back(from: &Path, to: &Path) -> Result<PathBuf, DiskError> {
    let failed = |action, source| DiskError { action, path: from.to_owned(), source };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|source| failed("create a folder to give back", source))?;
    }
    for attempt in 0..MOST_NAMES {
        let name = numbered(to, attempt);
        match fs::hard_link(from, &name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !is_one_file(from, &name) => {}
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                if error.kind() == io::ErrorKind::NotFound {
                    return Err(failed("give back", error));
                }
                // No second links here, or not for us: a rename is taken for whole, and better than nothing.
                break;
            }
            // Linked now, or before a crash.
            _ => {
                sync_folder(&name)?;
                fs::remove_file(from).map_err(|source| failed("remove the other name of", source))?;
                sync_folder(from)?;
                return Ok(name);
            }
        }
    }
    match move_durable(&[Move { from: from.to_owned(), to: to.to_owned() }]).pop() {
        Some(Moved::To(to)) => Ok(to),
        Some(Moved::Failed(error)) => Err(error),
        Some(Moved::Missing) | None => Err(failed("give back", io::ErrorKind::NotFound.into())),
    }
}

fn is_one_file(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| path.symlink_metadata().map(|found| FileIdentity::from(&found));
    matches!((identity(a), identity(b)), (Ok(a), Ok(b)) if a == b)
}

/// Puts back what an unclean end left hidden; how many files. Does nothing while files are on their way.
pub(crate) fn recover(root: &Path) -> u64 {
    let hidden = root.join(FOLDER);
    if !hidden.is_dir() {
        return 0;
    }
    let Some(_turn) = Turn::try_take(root) else { return 0 };
    let (mut given_back, mut folders, mut next) = (0, Vec::new(), vec![hidden.clone()]);
    while let Some(folder) = next.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        folders.push(folder);
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                next.push(path);
                continue;
            }
            let Ok(relative) = path.strip_prefix(&hidden) else { continue };
            match give_back(&path, &root.join(relative)) {
                Ok(to) => {
                    tracing::info!(path = %to.display(), "a file that was on its way out is back");
                    given_back += 1;
                }
                Err(error) => {
                    tracing::error!(path = %path.display(), error = %error, "a file on its way out can't be given back");
                }
            }
        }
    }
    for folder in folders.iter().rev() {
        fs::remove_dir(folder).ok();
    }
    given_back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_comes_back_and_overwrites_nothing() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path();
        fs::create_dir_all(root.join("a/b")).expect("folders");
        for (path, text) in [("a/b/c.txt", "one"), ("d.txt", "two")] {
            fs::write(root.join(path), text).expect("write");
        }
        let mut staging = Staging::begin(root);
        assert!(staging.hide(Path::new("a/b/c.txt")).expect("hide").is_some());
        assert!(staging.hide(Path::new("d.txt")).expect("hide").is_some());
        assert_eq!(staging.hide(Path::new("none.txt")).expect("hide"), None);
        assert_eq!(recover(root), 0, "they are on their way");
        drop(staging);
        fs::write(root.join("d.txt"), "another").expect("write");
        assert_eq!(recover(root), 2);
        let text = |path: &str| fs::read_to_string(root.join(path)).expect(path);
        assert_eq!([text("a/b/c.txt"), text("d.txt"), text("d.1.txt")], ["one", "another", "two"]);
        assert!(!root.join(FOLDER).exists());
        assert_eq!(recover(root), 0);
    }

    #[test]
    fn a_crash_between_two_names_of_one_file_leaves_one() {
        let folder = tempfile::tempdir().expect("temp");
        let hidden = folder.path().join(FOLDER).join("a.txt");
        fs::create_dir(folder.path().join(FOLDER)).expect("folder");
        fs::write(&hidden, "text").expect("write");
        fs::hard_link(&hidden, folder.path().join("a.txt")).expect("link");
        assert_eq!(recover(folder.path()), 1);
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 1, "no `a.1.txt`, nothing hidden");
    }

    #[test]
    fn nothing_stays_of_what_went_on() {
        let folder = tempfile::tempdir().expect("temp");
        let (inbox, out) = (folder.path().join("inbox"), folder.path().join("out"));
        fs::create_dir_all(inbox.join("a")).expect("folders");
        fs::write(inbox.join("a/b.txt"), "text").expect("write");
        let mut staging = Staging::begin(&inbox);
        let hidden = staging.hide(Path::new("a/b.txt")).expect("hide").expect("there");
        fs::rename(hidden, out).expect("move on");
        drop(staging);
        assert!(!inbox.join(FOLDER).exists() && inbox.join("a").is_dir());
    }
}
