//! Which place of its name a place is: "Paris" in a story about France, "Paris, Texas", "Springfield".
//!
//! The gazetteer has countries, regions and the cities that are meant by their names wherever they stand; the atlas
//! has every city, many of one name. In this order: what stands right after the name (`Paris, Texas`), what the gazetteer
//! says, unless the article names the country of another large city of that name and not that one's (Tripoli in a story
//! about Lebanon), and else the population, with the countries and states that the article names. Where two places are about as
//! likely the place stays open, and so does a small town that nothing in the article supports: many are no town at all.

use std::collections::BTreeSet;

use copydesk_article::{Entity, EntityType, Mention, Place};

use crate::atlas::{Spot, atlas};
use crate::link::{bare, written_out};

/// What the gazetteer says of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Nothing.
    No,
    /// It is a city.
    City,
    /// It is something else, which no city of that name is.
    Other,
}

/// How much likelier a place is whose country or state is named, as a logarithm of people: twenty times.
const NAMED: f64 = 3.0;
/// How much less likely a place is by a name that is not its first.
const OTHER_NAME: f64 = -2.0;
/// How much likelier the likeliest place must be than the next: four times.
const CLEAR: f64 = 1.4;
/// How much likelier another place must be than the one that is meant wherever it stands.
const DOUBT: f64 = 1.0;
/// A place of so many people may be meant without anything else that says so.
const KNOWN: u32 = 100_000;

/// American states by their postal codes.
const STATES: [(&str, &str); 51] = [
    ("AL", "alabama"),
    ("AK", "alaska"),
    ("AZ", "arizona"),
    ("AR", "arkansas"),
    ("CA", "california"),
    ("CO", "colorado"),
    ("CT", "connecticut"),
    ("DE", "delaware"),
    ("DC", "district of columbia"),
    ("FL", "florida"),
    ("GA", "georgia"),
    ("HI", "hawaii"),
    ("ID", "idaho"),
    ("IL", "illinois"),
    ("IN", "indiana"),
    ("IA", "iowa"),
    ("KS", "kansas"),
    ("KY", "kentucky"),
    ("LA", "louisiana"),
    ("ME", "maine"),
    ("MD", "maryland"),
    ("MA", "massachusetts"),
    ("MI", "michigan"),
    ("MN", "minnesota"),
    ("MS", "mississippi"),
    ("MO", "missouri"),
    ("MT", "montana"),
    ("NE", "nebraska"),
    ("NV", "nevada"),
    ("NH", "new hampshire"),
    ("NJ", "new jersey"),
    ("NM", "new mexico"),
    ("NY", "new york"),
    ("NC", "north carolina"),
    ("ND", "north dakota"),
    ("OH", "ohio"),
    ("OK", "oklahoma"),
    ("OR", "oregon"),
    ("PA", "pennsylvania"),
    ("RI", "rhode island"),
    ("SC", "south carolina"),
    ("SD", "south dakota"),
    ("TN", "tennessee"),
    ("TX", "texas"),
    ("UT", "utah"),
    ("VT", "vermont"),
    ("VA", "virginia"),
    ("WA", "washington"),
    ("WV", "west virginia"),
    ("WI", "wisconsin"),
    ("WY", "wyoming"),
];

/// What an article says about where it is set.
#[derive(Default)]
struct Scene {
    /// Countries that are named themselves, or their people.
    countries_named: BTreeSet<String>,
    states: BTreeSet<[u8; 2]>,
}

/// A country or a state.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Area {
    Country(String),
    State([u8; 2]),
}

impl Area {
    fn holds(&self, spot: &Spot) -> bool {
        match self {
            Self::Country(code) => spot.country() == code,
            Self::State(code) => spot.state == *code,
        }
    }
}

/// Says of each place where it is, if that can be told, with the ids that follow from it.
pub(crate) fn resolve(entities: &mut [Entity], listed: &[Listed]) {
    let is_place = |entity: &Entity| entity.kind == EntityType::Location;
    if !entities.iter().any(is_place) {
        return;
    }
    let scene = Scene::of(entities, listed);
    for at in 0..entities.len() {
        if !is_place(&entities[at]) || entities[at].place.is_some() {
            continue;
        }
        let known = listed.get(at).copied().unwrap_or(Listed::No);
        let country = country_of(&entities[at]);
        if known == Listed::Other {
            entities[at].place =
                country.map(|code| Place { country: Some(code.to_owned()), latitude: None, longitude: None });
            continue;
        }
        let said = areas_after(entities, at);
        let spot = likeliest(&entities[at].name, &said, country, &scene);
        let entity = &mut entities[at];
        let Some(spot) = spot else {
            let country = country_of(entity).map(str::to_owned);
            entity.place = country.map(|code| Place { country: Some(code), latitude: None, longitude: None });
            continue;
        };
        entity.place = Some(spot.place());
        entity.ids.retain(|id| !id.starts_with("in:"));
        entity.ids.splice(0..0, spot.ids());
    }
}

fn country_of(entity: &Entity) -> Option<&str> {
    entity.ids.iter().find_map(|id| id.strip_prefix("iso:").or_else(|| id.strip_prefix("in:")))
}

fn state_of(name: &str) -> Option<[u8; 2]> {
    let name = bare(&written_out(name));
    let state = STATES.iter().find(|(_, state)| *state == name)?;
    state.0.as_bytes().try_into().ok()
}

impl Scene {
    fn of(entities: &[Entity], listed: &[Listed]) -> Self {
        let mut scene = Self::default();
        let places =
            entities.iter().zip(listed).filter(|(e, _)| matches!(e.kind, EntityType::Location | EntityType::Group));
        for (entity, &listed) in places {
            let is_city = listed == Listed::City;
            scene.countries_named.extend(country_of(entity).filter(|_| !is_city).map(str::to_owned));
            if entity.kind == EntityType::Location {
                scene.states.extend(state_of(&entity.name));
            }
        }
        scene
    }
}

/// The countries and states that stand right after a mention: "Paris, Texas".
fn areas_after(entities: &[Entity], at: usize) -> Vec<Area> {
    let follows = |mention: &Mention| {
        let next = |other: &&Mention| other.field == mention.field && other.start == mention.end + 2;
        let places = entities.iter().filter(|entity| entity.kind == EntityType::Location);
        places.filter(|entity| entity.mentions.iter().any(|other| next(&other))).flat_map(areas_of).collect::<Vec<_>>()
    };
    entities[at].mentions.iter().flat_map(follows).collect()
}

fn areas_of(entity: &Entity) -> Vec<Area> {
    let country = entity.ids.iter().find_map(|id| id.strip_prefix("iso:")).map(|code| Area::Country(code.to_owned()));
    country.into_iter().chain(state_of(&entity.name).map(Area::State)).collect()
}

/// The place that a name means.
fn likeliest(name: &str, said: &[Area], country: Option<&str>, scene: &Scene) -> Option<Spot> {
    let meanings = atlas().meanings(&written_out(name));
    let spots: Vec<(Spot, bool)> = meanings
        .filter_map(|meaning| Some((atlas().spot(meaning.number)?, meaning.is_first)))
        .filter(|(spot, _)| !spot.is_country())
        .collect();
    let largest = |fits: &dyn Fn(&Spot) -> bool| spots.iter().map(|(spot, _)| spot).find(|spot| fits(spot)).copied();
    let as_said = largest(&|spot| said.iter().any(|area| area.holds(spot)));
    if as_said.is_some() {
        return as_said;
    }
    let usual = country.and_then(|country| largest(&|spot| spot.country() == country));
    let score = |&(spot, is_first): &(Spot, bool)| {
        let named = scene.countries_named.contains(spot.country());
        let state = scene.states.contains(&spot.state);
        let support = f64::from(u8::from(named)) * NAMED + f64::from(u8::from(state)) * NAMED;
        let likely = f64::from(spot.population.max(1)).ln() + support + if is_first { 0.0 } else { OTHER_NAME };
        (likely, spot, named || state)
    };
    if let Some(usual) = usual {
        // The name means that city, unless the article is set where another large one is and not there.
        let here = score(&(usual, true));
        let elsewhere = spots.iter().filter(|(spot, _)| spot.population >= KNOWN).map(score);
        let other = elsewhere.filter(|&(likely, _, named)| named && likely >= here.0 + DOUBT);
        let other = other.filter(|_| !here.2).max_by(|a, b| a.0.total_cmp(&b.0));
        return Some(other.map_or(usual, |other| other.1));
    }
    if country.is_some() {
        return None;
    }
    let mut scores: Vec<_> = spots.iter().map(score).collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let &(best, spot, is_supported) = scores.first()?;
    let is_clear = scores.get(1).is_none_or(|next| best - next.0 >= CLEAR);
    (is_clear && (is_supported || spot.population >= KNOWN)).then_some(spot)
}

#[cfg(test)]
mod tests {
    use copydesk_article::Entity;

    use crate::{Input, recognise};

    fn places(text: &str) -> Vec<(String, Option<String>, bool)> {
        let found: Vec<Entity> = recognise(&Input { title: None, text, language: "en", parts: &[], published: None });
        let of = |entity: Entity| {
            let place = entity.place?;
            Some((entity.name, place.country, place.latitude.is_some()))
        };
        found.into_iter().filter_map(of).collect()
    }

    fn place(name: &str, country: &str, is_point: bool) -> (String, Option<String>, bool) {
        (name.to_owned(), Some(country.to_owned()), is_point)
    }

    #[test]
    fn what_stands_after_the_name_decides() {
        let found = places("Officials met in London, Ontario, on Monday. They had flown in from Paris, Texas.");
        assert!(found.contains(&place("Paris", "US", true)), "{found:?}");
        let found = places("Lebanon sent troops to Tripoli. The mayor of Tripoli thanked Lebanon.");
        assert!(found.contains(&place("Tripoli", "LB", true)), "{found:?}");
        let found = places("Canada sent a delegation to London. The mayor of London thanked Canada.");
        assert!(found.contains(&place("London", "GB", true)), "{found:?}");
        let found = places("The talks in Paris went on. France said nothing.");
        assert_eq!(found, [place("Paris", "FR", true), place("France", "FR", false)]);
    }

    #[test]
    fn the_countries_of_the_article_are_evidence() {
        let found =
            places("Spain sent help. The mayor of Cartagena said on Monday that the harbour in Cartagena was open.");
        assert!(found.contains(&place("Cartagena", "ES", true)), "{found:?}");
        let found =
            places("Colombia sent help. The mayor of Cartagena said on Monday that the port in Cartagena was open.");
        assert!(found.contains(&place("Cartagena", "CO", true)), "{found:?}");
    }

    #[test]
    fn what_can_not_be_told_is_not_told() {
        let found = places("The mayor of Springfield said on Monday that the school in Springfield was open.");
        assert_eq!(found, [], "one of many");
        let found =
            places("The mayor of Springfield in Illinois said on Monday that the school in Springfield was open.");
        assert!(found.contains(&place("Springfield", "US", true)), "{found:?}");
    }
}
