//! What the operator installs: the systemd unit, the Debian package, the container image, and the guide's own promises
//! about backups.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::articles::{Input, body};
use crate::support::desk::{Desk, copydesk, files_below};
use crate::support::dice::Dice;
use crate::support::oracle::{Outcome, lines_in, rows_in};
use crate::support::servers::find;

const BINARY: &str = env!("CARGO_BIN_EXE_copydesk");

/// Most a service may be exposed, in tenths, by `systemd-analyze security`.
const MOST_EXPOSED: u32 = 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", words(&output));
    words(&output)
}

/// A configuration that stands below /var/lib/copydesk, moved elsewhere, with any free port; `check` accepts it.
fn is_accepted(configuration: &Path, folder: &Path) {
    let text = read(configuration).replace("/var/lib/copydesk", &folder.join("state").display().to_string());
    fs::create_dir_all(folder.join("state/inbox")).expect("make the inbox");
    assert!(text.contains(":9464\""), "the usual port");
    let moved = folder.join("copydesk.toml");
    fs::write(&moved, text.replace(":9464\"", ":0\"")).expect("write");
    succeeds(copydesk().arg("--config").arg(&moved).arg("check"));
}

#[test]
fn real_systemd_finds_the_unit_right_and_little_exposed() {
    let analyze = find("systemd-analyze", &[], "systemd");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let unit = read(&root().join("deploy/systemd/copydesk.service"));
    assert!(unit.contains("ExecStart=/usr/bin/copydesk --config /etc/copydesk/copydesk.toml run\n"));
    // The program has to be there.
    let path = folder.path().join("copydesk.service");
    let verified = |unit: &str| {
        fs::write(&path, unit.replace("/usr/bin/copydesk", BINARY)).expect("write");
        let output = Command::new(&analyze).args(["verify", "--man=no"]).arg(&path).output().expect("run");
        (output.status.success(), words(&output))
    };
    assert_eq!(verified(&unit), (true, String::new()));
    assert_ne!(verified(&unit.replace("WatchdogSec=", "WatchdgSec=")), (true, String::new()), "it sees a mistake");
    let exposed = |most: u32| {
        let mut analyze = Command::new(&analyze);
        analyze.args(["security", "--offline=true", "--no-pager", &format!("--threshold={most}")]).arg(&path);
        analyze.output().expect("run")
    };
    assert_eq!(verified(&unit), (true, String::new()));
    let output = exposed(MOST_EXPOSED);
    assert!(output.status.success(), "{}", words(&output));
    assert!(!exposed(0).status.success(), "nothing is not exposed at all");
}

/// Commands of the program that are no secret.
fn commands() -> Vec<String> {
    let help = succeeds(copydesk().arg("--help"));
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    // Long descriptions go on deeper in the next line.
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn real_dpkg_package_holds_what_an_operator_needs() {
    find("dpkg-shlibdeps", &[], "dpkg-dev");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut build = Command::new(root().join("deploy/deb/build"));
    build.args(["--binary", BINARY, "--uncompressed", "--output"]).arg(folder.path());
    let said = succeeds(&mut build);
    let package = PathBuf::from(said.lines().last().expect("its path"));
    let field =
        |name: &str| succeeds(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name)).trim().to_owned();
    assert_eq!((field("Package"), field("Version")), ("copydesk".into(), env!("CARGO_PKG_VERSION").into()));
    assert!(field("Depends").contains("libc6 (>= "), "{}", field("Depends"));

    let listed = succeeds(Command::new("dpkg-deb").arg("--contents").arg(&package));
    assert!(listed.lines().all(|line| line.contains(" root/root ")), "{listed}");
    assert!(listed.lines().all(|line| !line.contains("rwxrwx") && !line.contains("-rw-rw")), "{listed}");
    let tree = folder.path().join("tree");
    succeeds(Command::new("dpkg-deb").arg("--raw-extract").arg(&package).arg(&tree));
    let held: BTreeSet<String> =
        files_below(&tree).iter().map(|path| path.strip_prefix(&tree).expect("below").display().to_string()).collect();
    let commands = commands();
    assert!(commands.len() >= 6 && commands.contains(&"run".to_owned()), "{commands:?}");
    let pages = commands.iter().map(|command| format!("usr/share/man/man1/copydesk-{command}.1.gz"));
    let rest = [
        "DEBIAN/conffiles",
        "DEBIAN/md5sums",
        "DEBIAN/postinst",
        "DEBIAN/postrm",
        "DEBIAN/prerm",
        "etc/copydesk/copydesk.toml",
        "usr/bin/copydesk",
        "usr/lib/systemd/system/copydesk.service",
        "usr/lib/sysusers.d/copydesk.conf",
        "usr/lib/tmpfiles.d/copydesk.conf",
        "usr/share/bash-completion/completions/copydesk",
        "usr/share/doc/copydesk/METRICS.md",
        "usr/share/doc/copydesk/README.md",
        "usr/share/doc/copydesk/changelog.gz",
        "usr/share/doc/copydesk/copyright",
        "usr/share/doc/copydesk/grafana/copydesk.json",
        "usr/share/doc/copydesk/prometheus/copydesk.rules.yml",
        "usr/share/doc/copydesk/prometheus/prometheus.yml",
        "usr/share/doc/copydesk/reference.toml",
        "usr/share/copydesk/copydesk.schema.json",
        "usr/share/doc/copydesk/sinks/postgres.toml",
        "usr/share/fish/vendor_completions.d/copydesk.fish",
        "usr/share/man/man1/copydesk.1.gz",
        "usr/share/zsh/vendor-completions/_copydesk",
    ];
    for path in pages.chain(rest.map(str::to_owned)) {
        assert!(held.contains(&path), "{path} is missing: {held:?}");
    }
    assert_eq!(read(&tree.join("DEBIAN/conffiles")), "/etc/copydesk/copydesk.toml\n");
    for script in ["postinst", "prerm", "postrm"] {
        succeeds(Command::new("sh").arg("-n").arg(tree.join("DEBIAN").join(script)));
    }

    is_accepted(&tree.join("etc/copydesk/copydesk.toml"), &folder.path().join("installed"));
    let run = succeeds(Command::new("gzip").arg("-dc").arg(tree.join("usr/share/man/man1/copydesk-run.1.gz")));
    assert!(run.contains("Watch the drop folder") && run.contains("COPYDESK_CONFIG"), "{run}");
    let bash = "source \"$1\"; COMP_WORDS=(copydesk dup); COMP_CWORD=1; _copydesk copydesk dup copydesk; echo \"${COMPREPLY[@]}\"";
    let completion = tree.join("usr/share/bash-completion/completions/copydesk");
    let completed = succeeds(Command::new("bash").args(["-c", bash, "bash"]).arg(completion));
    assert_eq!(completed.trim(), "duplicates");
}

/// The instructions of a container file, each on one line, comments left out.
fn instructions(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    joined.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_image_is_made_of_what_is_there_and_runs_as_nobody() {
    let (root, folder) = (root(), tempfile::tempdir().expect("a temporary folder"));
    let file = instructions(&read(&root.join("deploy/container/Containerfile")));
    let ignore = read(&root.join(".dockerignore"));
    let offered: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(ignore.lines().any(|line| line == "*"), "what is not named is not sent");
    let mut stage = String::new();
    for instruction in &file {
        if let Some(image) = instruction.strip_prefix("FROM ") {
            assert!(image.contains(':') && !image.contains(":latest"), "{image}: which one?");
            stage = image.split(" AS ").nth(1).unwrap_or_default().to_owned();
        }
        let Some(copied) = instruction.strip_prefix("COPY ").filter(|copied| !copied.contains("--from=")) else {
            continue;
        };
        let paths: Vec<&str> = copied.split_whitespace().filter(|path| !path.starts_with("--")).collect();
        let (to, from) = paths.split_last().expect("a destination");
        for path in from {
            assert!(root.join(path).exists(), "{instruction}: there is no {path}");
            assert!(
                offered.iter().any(|at| Path::new(path).starts_with(at)),
                "{instruction}: .dockerignore keeps {path} away"
            );
            if stage == "build" {
                // Of several, each keeps its name, but not the folder it stood in.
                let to = folder.path().join(if from.len() == 1 && !to.ends_with('/') {
                    PathBuf::from(to)
                } else {
                    Path::new(to).join(Path::new(path).file_name().expect("a name"))
                });
                fs::create_dir_all(to.parent().expect("a parent")).expect("make a folder");
                succeeds(Command::new("cp").arg("-r").arg(root.join(path)).arg(to));
            }
        }
    }
    for path in offered {
        assert!(root.join(path).exists(), ".dockerignore names {path}, which is not there");
    }
    // What the build stage has is a whole workspace. (Cargo looks for every file the manifests name.)
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"]).current_dir(folder.path());
    succeeds(&mut cargo);
    for included in included(&folder.path().join("crates")) {
        assert!(included.exists(), "the code includes {}, which the image's build does not have", included.display());
    }
    let user = file.iter().rev().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    assert!(
        user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)),
        "USER {user}: Kubernetes wants numbers"
    );

    // The image has the C library and the compiler's, and no others.
    let needed = succeeds(Command::new("ldd").arg(BINARY));
    for library in needed.lines().map(str::trim) {
        let known = [
            "linux-vdso.",
            "libc.so.6",
            "libm.so.6",
            "libgcc_s.so.1",
            "ld-linux-",
            "/lib64/ld-linux-",
            "/lib/ld-linux-",
        ];
        assert!(known.iter().any(|known| library.starts_with(known)), "{library} is not in the image");
    }
    is_accepted(&root.join("deploy/container/copydesk.toml"), &folder.path().join("run"));
}

/// Files of the build that the code takes in from outside its crate's `src`, but for tests.
fn included(crates: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in files_below(crates).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (start, _) in code.match_indices("include_") {
            let Some(file) =
                code[start..].split('"').nth(1).filter(|_| code[start..].find("!(").is_some_and(|at| at < 16))
            else {
                continue;
            };
            found.push(path.parent().expect("a folder").join(file));
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn compose_mounts_what_is_there() {
    let folder = root().join("deploy/container");
    let text = read(&folder.join("compose.yaml"));
    let mounts: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- .")).collect();
    assert_eq!(mounts.len(), 2, "{mounts:?}");
    for mount in mounts {
        let path = format!(".{}", mount.split(':').next().expect("a path"));
        assert!(folder.join(&path).is_file(), "{path} is not there");
    }
    let dockerfile = text.lines().find_map(|line| line.trim().strip_prefix("dockerfile: ")).expect("a container file");
    assert!(folder.join("../..").join(dockerfile).is_file());
    for line in text.lines().map(str::trim).filter(|line| line.starts_with("- \"") && line.contains(":9")) {
        assert!(line.starts_with("- \"127.0.0.1:"), "{line}: open to other machines");
    }
}

/// So many new articles.
fn articles(from: u64, count: u64) -> Input {
    let mut input = Input::default();
    for number in from..from + count {
        input.add(&format!("wire/{number:04}.txt"), body(&mut Dice::new(number), number, 3), 1);
    }
    input
}

fn copy(from: &Path, to: &Path) {
    succeeds(Command::new("cp").arg("-a").arg(from).arg(to));
}

/// The guide: stop, copy the ledger, start; later put the copy back and drop again what was taken since.
#[test]
fn a_ledger_from_a_backup_goes_on_when_what_came_since_is_dropped_again() {
    let desk = Desk::new();
    articles(0, 40).lay_out(&desk.inbox());
    desk.run_to_end();
    copy(&desk.path("ledger"), &desk.path("backup"));
    let before: BTreeSet<PathBuf> = files_below(&desk.path("done")).into_iter().collect();
    articles(100, 40).lay_out(&desk.inbox());
    desk.run_to_end();
    let whole = Outcome::of(&desk);
    assert_eq!(whole.rows.len(), 80);

    fs::remove_dir_all(desk.path("ledger")).expect("lose the ledger");
    copy(&desk.path("backup"), &desk.path("ledger"));
    let since: Vec<PathBuf> =
        files_below(&desk.path("done")).into_iter().filter(|path| !before.contains(path)).collect();
    assert_eq!(since.len(), 40);
    for path in since {
        // done/DAY/HOUR/…
        let below = path.strip_prefix(desk.path("done")).expect("below").components().skip(2).collect::<PathBuf>();
        let back = desk.inbox().join(below);
        fs::create_dir_all(back.parent().expect("a folder")).expect("make a folder");
        fs::rename(path, back).expect("drop it again");
    }
    // What is known from before the backup is still known.
    articles(0, 5).lay_out(&desk.inbox());
    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    assert_eq!(daemon.metrics().get("copydesk_verdicts_total{verdict=\"duplicate\"}"), 5.0);
    daemon.stop();
    // Their order among themselves may be another now, and so their numbers.
    let texts = |rows: &BTreeMap<String, Value>| {
        rows.iter().map(|(id, row)| (id.clone(), row["text"].clone())).collect::<BTreeMap<_, _>>()
    };
    let restored = texts(&rows_in(&desk.path("out/articles.db")));
    assert!(restored == texts(&whole.rows), "each once in the store, with its text");
    let mut times = BTreeMap::<String, usize>::new();
    for line in lines_in(&desk.path("out")) {
        let record: Value = serde_json::from_str(&line).expect("no line is torn");
        *times.entry(record["id"].as_str().expect("an id").to_owned()).or_default() += 1;
    }
    let twice = times.values().filter(|times| **times == 2).count();
    assert_eq!(
        (times.len(), twice),
        (80, 40),
        "what came after the backup stands twice in the lines, with the same id"
    );
}
