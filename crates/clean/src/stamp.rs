//! Lines that date the article: "(Last Updated On: March 18, 2017)", "Published: 18 March 2017".
//!
//! Scrapers leave such a label on a line of its own, or glue it to the first sentence. A label with a date and
//! nothing else goes wherever it stands; a date without one, or labelled just "date" (letters in the article
//! are, too), only above the prose. Glued to a sentence, a
//! label goes if it is in brackets, or if it opens the text. The first of each kind that stands in the article
//! tells `published` and `modified`; "updated" never tells when something was published.

use copydesk_article::{DateStamp, Origin, RemovalReason};

use crate::date::{self, Reading};
use crate::lines::{Page, ends_sentence};
use crate::{phrases, relative};

/// What the page says about its dates.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    /// When it was published.
    pub published: Option<DateStamp>,
    /// When it was last changed.
    pub modified: Option<DateStamp>,
    /// When it was published, counted from the fetch, where no date says it.
    pub published_ago: Option<String>,
    /// When it was last changed, likewise.
    pub modified_ago: Option<String>,
}

/// Most words of a line that only dates the article.
const STAMP_WORDS: usize = 14;
/// Most words of a credit after a date, and characters, where a script has no spaces.
const CREDIT_WORDS: usize = 5;
const CREDIT_CHARS: usize = 32;
/// What may stand between two dates, or a date and a credit.
const SEPARATORS: [char; 10] = ['|', '/', '·', '•', '-', '–', '—', ',', '丨', '｜'];

/// A label and its date at the start of a line.
struct Label<'a> {
    /// None where it counts from the fetch.
    reading: Option<Reading>,
    raw: &'a str,
    modified: bool,
    len: usize,
    bracketed: bool,
    opens_text: bool,
    bare: bool,
}

/// Cuts the lines, and starts of lines, that date the article, and reads them.
pub(crate) fn cut(page: &mut Page<'_>, stamps: &mut Stamps) {
    let kept = page.kept();
    let head = page.prose(&kept).map_or(0, |(first, _)| first);
    let mut at_start = true;
    for (at, &index) in kept.iter().enumerate() {
        let line = page.line(index);
        let Some(label) = label(line) else {
            if at < head
                && page.lines[index].size.words <= STAMP_WORDS
                && let Some((reading, updated)) = unlabelled(line)
            {
                stamps.published.get_or_insert_with(|| reading.stamp(line, Origin::Page));
                if let Some(updated) = updated {
                    stamps.take(updated);
                }
                page.cut(index, RemovalReason::Date);
            } else if at < head && relative::counts(line) {
                stamps.published_ago.get_or_insert_with(|| line.to_owned());
                page.cut(index, RemovalReason::Date);
            } else {
                at_start = false;
            }
            continue;
        };
        let rest = &line[label.len..];
        if label.bare && at >= head && !at_start {
            continue;
        }
        let second = second(rest);
        if rest.is_empty() || second.is_some() {
            page.cut(index, RemovalReason::Date);
        } else if label.bracketed || (at_start && label.opens_text && rest.starts_with(char::is_whitespace)) {
            // What follows must be words: a mark that combines would hang in the air.
            if !rest.trim_start().starts_with(|c: char| c.is_alphanumeric() || "\"“”‘’'«„".contains(c)) {
                continue;
            }
            page.cut_start(index, label.len, RemovalReason::Date);
            at_start = false;
        } else {
            at_start = false;
            continue;
        }
        stamps.take(label);
        if let Some(second) = second {
            stamps.take(second);
        }
    }
}

impl Stamps {
    /// Keeps what a label says, unless one before said it.
    fn take(&mut self, label: Label<'_>) {
        let (slot, ago) = if label.modified {
            (&mut self.modified, &mut self.modified_ago)
        } else {
            (&mut self.published, &mut self.published_ago)
        };
        match label.reading {
            Some(reading) => _ = slot.get_or_insert_with(|| reading.stamp(label.raw, Origin::Page)),
            None => _ = ago.get_or_insert_with(|| label.raw.to_owned()),
        }
    }
}

/// The second label of a line that has two: "Published: 6 May 2019 | Updated: 8 May 2019".
fn second(rest: &str) -> Option<Label<'_>> {
    let rest = after_separators(rest);
    label(rest).filter(|label| label.len == rest.len())
}

/// A date without a label, which may have a second one behind it that has, or, where it has a time, a few words that say
/// whose the article is: "2024-05-06 10:20 Harbour Post".
fn unlabelled(line: &str) -> Option<(Reading, Option<Label<'_>>)> {
    if let Some(reading) = date::read(line) {
        return Some((reading, None));
    }
    let (reading, len) = date::read_start(line)?;
    if let Some(second) = second(&line[len..]) {
        return Some((reading, Some(second)));
    }
    let rest = after_separators(&line[len..]);
    let few = rest.split_whitespace().count() <= CREDIT_WORDS && rest.chars().count() <= CREDIT_CHARS;
    (reading.has_time() && few && !ends_sentence(rest)).then_some((reading, None))
}

/// "(Mecca time)": what may stand behind a date and says nothing that is read.
fn is_comment(rest: &str) -> bool {
    rest.starts_with('(') && rest.ends_with(')') && rest.chars().count() <= CREDIT_CHARS
}

fn after_separators(rest: &str) -> &str {
    rest.trim_start_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c))
}

/// What follows a label of the table, and whether it says when the article was changed.
pub(crate) fn of_table(inner: &str) -> Option<(&str, bool)> {
    let (label, len) = phrases::before(inner)?;
    match label {
        phrases::Label::Published => Some((&inner[len..], false)),
        phrases::Label::Modified => Some((&inner[len..], true)),
        phrases::Label::By | phrases::Label::Author => None,
    }
}

fn label(line: &str) -> Option<Label<'_>> {
    let inner = line.strip_prefix('(').or_else(|| line.strip_prefix('['));
    let bracketed = inner.is_some();
    let inner = inner.unwrap_or(line).trim_start();
    let bare = || inner.get(..4).filter(|start| start.eq_ignore_ascii_case("date")).map(|start| &inner[start.len()..]);
    let bare = bare().filter(|rest| !rest.starts_with(char::is_alphanumeric));
    let (after, modified) = of_table(inner).or_else(|| Some((bare?, false)))?;
    let bare = bare.is_some_and(|rest| rest == after);
    let opens_text = bare || after.trim_start().starts_with([':', '：']);
    let after = after.trim_start();
    let after = after.strip_prefix([':', '：', '-', '–', '|']).unwrap_or(after).trim_start();
    let (reading, date_len) = match date::read_start(after) {
        Some((reading, len)) => (Some(reading), len),
        None => {
            let end = if bracketed { after.find([')', ']'])? } else { after.len() };
            let counted = after[..end].trim_end();
            (relative::is_relative(counted).then_some(None)?, counted.len())
        }
    };
    let raw = &after[..date_len];
    let mut rest = &after[date_len..];
    if bracketed {
        rest = rest.trim_start().strip_prefix([')', ']'])?;
    } else if rest == "." || is_comment(rest.trim()) {
        rest = "";
    }
    Some(Label { reading, raw, modified, len: line.len() - rest.len(), bracketed, opens_text, bare })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> (Vec<String>, Option<String>, Option<String>) {
        let mut page = Page::new(text);
        let mut stamps = Stamps::default();
        cut(&mut page, &mut stamps);
        let kept = page.kept().into_iter().map(|i| page.line(i).to_owned()).collect();
        (kept, stamps.published.map(|d| d.value), stamps.modified.map(|d| d.value))
    }

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good.";

    #[test]
    fn a_date_glued_to_the_first_sentence_goes() {
        assert_eq!(run(&format!(" date 2019-05-06 {PROSE}")), (vec![PROSE.into()], Some("2019-05-06".into()), None));
        assert_eq!(
            run(&format!("(Last Updated On: May 6, 2019){PROSE}")),
            (vec![PROSE.into()], None, Some("2019-05-06".into()))
        );
    }

    #[test]
    fn the_first_of_each_kind_counts() {
        let text = format!("6 May 2019\n\nUpdated: May 8, 2019 10:15 am\n\n{PROSE}\n\n(Last updated on: 9 May 2019)");
        assert_eq!(run(&text), (vec![PROSE.into()], Some("2019-05-06".into()), Some("2019-05-08T10:15".into())));
    }

    #[test]
    fn what_counts_from_the_fetch_is_kept_for_it() {
        let text = format!("3 hours ago\n\nUpdated: 5 minutes ago\n\n{PROSE}\n\n2 days ago\n\nToday");
        let mut page = Page::new(&text);
        let mut stamps = Stamps::default();
        cut(&mut page, &mut stamps);
        assert_eq!(page.kept().into_iter().map(|i| page.line(i)).collect::<Vec<_>>(), [PROSE, "2 days ago", "Today"]);
        let ago = (stamps.published_ago.as_deref(), stamps.modified_ago.as_deref());
        assert_eq!(ago, (Some("3 hours ago"), Some("5 minutes ago")));
        assert_eq!(run(&format!("(Published yesterday){PROSE}")).0, [PROSE]);
    }

    #[test]
    fn dates_in_the_prose_stay() {
        for line in [
            "Updated May 6, 2019 figures show fewer ferries than in any year since the war ended.",
            "2019-05-06",
            "Date: 2019-05-06",
            "Date 2019-05-06 was chosen, the board said, because no ferry sails on that day.",
        ] {
            let (kept, published, _) = run(&format!("{PROSE}\n\n{line}"));
            assert_eq!((kept.len(), published), (2, None), "{line}");
            assert_eq!(kept[1], line);
        }
    }
}
