//! Bylines: "By: Jane Doe" on a line of its own, and authors as supplied.
//!
//! With a colon the line is a byline whoever is named; without one, what follows "By" must look like names
//! (capitals and the particles of names), so that a subheading ("By the numbers") stays. A name alone counts where it
//! stands between the headline and the date. Several names are told apart; a role after a comma ("Staff Writer") is no
//! second author. Other languages' labels (`phrases.rs`) count only outside the prose, and only before a few words that
//! look like names.

use copydesk_article::{Author, AuthorKind, DateStamp, Origin, RemovalReason, is_cjk};

use crate::date;
use crate::lines::{Page, ends_sentence, key};
use crate::phrases::{self, Label, is_after_label};

/// Most words of a byline.
const BYLINE_WORDS: usize = 12;
/// Most words of a name on a line below its label.
const NAME_WORDS: usize = 6;
/// Most words of a name without a label.
const BARE_NAME_WORDS: usize = 4;
/// First lines of a page in which a byline may stand, whatever looks like prose above it.
pub(crate) const HEAD_LINES: usize = 8;
/// Most ideographs of names after a label.
const IDEOGRAPHS: usize = 12;
/// Most words of names in a script without capitals.
const UNCASED_WORDS: usize = 5;
/// Most authors of an article; a page that lists more is a list of something else.
const MOST_AUTHORS: usize = 64;
/// Characters at the start of an article that its dateline stands in.
const DATELINE: usize = 80;

/// Cuts the bylines and reads them.
pub(crate) fn cut(page: &mut Page<'_>, authors: &mut Vec<Author>) {
    let kept = page.kept();
    let prose = page.prose(&kept);
    for (at, &index) in kept.iter().enumerate() {
        if page.lines[index].size.words > BYLINE_WORDS || page.lines[index].cut.is_some() {
            continue;
        }
        let line = page.line(index);
        let outside = prose.is_some_and(|(first, end)| at < first.max(HEAD_LINES) || at >= end);
        if outside && is_label(line) {
            // "By" on a line of its own, the name below it; or what was below it was no text.
            page.cut(index, RemovalReason::Byline);
            if let Some(&next) = kept.get(at + 1)
                && page.lines[next].size.words <= NAME_WORDS
                && looks_like_names(page.line(next))
            {
                page.cut(next, RemovalReason::Byline);
                add(authors, page.line(next), page.line(next));
            }
            continue;
        }
        if outside && (stands_for_byline(page, index) || kind(line) == AuthorKind::Agency) {
            page.cut(index, RemovalReason::Byline);
            add(authors, line, line);
            continue;
        }
        if let Some(names) = names(line).or_else(|| outside.then(|| names_elsewhere(line)).flatten()) {
            page.cut(index, RemovalReason::Byline);
            add(authors, names, line);
        }
    }
}

/// The agency that a dateline names, and the day where it has one: "LINDVIK, May 6 (Reuters) - …" names no year, so no
/// day.
pub(crate) fn of_dateline(line: &str) -> Option<(Author, Option<DateStamp>)> {
    let end = line.char_indices().nth(DATELINE).map_or(line.len(), |(end, _)| end);
    let (place, rest) = line[..end].split_once(['(', '（'])?;
    let (name, rest) = rest.split_once([')', '）'])?;
    let name = name.trim();
    let is_dateline = place.chars().next().is_some_and(char::is_alphabetic) && !place.contains(['.', '"', '“']);
    let goes_on = rest.trim_start().starts_with(['-', '–', '—']);
    if !is_dateline || !goes_on || kind(name) != AuthorKind::Agency {
        return None;
    }
    let raw = line[..end - rest.len()].trim().to_owned();
    let day = place.match_indices(' ').find_map(|(at, _)| {
        let rest = place[at..].trim();
        date::read(rest).map(|reading| reading.stamp(rest, Origin::Page))
    });
    Some((Author { name: name.to_owned(), raw, kind: AuthorKind::Agency }, day))
}

/// Authors as supplied, one byline each.
pub(crate) fn supplied(bylines: &[String]) -> Vec<Author> {
    let mut authors = Vec::new();
    for raw in bylines {
        let line = raw.trim();
        add(&mut authors, after_by(line).map_or(line, |(names, _)| names), raw);
    }
    authors
}

/// What follows "By", and whether a colon stands between.
fn after_by(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix("By").or_else(|| line.strip_prefix("BY"))?;
    let trimmed = rest.trim_start();
    let colon = trimmed.starts_with([':', '：']);
    let names = trimmed.trim_start_matches([':', '：']).trim();
    ((colon || trimmed.len() < rest.len()) && !names.is_empty()).then_some((names, colon))
}

/// Whether a line is nothing but a name, where pages have it: between the headline and the date, one right above it and
/// the other right below.
fn stands_for_byline(page: &Page<'_>, index: usize) -> bool {
    let cut = |at: Option<usize>| at.and_then(|at| page.lines.get(at)).and_then(|line| line.cut);
    let above = cut(index.checked_sub(1));
    let below = cut(Some(index + 1));
    let line = page.line(index);
    let words = line.split_whitespace().count();
    above == Some(RemovalReason::Title)
        && below == Some(RemovalReason::Date)
        && (2..=BARE_NAME_WORDS).contains(&words)
        && looks_like_names(line)
        && line.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | '\'' | '’' | '-'))
        && line.contains(char::is_lowercase)
}

/// Whether a line says "by" or "published" and nothing else: a label whose names or date stand below, or nowhere.
fn is_label(line: &str) -> bool {
    let mut parts = line.split(is_after_label).map(str::trim).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some()
        && parts.all(|part| {
            part.eq_ignore_ascii_case("by") || phrases::before(part).is_some_and(|(_, len)| len == part.len())
        })
}

/// The names in a line that is a byline.
fn names(line: &str) -> Option<&str> {
    let (names, colon) = after_by(line)?;
    if !names.chars().any(char::is_alphabetic) || names.ends_with(['?', '!', ':', ';', ',']) {
        return None;
    }
    (colon || looks_like_names(names)).then_some(names)
}

/// The names after a label of another language than English.
fn names_elsewhere(line: &str) -> Option<&str> {
    if let Some(name) = name_before_title(line) {
        return Some(name);
    }
    let (label, len) = phrases::before(line)?;
    let rest = line[len..].trim_start();
    let colon = rest.starts_with(is_after_label);
    let names = rest.trim_start_matches(is_after_label).trim();
    let few = names.chars().filter(|&c| is_cjk(c)).count() <= IDEOGRAPHS && !ends_sentence(names);
    // In scripts without spaces a blank parts as well as a colon.
    let parted = colon || line[..len].contains(' ') || (names.chars().all(is_cjk) && names.chars().count() > 1);
    let is_byline = match label {
        Label::By => looks_like_names(names),
        // Scripts without capitals have only the label and the few words.
        Label::Author => parted && few && (looks_like_names(names) || is_uncased(names)),
        Label::Published | Label::Modified => false,
    };
    (is_byline && !names.ends_with(['?', '!', ':', ';', ','])).then_some(names)
}

/// The name before "기자", as Korean bylines have it, an address of mail behind it.
fn name_before_title(line: &str) -> Option<&str> {
    let line = line.rsplit_once(' ').filter(|(_, last)| last.contains('@')).map_or(line, |(start, _)| start.trim_end());
    let name = ["기자", "특파원"].iter().find_map(|title| line.strip_suffix(title))?.trim_end();
    ((2..=4).contains(&name.chars().count()) && name.chars().all(is_hangul)).then_some(name)
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether it has letters, none of a script with capitals, and few words.
fn is_uncased(names: &str) -> bool {
    let mut letters = names.chars().filter(|c| c.is_alphabetic());
    names.split_whitespace().count() <= UNCASED_WORDS
        && names.chars().any(char::is_alphabetic)
        && letters.all(|c| !c.is_lowercase() && !c.is_uppercase())
}

pub(crate) fn looks_like_names(names: &str) -> bool {
    const PARTICLES: [&str; 33] = [
        "and", "&", "de", "del", "della", "der", "den", "di", "da", "dos", "du", "van", "von", "la", "le", "bin",
        "ibn", "al", "el", "in", "for", "of", "ter", "y", "und", "et", "och", "og", "dan", "ve", "και", "и", "та",
    ];
    // Words that subheadings begin with after "By".
    const NO_NAMES: [&str; 18] = [
        "order",
        "decree",
        "popular",
        "request",
        "the",
        "a",
        "an",
        "this",
        "that",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "numbers",
        "contrast",
    ];
    if names.chars().any(|c| c.is_ascii_digit()) || names.ends_with('.') && !names.ends_with("Jr.") {
        return false;
    }
    let mut words = names.split_whitespace();
    let first = names.split_whitespace().next().unwrap_or("");
    let count = names.split_whitespace().count();
    let named = |word: &str| {
        PARTICLES.contains(&word) || word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase)
    };
    first.starts_with(char::is_uppercase)
        && !NO_NAMES.contains(&first.to_lowercase().as_str())
        && words.all(named)
        && (count > 1 || kind(names) != AuthorKind::Person)
}

/// Adds the authors that a byline names.
pub(crate) fn add(authors: &mut Vec<Author>, names: &str, raw: &str) {
    const CONJUNCTIONS: [&str; 13] =
        [" and ", " AND ", " & ", " und ", " UND ", " et ", " och ", " og ", " dan ", " ve ", " και ", " и ", " та "];
    let joined = CONJUNCTIONS.iter().fold(names.to_owned(), |joined, conjunction| joined.replace(conjunction, ","));
    for (at, part) in joined.split([',', ';', '|', '、', '，', '،']).enumerate() {
        let name = [" in ", " for "].iter().fold(part, |name, place| name.split(place).next().unwrap_or(name));
        let name = name.trim().trim_end_matches('.').trim();
        if !name.chars().any(char::is_alphabetic) {
            continue;
        }
        let kind = kind(name);
        // After a role or an employer comes a place; so is a single word that is no first name.
        if at > 0 && (is_role(name) || (kind == AuthorKind::Person && !name.contains(' '))) {
            break;
        }
        if authors.len() < MOST_AUTHORS && !authors.iter().any(|author| key(&author.name) == key(name)) {
            authors.push(Author { name: name.to_owned(), raw: raw.trim().to_owned(), kind });
        }
        if at > 0 && kind != AuthorKind::Person {
            break;
        }
    }
}

/// What stands after a name and names nobody: "Local Government Reporter".
fn is_role(name: &str) -> bool {
    const ROLES: [&str; 10] =
        ["writer", "contributor", "editor", "reporter", "correspondent", "journalist", "jr", "sr", "phd", "md"];
    key(name).rsplit(' ').next().is_some_and(|last| ROLES.contains(&last))
}

fn kind(name: &str) -> AuthorKind {
    const AGENCIES: [&str; 24] = [
        "reuters",
        "thomson reuters",
        "ap",
        "associated press",
        "the associated press",
        "afp",
        "agence france presse",
        "dpa",
        "efe",
        "ansa",
        "apa",
        "tass",
        "ria novosti",
        "interfax",
        "xinhua",
        "kyodo",
        "kyodo news",
        "yonhap",
        "pti",
        "ani",
        "ians",
        "anadolu agency",
        "pa media",
        "bloomberg",
    ];
    const DESK_WORDS: [&str; 14] = [
        "desk",
        "staff",
        "newsroom",
        "editorial",
        "editors",
        "editor",
        "team",
        "bureau",
        "reporter",
        "reporters",
        "correspondent",
        "admin",
        "agencies",
        "news",
    ];
    let key = key(name);
    if AGENCIES.contains(&key.as_str()) {
        AuthorKind::Agency
    } else if key.split(' ').any(|word| DESK_WORDS.contains(&word)) {
        AuthorKind::Desk
    } else {
        AuthorKind::Person
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(String, AuthorKind)> {
        let mut page = Page::new(line);
        let mut authors = Vec::new();
        cut(&mut page, &mut authors);
        assert_eq!(page.kept().is_empty(), !authors.is_empty(), "{line}");
        authors.into_iter().map(|author| (author.name, author.kind)).collect()
    }

    #[test]
    fn reads_the_names() {
        use AuthorKind::{Agency, Desk, Person};
        assert_eq!(read("By: Ingrid Solberg"), [("Ingrid Solberg".into(), Person)]);
        assert_eq!(read("BY INGRID VAN DER MEER"), [("INGRID VAN DER MEER".into(), Person)]);
        assert_eq!(
            read("By Ingrid Solberg and Omar bin Rashid, Staff Writer"),
            [("Ingrid Solberg".into(), Person), ("Omar bin Rashid".into(), Person)]
        );
        assert_eq!(
            read("By Ingrid Solberg, Lindvik News, New York"),
            [("Ingrid Solberg".into(), Person), ("Lindvik News".into(), Desk)]
        );
        assert_eq!(read("By Ingrid Solberg in Oslo"), [("Ingrid Solberg".into(), Person)]);
        assert_eq!(read("By Reuters"), [("Reuters".into(), Agency)]);
        assert_eq!(read("By: Web Desk"), [("Web Desk".into(), Desk)]);
    }

    #[test]
    fn other_lines_stay() {
        for line in
            ["By the numbers", "By Monday", "By and by the ferry came.", "By ferry", "Bykov", "By", "By: ?", "By 2030"]
        {
            assert_eq!(read(line), [], "{line}");
        }
    }

    #[test]
    fn a_dateline_names_its_agency() {
        let agency = |line: &str| of_dateline(line).map(|(author, _)| (author.name, author.raw));
        let reuters = Some(("Reuters".to_owned(), "LINDVIK, May 6 (Reuters)".to_owned()));
        assert_eq!(agency("LINDVIK, May 6 (Reuters) - The ferry left the harbour at noon."), reuters);
        assert_eq!(agency("Lindvik (dpa) – Die Fähre fuhr um zwölf.").map(|(name, _)| name).as_deref(), Some("dpa"));
        let day = |line: &str| of_dateline(line)?.1.map(|stamp| stamp.value);
        assert_eq!(day("LINDVIK, May 6, 2019 (Reuters) - The ferry left.").as_deref(), Some("2019-05-06"));
        assert_eq!(day("LINDVIK, Harbour, 6 May 2019 (AP) — The ferry left.").as_deref(), Some("2019-05-06"));
        assert_eq!(day("LINDVIK, May 6 (Reuters) - The ferry left."), None);
        for line in [
            "LINDVIK (Harbour Post) - The ferry left.",
            "The ferry (Reuters) left.",
            "(Reuters) - The ferry left.",
            "A (AP",
        ] {
            assert_eq!(agency(line), None, "{line}");
        }
    }

    #[test]
    fn supplied_authors_lose_their_by() {
        let authors =
            supplied(&["By Ingrid Solberg".into(), "ingrid solberg".into(), " ".into(), "Omar Haddad".into()]);
        let names: Vec<_> = authors.iter().map(|author| author.name.as_str()).collect();
        assert_eq!(names, ["Ingrid Solberg", "Omar Haddad"]);
        assert_eq!(authors[0].raw, "By Ingrid Solberg");
    }
}
