//! The page as a tree, in one flat list.
//!
//! Nodes stand in document order, so the subtree of a node is the run from it to its `end`: walking is a loop,
//! never a recursion, and sums over a subtree are differences of running sums. WHATWG's tree construction as
//! far as it moves text: end tags that may be left out (`p`, `li`, `td`, …), stray end tags, elements that never
//! end. What it moves elsewhere (misnested formatting, text inside tables) stays where it was written: the text
//! is the same.
//!
//! A page is hostile until proven otherwise: nodes, depth and bytes are bounded, and what lies beyond is left
//! out and said ([`Tree::truncated`]). Depth beyond the bound is flattened, as browsers do.

use std::borrow::Cow;

use super::entity;
use super::tag::{TAGS, Tag};
use super::token::{Attribute, Key, Token, Tokens};

/// Most bytes of a page that are read.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// Most nodes.
const MOST_NODES: usize = 400_000;
/// Most elements inside one another.
const MOST_DEPTH: usize = 256;
/// Most attributes of all elements together.
const MOST_ATTRIBUTES: usize = 2_000_000;

/// Index of a node in [`Tree::nodes`].
pub(super) type NodeId = usize;

/// An element or a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// What it is.
    pub tag: Tag,
    /// The element it stands in; the document's is itself.
    pub parent: u32,
    /// First node after its subtree.
    pub end: u32,
    /// First byte of its text or start tag.
    pub start: u32,
    /// First byte after its text; of an element, after its end.
    pub stop: u32,
    first_attribute: u32,
    attributes: u32,
}

impl Node {
    /// Whether it has attributes that extraction reads.
    pub(super) const fn has_attributes(&self) -> bool {
        self.attributes > 0
    }
}

/// A page.
pub(super) struct Tree<'a> {
    /// The page, as decoded.
    pub page: &'a str,
    /// Its nodes in document order; the first is the document.
    pub nodes: Vec<Node>,
    /// Whether the page was too large to be read to its end.
    pub truncated: bool,
    attributes: Vec<Attribute>,
}

impl<'a> Tree<'a> {
    /// Reads a page.
    pub(super) fn new(page: &'a str) -> Self {
        let truncated = page.len() > MOST_BYTES;
        let page = &page[..page.floor_char_boundary(MOST_BYTES)];
        let mut builder = Builder {
            tree: Self { page, nodes: Vec::with_capacity(page.len() / 48 + 1), truncated, attributes: Vec::new() },
            open: Vec::new(),
            names: [0; TAGS],
            flattened: [0; TAGS],
        };
        builder.push(Tag::Document, 0, &[]);
        builder.open(0);
        builder.run();
        builder.tree
    }

    /// Value of an attribute, as written.
    pub(super) fn raw_attribute(&self, node: NodeId, key: Key) -> Option<&'a str> {
        let Node { first_attribute, attributes, .. } = self.nodes[node];
        let from = first_attribute as usize;
        let found = self.attributes[from..from + attributes as usize].iter().find(|found| found.key == key)?;
        Some(&self.page[found.start as usize..found.end as usize])
    }

    /// Value of an attribute, with its references resolved and without white space at its ends.
    pub(super) fn attribute(&self, node: NodeId, key: Key) -> Option<Cow<'a, str>> {
        let raw = self.raw_attribute(node, key)?.trim();
        Some(if raw.contains('&') { Cow::Owned(entity::decode(raw).trim().to_owned()) } else { Cow::Borrowed(raw) })
    }

    /// The nodes of a subtree, the node itself first.
    pub(super) fn subtree(&self, node: NodeId) -> std::ops::Range<NodeId> {
        node..self.nodes[node].end as usize
    }

    /// Everything written in a subtree, scripts and their like aside; white space is one space.
    pub(super) fn text(&self, node: NodeId) -> String {
        let mut text = String::new();
        let mut at = node;
        let end = self.nodes[node].end as usize;
        while at < end {
            let Node { tag, start, stop, end: after, .. } = self.nodes[at];
            if tag == Tag::Text {
                let written = &self.page[start as usize..stop as usize];
                // A raw element has only its own text; titles are asked for by name.
                entity::decode_into(written, &mut text);
            } else if at != node && tag.is_silent() {
                at = after as usize;
                continue;
            } else if !tag.is_inline() || tag == Tag::Br {
                text.push(' ');
            }
            at += 1;
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a raw element (a script, a title) holds, as written.
    pub(super) fn raw_text(&self, node: NodeId) -> &'a str {
        match self.nodes.get(node + 1) {
            Some(text) if text.tag == Tag::Text && text.parent as usize == node => {
                &self.page[text.start as usize..text.stop as usize]
            }
            _ => "",
        }
    }
}

struct Builder<'a> {
    tree: Tree<'a>,
    /// Elements not ended yet, the document first.
    open: Vec<u32>,
    /// How many of `open` are of each tag.
    names: [u32; TAGS],
    /// How many elements of each tag were not opened because they stood too deep.
    flattened: [u32; TAGS],
}

impl Builder<'_> {
    fn run(&mut self) {
        let page = self.tree.page;
        let mut tokens = Tokens::new(page);
        while let Some(token) = tokens.next() {
            if self.tree.nodes.len() >= MOST_NODES || self.tree.attributes.len() >= MOST_ATTRIBUTES {
                self.tree.truncated = true;
                break;
            }
            match token {
                Token::Text { start, end } if start < end => {
                    let node = self.push(Tag::Text, start, &[]);
                    self.tree.nodes[node].stop = narrow(end);
                }
                Token::Text { .. } => {}
                Token::Start { tag, start, closed } => {
                    self.make_room(tag);
                    let node = self.push(tag, start, &tokens.attributes);
                    self.tree.nodes[node].stop = narrow(tokens.at);
                    let is_whole = tag.is_void() || closed && matches!(tag, Tag::Other | Tag::Svg);
                    if !is_whole {
                        self.open(node);
                    }
                }
                Token::End { tag, name, name_end } => self.end_tag(tag, &page[name..name_end], name - 2, tokens.at),
            }
        }
        while !self.open.is_empty() {
            self.close(tokens.at);
        }
    }

    fn push(&mut self, tag: Tag, start: usize, attributes: &[Attribute]) -> NodeId {
        let id = self.tree.nodes.len();
        self.tree.nodes.push(Node {
            tag,
            parent: self.open.last().copied().unwrap_or(0),
            end: narrow(id + 1),
            start: narrow(start),
            stop: narrow(start),
            first_attribute: narrow(self.tree.attributes.len()),
            attributes: narrow(attributes.len()),
        });
        self.tree.attributes.extend_from_slice(attributes);
        id
    }

    fn open(&mut self, node: NodeId) {
        let tag = self.tree.nodes[node].tag;
        if self.open.len() >= MOST_DEPTH {
            self.flattened[tag as usize] += 1;
            return;
        }
        self.names[tag as usize] += 1;
        self.open.push(narrow(node));
    }

    /// Ends the innermost open element before a byte.
    fn close(&mut self, byte: usize) {
        if let Some(node) = self.open.pop() {
            let after = narrow(self.tree.nodes.len());
            let node = &mut self.tree.nodes[node as usize];
            node.end = after;
            node.stop = narrow(byte);
            self.names[node.tag as usize] -= 1;
        }
    }

    fn tag(&self, depth: usize) -> Tag {
        self.tree.nodes[self.open[depth] as usize].tag
    }

    /// Ends what a start tag ends without saying so.
    fn make_room(&mut self, tag: Tag) {
        use Tag::{A, Dd, Dt, Li, Option, P, Tbody, Td, Tfoot, Th, Thead, Tr};
        match tag {
            Li => self.close_up_to(&[Li], |tag| matches!(tag, Tag::Ul | Tag::Ol)),
            Dd | Dt => self.close_up_to(&[Dd, Dt], |tag| tag == Tag::Dl),
            Td | Th => self.close_up_to(&[Td, Th], |tag| matches!(tag, Tag::Table | Tr)),
            Tr => self.close_up_to(&[Tr], |tag| tag == Tag::Table),
            Tbody | Thead | Tfoot => self.close_up_to(&[Tbody, Thead, Tfoot], |tag| tag == Tag::Table),
            Option => self.close_up_to(&[Option], |tag| tag == Tag::Select),
            A => self.close_up_to(&[A], |tag| !tag.is_inline()),
            _ => {}
        }
        if tag.ends_paragraph() {
            self.close_up_to(&[P], Tag::is_wall);
        }
        let inner = self.open.len() - 1;
        if tag.is_heading() && self.tag(inner).is_heading() {
            self.close(self.tree.nodes.last().map_or(0, |node| node.stop as usize));
        }
    }

    /// Ends the innermost open element of some tags, and all inside it, unless a wall stands between.
    fn close_up_to(&mut self, tags: &[Tag], is_wall: impl Fn(Tag) -> bool) {
        if tags.iter().all(|&tag| self.names[tag as usize] == 0) {
            return;
        }
        let byte = self.tree.nodes.last().map_or(0, |node| node.stop as usize);
        for depth in (1..self.open.len()).rev() {
            let tag = self.tag(depth);
            if tags.contains(&tag) {
                while self.open.len() > depth {
                    self.close(byte);
                }
                return;
            }
            if is_wall(tag) {
                return;
            }
        }
    }

    fn end_tag(&mut self, tag: Tag, name: &str, byte: usize, after: usize) {
        if self.flattened[tag as usize] > 0 {
            self.flattened[tag as usize] -= 1;
            return;
        }
        // What follows the body is part of it.
        if self.names[tag as usize] == 0 || matches!(tag, Tag::Body | Tag::Html) {
            return;
        }
        for depth in (1..self.open.len()).rev() {
            let open = self.tag(depth);
            if open == tag && (tag != Tag::Other || self.has_name(depth, name)) {
                while self.open.len() > depth + 1 {
                    self.close(byte);
                }
                self.close(after);
                return;
            }
            // The end of a formatting element ends no block inside it; no end tag reaches out of a cell.
            if (tag.is_inline() && !open.is_inline()) || (open.is_wall() && !is_table_part(tag)) {
                return;
            }
        }
    }

    fn has_name(&self, depth: usize, name: &str) -> bool {
        let start = self.tree.nodes[self.open[depth] as usize].start as usize + 1;
        let written = &self.tree.page.as_bytes()[start..];
        written.get(..name.len()).is_some_and(|written| written.eq_ignore_ascii_case(name.as_bytes()))
    }
}

const fn is_table_part(tag: Tag) -> bool {
    matches!(tag, Tag::Table | Tag::Tbody | Tag::Thead | Tag::Tfoot | Tag::Tr | Tag::Td | Tag::Th | Tag::Template)
}

/// Offsets and counts are bounded by [`MOST_BYTES`].
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as nested brackets.
    fn shape(page: &str) -> String {
        let tree = Tree::new(page);
        let mut out = String::new();
        let mut ends: Vec<u32> = Vec::new();
        for (id, node) in tree.nodes.iter().enumerate().skip(1) {
            while ends.last().is_some_and(|&end| end as usize <= id) {
                ends.pop();
                out.push(')');
            }
            if node.tag == Tag::Text {
                out.push_str(&page[node.start as usize..node.stop as usize]);
            } else {
                out.push_str(&format!("{:?}(", node.tag).to_lowercase());
                ends.push(node.end);
            }
        }
        out.extend(ends.iter().map(|_| ')'));
        out
    }

    #[test]
    fn end_tags_that_may_be_left_out() {
        assert_eq!(shape("<div><p>a<p>b<ul><li>c<li>d</ul>e</div>f"), "div(p(a)p(b)ul(li(c)li(d))e)f");
        assert_eq!(shape("<table><tr><td>a<td>b<tr><td><p>c</table>d"), "table(tr(td(a)td(b))tr(td(p(c))))d");
        assert_eq!(shape("<p><b>a<div>b</div>"), "p(b(a))div(b)");
    }

    #[test]
    fn stray_end_tags_end_nothing() {
        assert_eq!(shape("<div>a</p></section></b>b</div>"), "div(ab)");
        assert_eq!(shape("<table><tr><td>a</div>b</td></tr></table>"), "table(tr(td(ab)))");
        assert_eq!(shape("<x-a><x-b>a</x-a>b"), "other(other(a))b");
        assert_eq!(shape("<body>a</body></html>b"), "body(ab)");
    }

    #[test]
    fn depth_is_bounded() {
        let page = format!("{}a{}<p>b", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = Tree::new(&page);
        let last = tree.nodes.len() - 1;
        assert_eq!(&page[tree.nodes[last].start as usize..tree.nodes[last].stop as usize], "b");
        assert_eq!(tree.nodes[last].parent as usize, last - 1);
        assert_eq!(tree.nodes[last - 1].parent, 0);
    }

    #[test]
    fn nodes_are_bounded() {
        let page = "<i>".repeat(500_000);
        let tree = Tree::new(&page);
        assert!(tree.truncated && tree.nodes.len() == MOST_NODES);
    }

    #[test]
    fn attributes_are_read_with_references() {
        let tree = Tree::new("<a href=' /x?a=1&amp;b=2 ' class=c>");
        assert_eq!(tree.attribute(1, Key::Href).as_deref(), Some("/x?a=1&b=2"));
        assert_eq!((tree.attribute(1, Key::Class).as_deref(), tree.attribute(1, Key::Id)), (Some("c"), None));
    }

    #[test]
    fn text_is_what_is_written() {
        let tree = Tree::new("<div>A<b>b</b> &amp;\n<p>c<br>d<script>x</script></div>");
        assert_eq!(tree.text(1), "Ab & c d");
    }
}
