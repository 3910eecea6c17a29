//! Whole files written, copied and moved so that a crash leaves the old state or the new one.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use fail::fail_point;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::{DiskError, at};

/// Bytes copied at a time.
const COPY_BYTES: usize = 256 << 10;

/// Makes the names in the folder of `path` durable.
///
/// # Errors
/// Where the folder can't be opened or synced.
pub fn sync_folder(path: &Path) -> Result<(), DiskError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    at("sync folder", folder, File::open(folder).and_then(|folder| folder.sync_all()))
}

/// Writes a whole file, replacing what stood there; folders are made as needed.
///
/// # Errors
/// Where the system refuses; the old file then stands.
pub fn write_durable(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_durable_with(path, |file, unfinished| at("write", unfinished, file.write_all(bytes)))
}

/// Writes `range` of a file (bytes) as a whole file of its own, replacing what stood there; streams, so the
/// range may be larger than memory. The range may end beyond the file's end.
///
/// # Errors
/// Where the source can't be read (the error then names it) or the system refuses the write.
pub fn copy_range_durable(source: &Path, range: Range<u64>, path: &Path) -> Result<(), DiskError> {
    let mut from = at("open", source, File::open(source))?;
    at("seek in", source, from.seek(SeekFrom::Start(range.start)))?;
    let mut part = from.take(range.end.saturating_sub(range.start));
    let mut buffer = vec![0; COPY_BYTES];
    write_durable_with(path, |file, unfinished| {
        loop {
            let read = at("read", source, part.read(&mut buffer))?;
            if read == 0 {
                return Ok(());
            }
            at("write", unfinished, file.write_all(&buffer[..read]))?;
        }
    })
}

/// Writes a whole file by a closure, which gets the file under its unfinished name, replacing what stood there.
///
/// # Errors
/// Where the closure fails or the system refuses; the old file then stands.
pub fn write_durable_with<E: From<DiskError>>(
    path: &Path,
    write: impl FnOnce(&mut File, &Path) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(parent) = path.parent() {
        at("create folder", parent, fs::create_dir_all(parent))?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let result = (|| -> Result<(), E> {
        let mut file = at("create", &unfinished, File::create(&unfinished))?;
        write(&mut file, &unfinished)?;
        at("sync", &unfinished, file.sync_all())?;
        Ok(at("rename into place", path, fs::rename(&unfinished, path))?)
    })();
    if result.is_err() {
        // Best effort: the next attempt writes over it anyway.
        fs::remove_file(&unfinished).ok();
    }
    result?;
    Ok(sync_folder(path)?)
}

/// One file to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it stands.
    pub from: PathBuf,
    /// Where it should stand. Nothing is ever overwritten: a taken name gets a number before its extension.
    pub to: PathBuf,
}

/// What became of one [`Move`].
#[derive(Debug)]
pub enum Moved {
    /// It stands here now.
    To(PathBuf),
    /// It was not there.
    Missing,
    /// The system refused; it stands where it stood.
    Failed(DiskError),
}

/// Moves files without overwriting any, and makes the new names durable; folders are made as needed. One
/// outcome for each, in order. Folders are synced once each, so move many at a time.
#[must_use]
pub fn move_durable(moves: &[Move]) -> Vec<Moved> {
    let mut touched = BTreeSet::new();
    let mut outcomes: Vec<Moved> = moves.iter().map(|one| move_one(one, &mut touched)).collect();
    for folder in touched {
        // `sync_folder` takes a path inside the folder.
        if let Err(error) = sync_folder(&folder.join("x")) {
            tracing::warn!(path = %folder.display(), error = %error, "moved names are not yet durable");
        }
    }
    for (outcome, one) in outcomes.iter_mut().zip(moves) {
        if let Moved::Failed(error) = outcome
            && error.source.kind() == io::ErrorKind::NotFound
            && matches!(one.from.symlink_metadata(), Err(gone) if gone.kind() == io::ErrorKind::NotFound)
        {
            *outcome = Moved::Missing;
        }
    }
    outcomes
}

fn move_one(one: &Move, touched: &mut BTreeSet<PathBuf>) -> Moved {
    if let Some(parent) = one.to.parent()
        && let Err(error) = at("create folder", parent, fs::create_dir_all(parent))
    {
        return Moved::Failed(error);
    }
    fail_point!("rename.before", |_| std::process::abort());
    for attempt in 0..MOST_NAMES {
        let to = numbered(&one.to, attempt);
        match renameat_with(CWD, &one.from, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => {
                fail_point!("rename.after", |_| std::process::abort());
                touched.extend([&one.from, &to].into_iter().filter_map(|path| path.parent().map(Path::to_owned)));
                return Moved::To(to);
            }
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => {
                return Moved::Failed(DiskError { action: "move", path: one.from.clone(), source: error.into() });
            }
        }
    }
    let source = io::Error::new(io::ErrorKind::AlreadyExists, "ten thousand files of that name stand there already");
    Moved::Failed(DiskError { action: "move", path: one.from.clone(), source })
}

/// Most names tried for a file whose own is taken.
pub const MOST_NAMES: u32 = 10_000;

/// The name to try for a file whose own is taken: `name.ext`, then `name.1.ext`, `name.2.ext`, …
#[must_use]
pub fn numbered(path: &Path, attempt: u32) -> PathBuf {
    if attempt == 0 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{attempt}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_never_overwrites() {
        let folder = tempfile::tempdir().expect("temp");
        let (from, to) = (folder.path().join("a.txt"), folder.path().join("done/a.txt"));
        for text in ["first", "second"] {
            fs::write(&from, text).expect("write");
            let moved = move_durable(&[Move { from: from.clone(), to: to.clone() }]);
            assert!(matches!(&moved[..], [Moved::To(_)]), "{moved:?}");
        }
        assert_eq!(fs::read_to_string(&to).expect("read"), "first");
        assert_eq!(fs::read_to_string(folder.path().join("done/a.1.txt")).expect("read"), "second");
        let moved = move_durable(&[Move { from, to }]);
        assert!(matches!(&moved[..], [Moved::Missing]), "{moved:?}");
    }

    #[test]
    fn a_range_is_copied_as_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("temp");
        let source = folder.path().join("s");
        write_durable(&source, b"0123456789").expect("write");
        let copy = folder.path().join("q/part");
        copy_range_durable(&source, 3..6, &copy).expect("copy");
        assert_eq!(fs::read(&copy).expect("read"), b"345");
        copy_range_durable(&source, 8..99, &copy).expect("copy again");
        assert_eq!(fs::read(&copy).expect("read"), b"89");
        assert_eq!(fs::read_dir(folder.path().join("q")).expect("list").count(), 1, "nothing unfinished stays");
    }
}
