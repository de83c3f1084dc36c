//! Solves for an input in one group: exactly where the formula is known in pieces, and by evaluating it elsewhere.

use std::collections::HashMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed};

use super::columns::{Columns, Sought, number};
use super::form::{Form, Formula, Piece, decimal, ratio};
use super::found::{Common, Edge, Found, Span, common, found};
use super::roots::Root;
use super::search::{Hit, search};
use super::solution::{Solution, SolutionBounds, SolutionKind, SolvedEnd, SolvedRange, SolvedValue, StatusChange};
use super::stretch::{Mark, Place, Stretch};
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::program::NodeId;
use crate::value::{Cause, Cell, Decimal, Number, Value, ops};

/// Without bounds, a formula that is not known in pieces is searched up to this multiple of the present value.
const SEARCHED: i64 = 1_000;

/// One group.
pub struct Group<'c> {
    pub columns: &'c Columns<'c>,
    pub group: usize,
    pub formula: &'c Formula<'c>,
    /// The input as results show it, divided by the input as formulas use it.
    pub scale: BigRational,
    pub budget: &'c Budget,
}

impl Group<'_> {
    /// Adds what is found to a solution.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn solve(&self, goal: &Sought, mut solution: Solution) -> Result<Solution, Diagnostic> {
        let line = match goal.within {
            Some(within) => self.line(within),
            None => vec![Stretch::Open(None, None)],
        };
        if let Some(pieces) = self.pieces(line, goal)? {
            self.add(&pieces, goal, &mut solution)?;
            return Ok(solution);
        }
        let Some(within) = goal.within.or_else(|| around(solution.present_input?)) else {
            solution.found = SolutionKind::Unbounded;
            return Ok(solution);
        };
        solution.within = Some(SolutionBounds { least: within[0].decimal, most: within[1].decimal });
        let pieces = if goal.within.is_none() { self.pieces(self.line(within), goal)? } else { None };
        solution.found = if pieces.is_some() { SolutionKind::SolvedWithin } else { SolutionKind::Searched };
        match pieces {
            Some(pieces) => self.add_found(found(&pieces, &ratio(goal.wanted)), &mut solution)?,
            None => self.search(within, goal, &mut solution)?,
        }
        Ok(solution)
    }

    fn line(&self, within: [Number; 2]) -> Vec<Stretch> {
        let [least, most] = within.map(|end| ratio(end) / &self.scale);
        Stretch::within(least, most)
    }

    fn pieces(&self, line: Vec<Stretch>, goal: &Sought) -> Result<Option<Vec<Piece>>, Diagnostic> {
        self.formula.pieces(self.columns.node(0), line, &ratio(goal.wanted), self.budget)
    }

    /// Adds what is known of all pieces.
    fn add(&self, pieces: &[Piece], goal: &Sought, solution: &mut Solution) -> Result<(), Diagnostic> {
        let wanted = ratio(goal.wanted);
        match common(pieces) {
            Some(Common::Undefined) => {
                solution.found = SolutionKind::Undefined;
                solution.reason = self.columns.evaluation.reason(0, self.group);
            }
            Some(Common::Number(number)) if number == wanted && goal.within.is_none() => {
                solution.found = SolutionKind::Always;
                let marks = found(pieces, &wanted).undefined;
                solution.undefined_at = marks.iter().filter_map(|mark| Some(self.end(mark)?.value)).collect();
            }
            Some(Common::Number(number)) if number == wanted => {
                self.add_found(found(pieces, &wanted), solution)?;
            }
            Some(Common::Number(_) | Common::Other) => solution.found = SolutionKind::Constant,
            None => self.add_found(found(pieces, &wanted), solution)?,
        }
        Ok(())
    }

    fn add_found(&self, found: Found, solution: &mut Solution) -> Result<(), Diagnostic> {
        let shown = |marks: &[Mark]| marks.iter().filter_map(|mark| Some(self.end(mark)?.value)).collect();
        solution.undefined_at = shown(&found.undefined);
        solution.jumps = shown(&found.jumps);
        for span in found.spans {
            self.add_span(&span, solution)?;
        }
        Ok(())
    }

    /// A point as results show it. None if it is too large for a decimal.
    fn end(&self, mark: &Mark) -> Option<SolvedEnd> {
        let shown = mark.root.point() * &self.scale;
        if shown.abs() > ratio(Number::exact(Decimal::MAX)) {
            return None;
        }
        let number = decimal(&shown);
        let is_known = mark.is_exact && matches!(mark.root, Root::Exact(_));
        let fraction = (is_known && !number.exact).then(|| shown.to_string());
        Some(SolvedEnd { value: number.decimal.normalize(), exact: is_known && number.exact, fraction, included: true })
    }

    fn add_span(&self, span: &Span, solution: &mut Solution) -> Result<(), Diagnostic> {
        let present = solution.present_input.map(|present| ratio(Number::exact(present)) / &self.scale);
        let mark = match span.only() {
            Some(mark) => mark.clone(),
            None => representative(span, present.as_ref()),
        };
        let Some(end) = self.end(&mark) else { return Ok(()) };
        let input = decimal(&mark.root.point());
        let is_exact = mark.is_exact && matches!(mark.root, Root::Exact(_));
        match self.value(input, Some(mark), solution)? {
            Ok(value) => {
                let range = span.only().is_none().then(|| self.range(span));
                let check = if is_exact { solution.wanted } else { value.check };
                let SolvedEnd { value: shown, exact, fraction, .. } = end;
                solution.values.push(SolvedValue { value: shown, exact, fraction, range, check, ..value });
            }
            Err(_) => solution.undefined_at.push(end.value),
        }
        Ok(())
    }

    fn range(&self, span: &Span) -> SolvedRange {
        let end = |edge: &Option<Edge>| {
            let edge = edge.as_ref()?;
            Some(SolvedEnd { included: edge.is_included, ..self.end(&edge.mark)? })
        };
        SolvedRange { from: end(&span.from), to: end(&span.to) }
    }

    /// Searches between bounds.
    fn search(&self, within: [Number; 2], goal: &Sought, solution: &mut Solution) -> Result<(), Diagnostic> {
        let used = |shown: Decimal| decimal(&(ratio(Number::exact(shown)) / &self.scale)).decimal;
        let shown = |used: Decimal| decimal(&(ratio(Number::exact(used)) * &self.scale)).decimal.normalize();
        let distance = |points: &[Decimal]| self.distances(points, goal.wanted);
        let hits = search(&distance, within.map(|end| used(end.decimal)), solution.present_input.map(used))?;
        solution.jumps = hits.jumps.into_iter().map(shown).collect();
        for Hit { first, last, included } in hits.values {
            let Ok(value) = self.value(Number::exact(if included[0] { first } else { last }), None, solution)? else {
                continue;
            };
            let end = |value: Decimal, included: bool| {
                Some(SolvedEnd { value: shown(value), exact: false, fraction: None, included })
            };
            let range = SolvedRange { from: end(first, included[0]), to: end(last, included[1]) };
            solution.values.push(SolvedValue { range: (first != last).then_some(range), ..value });
        }
        Ok(())
    }

    /// How far the KPI is from what is wanted, at some values of the input.
    fn distances(&self, points: &[Decimal], wanted: Number) -> Result<Vec<Option<Decimal>>, Diagnostic> {
        let numbers: Vec<Number> = points.iter().map(|point| Number::exact(*point)).collect();
        let nodes = [self.columns.node(0)];
        let evaluation = self.columns.evaluation;
        let values = evaluation.values_with(self.group, self.columns.free, &numbers, &nodes, self.budget)?;
        let distance = |cell: Cell| Some(ops::subtract(number(&cell)?, wanted).ok()?.decimal);
        Ok(values[0].cells().map(distance).collect())
    }

    /// The KPI and the statuses with a value of the input, which may stand for a point. An error if the KPI is undefined
    /// with it.
    fn value(
        &self,
        input: Number,
        point: Option<Mark>,
        solution: &Solution,
    ) -> Result<Result<SolvedValue, Cause>, Diagnostic> {
        let columns = self.columns;
        let others = HashMap::from([(columns.free, Ok(Value::Number(input)))]);
        let cells = columns.evaluation.cells_with(self.group, &others, self.budget)?;
        let [check, shown] = [0, 1].map(|at| match cells.node(columns.node(at)) {
            Ok(Value::Number(number)) => Ok(number),
            Err(Cause::Overflow) => Err(Cause::Overflow),
            // Next to the point, the KPI may be undefined.
            _ if point.is_some() => Ok(Number::exact(solution.wanted)),
            Err(cause) => Err(cause),
            Ok(_) => Err(Cause::WrongKind),
        });
        let (check, shown) = match (check, shown) {
            (Ok(check), Ok(shown)) => (check, shown),
            (Err(cause), _) | (_, Err(cause)) => return Ok(Err(cause)),
        };
        let present = solution.present_input;
        let difference = present.and_then(|present| shown.decimal.checked_sub(present));
        let change = difference.and_then(|difference| difference.checked_div(present?.abs()));
        // Conditions are decided at the point itself, so that a KPI that is its own bound is not beside it.
        let place = point.map(|mark| Place::new(Stretch::Point(mark)));
        let cell = |node: NodeId| match place.as_ref().map(|place| self.formula.form(node, place)) {
            Some(Ok(Form::Other(value))) => Ok(value),
            _ => cells.node(node),
        };
        let kpis = (0..columns.count).filter(|at| *at != 1 && columns.followed[*at]);
        let statuses = kpis.filter_map(|at| self.status(at, cell)).collect();
        Ok(Ok(SolvedValue {
            value: shown.decimal.normalize(),
            exact: check.exact && check.decimal == solution.wanted,
            fraction: None,
            range: None,
            difference,
            change,
            check: check.decimal.normalize(),
            statuses,
        }))
    }

    /// The status of a KPI, if it changes.
    fn status(&self, at: usize, cell: impl Fn(NodeId) -> Cell) -> Option<StatusChange> {
        let outcome = self.columns.evaluation.outcome(at, self.group);
        if outcome.no_status.is_some() || outcome.value.is_err() {
            return None;
        }
        let before = outcome.band.map(|band| band.status);
        let after = self.columns.planned(1, at).band(cell).map(|band| band.status);
        let kpi = self.columns.planned(0, at).name.clone();
        (before != after).then_some(StatusChange { kpi, before, after })
    }
}

/// The bounds of a search without given ones.
fn around(present: Decimal) -> Option<[Number; 2]> {
    let far = present.checked_mul(SEARCHED.into()).filter(|far| !far.is_zero())?;
    Some([far.min(Decimal::ZERO), far.max(Decimal::ZERO)].map(Number::exact))
}

/// The number of a range that is nearest to the present one. If that is an end which is not included, the other end, or
/// a number between them.
fn representative(span: &Span, present: Option<&BigRational>) -> Mark {
    let [from, to] = [&span.from, &span.to];
    let present = present.map(|present| Mark::exact(present.clone()));
    let is_above = |mark: &Mark| from.as_ref().is_none_or(|from| from.mark.root < mark.root);
    let is_below = |mark: &Mark| to.as_ref().is_none_or(|to| mark.root < to.mark.root);
    let included = |edge: &Option<Edge>| edge.as_ref().filter(|edge| edge.is_included).map(|edge| edge.mark.clone());
    let ends = [included(from), included(to)];
    let [first, second] = match &present {
        Some(present) if is_above(present) && is_below(present) => return present.clone(),
        Some(present) if is_above(present) => [ends[1].clone(), ends[0].clone()],
        _ => ends,
    };
    let inside = || {
        let edge = |edge: &Option<Edge>| edge.as_ref().map(|edge| edge.mark.clone());
        Mark::exact(rounded_inside(&Place::new(Stretch::Open(edge(from), edge(to)))))
    };
    first.or(second).unwrap_or_else(inside)
}

/// The decimal with the fewest digits that is as close to the sample of an interval as its ends allow.
fn rounded_inside(place: &Place) -> BigRational {
    let Stretch::Open(from, to) = &place.stretch else { return place.sample.clone() };
    let is_inside = |point: &BigRational| {
        let root = Root::Exact(point.clone());
        from.as_ref().is_none_or(|from| from.root < root) && to.as_ref().is_none_or(|to| root < to.root)
    };
    let mut power = BigRational::one();
    for _ in 0..=Decimal::MAX_SCALE {
        let point = (&place.sample * &power).round() / &power;
        if is_inside(&point) {
            return point;
        }
        power *= BigRational::from(BigInt::from(10));
    }
    place.sample.clone()
}
