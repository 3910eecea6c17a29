//! The visible text of a page as blocks: paragraphs, headings, list items, table cells.
//!
//! A block is a run of text that a browser would set without a break of paragraph: it ends where an element
//! that is not inline begins or ends, and at two line breaks in a row. All texts stand in one buffer, white
//! space collapsed and references resolved; a block is a range of it and knows which bytes of the page it came
//! from, which parts are links, and which elements it stands in.

use std::ops::Range;

use copydesk_article::is_cjk;

use super::entity;
use super::hint::{Hint, hint};
use super::tag::Tag;
use super::token::Key;
use super::tree::{NodeId, Tree};
use crate::repair::Repaired;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A paragraph, or text that no element calls anything else.
    Paragraph,
    /// A heading, 1 to 6.
    Heading(u8),
    /// An item of a list.
    Item,
    /// A cell of a table.
    Cell,
}

/// One block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The innermost element that is not inline.
    pub node: NodeId,
    /// What it is.
    pub kind: Kind,
    /// Where its text stands in [`Blocks::text`].
    pub text: Range<usize>,
    /// Bytes of the page it came from.
    pub source: Range<usize>,
    /// Characters that are not white space; an ideograph counts as two.
    pub ink: usize,
    /// Those of them in links.
    pub link_ink: usize,
    /// Those of them in bold or italics.
    pub strong_ink: usize,
    /// Words; two ideographs count as one.
    pub words: usize,
    /// Whether it ends like a sentence.
    pub ends_sentence: bool,
    /// Links in it: bytes of [`Blocks::text`], and the element.
    pub links: Vec<(Range<usize>, NodeId)>,
}

impl Block {
    /// Whether most of it is links.
    pub(super) const fn is_linked(&self) -> bool {
        self.link_ink * 2 > self.ink
    }
}

/// The blocks of a page.
pub(super) struct Blocks {
    /// All texts.
    pub text: String,
    /// The blocks, in document order.
    pub blocks: Vec<Block>,
    /// For each node the blocks in its subtree.
    pub of_node: Vec<(u32, u32)>,
    /// What the names of elements say, for those that say something.
    pub hints: Vec<(NodeId, Hint)>,
}

impl Blocks {
    /// Reads the blocks of a page.
    pub(super) fn new(tree: &Tree<'_>) -> Self {
        let blocks = Self {
            text: String::with_capacity(tree.page.len() / 8),
            blocks: Vec::new(),
            of_node: vec![(0, 0); tree.nodes.len()],
            hints: Vec::new(),
        };
        let mut walk = Walk {
            tree,
            blocks,
            open: Vec::new(),
            current: None,
            gap: false,
            breaks: 0,
            link: None,
            strong: 0,
            pre: 0,
        };
        walk.run();
        walk.blocks
    }

    /// Text of a block.
    pub(super) fn line(&self, block: usize) -> &str {
        &self.text[self.blocks[block].text.clone()]
    }

    /// What the names of an element say.
    pub(super) fn hint(&self, node: NodeId) -> Hint {
        let found = self.hints.binary_search_by_key(&node, |&(hinted, _)| hinted);
        found.map_or_else(|_| Hint::default(), |at| self.hints[at].1)
    }

    /// The blocks in the subtree of a node.
    pub(super) fn range(&self, node: NodeId) -> Range<usize> {
        let (start, end) = self.of_node[node];
        start as usize..end as usize
    }
}

struct Walk<'t, 'a> {
    tree: &'t Tree<'a>,
    blocks: Blocks,
    /// Open elements, with the first node after each, and whether they part blocks.
    open: Vec<(NodeId, bool)>,
    current: Option<Block>,
    /// Whether white space stands between what is written and what comes.
    gap: bool,
    /// Line breaks since the last text.
    breaks: usize,
    /// The link that is open, with the start of its text.
    link: Option<(NodeId, usize)>,
    strong: usize,
    pre: usize,
}

impl Walk<'_, '_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.tree.nodes.len() {
            while self.open.last().is_some_and(|&(open, _)| self.tree.nodes[open].end as usize <= at) {
                self.leave();
            }
            let node = self.tree.nodes[at];
            let seen = self.blocks.blocks.len() + usize::from(self.current.is_some());
            self.blocks.of_node[at] = (narrow(seen), narrow(seen));
            if node.tag == Tag::Text {
                self.text(node.start as usize, node.stop as usize);
                self.blocks.of_node[at].1 = narrow(self.blocks.blocks.len() + usize::from(self.current.is_some()));
                at += 1;
            } else if node.tag.is_silent() {
                at = node.end as usize;
            } else {
                self.enter(at);
                at += 1;
            }
        }
        while !self.open.is_empty() {
            self.leave();
        }
        self.flush();
    }

    fn enter(&mut self, at: NodeId) {
        let tag = self.tree.nodes[at].tag;
        let hint = hint(self.tree, at);
        let hinted = hint != Hint::default();
        // A label inside a line (a credit, a button) is a block of its own, so that it can be cut.
        let parts = !tag.is_inline()
            || (hint.against.is_some() && matches!(tag, Tag::Span | Tag::Small | Tag::Other | Tag::Label | Tag::Time));
        if parts {
            self.flush();
            self.blocks.of_node[at].0 = narrow(self.blocks.blocks.len());
        }
        if hinted {
            self.blocks.hints.push((at, hint));
        }
        match tag {
            Tag::Br => self.breaks += 1,
            Tag::A if self.link.is_none() && self.tree.raw_attribute(at, Key::Href).is_some() => {
                self.link = Some((at, self.blocks.text.len()));
            }
            Tag::B | Tag::Strong | Tag::Em | Tag::I => self.strong += 1,
            Tag::Pre => self.pre += 1,
            _ => {}
        }
        self.open.push((at, parts));
    }

    fn leave(&mut self) {
        let Some((node, parts)) = self.open.pop() else { return };
        match self.tree.nodes[node].tag {
            Tag::A if self.link.is_some_and(|(link, _)| link == node) => {
                self.end_link();
                self.link = None;
            }
            Tag::B | Tag::Strong | Tag::Em | Tag::I => self.strong -= 1,
            Tag::Pre => self.pre -= 1,
            _ => {}
        }
        if parts {
            self.flush();
        }
        self.blocks.of_node[node].1 = narrow(self.blocks.blocks.len() + usize::from(self.current.is_some()));
    }

    /// Notes the part of the open link that stands in the current block.
    fn end_link(&mut self) {
        let Some((node, start)) = &mut self.link else { return };
        let end = self.blocks.text.len();
        if let Some(block) = &mut self.current {
            let start = (*start).max(block.text.start);
            if start < end {
                block.links.push((start..end, *node));
            }
        }
        *start = end;
    }

    fn flush(&mut self) {
        self.end_link();
        self.gap = false;
        self.breaks = 0;
        let Some(mut block) = self.current.take() else { return };
        block.text.end = self.blocks.text.trim_end().len();
        for (link, _) in &mut block.links {
            link.end = link.end.min(block.text.end);
        }
        let text = &self.blocks.text[block.text.clone()];
        block.ends_sentence = crate::lines::ends_sentence(text);
        block.words = words(text);
        self.blocks.blocks.push(block);
    }

    fn text(&mut self, start: usize, stop: usize) {
        let written = &self.tree.page[start..stop];
        if written.contains('&') {
            // A reference may stand for a control character, or one that composes with what it follows.
            self.append(&Repaired::markup(&entity::decode(written)).text, start, stop);
        } else {
            self.append(written, start, stop);
        }
    }

    fn append(&mut self, text: &str, start: usize, stop: usize) {
        if text.trim().is_empty() {
            // No block begins with a space, not even with one that does not break.
            self.gap |= self.current.is_some() && !text.is_empty();
            return;
        }
        if self.breaks >= 2 {
            self.flush();
        }
        if self.current.is_none() {
            self.begin(start);
        } else if self.breaks == 1 {
            self.blocks.text.push('\n');
            self.gap = false;
        }
        self.breaks = 0;
        let mut ink = 0;
        let mut begun = !self.blocks.text.ends_with('\n') && !self.at_start();
        for c in text.chars() {
            if self.pre > 0 && c == '\n' && begun {
                self.blocks.text.push('\n');
                begun = false;
                self.gap = false;
            } else if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C') {
                self.gap = true;
            } else if !begun && c.is_whitespace() {
                // White space of any kind at the start of a line.
            } else {
                if self.gap && !self.blocks.text.ends_with('\n') && !self.at_start() {
                    self.blocks.text.push(' ');
                    if let Some((_, link)) = &mut self.link
                        && *link == self.blocks.text.len() - 1
                    {
                        *link += 1;
                    }
                }
                self.gap = false;
                begun = true;
                self.blocks.text.push(c);
                if !c.is_whitespace() {
                    ink += 1 + usize::from(c >= '\u{0E00}' && is_cjk(c));
                }
            }
        }
        let in_link = self.link.is_some();
        let in_strong = self.strong > 0;
        if let Some(block) = &mut self.current {
            block.ink += ink;
            block.link_ink += if in_link { ink } else { 0 };
            block.strong_ink += if in_strong { ink } else { 0 };
            block.source.end = stop;
        }
    }

    fn at_start(&self) -> bool {
        self.current.as_ref().is_none_or(|block| block.text.start == self.blocks.text.len())
    }

    fn begin(&mut self, start: usize) {
        let node = self.open.iter().rev().find(|&&(_, parts)| parts).map_or(0, |&(node, _)| node);
        let kind = self.kind();
        let at = self.blocks.text.len();
        self.current = Some(Block {
            node,
            kind,
            text: at..at,
            source: start..start,
            ink: 0,
            link_ink: 0,
            strong_ink: 0,
            words: 0,
            ends_sentence: false,
            links: Vec::new(),
        });
    }

    /// What the elements around the current place make of a block.
    fn kind(&self) -> Kind {
        // A cell that holds blocks is a part of the layout.
        let mut wrapped = false;
        for &(node, parts) in self.open.iter().rev() {
            match self.tree.nodes[node].tag {
                Tag::H1 => return Kind::Heading(1),
                Tag::H2 => return Kind::Heading(2),
                Tag::H3 => return Kind::Heading(3),
                Tag::H4 => return Kind::Heading(4),
                Tag::H5 => return Kind::Heading(5),
                Tag::H6 => return Kind::Heading(6),
                Tag::Li | Tag::Dd | Tag::Dt => return Kind::Item,
                Tag::Td | Tag::Th => return if wrapped { Kind::Paragraph } else { Kind::Cell },
                Tag::P if parts => return if self.is_in_item(node) { Kind::Item } else { Kind::Paragraph },
                Tag::Article | Tag::Section | Tag::Main | Tag::Blockquote => return Kind::Paragraph,
                tag => wrapped |= parts && !tag.is_inline(),
            }
        }
        Kind::Paragraph
    }

    /// Whether an element is the first thing in an item of a list.
    fn is_in_item(&self, node: NodeId) -> bool {
        let parent = self.tree.nodes[node].parent as usize;
        self.tree.nodes[parent].tag == Tag::Li
    }
}

fn words(text: &str) -> usize {
    let mut ideographs = 0;
    let mut words = 0;
    for run in text.split_whitespace() {
        let count = run.chars().filter(|&c| c >= '\u{0E00}' && is_cjk(c)).count();
        ideographs += count;
        words += usize::from(count == 0 && run.chars().any(char::is_alphanumeric));
    }
    words + ideographs / 2
}

/// Counts are bounded by the number of nodes.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(page: &str) -> Vec<String> {
        let blocks = Blocks::new(&Tree::new(page));
        (0..blocks.blocks.len()).map(|block| blocks.line(block).to_owned()).collect()
    }

    #[test]
    fn blocks_end_where_a_browser_breaks() {
        assert_eq!(
            lines("a <b>b</b>\n c<div>d<p> e <i> f</i> </p>g</div><br>h<br>i<br> <br>j"),
            ["a b c", "d", "e f", "g", "h\ni", "j"]
        );
        assert_eq!(lines("<td>a</td><script>x</script>&nbsp;<p>&nbsp;b&nbsp;c<li>d"), ["a", "b\u{A0}c", "d"]);
        assert_eq!(lines("<pre>a\n  b</pre>"), ["a\nb"]);
    }

    #[test]
    fn links_are_known_by_their_place() {
        let blocks = Blocks::new(&Tree::new("<p>go <a href=x> <b>there</b> now</a> and <a name=y>back</a>.</p>"));
        let block = &blocks.blocks[0];
        assert_eq!(blocks.line(0), "go there now and back.");
        assert_eq!(block.links.iter().map(|(range, _)| &blocks.text[range.clone()]).collect::<Vec<_>>(), ["there now"]);
        assert_eq!((block.link_ink, block.ink, block.words, block.ends_sentence), (8, 18, 5, true));
    }

    #[test]
    fn a_node_knows_its_blocks() {
        let tree = Tree::new("a<div>b<p>c</p>d</div>e");
        let blocks = Blocks::new(&tree);
        let div = tree.nodes.iter().position(|node| node.tag == Tag::Div).expect("a div");
        assert_eq!(blocks.range(div), 1..4);
    }
}
