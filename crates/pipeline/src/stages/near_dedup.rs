//! `near_dedup`: copies and versions of articles before. Ordered, one task: what is first in sequence is the original.
//!
//! The verdict of every article that is not quarantined falls here, because here everything before it in
//! sequence has its verdict already, committed or standing in [`Recent`]. What an article is compared with, and from
//! which window on, depends on its place in the sequence and on durable times alone: judged again after a crash, it
//! gets the same verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_channel::{Receiver, Sender};
use copydesk_article::{ArticleId, Measure, Sequence, Verdict};
use copydesk_boilerplate::Observation;
use copydesk_clean::{day, instant};
use copydesk_dedup::{
    AddressRow, Article, Holder, Horizon, Index, Judgement, Likeness, Outcome, Recent, Revision, SketchRow, TextRow,
    Window, judge, judge_again,
};
use copydesk_ledger::{ArticleRow, LedgerIndex, Membership, Memory};
use serde::Deserialize;

use crate::context::Context;
use crate::flow::{CleanedArticle, Decision, Item, Judged, Shown, Step, Ticket};
use crate::options::Policy;
use crate::reorder::Reorder;
use crate::stages::{GivenUp, PatientLedger};

/// Runs the stage until its inbox is closed and empty.
pub async fn run(
    context: Context,
    inbox: Receiver<Item<CleanedArticle>>,
    outbox: Sender<Item<Judged>>,
    next: Sequence,
) -> Result<(), GivenUp> {
    let station = context.status.station("near_dedup");
    let mut reorder = Reorder::new(next);
    let window = context.ledger.call_async(|ledger| ledger.newest_window()).await?;
    let mut bench = Bench { recent: Recent::default(), texts: BTreeMap::new(), window };
    loop {
        station.waits();
        let Ok(first) = inbox.recv().await else { break };
        let mut received = 1;
        reorder.push(first.ticket.sequence, first);
        while let Ok(more) = inbox.try_recv() {
            reorder.push(more.ticket.sequence, more);
            received += 1;
        }
        station.works(received);
        let ready: Vec<_> = std::iter::from_fn(|| reorder.pop()).collect();
        if ready.is_empty() {
            continue;
        }
        let (count, started, job) = (u32::try_from(ready.len()).unwrap_or(u32::MAX), Instant::now(), context.clone());
        let judging = tokio::task::spawn_blocking(move || {
            bench.settle(job.settlement.committed_sequence());
            let judged = ready.into_iter().map(|item| judge_one(&job, &mut bench, item));
            judged.collect::<Result<Vec<_>, _>>().map(|judged| (bench, judged))
        });
        let judged;
        (bench, judged) = judging.await.map_err(|_| GivenUp)??;
        station.worked(started.elapsed(), count);
        for item in judged {
            if !station.send(&outbox, item).await {
                return Err(GivenUp);
            }
        }
    }
    station.ends();
    Ok(())
}

/// What is judged and not committed yet.
struct Bench {
    recent: Recent,
    /// Texts that a version may follow, by sequence.
    texts: BTreeMap<Sequence, Arc<str>>,
    /// The newest window that an article was remembered in: windows never go back.
    window: Window,
}

impl Bench {
    fn settle(&mut self, committed: Sequence) {
        self.recent.settle(committed);
        self.texts = self.texts.split_off(&committed.next());
    }
}

/// The ledger's index, with what every caller does about its failures.
struct Stored<'a> {
    ledger: &'a PatientLedger,
    horizon: Horizon,
}

impl Index for Stored<'_> {
    type Error = GivenUp;

    fn text(&self, key: u128) -> Result<Option<TextRow>, GivenUp> {
        self.ledger.call(|ledger| LedgerIndex { ledger, horizon: self.horizon }.text(key))
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, GivenUp> {
        self.ledger.call(|ledger| LedgerIndex { ledger, horizon: self.horizon }.holders(keys))
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, GivenUp> {
        self.ledger.call(|ledger| LedgerIndex { ledger, horizon: self.horizon }.sketches(sequences))
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, GivenUp> {
        self.ledger.call(|ledger| LedgerIndex { ledger, horizon: self.horizon }.address(key))
    }
}

fn judge_one(context: &Context, bench: &mut Bench, item: Item<CleanedArticle>) -> Result<Item<Judged>, GivenUp> {
    let Item { ticket, step } = item;
    let article = match step {
        Step::Decided(decision) => return Ok(Item { ticket, step: Step::Decided(decision) }),
        Step::Going(article) => *article,
    };
    let (mut decision, revision) = decide(context, bench, &ticket, &article)?;
    decision.observation = observation(&article, &decision);
    let policy = context.policies.of(&decision.verdict);
    decision.quiet = policy == Policy::Shadow;
    if policy == Policy::Withhold {
        return Ok(Item { ticket, step: Step::Decided(Box::new(decision)) });
    }
    let shown = show(context, bench, &article, &decision, revision, policy)?;
    let addressed = article.fingerprint.address.is_some();
    decision.keep = context.dedup.keep_records && (addressed || context.dedup.updates) && decision.memory.is_some();
    if decision.keep && addressed {
        bench.texts.insert(ticket.sequence, Arc::from(article.cleaned.text.as_str()));
    }
    Ok(Item { ticket, step: Step::Going(Box::new(Judged { article, decision, shown })) })
}

fn decide(
    context: &Context,
    bench: &mut Bench,
    ticket: &Ticket,
    article: &CleanedArticle,
) -> Result<(Decision, Option<Revision>), GivenUp> {
    let read = &article.read;
    let window = bench.window.max(context.dedup.window(read.file.seen_at));
    let horizon = context.dedup.horizon(window);
    let known = read.seen_before && context.is_known(read.id, horizon)?;
    if !known && let Some(reason) = context.filter.reason(&article.cleaned.language) {
        return Ok((Decision::only(Some(read.id), Verdict::Filtered { reason: reason.to_owned() }), None));
    }
    let stored = Stored { ledger: &context.ledger, horizon };
    let index = bench.recent.over(&stored, horizon);
    let options = context.dedup.version_options();
    let fetched = read.supplied.fetched_at.as_deref().and_then(|text| instant(text, &read.supplied));
    let judged = Article {
        id: read.id,
        sequence: ticket.sequence,
        window,
        fetched: fetched.map(|at| at.as_second()),
        text: &article.fingerprint,
    };
    let outcome = if known { judge_again(&index, &judged, &options)? } else { Some(judge(&index, &judged, &options)?) };
    let Some(Outcome { judgement, changes }) = outcome else {
        return Ok((Decision::only(Some(read.id), Verdict::Duplicate { of: read.id, measure: Measure::Id }), None));
    };
    let mut row = ArticleRow { document: read.id, version: 1, is_current: true, sequence: ticket.sequence };
    let (mut member, mut supersedes, mut revision) = (None, None, None);
    let verdict = match judgement {
        Judgement::Original => {
            member = article.fingerprint.text.map(|_| membership(article, ticket.sequence, None));
            Verdict::Original
        }
        Judgement::Duplicate { of, measure } => {
            // Fetched again unchanged, it is no version of its own, and another copy of it is looked at closely.
            row.is_current = measure != Measure::Url;
            member = row.is_current.then(|| membership(article, of.sequence, None));
            Verdict::Duplicate { of: of.id, measure }
        }
        Judgement::NearDuplicate { of, likeness } => {
            member = Some(membership(article, of.sequence, Some(likeness)));
            Verdict::NearDuplicate { of: of.id, similarity: likeness.similarity, measure: likeness.measure }
        }
        Judgement::Revision(found) => {
            row = ArticleRow {
                document: found.document,
                version: found.version,
                is_current: found.is_current,
                sequence: ticket.sequence,
            };
            supersedes = found.is_current.then_some(found.of);
            revision = Some(found);
            Verdict::Revision { of: found.of.id }
        }
    };
    context.in_flight.stand(read.id, ticket.sequence);
    bench.window = window;
    bench.recent.push(changes.clone());
    let memory = Memory { changes, horizon, member, supersedes, records: Vec::new() };
    let mut decision = Decision::only(Some(read.id), verdict);
    decision.article = Some(row);
    decision.memory = Some(memory);
    Ok((decision, revision))
}

fn membership(article: &CleanedArticle, original: Sequence, likeness: Option<Likeness>) -> Membership {
    let CleanedArticle { read, cleaned, .. } = article;
    Membership {
        original,
        seen_at: read.file.seen_at,
        site: cleaned.site.clone().unwrap_or_else(|| read.source_name.clone()),
        published: cleaned.published.as_ref().map(|date| date.value.clone()),
        likeness,
    }
}

/// What the record says, by policy.
fn show(
    context: &Context,
    bench: &Bench,
    article: &CleanedArticle,
    decision: &Decision,
    revision: Option<Revision>,
    policy: Policy,
) -> Result<Shown, GivenUp> {
    let id = article.read.id;
    let unmarked = Shown { verdict: Verdict::Original, document: id, version: 1, is_current: true, before: None };
    let marked = match (&decision.article, policy) {
        (_, Policy::Shadow) => return Ok(unmarked),
        (_, Policy::Deliver) if revision.is_none() => return Ok(unmarked),
        (Some(row), _) => {
            Shown { document: row.document, version: row.version, is_current: row.is_current, ..unmarked }
        }
        // Delivered although its id is known.
        (None, _) => unmarked,
    };
    let before = match (revision, &decision.memory) {
        (Some(revision), Some(memory)) => before(context, bench, revision.of, memory.horizon)?,
        _ => None,
    };
    Ok(Shown { verdict: decision.verdict.clone(), before, ..marked })
}

/// The text of a version, in flight or kept.
fn before(context: &Context, bench: &Bench, of: Holder, horizon: Horizon) -> Result<Option<Arc<str>>, GivenUp> {
    #[derive(Deserialize)]
    struct Text {
        text: String,
    }
    if let Some(text) = bench.texts.get(&of.sequence) {
        return Ok(Some(Arc::clone(text)));
    }
    let record = context.ledger.call(|ledger| ledger.record(of.sequence, horizon))?;
    Ok(record.and_then(|record| serde_json::from_slice::<Text>(&record).ok()).map(|record| Arc::from(record.text)))
}

/// The story that a delivered article tells: the first article of its cluster of copies or versions. None where it tells
/// nothing new.
pub fn story(id: ArticleId, decision: &Decision) -> Option<ArticleId> {
    match &decision.verdict {
        Verdict::Original => Some(id),
        Verdict::Duplicate { measure: Measure::Id, .. } => None,
        Verdict::Duplicate { of, .. } | Verdict::NearDuplicate { of, .. } => Some(*of),
        Verdict::Revision { of } => Some(decision.article.as_ref().map_or(*of, |row| row.document)),
        Verdict::Filtered { .. } | Verdict::Quarantined { .. } => None,
    }
}

/// What there is to learn from an article: from each text once, under the first article of its cluster.
fn observation(article: &CleanedArticle, decision: &Decision) -> Option<Observation> {
    let story = story(decision.id?, decision)?;
    let (read, cleaned) = (&article.read, &article.cleaned);
    let fetched = read.supplied.fetched_at.as_deref().and_then(|text| instant(text, &read.supplied));
    let day = day(cleaned.published.as_ref(), fetched.unwrap_or(read.file.seen_at));
    Some(Observation::new(cleaned.observed.as_ref()?, day, story))
}
