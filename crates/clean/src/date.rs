//! Reading dates, as people and machines write them.
//!
//! ISO 8601 and RFC 3339, RFC 2822, "March 18, 2017", "18 March 2017", numbers with slashes, dots or dashes,
//! Unix seconds or milliseconds. Nothing is guessed: a date without a time stays a day, a time without a zone
//! gets no offset. Where day and month could change places the reading is day first, as in most countries,
//! with low confidence. Fractions of a second are dropped. Month names are those of `calendar.rs`.

use copydesk_article::{Confidence, DatePrecision, DateStamp, Origin, Zone, is_cjk};
use jiff::Timestamp;
use jiff::civil::Date;
use unicode_normalization::char::is_combining_mark;

use crate::calendar::{Month, begins_month, is_weekday, month};
use crate::solar_hijri;

/// Years that articles have.
const YEARS: std::ops::RangeInclusive<i16> = 1600..=2199;

/// Most characters of a date with its time.
const LONGEST: usize = 80;
/// Zeros of scripts that write dates in digits of their own: Arabic, Persian, Devanagari, Bengali, Thai, full width.
const ZEROS: [u32; 6] = [0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10];
/// What may stand between a date and its time.
const BEFORE_TIME: [&str; 32] = [
    "at ",
    "um ",
    "à ",
    "a las ",
    "às ",
    "alle ",
    "ore ",
    "kl. ",
    "kl ",
    "klo ",
    "o godz. ",
    "godz. ",
    "ob ",
    "om ",
    "в ",
    "о ",
    "у ",
    "u ",
    "o ",
    "ora ",
    "lúc ",
    "pukul ",
    "saat ",
    "la ora ",
    "plkst. ",
    "kell ",
    "@ ",
    "@",
    "الساعة ",
    "ساعت ",
    "เวลา ",
    "ժամը ",
];
/// What may stand after a day and says nothing more: in the Lithuanian way, and a weekday in Chinese and Japanese.
const AFTER_DAY: [&str; 2] = [" d.", " d"];
/// What may stand before a date and says nothing more.
const BEFORE_DATE: [&str; 8] = ["le", "el", "il", "den", "am", "em", "dne", "op"];
/// What may stand after a time and says nothing more.
const AFTER_TIME: [&str; 7] = [" uhr", " น.", " hrs", " ч.", " hod.", " val.", " uur"];
/// What may stand after a year and says that it is one.
const AFTER_YEAR: [&str; 8] = [" г.", " р.", " року", " года", " m.", " г", " թ.", " წ."];

/// What a date says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    value: String,
    precision: DatePrecision,
    zone: Zone,
    confidence: Confidence,
}

impl Reading {
    /// A reading that was worked out elsewhere.
    pub(crate) const fn new(value: String, precision: DatePrecision, zone: Zone, confidence: Confidence) -> Self {
        Self { value, precision, zone, confidence }
    }

    /// Whether day and month could change places.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.confidence == Confidence::Low
    }

    /// Whether it says the time of the day.
    pub(crate) fn has_time(&self) -> bool {
        self.precision != DatePrecision::Day
    }

    /// The reading as it stands in a record, `raw` being what was read.
    pub(crate) fn stamp(self, raw: &str, from: Origin) -> DateStamp {
        let Self { value, precision, zone, confidence } = self;
        DateStamp { value, precision, zone, raw: raw.to_owned(), from, confidence }
    }
}

/// Reads a text that is a date and nothing else.
pub(crate) fn read(text: &str) -> Option<Reading> {
    let text = text.trim();
    if let Some(reading) = read_number(text) {
        return Some(reading);
    }
    let (reading, len) = read_start(text)?;
    let rest = text[len..].trim();
    // RFC 2822 comments and RFC 9557 zone names repeat what the offset says.
    let comment = (rest.starts_with('(') && rest.ends_with(')')) || (rest.starts_with('[') && rest.ends_with(']'));
    (rest.is_empty() || comment).then_some(reading)
}

/// Reads the date a text starts with; returns it with its length in bytes.
pub(crate) fn read_start(text: &str) -> Option<(Reading, usize)> {
    let start = text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end]);
    if !start.contains(is_digit_elsewhere) {
        return read_digits(text);
    }
    // The digits of other scripts, one for one.
    let digits: String = start.chars().map(|c| ascii_digit(c).unwrap_or(c)).collect();
    let (reading, len) = read_digits(&digits)?;
    let characters = digits[..len].chars().count();
    Some((reading, start.char_indices().nth(characters).map_or(start.len(), |(end, _)| end)))
}

/// The ASCII digit that a decimal digit of another script stands for.
fn ascii_digit(c: char) -> Option<char> {
    let zero = ZEROS.iter().find(|&&zero| (zero..=zero + 9).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

fn is_digit_elsewhere(c: char) -> bool {
    ascii_digit(c).is_some()
}

fn read_digits(text: &str) -> Option<(Reading, usize)> {
    let mut cursor = Cursor { rest: text };
    let before = cursor.time_before();
    let (date, confidence) = cursor.date()?;
    // A date that runs on into other letters or digits is no date.
    if cursor.rest.starts_with(|c: char| c.is_alphanumeric() && c != 'T' && !is_cjk(c)) {
        return None;
    }
    cursor.skip_any(&AFTER_YEAR);
    cursor.skip_weekday_after();
    cursor.skip_last_dot();
    let mut end = cursor.rest;
    let time = before.or_else(|| {
        let (time, precision) = cursor.time()?;
        end = cursor.rest;
        let zone = cursor.zone().inspect(|_| end = cursor.rest);
        Some((time, precision, zone.flatten()))
    });
    if end.starts_with(|c: char| c.is_alphanumeric() && !is_cjk(c)) {
        return None;
    }
    let reading = match time {
        Some((time, precision, offset)) => {
            let zone = if offset.is_some() { Zone::Explicit } else { Zone::Unknown };
            let value = format!("{date}T{time}{}", offset.unwrap_or_default());
            Reading { value, precision, zone, confidence }
        }
        None => Reading { value: date.to_string(), precision: DatePrecision::Day, zone: Zone::Unknown, confidence },
    };
    Some((reading, text.len() - end.len()))
}

/// Unix seconds or milliseconds, or a date of eight digits.
fn read_number(text: &str) -> Option<Reading> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if text.len() == 8 {
        let (year, rest) = text.split_at(4);
        let (month, day) = rest.split_at(2);
        let date = civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        return Some(Reading {
            value: date.to_string(),
            precision: DatePrecision::Day,
            zone: Zone::Unknown,
            confidence: Confidence::High,
        });
    }
    let seconds = match text.len() {
        9 | 10 => text.parse().ok()?,
        13 => text.parse::<i64>().ok()? / 1000,
        _ => return None,
    };
    Some(Reading {
        value: Timestamp::from_second(seconds).ok()?.to_string(),
        precision: DatePrecision::Second,
        zone: Zone::Explicit,
        confidence: Confidence::High,
    })
}

/// The day of a month that is named.
fn on(year: i16, month: Month, day: i8) -> Option<Date> {
    match month {
        Month::Gregorian(month) => civil(year, month, day),
        Month::SolarHijri(month) => solar_hijri::day(year, month, day),
    }
}

fn civil(year: i16, month: i8, day: i8) -> Option<Date> {
    YEARS.contains(&year).then(|| Date::new(year, month, day).ok()).flatten()
}

/// Whether a text begins with a weekday or a month, which is no zone even in capitals.
fn is_weekday_or_month(text: &str) -> bool {
    let word = text.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    is_weekday(word) || month(word).is_some()
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.rest.strip_prefix(c);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// A run of digits, `least` to `most` of them and no more.
    fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let len = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if !(least..=most).contains(&len) {
            return None;
        }
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        Some(digits)
    }

    fn number<T: std::str::FromStr>(&mut self, least: usize, most: usize) -> Option<T> {
        self.digits(least, most)?.parse().ok()
    }

    /// A run of letters.
    fn word(&mut self) -> Option<&'a str> {
        // Marks stand inside words of many scripts.
        let is_in_word = |c: char| c.is_alphabetic() || is_combining_mark(c);
        let len = self.rest.find(|c: char| !is_in_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        (len > 0).then_some(word)
    }

    fn date(&mut self) -> Option<(Date, Confidence)> {
        let start = self.rest;
        // A weekday in front says nothing that the date does not.
        if self.weekday() {
            self.skip('.');
            self.skip(',');
            self.skip('،');
            self.blanks();
            if ['/', '|', '-', '–'].into_iter().any(|stroke| self.skip(stroke)) {
                self.blanks();
            }
        } else {
            self.rest = start;
        }
        let start = self.rest;
        if self.word().is_some_and(|word| BEFORE_DATE.contains(&word.to_lowercase().as_str()))
            && self.rest.trim_start().starts_with(|c: char| c.is_ascii_digit())
        {
            self.blanks();
        } else {
            self.rest = start;
        }
        if self.rest.starts_with(char::is_alphabetic) {
            return self.month_first();
        }
        let leading = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if leading == 4 {
            return self.year_first();
        }
        let first: i8 = self.number(1, 2)?;
        match self.rest.chars().next()? {
            separator @ ('/' | '.' | '-') if self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                self.in_numbers(first, separator)
            }
            // "3. 11. 2025"
            '.' if self.rest[1..].trim_start().starts_with(|c: char| c.is_ascii_digit()) => self.in_numbers(first, '.'),
            _ => self.day_first(first),
        }
    }

    /// A day of the week, in a word or two: `Monday`, `segunda-feira`, `Thứ tư`, `יום שני`, `วันพุธที่`.
    fn weekday(&mut self) -> bool {
        let Some(word) = self.word() else { return false };
        let before = matches!(word, "Thứ" | "thứ" | "Chủ" | "יום" | "يوم" | "روز");
        let named = if before {
            self.blanks();
            self.word().is_some()
        } else {
            is_weekday(word) || (word.starts_with("วัน") && word.ends_with("ที่"))
        };
        self.rest = self.rest.strip_prefix("-feira").unwrap_or(self.rest);
        named
    }

    /// `2017-02-07`, `2017/02/07`, `2017.02.07`, `2017. 2. 7.`, `2017年2月7日`, `2017년 2월 7일`, `2017. február 7.`,
    /// `2017 m. vasario 7 d.`, `2017. gada 7. februārī`
    fn year_first(&mut self) -> Option<(Date, Confidence)> {
        let year = self.number(4, 4)?;
        let start = self.rest;
        self.skip_any(&[". gada", " m."]);
        self.skip('.');
        if self.rest != start {
            self.blanks();
            let day_before: Option<i8> = self.rest.find(". ").and_then(|_| self.number(1, 2));
            if day_before.is_some() {
                self.skip('.');
                self.blanks();
            }
            if let Some(month) = self.month() {
                self.blanks();
                let day = day_before.or_else(|| self.number(1, 2))?;
                self.skip('.');
                self.skip_any(&AFTER_DAY);
                return Some((on(year, month, day)?, Confidence::High));
            }
            self.rest = start;
        }
        let separator = self.rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.' | '年' | '년'))?;
        let (of_month, of_day) = match separator {
            '年' => ('月', '日'),
            '년' => ('월', '일'),
            other => (other, other),
        };
        let spaced = !matches!(separator, '-' | '/');
        self.skip(separator);
        if spaced {
            self.blanks();
        }
        let month = self.number(1, 2)?;
        if !self.skip(of_month) {
            return None;
        }
        if spaced {
            self.blanks();
        }
        let day = self.number(1, 2)?;
        if of_day != of_month {
            self.skip(of_day);
        }
        let month = if solar_hijri::YEARS.contains(&year) { Month::SolarHijri(month) } else { Month::Gregorian(month) };
        Some((on(year, month, day)?, Confidence::High))
    }

    /// A month by its name, of one word or two.
    fn month(&mut self) -> Option<Month> {
        let start = self.rest;
        if start.starts_with(|c| ('\u{E00}'..='\u{E7F}').contains(&c)) {
            // Short forms of Thai have a full stop inside.
            let len = start.find(char::is_whitespace).unwrap_or(start.len());
            if let Some(month) = month(start[..len].trim_end_matches('.')) {
                self.rest = &start[len..];
                return Some(month);
            }
        }
        let word = self.word()?;
        if begins_month(word) {
            self.blanks();
            self.word()?;
            return month(&start[..start.len() - self.rest.len()]);
        }
        month(word)
    }

    /// `March 18, 2017`, `Mar-18-2017`
    fn month_first(&mut self) -> Option<(Date, Confidence)> {
        let month = self.month()?;
        self.skip('.');
        self.gap();
        let day = self.number(1, 2)?;
        self.ordinal();
        self.skip(',');
        self.gap();
        let year = self.number(4, 4)?;
        Some((on(year, month, day)?, Confidence::High))
    }

    /// `18 March 2017`, `18-Mar-2017`, `18th of March, 2017`, `18. März 2017`, `18 de marzo de 2017`
    fn day_first(&mut self, day: i8) -> Option<(Date, Confidence)> {
        self.ordinal();
        self.gap();
        let start = self.rest;
        if self.word().is_some_and(|word| word.eq_ignore_ascii_case("of") || word.eq_ignore_ascii_case("de")) {
            self.blanks();
        } else {
            self.rest = start;
        }
        let is_thai = self.rest.starts_with(|c| ('\u{E00}'..='\u{E7F}').contains(&c));
        let month = if let Some(rest) = self.rest.strip_prefix("tháng ") {
            self.rest = rest;
            Month::Gregorian(self.number(1, 2)?)
        } else {
            self.month()?
        };
        self.skip('.');
        self.skip(',');
        self.gap();
        if let Some(rest) = self.rest.strip_prefix("năm ") {
            self.rest = rest;
        }
        if let Some(rest) = self.rest.strip_prefix("de ").or_else(|| self.rest.strip_prefix("del ")) {
            self.rest = rest;
        }
        let year: i16 = self.number(4, 4)?;
        // In Thailand years count from the death of the Buddha.
        let year = if is_thai && year > 2400 { year - 543 } else { year };
        Some((on(year, month, day)?, Confidence::High))
    }

    /// `18/03/2017`, `18.03.2017`, `18. 3. 2017`, `03-18-2017`, and with dots `18.03.17`.
    fn in_numbers(&mut self, first: i8, separator: char) -> Option<(Date, Confidence)> {
        self.skip(separator);
        if separator == '.' {
            self.blanks();
        }
        let second: i8 = self.number(1, 2)?;
        if !self.skip(separator) {
            return None;
        }
        if separator == '.' {
            self.blanks();
        }
        let year = match self.digits(2, 4)? {
            digits if digits.len() == 4 => digits.parse().ok()?,
            // Of this century: nobody else leaves it out. What goes on in numbers is none.
            digits if digits.len() == 2 && separator == '.' && !self.rest.starts_with(['.', ':', '%']) => {
                2000 + digits.parse::<i16>().ok()?
            }
            _ => return None,
        };
        match (civil(year, second, first), civil(year, first, second)) {
            // Dots are written day first wherever they are written.
            (Some(date), Some(other)) if date != other && separator != '.' => Some((date, Confidence::Low)),
            (Some(date), _) => Some((date, Confidence::High)),
            (None, Some(date)) if separator != '.' => Some((date, Confidence::High)),
            _ => None,
        }
    }

    /// A weekday behind a date: ` Pazartesi`, `（月）`.
    fn skip_weekday_after(&mut self) {
        let start = self.rest;
        if let Some(rest) = start.strip_prefix(['(', '（']) {
            let mut characters = rest.chars();
            if characters.next().is_some_and(|c| "月火水木金土日一二三四五六".contains(c))
                && matches!(characters.next(), Some(')' | '）'))
            {
                self.rest = characters.as_str();
            }
            return;
        }
        self.skip(',');
        self.blanks();
        if !self.word().is_some_and(is_weekday) {
            self.rest = start;
        }
    }

    /// The full stop behind a date that ends a number: `03.11.2025.`, `2025. november 3. – 08:52`. Not one that ends a
    /// sentence.
    fn skip_last_dot(&mut self) {
        if let Some(rest) = self.rest.strip_prefix('.') {
            let mut after = Cursor { rest };
            if rest.trim().is_empty() || after.time().is_some() {
                self.rest = rest;
            }
        }
    }

    /// Skips one of some endings, whatever their case, unless it goes on.
    fn skip_any(&mut self, endings: &[&str]) {
        let rest = endings.iter().find_map(|ending| {
            let start = self.rest.get(..ending.len()).filter(|start| start.to_lowercase() == *ending)?;
            let rest = &self.rest[start.len()..];
            (!rest.starts_with(char::is_alphanumeric)).then_some(rest)
        });
        self.rest = rest.unwrap_or(self.rest);
    }

    fn gap(&mut self) {
        self.skip('-');
        self.blanks();
    }

    fn ordinal(&mut self) {
        for suffix in ["st", "nd", "rd", "th", "er", "º", "."] {
            if let Some(rest) = self.rest.strip_prefix(suffix) {
                self.rest = rest;
                return;
            }
        }
    }

    /// A time before a date, with its zone: `10:48, Tue, Nov 19, 2019`, `10:02 AM EST Nov 19, 2019`, `14:05 | 3.11.2025`.
    fn time_before(&mut self) -> Option<(String, DatePrecision, Option<String>)> {
        let start = self.rest;
        let hours = start.bytes().take_while(u8::is_ascii_digit).count();
        let read = if (1..=2).contains(&hours) && start[hours..].starts_with(':') { self.time() } else { None };
        let Some((time, precision)) = read else {
            self.rest = start;
            return None;
        };
        let before_zone = self.rest;
        let offset = match self.zone() {
            Some(offset) if !is_weekday_or_month(before_zone) => offset,
            _ => {
                self.rest = before_zone;
                None
            }
        };
        self.skip(',');
        self.blanks();
        if self.skip('-') || self.skip('–') || self.skip('|') || self.skip('/') {
            self.blanks();
        }
        Some((time, precision, offset))
    }

    /// A time after a date: `T10:30:00`, ` 10:30`, `, at 10:30 am`, ` - 10.30 pm`.
    fn time(&mut self) -> Option<(String, DatePrecision)> {
        if !self.skip('T') {
            self.skip(',');
            self.blanks();
            if ['-', '–', '—', '|', '/', '·', '•'].into_iter().any(|stroke| self.skip(stroke)) {
                self.blanks();
            }
            if let Some(rest) = BEFORE_TIME.iter().find_map(|word| self.rest.strip_prefix(word)) {
                self.rest = rest;
            }
            self.blanks();
        }
        let half_before = self.half_before();
        let mut hour: i8 = self.number(1, 2)?;
        let minute = if self.skip(':') { self.number(2, 2)? } else { self.minute()? };
        let mut second = None;
        if self.rest.starts_with(':') {
            self.skip(':');
            // A leap second has no place in civil time.
            second = Some(self.number::<i8>(2, 2)?.min(59));
            let fraction = self.rest.strip_prefix(['.', ',', ':']).unwrap_or("");
            let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if len > 0 {
                self.rest = &fraction[len..];
            }
        }
        let before_half = self.rest;
        self.blanks();
        match half_before.or_else(|| self.half_of_day()) {
            Some(afternoon) if (1..=12).contains(&hour) => hour = hour % 12 + if afternoon { 12 } else { 0 },
            Some(_) => return None,
            None => self.rest = before_half,
        }
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return None;
        }
        self.skip_any(&AFTER_TIME);
        Some(match second {
            Some(second) => (format!("{hour:02}:{minute:02}:{second:02}"), DatePrecision::Second),
            None => (format!("{hour:02}:{minute:02}"), DatePrecision::Minute),
        })
    }

    /// The minute of `10h30`, `10 h 30`, `10.30`, `10時30分`, and nothing of a number that goes on.
    fn minute(&mut self) -> Option<i8> {
        if self.skip('時') || self.skip('时') || self.skip('시') {
            self.blanks();
            let minute = self.number(1, 2)?;
            return (self.skip('分') || self.skip('분')).then_some(minute);
        }
        if !self.skip('.') {
            self.blanks();
            if !self.skip('h') {
                return None;
            }
            self.blanks();
        }
        let minute = self.number(2, 2)?;
        let mut rest = self.rest.chars();
        let goes_on = rest
            .next()
            .is_some_and(|c| c == '%' || (c.is_ascii_punctuation() && rest.next().is_some_and(|c| c.is_ascii_digit())));
        (!goes_on).then_some(minute)
    }

    /// `오전`, `下午` before a time: whether it is the second half.
    fn half_before(&mut self) -> Option<bool> {
        const HALVES: [(&str, bool); 6] =
            [("오전", false), ("오후", true), ("上午", false), ("下午", true), ("午前", false), ("午後", true)];
        let (rest, afternoon) =
            HALVES.iter().find_map(|(half, afternoon)| Some((self.rest.strip_prefix(half)?, *afternoon)))?;
        self.rest = rest.trim_start();
        Some(afternoon)
    }

    /// `am`, `p.m.`, `م`: whether it is the second half.
    fn half_of_day(&mut self) -> Option<bool> {
        const HALVES: [(&str, bool); 14] = [
            ("a.m.", false),
            ("p.m.", true),
            ("a. m.", false),
            ("p. m.", true),
            ("am", false),
            ("pm", true),
            ("π.μ.", false),
            ("μ.μ.", true),
            ("ص", false),
            ("م", true),
            ("صباحا", false),
            ("مساء", true),
            ("sa", false),
            ("ch", true),
        ];
        for (suffix, afternoon) in HALVES {
            if let Some(start) = self.rest.get(..suffix.len())
                && start.eq_ignore_ascii_case(suffix)
                && !self.rest[suffix.len()..].starts_with(char::is_alphanumeric)
            {
                self.rest = &self.rest[suffix.len()..];
                return Some(afternoon);
            }
        }
        None
    }

    /// A zone after a time: its offset as `Z` or `+04:30`, or `None` for letters that name no zone for certain
    /// (`IST` is three of them).
    fn zone(&mut self) -> Option<Option<String>> {
        self.blanks();
        let bracketed = self.skip('(');
        let zone = self.zone_inside()?;
        (!bracketed || self.skip(')')).then_some(zone)
    }

    fn zone_inside(&mut self) -> Option<Option<String>> {
        if let Some(offset) = self.offset() {
            return offset.map(Some);
        }
        let name = self.word()?;
        if !name.bytes().all(|byte| byte.is_ascii_uppercase()) || name.len() > 5 {
            return None;
        }
        // The zones that RFC 2822 defines, but for CST, which is China's, too, and others that are one place's only.
        let offset = match name {
            "Z" | "UTC" | "GMT" | "UT" => {
                let after = self.rest;
                // "GMT+7"
                if let Some(Some(offset)) = self.offset() {
                    return Some(Some(offset));
                }
                self.rest = after;
                "Z"
            }
            "HST" => "-10:00",
            "PST" => "-08:00",
            "MST" | "PDT" => "-07:00",
            "MDT" => "-06:00",
            "EST" | "CDT" => "-05:00",
            "EDT" => "-04:00",
            "CET" | "WAT" => "+01:00",
            "CEST" | "EET" | "SAST" | "CAT" => "+02:00",
            "EEST" | "MSK" | "EAT" => "+03:00",
            "WIB" => "+07:00",
            "WITA" | "HKT" | "SGT" => "+08:00",
            "WIT" | "JST" | "KST" => "+09:00",
            "AEST" => "+10:00",
            "AEDT" => "+11:00",
            "NZST" => "+12:00",
            "NZDT" => "+13:00",
            _ => return Some(None),
        };
        Some(Some(offset.to_owned()))
    }

    /// `+0430`, `-07:00`, `+7`: what a sign begins; `Some(None)` if that is no offset.
    fn offset(&mut self) -> Option<Option<String>> {
        let sign = self.rest.chars().next().filter(|c| matches!(c, '+' | '-' | '−'))?;
        self.skip(sign);
        Some(self.hours_and_minutes().map(|time| format!("{}{time}", if sign == '+' { '+' } else { '-' })))
    }

    fn hours_and_minutes(&mut self) -> Option<String> {
        let digits = self.digits(1, 4)?;
        let (hours, minutes) = match digits.len() {
            1 | 2 if self.skip(':') => (digits, self.digits(2, 2)?),
            1 | 2 => (digits, "00"),
            4 => digits.split_at(2),
            _ => return None,
        };
        (hours.parse::<u8>().ok()? <= 18 && minutes < "60").then(|| format!("{hours:0>2}:{minutes}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Option<String> {
        read(text).map(|reading| reading.value)
    }

    #[test]
    fn reads_what_people_and_machines_write() {
        for (text, expected) in [
            ("2017-02-07", "2017-02-07"),
            ("2017/02/07", "2017-02-07"),
            ("20170207", "2017-02-07"),
            ("March 18, 2017", "2017-03-18"),
            ("Sat, Mar. 18th 2017", "2017-03-18"),
            ("18 March 2017", "2017-03-18"),
            ("18th of March, 2017", "2017-03-18"),
            ("18-Mar-2017", "2017-03-18"),
            ("18.03.2017", "2017-03-18"),
            ("Samstag, 18. März 2017", "2017-03-18"),
            ("1er août 2017", "2017-08-01"),
            ("18 de marzo de 2017", "2017-03-18"),
            ("18 марта 2017", "2017-03-18"),
            ("2017年3月18日", "2017-03-18"),
            ("2017년 3월 18일", "2017-03-18"),
            ("2017. 3. 18", "2017-03-18"),
            ("18 tháng 3, 2017", "2017-03-18"),
            ("Thứ tư, 15/5/2024, 09:00", "2024-05-15T09:00"),
            ("Rabu, 07 Agustus 2024 | 09:15", "2024-08-07T09:15"),
            ("segunda-feira, 3 de junho de 2024 às 10h30", "2024-06-03T10:30"),
            ("Lundi 3 juin 2024 à 14 h 05", "2024-06-03T14:05"),
            ("Montag, 3. Juni 2024 um 10.15 Uhr", "2024-06-03T10:15"),
            ("понедельник, 3 июня 2024 г., 12:40", "2024-06-03T12:40"),
            ("Δευτέρα, 3 Ιουνίου 2024 12:40", "2024-06-03T12:40"),
            ("٥ مايو ٢٠٢٤", "2024-05-05"),
            ("الثلاثاء، 5 مارس 2024 - 10:30", "2024-03-05T10:30"),
            ("2024年2月14日 10時30分", "2024-02-14T10:30"),
            ("५ नवंबर २०२३", "2023-11-05"),
            ("วันพุธที่ 15 พฤษภาคม 2567 เวลา 09:30 น.", "2024-05-15T09:30"),
            ("יום שני, 3 ביוני 2024", "2024-06-03"),
            ("18 tháng 3 năm 2017", "2017-03-18"),
            ("18 มีนาคม 2560", "2017-03-18"),
            ("18 مارس 2017", "2017-03-18"),
            ("18 במרץ 2017", "2017-03-18"),
            ("18 मार्च 2017", "2017-03-18"),
            ("18 Μαρτίου 2017", "2017-03-18"),
            ("18. marca 2017", "2017-03-18"),
            ("03/18/2017", "2017-03-18"),
            ("2017-02-07T10:30:15Z", "2017-02-07T10:30:15Z"),
            ("2017-02-07T10:30:15.123+0430", "2017-02-07T10:30:15+04:30"),
            ("2017-02-07 10:30", "2017-02-07T10:30"),
            ("2017-02-07T10:30:15+01:00[Europe/Paris]", "2017-02-07T10:30:15+01:00"),
            ("Tue, 07 Feb 2017 10:30:15 +0000 (UTC)", "2017-02-07T10:30:15+00:00"),
            ("Tue, 7 Feb 2017 10:30:15 GMT", "2017-02-07T10:30:15Z"),
            ("March 18, 2017 at 12:05 a.m. EDT", "2017-03-18T00:05-04:00"),
            ("March 18, 2017, 1:05 pm", "2017-03-18T13:05"),
            ("March 18, 2017 / 1:05 pm", "2017-03-18T13:05"),
            ("10:48, Sat, Mar 18, 2017", "2017-03-18T10:48"),
            ("10:02 AM EST MAR 18, 2017", "2017-03-18T10:02-05:00"),
            ("14:05, 18 марта 2017", "2017-03-18T14:05"),
            ("14:05 MAR 18, 2017", "2017-03-18T14:05"),
            ("14:05 | 18.03.2017", "2017-03-18T14:05"),
            ("18.03.17, 14:05 Uhr", "2017-03-18T14:05"),
            ("18. 3. 2017 8:40", "2017-03-18T08:40"),
            ("18.03.2017. u 07:20", "2017-03-18T07:20"),
            ("18. studenoga 2017. u 7:20", "2017-11-18T07:20"),
            ("2017. március 18. – 08:52", "2017-03-18T08:52"),
            ("2017. 03. 18. 08:52", "2017-03-18T08:52"),
            ("2017 m. kovo 18 d. 09:40", "2017-03-18T09:40"),
            ("2017. gada 18. martā, 09:40", "2017-03-18T09:40"),
            ("18 Mart 2017 Pazartesi 09:21", "2017-03-18T09:21"),
            ("2017年3月18日（土）16:30", "2017-03-18T16:30"),
            ("2017.03.18. 오후 7:18", "2017-03-18T19:18"),
            ("السبت 18 مارس 2017 - 02:15 م", "2017-03-18T14:15"),
            ("18 تشرين الثاني 2017", "2017-11-18"),
            ("۱۹ بهمن ۱۳۹۵ - ۱۱:۲۷", "2017-02-07T11:27"),
            ("1395/11/19", "2017-02-07"),
            ("18 มี.ค. 2560 11:05 น.", "2017-03-18T11:05"),
            ("18/03/2017 10:42 GMT+7", "2017-03-18T10:42+07:00"),
            ("18/03/2017, 10:42 (GMT+7)", "2017-03-18T10:42+07:00"),
            ("18 Maret 2017 10:42 WIB", "2017-03-18T10:42+07:00"),
            ("Le 18 mars 2017", "2017-03-18"),
            ("Mar-18-2017", "2017-03-18"),
            ("14:05, 18 մարտ, 2017", "2017-03-18T14:05"),
            ("3 ноември 2017 г. 10:25 ч.", "2017-11-03T10:25"),
            ("March 18, 2017 10:30 IST", "2017-03-18T10:30"),
            ("1486463415", "2017-02-07T10:30:15Z"),
            ("1486463415000", "2017-02-07T10:30:15Z"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "yesterday",
            "2017",
            "2017-02-30",
            "2017-13-01",
            "31 April 2017",
            "March 2017",
            "2017-02-07x",
            "2017-02-07T25:00",
            "13:00",
            "12345",
            "18 March 2017 in Oslo",
            "Marching 18, 2017",
            "99/99/2017",
            "18/03/17",
            "1.2.17.3",
            "18.03.17%",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_written_is_not_claimed() {
        let day = read("2017-02-07");
        assert!(day.is_some_and(|d| d.precision == DatePrecision::Day && d.zone == Zone::Unknown));
        let minute = read("2017-02-07 10:30");
        assert!(minute.is_some_and(|d| d.precision == DatePrecision::Minute && d.zone == Zone::Unknown));
        let confidence = |text: &str| read(text).map(|d| (d.value, d.confidence));
        assert_eq!(confidence("03/04/2017"), Some(("2017-04-03".into(), Confidence::Low)));
        assert_eq!(confidence("04/04/2017"), Some(("2017-04-04".into(), Confidence::High)));
        assert_eq!(confidence("03.04.2017"), Some(("2017-04-03".into(), Confidence::High)));
    }

    #[test]
    fn a_date_at_the_start_ends_where_it_ends() {
        let len = |text: &str| read_start(text).map(|(_, len)| len);
        assert_eq!(len("2017-02-07 The ferry"), Some(10));
        assert_eq!(len("March 18, 2017)If the"), Some(14));
        assert_eq!(len("2017-02-07 10:30 The ferry"), Some(16));
        assert_eq!(len("March 18, 2017 - the ferry"), Some(14));
    }

    proptest! {
        #[test]
        fn any_day_reads_back(year in 1600_i16..2200, month in 1_i8..13, day in 1_i8..29) {
            let date = jiff::civil::date(year, month, day);
            for format in ["%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%d.%m.%Y", "%a, %d %b %Y"] {
                prop_assert_eq!(value(&date.strftime(format).to_string()), Some(date.to_string()), "{}", format);
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,30}|[0-9TZ:/. ,+apmJan-]{0,30}") {
            let _ = read(&text);
            if let Some((_, len)) = read_start(&text) {
                prop_assert!(text.is_char_boundary(len));
            }
        }
    }
}
