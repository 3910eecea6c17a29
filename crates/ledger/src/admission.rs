//! Before the work: files, admissions, attempts, the marks of start and stop.

use std::path::Path;

use copydesk_article::{Arrival, FileNumber};
use copydesk_disk::{FileIdentity, Generation};
use fjall::{Keyspace, PersistMode};
use serde::{Deserialize, Serialize};

use crate::ledger::Start;
use crate::store::{CleanMark, Store};
use crate::{Admission, FileRow, FileState, LedgerError, keys};

/// The arrival that is worked on alone, and how often that began.
#[derive(Serialize, Deserialize)]
struct Alone {
    arrival: Arrival,
    begun: u32,
    /// A quiet time before it has begun, and not ended.
    #[serde(default)]
    quiet: bool,
}

impl Store {
    pub fn start(&self) -> Result<Start, LedgerError> {
        let clean = self.get::<CleanMark>(&self.meta, "meta", b"clean")?;
        let mut files = Vec::new();
        for guard in self.open_files.iter() {
            let key = guard.key().map_err(|source| self.failed("read its open files", source))?;
            if let Some(row) = self.get(&self.files, "files", &key)? {
                files.push((FileNumber(keys::number(&key)), row));
            }
        }
        let mut batch = self.batch();
        self.put(&mut batch, &self.meta, b"clean", &CleanMark(false));
        self.write(batch, PersistMode::Buffer, "mark itself as in use")?;
        let admissions = self.cached().admissions.iter().copied().collect();
        Ok(Start { unclean: clean.is_some_and(|mark| !mark.0), files, admissions })
    }

    pub fn mark_clean(&self) -> Result<(), LedgerError> {
        let mut batch = self.batch();
        self.put(&mut batch, &self.meta, b"clean", &CleanMark(true));
        batch.remove(&self.meta, *b"alone");
        self.write(batch, PersistMode::SyncAll, "mark a clean stop")
    }

    pub fn find_file(
        &self,
        inbox: &str,
        path: &Path,
        generation: &Generation,
    ) -> Result<Option<FileNumber>, LedgerError> {
        self.file_number(&self.generations, &keys::generation(inbox, path, generation))
    }

    pub fn tail(
        &self,
        inbox: &str,
        path: &Path,
        identity: FileIdentity,
    ) -> Result<Option<(FileNumber, FileRow)>, LedgerError> {
        let Some(file) = self.file_number(&self.tails, &keys::tail(inbox, path, identity))? else { return Ok(None) };
        let row = self.get(&self.files, "files", &keys::file(file))?;
        Ok(row.map(|row| (file, row)))
    }

    fn file_number(&self, index: &Keyspace, key: &[u8]) -> Result<Option<FileNumber>, LedgerError> {
        let number = index.get(key).map_err(|source| self.failed("look up a file", source))?;
        Ok(number.map(|bytes| FileNumber(keys::number(&bytes))))
    }

    pub fn register_file(&self, row: &FileRow) -> Result<FileNumber, LedgerError> {
        // Held to the end: two files must not get one number.
        let mut cached = self.cached();
        let file = FileNumber(cached.next_file);
        let key = keys::file(file);
        let mut batch = self.batch();
        self.put(&mut batch, &self.files, &key, row);
        batch.insert(&self.open_files, key, []);
        // A file named for a one-shot run is taken each time it is named, and is no file of the inbox.
        if row.root.is_none() {
            batch.insert(&self.generations, generation_key(row), key);
        }
        self.write(batch, PersistMode::Buffer, "register a file")?;
        cached.next_file += 1;
        Ok(file)
    }

    pub fn mark_appendable(&self, file: FileNumber) -> Result<(), LedgerError> {
        // Held to the end: a file that is being closed looks whose the tail is.
        let _files = self.cached();
        let key = keys::file(file);
        let Some(row) = self.get::<FileRow>(&self.files, "files", &key)? else { return Ok(()) };
        let mut batch = self.batch();
        if row.root.is_none() {
            batch.insert(&self.tails, tail_key(&row), key);
        }
        self.put(&mut batch, &self.files, &key, &FileRow { appendable: true, ..row });
        self.write(batch, PersistMode::Buffer, "mark a file as appendable")
    }

    pub fn admit(&self, admission: &Admission) -> Result<(), LedgerError> {
        let mut batch = self.batch();
        self.put(&mut batch, &self.admissions, &keys::sequence(admission.sequence), admission);
        self.write(batch, PersistMode::Buffer, "record an admission")?;
        let mut cached = self.cached();
        // An announcement that came to nothing (its file was at its end) is taken back by the next.
        if cached.admissions.back().is_some_and(|last| last.sequence == admission.sequence) {
            cached.admissions.pop_back();
        }
        cached.admissions.push_back(*admission);
        Ok(())
    }

    pub fn clear_admissions(&self) -> Result<(), LedgerError> {
        let mut cached = self.cached();
        let mut batch = self.batch();
        for admission in &cached.admissions {
            batch.remove(&self.admissions, keys::sequence(admission.sequence));
        }
        self.write(batch, PersistMode::Buffer, "clear its admissions")?;
        cached.admissions.clear();
        Ok(())
    }

    pub fn begin_quiet(&self, arrival: Arrival) -> Result<bool, LedgerError> {
        let Some(before) = self.alone(arrival)?.filter(|alone| alone.begun > 0) else { return Ok(false) };
        let begun = if before.quiet { 0 } else { before.begun };
        let mut batch = self.batch();
        self.put(&mut batch, &self.meta, b"alone", &Alone { arrival, begun, quiet: !before.quiet });
        self.write(batch, PersistMode::Buffer, "record a quiet time")?;
        Ok(!before.quiet)
    }

    pub fn begin_alone(&self, arrival: Arrival) -> Result<u32, LedgerError> {
        let begun = self.alone(arrival)?.map_or(0, |alone| alone.begun);
        let mut batch = self.batch();
        self.put(&mut batch, &self.meta, b"alone", &Alone { arrival, begun: begun + 1, quiet: false });
        self.write(batch, PersistMode::Buffer, "record an attempt")?;
        Ok(begun)
    }

    /// What is recorded of an arrival, if it was the last to be worked on alone.
    fn alone(&self, arrival: Arrival) -> Result<Option<Alone>, LedgerError> {
        Ok(self.get::<Alone>(&self.meta, "meta", b"alone")?.filter(|alone| alone.arrival == arrival))
    }

    pub fn end_alone(&self) -> Result<(), LedgerError> {
        let mut batch = self.batch();
        batch.remove(&self.meta, *b"alone");
        self.write(batch, PersistMode::Buffer, "record the end of an attempt")
    }

    pub fn close_files(&self, files: &[FileNumber], state: FileState, left: bool) -> Result<(), LedgerError> {
        // Held to the end: see `mark_appendable`.
        let _files = self.cached();
        let mut batch = self.batch();
        for &file in files {
            let key = keys::file(file);
            let Some(row) = self.get::<FileRow>(&self.files, "files", &key)? else { continue };
            if left && row.root.is_none() {
                batch.remove(&self.generations, generation_key(&row));
                let tail = tail_key(&row);
                if state == FileState::Finished && self.file_number(&self.tails, &tail)? == Some(file) {
                    batch.remove(&self.tails, tail);
                }
            }
            self.put(&mut batch, &self.files, &key, &FileRow { state, ..row });
            batch.remove(&self.open_files, key);
        }
        self.write(batch, PersistMode::Buffer, "close files")
    }
}

fn generation_key(row: &FileRow) -> Vec<u8> {
    keys::generation(&row.inbox, &row.path.to_path(), &row.generation)
}

fn tail_key(row: &FileRow) -> Vec<u8> {
    keys::tail(&row.inbox, &row.path.to_path(), row.generation.identity)
}
