//! Why a drop folder can't be watched.

use std::io;
use std::path::PathBuf;

/// What keeps a [`Watch`](crate::Watch) from starting. Everything but [`IntakeError::Thread`] is found by
/// [`Options::check`](crate::Options::check) too.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The drop folder can't be made or used.
    #[error("the drop folder {} can't be used: {source}; make it, or set `folder` to another", path.display())]
    Folder {
        /// The drop folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system refuses to have the drop folder listed, or changed where finished files leave it.
    #[error(
        "the drop folder {} can't be {missing}: {source}; give the desk the right to, or set `after = \"keep\"` \
         where its files are to stay", path.display()
    )]
    Rights {
        /// The drop folder, or the nearest folder above it that exists.
        path: PathBuf,
        /// What it can't be: `read` or `written`.
        missing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The drop folder is `done`, `quarantine` or another folder of the desk's own as well, which are never
    /// looked into.
    #[error("{} is both the drop folder and a folder the desk writes to; set one of them to another", path.display())]
    OwnFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Files can't be renamed from the drop folder to `done`.
    #[error(
        "`done` {} is on another file system or mount than the drop folder {}: put both on one, so that finished \
         files can be renamed", done.display(), folder.display()
    )]
    OtherMount {
        /// Where finished files should go.
        done: PathBuf,
        /// The drop folder.
        folder: PathBuf,
    },
    /// A glob of `include` or `exclude` can't be used.
    #[error("`{glob}` in `{key}` is no usable glob: {problem}")]
    Glob {
        /// `include` or `exclude`.
        key: &'static str,
        /// The glob.
        glob: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A path pattern can't be used.
    #[error("`{pattern}` is no usable path pattern: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An option is no usable number of seconds.
    #[error("`{key}` is {value}; give a number of seconds from {least} up")]
    Seconds {
        /// The option.
        key: &'static str,
        /// Its value.
        value: f64,
        /// Its smallest value.
        least: f64,
    },
    /// The thread could not be started.
    #[error("the watch thread could not be started: {0}; look for a limit on threads or memory")]
    Thread(#[source] io::Error),
}
