//! The active file and its fence: finding it again, cutting it back, appending, rotating. Blocking.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use copydesk_article::Sequence;
use copydesk_disk::{AppendFile, DiskError, FileIdentity, Move, Moved, move_durable};
use fail::fail_point;
use serde::{Deserialize, Serialize};

use crate::segment::Names;
use crate::{JsonlOptions, SinkError, blocking};

/// What the ledger keeps for the sink.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    /// Name of the active file, in the folder of the configured path.
    file: String,
    #[serde(flatten)]
    identity: FileIdentity,
    /// Bytes that stand for good.
    committed_bytes: u64,
    /// Bytes about to be appended; 0 between batches.
    intent_bytes: u64,
    /// UTC hour of the first write, as in names.
    hour: Option<String>,
    /// First and last sequence of the batches in the file; none while it is empty.
    first_sequence: Option<Sequence>,
    last_sequence: Option<Sequence>,
}

/// The lines of one batch and the sequences they span.
pub(super) struct Batch {
    pub(super) lines: Vec<u8>,
    pub(super) first: Sequence,
    pub(super) last: Sequence,
}

/// The file being written.
struct Active {
    file: AppendFile,
    /// Keeps other writers out; let go when closed.
    _lock: Option<File>,
    state: State,
}

/// Writes the active file. Any failure closes it, so that only `open` with the stored state leads on.
pub(super) struct Writer {
    names: Names,
    path: PathBuf,
    segment_max_bytes: u64,
    rotate_hourly: bool,
    active: Option<Active>,
}

impl Writer {
    pub(super) fn new(options: &JsonlOptions) -> Self {
        Self {
            names: Names::of(&options.path),
            path: options.path.clone(),
            segment_max_bytes: options.segment_max_bytes,
            rotate_hourly: options.rotate_hourly,
            active: None,
        }
    }

    /// The state as it is to be stored; none unless open.
    pub(super) fn state(&self) -> Option<Vec<u8>> {
        // A state is text and numbers: writing it as JSON does not fail.
        self.active.as_ref().and_then(|active| serde_json::to_vec(&active.state).ok())
    }

    pub(super) fn close(&mut self) {
        self.active = None;
    }

    /// Finds the file of the stored state and undoes what a batch cut short has left; else begins a new one.
    pub(super) fn open(&mut self, stored: Option<&[u8]>) -> Result<(), SinkError> {
        self.active = None;
        if self.path.file_name().is_none() {
            return Err(SinkError::new(format!("`path` {} names no file", self.path.display())));
        }
        blocking::make_folder_of(&self.path)?;
        let stored = stored.and_then(|bytes| match serde_json::from_slice::<State>(bytes) {
            Ok(state) => Some(state),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), error = %error, "stored state can't be read, a new file is begun");
                None
            }
        });
        let resumed = stored.map(|state| self.resume(state)).transpose()?.flatten();
        self.active = Some(match resumed {
            Some(active) => active,
            None => self.begin()?,
        });
        Ok(())
    }

    /// The file of a stored state, cut back to what is committed; none where there is no such file, where it
    /// is not as it was left, or where it is closed already.
    fn resume(&self, mut state: State) -> Result<Option<Active>, SinkError> {
        let active_path = self.names.path(&state.file);
        let closed = self.names.closed_files().map_err(|error| {
            SinkError::new(format!("could not list the folder of {}: {error}", self.path.display()))
        })?;
        let Some(path) = [active_path.clone()].into_iter().chain(closed).find(|path| is_file(path, state.identity))
        else {
            return Ok(None);
        };
        let Some(lock) = lock(&path, state.identity)? else {
            if path != active_path {
                // Being compressed, or gone by now, by a sink of this process that this one follows.
                return Ok(None);
            }
            let message = format!(
                "{} is being written by another sink or program: give each a `path` of its own",
                path.display()
            );
            return Err(SinkError::new(message));
        };
        let mut file = match AppendFile::open(&path) {
            Err(DiskError { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let intended = state.committed_bytes..=state.committed_bytes.saturating_add(state.intent_bytes);
        if file.identity()? != state.identity || !intended.contains(&file.bytes()) {
            tracing::warn!(
                path = %path.display(), bytes = file.bytes(), committed_bytes = state.committed_bytes,
                intent_bytes = state.intent_bytes, "file is not as it was left, it stays untouched"
            );
            return Ok(None);
        }
        if file.bytes() > state.committed_bytes {
            file.truncate(state.committed_bytes)?;
        }
        if path != active_path {
            return Ok(None);
        }
        state.intent_bytes = 0;
        Ok(Some(Active { file, _lock: lock.0, state }))
    }

    /// A new file, under the first name that is free or has an empty file.
    fn begin(&self) -> Result<Active, SinkError> {
        for number in 0..10_000 {
            let name = self.names.active(number);
            let path = self.names.path(&name);
            let file = match AppendFile::create(&path) {
                Ok(file) => file,
                Err(DiskError { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() == 0) {
                        tracing::warn!(path = %path.display(), "a file that is not this sink's stands here and stays untouched, a new one is begun beside it");
                        continue;
                    }
                    AppendFile::open(&path)?
                }
                Err(error) => return Err(error.into()),
            };
            let identity = file.identity()?;
            if let Some(lock) = lock(&path, identity)?
                && file.bytes() == 0
            {
                let state = State {
                    file: name,
                    identity,
                    committed_bytes: 0,
                    intent_bytes: 0,
                    hour: None,
                    first_sequence: None,
                    last_sequence: None,
                };
                return Ok(Active { file, _lock: lock.0, state });
            }
        }
        let message =
            format!("ten thousand files named like {} stand there already: move them away", self.path.display());
        Err(SinkError::new(message))
    }

    /// Records what is about to be appended, after a rotation if one is due. Whether there was one.
    pub(super) fn prepare(&mut self, bytes: u64, hour: &str) -> Result<bool, SinkError> {
        let state = &self.active.as_ref().ok_or_else(|| self.not_open())?.state;
        let full = state.committed_bytes.saturating_add(bytes) > self.segment_max_bytes;
        let rotated = if full { self.rotate()? } else { self.rotate_if_over(hour)? };
        let mut active = self.active.take().ok_or_else(|| self.not_open())?;
        if !is_file(active.file.path(), active.state.identity) {
            let path = active.file.path().display();
            tracing::warn!(path = %path, "file was removed or renamed by somebody else, a new one is begun");
            active = self.begin()?;
        }
        active.state.intent_bytes = bytes;
        if active.state.committed_bytes == 0 {
            active.state.hour = Some(hour.to_owned());
        }
        self.active = Some(active);
        Ok(rotated)
    }

    /// Appends a batch that was prepared; durable on return.
    pub(super) fn append(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let mut active = self.active.take().ok_or_else(|| self.not_open())?;
        let bytes = batch.lines.len() as u64;
        if active.state.intent_bytes != bytes {
            return Err(SinkError::new(format!("batch for {} is not the one prepared", self.path.display())));
        }
        fail_point!("jsonl.append.half", |_| {
            // On the disk for certain, so that there is something to cut.
            active.file.append(&batch.lines[..batch.lines.len() / 2])?;
            active.file.sync()?;
            std::process::abort()
        });
        active.file.append(&batch.lines)?;
        active.file.sync()?;
        let state = &mut active.state;
        state.committed_bytes += bytes;
        state.intent_bytes = 0;
        if bytes > 0 {
            // What is sent again may lie before the rest.
            state.first_sequence = Some(state.first_sequence.map_or(batch.first, |first| first.min(batch.first)));
            state.last_sequence = state.last_sequence.max(Some(batch.last));
        }
        self.active = Some(active);
        Ok(())
    }

    /// Rotates if the file was begun in another hour than `hour`. Whether it did.
    pub(super) fn rotate_if_over(&mut self, hour: &str) -> Result<bool, SinkError> {
        let begun = self.active.as_ref().and_then(|active| active.state.hour.as_deref());
        if self.rotate_hourly && begun.is_some_and(|begun| begun != hour) { self.rotate() } else { Ok(false) }
    }

    /// Closes the active file under a name of its own and begins a new one. Whether it did: an empty file,
    /// and one that is no longer where it was, are not renamed.
    fn rotate(&mut self) -> Result<bool, SinkError> {
        let Some(Active { file, state, .. }) = &self.active else { return Ok(false) };
        let (Some(hour), Some(first), Some(last)) = (&state.hour, state.first_sequence, state.last_sequence) else {
            return Ok(false);
        };
        if !is_file(file.path(), state.identity) {
            return Ok(false);
        }
        let to = self.names.closed(hour, first, last);
        let moves = [Move { from: file.path().to_owned(), to }];
        self.active = None;
        match move_durable(&moves).pop() {
            Some(Moved::Failed(error)) => return Err(error.into()),
            Some(Moved::To(_) | Moved::Missing) | None => {}
        }
        fail_point!("jsonl.rotate.renamed", |_| std::process::abort());
        self.active = Some(self.begin()?);
        Ok(true)
    }

    fn not_open(&self) -> SinkError {
        SinkError::new(format!("{} is not open after an error before; it will be opened again", self.path.display()))
    }
}

/// Whether the path names this very file (links are not followed).
fn is_file(path: &Path, identity: FileIdentity) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && FileIdentity::from(&found) == identity)
}

/// A lock held; empty where the file system has none.
struct Lock(Option<File>);

/// Locks the file against other writers; none where somebody else has it, or where the path names another
/// file or none by now.
fn lock(path: &Path, identity: FileIdentity) -> Result<Option<Lock>, SinkError> {
    let failed = |error| SinkError::new(format!("could not open {}: {error}", path.display()));
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    if FileIdentity::from(&file.metadata().map_err(failed)?) != identity {
        return Ok(None);
    }
    Ok(match file.try_lock() {
        Ok(()) => Some(Lock(Some(file))),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Lock(None)),
    })
}
