//! Taking a file up, and letting go of it.

use copydesk_article::Sequence;
use copydesk_ledger::{FileRow, FileState, PathText};
use copydesk_readers::{Found, Position, continue_from};
use jiff::Timestamp;
use metrics::counter;

use super::{Halt, Job, Reading};
use crate::intake::{Left, NamedFile};
use crate::metric;
use crate::stages::commit::FileEnd;

impl Reading {
    /// Takes up a file named for a one-shot run.
    pub(super) fn take_named(&mut self, file: &NamedFile) -> Result<(), Halt> {
        self.pass_gate()?;
        let row = FileRow { root: Some(PathText::from(file.root.as_path())), ..new_row("", &file.found) };
        let number = self.context.ledger.call(|ledger| ledger.register_file(&row))?;
        counter!(metric::FILES).increment(1);
        let (found, root) = (file.found.clone(), file.root.clone());
        self.read(Job { number, found, row, from: Position::default(), inbox: None, root })
    }

    /// Takes up a file that was found in a drop folder.
    pub(super) fn take(&mut self, inbox: usize, found: Found) -> Result<(), Halt> {
        let name = self.intake.inboxes[inbox].name.clone();
        let known = self.context.ledger.call(|ledger| ledger.find_file(&name, &found.path, &found.generation))?;
        if known.is_some() {
            // Being worked on since the start, or kept in the folder after it was finished.
            if found.follow {
                self.intake.left(inbox, found, Left::Followed);
            }
            return Ok(());
        }
        self.pass_gate()?;
        if self.must_wait(inbox, &found) {
            return Ok(());
        }
        let root = self.intake.inboxes[inbox].options.folder.clone();
        let mut row = new_row(&name, &found);
        let from = match self.grown_from(&name, &root, &found)? {
            Some((before, from)) => {
                // What of it is in quarantine counts for the whole file.
                (row.quarantined, row.unkept) = (before.quarantined, before.unkept);
                (row.records, row.offset, row.prefix) = (from.record, from.offset, from.prefix);
                row.seen_at = before.seen_at;
                from
            }
            None => Position::default(),
        };
        let number = self.context.ledger.call(|ledger| ledger.register_file(&row))?;
        counter!(metric::FILES).increment(1);
        self.read(Job { number, found, row, from, inbox: Some(inbox), root })
    }

    /// Where to go on with a file that was read before and has been appended to since.
    fn grown_from(
        &self,
        inbox: &str,
        root: &std::path::Path,
        found: &Found,
    ) -> Result<Option<(FileRow, Position)>, Halt> {
        let tail = || self.context.ledger.call(|ledger| ledger.tail(inbox, &found.path, found.generation.identity));
        if tail()?.is_none() {
            return Ok(None);
        }
        // Its last records may still be in flight; where it stands is known when they are durable.
        self.wait_until_committed()?;
        let Some((_, before)) = tail()? else { return Ok(None) };
        let position = Position { record: before.records, offset: before.offset, prefix: before.prefix };
        match continue_from(root, found, position) {
            Ok(from) => Ok(from.map(|from| (before, from))),
            Err(error) => {
                // Reading it from its beginning will say what is the matter.
                tracing::debug!(path = %found.path.display(), error = %error, "can't tell whether a file has only grown");
                Ok(None)
            }
        }
    }

    /// Whether a file of an inbox can't be opened yet: it is offered again, and somebody may give the right
    /// to read it meanwhile. Said once a file.
    fn must_wait(&mut self, inbox: usize, found: &Found) -> bool {
        let path = self.intake.inboxes[inbox].options.folder.join(&found.path);
        match copydesk_readers::open_quietly(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                if self.refused.insert(path.clone()) {
                    counter!(metric::FILES_REFUSED).increment(1);
                    tracing::warn!(path = %path.display(), error = %error, "file can't be read, it waits in the inbox until it can");
                }
                self.intake.left(inbox, found.clone(), Left::Again);
                true
            }
            _ => {
                self.refused.remove(&path);
                false
            }
        }
    }

    /// A file that is gone, or is another one now, or is still being written: what was read of it stands.
    pub(super) fn abandon(&self, job: &Job, how: Left) -> Result<(), Halt> {
        self.end(job, FileState::Abandoned)?;
        // Its row is written to until its last record is durable; and until then its records are suspects of it.
        self.wait_until_committed()?;
        let number = job.number;
        self.context.ledger.call(|ledger| ledger.close_files(&[number], FileState::Abandoned, true))?;
        if let Some(inbox) = job.inbox {
            let how = if job.found.follow { Left::Followed } else { how };
            self.intake.left(inbox, job.found.clone(), how);
        }
        Ok(())
    }

    /// No more records of this file will come.
    pub(super) fn end(&self, job: &Job, state: FileState) -> Result<(), Halt> {
        let end = FileEnd { file: job.number, after: Sequence(self.next.0 - 1), state };
        self.links.ends.send_blocking(end).map_err(|_| Halt::GivenUp)
    }
}

/// A file of which nothing is read yet.
fn new_row(inbox: &str, found: &Found) -> FileRow {
    FileRow {
        inbox: inbox.to_owned(),
        path: PathText::from(found.path.as_path()),
        root: None,
        generation: found.generation,
        seen_at: Timestamp::now(),
        state: FileState::Open,
        records: 0,
        offset: 0,
        prefix: 0,
        appendable: false,
        quarantined: 0,
        unkept: 0,
        last_sequence: Sequence(0),
    }
}
