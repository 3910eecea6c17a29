//! Names told once are found again: the surname alone, the whole name, and in a headline whose words all have capitals
//! nothing but what the text told.
//!
//! The tagger sees a place at a time; what the article calls a person in one sentence it may miss in the next. Only
//! words in capitals that stand alone, and that the tagger left free, are taken.

use std::collections::HashMap;

use copydesk_article::{EntityType, Field};

use crate::find::{Found, form_key};
use crate::link::{known_place, telling_words};
use crate::token::{Kind, Shape, Token, fold};

/// Longest name that is found again, in tokens.
const MAX_TOKENS: usize = 8;

/// Names by their folded characters.
#[derive(Default)]
pub(crate) struct Told {
    forms: HashMap<String, EntityType>,
    surnames: HashMap<String, EntityType>,
}

impl Told {
    /// The names of a field, and the surnames of its persons.
    pub(crate) fn by<'f>(names: impl Iterator<Item = &'f Found<'f>>) -> Self {
        let mut told = Self::default();
        for name in names.filter(|name| !matches!(name.kind, EntityType::Date | EntityType::Money)) {
            told.forms.entry(fold(name.text).into_owned()).or_insert(name.kind);
            if name.kind == EntityType::Person {
                let words = telling_words(name.text);
                if let Some(surname) = words.last().filter(|word| words.len() > 1 && word.chars().count() > 2) {
                    told.surnames.insert(surname.clone(), EntityType::Person);
                }
            }
        }
        told
    }

    /// Whether a name read as an organisation's is a person's surname with the Arabic article ("al-Assad").
    pub(crate) fn is_surname(&self, name: &Found<'_>) -> bool {
        let with_article = name.text.starts_with("al-") || name.text.starts_with("el-");
        let words = telling_words(name.text);
        with_article && words.len() == 1 && self.surnames.contains_key(&words[0])
    }

    /// The told names that stand free among the tokens of a field; `taken` says which tokens are in a name, and
    /// `headline` that capitals are no evidence there.
    pub(crate) fn find_in<'a>(
        &self,
        (field, text): (Field, &'a str),
        tokens: &[Token<'_>],
        taken: &mut [bool],
        headline: bool,
        names: &mut Vec<Found<'a>>,
    ) {
        let mut at = 0;
        while at < tokens.len() {
            let found = (!taken[at] && tokens[at].is_capitalised())
                .then(|| self.longest(text, tokens, taken, at).or_else(|| self.surname(tokens, taken, at, headline)));
            let Some((end, kind)) = found.flatten() else {
                at += 1;
                continue;
            };
            taken[at..end].fill(true);
            names.extend(found_at(field, text, &tokens[at..end], kind));
            at = end;
        }
    }

    /// The longest told name of several words at a token.
    fn longest(&self, text: &str, tokens: &[Token<'_>], taken: &[bool], at: usize) -> Option<(usize, EntityType)> {
        let on_line =
            |end: &usize| !tokens[at + 1..*end].iter().any(|t| t.starts_line) && !taken[at..*end].contains(&true);
        let ends = (at + 2..=tokens.len().min(at + MAX_TOKENS)).take_while(on_line);
        ends.filter(|&end| tokens[end - 1].is_capitalised())
            .filter_map(|end| Some((end, *self.forms.get(fold(slice(text, &tokens[at..end])?).as_ref())?)))
            .last()
    }

    /// The person whose surname stands alone at a token; in a headline also any told name of one word.
    fn surname(&self, tokens: &[Token<'_>], taken: &[bool], at: usize, headline: bool) -> Option<(usize, EntityType)> {
        let token = &tokens[at];
        let folded = fold(token.text);
        if headline {
            let kind = self.surnames.get(folded.as_ref()).or_else(|| self.forms.get(folded.as_ref()))?;
            return Some((at + 1, *kind));
        }
        let beside =
            |i: Option<usize>| i.and_then(|i| tokens.get(i).map(|t| t.is_capitalised() && !taken[i])).unwrap_or(false);
        let before = at.checked_sub(1).filter(|_| !token.starts_line);
        let alone = !beside(before) && !beside(Some(at + 1).filter(|&i| tokens.get(i).is_some_and(|t| !t.starts_line)));
        let plain = token.kind == Kind::Word && token.shape == Shape::Capital && !token.opens && !token.shouted;
        let kind = self.surnames.get(folded.as_ref()).filter(|_| alone && plain)?;
        Some((at + 1, *kind))
    }
}

/// Whether a headline's name may stay that the text does not tell: only what the lists know.
pub(crate) fn is_known(name: &Found<'_>) -> bool {
    match name.kind {
        EntityType::Date | EntityType::Money => true,
        EntityType::Person => false,
        EntityType::Location | EntityType::Group | EntityType::Organisation => known_place(name.text),
    }
}

/// The characters of some tokens.
fn slice<'a>(text: &'a str, tokens: &[Token<'_>]) -> Option<&'a str> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    text.get(first.byte..last.byte + last.text.len())
}

/// A name that stands at some tokens of a field.
pub(crate) fn found_at<'a>(field: Field, text: &'a str, tokens: &[Token<'_>], kind: EntityType) -> Option<Found<'a>> {
    let (start, end) = (tokens.first()?.start, tokens.last()?.end);
    Some(Found { field, start, end, text: slice(text, tokens)?, kind, key: form_key("") })
}
