//! Why a file or the stream unpacked from it could not be read on.

use std::io;
use std::path::PathBuf;

use crate::piece::Flaw;

/// Why a found file could not be opened. The watch should get the file back unless it
/// is missing.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not the file that was found any more, or (followed) nothing in it can be read before it is whole.
    #[error("{} changed since it was found, or is not whole yet; it is found again once it is", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It is gone.
    #[error("{} is gone; whoever took it away has it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be opened or read: {source}; give the desk the right to read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Changed { path } => Self::Changed { path },
            ReadError::Io { path, source } => Self::Unreadable { path, source },
        }
    }
}

/// Why reading stopped in the middle of a file. What was read before stands.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is changing while it is read.
    #[error("{} changed while it was read; release it, it is found again once it is whole", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be read on: {source}; release it to try again", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What went wrong somewhere in a stack of layers, carried through the decoders inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The file is shorter than its generation.
    #[error("the file was cut short while it was read")]
    Changed,
    /// The system refused.
    #[error(transparent)]
    Io(io::Error),
    /// The stream is broken here; what was unpacked before stands.
    #[error("{}", .0.detail)]
    Broken(Flaw),
}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        Self::other(trouble)
    }
}

impl From<io::Error> for Trouble {
    /// What a lower layer put in, as it was.
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(trouble) => trouble,
            Err(error) => Self::Io(error),
        }
    }
}
