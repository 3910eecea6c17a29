//! Names of places that no list has, by the words beside them: "Kunar province", "Lake Karum", "Norvik Island",
//! "the city of Arlund", "in Arlund, Norway"; and listed places with a point of the compass ("northern Iraq" is
//! Iraq, "Northern Iraq" the whole).

use copydesk_article::EntityType;

use crate::lexicon::Traits;
use crate::reading::Reading;
use crate::token::{Kind, Token};

/// An unlisted place has at most this many words before or after the word that tells.
const MAX_WORDS: usize = 3;

/// The end of the place's name that begins at token `at`, if one does.
pub(crate) fn place_at(reading: &Reading<'_>, at: usize) -> Option<usize> {
    if !reading.token(at)?.is_capitalised() {
        return None;
    }
    directed(reading, at)
        .or_else(|| begun(reading, at))
        .or_else(|| ended(reading, at))
        .or_else(|| described(reading, at))
}

fn is_listed_place(reading: &Reading<'_>, at: usize) -> bool {
    reading.follower(at).is_some() && reading.covered(at) == Some(EntityType::Location)
}

/// "Northern Iraq".
fn directed(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let listed = reading.listed(at + 1).filter(|_| is_listed_place(reading, at + 1))?;
    let opens = reading.token(at)?.opens;
    (reading.has(at, Traits::DIRECTION) && !opens && reading.covered(at).is_none()).then_some(listed.end)
}

/// "Lake Karum", "Gulf of Norvik".
fn begun(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let start = if reading.has(at, Traits::PLACE_OF) && reading.follows(at + 1, "of") {
        at + 2 + usize::from(reading.follows(at + 2, "the"))
    } else if reading.has(at, Traits::PLACE_FIRST) {
        at + 1
    } else {
        return None;
    };
    reading.follower(start)?;
    let end = unknown_end(reading, start);
    if end > start {
        return Some(end);
    }
    let listed = reading.listed(start).filter(|_| is_listed_place(reading, start))?;
    Some(listed.end)
}

/// "Norvik Island", "Kabul River".
fn ended(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let names_end =
        reading.listed(at).filter(|_| is_place(reading, at)).map_or_else(|| words_end(reading, at), |m| m.end);
    let last = (at + 1..=names_end)
        .rev()
        .find(|&i| reading.follower(i).is_some_and(Token::is_capitalised) && reading.has(i, Traits::PLACE_LAST))?;
    let follows_on = reading.follower(last + 1).is_some_and(Token::is_capitalised) && reading.is_unknown(last + 1);
    (!follows_on).then_some(last + 1)
}

fn is_place(reading: &Reading<'_>, at: usize) -> bool {
    reading.covered(at) == Some(EntityType::Location)
}

/// "Kunar province", "the city of Arlund", "in Arlund, Norway".
fn described(reading: &Reading<'_>, at: usize) -> Option<usize> {
    let end = unknown_end(reading, at);
    if end == at {
        return None;
    }
    let near = |i: usize| {
        reading.follower(i).is_some_and(|t| t.kind == Kind::Word && !t.is_capitalised())
            && reading.has(i, Traits::NEAR_PLACE)
    };
    let before = reading.word_before(at);
    let asked_for = before.is_some_and(|word| matches!(reading.folded(word).as_ref(), "in" | "near" | "at" | "from"));
    let of_before =
        before.filter(|&word| word > 0 && reading.folded(word) == "of").and_then(|word| reading.word_before(word));
    let then_country = reading.follows(end, ",") && is_listed_place(reading, end + 1);
    let opens = reading.token(at)?.opens;
    let told = (near(end) && !opens) || of_before.is_some_and(near) || (asked_for && then_country);
    told.then_some(end)
}

/// The end of the run of words from `at` that can be an unlisted name.
fn unknown_end(reading: &Reading<'_>, at: usize) -> usize {
    let no_place = Traits::HEAD.and(Traits::THING).and(Traits::GIVEN);
    run_end(reading, at, |i| reading.is_unknown(i) && !reading.has(i, no_place))
}

/// The end of the run of words from `at` that can stand before the last word of a place's name.
fn words_end(reading: &Reading<'_>, at: usize) -> usize {
    let no_place = Traits::COMMON.and(Traits::TITLE).and(Traits::THING).and(Traits::CALENDAR);
    run_end(reading, at, |i| !reading.has(i, no_place))
}

fn run_end(reading: &Reading<'_>, at: usize, fits: impl Fn(usize) -> bool) -> usize {
    let mut end = at;
    let mut words = 0;
    while words < MAX_WORDS {
        let on_line = if end == at { reading.token(end) } else { reading.follower(end) };
        if !on_line.is_some_and(Token::is_capitalised) || !fits(end) || reading.is_taken(end) {
            break;
        }
        (end, words) = (end + 1, words + 1);
        let hyphen = reading.follower(end).is_some_and(|t| t.glued && t.is_hyphen());
        if hyphen && reading.follower(end + 1).is_some_and(|t| t.glued && t.is_capitalised()) && fits(end + 1) {
            end += 1;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<&str> {
        let reading = Reading::of(text);
        (0..reading.len()).find_map(|at| place_at(&reading, at).map(|end| reading.slice(at, end)))
    }

    #[test]
    fn neighbours_tell_places() {
        assert_eq!(place("fighting in the Arlund district"), Some("Arlund"));
        assert_eq!(place("born in Arlund, Norway"), Some("Arlund"));
        assert_eq!(place("the town of Arlund burned"), Some("Arlund"));
        assert_eq!(place("off Norvik Island today"), Some("Norvik Island"));
        assert_eq!(place("across Lake Karum"), Some("Lake Karum"));
        assert_eq!(place("sent to Northern Iraq"), Some("Northern Iraq"));
        assert_eq!(place("at the Kabul River"), Some("Kabul River"));
    }

    #[test]
    fn nothing_is_told_without_them() {
        for text in ["Arlund won", "he met Arlund", "The city", "Island life", "Many villages"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
