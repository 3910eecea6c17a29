//! `/api/quarantine`: what could not be worked on, and giving it another try.
//!
//! A file in quarantine is named `DAY/NAME`; the JSON beside it says why it is there. Trying it again moves it into the
//! inbox it came from, into the folder it lay in, and then removes the JSON: a crash between the two leaves a JSON
//! without its file, which can be dropped. What is wrong with it still is wrong then: mend the cause, or the file, first.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use axum::Json;
use axum::extract::{Path as Segment, Query, State};
use copydesk_article::Sequence;
use copydesk_disk::sync_folder;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Refusal, blocking};
use crate::{Desk, Places};

/// Most files of one answer.
const MOST: usize = 1000;

/// How much of a file is shown.
const HEAD_BYTES: u64 = 4096;

/// Which files.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// Some of the files, by name, the newest day last.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// Each with what its JSON says.
    pub files: Vec<Value>,
    /// How many there are in all.
    pub total: usize,
    /// To be given as `after` for the next ones.
    pub next: Option<String>,
}

/// One file in quarantine.
struct Kept {
    name: String,
    copy: PathBuf,
    slip: PathBuf,
    says: Map<String, Value>,
}

/// See [`list`].
pub async fn index(State(desk): State<Desk>, Query(page): Query<Page>) -> Answer<Listing> {
    let places = desk.places();
    blocking(move || list(&places, page.after.as_deref(), page.limit.unwrap_or(100)).map(Json)).await
}

/// See [`look_at`].
pub async fn show(State(desk): State<Desk>, Segment(name): Segment<String>) -> Answer<Value> {
    let places = desk.places();
    blocking(move || look_at(&places, &name).map(Json)).await
}

/// See [`try_again`].
pub async fn retry(State(desk): State<Desk>, Segment(name): Segment<String>) -> Answer<Value> {
    let places = desk.places();
    blocking(move || try_again(&places, &name).map(Json)).await
}

/// See [`throw_away`].
pub async fn drop(State(desk): State<Desk>, Segment(name): Segment<String>) -> Answer<Value> {
    let places = desk.places();
    blocking(move || throw_away(&places, &name).map(Json)).await
}

/// How many files there are.
#[must_use]
pub fn count(folders: &[PathBuf]) -> u64 {
    names(folders.iter().map(PathBuf::as_path)).len() as u64
}

/// Files in quarantine after a name, by name, at most so many.
///
/// # Errors
/// Never by now; what can't be read is listed with what is wrong.
pub fn list(places: &Places, after: Option<&str>, limit: usize) -> Result<Listing, Refusal> {
    let names = names(places.inboxes.iter().map(|inbox| inbox.quarantine.as_path()));
    let total = names.len();
    let limit = limit.clamp(1, MOST);
    let mut rest = names.into_iter().filter(|name| after.is_none_or(|after| name.as_str() > after));
    let page: Vec<String> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last().cloned());
    let files = page.iter().map(|name| match find(places, name) {
        Ok(kept) => kept.describe(),
        Err(refusal) => json!({ "name": name, "problem": refusal.to_string() }),
    });
    Ok(Listing { files: files.collect(), total, next })
}

/// What is known of one file, and its first bytes as text.
///
/// # Errors
/// Where there is no such file.
pub fn look_at(places: &Places, name: &str) -> Result<Value, Refusal> {
    let kept = find(places, name)?;
    let mut described = kept.describe();
    let mut head = Vec::new();
    let read = File::open(&kept.copy).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    described["head"] = read.map_or(Value::Null, |_| Value::from(String::from_utf8_lossy(&head)));
    Ok(described)
}

/// Moves one file back into the inbox it came from.
///
/// # Errors
/// Where there is no such file, nothing was kept of it, or it can't be moved.
pub fn try_again(places: &Places, name: &str) -> Result<Value, Refusal> {
    let kept = find(places, name)?;
    if !kept.copy.is_file() {
        let why = kept.says.get("copy_problem").and_then(Value::as_str).unwrap_or("it was tried again before");
        return Err(Refusal::bad(format!("nothing is kept of {name} that could be tried again: {why}")));
    }
    let (inbox, folder) = kept.origin(places)?;
    let file_name = kept.copy.file_name().unwrap_or_default();
    let to = inbox.join(folder).join(file_name);
    let failed = |error: io::Error| Refusal::unavailable(format!("{} can't be made: {error}", to.display()));
    if to.exists() {
        return Err(Refusal::bad(format!("{} is there already", to.display())));
    }
    let parent = to.parent().unwrap_or(&inbox);
    fs::create_dir_all(parent).map_err(failed)?;
    move_file(&kept.copy, &to).map_err(failed)?;
    sync_folder(parent).map_err(|error| Refusal::unavailable(error.to_string()))?;
    remove(&kept.slip)?;
    Ok(json!({ "name": name, "path": to }))
}

/// Removes one file and what is said of it.
///
/// # Errors
/// Where there is no such file, or it can't be removed.
pub fn throw_away(places: &Places, name: &str) -> Result<Value, Refusal> {
    let kept = find(places, name)?;
    remove(&kept.copy)?;
    remove(&kept.slip)?;
    Ok(json!({ "name": name }))
}

fn remove(path: &Path) -> Result<(), Refusal> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Refusal::unavailable(format!("{} can't be removed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Renames a file; where that leads to another file system, copies it under a hidden name first.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        done => return done,
    }
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(to.file_name().unwrap_or_default());
    hidden.push(".part");
    let hidden = to.with_file_name(hidden);
    fs::copy(from, &hidden)?;
    File::open(&hidden)?.sync_all()?;
    fs::rename(&hidden, to)?;
    fs::remove_file(from)
}

/// Every `DAY/NAME` that has a JSON, sorted.
fn names<'a>(folders: impl Iterator<Item = &'a Path>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in folders.collect::<BTreeSet<_>>() {
        let days = fs::read_dir(folder).into_iter().flatten().flatten();
        for day in days.filter(|day| day.file_name() != "rejected") {
            let files = fs::read_dir(day.path()).into_iter().flatten().flatten();
            let files: BTreeSet<String> = files.filter_map(|file| file.file_name().into_string().ok()).collect();
            let day = day.file_name();
            for name in files.iter().filter_map(|file| file.strip_suffix(".json")) {
                // The copy of a JSON file is not what is said of it.
                let is_copy = files.contains(&format!("{name}.json.json"));
                names.extend(day.to_str().filter(|_| !is_copy).map(|day| format!("{day}/{name}")));
            }
        }
    }
    names
}

fn find(places: &Places, name: &str) -> Result<Kept, Refusal> {
    let missing = || Refusal::not_found(format!("there is no {name} in quarantine"));
    let path = Path::new(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain || path.components().count() != 2 || name.contains('\0') || path.starts_with("rejected") {
        return Err(missing());
    }
    for inbox in &places.inboxes {
        let (copy, slip) = (inbox.quarantine.join(name), inbox.quarantine.join(format!("{name}.json")));
        if inbox.quarantine.join(format!("{name}.json.json")).exists() {
            // That is the copy of a JSON file, not what is said of one.
            continue;
        }
        let Ok(json) = fs::read(&slip) else { continue };
        let says = serde_json::from_slice(&json)
            .map_err(|error| Refusal::unavailable(format!("{} can't be read: {error}", slip.display())))?;
        return Ok(Kept { name: name.to_owned(), copy, slip, says });
    }
    Err(missing())
}

impl Kept {
    fn describe(&self) -> Value {
        let mut described = Value::Object(self.says.clone());
        let bytes = fs::metadata(&self.copy).ok().map(|metadata| metadata.len());
        described["name"] = Value::from(self.name.as_str());
        described["at"] = self.says.get("time").cloned().unwrap_or_default();
        described["place"] = self.says.get("bytes").cloned().unwrap_or_default();
        described["bytes"] = Value::from(bytes);
        described
    }

    /// The inbox it came from, and the folder it lay in there. The ledger knows; where it has forgotten, or is another
    /// one by now, the JSON does, if only one inbox has this quarantine.
    fn origin(&self, places: &Places) -> Result<(PathBuf, PathBuf), Refusal> {
        let sequence = self.says.get("sequence").and_then(Value::as_u64).map(Sequence);
        let known = sequence.map(|sequence| places.tracer.origin(sequence)).transpose();
        let known = known.map_err(|error| Refusal::unavailable(error.to_string()))?.flatten();
        let path = PathBuf::from(self.says.get("path").and_then(Value::as_str).unwrap_or_default());
        let mut own = places.inboxes.iter().filter(|inbox| self.slip.starts_with(&inbox.quarantine));
        let (inbox, path) = match known {
            Some(origin) if origin.path.to_string_lossy() == path.to_string_lossy() => {
                (places.inboxes.iter().find(|inbox| inbox.name == origin.inbox), origin.path)
            }
            _ => (own.next().filter(|_| own.next().is_none()), path),
        };
        let inbox = inbox.ok_or_else(|| {
            Refusal::bad(format!("which inbox {} came from is not known: move it by hand", self.name))
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if folder.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(Refusal::bad(format!("{} did not lie in an inbox: move it by hand", self.name)));
        }
        Ok((inbox.folder.clone(), folder))
    }
}
