//! How much a KPI depends on each of its inputs: its values if one input at a time is smaller or larger.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::eval::Evaluation;
use crate::explain::plain;
use crate::language::Sentence;
use crate::library::{DefinitionId, Library};
use crate::plan::{OtherWorlds, Query, Variation, Varied};
use crate::syntax::ast::DefinitionKind;
use crate::syntax::spelled;
use crate::value::unit::Type;
use crate::value::{Cell, Decimal, Number, Value, ops};

/// The version of the JSON format of [`Sensitivity`].
const VERSION: u32 = 1;

/// The effects of the inputs of a KPI in one group, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Sensitivity {
    /// The version of the format, 1.
    version: u32,
    /// The KPI's name, or the formula if it has no name.
    pub kpi: Arc<str>,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The group: its period and keys by name.
    pub group: IndexMap<String, Option<String>>,
    /// By which share each input is varied: 0.1 for 10%.
    #[serde(serialize_with = "as_text")]
    pub change: Decimal,
    /// The value of the KPI.
    #[serde(serialize_with = "as_texts")]
    pub base: Option<Decimal>,
    /// Why it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Sentence>,
    /// The inputs.
    pub inputs: Vec<SensitivityEffect>,
    /// The type of the KPI, for renderers.
    #[serde(skip)]
    pub ty: Type,
}

/// The effect of an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SensitivityEffect {
    /// Its name.
    pub name: Arc<str>,
    /// `input`, `parameter` or `kpi`.
    pub kind: &'static str,
    /// Its unit, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Its value in the group.
    #[serde(serialize_with = "as_texts")]
    pub value: Option<Decimal>,
    /// The KPI with the smaller input.
    pub down: SensitivityEnd,
    /// The KPI with the larger input.
    pub up: SensitivityEnd,
    /// By which share the KPI changes for each share by which the input changes.
    #[serde(serialize_with = "as_texts")]
    pub elasticity: Option<Decimal>,
    /// The type of the input, for renderers.
    #[serde(skip)]
    pub ty: Type,
}

/// The KPI with another value of an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SensitivityEnd {
    /// Its value.
    #[serde(serialize_with = "as_texts")]
    pub value: Option<Decimal>,
    /// The value minus the one that it has.
    #[serde(serialize_with = "as_texts")]
    pub difference: Option<Decimal>,
    /// Why it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Sentence>,
}

fn as_text<S: serde::Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&plain(*number))
}

#[allow(clippy::ref_option)]
fn as_texts<S: serde::Serializer>(number: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(plain).serialize(serializer)
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
    /// The effects of all inputs of the query on a KPI (by position) in a group, if each changes by this percent.
    /// Without `all`, inputs that the KPI does not read are left out.
    pub(crate) fn sensitivity(&self, kpi: usize, group: usize, percent: Decimal, all: bool) -> Sensitivity {
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
        // Equal formulas are one node.
        let node = |at: usize| self.plan.step(self.plan.kpis[at].step).node;
        let is_read = |input: &usize| node(kpis + inputs + 2 * input * kpis + kpi) != node(kpi);
        let effect = |at: usize| self.effect(kpis + at, group, [end(2 * at), end(2 * at + 1)], base, percent);
        let mut effects: Vec<SensitivityEffect> =
            (0..inputs).filter(|input| all || is_read(input)).map(effect).collect();
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
