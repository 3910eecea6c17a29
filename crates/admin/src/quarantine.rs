//! `/api/quarantine`: what could not be worked on, and giving it another try.
//!
//! A file in quarantine is named `DAY/NAME`; the JSON beside it says why it is there. Trying it again moves it into the
//! inbox it came from, into the folder it lay in and under the name it had there, and then removes the JSON: a crash
//! between the two leaves a JSON without its file, which can be dropped. Nothing is overwritten: a taken name gets a
//! number, as in `done`. What is wrong with it still is wrong then: mend the cause, or the file, first.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use axum::Json;
use axum::extract::{Path as Segment, Query, State};
use copydesk_article::Sequence;
use copydesk_disk::{DiskError, Move, Moved, copy_range_durable, move_durable, sync_folder};
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
    blocking(move || Ok(Json(list(&places, page.after.as_deref(), page.limit.unwrap_or(100))))).await
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

/// Files in quarantine after a name, by name, at most so many; what can't be read is listed with what is wrong.
#[must_use]
pub fn list(places: &Places, after: Option<&str>, limit: usize) -> Listing {
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
    Listing { files: files.collect(), total, next }
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
    let (inbox, path) = kept.origin(places)?;
    let folder = inside(&inbox, path.parent().unwrap_or(Path::new("")));
    let to = folder.join(own_name(kept.copy.file_name().unwrap_or_default(), &path));
    let stands = move_file(&kept.copy, &to)?;
    remove(&kept.slip)?;
    tracing::info!(path = %stands.display(), "a file in quarantine is tried again");
    Ok(json!({ "name": name, "path": stands.to_string_lossy() }))
}

/// Removes one file and what is said of it.
///
/// # Errors
/// Where there is no such file, or it can't be removed.
pub fn throw_away(places: &Places, name: &str) -> Result<Value, Refusal> {
    let kept = find(places, name)?;
    remove(&kept.copy)?;
    remove(&kept.slip)?;
    tracing::info!(path = %kept.copy.display(), "a file in quarantine is dropped");
    Ok(json!({ "name": name }))
}

fn remove(path: &Path) -> Result<(), Refusal> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Refusal::unavailable(format!("{} can't be removed: {error}", path.display())))
        }
        _ => sync_folder(path).map_err(refused),
    }
}

fn refused(error: DiskError) -> Refusal {
    Refusal::unavailable(format!("{error}; nothing is lost: see to the disk and the rights of the folders"))
}

/// Renames a file, or copies it under a hidden name first where that leads to another file system; where it stands.
fn move_file(from: &Path, to: &Path) -> Result<PathBuf, Refusal> {
    let moved = |from: &Path| move_durable(&[Move { from: from.to_owned(), to: to.to_owned() }]).pop();
    let stands = match moved(from) {
        Some(Moved::Failed(error)) if error.source.kind() == io::ErrorKind::CrossesDevices => {
            // Of at most 255 bytes, whatever the name's own length; nobody else moves this copy.
            let mut hidden = OsString::from(".");
            hidden.push(from.file_name().unwrap_or_default());
            let hidden = to.with_file_name(hidden);
            copy_range_durable(from, 0..u64::MAX, &hidden).map_err(refused)?;
            let stands = moved(&hidden);
            if matches!(stands, Some(Moved::To(_))) {
                remove(from)?;
            }
            stands
        }
        stands => stands,
    };
    match stands {
        Some(Moved::To(stands)) => Ok(stands),
        Some(Moved::Failed(error)) => Err(refused(error)),
        Some(Moved::Missing) | None => Err(Refusal::not_found("it went from quarantine meanwhile: look again")),
    }
}

/// A folder of the inbox; the inbox itself where a link or a file stands in the way.
fn inside(inbox: &Path, folder: &Path) -> PathBuf {
    let mut inside = inbox.to_owned();
    for part in folder.components() {
        inside.push(part);
        if inside.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            return inbox.to_owned();
        }
    }
    inside
}

/// The name that a copy `FILE-RECORD-NAME` had in its inbox. A long one was cut at its front, and an ending that says
/// how it was compressed was taken off.
fn own_name(copy: &OsStr, path: &Path) -> OsString {
    let bytes = copy.as_bytes();
    let own = bytes.splitn(3, |byte| *byte == b'-').nth(2).filter(|own| !own.is_empty()).unwrap_or(bytes);
    let whole = path.file_name().unwrap_or_default();
    let unpacked = Path::new(whole).file_stem().unwrap_or_default();
    let fitting = [whole, unpacked].into_iter().find(|name| name.as_bytes().ends_with(own));
    fitting.map_or_else(|| OsString::from_vec(own.to_vec()), OsStr::to_owned)
}

/// Every `DAY/NAME` that has a JSON, sorted.
fn names<'a>(folders: impl Iterator<Item = &'a Path>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in folders.collect::<BTreeSet<_>>() {
        let days = fs::read_dir(folder).into_iter().flatten().flatten();
        for day in days.filter(|day| day.file_name() != "rejected") {
            let files = fs::read_dir(day.path()).into_iter().flatten().flatten();
            // A name that is no text is known by what it looks like.
            let files: BTreeSet<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
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
        let (copy, slip) =
            if slip.exists() { (copy, slip) } else { odd(&inbox.quarantine, path).unwrap_or((copy, slip)) };
        let Ok(json) = fs::read(&slip) else { continue };
        let says = serde_json::from_slice(&json)
            .map_err(|error| Refusal::unavailable(format!("{} can't be read: {error}", slip.display())))?;
        return Ok(Kept { name: name.to_owned(), copy, slip, says });
    }
    Err(missing())
}

/// Copy and JSON of a name that is no text, by what it looks like.
fn odd(quarantine: &Path, name: &Path) -> Option<(PathBuf, PathBuf)> {
    let name = quarantine.join(name);
    let looks = format!("{}.json", name.file_name()?.to_str().filter(|name| name.contains('\u{FFFD}'))?);
    let files = fs::read_dir(name.parent()?).into_iter().flatten().flatten();
    let slip = files
        .map(|file| file.path())
        .find(|file| file.file_name().is_some_and(|name| name.to_string_lossy() == looks))?;
    Some((slip.with_extension(""), slip))
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

    /// The inbox it came from, and its path there. The ledger knows; where it has forgotten, or is another
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
        if path.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(Refusal::bad(format!("{} did not lie in an inbox: move it by hand", self.name)));
        }
        Ok((inbox.folder.clone(), path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_back_under_the_name_it_had() {
        let long = format!("{}.txt", "n".repeat(150));
        let cut = format!("1-0-{}", &long[long.len() - 120..]);
        for (copy, path, expected) in [
            ("7-1-a.jsonl", "wire/a.jsonl", "a.jsonl"),
            ("7-1-a.jsonl", "wire/a.jsonl.gz", "a.jsonl"),
            ("7-1-a.jsonl.gz", "wire/a.jsonl.gz", "a.jsonl.gz"),
            ("7-1-2024-05-01.txt", "2024-05-01.txt", "2024-05-01.txt"),
            (&cut, &long, &long),
            ("7-1-a.txt", "", "a.txt"),
            ("odd", "", "odd"),
        ] {
            assert_eq!(own_name(OsStr::new(copy), Path::new(path)), expected);
        }
    }

    #[test]
    fn a_link_in_the_inbox_leads_nowhere() {
        let folder = tempfile::tempdir().expect("temp");
        fs::create_dir(folder.path().join("wire")).expect("folder");
        std::os::unix::fs::symlink("/", folder.path().join("wire/link")).expect("link");
        assert_eq!(inside(folder.path(), Path::new("wire/new")), folder.path().join("wire/new"));
        assert_eq!(inside(folder.path(), Path::new("wire/link/etc")), folder.path());
    }

    #[test]
    fn nothing_is_overwritten_and_a_name_that_is_no_text_is_found() {
        let folder = tempfile::tempdir().expect("temp");
        let (from, to) = (folder.path().join("q/1-0-a.txt"), folder.path().join("in/a.txt"));
        for path in [&from, &to] {
            fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            fs::write(path, path.display().to_string()).expect("write");
        }
        let stands = move_file(&from, &to).expect("move");
        assert_eq!(stands, folder.path().join("in/a.1.txt"));
        assert_eq!(fs::read_to_string(&to).expect("read"), to.display().to_string());

        let day = folder.path().join("q/2024-05-01");
        fs::create_dir(&day).expect("folder");
        let slip = day.join(OsStr::from_bytes(b"1-0-\xff.txt.json"));
        fs::write(&slip, "{}").expect("write");
        let names: Vec<String> = names([folder.path().join("q").as_path()].into_iter()).into_iter().collect();
        assert_eq!(names, ["2024-05-01/1-0-\u{FFFD}.txt"]);
        let (copy, found) = odd(&folder.path().join("q"), Path::new(&names[0])).expect("found");
        assert_eq!((copy, found), (day.join(OsStr::from_bytes(b"1-0-\xff.txt")), slip));
    }
}
