//! Names found once are looked for again: the surname alone, the headline's names, the acronym the article
//! introduced, and a surname with a typo. What the article itself has told is the best evidence there is.

use std::collections::{HashMap, HashSet};

use copydesk_article::{EntityType, Field};

use crate::find::{Finds, Key};
use crate::lexicon::{Traits, lexicon};
use crate::link::bare;
use crate::link::cast::{Cast, Person, telling_words};
use crate::reading::Reading;
use crate::token::{Kind, Shape, Token, fold};

/// The names an article has told.
pub(crate) struct Told {
    cast: Cast,
    forms: HashMap<String, (EntityType, Key)>,
    /// First word of each form, with the bytes of the longest.
    longest: HashMap<String, usize>,
    /// Surnames with the particle before them, folded: "dos santos".
    with_particle: HashSet<String>,
}

impl Told {
    /// Casts the persons found so far (their keys become [`Key::Person`]) and notes every unlisted name.
    pub(crate) fn by(finds: &mut Finds<'_>) -> Self {
        let mut told = Self {
            cast: Cast::default(),
            forms: HashMap::new(),
            longest: HashMap::new(),
            with_particle: HashSet::new(),
        };
        let is_person = |kind: EntityType| kind == EntityType::Person;
        let mut singles = Vec::new();
        for (i, found) in finds.names.iter_mut().enumerate().filter(|(_, found)| is_person(found.kind)) {
            let words = telling_words(found.text);
            match words.len() {
                0 => {}
                1 => singles.push((i, words)),
                _ => {
                    told.note_particles(found.text);
                    if let Some(person) = told.cast.admit_full(words) {
                        found.key = Key::Person(person);
                        told.note(found.text, EntityType::Person, Key::Person(person));
                    }
                }
            }
        }
        for (i, words) in singles {
            finds.names[i].key = Key::Person(told.cast.admit_single(&words[0]));
        }
        for found in &finds.names {
            let is_name = matches!(found.kind, EntityType::Organisation | EntityType::Location);
            if is_name && matches!(found.key, Key::Form(_)) && !told.cast.knows(&bare(found.text)) {
                told.note(found.text, found.kind, found.key.clone());
            }
        }
        for (alias, key) in &finds.aliases {
            told.note(alias, EntityType::Organisation, key.clone());
        }
        told
    }

    fn note_particles(&mut self, name: &str) {
        let words: Vec<_> = name.split_whitespace().map(fold).collect();
        for pair in words.windows(2).filter(|pair| lexicon().traits(&pair[0]).any(Traits::PARTICLE)) {
            self.with_particle.insert(pair.join(" "));
        }
    }

    fn note(&mut self, name: &str, kind: EntityType, key: Key) {
        // Acronyms are kept as written: in another case they are words.
        let form = if name.chars().any(char::is_lowercase) { fold(name).into_owned() } else { name.to_owned() };
        let first = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let longest = self.longest.entry(fold(first).into_owned()).or_default();
        *longest = form.len().max(*longest);
        self.forms.entry(form).or_insert((kind, key));
    }

    /// Takes the told names that still stand free in a field.
    pub(crate) fn find_in<'a>(
        &mut self,
        reading: &mut Reading<'a>,
        field: Field,
        finds: &mut Finds<'a>,
        lower_words: &HashSet<&str>,
    ) {
        let headline = field == Field::Title && reading.is_title_case();
        for at in 0..reading.len() {
            if reading.is_taken(at) || !reading.tokens[at].is_capitalised() {
                continue;
            }
            if let Some((end, kind, key)) = self.form_at(reading, at, headline) {
                finds.take(reading, field, (at, end), kind, key);
            } else if let Some((first, person)) = self.surname_at(reading, at, headline, lower_words) {
                finds.take(reading, field, (first, at + 1), EntityType::Person, Key::Person(person));
            }
        }
    }

    /// The longest told name that begins at a token.
    fn form_at(&self, reading: &Reading<'_>, at: usize, headline: bool) -> Option<(usize, EntityType, Key)> {
        let first = reading.folded(at);
        let first = first.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let longest = *self.longest.get(first)?;
        let mut end = at;
        while end == at || reading.follower(end).is_some_and(|_| reading.slice(at, end).len() < longest) {
            end += 1;
        }
        (at + 1..=end).rev().find_map(|end| {
            let slice = reading.slice(at, end);
            let (kind, key) = self.forms.get(slice).or_else(|| self.forms.get(fold(slice).as_ref()))?;
            let free = !(at..end).any(|i| reading.is_taken(i));
            let is_acronym = reading.tokens[at].shape == Shape::Upper;
            let alone = end > at + 1 || is_acronym || stands_alone(reading, at, headline);
            (free && alone).then(|| (end, *kind, key.clone()))
        })
    }

    /// The person whose surname stands at a token, with the mention's first token ("al-" belongs to the name).
    fn surname_at(
        &mut self,
        reading: &Reading<'_>,
        at: usize,
        headline: bool,
        lower_words: &HashSet<&str>,
    ) -> Option<(usize, Person)> {
        let token = reading.token(at)?;
        let word = reading.folded(at);
        let by_position = token.opens || headline || token.shouted;
        let everyday = by_position && (lower_words.contains(word.as_ref()) || reading.has(at, Traits::COMMON));
        if everyday || reading.covered(at).is_some() || !stands_alone(reading, at, headline) {
            return None;
        }
        let plain = bare(&word);
        if self.cast.knows(&plain) {
            return Some((self.with_particles(reading, at), self.cast.admit_single(&plain)));
        }
        if let Some(person) = self.cast.given(&plain) {
            return Some((at, person));
        }
        let may_be_typo = !headline
            && token.shape == Shape::Capital
            && reading.is_unknown(at)
            && !lower_words.contains(word.as_ref())
            && !reading.has(at, Traits::GIVEN);
        let person = self.cast.typo(&plain).filter(|_| may_be_typo)?;
        Some((at, person))
    }

    /// The first token of a surname with its Arabic article ("al-Assad") or the particle of the full name before it.
    fn with_particles(&self, reading: &Reading<'_>, at: usize) -> usize {
        if reading.tokens[at].starts_line || at == 0 {
            return at;
        }
        let hyphen =
            at >= 2 && reading.tokens[at].glued && reading.tokens[at - 1].glued && reading.tokens[at - 1].is_hyphen();
        if hyphen && matches!(reading.folded(at - 2).as_ref(), "al" | "el" | "ul") {
            return at - 2;
        }
        let told = self.with_particle.contains(fold(reading.slice(at - 1, at + 1)).as_ref());
        if told && !reading.is_taken(at - 1) { at - 1 } else { at }
    }
}

/// Whether no other capitalised word beside a single word makes it a part of a longer name.
fn stands_alone(reading: &Reading<'_>, at: usize, headline: bool) -> bool {
    let next = reading.follower(at + 1).is_some_and(Token::is_capitalised) && !reading.is_taken(at + 1);
    let next_is_name = next && !reading.has(at + 1, Traits::CALENDAR.and(Traits::COMMON));
    let before = at.checked_sub(1).filter(|_| !reading.tokens[at].starts_line);
    let before_is_name = before.is_some_and(|i| {
        let particle = reading.has(i, Traits::PARTICLE);
        reading.is_unknown(i) && !reading.is_taken(i) && !reading.tokens[i].opens && !particle
    });
    headline || (!next_is_name && !before_is_name)
}

/// The words of a field that stand in lower case somewhere.
pub(crate) fn lower_words<'a>(reading: &Reading<'a>) -> HashSet<&'a str> {
    let words = reading.tokens.iter().filter(|t| t.kind == Kind::Word && t.shape == Shape::Lower);
    words.map(|t| t.text).collect()
}
