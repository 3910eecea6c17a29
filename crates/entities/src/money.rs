//! Amounts of money: a symbol or code before the number (`$5 million`, `€2.5bn`, `USD 300`), or a currency after it
//! (`5 million euros`, `two million US dollars`).

use crate::reading::Reading;
use crate::token::Kind;

const SYMBOLS: [&str; 11] = ["$", "€", "£", "¥", "₹", "₽", "₺", "₴", "₦", "₩", "฿"];
/// Written right before the number, in capitals.
const CODES: [&str; 22] = [
    "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "CNY", "INR", "RUB", "PKR", "Rs", "Rs.", "AFN", "TRY", "SEK",
    "NOK", "DKK", "ZAR", "BRL", "KES", "NGN",
];
/// Dollars of a country, glued to the sign: `US$5`.
const DOLLAR_PREFIXES: [&str; 8] = ["US", "U.S.", "A", "C", "HK", "NZ", "S", "R"];
const MAGNITUDES: [&str; 16] = [
    "thousand", "million", "billion", "trillion", "lakh", "crore", "k", "m", "mn", "mln", "bn", "tn", "b", "lakhs",
    "crores", "hundred",
];
const NUMBER_WORDS: [&str; 22] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
];
const CURRENCIES: [&str; 35] = [
    "dollar",
    "dollars",
    "cents",
    "euro",
    "euros",
    "pound",
    "pounds",
    "pence",
    "yen",
    "yuan",
    "renminbi",
    "rupee",
    "rupees",
    "ruble",
    "rubles",
    "rouble",
    "roubles",
    "afghani",
    "afghanis",
    "franc",
    "francs",
    "lira",
    "liras",
    "dinar",
    "dinars",
    "dirhams",
    "riyals",
    "rials",
    "rand",
    "naira",
    "shillings",
    "pesos",
    "won",
    "hryvnia",
    "kronor",
];
/// National adjectives before a currency, beside the groups of the gazetteer.
const NATIONAL: [&str; 4] = ["US", "U.S.", "American", "Sterling"];

/// The end of the amount that begins at token `at`, if one does.
pub(crate) fn money_at(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let token = reading.token(at)?;
    match token.kind {
        Kind::Mark if SYMBOLS.contains(&token.text) => after_sign(reading, at + 1),
        Kind::Word if DOLLAR_PREFIXES.contains(&token.text) && glued_sign(reading, at + 1) => {
            after_sign(reading, at + 2)
        }
        Kind::Word if CODES.contains(&token.text) => {
            after_sign(reading, at + 1 + usize::from(reading.follows(at + 1, ".")))
        }
        Kind::Number => before_currency(reading, at),
        Kind::Word if NUMBER_WORDS.contains(&reading.folded(at).as_ref()) => before_currency(reading, at),
        _ => None,
    }
}

fn glued_sign(reading: &Reading<'_>, at: usize) -> bool {
    reading.token(at).is_some_and(|t| t.glued && SYMBOLS.contains(&t.text))
}

/// The number after a sign, with its magnitude.
fn after_sign(reading: &Reading<'_>, at: usize) -> Option<usize> {
    reading.follower(at).filter(|t| t.kind == Kind::Number)?;
    Some(magnitude(reading, at + 1))
}

/// Steps over a magnitude, glued, after a space or after a hyphen (`$5-million`).
fn magnitude(reading: &Reading<'_>, at: usize) -> usize {
    let hyphen = reading.token(at).is_some_and(|t| t.glued && t.is("-"));
    let word = at + usize::from(hyphen);
    let Some(token) = reading.follower(word) else { return at };
    let is_letter = token.text.len() <= 2;
    let known = token.kind == Kind::Word && MAGNITUDES.contains(&reading.folded(word).as_ref());
    if known && (!is_letter || token.glued || token.text.len() == 2) { word + 1 } else { at }
}

/// The number at `at`, its magnitude, perhaps whose currency, and the currency.
fn before_currency(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let mut end = magnitude(reading, at + 1);
    if reading.follower(end).is_some_and(|t| NATIONAL.contains(&t.text) || reading.covered(end).is_some()) {
        end += 1;
    }
    let token = reading.follower(end).filter(|t| t.kind == Kind::Word)?;
    CURRENCIES.contains(&token.text.to_lowercase().as_str()).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Option<&str> {
        let reading = Reading::of(text);
        (0..reading.len()).find_map(|at| money_at(&reading, at).map(|end| reading.slice(at, end)))
    }

    #[test]
    fn amounts() {
        for money in [
            "$5 million",
            "€2.5bn",
            "5 million euros",
            "US$300",
            "USD 1,200.50",
            "two million US dollars",
            "£40m",
            "300 Canadian dollars",
            "Rs 500 crore",
            "$1.4-billion",
        ] {
            assert_eq!(amount(&format!("They paid {money} for it.")), Some(money));
        }
    }

    #[test]
    fn what_is_no_amount() {
        for text in ["5 million people", "two dogs", "$ and €", "Room 12", "the pound fell"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
