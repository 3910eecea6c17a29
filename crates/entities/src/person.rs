//! Names of persons by plain evidence: a given name before another name, an honorific or a role right before, a verb
//! of saying or an age right after. Capitals alone, and the first word of a sentence, are none.

use copydesk_article::EntityType;

use crate::lexicon::Traits;
use crate::reading::Reading;
use crate::token::{Kind, Shape, Token};

/// A person's name has at most this many words.
const MAX_WORDS: usize = 5;
/// A word of a name has at most this many hyphens.
const MAX_HYPHENS: usize = 3;
/// Family names that stand first but are English words or common syllables: they need the hyphen or three parts.
pub(crate) const WEAK_FAMILY_NAMES: [&str; 20] = [
    "park", "sun", "moon", "song", "ban", "pan", "tang", "fan", "fang", "he", "ho", "bo", "oh", "ma", "ye", "han",
    "chang", "lee", "shin", "son",
];

/// How much of the rules may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// All of them.
    English,
    /// Given names only.
    GivenNames,
}

/// The end of the person's name that begins at token `at`, if one does.
pub(crate) fn person_at(reading: &Reading<'_>, at: usize, evidence: Evidence) -> Option<usize> {
    if !reading.token(at)?.is_capitalised() || reading.is_taken(at) {
        return None;
    }
    let by_given = || given_first(reading, at).or_else(|| family_first(reading, at));
    let (end, words) = match evidence {
        Evidence::GivenNames => by_given(),
        Evidence::English => titled(reading, at).or_else(by_given).or_else(|| spoken(reading, at)),
    }?;
    let with_next = end + usize::from(reading.follower(end).is_some_and(Token::is_capitalised));
    let is_thing = (at..with_next).any(|i| reading.has(i, Traits::THING));
    (words <= MAX_WORDS && !is_thing).then_some(end)
}

/// Whether the word can be part of a person's name.
fn may_be_part(reading: &Reading<'_>, at: usize) -> bool {
    let other = Traits::COMMON.and(Traits::CALENDAR).and(Traits::HEAD).and(Traits::THING);
    let role = Traits::TITLE.and(Traits::ROLE).and(Traits::PLACE_LAST).and(Traits::DIRECTION);
    let Some(token) = reading.token(at) else { return false };
    let is_name = reading.has(at, Traits::GIVEN.and(Traits::FAMILY_FIRST));
    let is_acronym = token.shape == Shape::Upper && !token.shouted && token.text.len() <= 3;
    token.is_capitalised()
        && !reading.is_taken(at)
        && !reading.has(at, other)
        && (is_name || !reading.has(at, role))
        && !is_acronym
        && reading.covered(at).is_none()
}

/// The end of the name that begins at `at` and its number of words; the first word is taken on trust.
fn name_end(reading: &Reading<'_>, at: usize) -> (usize, usize) {
    let mut end = after_hyphens(reading, at + 1);
    let mut words = 1;
    while words <= MAX_WORDS {
        let mut next = end;
        while reading.follower(next).is_some_and(|t| t.kind == Kind::Word && reading.has(next, Traits::PARTICLE)) {
            next += 1;
            if reading.follower(next).is_some_and(|t| t.glued && t.is_hyphen()) {
                next += 1;
            }
        }
        let is_initial = reading.follower(next).is_some_and(Token::is_initial) && reading.follower(next + 1).is_some();
        if reading.follower(next).is_none() || !(is_initial || may_be_part(reading, next)) {
            break;
        }
        end = after_hyphens(reading, next + 1);
        words += 1;
    }
    (end, words)
}

/// Steps over glued parts: "Ki-moon", "Al-Assad".
fn after_hyphens(reading: &Reading<'_>, at: usize) -> usize {
    let mut end = at;
    while end < at + 2 * MAX_HYPHENS
        && reading.follower(end).is_some_and(|t| t.glued && t.is_hyphen())
        && reading.follower(end + 1).is_some_and(|t| t.glued && t.kind == Kind::Word)
        && !is_compound_tail(reading, end + 1)
    {
        end += 2;
    }
    end
}

/// Parts that make an adjective of a name: "Putin-backed".
fn is_compound_tail(reading: &Reading<'_>, at: usize) -> bool {
    let is_lower = !reading.tokens[at].is_capitalised();
    let tails = ["led", "based", "born", "style", "like", "era", "run", "linked", "owned"];
    is_lower && (reading.tokens[at].text.ends_with("ed") || tails.contains(&reading.tokens[at].text))
}

/// "Foreign Minister Lavrov", "Mr Kato", "spokesman Arne Blom".
fn titled(reading: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    let title = reading.word_before(at)?;
    if !reading.has(title, Traits::TITLE)
        || reading.is_taken(title)
        || !(may_be_part(reading, at) || listed_name(reading, at))
    {
        return None;
    }
    let (end, words) = name_end(reading, at);
    let begins_other =
        reading.covered(end).is_some_and(|kind| kind != EntityType::Group) && reading.follower(end).is_some();
    let more = reading.follower(end).is_some_and(Token::is_capitalised)
        && reading.has(end, Traits::HEAD.and(Traits::PLACE_LAST));
    let doubtful = more || (begins_other && words == 1);
    (!doubtful).then_some((end, words))
}

/// A listed place or group that is a given name here, because a name goes on after it ("Jordan Ekholm").
fn listed_name(reading: &Reading<'_>, at: usize) -> bool {
    let one_word = reading.listed(at).is_some_and(|found| found.end == at + 1);
    let may_be_given = reading.covered(at) != Some(EntityType::Organisation);
    one_word
        && may_be_given
        && reading.has(at, Traits::GIVEN)
        && reading.follower(at + 1).is_some()
        && may_be_part(reading, at + 1)
}

/// "Sergei Lavrov"; and a name before the given name ("Tuomas Erik Halla" where only Erik is listed).
fn given_first(reading: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    let token = reading.token(at)?;
    let is_plain = may_be_part(reading, at);
    if reading.has(at, Traits::GIVEN) && (is_plain || listed_name(reading, at)) {
        let (end, words) = name_end(reading, at);
        if words > 1 {
            return Some((end, words));
        }
        let surname_is_place = reading.listed(end).filter(|m| m.end == end + 1 && reading.follower(end).is_some())?;
        let is_place = reading.covered(end) == Some(EntityType::Location);
        let continues = reading.follower(surname_is_place.end).is_some_and(Token::is_capitalised);
        return (is_plain && is_place && !continues && !reading.tokens[end].glued).then_some((end + 1, 2));
    }
    let before_given = is_plain
        && !token.opens
        && token.shape == Shape::Capital
        && !token.is_initial()
        && reading.is_unknown(at)
        && !reading.has(at, Traits::PLACE_FIRST.and(Traits::PLACE_OF).and(Traits::HEAD_OF));
    let given = at + 1;
    let goes_on = reading.follower(given).is_some() && reading.has(given, Traits::GIVEN) && may_be_part(reading, given);
    if before_given && goes_on {
        return Some(name_end(reading, at));
    }
    None
}

/// "Xi Jinping", "Kim Jong Un", "Ban Ki-moon".
fn family_first(reading: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    if !reading.has(at, Traits::FAMILY_FIRST) || reading.follower(at + 1).is_none() || !may_be_part(reading, at + 1) {
        return None;
    }
    let (end, words) = name_end(reading, at);
    let hyphened = end == at + 4 && reading.tokens[at + 2].is_hyphen();
    let syllables = (at + 1..end).all(|i| is_syllables(reading.tokens[i].text));
    let weak = WEAK_FAMILY_NAMES.contains(&reading.folded(at).as_ref());
    let fits = hyphened || (syllables && (words == 3 || (words == 2 && !weak)));
    fits.then_some((end, words))
}

/// Whether a word can be one or two syllables of Chinese, Korean or Vietnamese.
fn is_syllables(word: &str) -> bool {
    let letters = word.chars().count();
    let last = word.chars().next_back();
    (2..=8).contains(&letters)
        && last.is_some_and(|c| matches!(c, 'n' | 'g' | 'a' | 'e' | 'i' | 'o' | 'u' | 'h' | 'k' | 'p' | 'c'))
}

/// "Arne Blom said", "said Arne Blom", "Arne Blom, 34,", "Arne Blom, who".
fn spoken(reading: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    let is_plain =
        |i: usize| reading.is_unknown(i) && may_be_part(reading, i) && reading.tokens[i].shape == Shape::Capital;
    let starts_inside =
        reading.word_before(at).is_some_and(|word| reading.is_unknown(word) || reading.covered(word).is_some());
    if !is_plain(at) || starts_inside || reading.has(at, Traits::HEAD_OF.and(Traits::PLACE_FIRST).and(Traits::PLACE_OF))
    {
        return None;
    }
    let (end, words) = name_end(reading, at);
    if !(2..=3).contains(&words) || reading.follower(end).is_some_and(Token::is_capitalised) {
        return None;
    }
    let lower = |i: usize| reading.follower(i).is_some_and(|t| !t.is_capitalised());
    let says = lower(end) && reading.has(end, Traits::SPEECH);
    let said = reading.word_before(at).is_some_and(|word| matches!(reading.tokens[word].text, "said" | "says"));
    let comma = reading.follows(end, ",");
    let aged = comma
        && reading.follower(end + 1).is_some_and(|t| t.kind == Kind::Number && t.text.len() == 2)
        && reading.follows(end + 2, ",");
    let who = comma && reading.follows(end + 1, "who");
    (says || said || aged || who).then_some((end, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> Option<&str> {
        let reading = Reading::of(text);
        (0..reading.len()).find_map(|at| person_at(&reading, at, Evidence::English).map(|end| reading.slice(at, end)))
    }

    #[test]
    fn evidence_makes_persons() {
        for (text, name) in [
            ("met Sergei Halvorsen on Friday", "Sergei Halvorsen"),
            ("Foreign Minister Halvorsen left", "Halvorsen"),
            ("Russian foreign minister Arvid Halvorsen", "Arvid Halvorsen"),
            ("Mr. Halvorsen left", "Halvorsen"),
            ("Xi Jinping left", "Xi Jinping"),
            ("with Ban Ki-moon in town", "Ban Ki-moon"),
            ("President Bashar al-Assad’s army", "Bashar al-Assad"),
            ("said Tuva Ekholm.", "Tuva Ekholm"),
            ("Tuva Ekholm, 34, was hurt", "Tuva Ekholm"),
            ("John F. Halvorsen spoke", "John F. Halvorsen"),
        ] {
            assert_eq!(person(text), Some(name), "{text}");
        }
    }

    #[test]
    fn no_evidence_no_person() {
        for text in [
            "Heavy Rain fell",
            "Tuva Ekholm left",
            "the president. Halvorsen left",
            "Hurricane Maria struck",
            "In January",
            "President of Norway",
            "Prime Minister’s Office",
            "John said",
            "Kabul Moscow said",
            "the minister\nNorvik",
        ] {
            assert_eq!(person(text), None, "{text}");
        }
    }
}
