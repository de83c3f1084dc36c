//! The currencies of ISO 4217.

use std::fmt;

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The currency with this ISO 4217 code in capital letters.
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// All currencies, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Currency> {
        use iso_currency::IntoEnumIterator as _;
        iso_currency::Currency::iter().map(Self)
    }

    /// The default currency of a symbol: `$` is the US dollar.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let code = match symbol {
            "€" => "EUR",
            "$" => "USD",
            "£" => "GBP",
            "¥" => "JPY",
            "₹" => "INR",
            _ => return None,
        };
        Self::from_code(code)
    }

    /// Returns true if amounts in this currency can be written with this mark: its code, or a symbol that it uses.
    pub fn is_written_as(self, mark: &str) -> bool {
        match mark {
            "¥" => ["JPY", "CNY"].contains(&self.code()),
            "kr" => ["SEK", "NOK", "DKK", "ISK"].contains(&self.code()),
            "$" => self.0.symbol().symbol.contains('$'),
            code => self.code() == code,
        }
    }

    /// The ISO 4217 code: `EUR`.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The symbol: `€`.
    pub fn symbol(&self) -> String {
        self.0.symbol().symbol
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}
