//! Furniture: lines that every page of a site carries and no reader reads.
//!
//! A line is furniture by what it says as a whole (menus, share buttons, placeholders), or by how it begins, if
//! what follows is bound to be furniture too ("ALSO READ: …"). **Certain** phrases go wherever they stand.
//! **Doubtful** ones are words that may also be a subheading or a table cell ("Video", "Print"): they go only
//! in the head or the tail of the page, or next to other furniture. A sentence that merely contains such
//! words is never touched, so running text in any language stays; a language without phrases (`phrases.rs`) only
//! keeps its furniture.

use copydesk_article::RemovalReason::{self, Caption, Navigation, Notice, Share, Teaser};

use crate::credit;
use crate::lines::{HEADLINE_WORDS, Page, ends_sentence, key};
use crate::phrases::{self, Strength};

/// Most words of a line that says one whole phrase.
pub(crate) const PHRASE_WORDS: usize = 9;
/// Most words of a line that a prefix may condemn.
const PREFIX_WORDS: usize = 30;
/// Most words of a line that a start of at least so many words may condemn.
const LONG_WORDS: usize = 60;
const SURE_WORDS: usize = 3;
/// Fewest words of a sentence behind a label.
const SENTENCE_WORDS: usize = 10;
/// Most characters of a label.
const LABEL_CHARS: usize = 24;
/// Most characters of the start of a notice.
const START_CHARS: usize = 48;
/// Fewest entries of a menu on one line.
const MENU_WORDS: usize = 3;

/// Cuts the furniture.
pub(crate) fn cut(page: &mut Page<'_>) {
    let kept = page.kept();
    let found: Vec<_> = kept.iter().map(|&i| page.lines[i].size.furniture).collect();
    if found.iter().all(Option::is_none) {
        return;
    }
    let standing: Vec<usize> = kept.iter().zip(&found).filter(|(_, f)| f.is_none()).map(|(&i, _)| i).collect();
    // Head and tail begin where the prose ends, and furniture is no prose.
    let body = page.prose(&standing).map(|(first, end)| (standing[first], standing[end - 1]));
    for (at, &index) in kept.iter().enumerate() {
        let Some((reason, strength)) = found[at] else { continue };
        let outside = || body.is_some_and(|(first, last)| index < first || index > last);
        let beside = |other: Option<usize>| other.and_then(|other| found.get(other)).is_some_and(Option::is_some);
        // The points of a list in the article are no menu.
        let is_point = || page.line(index).starts_with(['•', '-', '–', '*', '·']) && !outside();
        if strength == Strength::Certain
            || outside()
            || (!is_point() && (beside(at.checked_sub(1)) || beside(Some(at + 1))))
        {
            page.cut(index, reason);
            if let Some(&next) = kept.get(at + 1)
                && found[at + 1].is_none()
                && heads_a_line(page, index, next)
            {
                page.cut(next, reason);
            }
        }
    }
}

/// Whether the line below a heading such as "Related story" or "Tags" belongs to it: it stands close to it, and is no
/// sentence.
fn heads_a_line(page: &Page<'_>, heading: usize, next: usize) -> bool {
    let (line, size) = (page.line(heading), &page.lines[next].size);
    let says = |found: Option<(RemovalReason, Strength)>| matches!(found, Some((Teaser, Strength::Certain)));
    let key = key(line);
    let is_heading = says(phrases::line(&key)) || matches!(phrases::label(&key), Some((Navigation, _)));
    is_heading
        && page.lines[heading].whole_block == page.lines[next].whole_block
        && size.words <= HEADLINE_WORDS
        && !size.ends_sentence
}

/// What furniture a line is by its words; its `key` is that of a line of at most [`PHRASE_WORDS`].
pub(crate) fn classify(line: &str, words: usize, key: Option<&str>) -> Option<(RemovalReason, Strength)> {
    if let Some(key) = key {
        if let Some(found) = phrases::line(key) {
            return Some(found);
        }
        if let Some((Share, _)) = phrases::without_count(key).and_then(phrases::line) {
            return Some((Share, Strength::Doubtful));
        }
        if is_button_row(key) {
            return Some((Share, Strength::Certain));
        }
        if is_menu_row(key) {
            return Some((Navigation, Strength::Doubtful));
        }
    }
    if words <= LONG_WORDS
        && let Some(found) = prefix(line, words)
    {
        return Some(found);
    }
    if credit::is_caption(line, words) {
        return Some((Caption, Strength::Certain));
    }
    cookie_notice(line, words).then_some((Notice, Strength::Certain))
}

/// "Home News Sport": a menu on one line.
fn is_menu_row(key: &str) -> bool {
    let is_entry = |word: &str| matches!(phrases::line(word), Some((Navigation | Share, _)));
    key.split(' ').count() >= MENU_WORDS && key.split(' ').all(is_entry)
}

/// "5.2k SHARES Facebook Twitter": names of share buttons in a row, with their counts.
fn is_button_row(key: &str) -> bool {
    const BUTTONS: [&str; 16] = [
        "share",
        "shares",
        "shared",
        "tweet",
        "tweets",
        "facebook",
        "twitter",
        "pinterest",
        "linkedin",
        "whatsapp",
        "telegram",
        "reddit",
        "email",
        "print",
        "flipboard",
        "messenger",
    ];
    const GLUE: [&str; 8] = ["on", "via", "this", "story", "with", "comments", "google", "plus"];
    let is_button = |word: &&str| BUTTONS.contains(word);
    key.split(' ').filter(is_button).count() >= 2
        && key
            .split(' ')
            .all(|word| is_button(&word) || GLUE.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Lines that begin like furniture.
fn prefix(line: &str, words: usize) -> Option<(RemovalReason, Strength)> {
    if words <= PREFIX_WORDS
        && let Some((before, rest)) = line.split_once([':', '：', '|', '»', '】', '՝', '፦'])
        && before.chars().count() <= LABEL_CHARS
    {
        // A caption's credit is short; a longer line after such a label may be the caption of a whole story. A headline
        // does not begin small and end with a full stop: "Read more: the report has ninety pages."
        let after = rest.trim_start();
        let is_sentence = || words >= SENTENCE_WORDS && after.starts_with(char::is_lowercase) && ends_sentence(after);
        if let Some(found) = phrases::label(&key(before))
            && (found.0 != Caption || words <= 12)
            && !(found.0 == Teaser && is_sentence())
        {
            return Some(found);
        }
    }
    notice_or_share(line, words).map(|reason| (reason, Strength::Certain))
}

fn notice_or_share(line: &str, words: usize) -> Option<RemovalReason> {
    // The rest begin with a letter of theirs: a quotation of such words begins with its mark.
    if words <= 20 && ends_with(line, "all rights reserved.") {
        return Some(Notice);
    }
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| starts_with(line, phrase));
    if begins(&["©", "copyright ©", "copyright (c)", "(c) copyright"]) {
        return Some(Notice);
    }
    if words <= LONG_WORDS && line.starts_with(char::is_alphanumeric) {
        let start = line.char_indices().nth(START_CHARS).map_or(line, |(end, _)| &line[..end]);
        let found = phrases::start(&key(start));
        if let Some((reason, _)) = found.filter(|&(_, said)| words <= 20 || said >= SURE_WORDS) {
            return Some(reason);
        }
    }
    if words <= PREFIX_WORDS && line.contains("Akismet") {
        return Some(Notice);
    }
    // What feeds append to every entry.
    if begins(&["the post "]) && line.contains(" appeared first on ") {
        return Some(Notice);
    }
    (words <= 20 && begins(&["all rights reserved"])).then_some(Notice)
}

/// The one notice that comes in whole paragraphs.
fn cookie_notice(line: &str, words: usize) -> bool {
    words <= 80
        && ["we use cookies", "this site uses cookies", "this website uses cookies", "our website uses cookies"]
            .iter()
            .any(|phrase| starts_with(line, phrase))
}

/// Whether a line begins with a phrase in small letters, in whatever case.
fn starts_with(line: &str, phrase: &str) -> bool {
    line.get(..phrase.len()).is_some_and(|start| start.eq_ignore_ascii_case(phrase))
}

/// Whether it ends with one.
fn ends_with(line: &str, phrase: &str) -> bool {
    let start = line.len().checked_sub(phrase.len());
    start.and_then(|start| line.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_lines(text: &str) -> Vec<(String, RemovalReason)> {
        let mut page = Page::new(text);
        cut(&mut page);
        (0..page.lines.len()).filter_map(|i| Some((page.line(i).to_owned(), page.lines[i].cut?))).collect()
    }

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good.";

    #[test]
    fn certain_furniture_goes_anywhere() {
        let text = format!(
            "Skip to main content\n\n{PROSE}\n\nALSO READ:  Ferry fares rise\n\nThumbnail\n\n{PROSE} Twice.\n\nShare this post"
        );
        let cut = cut_lines(&text);
        let reasons: Vec<_> = cut.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(reasons, [Navigation, Teaser, Caption, Share]);
    }

    #[test]
    fn doubtful_furniture_goes_at_the_edges_and_in_company() {
        assert_eq!(cut_lines(&format!("Home\n\n{PROSE}\n\nPrint")).len(), 2);
        assert_eq!(cut_lines(&format!("{PROSE}\n\nVideo\n\n{PROSE}")), []);
        assert_eq!(cut_lines(&format!("{PROSE}\n\nFacebook\nTwitter\n\n{PROSE}")).len(), 2);
        assert_eq!(cut_lines(&format!("{PROSE}\n\n5.2k SHARES Facebook Twitter\n\n{PROSE}")).len(), 1);
    }

    #[test]
    fn sentences_about_furniture_stay() {
        for line in [
            "Read more books, the minister said, and watch fewer videos.",
            "Breaking news: the pier is closed",
            "“We use cookies,” the baker said, “with every coffee.”",
            "Related companies: the board named four of them in its report.",
            "Facebook and Twitter share prices",
            "Share this post with your neighbours, the mayor asked.",
            "Read more: the report has ninety pages, of which nine matter, he said.",
        ] {
            assert_eq!(cut_lines(&format!("{PROSE}\n\n{line}\n\n{PROSE}")), [], "{line}");
        }
    }

    #[test]
    fn notices_go() {
        for line in [
            "We use cookies to give you the best experience on our site. By going on you accept that.",
            "© 2021 The Harbour Post",
            "The Harbour Post 2021. All rights reserved.",
            "Subscribe to our newsletter and never miss a story",
        ] {
            assert_eq!(cut_lines(&format!("{PROSE}\n\n{line}")).first().map(|(_, r)| *r), Some(Notice), "{line}");
        }
    }
}
