//! What the user said about an article.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What came with the article's text: fields of a JSON record today; folders, defaults and sidecars feed the
/// same structure. Everything is as supplied, unparsed. The user's word beats the page's, and the page's
/// beats a guess.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Supplied {
    /// Address of the article.
    pub url: Option<String>,
    /// Address the page calls its own.
    pub canonical_url: Option<String>,
    /// Outlet, as a name or a domain.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck under the headline.
    pub subtitle: Option<String>,
    /// Bylines, one each.
    pub authors: Vec<String>,
    /// When it was published, as written.
    pub published: Option<String>,
    /// When it was last changed, as written.
    pub modified: Option<String>,
    /// When the scraper fetched it, as written.
    pub fetched_at: Option<String>,
    /// Language code, as written.
    pub language: Option<String>,
    /// Sections or categories.
    pub sections: Vec<String>,
    /// Tags or keywords.
    pub tags: Vec<String>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// Every field of the input that has no place above, untouched.
    pub extra: Map<String, Value>,
}
