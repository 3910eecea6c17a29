//! Places of one article: the things of the gazetteer, whatever their name is, and the others by their form.

use copydesk_article::EntityType;

use crate::find::{Key, form_key};
use crate::gazetteer::gazetteer;
use crate::token::tokenise;

use super::bare;

/// Abbreviations of American states and the like, as agencies write them, without their stops.
const ABBREVIATIONS: [(&str, &str); 46] = [
    ("ala", "Alabama"),
    ("ariz", "Arizona"),
    ("ark", "Arkansas"),
    ("calif", "California"),
    ("colo", "Colorado"),
    ("conn", "Connecticut"),
    ("del", "Delaware"),
    ("fla", "Florida"),
    ("ga", "Georgia"),
    ("ill", "Illinois"),
    ("ind", "Indiana"),
    ("kan", "Kansas"),
    ("ky", "Kentucky"),
    ("la", "Louisiana"),
    ("md", "Maryland"),
    ("mass", "Massachusetts"),
    ("mich", "Michigan"),
    ("minn", "Minnesota"),
    ("miss", "Mississippi"),
    ("mo", "Missouri"),
    ("mont", "Montana"),
    ("neb", "Nebraska"),
    ("nev", "Nevada"),
    ("nh", "New Hampshire"),
    ("nj", "New Jersey"),
    ("nm", "New Mexico"),
    ("ny", "New York"),
    ("nc", "North Carolina"),
    ("nd", "North Dakota"),
    ("okla", "Oklahoma"),
    ("ore", "Oregon"),
    ("pa", "Pennsylvania"),
    ("ri", "Rhode Island"),
    ("sc", "South Carolina"),
    ("sd", "South Dakota"),
    ("tenn", "Tennessee"),
    ("tex", "Texas"),
    ("vt", "Vermont"),
    ("va", "Virginia"),
    ("wash", "Washington"),
    ("wva", "West Virginia"),
    ("wis", "Wisconsin"),
    ("wyo", "Wyoming"),
    ("dc", "Washington"),
    ("uk", "United Kingdom"),
    ("uae", "United Arab Emirates"),
];

/// The key of a place by its name.
pub(super) fn key(text: &str) -> Key {
    let name = written_out(text);
    listed(&name).unwrap_or_else(|| form_key(&bare(&name)))
}

/// The name without what hangs on it: `Oslo-based` is Oslo, `Bergen-born` Bergen.
fn without_participle(text: &str) -> &str {
    match text.rsplit_once('-') {
        Some((name, "born" | "led" | "held" | "run" | "wide")) if !name.is_empty() => name,
        Some((name, last)) if !name.is_empty() && last.ends_with("ed") && last.chars().all(char::is_lowercase) => name,
        _ => text,
    }
}

/// Whether a word is a country or a people.
pub(super) fn is_country(word: &str) -> bool {
    let Some(Key::Thing(number)) = listed(word) else { return false };
    gazetteer()
        .thing(number)
        .is_some_and(|thing| thing.kind == EntityType::Group || thing.ids.iter().any(|id| id.starts_with("iso:")))
}

/// Whether a key is that of a place of the gazetteer.
pub(super) fn is_location(key: &Key) -> bool {
    let Key::Thing(number) = key else { return false };
    gazetteer().thing(*number).is_some_and(|thing| thing.kind == EntityType::Location)
}

/// The point of the compass that a name is, or begins with.
pub(super) fn direction(name: &str) -> Option<(String, bool)> {
    let name = bare(name);
    let (first, rest) = name.split_once(' ').unwrap_or((&name, ""));
    matches!(first, "north" | "south" | "east" | "west").then(|| (first.to_owned(), rest.is_empty()))
}

/// The name without abbreviations and what hangs on it: `Mo.` is Missouri, `N. Korea` North Korea, `Oslo-based` Oslo.
pub(super) fn written_out(text: &str) -> String {
    let text = without_participle(text);
    let plain: String = text.chars().filter(|c| *c != '.').collect();
    let folded = plain.to_lowercase();
    let is_telling = |short: &str| short.len() > 3 && !matches!(short, "mass" | "miss" | "wash");
    let is_short = plain.len() <= 5 && (text.contains('.') || plain.len() == 2 || is_telling(&folded));
    let written_out = ABBREVIATIONS.iter().find(|(short, _)| is_short && *short == folded).map(|(_, name)| *name);
    written_out.map_or_else(|| directed(text), str::to_owned)
}

/// The name with its point of the compass written out (`N. Korea`).
fn directed(text: &str) -> String {
    let Some((first, rest)) = text.split_once(' ') else { return text.to_owned() };
    let direction = match first {
        "N." => "North",
        "S." => "South",
        "E." => "East",
        "W." => "West",
        _ => return text.to_owned(),
    };
    format!("{direction} {rest}")
}

/// The thing of the gazetteer that has exactly this name.
pub(super) fn listed(text: &str) -> Option<Key> {
    let tokens = tokenise(text);
    let found = gazetteer().longest_folded(&tokens, 0).filter(|found| found.end == tokens.len())?;
    Some(Key::Thing(found.thing))
}
