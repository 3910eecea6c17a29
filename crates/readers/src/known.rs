//! What is known of a file before it is opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk_article::{DateOrder, Supplied};
use serde::Deserialize;

/// What the folder said of a file, by its path pattern and the inbox's defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Who it is from; beats the file's own word.
    pub source: Option<String>,
    /// Everything else; the file's own fields and its sidecars beat it.
    pub supplied: Supplied,
}

/// What holds for a source where nothing nearer to the article says otherwise (`[sources.NAME]`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceDefaults {
    /// Outlet, as a name or a domain.
    pub site: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Time zone of dates that name none: an IANA name or an offset.
    pub time_zone: Option<String>,
    /// Which number comes first in dates such as `03/04/2024`.
    pub date_order: Option<DateOrder>,
}

impl SourceDefaults {
    /// The defaults as words about an article.
    pub(crate) fn supplied(&self) -> Supplied {
        Supplied {
            site: self.site.clone(),
            language: self.language.clone(),
            time_zone: self.time_zone.clone(),
            date_order: self.date_order,
            ..Supplied::default()
        }
    }
}

/// How files are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Largest record taken, in bytes (after decompression).
    pub max_record_bytes: u64,
    /// Defaults by source name.
    pub sources: Arc<BTreeMap<String, SourceDefaults>>,
}
