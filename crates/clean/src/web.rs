//! A page or a piece of HTML as what it says about itself.

use copydesk_article::Removal;

use crate::byline;
use crate::clean::Mode;
use crate::found::Found;
use crate::html::{self, Article, Meta, Request};
use crate::lore::Lore;
use crate::positions::Positions;
use crate::repair::Repaired;
use crate::stamp::Stamps;

/// Reads a piece of HTML. In [`Mode::Off`] and [`Mode::Mark`] the text is all that a reader sees of it.
pub(crate) fn read(
    source: &str,
    repaired: &Repaired<'_>,
    request: &Request<'_>,
    mode: Mode,
    lore: &mut Lore<'_>,
) -> Found {
    let Article {
        meta,
        text,
        subtitle,
        links,
        images,
        removed,
        marked: recurring,
        observed,
        authors,
        stamps,
        completeness,
        is_declared,
        too_large,
    } = html::read(request, lore);
    let Meta { canonical_url, site, title, published, modified, language, kind, sections, tags, .. } = meta;
    let marked = byline::supplied(&meta.authors);
    let mut problems = Vec::new();
    if too_large {
        problems
            .push("the page is too large to be read to its end; what lies beyond is missing from the text".to_owned());
    }
    if is_declared {
        problems.push(
            "the page shows less than half of the body that it declares (JSON-LD, `articleBody`), so the declared one was taken"
                .to_owned(),
        );
    }
    Found {
        text,
        marked: if mode == Mode::Off { Vec::new() } else { removals(recurring, repaired, source) },
        observed,
        removed: if mode == Mode::Off { Vec::new() } else { removals(removed, repaired, source) },
        mends: repaired.mends.clone(),
        problems,
        canonical_url,
        site,
        title,
        subtitle,
        authors: if marked.is_empty() { authors } else { marked },
        stamps: Stamps {
            published: published.or(stamps.published),
            modified: modified.or(stamps.modified),
            published_ago: meta.published_ago.or(stamps.published_ago),
            modified_ago: stamps.modified_ago,
        },
        language,
        kind,
        completeness,
        sections,
        tags,
        images,
        links,
    }
}

fn removals(removed: Vec<html::Removed>, repaired: &Repaired<'_>, source: &str) -> Vec<Removal> {
    let mut positions = Positions::new(source);
    removed
        .into_iter()
        .map(|html::Removed { source: range, text, reason, evidence }| {
            let range = repaired.source_range(source, range);
            let start = positions.of(range.start);
            Removal { start, end: positions.of(range.end), text, reason, evidence }
        })
        .collect()
}
