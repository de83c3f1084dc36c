//! Writes an explanation as a plain text tree, for logs and for hosts without the feature `render`.

use std::fmt;

use super::{Explanation, StepKey, TraceStep};

/// The maximum depth of the tree. Deeper steps are replaced by `…`.
const MAX_DEPTH: usize = 32;

/// Writes the derivation as an indented tree: steps with formulas, numbers and the rows of aggregates.
///
/// ```
/// use std::sync::Arc;
/// use yardstick::{Embedded, Library, Limits, Query, Table};
///
/// let library = Library::from_text("our_cac = spend / customers")?;
/// let table = Table::from_tuples("ads", &["spend", "customers"], &[(900, 30), (100, 20)])?;
/// let result = library.evaluate(&Query::all(), &Embedded::new(vec![Arc::new(table)]), &Limits::default())?;
/// let explanation = result.explain("our_cac", [])?.expect("a result without groups has one");
/// assert_eq!(explanation.to_string().lines().next(), Some("our_cac = 20"));
/// # Ok::<(), yardstick::Error>(())
/// ```
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = vec![false; self.steps.len()];
        self.write_step(f, self.root, 0, &mut shown)?;
        for (column, formula) in &self.columns {
            write!(f, "\n{column} = {formula}")?;
        }
        if let Some(status) = &self.status {
            write!(f, "\nstatus: {} ({})", status.status, status.condition)?;
        }
        if let Some(reason) = &self.no_status {
            write!(f, "\nno status: {reason}")?;
        }
        if let Some(target) = &self.target {
            write!(f, "\ntarget: {}", target.value)?;
        }
        Ok(())
    }
}

impl Explanation {
    /// Writes a step and the steps that it uses. Each step is written in full once.
    fn write_step(&self, f: &mut fmt::Formatter<'_>, key: StepKey, depth: usize, shown: &mut [bool]) -> fmt::Result {
        let (step, indent) = (self.step(key), "  ".repeat(depth));
        if depth > 0 {
            writeln!(f)?;
        }
        write!(f, "{indent}{}", step.head())?;
        let is_first = !std::mem::replace(&mut shown[key.0 as usize], true);
        if !is_first {
            return f.write_str(if step.uses.is_empty() { "" } else { " (see above)" });
        }
        for formula in [&step.formula, &step.substituted].into_iter().flatten().filter(|_| step.name.is_some()) {
            write!(f, "\n{indent}  = {formula}")?;
        }
        if depth == MAX_DEPTH && !step.uses.is_empty() {
            return write!(f, "\n{indent}  …");
        }
        step.uses.iter().try_for_each(|used| self.write_step(f, *used, depth + 1, shown))
    }
}

impl TraceStep {
    /// `spend = 900 EUR, 2 rows of ads`
    fn head(&self) -> String {
        let name = self.name.as_deref().or(self.formula.as_deref()).unwrap_or("value");
        let value = match (&self.value, &self.undefined) {
            (Some(value), _) => value.clone(),
            (None, Some(undefined)) => format!("undefined: {}", undefined.message),
            (None, None) => "undefined".to_owned(),
        };
        let context: Vec<String> = self.context.iter().map(ToString::to_string).collect();
        let context = if context.is_empty() { String::new() } else { format!(" [{}]", context.join(", ")) };
        let unit = self.unit.as_ref().filter(|_| self.value.is_some()).map_or(String::new(), |unit| format!(" {unit}"));
        let rows = self.rows.as_ref().map_or(String::new(), |rows| {
            let noun = if rows.rows == 1 { "row" } else { "rows" };
            format!(", {} {noun} of {}", rows.rows, rows.dataset)
        });
        let groups = self.groups.as_ref().map_or(String::new(), |groups| {
            let noun = if groups.used == 1 { "group" } else { "groups" };
            format!(", {} {noun} by {}", groups.used, groups.each.join(", "))
        });
        format!("{name}{context} = {value}{unit}{rows}{groups}")
    }
}
