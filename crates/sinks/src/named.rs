//! The files that the options of networked sinks name: secrets and certificates.

use std::path::{Path, PathBuf};

use crate::{Secret, tls};

/// What is wrong with them.
pub(crate) fn problems<'a>(
    secrets: impl IntoIterator<Item = &'a Option<Secret>>,
    ca_file: Option<&Path>,
) -> impl Iterator<Item = String> {
    let unread = secrets.into_iter().flatten().filter_map(|secret| secret.read().err());
    let unread: Vec<String> =
        unread.chain(ca_file.and_then(|file| tls::read_roots(file).err())).map(|e| e.message).collect();
    unread.into_iter()
}

/// Makes relative paths count from `base`.
pub(crate) fn resolve_paths<'a>(
    base: &Path,
    secrets: impl IntoIterator<Item = &'a mut Option<Secret>>,
    ca_file: &mut Option<PathBuf>,
) {
    secrets.into_iter().flatten().for_each(|secret| secret.resolve_path(base));
    if let Some(file) = ca_file {
        *file = base.join(&*file);
    }
}
