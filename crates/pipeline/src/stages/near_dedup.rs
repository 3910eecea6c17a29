//! `near_dedup`: copies of an article that stands. Ordered, one task: what is first in sequence is the original.
//!
//! The verdict of every article that is not quarantined falls here, because here everything before it in
//! sequence has its verdict already, committed or standing in [`crate::in_flight`].

use async_channel::{Receiver, Sender};
use copydesk_article::{Measure, Verdict};
use copydesk_boilerplate::Observation;
use copydesk_clean::{day, instant};
use copydesk_ledger::{ArticleRow, Key, KeyRow};

use crate::context::Context;
use crate::flow::{CleanedArticle, Decision, Item, Judged, Step, Ticket};
use crate::options::Policy;
use crate::reorder::Reorder;
use crate::stages::GivenUp;
use crate::stages::judge::judge;

/// Runs the stage until its inbox is closed and empty.
pub async fn run(
    context: Context,
    inbox: Receiver<Item<CleanedArticle>>,
    outbox: Sender<Item<Judged>>,
    next: copydesk_article::Sequence,
) -> Result<(), GivenUp> {
    let station = context.status.station("near_dedup");
    let mut reorder = Reorder::new(next);
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
        judge(&context, &station, ready, &outbox, judge_one).await?;
    }
    station.ends();
    Ok(())
}

fn judge_one(context: &Context, item: Item<CleanedArticle>) -> Result<Item<Judged>, GivenUp> {
    let Item { ticket, step } = item;
    let article = match step {
        Step::Decided(decision) => return Ok(Item { ticket, step: Step::Decided(decision) }),
        Step::Going(article) => *article,
    };
    let mut decision = decide(context, &ticket, &article)?;
    decision.observation = observation(&article, &decision);
    let step = match context.policies.of(&decision.verdict) {
        Policy::Withhold => Step::Decided(Box::new(decision)),
        Policy::Tag => {
            let shown = decision.verdict.clone();
            Step::Going(Box::new(Judged { article, decision, shown }))
        }
        Policy::Deliver => Step::Going(Box::new(Judged { article, decision, shown: Verdict::Original })),
    };
    Ok(Item { ticket, step })
}

fn decide(context: &Context, ticket: &Ticket, article: &CleanedArticle) -> Result<Decision, GivenUp> {
    let id = article.read.id;
    if article.read.twin_in_flight && context.is_known(id)? {
        return Ok(Decision::only(Some(id), Verdict::Duplicate { of: id, measure: Measure::Id }));
    }
    if let Some(reason) = context.filter.reason(&article.cleaned.language) {
        let decision = Decision::only(Some(id), Verdict::Filtered { reason: reason.to_owned() });
        return Ok(decision);
    }
    let key = article.text_key.map(Key::Text);
    let holder = match key {
        None => None,
        Some(key) => match context.in_flight.holder(key) {
            Some(holder) => Some(holder),
            None => context.ledger.call(|ledger| ledger.key(key))?,
        },
    };
    let row = KeyRow { id, sequence: ticket.sequence };
    let (verdict, keys) = match holder {
        Some(holder) => (Verdict::Duplicate { of: holder.id, measure: Measure::Text }, Vec::new()),
        None => (Verdict::Original, key.map(|key| (key, row)).into_iter().collect()),
    };
    context.in_flight.stand(id, ticket.sequence, &keys);
    let known = ArticleRow { document: id, version: 1, is_current: true, sequence: ticket.sequence };
    Ok(Decision {
        id: Some(id),
        verdict,
        article: Some(known),
        keys,
        changes: Vec::new(),
        kept: false,
        observation: None,
    })
}

/// What there is to learn from an article: from each text once, under the first article of its cluster.
fn observation(article: &CleanedArticle, decision: &Decision) -> Option<Observation> {
    let story = match &decision.verdict {
        Verdict::Original => decision.id?,
        Verdict::Duplicate { measure: Measure::Id, .. } => return None,
        Verdict::Duplicate { of, .. } | Verdict::NearDuplicate { of, .. } => *of,
        Verdict::Revision { of } => decision.article.as_ref().map_or(*of, |row| row.document),
        Verdict::Filtered { .. } | Verdict::Quarantined { .. } => return None,
    };
    let (read, cleaned) = (&article.read, &article.cleaned);
    let fetched = read.supplied.fetched_at.as_deref().and_then(|text| instant(text, &read.supplied));
    let day = day(cleaned.published.as_ref(), fetched.unwrap_or(read.file.seen_at));
    Some(Observation::new(cleaned.observed.as_ref()?, day, story))
}
