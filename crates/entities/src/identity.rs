//! Identities across articles: what can be known from the name alone.
//!
//! An id of the form `local:KIND:NAME` is the same in every article whose fullest name of the entity is the same but
//! for accents, case, legal forms and particles, and for the spelling of given names that the list of them knows to be
//! one (Sergei, Sergey). It claims no more than that: two ministers of one name share it. A
//! surname alone has none, nor has an office of a name that every country has; a team by the name of its place has the
//! sport of the article in it (`sport`: `local:org:england:cricket`); likeness (typos, transliterations) joins
//! names only inside one article.

use copydesk_article::EntityType;

use crate::lexicon::{Traits, lexicon};
use crate::link::{bare, organisation_words, telling_words, written_out};

/// The id of an entity by its fullest name; none where the name alone does not tell.
pub(crate) fn local_id(kind: EntityType, name: &str) -> Option<String> {
    let (label, words) = match kind {
        EntityType::Person => ("per", Some(person_words(name)).filter(|words| words.len() > 1)?),
        EntityType::Organisation => ("org", Some(organisation_words(name)).filter(|words| !is_an_office(words))?),
        EntityType::Location => ("loc", bare(&written_out(name)).split_whitespace().map(str::to_owned).collect()),
        EntityType::Group | EntityType::Date | EntityType::Money => return None,
    };
    (!words.is_empty()).then(|| format!("local:{label}:{}", words.join("-")))
}

/// Whether an organisation's name is that of an office that every country has ("Foreign Ministry", "Supreme Court").
fn is_an_office(words: &[String]) -> bool {
    const OFFICE: Traits = Traits::HEAD.and(Traits::HEAD_OF).and(Traits::ROLE).and(Traits::LINK);
    words.iter().all(|word| lexicon().traits(word).any(OFFICE))
}

/// The words of a full name that tell, given names in their first spelling.
fn person_words(name: &str) -> Vec<String> {
    let mut words = telling_words(name);
    let given = words.len().saturating_sub(1);
    for word in &mut words[..given] {
        *word = lexicon().first_spelling(word).to_owned();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_an_identity_and_a_surname_is_none() {
        let id = |kind, name| local_id(kind, name).unwrap_or_default();
        assert_eq!(id(EntityType::Person, "Sérgio dos Halvorsen"), "local:per:sergio-halvorsen");
        assert_eq!(id(EntityType::Person, "Halvorsen"), "");
        assert_eq!(id(EntityType::Person, "Sergey Halvorsen"), id(EntityType::Person, "Sergei Halvorsen"));
        assert_eq!(id(EntityType::Organisation, "The Norvik Holdings Inc."), "local:org:norvik");
        assert_eq!(id(EntityType::Organisation, "the Foreign Ministry"), "");
        assert_eq!(id(EntityType::Organisation, "Arlund Ministry"), "local:org:arlund-ministry");
        assert_eq!(id(EntityType::Location, "ARLUND"), "local:loc:arlund");
        assert_eq!(id(EntityType::Location, "Arlund-based"), "local:loc:arlund");
    }
}
