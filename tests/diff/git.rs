//! `kpi diff` with revisions of git, and snapshots in any order of files.

use std::fs;
use std::process::{Command, Output};

use crate::folder::Folder;

impl Folder {
    /// Runs git. Returns false if there is no git.
    fn git(&self, arguments: &[&str]) -> bool {
        let names = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").current_dir(self.path()).args(names).args(arguments).output();
        let Ok(output) = output else { return false };
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        true
    }

    /// The exit status of a command, and what it wrote.
    fn answers(&self, line: &str) -> (i32, String) {
        self.answers_in("", line)
    }

    /// The same in a folder below.
    fn answers_in(&self, below: &str, line: &str) -> (i32, String) {
        said(self.command(below, &words(line)).output().expect("it runs"))
    }
}

/// The words of a line. Those with spaces are in quotes.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    parts.flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }).collect()
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
fn repository() -> Option<Folder> {
    let folder = Folder::new();
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
    fs::remove_dir_all(folder.file("gone")).expect("it is there");
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "two"]);
    folder.git(&["tag", "v2"]);
    Some(folder)
}

/// By hand: 12/3 = 4 becomes 12/4 = 3, 30/4 = 7.5 becomes 30/5 = 6; -25% and -20%.
#[test]
fn a_revision_is_compared_with_the_files_here_and_with_another_revision() {
    let Some(folder) = repository() else { return };
    let rows = [
        "cac     2026-01    4.00   3.00       -1.00    -25%",
        "double  2026-01       8      6          -2    -25%",
        "cac     2026-02    7.50   6.00       -1.50    -20%",
        "double  2026-02      15     12          -3    -20%",
    ];
    for line in ["diff HEAD~1 -f kpis", "diff v1 -f kpis/shop.kpi", "diff v1 v2 -f kpis", "diff v1 main -f kpis"] {
        let (status, text) = folder.answers(&format!("{line} --by month"));
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("cac: KPI, changed") && text.contains("affects    double"), "{text}");
        rows.iter().for_each(|row| assert!(text.contains(row), "{row}\n{text}"));
    }
    let (status, text) = folder.answers_in("kpis", "diff HEAD~1 --no-values --fail-on-change");
    assert!(status == 1 && text.contains("(HEAD~1:./shop.kpi:2 → shop.kpi:2)"), "{text}");
    assert_eq!(
        folder.answers("diff HEAD -f kpis --fail-on-change"),
        (0, "From HEAD to kpis\nNothing differs.\n".into())
    );
}

#[test]
fn files_of_a_revision_are_in_the_same_place_wherever_the_command_runs() {
    let Some(folder) = repository() else { return };
    folder.write("kpis/more.kpi", "triple = cac * 3\n");
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "three"]);
    for (below, line) in [
        ("kpis", "diff HEAD"),
        ("kpis", "diff HEAD -f ."),
        ("", "diff HEAD -f kpis"),
        ("gone2", "diff HEAD -f ../kpis"),
    ] {
        folder.write("gone2/readme.txt", "");
        let (status, text) = folder.answers_in(below, &format!("{line} --no-values"));
        assert!(status == 0 && text.ends_with("\nNothing differs.\n"), "{below}: {line}: {text}");
    }
    folder.git(&["mv", "kpis/more.kpi", "kpis/moved.kpi"]);
    let (_, text) = folder.answers_in("kpis", "diff HEAD --no-values");
    assert!(text.contains("in another file: triple"), "{text}");
}

#[test]
fn a_name_of_a_file_may_have_spaces_and_accents() {
    let Some(folder) = repository() else { return };
    folder.write("mes définitions/coût été.kpi", OLD);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "three"]);
    folder.write("mes définitions/coût été.kpi", NEW);
    for path in ["mes définitions", "mes définitions/coût été.kpi"] {
        let (status, text) = folder.answers(&format!("diff HEAD -f '{path}' --no-values"));
        assert!(
            status == 0 && text.contains("(HEAD:./mes définitions/coût été.kpi:2 → mes définitions/coût été.kpi:2)"),
            "{text}"
        );
    }
}

/// The same name may be another commit in each of them.
#[test]
fn a_revision_is_found_in_the_repository_of_each_file() {
    let (Some(folder), Some(other)) = (repository(), repository()) else { return };
    other.git(&["tag", "theirs"]);
    let path = other.file("kpis/shop.kpi").display().to_string();
    folder.write("kpis/shop.kpi", "a = 1\n");
    folder.git(&["commit", "-qam", "three"]);
    folder.write("kpis/shop.kpi", "a = 2\n");
    let (status, text) = folder.answers(&format!("diff HEAD -f kpis -f {path} --no-values"));
    assert!(status == 0 && text.contains("a: KPI, changed") && !text.contains("cac"), "{text}");
    let (status, text) = folder.answers(&format!("diff theirs -f {path} --no-values"));
    assert!(status == 0 && text.contains("Nothing differs."), "{text}");
    let (status, text) = folder.answers(&format!("diff theirs -f {path} -f kpis --no-values"));
    let expected = "`theirs` is not a file, a folder or a revision of git in the repository of `kpis`";
    assert!(status == 1 && text.contains(expected), "{text}");
}

#[test]
fn revisions_with_a_similar_name_are_suggested() {
    let Some(folder) = repository() else { return };
    folder.git(&["branch", "release"]);
    folder.git(&["update-ref", "refs/remotes/origin/feature", "HEAD"]);
    for (name, hint) in [
        ("relase", "did you mean `release`?"),
        ("relase~1", "did you mean `release~1`?"),
        ("feature", "did you mean `origin/feature`?"),
        ("HEAD~7", "the first commit of `HEAD` is `HEAD~1`"),
        ("v1^", "`v1` is the first commit"),
        ("v1:kpis", "to read a folder of a revision, write `v1 -f kpis`"),
    ] {
        let (status, text) = folder.answers(&format!("diff {name} -f kpis"));
        assert!(status == 1 && text.contains(&format!("= help: {hint}\n")), "{name}: {text}");
    }
    folder.write("new/new.kpi", "a = 1\n");
    let (_, text) = folder.answers("diff HEAD -f new");
    assert!(text.contains("git does not have `new` yet: to keep it from now on, run `git add new`"), "{text}");
}

#[test]
fn repositories_without_files_or_without_history_are_read() {
    let Some(folder) = repository() else { return };
    let from = format!("file://{}", folder.path().display());
    folder.git(&["clone", "-q", "--bare", &from, "bare"]);
    let (status, text) = folder.answers_in("bare", "diff HEAD~1 HEAD -f kpis --no-values");
    assert!(status == 0 && text.contains("cac: KPI, changed"), "{text}");
    assert!(text.contains("note: `HEAD` is a revision; for the file, write `./HEAD`"), "{text}");
    folder.git(&["clone", "-q", "--depth", "1", &from, "shallow"]);
    let (status, text) = folder.answers_in("shallow", "diff HEAD~1 -f kpis");
    assert!(status == 1 && text.contains("run `git fetch --unshallow`"), "{text}");
    assert_eq!(folder.answers_in("shallow", "diff HEAD -f kpis --no-values").0, 0);
    folder.git(&["init", "-q", "empty"]);
    let (status, text) = folder.answers_in("empty", "diff HEAD");
    assert!(status == 1 && text.contains("the repository has no commits yet"), "{text}");
}

#[test]
fn a_data_file_is_not_a_version() {
    let folder = Folder::new();
    folder.write("a.kpi", OLD);
    folder.write("ads.csv", ADS);
    for line in ["diff ads.csv a.kpi", "diff a.kpi ads.csv", "diff ads.csv ads.csv", "diff ads.csv -f a.kpi"] {
        let (status, text) = folder.answers(line);
        let message = "error[unreadable]: `ads.csv` is a data file, and `kpi diff` compares definitions\n";
        assert!(status == 2 && text.starts_with(message) && text.contains("--old-data ads=ads.csv"), "{line}: {text}");
    }
    for line in ["eval -f ads.csv", "diff a.kpi -f ads.csv", "check -f ads.csv", "fmt ads.csv"] {
        let (status, text) = folder.answers(line);
        assert!(status == 2 && text.contains("`ads.csv` is a data file, not a file of definitions"), "{line}: {text}");
    }
}

#[test]
fn a_query_that_is_wrong_is_refused_before_anything_is_printed() {
    let folder = Folder::new();
    folder.write("a.kpi", OLD);
    folder.write("b.kpi", NEW);
    folder.write("ads.csv", ADS);
    for option in [
        "--period xx",
        "--data-until xx",
        "--by channle",
        "--where 'channle = 1'",
        "--where '(('",
        "--set cacc=1",
        "--set 'cac=(('",
        "--top -1",
    ] {
        for versions in ["a.kpi b.kpi", "a.kpi a.kpi"] {
            let output = folder.command("", &words(&format!("diff {versions} {option}"))).output().expect("it runs");
            let problems = String::from_utf8_lossy(&output.stderr);
            assert!(output.stdout.is_empty(), "{versions} {option}");
            assert!(output.status.code() == Some(2) && problems.starts_with("error"), "{option}: {problems}");
        }
    }
}

#[test]
fn a_folder_that_is_gone_is_read_from_a_revision() {
    let Some(folder) = repository() else { return };
    let (status, text) = folder.answers("diff v1 kpis -f gone --no-values");
    assert!(status == 0 && text.contains("old: KPI, removed (v1:./gone/old.kpi:1)"), "{text}");
}

#[test]
fn a_path_comes_before_a_revision_of_the_same_name() {
    let Some(folder) = repository() else { return };
    folder.write("v1/shop.kpi", NEW);
    let (status, text) = folder.answers("diff v1 kpis --no-values");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("note: `v1` is a folder here; for the revision, write `refs/tags/v1`"), "{text}");
    assert!(text.contains("Nothing differs."), "{text}");
    let (_, text) = folder.answers("diff refs/tags/v1 -f kpis --no-values");
    assert!(text.contains("cac: KPI, changed"), "{text}");
}

#[test]
fn what_is_not_there_is_an_error_that_says_what_to_do() {
    let Some(folder) = repository() else { return };
    for (line, message) in [
        ("diff nonsense -f kpis", "error[unreadable]: `nonsense` is not a file, a folder or a revision of git"),
        ("diff v1:kpis -f kpis", "error[unreadable]: `v1:kpis` is not a file, a folder or a revision of git"),
        ("diff -f kpis -- --output=x", "error[unreadable]: `--output=x` is not a file, a folder or a revision of git"),
        ("diff v2 -f gone", "error[unreadable]: the revision `v2` has no .kpi files in `gone`"),
        ("diff v1 -f kpis/other.kpi", "error[unreadable]: the revision `v1` has no .kpi files in `kpis/other.kpi`"),
        ("diff v1", "error[unreadable]: the revision `v1` has no .kpi files in `.`"),
    ] {
        let (status, text) = folder.answers(line);
        assert!(status == 1 && text.contains(message), "{line}: {text}");
    }
    let without = folder.command("", &words("diff v1 -f kpis")).env("PATH", "").output().expect("it runs");
    let (status, text) = said(without);
    assert!(status == 1 && text.contains("`git` cannot be run to find a revision"), "{text}");
    folder.write("kpis/shop.kpi", "cac = \n");
    folder.git(&["commit", "-qam", "three"]);
    folder.write("kpis/shop.kpi", NEW);
    let (status, text) = folder.answers("diff HEAD -f kpis");
    assert!(status == 1 && text.contains("--> HEAD:./kpis/shop.kpi:1:6"), "{text}");
}

#[test]
fn outside_a_repository_only_files_are_compared() {
    let folder = Folder::new();
    folder.write("a.kpi", OLD);
    folder.write("b.kpi", NEW);
    let (status, text) =
        said(folder.command("", &["diff", "HEAD"]).env("GIT_CEILING_DIRECTORIES", "/").output().expect("it runs"));
    let is_said = text.contains("this folder is not in a git repository") || text.contains("`git` cannot be run");
    assert!(status == 1 && is_said, "{text}");
    let (status, text) = folder.answers("diff a.kpi b.kpi");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("note: no values, because no data file of the definitions can be read"), "{text}");
}

/// With other data for the old version, all KPIs are compared. By hand: 15/3 = 5 and 12/3 = 4, -20%.
#[test]
fn the_old_version_may_have_other_data() {
    let folder = Folder::new();
    folder.write("a.kpi", OLD);
    folder.write("ads.csv", ADS);
    folder.write("late.csv", ADS.replace("12,3", "15,3"));
    let (status, text) = folder.answers("diff a.kpi a.kpi --old-data ads=late.csv --by month");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("cac     2026-01    5.00   4.00       -1.00    -20%"), "{text}");
    assert!(!text.contains("2026-02"), "{text}");
}

#[test]
fn a_file_that_is_too_large_for_a_snapshot_is_an_error() {
    let folder = Folder::new();
    let file = fs::File::create(folder.file("large.snap")).expect("it can be made");
    file.set_len((256 << 20) + 1).expect("it has holes");
    let (status, text) = folder.answers("diff large.snap");
    assert!(status == 1 && text.contains("error[limit-reached]: `large.snap` is larger than 256 MiB"), "{text}");
}

#[test]
fn a_missing_value_with_a_unit_is_the_same_later() {
    let folder = Folder::new();
    folder.write("k.kpi", "u: percent = 1 / 0\n");
    assert_eq!(folder.answers("snapshot u -f k.kpi -o u.snap").0, 0);
    let (status, text) = folder.answers("diff u.snap -f k.kpi --fail-on-change");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("Values that differ: 0 of 1"), "{text}");
}

#[test]
fn a_name_is_set_once() {
    let folder = Folder::new();
    folder.write("k.kpi", "param a = 1\ns = a + 1\n");
    for line in ["diff k.kpi k.kpi", "snapshot s -f k.kpi -o s.snap"] {
        let (status, text) = folder.answers(&format!("{line} --set a=1 --set a=2"));
        assert!(status == 2 && text.contains("`a` is set twice"), "{line}: {status} {text}");
    }
}

#[test]
fn a_result_never_replaces_what_it_is_computed_from() {
    let folder = Folder::new();
    folder.write("k.kpi", "s = sum(t.x)\n");
    folder.write("t.csv", "x\n5\n");
    folder.write("named/n.kpi", "dataset t = \"t.csv\"\ndataset all = \"part-*.csv\"\ns = sum(t.x)\n");
    folder.write("named/t.csv", "x\n5\n");
    folder.write("named/part-1.csv", "y\n5\n");
    folder.write("rows.json", "[{\"x\": 5}]\n");
    folder.write("old.snap", "");
    for line in [
        "snapshot s -d t.csv -o k.kpi",
        "snapshot s -d t.csv -o t.csv",
        "eval s -d t.csv -o ./t.csv",
        "eval -f named -o named/t.csv",
        "eval -f named -o named/part-1.csv",
        "list -f named -o named/t.csv",
        "doc -f named --format html -o named/t.csv",
        "graph -f named --format json -o named/t.csv",
        "show s -f named --format json -o named/t.csv",
        "describe rows.json -o rows.json",
        "describe t.csv --format json -o t.csv",
        "init t.csv -o t.csv --force",
        "diff old.snap -f k.kpi --format json -o old.snap",
        "diff k.kpi k.kpi -d t.csv --old-data t=rows.json -o rows.json",
        "report s -f named --format html -o named/t.csv",
    ] {
        let (status, text) = folder.answers(line);
        assert!(status == 2 && text.contains("which is one of the sources"), "{line}: {status} {text}");
    }
    assert_eq!(folder.answers("eval s -d t.csv -o result.csv").0, 0);
}

#[test]
fn a_snapshot_does_not_depend_on_the_order_of_files_and_rows() {
    let folder = Folder::new();
    folder.write("a.kpi", "a = sum(ads.cost)\nb = a / sum(more.x)\n");
    folder.write("b.kpi", "c = b * 2  # a comment\n");
    folder.write("c.kpi", "\nc = (b) *\n  2\n");
    folder.write("ads.csv", "day,channel,cost\n2026-01-05,web,12\n2026-01-06,mail,3\n2026-02-05,,30\n");
    folder.write("late.csv", "channel,day,cost\n,2026-02-05,30.0\nmail,2026-01-06,3\nweb,2026-01-05,12\n");
    folder.write("more.csv", "day,channel,x\n2026-01-05,web,7\n2026-02-06,mail,3\n");
    let snapshot = |line: &str| folder.answers(&format!("snapshot --by month,channel --totals {line}"));
    let (status, first) = snapshot("-f a.kpi -f b.kpi -d ads.csv -d more.csv");
    assert_eq!(status, 0, "{first}");
    assert!(first.contains("\nb[month 2026-01, channel \"web\"] ≈ 1.7142857142857142857142857143\n"), "{first}");
    assert!(first.contains("\na[month 2026-02, channel blank] = 30\n"), "{first}");
    for line in ["-f b.kpi -f a.kpi -d more.csv -d ads.csv", "-f a.kpi -f c.kpi -d ads=late.csv -d more.csv"] {
        assert_eq!(snapshot(line), (0, first.clone()), "{line}");
    }
    folder.write("old.snap", &first);
    let (status, text) = folder.answers("diff old.snap -f b.kpi -f a.kpi -d ads.csv -d more.csv --fail-on-change");
    assert!(status == 0 && text.contains("The definitions are the same.\nThe data are the same."), "{text}");
    folder.write(
        "ads.csv",
        "day,channel,cost\n2026-01-05,web,12\n2026-01-06,mail,6\n2026-02-05,,30\n2026-02-07,mail,1\n",
    );
    let (status, text) = folder.answers("diff old.snap -f b.kpi -f a.kpi -d ads.csv -d more.csv --fail-on-change");
    assert!(status == 1 && text.contains("The data changed: ads (3 → 4 rows).\n"), "{text}");
    // a: mail 3 → 6 in January, 1 in February, where it had no rows; the total 45 → 49.
    assert!(text.contains("a    2026-01  mail          3      6          +3   +100%"), "{text}");
    assert!(text.contains("a    total                 45     49          +4   +8.9%"), "{text}");
}
