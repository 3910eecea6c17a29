//! Whose word counts, where several speak about one article.
//!
//! The nearest to the article wins: its own fields, then its sidecars, then its folder, then its source's
//! defaults. A word of the user's that loses is kept as a conflict; a default that loses is not, because that is
//! what defaults are for.

use std::mem;

use copydesk_article::{Conflict, DateOrder, Origin, Supplied};
use serde_json::Value;

/// Adds what `worse` says where `better` is silent.
pub(crate) fn fill(better: &mut Supplied, worse: &Supplied) {
    lay(better, worse, &mut |_, _| {});
}

/// Adds what `worse` says where `better` is silent, and keeps what it says otherwise.
pub(crate) fn fill_and_keep(better: &mut Supplied, worse: &Supplied) {
    let mut conflicts = mem::take(&mut better.conflicts);
    lay(better, worse, &mut |field, value| conflicts.push(conflict(field, value)));
    conflicts.extend(worse.conflicts.iter().cloned());
    better.conflicts = conflicts;
}

/// A word of the user's that lost.
pub(crate) fn conflict(field: &str, value: String) -> Conflict {
    Conflict { field: field.to_owned(), value, from: Origin::Supplied }
}

fn lay(better: &mut Supplied, worse: &Supplied, lost: &mut dyn FnMut(&str, String)) {
    one("url", &mut better.url, worse.url.as_ref(), lost);
    one("canonical_url", &mut better.canonical_url, worse.canonical_url.as_ref(), lost);
    one("site", &mut better.site, worse.site.as_ref(), lost);
    one("title", &mut better.title, worse.title.as_ref(), lost);
    one("subtitle", &mut better.subtitle, worse.subtitle.as_ref(), lost);
    many("authors", &mut better.authors, &worse.authors, lost);
    one("published", &mut better.published, worse.published.as_ref(), lost);
    one("modified", &mut better.modified, worse.modified.as_ref(), lost);
    one("fetched_at", &mut better.fetched_at, worse.fetched_at.as_ref(), lost);
    one("language", &mut better.language, worse.language.as_ref(), lost);
    many("sections", &mut better.sections, &worse.sections, lost);
    many("tags", &mut better.tags, &worse.tags, lost);
    many("images", &mut better.images, &worse.images, lost);
    one("charset", &mut better.charset, worse.charset.as_ref(), lost);
    one("time_zone", &mut better.time_zone, worse.time_zone.as_ref(), lost);
    match (better.date_order, worse.date_order) {
        (None, order) => better.date_order = order,
        (Some(ours), Some(order)) if ours != order => lost("date_order", order_name(order).to_owned()),
        _ => {}
    }
    better.problems.extend(worse.problems.iter().cloned());
    for (name, value) in &worse.extra {
        match better.extra.get(name) {
            None => {
                better.extra.insert(name.clone(), value.clone());
            }
            Some(ours) if ours != value => lost(name, plain(value)),
            Some(_) => {}
        }
    }
}

fn one(field: &str, ours: &mut Option<String>, theirs: Option<&String>, lost: &mut dyn FnMut(&str, String)) {
    match (&ours, theirs) {
        (None, theirs) => *ours = theirs.cloned(),
        (Some(ours), Some(theirs)) if ours.trim() != theirs.trim() => lost(field, theirs.clone()),
        _ => {}
    }
}

fn many(field: &str, ours: &mut Vec<String>, theirs: &[String], lost: &mut dyn FnMut(&str, String)) {
    if ours.is_empty() {
        *ours = theirs.to_vec();
    } else if !theirs.is_empty() && !ours.iter().map(|word| word.trim()).eq(theirs.iter().map(|word| word.trim())) {
        lost(field, theirs.join("; "));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const fn order_name(order: DateOrder) -> &'static str {
    match order {
        DateOrder::Dmy => "dmy",
        DateOrder::Mdy => "mdy",
        DateOrder::Ymd => "ymd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(title: &str, tags: &[&str]) -> Supplied {
        Supplied {
            title: Some(title.to_owned()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Supplied::default()
        }
    }

    #[test]
    fn the_nearest_word_wins_and_the_other_is_kept() {
        let mut ours = words("Rain", &["weather"]);
        let mut theirs = words("Flood", &["weather "]);
        theirs.language = Some("en".to_owned());
        theirs.date_order = Some(DateOrder::Dmy);
        theirs.extra.insert("desk".to_owned(), json!("north"));
        fill_and_keep(&mut ours, &theirs);
        assert_eq!(ours.conflicts, [conflict("title", "Flood".to_owned())]);
        assert_eq!((ours.title.as_deref(), ours.language.as_deref()), (Some("Rain"), Some("en")));
        assert_eq!((ours.date_order, ours.extra["desk"].as_str()), (Some(DateOrder::Dmy), Some("north")));
        fill_and_keep(&mut ours, &words(" Rain ", &["harbour", "ferry"]));
        assert_eq!(ours.conflicts[1..], [conflict("tags", "harbour; ferry".to_owned())]);
    }

    #[test]
    fn a_default_that_loses_is_no_conflict() {
        let mut ours = words("Rain", &[]);
        fill(&mut ours, &words("Flood", &["weather"]));
        assert_eq!((ours.conflicts.len(), ours.tags.len()), (0, 1));
    }
}
