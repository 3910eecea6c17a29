//! `clean`: from what a scraper left to the article itself. Parallel, several tasks on one inbox.

use async_channel::{Receiver, Sender};
use copydesk_article::{Content, Language, Problem};
use copydesk_clean::{Cleaned, Guide, Input, Mode, Source, SourceRules, clean_with};
use copydesk_dedup::text_key;
use fail::fail_point;
use std::sync::Arc;

use crate::context::Context;
use crate::cpu::Panicked;
use crate::flow::{CleanedArticle, Item, Read, Step};
use crate::stages::GivenUp;

/// Runs one task of the stage until its inbox is closed and empty.
pub async fn run(
    context: Context,
    inbox: Receiver<Item<Read>>,
    outbox: Sender<Item<CleanedArticle>>,
) -> Result<(), GivenUp> {
    let station = context.status.station("clean");
    loop {
        station.waits();
        let Ok(Item { ticket, step }) = inbox.recv().await else { break };
        let step = match step {
            Step::Decided(decision) => Step::Decided(decision),
            Step::Going(read) => {
                station.works(1);
                let (mode, sources) = (context.cleaning, Arc::clone(&context.sources));
                // Shared with the computation so that a panic there can't take the article with it.
                let read = Arc::new(*read);
                let job = Arc::clone(&read);
                let computed = context
                    .cpu
                    .run(move || {
                        let cleaned = work(&job, mode, sources.get(&job.source_name));
                        let key = text_key(&cleaned.text, job.supplied.url.as_deref());
                        (cleaned, key)
                    })
                    .await;
                station.worked(computed.busy, 1);
                let (cleaned, text_key) = computed.result.unwrap_or_else(|panic| (degraded(&read, &panic), None));
                // The computation has ended, so its share is gone.
                let read = Arc::try_unwrap(read).map_err(|_| GivenUp)?;
                let spent = Read { content: Content::Text(String::new()), ..read };
                Step::Going(Box::new(CleanedArticle { read: spent, cleaned, text_key }))
            }
        };
        if !station.send(&outbox, Item { ticket, step }).await {
            return Err(GivenUp);
        }
    }
    station.ends();
    Ok(())
}

fn source(read: &Read) -> Source<'_> {
    match &read.content {
        Content::Bytes(bytes) => Source::Bytes(bytes),
        Content::Text(text) => Source::Text(text),
        Content::Html(bytes) => Source::Html(bytes),
        Content::Markup(text) => Source::Markup(text),
    }
}

fn work(read: &Read, mode: Mode, rules: Option<&SourceRules>) -> Cleaned {
    hostile(read);
    let mode = rules.and_then(|rules| rules.clean).unwrap_or(mode);
    let guide = Guide { learned: Some(&read.learned), source_name: &read.source_name, source: rules };
    clean_with(&Input { source: source(read), supplied: &read.supplied, mode }, &guide)
}

/// Where tests make an article panic, or kill the process; nothing in any other build.
fn hostile(read: &Read) {
    let holds = |marker: &str| match &read.content {
        Content::Bytes(bytes) | Content::Html(bytes) => String::from_utf8_lossy(bytes).contains(marker),
        Content::Text(text) | Content::Markup(text) => text.contains(marker),
    };
    let _ = &holds;
    fail_point!("clean.panic", |marker| assert!(!holds(&marker.unwrap_or_default()), "injected"));
    fail_point!("clean.kill", |marker| if holds(&marker.unwrap_or_default()) {
        std::process::abort()
    });
}

/// The article as it came, when cleaning failed: delivered, and said so.
fn degraded(read: &Read, panic: &Panicked) -> Cleaned {
    tracing::error!(article = %read.id, stage = "clean", error = %panic.0, "cleaning failed, the text stays as it came");
    let text = match &read.content {
        Content::Bytes(bytes) | Content::Html(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Content::Text(text) | Content::Markup(text) => text.clone(),
    };
    Cleaned {
        charset: None,
        canonical_url: read.supplied.canonical_url.clone(),
        site: read.supplied.site.clone(),
        title: read.supplied.title.clone(),
        subtitle: read.supplied.subtitle.clone(),
        authors: Vec::new(),
        published: None,
        modified: None,
        kind: None,
        completeness: None,
        sections: read.supplied.sections.clone(),
        tags: read.supplied.tags.clone(),
        images: Vec::new(),
        links: Vec::new(),
        language: Language { code: "und".to_owned(), confidence: 0.0, parts: Vec::new() },
        text,
        removed: Vec::new(),
        marked: Vec::new(),
        observed: None,
        repairs: Vec::new(),
        conflicts: read.supplied.conflicts.clone(),
        problems: vec![Problem {
            stage: "clean".to_owned(),
            detail: format!("cleaning failed ({}): text, dates and authors are as they came", panic.0),
        }],
    }
}
