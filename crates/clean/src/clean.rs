//! One article: what came in, what goes out, and the way between.

use std::borrow::Cow;

use copydesk_article::{
    Author, Conflict, DateStamp, Image, Language, Link, Origin, Problem, Removal, Repair, RepairKind, Supplied,
};
use copydesk_boilerplate::Observed;
use serde::{Deserialize, Serialize};

use crate::charset::{Decoded, Hints, decode};
use crate::found::Found;
use crate::guide::{Field, Guide};
use crate::html::{self, Request, Scope};
use crate::lore::Lore;
use crate::positions::Positions;
use crate::repair::{Mend, Repaired};
use crate::settle::{Settle, list, stated};
use crate::stamp::Stamps;
use crate::{language, local_time, plain, web};

/// The text of an article as its source gave it.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A plain-text file, in any charset.
    Bytes(&'a [u8]),
    /// The text field of a record whose format fixed the charset.
    Text(&'a str),
    /// A web page, in any charset.
    Html(&'a [u8]),
    /// A piece of HTML of a format that fixed the charset.
    Markup(&'a str),
}

/// What to do with what the rules find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Leave the text as decoded, to the letter. Title, authors, dates and language are still found.
    Off,
    /// List it in `removed` and leave it in the text. Characters and paragraphs are mended as in `Cut`.
    Mark,
    /// List it in `removed` and cut it.
    #[default]
    Cut,
}

/// One article to clean.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its text.
    pub source: Source<'a>,
    /// What came with it; beats what the text says.
    pub supplied: &'a Supplied,
    /// What to do with what the rules find.
    pub mode: Mode,
}

/// A cleaned article. Offsets of `removed` and `repairs` are `char`s of the decoded source: the text (of a page,
/// the markup) as it was before any repair, without its byte order mark. The text of a removal from a page is
/// what a reader would see of that stretch of markup.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    /// Name of the charset, lower-cased, of [`Source::Bytes`] and [`Source::Html`] (WHATWG's, but for the few that
    /// it lacks); `None` where the format fixed it.
    pub charset: Option<String>,
    /// Address the page calls its own.
    pub canonical_url: Option<String>,
    /// Outlet.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck, if one was supplied or the page marks one.
    pub subtitle: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// When it was published.
    pub published: Option<DateStamp>,
    /// When it was last changed.
    pub modified: Option<DateStamp>,
    /// article, live, opinion, gallery, …
    pub kind: Option<String>,
    /// full, truncated, paywalled, stub.
    pub completeness: Option<String>,
    /// Sections or categories.
    pub sections: Vec<String>,
    /// Tags or keywords.
    pub tags: Vec<String>,
    /// Pictures.
    pub images: Vec<Image>,
    /// Links in `text`.
    pub links: Vec<Link>,
    /// Language of `text`.
    pub language: Language,
    /// The body: paragraphs separated by one blank line. Empty only if the source is blank.
    pub text: String,
    /// What was cut (listed, in [`Mode::Mark`]), in order, without overlaps.
    pub removed: Vec<Removal>,
    /// What recurs over many stories of the site and reads as a sentence: listed like a removal, and left in the text.
    pub marked: Vec<Removal>,
    /// What a learner of boilerplate is told of the article; none without rules to learn for ([`Guide::learned`]).
    pub observed: Option<Observed>,
    /// What was mended, in order.
    pub repairs: Vec<Repair>,
    /// What was said of a field and lost to a better word.
    pub conflicts: Vec<Conflict>,
    /// What could not be read, and rules that were not followed.
    pub problems: Vec<Problem>,
}

/// Cleans one article. Never panics, whatever the bytes.
#[must_use]
pub fn clean(input: &Input<'_>) -> Cleaned {
    clean_with(input, &Guide::default())
}

/// Cleans one article by what is known besides it: what was learned of its site, what the user wants of its source.
/// Never panics, whatever the bytes.
#[must_use]
pub fn clean_with(input: &Input<'_>, guide: &Guide<'_>) -> Cleaned {
    let Input { source, supplied, mode } = *input;
    let mut lore = Lore::new(guide, supplied);
    let (decoded, charset, invalid, doubt) = decoded(source, supplied);
    let repaired = if is_markup(source) { Repaired::markup(&decoded) } else { Repaired::plain(&decoded) };
    let mut found = read(source, &decoded, &repaired, supplied, mode, guide, &mut lore);
    if invalid {
        found.mends.extend(invalid_bytes(&decoded));
    }
    let mut settle = Settle::new(supplied, guide.source);
    let (language, language_problem) = language::language(&found.text, supplied.language.as_deref());
    settle.language(&language.code, found.language.as_deref());
    let images = supplied.images.iter().map(|url| Image { url: url.clone(), caption: None, credit: None });
    let (published, modified) = dates(&mut settle, found.stamps, supplied, guide);
    Cleaned {
        charset,
        canonical_url: settle.text(Field::CanonicalUrl, supplied.canonical_url.as_deref(), found.canonical_url),
        site: settle.text(Field::Site, supplied.site.as_deref(), found.site),
        title: settle.text(Field::Title, supplied.title.as_deref(), found.title),
        subtitle: settle.text(Field::Subtitle, supplied.subtitle.as_deref(), found.subtitle),
        authors: settle.authors(&supplied.authors, found.authors),
        published,
        modified,
        kind: found.kind,
        completeness: found.completeness,
        sections: list(&supplied.sections, found.sections),
        tags: list(&supplied.tags, found.tags),
        images: list(&images.collect::<Vec<_>>(), found.images),
        links: found.links,
        language,
        text: found.text,
        removed: found.removed,
        marked: found.marked,
        observed: found.observed,
        repairs: repairs(found.mends, &decoded),
        conflicts: settle.conflicts,
        problems: (supplied.problems.iter().cloned())
            .chain(doubt)
            .chain(found.problems)
            .chain(settle.problems)
            .chain(language_problem)
            .map(problem)
            .collect(),
    }
}

/// The text that the offsets of [`Cleaned::removed`] and [`Cleaned::repairs`] count in: the source decoded, before
/// any repair; of a page, its markup.
#[must_use]
pub fn source_text(source: Source<'_>, supplied: &Supplied) -> String {
    decoded(source, supplied).0.into_owned()
}

/// Text of a source, its charset, whether bytes were invalid, and what is doubtful about it.
fn decoded<'a>(source: Source<'a>, supplied: &Supplied) -> (Cow<'a, str>, Option<String>, bool, Option<String>) {
    let (bytes, markup) = match source {
        Source::Bytes(bytes) => (bytes, false),
        Source::Html(bytes) => (bytes, true),
        Source::Text(text) => return (Cow::Borrowed(text), None, false, None),
        // A fragment without markup is a text with references at most.
        Source::Markup(text) => {
            return (html::plain(text).map_or(Cow::Borrowed(text), Cow::Owned), None, false, None);
        }
    };
    let Decoded { text, charset, invalid, doubt } =
        decode(bytes, Hints { supplied: supplied.charset.as_deref(), markup });
    (text, Some(charset), invalid, doubt)
}

/// Whether a source is HTML, not a text that calls itself so.
fn is_markup(source: Source<'_>) -> bool {
    match source {
        Source::Html(_) => true,
        Source::Markup(text) => html::plain(text).is_none(),
        Source::Bytes(_) | Source::Text(_) => false,
    }
}

fn read(
    source: Source<'_>,
    decoded: &str,
    repaired: &Repaired<'_>,
    supplied: &Supplied,
    mode: Mode,
    guide: &Guide<'_>,
    lore: &mut Lore<'_>,
) -> Found {
    // A title that is not to be trusted does not say which line is the headline.
    let title = stated(supplied.title.as_deref()).filter(|_| !guide.distrusts(Field::Title));
    let scope = match source {
        Source::Html(_) => Scope::Page,
        Source::Markup(text) if html::plain(text).is_none() => Scope::Fragment,
        Source::Bytes(_) | Source::Text(_) | Source::Markup(_) => {
            return plain::read(decoded, repaired, title, mode, lore);
        }
    };
    let url = stated(supplied.url.as_deref());
    let request =
        Request { page: &repaired.text, scope, url: url.as_deref(), title: title.as_deref(), cut: mode == Mode::Cut };
    web::read(decoded, repaired, &request, mode, lore)
}

/// Replacement characters that decoding put there, run by run.
fn invalid_bytes(decoded: &str) -> Vec<Mend> {
    let mut mends: Vec<Mend> = Vec::new();
    for (at, c) in decoded.match_indices('\u{FFFD}') {
        match mends.last_mut() {
            Some((range, _)) if range.end == at => range.end += c.len(),
            _ => mends.push((at..at + c.len(), RepairKind::InvalidBytes)),
        }
    }
    mends
}

fn repairs(mut mends: Vec<Mend>, source: &str) -> Vec<Repair> {
    mends.sort_by_key(|(range, _)| (range.start, range.end));
    let mut positions = Positions::new(source);
    mends
        .into_iter()
        .map(|(range, kind)| {
            let start = positions.of(source.floor_char_boundary(range.start));
            let len =
                source[source.floor_char_boundary(range.start)..source.floor_char_boundary(range.end)].chars().count();
            Repair { start, end: start + len, kind }
        })
        .collect()
}

/// When the article was published and changed, by whoever says it best.
fn dates(
    settle: &mut Settle<'_>,
    stamps: Stamps,
    supplied: &Supplied,
    guide: &Guide<'_>,
) -> (Option<DateStamp>, Option<DateStamp>) {
    let fetched = supplied.fetched_at.as_deref().and_then(|text| local_time::instant(text, supplied));
    let now = fetched.or(guide.received_at);
    let mut settled = |field: Field, given: Option<&str>, page: Option<DateStamp>, ago: Option<String>| {
        let page = page.or_else(|| settle.ago(&ago?, Origin::Page));
        let mut stamp = local_time::settle(settle.date(field, given, page)?, supplied);
        if let Some(now) = now {
            local_time::look_ahead(&mut stamp, field.as_str(), now, &mut settle.problems);
        }
        Some(stamp)
    };
    let published = settled(Field::Published, supplied.published.as_deref(), stamps.published, stamps.published_ago);
    let modified = settled(Field::Modified, supplied.modified.as_deref(), stamps.modified, stamps.modified_ago);
    (published, modified)
}

fn problem(detail: String) -> Problem {
    Problem { stage: "clean".to_owned(), detail }
}
