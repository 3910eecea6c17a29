//! Which names in the drop folder are not articles: hidden ones, unfinished ones, and the desk's own folders.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Endings of files that another program is not done with, ASCII case aside.
const UNFINISHED: [&[u8]; 7] = [b".tmp", b".part", b".partial", b".crdownload", b".swp", b"~", b".unfinished"];

/// What of a drop folder is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Folders never descended into, relative to the drop folder.
    excluded: Vec<PathBuf>,
}

impl Rules {
    /// Rules of a folder, given by its resolved path ([`resolve`]), with resolved folders to leave out.
    pub fn new(root: &Path, exclude: &[PathBuf]) -> Self {
        Self { excluded: exclude.iter().filter_map(|path| path.strip_prefix(root).ok()).map(Into::into).collect() }
    }

    /// Whether a folder (relative path) is left out with all it holds.
    pub fn skip_folder(&self, path: &Path) -> bool {
        self.excluded.iter().any(|excluded| path.starts_with(excluded))
            || path.components().any(|part| matches!(part, Component::Normal(name) if is_hidden(name)))
    }

    /// Whether a file (relative path) is left out.
    pub fn skip_file(&self, path: &Path) -> bool {
        self.skip_folder(path) || path.file_name().is_none_or(is_unfinished)
    }
}

/// Dotfiles, and with them the lock files of office programs (`.~lock.…#`).
fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

fn is_unfinished(name: &OsStr) -> bool {
    let name = name.as_bytes();
    UNFINISHED.iter().any(|end| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end))
}

/// An absolute path with the links of its existing part followed, so that two names of one folder compare
/// equal; what does not exist yet is taken as written.
pub(crate) fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for existing in absolute.ancestors() {
        if let Ok(resolved) = existing.canonicalize() {
            let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
            return Ok(if rest.as_os_str().is_empty() { resolved } else { resolved.join(rest) });
        }
    }
    Ok(absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_unfinished_and_own_folders_are_left_out() {
        let rules = Rules::new(Path::new("/in"), &["/in/done".into(), "/in/a/q".into(), "/elsewhere".into()]);
        for path in ["a.tmp", "b/A.PART", "x.crdownload", "n~", ".hidden", ".git/config", "done/a.txt", "a/q/b/c.txt"] {
            assert!(rules.skip_file(Path::new(path)), "{path}");
        }
        assert!(rules.skip_file(Path::new("sheet/.~lock.a.odt#")));
        for path in ["a.txt", "done.txt", "donesies/a.txt", "a/b/c.jsonl", "q/a", "party", "a.temp", "tmp"] {
            assert!(!rules.skip_file(Path::new(path)), "{path}");
        }
        assert!(!rules.skip_folder(Path::new("backup.tmp")), "endings are about files");
        assert!(rules.skip_file(Path::new(OsStr::from_bytes(b"\xff\xfe.tmp"))));
    }

    #[test]
    fn a_path_resolves_through_links_even_where_its_end_is_missing() {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::create_dir(folder.path().join("real")).expect("folder");
        std::os::unix::fs::symlink("real", folder.path().join("link")).expect("link");
        let real = folder.path().canonicalize().expect("canonical").join("real");
        assert_eq!(resolve(&folder.path().join("link/done")).expect("resolve"), real.join("done"));
        assert_eq!(resolve(&folder.path().join("link")).expect("resolve"), real);
    }
}
