//! One inbox of the configuration: a drop folder and what is done with it.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use serde::Deserialize;

use crate::rules::{Globs, resolve};
use crate::{IntakeError, PathPattern, mount};

/// How a drop folder is watched, read and cleared. Folders are taken as they stand: whoever reads the
/// configuration makes relative ones count from its file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The drop folder, watched with its subfolders; made where it is missing. Default `inbox`.
    pub folder: PathBuf,
    /// What happens to a file when it is finished. Default `done`.
    pub after: After,
    /// Where finished files go, by day and hour, with `after = "done"`. On the same file system and mount as
    /// `folder`. Default `done`.
    pub done: PathBuf,
    /// Days of `done` that are kept; older ones are removed whole ([`sweep`](crate::sweep)). Default none: all
    /// are kept for ever.
    pub done_days: Option<u64>,
    /// Where a copy of every record goes that could not be worked on. Default `quarantine`.
    pub quarantine: PathBuf,
    /// Which files are taken: globs over the path relative to `folder`, in which `*` stays within a folder's
    /// name and `**` does not. Default `["**"]`.
    pub include: Vec<String>,
    /// Which files, and whole folders, are left alone, besides hidden files and what other programs leave
    /// half-written. Default none.
    pub exclude: Vec<String>,
    /// What a file's path says of its articles, such as `"{site}/{language}/**"`. Default none.
    pub path: Option<PathPattern>,
    /// How long a file that was not renamed into place must stand closed and unchanged before it is taken, in
    /// seconds. Default 2.
    pub settle_secs: f64,
    /// How long a whole article waits for a first sidecar (`NAME.meta.json`, `NAME.headers`, `NAME.url`) in a
    /// folder where sidecars were seen, in seconds. Default 1.
    pub sidecar_wait_secs: f64,
    /// How often a JSON Lines file that its producer holds open is read on, up to its last whole line, in
    /// seconds; 0: only once it is closed. Default 5.
    pub follow_secs: f64,
    /// How often the whole folder is looked through, whatever the events say, in seconds (at least 1).
    /// Default 60.
    pub rescan_secs: u64,
    /// Whether the folder is looked through all the time instead of waiting for events. Default `auto`.
    pub poll: Poll,
    /// How often it is then looked through, in seconds (at least 0.1). Default 5.
    pub poll_secs: f64,
    /// Largest record taken, in bytes; a larger one goes to quarantine. Default 16 MiB.
    pub max_record_bytes: u64,
    /// Absolute folders that are never descended into, besides `done` and `quarantine` (the ledger's, the
    /// sinks', those of other inboxes). Not a key of the configuration: who wires the desk knows them.
    #[serde(skip)]
    pub own_folders: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: "inbox".into(),
            after: After::Done,
            done: "done".into(),
            done_days: None,
            quarantine: "quarantine".into(),
            include: vec!["**".to_owned()],
            exclude: Vec::new(),
            path: None,
            settle_secs: 2.0,
            sidecar_wait_secs: 1.0,
            follow_secs: 5.0,
            rescan_secs: 60,
            poll: Poll::Auto,
            poll_secs: 5.0,
            max_record_bytes: 16 << 20,
            own_folders: Vec::new(),
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
    /// It is deleted. What a producer that holds it open writes to it later is lost.
    Delete,
    /// It stays; the ledger remembers it.
    Keep,
}

/// When a folder is looked through all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Poll {
    /// Where the file system tells nothing of what other machines do to it (NFS, SMB, FUSE, 9p, …), and where
    /// the system grants no events.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Only where the system grants no events: every file comes from this machine.
    Never,
}

/// The spans of time of [`Options`], in a form that can be reckoned with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    pub settle: Duration,
    pub sidecar: Duration,
    /// None: never followed.
    pub follow: Option<Duration>,
    pub rescan: Duration,
    pub poll: Duration,
}

impl Options {
    /// Says whether a [`Watch`](crate::Watch) could start with these options now, and finished files leave
    /// the drop folder. Nothing is made or changed.
    ///
    /// # Errors
    /// The first thing that stands in the way.
    pub fn check(&self) -> Result<(), IntakeError> {
        self.waits()?;
        Globs::new(&self.include, &self.exclude)?;
        let root = self.at_folder(resolve(&self.folder))?;
        if self.resolved_own_folders()?.contains(&root) {
            return Err(IntakeError::OwnFolder { path: root });
        }
        let standing = standing(&root);
        let kind = self.at_folder(fs::metadata(standing))?;
        if !kind.is_dir() {
            return self.at_folder(Err(io::ErrorKind::NotADirectory.into()));
        }
        let may = |access, missing| {
            let answer = accessat(CWD, standing, access | Access::EXEC_OK, AtFlags::EACCESS);
            let path = standing.to_owned();
            answer.map_err(|error| IntakeError::Rights { path, missing, source: error.into() })
        };
        may(Access::READ_OK, "read")?;
        if self.after != After::Keep || standing != root {
            may(Access::WRITE_OK, "written")?;
        }
        if self.after == After::Done {
            let done = self.at_folder(resolve(&self.done))?;
            if !self.at_folder(mount::is_one(standing, self::standing(&done)))? {
                return Err(IntakeError::OtherMount { done: self.done.clone(), folder: self.folder.clone() });
            }
        }
        Ok(())
    }

    /// Folders never descended into, links resolved.
    pub(crate) fn resolved_own_folders(&self) -> Result<Vec<PathBuf>, IntakeError> {
        let own = [&self.done, &self.quarantine].into_iter().chain(&self.own_folders);
        own.map(|own| resolve(own).map_err(|source| IntakeError::Folder { path: own.clone(), source })).collect()
    }

    pub(crate) fn waits(&self) -> Result<Waits, IntakeError> {
        let seconds = |key, value: f64, least: f64| {
            let usable = Duration::try_from_secs_f64(value).ok().filter(|_| value >= least);
            usable.ok_or(IntakeError::Seconds { key, value, least })
        };
        Ok(Waits {
            settle: seconds("settle_secs", self.settle_secs, 0.0)?,
            sidecar: seconds("sidecar_wait_secs", self.sidecar_wait_secs, 0.0)?,
            follow: Some(seconds("follow_secs", self.follow_secs, 0.0)?).filter(|every| !every.is_zero()),
            rescan: Duration::from_secs(self.rescan_secs.max(1)),
            poll: seconds("poll_secs", self.poll_secs, 0.1)?,
        })
    }

    fn at_folder<T>(&self, result: io::Result<T>) -> Result<T, IntakeError> {
        result.map_err(|source| IntakeError::Folder { path: self.folder.clone(), source })
    }
}

/// The nearest folder above that exists: what a missing one would be made in.
fn standing(folder: &Path) -> &Path {
    folder.ancestors().find(|above| above.exists()).unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn options(folder: &Path) -> Options {
        Options {
            folder: folder.join("inbox"),
            done: folder.join("done"),
            quarantine: folder.join("quarantine"),
            ..Options::default()
        }
    }

    #[test]
    fn what_is_not_there_yet_can_be_made() {
        let folder = tempfile::tempdir().expect("temp");
        assert!(options(folder.path()).check().is_ok());
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 0, "a look makes nothing");
    }

    #[test]
    fn done_on_another_mount_is_refused_where_files_go_there() {
        let folder = tempfile::tempdir().expect("temp");
        let away = Options { done: "/proc/self".into(), ..options(folder.path()) };
        let error = away.check().expect_err("another file system");
        assert!(matches!(error, IntakeError::OtherMount { .. }), "{error}");
        assert!(Options { after: After::Delete, ..away }.check().is_ok());
    }

    #[test]
    fn a_folder_that_is_none_or_the_desks_own_is_refused() {
        let folder = tempfile::tempdir().expect("temp");
        fs::write(folder.path().join("inbox"), "").expect("write");
        assert!(matches!(options(folder.path()).check(), Err(IntakeError::Folder { .. })));
        fs::remove_file(folder.path().join("inbox")).expect("remove");
        fs::create_dir(folder.path().join("done")).expect("folder");
        symlink("done", folder.path().join("inbox")).expect("link");
        assert!(matches!(options(folder.path()).check(), Err(IntakeError::OwnFolder { .. })));
    }

    #[test]
    fn rights_that_are_missing_are_named() {
        let folder = tempfile::tempdir().expect("temp");
        let inbox = folder.path().join("inbox");
        fs::create_dir(&inbox).expect("folder");
        let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
        set_mode(folder.path(), 0o755);
        for (mode, word) in [(0o555, "written"), (0o333, "read")] {
            set_mode(&inbox, mode);
            let options = options(folder.path());
            let error = as_nobody(move || options.check().expect_err("refused"));
            assert!(matches!(error, IntakeError::Rights { missing, .. } if missing == word), "{error}");
        }
        set_mode(&inbox, 0o555);
        let keeping = Options { after: After::Keep, ..options(folder.path()) };
        as_nobody(move || keeping.check().expect("nothing has to be written"));
        set_mode(&inbox, 0o755);
    }

    /// Does something on a thread that is not root's, as root is refused nothing.
    fn as_nobody<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
        let thread = std::thread::spawn(|| {
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(65_534)).expect("another user");
            }
            what()
        });
        thread.join().expect("no panic")
    }

    #[test]
    fn numbers_and_globs_that_make_no_sense_are_refused() {
        let folder = tempfile::tempdir().expect("temp");
        let good = options(folder.path());
        for bad in [
            Options { settle_secs: -1.0, ..good.clone() },
            Options { poll_secs: 0.0, ..good.clone() },
            Options { sidecar_wait_secs: f64::NAN, ..good.clone() },
            Options { follow_secs: f64::INFINITY, ..good.clone() },
        ] {
            assert!(matches!(bad.check(), Err(IntakeError::Seconds { .. })), "{bad:?}");
        }
        let glob = Options { exclude: vec!["[".into()], ..good };
        assert!(matches!(glob.check(), Err(IntakeError::Glob { key: "exclude", .. })));
    }
}
