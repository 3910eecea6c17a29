//! Clearing finished files out of the drop folder, without ever taking one that is not finished, and their
//! sidecars with them.
//!
//! Each file goes by the hidden folder of `staging.rs`: hidden, looked at where it stands then, and only then
//! moved to `done` or deleted; or given back if it turned out to be another. Sidecars go just before their
//! article: a crash in between finds the article in the drop folder, known as read, and finishes it again. The
//! other way round it would find sidecars that belong to nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use copydesk_disk::{DiskError, Generation, Move, Moved, move_durable, numbered, sync_folder};
use copydesk_readers::{open_quietly, sidecar};
use fail::fail_point;
use jiff::Timestamp;

use crate::staging::{Staging, give_back};
use crate::{After, Options};

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
    /// The system refused; the file stands where the error says, and is found again.
    Failed(DiskError),
}

/// A file that is hidden, and the one that was read.
struct Leaving {
    /// Which of the finished files.
    index: usize,
    /// Where it stood.
    from: PathBuf,
    hidden: PathBuf,
    /// Where it goes; none: nowhere.
    to: Option<PathBuf>,
}

/// Clears finished files as `options.after` says, `root` being the drop folder; one outcome each, in order.
/// Sidecars go with their article, keeping its name.
///
/// A file of quarantined records alone goes to `done` like any other, although its bytes stand in quarantine: a
/// producer may still have it open, and what is written to it there is seen ([`crate::Recheck`]). Where it would be
/// deleted and can't be read, its bytes stand nowhere else, and it is kept.
#[must_use]
pub fn finish(root: &Path, options: &Options, files: &[Finished], now: Timestamp) -> Vec<FinishOutcome> {
    if options.after == After::Keep {
        return files.iter().map(|_| FinishOutcome::Kept).collect();
    }
    let shelf = options.done.join(now.strftime("%Y-%m-%d/%H").to_string());
    let mut staging = Staging::begin(root);
    let mut outcomes: Vec<Option<FinishOutcome>> = files.iter().map(|_| None).collect();
    let mut leaving: Vec<Leaving> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let from = root.join(&file.path);
        match hide(&mut staging, &from, options.after, file) {
            Ok((hidden, delete)) => {
                let to = (!delete).then(|| shelf.join(&file.path));
                leaving.push(Leaving { index, from, hidden, to });
            }
            Err(outcome) => outcomes[index] = Some(outcome),
        }
    }
    fail_point!("finish.hidden", |_| std::process::abort());
    let mut sidecars = Vec::new();
    for one in &mut leaving {
        take_sidecars(one, &mut sidecars);
    }
    for (moved, one) in move_durable(&sidecars).into_iter().zip(&sidecars) {
        if let Moved::Failed(error) = moved {
            tracing::warn!(path = %one.from.display(), error = %error, "a sidecar stays behind its article");
        }
    }
    fail_point!("finish.sidecars", |_| std::process::abort());
    let is_move = |one: &&Leaving| one.to.is_some();
    let moves: Vec<Move> = leaving
        .iter()
        .filter_map(|one| one.to.as_ref().map(|to| Move { from: one.hidden.clone(), to: to.clone() }))
        .collect();
    for (one, moved) in leaving.iter().filter(is_move).zip(move_durable(&moves)) {
        outcomes[one.index] = Some(match moved {
            Moved::To(to) => FinishOutcome::Moved { to },
            Moved::Missing => FinishOutcome::Missing,
            Moved::Failed(error) => put_back(one, error),
        });
    }
    for one in leaving.iter().filter(|one| one.to.is_none()) {
        let deleted = fs::remove_file(&one.hidden);
        outcomes[one.index] = Some(match deleted {
            Ok(()) => FinishOutcome::Deleted,
            Err(source) => put_back(one, DiskError { action: "delete", path: one.hidden.clone(), source }),
        });
    }
    drop(staging);
    for folder in leaving.iter().filter_map(|one| one.from.parent()).collect::<BTreeSet<&Path>>() {
        // `sync_folder` takes a path inside the folder.
        if let Err(error) = sync_folder(&folder.join("x")) {
            tracing::warn!(path = %folder.display(), error = %error, "cleared names are not yet durably gone");
        }
    }
    outcomes.into_iter().flatten().collect()
}

/// Hides a file if it is the one that was read, and says whether it is to be deleted; otherwise what became of
/// it.
fn hide(
    staging: &mut Staging<'_>,
    from: &Path,
    after: After,
    file: &Finished,
) -> Result<(PathBuf, bool), FinishOutcome> {
    match Generation::of_path(from) {
        Ok(generation) if generation == file.generation => {}
        Ok(_) => return Err(FinishOutcome::Changed),
        Err(error) if is_gone(&error) => return Err(FinishOutcome::Missing),
        Err(error) => return Err(FinishOutcome::Failed(error)),
    }
    if after == After::Delete && file.all_quarantined && open_quietly(from).is_err() {
        return Err(FinishOutcome::Kept);
    }
    let hidden = match staging.hide(&file.path) {
        Ok(Some(hidden)) => hidden,
        Ok(None) => return Err(FinishOutcome::Missing),
        Err(error) => return Err(FinishOutcome::Failed(error)),
    };
    verify(file, from, &hidden)?;
    Ok((hidden, after == After::Delete))
}

/// Looks at a hidden file, and gives it back where it is not the one that was read.
fn verify(file: &Finished, from: &Path, hidden: &Path) -> Result<(), FinishOutcome> {
    match Generation::of_path(hidden) {
        Ok(generation) if generation == file.generation => Ok(()),
        Ok(_) => Err(match give_back(hidden, from) {
            Ok(_) => FinishOutcome::Changed,
            Err(error) => {
                tracing::error!(path = %hidden.display(), error = %error, "a changed file could not be given back");
                FinishOutcome::Failed(error)
            }
        }),
        Err(error) if is_gone(&error) => Err(FinishOutcome::Missing),
        Err(error) => Err(FinishOutcome::Failed(error)),
    }
}

/// Puts back a file that could not leave.
fn put_back(one: &Leaving, error: DiskError) -> FinishOutcome {
    if let Err(error) = give_back(&one.hidden, &one.from) {
        // The next full scan tries again.
        tracing::error!(path = %one.hidden.display(), error = %error, "a file that could not leave can't be given back");
    }
    FinishOutcome::Failed(error)
}

/// Deletes the sidecars of a file that is deleted, or adds their moves. Where the article's name is taken in `done`,
/// it and its sidecars get one number.
fn take_sidecars(one: &mut Leaving, moves: &mut Vec<Move>) {
    let there = sidecar::of(&one.from).into_iter().zip(sidecar::SUFFIXES);
    let there: Vec<(PathBuf, &str)> =
        there.filter(|(path, _)| path.symlink_metadata().is_ok_and(|found| found.is_file())).collect();
    let Some(shelved) = one.to.clone() else {
        for (path, _) in there {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), error = %error, "a sidecar stays behind its article");
            }
        }
        return;
    };
    if there.is_empty() {
        return;
    }
    let free = (0..).map(|number| numbered(&shelved, number)).find(|name| name.symlink_metadata().is_err());
    let article = free.unwrap_or(shelved);
    for (from, suffix) in there {
        let mut to = article.clone().into_os_string();
        to.push(suffix);
        moves.push(Move { from, to: to.into() });
    }
    one.to = Some(article);
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
                [
                    FinishOutcome::Changed,
                    FinishOutcome::Moved { .. },
                    FinishOutcome::Missing,
                    FinishOutcome::Moved { .. }
                ]
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
    fn a_file_replaced_in_the_moment_it_is_hidden_is_given_back() {
        let desk = Desk::new(After::Done);
        let file = desk.drop("a.txt", "old");
        desk.drop("a.txt", "newer than what was read");
        // The look before saw nothing yet; this is what the look after has to do.
        let from = desk.options.folder.join("a.txt");
        for (expected, meanwhile) in [(&["a.txt"][..], None), (&["a.1.txt", "a.txt"], Some("newest"))] {
            let mut staging = Staging::begin(&desk.options.folder);
            let hidden = staging.hide(&file.path).expect("hide").expect("there");
            if let Some(text) = meanwhile {
                desk.drop("a.txt", text);
            }
            assert!(matches!(verify(&file, &from, &hidden), Err(FinishOutcome::Changed)));
            drop(staging);
            let names: Vec<String> = desk.inbox().into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, expected, "nothing is overwritten");
        }
        assert_eq!(fs::read_to_string(desk.options.folder.join("a.1.txt")).expect("read"), "newer than what was read");
    }

    #[test]
    fn a_kill_between_hiding_and_leaving_loses_nothing() {
        let desk = Desk::new(After::Done);
        let file = desk.drop("a/b.txt", "read and settled");
        // As the kill leaves it: hidden, and whoever replaced it in that moment hidden with its name.
        let replaced = desk.drop("c.txt", "a newer text that nobody has read");
        let mut staging = Staging::begin(&desk.options.folder);
        for path in ["a/b.txt", "c.txt"] {
            staging.hide(Path::new(path)).expect("hide").expect("there");
        }
        drop(staging);
        assert_eq!(crate::staging::recover(&desk.options.folder), 2);
        let back = Generation::of_path(&desk.options.folder.join("c.txt")).expect("it is back");
        assert_eq!(back, replaced.generation, "the ledger has not seen it, so it will be read");
        let outcomes = desk.finish(&[file]);
        assert!(matches!(&outcomes[..], [FinishOutcome::Moved { .. }]), "known as read, finished again: {outcomes:?}");
    }

    #[test]
    fn sidecars_go_with_their_article_and_keep_its_name() {
        let desk = Desk::new(After::Done);
        for name in ["b.html", "b.1.html"] {
            let file = desk.drop("a/b.html", "text");
            desk.drop("a/b.html.url", "https://example.org/b");
            desk.drop("a/b.html.meta.json", "{}");
            desk.drop("a/b.html.other", "no sidecar");
            assert!(matches!(&desk.finish(&[file])[..], [FinishOutcome::Moved { .. }]));
            for suffix in ["", ".url", ".meta.json"] {
                let path = desk.folder.path().join(format!("done/2024-05-01/09/a/{name}{suffix}"));
                assert!(path.is_file(), "{}", path.display());
                assert!(!desk.options.folder.join(format!("a/b.html{suffix}")).exists(), "{suffix}");
            }
        }
        assert!(desk.options.folder.join("a/b.html.other").is_file());
    }

    #[test]
    fn a_crash_after_the_sidecars_went_keeps_the_names_together() {
        let desk = Desk::new(After::Done);
        let file = desk.drop("b.html", "text");
        let shelf = desk.folder.path().join("done/2024-05-01/09");
        fs::create_dir_all(&shelf).expect("folder");
        fs::write(shelf.join("b.html"), "of last time").expect("write");
        fs::write(shelf.join("b.1.html.url"), "it went before the crash").expect("write");
        let outcomes = desk.finish(&[file]);
        assert!(
            matches!(&outcomes[..], [FinishOutcome::Moved { to }] if *to == shelf.join("b.1.html")),
            "{outcomes:?}"
        );
    }

    #[test]
    fn sidecars_of_deleted_files_are_deleted() {
        for all_quarantined in [false, true] {
            let desk = Desk::new(After::Delete);
            let file = Finished { all_quarantined, ..desk.drop("b.html", "text") };
            desk.drop("b.html.url", "https://example.org/b");
            assert!(matches!(&desk.finish(&[file])[..], [FinishOutcome::Deleted]));
            assert!(desk.inbox().is_empty());
            assert!(!desk.folder.path().join("done").exists(), "quarantined: {all_quarantined}");
        }
    }

    #[test]
    fn a_file_that_can_not_leave_is_put_back() {
        let desk = Desk::new(After::Done);
        fs::write(&desk.options.done, "a file stands here").expect("write");
        let file = desk.drop("a.txt", "text");
        assert!(matches!(&desk.finish(&[file])[..], [FinishOutcome::Failed(_)]));
        assert_eq!(desk.inbox(), [("a.txt".into(), "text".into())]);
    }
}
