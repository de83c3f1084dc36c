//! Splits the difference of one step among the steps that its formula uses.

use indexmap::IndexMap;

use super::additive::Ratio;
use super::formula::{Amount, Part, PartKind, Point, numbers};
use super::number::Exact;
use super::split;
use crate::budget::Budget;
use crate::diagnostic::Diagnostic;
use crate::plan::StepId;
use crate::program::{Node, NodeId, Program};
use crate::value::{Cell, Value, Vector};

/// The maximum number of operands that change together in an operation other than `+ - * /`.
pub const MAX_OPERANDS: usize = 6;

/// What limits that are reached here stop.
pub const SPLITTING: &str = "splitting a difference";

/// What the difference of a step is made of.
#[derive(Debug, Default)]
pub struct Shares {
    /// For each step that the formula uses, what one unit of its difference contributes.
    pub multipliers: IndexMap<StepId, Exact>,
    /// What steps contribute whose difference is not a number: a date, or a value that became defined.
    pub fixed: IndexMap<StepId, Exact>,
    /// What else contributes.
    pub switches: Vec<(Switch, Exact)>,
    /// The quotients that are divided as a whole, with what one unit of their differences contributes.
    pub ratios: Vec<(NodeId, Ratio, Exact)>,
}

/// A cause of a difference that is not the value of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// An `if` took another branch.
    Branch,
    /// An operand of `??` became defined or undefined. The step, if it is one; true if it became defined.
    Operand(Option<StepId>, bool),
    /// Several operands that cannot be separated: with the value of one of them before and of the other after, the
    /// operation is undefined, or too many changed.
    Joint(Vec<StepId>),
    /// What the targets of the inputs do not account for.
    Rest,
    /// A part without a name.
    Other,
}

/// An operand that differs, as a player.
struct Player<'p> {
    part: &'p Part,
    /// True if it contributes as a whole: nothing chains below it.
    whole: Option<Switch>,
}

/// Splits the difference of a part whose value is a number before and after, but not those of the parts that `ratio`
/// recognizes.
///
/// # Errors
/// The limit that was reached.
pub fn of(
    program: &Program,
    part: &Part,
    ratio: &dyn Fn(&Part) -> Option<Ratio>,
    budget: &Budget,
) -> Result<Shares, Diagnostic> {
    let open = vec![(part, Exact::one())];
    let mut spreader = Spreader { program, ratio, budget, shares: Shares::default(), open };
    // Formulas can be deep, so there is no recursion. The parts of a part come in the order of the formula.
    while let Some((part, multiplier)) = spreader.open.pop() {
        let known = spreader.open.len();
        spreader.spread(part, &multiplier)?;
        spreader.open[known..].reverse();
    }
    Ok(spreader.shares)
}

struct Spreader<'a> {
    program: &'a Program,
    ratio: &'a dyn Fn(&Part) -> Option<Ratio>,
    budget: &'a Budget,
    shares: Shares,
    /// The parts that come next, the first one last, each with what one unit of its difference contributes.
    open: Vec<(&'a Part, Exact)>,
}

impl<'a> Spreader<'a> {
    /// Adds the contributions of a part: the multiplier is what one unit of its difference contributes.
    fn spread(&mut self, part: &'a Part, multiplier: &Exact) -> Result<(), Diagnostic> {
        let Some([before, after]) = numbers(&part.points) else { return Ok(()) };
        match &part.kind {
            PartKind::Step(step) => {
                let sum = self.shares.multipliers.entry(*step).or_insert_with(Exact::zero);
                *sum = sum.plus(multiplier);
            }
            PartKind::Leaf => self.switch(Switch::Other, multiplier.times(&after.minus(before))),
            PartKind::Sum(terms) => {
                for (term, negative) in terms {
                    self.open.push((term, if *negative { multiplier.negated() } else { multiplier.clone() }));
                }
            }
            PartKind::Product(factors) => match (self.ratio)(part) {
                Some(ratio) => self.shares.ratios.push((part.node, ratio, multiplier.clone())),
                None => self.product(factors, multiplier)?,
            },
            PartKind::Choice(values) => self.choice(part, values, multiplier)?,
            PartKind::Fallback(operands) => self.fallback(part, operands, multiplier)?,
            PartKind::Operation(operands) => self.operation(part, operands, multiplier)?,
        }
        Ok(())
    }

    fn switch(&mut self, switch: Switch, contribution: Exact) {
        if contribution.is_zero() {
            return;
        }
        match self.shares.switches.iter_mut().find(|(known, _)| *known == switch) {
            Some((_, sum)) => *sum = sum.plus(&contribution),
            None => self.shares.switches.push((switch, contribution)),
        }
    }

    fn product(&mut self, factors: &'a [(Part, i32)], multiplier: &Exact) -> Result<(), Diagnostic> {
        self.budget.spend(factors.len() * factors.len(), SPLITTING)?;
        let values = factors.iter().map(|(factor, exponent)| {
            let [before, after] = numbers(&factor.points)?;
            Some(([before.clone(), after.clone()], *exponent))
        });
        let values: Option<Vec<(split::Both, i32)>> = values.collect();
        let multipliers = values.and_then(|values| split::product(&values));
        for ((factor, _), own) in factors.iter().zip(multipliers.into_iter().flatten()) {
            self.open.push((factor, multiplier.times(&own)));
        }
        Ok(())
    }

    /// An `if`: if it took another branch, that is one player, and the values of both branches are the others.
    fn choice(&mut self, part: &'a Part, values: &'a [Part], multiplier: &Exact) -> Result<(), Diagnostic> {
        let [old, new] = values else {
            self.open.extend(values.iter().map(|value| (value, multiplier.clone())));
            return Ok(());
        };
        let players = [Some(Switch::Branch), None, None];
        let players = players.into_iter().zip([part, old, new]).map(|(whole, part)| Player { part, whole });
        self.play(part, &players.collect::<Vec<_>>(), multiplier, |set| {
            let (is_new, old_side, new_side) = (set & 1 != 0, set >> 1 & 1, set >> 2 & 1);
            number(if is_new { &new.points[new_side] } else { &old.points[old_side] })
        })
    }

    /// `??`: an operand that became defined is one player, the operand that counts without it is the other.
    fn fallback(&mut self, part: &'a Part, operands: &'a [Part], multiplier: &Exact) -> Result<(), Diagnostic> {
        let taken = [0, 1].map(|side| operands.iter().position(|operand| operand.points[side].is_ok()));
        let [Some(old), Some(new)] = taken else { return Ok(()) };
        if old == new {
            self.open.push((&operands[old], multiplier.clone()));
            return Ok(());
        }
        let (first, second) = (&operands[old.min(new)], &operands[old.max(new)]);
        let step = match first.kind {
            PartKind::Step(step) => Some(step),
            _ => None,
        };
        let whole = Some(Switch::Operand(step, new < old));
        let players = [Player { part: first, whole }, Player { part: second, whole: None }];
        self.play(part, &players, multiplier, |set| {
            let (first_side, second_side) = (set & 1, set >> 1 & 1);
            number(&first.points[first_side]).or_else(|| number(&second.points[second_side]))
        })
    }

    fn operation(&mut self, part: &'a Part, operands: &'a [Part], multiplier: &Exact) -> Result<(), Diagnostic> {
        let changed: Vec<usize> =
            (0..operands.len()).filter(|&at| operands[at].points[0] != operands[at].points[1]).collect();
        let players: Vec<Player<'_>> = changed.iter().map(|&at| Player { part: &operands[at], whole: None }).collect();
        if players.len() > MAX_OPERANDS {
            self.joint(part, &players, multiplier);
            return Ok(());
        }
        let mixed = mixed(self.program, part.node, operands, &changed);
        self.play(part, &players, multiplier, |set| number_of(mixed.get(set)))
    }

    /// Splits a difference among players by their Shapley values. `value` is the value where the players in a set, a bit
    /// for each, have changed.
    fn play(
        &mut self,
        part: &'a Part,
        players: &[Player<'a>],
        multiplier: &Exact,
        value: impl Fn(usize) -> Option<Exact>,
    ) -> Result<(), Diagnostic> {
        let Some([before, after]) = numbers(&part.points) else { return Ok(()) };
        self.budget.spend(players.len() << players.len(), SPLITTING)?;
        let all = (1 << players.len()) - 1;
        let value = |set: usize| match set {
            0 => Some(before.clone()),
            set if set == all => Some(after.clone()),
            set => value(set),
        };
        let Some(contributions) = split::shapley(players.len(), value) else {
            self.joint(part, players, multiplier);
            return Ok(());
        };
        let contributions = players.iter().zip(contributions);
        contributions.for_each(|(player, contribution)| self.player(player, &contribution, multiplier));
        Ok(())
    }

    fn player(&mut self, player: &Player<'a>, contribution: &Exact, multiplier: &Exact) {
        if contribution.is_zero() {
            return;
        }
        let own = numbers(&player.part.points).map(|[before, after]| after.minus(before));
        let slope = own.and_then(|difference| contribution.per(&difference));
        match (&player.whole, slope, &player.part.kind) {
            (Some(switch), ..) => self.switch(switch.clone(), multiplier.times(contribution)),
            (None, Some(slope), _) => self.open.push((player.part, multiplier.times(&slope))),
            (None, None, PartKind::Step(step)) => {
                let sum = self.shares.fixed.entry(*step).or_insert_with(Exact::zero);
                *sum = sum.plus(&multiplier.times(contribution));
            }
            (None, None, _) => self.switch(Switch::Other, multiplier.times(contribution)),
        }
    }

    /// The whole difference as one contribution, because it cannot be split.
    fn joint(&mut self, part: &Part, players: &[Player<'_>], multiplier: &Exact) {
        let Some([before, after]) = numbers(&part.points) else { return };
        let whole = players.iter().find_map(|player| player.whole.clone());
        let steps = players.iter().filter_map(|player| match player.part.kind {
            PartKind::Step(step) => Some(step),
            _ => None,
        });
        let switch = whole.unwrap_or_else(|| Switch::Joint(steps.collect()));
        self.switch(switch, multiplier.times(&after.minus(before)));
    }
}

fn number(point: &Point) -> Option<Exact> {
    match point {
        Ok(Amount::Number(number)) => Some(number.clone()),
        _ => None,
    }
}

fn number_of(cell: Option<&Cell>) -> Option<Exact> {
    match cell {
        Some(Ok(Value::Number(number))) => Some((*number).into()),
        _ => None,
    }
}

/// The values of an operation for each set of operands that have changed, a bit for each: a column that the program
/// computes.
fn mixed(program: &Program, node: NodeId, operands: &[Part], changed: &[usize]) -> Vec<Cell> {
    let mut small = Program::default();
    let slots: Vec<NodeId> = (0..operands.len() as u32).map(|at| small.add(Node::Slot(at))).collect();
    let Some(operation) = with_operands(program.node(node), &slots) else { return vec![] };
    let operation = small.add(operation);
    let one = |set: usize| {
        let columns = operands.iter().enumerate().map(|(at, operand)| {
            let bit = changed.iter().position(|known| *known == at);
            let side = usize::from(bit.is_some_and(|bit| set >> bit & 1 != 0));
            Vector::repeated(&operand.points[side].as_ref().map(Amount::value).map_err(|cause| *cause), 1)
        });
        small.evaluate(&columns.collect::<Vec<_>>(), 1, &[operation])[0].get(0)
    };
    (0..1 << changed.len()).map(one).collect()
}

/// The same operation with other operands.
fn with_operands(node: &Node, operands: &[NodeId]) -> Option<Node> {
    Some(match (node, operands) {
        (Node::Negate(_), [operand]) => Node::Negate(*operand),
        (Node::Not(_), [operand]) => Node::Not(*operand),
        (Node::IsDefined(_), [operand]) => Node::IsDefined(*operand),
        (Node::Binary(operator, ..), [lhs, rhs]) => Node::Binary(*operator, *lhs, *rhs),
        (Node::Call(function, _), operands) => Node::Call(*function, operands.to_vec()),
        (Node::Member(_, keys), operands) => Node::Member(operands.to_vec(), keys.clone()),
        _ => return None,
    })
}
