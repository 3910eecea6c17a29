//! Written dates, whole and partial: `2017-02-07`, `7/2/2017`, `March 18, 2017`, `18 March 2017`,
//! `Friday, March 17`, `mid-February`, `Tuesday`, `in 2016`.
//!
//! `May` and `March` alone are dates only after a word that asks for one; day names are dates only in full.

use crate::reading::Reading;
use crate::token::{Kind, fold};

/// The months, in order, folded.
pub(crate) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// The days of the week, folded.
pub(crate) const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const SHORT_MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"];
/// Words after which `May` and `March` are months.
const BEFORE_MONTH: [&str; 15] = [
    "in", "since", "until", "till", "by", "last", "next", "this", "of", "from", "during", "between", "late", "early",
    "before",
];
/// Words after which a number of four digits is a year.
const BEFORE_YEAR: [&str; 7] = ["in", "since", "until", "year", "during", "early", "late"];

/// The end of the date that begins at token `at`, if one does.
pub(crate) fn date_at(reading: &Reading<'_>, at: usize) -> Option<usize> {
    match reading.token(at)?.kind {
        Kind::Number => numeric(reading, at).or_else(|| day_first(reading, at)).or_else(|| lone_year(reading, at)),
        Kind::Word => weekday(reading, at).or_else(|| part_of_month(reading, at)).or_else(|| month_first(reading, at)),
        _ => None,
    }
}

fn number(reading: &Reading<'_>, at: usize, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let token = reading.token(at).filter(|t| t.kind == Kind::Number && digits.contains(&t.text.len()))?;
    token.text.parse().ok()
}

fn day(reading: &Reading<'_>, at: usize) -> Option<usize> {
    number(reading, at, 1..=2).filter(|day| (1..=31).contains(day))?;
    let ordinal = reading.token(at + 1).is_some_and(|t| t.glued && matches!(t.text, "st" | "nd" | "rd" | "th"));
    let end = at + 1 + usize::from(ordinal);
    let joined = reading.token(end).is_some_and(|t| t.glued && (t.kind == Kind::Word || t.is("%") || t.is(":")));
    (!joined).then_some(end)
}

fn year(reading: &Reading<'_>, at: usize) -> Option<usize> {
    reading.follower(at)?;
    number(reading, at, 4..=4).filter(|year| (1000..=2199).contains(year)).map(|_| at + 1)
}

/// `2017-02-07`, `07/02/2017`, `07.02.2017`.
fn numeric(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let token = reading.token(at)?;
    let parts: Vec<&str> = token.text.split('.').collect();
    if let [day, month, year] = parts[..] {
        let widths = (1..=2).contains(&day.len()) && (1..=2).contains(&month.len()) && year.len() == 4;
        return (widths && !token.text.contains(',')).then_some(at + 1);
    }
    let (first, second) = (reading.token(at + 1)?, reading.token(at + 3)?);
    let same_mark = matches!(first.text, "-" | "/") && first.text == second.text;
    let glued = (1..=4).all(|i| reading.token(at + i).is_some_and(|t| t.glued));
    if !same_mark || !glued {
        return None;
    }
    number(reading, at + 2, 1..=2)?;
    let year_first = number(reading, at, 4..=4).is_some() && number(reading, at + 4, 1..=2).is_some();
    let year_last = number(reading, at, 1..=2).is_some() && number(reading, at + 4, 4..=4).is_some();
    (year_first || year_last).then_some(at + 5)
}

/// Whether a month stands at `at`: its end (over the stop of an abbreviation) and whether it is written in full.
fn month(reading: &Reading<'_>, at: usize) -> Option<(usize, bool)> {
    let token = reading.token(at).filter(|t| t.is_capitalised())?;
    let folded = fold(token.text);
    if MONTHS.contains(&folded.as_ref()) {
        return Some((at + 1, true));
    }
    let stop = usize::from(reading.follows(at + 1, ".") && reading.token(at + 1).is_some_and(|t| t.glued));
    SHORT_MONTHS.contains(&folded.as_ref()).then_some((at + 1 + stop, false))
}

/// `18 March 2017`, `the 18th of March`.
fn day_first(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let mut end = day(reading, at)?;
    if reading.follows(end, "of") {
        end += 1;
    }
    reading.follower(end)?;
    let (end, _) = month(reading, end)?;
    let after_comma = end + usize::from(reading.follows(end, ","));
    Some(year(reading, after_comma).unwrap_or(end))
}

/// `March 18, 2017`, `March 2017`, `February`.
fn month_first(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let (month_end, in_full) = month(reading, at)?;
    if reading.follower(month_end).is_some() {
        if let Some(day_end) = day(reading, month_end) {
            let after_comma = day_end + usize::from(reading.follows(day_end, ","));
            return Some(year(reading, after_comma).unwrap_or(day_end));
        }
        let after_comma = month_end + usize::from(reading.follows(month_end, ","));
        if let Some(end) = year(reading, after_comma) {
            return Some(end);
        }
    }
    let ambiguous = matches!(reading.folded(at).as_ref(), "may" | "march" | "august");
    let asked_for =
        || at > 0 && reading.word_before(at).is_some_and(|w| BEFORE_MONTH.contains(&reading.folded(w).as_ref()));
    (in_full && (!ambiguous || asked_for())).then_some(month_end)
}

/// `mid-February`, `late March`, `early 2016`.
fn part_of_month(reading: &Reading<'_>, at: usize) -> Option<usize> {
    if !matches!(reading.folded(at).as_ref(), "mid" | "early" | "late") {
        return None;
    }
    let hyphen = reading.token(at + 1).is_some_and(|t| t.glued && t.is_hyphen());
    let next = at + 1 + usize::from(hyphen);
    reading.follower(next)?;
    let year_alone = || year(reading, next).filter(|&end| !counts_something(reading, end));
    month_first(reading, next).or_else(year_alone)
}

/// `Tuesday`, `Friday, March 17, 2017`.
fn weekday(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let token = reading.token(at).filter(|t| t.is_capitalised())?;
    if !WEEKDAYS.contains(&fold(token.text).as_ref()) {
        return None;
    }
    let next = at + 1 + usize::from(reading.follows(at + 1, ","));
    let whole = reading.follower(next).and_then(|_| {
        let month_day = month(reading, next).and_then(|(end, _)| reading.follower(end).and_then(|_| day(reading, end)));
        match month_day {
            Some(_) => month_first(reading, next),
            None => day_first(reading, next),
        }
    });
    Some(whole.unwrap_or(at + 1))
}

/// `in 2016`, `the 1990s`.
fn lone_year(reading: &Reading<'_>, at: usize) -> Option<usize> {
    number(reading, at, 4..=4).filter(|year| (1800..=2099).contains(year))?;
    if reading.token(at)?.text.ends_with('0') && reading.token(at + 1).is_some_and(|t| t.glued && t.is("s")) {
        return Some(at + 2);
    }
    let asked_for = reading.word_before(at).is_some_and(|w| BEFORE_YEAR.contains(&reading.folded(w).as_ref()));
    (asked_for && !counts_something(reading, at + 1)).then_some(at + 1)
}

/// Whether a number that ends before `at` counts what follows ("in 2000 homes").
fn counts_something(reading: &Reading<'_>, at: usize) -> bool {
    reading.token(at).is_some_and(|t| t.glued && (t.kind != Kind::Mark || t.is("%") || t.is_hyphen()))
        || reading.follower(at).is_some_and(|t| t.kind == Kind::Word && t.text.len() > 3 && t.text.ends_with('s'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(text: &str) -> Vec<&str> {
        let reading = Reading::of(text);
        let (mut found, mut at) = (Vec::new(), 0);
        while at < reading.len() {
            if let Some(end) = date_at(&reading, at) {
                found.push(reading.slice(at, end));
                at = end;
            } else {
                at += 1;
            }
        }
        found
    }

    #[test]
    fn whole_dates() {
        for date in [
            "March 18, 2017",
            "18 March 2017",
            "2017-02-07",
            "07/02/2017",
            "7.2.2017",
            "Friday, March 17, 2017",
            "Sept. 11, 2001",
            "3rd of June 1999",
            "Tuesday 4 May",
        ] {
            assert_eq!(dates(&format!("It rained on {date}, again.")), [date]);
        }
    }

    #[test]
    fn partial_dates() {
        assert_eq!(
            dates("In mid-February, on Tuesday, in late March or in May of 2016"),
            ["mid-February", "Tuesday", "late March", "May"]
        );
        assert_eq!(dates("since 2014 and in the 1990s, early 2003"), ["2014", "1990s", "early 2003"]);
    }

    #[test]
    fn what_is_no_date() {
        for text in ["May we March", "it may march", "in 2000 homes", "12 people", "sat in the sun", "10-12-14-16", ""]
        {
            assert_eq!(dates(text), Vec::<&str>::new(), "{text}");
        }
    }
}
