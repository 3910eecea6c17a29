//! How much is gathered before a file of the index is written.
//!
//! Hundreds of thousands of articles fill a few files: too many for a test that kills the process over and over. With
//! the feature `small` (tests only) and `COPYDESK_SMALL_FILES` set to a number of articles, so many fill one.

use crate::postings::{BUFFER_ANCHORS, BUFFER_TEXTS};
use crate::sketches::CHAPTER;

/// Sizes of files.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Postings of a run of anchors.
    pub anchors: usize,
    /// Postings of a run of texts' keys.
    pub texts: usize,
    /// Sequences of a chapter of sketches.
    pub chapter: u64,
}

impl Sizes {
    /// What this process writes.
    pub fn of_process() -> Self {
        #[cfg(feature = "small")]
        if let Some(articles) = std::env::var("COPYDESK_SMALL_FILES").ok().and_then(|value| value.parse::<u32>().ok()) {
            let articles = articles.max(1);
            // Some eight anchors an article.
            return Self { anchors: articles as usize * 8, texts: articles as usize, chapter: articles.into() };
        }
        Self { anchors: BUFFER_ANCHORS, texts: BUFFER_TEXTS, chapter: CHAPTER }
    }
}
