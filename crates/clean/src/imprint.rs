//! Lines above or below the article that say who wrote it and when, both on one: "By Omar Haddad | May 6, 2019 10:15 am",
//! "Posted on 6 May 2019 by Omar Haddad", "Omar Haddad · 06.05.2019 · 4 min read".
//!
//! Such a line is read part by part: names behind a label, names without one (only beside a date, and parted from it by a
//! stroke: a comma parts the place of a dateline from its day), dates with a label or without, a count. All of it must be
//! read, but for one short part beside a name that has a label ("Special to the Harbour Post"). A line with names alone
//! is left to `byline.rs`, one with dates alone to `stamp.rs`.

use copydesk_article::{Author, Origin, RemovalReason};

use crate::byline::{self, HEAD_LINES, looks_like_names};
use crate::date::{self, Reading};
use crate::lines::{Page, ends_sentence};
use crate::phrases::{self, Label, is_after_label};
use crate::stamp::{self, Stamps};

/// Most words of such a line.
const MOST_WORDS: usize = 24;
/// Most parts of one.
const MOST_PARTS: usize = 8;
/// Most words of names without a label.
const NAME_WORDS: usize = 5;
/// Most words of the part that need not be read, and of a count.
const OTHER_WORDS: usize = 6;
const COUNT_WORDS: usize = 4;
/// What parts the parts.
const STROKES: [char; 10] = ['|', '·', '•', '–', '—', '-', '/', '丨', '｜', '●'];
/// What stands before a date, or between it and a name.
const BEFORE_DATE: [&str; 16] =
    ["on", "at", "am", "vom", "le", "el", "em", "il", "op", "den", "d.", "dnia", "pada", "στις", "w", "på"];

/// What a line says.
#[derive(Default)]
struct Imprint<'a> {
    names: Vec<&'a str>,
    /// Reading, what was read, whether it says when the article was changed.
    dates: Vec<(Reading, &'a str, bool)>,
    has_label: bool,
    has_other: bool,
}

/// Cuts the lines and reads them.
pub(crate) fn cut(page: &mut Page<'_>, authors: &mut Vec<Author>, stamps: &mut Stamps) {
    let kept = page.kept();
    let Some((first, end)) = page.prose(&kept) else { return };
    for (at, &index) in kept.iter().enumerate() {
        let line = page.line(index);
        let outside = at < first.max(HEAD_LINES) || at >= end;
        let may_be = || line.contains(char::is_numeric) || after_label(line).is_some();
        if !outside || page.lines[index].size.words > MOST_WORDS || ends_sentence(line) || !may_be() {
            continue;
        }
        let Some(imprint) = Imprint::read(line) else { continue };
        for names in imprint.names {
            byline::add(authors, names, line);
        }
        for (reading, raw, modified) in imprint.dates {
            let slot = if modified { &mut stamps.modified } else { &mut stamps.published };
            slot.get_or_insert_with(|| reading.stamp(raw, Origin::Page));
        }
        page.cut(index, RemovalReason::Byline);
    }
}

/// The names in such a line.
pub(crate) fn names(line: &str) -> Option<String> {
    Imprint::read(line).map(|imprint| imprint.names.join(", "))
}

impl<'a> Imprint<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut imprint = Self::default();
        let mut rest = after_strokes(line);
        for _ in 0..MOST_PARTS {
            if rest.is_empty() {
                break;
            }
            rest = after_strokes(imprint.part(rest)?);
        }
        let says_who = !imprint.names.is_empty();
        let says_when = !imprint.dates.is_empty();
        (rest.is_empty() && says_who && (says_when || (imprint.has_label && imprint.has_other))).then_some(imprint)
    }

    /// Reads the part a text begins with, and returns what follows it.
    fn part(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some((date, modified)) = dated(text) {
            let (reading, len) = date::read_start(date)?;
            self.dates.push((reading, &date[..len], modified));
            return Some(&date[len..]);
        }
        let (names, has_label) = match after_label(text) {
            Some(names) => (names, true),
            None => (text, false),
        };
        let end = part_end(names);
        let (part, rest) = (before_date(names[..end].trim_end_matches([',', ' ', ':'])), &names[end..]);
        let words = part.split_whitespace().count();
        let named = without_handle(part);
        let parted = rest.is_empty() || rest.starts_with(STROKES) || rest.starts_with(char::is_whitespace);
        if has_label {
            let is_name = looks_like_names(named) || (words == 1 && named.starts_with(char::is_alphabetic));
            self.names.push(Some(named).filter(|_| is_name)?);
            self.has_label = true;
        } else if words <= COUNT_WORDS && part.starts_with(|c: char| c.is_ascii_digit()) && parted {
            // "4 min read".
        } else if (2..=NAME_WORDS).contains(&words)
            && looks_like_names(named)
            && named.contains(char::is_lowercase)
            && !part.contains(',')
            && (rest.is_empty() || rest.trim_start().starts_with(STROKES))
            && self.names.is_empty()
        {
            self.names.push(named);
        } else if (1..=OTHER_WORDS).contains(&words) && !self.has_other && self.has_label {
            self.has_other = true;
        } else {
            return None;
        }
        Some(rest)
    }
}

/// Where a date begins, at the start of a text or behind its label, and whether the label says that the article was changed.
fn dated(text: &str) -> Option<(&str, bool)> {
    let (date, modified) = stamp::of_table(text).unwrap_or((text, false));
    let date = date.trim_start_matches(|c: char| c.is_whitespace() || is_after_label(c));
    let date = BEFORE_DATE.iter().find_map(|word| date.strip_prefix(word)?.strip_prefix(' ')).unwrap_or(date);
    date::read_start(date).map(|_| (date, modified))
}

/// What follows "by", in whatever language.
fn after_label(text: &str) -> Option<&str> {
    let by = ["By ", "by ", "BY ", "By:", "BY:", "by:"].iter().find_map(|by| text.strip_prefix(by));
    let of_table = || {
        let (label, len) = phrases::before(text)?;
        matches!(label, Label::By | Label::Author).then(|| &text[len..])
    };
    let published_by = || {
        let (label, len) = phrases::before(text)?;
        let rest = text[len..].trim_start().strip_prefix("by ")?;
        (label == Label::Published).then_some(rest)
    };
    let names = by.or_else(of_table).or_else(published_by)?;
    Some(names.trim_start_matches(|c: char| c.is_whitespace() || is_after_label(c)))
}

/// Where the part ends that a text begins with: at a stroke between blanks or a bar, or before a date or its label.
fn part_end(text: &str) -> usize {
    let mut blank = false;
    for (at, c) in text.char_indices() {
        let is_bar = matches!(c, '|' | '·' | '•' | '丨' | '｜' | '●');
        if at > 0 && (is_bar || (blank && STROKES.contains(&c))) {
            return at;
        }
        let starts_word = at > 0 && blank && c.is_alphanumeric();
        if starts_word
            && (dated(&text[at..]).is_some() || (after_label(&text[at..]).is_some() && !text[at..].starts_with("by ")))
        {
            return at;
        }
        blank = c.is_whitespace();
    }
    text.len()
}

/// A part without the word before the date that follows it.
fn before_date(part: &str) -> &str {
    let without = part.rsplit_once(' ').filter(|(_, last)| BEFORE_DATE.contains(last)).map(|(names, _)| names);
    without.unwrap_or(part).trim_end_matches([',', ' '])
}

/// Names without the address that follows them: "Omar Haddad @omar".
fn without_handle(names: &str) -> &str {
    names.split_once(['@', '(']).map_or(names, |(names, _)| names).trim_end()
}

fn after_strokes(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || STROKES.contains(&c) || matches!(c, ',' | ';' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String, String)> {
        let prose = "The harbour board voted on Monday to close the old ferry pier for good.";
        let text = format!("Board closes old ferry pier\n\n{line}\n\n{prose}");
        let mut page = Page::new(&text);
        let (mut authors, mut stamps) = (Vec::new(), Stamps::default());
        cut(&mut page, &mut authors, &mut stamps);
        assert_eq!(page.kept().len() == 2, !authors.is_empty(), "{line}");
        let names: Vec<_> = authors.into_iter().map(|author| author.name).collect();
        let value = |stamp: Option<copydesk_article::DateStamp>| stamp.map_or(String::new(), |stamp| stamp.value);
        (!names.is_empty()).then(|| (names.join("; "), value(stamps.published), value(stamps.modified)))
    }

    #[test]
    fn names_and_dates_on_one_line() {
        for (line, names, published, modified) in [
            ("By Omar Haddad | May 6, 2019 10:15 am", "Omar Haddad", "2019-05-06T10:15", ""),
            (
                "By Harbour Desk | May 6, 2019 at 2:26 PM HST - Updated May 7, 2019 at 4:46 PM",
                "Harbour Desk",
                "2019-05-06T14:26-10:00",
                "2019-05-07T16:46",
            ),
            ("By Omar Haddad @omarhaddad May 6, 2019, 11:47am EST", "Omar Haddad", "2019-05-06T11:47-05:00", ""),
            ("Omar Haddad - May 6, 2019, 10:31 pm CST", "Omar Haddad", "2019-05-06T22:31", ""),
            ("by Omar May 6, 2019", "Omar", "2019-05-06", ""),
            ("Posted on 6 May 2019 by Omar Haddad", "Omar Haddad", "2019-05-06", ""),
            ("Posted by Omar Haddad on May 6, 2019", "Omar Haddad", "2019-05-06", ""),
            ("Von Omar Haddad, 06.05.2019, 10:30 Uhr", "Omar Haddad", "2019-05-06T10:30", ""),
            ("Par Omar Haddad, le 6 mai 2019 à 10h30", "Omar Haddad", "2019-05-06T10:30", ""),
            ("6 mai 2019, par Omar Haddad", "Omar Haddad", "2019-05-06", ""),
            ("Текст: Омар Хаддад · 6 мая 2019", "Омар Хаддад", "2019-05-06", ""),
            ("By Omar Haddad, Staff Writer | 6 May 2019 | 4 min read", "Omar Haddad", "2019-05-06", ""),
            ("By Omar Haddad | Special to the Harbour Post", "Omar Haddad", "", ""),
            ("Omar Haddad · 06.05.2019 · 10:30", "Omar Haddad", "2019-05-06T10:30", ""),
            ("Written by Omar Haddad, published 6 May 2019", "Omar Haddad", "2019-05-06", ""),
        ] {
            let expected = (names.to_owned(), published.to_owned(), modified.to_owned());
            assert_eq!(read(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn other_lines_stay() {
        for line in [
            "Lindvik, 6 May 2019",
            "NEW HARBOUR - May 6, 2019",
            "By May 6, 2019, the pier will be closed",
            "Ferry fares rise - 6 May 2019 - Harbour",
            "Omar Haddad, harbour master",
            "The board | 6 May 2019",
            "By the pier | 6 May 2019",
            "Omar Haddad and the ferry of Lindvik before 6 May 2019",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
