//! Plain text through all the rules.
//!
//! The rules run in turn until a whole turn finds nothing. Each sees only what the others left, so that a
//! clean text stays as it is; what one cut reveals (a menu above a headline, a heading that now ends the text)
//! the next turn finds. The turns are bounded, and each takes time linear in the text.

use std::ops::Range;

use copydesk_article::{Removal, RemovalReason, RepairKind};

use crate::clean::Mode;
use crate::found::Found;
use crate::lines::Page;
use crate::lore::Lore;
use crate::positions::Positions;
use crate::repair::{Mend, Repaired, detached_quote};
use crate::{byline, furniture, headline, repeats, stamp, tail};

/// Turns of all rules. Two are usual, four rare; the bound keeps a hostile text linear.
const MAX_TURNS: usize = 16;
/// Share of a body, in percent, that the rules may take.
const MOST_CUT_PERCENT: usize = 60;

/// Reads a plain text. `title` is the headline, where it was supplied.
pub(crate) fn read(
    source: &str,
    repaired: &Repaired<'_>,
    title: Option<String>,
    mode: Mode,
    lore: &mut Lore<'_>,
) -> Found {
    let mut page = Page::new(&repaired.text);
    let mut found = Found { title, ..Found::default() };
    lore.begin(&mut page);
    run_rules(&mut page, &mut found, lore);
    found.observed = lore.observed(&page);
    if mode == Mode::Off {
        found.text = source.to_owned();
        return found;
    }
    found.mends.extend_from_slice(&repaired.mends);
    found.marked = removals(marks(&page, lore), repaired, source);
    let cut = mode == Mode::Cut && !is_too_much(&page, lore);
    if mode == Mode::Mark || cut {
        found.removed = removals(cuts(&page, lore), repaired, source);
    } else {
        found.problems.push(format!(
            "more than {MOST_CUT_PERCENT} % of the body looked like furniture of the page, so nothing was removed; set the mode of cleaning to `mark` to see it"
        ));
    }
    found.text = compose(&page, repaired, cut, &mut found.mends);
    found
}

fn run_rules(page: &mut Page<'_>, found: &mut Found, lore: &mut Lore<'_>) {
    for _ in 0..MAX_TURNS {
        let before = page.cuts();
        // A second body hides that a tail ends the first; a tail hides dates and names of other articles.
        repeats::cut(page);
        tail::cut(page);
        stamp::cut(page, &mut found.stamps);
        byline::cut(page, &mut found.authors);
        furniture::cut(page);
        // A menu that is known does not hide the headline below it.
        lore.cut(page, found.title.is_some());
        headline::cut(page, &mut found.title);
        if page.cuts() == before {
            return;
        }
    }
}

/// Whether the rules took more than they may. What stands elsewhere (a title in `title`, a copy in its first
/// copy) is no part of the body; but something must stay.
fn is_too_much(page: &Page<'_>, lore: &Lore<'_>) -> bool {
    let (mut kept, mut gone, mut elsewhere) = (0, 0, 0);
    for (at, line) in page.lines.iter().enumerate() {
        match line.cut {
            None => kept += line.size.ink,
            Some(RemovalReason::Title | RemovalReason::Byline | RemovalReason::Date | RemovalReason::Repeated) => {
                elsewhere += line.size.ink;
            }
            // The user's own word; and what stands in most stories of the site is the body of none.
            Some(RemovalReason::Pattern) => elsewhere += line.size.ink,
            Some(RemovalReason::Learned) if lore.is_in_most(at) => elsewhere += line.size.ink,
            Some(_) => gone += line.size.ink,
        }
    }
    gone * 100 > (gone + kept) * MOST_CUT_PERCENT || (kept == 0 && gone + elsewhere > 0)
}

/// A stretch of the text, a reason and its evidence.
type Cut = (Range<usize>, RemovalReason, Option<String>);

fn cuts(page: &Page<'_>, lore: &Lore<'_>) -> Vec<Cut> {
    let lines = page.lines.iter().enumerate();
    let lines = lines.filter_map(|(at, line)| Some((line.start..line.end, line.cut?, lore.evidence(at))));
    let starts = page.cut_starts.iter().map(|cut| (cut.start..cut.end, cut.reason, None));
    let mut cuts: Vec<_> = lines.chain(starts).collect();
    cuts.sort_by_key(|(range, ..)| range.start);
    cuts
}

fn marks(page: &Page<'_>, lore: &Lore<'_>) -> Vec<Cut> {
    let range = |at: usize| page.lines[at].start..page.lines[at].end;
    lore.marked(page).map(|at| (range(at), RemovalReason::Learned, lore.evidence(at))).collect()
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
