//! Files named on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use copydesk_disk::Generation;
use copydesk_intake::Found;
use copydesk_pipeline::NamedFile;

use crate::config::Config;

/// The files the paths name, folders looked through, in order of modification time and path.
///
/// # Errors
/// Where a path is not there or can't be read.
pub fn all(paths: &[PathBuf], config: &Config, scratch: &Path) -> anyhow::Result<Vec<NamedFile>> {
    let mut files = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        if path.is_dir() {
            let found = copydesk_intake::list(path, &config.intake.own_folders)
                .with_context(|| format!("can't look through {}", path.display()))?;
            let root = path.canonicalize().with_context(|| format!("can't take {}", path.display()))?;
            files.extend(found.into_iter().map(|found| NamedFile { root: root.clone(), found }));
        } else {
            files.push(one(path, &scratch.join(number.to_string()))?);
        }
    }
    Ok(files)
}

/// The file a path names; `-` is standard input. What can be read only once is kept in the folder `scratch`, which
/// is made.
///
/// # Errors
/// Where it is not there, or is a folder.
pub fn one(path: &Path, scratch: &Path) -> anyhow::Result<NamedFile> {
    if path == Path::new("-") {
        return spooled(&mut std::io::stdin().lock(), scratch, "stdin");
    }
    let metadata = std::fs::metadata(path).with_context(|| format!("can't take {}", path.display()))?;
    if metadata.is_dir() {
        bail!("{} is a folder: name a file", path.display());
    }
    if !metadata.is_file() {
        // A pipe, as `<(command)` makes one.
        let mut pipe = std::fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?;
        return spooled(&mut pipe, scratch, "pipe");
    }
    named(path)
}

/// A file that lies in an inbox, or in the `done` of one, with the path it has or had in the inbox.
pub fn read_as_inbox_would(file: NamedFile, config: &Config) -> NamedFile {
    let full = file.root.join(&file.found.path);
    for (_, inbox) in config.all_inboxes() {
        let root = if full.starts_with(&inbox.folder) {
            inbox.folder.clone()
        } else if let Ok(below) = full.strip_prefix(&inbox.done) {
            // done/DAY/HOUR/…
            below.components().take(2).fold(inbox.done.clone(), |root, part| root.join(part))
        } else {
            continue;
        };
        if let Ok(path) = full.strip_prefix(&root)
            && path.file_name().is_some()
        {
            let found = Found { path: path.to_owned(), ..file.found };
            return NamedFile { root, found };
        }
    }
    file
}

/// What a stream holds, as a file.
fn spooled(from: &mut dyn std::io::Read, scratch: &Path, name: &str) -> anyhow::Result<NamedFile> {
    let spool = &scratch.join(name);
    std::fs::create_dir_all(scratch).with_context(|| format!("can't make {}", scratch.display()))?;
    let mut file = std::fs::File::create(spool).with_context(|| format!("can't write {}", spool.display()))?;
    std::io::copy(from, &mut file).context("can't read the input")?;
    named(spool)
}

/// A file by its folder and name. A link named on the command line is meant, so it is followed.
fn named(path: &Path) -> anyhow::Result<NamedFile> {
    let full = path.canonicalize().with_context(|| format!("can't take {}", path.display()))?;
    let (Some(root), Some(name)) = (full.parent(), full.file_name()) else { bail!("{} names no file", path.display()) };
    let generation = Generation::of_path(&full)?;
    Ok(NamedFile { root: root.to_owned(), found: Found { path: PathBuf::from(name), generation, follow: false } })
}
