//! Going on with a file that was appended to.
//!
//! A JSON Lines file that grew is a new generation, but nothing in it is read twice where the bytes read before
//! are still there. They are known by their hash, all of them: a log that was cut and filled anew may well have
//! the old length, and begin like the old one.

use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::Found;
use crate::input::Input;
use crate::record::Position;
use crate::trouble::OpenError;

/// Where reading of `found` may go on after an earlier, shorter generation was read up to `position`; none where
/// it is another file, so that it is to be read from its beginning. Only JSON Lines go on: the positions of
/// other formats carry no hash.
///
/// The earlier generation may have ended inside a line. If what follows begins with a line end, the line was whole
/// and reading goes on after it; otherwise it goes back to the line's beginning, so that a line torn in two by an
/// append is read whole (`record` stays, it counts what was read).
///
/// # Errors
/// Where the file is gone, is another generation than found, or can't be read.
pub fn continue_from(root: &Path, found: &Found, position: Position) -> Result<Option<Position>, OpenError> {
    let mut input = Input::open(root, found)?;
    if position.offset == 0 {
        return Ok(Some(position));
    }
    if position.prefix == 0 || position.offset > found.generation.bytes {
        return Ok(None);
    }
    let mut hash = Xxh3::new();
    let mut line_start = (0, 0);
    while input.offset() < position.offset {
        if input.peek()?.is_none() {
            return Ok(None);
        }
        let before = usize::try_from(position.offset - input.offset()).unwrap_or(usize::MAX);
        let bytes = &input.window()[..input.window().len().min(before)];
        let length = bytes.len();
        // What ends a line within these bytes is the last line end so far.
        let line = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        hash.update(&bytes[..line]);
        if line > 0 {
            line_start = (input.offset() + line as u64, hash.digest());
        }
        hash.update(&bytes[line..]);
        input.consume(length);
    }
    if hash.digest() != position.prefix {
        return Ok(None);
    }
    if line_start.0 == position.offset {
        return Ok(Some(position));
    }
    let next = input.fill_to(2)?;
    let end = match next {
        [] => return Ok(Some(position)),
        [b'\n', ..] => 1,
        [b'\r', b'\n'] => 2,
        _ => return Ok(Some(Position { offset: line_start.0, prefix: line_start.1, ..position })),
    };
    hash.update(&next[..end]);
    Ok(Some(Position { offset: position.offset + end as u64, prefix: hash.digest(), ..position }))
}
