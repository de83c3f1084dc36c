//! How the numbers of a column are put together: added up, averaged, or the last of a period. The name and the values
//! decide it; what they leave open is a question.

use super::table::Table;
use crate::describe::{ColumnDescription, words};
use crate::value::Decimal;

/// A way to put the numbers of rows together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    /// The value at the end of the period.
    Last,
}

impl Aggregate {
    /// The name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Last => "last",
        }
    }
}

/// How the numbers of a column are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    pub aggregate: Aggregate,
    /// What else is possible.
    pub doubt: Option<Doubt>,
}

/// What an analyst should decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Other aggregates are as likely.
    Or(Vec<Aggregate>),
    /// An average of rates gives every row the same weight.
    Unweighted,
}

/// Words of columns whose numbers add up: each row has its own part.
const FLOWS: &[&str] = &[
    "clicks",
    "clics",
    "impression",
    "impressions",
    "affichages",
    "views",
    "vues",
    "pageviews",
    "sessions",
    "visits",
    "visites",
    "quantity",
    "quantities",
    "qty",
    "quantite",
    "quantites",
    "qte",
    "units",
    "unites",
    "pieces",
    "orders",
    "commandes",
    "sales",
    "ventes",
    "leads",
    "prospects",
    "deals",
    "conversion",
    "conversions",
    "download",
    "downloads",
    "installs",
    "call",
    "calls",
    "appels",
    "tickets",
    "emails",
    "opens",
    "bounces",
    "rebonds",
    "signups",
    "inscriptions",
    "registrations",
    "returns",
    "retours",
    "refunds",
    "purchases",
    "achats",
    "transactions",
    "invoices",
    "factures",
    "items",
    "articles",
    "lines",
    "lignes",
    "hours",
    "heures",
    "count",
    "nombre",
    "shipped",
    "delivered",
    "livraisons",
    "defects",
    "incidents",
    "volume",
    "votes",
    "likes",
    "comments",
    "messages",
    "menge",
    "anzahl",
];

/// Words that make a count of people a flow: `new_customers`.
const CHANGES: &[&str] = &[
    "new",
    "nouveaux",
    "nouvelles",
    "lost",
    "perdus",
    "won",
    "gagnes",
    "gained",
    "churned",
    "added",
    "joined",
    "left",
];

/// Words of rates and prices. Their sum means nothing, and their average depends on the weights of the rows.
const RATES: &[&str] = &[
    "rate",
    "rates",
    "ratio",
    "percent",
    "percentage",
    "pct",
    "price",
    "prices",
    "per",
    "share",
    "taux",
    "prix",
    "tarif",
    "part",
    "cpc",
    "cpm",
    "cpa",
    "ctr",
    "cac",
    "roi",
    "roas",
    "aov",
    "preis",
];

/// Words of other columns that are averaged.
const AVERAGED: &[&str] = &[
    "score",
    "rating",
    "note",
    "age",
    "average",
    "avg",
    "mean",
    "tenure",
    "index",
    "temperature",
    "temp",
    "humidity",
    "humidite",
    "pressure",
    "pression",
    "speed",
    "vitesse",
    "moyen",
    "moyenne",
    "anciennete",
    "sentiment",
    "nps",
    "temperatur",
];

/// Words of columns that are averaged or added up.
const MEASURED: &[&str] = &["duration", "duree", "weight", "poids", "length", "longueur", "distance"];

/// Words of columns of stocks: the last value of a period counts.
const STOCKS: &[&str] = &[
    "stock",
    "stocks",
    "inventory",
    "balance",
    "solde",
    "headcount",
    "effectif",
    "effectifs",
    "employees",
    "salaries",
    "population",
    "backlog",
    "encours",
    "mrr",
    "arr",
    "bestand",
];

/// Words of counts of people who are there over several periods, so that a sum counts them again.
const MEMBERS: &[&str] = &[
    "customers",
    "clients",
    "subscribers",
    "subscriptions",
    "members",
    "accounts",
    "followers",
    "abonnes",
    "abonnements",
    "adherents",
    "membres",
    "comptes",
    "contracts",
    "contrats",
    "licences",
    "licenses",
    "seats",
    "kunden",
];

/// Words of counts of different people. The same person may count in several rows.
const DISTINCT: &[&str] = &[
    "users",
    "visitors",
    "utilisateurs",
    "visiteurs",
    "unique",
    "uniques",
    "reach",
    "audience",
    "dau",
    "wau",
    "mau",
    "players",
    "joueurs",
    "listeners",
    "viewers",
];

/// Words of columns whose numbers name something: places, dates, addresses, members.
const NO_MEASURES: &[&str] = &[
    "latitude",
    "longitude",
    "lat",
    "lon",
    "lng",
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "phone",
    "telephone",
    "tel",
    "fax",
    "day",
    "jour",
    "month",
    "mois",
    "week",
    "semaine",
    "quarter",
    "trimestre",
    "hour",
    "heure",
    "rank",
    "rang",
    "customer",
    "client",
    "subscriber",
    "member",
    "user",
    "visitor",
    "employee",
    "product",
    "produit",
    "store",
    "shop",
    "magasin",
    "kunde",
];

/// The different whole numbers of a column of codes, at most, and the rows of each on average, at least.
const CODES: u64 = 20;

/// How the numbers of a column are put together. None if they are no measure: places, or codes of groups.
pub(super) fn usage(table: &Table, column: &ColumnDescription) -> Option<Usage> {
    use Aggregate::{Average, Last, Sum};
    let name = words(&column.name);
    let has = |known: &[&str]| name.iter().any(|word| known.contains(&&**word));
    let counts = |people: &[&str]| has(people) && !has(CHANGES);
    let has_time = table.has_time();
    if column.percent || has(RATES) {
        return Some(Usage { aggregate: Average, doubt: Some(Doubt::Unweighted) });
    }
    let (aggregate, others): (_, &[_]) = match column {
        _ if has(AVERAGED) => (Average, &[]),
        _ if has(MEASURED) => (Average, &[Sum]),
        _ if has(STOCKS) => (if has_time { Last } else { Sum }, &[]),
        _ if counts(MEMBERS) && has_time => (Last, &[Sum, Average]),
        _ if counts(DISTINCT) && has_time => (Average, &[Sum, Last]),
        _ if counts(MEMBERS) || counts(DISTINCT) => (Sum, &[Average]),
        _ if table.money_type(&column.name).is_some() => (Sum, &[]),
        _ if has(FLOWS) || has(CHANGES) => (Sum, if is_negative(column) { &[Average] } else { &[] }),
        _ if has(NO_MEASURES) || is_code(table, column) => return None,
        _ if is_share(column) => (Average, &[Sum]),
        _ => (Sum, &[Average]),
    };
    Some(Usage { aggregate, doubt: (!others.is_empty()).then(|| Doubt::Or(others.to_vec())) })
}

/// Returns true for a few whole numbers that repeat in many rows, more than the two of a flag.
fn is_code(table: &Table, column: &ColumnDescription) -> bool {
    column.counts && (3..=CODES).contains(&column.distinct) && table.source.description.rows >= CODES * column.distinct
}

/// Returns true for numbers up to 1, such as flags, and for numbers below 0, which are rarely parts of a total.
fn is_share(column: &ColumnDescription) -> bool {
    is_negative(column) || number(&column.maximum).is_some_and(|greatest| greatest <= Decimal::ONE)
}

fn is_negative(column: &ColumnDescription) -> bool {
    number(&column.minimum).is_some_and(|least| least.is_sign_negative())
}

fn number(text: &Option<String>) -> Option<Decimal> {
    text.as_deref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::describe;
    use crate::init::DataSource;

    /// How the last column of a table of days is put together.
    fn used(name: &str, numbers: &[&str]) -> String {
        let folder = tempfile::tempdir().expect("it can be made");
        let path = folder.path().join("t.csv");
        let rows: Vec<String> =
            (0..).zip(numbers).map(|(at, number)| format!("2026-01-{:02},{number}\n", at % 28 + 1)).collect();
        std::fs::write(&path, format!("date,{name}\n{}", rows.concat())).expect("it can be written");
        let description = describe("t", &path, &Default::default()).expect("it is a table");
        let table = Table::new(DataSource { description, path: "t.csv".into() }, "t".into());
        let column = table.columns().last().expect("there are two columns");
        match usage(&table, column) {
            None => "none".into(),
            Some(Usage { aggregate, doubt: None }) => format!("{aggregate:?}"),
            Some(Usage { aggregate, doubt: Some(doubt) }) => format!("{aggregate:?}, {doubt:?}"),
        }
    }

    #[test]
    fn names_say_how_numbers_are_put_together() {
        for (name, expected) in [
            ("clicks", "Sum"),
            ("montant", "Sum"),
            ("new_customers", "Sum"),
            ("stock", "Last"),
            ("Solde", "Last"),
            ("temperature", "Average"),
            ("BounceRates", "Average, Unweighted"),
            ("unit price", "Average, Unweighted"),
            ("revenue_per_visit", "Average, Unweighted"),
            ("clients", "Last, Or([Sum, Average])"),
            ("users", "Average, Or([Sum, Last])"),
            ("durée", "Average, Or([Sum])"),
            ("zip", "none"),
            ("client", "none"),
            ("foo", "Sum, Or([Average])"),
        ] {
            assert_eq!(used(name, &["12", "15", "14"]), expected, "{name}");
        }
    }

    #[test]
    fn values_say_what_names_do_not() {
        assert_eq!(used("foo", &["0.5", "0.25", "1"]), "Average, Or([Sum])");
        assert_eq!(used("foo", &["-5", "3", "8"]), "Average, Or([Sum])");
        assert_eq!(used("foo", &["0", "1", "1"]), "Average, Or([Sum])");
        assert_eq!(used("amount", &["-5", "3", "8"]), "Sum");
        assert_eq!(used("sales index z", &["-5", "3", "8"]), "Average");
        assert_eq!(used("item returns", &["-5", "3", "8"]), "Sum, Or([Average])");
        // Three numbers in sixty rows are codes of something; in fewer rows they may be anything.
        assert_eq!(used("foo", &["1", "2", "3"].repeat(20)), "none");
        assert_eq!(used("foo", &["1", "2", "3"].repeat(7)), "Sum, Or([Average])");
    }
}
