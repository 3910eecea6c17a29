//! Plain text: the whole file is one record, handed on undecoded (charsets are the cleaner's).

use crate::input::{Input, ReadError};
use crate::piece::{Flaw, Piece};

/// Reads the one record of a text file.
pub(crate) fn read(input: &mut Input, max_record_bytes: u64) -> Result<Piece, ReadError> {
    let len = input.len();
    let held = if len > max_record_bytes {
        Err(Flaw::too_large(len, max_record_bytes))
    } else {
        input.seek(0)?;
        while input.fill()? {}
        Ok(input.window().to_vec())
    };
    input.verify()?;
    Ok(Piece { bytes: 0..len, line: None, end: len, held })
}
