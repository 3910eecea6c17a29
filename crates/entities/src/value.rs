//! What dates and amounts of money mean: ids that programs can compare, `date:2017-02-07` and `money:USD:5000000`.
//!
//! A date is as precise as it is written: a year, a month or a day. What is left out is taken from the day the
//! article was published: the nearest year, the last such day of the week. Where two readings are possible
//! (`7/2/2017`, dollars of no country in an article that names none) the id is left out, or the commoner is taken where
//! only one is in use: a bare `$` is USD.

use jiff::civil::{Date, Weekday};

use crate::date::{MONTHS, WEEKDAYS};
use crate::token::{Kind, Token, fold, tokenise};

/// The id of a date by its words; `published` is the day of the article, if known.
pub(crate) fn date_id(text: &str, published: Option<Date>) -> Option<String> {
    let tokens = tokenise(text);
    let words: Vec<String> =
        tokens.iter().filter(|t| t.kind != Kind::Mark).map(|t| fold(t.text).into_owned()).collect();
    let number = |word: &String| word.parse::<i16>().ok();
    let month = words.iter().find_map(|word| month_number(word));
    let year = words.iter().filter_map(number).find(|year| (1000..=2199).contains(year));
    if let Some(iso) = numeric(&words, &tokens) {
        return Some(format!("date:{iso}"));
    }
    let day = words.iter().filter_map(|word| word.trim_end_matches(char::is_alphabetic).parse::<i8>().ok());
    let day = day.into_iter().find(|day| (1..=31).contains(day));
    let resolved = match (month, day, year) {
        (Some(month), Some(day), Some(year)) => whole(Date::new(year, month, day).ok()?),
        (Some(month), Some(day), None) => whole(nearest(month, day, published?)?),
        (Some(month), None, Some(year)) => format!("{year:04}-{month:02}"),
        (Some(month), None, None) => {
            let date = nearest(month, 15, published?)?;
            format!("{:04}-{month:02}", date.year())
        }
        (None, None, Some(year)) if words.len() == 1 => format!("{year:04}"),
        (None, None, None) => whole(relative(&words, published?)?),
        _ => return None,
    };
    Some(format!("date:{resolved}"))
}

fn whole(date: Date) -> String {
    date.to_string()
}

fn month_number(word: &str) -> Option<i8> {
    let letters = word.trim_end_matches('.');
    let found = MONTHS.iter().position(|month| {
        *month == letters || (letters.len() >= 3 && letters.len() <= 4 && month.starts_with(letters))
    });
    found.map(|month| month as i8 + 1)
}

/// `2017-02-07`, `18/03/2017`: three numbers of which one order alone is possible.
fn numeric(words: &[String], tokens: &[Token<'_>]) -> Option<String> {
    let is_joined = tokens.iter().any(|t| matches!(t.text, "-" | "/")) || words.len() == 1;
    let parts: Vec<i16> = match words {
        [one] => one.split('.').map(str::parse).collect::<Result<_, _>>().ok()?,
        three => three.iter().map(|word| word.parse()).collect::<Result<_, _>>().ok()?,
    };
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = match (a, b, c) {
        _ if !is_joined => return None,
        (1000.., month, day) => (a, month, day),
        (day, month, 1000..) if day > 12 || (words.len() == 1 && month <= 12) => (c, month, day),
        (month, day, 1000..) if day > 12 => (c, month, day),
        _ => return None,
    };
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok().map(whole)
}

/// The day of that month nearest to another day.
fn nearest(month: i8, day: i8, to: Date) -> Option<Date> {
    let years = [to.year() - 1, to.year(), to.year() + 1];
    let days = years.into_iter().filter_map(|year| Date::new(year, month, day).ok());
    days.min_by_key(|date| date.since(to).map_or(i64::MAX, |span| i64::from(span.get_days()).abs()))
}

/// `today`, `yesterday`, `tomorrow`, and days of the week: the last one, today included.
fn relative(words: &[String], published: Date) -> Option<Date> {
    match words {
        [word] if word == "today" => return Some(published),
        [word] if word == "yesterday" => return published.yesterday().ok(),
        [word] if word == "tomorrow" => return published.tomorrow().ok(),
        _ => {}
    }
    let weekday = words.iter().find_map(|word| WEEKDAYS.iter().position(|day| day == word))?;
    let weekday = Weekday::from_monday_zero_offset(weekday as i8).ok()?;
    if words.len() > 2 || words.iter().any(|word| matches!(word.as_str(), "next" | "last" | "every")) {
        return None;
    }
    if published.weekday() == weekday { Some(published) } else { published.nth_weekday(-1, weekday).ok() }
}

/// The id of an amount of money by its words.
pub(crate) fn money_id(text: &str) -> Option<String> {
    let folded = fold(text).into_owned();
    let tokens = tokenise(&folded);
    let numbers: Vec<&Token<'_>> = tokens.iter().filter(|t| t.kind == Kind::Number).collect();
    let [number] = numbers[..] else { return None };
    let mut amount: f64 = number.text.replace(',', "").parse().ok()?;
    for token in &tokens {
        amount *= match token.text {
            "hundred" => 1e2,
            "k" | "thousand" => 1e3,
            "lakh" | "lakhs" => 1e5,
            "m" | "mn" | "mln" | "million" => 1e6,
            "crore" | "crores" => 1e7,
            "b" | "bn" | "billion" => 1e9,
            "tn" | "trillion" => 1e12,
            "cents" | "pence" => 1e-2,
            _ => 1.0,
        };
    }
    let currency = currency(&folded, &tokens)?;
    let cents = (amount * 100.0).round() / 100.0;
    Some(format!("money:{currency}:{cents}"))
}

fn currency(folded: &str, tokens: &[Token<'_>]) -> Option<&'static str> {
    const CODES: [&str; 24] = [
        "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "CNY", "INR", "RUB", "PKR", "AFN", "TRY", "SEK", "NOK", "DKK",
        "ZAR", "BRL", "KES", "NGN", "HKD", "NZD", "SGD", "KRW",
    ];
    const WORDS: [(&str, &str); 27] = [
        ("us$", "USD"),
        ("hk$", "HKD"),
        ("nz$", "NZD"),
        ("a$", "AUD"),
        ("c$", "CAD"),
        ("s$", "SGD"),
        ("r$", "BRL"),
        ("australian", "AUD"),
        ("canadian", "CAD"),
        ("hong kong", "HKD"),
        ("singapore", "SGD"),
        ("new zealand", "NZD"),
        ("$", "USD"),
        ("dollar", "USD"),
        ("cents", "USD"),
        ("€", "EUR"),
        ("euro", "EUR"),
        ("£", "GBP"),
        ("pound", "GBP"),
        ("pence", "GBP"),
        ("₹", "INR"),
        ("₽", "RUB"),
        ("₺", "TRY"),
        ("₴", "UAH"),
        ("₦", "NGN"),
        ("yen", "JPY"),
        ("yuan", "CNY"),
    ];
    let code = tokens.iter().find_map(|token| CODES.iter().find(|code| code.eq_ignore_ascii_case(token.text)));
    let bare =
        || folded.contains("syrian pound") || folded.contains("egyptian pound") || folded.contains("lebanese pound");
    let word = || WORDS.iter().find(|(word, _)| folded.contains(word)).map(|(_, code)| *code).filter(|_| !bare());
    code.copied().or_else(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_precise_as_they_are_written() {
        let friday = Date::new(2017, 3, 17).ok();
        for (text, id) in [
            ("March 18, 2017", "date:2017-03-18"),
            ("18 March 2017", "date:2017-03-18"),
            ("2017-02-07", "date:2017-02-07"),
            ("18/03/2017", "date:2017-03-18"),
            ("February 2016", "date:2016-02"),
            ("2014", "date:2014"),
            ("Friday", "date:2017-03-17"),
            ("Thursday", "date:2017-03-16"),
            ("Saturday", "date:2017-03-11"),
            ("yesterday", "date:2017-03-16"),
            ("Dec. 30", "date:2016-12-30"),
            ("December", "date:2016-12"),
            ("April", "date:2017-04"),
        ] {
            assert_eq!(date_id(text, friday).as_deref(), Some(id), "{text}");
        }
    }

    #[test]
    fn what_has_two_readings_or_none_is_left_out() {
        for text in ["7/2/2017", "the 1990s", "last week", "February 31, 2017", "next Friday", ""] {
            assert_eq!(date_id(text, Date::new(2017, 3, 17).ok()), None, "{text}");
        }
        assert_eq!(date_id("Friday", None), None);
        assert_eq!(date_id("March 18", None), None);
    }

    #[test]
    fn amounts_have_a_currency() {
        for (text, id) in [
            ("$5 million", Some("money:USD:5000000")),
            ("€2.5bn", Some("money:EUR:2500000000")),
            ("5 million euros", Some("money:EUR:5000000")),
            ("US$300", Some("money:USD:300")),
            ("USD 1,200.50", Some("money:USD:1200.5")),
            ("300 Canadian dollars", Some("money:CAD:300")),
            ("HK$ 20", Some("money:HKD:20")),
            ("50 pence", Some("money:GBP:0.5")),
            ("millions of dollars", None),
            ("500 Syrian pounds", None),
            ("between $5 and $6", None),
        ] {
            assert_eq!(money_id(text).as_deref(), id, "{text}");
        }
    }
}
