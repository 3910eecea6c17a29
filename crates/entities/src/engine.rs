//! The models that ship, and who found the names in an article.

use std::sync::LazyLock;

use crate::tagger::Tagger;
use crate::tagger::lists::Lists;
use crate::tagger::model::{Model, ModelError};

const LISTS: &[u8] = include_bytes!("../models/lists.bin");
const NEWS: &[u8] = include_bytes!("../models/news.bin");
const OPEN: &[u8] = include_bytes!("../models/open.bin");

static SHIPPED_NEWS: LazyLock<Option<Tagger<'static>>> = LazyLock::new(|| tagger(NEWS).ok());
static SHIPPED_OPEN: LazyLock<Option<Tagger<'static>>> = LazyLock::new(|| tagger(OPEN).ok());

/// Which model finds the names in English text. Model cards: `models/*.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shipped {
    /// Learned from all labelled news there is, research corpora included.
    #[default]
    News,
    /// Learned from openly licensed text alone.
    Open,
}

impl Shipped {
    /// Its tagger; none only if the file in the crate is broken, which a test excludes.
    pub(crate) fn tagger(self) -> Option<&'static Tagger<'static>> {
        match self {
            Self::News => SHIPPED_NEWS.as_ref(),
            Self::Open => SHIPPED_OPEN.as_ref(),
        }
    }
}

/// Bytes of the model `news` and the lists it works with.
#[must_use]
pub const fn model_bytes() -> usize {
    NEWS.len() + LISTS.len()
}

/// A tagger of a model file of one's own, with the lists that ship.
///
/// # Errors
/// Where the bytes are no model of this version.
pub fn tagger(model: &[u8]) -> Result<Tagger<'_>, ModelError> {
    let lists = Lists::read(LISTS).ok_or(ModelError::Unknown)?;
    Ok(Tagger::new(Model::read(model)?, lists))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_models_are_of_this_version() {
        for (shipped, name) in [(Shipped::News, "news"), (Shipped::Open, "open")] {
            assert_eq!(shipped.tagger().map(|tagger| tagger.model().name()), Some(name));
        }
        assert_eq!(tagger(b"no model").err(), Some(ModelError::Unknown));
    }
}
