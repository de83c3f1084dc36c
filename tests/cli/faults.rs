//! Faults in definitions and data: KPIs that need the faulty part are refused with the reason, all others are computed.

use crate::folder::Folder;

/// A folder with files, and a table that has no fault.
fn folder(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    for (name, text) in files.iter().chain(&[("good.csv", "day,shop,n\n2026-01-05,a,3\n2026-02-05,b,4\n")]) {
        folder.write(name, text);
    }
    folder
}

impl Folder {
    /// Standard output, standard error and the exit status.
    fn run(&self, arguments: &[&str]) -> (String, String, i32) {
        let output = self.kpi(arguments);
        let text = |bytes| String::from_utf8(bytes).expect("it is text");
        (text(output.stdout), text(output.stderr), output.status.code().expect("it ends"))
    }
}

/// Definitions of a dataset `bad`, its file, and a part of the message.
const FAULTS: &[(&str, &str, Option<&str>, &str)] = &[
    ("missing", "dataset bad = \"bad.csv\"", None, "cannot read `bad.csv`"),
    ("empty", "dataset bad = \"bad.csv\"", Some(""), "the file is empty"),
    ("ragged", "dataset bad = \"bad.csv\"", Some("day,m\n2026-01-01,1,2\n"), "expected 2 cells"),
    ("cell", "dataset bad = \"bad.csv\" { m: number }", Some("day,m\n2026-01-01,oops\n"), "oops"),
    ("column", "dataset bad = \"bad.csv\" { m = 1 + \"x\" }", Some("day\n2026-01-01\n"), "m = 1 +"),
    ("type", "dataset bad = \"bad.csv\" { m: monney }", Some("day,m\n2026-01-01,1\n"), "monney"),
    ("item", "dataset bad = \"bad.csv\" { m: }", Some("day,m\n2026-01-01,1\n"), "m: }"),
];

#[test]
fn a_faulty_dataset_affects_only_the_kpis_that_read_it() {
    for (name, dataset, file, said) in FAULTS {
        let text = format!("dataset good = \"good.csv\"\n{dataset}\nfine = sum(good.n)\npoor = sum(bad.m)\n");
        let mut files = vec![("t.kpi", &*text)];
        files.extend(file.map(|text| ("bad.csv", text)));
        let folder = folder(&files);
        let needing: [(&[&str], bool); 6] = [
            (&["eval", "fine", "poor", "-f", "t.kpi", "--format", "csv"], true),
            (&["eval", "sum(good.n)", "sum(bad.m)", "-f", "t.kpi", "--format", "csv"], true),
            (&["eval", "-f", "t.kpi", "--format", "csv"], true),
            (&["explain", "fine", "poor", "-f", "t.kpi"], true),
            (&["eval", "poor", "-f", "t.kpi", "--format", "csv"], false),
            (&["eval", "sum(bad.m) + 1", "-f", "t.kpi", "--format", "csv"], false),
        ];
        for (arguments, computes) in needing {
            let (out, errors, status) = folder.run(arguments);
            assert_eq!(status, 1, "{name} {arguments:?}: {out}{errors}");
            assert!(errors.contains(said), "{name} {arguments:?}: {errors}");
            assert_eq!(out.contains('7'), computes, "{name} {arguments:?}: {out}");
        }
        let (out, errors, status) = folder.run(&["check", "-f", "t.kpi"]);
        assert!(status == 1 && errors.contains(said), "{name} check: {out}{errors}");
    }
}

#[test]
fn an_invalid_year_start_is_not_guessed() {
    let text = "calendar { year starts aprill }\ndataset good = \"good.csv\"\nx = sum(good.n)\ny = x[year to date]\n";
    let folder = folder(&[("t.kpi", text)]);
    let eval = |more: &[&str]| {
        let (out, errors, status) = folder.run(&[&["eval", "-f", "t.kpi", "--format", "csv"], more].concat());
        assert!(status == 1 && errors.contains("aprill"), "{more:?}: {errors}");
        out
    };
    assert_eq!(eval(&["x", "--by", "year"]), "");
    assert_eq!(eval(&["x", "--by", "quarter"]), "");
    assert_eq!(eval(&["x", "--by", "week"]), "");
    assert_eq!(eval(&["x", "--period", "2026"]), "");
    assert_eq!(eval(&["x", "y", "--by", "month"]), "month,x\n2026-01,3\n2026-02,4\n");
}

#[test]
fn a_broken_definition_is_not_read_as_a_column() {
    let text = "dataset good = \"good.csv\"\nn = sum(good.n +\n";
    let folder = folder(&[("t.kpi", text)]);
    for formula in ["n", "n + 1"] {
        let (out, _, status) = folder.run(&["eval", formula, "-f", "t.kpi", "--format", "csv"]);
        assert_eq!((&*out, status), ("", 1), "{formula}");
    }
}

#[test]
fn an_unreadable_file_that_is_given_is_an_error_of_its_own() {
    let folder = folder(&[]);
    let given = ["eval", "sum(good.n)", "-d", "good.csv", "-d", "bad=none.csv", "--format", "csv"];
    let (out, errors, status) = folder.run(&given);
    assert_eq!((&*out, status), ("sum(good.n)\n7\n", 1));
    assert!(errors.contains("error[unreadable]: cannot read `none.csv`"), "{errors}");
    // A column that no other table has may be in the unreadable file.
    let (_, errors, status) = folder.run(&["eval", "sum(m)", "-d", "good.csv", "-d", "bad=none.csv"]);
    assert!(status == 1 && errors.contains("error[unreadable]: cannot read `none.csv`"), "{errors}");
}

#[test]
fn a_result_without_groups_gives_the_reason() {
    let folder = folder(&[("other.csv", "day,x\n2026-01-05,1\n")]);
    let given = |more: &[&str]| folder.run(&[&["eval", "sum(n)", "-d", "good.csv", "-d", "other.csv"], more].concat());
    let (out, errors, status) = given(&["--by", "x"]);
    assert_eq!((&*out, status), ("", 2));
    assert!(errors.contains("no dataset that the query reads has a column `x`"), "{errors}");
    assert!(errors.contains("`x` is a column of `other`"), "{errors}");
    let (out, _, status) = given(&["--by", "shop", "--where", "shop = \"z\""]);
    assert_eq!(status, 0);
    assert!(out.contains("no groups: no rows match `--where`"), "{out}");
}

/// Broken items, and definitions that depend on them.
const BROKEN: &str = "\
a = (1
b: nothing_known = 1
bad_card = sum(good.n) { better lower  good <= sum( }
dataset other = \"other.csv\" { time }
fn f(x) = x +
needs_a = a + sum(good.n)
needs_f = f(sum(good.n))
test \"broken\" { expect zero = }
";

#[test]
fn errors_in_unused_definitions_become_one_warning() {
    let files = [("broken.kpi", BROKEN), ("good.kpi", "dataset good = \"good.csv\"\nfine = sum(good.n)\n")];
    let folder = folder(&files);
    let eval = |kpi: &str| folder.run(&["eval", kpi, "-f", ".", "--format", "csv"]);
    for kpi in ["fine", "sum(good.n)", "1 + sum(good.n) - 1"] {
        let (out, errors, status) = eval(kpi);
        assert_eq!((status, out.lines().last()), (0, Some("7")), "{kpi}: {errors}");
        assert!(errors.contains("errors in definitions that this query does not use"), "{kpi}: {errors}");
        assert!(!errors.contains("error["), "{kpi}: {errors}");
    }
    for (kpi, said) in [("needs_a", "a = (1"), ("needs_f", "f(x) = x +"), ("a", "a = (1"), ("bad_card", "sum( }")] {
        let (out, errors, status) = eval(kpi);
        assert!(status == 1 && errors.contains(said), "{kpi}: {out}{errors}");
    }
    let (_, errors, status) = folder.run(&["eval", "-f", ".", "--format", "csv"]);
    assert!(status == 1 && errors.contains("a = (1"), "all KPIs: {errors}");
}

/// Checks a query over broken definitions: the KPIs that depend on them are refused, the others are computed.
#[track_caller]
fn computes(folder: &Folder, arguments: &[&str], table: &str, said: &[&str]) {
    let given = [&["eval", "-f", "t.kpi", "--format", "csv"], arguments].concat();
    let (out, errors, status) = folder.run(&given);
    assert_eq!((&*out, status), (table, 1), "{arguments:?}: {errors}");
    for said in said {
        assert!(errors.contains(said), "{arguments:?}: {said}\n{errors}");
    }
}

const TABLE: &str = "dataset good = \"good.csv\"\n";

#[test]
fn an_invalid_currency_is_not_guessed() {
    for currency in ["currency EURO", "currency", "currency EUR\ncurrency USD"] {
        let text = format!("{currency}\n{TABLE}input n: money = sum(good.n)\nrows = count(good)\ndouble = n * 2\n");
        let folder = folder(&[("t.kpi", &text)]);
        computes(&folder, &["rows", "double"], "rows\n2\n", &["error[", "currency"]);
        computes(&folder, &["double"], "", &["error[", "currency"]);
        computes(&folder, &["rows", "n", "--by", "shop"], "shop,rows\na,1\nb,1\n", &["error[", "currency"]);
    }
}

#[test]
fn a_function_of_the_library_does_not_replace_a_broken_one() {
    for function in ["fn ratio(a, b) = a /", "fn ratio(a, b) = a + \"x\"", "fn ratio(a, b = a / b"] {
        let text = format!("{function}\n{TABLE}rows = count(good)\npart = ratio(sum(good.n), 14)\nmore = part + 1\n");
        let folder = folder(&[("t.kpi", &text)]);
        computes(&folder, &["rows", "part"], "rows\n2\n", &["error[", "t.kpi:1:"]);
        computes(&folder, &["rows", "more"], "rows\n2\n", &["error[", "t.kpi:1:"]);
        computes(&folder, &["ratio(sum(good.n), 14)"], "", &["error[", "t.kpi:1:"]);
    }
}

#[test]
fn a_broken_column_is_not_used_for_grouping() {
    // If the end of the item is unknown too, nothing is known about the dataset.
    let cases = [
        ("kind = shop + 1", "kind", "rows\n2\n"),
        ("shop: nothing", "shop", "rows\n2\n"),
        ("kind = len(shop", "kind", ""),
    ];
    for (item, column, rows) in cases {
        let text = format!("dataset good = \"good.csv\" {{ {item} }}\nrows = count(good)\n");
        let folder = folder(&[("t.kpi", &text)]);
        let (condition, count) = (format!("{column} = \"a\""), format!("count(good where {column} = \"a\")"));
        let said = ["error[", "t.kpi:1:"];
        computes(&folder, &["rows", "--by", column], "", &said);
        computes(&folder, &["rows", "--where", &condition], "", &said);
        computes(&folder, &["rows", &count], rows, &said);
    }
}

#[test]
fn a_broken_dataset_is_reported_once() {
    let text = "dataset good = \"good.csv\" { kind = if n > 3 then }\nrows = count(good)\ntotal = sum(good.n)\nloose = sum(m)\n\
                others = count(other)\n";
    let folder = folder(&[("t.kpi", text), ("other.csv", "day,x\n2026-01-05,1\n")]);
    for kpi in ["rows", "total", "loose", "count(good)", "sum(good.n) + 1", "only(m)", "last(good.n where m = 1)"] {
        for more in [&["-d", "other.csv"][..], &[]] {
            let given = [&["eval", kpi, "-f", "t.kpi", "--format", "csv"], more].concat();
            let (out, errors, status) = folder.run(&given);
            assert_eq!((&*out, status), ("", 1), "{kpi}: {errors}");
            let said = errors.matches("error[").count();
            assert!(said == 1 && errors.contains("error[syntax]"), "{kpi} {more:?}: {errors}");
        }
    }
    let both = ["rows", "others", "-d", "other.csv"];
    computes(&folder, &both, "others\n1\n", &["error[syntax]"]);
    computes(&folder, &["others", "-d", "other.csv", "--by", "kind"], "", &["error[syntax]"]);
}

#[test]
fn a_duplicate_calendar_is_not_guessed() {
    let text = format!(
        "calendar {{ year starts april }}\ncalendar {{ year starts july }}\n{TABLE}x = sum(good.n)\ny = x[year to date]\n"
    );
    let folder = folder(&[("t.kpi", &text)]);
    computes(&folder, &["x", "--by", "year"], "", &["error[", "t.kpi:2:"]);
    computes(&folder, &["x", "--period", "2026"], "", &["error[", "t.kpi:2:"]);
    computes(&folder, &["x", "y", "--by", "month"], "month,x\n2026-01,3\n2026-02,4\n", &["error[", "t.kpi:2:"]);
}

/// Neither of two definitions with the same name is used, regardless of their order.
#[test]
fn duplicate_definitions_are_refused_with_their_dependents() {
    let items = ["margin = 2", "let margin = 3", "fn f(x) = x", "fn f(x) = x + 1"];
    let used = "needs = margin * 100\ncalls = f(1)\nfine = 7\n";
    for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
        let text: String = order.iter().map(|&at| format!("{}\n", items[at])).chain([used.to_owned()]).collect();
        let folder = folder(&[("t.kpi", &text)]);
        let (out, errors, status) =
            folder.run(&["eval", "margin", "needs", "calls", "fine", "-f", "t.kpi", "--format", "csv"]);
        assert_eq!((&*out, status), ("fine\n7\n", 1), "{errors}");
        assert!(errors.contains("`margin` is defined twice") && errors.contains("`f` is defined twice"), "{errors}");
    }
}

/// However many parts of a query miss the columns of a file, its error is printed once.
#[test]
fn the_error_of_a_file_is_printed_once() {
    let folder = folder(&[("t.kpi", "dataset bad = \"bad.csv\"\npoor = sum(bad.m)\n")]);
    let queries: [&[&str]; 7] = [
        &["eval", "sum(bad.m)", "-d", "bad=missing.csv", "--by", "shop"],
        &["eval", "sum(bad.m)", "-d", "bad=missing.csv", "--by", "shop,month,kind", "--where", "kind = \"a\""],
        &["eval", "sum(m)", "avg(m)", "-d", "bad=missing.csv", "--by", "shop"],
        &["eval", "poor", "-f", "t.kpi", "--by", "shop"],
        &["explain", "poor", "-f", "t.kpi", "--by", "shop"],
        &["sql", "sum(bad.m)", "-d", "bad=missing.csv", "--by", "shop"],
        &["eval", "sum(x.m)", "-d", "x=warehouse:t", "--connection", "warehouse=./none.toml", "--by", "shop"],
    ];
    for query in queries {
        let (_, said, status) = folder.run(query);
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
        let distinct: std::collections::BTreeSet<&str> = errors.iter().copied().collect();
        assert_eq!((errors.len(), status), (distinct.len().max(1), 1), "{query:?}\n{said}");
    }
}

/// What is set is not read from data, and neither are its groups.
#[test]
fn values_that_are_set_have_no_groups() {
    let folder = folder(&[("t.kpi", "param p = 5\nn = sum(good.n)\n")]);
    let message = "error[bad-query]: there are no groups: `n` is set, so no data are read\n";
    for arguments in [&["--by", "month"][..], &["--at", "shop=a"]] {
        let query = ["explain", "n", "-f", "t.kpi", "-d", "good.csv", "--set", "n=5"];
        let (out, errors, status) = folder.run(&[&query[..], arguments].concat());
        assert!(status == 2 && out.is_empty() && errors.contains(message), "{arguments:?}: {out}{errors}");
    }
    let (_, errors, status) = folder.run(&["explain", "p", "-f", "t.kpi", "--by", "month"]);
    assert!(status == 2 && errors.contains("there are no groups: the query reads no data"), "{errors}");
    let (out, _, _) = folder.run(&["eval", "n", "-f", "t.kpi", "-d", "good.csv", "--set", "n=5", "--by", "month"]);
    assert!(out.contains("no groups: the query reads no data"), "{out}");
}

#[test]
fn a_wrong_option_is_refused_with_what_to_type() {
    let folder = folder(&[("t.kpi", "dataset good = \"good.csv\" { time day }\nn = sum(good.n)\n")]);
    for (line, message) in [
        ("explain n --rows -1", "expected a whole number from 1 to 1000, as in `--rows 5`"),
        ("explain n --rows 0", "expected a whole number from 1 to 1000, as in `--rows 5`"),
        ("explain n --rows --inner-rows 0", "expected a whole number from 1 to 1000, as in `--inner-rows 5`"),
        ("why n --by month --rows -1", "expected a whole number from 1 to 1000, as in `--rows 5`"),
        ("eval n --by shop --top -1", "expected a whole number of at least 1, as in `--top 5`"),
        ("eval n --by shop --top 0", "expected a whole number of at least 1, as in `--top 5`"),
        ("eval n --limit x", "expected a whole number of at least 0, as in `--limit 5`"),
        ("diff t.kpi t.kpi --top -1", "expected a whole number of at least 0, as in `--top 5`"),
        ("sensitivity n --change -5%", "each input is varied in both directions; write `--change 5%`"),
        ("report n --by month --against nosuch", "`nosuch` is not a period to compare with"),
        ("report n --by month --over nosuch", "no dataset has a column `nosuch` to group by"),
        ("why n --by month --against nosuch", "`nosuch` is not something to compare with"),
        ("eval n --scenario nosuch", "there is no scenario `nosuch`"),
        ("eval n --set nosuch=1", "cannot set `nosuch`: it is not defined"),
        ("snapshot n --where ((", "`(` is never closed"),
        ("solve n=x --for n", "`x` cannot be used in a constant"),
        ("sensitivity n --for nosuch", "`nosuch` is not an input, a parameter or a KPI"),
        ("sql n --by nosuch", "no dataset has a column `nosuch` to group by"),
        ("graph nosuch", "`nosuch` is not defined"),
    ] {
        let files: &[&str] = if line.starts_with("diff") { &[] } else { &["-f", "t.kpi"] };
        let (out, errors, status) = folder.run(&[&line.split(' ').collect::<Vec<_>>()[..], files].concat());
        assert!(status == 2 && out.is_empty() && errors.contains(message), "{line}: {status} {out}{errors}");
    }
}
