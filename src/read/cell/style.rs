//! The forms in which people write dates, and the patterns that declare them: `dd/mm/yyyy`, `mmm-yy`, `yyyymmdd`.

/// The separators of dates that are not in ISO format.
pub(super) const SEPARATORS: [char; 5] = ['/', '-', '.', ' ', ','];

/// The date format of a column. ISO dates are accepted in every style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) struct DateStyle {
    pub order: DateOrder,
    /// True if years may have two digits: 00 to 68 are 20yy, 69 to 99 are 19yy.
    pub short_years: bool,
    /// True if months are words: `31-Dec-2025`, `31 décembre 2025`.
    pub month_names: bool,
    pub form: DateForm,
}

/// The order of day, month and year in dates that are not in ISO format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) enum DateOrder {
    /// Only `2026-03-31`, or `26-03-31` if years are short.
    #[default]
    Iso,
    /// `31/03/2026`, `31.03.2026`, `31-03-2026`
    DayFirst,
    /// `03/31/2026`
    MonthFirst,
}

/// The parts of a date, and whether signs separate them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(in crate::read) enum DateForm {
    /// `31/03/2026`
    #[default]
    Days,
    /// `Mar 2026`, `03/26`
    Months,
    /// `20260331`
    DaysOfDigits,
    /// `202603`
    MonthsOfDigits,
}

/// All styles with their patterns. The first three are read without a declaration.
pub(super) const PATTERNS: [(&str, DateStyle); 19] = {
    use DateForm::{Days, DaysOfDigits, Months, MonthsOfDigits};
    use DateOrder::{DayFirst, Iso, MonthFirst};
    const fn style(form: DateForm, order: DateOrder, short_years: bool, month_names: bool) -> DateStyle {
        DateStyle { order, short_years, month_names, form }
    }
    [
        ("dd/mm/yyyy", style(Days, DayFirst, false, false)),
        ("mm/dd/yyyy", style(Days, MonthFirst, false, false)),
        ("yyyy-mm-dd", style(Days, Iso, false, false)),
        ("dd/mm/yy", style(Days, DayFirst, true, false)),
        ("mm/dd/yy", style(Days, MonthFirst, true, false)),
        ("yy-mm-dd", style(Days, Iso, true, false)),
        ("dd-mmm-yyyy", style(Days, DayFirst, false, true)),
        ("mmm-dd-yyyy", style(Days, MonthFirst, false, true)),
        ("yyyy-mmm-dd", style(Days, Iso, false, true)),
        ("dd-mmm-yy", style(Days, DayFirst, true, true)),
        ("mmm-dd-yy", style(Days, MonthFirst, true, true)),
        ("yy-mmm-dd", style(Days, Iso, true, true)),
        ("mmm-yyyy", style(Months, MonthFirst, false, true)),
        ("yyyy-mmm", style(Months, Iso, false, true)),
        ("mmm-yy", style(Months, MonthFirst, true, true)),
        ("yy-mmm", style(Months, Iso, true, true)),
        ("mm/yy", style(Months, MonthFirst, true, false)),
        ("yyyymmdd", style(DaysOfDigits, Iso, false, false)),
        ("yyyymm", style(MonthsOfDigits, Iso, false, false)),
    ]
};

impl DateStyle {
    /// The styles that are read only if they are declared.
    pub const DECLARED: [Self; PATTERNS.len() - 3] = {
        let mut declared = [PATTERNS[3].1; PATTERNS.len() - 3];
        let mut at = 0;
        while at < declared.len() {
            declared[at] = PATTERNS[at + 3].1;
            at += 1;
        }
        declared
    };

    /// The patterns of the usual styles.
    pub const USUAL: [&str; 7] =
        ["dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "dd/mm/yy", "dd-mmm-yyyy", "mmm-yy", "yyyymmdd"];

    /// Years with four digits and months as numbers.
    pub fn numeric(order: DateOrder) -> Self {
        Self { order, ..Self::default() }
    }

    /// Digits alone: `20260331`, `202603`.
    pub fn of_digits(form: DateForm) -> Self {
        Self { form, ..Self::default() }
    }

    /// Returns true if the style adds nothing to what is read without a declaration: ISO dates and months as numbers.
    pub fn is_automatic(self) -> bool {
        let plain = !self.short_years && !self.month_names;
        plain && (self.form == DateForm::Months || self == Self::default())
    }

    /// Returns true if the style has no days.
    pub fn holds_months(self) -> bool {
        matches!(self.form, DateForm::Months | DateForm::MonthsOfDigits)
    }

    /// Returns true if dates are digits without signs, like numbers.
    pub fn is_of_digits(self) -> bool {
        matches!(self.form, DateForm::DaysOfDigits | DateForm::MonthsOfDigits)
    }

    /// The style of a pattern such as `dd/mm/yyyy`, `jj.mm.aa hh:mm`, `dd mmm yyyy` or `yyyymm`. None unless cells can
    /// be read in this way: the numbers must have the same separator throughout, and it cannot be a point if the month
    /// comes before the day.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        let pattern = pattern.to_lowercase();
        let style = Self::suggested_by(&pattern)?;
        let mut parts = pattern.split(SEPARATORS).filter(|part| !part.is_empty());
        let known = |part: &str| match part {
            "d" | "dd" | "j" | "jj" => true,
            "m" | "mm" => !style.month_names,
            "mmm" | "mmmm" => style.month_names,
            "yy" | "aa" => style.short_years,
            "yyyy" | "aaaa" => !style.short_years,
            _ => false,
        };
        let signs: Vec<char> = pattern.chars().filter(|c| SEPARATORS.contains(c)).collect();
        let (count, plain) = match style.form {
            DateForm::Days => {
                (3, style.month_names || signs.len() >= 2 && signs[0] == signs[1] && style.takes(signs[0]))
            }
            DateForm::Months => {
                (2, style.month_names || signs.first().is_some_and(|sign| SEPARATORS[..3].contains(sign)))
            }
            DateForm::DaysOfDigits | DateForm::MonthsOfDigits => (1, true),
        };
        let date = style.is_of_digits() && parts.next().is_some()
            || parts.by_ref().take(count).filter(|part| known(part)).count() == count;
        let time = parts.all(|part| part.chars().all(|c| "hms:apt".contains(c)));
        (date && time && plain).then_some(style)
    }

    /// Returns true if the separator can appear between the numbers of a date.
    pub(super) fn takes(self, sign: char) -> bool {
        match sign {
            '/' | '-' => true,
            '.' => self.order == DateOrder::DayFirst || self.order == DateOrder::Iso && self.short_years,
            _ => false,
        }
    }

    /// The style that the letters for day, month and year in a text suggest.
    pub fn suggested_by(pattern: &str) -> Option<Self> {
        let part = |letter: char| match letter.to_ascii_lowercase() {
            'd' | 'j' => Some('d'),
            'm' => Some('m'),
            'y' | 'a' => Some('y'),
            _ => None,
        };
        let date = [" h", "th", "Th"].iter().filter_map(|time| pattern.find(time)).min().unwrap_or(pattern.len());
        let letters: String = pattern[..date].chars().filter_map(part).collect();
        match &*letters {
            "yyyymmdd" if pattern[..date].len() == 8 => return Some(Self::of_digits(DateForm::DaysOfDigits)),
            "yyyymm" if pattern[..date].len() == 6 => return Some(Self::of_digits(DateForm::MonthsOfDigits)),
            _ => {}
        }
        let mut parts: Vec<char> = letters.chars().collect();
        parts.dedup();
        let (form, order) = match parts[..] {
            ['d', 'm', 'y'] => (DateForm::Days, DateOrder::DayFirst),
            ['m', 'd', 'y'] => (DateForm::Days, DateOrder::MonthFirst),
            ['y', 'm', 'd'] => (DateForm::Days, DateOrder::Iso),
            ['m', 'y'] => (DateForm::Months, DateOrder::MonthFirst),
            ['y', 'm'] => (DateForm::Months, DateOrder::Iso),
            _ => return None,
        };
        let count = |letter| letters.matches(letter).count();
        let short_years = count('y') == 2 || pattern.contains("%y");
        Some(Self { order, short_years, month_names: count('m') > 2, form })
    }

    /// The style with day and month swapped.
    pub fn other(self) -> Self {
        let order = match self.order {
            DateOrder::Iso => DateOrder::Iso,
            DateOrder::DayFirst => DateOrder::MonthFirst,
            DateOrder::MonthFirst => DateOrder::DayFirst,
        };
        Self { order, ..self }
    }

    pub fn pattern(self) -> &'static str {
        let known = PATTERNS.iter().find(|(_, style)| *style == self).map(|(pattern, _)| *pattern);
        known.unwrap_or(if self.form == DateForm::Months { "mm/yyyy" } else { "yyyy-mm-dd" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_is_the_pattern_of_its_style() {
        for (pattern, style) in PATTERNS {
            assert_eq!(DateStyle::of_pattern(pattern), Some(style), "{pattern}");
            assert_eq!(style.pattern(), pattern);
        }
        assert_eq!(DateStyle::of_pattern("mm/yyyy").map(DateStyle::pattern), Some("mm/yyyy"));
        assert!(DateStyle::of_pattern("yyyy-mm").is_some_and(DateStyle::is_automatic));
    }
}
