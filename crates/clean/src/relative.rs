//! Dates that count from the moment of the fetch: "3 hours ago", "yesterday at 10:15", "vor 2 Tagen", "3小时前".
//!
//! Such a date means a day only with the time at which the page was fetched; without it there is none. Minutes and
//! hours give a time, days give a day; what is coarser (weeks, months) is not told, since it names no day. An hour or a day
//! that was counted may be off by one, and says so by its low confidence.

use copydesk_article::{Confidence, DatePrecision, Zone};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::date::{self, Reading};

/// Longest text that is such a date, in bytes.
const LONGEST: usize = 60;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

/// How long ago, and what is said after the day ("at 10:15").
struct Ago<'a> {
    amount: i64,
    unit: Unit,
    rest: &'a str,
}

/// Words that stand before the number and the unit.
const BEFORE: [&str; 8] = ["vor ", "il y a ", "hace ", "há ", "for ", "acum ", "před ", "منذ "];
/// Words that stand after them.
const AFTER: [&str; 21] = [
    " ago",
    " fa",
    " geleden",
    " temu",
    " назад",
    " тому",
    " önce",
    " sedan",
    " siden",
    " yang lalu",
    " lalu",
    " sitten",
    "前",
    " 前",
    "전",
    " 전",
    " पहले",
    " पूर्व",
    " قبل",
    " atrás",
    " zpět",
];
const TODAY: [&str; 22] = [
    "today",
    "heute",
    "aujourd'hui",
    "aujourd’hui",
    "hoy",
    "hoje",
    "oggi",
    "vandaag",
    "dzisiaj",
    "dziś",
    "сегодня",
    "сьогодні",
    "bugün",
    "idag",
    "i dag",
    "hari ini",
    "dnes",
    "اليوم",
    "امروز",
    "今天",
    "今日",
    "오늘",
];
const YESTERDAY: [&str; 19] = [
    "yesterday",
    "gestern",
    "hier",
    "ayer",
    "ontem",
    "ieri",
    "gisteren",
    "wczoraj",
    "вчера",
    "вчора",
    "dün",
    "igår",
    "i går",
    "kemarin",
    "včera",
    "أمس",
    "دیروز",
    "昨天",
    "어제",
];
const NOW: [&str; 10] = [
    "now",
    "just now",
    "gerade eben",
    "à l'instant",
    "à l’instant",
    "ahora mismo",
    "agora mesmo",
    "только что",
    "az önce",
    "刚刚",
];
const ONE: [&str; 16] =
    ["a", "an", "one", "ein", "eine", "einer", "einem", "un", "une", "una", "um", "uma", "een", "en", "et", "bir"];
const SECONDS: [&str; 16] = [
    "second",
    "seconds",
    "sec",
    "secs",
    "sekunden",
    "secondes",
    "segundos",
    "secondi",
    "seconden",
    "sekund",
    "секунд",
    "saniye",
    "sekunder",
    "detik",
    "秒",
    "초",
];
const MINUTES: [&str; 31] = [
    "minute",
    "minutes",
    "min",
    "mins",
    "minuten",
    "minuto",
    "minutos",
    "minuti",
    "minuut",
    "minut",
    "minuty",
    "minutę",
    "минуту",
    "минуты",
    "минут",
    "мин",
    "хвилин",
    "хвилини",
    "хвилину",
    "dakika",
    "dk",
    "minuter",
    "minutter",
    "minutt",
    "menit",
    "minuuttia",
    "دقیقه",
    "分钟",
    "分鐘",
    "分",
    "분",
];
const HOURS: [&str; 37] = [
    "hour",
    "hours",
    "hr",
    "hrs",
    "h",
    "std",
    "stunde",
    "stunden",
    "heure",
    "heures",
    "hora",
    "horas",
    "ora",
    "ore",
    "uur",
    "godzin",
    "godziny",
    "godzinę",
    "час",
    "часа",
    "часов",
    "годин",
    "години",
    "годину",
    "saat",
    "timme",
    "timmar",
    "time",
    "timer",
    "jam",
    "hodinami",
    "tuntia",
    "ساعت",
    "小时",
    "小時",
    "時間",
    "시간",
];
const DAYS: [&str; 30] = [
    "day", "days", "tag", "tage", "tagen", "jour", "jours", "día", "días", "dia", "dias", "giorno", "giorni", "dag",
    "dagen", "dni", "dzień", "день", "дня", "дней", "дні", "днів", "gün", "dagar", "dage", "dager", "hari", "天", "日",
    "일",
];

/// Whether a text is such a date and nothing else.
pub(crate) fn is_relative(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    parse(&lower)
        .is_some_and(|ago| ago.rest.trim().is_empty() || date::read(&format!("2000-01-01{}", ago.rest)).is_some())
}

/// Whether it is one that counts, and no word that may mean something else.
pub(crate) fn counts(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit()) && is_relative(text)
}

/// Reads a text that is such a date and nothing else. `zone` is where the day is counted, if it is known.
pub(crate) fn read(text: &str, fetched: Timestamp, zone: Option<&TimeZone>) -> Option<Reading> {
    let lower = text.trim().to_lowercase();
    let Ago { amount, unit, rest } = parse(&lower)?;
    let back = match unit {
        Unit::Second => SignedDuration::from_secs(amount),
        Unit::Minute => SignedDuration::from_mins(amount),
        Unit::Hour => SignedDuration::from_hours(amount),
        Unit::Day => SignedDuration::from_hours(amount * 24),
    };
    let then = fetched.checked_sub(back).ok()?;
    if unit == Unit::Day {
        let day = then.to_zoned(zone.cloned().unwrap_or(TimeZone::UTC)).date();
        if !rest.trim().is_empty() {
            return date::read(&format!("{day}{rest}"));
        }
        let sure = zone.is_some() && amount <= 1;
        let confidence = if sure { Confidence::High } else { Confidence::Low };
        return Some(Reading::new(day.to_string(), DatePrecision::Day, Zone::Unknown, confidence));
    }
    let value = then.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%MZ").to_string();
    let confidence = if unit == Unit::Hour { Confidence::Low } else { Confidence::High };
    Some(Reading::new(value, DatePrecision::Minute, Zone::Explicit, confidence))
}

/// Takes a text in small letters apart.
fn parse(text: &str) -> Option<Ago<'_>> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    if NOW.contains(&text) {
        return Some(Ago { amount: 0, unit: Unit::Minute, rest: "" });
    }
    for (words, amount) in [(&TODAY[..], 0), (&YESTERDAY[..], 1)] {
        let rest = words.iter().find_map(|word| text.strip_prefix(word));
        if let Some(rest) = rest
            && (rest.is_empty() || rest.starts_with([' ', ',']))
        {
            return Some(Ago { amount, unit: Unit::Day, rest });
        }
    }
    let after = AFTER.iter().find_map(|word| text.strip_suffix(word));
    let before = BEFORE.iter().find_map(|word| after.unwrap_or(text).strip_prefix(word));
    if before.is_none() && after.is_none() {
        return None;
    }
    let counted = before.or(after)?.trim();
    let digits = counted.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = if digits > 0 {
        (counted.get(..digits).filter(|digits| digits.len() <= 3)?.parse().ok()?, counted[digits..].trim_start())
    } else {
        let (one, unit) = counted.split_once(' ')?;
        ONE.contains(&one).then_some((1, unit.trim_start()))?
    };
    let unit = unit.trim_end_matches('.');
    let known =
        [(&SECONDS[..], Unit::Second), (&MINUTES[..], Unit::Minute), (&HOURS[..], Unit::Hour), (&DAYS[..], Unit::Day)];
    let unit = known.iter().find(|(words, _)| words.contains(&unit)).map(|&(_, unit)| unit)?;
    Some(Ago { amount, unit, rest: "" })
}

#[cfg(test)]
mod tests {
    use copydesk_article::Origin;
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, zone: Option<&str>) -> Option<(String, Confidence)> {
        let fetched: Timestamp = "2024-05-06T22:30:40Z".parse().expect("an instant");
        let zone = zone.and_then(crate::time_zone);
        let stamp = read(text, fetched, zone.as_ref())?.stamp(text, Origin::Page);
        Some((stamp.value, stamp.confidence))
    }

    #[test]
    fn counts_from_the_fetch() {
        for (text, expected) in [
            ("5 minutes ago", "2024-05-06T22:25Z"),
            ("an hour ago", "2024-05-06T21:30Z"),
            ("3 Hours Ago", "2024-05-06T19:30Z"),
            ("2 days ago", "2024-05-04"),
            ("yesterday", "2024-05-05"),
            ("Yesterday at 10:15", "2024-05-05T10:15"),
            ("vor 2 Tagen", "2024-05-04"),
            ("vor einer Stunde", "2024-05-06T21:30Z"),
            ("gestern, 10:15", "2024-05-05T10:15"),
            ("il y a 3 heures", "2024-05-06T19:30Z"),
            ("hace 2 días", "2024-05-04"),
            ("3 часа назад", "2024-05-06T19:30Z"),
            ("2 ore fa", "2024-05-06T20:30Z"),
            ("for 2 timer siden", "2024-05-06T20:30Z"),
            ("3小时前", "2024-05-06T19:30Z"),
            ("2 日前", "2024-05-04"),
            ("Just now", "2024-05-06T22:30Z"),
        ] {
            assert_eq!(value(text, None).map(|(value, _)| value).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_day_is_that_of_the_outlet_and_doubt_is_said() {
        assert_eq!(value("today", Some("Europe/Zurich")), Some(("2024-05-07".into(), Confidence::High)));
        assert_eq!(value("today", None), Some(("2024-05-06".into(), Confidence::Low)));
        assert_eq!(value("2 days ago", Some("Europe/Zurich")), Some(("2024-05-05".into(), Confidence::Low)));
    }

    #[test]
    fn what_names_no_day_is_not_told() {
        for text in [
            "",
            "3 weeks ago",
            "2 months ago",
            "ago",
            "long ago",
            "days ago",
            "1234 days ago",
            "3 hours",
            "today the ferry left",
            "hierzulande",
        ] {
            assert_eq!(value(text, None), None, "{text}");
            assert!(!is_relative(text), "{text}");
        }
        assert!(counts("2 hours ago") && !counts("Today"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,20}|(vor |il y a )?[0-9]{0,4} ?(hours|日|Tage)?( ago|前)?") {
            let _ = value(&text, None);
        }
    }
}
