//! `kpi init` writes definitions that pass the check and give numbers, for the tables of the examples and for exports.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::Folder;

impl Folder {
    /// The standard output of a command that succeeds without a warning.
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.kpi(arguments);
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !errors.contains("warning"), "{arguments:?}\n{text}\n{errors}");
        text.into_owned()
    }

    /// Drafts definitions and returns them, after all checks.
    fn drafted(&self, files: &[&str]) -> String {
        let said = self.says(&[&["init"], files, &["-o", "k.kpi", "--yes", "--force"]].concat());
        self.says(&["check", "-f", "k.kpi"]);
        self.says(&["fmt", "--check", "k.kpi"]);
        let result = self.says(&["eval", "-f", "k.kpi", "--format", "csv"]);
        let values = result.lines().nth(1).expect("there is a row of values");
        assert!(values.split(',').all(|value| value.parse::<f64>().is_ok()), "{files:?}\n{result}");
        // What it says to run next runs.
        let next: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  kpi ")).collect();
        assert!(next.len() >= 2, "{said}");
        for command in next {
            self.says(&command.split(' ').collect::<Vec<_>>());
        }
        fs::read_to_string(self.file("k.kpi")).expect("it was written")
    }
}

/// The CSV files of a folder of the examples.
fn tables(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut tables: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "csv")).collect();
    tables.sort();
    tables
}

#[test]
fn every_table_of_the_examples_gets_definitions_that_work() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut folders = 0;
    for folder in fs::read_dir(examples).expect("it is a folder").flatten().map(|entry| entry.path()) {
        let tables = tables(&folder);
        if tables.is_empty() {
            continue;
        }
        folders += 1;
        let name = |path: &PathBuf| path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let copy = Folder::new();
        let names: Vec<String> = tables.iter().map(name).collect();
        tables
            .iter()
            .zip(&names)
            .for_each(|(table, name)| drop(copy.write(name, fs::read(table).expect("it can be read"))));
        copy.drafted(&names.iter().map(String::as_str).collect::<Vec<_>>());
        if names.len() > 1 {
            names.iter().for_each(|name| drop(copy.drafted(&[name])));
        }
    }
    assert!(folders >= 6, "{folders}");
}

/// Windows-1252, semicolons, decimal commas, titles above the names and a total below the rows.
const SALES: &str = "Export des ventes;;;;;\r\nÉdité le 02/04/2026;;;;;\r\n\r\n\
    Date;N° facture;Code client;Région;Montant TTC;Quantité\r\n\
    03/01/2026;F001;C01;Île-de-France;1 234,50 €;3\r\n15/01/2026;F002;C02;Bretagne;89,90 €;1\r\n\
    02/02/2026;F003;C01;Île-de-France;450,00 €;2\r\n20/02/2026;F004;C03;Occitanie;1 020,00 €;4\r\n\
    05/03/2026;F005;C02;Bretagne;77,00 €;1\r\n28/03/2026;F006;C04;Occitanie;310,25 €;2\r\n\
    Total;;;;3 181,65 €;13\r\n";

const CLIENTS: &str =
    "Code client;Nom;Ville\r\nC01;Durand;Paris\r\nC02;Martin;Rennes\r\nC03;Petit;Albi\r\nC04;Moreau;Brest\r\n";

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c == '€' { 0x80 } else { u8::try_from(u32::from(c)).expect("it is Latin") }).collect()
}

#[test]
fn a_french_export_gets_its_settings_and_its_lookup() {
    let folder = Folder::new();
    folder.write("ventes.csv", windows_1252(SALES));
    folder.write("clients.csv", windows_1252(CLIENTS));
    let text = folder.drafted(&["ventes.csv", "clients.csv"]);
    for line in [
        "currency EUR\n",
        "dataset ventes = \"ventes.csv\" {\n  header 4\n  skip last 1\n  time Date\n  `Montant TTC`: money\n",
        "  lookup clients on `Code client`\n",
        "  customer_id = `Code client`\n",
        "  expect unique `N° facture`\n",
        "input revenue: money = sum(ventes.`Montant TTC`)  # ? guessed from the name\n",
        "input orders: count = count(ventes)\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // 1234.50 + 89.90 + 450 + 1020 + 77 + 310.25, of which Rennes and Brest bought 477.15.
    let result = folder.says(&["eval", "total_revenue", "-f", "k.kpi", "--format", "csv"]);
    assert_eq!(result, "total_revenue\n3181.65\n");
    let west = "Ville in (\"Rennes\", \"Brest\")";
    let result = folder.says(&["eval", "total_revenue", "-f", "k.kpi", "--format", "csv", "--where", west]);
    assert_eq!(result, "total_revenue\n477.15\n");
    let baskets = folder.says(&["eval", "average_basket", "-f", "k.kpi", "--format", "csv"]);
    assert_eq!(baskets, "average_basket\n530.275\n");
}

#[test]
fn a_draft_in_french_has_french_comments_labels_and_names() {
    let folder = Folder::new();
    folder.write("ventes.csv", windows_1252(SALES));
    folder.write("clients.csv", windows_1252(CLIENTS));
    folder.write("depot.csv", "mois;stock;clics;prix\n2026-01;5;30;2,5\n2026-02;7;20;3\n2026-03;6;10;2\n");
    let files = ["ventes.csv", "clients.csv", "depot.csv"];
    let said = folder.says(&[&["init"], &files[..], &["-o", "k.kpi", "--yes", "--lang", "fr"]].concat());
    assert!(said.starts_with("k.kpi est écrit\u{a0}: 3 jeux de données, 2 données\u{202f}; 2 suppositions"), "{said}");
    let text = folder.read("k.kpi");
    for line in [
        "# Ébauche de `kpi init`\u{a0}: vérifiez",
        "input revenue: money = sum(ventes.`Montant TTC`)  # ? deviné d’après le nom\n",
        "chiffre_affaires_total: money = revenue {\n  label  \"Chiffre d'affaires\"\n",
        "chiffre_affaires_par_client: money = revenue / count(distinct ventes.`Code client`) {\n  label  \"Chiffre d'affaires par client\"\n",
        "stock_fin = last(depot.stock) {\n  label \"Stock (fin de période)\"\n",
        "clics_total = sum(depot.clics) {\n  label \"Clics (total)\"\n",
        "prix_moyenne: money = avg(depot.prix) {  # ? chaque ligne a le même poids\n  label \"Prix (moyenne)\"\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains(" fr \""), "{text}");
    for command in said.lines().filter_map(|line| line.strip_prefix("  kpi ")) {
        assert!(command.ends_with(" --lang fr"), "{command}");
        folder.says(&command.split(' ').collect::<Vec<_>>());
    }
}

#[test]
fn amounts_in_several_currencies_are_never_added_up() {
    let folder = Folder::new();
    let rows = "1,2026-01-05,a,EUR,100\n2,2026-01-06,b,USD,50\n3,2026-02-07,a,USD,30\n4,2026-02-09,c,GBP,10\n";
    folder.write("orders.csv", format!("order_id,day,customer,currency,amount\n{rows}"));
    let text = folder.drafted(&["orders.csv"]);
    assert!(text.contains("  time day\n  amount: money in currency\n"), "{text}");
    assert!(!text.contains("input revenue") && !text.contains("currency EUR"), "{text}");
    let result = folder.says(&["eval", "-f", "k.kpi", "--format", "csv"]);
    assert_eq!(result, "total_orders,total_amount_eur,total_amount_usd,total_amount_gbp\n4,100,80,10\n");
    // A column that is converted already is the revenue.
    let rows = "1,2026-01-05,EUR,100,100\n2,2026-01-06,USD,50,45\n3,2026-02-07,USD,30,24.5\n";
    folder.write("orders.csv", format!("order_id,day,currency,amount,amount_eur\n{rows}"));
    let text = folder.drafted(&["orders.csv"]);
    assert!(text.contains("  amount: money in currency\n  amount_eur: EUR\n"), "{text}");
    assert!(text.contains("currency EUR\n") && text.contains("= sum(orders.amount_eur)  # ?"), "{text}");
    let result = folder.says(&["eval", "total_revenue", "-f", "k.kpi", "--format", "csv"]);
    assert_eq!(result, "total_revenue\n169.5\n");
}

#[test]
fn a_key_with_duplicates_keeps_its_test_as_a_comment() {
    let folder = Folder::new();
    let rows: String = (1..=40).map(|at| format!("D{at},2026-01-05,{at}\n")).collect();
    folder.write("orders.csv", format!("order_id,day,amount\n{rows}D7,2026-01-05,7\n"));
    let text = folder.drafted(&["orders.csv"]);
    assert!(
        text.contains("  # expect unique order_id  # ? some rows fail this test: `kpi describe` lists them\n"),
        "{text}"
    );
}

#[test]
fn a_column_whose_name_begins_with_that_of_another_is_a_kpi_too() {
    let folder = Folder::new();
    folder.write("pipeline.csv", "day,deals,deals_won\n2026-01-05,10,4\n2026-01-06,20,5\n2026-01-07,15,6\n");
    let text = folder.drafted(&["pipeline.csv"]);
    assert!(text.contains("input deals_won: count = sum(pipeline.deals_won)\n"), "{text}");
    assert!(text.contains("total_deals = sum(pipeline.deals) {"), "{text}");
}

#[test]
fn monthly_costs_of_a_french_export_are_bound() {
    let folder = Folder::new();
    let rows = "01/2026;Google;1200,00;340;2,5 %\n01/2026;Meta;800,50;120;1,2 %\n02/2026;Google;1100,00;300;2,4 %\n";
    folder.write("pub.csv", format!("Mois;Canal;Dépenses publicitaires;Clics;Taux de clic\n{rows}"));
    let text = folder.drafted(&["pub.csv"]);
    assert!(text.contains("currency EUR  # ?\n") && text.contains("  time Mois\n"), "{text}");
    assert!(text.contains("input ad_spend: money = sum(pub.`Dépenses publicitaires`)\n"), "{text}");
    // A sum or a mean of the rates in the cells would be wrong.
    assert!(!text.contains("Taux"), "{text}");
    let result = folder.says(&["eval", "total_ad_spend", "-f", "k.kpi", "--by", "month", "--format", "csv"]);
    assert_eq!(result, "month,total_ad_spend\n2026-01,2000.5\n2026-02,1100\n");
}

#[test]
fn a_column_is_a_lookup_only_if_its_values_are_in_the_other_table() {
    let folder = Folder::new();
    folder.write("customers.csv", "id,town\n1,Lyon\n2,Nice\n3,Lille\n4,Metz\n");
    let orders = |ids: [u8; 5]| {
        let rows = ids.iter().enumerate().map(|(at, id)| format!("{},2026-01-0{},{id},{}\n", 11 + at, at + 1, at + 10));
        format!("order_id,day,customer_id,amount\n{}", rows.collect::<String>())
    };
    folder.write("orders.csv", orders([1, 2, 1, 4, 3]));
    assert!(folder.drafted(&["orders.csv", "customers.csv"]).contains("  lookup customers on customer_id = id\n"));
    folder.write("orders.csv", orders([1, 2, 7, 8, 9]));
    assert!(!folder.drafted(&["orders.csv", "customers.csv"]).contains("lookup"));
}

#[test]
fn a_file_is_replaced_only_if_that_is_asked_for() {
    let folder = Folder::new();
    folder.write("t.csv", "day,amount\n2026-01-05,5\n2026-01-06,7\n");
    folder.write("t.kpi", "mine = 1\n");
    let refused = folder.kpi(&["init", "t.csv", "--yes"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("add `--force` to replace it"));
    assert_eq!(fs::read_to_string(folder.file("t.kpi")).expect("it is there"), "mine = 1\n");
    folder.says(&["init", "t.csv", "--yes", "--force"]);
    assert!(fs::read_to_string(folder.file("t.kpi")).expect("it is there").contains("dataset t = \"t.csv\""));
}

#[test]
fn definitions_never_replace_what_they_are_drafted_from() {
    let folder = Folder::new();
    folder.write("t.csv", "day,amount\n2026-01-01,1\n");
    folder.write("own.kpi", "cac = spend / leads\n");
    folder.write("new\nline.csv", "day,amount\n2026-01-01,1\n");
    for (arguments, expected) in [
        (&["init", "own.kpi", "--force"][..], "would replace `own.kpi`"),
        (&["init", "own.kpi", "-o", "new.kpi"], "`own.kpi` holds definitions, not data"),
        (&["describe", "own.kpi"], "read it with `-f own.kpi`"),
        (&["init", "t.csv", "--force", "-o", "t.csv"], "would replace `t.csv`"),
        (&["init", "t.csv", "--force", "-o", "../$/t.csv"], "which is one of the sources"),
        (&["init", "new\nline.csv"], "rename the file"),
    ] {
        let name = folder.path().file_name().expect("it has a name").to_string_lossy().into_owned();
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.replace('$', &name)).collect();
        let output = folder.kpi(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(expected), "{arguments:?}: {errors}");
    }
    assert_eq!(folder.read("own.kpi"), "cac = spend / leads\n");
    assert!(folder.read("t.csv").starts_with("day,"));
}

#[test]
fn paths_are_relative_to_the_file_of_definitions() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file("data/2026")).expect("it can be made");
    folder.write("data/2026/sales.csv", "day,amount\n2026-01-05,5\n2026-01-06,7\n");
    folder.write("data/costs.csv", "day,spend\n2026-01-05,2\n");
    let said = folder.says(&["init", "data/2026/sales.csv", "data/costs.csv", "--yes"]);
    assert!(said.starts_with("wrote data/kpis.kpi: 2 datasets"), "{said}");
    let text = fs::read_to_string(folder.file("data/kpis.kpi")).expect("it was written");
    assert!(text.contains("\"2026/sales.csv\"") && text.contains("\"costs.csv\""), "{text}");
    folder.says(&["check", "-f", "data"]);
}

#[test]
fn what_a_sum_would_count_twice_is_a_question() {
    let folder = Folder::new();
    let row = |month: u8| format!("2026-0{month},{},{},{}5,0.{month}\n", 100 + month, 40 + month, month);
    let rows: String = (1..=6).map(row).collect();
    folder.write("panel.csv", format!("month,customers,stock,total_revenue,churn rate\n{rows}"));
    let text = folder.drafted(&["panel.csv"]);
    for line in [
        "last_customers = last(panel.customers) {  # ? or sum(panel.customers) or avg(panel.customers)\n",
        "last_stock = last(panel.stock) {\n",
        "total_revenue: money = sum(panel.total_revenue) {\n  label \"Total revenue\"\n",
        "average_churn_rate = avg(panel.`churn rate`) {  # ? every row has the same weight\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // The numbers of customers identify nobody.
    assert!(!text.contains("distinct") && !text.contains("customer_id"), "{text}");
    let result = folder.says(&["eval", "last_customers", "total_revenue", "-f", "k.kpi", "--format", "csv"]);
    // 15 + 25 + 35 + 45 + 55 + 65
    assert_eq!(result, "last_customers,total_revenue\n106,240\n");
}

#[test]
fn numbers_of_customers_may_be_their_keys() {
    let folder = Folder::new();
    folder.write("sales.csv", "day,customer,revenue\n2026-01-05,7,10\n2026-01-06,9,20\n2026-01-07,7,30\n");
    let text = folder.drafted(&["sales.csv"]);
    assert!(text.contains("count(distinct sales.customer) {  # ? guessed from the name\n"), "{text}");
    let result = folder.says(&["eval", "revenue_per_customer", "-f", "k.kpi", "--format", "csv"]);
    assert_eq!(result, "revenue_per_customer\n30\n");
}

#[test]
fn spellings_and_typos_become_a_computed_column() {
    let folder = Folder::new();
    let usual = |channel: &str, at: u8| format!("2026-01-{at:02},{channel},10\n");
    let rows: String = (1..=20).map(|at| usual("newsletter", at)).chain((1..=5).map(|at| usual("Web", at))).collect();
    folder.write("sales.csv", format!("day,channel,amount\n{rows}2026-01-21,newsleter,1\n2026-01-22,WEB,2\n"));
    let text = folder.drafted(&["sales.csv"]);
    assert!(text.contains("  channel_name = if channel = \"WEB\" then \"Web\"\n"), "{text}");
    assert!(text.contains("    else channel  # ? spelled in several ways\n"), "{text}");
    let result = folder.says(&["eval", "total_revenue", "-f", "k.kpi", "--by", "channel_name", "--format", "csv"]);
    assert_eq!(result, "channel_name,total_revenue\nWeb,52\nnewsletter,201\n");
}

#[test]
fn columns_that_no_kpi_reads_are_listed() {
    let folder = Folder::new();
    let row = |at: usize| format!("{},{},{at},{at},{at},{at},{at},{at}\n", at % 3, 50 + at);
    folder.write("t.csv", format!("kind,zip,a,b,c,d,e,f\n{}", (0..60).map(row).collect::<String>()));
    let text = folder.drafted(&["t.csv"]);
    assert!(text.contains("# Further columns of numbers in t: kind, zip.\n"), "{text}");
    assert!(text.contains("total_f = sum(t.f) {  # ? or avg(t.f)\n"), "{text}");
}

#[test]
fn a_table_without_rows_is_not_drafted() {
    let folder = Folder::new();
    folder.write("head.csv", "day,amount\n");
    let refused = folder.kpi(&["init", "head.csv", "--yes"]);
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors.contains("`head.csv` has column names and no rows") && errors.contains("add the first rows"));
    assert!(!folder.file("head.kpi").exists());
}

#[cfg(unix)]
#[test]
fn a_shell_reads_what_runs_next() {
    let folder = Folder::new();
    folder.write("a\\b.csv", "day,amount\n2026-01-05,5\n2026-01-06,7\n");
    let said = folder.says(&["init", "a\\b.csv", "--yes"]);
    assert!(said.contains("\n  kpi eval -f 'a\\b.kpi'\n"), "{said}");
    assert!(folder.read("a\\b.kpi").contains("dataset a_b = \"a\\\\b.csv\""));
    folder.says(&["check", "-f", "a\\b.kpi"]);
}
