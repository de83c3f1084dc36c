//! How much a KPI depends on each of its inputs: its values if one input at a time is smaller or larger.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::solution::{as_optional_text, as_text};
use crate::data::Source;
use crate::diagnostic::{Code, Diagnostic, Error};
use crate::eval::Evaluation;
use crate::explain::plain;
use crate::language::Sentence;
use crate::library::{DefinitionId, Library};
use crate::plan::{Limits, OtherWorlds, Query, Variation, Varied, names};
use crate::source::FileId;
use crate::syntax::ast::{DefinitionKind, ExprKind, Path};
use crate::syntax::{parse_expression, spelled};
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Number, Value, ops};

/// The version of the JSON format of [`Sensitivity`].
const VERSION: u32 = 1;

/// The maximum number of inputs that are varied.
const MAX_VARIED: usize = 200;

/// The effects of the inputs of a KPI in one group, the largest first: see
/// [`Library::sensitivity`](crate::Library::sensitivity).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Sensitivity {
    /// The version of the format, 1.
    pub version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// By which share each input is varied: 0.1 for 10%.
    #[serde(serialize_with = "as_text")]
    pub change: Decimal,
    /// The value of the KPI.
    #[serde(serialize_with = "as_optional_text")]
    pub base: Option<Decimal>,
    /// Why it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Sentence>,
    /// The inputs.
    pub inputs: Vec<SensitivityEffect>,
    /// The inputs that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The type of the KPI, for renderers.
    #[serde(skip)]
    pub(crate) ty: Type,
}

/// An input that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its name.
    pub name: Arc<str>,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why an input was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LeftOutReason {
    /// It is 0, which no percentage changes.
    Zero,
    /// The KPI does not read it.
    NotRead,
}

/// The effect of an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SensitivityEffect {
    /// Its name.
    pub name: Arc<str>,
    /// `input`, `parameter` or `kpi`.
    pub kind: &'static str,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its value in the group.
    #[serde(serialize_with = "as_optional_text")]
    pub value: Option<Decimal>,
    /// The KPI with the smaller input.
    pub down: SensitivityEnd,
    /// The KPI with the larger input.
    pub up: SensitivityEnd,
    /// By which share the KPI changes for each share by which the input changes.
    #[serde(serialize_with = "as_optional_text")]
    pub elasticity: Option<Decimal>,
    /// The type of the input, for renderers.
    #[serde(skip)]
    pub(crate) ty: Type,
}

/// The KPI with another value of an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SensitivityEnd {
    /// Its value.
    #[serde(serialize_with = "as_optional_text")]
    pub value: Option<Decimal>,
    /// The value minus the one that it has.
    #[serde(serialize_with = "as_optional_text")]
    pub difference: Option<Decimal>,
    /// Why it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Sentence>,
}

impl Library {
    /// Computes the KPIs of a query with each input and parameter that they read some percent smaller and larger, one at a
    /// time: an item for each group and KPI.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use yardstick::{Embedded, Library, Limits, Query, Table};
    ///
    /// let library = Library::from_text("margin = revenue - cost\ninput revenue = sum(t.revenue)\ninput cost = sum(t.cost)")?;
    /// let table = Table::from_tuples("t", &["revenue", "cost"], &[(100, 80)])?;
    /// let source = Embedded::new(vec![Arc::new(table)]);
    /// let results = library.sensitivity(&Query::new(["margin"]), 10, &source, &Limits::default())?;
    /// let effects: Vec<_> = results[0].inputs.iter().map(|it| (&*it.name, it.elasticity)).collect();
    /// assert_eq!(effects, [("revenue", Some(5.into())), ("cost", Some((-4).into()))]);
    /// # Ok::<(), yardstick::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Library::evaluate`], or an error if the KPIs read no inputs, or too many.
    pub fn sensitivity(
        &self,
        query: &Query,
        percent: impl Into<Decimal>,
        source: &dyn Source,
        limits: &Limits,
    ) -> Result<Vec<Sensitivity>, Error> {
        let (mut query, percent) = (query.clone(), percent.into());
        if query.kpis.is_empty() {
            let own = self.published().filter(|definition| !definition.standard);
            query.kpis = own.map(|definition| definition.name.text.clone()).collect();
        }
        let inputs = varied_names(self, &query.kpis, None);
        let inputs = inputs.map_err(|problem| Error::new(vec![problem], self.sources().clone()))?;
        let evaluation = self.evaluate(&varied_query(query, &inputs, percent), source, limits)?;
        let groups: Vec<usize> = (0..evaluation.groups.len()).collect();
        Ok(evaluation.sensitivities(&groups, percent, false))
    }
}

/// The names of the inputs that are varied: those chosen, or those that the KPIs and formulas read.
///
/// # Errors
/// There are none, or too many.
pub(crate) fn varied_names(
    library: &Library,
    kpis: &[Arc<str>],
    chosen: Option<Vec<DefinitionId>>,
) -> Result<Vec<Arc<str>>, Diagnostic> {
    let inputs = chosen.unwrap_or_else(|| kpis.iter().flat_map(|kpi| read(library, kpi)).collect());
    let is_number = |id: &DefinitionId| matches!(library.type_of(*id), Type::Number(..) | Type::Zero | Type::Unknown);
    let inputs: IndexSet<DefinitionId> = inputs.into_iter().filter(is_number).collect();
    if inputs.len() > MAX_VARIED {
        let message = format!("the KPIs read {} inputs; at most {MAX_VARIED} can be varied at once", inputs.len());
        return Err(Diagnostic::error(Code::LimitReached, message).hint("name some of them: `--for spend,leads`"));
    }
    Ok(inputs.into_iter().map(|id| library.get(id).name.text.clone()).collect())
}

/// The inputs and parameters that a KPI or a formula reads.
fn read(library: &Library, kpi: &str) -> Vec<DefinitionId> {
    match library.id(names::bare(kpi)) {
        Some(id) => varied_inputs(library, [id]),
        None => match library.find(kpi)[..] {
            [found] => varied_inputs(library, library.id(&found.name.text)),
            _ => in_formula(library, kpi),
        },
    }
}

/// The inputs and parameters that a formula reads, those that it names among them.
fn in_formula(library: &Library, formula: &str) -> Vec<DefinitionId> {
    let Ok(expr) = parse_expression(FileId(0), formula) else { return vec![] };
    let named = expr.walk().flat_map(|part| match &*part.kind {
        ExprKind::Path(Path { qualifier: None, name, .. }) => Vec::from_iter(library.id(&name.text)),
        ExprKind::Call(call) => {
            let function = library.function_id(&call.function.text).map(|id| library.function(id));
            let names = function.into_iter().flat_map(|function| &function.references.definitions);
            names.filter_map(|name| library.id(&name.text)).collect()
        }
        _ => vec![],
    });
    let own = |id: DefinitionId| match varied_inputs(library, [id]) {
        inputs if inputs.is_empty() => vec![id],
        inputs => inputs,
    };
    named.flat_map(own).collect()
}

/// The inputs and parameters that definitions read, directly or not, and KPIs such as `leads = sum(leads)`, in the order
/// in which formulas reach them.
pub(crate) fn varied_inputs(
    library: &Library,
    definitions: impl IntoIterator<Item = DefinitionId>,
) -> Vec<DefinitionId> {
    let roots: Vec<DefinitionId> = definitions.into_iter().collect();
    let (mut open, mut seen, mut found) = (roots.clone(), HashSet::new(), vec![]);
    open.reverse();
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let definition = library.get(at);
        let is_parameter = definition.kind == DefinitionKind::Param;
        if is_parameter || (definition.reads_data() && !roots.contains(&at)) {
            found.push(at);
        }
        // A parameter that is computed from others varies with them; it is not varied itself.
        open.extend(library.uses(at).into_iter().rev().filter(|_| !is_parameter));
    }
    found
}

/// The query that [`Evaluation::sensitivity`] needs: with each of these inputs smaller and larger by some percent.
pub(crate) fn varied_query(query: Query, inputs: &[Arc<str>], percent: Decimal) -> Query {
    let factors = [Decimal::ONE_HUNDRED - percent, Decimal::ONE_HUNDRED + percent];
    let varied = |name: &Arc<str>, factor: Decimal| Variation {
        name: name.clone(),
        value: Varied::Formula(format!("{} * {}%", spelled(name), plain(factor)).into()),
        with_bounds: false,
    };
    let variations = inputs.iter().flat_map(|name| factors.map(|factor| varied(name, factor))).collect();
    Query {
        kpis: query.kpis.iter().chain(inputs).cloned().collect(),
        other_worlds: OtherWorlds { variations, only_here: inputs.len(), ..OtherWorlds::default() },
        ..query
    }
}

impl Evaluation {
    /// The effects of all inputs of the query on each of its KPIs, in each of these groups, if each changes by this
    /// percent. With `all`, inputs that a KPI does not read are listed as left out.
    pub(crate) fn sensitivities(&self, groups: &[usize], percent: Decimal, all: bool) -> Vec<Sensitivity> {
        let kpis = self.plan.query.kpis.len() - self.plan.query.other_worlds.only_here;
        let read: Vec<Vec<bool>> = (0..kpis).map(|kpi| self.read_by(kpi)).collect();
        let values = groups.iter().flat_map(|group| (0..kpis).map(move |kpi| (kpi, *group)));
        values.map(|(kpi, group)| self.sensitivity(kpi, group, percent, &read[kpi], all)).collect()
    }

    /// True for the inputs of the query that a KPI reads.
    fn read_by(&self, kpi: usize) -> Vec<bool> {
        let inputs = self.plan.query.other_worlds.only_here;
        let kpis = self.plan.query.kpis.len() - inputs;
        let named = read(&self.plan.library, &self.plan.kpis[kpi].name);
        // Equal formulas are one node. A change of an input that is always 0 makes no difference.
        let node = |at: usize| self.plan.step(self.plan.kpis[at].step).node;
        let is_changed = |input: usize| node(kpis + inputs + 2 * input * kpis + kpi) != node(kpi);
        let is_named = |input: usize| self.plan.kpis[kpis + input].definition.is_some_and(|id| named.contains(&id));
        (0..inputs).map(|input| is_changed(input) || is_named(input)).collect()
    }

    fn sensitivity(&self, kpi: usize, group: usize, percent: Decimal, read: &[bool], all: bool) -> Sensitivity {
        let planned = &self.plan.kpis[kpi];
        let inputs = self.plan.query.other_worlds.only_here;
        let kpis = self.plan.query.kpis.len() - inputs;
        let base = number(&self.value(kpi, group));
        let end = |world: usize| {
            let at = kpis + inputs + world * kpis + kpi;
            let value = number(&self.value(at, group));
            SensitivityEnd {
                value: value.map(|value| value.decimal),
                difference: value.and_then(|value| Some(ops::subtract(value, base?).ok()?.decimal)),
                undefined: self.reason(at, group),
            }
        };
        let (mut effects, mut left_out) = (vec![], vec![]);
        for at in (0..inputs).filter(|at| all || read[*at]) {
            let is_zero = number(&self.value(kpis + at, group)).is_some_and(|value| value.decimal.is_zero());
            let reason = if read[at] { LeftOutReason::Zero } else { LeftOutReason::NotRead };
            if is_zero || !read[at] {
                left_out.push(LeftOut { name: self.plan.kpis[kpis + at].name.clone(), reason });
            } else {
                effects.push(self.effect(kpis + at, group, [end(2 * at), end(2 * at + 1)], base, percent));
            }
        }
        effects.sort_by_key(|effect| Reverse(effect.size()));
        let ty = self.plan.step(planned.step).ty.clone();
        Sensitivity {
            version: VERSION,
            kpi: planned.name.clone(),
            unit: ty.unit_name(),
            group: self.group_label(group),
            change: share(percent),
            base: base.map(|base| base.decimal),
            undefined: self.reason(kpi, group),
            inputs: effects,
            left_out,
            ty,
        }
    }

    fn effect(
        &self,
        input: usize,
        group: usize,
        [down, up]: [SensitivityEnd; 2],
        base: Option<Number>,
        percent: Decimal,
    ) -> SensitivityEffect {
        let planned = &self.plan.kpis[input];
        let ty = self.plan.step(planned.step).ty.clone();
        let kind = planned.definition.map(|id| self.plan.library.get(id).kind);
        SensitivityEffect {
            name: planned.name.clone(),
            kind: match kind {
                Some(DefinitionKind::Param) => "parameter",
                Some(DefinitionKind::Kpi) => "kpi",
                _ => "input",
            },
            unit: ty.unit_name(),
            value: number(&self.value(input, group)).map(|number| number.decimal),
            elasticity: elasticity(&down, &up, base, share(percent)),
            down,
            up,
            ty,
        }
    }
}

/// The change of the KPI as a share of its value, for each share by which the input changes: between both ends, or from
/// the value to the end that is defined.
fn elasticity(down: &SensitivityEnd, up: &SensitivityEnd, base: Option<Number>, share: Decimal) -> Option<Decimal> {
    let base = base?.decimal.abs();
    let (rise, run) = match (down.difference, up.difference) {
        (Some(down), Some(up)) => (up.checked_sub(down)?, share.checked_mul(Decimal::TWO)?),
        (Some(down), None) => (-down, share),
        (None, Some(up)) => (up, share),
        (None, None) => return None,
    };
    let elasticity = rise.checked_div(base)?.checked_div(run)?;
    Some(elasticity.normalize())
}

fn share(percent: Decimal) -> Decimal {
    (percent / Decimal::ONE_HUNDRED).normalize()
}

fn number(cell: &Cell) -> Option<Number> {
    match cell {
        Ok(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

impl SensitivityEffect {
    /// The larger one of both differences. None if both ends are undefined.
    pub fn size(&self) -> Option<Decimal> {
        [&self.down, &self.up].into_iter().filter_map(|end| Some(end.difference?.abs())).max()
    }
}
