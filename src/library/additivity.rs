//! Infers from a formula whether its values add up: those of months to that of the quarter, those of channels to that
//! of all channels.
//!
//! A flow adds up both ways. A stock adds up over segments only. A ratio is recomputed from its parts, never added.

use std::collections::HashMap;

use serde::Serialize;

use super::{DefinitionId, FunctionId, Library, resolve};
use crate::builtin;
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Call, ContextClause, ContextKind, DefinitionKind, Expr, ExprKind, Link, NumberLiteral, Path, UnaryOp,
};

/// Whether the values of a definition add up, and what keeps them from it.
///
/// ```
/// let library = yardstick::Library::from_text("input spend\ninput clicks\ncpc = spend / clicks\ntwice = spend * 2")?;
/// let of = |name| library.additivity(library.id(name).unwrap());
/// assert_eq!(of("twice").name(), "additive");
/// assert_eq!(of("cpc").name(), "not additive");
/// assert_eq!(of("cpc").over_time.unwrap().message, "`spend / clicks` is a ratio");
/// # Ok::<(), yardstick::Problems>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Additivity {
    /// What keeps values of shorter periods from adding up to that of a longer one; None where they do.
    pub over_time: Option<Break>,
    /// What keeps values of segments from adding up to that of all; None where they do.
    pub over_segments: Option<Break>,
}

/// The part of a formula that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// Which part, and why, in a sentence.
    pub message: String,
    /// Where it stands: in the formula itself, or in one that it uses.
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
    /// Whether the values of a definition add up over time and over segments, inferred through its formula.
    pub fn additivity(&self, id: DefinitionId) -> &Additivity {
        &self.shapes()[id.0 as usize].additivity
    }

    /// All that is inferred, when it is first asked for.
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.inferred().0
    }

    /// Values taken over several rows that `only` has none of.
    pub(super) fn only_widened(&self) -> &[Widened] {
        &self.inferred().1
    }

    fn inferred(&self) -> &(Vec<Shape>, Vec<Widened>) {
        self.inferred.get_or_init(|| infer(self))
    }
}

/// What is known of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// Whether no data play a part.
    constant: bool,
    additivity: Additivity,
    /// An `only` that it stands on.
    only: Option<Span>,
}

/// An `only` in a context that takes more rows than its group has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Widened {
    /// The definition in whose formula that happens.
    pub definition: DefinitionId,
    /// Where, in that formula.
    pub span: Span,
    /// The `only`.
    pub only: Span,
}

impl Shape {
    fn additive() -> Self {
        Self::default()
    }

    fn broken(message: String, span: Span) -> Self {
        let broken = Some(Break { message, span });
        let additivity = Additivity { over_time: broken.clone(), over_segments: broken };
        Self { additivity, ..Self::default() }
    }

    fn constant(message: String, span: Span) -> Self {
        Self { constant: true, ..Self::broken(message, span) }
    }

    /// Adds up where both do.
    fn and(self, other: Self) -> Self {
        Self {
            constant: self.constant && other.constant,
            additivity: Additivity {
                over_time: self.additivity.over_time.or(other.additivity.over_time),
                over_segments: self.additivity.over_segments.or(other.additivity.over_segments),
            },
            only: self.only.or(other.only),
        }
    }

    /// What a shape comes to for a caller's memory of calls.
    fn key(&self) -> ShapeKey {
        let span = |broken: &Option<Break>| broken.as_ref().map(|broken| broken.span);
        (self.constant, span(&self.additivity.over_time), span(&self.additivity.over_segments), self.only)
    }
}

type ShapeKey = (bool, Option<Span>, Option<Span>, Option<Span>);

/// How deep expressions may nest, through the functions that they call; what lies deeper counts as not additive.
const MAX_DEPTH: usize = 500;

fn infer(library: &Library) -> (Vec<Shape>, Vec<Widened>) {
    let shapes = vec![Shape::additive(); library.definitions.len()];
    let none = DefinitionId(0);
    let mut walk = Walk { library, shapes, calls: HashMap::new(), widened: vec![], of: none, call: None, depth: 0 };
    for &id in library.order() {
        (walk.of, walk.call) = (id, None);
        walk.calls.clear();
        walk.shapes[id.0 as usize] = walk.definition(id);
    }
    (walk.shapes, walk.widened)
}

/// Names of a function's body with what stands behind them.
type Arguments = [(std::sync::Arc<str>, Shape)];

struct Walk<'a> {
    library: &'a Library,
    shapes: Vec<Shape>,
    /// The calls inside one definition that were seen before.
    calls: HashMap<(FunctionId, Vec<ShapeKey>), Shape>,
    widened: Vec<Widened>,
    /// The definition at hand.
    of: DefinitionId,
    /// The outermost call around the expression at hand.
    call: Option<Span>,
    depth: usize,
}

impl Walk<'_> {
    fn definition(&mut self, id: DefinitionId) -> Shape {
        let definition = self.library.get(id);
        if definition.kind == DefinitionKind::Param {
            let message = format!("`{}` is a parameter: it is the same everywhere", definition.name.text);
            return Shape::constant(message, definition.name.span);
        }
        definition.formula.as_ref().map_or_else(Shape::additive, |formula| self.expr(formula, &[]))
    }

    fn expr(&mut self, expr: &Expr, arguments: &Arguments) -> Shape {
        if self.depth == MAX_DEPTH {
            return Shape::broken("it nests too deeply to tell".to_owned(), expr.span);
        }
        self.depth += 1;
        let shape = self.kind(expr, arguments);
        self.depth -= 1;
        shape
    }

    fn kind(&mut self, expr: &Expr, arguments: &Arguments) -> Shape {
        match &*expr.kind {
            ExprKind::Number(literal) => self.number(literal, expr.span),
            ExprKind::Path(path) => self.path(path, arguments),
            ExprKind::Call(call) if resolve::is_aggregate(call) => self.aggregate(call, expr.span),
            ExprKind::Call(call) => self.call(call, expr.span, arguments),
            ExprKind::Unary { op: UnaryOp::Negate, operand, .. } => self.expr(operand, arguments),
            ExprKind::Chain { first, rest } => self.chain(first, rest, expr.span, arguments),
            ExprKind::If { .. } => self.neither("depends on a condition", expr, arguments),
            ExprKind::Paren(inner) => self.expr(inner, arguments),
            ExprKind::Context { operand, clauses } => self.context(operand, clauses, expr.span, arguments),
            _ => self.neither("is no sum", expr, arguments),
        }
    }

    fn text(&self, span: Span) -> String {
        self.library.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn number(&self, literal: &NumberLiteral, span: Span) -> Shape {
        let zero = literal.digits.chars().all(|digit| matches!(digit, '0' | '.'));
        if zero {
            return Shape { constant: true, ..Shape::additive() };
        }
        Shape::constant(format!("`{}` is the same everywhere", self.text(span)), span)
    }

    fn path(&self, path: &Path, arguments: &Arguments) -> Shape {
        let argument = arguments.iter().find(|(name, _)| *name == path.name.text);
        match (argument, self.library.id(&path.name.text)) {
            (Some((_, shape)), _) => shape.clone(),
            (None, Some(id)) => self.shapes[id.0 as usize].clone(),
            (None, None) => Shape::additive(),
        }
    }

    fn aggregate(&self, call: &Call, span: Span) -> Shape {
        let name = &*call.function.text;
        let text = self.text(span);
        match name {
            "sum" | "count" if call.distinct.is_none() => Shape::additive(),
            "first" | "last" => {
                let message = format!("`{text}` is a stock: its {name} value holds, not the sum");
                let additivity = Additivity { over_time: Some(Break { message, span }), over_segments: None };
                Shape { additivity, ..Shape::default() }
            }
            "only" => {
                let only = call.distinct.is_none().then_some(span);
                Shape { only, ..Shape::broken(format!("`{text}` may not be rolled up"), span) }
            }
            _ if call.distinct.is_some() => Shape::broken(format!("`{text}` counts what occurs twice once"), span),
            _ => Shape::broken(format!("`{text}` is no sum of rows"), span),
        }
    }

    /// Operators of one level, from the left.
    fn chain(&mut self, first: &Expr, rest: &[Link], span: Span, arguments: &Arguments) -> Shape {
        let mut shape = self.expr(first, arguments);
        for link in rest {
            let operand = self.expr(&link.operand, arguments);
            let part = first.span.to(link.operand.span);
            shape = self.joined(shape, link.op, operand, if rest.len() == 1 { span } else { part });
        }
        shape
    }

    fn joined(&self, lhs: Shape, op: BinaryOp, rhs: Shape, span: Span) -> Shape {
        let only = lhs.only.or(rhs.only);
        let because = |what: &str| Shape { only, ..Shape::broken(format!("`{}` {what}", self.text(span)), span) };
        match op {
            _ if lhs.constant && rhs.constant => lhs.and(rhs),
            BinaryOp::Add | BinaryOp::Subtract => lhs.and(rhs),
            BinaryOp::Multiply if lhs.constant => rhs,
            BinaryOp::Multiply | BinaryOp::Divide if rhs.constant => lhs,
            BinaryOp::Multiply => because("is a product"),
            BinaryOp::Divide => because("is a ratio"),
            // Where there is nothing, 0 adds nothing.
            BinaryOp::Coalesce if rhs == (Shape { constant: true, ..Shape::additive() }) => lhs,
            BinaryOp::Coalesce => because("takes one thing here and another there"),
            _ => because("is no sum"),
        }
    }

    /// Adds up neither way, unless it is a constant.
    fn neither(&mut self, what: &str, expr: &Expr, arguments: &Arguments) -> Shape {
        let mut parts = vec![];
        expr.each_child(&mut |child| parts.push(child));
        let parts: Vec<Shape> = parts.into_iter().map(|part| self.expr(part, arguments)).collect();
        let message = format!("`{}` {what}", self.text(expr.span));
        let constant = parts.iter().all(|part| part.constant);
        let only = parts.iter().find_map(|part| part.only);
        Shape { constant, only, ..Shape::broken(message, expr.span) }
    }

    fn call(&mut self, call: &Call, span: Span, arguments: &Arguments) -> Shape {
        let given: Vec<Shape> = call.arguments.iter().map(|argument| self.expr(argument, arguments)).collect();
        let Some(id) = self.library.function_id(&call.function.text) else {
            return self.built_in(call, given, span);
        };
        let key = (id, given.iter().map(Shape::key).collect());
        if let Some(known) = self.calls.get(&key) {
            return known.clone();
        }
        let function = self.library.function(id);
        let names = function.parameters.iter().map(|parameter| parameter.text.clone());
        let inner: Vec<_> = names.zip(given).collect();
        let outer = self.call;
        self.call = outer.or(Some(span));
        let shape = self.expr(&function.body, &inner);
        self.call = outer;
        self.calls.insert(key, shape.clone());
        shape
    }

    fn built_in(&self, call: &Call, given: Vec<Shape>, span: Span) -> Shape {
        let zero = Shape { constant: true, ..Shape::additive() };
        if builtin::find(&call.function.text).is_some()
            && let ("coalesce", [value, otherwise]) = (&*call.function.text, &given[..])
            && *otherwise == zero
        {
            return value.clone();
        }
        let only = given.iter().find_map(|part| part.only);
        let constant = given.iter().all(|part| part.constant);
        Shape { constant, only, ..Shape::broken(format!("`{}` is no sum", self.text(span)), span) }
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
            self.clause(&mut shape.additivity, clause);
        }
        shape
    }

    fn clause(&self, additivity: &mut Additivity, clause: &ContextClause) {
        let because =
            |what: &str| Some(Break { message: format!("`[{}]` {what}", self.text(clause.span)), span: clause.span });
        let (time, segments) = match &clause.kind {
            ContextKind::Condition(_) => (None, None),
            ContextKind::Previous => (because("is another stretch of time at each grain"), None),
            ContextKind::Ago(duration) if &*duration.unit.text == "periods" => {
                (because("is another stretch of time at each grain"), None)
            }
            ContextKind::Ago(_) => (None, None),
            ContextKind::Last(_) | ContextKind::ToDate(_) => (because("takes rows of earlier periods again"), None),
            ContextKind::All(Some(path)) if &*path.name.text == "time" => (because("takes all periods in each"), None),
            ContextKind::All(_) => (None, because("takes all segments in each")),
        };
        additivity.over_time = additivity.over_time.take().or(time);
        additivity.over_segments = additivity.over_segments.take().or(segments);
    }
}

/// Whether a context takes more rows than the group itself.
fn widens(clause: &ContextKind) -> bool {
    matches!(clause, ContextKind::Last(_) | ContextKind::ToDate(_) | ContextKind::All(_))
}

#[cfg(test)]
mod tests {
    use crate::Library;

    /// The kind of `x`, with what breaks it over time and over segments.
    fn inferred(formula: &str) -> (&'static str, Option<String>, Option<String>) {
        let text = format!(
            "input flow = sum(t.flow)\ninput rows = count(t)\ninput stock = last(t.stock)\ninput users = only(t.users)\n\
             input people = count(distinct t.user)\nparam rate = 20%\nparam floor = 3\nratio = flow / rows\n\
             fn double(a) = a + a\nfn share(a) = a / a[all]\nfn summed(a) = a[to date]\nx = {formula}"
        );
        let library = Library::from_text(&text).unwrap_or_else(|problems| panic!("{problems}"));
        let additivity = library.additivity(library.id("x").expect("x is defined"));
        let message = |broken: &Option<super::Break>| broken.as_ref().map(|broken| broken.message.clone());
        (additivity.name(), message(&additivity.over_time), message(&additivity.over_segments))
    }

    #[test]
    fn flows_and_what_keeps_them() {
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
    fn what_never_adds_up() {
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
    fn the_part_that_breaks_it_is_named() {
        let (_, time, _) = inferred("double(ratio) + flow");
        assert_eq!(time.unwrap(), "`flow / rows` is a ratio");
        let (_, time, segments) = inferred("stock[all channel]");
        assert_eq!(time.unwrap(), "`last(t.stock)` is a stock: its last value holds, not the sum");
        assert_eq!(segments.unwrap(), "`[all channel]` takes all segments in each");
    }

    /// Each function calls the one before it twice: told apart by arguments, not by calls.
    #[test]
    fn doubling_functions_are_inferred_at_once() {
        let mut text = String::from("fn f0(a) = a\n");
        for n in 1..60 {
            text.push_str(&format!("fn f{n}(a) = f{}(a) + f{}(a[previous])\n", n - 1, n - 1));
        }
        text.push_str("x = f59(flow)");
        let library = Library::from_text(&text).unwrap();
        assert_eq!(library.additivity(library.id("x").unwrap()).name(), "semi-additive");
    }
}
