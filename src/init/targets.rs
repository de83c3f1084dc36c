//! The figures that the standard library reads, with the names that columns of such figures usually have.

/// A figure of the standard library.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// Its name in the library.
    pub name: &'static str,
    /// Its type there.
    pub ty: &'static str,
    /// How it adds up there.
    pub aggregate: &'static str,
    /// Names of columns that mean it, in words without accents and articles.
    pub names: &'static [&'static str],
    /// Names that may mean it.
    pub possible: &'static [&'static str],
    /// The possible names mean it only in a table with one of these words in its name; in any table if there are none.
    pub tables: &'static [&'static str],
}

impl Target {
    const fn new(
        name: &'static str,
        ty: &'static str,
        aggregate: &'static str,
        names: &'static [&'static str],
    ) -> Self {
        Self { name, ty, aggregate, names, possible: &[], tables: &[] }
    }

    const fn or(self, possible: &'static [&'static str], tables: &'static [&'static str]) -> Self {
        Self { possible, tables, ..self }
    }
}

/// Words in the names of tables of advertising.
const ADVERTISING: &[&str] =
    &["ad", "ads", "advertising", "pub", "publicite", "publicites", "campagnes", "campaigns", "media", "sea"];

/// The figures, the most specific first: a column is bound to the first that it fits.
pub(super) const TARGETS: &[Target] = &[
    Target::new(
        "marketing_and_sales_cost",
        "money",
        "sum",
        &[
            "marketing sales cost",
            "sales marketing cost",
            "sales marketing expenses",
            "acquisition cost",
            "total investissements",
            "cout marketing ventes",
        ],
    ),
    Target::new("lead_generation_spend", "money", "sum", &["lead generation cost", "depenses generation leads"]),
    Target::new(
        "marketing_spend",
        "money",
        "sum",
        &[
            "marketing budget",
            "marketing cost",
            "marketing expenses",
            "budget marketing",
            "depenses marketing",
            "cout marketing",
        ],
    ),
    Target::new("campaign_cost", "money", "sum", &["cost campaign", "cout campagne", "cout campagnes"]),
    Target::new("campaign_revenue", "money", "sum", &["revenue campaign", "revenus campagne", "ca campagne"]),
    Target::new("incremental_revenue", "money", "sum", &["chiffre affaires incremental", "ca incremental"]),
    Target::new(
        "ad_spend",
        "money",
        "sum",
        &[
            "ads spend",
            "ad cost",
            "ads cost",
            "advertising spend",
            "advertising cost",
            "media spend",
            "media cost",
            "depenses publicitaires",
            "depense publicitaire",
            "cout publicitaire",
            "budget pub",
            "budget publicitaire",
        ],
    )
    .or(
        &["spend", "cost", "costs", "cout", "couts", "depense", "depenses", "amount spent", "montant depense"],
        ADVERTISING,
    ),
    Target::new(
        "revenue",
        "money",
        "sum",
        &[
            "revenues",
            "sales",
            "turnover",
            "net sales",
            "sales amount",
            "total sales",
            "chiffre affaires",
            "chiffre affaires ht",
            "chiffre affaires ttc",
            "ca",
            "ca ht",
            "ca ttc",
            "ventes",
            "umsatz",
        ],
    )
    .or(
        &[
            "amount",
            "total",
            "total amount",
            "total price",
            "order total",
            "order amount",
            "order value",
            "net amount",
            "montant",
            "montant ht",
            "montant ttc",
            "montant total",
            "total ht",
            "total ttc",
            "prix total",
        ],
        &[],
    ),
    Target::new("deals_won", "count", "sum", &["won deals", "affaires gagnees", "ventes conclues"]),
    Target::new("deals_closed", "count", "sum", &["closed deals", "affaires conclues"]),
    Target::new("customers_won", "count", "sum", &["won customers", "clients gagnes"]),
    Target::new(
        "new_customers",
        "count",
        "sum",
        &["customers new", "nouveaux clients", "new clients", "clients nouveaux"],
    ),
    Target::new("quotes", "count", "sum", &["quotes sent", "offers", "devis", "devis envoyes"]),
    Target::new("leads_received", "count", "sum", &["received leads", "prospects recus"]),
    Target::new(
        "leads_target",
        "count",
        "sum",
        &["leads objective", "lead objective", "objectif leads", "leads expected"],
    ),
    Target::new("leads", "count", "sum", &["new leads", "nombre leads", "nb leads", "number leads"]),
    Target::new("mql", "count", "sum", &["mqls", "pqm"]),
    Target::new("sql_leads", "count", "sum", &["sql", "sqls", "pqv"]),
    Target::new("prospects", "count", "sum", &["nombre prospects", "nb prospects"]),
    Target::new("prospects_from_booth", "count", "sum", &["prospects salon", "prospects stand"]),
    Target::new(
        "customers_start",
        "count",
        "first",
        &[
            "customers opening",
            "opening customers",
            "customers beginning",
            "clients debut",
            "clients debut periode",
            "clients debut mois",
        ],
    ),
    Target::new(
        "customers_end",
        "count",
        "last",
        &["customers closing", "closing customers", "clients fin", "clients fin periode", "clients fin mois"],
    ),
    Target::new("customers_lost", "count", "sum", &["lost customers", "churned customers", "clients perdus"]),
    Target::new("active_customers", "count", "last", &["customers active", "clients actifs"]),
    Target::new("web_visitors", "count", "only", &["website visitors", "visiteurs site", "visiteurs web"]),
    Target::new("booth_visitors", "count", "sum", &["visiteurs salon", "visiteurs stand"]),
    Target::new("sessions", "count", "sum", &["visits", "visites", "sessions web"]),
    Target::new("page_views", "count", "sum", &["pageviews", "pages vues", "pages views"]),
    Target::new("session_seconds", "second", "sum", &["session duration seconds"]),
    Target::new("single_page_sessions", "count", "sum", &["bounces", "rebonds"]),
    Target::new("promoters", "count", "sum", &["promoteurs"]),
    Target::new("passives", "count", "sum", &["passifs"]),
    Target::new("detractors", "count", "sum", &["detracteurs"]),
    Target::new("mrr", "money", "last", &["monthly recurring revenue", "revenu mensuel recurrent"]),
    Target::new(
        "orders",
        "count",
        "sum",
        &["number orders", "nombre commandes", "nb commandes", "commandes", "order count"],
    ),
];

/// Words in the names of tables in which an amount is no revenue.
pub(super) const NO_SALES: &[&str] = &[
    "ad",
    "ads",
    "advertising",
    "campaign",
    "campaigns",
    "campagne",
    "campagnes",
    "cost",
    "costs",
    "couts",
    "expense",
    "expenses",
    "depenses",
    "budget",
    "budgets",
    "pub",
    "target",
    "targets",
    "objectifs",
    "purchases",
    "achats",
    "salaries",
    "stock",
    "stocks",
    "subscriptions",
    "abonnements",
    "contracts",
    "contrats",
    "churn",
];

/// Words in the names of tables whose rows are orders.
pub(super) const ORDER_TABLES: &[&str] = &[
    "order",
    "orders",
    "commande",
    "commandes",
    "sales",
    "ventes",
    "invoices",
    "factures",
    "transactions",
    "purchases",
    "bestellungen",
];

/// Words in the names of columns that identify orders.
pub(super) const ORDER_COLUMNS: &[&str] =
    &["order", "orders", "commande", "commandes", "invoice", "facture", "transaction", "bestellung"];

/// Names of columns that identify customers, in words.
pub(super) const CUSTOMER_COLUMNS: &[&str] = &[
    "customer",
    "customers",
    "customer id",
    "customer no",
    "customer number",
    "customer code",
    "client",
    "clients",
    "client id",
    "id client",
    "code client",
    "no client",
    "n client",
    "num client",
    "numero client",
    "kunde",
    "kundennummer",
    "kunden nr",
    "buyer",
    "acheteur",
];

/// Words of columns of amounts of money.
pub(super) const MONEY: &[&str] = &[
    "amount", "price", "cost", "costs", "revenue", "sales", "fee", "fees", "spend", "budget", "salary", "margin",
    "charges", "mrr", "arr", "turnover", "tax", "discount", "shipping", "montant", "prix", "cout", "couts", "ca",
    "tarif", "depense", "depenses", "salaire", "marge", "remise", "tva", "frais", "umsatz", "preis", "kosten",
    "betrag",
];

/// Words of columns that name the currency of each row.
pub(super) const CURRENCIES: &[&str] = &["currency", "curr", "ccy", "devise", "monnaie", "wahrung"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;

    #[test]
    fn the_targets_are_figures_of_the_standard_library_with_its_types_and_aggregates() {
        let library = Library::from_text("").expect("it is empty");
        for Target { name, ty, aggregate, .. } in TARGETS {
            let definition = library.definition(name).unwrap_or_else(|| panic!("{name}"));
            let text = library.text(definition.span).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&format!("{name}: {ty} = {aggregate}({name})")), "{name}: {text}");
        }
    }
}
