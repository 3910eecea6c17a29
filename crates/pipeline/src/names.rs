//! Who finds the names: the models of `[entities]`, and the watchlist as its file stands.
//!
//! The file is looked up before each article (its name, size and time, not its content), so whoever changes it
//! and then drops an article gets that article searched for the new names. A file that was renamed into place is taken at
//! once; one that was written in place, which may be half written, when it has been left alone for two seconds. A list
//! that can't be used changes nothing: the one before it stays, and the log says which line is wrong. The record
//! says which list it was (`entity_engine.watchlist`), since the list, like the rest of the configuration, is no part of
//! the ledger.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use copydesk_disk::Generation;
use copydesk_entities::{Recogniser, Shipped, UnusableModel, WatchFormat, Watchlist, WatchlistError};
use metrics::{counter, gauge};
use serde::{Deserialize, Deserializer};

use crate::metric;

/// How long a file that is written in place must have been left alone.
const SETTLED: Duration = Duration::from_secs(2);

/// How names are found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entities {
    /// The models: `news` (default), `open`, the path of a model file; or a list of them, one a language.
    #[serde(deserialize_with = "one_or_many")]
    pub model: Vec<String>,
    /// File of names to watch for, CSV or JSON Lines; read again when it changes.
    pub watchlist: Option<PathBuf>,
}

impl Default for Entities {
    fn default() -> Self {
        Self { model: vec![NEWS.to_owned()], watchlist: None }
    }
}

const NEWS: &str = "news";
const OPEN: &str = "open";

impl Entities {
    /// Makes relative paths count from a folder.
    pub fn resolve(&mut self, base: &Path) {
        for model in self.model.iter_mut().filter(|model| !is_shipped(model)) {
            *model = base.join(&*model).to_string_lossy().into_owned();
        }
        self.watchlist = self.watchlist.take().map(|path| base.join(path));
    }
}

fn is_shipped(model: &str) -> bool {
    model == NEWS || model == OPEN
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "give \"news\", \"open\", the path of a model, or a list of them")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    OneOrMany::deserialize(deserializer).map(|models| match models {
        OneOrMany::One(model) => vec![model],
        OneOrMany::Many(models) => models,
    })
}

/// Why names can't be found as the configuration wants.
#[derive(Debug, thiserror::Error)]
pub enum NamesError {
    /// A file can't be read.
    #[error("[entities] {key}: {} can't be read: {source}", path.display())]
    Unreadable {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A model can't be used.
    #[error("[entities] model: {model}: {source}")]
    Model {
        /// As it is configured.
        model: String,
        /// Why.
        source: UnusableModel,
    },
    /// The watchlist can't be used.
    #[error("[entities] watchlist: {}: {source}", path.display())]
    Watchlist {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WatchlistError,
    },
}

/// Finds names; shared by all tasks.
#[derive(Debug)]
pub struct Names {
    models: Recogniser,
    watched: Option<Watched>,
}

impl Names {
    /// Reads the models and the watchlist.
    ///
    /// # Errors
    /// Where one of them can't be read or used.
    pub fn open(options: &Entities) -> Result<Self, NamesError> {
        let mut models = Recogniser::without_model();
        for model in &options.model {
            let added = match model.as_str() {
                NEWS => models.and_shipped(Shipped::News),
                OPEN => models.and_shipped(Shipped::Open),
                path => models.and_model(read("model", Path::new(path))?),
            };
            models = added.map_err(|source| NamesError::Model { model: model.clone(), source })?;
        }
        let watched = options.watchlist.as_deref().map(Watched::open).transpose()?;
        if watched.is_none() {
            gauge!(metric::WATCHLIST_ENTRIES).set(0.0);
        }
        Ok(Self { models, watched })
    }

    /// The recogniser as of now. Waits while a changed watchlist is read.
    pub fn recogniser(&self) -> Recogniser {
        match &self.watched {
            Some(watched) => self.models.clone().watching(watched.now()),
            None => self.models.clone(),
        }
    }

    /// Entries of the watchlist, if there is one.
    #[must_use]
    pub fn watched(&self) -> Option<usize> {
        self.watched.as_ref().map(|watched| watched.lock().list.entries().len())
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, NamesError> {
    std::fs::read(path).map_err(|source| NamesError::Unreadable { key, path: path.to_owned(), source })
}

/// A watchlist and the file it stands in.
#[derive(Debug)]
struct Watched {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    list: Arc<Watchlist>,
    /// What the file was when it was last dealt with, whether the list in it was taken or refused.
    dealt_with: Option<Generation>,
    /// What it was at the last look, and since when.
    seen: (Option<Generation>, Instant),
}

impl Watched {
    fn open(path: &Path) -> Result<Self, NamesError> {
        // Looked up before it is read: what is written in between is a change.
        let generation = generation(path);
        let list = Arc::new(watchlist(path)?);
        gauge!(metric::WATCHLIST_ENTRIES).set(list.entries().len() as f64);
        let state = State { list, dealt_with: generation, seen: (generation, Instant::now()) };
        Ok(Self { path: path.to_owned(), state: Mutex::new(state) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list as the file stands.
    fn now(&self) -> Arc<Watchlist> {
        let found = generation(&self.path);
        let mut state = self.lock();
        if found != state.seen.0 {
            state.seen = (found, Instant::now());
        }
        if found != state.dealt_with && state.is_whole(found) {
            state.dealt_with = found;
            self.read_again(&mut state);
        }
        Arc::clone(&state.list)
    }

    fn read_again(&self, state: &mut State) {
        let outcome = match watchlist(&self.path) {
            Ok(list) => {
                tracing::info!(path = %self.path.display(), count = list.entries().len(), "the watchlist has changed");
                gauge!(metric::WATCHLIST_ENTRIES).set(list.entries().len() as f64);
                state.list = Arc::new(list);
                "taken"
            }
            Err(error) => {
                tracing::error!(%error, "the changed watchlist can't be used, the one before it stays");
                "refused"
            }
        };
        counter!(metric::WATCHLIST_READINGS, "outcome" => outcome).increment(1);
    }
}

impl State {
    /// Whether nobody is writing what was found: another file than before, or left alone for long enough.
    fn is_whole(&self, found: Option<Generation>) -> bool {
        let Some(found) = found else { return self.seen.1.elapsed() >= SETTLED };
        let is_another = self.dealt_with.is_none_or(|before| before.identity != found.identity);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let age = i128::try_from(now.as_nanos()).unwrap_or_default() - found.modified_ns;
        is_another || age >= SETTLED.as_nanos() as i128 || self.seen.1.elapsed() >= SETTLED
    }
}

/// The generation of the file that a path leads to: lists may be linked into place.
fn generation(path: &Path) -> Option<Generation> {
    std::fs::metadata(path).ok().map(|metadata| Generation::from(&metadata))
}

fn watchlist(path: &Path) -> Result<Watchlist, NamesError> {
    let bytes = read("watchlist", path)?;
    let text = String::from_utf8_lossy(&bytes);
    Watchlist::parse(&text, WatchFormat::of(&text))
        .map_err(|source| NamesError::Watchlist { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs::{File, write};

    use super::*;

    const BEFORE: &str = "id,name\n1,Norvik\n";

    fn watched() -> (tempfile::TempDir, PathBuf, Watched) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("names.csv");
        write(&path, BEFORE).expect("written");
        let watched = Watched::open(&path).expect("a list");
        (folder, path, watched)
    }

    fn ids(watched: &Watched) -> Vec<String> {
        watched.now().entries().iter().map(|entry| entry.id.clone()).collect()
    }

    #[test]
    fn a_list_that_is_renamed_into_place_is_taken_at_once() {
        let (folder, path, watched) = watched();
        assert_eq!(ids(&watched), ["1"]);
        let next = folder.path().join("next");
        write(&next, "{\"id\": \"2\", \"name\": \"Blom\"}\n").expect("written");
        std::fs::rename(&next, &path).expect("renamed");
        assert_eq!(ids(&watched), ["2"]);
    }

    #[test]
    fn a_list_that_is_being_written_is_left_alone() {
        let (_folder, path, watched) = watched();
        write(&path, "id,name\n1,Norvik\n2,Bl").expect("written");
        assert_eq!(ids(&watched), ["1"], "written just now");
        let file = File::options().append(true).open(&path).expect("opened");
        file.set_modified(SystemTime::now() - 2 * SETTLED).expect("set");
        assert_eq!(ids(&watched), ["1", "2"], "written a while ago");
    }

    #[test]
    fn a_list_that_is_wrong_or_gone_changes_nothing() {
        let (folder, path, watched) = watched();
        let next = folder.path().join("next");
        write(&next, "1,Norvik\n2,\n").expect("written");
        std::fs::rename(&next, &path).expect("renamed");
        assert_eq!(ids(&watched), ["1"]);
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(ids(&watched), ["1"]);
        let error = Watched::open(&path).expect_err("nothing there").to_string();
        assert!(error.contains("names.csv") && error.contains("watchlist"), "{error}");
    }

    #[test]
    fn models_are_one_a_language() {
        let of = |models: &[&str]| {
            let model = models.iter().map(|model| (*model).to_owned()).collect();
            Names::open(&Entities { model, watchlist: None }).map(|names| names.models.models().collect::<Vec<_>>())
        };
        assert_eq!(of(&["open"]).expect("shipped"), ["open"]);
        assert_eq!(of(&[]).expect("rules alone"), [""; 0]);
        assert!(of(&["news", "open"]).expect_err("both English").to_string().contains("both read the language `en`"));
        assert!(of(&["/nowhere/de.bin"]).expect_err("not there").to_string().contains("/nowhere/de.bin"));
    }
}
