//! Which steps are sums over rows, so that they can be divided among segments, and which quotients have two such sides.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::formula::{Part, PartKind, numbers};
use super::number::Exact;
use crate::data::Aggregate;
use crate::plan::{Plan, StepId, StepKind};
use crate::program::Node;

/// The maximum number of aggregates in a side of a quotient.
const MAX_TERMS: usize = 1_000;

/// A sum of aggregates, each with its coefficient.
pub type Linear = IndexMap<StepId, Exact>;

/// The quotient of two sums of aggregates, times a constant.
#[derive(Debug, Clone)]
pub struct Ratio {
    pub constant: Exact,
    pub numerator: Linear,
    pub denominator: Linear,
}

/// The steps that are sums of aggregates, as far as they have been read.
pub struct Additive<'a> {
    plan: &'a Plan,
    known: HashMap<StepId, Option<Linear>>,
}

impl<'a> Additive<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, known: HashMap::new() }
    }

    /// Reads a step: what it consists of, or the aggregate that it is.
    pub fn read(&mut self, step: StepId, part: Option<&Part>, aggregate: Option<StepId>) {
        let linear = match part {
            Some(part) => self.linear(part),
            None => aggregate.filter(|aggregate| self.is_sum(*aggregate)).map(|_| Linear::from([(step, Exact::one())])),
        };
        self.known.insert(step, linear);
    }

    /// What a step is a sum of.
    pub fn of(&self, step: StepId) -> Option<&Linear> {
        self.known.get(&step)?.as_ref()
    }

    /// True for the sum or the number of rows, without regard to duplicates.
    fn is_sum(&self, aggregate: StepId) -> bool {
        let StepKind::Measure(Some(id)) = self.plan.step(aggregate).kind else { return false };
        let measure = &self.plan.request.measures[id.0 as usize];
        matches!(measure.aggregate, Aggregate::Sum | Aggregate::Count) && !measure.distinct
    }

    /// A part as a sum of aggregates.
    pub fn linear(&self, part: &Part) -> Option<Linear> {
        match &part.kind {
            PartKind::Step(step) => self.of(*step).cloned(),
            PartKind::Sum(terms) => {
                let mut sum = Linear::new();
                for (term, negative) in terms {
                    let sign = Exact::whole(if *negative { -1 } else { 1 });
                    add(&mut sum, &self.linear(term)?, &sign);
                }
                Some(sum).filter(|sum| sum.len() <= MAX_TERMS)
            }
            PartKind::Product(factors) => {
                let (constant, rest) = self.constants(factors)?;
                let [(factor, 1)] = rest[..] else { return None };
                let mut sum = Linear::new();
                add(&mut sum, &self.linear(factor)?, &constant);
                Some(sum)
            }
            _ => None,
        }
    }

    /// A quotient of sums of aggregates.
    pub fn ratio(&self, part: &Part) -> Option<Ratio> {
        let PartKind::Product(factors) = &part.kind else { return None };
        let (constant, rest) = self.constants(factors)?;
        let [(first, exponent), (second, other)] = rest[..] else { return None };
        let (numerator, denominator) = match (exponent, other) {
            (1, -1) => (first, second),
            (-1, 1) => (second, first),
            _ => return None,
        };
        Some(Ratio { constant, numerator: self.linear(numerator)?, denominator: self.linear(denominator)? })
    }

    /// The product of the factors that are the same everywhere, and the other factors.
    fn constants<'p>(&self, factors: &'p [(Part, i32)]) -> Option<(Exact, Vec<(&'p Part, i32)>)> {
        let (mut constant, mut rest) = (Exact::one(), vec![]);
        for (factor, exponent) in factors {
            match self.is_constant(factor) {
                true => constant = constant.times(&numbers(&factor.points)?[0].power(*exponent)?),
                false => rest.push((factor, *exponent)),
            }
        }
        Some((constant, rest))
    }

    /// True for literals and parameters.
    fn is_constant(&self, part: &Part) -> bool {
        self.plan.program.slots_below([part.node]).is_empty()
            && !matches!(self.plan.program.node(part.node), Node::Slot(_))
    }
}

fn add(sum: &mut Linear, terms: &Linear, factor: &Exact) {
    for (step, coefficient) in terms {
        let own = sum.entry(*step).or_insert_with(Exact::zero);
        *own = own.plus(&coefficient.times(factor));
    }
}
