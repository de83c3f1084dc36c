//! Separates the errors in definitions that a query uses from those in definitions that it does not use.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Plan, StepKind};
use crate::source::Span;

/// Replaces the errors in definitions that a query does not use with one warning. This applies only if all KPIs of the
/// query were named and could be planned: then no requested KPI depends on a broken definition.
pub(super) fn set_aside(plan: &Plan, asked: usize, definitions: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if asked == 0 || plan.kpis.len() < asked {
        return definitions;
    }
    let used = items(plan);
    // Other labels than the first only explain an error, but a name that is defined twice is wrong in both places.
    let places = |problem: &Diagnostic| if problem.code == Code::Duplicate { usize::MAX } else { 1 };
    let is_related = |problem: &Diagnostic| {
        let mut labels = problem.labels.iter().take(places(problem));
        problem.labels.is_empty() || labels.any(|label| used.iter().any(|item| covers(item, label.span)))
    };
    let (mut kept, aside): (Vec<_>, Vec<_>) = definitions.into_iter().partition(is_related);
    kept.extend(warning(aside.len()));
    kept
}

fn warning(count: usize) -> Option<Diagnostic> {
    let message = match count {
        0 => return None,
        1 => "1 error in definitions that this query does not use".to_owned(),
        _ => format!("{count} errors in definitions that this query does not use"),
    };
    Some(Diagnostic::warning(Code::Unused, message).hint("run `kpi check` to see them"))
}

/// The items that a plan uses: definitions and functions with their cards, and datasets.
fn items(plan: &Plan) -> Vec<Span> {
    let item = |kind: &StepKind| match *kind {
        StepKind::Definition(id) | StepKind::Given(id) => Some(plan.library.get(id).span),
        StepKind::Call(id) => Some(plan.library.function(id).span),
        StepKind::Expression | StepKind::Measure(_) | StepKind::Each(_) => None,
    };
    let inner = plan.inner.iter().flat_map(|inner| &inner.datasets);
    let datasets =
        plan.datasets.iter().chain(inner).filter_map(|name| plan.library.dataset(name)).map(|dataset| dataset.span);
    let mut items: Vec<Span> = plan.steps.iter().filter_map(|step| item(&step.kind)).chain(datasets).collect();
    items.sort_unstable_by_key(|span| (span.file, span.start));
    items.dedup();
    items
}

fn covers(item: &Span, place: Span) -> bool {
    item.file == place.file && item.start <= place.start && place.end <= item.end
}
