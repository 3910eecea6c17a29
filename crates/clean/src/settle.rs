//! Whose word counts: the user's beats the page's, the page's beats a guess. What loses is kept as a conflict.
//!
//! Only real differences are conflicts: letters and digits are compared, not case and marks; dates by their day,
//! and by their instant where both have one.

use copydesk_article::{Author, Conflict, DatePrecision, DateStamp, Origin, Supplied, Zone};

use crate::date;
use crate::lines::key;

/// The fields of an article as they are settled one by one.
pub(crate) struct Settle {
    /// What lost.
    pub conflicts: Vec<Conflict>,
    /// What was supplied and can't be read, in words.
    pub problems: Vec<String>,
}

impl Settle {
    /// Begins with what was said to be in conflict before.
    pub(crate) fn new(supplied: &Supplied) -> Self {
        Self { conflicts: supplied.conflicts.clone(), problems: Vec::new() }
    }

    /// A field of text.
    pub(crate) fn text(&mut self, field: &str, supplied: Option<&str>, page: Option<String>) -> Option<String> {
        let Some(supplied) = stated(supplied) else { return page };
        if let Some(page) = page.filter(|page| key(page) != key(&supplied)) {
            self.lost(field, page);
        }
        Some(supplied)
    }

    /// A date.
    pub(crate) fn date(&mut self, field: &str, supplied: Option<&str>, page: Option<DateStamp>) -> Option<DateStamp> {
        let Some(raw) = stated(supplied) else { return page };
        let Some(reading) = date::read(&raw) else {
            self.problems.push(format!(
                "supplied `{field}` is not a date: `{raw}`; `{field}` is left empty; ISO 8601 is always read"
            ));
            return None;
        };
        let supplied = reading.stamp(&raw, Origin::Supplied);
        if let Some(page) = page.filter(|page| !is_same_time(&supplied, page)) {
            self.lost(field, page.value);
        }
        Some(supplied)
    }

    /// The authors.
    pub(crate) fn authors(&mut self, supplied: Vec<Author>, page: Vec<Author>) -> Vec<Author> {
        if supplied.is_empty() {
            return page;
        }
        let names = |authors: &[Author]| {
            let mut names: Vec<String> = authors.iter().map(|author| key(&author.name)).collect();
            names.sort();
            names
        };
        if !page.is_empty() && names(&supplied) != names(&page) {
            self.lost("authors", page.into_iter().map(|author| author.name).collect::<Vec<_>>().join(", "));
        }
        supplied
    }

    /// The language: a page's word that differs from the supplied code, or from what the text reads as.
    pub(crate) fn language(&mut self, settled: &str, page: Option<&str>) {
        let Some(page) = page else { return };
        let primary = page.split(['-', '_']).next().unwrap_or(page).to_ascii_lowercase();
        if settled != "und" && primary.len() == 2 && primary != settled {
            self.lost("language", page.to_owned());
        }
    }

    fn lost(&mut self, field: &str, value: String) {
        self.conflicts.push(Conflict { field: field.to_owned(), value, from: Origin::Page });
    }
}

/// A list: the user's, or else the page's.
pub(crate) fn list<T: Clone>(supplied: &[T], page: Vec<T>) -> Vec<T> {
    if supplied.is_empty() { page } else { supplied.to_vec() }
}

/// A text that says something.
pub(crate) fn stated(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_same_time(a: &DateStamp, b: &DateStamp) -> bool {
    if a.value == b.value {
        return true;
    }
    let instant = |stamp: &DateStamp| {
        (stamp.zone == Zone::Explicit).then(|| stamp.value.parse::<jiff::Timestamp>().ok()).flatten()
    };
    if let (Some(a), Some(b)) = (instant(a), instant(b)) {
        // A time to the minute is the same as one to the second within it.
        return a.as_second().abs_diff(b.as_second()) < 60;
    }
    let exact = |stamp: &DateStamp| stamp.precision != DatePrecision::Day && stamp.zone != Zone::Explicit;
    let same_day = a.value.get(..10) == b.value.get(..10);
    same_day && !(exact(a) && exact(b) && a.value.get(..16) != b.value.get(..16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle() -> Settle {
        Settle::new(&Supplied::default())
    }

    fn stamp(raw: &str) -> Option<DateStamp> {
        date::read(raw).map(|reading| reading.stamp(raw, Origin::Page))
    }

    #[test]
    fn the_users_word_wins_and_a_real_difference_is_kept() {
        let mut settle = settle();
        assert_eq!(
            settle.text("title", Some(" Pier  closed"), Some("PIER closed!".into())).as_deref(),
            Some("Pier  closed")
        );
        assert_eq!(settle.text("site", None, Some("Lindvik Post".into())).as_deref(), Some("Lindvik Post"));
        assert_eq!(settle.conflicts, []);
        settle.text("title", Some("Pier closed"), Some("Pier open".into()));
        assert_eq!((settle.conflicts[0].field.as_str(), settle.conflicts[0].value.as_str()), ("title", "Pier open"));
    }

    #[test]
    fn dates_are_compared_as_times() {
        let mut settle = settle();
        for same in ["2024-05-06T12:00:00+02:00", "2024-05-06", "2024-05-06T10:00Z"] {
            settle.date("published", Some("2024-05-06T10:00:00Z"), stamp(same));
        }
        assert_eq!(settle.conflicts, []);
        settle.date("published", Some("2024-05-06T10:00:00Z"), stamp("2024-05-07"));
        settle.date("published", Some("2024-05-06T10:00:00Z"), stamp("2024-05-06T11:00:00Z"));
        assert_eq!(settle.conflicts.len(), 2);
        assert_eq!(settle.date("published", Some("soon"), stamp("2024-05-07")), None);
        assert_eq!(settle.problems.len(), 1);
    }
}
