//! Clearing finished files out of the drop folder, without ever taking one that is not finished.
//!
//! A producer may replace a file in the moment it is cleared, so looking before is not enough: every file is
//! moved first, looked at where it stands then, and given back if it turned out to be another. Deleting goes
//! the same way, by a hidden name in the same folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

use copydesk_disk::{DiskError, Generation, Move, Moved, move_durable, sync_folder};
use jiff::Timestamp;

use crate::{After, Options};
use copydesk_readers::open_quietly;

/// A file whose every record is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Path relative to the drop folder.
    pub path: PathBuf,
    /// The generation that was read.
    pub generation: Generation,
    /// Whether every record of it went to quarantine, and its bytes stand there.
    pub all_quarantined: bool,
}

/// What became of a finished file.
#[derive(Debug)]
pub enum FinishOutcome {
    /// It stands here now.
    Moved {
        /// Full path.
        to: PathBuf,
    },
    /// It is deleted.
    Deleted,
    /// It stays where it is.
    Kept,
    /// It was gone already.
    Missing,
    /// Another generation stands under its name; it was left there or given back, and should be released.
    Changed,
    /// The system refused; the file stands where the error says.
    Failed(DiskError),
}

/// Clears finished files as `options.after` says, `root` being the drop folder; one outcome each, in order.
/// A file of quarantined records alone does not go to `done`: it is deleted, as its bytes stand in quarantine.
/// Where it can't be read they do not: it is then moved, or kept where it would be deleted.
#[must_use]
pub fn finish(root: &Path, options: &Options, files: &[Finished], now: Timestamp) -> Vec<FinishOutcome> {
    if options.after == After::Keep {
        return files.iter().map(|_| FinishOutcome::Kept).collect();
    }
    let shelf = options.done.join(now.strftime("%Y-%m-%d/%H").to_string());
    let mut outcomes: Vec<Option<FinishOutcome>> = Vec::new();
    let (mut wanted, mut moves) = (Vec::new(), Vec::new());
    for (index, file) in files.iter().enumerate() {
        let from = root.join(&file.path);
        outcomes.push(refuse(&from, options.after, file));
        if outcomes[index].is_none() {
            let delete = options.after == After::Delete || (file.all_quarantined && is_readable(&from));
            let to = if delete { aside(&from, file.generation) } else { shelf.join(&file.path) };
            wanted.push((index, delete));
            moves.push(Move { from, to });
        }
    }
    let moved = move_durable(&moves);
    for (((index, delete), moved), one) in wanted.into_iter().zip(moved).zip(moves) {
        outcomes[index] = Some(match moved {
            Moved::Missing => FinishOutcome::Missing,
            Moved::Failed(error) => FinishOutcome::Failed(error),
            Moved::To(to) => settle(&files[index], one.from, to, delete),
        });
    }
    outcomes.into_iter().flatten().collect()
}

/// Says why a file is not to be touched, if so.
fn refuse(path: &Path, after: After, file: &Finished) -> Option<FinishOutcome> {
    match Generation::of_path(path) {
        Ok(generation) if generation == file.generation => {
            let only_copy = after == After::Delete && file.all_quarantined && !is_readable(path);
            only_copy.then_some(FinishOutcome::Kept)
        }
        Ok(_) => Some(FinishOutcome::Changed),
        Err(error) if is_gone(&error) => {
            // A crash may have come between setting it aside and deleting it.
            let aside = aside(path, file.generation);
            let there = Generation::of_path(&aside).is_ok();
            Some(if there { settle(file, path.to_owned(), aside, true) } else { FinishOutcome::Missing })
        }
        Err(error) => Some(FinishOutcome::Failed(error)),
    }
}

fn is_readable(path: &Path) -> bool {
    open_quietly(path).is_ok()
}

/// Looks at a file that was moved, and keeps it moved, deletes it or gives it back.
fn settle(file: &Finished, from: PathBuf, to: PathBuf, delete: bool) -> FinishOutcome {
    match Generation::of_path(&to) {
        Ok(generation) if generation == file.generation => {}
        Ok(_) => {
            let path = to.clone();
            return match move_durable(&[Move { from: to, to: from }]).pop() {
                Some(Moved::Failed(error)) => {
                    tracing::error!(path = %path.display(), error = %error, "a changed file could not be given back");
                    FinishOutcome::Failed(error)
                }
                _ => FinishOutcome::Changed,
            };
        }
        Err(error) if is_gone(&error) => return FinishOutcome::Missing,
        Err(error) => return FinishOutcome::Failed(error),
    }
    if !delete {
        return FinishOutcome::Moved { to };
    }
    let deleted = fs::remove_file(&to).map_err(|source| DiskError { action: "delete", path: to.clone(), source });
    match deleted.and_then(|()| sync_folder(&to)) {
        Ok(()) => FinishOutcome::Deleted,
        Err(error) => FinishOutcome::Failed(error),
    }
}

/// The hidden name a file gets while it is deleted.
fn aside(path: &Path, generation: Generation) -> PathBuf {
    path.with_file_name(format!(".copydesk-finished-{}", generation.identity.inode))
}

fn is_gone(error: &DiskError) -> bool {
    matches!(error.source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Desk {
        folder: tempfile::TempDir,
        options: Options,
    }

    impl Desk {
        fn new(after: After) -> Self {
            let folder = tempfile::tempdir().expect("temp");
            let path = |name| folder.path().join(name);
            let options = Options { folder: path("inbox"), after, done: path("done"), ..Options::default() };
            Self { folder, options }
        }

        fn drop(&self, path: &str, text: &str) -> Finished {
            let full = self.options.folder.join(path);
            fs::create_dir_all(full.parent().expect("parent")).expect("folders");
            fs::write(&full, text).expect("write");
            let generation = Generation::of_path(&full).expect("generation");
            Finished { path: path.into(), generation, all_quarantined: false }
        }

        fn finish(&self, files: &[Finished]) -> Vec<FinishOutcome> {
            let now = "2024-05-01T09:30:00Z".parse().expect("time");
            finish(&self.options.folder, &self.options, files, now)
        }

        /// Every file below the inbox, hidden ones too, with its text.
        fn inbox(&self) -> Vec<(String, String)> {
            let mut found: Vec<(String, String)> = fs::read_dir(&self.options.folder)
                .expect("list")
                .map(|entry| entry.expect("entry").path())
                .filter(|path| path.is_file())
                .map(|path| {
                    (path.file_name().expect("name").to_string_lossy().into(), fs::read_to_string(path).expect("read"))
                })
                .collect();
            found.sort();
            found
        }
    }

    #[test]
    fn finished_files_move_to_their_hour_and_never_overwrite() {
        let desk = Desk::new(After::Done);
        for (text, name) in [("one", "b.txt"), ("two", "b.1.txt")] {
            let file = desk.drop("a/b.txt", text);
            let outcomes = desk.finish(&[file]);
            let to = desk.folder.path().join("done/2024-05-01/09/a").join(name);
            assert!(matches!(&outcomes[..], [FinishOutcome::Moved { to: moved }] if *moved == to), "{outcomes:?}");
            assert_eq!(fs::read_to_string(to).expect("read"), text);
        }
        assert!(desk.options.folder.join("a").is_dir(), "folders stay");
    }

    #[test]
    fn each_file_gets_its_own_outcome() {
        let desk = Desk::new(After::Done);
        let (good, changed, missing) = (desk.drop("a", "a"), desk.drop("b", "b"), desk.drop("c", "c"));
        desk.drop("b", "another");
        fs::remove_file(desk.options.folder.join("c")).expect("remove");
        let bad = Finished { all_quarantined: true, ..desk.drop("d", "d") };
        let outcomes = desk.finish(&[changed, good, missing, bad]);
        assert!(
            matches!(
                &outcomes[..],
                [FinishOutcome::Changed, FinishOutcome::Moved { .. }, FinishOutcome::Missing, FinishOutcome::Deleted]
            ),
            "{outcomes:?}"
        );
        assert_eq!(desk.inbox(), [("b".into(), "another".into())]);
    }

    #[test]
    fn delete_deletes_and_keep_keeps() {
        let desk = Desk::new(After::Delete);
        let outcomes = desk.finish(&[desk.drop("a", "a"), desk.drop("b", "b")]);
        assert!(matches!(&outcomes[..], [FinishOutcome::Deleted, FinishOutcome::Deleted]), "{outcomes:?}");
        assert!(desk.inbox().is_empty());
        let desk = Desk::new(After::Keep);
        let file = Finished { all_quarantined: true, ..desk.drop("a", "a") };
        assert!(matches!(&desk.finish(&[file])[..], [FinishOutcome::Kept]));
        assert_eq!(desk.inbox(), [("a".into(), "a".into())]);
    }

    #[test]
    fn a_file_replaced_in_the_moment_it_moves_is_given_back() {
        for delete in [false, true] {
            let desk = Desk::new(After::Done);
            let file = desk.drop("a.txt", "old");
            desk.drop("a.txt", "newer than what was read");
            // The look before saw nothing yet; this is what the look after has to do.
            let (from, to) = (desk.options.folder.join("a.txt"), desk.folder.path().join("moved"));
            fs::rename(&from, &to).expect("move");
            assert!(matches!(settle(&file, from.clone(), to.clone(), delete), FinishOutcome::Changed));
            assert_eq!(desk.inbox(), [("a.txt".into(), "newer than what was read".into())]);
            fs::rename(&from, &to).expect("move");
            desk.drop("a.txt", "newest");
            assert!(matches!(settle(&file, from, to, delete), FinishOutcome::Changed));
            let expected = [("a.1.txt".into(), "newer than what was read".into()), ("a.txt".into(), "newest".into())];
            assert_eq!(desk.inbox(), expected, "nothing is overwritten");
        }
    }
}
