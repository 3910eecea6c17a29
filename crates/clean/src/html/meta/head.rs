//! The head of a page: `meta`, `link`, `title`, `base`, and the language of the document.

use crate::address;
use crate::html::entity;
use crate::html::tag::Tag;
use crate::html::token::Key;
use crate::html::tree::{NodeId, Tree};

/// Most `meta` elements that are read.
const MOST_METAS: usize = 500;

/// What the head says, as written.
#[derive(Debug, Default)]
pub(super) struct Head {
    metas: Vec<(String, String)>,
    /// Content of `title`.
    pub title: Option<String>,
    /// Address by `rel="canonical"`.
    pub canonical: Option<String>,
    /// Address that relative ones count from.
    pub base: Option<String>,
    /// `lang` of the document.
    pub language: Option<String>,
}

impl Head {
    /// Reads the head, wherever its elements stand.
    pub(super) fn new(tree: &Tree<'_>) -> Self {
        let mut head = Self::default();
        for (node, found) in tree.nodes.iter().enumerate() {
            match found.tag {
                Tag::Meta => head.read_meta(tree, node),
                Tag::Title if head.title.is_none() && !is_in_picture(tree, node) => {
                    let title = entity::decode(tree.raw_text(node));
                    head.title = line(&title);
                }
                Tag::Link
                    if head.canonical.is_none()
                        && tree.raw_attribute(node, Key::Rel).is_some_and(|rel| {
                            rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("canonical"))
                        }) =>
                {
                    head.canonical = tree.attribute(node, Key::Href).and_then(|href| line(&href));
                }
                Tag::Base if head.base.is_none() => {
                    head.base = tree.attribute(node, Key::Href).and_then(|href| address::absolute(&href, None));
                }
                Tag::Html if head.language.is_none() => {
                    head.language = tree.attribute(node, Key::Lang).and_then(|code| line(&code));
                }
                _ => {}
            }
        }
        head
    }

    fn read_meta(&mut self, tree: &Tree<'_>, node: NodeId) {
        if self.metas.len() >= MOST_METAS {
            return;
        }
        let Some(content) = tree.attribute(node, Key::Content).and_then(|content| line(&content)) else { return };
        for key in [Key::Property, Key::Name, Key::Itemprop] {
            if let Some(name) = tree.raw_attribute(node, key) {
                self.metas.push((name.trim().to_ascii_lowercase(), content.clone()));
            }
        }
    }

    /// The first value of the first of some names that the page has.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.all(name).next())
    }

    /// All values of a name.
    pub(super) fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        let name = name.to_owned();
        self.metas.iter().filter(move |(known, _)| *known == name).map(|(_, content)| content.as_str())
    }
}

/// Whether a title belongs to a drawing.
fn is_in_picture(tree: &Tree<'_>, node: NodeId) -> bool {
    tree.nodes[tree.nodes[node].parent as usize].tag == Tag::Svg
}

/// A text on one line; `None` if it is blank.
fn line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read() {
        let page = "<html lang=en-GB><title>Pier &amp;\n ferry</title><META Property='OG:Title' content=' a  b '>\
                    <link rel='Canonical' href='/x'><base href='https://example.org/'><meta name=author content=''>";
        let head = Head::new(&Tree::new(page));
        assert_eq!(head.title.as_deref(), Some("Pier & ferry"));
        assert_eq!((head.first(&["author", "og:title"]), head.canonical.as_deref()), (Some("a b"), Some("/x")));
        assert_eq!((head.base.as_deref(), head.language.as_deref()), (Some("https://example.org/"), Some("en-GB")));
    }
}
