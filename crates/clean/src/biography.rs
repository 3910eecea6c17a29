//! The note on the author at the end of a story: "Omar Haddad covers the harbour. Follow him on …".
//!
//! A story hardly ever names who wrote it, so of its last lines those are about the author that begin with the full name
//! of one. A line that only speaks as the author ("Omar Haddad: What did you do then?") is part of an interview.

use copydesk_article::{Author, AuthorKind, RemovalReason};

use crate::lines::{Page, key};

/// Last lines of a text that may be such a note.
const LAST_LINES: usize = 6;
/// Most words of a note.
const NOTE_WORDS: usize = 90;
/// Fewest letters of a name that is told from other words.
const NAME_LETTERS: usize = 7;

/// Cuts the notes on some authors.
pub(crate) fn cut<'a>(page: &mut Page<'_>, authors: impl Iterator<Item = &'a Author>) {
    let names: Vec<String> = authors
        .filter(|author| author.kind == AuthorKind::Person)
        .map(|author| key(&author.name))
        .filter(|name| name.contains(' ') && name.chars().filter(|c| c.is_alphabetic()).count() >= NAME_LETTERS)
        .collect();
    if names.is_empty() {
        return;
    }
    let kept = page.kept();
    let Some((first, _)) = page.prose(&kept) else { return };
    for &index in kept.iter().skip((first + 1).max(kept.len().saturating_sub(LAST_LINES)).max(kept.len() / 2)) {
        let line = page.line(index);
        if page.lines[index].size.words <= NOTE_WORDS && names.iter().any(|name| is_about(line, name)) {
            page.cut(index, RemovalReason::About);
        }
    }
}

/// Whether a line begins with a name, otherwise than as that of who speaks.
fn is_about(line: &str, name: &str) -> bool {
    let speaks = || line.split_once([':', '：']).is_some_and(|(speaker, _)| key(speaker) == name);
    key(line).strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')) && !speaks()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good.";

    fn kept(last: &str) -> usize {
        let author = |name: &str, kind| Author { name: name.into(), raw: name.into(), kind };
        let authors = [author("Omar Haddad", AuthorKind::Person), author("Harbour Desk", AuthorKind::Desk)];
        let text = format!("{PROSE}\n\n{PROSE} Twice.\n\n{PROSE} Thrice.\n\n{last}");
        let mut page = Page::new(&text);
        cut(&mut page, authors.iter());
        page.kept().len()
    }

    #[test]
    fn a_note_on_the_author_goes() {
        assert_eq!(kept("Omar Haddad is a reporter at the Lindvik Post. He has covered the harbour since 2009."), 3);
        assert_eq!(kept("OMAR HADDAD writes on Mondays"), 3);
    }

    #[test]
    fn what_is_not_about_the_author_stays() {
        for last in [
            "Omar Haddad: What did you do then?",
            "Omar Haddadi left the board.",
            "“No,” said Omar Haddad.",
            "The Harbour Desk asked the board.",
        ] {
            assert_eq!(kept(last), 4, "{last}");
        }
        assert_eq!(kept(&format!("{PROSE}\n\n").repeat(9)), 12);
    }
}
