//! Finds probable mistakes in the user's texts: averaged or summed ratios, non-additive values over several rows,
//! duplicate formulas, and unused definitions.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::{Definition, Library, bands};
use crate::budget::Budget;
use crate::builtin::{Aggregate, aggregate_of, is_aggregate};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Call, DefinitionKind, Each, Expr, ExprKind, Link, Name, Path, RowTest, StepKind, UnitExpr,
};
use crate::syntax::format_expr;
use crate::value::unit::{Base, Spelling, Type, Unit};

/// Adds the warnings for a library.
///
/// # Errors
/// The limit of the budget that was reached.
pub(super) fn lint(library: &Library, diagnostics: &mut Vec<Diagnostic>, budget: &Budget) -> Result<(), Diagnostic> {
    let own = || library.definitions.declared().filter(|definition| !definition.implicit);
    let summed = Summed::new();
    for definition in own() {
        budget.spend(definition.formula.as_ref().map_or(1, |formula| formula.walk().count()), CHECKING)?;
        ratio_column(library, definition, diagnostics);
        let parts = definition.formula.iter().flat_map(|formula| formula.walk());
        parts.for_each(|part| ratios(library, part, &summed, diagnostics));
    }
    bands::check(library, own(), diagnostics, budget)?;
    widened(library, diagnostics);
    budget.check(CHECKING)?;
    weeks_of_years(library, diagnostics);
    same_formulas(library, own(), diagnostics);
    budget.check(CHECKING)?;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        // A broken definition may be the one that uses another.
        unused(library, diagnostics);
    }
    Ok(())
}

/// Completes "while".
const CHECKING: &str = "looking for mistakes in definitions";

fn warning(span: Span, message: String) -> Diagnostic {
    Diagnostic::warning(Code::Lint, message).at(span)
}

// ── dates ────────────────────────────────────────────────────────────────────

/// Warns about `year(day)` and `week(day)` of the same date: on 2021-01-01 they give `2021` and `53`, a week that does
/// not exist.
fn weeks_of_years(library: &Library, diagnostics: &mut Vec<Diagnostic>) {
    let own = library.definitions.declared();
    let formulas = own.filter_map(|definition| definition.formula.as_deref()).map(|formula| vec![formula]);
    let computed = library.datasets.declared().map(|dataset| dataset.computed.values().map(|(_, it)| it).collect());
    for together in formulas.chain(computed) {
        let of = |function: &str| parts_of_dates(&together, function);
        let (weeks, known) = (of("week"), of("week_year"));
        let is_among = |found: &[(String, Span)], date: &str| found.iter().any(|(other, _)| other == date);
        for (date, span) in of("year") {
            if is_among(&weeks, &date) && !is_among(&known, &date) {
                let message =
                    format!("`year({date})` and `week({date})` give weeks that do not exist, such as week 53 of 2021");
                diagnostics
                    .push(warning(span, message).hint(format!("write `week_year({date})` for the year of a week")));
            }
        }
    }
}

/// The dates that a function is called with, and the places of the calls.
fn parts_of_dates(formulas: &[&Expr], function: &str) -> Vec<(String, Span)> {
    let date = |expr: &Expr| match &*expr.kind {
        ExprKind::Call(call) if *call.function.text == *function && call.arguments.len() == 1 => {
            Some((format_expr(&call.arguments[0]), expr.span))
        }
        _ => None,
    };
    formulas.iter().flat_map(|formula| formula.walk()).filter_map(date).collect()
}

// ── ratios ───────────────────────────────────────────────────────────────────

fn is_ratio(ty: &Type) -> bool {
    matches!(ty.spelling(), Spelling::Percent | Spelling::Ratio)
}

fn is_declared_ratio(library: &Library, annotation: &UnitExpr) -> bool {
    library.units().resolve(annotation).is_ok_and(|ty| is_ratio(&ty))
}

fn is_ratio_annotated(library: &Library, definition: &Definition) -> bool {
    definition.annotation.as_ref().is_some_and(|annotation| is_declared_ratio(library, annotation))
}

fn ratios<'a>(library: &'a Library, expr: &Expr, summed: &Summed<'a>, diagnostics: &mut Vec<Diagnostic>) {
    match &*expr.kind {
        ExprKind::Call(call) if is_aggregate(call) => {
            let column = plain_column(call).filter(|column| is_ratio_column(library, column));
            diagnostics.extend(column.map(|column| added_column(call, column, expr.span)));
            diagnostics.extend(averaged_division(library, call, expr.span, summed));
        }
        ExprKind::Each(each) => diagnostics.extend(averaged_groups(library, each, expr.span)),
        ExprKind::Chain { first, rest } => diagnostics.extend(averaged_ratios(library, first, rest, expr.span)),
        _ => {}
    }
}

/// Warns about an input that is declared as a ratio and sums a column: `input rate: percent = sum(rate)`, or without a
/// formula.
fn ratio_column(library: &Library, definition: &Definition, diagnostics: &mut Vec<Diagnostic>) {
    if definition.kind != DefinitionKind::Input || !is_ratio_annotated(library, definition) {
        return;
    }
    let name = &definition.name;
    let Some(formula) = &definition.formula else {
        let message = format!("`{}` is a ratio, but is read as the sum of its column", name.text);
        diagnostics.push(warning(name.span, message).hint(format!(
            "if all rows have the same value, write `input {} = only(distinct {})`; otherwise read its numerator and denominator",
            name.text, name.text
        )));
        return;
    };
    if let ExprKind::Call(call) = &*formula.unparenthesized().kind
        && let Some(column) = plain_column(call).filter(|column| !is_ratio_column(library, column))
    {
        diagnostics.push(added_column(call, column, formula.span));
    }
}

/// The column of an aggregate that sums or averages a single column.
fn plain_column(call: &Call) -> Option<&Path> {
    let [argument] = &call.arguments[..] else { return None };
    match (aggregate_of(call)?, &*argument.unparenthesized().kind) {
        (Aggregate::Sum | Aggregate::Average, ExprKind::Path(path)) if call.distinct.is_none() => Some(path),
        _ => None,
    }
}

/// Returns true if every matching dataset declares the column as a ratio.
fn is_ratio_column(library: &Library, column: &Path) -> bool {
    let mut declared = declared_types(library, column).peekable();
    declared.peek().is_some() && declared.all(|annotation| is_declared_ratio(library, annotation))
}

/// The maximum number of datasets with a column of one name whose types are compared for a warning.
const MAX_DECLARED: usize = 100;

/// The declared types of a column in all matching datasets.
fn declared_types<'a>(library: &'a Library, column: &Path) -> impl Iterator<Item = &'a UnitExpr> {
    let named = column.qualifier.as_ref();
    let one = named.and_then(|qualifier| library.dataset(&qualifier.text));
    let all = named.is_none().then(|| library.datasets_with(&column.name.text).take(MAX_DECLARED));
    let datasets = one.into_iter().chain(all.into_iter().flatten());
    datasets.filter_map(|dataset| dataset.types.get(&column.name.text)).map(|(_, annotation)| annotation)
}

/// The columns that any definition sums, collected when the first of them is looked up.
type Summed<'a> = OnceCell<HashSet<&'a str>>;

fn summed_columns<'l>(library: &'l Library) -> HashSet<&'l str> {
    let summed = |expr: &'l Expr| match &*expr.kind {
        ExprKind::Call(call) if aggregate_of(call) == Some(Aggregate::Sum) => plain_column(call),
        _ => None,
    };
    let formulas = library.definitions().filter_map(|definition| definition.formula.as_deref());
    formulas.flat_map(Expr::walk).filter_map(summed).map(|column| &*column.name.text).collect()
}

/// Warns about `avg(ads.cost / ads.clicks)` if clicks are additive. To divide by a price or exchange rate is a
/// conversion, which is correct.
fn averaged_division<'a>(library: &'a Library, call: &Call, span: Span, summed: &Summed<'a>) -> Option<Diagnostic> {
    let (Some(Aggregate::Average), [argument]) = (aggregate_of(call), &call.arguments[..]) else { return None };
    let ExprKind::Chain { first, rest } = &*argument.unparenthesized().kind else { return None };
    let [Link { op: BinaryOp::Divide, operand, .. }] = &rest[..] else { return None };
    let (ExprKind::Path(part), ExprKind::Path(whole)) =
        (&*first.unparenthesized().kind, &*operand.unparenthesized().kind)
    else {
        return None;
    };
    if adds_up(library, whole, summed) != Some(true) || adds_up(library, part, summed) == Some(false) {
        return None;
    }
    let (part, whole) = (library.text(first.span), library.text(operand.span));
    let message = format!("the average of `{part} / {whole}` gives every row the same weight");
    Some(warning(span, message).hint(format!("divide the sums, `sum({part}) / sum({whole})`")))
}

/// Returns whether a column is additive, inferred from its type or its use in definitions; None if unknown.
fn adds_up<'a>(library: &'a Library, column: &Path, summed: &Summed<'a>) -> Option<bool> {
    let declared = declared_types(library, column).find_map(|annotation| {
        let ty = library.units().resolve(annotation).ok()?;
        ty.unit().and_then(|unit| additive(unit, ty.spelling()))
    });
    let is_summed = || summed.get_or_init(|| summed_columns(library)).contains(&*column.name.text);
    declared.or_else(|| (is_summed_input(library, column) || is_summed()).then_some(true))
}

/// Counts are additive; ratios and compound units are not. Money and plain numbers may be prices or rates, so they are
/// unknown.
fn additive(unit: &Unit, spelling: Spelling) -> Option<bool> {
    match (spelling, unit.factors()) {
        (Spelling::Percent | Spelling::Ratio, _) | (_, [_, _, ..]) => Some(false),
        (Spelling::Count, _) => Some(true),
        (_, [(Base::Counting(_), 1)]) => Some(true),
        (_, [(_, 1)] | []) => None,
        (_, [_]) => Some(false),
    }
}

/// Returns true if an input is read as the sum of this column.
fn is_summed_input(library: &Library, column: &Path) -> bool {
    let input = library.definition(&column.name.text).filter(|known| known.kind == DefinitionKind::Input);
    input.is_some_and(|input| input.formula.is_none() && !is_ratio_annotated(library, input))
}

/// The warning for a column of ratios whose values are added up or averaged.
pub(crate) fn added_ratio(name: &str, is_average: bool, span: Span) -> Diagnostic {
    let message = match is_average {
        true => format!("`{name}` is a ratio: its average gives every row the same weight"),
        false => format!("`{name}` is a ratio and cannot be summed"),
    };
    warning(span, message).hint("divide the sums of its numerator and denominator, such as `sum(won) / sum(offered)`")
}

/// Warns about `avg(conversion_rate each day)`.
fn averaged_groups(library: &Library, each: &Each, span: Span) -> Option<Diagnostic> {
    let is_average = aggregate_of(&each.call) == Some(Aggregate::Average);
    let value = each.call.arguments.first().filter(|value| is_average && is_ratio_formula(library, value))?;
    let value = library.text(value.span);
    let message = format!("the average of the ratio `{value}` gives each group the same weight");
    Some(warning(span, message).hint(format!("for the ratio over all groups, write `{value}`")))
}

/// Returns true for a name of a ratio and for a quotient.
fn is_ratio_formula(library: &Library, expr: &Expr) -> bool {
    let is_quotient = |rest: &[Link]| rest.iter().any(|link| link.op == BinaryOp::Divide && !is_number(&link.operand));
    match &*expr.unparenthesized().kind {
        ExprKind::Chain { rest, .. } => is_quotient(rest),
        _ => is_ratio_name(library, expr),
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(*expr.unparenthesized().kind, ExprKind::Number(_))
}

/// The same for the argument of a call.
fn added_column(call: &Call, column: &Path, span: Span) -> Diagnostic {
    added_ratio(&column.name.text, aggregate_of(call) == Some(Aggregate::Average), span)
}

/// Warns about `(rate_a + rate_b) / 2`.
fn averaged_ratios(library: &Library, first: &Expr, rest: &[Link], span: Span) -> Option<Diagnostic> {
    let [Link { op: BinaryOp::Divide, operand, .. }] = rest else { return None };
    let ExprKind::Number(divisor) = &*operand.unparenthesized().kind else { return None };
    let ExprKind::Chain { first, rest } = &*first.unparenthesized().kind else { return None };
    if divisor.percent || divisor.digits.parse() != Ok(rest.len() + 1) {
        return None;
    }
    let is_sum = rest.iter().all(|link| link.op == BinaryOp::Add);
    let ratios = std::iter::once(first).chain(rest.iter().map(|link| &link.operand));
    let all = is_sum && ratios.clone().all(|part| is_ratio_name(library, part));
    all.then(|| {
        let message = "the mean of ratios gives each ratio the same weight".to_owned();
        warning(span, message).hint("divide the sum of the numerators by the sum of the denominators")
    })
}

fn is_ratio_name(library: &Library, expr: &Expr) -> bool {
    let ExprKind::Path(Path { qualifier: None, name, .. }) = &*expr.unparenthesized().kind else { return false };
    let Some(id) = library.id(&name.text) else { return false };
    library.get(id).kind == DefinitionKind::Kpi && is_ratio(library.type_of(id))
}

// ── non-additive values ──────────────────────────────────────────────────────

fn widened(library: &Library, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for widened in library.only_widened() {
        let definition = library.get(widened.definition);
        if !library.sources.is_own(definition.span.file) || !seen.insert(widened.span) {
            continue;
        }
        let only = library.text(widened.only);
        let message = format!("`{}` reads several rows, but `{only}` needs a single row", library.text(widened.span));
        let mut diagnostic = Diagnostic::warning(Code::Lint, message).at(widened.span);
        if widened.only.file == widened.span.file {
            diagnostic = diagnostic.label(widened.only, "this value is not additive");
        }
        diagnostics.push(diagnostic.hint(
            "if the data have a row per user or order, count them: `count(distinct user_id)` works over any period",
        ));
    }
}

// ── duplicate formulas ───────────────────────────────────────────────────────

fn same_formulas<'a>(
    library: &Library,
    definitions: impl Iterator<Item = &'a Definition>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut known: HashMap<(String, Option<Type>), &Name> = HashMap::new();
    for definition in definitions.filter(|definition| definition.kind != DefinitionKind::Param) {
        let Some(formula) = definition.formula.as_deref().filter(|formula| computes(formula)) else { continue };
        let name = &definition.name;
        // The same formula with another unit is a different definition.
        let unit = definition.annotation.as_ref().map(|annotation| library.units().resolve(annotation).ok());
        let key = (format_expr(formula.unparenthesized()), unit.flatten());
        let first = *known.entry(key).or_insert(name);
        if first != name {
            let message = format!("`{}` has the same formula as `{}`", name.text, first.text);
            diagnostics.push(
                Diagnostic::warning(Code::Lint, message)
                    .label(name.span, "")
                    .label(first.span, "first defined here")
                    .hint(format!("remove one of them, or define another name: `{} = {}`", name.text, first.text)),
            );
        }
    }
}

/// Returns true if a formula is more than a name or a literal.
fn computes(formula: &Expr) -> bool {
    matches!(
        *formula.unparenthesized().kind,
        ExprKind::Call(_)
            | ExprKind::Chain { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Each(_)
            | ExprKind::If { .. }
            | ExprKind::Context { .. }
    )
}

// ── unused definitions ───────────────────────────────────────────────────────

fn unused(library: &Library, diagnostics: &mut Vec<Diagnostic>) {
    let may_be = |kind| matches!(kind, DefinitionKind::Helper | DefinitionKind::Param);
    let definition = library.definitions.declared().any(|definition| may_be(definition.kind));
    if !definition && library.functions.declared().next().is_none() {
        return;
    }
    let (definitions, functions) = used(library);
    for definition in library.definitions.declared() {
        let what = match definition.kind {
            DefinitionKind::Helper => "helper",
            DefinitionKind::Param => "parameter",
            DefinitionKind::Kpi | DefinitionKind::Input => continue,
        };
        if !definitions.contains(&*definition.name.text) {
            diagnostics.push(unused_warning(what, &definition.name));
        }
    }
    for function in library.functions.declared() {
        if !functions.contains(&*function.name.text) {
            diagnostics.push(unused_warning("function", &function.name));
        }
    }
}

fn unused_warning(what: &str, name: &Name) -> Diagnostic {
    let diagnostic = Diagnostic::warning(Code::Unused, format!("the {what} `{}` is not used", name.text)).at(name.span);
    match what {
        "helper" => diagnostic.hint("remove `let` to publish it as a KPI, or remove the helper"),
        _ => diagnostic.hint("remove it, or use it"),
    }
}

/// The names of definitions and functions used in formulas, cards, computed columns and expectations.
fn used(library: &Library) -> (HashSet<&str>, HashSet<&str>) {
    let (mut definitions, mut functions) = (HashSet::new(), HashSet::new());
    let of_definitions = library.definitions().map(|definition| &definition.references);
    for references in of_definitions.chain(library.functions().map(|function| &function.references)) {
        definitions.extend(references.definitions.iter().map(|name| &*name.text));
        functions.extend(references.functions.iter().map(|name| &*name.text));
    }
    let cards = library.definitions().flat_map(|definition| definition.card.expressions());
    let columns = library.datasets().flat_map(|dataset| dataset.computed.values().map(|(_, formula)| formula));
    let steps = || library.tests().flat_map(|test| &test.test.steps);
    let conditions = steps().filter_map(|step| match &step.kind {
        StepKind::Where(condition) => Some(condition),
        _ => None,
    });
    definitions.extend(steps().filter_map(|step| match &step.kind {
        StepKind::ExpectValues { name, .. } => Some(&*name.text),
        _ => None,
    }));
    definitions.extend(library.reports().flat_map(|report| report.kpis()).map(|name| &*name.text));
    let tests = library.datasets().flat_map(|dataset| dataset.tests.iter().filter_map(RowTest::condition));
    let changes = library.scenarios().flat_map(|scenario| scenario.changes.iter().map(|change| &change.value));
    for expr in cards.chain(columns).chain(conditions).chain(tests).chain(changes).flat_map(Expr::walk) {
        match &*expr.kind {
            ExprKind::Path(path) => drop(definitions.insert(&*path.name.text)),
            ExprKind::Call(call) => drop(functions.insert(&*call.function.text)),
            _ => {}
        }
    }
    (definitions, functions)
}

#[cfg(test)]
mod tests {
    use crate::Library;
    use crate::diagnostic::{Code, Severity};

    /// The warnings for a text, each with the text at its place.
    fn warnings(text: &str) -> Vec<(Code, String, String)> {
        let library = Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"));
        let warnings = library.diagnostics().iter().filter(|diagnostic| diagnostic.severity == Severity::Warning);
        let warned = |code, message: &String, span| (code, message.clone(), library.text(span).to_owned());
        warnings.map(|warning| warned(warning.code, &warning.message, warning.labels[0].span)).collect()
    }

    #[track_caller]
    fn warns(text: &str, at: &str) {
        let found = warnings(text);
        assert!(found.len() == 1 && found[0].2 == at, "{text}\n{found:?}");
    }

    #[track_caller]
    fn is_silent(text: &str) {
        assert_eq!(warnings(text), [], "{text}");
    }

    const TABLE: &str = "dataset ads { time day  rate: percent  cost: money }\n";

    #[test]
    fn ratios_are_not_averaged() {
        warns(&format!("{TABLE}x = avg(ads.rate)"), "avg(ads.rate)");
        warns(&format!("{TABLE}x = 2 * sum(rate)"), "sum(rate)");
        is_silent("x = avg(ads.cost / 1_000)\ny = avg(ads.left_on - ads.came_on)\nz = sum(ads.cost / ads.rate)");
        warns("input rate: percent = sum(ads.rate)", "sum(ads.rate)");
        warns("input rate: percent = avg(ads.rate)", "avg(ads.rate)");
        warns("input rate: percent", "rate");
        let kpis = "a: percent = x / y\nb: percent = x / z\nc: money = x\n";
        warns(&format!("{kpis}mean = (a + b) / 2"), "(a + b) / 2");
        for formula in ["a + b", "(a + b) / 3", "(a - b) / 2", "(x + y) / 2", "(a + c) / 2"] {
            is_silent(&format!("{kpis}mean = {formula}", kpis = kpis.replace("c: money = x", "c = x")));
        }
        is_silent(&format!("{TABLE}x = avg(ads.cost)\ny = sum(ads.cost * ads.rate)\nz = max(ads.rate)"));
        is_silent("input rate: percent = only(rate)\ninput other: percent = only(distinct other)");
        is_silent("input rate: percent = sum(a.won) / sum(a.all)");
    }

    #[test]
    fn an_average_of_divisions_is_a_mistake_if_the_divisor_is_additive() {
        let average = "x = avg(ads.cost / ads.clicks)\n";
        for evidence in [
            "y = sum(ads.clicks)",
            "y = sum(ads.cost) / sum(ads.clicks where paid)",
            "input clicks: count",
            "y = cost / clicks",
            "dataset ads { clicks: count }",
            "unit click\ndataset ads { clicks: click  cost: money }",
        ] {
            warns(&format!("{average}{evidence}"), "avg(ads.cost / ads.clicks)");
        }
        for silence in [
            "",
            "y = sum(ads.cost)",
            "dataset ads { clicks: number }",
            "currency EUR\ndataset ads { cost: money  clicks: EUR/USD }",
            "dataset ads { clicks: money }",
            "dataset ads { cost: percent }\ny = sum(ads.clicks)",
            "input clicks: ratio = only(ads.clicks)",
        ] {
            is_silent(&format!("{average}{silence}"));
        }
    }

    #[test]
    fn only_has_no_value_over_several_rows() {
        let users = "input visits = only(web.users)\n";
        warns(&format!("{users}x = visits[last 3 months]"), "visits[last 3 months]");
        warns(&format!("{users}x = 1 + visits[year to date] / sum(a)"), "visits[year to date]");
        warns(&format!("{users}y = visits / sum(a)\nx = y[all channel]"), "y[all channel]");
        warns(&format!("{users}x = cumulative(visits)"), "cumulative(visits)");
        is_silent(&format!("{users}x = visits[previous] + visits[channel = \"a\"] + growth(visits)"));
        is_silent("input rate: percent = only(distinct rate)\nx = rate[last 3 months]");
    }

    #[test]
    fn duplicate_formulas_are_reported() {
        warns("a = x / y\nb = (x/y)", "b");
        is_silent("a = x / y\nb = a\nc = a\nd = y / x\nparam e = 3\nparam f = 3\ng = e + f");
    }

    #[test]
    fn unused_definitions_are_reported() {
        warns("let a = x", "a");
        warns("param a = 3", "a");
        warns("fn f(a) = a", "f");
        is_silent("input a");
        is_silent(
            "let a = x\nparam b = 3\nparam c = 3\nfn f(d) = d * b\ny = f(a) { target c better higher good >= c }",
        );
        is_silent("dataset t { net = amount * vat }\nparam vat = 20%\nx = sum(t.net)");
        is_silent("param vat = 20%\nx = sum(t.a where t.rate > vat)");
        is_silent("let a = x\ntest \"t\" { given x = 1 expect a = 1 }");
    }

    #[test]
    fn broken_definitions_may_use_the_others() {
        let problems = Library::from_text("let a = x\nb = a +").expect_err("`b` is broken");
        assert!(problems.diagnostics().iter().all(|problem| problem.code != Code::Unused));
    }
}
