//! `entities`: names in the text, and the record every sink receives. Parallel, several tasks on one inbox.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use copydesk_article::{
    ChangeKind, OFFSET_UNIT, Pipeline, Problem, Record, Sequence, SourceInfo, TextChange, Urls, VerdictTag,
};
use copydesk_dedup::{Change, diff};
use copydesk_entities::identities::Sighting;
use copydesk_entities::{Input, Recognised, Recogniser};
use copydesk_ledger::OutboxChange;
use fail::fail_point;
use metrics::counter;

use crate::context::Context;
use crate::flow::{Decision, Item, Judged, Resolved, Step};
use crate::metric;
use crate::stages::GivenUp;
use crate::stages::near_dedup::story;

/// Runs one task of the stage until its inbox is closed and empty.
pub async fn run(context: Context, inbox: Receiver<Item<Judged>>, outbox: Sender<Resolved>) -> Result<(), GivenUp> {
    let station = context.status.station("entities");
    loop {
        station.waits();
        let Ok(Item { ticket, step }) = inbox.recv().await else { break };
        let decision = match step {
            Step::Decided(decision) => *decision,
            Step::Going(judged) => {
                station.works(1);
                let sequence = ticket.sequence;
                let judged = Arc::new(*judged);
                let (job, names) = (Arc::clone(&judged), Arc::clone(&context.names));
                let computed = context.cpu.run(move || find(&job, &names.recogniser())).await;
                let found = computed.result.map_err(|panic| {
                    let article = judged.article.read.id;
                    tracing::error!(%article, stage = "entities", error = %panic.0, "recognition failed, no entities");
                    Problem {
                        stage: "entities".to_owned(),
                        detail: format!("recognition failed ({}): no entities", panic.0),
                    }
                });
                let encoded = context.cpu.run(move || deliver(&judged, sequence, found)).await;
                station.worked(computed.busy + encoded.busy, 1);
                // Encoding plain data does not panic; if it does, the pipeline is at fault, not the article.
                encoded.result.map_err(|_| GivenUp)?
            }
        };
        if !station.send(&outbox, ticket.resolve(decision)).await {
            return Err(GivenUp);
        }
    }
    station.ends();
    Ok(())
}

fn find(judged: &Judged, recogniser: &Recogniser) -> Recognised {
    let cleaned = &judged.article.cleaned;
    hostile(&cleaned.text);
    let published = cleaned.published.as_ref().map(|stamp| stamp.value.as_str());
    recogniser.recognise(&Input {
        title: cleaned.title.as_deref(),
        text: &cleaned.text,
        language: &cleaned.language.code,
        parts: &cleaned.language.parts,
        published,
    })
}

/// Where tests make an article panic; nothing in any other build.
fn hostile(text: &str) {
    let _ = text;
    fail_point!("entities.panic", |marker| assert!(!text.contains(&marker.unwrap_or_default()), "injected"));
}

fn deliver(judged: &Judged, sequence: Sequence, found: Result<Recognised, Problem>) -> Decision {
    let mut record = record(judged, sequence, found);
    let story = story(judged.article.read.id, &judged.decision);
    let sighting = story.and_then(|story| Sighting::of(&record.entities, story));
    // What the article itself shows is learned from, not what it is told.
    judged.article.read.learned.redirects.apply(&mut record.entities);
    for problem in &record.problems {
        counter!(metric::PROBLEMS, "stage" => if problem.stage == "clean" { "clean" } else { "entities" }).increment(1);
    }
    let mut decision = Decision { sighting, ..judged.decision.clone() };
    match serde_json::to_vec(&record) {
        Ok(json) => decision.changes = vec![OutboxChange::Put { id: record.id, record: Arc::from(json) }],
        Err(error) => unreachable!("a record can't be encoded: {error}"),
    }
    decision
}

/// What a revision changed, paragraph by paragraph.
fn changes(before: &str, text: &str) -> Vec<TextChange> {
    let change = |change| {
        let (kind, from, to, old) = match change {
            Change::Added { to, .. } => (ChangeKind::Added, None, Some(to), None),
            Change::Removed { from, old } => (ChangeKind::Removed, Some(from), None, Some(old)),
            Change::Changed { from, to, old, .. } => (ChangeKind::Changed, Some(from), Some(to), Some(old)),
        };
        TextChange { kind, from, to, old: old.map(str::to_owned) }
    };
    diff(before, text).into_iter().map(change).collect()
}

fn record(judged: &Judged, sequence: Sequence, found: Result<Recognised, Problem>) -> Record {
    let (read, cleaned) = (&judged.article.read, &judged.article.cleaned);
    let supplied = &read.supplied;
    let mut problems = cleaned.problems.clone();
    let (entities, entity_engine) = match found {
        Ok(Recognised { entities, engine }) => (entities, Some(engine)),
        Err(problem) => {
            problems.push(problem);
            (Vec::new(), None)
        }
    };
    let shown = &judged.shown;
    Record {
        id: read.id,
        document: shown.document,
        version: shown.version,
        is_current: shown.is_current,
        sequence,
        verdict: VerdictTag::from(&shown.verdict),
        source: SourceInfo {
            name: read.source_name.clone(),
            path: read.file.path.to_string_lossy().into_owned(),
            format: read.file.format,
            bytes: read.bytes.end - read.bytes.start,
            record: read.record,
            charset: cleaned.charset.clone(),
            fetched_at: supplied.fetched_at.as_deref().and_then(|text| copydesk_clean::instant(text, supplied)),
            received_at: read.file.seen_at,
        },
        url: Urls { supplied: supplied.url.clone(), canonical: cleaned.canonical_url.clone() },
        site: cleaned.site.clone(),
        title: cleaned.title.clone(),
        subtitle: cleaned.subtitle.clone(),
        authors: cleaned.authors.clone(),
        published: cleaned.published.clone(),
        modified: cleaned.modified.clone(),
        kind: cleaned.kind.clone(),
        completeness: cleaned.completeness.clone(),
        sections: cleaned.sections.clone(),
        tags: cleaned.tags.clone(),
        images: cleaned.images.clone(),
        links: cleaned.links.clone(),
        language: cleaned.language.clone(),
        text: cleaned.text.clone(),
        changes: shown.before.as_ref().map(|before| changes(before, &cleaned.text)),
        copies: None,
        removed: cleaned.removed.clone(),
        marked: cleaned.marked.clone(),
        repairs: cleaned.repairs.clone(),
        offset_unit: OFFSET_UNIT.to_owned(),
        entities,
        entity_engine,
        conflicts: cleaned.conflicts.clone(),
        problems,
        extra: supplied.extra.clone(),
        pipeline: Pipeline { version: env!("CARGO_PKG_VERSION").to_owned(), epoch: read.learned.epoch() },
    }
}
