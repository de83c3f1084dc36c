//! Plans the lengths of periods: `period_days()`, `elapsed_days()`.

use super::grouping::Extra;
use super::{Derived, Planner, StepScope};
use crate::data::Extent;
use crate::library::types::walk::Output;
use crate::plan::inner::PeriodLength;
use crate::plan::lower::expression::Lowered;
use crate::plan::{StepKind, Use};
use crate::source::Span;
use crate::value::unit::Type;

impl Planner<'_> {
    /// The number of days of the period that the current context covers.
    pub(super) fn period_length(&mut self, function: &str, span: Span) -> Lowered {
        let here = &self.here;
        if here.axis.grain.is_none() && here.period.is_none() && !here.in_total {
            self.scope.broken = true;
            self.scope.no_period.get_or_insert(span);
            return self.here.program.undefined();
        }
        let context = self.contexts[self.scope.context.0 as usize].clone();
        let range = context.range.normalized();
        let total = context.total.filter(|range| here.axis.has_total(*range)).map(|range| range.normalized());
        let elapsed = function == "elapsed_days";
        let is_open = |range: Extent| matches!(range, Extent::All | Extent::ToDate);
        let needs_data = elapsed || is_open(range.extent);
        let number = needs_data.then_some(self.here.extras.len() as u32);
        self.scope.lengths.extend(number);
        let (node, _) = self.here.extra(Extra::Length(PeriodLength { elapsed, range, total }, number));
        let value = Lowered { node, ty: Type::PLAIN };
        // The formula around it shows the call.
        let derived = Derived { kind: StepKind::Expression, value: value.clone(), formula: None };
        let step = self.push(derived, self.scope.context, StepScope::default());
        self.scope.uses.push(Use { span, step });
        value
    }
}
