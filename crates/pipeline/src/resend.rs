//! The part of a sink's task that works requests off (`again.rs`): a batch of one after each batch of new rows, so that
//! neither keeps the other waiting for long.
//!
//! The cursor stays where it is. How far the request is becomes durable with the sink's own state, so a repeat after a
//! crash is one batch, as with new rows. While rows of the outbox are sent again, the outbox keeps them.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_article::{ArticleId, Record, Sequence, Verdict, VerdictTag};
use copydesk_ledger::{OutboxAgain, SendingAgain, SettledAgain};
use copydesk_sinks::{Change, Class, Row, Sink, SinkError};
use jiff::Timestamp;
use metrics::counter;

use crate::again::{Again, RequestReader, requests};
use crate::delivery::{Runner, Turn, row};
use crate::metric;
use crate::options::{Dedup, Policies, Policy};
use crate::stages::{GivenUp, PatientLedger};

/// How often requests are looked for.
const LOOK: Duration = Duration::from_millis(500);

/// The next batch of a request.
#[derive(Default)]
struct Gathered {
    rows: Vec<Row>,
    /// How far the request is once they are settled.
    place: SendingAgain,
    /// Whether that is its end.
    ended: bool,
}

/// Gathers a batch. Blocks.
struct Gatherer {
    ledger: PatientLedger,
    policies: Policies,
    dedup: Arc<Dedup>,
    path: PathBuf,
    /// The sink's cursor: what comes after it is sent anyway.
    cursor: Sequence,
    max_rows: usize,
    max_bytes: u64,
}

/// Why there is no batch.
enum Missing {
    GivenUp,
    /// The request is gone, or can't be read.
    Unread(std::io::Error),
}

impl Runner {
    /// Whether something is to be sent again.
    pub(crate) async fn has_request(&mut self) -> bool {
        if self.row.again.is_some() {
            return true;
        }
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return false;
        }
        self.looked = Some(Instant::now());
        let found = self.next_request().await;
        if found.is_some() {
            self.looked = None;
        }
        found.is_some()
    }

    async fn next_request(&self) -> Option<String> {
        let folder = self.part.again.clone();
        let found = tokio::task::spawn_blocking(move || requests(&folder)).await.ok()?;
        match found {
            Ok(found) => found.first()?.file_name()?.to_str().map(str::to_owned),
            Err(error) => {
                let (sink, path) = (&self.key.name, self.part.again.display());
                tracing::warn!(sink, %path, error = %error, "requests to send again can't be listed");
                None
            }
        }
    }

    /// Tells the outbox what is still to be sent again from it.
    pub(crate) fn hold(&self) {
        self.hold_for(self.row.again.as_ref(), self.row.again.as_ref());
    }

    /// `next`: where the request is once the batch under way is settled; that batch, too, is still needed.
    fn hold_for(&self, settled: Option<&SendingAgain>, next: Option<&SendingAgain>) {
        let is_under_way = next.and_then(|next| next.outbox).is_some_and(|next| {
            next.done < next.until || settled.and_then(|settled| settled.outbox).is_none_or(|now| now.done < next.done)
        });
        let done = settled.and_then(|settled| settled.outbox).map_or(Sequence(0), |outbox| outbox.done);
        self.context.settlement.hold(&self.key.name, is_under_way.then_some(done));
    }

    /// Delivers one batch of a request. The outer error gives the pipeline up.
    pub(crate) async fn step_again(&mut self, sink: &mut dyn Sink) -> Result<Result<(), SinkError>, GivenUp> {
        let place = match self.row.again.clone() {
            Some(place) => place,
            None => {
                let Some(request) = self.next_request().await else { return Ok(Ok(())) };
                tracing::info!(sink = self.key.name, path = request, "sending again what was asked for");
                let place = SendingAgain { request, ..SendingAgain::default() };
                // Durable before the first of its batches: a process that finds it repeats that batch first.
                self.settle_again(Some(place.clone()), Vec::new(), self.row.state.clone(), true).await?;
                place
            }
        };
        if place.outbox.is_none() {
            // Nothing of the outbox may go between the look at it and the note of what is needed.
            self.context.settlement.hold(&self.key.name, Some(Sequence(0)));
        }
        let gatherer = Gatherer {
            ledger: self.context.ledger.clone(),
            policies: self.context.policies,
            dedup: Arc::clone(&self.context.dedup),
            path: self.part.again.join(&place.request),
            cursor: self.row.cursor,
            max_rows: self.part.batch_articles,
            max_bytes: self.part.batch_bytes,
        };
        let path = gatherer.path.clone();
        let gathered = tokio::task::spawn_blocking(move || gatherer.gather(place)).await.map_err(|_| GivenUp)?;
        let Gathered { rows, mut place, ended } = match gathered {
            Ok(gathered) => gathered,
            Err(Missing::GivenUp) => return Err(GivenUp),
            Err(Missing::Unread(error)) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::error!(sink = self.key.name, path = %path.display(), error = %error, "a request to send again can't be read and is put aside");
                    let aside = path.with_extension("unreadable");
                    tokio::task::spawn_blocking(move || std::fs::rename(path, aside).ok()).await.ok();
                }
                self.settle_again(None, Vec::new(), self.row.state.clone(), true).await?;
                return Ok(Ok(()));
            }
        };
        self.hold_for(self.row.again.as_ref(), Some(&place));
        if !rows.is_empty() {
            let rows: Arc<[Row]> = rows.into();
            let report = match self.deliver(sink, &rows).await? {
                Err(error) => return Ok(Err(error)),
                Ok(report) => report,
            };
            let missing = |index: &usize| {
                report.skipped.contains(index) || report.rejected.iter().any(|rejection| rejection.row == *index)
            };
            let delivered: Vec<(Sequence, ArticleId)> = (0..rows.len())
                .filter(|index| !missing(index))
                .map(|index| (rows[index].sequence, rows[index].id()))
                .collect();
            counter!(metric::SINK_SENT_AGAIN, "sink" => self.key.name.clone()).increment(delivered.len() as u64);
            place.sent += delivered.len() as u64;
            place.rejected += report.rejected.len() as u64;
            place.left_out += report.skipped.len() as u64;
            let sync = sink.class() == Class::FencedAppend;
            self.settle_again(Some(place.clone()), delivered, sink.state(), sync).await?;
        }
        if ended {
            // The file first: a request that is not there is done.
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(&path)).await;
            if let Ok(Err(error)) = removed
                && error.kind() != ErrorKind::NotFound
            {
                return Ok(Err(SinkError::new(format!("the request that was sent again can't be removed: {error}"))));
            }
            self.settle_again(None, Vec::new(), self.row.state.clone(), true).await?;
            let SendingAgain { sent, rejected, left_out, .. } = place;
            tracing::info!(sink = self.key.name, count = sent, rejected, left_out, "sent again what was asked for");
        }
        self.turn = Turn::New;
        self.worked();
        Ok(Ok(()))
    }

    async fn settle_again(
        &mut self,
        again: Option<SendingAgain>,
        delivered: Vec<(Sequence, ArticleId)>,
        state: Option<Vec<u8>>,
        sync: bool,
    ) -> Result<(), GivenUp> {
        let (key, settled) = (self.key.clone(), SettledAgain { again, delivered, state, sync });
        let cursor = self.row.cursor;
        self.row = self.context.ledger.call_async(move |ledger| ledger.settle_again(&key, &settled)).await?;
        self.row.cursor = self.row.cursor.max(cursor);
        self.hold();
        Ok(())
    }
}

impl Gatherer {
    fn gather(&self, place: SendingAgain) -> Result<Gathered, Missing> {
        let mut reader = RequestReader::open(&self.path, place.offset).map_err(Missing::Unread)?;
        let mut gathered = Gathered { place, ..Gathered::default() };
        let mut bytes = 0;
        while gathered.rows.len() < self.max_rows && bytes < self.max_bytes {
            let Some(line) = reader.next().map_err(Missing::Unread)? else {
                gathered.ended = true;
                break;
            };
            let again = match line {
                Ok(Again::Outbox { since }) => {
                    // From line to line and not beyond: a batch is of the outbox or of the request.
                    if gathered.rows.is_empty() && !self.take_outbox(since, &mut gathered)? {
                        gathered.place.offset = reader.offset();
                        continue;
                    }
                    break;
                }
                Ok(Again::Row(slip)) => slip.row(),
                Ok(Again::Anew { since, record }) => match serde_json::from_str::<Record>(record.get()) {
                    Ok(record) => self.as_known(record, since, gathered.place.outbox)?,
                    Err(_) => None,
                },
                Err(error) => {
                    tracing::warn!(path = %self.path.display(), error = %error, "a line of a request can't be read");
                    None
                }
            };
            gathered.place.offset = reader.offset();
            match again {
                Some(row) => {
                    bytes += if let Change::Put { record, .. } = &row.change { record.len() as u64 } else { 0 };
                    gathered.rows.push(row);
                }
                None => gathered.place.left_out += 1,
            }
        }
        // The contract: ascending. Rows of one sequence stay in their order.
        gathered.rows.sort_by_key(|row| row.sequence);
        Ok(gathered)
    }

    /// The next rows of the outbox; false where there are no more.
    fn take_outbox(&self, since: Timestamp, gathered: &mut Gathered) -> Result<bool, Missing> {
        loop {
            let after = gathered.place.outbox.map_or(Sequence(0), |outbox| outbox.done);
            let batch = self.call(|ledger| ledger.read_outbox(after, self.max_rows, self.max_bytes))?;
            let until = gathered.place.outbox.map_or(self.cursor, |outbox| outbox.until);
            let first = batch.rows.first().map_or(until.next(), |row| row.sequence);
            let from = gathered.place.outbox.map_or(first, |outbox| outbox.from);
            for outbox_row in batch.rows.iter().filter(|row| row.sequence <= until) {
                let arrival = self.call(|ledger| ledger.arrival(outbox_row.sequence))?;
                if arrival.is_some_and(|arrival| arrival.at >= since) {
                    gathered.rows.push(row(outbox_row));
                }
            }
            let done = if batch.rows.is_empty() { until } else { batch.end.min(until) };
            gathered.place.outbox = Some(OutboxAgain { from, done, until });
            if !gathered.rows.is_empty() {
                return Ok(true);
            }
            if done >= until {
                return Ok(false);
            }
        }
    }

    /// A record made anew, with what the ledger knows of its article.
    fn as_known(
        &self,
        mut record: Record,
        since: Timestamp,
        outbox: Option<OutboxAgain>,
    ) -> Result<Option<Row>, Missing> {
        let newest = self.call(|ledger| ledger.newest_window())?;
        let horizon = self.dedup.horizon(newest);
        let Some(article) = self.call(|ledger| ledger.article(record.id, horizon))? else { return Ok(None) };
        let sequence = article.sequence;
        if sequence > self.cursor || outbox.is_some_and(|outbox| outbox.from <= sequence) {
            return Ok(None);
        }
        let Some(arrival) = self.call(|ledger| ledger.arrival(sequence))? else { return Ok(None) };
        if arrival.rows == 0 || arrival.at < since {
            return Ok(None);
        }
        record.sequence = sequence;
        let unmarked = match self.policies.of(&arrival.verdict) {
            Policy::Shadow => true,
            Policy::Deliver => !matches!(arrival.verdict, Verdict::Revision { .. }),
            Policy::Tag | Policy::Withhold => false,
        };
        if !unmarked {
            record.verdict = VerdictTag::from(&arrival.verdict);
            record.document = article.document;
            record.version = article.version;
            record.is_current = article.is_current;
        }
        let id = record.id;
        Ok(serde_json::to_vec(&record)
            .ok()
            .map(|json| Row { sequence, change: Change::Put { id, record: json.into() } }))
    }

    fn call<T>(
        &self,
        call: impl Fn(&dyn copydesk_ledger::Ledger) -> Result<T, copydesk_ledger::LedgerError>,
    ) -> Result<T, Missing> {
        self.ledger.call(call).map_err(|GivenUp| Missing::GivenUp)
    }
}
