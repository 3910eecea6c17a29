//! Whose word counts: the user's beats the page's, the page's beats a guess. What loses is kept as a conflict.
//!
//! Only real differences are conflicts: letters and digits are compared, not case and marks; dates by their day,
//! and by their instant where both have one.

use copydesk_article::{Author, AuthorKind, Conflict, DatePrecision, DateStamp, Origin, Supplied, Zone};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::guide::{Field, SourceRules};
use crate::lines::key;
use crate::{byline, date, local_time, relative};

/// The fields of an article as they are settled one by one.
pub(crate) struct Settle<'a> {
    /// What lost.
    pub conflicts: Vec<Conflict>,
    /// What was supplied and can't be read, in words.
    pub problems: Vec<String>,
    rules: Option<&'a SourceRules>,
    /// When the article was fetched, if that is known, and the zone of its days.
    fetched: Option<Timestamp>,
    zone: Option<TimeZone>,
}

impl<'a> Settle<'a> {
    /// Begins with what was said to be in conflict before.
    pub(crate) fn new(supplied: &Supplied, rules: Option<&'a SourceRules>) -> Self {
        let fetched = supplied.fetched_at.as_deref().and_then(|text| local_time::instant(text, supplied));
        let zone = local_time::zone(supplied);
        Self { conflicts: supplied.conflicts.clone(), problems: Vec::new(), rules, fetched, zone }
    }

    fn trusts(&self, field: Field) -> bool {
        self.rules.is_some_and(|rules| rules.trust.contains(&field))
    }

    fn distrusts(&self, field: Field) -> bool {
        self.rules.is_some_and(|rules| rules.distrust.contains(&field))
    }

    /// A field of text.
    pub(crate) fn text(&mut self, field: Field, supplied: Option<&str>, page: Option<String>) -> Option<String> {
        let Some(supplied) = stated(supplied) else { return page };
        let Some(page) = page else { return Some(supplied) };
        let (won, lost, from) = self.weigh(field, supplied, page);
        if key(&won) != key(&lost) {
            self.lost(field.as_str(), lost, from);
        }
        Some(won)
    }

    /// A date that counts from the fetch.
    pub(crate) fn ago(&self, raw: &str, from: Origin) -> Option<DateStamp> {
        Some(relative::read(raw, self.fetched?, self.zone.as_ref())?.stamp(raw, from))
    }

    /// A date.
    pub(crate) fn date(&mut self, field: Field, supplied: Option<&str>, page: Option<DateStamp>) -> Option<DateStamp> {
        let Some(raw) = stated(supplied) else { return page };
        let name = field.as_str();
        let read = date::read(&raw).map(|reading| reading.stamp(&raw, Origin::Supplied));
        let Some(supplied) = read.or_else(|| self.ago(&raw, Origin::Supplied)) else {
            if page.is_some() && self.distrusts(field) {
                self.lost(name, raw, Origin::Supplied);
                return page;
            }
            self.problems.push(if self.fetched.is_none() && relative::is_relative(&raw) {
                format!("supplied `{name}` is `{raw}` and nothing says when that was: give `fetched_at`, too")
            } else {
                format!("supplied `{name}` is not a date: `{raw}`; `{name}` is left empty; ISO 8601 is always read")
            });
            return None;
        };
        let Some(page) = page else { return Some(supplied) };
        let is_same = is_same_time(&supplied, &page);
        let (won, lost, from) = self.weigh(field, supplied, page);
        if !is_same {
            self.lost(name, lost.value, from);
        }
        Some(won)
    }

    /// The authors. Trusted ones are names as they stand.
    pub(crate) fn authors(&mut self, supplied: &[String], page: Vec<Author>) -> Vec<Author> {
        let as_given = |name: &String| {
            let name = stated(Some(name))?;
            Some(Author { raw: name.clone(), name, kind: AuthorKind::Person })
        };
        let supplied = if self.trusts(Field::Authors) {
            supplied.iter().filter_map(as_given).collect()
        } else {
            byline::supplied(supplied)
        };
        if supplied.is_empty() || page.is_empty() {
            return if supplied.is_empty() { page } else { supplied };
        }
        let names = |authors: &[Author]| {
            let mut names: Vec<String> = authors.iter().map(|author| key(&author.name)).collect();
            names.sort();
            names
        };
        let (won, lost, from) = self.weigh(Field::Authors, supplied, page);
        if names(&won) != names(&lost) {
            let lost = lost.into_iter().map(|author| author.name).collect::<Vec<_>>().join(", ");
            self.lost("authors", lost, from);
        }
        won
    }

    /// Whose word of a field counts: the one that won, the one that lost, and who said that.
    fn weigh<T>(&self, field: Field, supplied: T, page: T) -> (T, T, Origin) {
        if self.distrusts(field) { (page, supplied, Origin::Supplied) } else { (supplied, page, Origin::Page) }
    }

    /// The language: a page's word that differs from the supplied code, or from what the text reads as.
    pub(crate) fn language(&mut self, settled: &str, page: Option<&str>) {
        let Some(page) = page else { return };
        let primary = page.split(['-', '_']).next().unwrap_or(page).to_ascii_lowercase();
        if settled != "und" && primary.len() == 2 && primary != settled {
            self.lost("language", page.to_owned(), Origin::Page);
        }
    }

    fn lost(&mut self, field: &str, value: String, from: Origin) {
        self.conflicts.push(Conflict { field: field.to_owned(), value, from });
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

    fn settle() -> Settle<'static> {
        Settle::new(&Supplied::default(), None)
    }

    fn stamp(raw: &str) -> Option<DateStamp> {
        date::read(raw).map(|reading| reading.stamp(raw, Origin::Page))
    }

    #[test]
    fn the_users_word_wins_and_a_real_difference_is_kept() {
        let mut settle = settle();
        assert_eq!(
            settle.text(Field::Title, Some(" Pier  closed"), Some("PIER closed!".into())).as_deref(),
            Some("Pier  closed")
        );
        assert_eq!(settle.text(Field::Site, None, Some("Lindvik Post".into())).as_deref(), Some("Lindvik Post"));
        assert_eq!(settle.conflicts, []);
        settle.text(Field::Title, Some("Pier closed"), Some("Pier open".into()));
        assert_eq!((settle.conflicts[0].field.as_str(), settle.conflicts[0].value.as_str()), ("title", "Pier open"));
    }

    #[test]
    fn a_word_that_is_not_trusted_loses_to_the_pages_and_is_kept() {
        let rules =
            SourceRules { distrust: vec![Field::Title, Field::Published, Field::Authors], ..SourceRules::default() };
        let mut settle = Settle::new(&Supplied::default(), Some(&rules));
        let title = settle.text(Field::Title, Some("Lindvik Post"), Some("Pier closed".into()));
        assert_eq!(title.as_deref(), Some("Pier closed"));
        assert_eq!(settle.text(Field::Title, Some("Lindvik Post"), None).as_deref(), Some("Lindvik Post"));
        assert_eq!(settle.text(Field::Site, Some("Lindvik Post"), Some("LP".into())).as_deref(), Some("Lindvik Post"));
        for wrong in ["2024-05-07", "yesterday"] {
            let published = settle.date(Field::Published, Some(wrong), stamp("2024-05-06"));
            assert_eq!(published.map(|stamp| stamp.value).as_deref(), Some("2024-05-06"));
        }
        let page = byline::supplied(&["By Ada Lund".to_owned()]);
        let authors = settle.authors(&["Lindvik Post".to_owned()], page);
        assert_eq!(authors[0].name, "Ada Lund");
        let lost: Vec<_> =
            settle.conflicts.iter().map(|one| (one.field.as_str(), one.value.as_str(), one.from)).collect();
        let (given, page) = (Origin::Supplied, Origin::Page);
        assert_eq!(
            lost,
            [
                ("title", "Lindvik Post", given),
                ("site", "LP", page),
                ("published", "2024-05-07", given),
                ("published", "yesterday", given),
                ("authors", "Lindvik Post", given)
            ]
        );
        assert_eq!(settle.problems, Vec::<String>::new());
    }

    #[test]
    fn trusted_authors_stand_as_they_are_written() {
        let rules = SourceRules { trust: vec![Field::Authors], ..SourceRules::default() };
        let given = ["By The Desk and Ada Lund".to_owned(), " ".to_owned()];
        let authors = Settle::new(&Supplied::default(), Some(&rules)).authors(&given, Vec::new());
        assert_eq!(authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(), ["By The Desk and Ada Lund"]);
        assert_ne!(settle().authors(&given, Vec::new())[0].name, "By The Desk and Ada Lund");
    }

    #[test]
    fn dates_are_compared_as_times() {
        let mut settle = settle();
        for same in ["2024-05-06T12:00:00+02:00", "2024-05-06", "2024-05-06T10:00Z"] {
            settle.date(Field::Published, Some("2024-05-06T10:00:00Z"), stamp(same));
        }
        assert_eq!(settle.conflicts, []);
        settle.date(Field::Published, Some("2024-05-06T10:00:00Z"), stamp("2024-05-07"));
        settle.date(Field::Published, Some("2024-05-06T10:00:00Z"), stamp("2024-05-06T11:00:00Z"));
        assert_eq!(settle.conflicts.len(), 2);
        assert_eq!(settle.date(Field::Published, Some("soon"), stamp("2024-05-07")), None);
        assert_eq!(settle.problems.len(), 1);
    }
}
