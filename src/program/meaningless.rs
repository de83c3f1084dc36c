//! Propagates causes that no operation stops from the operands of an operation to its result.
//!
//! The kernels ignore these causes. Instead, the result of an operation is overwritten in rows in which an operand has
//! one. Programs that cannot contain any, such as those over rows, skip the search.

use super::column::Column;
use super::side::Causes;
use super::{Node, Program};
use crate::value::Cause;

/// Returns true if an operation of the program can have such a cause.
pub(super) fn is_possible(program: &Program) -> bool {
    program.nodes().iter().any(|node| match node {
        Node::Undefined(cause) => cause.is_meaningless(),
        Node::OneCurrency(..) => true,
        _ => false,
    })
}

/// Returns true if an input has such a cause.
pub(super) fn is_any(causes: &Causes) -> bool {
    causes.iter().flatten().any(|cause| cause.is_some_and(Cause::is_meaningless))
}

/// Overwrites the result with the causes of the operands that nothing stops. The first operand takes precedence.
pub(super) fn passed_on<'a>(result: Column<'a>, operands: &[&Column], len: usize) -> Column<'a> {
    let of_row = |row: usize| {
        let mut causes = operands.iter().filter_map(|operand| operand.cause(row));
        causes.find(|cause| cause.is_meaningless())
    };
    if !operands.iter().any(|operand| has_any(operand)) {
        return result;
    }
    if operands.iter().all(|operand| operand.constant().is_some()) {
        return of_row(0).map_or(result, |cause| Column::Constant(Err(cause)));
    }
    let mut vector = result.into_vector(len);
    let causes = vector.causes.get_or_insert_with(|| vec![None; len]);
    causes.iter_mut().enumerate().for_each(|(row, cause)| *cause = of_row(row).or(*cause));
    Column::Computed(vector)
}

fn has_any(operand: &Column) -> bool {
    match operand.constant() {
        Some(cell) => cell.as_ref().is_err_and(|cause| cause.is_meaningless()),
        None => operand.vector().is_some_and(|vector| is_any(&vector.causes)),
    }
}
