//! `clean`: from what a scraper left to the article itself. Parallel, several tasks on one inbox.

use async_channel::{Receiver, Sender};
use copydesk_article::{Content, Language, Problem, Supplied};
use copydesk_clean::{Cleaned, Guide, Input, Mode, Source, clean_with};
use copydesk_dedup::{Fingerprint, UrlRules};
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
                let urls = Arc::clone(&context.url_rules);
                // Shared with the computation so that a panic there can't take the article with it.
                let read = Arc::new(*read);
                let job = Arc::clone(&read);
                let computed = context
                    .cpu
                    .run(move || {
                        hostile(&job);
                        let source = sources.get(&job.source_name);
                        let guide = Guide {
                            learned: Some(&job.learned.rules),
                            source_name: &job.source_name,
                            source,
                            received_at: Some(job.file.seen_at),
                        };
                        fingerprinted(&job.content, &job.supplied, mode, &guide, &urls)
                    })
                    .await;
                station.worked(computed.busy, 1);
                let (cleaned, fingerprint) =
                    computed.result.unwrap_or_else(|panic| (degraded(&read, &panic), Fingerprint::default()));
                // The computation has ended, so its share is gone.
                let read = Arc::try_unwrap(read).map_err(|_| GivenUp)?;
                let spent = Read { content: Content::Text(String::new()), ..read };
                Step::Going(Box::new(CleanedArticle { read: spent, cleaned, fingerprint }))
            }
        };
        if !station.send(&outbox, Item { ticket, step }).await {
            return Err(GivenUp);
        }
    }
    station.ends();
    Ok(())
}

fn source(content: &Content) -> Source<'_> {
    match content {
        Content::Bytes(bytes) => Source::Bytes(bytes),
        Content::Text(text) => Source::Text(text),
        Content::Html(bytes) => Source::Html(bytes),
        Content::Markup(text) => Source::Markup(text),
    }
}

/// The address that versions of an article share: what was supplied, else what the page calls its own, unless that is
/// the front page of its site.
fn address(supplied: &Supplied, cleaned: &Cleaned, rules: &UrlRules) -> Option<String> {
    let supplied = supplied.url.as_deref().and_then(|url| rules.normalise(url));
    let own = || cleaned.canonical_url.as_deref().and_then(|url| rules.normalise(url));
    let is_page = |address: &String| address["https://".len()..].contains(['/', '?', '#']);
    supplied.or_else(|| own().filter(is_page))
}

/// What the stage does to a record: the article in it, and what that is recognised by.
#[must_use]
pub fn fingerprinted(
    content: &Content,
    supplied: &Supplied,
    mode: Mode,
    guide: &Guide<'_>,
    urls: &UrlRules,
) -> (Cleaned, Fingerprint) {
    let mode = guide.source.and_then(|rules| rules.clean).unwrap_or(mode);
    let cleaned = clean_with(&Input { source: source(content), supplied, mode }, guide);
    let address = address(supplied, &cleaned, urls);
    let fingerprint = Fingerprint::of(&cleaned.text, address.as_deref());
    (cleaned, fingerprint)
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
