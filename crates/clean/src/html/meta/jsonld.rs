//! JSON-LD: what a page says about its article to search engines (schema.org).
//!
//! Pages carry several scripts with graphs of several things; the article is the thing of an article's type.
//! Scripts are written by templates, and often not quite JSON: comments, CDATA marks, bare line breaks in
//! strings and a trailing semicolon are forgiven, anything else makes a script say nothing. Walking is
//! bounded, and `serde_json` bounds the depth.

use std::collections::HashMap;

use serde_json::Value;

use crate::html::block::Blocks;
use crate::html::entity;
use crate::html::tag::Tag;
use crate::html::token::Key;
use crate::html::tree::Tree;

/// Most bytes of one script.
const MOST_BYTES: usize = 1 << 20;
/// Most things looked at.
const MOST_THINGS: usize = 400;
/// Most values of a list.
const MOST_VALUES: usize = 64;

/// What JSON-LD says about the article, as written.
#[derive(Debug, Default)]
pub(super) struct Article {
    /// Type, as in schema.org.
    pub kind: Option<String>,
    /// `headline`, else `name`.
    pub headline: Option<String>,
    /// `alternativeHeadline`.
    pub subtitle: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// `datePublished`, else `dateCreated`.
    pub published: Option<String>,
    /// `dateModified`.
    pub modified: Option<String>,
    /// Name of the publisher.
    pub publisher: Option<String>,
    /// `articleSection`.
    pub sections: Vec<String>,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// `inLanguage`.
    pub language: Option<String>,
    /// `articleBody`, its paragraphs parted by blank lines as far as it parts them.
    pub body: Option<String>,
    /// Whether the article must be paid for.
    pub paywalled: bool,
}

/// Reads the scripts of a page.
pub(super) fn read(tree: &Tree<'_>) -> Option<Article> {
    let mut best: Option<(usize, Article)> = None;
    let mut people: HashMap<String, String> = HashMap::new();
    let mut persons: Vec<String> = Vec::new();
    let mut looked = 0;
    for node in 1..tree.nodes.len() {
        if tree.nodes[node].tag != Tag::Script
            || !tree.raw_attribute(node, Key::Type).is_some_and(|kind| kind.trim().starts_with("application/ld+json"))
        {
            continue;
        }
        let Some(value) = parse(tree.raw_text(node)) else { continue };
        let mut things = vec![&value];
        let mut at = 0;
        while at < things.len() && looked < MOST_THINGS {
            let thing = things[at];
            at += 1;
            looked += 1;
            match thing {
                Value::Array(items) => things.extend(items.iter().take(MOST_VALUES)),
                Value::Object(fields) => {
                    if types(thing).any(|kind| kind == "Person") {
                        persons.extend(text(&thing["name"]));
                    }
                    if let (Some(id), Some(name)) = (text(&thing["@id"]), text(&thing["name"])) {
                        people.entry(id).or_insert(name);
                    }
                    let rank = rank(thing);
                    if rank > 0 && best.as_ref().is_none_or(|(known, _)| rank > *known) {
                        best = Some((rank, article(thing)));
                    }
                    things.extend(
                        ["@graph", "mainEntity", "mainEntityOfPage", "hasPart"]
                            .iter()
                            .filter_map(|key| fields.get(*key).filter(|value| value.is_object() || value.is_array())),
                    );
                }
                _ => {}
            }
        }
    }
    let (_, mut article) = best?;
    // An author may be named elsewhere in the graph.
    for author in &mut article.authors {
        if let Some(name) = people.get(author) {
            author.clone_from(name);
        }
    }
    // The one person a graph describes is the author, where the article names none.
    if article.authors.is_empty() && persons.len() == 1 {
        article.authors = persons;
    }
    Some(article)
}

fn parse(script: &str) -> Option<Value> {
    if script.len() > MOST_BYTES {
        return None;
    }
    let script = script.trim();
    let script = script.strip_prefix("<!--").unwrap_or(script);
    let script = script.trim().trim_start_matches("//").trim_start_matches("<![CDATA[");
    let script = script.trim_end().trim_end_matches("-->").trim_end_matches("]]>");
    let script = script.trim_end().trim_end_matches("//").trim_end().trim_end_matches(';');
    serde_json::from_str(script).ok().or_else(|| {
        // Line breaks and other control characters inside strings.
        let blank: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        serde_json::from_str(&blank).ok()
    })
}

/// How much a thing is the article of the page: 0 not at all.
fn rank(thing: &Value) -> usize {
    types(thing)
        .map(|kind| match kind {
            "NewsArticle"
            | "ReportageNewsArticle"
            | "AnalysisNewsArticle"
            | "OpinionNewsArticle"
            | "BackgroundNewsArticle"
            | "ReviewNewsArticle"
            | "AskPublicNewsArticle" => 5,
            "LiveBlogPosting" => 5,
            "Article"
            | "BlogPosting"
            | "Report"
            | "TechArticle"
            | "ScholarlyArticle"
            | "SatiricalArticle"
            | "AdvertiserContentArticle"
            | "Review"
            | "Recipe" => 4,
            "SocialMediaPosting" | "DiscussionForumPosting" => 3,
            "VideoObject" | "ImageGallery" | "PodcastEpisode" => 2,
            "WebPage" | "ItemPage" | "CreativeWork" => 1,
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}

fn types(thing: &Value) -> impl Iterator<Item = &str> {
    let kind = &thing["@type"];
    let many = kind.as_array().into_iter().flatten().filter_map(Value::as_str);
    kind.as_str().into_iter().chain(many).map(|kind| kind.rsplit(['/', ':']).next().unwrap_or(kind))
}

fn article(thing: &Value) -> Article {
    Article {
        kind: types(thing).next().map(str::to_owned),
        headline: text(&thing["headline"]).or_else(|| text(&thing["name"])),
        subtitle: text(&thing["alternativeHeadline"]),
        authors: match names(&thing["author"]) {
            authors if authors.is_empty() => names(&thing["creator"]),
            authors => authors,
        },
        published: text(&thing["datePublished"]).or_else(|| text(&thing["dateCreated"])),
        modified: text(&thing["dateModified"]),
        publisher: names(&thing["publisher"]).into_iter().next(),
        sections: texts(&thing["articleSection"]),
        keywords: texts(&thing["keywords"]),
        images: addresses(&thing["image"]),
        language: text(&thing["inLanguage"]).or_else(|| text(&thing["inLanguage"]["alternateName"])),
        body: body(&thing["articleBody"]),
        paywalled: match &thing["isAccessibleForFree"] {
            Value::Bool(free) => !free,
            Value::String(free) => free.eq_ignore_ascii_case("false"),
            _ => false,
        },
    }
}

/// A body; it may be a piece of HTML itself.
fn body(value: &Value) -> Option<String> {
    let written = value.as_str()?;
    let decoded = if written.contains('&') { entity::decode(written) } else { written.to_owned() };
    let text = if decoded.contains("</") || decoded.contains("<br") {
        let tree = Tree::new(&decoded);
        let blocks = Blocks::new(&tree);
        (0..blocks.blocks.len()).map(|at| blocks.line(at)).collect::<Vec<_>>().join("\n")
    } else {
        decoded
    };
    let paragraphs = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = paragraphs.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n");
    (!text.is_empty()).then_some(text)
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    // Templates put HTML references into JSON, too.
    let text = if text.contains('&') { entity::decode(text) } else { text.to_owned() };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn many(value: &Value) -> impl Iterator<Item = &Value> {
    let one = (!value.is_array()).then_some(value);
    one.into_iter().chain(value.as_array().into_iter().flatten().take(MOST_VALUES))
}

fn texts(value: &Value) -> Vec<String> {
    many(value).filter_map(text).collect()
}

/// Names of people or organisations, written as texts, as things, or as references to things.
fn names(value: &Value) -> Vec<String> {
    let of = |one: &Value| match texts(&one["name"]) {
        names if names.is_empty() => texts(&one["@id"]),
        names => names,
    };
    many(value).flat_map(|one| if one.is_object() { of(one) } else { texts(one) }).collect()
}

fn addresses(value: &Value) -> Vec<String> {
    many(value).filter_map(|one| text(one).or_else(|| text(&one["url"])).or_else(|| text(&one["contentUrl"]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str) -> Option<Article> {
        read(&Tree::new(&format!("<script type='application/ld+json'>{script}</script>")))
    }

    #[test]
    fn the_article_is_found_in_the_graph() {
        let article = of(r#"{"@graph": [{"@type": "WebPage", "name": "x"}, {"@type": ["NewsArticle"],
            "headline": "Pier &amp; ferry", "author": [{"@type": "Person", "name": "Ingrid Solberg"}, "Omar Haddad"],
            "datePublished": "2024-05-06", "image": {"url": "/p.jpg"}, "isAccessibleForFree": "False"}]}"#)
        .expect("an article");
        assert_eq!(article.headline.as_deref(), Some("Pier & ferry"));
        assert_eq!(article.authors, ["Ingrid Solberg", "Omar Haddad"]);
        assert_eq!((article.published.as_deref(), article.paywalled), (Some("2024-05-06"), true));
        assert_eq!(article.images, ["/p.jpg"]);
    }

    #[test]
    fn what_templates_get_wrong_is_forgiven() {
        let article = of("//<![CDATA[\n{\"@type\": \"Article\", \"headline\": \"a\nb\"};\n//]]>").expect("an article");
        assert_eq!(article.headline.as_deref(), Some("a b"));
        assert!(of("{\"@type\": \"Article\"").is_none() && of("{\"@type\": \"Person\"}").is_none());
        assert!(of(&"[".repeat(100_000)).is_none());
    }
}
