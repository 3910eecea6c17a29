//! What a folder's file system can and can't do: tell of changes, and rename from one folder to another.

use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, StatxFlags, statfs, statx};

/// File systems on which other machines (or a process behind the mount) change files without the kernel here
/// hearing of it, by the magic numbers of statfs(2).
const SILENT: [(u32, &str); 16] = [
    (0x6969, "nfs"),
    (0x517B, "smb"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb2"),
    (0x6573_5546, "fuse"),
    (0x0102_1997, "9p"),
    (0x5346_414F, "afs"),
    (0x6B41_4653, "kafs"),
    (0x00C3_6400, "ceph"),
    (0x7375_7245, "coda"),
    (0x564C, "ncp"),
    (0x7461_636F, "ocfs2"),
    (0x0BD0_0BD0, "lustre"),
    (0x0116_1970, "gfs2"),
    (0x786F_4256, "vboxsf"),
    (0xBACB_ACBC, "vmhgfs"),
];

/// Name of the folder's file system where it does not tell of every change; none where it does, or can't be
/// asked.
pub(crate) fn silent(folder: &Path) -> Option<&'static str> {
    // The numbers are 32 bits wide; how the field around them is signed depends on the machine.
    named(statfs(folder).ok()?.f_type as u32)
}

fn named(magic: u32) -> Option<&'static str> {
    SILENT.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

/// Whether a file can be renamed from one folder to the other: one device and one mount. Two mounts of one
/// file system (volumes of a container, say) share the device, and still refuse.
pub(crate) fn is_one(a: &Path, b: &Path) -> io::Result<bool> {
    let mount = |path| {
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS | StatxFlags::MNT_ID)?;
        // A kernel before 5.8 knows no mount ids: the device alone has to do.
        let id = (found.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(found.stx_mnt_id);
        Ok::<_, rustix::io::Errno>((found.stx_dev_major, found.stx_dev_minor, id))
    };
    Ok(mount(a)? == mount(b)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_number() {
        assert_eq!(named(0x6969), Some("nfs"));
        assert_eq!(named(rustix::fs::NFS_SUPER_MAGIC as u32), Some("nfs"));
        assert_eq!(named(0xEF53), None, "ext4 tells");
        assert_eq!(silent(Path::new("/nowhere/at/all")), None);
    }

    #[test]
    fn folders_of_one_mount_and_of_two() {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::create_dir(folder.path().join("a")).expect("folder");
        assert!(is_one(folder.path(), &folder.path().join("a")).expect("look"));
        assert!(!is_one(folder.path(), Path::new("/proc")).expect("look"));
        assert!(is_one(folder.path(), Path::new("/nowhere/at/all")).is_err());
    }
}
