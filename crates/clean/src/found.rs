//! What a text or a page says about itself: the common result of reading either.

use copydesk_article::{Author, Image, Link, Removal};
use copydesk_boilerplate::Observed;

use crate::repair::Mend;
use crate::stamp::Stamps;

/// What was read, before the user's word is set above it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The body.
    pub text: String,
    /// What was cut, in the decoded source.
    pub removed: Vec<Removal>,
    /// What recurs and was left, in the decoded source.
    pub marked: Vec<Removal>,
    /// What a learner is told of it.
    pub observed: Option<Observed>,
    /// What was mended, in bytes of the decoded source.
    pub mends: Vec<Mend>,
    /// What went wrong, in words.
    pub problems: Vec<String>,
    /// Address the page calls its own.
    pub canonical_url: Option<String>,
    /// Outlet.
    pub site: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Deck.
    pub subtitle: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// Dates.
    pub stamps: Stamps,
    /// Language code, as the page says it.
    pub language: Option<String>,
    /// article, live, opinion, gallery, …
    pub kind: Option<String>,
    /// full, truncated, paywalled, stub.
    pub completeness: Option<String>,
    /// Sections.
    pub sections: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Pictures.
    pub images: Vec<Image>,
    /// Links in `text`.
    pub links: Vec<Link>,
}
