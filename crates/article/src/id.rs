//! The identity of an article: BLAKE3-128 of what its source gave us.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identity of one article as one source gave it: the first 128 bits of BLAKE3 over the source name, the
/// supplied URL (if any) and the record's bytes after decompression.
///
/// The same drop twice has the same id; the same wire copy from two sources has two. The id does not depend
/// on how the article is cleaned, so a replay with a newer cleaner updates in place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArticleId([u8; 16]);

impl ArticleId {
    /// Computes the id. Every part is length-prefixed, so no two different inputs concatenate alike.
    #[must_use]
    pub fn of(source_name: &str, supplied_url: Option<&str>, record_bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [source_name.as_bytes(), supplied_url.unwrap_or("").as_bytes(), record_bytes] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(id)
    }

    /// The sixteen bytes, as they stand in the ledger's keys.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id whose bytes these are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArticleId({self})")
    }
}

/// A text that is not an article id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an article id: 32 hexadecimal digits are expected")]
pub struct ParseIdError(pub String);

impl FromStr for ArticleId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ParseIdError(text.to_owned());
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut id = [0; 16];
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| bad())?;
        }
        Ok(Self(id))
    }
}

impl Serialize for ArticleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ArticleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    impl schemars::JsonSchema for ArticleId {
        fn schema_name() -> Cow<'static, str> {
            "ArticleId".into()
        }

        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(ArticleId::of("ab", None, b"c"), ArticleId::of("a", None, b"bc"));
        assert_ne!(ArticleId::of("a", Some("b"), b"c"), ArticleId::of("a", None, b"bc"));
    }

    #[test]
    fn the_id_is_stable_for_ever() {
        // On disk in every ledger and every sink: a change here orphans all of them.
        let id = ArticleId::of("default", Some("https://example.org/a"), b"text");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string(), "6a84cdd23fc85904c199cd20d1dce576");
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in ["", "12", "zz", &"é".repeat(16), &"+1".repeat(16)] {
            assert!(text.parse::<ArticleId>().is_err(), "{text}");
        }
    }
}
