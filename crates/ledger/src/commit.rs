//! The atomic batch that decides a group of articles.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use copydesk_article::{ArticleId, FileNumber, Sequence, VerdictKind, epoch_of};
use copydesk_dedup::{Horizon, Window};
use fail::fail_point;
use fjall::PersistMode;

use crate::memory::Gathered;
use crate::outbox::encode_change;
use crate::store::{Link, Store};
use crate::{ArticleRow, CommitGroup, FileRow, FileState, LedgerError, OutboxChange, Segment, keys};

impl Store {
    pub fn commit(&self, group: &CommitGroup, segment_bytes: u64) -> Result<(), LedgerError> {
        let mut progress = self.cached().progress.clone();
        if let (Some(first), Some(last)) = (group.entries.first(), group.entries.last()) {
            if last.sequence <= progress.committed {
                // The group made it before; only the answer was lost.
                return Ok(());
            }
            if first.sequence != progress.committed.next() {
                return Err(LedgerError::Gap { start: first.sequence.0, committed: progress.committed.0 });
            }
        }
        self.anchors.room()?;
        self.texts.room()?;
        let mut batch = self.batch();
        let mut files: BTreeMap<FileNumber, FileRow> = BTreeMap::new();
        // Rows that two articles of a group may change: a batch holds no key twice.
        let (mut articles, mut records, mut gathered) = (HashMap::new(), HashMap::new(), Gathered::default());
        let mut horizon = Horizon::default();
        let rows_before = progress.rows;
        let mut link = self.growing_link(segment_bytes);

        for entry in &group.entries {
            let key = keys::sequence(entry.sequence);
            progress.committed = entry.sequence;
            progress.verdicts.add(entry.row.verdict.kind());
            self.put(&mut batch, &self.arrivals, &key, &entry.row);
            self.put(&mut batch, &self.arrival_index, &keys::arrival(entry.row.arrival), &entry.sequence);
            if let (Some(id), Some(article)) = (entry.row.id, &entry.article) {
                let window = entry.memory.as_ref().map(|memory| memory.changes.window);
                let window = window.or_else(|| self.windows_known().newest()).unwrap_or_default();
                articles.insert(id, (window, article.clone()));
            }
            if let (Some(id), Some(memory)) = (entry.row.id, &entry.memory) {
                horizon = memory.horizon;
                self.remember(&mut batch, &mut gathered, &memory.changes)?;
                if let Some(member) = &memory.member {
                    self.join(&mut batch, &mut gathered, (id, entry.sequence), member)?;
                }
                if let Some(before) = memory.supersedes {
                    self.supersede(&mut articles, before.id, horizon)?;
                }
                for (sequence, change) in &memory.records {
                    if let Some(OutboxChange::Put { record, .. }) = entry.changes.get(*change) {
                        records.insert(*sequence, record);
                    }
                }
            }
            for (part, change) in (0_u16..).zip(&entry.changes) {
                let value = encode_change(change);
                progress.rows += 1;
                progress.row_bytes += value.len() as u64;
                link.segment.rows += 1;
                link.segment.bytes += value.len() as u64;
                link.segment.last = entry.sequence;
                if link.segment.first == Sequence(0) {
                    link.segment.first = entry.sequence;
                }
                batch.insert(&self.outbox, keys::outbox_row(entry.sequence, part), value);
            }
            if let Some(file) = self.file_of(&mut files, entry.row.arrival.file)? {
                file.records = entry.row.arrival.record + 1;
                file.offset = entry.offset;
                file.prefix = entry.prefix;
                file.last_sequence = entry.sequence;
                if entry.row.verdict.kind() == VerdictKind::Quarantined {
                    let count = if entry.kept { &mut file.quarantined } else { &mut file.unkept };
                    *count += 1;
                }
            }
        }
        for one in &group.files {
            if let Some(file) = self.file_of(&mut files, one.file)?
                && file.state == FileState::Open
            {
                file.state = one.state;
            }
        }
        for (file, row) in &files {
            self.put(&mut batch, &self.files, &keys::file(*file), row);
        }
        for learned in &group.learned {
            let key = keys::learned(learned.namespace, &learned.key, epoch_of(learned.sequence));
            batch.insert(&self.learned, key, learned.value.as_slice());
        }
        let written = self.write_gathered(&mut batch, &gathered, true)?;
        for (id, (window, article)) in &articles {
            self.put(&mut batch, &self.articles, &keys::article(*window, *id), article);
        }
        for (sequence, record) in records {
            batch.insert(&self.memory.records, keys::sequence(sequence), &record[..]);
        }
        for gone in &group.unlearned {
            batch.remove(&self.learned, keys::learned(gone.namespace, &gone.key, gone.epoch));
        }
        let wrote = progress.rows > rows_before;
        if wrote {
            self.put(&mut batch, &self.segments, &link.number.to_be_bytes(), &link.segment);
        }
        self.put(&mut batch, &self.meta, b"progress", &progress);
        let decided = self.decided_admissions(progress.committed);
        for admission in &decided {
            batch.remove(&self.admissions, keys::sequence(*admission));
        }

        fail_point!("commit.before", |_| std::process::abort());
        self.write(batch, PersistMode::SyncData, "commit a group of articles")?;
        fail_point!("commit.after", |_| std::process::abort());

        // Seen together: who reads up to the new end must find the rows before it in the links.
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        let mut cached = self.cached();
        cached.admissions.drain(..decided.len());
        cached.progress = progress;
        drop(cached);
        if wrote {
            match links.last_mut().filter(|last| last.number == link.number) {
                Some(last) => last.segment = link.segment,
                None => links.push(link),
            }
        }
        drop(links);
        let opened = gathered.opened().is_some();
        self.remembered(gathered, written)?;
        // Only a new window moves the horizon. What was committed stands even if this fails, and the next start's
        // first window drops it then.
        if opened {
            self.forget(horizon)?;
        }
        Ok(())
    }

    /// Marks an article as not the newest version of its document any more.
    fn supersede(
        &self,
        articles: &mut HashMap<ArticleId, (Window, ArticleRow)>,
        id: ArticleId,
        horizon: Horizon,
    ) -> Result<(), LedgerError> {
        if !articles.contains_key(&id)
            && let Some(row) = self.article(id, horizon)?
        {
            articles.insert(id, row);
        }
        if let Some((_, row)) = articles.get_mut(&id) {
            row.is_current = false;
        }
        Ok(())
    }

    /// The segment of the outbox that the next rows count to: the last, or where that is full a new one.
    fn growing_link(&self, segment_bytes: u64) -> Link {
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        match links.last() {
            Some(last) if last.segment.bytes < segment_bytes => last.clone(),
            last => Link { number: last.map_or(1, |last| last.number + 1), segment: Segment::default() },
        }
    }

    fn file_of<'a>(
        &self,
        files: &'a mut BTreeMap<FileNumber, FileRow>,
        file: FileNumber,
    ) -> Result<Option<&'a mut FileRow>, LedgerError> {
        if !files.contains_key(&file)
            && let Some(row) = self.get(&self.files, "files", &keys::file(file))?
        {
            files.insert(file, row);
        }
        Ok(files.get_mut(&file))
    }

    /// First sequences of the admissions that are decided to their end: from the front of the queue.
    fn decided_admissions(&self, committed: Sequence) -> Vec<Sequence> {
        let cached = self.cached();
        let next = committed.next();
        let ends = cached.admissions.iter().skip(1).map(|after| Some(after.sequence)).chain([None]);
        let decided = cached.admissions.iter().zip(ends).take_while(|(admission, end)| {
            admission.sequence.0 + admission.count <= next.0 || end.is_some_and(|end| end <= next)
        });
        decided.map(|(admission, _)| admission.sequence).collect()
    }
}
