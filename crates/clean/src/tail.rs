//! The tail: headings that end an article, with all that follows them.
//!
//! "About the Harbour Post" and "Check Also" say that what follows is not the article. They end it only if what follows
//! is less than half of the prose before them: the same words may head a section, or stand above the article. They do not
//! where what follows goes on like the article: a box of teasers stands between paragraphs, too, so two paragraphs in a
//! row at the end show that it does; and a section about somebody does not name them in its prose, as a note on an
//! outlet does. Any line that teases other articles ("Read also") ends the article where no prose follows. Headings
//! are judged from the last to the first, each by what is still there, so that one tail behind another is seen.

use copydesk_article::RemovalReason;

use crate::lines::{Page, key};
use crate::phrases::{self, Strength};

/// Fewest words of a paragraph, rather than of the summary below a teaser's headline.
const PARAGRAPH_WORDS: usize = 12;
/// Fewest letters of a word that names.
const NAME_LETTERS: usize = 4;

/// Cuts the tails.
pub(crate) fn cut(page: &mut Page<'_>) {
    let kept = page.kept();
    let Some((first_prose, _)) = page.prose(&kept) else { return };
    let ink = |page: &Page<'_>, at: usize| page.lines[kept[at]].size.ink;
    let prose = |page: &Page<'_>, at: usize| if page.prose(&kept[at..=at]).is_some() { ink(page, at) } else { 0 };
    let mut before: usize = (0..kept.len()).map(|at| prose(page, at)).sum();
    let mut after = 0;
    let mut end = kept.len();
    for at in (first_prose + 1..kept.len()).rev() {
        before -= prose(page, at);
        let (line, size) = (page.line(kept[at]), &page.lines[kept[at]].size);
        let ends = heading(line, size.words).or_else(|| {
            let teases = matches!(size.furniture, Some((RemovalReason::Teaser, Strength::Certain)))
                && !line.contains([':', '：']);
            (teases && page.prose(&kept[at + 1..end]).is_none()).then_some(RemovalReason::Teaser)
        });
        if let Some(reason) = ends
            && after * 2 <= before
            && !goes_on(page, line, reason, &kept[at + 1..end])
        {
            for &index in &kept[at..end] {
                page.cut(index, reason);
            }
            (after, end) = (0, at);
        } else {
            after += ink(page, at);
        }
    }
}

/// Whether lines below a heading are rather the article's than what the heading opens.
fn goes_on(page: &Page<'_>, heading: &str, reason: RemovalReason, below: &[usize]) -> bool {
    let is_paragraph = |&at: &usize| page.lines[at].size.words >= PARAGRAPH_WORDS && page.lines[at].size.ends_sentence;
    match reason {
        RemovalReason::Teaser => below.len() > 2 && below.iter().rev().take(2).all(is_paragraph),
        RemovalReason::About => {
            let subject = subject(heading).map(key).unwrap_or_default();
            let names = |at: &usize| {
                let said = key(page.line(*at));
                subject.split(' ').filter(|word| word.chars().count() >= NAME_LETTERS).any(|word| said.contains(word))
            };
            !is_author(&subject) && page.prose(below).is_some() && !below.iter().any(names)
        }
        _ => false,
    }
}

/// What a heading that may end an article opens.
fn heading(line: &str, words: usize) -> Option<RemovalReason> {
    if words == 0 || words > 7 || line.ends_with(['.', '?', '!', ',', ';']) {
        return None;
    }
    if let Some(subject) = subject(line) {
        return is_someone(subject).then_some(RemovalReason::About);
    }
    phrases::tail(&key(line))
}

fn subject(heading: &str) -> Option<&str> {
    heading.strip_prefix("About ").or_else(|| heading.strip_prefix("ABOUT "))
}

/// Whether the key of a subject says that it is who wrote or publishes the article.
fn is_author(subject: &str) -> bool {
    matches!(subject, "us" | "the author" | "the authors" | "the writer" | "author")
}

/// Whether an "About" line names its author or outlet: "the author", "us", or a name in capitals.
fn is_someone(subject: &str) -> bool {
    let small = |word: &str| matches!(word, "the" | "of" | "and" | "for" | "&" | "de" | "la");
    is_author(&key(subject))
        || (subject.starts_with(char::is_alphabetic)
            && subject.split_whitespace().all(|word| small(word) || word.starts_with(char::is_uppercase))
            && subject.chars().any(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good, and the \
                         fishermen who have used it since the war said they would appeal.";

    fn kept(text: &str) -> usize {
        let mut page = Page::new(text);
        cut(&mut page);
        page.kept().len()
    }

    #[test]
    fn a_tail_goes_with_all_that_follows() {
        assert_eq!(kept(&format!("{PROSE}\n\nAbout Harbour Post\n\nCheck Also\n\nFerry fares rise")), 1);
        assert_eq!(kept(&format!("{PROSE}\n\nAbout the author\n\nShe writes.")), 1);
    }

    #[test]
    fn a_section_stays() {
        assert_eq!(kept(&format!("{PROSE}\n\nAbout Ferries\n\n{PROSE}\n\n{PROSE}")), 4);
        assert_eq!(kept(&format!("{PROSE}\n\nAbout forty people came\n\nThey left.")), 3);
        assert_eq!(kept(&format!("About Harbour Post\n\n{PROSE}")), 2);
        let body = format!("{PROSE}\n\n{PROSE}\n\n{PROSE}\n\n{PROSE}");
        assert_eq!(kept(&format!("{body}\n\nCheck Also\n\nFerry fares rise\n\n{PROSE}\n\n{PROSE}")), 8);
        assert_eq!(kept(&format!("{body}\n\nAbout the Ferry\n\nIt was built by convicts in 1911.")), 6);
        assert_eq!(kept(&format!("{body}\n\nAbout Harbour Post\n\nThe Harbour Post came out first in 1911.")), 4);
    }
}
