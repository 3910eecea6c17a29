//! Who wrote a page, as the page marks it.
//!
//! Declared authors (JSON-LD, `meta`, `itemprop`, `rel="author"`) before names in elements that are called
//! bylines. A value is taken only if it reads as names: no address, no handle, no sentence, not the name of
//! the site. Nothing is better than a guess: an article without an author is common.

use std::ops::Range;

use super::is_aside;
use crate::date;
use crate::html::block::Blocks;
use crate::html::tag::Tag;
use crate::html::token::Key;
use crate::html::tree::{NodeId, Tree};
use crate::imprint;
use crate::lines::key;

/// Most words of a byline.
const MOST_WORDS: usize = 12;
/// Most characters of a byline.
const LONGEST: usize = 120;
/// Most words of a signature.
const SIGNATURE_WORDS: usize = 4;
/// Most nodes of an element that is a byline.
const MOST_NODES: usize = 60;
/// Most elements that bear the marks of one.
const MOST_MARKED: usize = 400;
/// Most elements asked.
const MOST_ELEMENTS: usize = 40;

/// The bylines of a page, one or more names each. `declared` are those of JSON-LD and `meta`, `others` what is no
/// author (the name of the site, the headline), `near` the blocks around the headline.
pub(super) fn find(
    tree: &Tree<'_>,
    blocks: &Blocks,
    near: &Range<usize>,
    declared: &[Vec<String>],
    others: &[&str],
) -> Vec<String> {
    let others: Vec<String> = others.iter().map(|other| key(other)).collect();
    let reads = |names: &mut dyn Iterator<Item = String>| -> Vec<String> {
        names.filter_map(|name| byline(&name)).filter(|name| !others.contains(&key(name))).collect()
    };
    for names in declared {
        let found = reads(&mut names.iter().cloned());
        if !found.is_empty() {
            return found;
        }
    }
    for marks in [is_declared, is_named] {
        let mut last_end = 0;
        let nodes = (1..tree.nodes.len())
            .filter(|&node| marks(tree, node) && tree.subtree(node).len() <= MOST_NODES)
            .take(MOST_MARKED)
            .filter(|&node| !is_aside(tree, blocks, node));
        // An element inside one that was asked says the same again.
        let outer = nodes.filter(|&node| {
            let new = node >= last_end;
            last_end = last_end.max(tree.nodes[node].end as usize);
            new
        });
        let mut found = reads(&mut outer.take(MOST_ELEMENTS).map(|node| tree.text(node)));
        let first = found.first().map(|name| key(name)).unwrap_or_default();
        let mut seen = Vec::new();
        found.retain(|name| {
            let key = key(name);
            let new = !seen.contains(&key) && (seen.is_empty() || !key.contains(&first));
            seen.push(key);
            new
        });
        // Many different ones are those of teasers.
        if !found.is_empty() {
            found.truncate(if found.len() > 4 { 1 } else { 4 });
            return found;
        }
    }
    written(blocks, near)
}

fn is_declared(tree: &Tree<'_>, node: NodeId) -> bool {
    let is = |key, wanted: &str| {
        tree.raw_attribute(node, key)
            .is_some_and(|value| value.split_ascii_whitespace().any(|value| value.eq_ignore_ascii_case(wanted)))
    };
    tree.nodes[node].has_attributes()
        && tree.nodes[node].tag != Tag::Meta
        && tree.nodes[node].tag != Tag::Link
        && (is(Key::Itemprop, "author") || is(Key::Rel, "author"))
}

fn is_named(tree: &Tree<'_>, node: NodeId) -> bool {
    const WRITERS: [&str; 12] = [
        "author",
        "authors",
        "autor",
        "autoren",
        "autorin",
        "byline",
        "auteur",
        "auteurs",
        "writer",
        "verfasser",
        "redakteur",
        "postedby",
    ];
    const OTHERS: [&str; 18] = [
        "bio",
        "box",
        "image",
        "avatar",
        "about",
        "description",
        "social",
        "comment",
        "comments",
        "commentauthor",
        "related",
        "img",
        "picture",
        "photo",
        "icon",
        "teaser",
        "list",
        "widget",
    ];
    let names = |key| {
        let Some(names) = tree.raw_attribute(node, key) else { return false };
        names.split_ascii_whitespace().take(8).any(|name| {
            let words: Vec<String> = name
                .split(|c: char| !c.is_ascii_alphabetic())
                .map(|word| word.chars().take(24).map(|c| c.to_ascii_lowercase()).collect())
                .collect();
            let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            (says(&WRITERS) || name == "authorName" || name == "postAuthor" || name == "posted-by") && !says(&OTHERS)
        })
    };
    let leads = || {
        tree.nodes[node].tag == Tag::A
            && tree.raw_attribute(node, Key::Href).is_some_and(|href| {
                ["/author/", "/authors/", "/autor/", "/autoren/", "/auteur/", "/auteurs/"]
                    .iter()
                    .any(|part| href.contains(part))
            })
    };
    tree.nodes[node].has_attributes() && (names(Key::Class) || names(Key::Id) || names(Key::Data) || leads())
}

/// The name in a line that dates and signs the article: "6 May 2024 – Ingrid Solberg".
fn after_date(line: &str) -> Option<String> {
    let (_, len) = date::read_start(line)?;
    let name = byline(line[len..].trim_start_matches(|c: char| !c.is_alphanumeric()))?;
    (is_capitalised(&name, Label::Usual) && name.split_whitespace().count() <= SIGNATURE_WORDS).then_some(name)
}

/// The name an article ends with, on a line of its own, set apart: "*Ingrid Solberg*".
pub(in crate::html) fn signature(line: &str) -> Option<String> {
    let words = line.split_whitespace().count();
    let bare = line.trim_matches(|c: char| matches!(c, '(' | ')' | '–' | '—' | '-') || c.is_whitespace());
    let only_names = bare
        .split_whitespace()
        .all(|word| word.starts_with(char::is_uppercase) && !word.ends_with([':', ',', '!', '?']));
    let name = byline(bare).filter(|_| only_names && (2..=SIGNATURE_WORDS).contains(&words))?;
    is_capitalised(&name, Label::Usual).then_some(name)
}

/// How surely a line is a byline by the words it begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Sure,
    Usual,
}

/// A byline in words near the headline: "By Ingrid Solberg".
fn written(blocks: &Blocks, near: &Range<usize>) -> Vec<String> {
    for at in near.clone() {
        let block = &blocks.blocks[at];
        let line = blocks.line(at);
        if block.words > MOST_WORDS {
            continue;
        }
        if let Some(name) = after_date(line) {
            return vec![name];
        }
        let Some(label) = label(line) else { continue };
        if let Some(name) = byline(line).filter(|name| is_capitalised(name, label)) {
            return vec![name];
        }
    }
    Vec::new()
}

/// Whether a line begins as bylines do; with a colon or a verb there is no doubt about it.
fn label(line: &str) -> Option<Label> {
    const SURE: [&str; 14] = [
        "posted by",
        "written by",
        "reported by",
        "author:",
        "by:",
        "von:",
        "autor:",
        "autorin:",
        "geschrieben von",
        "verfasst von",
        "eingestellt von",
        "erstellt von",
        "автор:",
        "auteur:",
    ];
    const USUAL: [&str; 8] = ["by", "von", "par", "por", "di", "door", "text:", "af"];
    let start: String = line.chars().take(24).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let start = start.to_lowercase();
    let begins = |labels: &[&str]| {
        labels
            .iter()
            .any(|label| start.strip_prefix(label).is_some_and(|rest| rest.starts_with(' ') || label.ends_with(':')))
    };
    if begins(&SURE) { Some(Label::Sure) } else { begins(&USUAL).then_some(Label::Usual) }
}

/// Whether most words of a name are capitalised, or its script has no capitals.
fn is_capitalised(name: &str, label: Label) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let small = words.iter().filter(|word| word.starts_with(char::is_lowercase)).count();
    (words.len() >= 2 || label == Label::Sure) && small * 2 < words.len() && !name.chars().any(|c| c.is_ascii_digit())
}

/// A byline as the record wants it, without "By"; `None` if it names nobody.
fn byline(raw: &str) -> Option<String> {
    const BEFORE: [&str; 44] = [
        "zeige alle beiträge von",
        "autor:",
        "автор",
        "eingestellt von",
        "erstellt von",
        "interview",
        "view all posts by",
        "beiträge von",
        "vom",
        "posts by",
        "all posts by",
        "written by",
        "posted by",
        "published by",
        "reported by",
        "by",
        "von",
        "par",
        "por",
        "di",
        "door",
        "af",
        "av",
        "autor",
        "autorin",
        "author",
        "authors",
        "auteur",
        "text",
        "texte",
        "texto",
        "ein beitrag von",
        "verfasst von",
        "geschrieben von",
        "veröffentlicht von",
        "story by",
        "from",
        "author(s)",
        "artikel von",
        "ein artikel von",
        "pressemitteilung von",
        "gespeichert von",
        "gepostet von",
        "redaktion:",
    ];
    let mut name = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.len() <= LONGEST
        && let Some(names) = imprint::names(&name)
    {
        name = names;
    }
    // The longest label first, and one label may follow another ("Text: von …").
    for _ in 0..2 {
        let label = BEFORE
            .iter()
            .filter(|label| {
                let Some(start) = name.get(..label.len()).filter(|start| start.eq_ignore_ascii_case(label)) else {
                    return false;
                };
                // "VonIngrid Solberg", but not "AFP".
                let glued = start.ends_with(char::is_lowercase);
                name[label.len()..].starts_with(|c: char| {
                    matches!(c, ' ' | ':') || (glued && c.is_uppercase()) || label.ends_with(':')
                })
            })
            .max_by_key(|label| label.len());
        let Some(label) = label else { break };
        name = name[label.len()..].trim_start_matches([' ', ':', '–', '-']).to_owned();
    }
    // What follows the name: a date, a role, a count of posts.
    for separator in
        [" | ", " • ", " · ", " – ", " — ", " - ", " on ", " am ", " (", " / ", " @", " Foto:", " im Gespräch mit "]
    {
        if let Some((head, _)) = name.split_once(separator) {
            name = head.trim().to_owned();
        }
    }
    if let Some((at, _)) =
        name.match_indices(", ").find(|&(at, _)| name[at + 2..].starts_with(|c: char| c.is_ascii_digit()))
    {
        name.truncate(at);
    }
    let name =
        name.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '|' | '-' | '–')).to_owned();
    (reads_as_names(&name)).then_some(name)
}

fn reads_as_names(name: &str) -> bool {
    const NOBODY: [&str; 35] = [
        "admin",
        "administrator",
        "author",
        "autor",
        "unknown",
        "anonymous",
        "n a",
        "na",
        "null",
        "none",
        "undefined",
        "root",
        "webmaster",
        "editor",
        "user",
        "gast",
        "guest",
        "about the author",
        "www",
        "advertisement",
        "leave a comment",
        "share",
        "by",
        "posted",
        "autoren",
        "authors",
        "publiziert am",
        "no author",
        "weiter",
        "von",
        "wordpressadmin",
        "super user",
        "staff",
        "agencies",
        "redaction",
    ];
    let words = name.split_whitespace().count();
    (1..=MOST_WORDS).contains(&words)
        && name.chars().count() <= LONGEST
        && name.chars().filter(|c| c.is_alphabetic()).count() >= 2
        && !name.contains("://")
        && !name.contains("www.")
        && !(words == 1 && name.rsplit_once('.').is_some_and(|(_, end)| (2..=4).contains(&end.len())))
        && !name.contains(['@', '{', '<', '=', '?', '!'])
        && name.chars().filter(char::is_ascii_digit).count() < 3
        && !NOBODY.contains(&key(name).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Vec<String> {
        with(page, &[])
    }

    fn with(page: &str, declared: &[Vec<String>]) -> Vec<String> {
        let tree = Tree::new(page);
        let blocks = Blocks::new(&tree);
        find(&tree, &blocks, &(0..blocks.blocks.len()), declared, &["Lindvik Post"])
    }

    #[test]
    fn declared_authors_come_first() {
        let page = "<p class=byline>By Somebody Else</p><a rel=author href=/x>Ingrid Solberg</a>";
        assert_eq!(of(page), ["Ingrid Solberg"]);
        let declared = [vec!["https://example.org/solberg".to_owned()], vec!["Omar Haddad".to_owned()]];
        assert_eq!(with(page, &declared), ["Omar Haddad"]);
    }

    #[test]
    fn signatures_are_names_alone() {
        assert_eq!(signature("Ingrid Solberg").as_deref(), Some("Ingrid Solberg"));
        assert_eq!(signature("(Ingrid Solberg)").as_deref(), Some("Ingrid Solberg"));
        for line in ["The end", "Ingrid", "Read More:", "Ingrid Solberg, Omar Haddad", "2024 Lindvik"] {
            assert_eq!(signature(line), None, "{line}");
        }
        assert_eq!(of("<h1>x</h1><p>6 May 2024 – Ingrid Solberg</p>"), ["Ingrid Solberg"]);
    }

    #[test]
    fn a_line_near_the_headline_is_a_byline() {
        assert_eq!(of("<h1>x</h1><p>Von Ingrid Solberg</p>"), ["Ingrid Solberg"]);
        assert_eq!(of("<p>By the numbers</p><p>Von hier aus</p><p>By 2030 there is no ferry</p>"), [""; 0]);
    }

    #[test]
    fn names_of_elements_are_a_byline() {
        assert_eq!(of("<div class=page-author>Posted on May 6, 2024 by Ingrid Solberg</div>"), ["Ingrid Solberg"]);
        assert_eq!(of("<p class=date-author>Ingrid Solberg, 06.05.2024</p>"), ["Ingrid Solberg"]);
        assert_eq!(of("<p class=author>AFP/Harbour Times</p>"), ["AFP/Harbour Times"]);
        assert_eq!(of("<div class='post-author'>Von <b>Ingrid Solberg</b> | 6. Mai</div>"), ["Ingrid Solberg"]);
        let rest = "<p>x</p>".repeat(20);
        assert_eq!(of(&format!("<aside><span class=author>Omar Haddad</span></aside>{rest}")), [""; 0]);
        assert_eq!(of("<span class=author>Lindvik Post</span><span class=author>admin</span>"), [""; 0]);
    }
}
