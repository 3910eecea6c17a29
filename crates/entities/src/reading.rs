//! A field as the rules read it: its tokens, what the lists know about each, and which are taken already.

use copydesk_article::EntityType;

use crate::gazetteer::{Match, gazetteer};
use crate::lexicon::{Traits, lexicon};
use crate::token::{Kind, Token, fold, is_abbreviation, tokenise};

/// A field cut into tokens with what is known about them.
pub(crate) struct Reading<'a> {
    /// The field.
    pub(crate) text: &'a str,
    /// Its tokens.
    pub(crate) tokens: Vec<Token<'a>>,
    traits: Vec<Traits>,
    matches: Vec<Option<Match>>,
    covered: Vec<Option<EntityType>>,
    taken: Vec<bool>,
}

impl<'a> Reading<'a> {
    /// Reads a field.
    pub(crate) fn of(text: &'a str) -> Self {
        Self::of_tokens(text, tokenise(text))
    }

    /// Reads the parts of a field that these tokens are of.
    pub(crate) fn of_tokens(text: &'a str, tokens: Vec<Token<'a>>) -> Self {
        let traits = tokens.iter().map(traits_of).collect();
        let mut matches = vec![None; tokens.len()];
        let mut covered = vec![None; tokens.len()];
        let mut at = 0;
        while at < tokens.len() {
            let Some(found) = gazetteer().longest(&tokens, at) else {
                at += 1;
                continue;
            };
            matches[at] = Some(found);
            covered[at..found.end].fill(gazetteer().thing(found.thing).map(|thing| thing.kind));
            at = found.end;
        }
        let taken = vec![false; tokens.len()];
        Self { text, tokens, traits, matches, covered, taken }
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token at `at`.
    pub(crate) fn token(&self, at: usize) -> Option<&Token<'a>> {
        self.tokens.get(at)
    }

    /// The token at `at` if it goes on with the line of the token before.
    pub(crate) fn follower(&self, at: usize) -> Option<&Token<'a>> {
        self.token(at).filter(|token| !token.starts_line)
    }

    /// Whether the token at `at` goes on with the line and is exactly this text.
    pub(crate) fn follows(&self, at: usize, text: &str) -> bool {
        self.follower(at).is_some_and(|token| token.is(text))
    }

    /// The folded text of a token.
    pub(crate) fn folded(&self, at: usize) -> std::borrow::Cow<'a, str> {
        self.token(at).map_or("".into(), |token| fold(token.text))
    }

    /// Whether the lexicon knows the word at `at` for one of these.
    pub(crate) fn has(&self, at: usize, traits: Traits) -> bool {
        self.traits.get(at).is_some_and(|known| known.any(traits))
    }

    /// The name of a known thing that begins at `at`.
    pub(crate) fn listed(&self, at: usize) -> Option<Match> {
        self.matches.get(at).copied().flatten()
    }

    /// The type of the known thing whose name covers the token.
    pub(crate) fn covered(&self, at: usize) -> Option<EntityType> {
        self.covered.get(at).copied().flatten()
    }

    /// Whether a mention covers the token already.
    pub(crate) fn is_taken(&self, at: usize) -> bool {
        self.taken.get(at).copied().unwrap_or(true)
    }

    /// Takes a range of tokens for a mention; refuses (and returns false) if any of them is taken or there is none.
    pub(crate) fn take(&mut self, first: usize, end: usize) -> bool {
        match self.taken.get_mut(first..end) {
            Some(range) if !range.is_empty() && !range.contains(&true) => {
                range.fill(true);
                true
            }
            _ => false,
        }
    }

    /// A capitalised word that no list explains: a name, of something.
    pub(crate) fn is_unknown(&self, at: usize) -> bool {
        let explained =
            Traits::COMMON.and(Traits::TITLE).and(Traits::ROLE).and(Traits::CALENDAR).and(Traits::DIRECTION);
        self.token(at).is_some_and(Token::is_capitalised) && !self.has(at, explained) && self.covered(at).is_none()
    }

    /// The word before `at` on the same line, over the stop of an abbreviation ("Mr. Blom").
    pub(crate) fn word_before(&self, at: usize) -> Option<usize> {
        if self.token(at)?.starts_line {
            return None;
        }
        let before = at.checked_sub(1)?;
        if self.tokens[before].kind == Kind::Word {
            return Some(before);
        }
        let word = before.checked_sub(1)?;
        let stop = self.tokens[before].is(".") && self.tokens[before].glued && is_abbreviation(self.tokens[word].text);
        stop.then_some(word)
    }

    /// The characters from one token up to another.
    pub(crate) fn slice(&self, first: usize, end: usize) -> &'a str {
        let (Some(from), Some(last)) = (self.tokens.get(first), end.checked_sub(1).and_then(|i| self.tokens.get(i)))
        else {
            return "";
        };
        self.text.get(from.byte..last.byte + last.text.len()).unwrap_or("")
    }

    /// Whether most long words carry a capital, as in headlines: capitals are no evidence then.
    pub(crate) fn is_title_case(&self) -> bool {
        is_title_case(&self.tokens)
    }
}

/// Whether most long words carry a capital, as in headlines: capitals are no evidence then.
pub(crate) fn is_title_case(tokens: &[Token<'_>]) -> bool {
    let long = || tokens.iter().filter(|t| t.kind == Kind::Word && t.text.chars().count() >= 4);
    let capitalised = long().filter(|t| t.is_capitalised()).count();
    2 * capitalised > long().count()
}

/// What the lexicon says about a token.
fn traits_of(token: &Token<'_>) -> Traits {
    if token.kind == Kind::Word { lexicon().traits(&fold(token.text)) } else { Traits::default() }
}
