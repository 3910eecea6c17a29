//! Words that are evidence: titles, heads of organisations' names, given names, verbs of saying and the like.
//!
//! The lists live in `data/*.txt` (words separated by white space, `#` begins a comment line) and are facts
//! written down for this crate. Each word is known by its folded form ([`fold`](crate::token::fold)).

use std::sync::LazyLock;

use crate::date::{MONTHS, WEEKDAYS};
use crate::quick::QuickMap;

/// What the lexicon knows about a word, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traits(u32);

impl Traits {
    /// An everyday word that is capitalised only by its position.
    pub(crate) const COMMON: Self = Self(1);
    /// Stands right before a person's name.
    pub(crate) const TITLE: Self = Self(1 << 1);
    /// Part of a title of several words.
    pub(crate) const ROLE: Self = Self(1 << 2);
    /// Ends the name of an organisation.
    pub(crate) const HEAD: Self = Self(1 << 3);
    /// Begins the name of an organisation that goes on with "of" or "for".
    pub(crate) const HEAD_OF: Self = Self(1 << 4);
    /// Ends the name of a place.
    pub(crate) const PLACE_LAST: Self = Self(1 << 5);
    /// Begins the name of a place.
    pub(crate) const PLACE_FIRST: Self = Self(1 << 6);
    /// Begins the name of a place that goes on with "of".
    pub(crate) const PLACE_OF: Self = Self(1 << 7);
    /// In lower case beside a name: the name is a place's ("Kunar province").
    pub(crate) const NEAR_PLACE: Self = Self(1 << 8);
    /// A point of the compass.
    pub(crate) const DIRECTION: Self = Self(1 << 9);
    /// A verb of saying.
    pub(crate) const SPEECH: Self = Self(1 << 10);
    /// A given name.
    pub(crate) const GIVEN: Self = Self(1 << 11);
    /// A family name that stands first.
    pub(crate) const FAMILY_FIRST: Self = Self(1 << 12);
    /// A month or a day of the week.
    pub(crate) const CALENDAR: Self = Self(1 << 13);
    /// An event, a work, a law: no person, no place.
    pub(crate) const THING: Self = Self(1 << 14);
    /// A particle inside a person's name.
    pub(crate) const PARTICLE: Self = Self(1 << 15);
    /// A company's legal form, left out in the short name.
    pub(crate) const COMPANY: Self = Self(1 << 16);
    /// A word that joins the parts of an organisation's name.
    pub(crate) const LINK: Self = Self(1 << 17);

    /// The members, a bit each.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// Both sets together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two sets share a member.
    pub(crate) const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const PARTICLES: &str =
    "al el ul ur bin ben ibn bint abu abd von van der den de da do dos das del della di du la le ter ten";
const LINKS: &str = "of for the and on de in";
const COMPANY_FORMS: &str = "corp corporation inc ltd llc plc co company group holdings";

/// The words with what is known about them.
pub(crate) struct Lexicon {
    words: QuickMap<Traits>,
    given_variants: QuickMap<usize>,
    /// The first spelling of each group of variants, folded.
    given_firsts: Vec<String>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

/// The lexicon, built on first use.
pub(crate) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

/// The lines of a data file without comments and blanks.
pub(crate) fn data_lines(data: &str) -> impl Iterator<Item = &str> {
    data.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Lexicon {
    fn build() -> Self {
        let mut lexicon =
            Self { words: QuickMap::default(), given_variants: QuickMap::default(), given_firsts: Vec::new() };
        for (data, traits) in [
            (include_str!("../data/common.txt"), Traits::COMMON),
            (include_str!("../data/titles.txt"), Traits::TITLE),
            (include_str!("../data/role_words.txt"), Traits::ROLE),
            (include_str!("../data/heads.txt"), Traits::HEAD),
            (include_str!("../data/heads_of.txt"), Traits::HEAD_OF),
            (include_str!("../data/speech.txt"), Traits::SPEECH),
            (include_str!("../data/things.txt"), Traits::THING),
            (include_str!("../data/surnames_first.txt"), Traits::FAMILY_FIRST),
            (PARTICLES, Traits::PARTICLE),
            (COMPANY_FORMS, Traits::COMPANY),
            (LINKS, Traits::LINK),
        ] {
            data_lines(data).flat_map(str::split_whitespace).for_each(|word| lexicon.add(word, traits));
        }
        for line in data_lines(include_str!("../data/place_words.txt")) {
            let (use_of, words) = line.split_once(' ').unwrap_or((line, ""));
            let traits = match use_of {
                "last" => Traits::PLACE_LAST,
                "first" => Traits::PLACE_FIRST,
                "of" => Traits::PLACE_OF,
                "near" => Traits::NEAR_PLACE,
                _ => Traits::DIRECTION,
            };
            words.split_whitespace().for_each(|word| lexicon.add(word, traits));
        }
        let given = data_lines(include_str!("../data/given.txt")).flat_map(str::split_whitespace);
        for (group, names) in given.enumerate() {
            lexicon.given_firsts.push(names.split('=').next().unwrap_or(names).to_lowercase());
            for name in names.split('=') {
                lexicon.add(name, Traits::GIVEN);
                lexicon.given_variants.insert(name.to_lowercase(), group);
            }
        }
        for name in MONTHS.iter().chain(&WEEKDAYS) {
            lexicon.add(name, Traits::CALENDAR);
        }
        lexicon
    }

    fn add(&mut self, word: &str, traits: Traits) {
        let known = self.words.entry(word.to_lowercase()).or_default();
        *known = known.and(traits);
    }

    /// What is known about a folded word.
    pub(crate) fn traits(&self, folded: &str) -> Traits {
        self.words.get(folded).copied().unwrap_or_default()
    }

    /// The first spelling of a folded given name, as the list has it; the name itself if it is not listed.
    pub(crate) fn first_spelling<'s>(&'s self, given: &'s str) -> &'s str {
        let group = self.given_variants.get(given);
        group.and_then(|&group| self.given_firsts.get(group)).map_or(given, String::as_str)
    }

    /// Whether two folded given names are spellings of one.
    pub(crate) fn same_given(&self, a: &str, b: &str) -> bool {
        a == b || self.given_variants.get(a).is_some_and(|group| self.given_variants.get(b) == Some(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_given_name_are_one() {
        assert!(lexicon().same_given("sergei", "sergey"));
        assert!(lexicon().same_given("unlisted", "unlisted"));
        assert!(!lexicon().same_given("sergei", "ivan"));
        assert!(!lexicon().same_given("unlisted", "unknown"));
    }

    #[test]
    fn a_word_can_be_several_things() {
        let traits = lexicon().traits("general");
        assert!(traits.any(Traits::TITLE) && traits.any(Traits::ROLE) && !traits.any(Traits::GIVEN));
    }
}
