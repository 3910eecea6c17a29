//! Dates of the solar Hijri year, with which newspapers of Iran and Afghanistan date: "۱۲ آبان ۱۴۰۴", "1404/08/12".
//!
//! A year has six months of 31 days, five of 30, and one of 29 or 30. Eight years of 33 are leap years, a rule that holds
//! from 1343 to 1472 (1964 to 2094), beyond which the equinox decides otherwise; no date outside is read.

use jiff::Span;
use jiff::civil::{Date, date};

/// Years that the rule holds for.
pub(crate) const YEARS: std::ops::RangeInclusive<i16> = 1343..=1472;

/// The first day of a year of which it is known.
const KNOWN: (i16, Date) = (1403, date(2024, 3, 20));

/// The day that a date of the solar Hijri year is.
pub(crate) fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    let days = match month {
        1..=6 => 31,
        7..=11 => 30,
        12 if is_leap(year) => 30,
        12 => 29,
        _ => return None,
    };
    if !YEARS.contains(&year) || !(1..=days).contains(&day) {
        return None;
    }
    let (known, first) = KNOWN;
    let of_years = |years: std::ops::Range<i16>| years.map(|year| 365 + i32::from(is_leap(year))).sum::<i32>();
    let before_year = if year >= known { of_years(known..year) } else { -of_years(year..known) };
    let before_month = i32::from(month - 1) * 30 + i32::from(month - 1).min(6);
    first.checked_add(Span::new().days(before_year + before_month + i32::from(day) - 1)).ok()
}

fn is_leap(year: i16) -> bool {
    matches!(year % 33, 1 | 5 | 9 | 13 | 17 | 22 | 26 | 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_known() {
        for ((year, month, day_of_month), expected) in [
            ((1403, 1, 1), date(2024, 3, 20)),
            ((1403, 12, 30), date(2025, 3, 20)),
            ((1404, 1, 1), date(2025, 3, 21)),
            ((1404, 8, 12), date(2025, 11, 3)),
            ((1399, 12, 30), date(2021, 3, 20)),
            ((1400, 1, 1), date(2021, 3, 21)),
            ((1357, 11, 22), date(1979, 2, 11)),
            ((1395, 11, 19), date(2017, 2, 7)),
        ] {
            assert_eq!(day(year, month, day_of_month), Some(expected), "{year} {month} {day_of_month}");
        }
        for (year, month, day_of_month) in [(1404, 12, 30), (1404, 7, 31), (1404, 13, 1), (1404, 1, 0), (1300, 1, 1)] {
            assert_eq!(day(year, month, day_of_month), None);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = day(1343, 1, 1).expect("the first day").yesterday().expect("a day before it");
        for year in YEARS {
            for (month, day_of_month) in (1..=12).flat_map(|month| (1..=31).map(move |day| (month, day))) {
                if let Some(this) = day(year, month, day_of_month) {
                    assert_eq!(Some(this), last.tomorrow().ok());
                    last = this;
                }
            }
        }
    }
}
