//! The cast of an article: its persons, each with the forms of the name.
//!
//! Two full names are one person when the short forms (the surname, or the family name that stands first) are
//! equal and the given names agree: equal, spellings of one name, an initial, or fewer of the same. A lone surname
//! is the one person who has it; where two have it, the one told in full less often, or else it stays alone. One typo (Damerau 1964: a letter wrong,
//! missing, too many, or two swapped) in a surname of five letters or more is forgiven, unless it is at the very
//! end, where an inflection is likelier, and so is another way to write the same sounds ([`sound`]: Qasimi, Kassimi).
//! The rules hold inside one article only.

use std::collections::HashMap;

use crate::lexicon::{Traits, lexicon};
use crate::person::WEAK_FAMILY_NAMES;

use super::spelling::{bare, sound};

/// Typos are sought only among this many persons: beyond it a text is a list of names, and likeness means nothing.
const MAX_FOR_TYPOS: usize = 256;
/// Persons of one short form that a full name is compared with, for the same reason.
const MAX_NAMESAKES: usize = 16;
/// Sounds are compared in names of this many letters or more.
const MIN_ALIKE_LETTERS: usize = 4;
/// A typo is forgiven in names of this many letters or more.
const MIN_TYPO_LETTERS: usize = 5;

/// Number of a person in the cast.
pub(crate) type Person = usize;

/// The persons of one article.
#[derive(Default)]
pub(crate) struct Cast {
    persons: Vec<Member>,
    by_short: HashMap<String, Vec<Person>>,
    by_sound: HashMap<String, Vec<Person>>,
    by_form: HashMap<String, Person>,
    by_given: HashMap<String, Vec<Person>>,
}

struct Member {
    /// Given names of every form, folded; empty for a person known by one word.
    forms: Vec<Vec<String>>,
    /// Times that the full name stands in the article.
    told: usize,
    short: String,
}

/// Whether a word before a name is an office, not a part of the name: a title, or letters ("NSA Atmar").
fn is_office(word: &str, name: &str) -> bool {
    let is_capitals = |text: &str| !text.chars().any(char::is_lowercase);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let acronym = (2..=5).contains(&letters) && is_capitals(word) && !word.contains('.') && !is_capitals(name);
    let traits = lexicon().traits(&bare(word));
    acronym || (traits.any(Traits::TITLE) && !traits.any(Traits::GIVEN))
}

/// The words of a person's name that tell, folded: without offices, particles, stops and the Arabic article.
pub(crate) fn telling_words(name: &str) -> Vec<String> {
    let words = name.split_whitespace().count();
    name.split_whitespace()
        .enumerate()
        .skip_while(|(at, word)| at + 1 < words && is_office(word, name))
        .map(|(_, word)| word)
        .map(|word| {
            let folded = bare(word);
            let bare = folded.strip_prefix("al-").or_else(|| folded.strip_prefix("el-")).unwrap_or(&folded);
            bare.trim_end_matches(['.', ',']).to_owned()
        })
        .filter(|word| {
            !word.is_empty() && !lexicon().traits(word).any(Traits::PARTICLE) && !matches!(word.as_str(), "jr" | "sr")
        })
        .collect()
}

/// Cuts the telling words of a full name into the short form and the given names. Where the family name stands first,
/// the rest is given by syllables: "Jong-un" and "Jong Un" are one.
fn short_and_given(mut words: Vec<String>) -> Option<(String, Vec<String>)> {
    if is_family_first(&words) {
        let short = words.remove(0);
        return Some((short, words.iter().flat_map(|word| word.split('-')).map(str::to_owned).collect()));
    }
    let short = words.pop()?;
    Some((short, words))
}

fn is_family_first(words: &[String]) -> bool {
    let [first, rest @ ..] = words else { return false };
    let is_eastern = |word: &String| lexicon().traits(word).any(Traits::FAMILY_FIRST);
    let plainly = rest.len() == 2 || rest.first().is_some_and(|word| word.contains('-'));
    let weak = WEAK_FAMILY_NAMES.contains(&first.as_str()) || lexicon().traits(first).any(Traits::GIVEN);
    is_eastern(first) && !rest.is_empty() && !rest.iter().any(is_eastern) && (plainly || !weak)
}

fn given_agree(a: &[String], b: &[String]) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = |x: &String, y: &String| {
        let initial = x.chars().count() == 1 || y.chars().count() == 1;
        lexicon().same_given(x, y)
            || (!initial && sound(x) == sound(y))
            || (initial && x.chars().next() == y.chars().next())
    };
    let first = few.first().zip(many.first()).is_some_and(|(x, y)| same(x, y));
    first || few.iter().all(|x| many.iter().any(|y| same(x, y)))
}

impl Cast {
    /// Adds a full name (two telling words or more), or finds the person who has it.
    pub(crate) fn admit_full(&mut self, words: Vec<String>) -> Option<Person> {
        let form = words.join(" ");
        if let Some(&person) = self.by_form.get(&form) {
            self.persons[person].told += 1;
            return Some(person);
        }
        let (short, given) = short_and_given(words)?;
        let agrees = |&&person: &&Person| self.persons[person].forms.iter().any(|known| given_agree(known, &given));
        let namesakes = self.by_short.get(&short).map_or(&[][..], Vec::as_slice);
        let known = namesakes.iter().take(MAX_NAMESAKES).find(agrees).copied();
        let alike = || self.alike(&short).iter().find(agrees).copied();
        let person = known.or_else(alike).or_else(|| self.near(&short).iter().find(agrees).copied());
        let person = person.unwrap_or_else(|| self.add(short));
        for name in given.iter().filter(|name| name.chars().count() > 2) {
            let holders = self.by_given.entry(name.clone()).or_default();
            if !holders.contains(&person) && holders.len() < MAX_NAMESAKES {
                holders.push(person);
            }
        }
        if self.persons[person].forms.len() < MAX_NAMESAKES {
            self.persons[person].forms.push(given);
        }
        self.persons[person].told += 1;
        self.by_form.insert(form, person);
        Some(person)
    }

    /// Adds a name of one word that a title or the like makes a person, or finds whose it is.
    pub(crate) fn admit_single(&mut self, word: &str) -> Person {
        let found = self.surname(word).or_else(|| self.given(word));
        let alike = || match self.alike(word) {
            &[person] if !self.knows(word) => Some(person),
            _ => None,
        };
        found.or_else(alike).or_else(|| self.typo(word)).unwrap_or_else(|| {
            let person = self.add(word.to_owned());
            // A name shared by two is from here on the one who is nobody else.
            self.by_short.insert(word.to_owned(), vec![person]);
            person
        })
    }

    /// The one person with this short form.
    pub(crate) fn surname(&self, word: &str) -> Option<Person> {
        match self.by_short.get(word).map(Vec::as_slice) {
            Some(&[person]) => Some(person),
            Some(persons) => self.meant_by_surname(persons),
            None => None,
        }
    }

    /// Of several of one surname the one who is told in full less often than all others: once introduced, the subject
    /// of an article goes by the surname, and those who might be mistaken for it never do.
    fn meant_by_surname(&self, persons: &[Person]) -> Option<Person> {
        let least = persons.iter().copied().min_by_key(|&person| self.persons[person].told)?;
        let told = self.persons[least].told;
        let alone = persons.iter().all(|&person| person == least || self.persons[person].told > told);
        (alone && told > 0).then_some(least)
    }

    /// The one person with this given name.
    pub(crate) fn given(&self, word: &str) -> Option<Person> {
        match self.by_given.get(word).map(Vec::as_slice) {
            Some(&[person]) => Some(person),
            _ => None,
        }
    }

    /// Whether the word is the short form of anyone, even of several.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.by_short.contains_key(word)
    }

    /// The one person of whose short form the word is a typo.
    pub(crate) fn typo(&self, word: &str) -> Option<Person> {
        match self.near(word)[..] {
            [person] => Some(person),
            _ => None,
        }
    }

    /// Those whose short form sounds like the word; short words sound like too many.
    fn alike(&self, word: &str) -> &[Person] {
        let long_enough = word.chars().count() >= MIN_ALIKE_LETTERS;
        let alike = self.by_sound.get(&sound(word)).filter(|_| long_enough);
        alike.map_or(&[], |persons| &persons[..persons.len().min(MAX_NAMESAKES)])
    }

    fn near(&self, word: &str) -> Vec<Person> {
        if self.persons.len() > MAX_FOR_TYPOS {
            return Vec::new();
        }
        (0..self.persons.len()).filter(|&person| is_typo(word, &self.persons[person].short)).collect()
    }

    fn add(&mut self, short: String) -> Person {
        let person = self.persons.len();
        self.by_short.entry(short.clone()).or_default().push(person);
        self.by_sound.entry(sound(&short)).or_default().push(person);
        self.persons.push(Member { forms: Vec::new(), told: 0, short });
        person
    }
}

/// Whether two different words are one edit (wrong, missing, added letter or a swap of neighbours) apart, not at the
/// end of the longer one.
fn is_typo(a: &str, b: &str) -> bool {
    if a.chars().next() != b.chars().next() {
        return false; // another first letter makes another name
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() < MIN_TYPO_LETTERS || long.len() - short.len() > 1 || a == b {
        return false;
    }
    let head = short.iter().zip(long.iter()).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[head..], &long[head..]);
    if long.len() == 1 {
        return false; // another ending is an inflection or another name
    }
    if short.len() < long.len() {
        return *short == long[1..];
    }
    let wrong = short[1..] == long[1..];
    let swapped = short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..];
    wrong || swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(cast: &mut Cast, name: &str) -> Person {
        cast.admit_full(telling_words(name)).expect("a full name")
    }

    #[test]
    fn spellings_initials_and_fewer_names_are_one_person() {
        let mut cast = Cast::default();
        let person = admit(&mut cast, "Sergei Viktorovich Halvorsen");
        for name in ["Sergey Halvorsen", "S. Halvorsen", "Viktorovich Halvorsen", "Sergei Havlorsen"] {
            assert_eq!(admit(&mut cast, name), person, "{name}");
        }
        assert_ne!(admit(&mut cast, "Anna Halvorsen"), person);
    }

    #[test]
    fn a_shared_surname_belongs_to_neither() {
        let mut cast = Cast::default();
        let (anna, arne) = (admit(&mut cast, "Anna Ekholm"), admit(&mut cast, "Arne Ekholm"));
        assert_eq!(cast.surname("ekholm"), None);
        let third = cast.admit_single("ekholm");
        assert!(third != anna && third != arne);
        assert_eq!(cast.surname("ekholm"), Some(third));
    }

    #[test]
    fn family_names_may_stand_first() {
        let mut cast = Cast::default();
        let person = admit(&mut cast, "Xi Jinping");
        assert_eq!(cast.surname("xi"), Some(person));
        let person = admit(&mut cast, "Kim Jong-un");
        assert_eq!(admit(&mut cast, "Kim Jong Un"), person);
        assert_eq!(cast.surname("kim"), Some(person));
        let person = admit(&mut cast, "Bashar al-Assad");
        assert_eq!(cast.surname("assad"), Some(person));
    }

    #[test]
    fn typos() {
        for (a, b) in [("lavrov", "lavorv"), ("lavrov", "lavrrov"), ("lavrov", "lavov"), ("lavrov", "labrov")] {
            assert!(is_typo(a, b) && is_typo(b, a), "{a} {b}");
        }
        for (a, b) in
            [("ivanov", "ivanova"), ("khan", "kahn"), ("lavrov", "lavrov"), ("brown", "crown"), ("waters", "watery")]
        {
            assert!(!is_typo(a, b) && !is_typo(b, a), "{a} {b}");
        }
    }
}
