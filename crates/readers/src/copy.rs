//! Copying a record out of its file, for the quarantine.

use std::io;
use std::ops::Range;
use std::path::Path;

use crate::Found;
use crate::format::unwrap;
use crate::input::Input;
use crate::trouble::{OpenError, ReadError};

/// Why a record could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The file could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file could not be read on.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The copy could not be written; the file is fine.
    #[error("the copy of a record can't be written: {0}; free space or see to the quarantine folder")]
    Write(#[source] io::Error),
}

/// Copies a record's bytes as they are above the file's layers: unpacked, and in UTF-8 where the file is UTF-16 or
/// UTF-32 of a format with a syntax. Less is copied where the file's layers break off before the range ends.
///
/// # Errors
/// Where the file is not what was found any more, can't be read, or the copy can't be written.
pub fn copy_record(root: &Path, found: &Found, bytes: Range<u64>, to: &mut dyn io::Write) -> Result<(), CopyError> {
    let mut input = Input::open(root, found)?;
    unwrap(&mut input, &found.path)?;
    input.seek(bytes.start)?;
    while input.offset() < bytes.end && input.peek()?.is_some() {
        let left = usize::try_from(bytes.end - input.offset()).unwrap_or(usize::MAX);
        let length = input.window().len().min(left);
        to.write_all(&input.window()[..length]).map_err(CopyError::Write)?;
        input.consume(length);
    }
    input.verify()?;
    Ok(())
}
