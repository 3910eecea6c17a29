//! What the user said about an article.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Conflict;

/// What came with the article's text: fields of a JSON record or a feed's entry, sidecars, folder names and
/// the source's defaults. Everything is as supplied, unparsed. The user's word beats the page's, and the
/// page's beats a guess.
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
    /// Charset of the text's bytes, as a transport header says it.
    pub charset: Option<String>,
    /// Time zone of dates that name none: an IANA name or an offset, as the source's default.
    pub time_zone: Option<String>,
    /// Which number comes first in dates such as `03/04/2024`, as the source's default.
    pub date_order: Option<DateOrder>,
    /// What was also said, and lost to what stands above.
    pub conflicts: Vec<Conflict>,
    /// What came with the article and could not be read, in words.
    pub problems: Vec<String>,
    /// Every field of the input that has no place above, untouched.
    pub extra: Map<String, Value>,
}

/// The order of numbers in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
    /// Year, month, day.
    Ymd,
}
