//! Counting words and ideographs, as the rules about short texts need it.

/// Whether a character belongs to a script written without spaces between words: Han, kana, Hangul aside
/// (Korean is spaced), and the scripts of Thai, Lao, Khmer and Burmese.
#[must_use]
pub const fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// How many characters of a text belong to scripts without spaces ([`is_cjk`]).
#[must_use]
pub fn cjk_chars(text: &str) -> usize {
    text.chars().filter(|&c| is_cjk(c)).count()
}

/// How many words a text has: runs without white space that hold a letter or digit and no [`is_cjk`]
/// character (those are counted by [`cjk_chars`]).
#[must_use]
pub fn word_count(text: &str) -> usize {
    text.split_whitespace().filter(|run| run.chars().any(char::is_alphanumeric) && !run.chars().any(is_cjk)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ideographs_are_counted_apart() {
        assert_eq!(word_count("The quick — brown fox, 2 jumps"), 6);
        assert_eq!((word_count("新华社北京 reports"), cjk_chars("新华社北京 reports")), (1, 5));
        assert_eq!(word_count("한국어 문장"), 2);
    }
}
