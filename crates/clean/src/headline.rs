//! The headline, and the menu above it.
//!
//! In a plain text the headline is known by its place: a line of at most twenty words, without a full stop,
//! standing alone at most [`HEADLINE_DISTANCE`] lines above the first prose (further up is a table, or another
//! page). The first such line of four words or more is it; where all are shorter, the last one, next to the
//! body; and where none stands alone, the last one of four words or more that `asides` would take away, or the first of a
//! block of short lines. A row of several parts ("Home | News | Sport") is none. A text that begins with prose has no
//! headline, nor has one without prose (a list, a poem). The headline goes to `title`, each
//! copy of it goes, and so do the one- to three-word lines above it: menus and section labels. A table of numbers
//! above the prose has none. Three or more such lines in a row above the prose are a menu even without a headline.
//!
//! The deck is the one line that stands between the headline and the names or the date below it: it goes to
//! `subtitle`. Where those are missing, a line below the headline may be the article's first, and stays; a single one of
//! some length, no sentence, is the `subtitle`, too.

use copydesk_article::{RemovalReason, is_cjk};

use crate::byline::looks_like_names;
use crate::lines::{HEADLINE_WORDS, Page, hash, key};

/// Most words of a menu entry or a section label.
const MENU_WORDS: usize = 3;
/// Fewest entries that make a menu without a headline below it.
const MENU_LINES: usize = 3;

/// Fewest words of a deck.
const DECK_WORDS: usize = 5;
/// Most words of one that reads as a sentence: the first one of a story is longer, as a rule.
const DECK_SENTENCE_WORDS: usize = 30;
/// Most lines from the headline to the prose: deck, caption, credit.
const HEADLINE_DISTANCE: usize = 6;
/// Fewest parts of a row.
const ROW_PARTS: usize = 3;
/// Fewest lines above the prose that are a table if half of them have numbers.
const TABLE_LINES: usize = 3;

/// Finds the title among the `kept` lines unless it is known, and cuts it with the menu above it. `asides` says which
/// of them are no part of the article.
pub(crate) fn cut(page: &mut Page<'_>, kept: &[usize], asides: &[bool], title: &mut Option<String>) {
    let body: Vec<usize> = kept.iter().zip(asides).filter(|&(_, &aside)| !aside).map(|(&index, _)| index).collect();
    let first = page.prose(&body).map(|(first, _)| body[first]);
    let head = first.and_then(|first| kept.iter().position(|&index| index == first)).unwrap_or(0);
    if title.is_none() {
        // A heading may be marked as one, as in Markdown.
        let unmarked = |line: &str| line.trim_start_matches('#').trim_start().to_owned();
        *title = choose(page, kept, asides, head).map(|at| unmarked(page.line(kept[at])));
    }
    if let Some(title) = title {
        cut_title(page, kept, head, title);
    }
    cut_menus(page, &kept[..head]);
}

/// Cuts the deck, known by its place between the headline and the names or the date below it.
pub(crate) fn cut_deck(page: &mut Page<'_>, subtitle: &mut Option<String>) {
    let cut_as = |at: usize, reasons: &[RemovalReason]| page.lines[at].cut.is_some_and(|cut| reasons.contains(&cut));
    let Some(title) = (0..page.lines.len()).find(|&at| cut_as(at, &[RemovalReason::Title])) else { return };
    let below = title + 1..page.lines.len().min(title + 2 + HEADLINE_DISTANCE);
    let Some(names) = below.clone().find(|&at| cut_as(at, &[RemovalReason::Byline, RemovalReason::Date])) else {
        return;
    };
    let mut standing = (title + 1..names).filter(|&at| page.lines[at].cut.is_none());
    let (Some(deck), None) = (standing.next(), standing.next()) else { return };
    let rest: Vec<usize> = page.kept().into_iter().filter(|&at| at > names).collect();
    if may_be_deck(page, deck) && page.prose(&rest).is_some() {
        let line = page.line(deck).to_owned();
        page.cut(deck, RemovalReason::Title);
        subtitle.get_or_insert(line);
    }
}

/// The line between headline and prose that may be the deck, where there is but one. It stays in the body.
pub(crate) fn deck(page: &Page<'_>) -> Option<String> {
    let title = page.lines.iter().position(|line| line.cut == Some(RemovalReason::Title))?;
    let kept = page.kept();
    let (first, _) = page.prose(&kept)?;
    let mut between = kept[..first].iter().copied().skip_while(|&index| index < title);
    let index = between.next().filter(|_| between.next().is_none())?;
    may_be_deck(page, index).then(|| page.line(index).to_owned())
}

fn may_be_deck(page: &Page<'_>, index: usize) -> bool {
    let (line, size) = (page.line(index), &page.lines[index].size);
    let most = if size.ends_sentence { DECK_SENTENCE_WORDS } else { 2 * HEADLINE_WORDS };
    (DECK_WORDS..=most).contains(&size.words) && !line.ends_with(':') && !is_table_row(line)
}

/// Position in `kept` of the line that is the headline.
fn choose(page: &Page<'_>, kept: &[usize], asides: &[bool], head: usize) -> Option<usize> {
    let block = |at: usize| page.lines[kept[at]].block;
    let alone =
        |at: usize| (at == 0 || block(at - 1) != block(at)) && (at + 1 == kept.len() || block(at + 1) != block(at));
    let like_a_headline = |at: usize| {
        let (line, size) = (page.line(kept[at]), &page.lines[kept[at]].size);
        size.words <= HEADLINE_WORDS
            && !size.ends_sentence
            && !line.ends_with([':', ',', ';', '：', '，'])
            && !line.starts_with(['•', '-', '*', '–', '—', '(', '['])
            && !is_table_row(line)
            && !is_row(line)
    };
    let numbers = kept[..head].iter().filter(|&&i| page.line(i).contains(|c: char| c.is_ascii_digit())).count();
    if head >= TABLE_LINES && numbers * 2 >= head {
        return None;
    }
    let words = |at: usize| page.lines[kept[at]].size.words;
    let near = head.saturating_sub(HEADLINE_DISTANCE)..head;
    let long = |at: &usize| like_a_headline(*at) && words(*at) > MENU_WORDS;
    let short = || {
        let last = head.checked_sub(1)?;
        let plain = !page.line(kept[last]).contains(|c: char| c == ',' || c.is_ascii_digit());
        (alone(last) && like_a_headline(last) && words(last) > 1 && plain).then_some(last)
    };
    // What would go anyway may stand close to what goes with it: the names and the date below a headline.
    let close = || near.clone().rev().find(|&at| asides[at] && long(&at));
    // So may what begins a block of short lines above the article, where another is a name or has a number: a verse has
    // neither.
    let begins = |at: usize| at == 0 || block(at - 1) != block(at);
    let is_of_head = |at: usize| {
        let line = page.line(kept[at]);
        line.contains(|c: char| c.is_ascii_digit() || c == '@') || looks_like_names(line)
    };
    let first_of_block = || {
        near.clone().find(|&at| {
            let others = at + 1..(at + 1..head).find(|&other| block(other) != block(at)).unwrap_or(head);
            begins(at) && long(&at) && others.len() <= MENU_WORDS && others.into_iter().any(is_of_head)
        })
    };
    near.clone().find(|&at| alone(at) && long(&at)).or_else(short).or_else(close).or_else(first_of_block)
}

/// Whether a line is a row of several: "Home | News | Sport", "Home > News > Harbour".
fn is_row(line: &str) -> bool {
    let strokes: usize =
        [" | ", " > ", " › ", " » ", " • ", " / ", "  "].iter().map(|stroke| line.matches(stroke).count()).sum();
    strokes + 1 >= ROW_PARTS
}

/// Whether numbers are at least half of what a line says, or it has no letters at all. In a script without spaces what
/// a line says are its characters.
fn is_table_row(line: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let (numbers, all) = if line.contains(is_cjk) {
        (line.chars().filter(|&c| is_digit(c)).count(), line.chars().filter(|c| !c.is_whitespace()).count())
    } else {
        (line.split_whitespace().filter(|word| word.contains(is_digit)).count(), line.split_whitespace().count())
    };
    numbers * 2 >= all || !line.chars().any(char::is_alphabetic)
}

fn cut_title(page: &mut Page<'_>, kept: &[usize], head: usize, title: &str) {
    let keys = title_keys(title);
    let hashes: Vec<u64> = keys.iter().map(|key| hash(key)).collect();
    let is_title = |page: &Page<'_>, at: usize| {
        let size = &page.lines[kept[at]].size;
        // A title of few words may be a subheading further down.
        (at < head || size.words >= MENU_WORDS)
            && hashes.contains(&page.hash(kept[at]))
            && keys.contains(&key(page.line(kept[at])))
    };
    let mut known = page.lines.iter().any(|line| line.cut == Some(RemovalReason::Title));
    let mut above = 0;
    for at in 0..kept.len() {
        if !is_title(page, at) {
            continue;
        }
        if at < head {
            for &index in &kept[above..at] {
                let size = &page.lines[index].size;
                if size.words <= MENU_WORDS && !size.ends_sentence {
                    page.cut(index, RemovalReason::Navigation);
                }
            }
            above = at + 1;
        }
        page.cut(kept[at], if known { RemovalReason::Repeated } else { RemovalReason::Title });
        known = true;
    }
}

/// What lines that repeat the title say: all of it, or what stands before the name of the site.
fn title_keys(title: &str) -> Vec<String> {
    let mut keys = vec![key(title)];
    for separator in [" | ", " - ", " – ", " — "] {
        if let Some((headline, _)) = title.rsplit_once(separator)
            && headline.split_whitespace().count() > MENU_WORDS
        {
            keys.push(key(headline));
        }
    }
    keys.retain(|key| !key.is_empty());
    keys
}

fn cut_menus(page: &mut Page<'_>, head: &[usize]) {
    let is_entry = |page: &Page<'_>, index: usize| {
        let line = page.line(index);
        page.lines[index].cut.is_none()
            && (1..=MENU_WORDS).contains(&page.lines[index].size.words)
            && !line.chars().any(|c| c.is_ascii_digit())
            && line.ends_with(char::is_alphanumeric)
    };
    let mut at = 0;
    while at < head.len() {
        let run = head[at..].iter().take_while(|&&index| is_entry(page, index)).count();
        if run >= MENU_LINES {
            for &index in &head[at..at + run] {
                page.cut(index, RemovalReason::Navigation);
            }
        }
        at += run.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good.";

    fn run(text: &str, supplied: Option<&str>) -> (Option<String>, Vec<String>) {
        let mut page = Page::new(text);
        let mut title = supplied.map(str::to_owned);
        let kept = page.kept();
        cut(&mut page, &kept, &vec![false; kept.len()], &mut title);
        (title, page.kept().into_iter().map(|i| page.line(i).to_owned()).collect())
    }

    #[test]
    fn the_headline_goes_with_the_menu_above_it_and_the_deck_stays() {
        let text = format!(
            "Home\nLocal Politics\n\nBoard closes old ferry pier\n\nFishermen say they will appeal against it\n\n{PROSE}"
        );
        let (title, kept) = run(&text, None);
        assert_eq!(title.as_deref(), Some("Board closes old ferry pier"));
        assert_eq!(kept, ["Fishermen say they will appeal against it", PROSE]);
    }

    #[test]
    fn a_short_headline_is_the_last_line_above_the_prose() {
        assert_eq!(run(&format!("Harbour\n\nPier closed\n\n{PROSE}"), None).0.as_deref(), Some("Pier closed"));
    }

    #[test]
    fn no_headline_where_prose_begins_or_never_comes() {
        assert_eq!(
            run(&format!("{PROSE}\n\nWhat the fishermen say\n\n{PROSE}"), None),
            (None, vec![PROSE.into(), "What the fishermen say".into(), PROSE.into()])
        );
        let poem = "The sea is grey and wide tonight\n\nThe boats are all ashore again";
        assert_eq!(run(poem, None).1.len(), 2);
        let wrapped = "The harbour board voted on Monday to close the old ferry pier\nfor good, and that was that, the mayor\nsaid.\n\nWhat the fishermen say\n\nThey did not say a word to us.";
        assert_eq!(run(wrapped, None).0, None);
    }

    #[test]
    fn copies_of_a_supplied_title_go() {
        let text = format!("{PROSE}\n\nBoard closes old ferry pier\n\n{PROSE} Twice.");
        assert_eq!(run(&text, Some("Board Closes Old Ferry Pier | Harbour Post")).1.len(), 2);
        assert_eq!(run(&format!("{PROSE}\n\nPier\n\n{PROSE}"), Some("Pier")).1.len(), 3);
    }

    #[test]
    fn a_menu_goes_without_a_headline() {
        assert_eq!(run(&format!("Home\nLocal\nWorld\nPeople\n{PROSE}"), None), (None, vec![PROSE.into()]));
        let table = "Ferry fares rose in spring\n\nNet profit 12 against 9\n\nRevenue 140";
        assert_eq!(run(&format!("{table}\n\n{PROSE}"), None).1.len(), 4);
        assert_eq!(run(&format!("Ferries 12 9 7\n\nLindvik, 27 February\n\n2000 GMT\n\n{PROSE}"), None).0, None);
        assert_eq!(run(&format!("Rotterdam 3\nOslo 2\nGhent 1\nLeeds 0\n\n{PROSE}"), None).1.len(), 5);
    }
}
