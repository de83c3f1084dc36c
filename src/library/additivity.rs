//! Infers from a formula whether its values are additive: whether the values of the months add up to that of the
//! quarter, and those of the channels to that of all channels.
//!
//! A flow is additive over time and segments. A stock is additive over segments only. A ratio is never additive.

use std::collections::HashMap;

use serde::Serialize;

use super::{DefinitionId, FunctionId, Library, inner};
use crate::builtin::{Aggregate, AggregateFunction, aggregate_of, is_of_period};
use crate::language::{Phrase, Sentence};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Branch, Call, ContextClause, ContextKind, DefinitionKind, Each, Expr, ExprKind, Link, NumberLiteral,
    Path, UnaryOp,
};

/// The additivity of a definition over time and over segments.
///
/// ```
/// let library = yardstick::Library::from_text("input spend\ninput clicks\ncpc = spend / clicks\ntwice = spend * 2")?;
/// let of = |name| library.additivity(library.id(name).unwrap());
/// assert_eq!(of("twice").name(), "additive");
/// assert_eq!(of("cpc").name(), "not additive");
/// assert_eq!(of("cpc").over_time.unwrap().message.to_string(), "`spend / clicks` is a ratio");
/// # Ok::<(), yardstick::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Additivity {
    /// The reason why values of shorter periods do not add up to that of a longer one; None if they do.
    pub over_time: Option<Break>,
    /// The reason why values of segments do not add up to the total; None if they do.
    pub over_segments: Option<Break>,
}

/// A non-additive part of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// A sentence that names the part and the reason.
    pub message: Sentence,
    /// The place of the part, in the formula itself or in one that it uses.
    #[serde(skip)]
    pub span: Span,
}

impl Additivity {
    /// `additive`, `semi-additive` or `not additive`.
    pub fn name(&self) -> &'static str {
        match (&self.over_time, &self.over_segments) {
            (None, None) => "additive",
            (Some(_), Some(_)) => "not additive",
            _ => "semi-additive",
        }
    }
}

impl Library {
    /// Returns whether the values of a definition are additive over time and over segments.
    pub fn additivity(&self, id: DefinitionId) -> Additivity {
        let shape = self.shape(id);
        let describe = |flaw: Flaw| Break { message: flaw.message(self), span: flaw.span };
        Additivity { over_time: shape.over_time.map(describe), over_segments: shape.over_segments.map(describe) }
    }

    /// Returns true if the values of a definition grow with the period: sums, counts, and formulas that add to or
    /// multiply them. Half a month of such a value cannot be compared with a month, while half a month of a ratio or
    /// stock can.
    pub fn accumulates(&self, id: DefinitionId) -> bool {
        self.shape(id).accumulates
    }

    /// The contexts that take several rows of a value that uses `only`.
    pub(super) fn only_widened(&self) -> &[Widened] {
        &self.inferred().1
    }

    fn shape(&self, id: DefinitionId) -> Shape {
        match (id.0 as usize).checked_sub(self.definitions.first()) {
            Some(own) => self.inferred().0[own],
            None => self.base.as_ref().map_or_else(Shape::default, |base| base.shape(id)),
        }
    }

    /// Infers the shapes of the definitions compiled here on first use.
    fn inferred(&self) -> &(Vec<Shape>, Vec<Widened>) {
        self.inferred.get_or_init(|| infer(self))
    }
}

/// The inferred properties of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Shape {
    /// True if the value does not depend on data.
    constant: bool,
    /// True if the value grows with the period.
    accumulates: bool,
    over_time: Option<Flaw>,
    over_segments: Option<Flaw>,
    /// An `only` that the value depends on.
    only: Option<Span>,
}

/// A non-additive part. Its message is built on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Flaw {
    why: Why,
    span: Span,
}

/// The reason why a part is not additive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Why {
    Parameter,
    Literal,
    First,
    Last,
    InForce,
    InForceDuring,
    Only,
    Distinct,
    NoSumOfRows,
    NoSum,
    Product,
    Ratio,
    Alternative,
    Condition,
    Previous,
    Window,
    AllTime,
    AllSegments,
    TooDeep,
}

impl Flaw {
    fn message(self, library: &Library) -> Sentence {
        let text = library.text(self.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let phrase = match self.why {
            Why::Parameter => Phrase::IsParameter,
            Why::Literal => Phrase::IsConstant,
            Why::First => Phrase::IsOpeningStock,
            Why::Last => Phrase::IsClosingStock,
            Why::InForce => Phrase::IsInForce,
            Why::InForceDuring => Phrase::IsInForceDuring,
            Why::Only => Phrase::IsOnly,
            Why::Distinct => Phrase::CountsOnce,
            Why::NoSumOfRows => Phrase::NoSumOfRows,
            Why::NoSum => Phrase::NoSum,
            Why::Product => Phrase::IsProduct,
            Why::Ratio => Phrase::IsRatio,
            Why::Alternative => Phrase::Alternates,
            Why::Condition => Phrase::IsConditional,
            Why::Previous => Phrase::DiffersByGrain,
            Why::Window => Phrase::RepeatsRows,
            Why::AllTime => Phrase::TakesAllPeriods,
            Why::AllSegments => Phrase::TakesAllSegments,
            Why::TooDeep => return Sentence::plain(Phrase::NestsTooDeeply),
        };
        let is_context = matches!(self.why, Why::Previous | Why::Window | Why::AllTime | Why::AllSegments);
        Sentence::new(phrase, [if is_context { format!("`[{text}]`") } else { format!("`{text}`") }])
    }
}

/// An `only` in a context that takes more rows than its group has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Widened {
    /// The definition whose formula contains the context.
    pub definition: DefinitionId,
    /// The place in the formula.
    pub span: Span,
    /// The place of the `only`.
    pub only: Span,
}

impl Shape {
    fn additive() -> Self {
        Self { accumulates: true, ..Self::default() }
    }

    /// A value that adds up over segments, but not over time.
    fn stock(why: Why, span: Span) -> Self {
        Self { over_time: Some(Flaw { why, span }), ..Self::default() }
    }

    fn broken(why: Why, span: Span) -> Self {
        let flaw = Some(Flaw { why, span });
        Self { over_time: flaw, over_segments: flaw, ..Self::default() }
    }

    fn constant(why: Why, span: Span) -> Self {
        Self { constant: true, ..Self::broken(why, span) }
    }

    /// The literal `0`, which adds nothing.
    fn zero() -> Self {
        Self { constant: true, ..Self::default() }
    }

    /// Combines two shapes: additive if both are.
    fn and(self, other: Self) -> Self {
        Self {
            constant: self.constant && other.constant,
            accumulates: self.accumulates || other.accumulates,
            over_time: self.over_time.or(other.over_time),
            over_segments: self.over_segments.or(other.over_segments),
            only: self.only.or(other.only),
        }
    }
}

/// The maximum nesting depth, including called functions. Deeper expressions count as not additive.
const MAX_DEPTH: usize = 500;

fn infer(library: &Library) -> (Vec<Shape>, Vec<Widened>) {
    let shapes = vec![Shape::additive(); library.definitions.compiled().len()];
    let none = DefinitionId(0);
    let mut walk = Walk { library, shapes, calls: HashMap::new(), widened: vec![], of: none, call: None, depth: 0 };
    for &id in &library.order {
        (walk.of, walk.call) = (id, None);
        walk.calls.clear();
        walk.shapes[id.0 as usize - library.definitions.first()] = walk.definition(id);
    }
    (walk.shapes, walk.widened)
}

/// The names of a function's parameters with the shapes of their arguments.
type Arguments = [(std::sync::Arc<str>, Shape)];

struct Walk<'a> {
    library: &'a Library,
    shapes: Vec<Shape>,
    /// The known calls inside one definition.
    calls: HashMap<(FunctionId, Vec<Shape>), Shape>,
    widened: Vec<Widened>,
    /// The current definition.
    of: DefinitionId,
    /// The outermost call around the current expression.
    call: Option<Span>,
    depth: usize,
}

impl Walk<'_> {
    fn definition(&mut self, id: DefinitionId) -> Shape {
        let definition = self.library.get(id);
        if definition.kind == DefinitionKind::Param {
            return Shape::constant(Why::Parameter, definition.name.span);
        }
        let name = &definition.name;
        let is_implicit = definition.formula.is_none() && self.library.sources.is_own(name.span.file);
        if is_implicit && self.library.has_rows_in_force(std::iter::once(&*name.text)) {
            return Shape::stock(Why::InForce, name.span);
        }
        definition.formula.as_ref().map_or_else(Shape::additive, |formula| self.expr(formula, &[]))
    }

    fn expr(&mut self, expr: &Expr, arguments: &Arguments) -> Shape {
        if self.depth == MAX_DEPTH {
            return Shape::broken(Why::TooDeep, expr.span);
        }
        self.depth += 1;
        let shape = self.kind(expr, arguments);
        self.depth -= 1;
        shape
    }

    fn kind(&mut self, expr: &Expr, arguments: &Arguments) -> Shape {
        match &*expr.kind {
            ExprKind::Number(literal) => number(literal, expr.span),
            ExprKind::Path(path) => self.path(path, arguments),
            ExprKind::Call(call) => match aggregate_of(call) {
                Some(_) if self.library.takes_rows_in_force(call) => in_force(call, expr.span),
                Some(function) => aggregate(function, call.distinct.is_some(), expr.span),
                None => self.call(call, expr.span, arguments),
            },
            ExprKind::Each(each) => self.each(each, expr.span, arguments),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => self.expr(operand, arguments),
            ExprKind::Chain { first, rest } => self.chain(first, rest, expr.span, arguments),
            ExprKind::If { branches, otherwise } => self.conditional(branches, otherwise, expr.span, arguments),
            ExprKind::Paren(inner) => self.expr(inner, arguments),
            ExprKind::Context { operand, clauses } => self.context(operand, clauses, expr.span, arguments),
            _ => self.neither(Why::NoSum, expr, arguments),
        }
    }

    /// The shape of an aggregate over inner groups. Each inner period belongs to one period of the result, so that sums
    /// and counts over them add up over time, whatever the formula.
    fn each(&mut self, each: &Each, span: Span, arguments: &Arguments) -> Shape {
        let mut parts = each.call.arguments.iter().take(1).chain(&each.having).map(|part| self.expr(part, arguments));
        let value = parts.next().unwrap_or_default();
        let only = parts.fold(value.only, |only, part| only.or(part.only));
        let broken = Shape { only, ..Shape::broken(Why::NoSum, span) };
        let by_time = inner::grain_of(each).is_some();
        let adds = |over_time| if by_time { None } else { over_time };
        match (aggregate_of(&each.call), each.call.distinct.is_some(), &each.having) {
            (Some(Aggregate::Sum), false, None) => Shape {
                constant: false,
                accumulates: value.accumulates || by_time,
                over_time: adds(value.over_time),
                over_segments: value.over_segments,
                only,
            },
            (Some(Aggregate::Sum | Aggregate::Count), false, _) => {
                Shape { accumulates: true, over_time: adds(broken.over_time), ..broken }
            }
            _ => broken,
        }
    }

    fn path(&self, path: &Path, arguments: &Arguments) -> Shape {
        let argument = arguments.iter().find(|(name, _)| *name == path.name.text);
        match (argument, self.library.id(&path.name.text)) {
            (Some((_, shape)), _) => *shape,
            (None, Some(id)) => match (id.0 as usize).checked_sub(self.library.definitions.first()) {
                Some(own) => self.shapes[own],
                None => self.library.shape(id),
            },
            (None, None) => Shape::additive(),
        }
    }

    /// A chain of operators with the same precedence, from left to right.
    fn chain(&mut self, first: &Expr, rest: &[Link], span: Span, arguments: &Arguments) -> Shape {
        let mut shape = self.expr(first, arguments);
        for link in rest {
            let operand = self.expr(&link.operand, arguments);
            let part = first.span.to(link.operand.span);
            shape = joined(shape, link.op, operand, if rest.len() == 1 { span } else { part });
        }
        shape
    }

    /// The shape of a choice. Its conditions are not part of the value.
    fn conditional(&mut self, branches: &[Branch], otherwise: &Expr, span: Span, arguments: &Arguments) -> Shape {
        let mut shape = self.expr(otherwise, arguments);
        for Branch { condition, value } in branches {
            let (condition, value) = (self.expr(condition, arguments), self.expr(value, arguments));
            let accumulates = shape.accumulates || value.accumulates;
            shape = Shape { accumulates, ..shape.and(condition).and(value) };
        }
        let Shape { constant, accumulates, only, .. } = shape;
        Shape { constant, accumulates, only, ..Shape::broken(Why::Condition, span) }
    }

    /// A shape that is not additive, unless it is constant.
    fn neither(&mut self, why: Why, expr: &Expr, arguments: &Arguments) -> Shape {
        let mut parts = vec![];
        expr.each_child(&mut |child| parts.push(child));
        let parts: Vec<Shape> = parts.into_iter().map(|part| self.expr(part, arguments)).collect();
        let constant = parts.iter().all(|part| part.constant);
        let only = parts.iter().find_map(|part| part.only);
        let accumulates = parts.iter().any(|part| part.accumulates);
        Shape { constant, accumulates, only, ..Shape::broken(why, expr.span) }
    }

    fn call(&mut self, call: &Call, span: Span, arguments: &Arguments) -> Shape {
        let given: Vec<Shape> = call.arguments.iter().map(|argument| self.expr(argument, arguments)).collect();
        let Some(id) = self.library.function_id(&call.function.text) else {
            return built_in(call, &given, span);
        };
        let key = (id, given.clone());
        if let Some(known) = self.calls.get(&key) {
            return *known;
        }
        let function = self.library.function(id);
        let names = function.parameters.iter().map(|parameter| parameter.text.clone());
        let inner: Vec<_> = names.zip(given).collect();
        let outer = self.call;
        self.call = outer.or(Some(span));
        let shape = self.expr(&function.body, &inner);
        self.call = outer;
        self.calls.insert(key, shape);
        shape
    }

    fn context(&mut self, operand: &Expr, clauses: &[ContextClause], span: Span, arguments: &Arguments) -> Shape {
        let mut shape = self.expr(operand, arguments);
        if shape.constant {
            return shape;
        }
        for clause in clauses {
            if let (Some(only), true) = (shape.only, widens(&clause.kind)) {
                let span = self.call.unwrap_or(span);
                self.widened.push(Widened { definition: self.of, span, only });
            }
            clause_on(&mut shape, clause);
        }
        shape
    }
}

fn number(literal: &NumberLiteral, span: Span) -> Shape {
    let zero = literal.digits.chars().all(|digit| matches!(digit, '0' | '.'));
    if zero { Shape::zero() } else { Shape::constant(Why::Literal, span) }
}

fn aggregate(function: AggregateFunction, distinct: bool, span: Span) -> Shape {
    let stock = |why| Shape::stock(why, span);
    match (function, distinct) {
        (Aggregate::Sum | Aggregate::Count, false) => Shape::additive(),
        (Aggregate::Sum | Aggregate::Count, true) => Shape { accumulates: true, ..Shape::broken(Why::Distinct, span) },
        (Aggregate::First, _) => stock(Why::First),
        (Aggregate::Last, _) => stock(Why::Last),
        (Aggregate::Only, distinct) => Shape { only: (!distinct).then_some(span), ..Shape::broken(Why::Only, span) },
        (_, true) => Shape::broken(Why::Distinct, span),
        (_, false) => Shape::broken(Why::NoSumOfRows, span),
    }
}

/// The shape of an aggregate of rows that hold over an interval.
fn in_force(call: &Call, span: Span) -> Shape {
    let why = if call.during.is_some() { Why::InForceDuring } else { Why::InForce };
    match aggregate_of(call) {
        Some(Aggregate::Sum | Aggregate::Count) if call.distinct.is_none() => Shape::stock(why, span),
        Some(Aggregate::First | Aggregate::Last) => Shape::stock(why, span),
        Some(function) => Shape {
            over_time: Some(Flaw { why, span }),
            accumulates: false,
            ..aggregate(function, call.distinct.is_some(), span)
        },
        None => Shape::broken(why, span),
    }
}

fn joined(lhs: Shape, op: BinaryOp, rhs: Shape, span: Span) -> Shape {
    let accumulates = op != BinaryOp::Divide && (lhs.accumulates || rhs.accumulates);
    let because = |why| Shape { accumulates, only: lhs.only.or(rhs.only), ..Shape::broken(why, span) };
    match op {
        _ if lhs.constant && rhs.constant => lhs.and(rhs),
        BinaryOp::Add | BinaryOp::Subtract => lhs.and(rhs),
        BinaryOp::Multiply if lhs.constant => rhs,
        BinaryOp::Multiply | BinaryOp::Divide if rhs.constant => lhs,
        BinaryOp::Multiply => because(Why::Product),
        BinaryOp::Divide => because(Why::Ratio),
        // A default of 0 does not change a sum.
        BinaryOp::Coalesce if rhs == Shape::zero() => lhs,
        BinaryOp::Coalesce => because(Why::Alternative),
        _ => because(Why::NoSum),
    }
}

fn built_in(call: &Call, given: &[Shape], span: Span) -> Shape {
    if let ("coalesce", [value, otherwise]) = (&*call.function.text, given)
        && *otherwise == Shape::zero()
    {
        return *value;
    }
    let only = given.iter().find_map(|part| part.only);
    let accumulates = given.iter().any(|part| part.accumulates);
    let constant = !is_of_period(call) && given.iter().all(|part| part.constant);
    Shape { constant, accumulates, only, ..Shape::broken(Why::NoSum, span) }
}

/// Marks what a clause of a context makes non-additive.
fn clause_on(shape: &mut Shape, clause: &ContextClause) {
    let (time, segments) = match &clause.kind {
        ContextKind::Condition(_) => (None, None),
        ContextKind::Previous => (Some(Why::Previous), None),
        ContextKind::Ago(duration) if duration.unit.text.starts_with("period") => (Some(Why::Previous), None),
        ContextKind::Ago(_) | ContextKind::SoFar => (None, None),
        ContextKind::Last(_) | ContextKind::ToDate(_) => (Some(Why::Window), None),
        ContextKind::All(Some(path)) if &*path.name.text == "time" => (Some(Why::AllTime), None),
        ContextKind::All(_) => (None, Some(Why::AllSegments)),
    };
    let flaw = |why| Flaw { why, span: clause.span };
    shape.over_time = shape.over_time.or(time.map(flaw));
    shape.over_segments = shape.over_segments.or(segments.map(flaw));
}

/// Returns true if a context takes more rows than the group itself.
fn widens(clause: &ContextKind) -> bool {
    matches!(clause, ContextKind::Last(_) | ContextKind::ToDate(_) | ContextKind::All(_))
}

#[cfg(test)]
mod tests {
    use crate::Library;

    /// The additivity of `x`, with the reasons over time and over segments.
    fn inferred(formula: &str) -> (&'static str, Option<String>, Option<String>) {
        let text = format!(
            "input flow = sum(t.flow)\ninput rows = count(t)\ninput stock = last(t.stock)\ninput users = only(t.users)\n\
             input people = count(distinct t.user)\nparam rate = 20%\nparam floor = 3\nratio = flow / rows\n\
             fn double(a) = a + a\nfn share(a) = a / a[all]\nfn summed(a) = a[to date]\nx = {formula}"
        );
        let library = Library::from_text(&text).unwrap_or_else(|problems| panic!("{problems}"));
        let additivity = library.additivity(library.id("x").expect("x is defined"));
        let message = |broken: &Option<super::Break>| broken.as_ref().map(|broken| broken.message.to_string());
        (additivity.name(), message(&additivity.over_time), message(&additivity.over_segments))
    }

    #[test]
    fn flows_stay_additive_in_linear_formulas() {
        for formula in [
            "flow",
            "rows",
            "-flow",
            "flow + rows - flow",
            "flow * rate",
            "2 * flow / floor",
            "flow * (1 - rate)",
            "sum(t.a where b = 1)",
            "flow[channel = \"a\"]",
            "flow[1 year ago]",
            "flow[3 months ago]",
            "flow ?? 0",
            "coalesce(flow, 0)",
            "double(flow)",
            "flow + 0",
            "undeclared",
            "(flow)",
            "0",
        ] {
            assert_eq!(inferred(formula).0, "additive", "{formula}");
        }
    }

    #[test]
    fn stocks_and_windows_add_up_over_segments_only() {
        for formula in [
            "stock",
            "stock + flow",
            "double(stock)",
            "flow[previous]",
            "flow[last 3 months]",
            "flow[to date]",
            "flow[year to date]",
            "summed(flow)",
            "flow[all time]",
            "flow - flow[previous]",
            "flow[2 periods ago]",
        ] {
            let (name, time, segments) = inferred(formula);
            assert!(name == "semi-additive" && time.is_some() && segments.is_none(), "{formula}");
        }
    }

    #[test]
    fn totals_of_segments_add_up_over_time_only() {
        for formula in ["flow[all channel]", "flow[all]"] {
            let (name, time, segments) = inferred(formula);
            assert!(name == "semi-additive" && time.is_none() && segments.is_some(), "{formula}");
        }
    }

    #[test]
    fn ratios_and_nonlinear_formulas_are_not_additive() {
        for formula in [
            "flow / rows",
            "ratio",
            "ratio * 2",
            "flow * rows",
            "users",
            "people",
            "avg(t.a)",
            "min(t.a)",
            "max(t.a)",
            "median(t.a)",
            "quantile(t.a, 0.9)",
            "sum(distinct t.a)",
            "flow + 1",
            "rate",
            "share(flow)",
            "round(flow)",
            "if flow > 3 then flow else 0",
            "flow > 3",
            "flow ^ 2",
            "flow ?? rows",
            "stock[all]",
            "max(flow, rows)",
        ] {
            assert_eq!(inferred(formula).0, "not additive", "{formula}");
        }
    }

    #[test]
    fn the_message_names_the_non_additive_part() {
        let (_, time, _) = inferred("double(ratio) + flow");
        assert_eq!(time.unwrap(), "`flow / rows` is a ratio");
        let (_, time, segments) = inferred("stock[all channel]");
        assert_eq!(time.unwrap(), "`last(t.stock)` is a stock: its last value counts, not the sum");
        assert_eq!(segments.unwrap(), "`[all channel]` covers all segments in each segment");
    }

    #[test]
    fn rows_in_force_are_stocks() {
        let text = "dataset subs { valid from start until end  amount: number }\nmrr = sum(subs.amount)\n\
                    people = count(distinct subs.customer)\nnew = count(subs on start)\nserved = count(subs during)\n\
                    implicit = amount\naverage = mrr / people";
        let library = Library::from_text(text).unwrap_or_else(|problems| panic!("{problems}"));
        let of = |name: &str| {
            let id = library.id(name).expect("it is defined");
            (library.additivity(id).name(), library.accumulates(id))
        };
        assert_eq!(of("mrr"), ("semi-additive", false));
        assert_eq!(of("people"), ("not additive", false));
        assert_eq!(of("new"), ("additive", true));
        assert_eq!(of("served"), ("semi-additive", false));
        assert_eq!(of("implicit"), ("semi-additive", false));
        assert_eq!(of("average"), ("not additive", false));
        let over_time = library.additivity(library.id("mrr").expect("it is defined")).over_time;
        let expected = "`sum(subs.amount)` is a stock: it counts the rows in force at a time";
        assert_eq!(over_time.expect("it does not add up").message.to_string(), expected);
    }

    #[test]
    fn values_that_grow_with_the_period() {
        let grows = |formula: &str| {
            let text = format!(
                "flow = sum(t.flow)\nrows = count(t)\nstock = last(t.stock)\nparam rate = 20%\n\
                 fn share(a) = a / a[all]\nfn double(a) = a + a\nx = {formula}"
            );
            let library = Library::from_text(&text).unwrap_or_else(|problems| panic!("{problems}"));
            library.accumulates(library.id("x").expect("x is defined"))
        };
        for formula in [
            "flow",
            "-rows",
            "flow - 100",
            "flow * rate",
            "flow / 12",
            "count(distinct t.user)",
            "flow[last 3 months]",
            "flow[year to date]",
            "flow - flow[previous]",
            "double(flow ?? 0)",
            "round(flow)",
            "max(flow, 0)",
            "if stock > 3 then flow else 0",
            "flow * (flow / rows)",
            "stock + flow",
        ] {
            assert!(grows(formula), "{formula}");
        }
        for formula in [
            "stock",
            "rate",
            "flow / rows",
            "1 - flow / rows",
            "flow / flow[previous] - 1",
            "share(flow)",
            "avg(t.a)",
            "max(t.a)",
            "if rows > 100 then flow / rows else undefined",
            "round(flow / rows, 2)",
            "3",
        ] {
            assert!(!grows(formula), "{formula}");
        }
    }

    /// Each function calls the previous one twice; inference is cached by arguments, so that it stays fast.
    #[test]
    fn functions_that_call_the_previous_one_twice_are_inferred_fast() {
        let mut text = String::from("fn f0(a) = a\n");
        for n in 1..60 {
            text.push_str(&format!("fn f{n}(a) = f{}(a) + f{}(a[previous])\n", n - 1, n - 1));
        }
        text.push_str("x = f59(flow)");
        let library = Library::from_text(&text).unwrap();
        assert_eq!(library.additivity(library.id("x").unwrap()).name(), "semi-additive");
    }
}
