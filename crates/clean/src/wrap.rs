//! Paragraphs that were wrapped to a width, joined again.
//!
//! Mailers and old systems break a line before the word that would not fit. That is how it is proven: in a block of
//! lines, each but the last is too long to take the first word of the next, the width being that of the longest. Verse,
//! lists and tables break where they mean to, and hardly ever pass. Where the script has capitals, some of the lines
//! must go on with a small letter; where it has none, more lines are asked for. Scripts without spaces between words
//! are left alone: nothing tells a break from an end there.

use crate::invisible::is_unspaced;
use crate::lines::Page;

/// Fewest columns of a line that somebody wrapped.
const NARROWEST: usize = 40;
/// Fewest columns where there are but two lines.
const NARROWEST_OF_TWO: usize = 60;
/// Fewest lines of a script without capitals.
const LINES_WITHOUT_CAPITALS: usize = 4;

/// Joins the lines of wrapped paragraphs; returns whether there were any.
pub(crate) fn join(page: &mut Page<'_>) -> bool {
    page.part_blocks();
    let mut wrapped = Vec::new();
    let mut at = 0;
    while at < page.lines.len() {
        let block = page.lines[at].block;
        let lines = page.lines[at..].iter().take_while(|line| line.block == block && line.cut.is_none()).count();
        if is_wrapped(page, at, lines) {
            wrapped.push(at..at + lines);
        }
        at += lines.max(1);
    }
    let found = !wrapped.is_empty();
    page.join(&wrapped);
    found
}

fn is_wrapped(page: &Page<'_>, first: usize, lines: usize) -> bool {
    if lines < 2 {
        return false;
    }
    let line = |at: usize| page.line(first + at);
    let columns = |at: usize| page.lines[first + at].size.columns;
    let width = (0..lines).map(columns).max().unwrap_or(0);
    if width < if lines == 2 { NARROWEST_OF_TWO } else { NARROWEST } {
        return false;
    }
    let (mut small, mut capital) = (0, 0);
    for at in 0..lines {
        let Some(initial) = line(at).chars().next() else { return false };
        if matches!(initial, '*' | '•' | '-' | '+' | '|' | '>' | '#') || line(at).contains('\t') {
            return false;
        }
        if at == 0 {
            continue;
        }
        small += usize::from(initial.is_lowercase());
        capital += usize::from(initial.is_uppercase());
        let last = line(at - 1).chars().next_back().unwrap_or(' ');
        let word = line(at).split_whitespace().next().map_or(0, |word| word.chars().count());
        if is_unspaced(initial) || is_unspaced(last) || columns(at - 1) + 1 + word <= width {
            return false;
        }
    }
    match (small, capital) {
        (0, 0) => lines >= LINES_WITHOUT_CAPITALS,
        _ if lines == 2 => small == 1 && !page.lines[first].size.ends_sentence,
        _ => small * 3 >= lines - 1,
    }
}

/// How two parts of a wrapped line go together: whether a space stands between.
pub(crate) fn needs_space(before: &str, after: &str) -> bool {
    let torn = before.strip_suffix('-').is_some_and(|word| word.ends_with(char::is_alphabetic));
    !(torn && after.starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> usize {
        let mut page = Page::new(text);
        let lines = page.lines.len();
        let found = join(&mut page);
        assert!(!join(&mut page), "joined at once");
        assert_eq!(found, page.lines.len() < lines);
        lines - page.lines.len()
    }

    #[test]
    fn wrapped_paragraphs_are_joined() {
        let english = "The harbour board voted on Monday evening to close the old ferry\n\
                       pier for good, and the fishermen who have used it since the war said\n\
                       that they would appeal.";
        assert_eq!(joined(english), 2);
        assert_eq!(joined(&format!("{english}\n\n{english}")), 4);
        assert_eq!(joined("The harbour board voted on Monday evening to close the old ferry\npier for good."), 1);
        let hebrew = "מועצת הנמל החליטה ביום שני בערב לסגור את המזח הישן של\n\
                      המעבורת לצמיתות והדייגים שהשתמשו בו מאז המלחמה אמרו\n\
                      שהם יערערו על ההחלטה בפני בית המשפט המחוזי בעיר ביום\n\
                      רביעי הקרוב.";
        assert_eq!(joined(hebrew), 3);
    }

    #[test]
    fn what_breaks_where_it_means_to_stays() {
        for text in [
            "The sea is grey and wide tonight,\nthe boats are all ashore,\nand no one sails into the light\nthat shone for us before.",
            "Ferry to Lindvik, daily at noon from the old pier in the harbour\nFerry to Oslo\nFerry to Ghent",
            "* The harbour board voted on Monday evening to close the old ferry\n  pier for good and for ever and ever",
            "港口委员会星期一晚上投票决定永久关闭旧渡轮码头，渔民们表示他们将对这一决定提出\n上诉，市长说新码头将\n在春天开放。",
            "Lindvik 12 9 7 140 2000 33 44 55 66 77 88 99 10 11 12\nOslo 1 2 3\nGhent 4 5 6",
        ] {
            assert_eq!(joined(text), 0, "{text}");
        }
    }

    #[test]
    fn a_word_torn_in_two_is_not_parted() {
        assert!(!needs_space("self-", "employed") && needs_space("1990 -", "and") && needs_space("Lindvik-", "Oslo"));
    }
}
