//! Names of months and weekdays, in the languages of news pages.
//!
//! They stand in `data/calendar.tsv`, a line for each month and one for the weekdays, so that whoever knows a language can
//! add to it. A name is known in full or by a usual short form. A short form that two languages use for different months
//! ("mar": March, and no other) is left out unless all of them agree; so is "listopada" for October, which is November
//! in more languages. The months of the solar Hijri year, with which Iran and Afghanistan date, are told apart
//! (`solar_hijri.rs`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A month that a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Month {
    /// Of the Gregorian year, 1 to 12.
    Gregorian(i8),
    /// Of the solar Hijri year, 1 to 12.
    SolarHijri(i8),
}

#[derive(Default)]
struct Calendar {
    months: HashMap<&'static str, Month>,
    weekdays: HashSet<&'static str>,
    /// First words of months of two ("تشرين الثاني").
    first_words: HashSet<&'static str>,
}

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::read(include_str!("../data/calendar.tsv")));

impl Calendar {
    /// Lines that say no month are left out; a test says that there are none.
    fn read(table: &'static str) -> Self {
        let mut calendar = Self::default();
        for (of, names) in table.lines().filter_map(|line| line.split_once('\t')) {
            let number = |text: &str| text.parse().ok();
            let month = match of.strip_prefix('h') {
                Some(of) => number(of).map(Month::SolarHijri),
                None => number(of).map(Month::Gregorian),
            };
            for name in names.split(" | ") {
                match month {
                    Some(month) => _ = calendar.months.insert(name, month),
                    None => _ = calendar.weekdays.insert(name),
                }
                calendar.first_words.extend(name.split_once(' ').map(|(first, _)| first));
            }
        }
        calendar
    }
}

/// The month a word names.
pub(crate) fn month(word: &str) -> Option<Month> {
    CALENDAR.months.get(word.to_lowercase().as_str()).copied()
}

/// Whether a month may begin with a word and go on with another.
pub(crate) fn begins_month(word: &str) -> bool {
    CALENDAR.first_words.contains(word)
}

/// Whether a word names a day of the week.
pub(crate) fn is_weekday(word: &str) -> bool {
    CALENDAR.weekdays.contains(word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_of_two_months() {
        let mut seen = HashSet::new();
        let lines: Vec<_> = include_str!("../data/calendar.tsv").lines().skip(1).collect();
        assert_eq!(lines.len(), 25);
        for line in lines {
            let (_, names) = line.split_once('\t').expect("a key and names");
            for name in names.split(" | ") {
                assert!(seen.insert(name), "{name} stands twice");
                assert_eq!(name, name.to_lowercase());
                assert!(!name.is_empty() && name == name.trim());
            }
        }
        assert_eq!((month("MÄRZ"), month("Mayday"), month("ma")), (Some(Month::Gregorian(3)), None, None));
        assert_eq!(month("آبان"), Some(Month::SolarHijri(8)));
        assert!(is_weekday("Sonntag") && !is_weekday("sunny"));
    }
}
