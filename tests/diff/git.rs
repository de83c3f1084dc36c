//! `kpi diff` with revisions of git, and snapshots in any order of files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("yardstick-diff-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("it can be made");
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// Runs git. Returns false if there is no git.
    fn git(&self, arguments: &[&str]) -> bool {
        let names = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").current_dir(&self.0).args(names).args(arguments).output();
        let Ok(output) = output else { return false };
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        true
    }

    fn kpi(&self, line: &str) -> (i32, String) {
        said(kpi(&self.0, line).output().expect("it runs"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn kpi(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kpi"));
    command.current_dir(folder).args(line.split(' '));
    command
}

/// The exit status, and what a command wrote.
fn said(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it is text")).concat();
    (output.status.code().expect("it ends"), text)
}

const OLD: &str =
    "dataset ads = \"ads.csv\" { time day }\ncac = sum(ads.cost) / sum(ads.customers)\ndouble = cac * 2\n";
const NEW: &str =
    "dataset ads = \"ads.csv\" { time day }\ncac = sum(ads.cost) / (sum(ads.customers) + 1)\ndouble = cac * 2\n";
const ADS: &str = "day,cost,customers\n2026-01-05,12,3\n2026-02-05,30,4\n";

/// A repository with two commits, tagged `v1` and `v2`. None if there is no git.
fn repository(name: &str) -> Option<Folder> {
    let folder = Folder::new(name);
    if !folder.git(&["init", "-q"]) {
        eprintln!("skipped: there is no git");
        return None;
    }
    folder.write("kpis/shop.kpi", OLD);
    folder.write("kpis/ads.csv", ADS);
    folder.write("kpis/notes.txt", "not definitions");
    folder.write("gone/old.kpi", "old = 1\n");
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "one"]);
    folder.git(&["tag", "v1"]);
    folder.write("kpis/shop.kpi", NEW);
    fs::remove_dir_all(folder.0.join("gone")).expect("it is there");
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "two"]);
    folder.git(&["tag", "v2"]);
    Some(folder)
}

/// By hand: 12/3 = 4 becomes 12/4 = 3, 30/4 = 7.5 becomes 30/5 = 6; -25% and -20%.
#[test]
fn a_revision_is_compared_with_the_files_here_and_with_another_revision() {
    let Some(folder) = repository("revisions") else { return };
    let rows = [
        "cac     2026-01    4.00   3.00       -1.00    -25%",
        "double  2026-01       8      6          -2    -25%",
        "cac     2026-02    7.50   6.00       -1.50    -20%",
        "double  2026-02      15     12          -3    -20%",
    ];
    for line in ["diff HEAD~1 -f kpis", "diff v1 -f kpis/shop.kpi", "diff v1 v2 -f kpis", "diff v1 main -f kpis"] {
        let (status, text) = folder.kpi(&format!("{line} --by month"));
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("cac: KPI, changed") && text.contains("affects    double"), "{text}");
        rows.iter().for_each(|row| assert!(text.contains(row), "{row}\n{text}"));
    }
    let (status, text) =
        said(kpi(&folder.0.join("kpis"), "diff HEAD~1 --no-values --fail-on-change").output().expect("it runs"));
    assert!(status == 1 && text.contains("(HEAD~1:shop.kpi:2 → shop.kpi:2)"), "{text}");
    assert_eq!(folder.kpi("diff HEAD -f kpis --fail-on-change"), (0, "From HEAD to kpis\nNothing differs.\n".into()));
}

#[test]
fn a_folder_that_is_gone_is_read_from_a_revision() {
    let Some(folder) = repository("gone") else { return };
    let (status, text) = folder.kpi("diff v1 kpis -f gone --no-values");
    assert!(status == 0 && text.contains("old: KPI, removed (v1:gone/old.kpi:1)"), "{text}");
}

#[test]
fn a_path_comes_before_a_revision_of_the_same_name() {
    let Some(folder) = repository("both") else { return };
    folder.write("v1/shop.kpi", NEW);
    let (status, text) = folder.kpi("diff v1 kpis --no-values");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("note: `v1` is a folder here; for the revision, write `refs/tags/v1`"), "{text}");
    assert!(text.contains("Nothing differs."), "{text}");
    let (_, text) = folder.kpi("diff refs/tags/v1 -f kpis --no-values");
    assert!(text.contains("cac: KPI, changed"), "{text}");
}

#[test]
fn what_is_not_there_is_an_error_that_says_what_to_do() {
    let Some(folder) = repository("wrong") else { return };
    for (line, message) in [
        ("diff nonsense -f kpis", "error[unreadable]: `nonsense` is not a file, a folder or a revision of git"),
        ("diff v1:kpis -f kpis", "error[unreadable]: `v1:kpis` is not a file, a folder or a revision of git"),
        ("diff -f kpis -- --output=x", "error[unreadable]: `--output=x` is not a file, a folder or a revision of git"),
        ("diff v2 -f gone", "error[unreadable]: the revision `v2` has no .kpi files in `gone`"),
        ("diff v1 -f kpis/other.kpi", "error[unreadable]: the revision `v1` has no .kpi files in `kpis/other.kpi`"),
        ("diff v1", "error[unreadable]: the revision `v1` has no .kpi files in `.`"),
    ] {
        let (status, text) = folder.kpi(line);
        assert!(status == 1 && text.contains(message), "{line}: {text}");
    }
    let without = kpi(&folder.0, "diff v1 -f kpis").env("PATH", "").output().expect("it runs");
    let (status, text) = said(without);
    assert!(status == 1 && text.contains("`git` cannot be run to find a revision"), "{text}");
    folder.write("kpis/shop.kpi", "cac = \n");
    folder.git(&["commit", "-qam", "three"]);
    folder.write("kpis/shop.kpi", NEW);
    let (status, text) = folder.kpi("diff HEAD -f kpis");
    assert!(status == 1 && text.contains("--> HEAD:kpis/shop.kpi:1:6"), "{text}");
}

#[test]
fn outside_a_repository_only_files_are_compared() {
    let folder = Folder::new("outside");
    folder.write("a.kpi", OLD);
    folder.write("b.kpi", NEW);
    let (status, text) =
        said(kpi(&folder.0, "diff HEAD").env("GIT_CEILING_DIRECTORIES", "/").output().expect("it runs"));
    let is_said = text.contains("this folder is not in a git repository") || text.contains("`git` cannot be run");
    assert!(status == 1 && is_said, "{text}");
    let (status, text) = folder.kpi("diff a.kpi b.kpi");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("note: no values, because no data file of the definitions can be read"), "{text}");
}

/// With other data for the old version, all KPIs are compared. By hand: 15/3 = 5 and 12/3 = 4, -20%.
#[test]
fn the_old_version_may_have_other_data() {
    let folder = Folder::new("data");
    folder.write("a.kpi", OLD);
    folder.write("ads.csv", ADS);
    folder.write("late.csv", &ADS.replace("12,3", "15,3"));
    let (status, text) = folder.kpi("diff a.kpi a.kpi --old-data ads=late.csv --by month");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("cac     2026-01    5.00   4.00       -1.00    -20%"), "{text}");
    assert!(!text.contains("2026-02"), "{text}");
}

#[test]
fn a_file_that_is_too_large_for_a_snapshot_is_an_error() {
    let folder = Folder::new("large");
    let file = fs::File::create(folder.0.join("large.snap")).expect("it can be made");
    file.set_len((256 << 20) + 1).expect("it has holes");
    let (status, text) = folder.kpi("diff large.snap");
    assert!(status == 1 && text.contains("error[limit-reached]: `large.snap` is larger than 256 MiB"), "{text}");
}

#[test]
fn a_missing_value_with_a_unit_is_the_same_later() {
    let folder = Folder::new("missing");
    folder.write("k.kpi", "u: percent = 1 / 0\n");
    assert_eq!(folder.kpi("snapshot u -f k.kpi -o u.snap").0, 0);
    let (status, text) = folder.kpi("diff u.snap -f k.kpi --fail-on-change");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("Values that differ: 0 of 1"), "{text}");
}

#[test]
fn a_name_is_set_once() {
    let folder = Folder::new("twice");
    folder.write("k.kpi", "param a = 1\ns = a + 1\n");
    for line in ["diff k.kpi k.kpi", "snapshot s -f k.kpi -o s.snap"] {
        let (status, text) = folder.kpi(&format!("{line} --set a=1 --set a=2"));
        assert!(status == 2 && text.contains("`a` is set twice"), "{line}: {status} {text}");
    }
}

#[test]
fn a_result_never_replaces_what_it_is_computed_from() {
    let folder = Folder::new("inputs");
    folder.write("k.kpi", "s = sum(t.x)\n");
    folder.write("t.csv", "x\n5\n");
    for line in ["snapshot s -d t.csv -o k.kpi", "snapshot s -d t.csv -o t.csv", "eval s -d t.csv -o ./t.csv"] {
        let (status, text) = folder.kpi(line);
        assert!(status == 2 && text.contains("is read by this command"), "{line}: {status} {text}");
    }
    assert_eq!(folder.kpi("eval s -d t.csv -o result.csv").0, 0);
}

#[test]
fn a_snapshot_does_not_depend_on_the_order_of_files_and_rows() {
    let folder = Folder::new("order");
    folder.write("a.kpi", "a = sum(ads.cost)\nb = a / sum(more.x)\n");
    folder.write("b.kpi", "c = b * 2  # a comment\n");
    folder.write("c.kpi", "\nc = (b) *\n  2\n");
    folder.write("ads.csv", "day,channel,cost\n2026-01-05,web,12\n2026-01-06,mail,3\n2026-02-05,,30\n");
    folder.write("late.csv", "channel,day,cost\n,2026-02-05,30.0\nmail,2026-01-06,3\nweb,2026-01-05,12\n");
    folder.write("more.csv", "day,channel,x\n2026-01-05,web,7\n2026-02-06,mail,3\n");
    let snapshot = |line: &str| folder.kpi(&format!("snapshot --by month,channel --totals {line}"));
    let (status, first) = snapshot("-f a.kpi -f b.kpi -d ads.csv -d more.csv");
    assert_eq!(status, 0, "{first}");
    assert!(first.contains("\nb[month 2026-01, channel \"web\"] ≈ 1.7142857142857142857142857143\n"), "{first}");
    assert!(first.contains("\na[month 2026-02, channel blank] = 30\n"), "{first}");
    for line in ["-f b.kpi -f a.kpi -d more.csv -d ads.csv", "-f a.kpi -f c.kpi -d ads=late.csv -d more.csv"] {
        assert_eq!(snapshot(line), (0, first.clone()), "{line}");
    }
    folder.write("old.snap", &first);
    let (status, text) = folder.kpi("diff old.snap -f b.kpi -f a.kpi -d ads.csv -d more.csv --fail-on-change");
    assert!(status == 0 && text.contains("The definitions are the same.\nThe data are the same."), "{text}");
    folder.write(
        "ads.csv",
        "day,channel,cost\n2026-01-05,web,12\n2026-01-06,mail,6\n2026-02-05,,30\n2026-02-07,mail,1\n",
    );
    let (status, text) = folder.kpi("diff old.snap -f b.kpi -f a.kpi -d ads.csv -d more.csv --fail-on-change");
    assert!(status == 1 && text.contains("The data changed: ads (3 → 4 rows).\n"), "{text}");
    // a: mail 3 → 6 in January, 1 in February, where it had no rows; the total 45 → 49.
    assert!(text.contains("a    2026-01  mail          3      6          +3   +100%"), "{text}");
    assert!(text.contains("a    total                 45     49          +4   +8.9%"), "{text}");
}
