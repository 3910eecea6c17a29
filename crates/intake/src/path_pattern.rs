//! What a file's path says of its articles: `"{site}/{language}/**"`.
//!
//! A pattern is matched against the whole path relative to the drop folder, the file's name included, one
//! component at a time: `**` stands for any number of components, none included; any other component is
//! literal text with `*` (anything, or nothing), `{field}` and `{_}` (anything, at least one character) in it.
//! Matching is by backtracking; a field is as short as the rest of its component allows, so `{site}-{_}` takes
//! `example.org` from `example.org-2024-05`.

use std::path::{Component, Path};
use std::str::FromStr;

use serde::Deserialize;

use crate::IntakeError;

/// Names a pattern may use, in the order messages list them.
const FIELDS: [(&str, Name); 5] = [
    ("source", Name::Source),
    ("site", Name::Site),
    ("language", Name::Language),
    ("section", Name::Section),
    ("_", Name::Nothing),
];

/// A pattern over the paths of a drop folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPattern {
    components: Vec<Part>,
}

/// What a path said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathFields {
    /// Name of the source.
    pub source: Option<String>,
    /// Outlet.
    pub site: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Sections, outermost first.
    pub sections: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Source,
    Site,
    Language,
    Section,
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `**`
    Any,
    One(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// `*`
    Star,
    Field(Name),
}

impl PathPattern {
    /// What the path (relative to the drop folder) says; none where the pattern does not match it. Names that
    /// are not UTF-8 are read with U+FFFD in place of what is not.
    #[must_use]
    pub fn read(&self, path: &Path) -> Option<PathFields> {
        let names: Vec<_> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy()),
                _ => None,
            })
            .collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let mut said = Vec::new();
        match_parts(&self.components, &names, &mut said).then(|| {
            let mut fields = PathFields::default();
            for (name, value) in said {
                match name {
                    Name::Source => fields.source = Some(value.to_owned()),
                    Name::Site => fields.site = Some(value.to_owned()),
                    Name::Language => fields.language = Some(value.to_owned()),
                    Name::Section => fields.sections.push(value.to_owned()),
                    Name::Nothing => {}
                }
            }
            fields
        })
    }
}

/// Matches components; on success `said` holds what fields took, on failure it is as it was.
fn match_parts<'a>(parts: &[Part], names: &[&'a str], said: &mut Vec<(Name, &'a str)>) -> bool {
    match parts.split_first() {
        None => names.is_empty(),
        Some((Part::Any, rest)) => (0..=names.len()).any(|skipped| match_parts(rest, &names[skipped..], said)),
        Some((Part::One(pieces), rest)) => names.split_first().is_some_and(|(name, others)| {
            let before = said.len();
            let matched = match_pieces(pieces, name, said) && match_parts(rest, others, said);
            if !matched {
                said.truncate(before);
            }
            matched
        }),
    }
}

/// Matches one component likewise.
fn match_pieces<'a>(pieces: &[Piece], name: &'a str, said: &mut Vec<(Name, &'a str)>) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return name.is_empty() };
    let (least, field) = match piece {
        Piece::Literal(text) => {
            return name.strip_prefix(text.as_str()).is_some_and(|left| match_pieces(rest, left, said));
        }
        Piece::Star => (0, None),
        Piece::Field(field) => (1, Some(*field)),
    };
    let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    for end in ends.skip(least) {
        let before = said.len();
        said.extend(field.map(|field| (field, &name[..end])));
        if match_pieces(rest, &name[end..], said) {
            return true;
        }
        said.truncate(before);
    }
    false
}

impl FromStr for PathPattern {
    type Err = IntakeError;

    fn from_str(pattern: &str) -> Result<Self, Self::Err> {
        let components = pattern.split('/').map(part).collect::<Result<Vec<_>, _>>();
        let checked = components.and_then(|components| {
            let used = |wanted| {
                let pieces = components.iter().filter_map(|part| match part {
                    Part::One(pieces) => Some(pieces),
                    Part::Any => None,
                });
                pieces.flatten().filter(|piece| **piece == Piece::Field(wanted)).count()
            };
            match FIELDS.iter().find(|(_, name)| !matches!(name, Name::Section | Name::Nothing) && used(*name) > 1) {
                Some((twice, _)) => Err(format!("`{{{twice}}}` stands in it twice; use `{{_}}` for one of them")),
                None => Ok(Self { components }),
            }
        });
        checked.map_err(|problem| IntakeError::Pattern { pattern: pattern.to_owned(), problem })
    }
}

impl TryFrom<String> for PathPattern {
    type Error = IntakeError;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        pattern.parse()
    }
}

fn part(component: &str) -> Result<Part, String> {
    match component {
        "**" => return Ok(Part::Any),
        "" => return Err("it has an empty component; write it without `/` at its ends, and none twice".to_owned()),
        "." | ".." => return Err(format!("`{component}` never stands in a path; paths count from the drop folder")),
        _ => {}
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = component;
    while let Some(at) = rest.find(['{', '}', '*']) {
        if at > 0 {
            pieces.push(Piece::Literal(rest[..at].to_owned()));
        }
        let (piece, length) = match &rest[at..] {
            special if special.starts_with('*') => (Piece::Star, 1),
            special => {
                let end = special.find('}').filter(|_| special.starts_with('{'));
                let end = end.ok_or_else(|| format!("a brace in `{component}` has no partner"))?;
                (Piece::Field(field(&special[1..end])?), end + 1)
            }
        };
        if !matches!(pieces.last(), None | Some(Piece::Literal(_))) {
            return Err(format!("in `{component}` two fields touch; nobody can tell where one ends"));
        }
        pieces.push(piece);
        rest = &rest[at + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Ok(Part::One(pieces))
}

fn field(name: &str) -> Result<Name, String> {
    let known = || FIELDS.map(|(known, _)| format!("`{{{known}}}`")).join(", ");
    let found = FIELDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, name)| *name).ok_or_else(|| format!("there is no field `{{{name}}}`; use {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn read(pattern: &str, path: &str) -> Option<PathFields> {
        pattern.parse::<PathPattern>().expect("a pattern").read(Path::new(path))
    }

    fn problem(pattern: &str) -> String {
        pattern.parse::<PathPattern>().expect_err(pattern).to_string()
    }

    #[test]
    fn folders_say_who_an_article_is_from() {
        let expected =
            PathFields { site: Some("example.org".into()), language: Some("de".into()), ..PathFields::default() };
        assert_eq!(read("{site}/{language}/**", "example.org/de/2024/05/a.html"), Some(expected.clone()));
        assert_eq!(read("{site}/{language}/**", "example.org/de/a.html"), Some(expected));
        assert_eq!(read("{site}/{language}/**", "a.html"), None);
        assert_eq!(read("**", "any/thing"), Some(PathFields::default()));
    }

    #[test]
    fn literals_stars_and_text_around_fields() {
        let site =
            |path| read("feeds/{site}-{_}/*/{language}.json*", path).map(|fields| (fields.site, fields.language));
        let both = Some((Some("the".into()), Some("en".into())));
        assert_eq!(site("feeds/the-daily-news/x/en.jsonl"), both, "a field is as short as it can be");
        assert_eq!(site("feeds/the-daily-news/x/y/en.jsonl"), None, "`*` is one folder");
        assert_eq!(site("feeds/-daily/x/en.json"), None, "a field is not empty");
        assert_eq!(site("feed/the-daily/x/en.json"), None);
        assert_eq!(read("{source}.x.{_}", "a.y.x.b").expect("backtracks").source, Some("a.y".into()));
    }

    #[test]
    fn sections_add_up_and_any_depth_is_found_again() {
        let fields = read("**/{section}/{section}/{_}.txt", "x/y/sport/chess/a.txt").expect("matches");
        assert_eq!(fields.sections, ["sport", "chess"]);
        assert_eq!(read("**/{section}/{section}/{_}.txt", "chess/a.txt"), None);
    }

    #[test]
    fn names_that_are_not_utf8_are_read_all_the_same() {
        let pattern: PathPattern = "{site}/**".parse().expect("pattern");
        let path = Path::new(OsStr::from_bytes(b"caf\xe9/a.txt"));
        assert_eq!(pattern.read(path).expect("matches").site, Some("caf\u{FFFD}".into()));
    }

    #[test]
    fn what_can_not_work_says_why() {
        assert!(problem("{sight}/**").contains("there is no field `{sight}`; use `{source}`, `{site}`"));
        assert!(problem("{site}{language}/x").contains("touch"));
        assert!(problem("{site}*").contains("touch"));
        assert!(problem("{site}/{site}").contains("twice"));
        assert!(problem("{site/x").contains("partner"));
        assert!(problem("site}/x").contains("partner"));
        for pattern in ["", "/{site}", "a//b", "a/"] {
            assert!(problem(pattern).contains("empty component"), "{pattern}");
        }
        assert!(problem("../{site}").contains("drop folder"));
    }

    proptest! {
        /// Whatever stands in the components, a pattern of fields alone gives it back.
        #[test]
        fn fields_alone_give_the_path_back(site in "[^/{}*\0]{1,8}", language in "[^/{}*\0]{1,8}", name in "[a-z.]{1,8}") {
            prop_assume!(![&site, &language, &name].into_iter().any(|name| name == "." || name == ".."));
            let fields = read("{site}/{language}/{_}", &format!("{site}/{language}/{name}")).expect("matches");
            prop_assert_eq!((fields.site, fields.language), (Some(site), Some(language)));
        }
    }
}
