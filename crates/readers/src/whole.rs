//! Files that are one record: plain text, a web page, a mail message.

use crate::input::Input;
use crate::piece::{Flaw, Piece};
use crate::trouble::ReadError;

/// Reads the whole file.
pub(crate) fn read(input: &mut Input, max_record_bytes: u64) -> Result<Piece, ReadError> {
    input.seek(0)?;
    let known_too_large = input.known_len().is_some_and(|len| len > max_record_bytes);
    while !known_too_large && input.window().len() as u64 <= max_record_bytes && input.fill()? {}
    let held = if known_too_large || input.window().len() as u64 > max_record_bytes {
        input.skip_rest()?;
        Err(Flaw::too_large(input.offset(), max_record_bytes))
    } else {
        let bytes = input.window().to_vec();
        input.consume(bytes.len());
        Ok(bytes)
    };
    input.verify()?;
    let len = input.offset();
    Ok(Piece { bytes: 0..len, line: None, end: len, whole: false, held })
}
