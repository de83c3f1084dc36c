//! Reads amounts whose currency is in another column, and finds rows that `convert` has no rate for.

use super::bind::{Bindings, Found, Row, Rows};
use super::lower::expression::Lowered;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::types::walk::Level;
use crate::program::{Node, NodeId, Operator};
use crate::syntax::ast::Name;
use crate::value::Cause;
use crate::value::unit::Type;

impl Bindings<'_> {
    /// The condition that an operation on the rows of a requested dataset has no value because `convert` has no rate.
    /// None if it converts nothing.
    pub fn without_rate(&mut self, request: usize, value: NodeId) -> Option<NodeId> {
        let Rows { program, conversions, .. } = self.rows_of(request);
        let below: Vec<[NodeId; 3]> =
            conversions.iter().filter(|conversion| program.depends_on(value, conversion[0])).copied().collect();
        let mut lacks = |[_, amount, rate]: [NodeId; 3]| {
            let amount = program.add(Node::IsDefined(amount));
            let rate = program.add(Node::IsDefined(rate));
            let missing = program.add(Node::Not(rate));
            program.add(Node::Binary(Operator::And, amount, missing))
        };
        let lacking: Vec<NodeId> = below.into_iter().map(&mut lacks).collect();
        let any = lacking.into_iter().reduce(|any, lacking| program.add(Node::Binary(Operator::Or, any, lacking)))?;
        let has_value = program.add(Node::IsDefined(value));
        let has_none = program.add(Node::Not(has_value));
        Some(program.add(Node::Binary(Operator::And, has_none, any)))
    }
}

impl Row<'_, '_> {
    /// The cells of a column whose currency is in another one: an amount without a currency is blank.
    pub(super) fn amount(&mut self, found: Found, ty: &Type, dataset: usize, name: &Name) -> Lowered {
        let amount = self.lowered(found);
        let declared = self.bindings.definition(dataset).and_then(|known| known.types.get(&name.text));
        let Some(path) = declared.and_then(|(_, unit)| unit.column.clone()) else { return amount };
        let Ok(currency) = Level::path(self, &path);
        if !matches!(currency.ty, Type::Text | Type::Unknown) || self.is_number_column(&currency) {
            let message = format!(
                "expected texts such as `EUR` in the column `{}`, which holds the currency of `{}`",
                path.name.text, name.text
            );
            return self.reported(Diagnostic::error(Code::TypeMismatch, message).at(path.span));
        }
        let program = self.output();
        let is_known = program.add(Node::IsDefined(currency.node));
        let blank = program.add(Node::Undefined(Cause::Blank));
        Lowered { node: program.add(Node::If(is_known, amount.node, blank)), ty: ty.clone() }
    }
}
