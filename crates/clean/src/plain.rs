//! Plain text through all the rules.
//!
//! First the rules that look at what lines say, then `sift`, which looks at their shape, then the headline among what
//! both left; and again, until a whole round finds nothing. Each sees only what the others left, so that a clean text
//! stays as it is; what one cut reveals (a menu above a headline, a heading that now ends the text) the next round
//! finds. What is left is mended again: where that finds anything, all of this is done once more ([`read`]), so that
//! repairs and rules come to one fixed point together. The rounds are bounded, and each takes time linear in the text;
//! a text of more lines than any article has is left alone.

use std::ops::Range;

use copydesk_article::{Removal, RemovalReason, RepairKind};

use crate::clean::Mode;
use crate::found::Found;
use crate::lines::{Page, is_line_break};
use crate::lore::Lore;
use crate::positions::Positions;
use crate::repair::{Mend, Origins, Repaired, detached_quote};
use crate::{byline, credit, furniture, headline, imprint, repeats, sift, stamp, tail, wrap};

/// Turns of all rules. Two are usual, four rare; the bound keeps a hostile text linear.
const MAX_TURNS: usize = 16;
/// Times that a text is cleaned whose repair made another one possible. Two are rare already.
const MAX_PASSES: usize = 8;
/// Share of a body, in percent, that the rules may take.
const MOST_CUT_PERCENT: usize = 60;

/// Most lines of a text that is cleaned. No article comes near; measuring so many takes a quarter of a gigabyte.
const MOST_LINES: usize = 1_000_000;

/// Reads a plain text. `title` is the headline, where it was supplied.
///
/// What cutting and joining leave is mended again, and cleaned again where that changed anything, until nothing does:
/// so a text that comes out of here goes through once more as it is, whatever its repairs bring together.
pub(crate) fn read(
    source: &str,
    repaired: &Repaired<'_>,
    title: Option<String>,
    mode: Mode,
    lore: &mut Lore<'_>,
) -> Found {
    let mut found = Found { title: title.clone(), ..Found::default() };
    let mut again: Option<Repaired<'static>> = None;
    for _ in 0..MAX_PASSES {
        let current = again.as_ref().unwrap_or(repaired);
        let mends = found.mends.len();
        let origins = pass(source, current, &mut found, mode, lore);
        // A quotation mark in its place makes a line shorter, and the rules measure lines.
        let requoted = found.mends[mends..].iter().any(|(_, kind)| *kind == RepairKind::QuoteSpacing);
        found.removed.sort_by_key(|removal| removal.start);
        if mode != Mode::Cut || found.text == source {
            return found;
        }
        again = current.again(source, &found.text, origins, requoted);
        if again.is_none() {
            return found;
        }
        // A second cleaning would know only a headline that was cut.
        if !found.removed.iter().any(|removal| removal.reason == RemovalReason::Title) {
            found.title.clone_from(&title);
        }
    }
    // Made to defy it. Only as it came is it sure to stay what it is.
    Found {
        text: source.to_owned(),
        problems: vec![
            "each repair of the text made another one possible, so nothing was repaired or removed; this is no text that anybody wrote".to_owned(),
        ],
        ..Found::default()
    }
}

/// Mends a text's paragraphs and cuts what is to be cut, once. Adds what it finds to what was found; text, marks and
/// problems are those of the last time. Returns where the parts of the text stood in the repaired one.
fn pass(source: &str, repaired: &Repaired<'_>, found: &mut Found, mode: Mode, lore: &mut Lore<'_>) -> Origins {
    let mut origins = Origins::default();
    found.problems.clear();
    if repaired.text.chars().filter(|&c| is_line_break(c)).nth(MOST_LINES).is_some() {
        found.problems.push(format!(
            "the text has more than {MOST_LINES} lines, which no article has, so no rule was followed; set a smaller limit for the size of a record if it should not come in"
        ));
        found.text = if mode == Mode::Off { source.to_owned() } else { repaired.text.trim().to_owned() };
        if mode != Mode::Off {
            found.mends.extend_from_slice(&repaired.mends);
        }
        let start = repaired.text.len() - repaired.text.trim_start().len();
        origins.push(0..found.text.len(), start..start + found.text.len());
        return origins;
    }
    let mut page = Page::new(&repaired.text);
    lore.begin(&mut page);
    cut_all(&mut page, found, lore);
    found.observed = found.observed.take().or_else(|| lore.observed(&page));
    found.subtitle = found.subtitle.take().or_else(|| headline::deck(&page));
    let kept = page.kept();
    let first = page.prose(&kept).map(|(first, _)| kept[first]);
    if let Some((agency, day)) = first.and_then(|first| byline::of_dateline(page.line(first))) {
        if found.authors.is_empty() {
            found.authors.push(agency);
        }
        if found.stamps.published_ago.is_none() {
            found.stamps.published = found.stamps.published.take().or(day);
        }
    }
    if mode == Mode::Off {
        found.text = source.to_owned();
        return origins;
    }
    found.mends.extend_from_slice(&repaired.mends);
    found.marked = removals(marks(&page, lore), repaired, source);
    let cut = mode == Mode::Cut && !is_too_much(&page, lore);
    if mode == Mode::Mark || cut {
        found.removed.append(&mut removals(cuts(&page, lore), repaired, source));
    } else {
        found.problems.push(format!(
            "more than {MOST_CUT_PERCENT} % of the body looked like furniture of the page, so nothing was removed; set the mode of cleaning to `mark` to see it"
        ));
        // What was joined was joined because of cuts that are not made: as it came, the text is judged alike again.
        page = Page::new(&repaired.text);
    }
    found.text = compose(&page, repaired, cut, &mut found.mends, &mut origins);
    origins
}

/// All that cuts, round by round until one finds nothing: each sees only what the ones before left.
fn cut_all(page: &mut Page<'_>, found: &mut Found, lore: &mut Lore<'_>) {
    cut_known(page, found, lore);
    wrap::join(page);
    cut_known(page, found, lore);
    let by_rules = (page.lines.clone(), page.cut_starts.clone(), found.title.clone());
    for round in 0..MAX_TURNS {
        let before = page.cuts();
        let kept = page.kept();
        let asides = sift::asides(page, &kept, round == 0);
        headline::cut(page, &kept, &asides, &mut found.title);
        headline::cut_deck(page, &mut found.subtitle);
        for (&index, &aside) in kept.iter().zip(&asides) {
            if aside && page.lines[index].cut.is_none() {
                page.cut(index, RemovalReason::Aside);
            }
        }
        cut_known(page, found, lore);
        // The first round knows of copies that a second cleaning would not see.
        if !wrap::join(page) && page.cuts() == before && round > 0 {
            return;
        }
    }
    // A text that keeps changing under the sieve is none that it knows.
    (page.lines, page.cut_starts, found.title) = by_rules;
    for _ in 0..MAX_TURNS {
        let before = page.cuts();
        let kept = page.kept();
        headline::cut(page, &kept, &vec![false; kept.len()], &mut found.title);
        headline::cut_deck(page, &mut found.subtitle);
        cut_known(page, found, lore);
        if !wrap::join(page) && page.cuts() == before {
            return;
        }
    }
}

/// The rules that look at what lines say, and what is known of them once those find nothing: a menu that is known does
/// not hide the headline below it.
pub(crate) fn cut_known(page: &mut Page<'_>, found: &mut Found, lore: &mut Lore<'_>) {
    for _ in 0..MAX_TURNS {
        let before = page.cuts();
        // A second body hides that a tail ends the first; a tail hides dates and names of other articles.
        repeats::cut(page);
        tail::cut(page);
        imprint::cut(page, &mut found.authors, &mut found.stamps);
        stamp::cut(page, &mut found.stamps);
        byline::cut(page, &mut found.authors);
        furniture::cut(page);
        credit::cut_twins(page);
        if page.cuts() == before {
            lore.cut(page, found.title.is_some());
            if page.cuts() == before {
                return;
            }
        }
    }
}

/// Whether the rules took more than they may. What stands elsewhere (a title in `title`, a copy in its first copy) is
/// no part of the body, neither is what lies aside (`sift` keeps its own measure) nor lines that are no sentences (a
/// page may have a menu of any length); but something must stay.
fn is_too_much(page: &Page<'_>, lore: &Lore<'_>) -> bool {
    let (mut kept, mut sentences_kept, mut sentences_gone, mut gone) = (0, 0, 0, 0);
    for (at, line) in page.lines.iter().enumerate() {
        let sentence = if page.prose(&[at]).is_some() { line.size.ink } else { 0 };
        match line.cut {
            None => {
                kept += line.size.ink;
                sentences_kept += sentence;
            }
            Some(
                RemovalReason::Title
                | RemovalReason::Byline
                | RemovalReason::Date
                | RemovalReason::Repeated
                | RemovalReason::Aside,
            ) => gone += line.size.ink,
            // The user's own word; and what stands in most stories of the site is the body of none.
            Some(RemovalReason::Pattern) => gone += line.size.ink,
            Some(RemovalReason::Learned) if lore.is_in_most(page, at) => gone += line.size.ink,
            Some(_) => {
                gone += line.size.ink;
                sentences_gone += sentence;
            }
        }
    }
    sentences_gone * 100 > (sentences_gone + sentences_kept) * MOST_CUT_PERCENT || (kept == 0 && gone > 0)
}

/// A stretch of the text, a reason and its evidence.
type Cut = (Range<usize>, RemovalReason, Option<String>);

fn cuts(page: &Page<'_>, lore: &Lore<'_>) -> Vec<Cut> {
    let lines = page.lines.iter().enumerate();
    let lines = lines.filter_map(|(at, line)| Some((line.start..line.end, line.cut?, lore.evidence(page, at))));
    let starts = page.cut_starts.iter().map(|cut| (cut.start..cut.end, cut.reason, None));
    let mut cuts: Vec<_> = lines.chain(starts).collect();
    cuts.sort_by_key(|(range, ..)| range.start);
    cuts
}

fn marks(page: &Page<'_>, lore: &Lore<'_>) -> Vec<Cut> {
    let range = |at: usize| page.lines[at].start..page.lines[at].end;
    lore.marked(page).map(|at| (range(at), RemovalReason::Learned, lore.evidence(page, at))).collect()
}

fn removals(cuts: Vec<Cut>, repaired: &Repaired<'_>, source: &str) -> Vec<Removal> {
    let mut positions = Positions::new(source);
    cuts.into_iter()
        .map(|(range, reason, evidence)| {
            let range = repaired.source_range(source, range);
            let (start, end) = (positions.of(range.start), positions.of(range.end));
            Removal { start, end, text: source[range].to_owned(), reason, evidence }
        })
        .collect()
}

/// The text of the lines: those that stand, or all of them.
fn compose(
    page: &Page<'_>,
    repaired: &Repaired<'_>,
    cut: bool,
    mends: &mut Vec<Mend>,
    origins: &mut Origins,
) -> String {
    let mut text = String::with_capacity(page.text.len());
    let mut block = None;
    let source = |at: usize| repaired.source_offset(at);
    let mut push = |text: &mut String, words: Range<usize>| {
        let start = text.len();
        text.push_str(&page.text[words.clone()]);
        origins.push(start..text.len(), words);
    };
    for line in page.lines.iter().filter(|line| !cut || line.cut.is_none()) {
        let start = if cut { line.start } else { line.whole_start };
        let mut words = start..line.end;
        let own_block = if cut { line.block } else { line.whole_block };
        if block == Some(own_block) {
            text.push('\n');
        } else {
            if block.is_some() {
                text.push_str("\n\n");
            }
            block = Some(own_block);
            if let Some(gap) = detached_quote(&page.text[words.clone()]) {
                push(&mut text, start..start + gap.start);
                words.start = start + gap.end;
                mends.push((source(start + gap.start)..source(words.start), RepairKind::QuoteSpacing));
            }
        }
        // The breaks of a wrapped paragraph.
        while let Some(at) = page.text[words.clone()].find(is_line_break) {
            let before = page.text[words.start..words.start + at].trim_end();
            let after = page.text[words.start + at..words.end].trim_start();
            push(&mut text, words.start..words.start + before.len());
            if wrap::needs_space(before, after) {
                text.push(' ');
            }
            let gap = words.start + before.len()..words.end - after.len();
            mends.push((source(gap.start)..source(gap.end), RepairKind::LineBreak));
            words.start = gap.end;
        }
        push(&mut text, words);
    }
    text
}
