//! The recogniser: the tagger in the languages that it has a model of, rules and lists elsewhere.
//!
//! An article of several languages is read part by part, each by who reads its language: the tagger sees nothing of the
//! other parts. The names of all parts are linked together, and a place that two languages name is one entity.

use std::cell::RefCell;
use std::sync::Arc;

use copydesk_article::{EnginePart, Entity, EntityEngine, EntityType, Field, LanguagePart};
use thiserror::Error;

use crate::again::{Told, lower_words};
use crate::engine::{Shipped, tagger};
use crate::extract::{Extract, Piece, extracts, pieces};
use crate::find::{Finds, Found, Key, Rules};
use crate::gather::{gather, join, tell_teams};
use crate::link::link;
use crate::reading::{Reading, is_title_case};
use crate::repeat::{Told as Repeated, found_at, is_known};
use crate::tagger::labels::entity_type;
use crate::tagger::model::{Model, ModelError};
use crate::tagger::{Desk, Tagged, Tagger};
use crate::token::tokenise_into;
use crate::watch::watch;
use crate::watchlist::Watchlist;

/// Name of the rules and lists, as it stands in a record's `entity_engine`.
const RULES: &str = "rules-1";

/// Languages in Latin script that capitalise names but not nouns: a given name before a capitalised word is evidence.
const NAME_LANGUAGES: [&str; 26] = [
    "af", "ca", "cs", "da", "es", "et", "eu", "fi", "fr", "gl", "hr", "id", "is", "it", "ms", "nb", "nl", "no", "pl",
    "pt", "ro", "sk", "sl", "sq", "sv", "tl",
];

/// What the recogniser reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Headline.
    pub title: Option<&'a str>,
    /// Body, paragraphs separated by line breaks.
    pub text: &'a str,
    /// ISO 639-1 code of both, or `und`: a language with a model gets the tagger, others rules, the unknown only the
    /// lists.
    pub language: &'a str,
    /// The parts of a text in several languages, in order; what none of them covers is in `language`. Empty where the
    /// whole text is.
    pub parts: &'a [LanguagePart],
    /// When the article was published, ISO 8601; partial dates are understood from it.
    pub published: Option<&'a str>,
}

/// The names in an article, and who found them.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// Entities in the order of their first mentions.
    pub entities: Vec<Entity>,
    /// The recogniser.
    pub engine: EntityEngine,
}

/// A recogniser as it is configured.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// One a language.
    taggers: Arc<[&'static Tagger<'static>]>,
    watchlist: Option<Arc<Watchlist>>,
}

/// Why a model can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnusableModel {
    /// It is none.
    #[error(transparent)]
    Broken(#[from] ModelError),
    /// There is another of its language.
    #[error("the models {before} and {name} both read the language `{language}`; name one of them")]
    SameLanguage {
        /// The one that came first.
        before: String,
        /// This one.
        name: String,
        /// Their language.
        language: String,
    },
}

impl Default for Recogniser {
    fn default() -> Self {
        Self::shipped(Shipped::default())
    }
}

thread_local! {
    /// Room to tag in, used again for every article of the thread. What it remembers of words saves time and changes no
    /// answer.
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

impl Recogniser {
    /// Without a model: rules and lists in every language.
    #[must_use]
    pub fn without_model() -> Self {
        Self { taggers: Arc::default(), watchlist: None }
    }

    /// With a model that ships.
    #[must_use]
    pub fn shipped(shipped: Shipped) -> Self {
        Self { taggers: shipped.tagger().into_iter().collect(), watchlist: None }
    }

    /// The same with a model that ships.
    ///
    /// # Errors
    /// Where there is a model of its language already.
    pub fn and_shipped(self, shipped: Shipped) -> Result<Self, UnusableModel> {
        shipped.tagger().map_or_else(|| Err(ModelError::Unknown.into()), |tagger| self.and(tagger))
    }

    /// The same with a model of one's own; it stays in memory until the process ends.
    ///
    /// # Errors
    /// Where the bytes are no model of this version, or there is a model of its language already.
    pub fn and_model(self, model: Vec<u8>) -> Result<Self, UnusableModel> {
        // Checked before it is kept for ever.
        Model::read(&model)?;
        self.and(Box::leak(Box::new(tagger(Vec::leak(model))?)))
    }

    fn and(self, tagger: &'static Tagger<'static>) -> Result<Self, UnusableModel> {
        let (language, name) = (tagger.model().language(), tagger.model().name());
        if let Some(before) = self.tagger_of(language) {
            return Err(UnusableModel::SameLanguage {
                before: before.model().name().to_owned(),
                name: name.to_owned(),
                language: language.to_owned(),
            });
        }
        Ok(Self { taggers: self.taggers.iter().copied().chain([tagger]).collect(), ..self })
    }

    fn tagger_of(&self, language: &str) -> Option<&'static Tagger<'static>> {
        self.taggers.iter().copied().find(|tagger| tagger.model().language() == language)
    }

    /// The names of the models.
    pub fn models(&self) -> impl Iterator<Item = &'static str> {
        self.taggers.iter().map(|tagger| tagger.model().name())
    }

    /// The same with names to watch for.
    #[must_use]
    pub fn watching(self, watchlist: Arc<Watchlist>) -> Self {
        Self { watchlist: Some(watchlist), ..self }
    }

    /// Finds the names in an article.
    ///
    /// Offsets are Unicode scalar positions in the field they name, and a mention's text is exactly that slice.
    /// Mentions do not overlap; they are in order within an entity (title before text), and entities are in the
    /// order of their first mentions. The same input gives the same answer. Never panics; the time is linear in the
    /// text.
    #[must_use]
    pub fn recognise(&self, input: &Input<'_>) -> Recognised {
        let pieces = pieces(input);
        let mut readings: Vec<Read<'_>> =
            extracts(input, &pieces).into_iter().map(|extract| self.read(extract)).collect();
        let is_mixed = readings.len() > 1;
        let mut names: Vec<Found<'_>> = readings.iter_mut().flat_map(|read| std::mem::take(&mut read.names)).collect();
        if is_mixed {
            link_together(&mut names);
        }
        let watched = self.watchlist.as_deref().map(|watchlist| watch(watchlist, input, &mut names));
        let published = input.published.and_then(|date| date.get(..10)?.parse().ok());
        let mut entities = gather(names, published, watched.as_ref());
        tell_teams(&mut entities, input.title, input.text);
        if is_mixed {
            entities = join(entities);
        }
        let watchlist = self.watchlist.as_deref().map(|watchlist| watchlist.version().to_owned());
        let engine = EntityEngine { watchlist, ..engine(input, &pieces, &readings) };
        Recognised { entities, engine }
    }

    /// The names in what is of one language, their keys those of this extract alone.
    fn read<'a>(&self, extract: Extract<'a>) -> Read<'a> {
        let language = extract.language;
        let tagger = self.tagger_of(if language == "und" { "en" } else { language });
        let tagged = tagger.and_then(|tagger| Some((tagger.model(), by_tagger(&extract, tagger)?)));
        let (names, name, evaluated) = match tagged {
            Some((model, names)) => {
                let evaluated = model.is_evaluated() && model.language() == language;
                (names, format!("{}-{}", model.name(), model.version()), evaluated)
            }
            None => (by_rules(&extract), RULES.to_owned(), false),
        };
        Read { language, size: extract.size(), names, name, evaluated }
    }
}

/// What was found in the parts of one language, and by whom.
struct Read<'a> {
    language: &'a str,
    /// Bytes of text.
    size: usize,
    names: Vec<Found<'a>>,
    name: String,
    evaluated: bool,
}

/// Who read the article.
fn engine(input: &Input<'_>, pieces: &[Piece<'_>], readings: &[Read<'_>]) -> EntityEngine {
    let part = |piece: &Piece<'_>| {
        let read = readings.iter().find(|read| read.language == piece.language)?;
        Some(EnginePart {
            start: piece.scalars.start,
            end: piece.scalars.end,
            name: read.name.clone(),
            language: read.language.to_owned(),
            evaluated: read.evaluated,
        })
    };
    let in_one = pieces.iter().all(|piece| piece.language == input.language);
    EntityEngine {
        // `max_by_key` keeps the last of equals.
        name: readings.iter().rev().max_by_key(|read| read.size).map(|read| read.name.clone()).unwrap_or_default(),
        language: input.language.to_owned(),
        evaluated: readings.iter().all(|read| read.evaluated),
        parts: if in_one { Vec::new() } else { pieces.iter().filter_map(part).collect() },
        watchlist: None,
    }
}

/// One numbering of persons and organisations for the names of all parts. What the atlas tells stays.
fn link_together(names: &mut Vec<Found<'_>>) {
    let (mut others, placed): (Vec<_>, Vec<_>) = names.drain(..).partition(|name| !matches!(name.key, Key::Place(_)));
    link(&mut others);
    names.extend(others.into_iter().chain(placed));
}

/// Finds the names in an article with the model `news` and nothing to watch for: [`Recogniser::recognise`].
#[must_use]
pub fn recognise(input: &Input<'_>) -> Vec<Entity> {
    Recogniser::default().recognise(input).entities
}

/// Where there is a model: the tagger's names, linked. None for a text of no known language that does not look like
/// English (lists of results and the like do).
fn by_tagger<'a>(extract: &Extract<'a>, tagger: &Tagger<'_>) -> Option<Vec<Found<'a>>> {
    let &Extract { language, title, text, .. } = extract;
    let mut tokens = Vec::with_capacity((title.len() + extract.size()) / 5 + 8);
    tokenise_into(title, &mut tokens);
    let title_tokens = tokens.len();
    extract.tokenise_into(&mut tokens);
    if language == "und" && !tagger.could_read(&tokens) {
        return None;
    }
    let mut tagged = Vec::new();
    DESK.with_borrow_mut(|desk| tagger.tag(&tokens, desk, &mut tagged));
    let mut taken = vec![false; tokens.len()];
    let is_headline = is_title_case(&tokens[..title_tokens]);
    let (mut names, mut in_title) = (Vec::with_capacity(tagged.len()), Vec::new());
    for Tagged { first, end, kind } in tagged {
        let Some(kind) = entity_type(kind) else { continue };
        if first >= title_tokens {
            taken[first..end].fill(true);
            names.extend(found_at(Field::Text, text, &tokens[first..end], kind));
        } else if let Some(found) = found_at(Field::Title, title, &tokens[first..end], kind) {
            in_title.push((first..end, found));
        }
    }
    let told = Repeated::by(names.iter());
    for name in names.iter_mut().filter(|name| name.kind == EntityType::Organisation && told.is_surname(name)) {
        name.kind = EntityType::Person;
    }
    let (title_taken, text_taken) = taken.split_at_mut(title_tokens);
    told.find_in((Field::Text, text), &tokens[title_tokens..], text_taken, false, &mut names);
    if is_headline {
        told.find_in((Field::Title, title), &tokens[..title_tokens], title_taken, true, &mut names);
    }
    for (range, found) in in_title {
        if !title_taken[range].contains(&true) && (!is_headline || is_known(&found)) {
            names.push(found);
        }
    }
    link(&mut names);
    Some(names)
}

/// Other languages: what rules and lists tell.
fn by_rules<'a>(extract: &Extract<'a>) -> Vec<Found<'a>> {
    let rules = rules_for(extract.language);
    let mut title = Reading::of(extract.title);
    let mut tokens = Vec::with_capacity(extract.size() / 5);
    extract.tokenise_into(&mut tokens);
    let mut text = Reading::of_tokens(extract.text, tokens);
    let is_headline = title.is_title_case();
    let mut finds = Finds { language: extract.language, ..Finds::default() };
    finds.search(&mut text, Field::Text, rules);
    if !is_headline {
        finds.search(&mut title, Field::Title, rules);
    }
    let lower_words = lower_words(&text);
    let mut told = Told::by(&mut finds);
    told.find_in(&mut text, Field::Text, &mut finds, &lower_words);
    told.find_in(&mut title, Field::Title, &mut finds, &lower_words);
    if is_headline {
        let lists = if rules == Rules::English { Rules::Headline } else { Rules::Lists };
        finds.search(&mut title, Field::Title, lists);
    }
    finds.names
}

fn rules_for(language: &str) -> Rules {
    match language {
        "en" => Rules::English,
        other if NAME_LANGUAGES.contains(&other) => Rules::Names,
        _ => Rules::Lists,
    }
}
