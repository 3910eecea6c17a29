//! The day of an article, for counting days apart.

use copydesk_article::DateStamp;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Days from 1970-01-01 to the day of an article: of its publication, as written, else of an instant, in UTC.
#[must_use]
pub fn day(published: Option<&DateStamp>, else_at: Timestamp) -> i32 {
    let written = published.and_then(|stamp| stamp.value.get(..10)?.parse::<Date>().ok());
    let date = written.unwrap_or_else(|| else_at.to_zoned(TimeZone::UTC).date());
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    i32::try_from(days).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use copydesk_article::{Confidence, DatePrecision, Origin, Zone};

    use super::*;

    #[test]
    fn the_day_is_as_written_or_else_of_the_instant() {
        let stamp = |value: &str| DateStamp {
            value: value.to_owned(),
            precision: DatePrecision::Second,
            zone: Zone::Explicit,
            raw: value.to_owned(),
            from: Origin::Page,
            confidence: Confidence::High,
        };
        let instant: Timestamp = "1970-01-03T23:59:59Z".parse().expect("a time");
        assert_eq!(day(Some(&stamp("1970-01-02")), instant), 1);
        assert_eq!(day(Some(&stamp("1969-12-31T23:00:00+09:00")), instant), -1);
        assert_eq!(day(Some(&stamp("soon")), instant), 2);
        assert_eq!(day(None, instant), 2);
    }
}
