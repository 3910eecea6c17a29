//! One article through all the rules.
//!
//! The rules run in turn until a whole turn finds nothing. Each sees only what the others left, so that a
//! clean text stays as it is; what one cut reveals (a menu above a headline, a heading that now ends the text)
//! the next turn finds. The turns are bounded, and each takes time linear in the text.

use std::borrow::Cow;
use std::ops::Range;

use copydesk_article::{
    Author, Conflict, DateStamp, Image, Language, Link, Origin, Problem, Removal, RemovalReason, Repair, RepairKind,
    Supplied,
};
use serde::{Deserialize, Serialize};

use crate::charset::{Decoded, decode};
use crate::lines::Page;
use crate::repair::{Mend, Repaired, detached_quote};
use crate::stamp::Stamps;
use crate::{byline, date, furniture, headline, language, repeats, stamp, tail};

/// Turns of all rules. Two are usual, four rare; the bound keeps a hostile text linear.
const MAX_TURNS: usize = 16;
/// Share of a body, in percent, that the rules may take.
const MOST_CUT_PERCENT: usize = 60;

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

/// A cleaned article. Offsets of `removed` and `repairs` are `char`s of the decoded source: the text as it was
/// before any repair, without its byte order mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    /// WHATWG name of the charset, lower-cased, of [`Source::Bytes`]; `None` for [`Source::Text`].
    pub charset: Option<String>,
    /// Address the page calls its own.
    pub canonical_url: Option<String>,
    /// Outlet.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck, if one was supplied.
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
    let Input { source, supplied, mode } = *input;
    let (decoded, charset, invalid) = match source {
        Source::Bytes(bytes) | Source::Html(bytes) => {
            let Decoded { text, charset, invalid } = decode(bytes);
            (text, Some(charset), invalid)
        }
        Source::Text(text) | Source::Markup(text) => (Cow::Borrowed(text), None, false),
    };
    let mut problems: Vec<Problem> = supplied.problems.iter().cloned().map(problem).collect();
    let repaired = Repaired::new(&decoded);
    let mut page = Page::new(&repaired.text);
    let mut found = Found { title: supplied_text(supplied.title.as_deref()), ..Found::default() };
    run_rules(&mut page, &mut found);

    let mut mends: Vec<Mend> = if invalid { invalid_bytes(&decoded) } else { Vec::new() };
    let mut removed = Vec::new();
    let text = match mode {
        Mode::Off => decoded.clone().into_owned(),
        Mode::Mark | Mode::Cut => {
            mends.extend_from_slice(&repaired.mends);
            let cut = mode == Mode::Cut && !is_too_much(&page);
            if mode == Mode::Mark || cut {
                removed = removals(&page, &repaired, &decoded);
            } else {
                problems.push(problem(format!(
                    "more than {MOST_CUT_PERCENT} % of the body looked like furniture of the page, so nothing was removed; set the mode of cleaning to `mark` to see it"
                )));
            }
            compose(&page, &repaired, cut, &mut mends)
        }
    };

    let mut supplied_date = |name: &str, raw: &Option<String>, page: Option<DateStamp>| {
        let Some(raw) = supplied_text(raw.as_deref()) else { return page };
        let reading = date::read(&raw);
        if reading.is_none() {
            problems.push(problem(format!(
                "supplied `{name}` is not a date: `{raw}`; `{name}` is left empty; ISO 8601 is always read"
            )));
        }
        reading.map(|reading| reading.stamp(&raw, Origin::Supplied))
    };
    let published = supplied_date("published", &supplied.published, found.stamps.published);
    let modified = supplied_date("modified", &supplied.modified, found.stamps.modified);
    let (language, language_problem) = language::language(&text, supplied.language.as_deref());
    problems.extend(language_problem.map(problem));
    let supplied_authors = byline::supplied(&supplied.authors);
    Cleaned {
        charset,
        canonical_url: supplied_text(supplied.canonical_url.as_deref()),
        site: supplied_text(supplied.site.as_deref()),
        title: found.title,
        subtitle: supplied_text(supplied.subtitle.as_deref()),
        authors: if supplied_authors.is_empty() { found.authors } else { supplied_authors },
        published,
        modified,
        kind: None,
        completeness: None,
        sections: supplied.sections.clone(),
        tags: supplied.tags.clone(),
        images: supplied.images.iter().map(|url| Image { url: url.clone(), caption: None, credit: None }).collect(),
        links: Vec::new(),
        language,
        text,
        removed,
        repairs: repairs(mends, &decoded),
        conflicts: supplied.conflicts.clone(),
        problems,
    }
}

/// What the rules read on the way.
#[derive(Default)]
struct Found {
    title: Option<String>,
    authors: Vec<Author>,
    stamps: Stamps,
}

fn run_rules(page: &mut Page<'_>, found: &mut Found) {
    for _ in 0..MAX_TURNS {
        let before = page.cuts();
        // A second body hides that a tail ends the first; a tail hides dates and names of other articles.
        repeats::cut(page);
        tail::cut(page);
        stamp::cut(page, &mut found.stamps);
        byline::cut(page, &mut found.authors);
        furniture::cut(page);
        headline::cut(page, &mut found.title);
        if page.cuts() == before {
            return;
        }
    }
}

/// Whether the rules took more than they may. What stands elsewhere (a title in `title`, a copy in its first
/// copy) is no part of the body; but something must stay.
fn is_too_much(page: &Page<'_>) -> bool {
    let (mut kept, mut gone, mut elsewhere) = (0, 0, 0);
    for line in &page.lines {
        match line.cut {
            None => kept += line.size.ink,
            Some(RemovalReason::Title | RemovalReason::Byline | RemovalReason::Date | RemovalReason::Repeated) => {
                elsewhere += line.size.ink;
            }
            Some(_) => gone += line.size.ink,
        }
    }
    gone * 100 > (gone + kept) * MOST_CUT_PERCENT || (kept == 0 && gone + elsewhere > 0)
}

fn removals(page: &Page<'_>, repaired: &Repaired<'_>, source: &str) -> Vec<Removal> {
    let lines = page.lines.iter().filter_map(|line| Some((line.start..line.end, line.cut?)));
    let starts = page.cut_starts.iter().map(|cut| (cut.start..cut.end, cut.reason));
    let mut cuts: Vec<_> = lines.chain(starts).collect();
    cuts.sort_by_key(|(range, _)| range.start);
    let mut positions = Positions::new(source);
    cuts.into_iter()
        .map(|(range, reason)| {
            let range = source_range(repaired, source, range);
            let (start, end) = (positions.of(range.start), positions.of(range.end));
            Removal { start, end, text: source[range].to_owned(), reason }
        })
        .collect()
}

/// The text of the lines: those that stand, or all of them.
fn compose(page: &Page<'_>, repaired: &Repaired<'_>, cut: bool, mends: &mut Vec<Mend>) -> String {
    let mut text = String::with_capacity(page.text.len());
    let mut block = None;
    for line in page.lines.iter().filter(|line| !cut || line.cut.is_none()) {
        let start = if cut { line.start } else { line.whole_start };
        let words = &page.text[start..line.end];
        if block == Some(line.block) {
            text.push('\n');
            text.push_str(words);
            continue;
        }
        if block.is_some() {
            text.push_str("\n\n");
        }
        block = Some(line.block);
        if let Some(gap) = detached_quote(words) {
            text.push_str(&words[..gap.start]);
            text.push_str(&words[gap.end..]);
            let range = repaired.source_offset(start + gap.start)..repaired.source_offset(start + gap.end);
            mends.push((range, RepairKind::QuoteSpacing));
        } else {
            text.push_str(words);
        }
    }
    text
}

fn source_range(repaired: &Repaired<'_>, source: &str, range: Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(repaired.source_offset(range.start));
    let end = source.floor_char_boundary(repaired.source_offset(range.end));
    start..end.max(start)
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

/// Turns byte offsets into `char` offsets; the offsets asked for must not fall.
struct Positions<'a> {
    text: &'a str,
    byte: usize,
    position: usize,
}

impl<'a> Positions<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, byte: 0, position: 0 }
    }

    fn of(&mut self, byte: usize) -> usize {
        self.position += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.position
    }
}

fn supplied_text(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn problem(detail: String) -> Problem {
    Problem { stage: "clean".to_owned(), detail }
}
