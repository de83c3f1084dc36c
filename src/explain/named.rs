//! Finds values of a result by KPI name and group keys.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Explanation;
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::{Evaluation, Outcome, Record};
use crate::language::Sentence;
use crate::syntax::ast::Status;
use crate::value::{Decimal, Value};

/// One value of a result, with its unit, status and target, or the reason why it is missing.
#[derive(Debug, Clone)]
pub struct ResultValue<'e> {
    evaluation: &'e Evaluation,
    kpi: usize,
    group: usize,
    outcome: Outcome<'e>,
}

impl Evaluation {
    /// Returns the value of a KPI in the group with the given keys.
    ///
    /// Each key is a pair of column name and value: `("channel", "email")`, `("month", "2026-03")`. A blank key is
    /// `""`. Without keys, returns the only value of a result without groups, or the total of a result with groups.
    /// Returns None if no group has these keys.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("our_cac: EUR = cost / customers")?;
    /// let table = Table::from_tuples("ads", &["channel", "cost", "customers"], &[("web", 900, 30), ("mail", 5, 0)])?;
    /// let query = Query::all().by("channel");
    /// let result = library.evaluate(&query, &Embedded::new(vec![Arc::new(table)]), &Limits::default())?;
    /// let web = result.get("our_cac", [("channel", "web")])?.expect("the table has the channel");
    /// assert_eq!(web.decimal(), Some(30.into()));
    /// assert_eq!(web.unit().as_deref(), Some("EUR"));
    /// let mail = result.get("our_cac", [("channel", "mail")])?.expect("the table has the channel");
    /// assert!(mail.reason().expect("it has no value").to_string().starts_with("division by zero"));
    /// assert!(result.get("our_cac", [("channel", "tv")])?.is_none());
    /// assert!(result.get("our_roas", [("channel", "web")]).is_err());
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the query does not include the KPI, or the keys do not match the group columns.
    pub fn get<'k>(
        &self,
        kpi: &str,
        keys: impl IntoIterator<Item = (&'k str, &'k str)>,
    ) -> Result<Option<ResultValue<'_>>, Error> {
        let keys: Vec<(&str, &str)> = keys.into_iter().collect();
        let kpi = self.position(kpi)?;
        let group = self.group_of(&keys)?;
        Ok(group.map(|group| ResultValue { evaluation: self, kpi, group, outcome: self.outcome(kpi, group) }))
    }

    /// Returns the value of a KPI with the scenario of the query, in the group with the given keys. [`Evaluation::get`]
    /// returns the one without it. If the query has no scenario, both are the same.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let text = "our_cac = spend / customers\nscenario \"cheaper ads\" { spend = spend * 90% }";
    /// let library = Library::from_text(text)?;
    /// let table = Table::from_tuples("ads", &["channel", "spend", "customers"], &[("web", 900, 30), ("mail", 50, 5)])?;
    /// let query = Query::all().by("channel").scenario("cheaper ads");
    /// let result = library.evaluate(&query, &Embedded::new(vec![Arc::new(table)]), &Limits::default())?;
    /// let web = [("channel", "web")];
    /// let base = result.get("our_cac", web)?.expect("the table has the channel");
    /// let cheaper = result.get_in_scenario("our_cac", web)?.expect("the table has the channel");
    /// assert_eq!((base.decimal(), cheaper.decimal()), (Some(30.into()), Some(27.into())));
    /// let json = serde_json::to_value(&result).expect("plain data with string keys always serializes");
    /// assert_eq!(json["rows"][1]["values"]["our_cac"]["difference"], "-3");
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Evaluation::get`].
    pub fn get_in_scenario<'k>(
        &self,
        kpi: &str,
        keys: impl IntoIterator<Item = (&'k str, &'k str)>,
    ) -> Result<Option<ResultValue<'_>>, Error> {
        let keys: Vec<(&str, &str)> = keys.into_iter().collect();
        let base = self.position(kpi)?;
        let scenario = self.in_scenario().into_iter().find(|pair| pair.base == base);
        let kpi = scenario.map_or(base, |pair| pair.scenario);
        let group = self.group_of(&keys)?;
        Ok(group.map(|group| ResultValue { evaluation: self, kpi, group, outcome: self.outcome(kpi, group) }))
    }

    /// Explains the value of a KPI in the group with the given keys, as in [`Evaluation::get`].
    ///
    /// # Errors
    /// Returns the errors of [`Evaluation::get`] and [`Evaluation::explain_at`].
    pub fn explain<'k>(
        &self,
        kpi: &str,
        keys: impl IntoIterator<Item = (&'k str, &'k str)>,
    ) -> Result<Option<Explanation>, Error> {
        self.get(kpi, keys)?.map(|value| value.explain()).transpose()
    }

    /// Returns the names of the group columns, the grain of time first.
    pub fn group_columns(&self) -> Vec<Arc<str>> {
        let request = &self.plan.request;
        let grain = request.grain.map(|grain| Arc::from(grain.name()));
        grain.into_iter().chain(request.by.iter().cloned()).collect()
    }

    fn position(&self, kpi: &str) -> Result<usize, Error> {
        let kpis = &self.plan.kpis;
        kpis.iter().position(|known| *known.name == *kpi).ok_or_else(|| {
            let names: Vec<String> = kpis.iter().map(|kpi| format!("`{}`", kpi.name)).collect();
            refused(Code::UnknownName, format!("the result has no KPI `{kpi}`, expected {}", listed(&names)))
        })
    }

    /// The group that has these keys.
    fn group_of(&self, keys: &[(&str, &str)]) -> Result<Option<usize>, Error> {
        let columns = self.group_columns();
        if let Some((unknown, _)) = keys.iter().find(|(name, _)| !columns.iter().any(|column| **column == **name)) {
            return Err(refused(Code::UnknownColumn, format!("the result is not grouped by `{unknown}`")));
        }
        let missing: Vec<String> = columns
            .iter()
            .filter(|column| keys.iter().filter(|(name, _)| **name == ***column).count() != 1)
            .map(|column| format!("`{column}`"))
            .collect();
        if !keys.is_empty() && !missing.is_empty() {
            return Err(refused(Code::BadQuery, format!("expected one key for {}", listed(&missing))));
        }
        let is_total = keys.is_empty() && !columns.is_empty();
        Ok((0..self.groups.len()).find(|&group| match is_total || self.groups[group].total {
            true => is_total == self.groups[group].total,
            false => self.kept_keys(group) == self.plan.request.by.len() && self.has_keys(group, keys),
        }))
    }

    fn has_keys(&self, group: usize, keys: &[(&str, &str)]) -> bool {
        let request = &self.plan.request;
        let group = &self.groups[group];
        keys.iter().all(|(name, key)| match request.by.iter().position(|column| **column == **name) {
            Some(column) => group.keys[column].as_deref().unwrap_or_default() == *key,
            None => group.period.is_some_and(|period| request.calendar.spell(period) == *key),
        })
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn refused(code: Code, message: String) -> Error {
    vec![Diagnostic::error(code, message)].into()
}

impl<'e> ResultValue<'e> {
    /// Returns the number. None if the value is undefined or not a number.
    pub fn decimal(&self) -> Option<Decimal> {
        match &self.outcome.value {
            Ok(Value::Number(number)) => Some(number.decimal),
            _ => None,
        }
    }

    /// Returns the unit, such as `EUR` or `percent`, if there is one.
    pub fn unit(&self) -> Option<String> {
        let plan = &self.evaluation.plan;
        plan.step(plan.kpis[self.kpi].step).ty.unit_name()
    }

    /// Returns the status of the band that applies.
    pub fn status(&self) -> Option<Status> {
        self.outcome.band.map(|band| band.status)
    }

    /// Returns why there is no value. None if there is one.
    pub fn reason(&self) -> Option<Sentence> {
        self.evaluation.reason(self.kpi, self.group)
    }

    /// Explains the value down to the rows.
    ///
    /// # Errors
    /// Returns the errors of [`Evaluation::explain_at`].
    pub fn explain(&self) -> Result<Explanation, Error> {
        self.evaluation.explain_at(self.kpi, self.group)
    }
}

/// Gives access to the value, its target and its flags.
impl<'e> Deref for ResultValue<'e> {
    type Target = Outcome<'e>;

    fn deref(&self) -> &Outcome<'e> {
        &self.outcome
    }
}

/// Writes the value for programs: an exact decimal, a text or a date, or `undefined`.
impl fmt::Display for ResultValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome.value {
            Ok(value) => write!(f, "{value}"),
            Err(_) => f.write_str("undefined"),
        }
    }
}

impl Record {
    /// Returns why a KPI (by position in the plan) has no value for the current inputs. None if it has one.
    pub fn reason(&self, kpi: usize) -> Option<Sentence> {
        self.as_result().reason(kpi, 0)
    }

    /// Explains the value of a KPI (by position in the plan) for the current inputs.
    ///
    /// # Errors
    /// Returns the errors of [`Evaluation::explain_at`].
    pub fn explain(&self, kpi: usize) -> Result<Explanation, Error> {
        self.as_result().explain_at(kpi, 0)
    }
}
