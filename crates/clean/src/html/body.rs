//! Which blocks are the article.
//!
//! Three steps, each by weighing evidence against text, none by site:
//!
//! 1. **Set aside** what names and tags call something else (`hint.rs`), unless the text disagrees: an element
//!    that holds much of the page's prose, or the declared body, is a wrapper with an unlucky name. Cards, too:
//!    three elements or more side by side, each a linked headline with a sentence or two, are teasers of other
//!    articles whatever they are called.
//! 2. **Find the container**: the declared or usually named body if it holds a fair share of the prose, else by
//!    descent from the root, into the child that holds nearly all of it, as long as there is one. Prose is
//!    counted in characters of sentences outside links, so that menus weigh nothing.
//! 3. **Prune inside**: the headline, the labels above the first sentence, blocks that are all link, and the
//!    headings of what was cut.

use std::ops::Range;

use copydesk_article::RemovalReason::{self, About, Navigation, Teaser, Title};

use super::block::{Blocks, Kind};
use super::hint::{Against, BodyHint};
use super::tag::Tag;
use super::token::Key;
use super::tree::{NodeId, Tree};
use crate::address;
use crate::lines::key;

/// Fewest words of a block without a full stop that is prose.
const PROSE_WORDS: usize = 18;
/// Fewest cards in a row that are teasers.
const CARDS: usize = 3;
/// Most prose of a card, in characters.
const CARD_PROSE: usize = 400;
/// Most words of a line that tells how to reach the author.
const CONTACT_WORDS: usize = 28;

/// What is kept of a page, and why the rest is not.
pub(super) struct Body {
    /// For each block why it is no part of the article; `None` if it is.
    pub cut: Vec<Option<RemovalReason>>,
    /// The element that holds the article.
    pub container: NodeId,
    /// The block that is the deck under the headline.
    pub deck: Option<usize>,
}

/// Takes all of a piece of HTML for the article, but for what names itself something else.
pub(super) fn whole(blocks: &Blocks) -> Body {
    let mut cut = vec![None; blocks.blocks.len()];
    let prose: Vec<usize> = (0..blocks.blocks.len()).map(|block| prose(blocks, block)).collect();
    set_aside(blocks, &Sums::new(&prose, &cut), &mut cut);
    Body { cut, container: 0, deck: None }
}

/// Finds the article. `title` is the headline, if known; `host` the site of the page.
pub(super) fn find(tree: &Tree<'_>, blocks: &Blocks, title: Option<&str>, host: Option<&str>) -> Body {
    let mut cut = vec![None; blocks.blocks.len()];
    let prose: Vec<usize> = (0..blocks.blocks.len()).map(|block| prose(blocks, block)).collect();
    set_aside(blocks, &Sums::new(&prose, &cut), &mut cut);
    cut_cards(tree, blocks, host, &Sums::new(&prose, &cut), &mut cut);
    let sums = Sums::new(&prose, &cut);
    let container = container(tree, blocks, &sums);
    let inside = blocks.range(container);
    for (at, reason) in cut.iter_mut().enumerate() {
        if !inside.contains(&at) && reason.is_none() {
            *reason = Some(if blocks.blocks[at].is_linked() { Navigation } else { Teaser });
        }
    }
    prune(blocks, inside, &prose, title, &mut cut);
    let deck = deck(blocks, &cut, title);
    Body { cut, container, deck }
}

/// The first block that is called a deck.
fn deck(blocks: &Blocks, cut: &[Option<RemovalReason>], title: Option<&str>) -> Option<usize> {
    let title = title.map(key).unwrap_or_default();
    blocks
        .hints
        .iter()
        .filter(|(_, hint)| hint.against.is_some_and(|against| against.reason == Title))
        .flat_map(|&(node, _)| blocks.range(node))
        .find(|&at| cut[at] == Some(Title) && blocks.blocks[at].words >= 3 && key(blocks.line(at)) != title)
}

/// How much prose a block holds, in characters.
fn prose(blocks: &Blocks, at: usize) -> usize {
    let block = &blocks.blocks[at];
    let reads = block.ends_sentence && block.words >= 5 || block.words >= PROSE_WORDS;
    if !reads || block.is_linked() || matches!(block.kind, Kind::Heading(_)) {
        return 0;
    }
    block.ink - block.link_ink
}

/// Running sums of the prose that is not cut.
struct Sums(Vec<usize>);

impl Sums {
    fn new(prose: &[usize], cut: &[Option<RemovalReason>]) -> Self {
        let mut sum = 0;
        let mut sums = Vec::with_capacity(prose.len() + 1);
        sums.push(0);
        for (prose, cut) in prose.iter().zip(cut) {
            sum += if cut.is_none() { *prose } else { 0 };
            sums.push(sum);
        }
        Self(sums)
    }

    fn of(&self, range: &Range<usize>) -> usize {
        self.0[range.end] - self.0[range.start]
    }

    fn total(&self) -> usize {
        self.0.last().copied().unwrap_or(0)
    }
}

fn set_aside(blocks: &Blocks, sums: &Sums, cut: &mut [Option<RemovalReason>]) {
    let total = sums.total();
    let bodies: Vec<(NodeId, Range<usize>)> = blocks
        .hints
        .iter()
        .filter(|(_, hint)| hint.body >= BodyHint::Name)
        .map(|&(node, _)| (node, blocks.range(node)))
        .filter(|(_, range)| sums.of(range) * 4 > total)
        .collect();
    // Elements stand in document order: those inside one that was cut need no second look.
    let mut done = 0;
    for &(node, hint) in &blocks.hints {
        let Some(Against { reason, strong }) = hint.against else { continue };
        let range = blocks.range(node);
        if range.is_empty() || range.end <= done {
            continue;
        }
        let wraps_body =
            bodies.iter().any(|(body, inner)| *body >= node && inner.start >= range.start && inner.end <= range.end);
        let held = sums.of(&range);
        let too_much = if strong { held * 2 > total } else { held * 10 > total };
        if wraps_body || too_much {
            continue;
        }
        done = range.end;
        for block in range {
            cut[block].get_or_insert(reason);
        }
    }
}

/// Cuts rows of cards: the cards, and what stands among them where nearly all of an element is cards.
fn cut_cards(tree: &Tree<'_>, blocks: &Blocks, host: Option<&str>, sums: &Sums, cut: &mut [Option<RemovalReason>]) {
    // Per element: how many of its children hold blocks, and which of these are cards.
    let mut children: Vec<u32> = vec![0; tree.nodes.len()];
    let mut cards: Vec<(NodeId, NodeId)> = Vec::new();
    for (node, found) in tree.nodes.iter().enumerate().skip(1) {
        let range = blocks.range(node);
        if range.is_empty() || found.tag == Tag::Text {
            continue;
        }
        children[found.parent as usize] += 1;
        let may_be = matches!(found.tag, Tag::Li | Tag::Div | Tag::Article | Tag::Section | Tag::Tr | Tag::Td | Tag::A);
        if may_be && is_card(tree, blocks, host, sums, range) {
            cards.push((found.parent as usize, node));
        }
    }
    cards.sort_unstable();
    for row in cards.chunk_by(|a, b| a.0 == b.0).filter(|row| row.len() >= CARDS) {
        let parent = row[0].0;
        let held: usize = row.iter().map(|&(_, card)| sums.of(&blocks.range(card))).sum();
        // Menu, teasers and footer around a body are cards by their looks, and the body is none.
        let all = row.len() * 4 >= children[parent] as usize * 3 && sums.of(&blocks.range(parent)) <= held + CARD_PROSE;
        let ranges = row.iter().map(|&(_, card)| blocks.range(card)).chain(all.then(|| blocks.range(parent)));
        for block in ranges.flatten() {
            cut[block].get_or_insert(Teaser);
        }
    }
}

/// Whether an element is a linked headline, to the same site, with a sentence or two.
fn is_card(tree: &Tree<'_>, blocks: &Blocks, host: Option<&str>, sums: &Sums, range: Range<usize>) -> bool {
    if range.len() > 8 || sums.of(&range) > CARD_PROSE {
        return false;
    }
    blocks.blocks[range].iter().any(|block| {
        block.words >= 3
            && block.link_ink * 10 >= block.ink * 9
            && block.links.first().is_some_and(|(_, link)| leads_home(tree, *link, host))
    })
}

/// Whether a link leads to a page of the same site.
fn leads_home(tree: &Tree<'_>, link: NodeId, host: Option<&str>) -> bool {
    let Some(href) = tree.raw_attribute(link, Key::Href) else { return false };
    match (address::host(href.trim()), host) {
        (Some(there), Some(here)) => address::is_same_site(&there, here),
        (Some(_), None) => false,
        (None, _) => !href.trim_start().starts_with("//"),
    }
}

fn container(tree: &Tree<'_>, blocks: &Blocks, sums: &Sums) -> NodeId {
    let node = descend(tree, blocks, sums);
    let held = sums.of(&blocks.range(node));
    let mut best: Option<(BodyHint, usize, NodeId)> = None;
    for &(hinted, hint) in &blocks.hints {
        let share = sums.of(&blocks.range(hinted));
        if hint.body < BodyHint::Name || share * 10 < held * 4 || share == 0 {
            continue;
        }
        let better = best.is_none_or(|(body, most, _)| (hint.body, share) > (body, most) && share * 10 > most * 8);
        if better {
            best = Some((hint.body, share, hinted));
        }
    }
    best.map_or(node, |(_, _, node)| node)
}

/// From the root into the child that holds nearly all of the prose, as long as there is one.
fn descend(tree: &Tree<'_>, blocks: &Blocks, sums: &Sums) -> NodeId {
    let mut node = 0;
    loop {
        let held = sums.of(&blocks.range(node));
        let mut child = node + 1;
        let end = tree.nodes[node].end as usize;
        let mut heir = None;
        while child < end && heir.is_none() && held > 0 {
            let tag = tree.nodes[child].tag;
            let wraps = !matches!(tag, Tag::Text | Tag::P | Tag::Li);
            if wraps && sums.of(&blocks.range(child)) * 10 >= held * 8 {
                heir = Some(child);
            }
            child = tree.nodes[child].end as usize;
        }
        match heir {
            Some(heir) => node = heir,
            None => return node,
        }
    }
}

fn prune(
    blocks: &Blocks,
    inside: Range<usize>,
    prose: &[usize],
    title: Option<&str>,
    cut: &mut [Option<RemovalReason>],
) {
    let title = title.map(key).filter(|title| !title.is_empty());
    let standing: Vec<usize> = inside.clone().filter(|&at| cut[at].is_none()).collect();
    let first = standing.iter().copied().find(|&at| prose[at] > 0).unwrap_or(0);
    let last = standing.iter().copied().rfind(|&at| prose[at] > 0).unwrap_or(usize::MAX);
    for &at in &standing {
        let block = &blocks.blocks[at];
        let line = blocks.line(at);
        let is_title = || block.words <= 40 && title.as_deref().is_some_and(|title| key(line) == title);
        if block.kind == Kind::Heading(1) && at <= first || is_title() {
            cut[at] = Some(Title);
        } else if is_all_link(blocks, at) {
            cut[at] = Some(if block.words < 3 { Navigation } else { Teaser });
        } else if at < first && block.kind == Kind::Paragraph && block.words < 4 && block.link_ink > 0 {
            cut[at] = Some(Navigation);
        } else if at >= last && block.words <= CONTACT_WORDS && is_contact(line) {
            cut[at] = Some(About);
        }
    }
    cut_empty_headings(blocks, inside, cut);
}

/// Whether a block is a link to another article and nothing else, a label before it aside.
fn is_all_link(blocks: &Blocks, at: usize) -> bool {
    let block = &blocks.blocks[at];
    let line = blocks.line(at);
    if block.kind == Kind::Cell || line.starts_with("http") || line.starts_with("www.") {
        return false;
    }
    let labelled = || {
        line.split_once([':', '：']).is_some_and(|(label, _)| label.split_whitespace().count() <= 3)
            && block.links.len() == 1
            && !block.ends_sentence
    };
    block.link_ink * 10 >= block.ink * 9 || (block.is_linked() && labelled())
}

/// Whether a line tells how to reach somebody.
fn is_contact(line: &str) -> bool {
    line.split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
        let handle = word.strip_prefix('@').is_some_and(|name| name.len() > 2);
        handle
            || word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
            || word.contains("twitter.com/")
    })
}

/// Cuts headings, and short lines that open something, with nothing under them.
fn cut_empty_headings(blocks: &Blocks, inside: Range<usize>, cut: &mut [Option<RemovalReason>]) {
    let mut next: Option<Option<RemovalReason>> = None;
    let mut stands_after = false;
    for at in inside.rev() {
        let block = &blocks.blocks[at];
        if cut[at].is_none() {
            let line = blocks.line(at);
            let heading = matches!(block.kind, Kind::Heading(_));
            let opens =
                block.words <= 5 && (line.ends_with(':') || block.strong_ink == block.ink) && !block.ends_sentence;
            let teasers_follow = next == Some(Some(Teaser));
            let opens = opens || heading && block.words <= 4 && !line.ends_with('?');
            if heading && !stands_after || opens && teasers_follow {
                cut[at] = Some(Teaser);
            } else {
                stands_after = true;
            }
        }
        next = Some(cut[at]);
    }
}
