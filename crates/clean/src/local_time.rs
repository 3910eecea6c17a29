//! What the source's defaults add to a date: the order of its numbers, and the zone it names none of.
//!
//! Zones come from the database that is compiled in, so that the same article gives the same record on every
//! machine.

use copydesk_article::{Confidence, DateOrder, DatePrecision, DateStamp, Origin, Supplied, Zone};
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::date;

/// A zone by its IANA name (`Europe/Zurich`) or as an offset (`+02:00`, `Z`); none where it is neither.
#[must_use]
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("z") || name.eq_ignore_ascii_case("utc") {
        return Some(TimeZone::UTC);
    }
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return TimeZoneDatabase::bundled().get(name).ok(),
    };
    let digits = name[1..].replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits[2..].parse().unwrap_or(0);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().map(TimeZone::fixed)
}

/// The instant a text names, by its own zone or by the source's; none where neither is known.
#[must_use]
pub fn instant(text: &str, supplied: &Supplied) -> Option<Timestamp> {
    let stamp = settle(date::read(text)?.stamp(text, Origin::Supplied), supplied);
    (stamp.zone != Zone::Unknown).then(|| stamp.value.parse().ok()).flatten()
}

/// Reads a date again as its source means it; what the date says itself stands.
pub(crate) fn settle(mut stamp: DateStamp, supplied: &Supplied) -> DateStamp {
    // Other doubts than that of the order are not for the source to settle.
    if date::read(&stamp.raw).is_some_and(|reading| reading.is_ambiguous())
        && let Some(order) = supplied.date_order
    {
        // Read day first where either order was possible.
        if order == DateOrder::Mdy
            && let Some(swapped) = swapped(&stamp.value)
        {
            stamp.value = swapped;
        }
        stamp.confidence = Confidence::High;
    }
    if stamp.zone == Zone::Unknown
        && stamp.precision != DatePrecision::Day
        && let Some(zone) = zone(supplied)
        && let Some(offset) = offset_at(&stamp.value, &zone)
    {
        stamp.value.push_str(&offset);
        stamp.zone = Zone::Source;
    }
    stamp
}

/// The zone that the source's dates are meant in, if it is known.
pub(crate) fn zone(supplied: &Supplied) -> Option<TimeZone> {
    supplied.time_zone.as_deref().and_then(time_zone)
}

/// Looks at a settled date from the moment at which it was there to be read. One that can be read in two orders, and
/// lies ahead in one of them only, is meant in the other. What lies ahead all the same is said, and stands.
pub(crate) fn look_ahead(stamp: &mut DateStamp, field: &str, now: Timestamp, problems: &mut Vec<String>) {
    if !lies_ahead(stamp, now) {
        return;
    }
    if stamp.confidence == Confidence::Low
        && date::read(&stamp.raw).is_some_and(|reading| reading.is_ambiguous())
        && let Some(value) = swapped(&stamp.value)
    {
        let other = DateStamp { value, confidence: Confidence::High, ..stamp.clone() };
        if !lies_ahead(&other, now) {
            *stamp = other;
            return;
        }
    }
    problems.push(format!(
        "`{field}` is `{}`, which lies ahead of {now}, when the article was there to be read; it stands as it was read",
        stamp.value
    ));
}

/// Whether a date lies ahead wherever on earth it is meant; clocks may be wrong by an hour.
fn lies_ahead(stamp: &DateStamp, now: Timestamp) -> bool {
    let Ok(latest) = now.checked_add(SignedDuration::from_hours(1)) else { return false };
    if stamp.zone != Zone::Unknown
        && let Ok(instant) = stamp.value.parse::<Timestamp>()
    {
        return instant > latest;
    }
    let Ok(first_zone) = Offset::from_hours(14) else { return false };
    let latest = first_zone.to_datetime(latest);
    match stamp.value.parse::<DateTime>() {
        Ok(local) if stamp.precision != DatePrecision::Day => local > latest,
        _ => stamp.value.get(..10).and_then(|day| day.parse::<Date>().ok()).is_some_and(|day| day > latest.date()),
    }
}

/// The value with month and day changed places, where that is a date.
fn swapped(value: &str) -> Option<String> {
    let date: Date = value.get(..10)?.parse().ok()?;
    let swapped = Date::new(date.year(), date.day(), date.month()).ok()?;
    Some(format!("{swapped}{}", &value[10..]))
}

/// The zone's offset at a local time, as RFC 3339 writes it. Where clocks were set back the first of the two
/// hours is meant.
fn offset_at(value: &str, zone: &TimeZone) -> Option<String> {
    let local: DateTime = value.parse().ok()?;
    let seconds = zone.to_ambiguous_zoned(local).compatible().ok()?.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(raw: &str, zone: Option<&str>, order: Option<DateOrder>) -> DateStamp {
        let supplied = Supplied { time_zone: zone.map(str::to_owned), date_order: order, ..Supplied::default() };
        settle(date::read(raw).expect("a date").stamp(raw, Origin::Page), &supplied)
    }

    #[test]
    fn a_time_without_a_zone_gets_the_sources_and_a_day_stays_a_day() {
        let stamp = settled("2024-07-01 09:30", Some("Europe/Zurich"), None);
        assert_eq!((stamp.value.as_str(), stamp.zone), ("2024-07-01T09:30+02:00", Zone::Source));
        assert_eq!(settled("2024-01-01 09:30:05", Some("Europe/Zurich"), None).value, "2024-01-01T09:30:05+01:00");
        assert_eq!(settled("2024-07-01 09:30", Some("-0330"), None).value, "2024-07-01T09:30-03:30");
        for (raw, zone) in [("2024-07-01", "Europe/Zurich"), ("2024-07-01 09:30", "Nowhere/At_All")] {
            assert_eq!(settled(raw, Some(zone), None), settled(raw, None, None), "{raw} {zone}");
        }
        assert_eq!(settled("2024-07-01T09:30Z", Some("Europe/Zurich"), None).zone, Zone::Explicit);
    }

    #[test]
    fn the_sources_order_settles_numbers_that_can_be_read_both_ways() {
        let read = |raw, order| {
            let stamp = settled(raw, None, order);
            (stamp.value, stamp.confidence)
        };
        assert_eq!(read("03/04/2024", None), ("2024-04-03".into(), Confidence::Low));
        assert_eq!(read("03/04/2024", Some(DateOrder::Mdy)), ("2024-03-04".into(), Confidence::High));
        assert_eq!(read("03/04/2024", Some(DateOrder::Dmy)), ("2024-04-03".into(), Confidence::High));
        assert_eq!(read("2024-04-03", Some(DateOrder::Mdy)), ("2024-04-03".into(), Confidence::High));
    }

    #[test]
    fn a_date_ahead_is_said_and_an_order_that_leads_ahead_is_the_wrong_one() {
        let now: Timestamp = "2024-05-06T10:00:00Z".parse().expect("an instant");
        let look = |raw: &str| {
            let mut problems = Vec::new();
            let mut stamp = settled(raw, None, None);
            look_ahead(&mut stamp, "published", now, &mut problems);
            (stamp.value, problems.len())
        };
        for (raw, value, problems) in [
            ("2024-05-06", "2024-05-06", 0),
            ("2024-05-07", "2024-05-07", 0),
            ("2024-05-08", "2024-05-08", 1),
            ("2024-05-06T10:50:00Z", "2024-05-06T10:50:00Z", 0),
            ("2024-05-06T12:50:00Z", "2024-05-06T12:50:00Z", 1),
            ("2024-05-06 20:00", "2024-05-06T20:00", 0),
            ("03/12/2024", "2024-03-12", 0),
            ("03/12/2025", "2025-12-03", 1),
            ("03/04/2024", "2024-04-03", 0),
        ] {
            assert_eq!(look(raw), (value.to_owned(), problems), "{raw}");
        }
    }

    #[test]
    fn an_instant_needs_a_zone() {
        let of = |text, zone: Option<&str>| {
            let supplied = Supplied { time_zone: zone.map(str::to_owned), ..Supplied::default() };
            instant(text, &supplied).map(|instant| instant.to_string())
        };
        assert_eq!(of("Wed, 01 May 2024 08:00:00 GMT", None).as_deref(), Some("2024-05-01T08:00:00Z"));
        assert_eq!(of("2024-05-02 10:00:00", Some("+02:00")).as_deref(), Some("2024-05-02T08:00:00Z"));
        assert_eq!(of("2024-05-02 10:00", Some("Europe/Zurich")).as_deref(), Some("2024-05-02T08:00:00Z"));
        assert_eq!(of("2024-05-02 10:00:00", None), None);
        assert_eq!(of("2024-05-02", Some("+02:00")), None);
    }

    #[test]
    fn zones_are_names_or_offsets() {
        for name in ["Europe/Zurich", "UTC", "Z", "+02:00", "+0530", "-03", "Asia/Kathmandu"] {
            assert!(time_zone(name).is_some(), "{name}");
        }
        for name in ["", "Zurich", "+2", "+02:99", "+ab:cd", "+99:00", "é"] {
            assert!(time_zone(name).is_none(), "{name}");
        }
    }
}
