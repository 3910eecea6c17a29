//! The tail: headings that end an article, with all that follows them.
//!
//! "About the Harbour Post" and "Check Also" say that what follows is not the article. They end it only if what follows
//! is less than half of the prose before them: the same words may head a section, or stand above the article. Any line that
//! teases other articles ("Read also") ends the article where no prose follows. Headings
//! are judged from the last to the first, each by what is still there, so that one tail behind another is seen.

use copydesk_article::RemovalReason;

use crate::lines::{Page, key};
use crate::phrases::{self, Strength};

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

/// What a heading that may end an article opens.
fn heading(line: &str, words: usize) -> Option<RemovalReason> {
    if words == 0 || words > 7 || line.ends_with(['.', '?', '!', ',', ';']) {
        return None;
    }
    if let Some(subject) = line.strip_prefix("About ").or_else(|| line.strip_prefix("ABOUT ")) {
        return is_someone(subject).then_some(RemovalReason::About);
    }
    phrases::tail(&key(line))
}

/// Whether an "About" line names its author or outlet: "the author", "us", or a name in capitals.
fn is_someone(subject: &str) -> bool {
    let small = |word: &str| matches!(word, "the" | "of" | "and" | "for" | "&" | "de" | "la");
    matches!(key(subject).as_str(), "us" | "the author" | "the authors" | "the writer" | "author")
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
    }
}
