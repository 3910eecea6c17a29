//! Articles to leave out by rule: read, counted, and delivered nowhere.

use copydesk_article::Language;
use serde::Deserialize;

/// Which articles are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Languages to take, as codes of records (`en`, `de`; `pt` takes `pt-BR`, too); none: all. Default none.
    pub languages: Option<Vec<String>>,
    /// What becomes of an article whose language is unsure (`und`), where not all are taken. Default `take`.
    pub unsure: Unsure,
}

/// What becomes of an article whose language is unsure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsure {
    /// It is taken: a short text may be in any language.
    #[default]
    Take,
    /// It is left out.
    LeaveOut,
}

impl Filter {
    /// Why an article is left out, if it is; a bounded vocabulary.
    #[must_use]
    pub fn reason(&self, language: &Language) -> Option<&'static str> {
        let languages = self.languages.as_ref()?;
        let code = language.code.to_ascii_lowercase();
        if code == "und" {
            return (self.unsure == Unsure::LeaveOut).then_some("language_unsure");
        }
        let primary = code.split(['-', '_']).next().unwrap_or(&code);
        let wanted = |taken: &String| {
            let taken = taken.to_ascii_lowercase();
            taken == code || taken == primary
        };
        (!languages.iter().any(wanted)).then_some("language")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_taken_by_their_code() {
        let of = |code: &str| Language { code: code.to_owned(), confidence: 1.0, parts: Vec::new() };
        let mut filter = Filter::default();
        assert_eq!(filter.reason(&of("sw")), None);
        filter.languages = Some(vec!["EN".to_owned(), "pt-BR".to_owned()]);
        for (code, reason) in [("en", None), ("en-GB", None), ("pt-br", None), ("pt", Some("language")), ("und", None)]
        {
            assert_eq!(filter.reason(&of(code)), reason, "{code}");
        }
        filter.unsure = Unsure::LeaveOut;
        assert_eq!(filter.reason(&of("und")), Some("language_unsure"));
    }
}
