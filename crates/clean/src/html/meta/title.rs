//! The headline of a page.
//!
//! A page says its headline several times, each time a little different: `h1`, `og:title`, JSON-LD, `title` with
//! the name of the site behind it. The `h1` is what readers see, so it wins where another of them agrees with
//! it; alone it may be the name of the site. Then JSON-LD and OpenGraph, and last `title` without the site.

use crate::html::tag::Tag;
use crate::html::tree::Tree;
use crate::lines::key;

/// Most headings looked at.
const MOST_HEADINGS: usize = 24;
/// Most characters of a headline.
const LONGEST: usize = 300;

/// What may be the headline.
pub(super) struct Candidates<'a> {
    /// From JSON-LD.
    pub json_ld: Option<&'a str>,
    /// From OpenGraph and the like.
    pub open_graph: Option<&'a str>,
    /// From `title`.
    pub document: Option<&'a str>,
    /// Name of the site.
    pub site: Option<&'a str>,
}

/// Chooses the headline.
pub(super) fn choose(tree: &Tree<'_>, candidates: &Candidates<'_>) -> Option<String> {
    let site = candidates.site.map(key).unwrap_or_default();
    let said: Vec<&str> =
        [candidates.json_ld, candidates.open_graph, candidates.document].into_iter().flatten().collect();
    let said_keys: Vec<String> = said.iter().map(|title| key(title)).collect();
    let headings = headings(tree);
    let fits = |heading: &&String| {
        let heading = key(heading);
        heading.len() >= 4 && heading != site && said_keys.iter().any(|said| agrees(said, &heading))
    };
    if let Some(heading) = headings.iter().find(fits) {
        return Some(heading.clone());
    }
    // An `h1` that nobody confirms is the headline only where it is the only one and nothing better is there.
    let told = candidates.json_ld.or(candidates.open_graph).map(|title| without_site(title, &site));
    let document = candidates.document.map(|title| without_site(title, &site));
    let lone = match &headings[..] {
        [heading] if key(heading) != site => Some(heading.clone()),
        _ => None,
    };
    told.filter(|title| key(title) != site).map(str::to_owned).or(lone).or_else(|| document.map(str::to_owned))
}

fn headings(tree: &Tree<'_>) -> Vec<String> {
    let nodes = (1..tree.nodes.len()).filter(|&node| tree.nodes[node].tag == Tag::H1);
    nodes.take(MOST_HEADINGS).map(|node| tree.text(node)).filter(|text| is_headline(text)).collect()
}

fn is_headline(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric) && text.len() <= LONGEST * 4 && text.chars().count() <= LONGEST
}

/// Whether what a page says begins with, or is, a heading; both are keys.
fn agrees(said: &str, heading: &str) -> bool {
    if said == heading {
        return true;
    }
    let words = heading.split(' ').count();
    // With the name of the site or a section around it.
    (words >= 2 || heading.len() >= 8) && said.contains(heading) && heading.len() * 3 >= said.len()
        || words >= 4 && heading.contains(said) && said.len() * 3 >= heading.len() * 2
}

/// A title without the name of the site behind or before it.
pub(super) fn without_site<'a>(title: &'a str, site: &str) -> &'a str {
    const SEPARATORS: [&str; 10] = [" | ", " - ", " – ", " — ", " · ", " :: ", " » ", " « ", " • ", " / "];
    for separator in SEPARATORS {
        let Some((head, tail)) = title.rsplit_once(separator) else { continue };
        let (first, rest) = title.split_once(separator).unwrap_or((head, tail));
        let tail_key = key(tail);
        let is_site = |text: &str| !site.is_empty() && (text == site || text.contains(site) || site.contains(text));
        if !tail_key.is_empty() && is_site(&tail_key) && !head.trim().is_empty() {
            return without_site(head.trim(), site);
        }
        if is_site(&key(first)) && !key(first).is_empty() && key(rest).split(' ').count() >= 3 {
            return rest.trim();
        }
        // Without a name to go by: a short tail behind a long head.
        let words = |text: &str| text.split_whitespace().count();
        if matches!(separator, " | " | " :: " | " » " | " - " | " – " | " — ")
            && words(tail) <= 4
            && words(head) >= 3
            && words(head) > words(tail)
            && site.is_empty()
        {
            return head.trim();
        }
    }
    title.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(page: &str, open_graph: Option<&str>, document: Option<&str>, site: Option<&str>) -> Option<String> {
        choose(&Tree::new(page), &Candidates { json_ld: None, open_graph, document, site })
    }

    #[test]
    fn the_heading_wins_where_it_is_confirmed() {
        let page = "<h1>Lindvik Post</h1><h1>Board closes <i>pier</i></h1>";
        let document = Some("Board closes pier – Harbour | Lindvik Post");
        assert_eq!(title(page, None, document, Some("Lindvik Post")).as_deref(), Some("Board closes pier"));
        assert_eq!(
            title("<h1>Harbour news</h1>", Some("Board closes pier"), None, None).as_deref(),
            Some("Board closes pier")
        );
    }

    #[test]
    fn the_name_of_the_site_goes() {
        for (said, site) in [
            ("Board closes pier | Lindvik Post", "lindvik post"),
            ("Lindvik Post: x - Board closes pier", "lindvik post x"),
            ("Board closes pier - News - Lindvik Post", "news lindvik post"),
            ("Board closes pier | Lindvik Post", ""),
        ] {
            assert_eq!(without_site(said, site), "Board closes pier", "{said}");
        }
        assert_eq!(without_site("Spring – and no ferry yet in sight", "lindvik"), "Spring – and no ferry yet in sight");
    }
}
