//! What the source's defaults add to a date: the order of its numbers, and the zone it names none of.
//!
//! Zones come from the database that is compiled in, so that the same article gives the same record on every
//! machine.

use copydesk_article::{Confidence, DateOrder, DatePrecision, DateStamp, Origin, Supplied, Zone};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

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
    if stamp.confidence == Confidence::Low
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
        && let Some(zone) = supplied.time_zone.as_deref().and_then(time_zone)
        && let Some(offset) = offset_at(&stamp.value, &zone)
    {
        stamp.value.push_str(&offset);
        stamp.zone = Zone::Source;
    }
    stamp
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
