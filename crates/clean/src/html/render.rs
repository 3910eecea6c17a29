//! The article as the record wants it: text, links, pictures, what was cut, and whether it is whole.

use copydesk_article::{Image, Link, RemovalReason};

use super::block::{Block, Blocks, Kind};
use super::body::Body;
use super::hint::BodyHint;
use super::meta::Meta;
use super::tag::Tag;
use super::token::Key;
use super::tree::{NodeId, Tree};
use super::{Removed, Scope, hint};
use crate::address;

/// Most pictures of an article.
const MOST_IMAGES: usize = 50;
/// Most characters of a caption.
const LONGEST_CAPTION: usize = 600;
/// Fewest words of an article; fewer are a stub.
const STUB_WORDS: usize = 30;

/// The text of the blocks that stand, and the links in it.
pub(super) fn text(
    tree: &Tree<'_>,
    blocks: &Blocks,
    cut: &[Option<RemovalReason>],
    base: Option<&str>,
) -> (String, Vec<Link>) {
    let mut text = String::new();
    let mut links = Vec::new();
    // Characters of `text`, counted as it grows.
    let mut position = 0;
    let mut before: Option<&Block> = None;
    for (at, block) in blocks.blocks.iter().enumerate().filter(|(at, _)| cut[*at].is_none()) {
        if let Some(before) = before {
            let separator = separator(tree, before, block);
            text.push_str(separator);
            position += separator.len();
        }
        before = Some(block);
        let line = blocks.line(at);
        let mut counted = block.text.start;
        for (range, node) in &block.links {
            let href = tree.attribute(*node, Key::Href).and_then(|href| address::absolute(&href, base));
            let Some(url) = href.filter(|_| range.start < range.end && range.start >= counted) else { continue };
            let start = position + blocks.text[counted..range.start].chars().count();
            let end = start + blocks.text[range.clone()].chars().count();
            links.push(Link { url, start, end });
            (counted, position) = (range.end, end);
        }
        position += blocks.text[counted..block.text.end].chars().count();
        text.push_str(line);
    }
    (text, links)
}

/// What stands between two blocks: items of a list are lines, cells of a row stand side by side.
fn separator(tree: &Tree<'_>, before: &Block, block: &Block) -> &'static str {
    match (before.kind, block.kind) {
        (Kind::Item, Kind::Item) => "\n",
        (Kind::Cell, Kind::Cell) => {
            let row = |block: &Block| ancestor(tree, block.node, Tag::Tr);
            if row(before) == row(block) { " | " } else { "\n" }
        }
        _ => "\n\n",
    }
}

fn ancestor(tree: &Tree<'_>, node: NodeId, tag: Tag) -> Option<NodeId> {
    let mut at = node;
    while at != 0 {
        if tree.nodes[at].tag == tag {
            return Some(at);
        }
        at = tree.nodes[at].parent as usize;
    }
    None
}

/// What was cut: neighbours with one reason and one evidence are one.
pub(super) fn removed(blocks: &Blocks, cut: &[Option<RemovalReason>], evidence: &[Option<String>]) -> Vec<Removed> {
    let mut removed: Vec<Removed> = Vec::new();
    let mut last = None;
    for (at, block) in blocks.blocks.iter().enumerate() {
        let reason = cut[at];
        let evidence = reason.and_then(|_| evidence.get(at)?.clone());
        if let Some(reason) = reason {
            match removed.last_mut() {
                Some(run) if last == Some(reason) && run.evidence == evidence => {
                    run.source.end = run.source.end.max(block.source.end);
                    run.text.push('\n');
                    run.text.push_str(blocks.line(at));
                }
                _ => removed.push(Removed {
                    source: block.source.clone(),
                    text: blocks.line(at).to_owned(),
                    reason,
                    evidence,
                }),
            }
        }
        last = reason;
    }
    removed
}

/// Whether the article is whole, as far as the page tells.
pub(super) fn completeness(blocks: &Blocks, body: &Body, meta: &Meta, scope: Scope) -> Option<&'static str> {
    let standing = || (0..body.cut.len()).filter(|&at| body.cut[at].is_none());
    let words: usize = standing().map(|at| blocks.blocks[at].words).sum();
    let last = standing().next_back().map_or("", |at| blocks.line(at));
    let ends_open = ["…", "...", "[…]", "[...]"].iter().any(|end| last.ends_with(end));
    if meta.paywalled {
        Some("paywalled")
    } else if ends_open {
        Some("truncated")
    } else if scope == Scope::Fragment {
        None
    } else if words < STUB_WORDS {
        Some("stub")
    } else {
        Some("full")
    }
}

/// The pictures of the article: what the page names first, then those that stand in the body.
pub(super) fn images(tree: &Tree<'_>, blocks: &Blocks, body: &Body, meta: &Meta) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    for url in &meta.images {
        add(&mut images, Image { url: url.clone(), caption: None, credit: None });
    }
    let against = against(blocks);
    let mut skip_to = 0;
    for node in tree.subtree(around(tree, blocks, body.container)) {
        if node < skip_to || tree.nodes[node].tag != Tag::Img {
            if against.binary_search(&node).is_ok() {
                skip_to = skip_to.max(tree.nodes[node].end as usize);
            }
            continue;
        }
        let source = [Key::LazySrc, Key::Src].into_iter().find_map(|key| tree.attribute(node, key));
        let Some(url) = source.and_then(|source| address::absolute(&source, meta.base.as_deref())) else { continue };
        let (caption, credit) = words_of(tree, node);
        add(&mut images, Image { url, caption, credit });
    }
    images
}

/// The element that a page gives its article, headline and pictures included; the body itself where there is none.
fn around(tree: &Tree<'_>, blocks: &Blocks, container: NodeId) -> NodeId {
    let is_article = |node: NodeId| blocks.hint(node).body == BodyHint::Article;
    let mut at = container;
    while at != 0 {
        if is_article(at) {
            return at;
        }
        at = tree.nodes[at].parent as usize;
    }
    container
}

/// Elements that hold something else than the article, captions aside.
fn against(blocks: &Blocks) -> Vec<NodeId> {
    let other = |hint: &hint::Hint| {
        hint.against.is_some_and(|against| against.strong && against.reason != RemovalReason::Caption)
    };
    blocks.hints.iter().filter(|(_, hint)| other(hint)).map(|&(node, _)| node).collect()
}

fn add(images: &mut Vec<Image>, image: Image) {
    if let Some(known) = images.iter_mut().find(|known| known.url == image.url) {
        known.caption = known.caption.take().or(image.caption);
        known.credit = known.credit.take().or(image.credit);
    } else if images.len() < MOST_IMAGES {
        images.push(image);
    }
}

/// Caption and credit of a picture, from the figure around it.
fn words_of(tree: &Tree<'_>, picture: NodeId) -> (Option<String>, Option<String>) {
    let Some(figure) = ancestor(tree, picture, Tag::Figure) else { return (None, None) };
    let (mut caption, mut credit) = (None, None);
    for node in tree.subtree(figure) {
        let is_credit = || {
            tree.raw_attribute(node, Key::Class)
                .is_some_and(|names| names.contains("credit") || names.contains("copyright"))
        };
        if tree.nodes[node].tag == Tag::Figcaption && caption.is_none() {
            caption = short(tree.text(node));
        } else if credit.is_none() && is_credit() {
            credit = short(tree.text(node));
        }
    }
    if let (Some(whole), Some(credit)) = (&caption, &credit)
        && let Some(rest) = whole.strip_suffix(credit.as_str())
    {
        caption = short(rest.trim().to_owned());
    }
    (caption, credit)
}

fn short(text: String) -> Option<String> {
    (!text.is_empty() && text.chars().count() <= LONGEST_CAPTION).then_some(text)
}
