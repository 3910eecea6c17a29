//! What an arrival changes in articles before it: the version it takes the place of is no longer current, and an
//! original may be told of its copy.
//!
//! Each becomes a row of the outbox, after the arrival's own and under its sequence, with the whole record of the
//! earlier article: stores that keep one state an article need nothing but that the higher sequence wins. The records
//! come from the group itself or from the ledger ([`copydesk_ledger::Memory::records`]); one that has expired is not
//! delivered again.

use std::sync::Arc;

use copydesk_article::{ArticleId, Copies, Record, Sequence, Verdict};
use copydesk_dedup::Horizon;
use copydesk_ledger::{MAX_SITES, Membership, OutboxChange};

use crate::context::Context;
use crate::flow::Resolved;
use crate::stages::GivenUp;

/// Adds to a group what it changes in articles before. Blocks.
pub fn amend(context: &Context, group: &mut [Resolved]) -> Result<(), GivenUp> {
    for at in 0..group.len() {
        let (before, rest) = group.split_at_mut(at);
        let Some(item) = rest.first_mut() else { break };
        keep_own_record(item);
        let entry = &item.entry;
        let Some(memory) = &entry.memory else { continue };
        if item.quiet {
            continue;
        }
        let horizon = memory.horizon;
        let superseded = memory.supersedes.filter(|_| !entry.changes.is_empty());
        let original = match (&entry.row.verdict, &memory.member) {
            (Verdict::Duplicate { of, .. } | Verdict::NearDuplicate { of, .. }, Some(member))
                if context.dedup.updates =>
            {
                Some((*of, member.clone()))
            }
            _ => None,
        };
        if let Some(version) = superseded
            && let Some(mut record) = latest(context, before, (version.id, version.sequence), horizon)?
        {
            record.is_current = false;
            put(item, record, version.sequence);
        }
        if let Some((of, member)) = original
            && let Some(mut record) = latest(context, before, (of, member.original), horizon)?
        {
            let mut copies = record.copies.take().unwrap_or_else(|| Copies {
                published: record.published.as_ref().map(|date| date.value.clone()),
                ..Copies::default()
            });
            count(&mut copies, &member);
            record.copies = Some(copies);
            put(item, record, member.original);
        }
    }
    Ok(())
}

fn keep_own_record(item: &mut Resolved) {
    let sequence = item.entry.sequence;
    if let Some(memory) = &mut item.entry.memory
        && item.keep
        && !item.entry.changes.is_empty()
    {
        memory.records.push((sequence, 0));
    }
}

/// The newest record of an article before: of this group, or as kept.
fn latest(
    context: &Context,
    group: &[Resolved],
    (id, sequence): (ArticleId, Sequence),
    horizon: Horizon,
) -> Result<Option<Record>, GivenUp> {
    let mut changes = group.iter().rev().flat_map(|item| item.entry.changes.iter().rev());
    let in_group = changes.find_map(|change| match change {
        OutboxChange::Put { id: of, record } if *of == id => Some(Arc::clone(record)),
        _ => None,
    });
    let record = match in_group {
        Some(record) => Some(record),
        None => context.ledger.call(|ledger| ledger.record(sequence, horizon))?.map(Arc::from),
    };
    // What was written by an older copydesk may lack a field: better not delivered again than wrong.
    Ok(record.and_then(|record| serde_json::from_slice(&record).ok()))
}

fn put(item: &mut Resolved, mut record: Record, kept_under: Sequence) {
    record.sequence = item.entry.sequence;
    let id = record.id;
    let Ok(json) = serde_json::to_vec(&record) else { unreachable!("a record that was read can be written") };
    if let Some(memory) = &mut item.entry.memory {
        memory.records.push((kept_under, item.entry.changes.len()));
    }
    item.entry.changes.push(OutboxChange::Put { id, record: Arc::from(json) });
    item.entry.row.rows = u16::try_from(item.entry.changes.len()).unwrap_or(u16::MAX);
}

fn count(copies: &mut Copies, member: &Membership) {
    copies.count += 1;
    if copies.sites.len() < MAX_SITES && !copies.sites.contains(&member.site) {
        copies.sites.push(member.site.clone());
    }
    let earlier = |known: &String| member.published.as_ref().is_some_and(|published| published < known);
    if copies.published.as_ref().is_none_or(earlier) {
        copies.published = member.published.clone().or(copies.published.take());
    }
}
