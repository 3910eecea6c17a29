//! Which names in the drop folder are not articles: hidden ones, what other programs leave half-written or for
//! themselves, the desk's own folders, and what the user's globs leave out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use copydesk_readers::sidecar;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::IntakeError;

/// Endings of files that another program is not done with, ASCII case aside: editors, browsers, WinSCP and
/// FileZilla, aria2, Resilio Sync, torrent clients, Opera, iCloud, and the desk itself.
const UNFINISHED: [&[u8]; 15] = [
    b".tmp",
    b".part",
    b".partial",
    b".crdownload",
    b".swp",
    b"~",
    b".unfinished",
    b".filepart",
    b".download",
    b".aria2",
    b".!sync",
    b".!ut",
    b".bts",
    b".opdownload",
    b".icloud",
];

/// Beginnings of files that another program is not done with: office programs' lock files, Syncthing's.
/// (Dotfiles, rsync's and GNOME's among them, are left out before.)
const UNFINISHED_STARTS: [&[u8]; 2] = [b"~$", b"~syncthing~"];

/// Names of files that file managers leave, ASCII case aside.
const LITTER: [&[u8]; 2] = [b"thumbs.db", b"desktop.ini"];

/// The folder `fsck` puts what it salvages into.
const SALVAGE: &[u8] = b"lost+found";

/// What of a drop folder is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Folders never descended into, relative to the drop folder.
    own: Vec<PathBuf>,
    globs: Globs,
}

impl Rules {
    /// Rules of a folder, given by its resolved path ([`resolve`]), with resolved folders to leave out.
    pub fn new(root: &Path, own: &[PathBuf], globs: Globs) -> Self {
        Self { own: own.iter().filter_map(|path| path.strip_prefix(root).ok()).map(Into::into).collect(), globs }
    }

    /// Whether a folder (relative path) is left out with all it holds.
    pub fn skip_folder(&self, path: &Path) -> bool {
        self.own.iter().any(|own| path.starts_with(own))
            || path.components().any(|part| matches!(part, Component::Normal(name) if is_no_folder(name)))
            || self.globs.leave_out_folder(path)
    }

    /// Whether a file (relative path) is left out.
    pub fn skip_file(&self, path: &Path) -> bool {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.skip_folder(folder)
            || path.file_name().is_none_or(|name| is_hidden(name) || is_dropping(name))
            || self.globs.leave_out_file(path)
    }
}

/// The user's own rules: files to take and to leave, by globs over the path relative to the drop folder.
#[derive(Clone, Debug)]
pub(crate) struct Globs {
    /// None: everything.
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Default for Globs {
    fn default() -> Self {
        Self { include: None, exclude: GlobSet::empty() }
    }
}

impl Globs {
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, IntakeError> {
        let everything = include.iter().any(|glob| glob == "**");
        let include = if everything { None } else { Some(set("include", include)?) };
        Ok(Self { include, exclude: set("exclude", exclude)? })
    }

    /// A folder is left out where a glob names it, or all below any of its parents.
    fn leave_out_folder(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && path.ancestors().any(|above| self.exclude.is_match(above))
    }

    /// A sidecar goes with its article.
    fn leave_out_file(&self, path: &Path) -> bool {
        if self.include.is_none() && self.exclude.is_empty() {
            return false;
        }
        let article = sidecar::article_of(path);
        let either =
            |set: &GlobSet| set.is_match(path) || article.as_ref().is_some_and(|article| set.is_match(article));
        either(&self.exclude) || self.include.as_ref().is_some_and(|include| !either(include))
    }
}

fn set(key: &'static str, globs: &[String]) -> Result<GlobSet, IntakeError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let problem = |problem| IntakeError::Glob { key, glob: glob.clone(), problem };
        if glob.starts_with('/') || glob.starts_with("./") || glob.starts_with("../") {
            return Err(problem("write it as a path below the drop folder, without a beginning".to_owned()));
        }
        // `drafts/` means the folder.
        let trimmed = glob.strip_suffix('/').unwrap_or(glob);
        let built = GlobBuilder::new(trimmed).literal_separator(true).build();
        set.add(built.map_err(|error| problem(error.kind().to_string()))?);
    }
    set.build().map_err(|error| IntakeError::Glob { key, glob: globs.join(", "), problem: error.to_string() })
}

/// Dotfiles, and with them the lock files of office programs (`.~lock.…#`) and what rsync is writing
/// (`.NAME.XXXXXX`).
fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

fn is_no_folder(name: &OsStr) -> bool {
    is_hidden(name) || name.as_bytes() == SALVAGE
}

fn is_dropping(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let ends = |end: &[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    UNFINISHED.iter().any(|end| ends(end))
        || UNFINISHED_STARTS.iter().any(|start| name.starts_with(start))
        || LITTER.iter().any(|litter| name.eq_ignore_ascii_case(litter))
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

    fn rules(include: &[&str], exclude: &[&str]) -> Rules {
        let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        let globs = Globs::new(&owned(include), &owned(exclude)).expect("globs");
        Rules::new(Path::new("/in"), &["/in/done".into(), "/in/a/q".into(), "/elsewhere".into()], globs)
    }

    #[test]
    fn hidden_unfinished_and_own_folders_are_left_out() {
        let rules = rules(&["**"], &[]);
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
    fn what_other_programs_leave_is_left_to_them() {
        let rules = rules(&["**"], &[]);
        for path in [
            "a.html.filepart",
            "a.Download",
            "a.zip.aria2",
            "a.jsonl.!sync",
            "a.!ut",
            "a.bts",
            "a.opdownload",
            ".a.txt.icloud",
            "b/~$report.docx",
            "b/Thumbs.db",
            "Desktop.ini",
            ".goutputstream-AB12CD",
            ".a.html.x7Qk2p",
            "lost+found/#1234",
            "~syncthing~a.txt.tmp",
            "~syncthing~a.txt",
        ] {
            assert!(rules.skip_file(Path::new(path)), "{path}");
        }
        for path in ["a.sync-conflict-20240501-093000-ABCDEFG.txt", "lost+found.txt", "downloads/a.txt", "~a.txt"] {
            assert!(!rules.skip_file(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn globs_take_and_leave() {
        let rules = rules(&["news/**/*.html", "*.txt"], &["news/drafts/", "**/old-*"]);
        let skip = |path: &str| rules.skip_file(Path::new(path));
        for path in ["news/a.html", "news/x/y/b.html", "a.txt", "news/a.html.url", "a.txt.meta.json"] {
            assert!(!skip(path), "{path}");
        }
        for path in ["news/a.HTML", "x/a.txt", "news/drafts/a.html", "news/drafts/x/a.html", "news/old-a.html", "a.url"]
        {
            assert!(skip(path), "{path}");
        }
        assert!(skip("news/old-x/a.html") && rules.skip_folder(Path::new("news/old-x")), "a folder goes as a whole");
        assert!(skip("news/old-a.html.url"), "a sidecar goes with its article");
        assert!(!rules.skip_folder(Path::new("news")));
    }

    #[test]
    fn names_that_are_not_utf8_match_globs() {
        let path = Path::new(OsStr::from_bytes(b"caf\xe9/a.txt"));
        assert!(!rules(&["*/*.txt"], &[]).skip_file(path));
        assert!(rules(&["**"], &["*/a.txt"]).skip_file(path));
    }

    #[test]
    fn globs_that_can_never_match_are_refused() {
        for glob in ["/in/*.txt", "./a", "../a", "a[", "{a"] {
            assert!(Globs::new(&[glob.to_owned()], &[]).is_err(), "{glob}");
        }
        assert!(rules(&[], &[]).skip_file(Path::new("a")), "nothing is included");
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
