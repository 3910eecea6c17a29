//! Looking through the drop folder: the truth that events only hint at.
//!
//! Nothing is opened and no link is followed: a name is looked up, and only regular files and folders count.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use copydesk_disk::Generation;
use copydesk_readers::sidecar;

use crate::Found;
use crate::rules::{Globs, Rules, resolve};

/// Why the drop folder, or a part of it, was looked through. A bounded vocabulary: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScanCause {
    /// The watch started.
    Start,
    /// `rescan_secs` passed.
    Timer,
    /// Events were lost: the system's queue or ours was full.
    Overflow,
    /// The watcher reported an error.
    WatcherError,
    /// The drop folder came back after it had gone, or is another one now.
    RootRecreated,
    /// A subfolder was created or moved in; only that one was looked through.
    Subfolder,
    /// Events can't be had here, so the folder is looked through all the time.
    Polling,
}

impl ScanCause {
    /// The cause as it stands in logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Timer => "timer",
            Self::Overflow => "overflow",
            Self::WatcherError => "watcher_error",
            Self::RootRecreated => "root_recreated",
            Self::Subfolder => "subfolder",
            Self::Polling => "polling",
        }
    }
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Look {
    /// A regular file.
    File(Generation),
    /// A folder.
    Folder,
    /// Something that is never opened, by its kind: a bounded vocabulary.
    Other(&'static str),
    /// Nothing, or nothing we may look up.
    Gone,
}

impl From<&Metadata> for Look {
    fn from(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_file() {
            Self::File(metadata.into())
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_symlink() {
            Self::Other("symbolic_link")
        } else if kind.is_fifo() {
            Self::Other("named_pipe")
        } else if kind.is_socket() {
            Self::Other("socket")
        } else {
            Self::Other("device")
        }
    }
}

/// Looks a path up, links not followed.
pub(crate) fn look(path: &Path) -> Look {
    fs::symlink_metadata(path).map_or(Look::Gone, |metadata| Look::from(&metadata))
}

/// What [`walk`] comes by, with paths relative to the root.
#[derive(Debug)]
pub(crate) enum Visit<'a> {
    /// A folder, before it is listed: a watch set on it now misses nothing.
    Folder(&'a Path),
    /// A regular file.
    File(PathBuf, Generation),
    /// Something that is never opened, by its kind.
    Other(PathBuf, &'static str),
    /// A file left out by rule.
    Ignored,
    /// A folder that could not be listed; what it holds is unknown.
    Unreadable(&'a Path, io::Error),
}

/// Walks the folder `start` (relative to `root`) with everything below it, but for what the rules leave out.
/// Ends early where `visit` breaks.
pub(crate) fn walk(
    root: &Path,
    start: PathBuf,
    rules: &Rules,
    mut visit: impl FnMut(Visit<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut folders = vec![start];
    while let Some(folder) = folders.pop() {
        visit(Visit::Folder(&folder))?;
        let listed = fs::read_dir(root.join(&folder)).and_then(|entries| {
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                // What vanished since it was listed is no error.
                let Ok(metadata) = entry.metadata() else { continue };
                let flow = match Look::from(&metadata) {
                    Look::Folder if !rules.skip_folder(&path) => {
                        folders.push(path);
                        ControlFlow::Continue(())
                    }
                    Look::File(generation) if !rules.skip_file(&path) => visit(Visit::File(path, generation)),
                    Look::Other(kind) if !rules.skip_file(&path) => visit(Visit::Other(path, kind)),
                    Look::File(_) => visit(Visit::Ignored),
                    Look::Folder | Look::Other(_) | Look::Gone => ControlFlow::Continue(()),
                };
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            Ok(ControlFlow::Continue(()))
        });
        match listed {
            Ok(flow) => flow?,
            // A subfolder that went away meanwhile is no error; without the root nothing is known.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty() => {}
            Err(error) => visit(Visit::Unreadable(&folder, error))?,
        }
    }
    ControlFlow::Continue(())
}

/// All regular files below a folder now, in order of modification time and path, but for what is left out by
/// default, `own_folders`, and sidecars of files that are there. For a one-shot run: nothing is watched, nothing
/// settles.
///
/// # Errors
/// Where a folder can't be listed.
pub fn list(root: &Path, own_folders: &[PathBuf]) -> io::Result<Vec<Found>> {
    let canonical = root.canonicalize()?;
    let own = own_folders.iter().map(|folder| resolve(folder)).collect::<io::Result<Vec<_>>>()?;
    let mut found = Vec::new();
    let mut failed = None;
    let _ = walk(root, PathBuf::new(), &Rules::new(&canonical, &own, Globs::default()), |visit| match visit {
        Visit::File(path, generation) => {
            found.push(Found { path, generation, follow: false });
            ControlFlow::Continue(())
        }
        Visit::Unreadable(_, error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
        Visit::Folder(_) | Visit::Other(..) | Visit::Ignored => ControlFlow::Continue(()),
    });
    found.sort_by(|a, b| (a.generation.modified_ns, &a.path).cmp(&(b.generation.modified_ns, &b.path)));
    let names: HashSet<PathBuf> = found.iter().map(|one| one.path.clone()).collect();
    found.retain(|one| sidecar::article_of(&one.path).is_none_or(|article| !names.contains(&article)));
    failed.map_or(Ok(found), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_below_are_found_and_nothing_else_is_followed() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path();
        for path in ["a.txt", "x/y/b.txt", "done/2024-01-01/c.txt", ".git/d", "x/e.part"] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("folders");
            fs::write(path, "text").expect("write");
        }
        std::os::unix::fs::symlink(root.join("x"), root.join("x/y/loop")).expect("link");
        let socket = std::os::unix::net::UnixListener::bind(root.join("s")).expect("socket");
        let rules = Rules::new(root, &[root.join("done")], Globs::default());
        let mut seen = Vec::new();
        let flow = walk(root, PathBuf::new(), &rules, |visit| {
            seen.push(match visit {
                Visit::Folder(path) => format!("folder {}", path.display()),
                Visit::File(path, generation) => format!("file {} {}", path.display(), generation.bytes),
                Visit::Other(path, kind) => format!("{kind} {}", path.display()),
                Visit::Ignored => "ignored".to_owned(),
                Visit::Unreadable(path, error) => format!("{} {error}", path.display()),
            });
            ControlFlow::Continue(())
        });
        drop(socket);
        seen.sort();
        assert!(flow.is_continue());
        let expected = [
            "file a.txt 4",
            "file x/y/b.txt 4",
            "folder ",
            "folder x",
            "folder x/y",
            "ignored",
            "socket s",
            "symbolic_link x/y/loop",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_list_leaves_sidecars_to_their_articles() {
        let folder = tempfile::tempdir().expect("temp");
        for name in ["a.html", "a.html.url", "b.url"] {
            fs::write(folder.path().join(name), "text").expect("write");
        }
        let mut paths: Vec<PathBuf> =
            list(folder.path(), &[]).expect("list").into_iter().map(|found| found.path).collect();
        paths.sort();
        assert_eq!(paths, [Path::new("a.html"), Path::new("b.url")]);
    }

    #[test]
    fn a_missing_root_is_reported_and_a_break_ends_the_walk() {
        let folder = tempfile::tempdir().expect("temp");
        let rules = Rules::new(folder.path(), &[], Globs::default());
        let mut unreadable = 0;
        let _ = walk(&folder.path().join("none"), PathBuf::new(), &rules, |visit| {
            unreadable += usize::from(matches!(visit, Visit::Unreadable(..)));
            ControlFlow::Continue(())
        });
        assert_eq!(unreadable, 1);
        for name in ["a", "b"] {
            fs::write(folder.path().join(name), "text").expect("write");
        }
        let mut files = 0;
        let flow = walk(folder.path(), PathBuf::new(), &rules, |visit| match visit {
            Visit::File(..) => {
                files += 1;
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        assert_eq!((files, flow), (1, ControlFlow::Break(())));
    }
}
