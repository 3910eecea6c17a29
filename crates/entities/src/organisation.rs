//! Names of organisations by their make: a head word with "of" or "for" ("Ministry of Health", "Bank of Ghana"), a
//! head word at the end ("Kabul University", "Foreign Ministry"), or any capitalised words that an acronym in
//! brackets right after them spells ("Coastal Rescue Service (CRS)").

use crate::lexicon::Traits;
use crate::reading::Reading;
use crate::token::{Kind, Shape, Token};

/// An organisation's name is not longer than this many tokens.
const MAX_TOKENS: usize = 12;

/// The end of the organisation's name that begins at token `at`, if one does.
pub(crate) fn organisation_at(reading: &Reading<'_>, at: usize) -> Option<usize> {
    if !may_be_part(reading, at) || reading.has(at, Traits::COMMON.and(Traits::CALENDAR)) {
        return None;
    }
    let end = words_end(reading, at);
    let head = (at..end).rev().find(|&i| i > at && reading.has(i, Traits::HEAD) && reading.tokens[i].is_capitalised());
    let of = (at..end).find(|&i| reading.has(i, Traits::HEAD_OF) && reading.tokens[i].is_capitalised());
    let with_of = of.and_then(|i| of_phrase(reading, i)).unwrap_or(0);
    let with_head = head.map_or(0, |i| i + 1);
    let named = with_of.max(with_head);
    (named > at + 1).then_some(named)
}

/// Whether the word can stand in an organisation's name.
fn may_be_part(reading: &Reading<'_>, at: usize) -> bool {
    let not_title = !reading.has(at, Traits::TITLE) || reading.has(at, Traits::HEAD.and(Traits::ROLE));
    reading.token(at).is_some_and(Token::is_capitalised) && not_title && !reading.is_taken(at)
}

/// The end of the run of capitalised words from `at`, over hyphens and ampersands.
fn words_end(reading: &Reading<'_>, at: usize) -> usize {
    let mut end = at;
    while end < at + MAX_TOKENS {
        if end > at && reading.follower(end).is_none() {
            break;
        }
        if !may_be_part(reading, end) || (end > at && reading.has(end, Traits::CALENDAR)) {
            break;
        }
        end += 1;
        let joins = |t: &Token<'_>| t.is("&") || (t.glued && t.is_hyphen());
        if reading.follower(end).is_some_and(joins) && reading.follower(end + 1).is_some_and(Token::is_capitalised) {
            end += 1;
        }
    }
    end
}

/// From a head word at `at`: the end of "Head of (the) Words (and Words)".
fn of_phrase(reading: &Reading<'_>, at: usize) -> Option<usize> {
    if !(reading.follows(at + 1, "of") || reading.follows(at + 1, "for")) {
        return None;
    }
    let start = at + 2 + usize::from(reading.follows(at + 2, "the"));
    reading.follower(start)?;
    let mut end = words_end(reading, start);
    if end == start {
        return None;
    }
    let is_office = matches!(reading.folded(at).as_ref(), "ministry" | "department" | "office" | "commission");
    while let Some(next_end) = next_subject(reading, end).filter(|&e| is_office && e <= at + MAX_TOKENS) {
        end = next_end;
    }
    Some(end)
}

/// After a subject of an office that ends before `end`: the end of the next one (", Labour", "and Welfare").
fn next_subject(reading: &Reading<'_>, end: usize) -> Option<usize> {
    let goes_on = reading.follows(end, "and") || (reading.follows(end, ",") && leads_to_and(reading, end + 1));
    let next = end + 1;
    let plain = reading.covered(next).is_none() || reading.has(next, Traits::ROLE);
    let is_subject = goes_on && plain && !reading.has(next, Traits::HEAD.and(Traits::GIVEN));
    reading.follower(next).filter(|_| is_subject)?;
    Some(words_end(reading, next)).filter(|&next_end| next_end > next)
}

/// Whether the words from `at` lead to an "and": a list of an office's subjects, not of other things.
fn leads_to_and(reading: &Reading<'_>, at: usize) -> bool {
    let end = words_end(reading, at);
    end > at && (reading.follows(end, "and") || (reading.follows(end, ",") && reading.follows(end + 1, "and")))
}

/// An acronym in brackets at token `at` (the bracket), with the name it stands for: the name's first token.
pub(crate) fn introduced_at(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let acronym = acronym_at(reading, at)?;
    let mut letters: Vec<char> = acronym.chars().filter(|c| c.is_alphabetic()).collect();
    let mut first = at;
    while let Some(&letter) = letters.last() {
        first = first.checked_sub(1)?;
        let token = reading.token(first)?;
        if token.is_capitalised() {
            if !token.text.starts_with(letter) || reading.has(first, Traits::TITLE) {
                return None;
            }
            letters.pop();
        } else if !(matches!(token.text, "of" | "for" | "the" | "and" | "de" | "&")
            || (token.glued && token.is_hyphen()))
        {
            return None;
        }
        if token.starts_line && !letters.is_empty() {
            return None;
        }
    }
    let is_thing = (first..at).any(|i| reading.has(i, Traits::THING));
    (!is_thing && at - first >= 2 && !reading.has(first, Traits::COMMON)).then_some(first)
}

/// The acronym of "(ACR)" whose bracket stands at `at`.
pub(crate) fn acronym_at<'a>(reading: &Reading<'a>, at: usize) -> Option<&'a str> {
    let inside = reading.follows(at, "(") && reading.follows(at + 2, ")");
    let token = reading.follower(at + 1).filter(|_| inside)?;
    let fits = token.kind == Kind::Word && token.shape == Shape::Upper && token.text.len() <= 10 && !token.shouted;
    fits.then_some(token.text)
}

/// The short name of a company: its name without the legal form ("Norvik Holdings" is Norvik), if one is left that
/// means nothing else.
pub(crate) fn short_name<'a>(reading: &Reading<'a>, first: usize, end: usize) -> Option<&'a str> {
    let form = end.checked_sub(1).filter(|&i| i > first && reading.has(i, Traits::COMPANY))?;
    let plain = (first..form).all(|i| reading.is_unknown(i) && !reading.has(i, Traits::HEAD.and(Traits::GIVEN)));
    plain.then(|| reading.slice(first, form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(text: &str) -> Option<&str> {
        let reading = Reading::of(text);
        (0..reading.len()).find_map(|at| organisation_at(&reading, at).map(|end| reading.slice(at, end)))
    }

    #[test]
    fn heads_make_organisations() {
        for name in [
            "Ministry of Rural Affairs",
            "Harbour University",
            "Foreign Ministry",
            "Bank of Tonga",
            "Smith & Olsen Ltd",
            "Ministry of Health, Labour and Welfare",
            "Algerian Foreign Ministry",
            "Institute for the Blind",
        ] {
            assert_eq!(organisation(&format!("it was the {name} that paid.")), Some(name));
        }
    }

    #[test]
    fn a_head_alone_is_none() {
        for text in ["The Council met.", "Ministry officials", "the university of life", "President Bank", "In Council"]
        {
            assert_eq!(organisation(text), None, "{text}");
        }
    }

    #[test]
    fn acronyms_are_spelt_by_the_words_before_them() {
        let spelt = |text| {
            let reading = Reading::of(text);
            let bracket = (0..reading.len()).find(|&i| reading.tokens[i].is("("))?;
            introduced_at(&reading, bracket).map(|first| reading.slice(first, bracket))
        };
        assert_eq!(spelt("The Friends of Coastal Rescue (FCR) met"), Some("Friends of Coastal Rescue"));
        assert_eq!(spelt("The Prime Minister (PM) met"), None);
        assert_eq!(spelt("The Coastal Rescue (NGO) met"), None);
    }
}
