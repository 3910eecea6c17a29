//! Web pages and pieces of HTML: from markup to the article.
//!
//! An own tokenizer and tree rather than a browser's: a page is read in one pass, nothing is copied until text
//! is, each node knows the bytes it came from (so that "why is this paragraph missing" has an answer), and a
//! hostile page meets bounds instead of the stack. The way through:
//!
//! 1. `token.rs`, `tree.rs` (with `tag.rs`, `entity.rs`): the page as a flat tree;
//! 2. `meta/`: what the page says about its article;
//! 3. `block.rs` (with `hint.rs`): the visible text as paragraphs, headings, items and cells;
//! 4. `body.rs`: which of them are the article;
//! 5. the rules of plain text that are safe there (notices, tails, lines that date or sign the article), on the
//!    lines that are left: pages carry the same phrases as texts do;
//! 6. `render.rs`: the text, its links and pictures, and what was cut.
//!
//! A piece of HTML (an entry of a feed, a part of a mail) is trusted to be all body: steps 2 and 4 shrink to
//! cutting what names itself share buttons or related articles.

mod block;
mod body;
mod entity;
mod hint;
mod meta;
mod render;
mod tag;
mod token;
mod tree;

use std::ops::Range;

use copydesk_article::{Author, Image, Link, RemovalReason};
use copydesk_boilerplate::Observed;

use crate::lines::Page;
use crate::lore::{BlockLore, Lore};
use crate::stamp::{self, Stamps};
use crate::{address, byline, furniture, tail};
use block::{Blocks, Kind};
pub(crate) use meta::Meta;
use tree::Tree;

/// Turns of the rules of plain text.
const MAX_TURNS: usize = 4;

/// How much of a page a piece of HTML is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A whole page: the article must be found.
    Page,
    /// The body itself.
    Fragment,
}

/// One piece of HTML to read.
pub(crate) struct Request<'a> {
    /// The markup, as decoded.
    pub page: &'a str,
    /// How much of a page it is.
    pub scope: Scope,
    /// Address it was fetched from.
    pub url: Option<&'a str>,
    /// Headline, where it was supplied.
    pub title: Option<&'a str>,
    /// Whether to leave out of the text what is no part of the article.
    pub cut: bool,
}

/// Fewest characters of a declared body that is one.
const DECLARED_INK: usize = 150;

/// The article of a page.
pub(crate) struct Article {
    /// The page's word about it.
    pub meta: Meta,
    /// The body: paragraphs separated by one blank line.
    pub text: String,
    /// Deck, where the page marks one.
    pub subtitle: Option<String>,
    /// Links in `text`.
    pub links: Vec<Link>,
    /// Pictures of the article.
    pub images: Vec<Image>,
    /// What is no part of the article, in order.
    pub removed: Vec<Removed>,
    /// What recurs and stays.
    pub marked: Vec<Removed>,
    /// What a learner is told of it.
    pub observed: Option<Observed>,
    /// Authors by a line of the text.
    pub authors: Vec<Author>,
    /// Dates by lines of the text.
    pub stamps: Stamps,
    /// full, truncated, paywalled, stub.
    pub completeness: Option<String>,
    /// Whether the text is the one that the page declares, since it shows less than half of it.
    pub is_declared: bool,
    /// Whether the page was too large to be read to its end.
    pub too_large: bool,
}

/// Text of a page that is no part of the article.
pub(crate) struct Removed {
    /// Bytes of the page, tags between its texts included.
    pub source: Range<usize>,
    /// As a reader would see it, a line for each block.
    pub text: String,
    /// Why.
    pub reason: RemovalReason,
    /// What shows it.
    pub evidence: Option<String>,
}

/// Reads a piece of HTML. Never panics, whatever it is; time is linear in its length, memory bounded.
pub(crate) fn read(request: &Request<'_>, lore: &mut Lore<'_>) -> Article {
    let tree = Tree::new(request.page);
    let blocks = Blocks::new(&tree);
    let mut meta = match request.scope {
        Scope::Page => meta::read(&tree, &blocks, request.url),
        Scope::Fragment => Meta { base: request.url.map(str::to_owned), ..Meta::default() },
    };
    let title = request.title.or(meta.title.as_deref());
    let mut body = match request.scope {
        Scope::Page => {
            let home = meta.base.as_deref().and_then(address::host);
            body::find(&tree, &blocks, title, home.as_deref())
        }
        Scope::Fragment => body::whole(&blocks),
    };
    let (mut authors, mut stamps) = (Vec::new(), Stamps::default());
    // What the user wants to keep stays, whatever element it stands in.
    for (at, cut) in body.cut.iter_mut().enumerate().filter(|(_, cut)| cut.is_some()) {
        if lore.keeps(blocks.line(at)) {
            *cut = None;
        }
    }
    lore.on_page(meta.canonical_url.as_deref().or(meta.base.as_deref()), meta.site.as_deref());
    let known = cut_lines(&blocks, &mut body.cut, &mut authors, &mut stamps, lore);
    if meta.authors.is_empty() && authors.is_empty() {
        authors = signed(&blocks, &mut body.cut);
    }

    let subtitle = body.deck.map(|block| blocks.line(block).to_owned()).or_else(|| meta.subtitle.clone());
    let declared = meta.body.take().filter(|declared| says_more(declared, &blocks, &body.cut));
    if declared.is_some() {
        body.cut.iter_mut().filter(|cut| cut.is_none()).for_each(|cut| *cut = Some(RemovalReason::Aside));
    }
    let completeness = match &declared {
        Some(_) if !meta.paywalled => Some("full".to_owned()),
        _ => render::completeness(&blocks, &body, &meta, request.scope).map(str::to_owned),
    };
    let removed = render::removed(&blocks, &body.cut, &known.evidence);
    let marked = render::removed(&blocks, &known.marked, &known.evidence);
    let images = render::images(&tree, &blocks, &body, &meta);
    if !request.cut {
        body.cut.fill(None);
    }
    let (mut text, links) = render::text(&tree, &blocks, &body.cut, meta.base.as_deref());
    let is_declared = declared.is_some() && request.cut;
    if let Some(declared) = declared.filter(|_| request.cut) {
        text = declared;
    }
    let too_large = tree.truncated;
    let observed = known.observed;
    Article {
        meta,
        text,
        subtitle,
        links,
        images,
        removed,
        marked,
        observed,
        authors,
        stamps,
        completeness,
        is_declared,
        too_large,
    }
}

/// Whether the body that a page declares is more than twice what it shows: a page that is put together in the browser, or
/// that hides the rest. Otherwise what it shows is the better one: a declared body has no links, and often no paragraphs.
fn says_more(declared: &str, blocks: &Blocks, cut: &[Option<RemovalReason>]) -> bool {
    let shown: usize = (0..cut.len()).filter(|&at| cut[at].is_none()).map(|at| blocks.blocks[at].ink).sum();
    let ink = declared.chars().filter(|c| !c.is_whitespace()).count();
    ink >= DECLARED_INK && ink > 2 * shown
}

/// The author an article is signed by: its last line, all in bold or italics, is a name. The line is cut.
fn signed(blocks: &Blocks, cut: &mut [Option<RemovalReason>]) -> Vec<Author> {
    let Some(last) = (0..cut.len()).rfind(|&at| cut[at].is_none()) else { return Vec::new() };
    let block = &blocks.blocks[last];
    let apart = block.kind == Kind::Paragraph && block.strong_ink == block.ink;
    let Some(name) = meta::signature(blocks.line(last)).filter(|_| apart) else { return Vec::new() };
    cut[last] = Some(RemovalReason::Byline);
    byline::supplied(&[name])
}

/// A text that may have references in it, but no markup, with the references resolved.
pub(crate) fn plain(fragment: &str) -> Option<String> {
    let bytes = fragment.as_bytes();
    let opens =
        |at: usize| bytes.get(at + 1).is_some_and(|&next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!'));
    (!memchr::memchr_iter(b'<', bytes).any(opens)).then(|| entity::decode(fragment))
}

/// Applies the rules of plain text to the blocks that stand; a block goes if all of its lines do.
fn cut_lines(
    blocks: &Blocks,
    cut: &mut [Option<RemovalReason>],
    authors: &mut Vec<Author>,
    stamps: &mut Stamps,
    lore: &mut Lore<'_>,
) -> BlockLore {
    let mut text = String::new();
    let mut starts = Vec::new();
    for at in (0..cut.len()).filter(|&at| cut[at].is_none()) {
        starts.push((text.len(), at));
        text.push_str(blocks.line(at));
        text.push_str("\n\n");
    }
    let mut page = Page::new(&text);
    lore.begin(&mut page);
    for _ in 0..MAX_TURNS {
        let before = page.cuts();
        tail::cut(&mut page);
        stamp::cut(&mut page, stamps);
        byline::cut(&mut page, authors);
        furniture::cut(&mut page);
        lore.cut(&mut page, true);
        if page.cuts() == before {
            break;
        }
    }
    let block_of = |byte: usize| starts[starts.partition_point(|&(start, _)| start <= byte) - 1].1;
    let mut standing: Option<usize> = None;
    for line in &page.lines {
        let block = block_of(line.whole_start);
        match line.cut {
            Some(reason) if standing != Some(block) => cut[block] = Some(reason),
            Some(_) => {}
            None => {
                standing = Some(block);
                cut[block] = None;
            }
        }
    }
    let mut known = lore.by_block(&page, cut.len(), block_of);
    known.marked.iter_mut().zip(cut.iter()).filter(|(_, cut)| cut.is_some()).for_each(|(mark, _)| *mark = None);
    known
}
