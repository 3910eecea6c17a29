//! Bodies too short, or too empty, to say which story they are.

use copydesk_article::{cjk_chars, word_count};

/// A body with fewer words is a stub, unless it is written in a script without spaces.
pub const STUB_WORDS: usize = 40;

/// A body with at least so many characters of scripts without spaces is none.
pub const STUB_CJK_CHARS: usize = 150;

/// A paywall notice may stand under a teaser of up to so many words.
const PAYWALL_WORDS: usize = 200;

/// What paywall notices say, in lower case.
const PAYWALL: [&str; 12] = [
    "subscribe to continue",
    "subscribe to read",
    "subscribers only",
    "already a subscriber",
    "sign in to continue reading",
    "log in to continue reading",
    "to continue reading this article",
    "weiterlesen mit",
    "jetzt abonnieren",
    "réservé aux abonnés",
    "exclusivo para suscriptores",
    "exclusivo para assinantes",
];

/// Whether a body is too short, or is a paywall's notice, so that an equal text at another address proves
/// nothing.
#[must_use]
pub fn is_stub(text: &str) -> bool {
    // Most bodies are long: no more words are counted than decide.
    let words = text.split_whitespace().filter(|run| word_count(run) > 0).take(PAYWALL_WORDS).count();
    if words == PAYWALL_WORDS || cjk_chars(text) >= STUB_CJK_CHARS {
        return false;
    }
    words < STUB_WORDS || {
        let lower = text.to_lowercase();
        PAYWALL.iter().any(|notice| lower.contains(notice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_measured_by_script() {
        assert!(is_stub("A short notice."));
        assert!(!is_stub(&"word ".repeat(STUB_WORDS)));
        assert!(is_stub(&"短".repeat(STUB_CJK_CHARS - 1)));
        assert!(!is_stub(&"长".repeat(STUB_CJK_CHARS)));
    }

    #[test]
    fn a_paywall_under_a_teaser_is_a_stub() {
        let teaser = "The council met again. ".repeat(20);
        assert!(!is_stub(&teaser));
        assert!(is_stub(&format!("{teaser} Subscribe to continue reading this story.")));
    }
}
