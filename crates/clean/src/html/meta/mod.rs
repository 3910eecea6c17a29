//! What a page says about its article: JSON-LD, OpenGraph and other `meta`, microdata, and what readers see.
//!
//! Everything here is the page's word: `clean.rs` sets the user's above it. Where several of the page's own
//! words differ, the more deliberate one counts: structured data written for machines before names of elements,
//! except for the headline, where what readers see counts (`title.rs`).

mod author;
mod head;
mod jsonld;
mod title;
mod when;

use std::ops::Range;

use copydesk_article::{DateStamp, RemovalReason};

use super::block::{Blocks, Kind};
use super::tag::Tag;
use super::tree::{NodeId, Tree};
use crate::address;
use crate::lines::key;
pub(super) use author::signature;
use head::Head;

/// Most tags and sections that are kept.
const MOST_LABELS: usize = 40;
/// Blocks before the headline that may tell author and date.
const BEFORE_HEADLINE: usize = 8;
/// Blocks from the headline on that may.
const AFTER_HEADLINE: usize = 20;

/// The page's word about its article.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    /// Address the page calls its own, of the same site and not its root.
    pub canonical_url: Option<String>,
    /// Address that relative ones count from.
    pub base: Option<String>,
    /// Name of the outlet.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck.
    pub subtitle: Option<String>,
    /// Bylines.
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Option<DateStamp>,
    /// When it was last changed.
    pub modified: Option<DateStamp>,
    /// When it was published, counted from the fetch, where no date says it.
    pub published_ago: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// article, live, opinion, gallery, video.
    pub kind: Option<String>,
    /// Body that the page declares, besides what it shows.
    pub body: Option<String>,
    /// Whether the page says it must be paid for.
    pub paywalled: bool,
    /// Sections.
    pub sections: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Addresses of pictures.
    pub images: Vec<String>,
}

/// Reads what a page says. `supplied` is the address it was fetched from.
pub(super) fn read(tree: &Tree<'_>, blocks: &Blocks, supplied: Option<&str>) -> Meta {
    let head = Head::new(tree);
    let article = jsonld::read(tree).unwrap_or_default();
    let own = head.canonical.as_deref().or_else(|| head.first(&["og:url", "twitter:url"]));
    let base = head.base.clone().or_else(|| supplied.map(str::to_owned));
    let own = own.and_then(|own| address::absolute(own, base.as_deref()));
    let base = base.or_else(|| own.clone());
    let fetched = supplied.and_then(address::host);
    let canonical_url = own.filter(|own| {
        let same = |here: &String| address::host(own).is_some_and(|there| address::is_same_site(here, &there));
        fetched.as_ref().is_none_or(same) && !address::is_root(own)
    });
    let site = head
        .first(&["og:site_name", "application-name", "al:android:app_name"])
        .map(str::to_owned)
        .or_else(|| article.publisher.clone());
    let open_graph = head.first(&["og:title", "twitter:title", "dc.title", "dcterms.title", "sailthru.title"]);
    let candidates = title::Candidates {
        json_ld: article.headline.as_deref(),
        open_graph,
        document: head.title.as_deref(),
        site: site.as_deref(),
    };
    let of_meta =
        |names: &[&str]| -> Vec<String> { names.iter().flat_map(|name| head.all(name)).map(str::to_owned).collect() };
    let declared = [
        article.authors.clone(),
        of_meta(&["author"]),
        of_meta(&["article:author", "og:article:author", "parsely-author", "sailthru.author"]),
        of_meta(&["dc.creator", "dcterms.creator", "dc.contributor", "citation_author", "byl", "creator"]),
    ];
    let dates = (article.published.as_deref(), article.modified.as_deref());
    let title = title::choose(tree, &candidates);
    let near = around_headline(blocks, title.as_deref());
    let when = when::find(tree, &head, dates, canonical_url.as_deref().or(supplied), blocks, &near);
    let nobody: Vec<&str> =
        [site.as_deref(), article.publisher.as_deref(), title.as_deref()].into_iter().flatten().collect();
    let authors = author::find(tree, blocks, &near, &declared, &nobody);
    let sections = labels(article.sections.iter().cloned().chain(of_meta(&["article:section", "section"])), false);
    let tags = labels(
        article.keywords.iter().cloned().chain(of_meta(&[
            "article:tag",
            "og:article:tag",
            "news_keywords",
            "keywords",
            "parsely-tags",
        ])),
        true,
    );
    let pictures = of_meta(&["og:image", "og:image:secure_url", "twitter:image"]).into_iter().chain(article.images);
    let images = unique(pictures.filter_map(|image| address::absolute(&image, base.as_deref())));
    Meta {
        title,
        subtitle: article.subtitle,
        authors,
        published: when.published,
        modified: when.modified,
        published_ago: when.published_ago,
        language: head
            .language
            .clone()
            .or_else(|| head.first(&["og:locale", "content-language", "language", "dc.language"]).map(str::to_owned))
            .or(article.language),
        kind: kind(article.kind.as_deref(), head.first(&["og:type"]), &sections).map(str::to_owned),
        body: article.body,
        paywalled: article.paywalled || head.first(&["article:content_tier"]).is_some_and(|tier| tier == "locked"),
        sections,
        tags,
        images,
        canonical_url,
        base,
        site,
    }
}

/// The blocks around the headline, where pages write who wrote the article and when.
fn around_headline(blocks: &Blocks, title: Option<&str>) -> Range<usize> {
    let wanted = title.map(key).unwrap_or_default();
    let count = blocks.blocks.len();
    let is_heading = |at: &usize| matches!(blocks.blocks[*at].kind, Kind::Heading(_));
    let named = (0..count).filter(|&at| blocks.blocks[at].words <= 40).find(|&at| key(blocks.line(at)) == wanted);
    let prose = || (0..count).find(|&at| blocks.blocks[at].words >= 25 && !blocks.blocks[at].is_linked());
    let at = named.or_else(|| (0..count).find(is_heading)).or_else(prose).unwrap_or(0);
    at.saturating_sub(BEFORE_HEADLINE)..(at + AFTER_HEADLINE).min(count)
}

/// Whether an element stands among teasers, comments or menus, where other articles are dated and other people
/// named.
fn is_aside(tree: &Tree<'_>, blocks: &Blocks, node: NodeId) -> bool {
    let mut at = tree.nodes[node].parent as usize;
    // What holds much of the page is a wrapper with an unlucky name.
    while at != 0 && tree.subtree(at).len() * 4 < tree.nodes.len() {
        let wraps_headline = || tree.nodes[tree.subtree(at)].iter().any(|node| node.tag == Tag::H1);
        let against = blocks.hint(at).against.filter(|against| against.strong && !wraps_headline());
        if against.is_some_and(|against| {
            matches!(against.reason, RemovalReason::Navigation | RemovalReason::Share | RemovalReason::Teaser)
        }) {
            return true;
        }
        at = tree.nodes[at].parent as usize;
    }
    false
}

fn kind(json_ld: Option<&str>, open_graph: Option<&str>, sections: &[String]) -> Option<&'static str> {
    const OPINION: [&str; 12] = [
        "opinion",
        "opinions",
        "op ed",
        "op eds",
        "editorial",
        "editorials",
        "commentary",
        "columnists",
        "meinung",
        "kommentar",
        "opinión",
        "tribune",
    ];
    let of_sections = || sections.iter().any(|section| OPINION.contains(&key(section).as_str())).then_some("opinion");
    match json_ld {
        Some("LiveBlogPosting") => Some("live"),
        Some("OpinionNewsArticle") => Some("opinion"),
        Some("ImageGallery") => Some("gallery"),
        Some("VideoObject") => Some("video"),
        Some("PodcastEpisode") => Some("audio"),
        Some("Review" | "ReviewNewsArticle") => Some("review"),
        Some("Recipe") => Some("recipe"),
        Some("WebPage" | "ItemPage" | "CreativeWork") | None => match open_graph {
            Some(open_graph) if open_graph.starts_with("video") => Some("video"),
            Some("article") => of_sections().or(Some("article")),
            _ => None,
        },
        Some(_) => of_sections().or(Some("article")),
    }
}

/// Labels as lists of short texts; `split` where one value may hold several, parted by commas.
fn labels(values: impl Iterator<Item = String>, split: bool) -> Vec<String> {
    let parts = values.flat_map(|value| -> Vec<String> {
        if split { value.split([',', ';']).map(str::to_owned).collect() } else { vec![value] }
    });
    unique(parts.map(|label| label.trim().to_owned()).filter(|label| !label.is_empty() && label.chars().count() <= 80))
}

/// Each value once, in order.
fn unique(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in values {
        if found.len() < MOST_LABELS && !found.iter().any(|known| known.eq_ignore_ascii_case(&value)) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_site_or_its_front_page_is_not_the_articles() {
        let canonical = |href: &str| {
            let page = format!("<link rel=canonical href='{href}'>");
            let tree = Tree::new(&page);
            read(&tree, &Blocks::new(&tree), Some("https://www.example.org/pier?x=1")).canonical_url
        };
        assert_eq!(canonical("/pier").as_deref(), Some("https://www.example.org/pier"));
        assert_eq!(canonical("https://example.org/pier").as_deref(), Some("https://example.org/pier"));
        assert_eq!((canonical("https://other.example/pier"), canonical("https://example.org/")), (None, None));
    }

    #[test]
    fn labels_are_split_and_kept_once() {
        let page = "<meta name=keywords content='Ferry, pier;Harbour , ferry'><meta property=article:section content=Opinion>\
                    <meta property=og:type content=article>";
        let tree = Tree::new(page);
        let meta = read(&tree, &Blocks::new(&tree), None);
        assert_eq!(meta.tags, ["Ferry", "pier", "Harbour"]);
        assert_eq!((meta.sections, meta.kind.as_deref()), (vec!["Opinion".to_owned()], Some("opinion")));
    }
}
