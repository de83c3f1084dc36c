//! Finds what every definition needs and what needs it, for documents about all of them.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::{DefinitionId, FunctionId, Library, References};
use crate::budget::{Budget, Charge};
use crate::diagnostic::Diagnostic;

/// The relations of all definitions. Each definition and each function is visited once.
#[derive(Debug)]
pub struct Relations {
    inputs: HashMap<DefinitionId, Arc<[DefinitionId]>>,
    dependents: HashMap<DefinitionId, Vec<DefinitionId>>,
    #[allow(dead_code, reason = "it returns the memory when it is dropped")]
    charge: Charge,
}

impl Relations {
    /// Finds the relations within a budget.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn of(library: &Library, budget: &Budget) -> Result<Self, Diagnostic> {
        let (inputs, dependents) = Default::default();
        let mut relations = Self { inputs, dependents, charge: budget.charge() };
        let uses = uses(library);
        for user in library.ids() {
            for used in &uses[&user] {
                relations.dependents.entry(*used).or_default().push(user);
            }
        }
        for id in after_needs(library.ids(), |id| &uses[&id]) {
            let inputs = relations.collected(library, id, &uses[&id])?;
            relations.inputs.insert(id, inputs);
        }
        Ok(relations)
    }

    /// See [`Library::inputs_of`].
    pub fn inputs(&self, id: DefinitionId) -> &[DefinitionId] {
        self.inputs.get(&id).map_or(&[], |inputs| inputs)
    }

    /// See [`Library::dependents_of`].
    pub fn dependents(&self, id: DefinitionId) -> &[DefinitionId] {
        self.dependents.get(&id).map_or(&[], |dependents| dependents)
    }

    /// The inputs of a definition, from those of the definitions that it uses.
    fn collected(
        &mut self,
        library: &Library,
        id: DefinitionId,
        uses: &[DefinitionId],
    ) -> Result<Arc<[DefinitionId]>, Diagnostic> {
        // Chains of definitions share one list.
        if let [used] = uses
            && !library.get(*used).reads_data()
            && let Some(inputs) = self.inputs.get(used)
        {
            return Ok(inputs.clone());
        }
        let (mut known, mut inputs) = (HashSet::from([id]), vec![]);
        for &used in uses {
            let own = Some(used).filter(|used| library.get(*used).reads_data());
            let found = own.into_iter().chain(self.inputs(used).iter().copied());
            inputs.extend(found.filter(|input| known.insert(*input)));
        }
        self.charge.budget().spend(inputs.len(), "finding the inputs of definitions")?;
        self.charge.grow(size_of_val(&inputs[..]), "the inputs of all definitions")?;
        Ok(inputs.into())
    }
}

/// The definitions that each definition uses directly or in the body of a function that it calls, each once.
fn uses(library: &Library) -> HashMap<DefinitionId, Vec<DefinitionId>> {
    let ids = || library.functions().filter_map(|function| library.function_id(&function.name.text));
    let calls: HashMap<FunctionId, Vec<FunctionId>> =
        ids().map(|id| (id, called(library, &library.function(id).references).collect())).collect();
    let mut of_functions: HashMap<FunctionId, Vec<DefinitionId>> = HashMap::new();
    for id in after_needs(ids(), |id| &calls[&id]) {
        let used = used(library, &library.function(id).references, &of_functions);
        of_functions.insert(id, used);
    }
    let uses = |id| (id, used(library, &library.get(id).references, &of_functions));
    library.ids().map(uses).collect()
}

fn called(library: &Library, references: &References) -> impl Iterator<Item = FunctionId> {
    references.functions.iter().filter_map(|name| library.function_id(&name.text))
}

fn used(
    library: &Library,
    references: &References,
    of_functions: &HashMap<FunctionId, Vec<DefinitionId>>,
) -> Vec<DefinitionId> {
    let own = references.definitions.iter().filter_map(|name| library.id(&name.text));
    let functions: Vec<FunctionId> = called(library, references).collect();
    let theirs = functions.iter().rev().filter_map(|id| of_functions.get(id)).flatten().copied();
    let mut known = HashSet::new();
    own.chain(theirs).filter(|id| known.insert(*id)).collect()
}

/// Everything below some items and the items themselves, each once and after what it needs, except in circles.
fn after_needs<'n, T: Copy + Eq + Hash + 'n>(
    items: impl Iterator<Item = T>,
    needs: impl Fn(T) -> &'n Vec<T>,
) -> Vec<T> {
    let (mut open, mut order) = (HashSet::new(), vec![]);
    let mut tasks: Vec<(T, bool)> = items.map(|item| (item, false)).collect();
    while let Some((item, is_open)) = tasks.pop() {
        if is_open {
            order.push(item);
        } else if open.insert(item) {
            tasks.push((item, true));
            tasks.extend(needs(item).iter().filter(|need| !open.contains(need)).map(|need| (*need, false)));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All relations at once are those that are found one by one.
    #[test]
    fn relations_are_those_of_each_definition() {
        let text = "fn f(x) = g(x) + c\nfn g(x) = x * d\na = sum(t.a)\nb = a + f(a) + c\nc = sum(t.c)\nd = e / c\n\
                    e = sum(t.e)\nlet h = b\ni = h\nj = i + i";
        let library = Library::from_text(text).expect("it is valid");
        let budget = Budget::unlimited();
        let relations = Relations::of(&library, &budget).expect("there is no limit");
        let names = |ids: &[DefinitionId]| ids.iter().map(|id| library.get(*id).name.text.clone()).collect::<Vec<_>>();
        for id in library.ids() {
            let name = &*library.get(id).name.text;
            let texts = |found: Vec<&crate::library::Definition>| {
                found.iter().map(|definition| definition.name.text.clone()).collect::<Vec<_>>()
            };
            assert_eq!(names(relations.inputs(id)), texts(library.inputs_of(name)), "{name}");
            assert_eq!(names(relations.dependents(id)), texts(library.dependents_of(name)), "{name}");
        }
    }

    /// A chain of definitions shares its inputs.
    #[test]
    fn a_chain_costs_no_more_for_each_definition() {
        let spent = |count: usize| {
            let line = |at: usize| format!("d{at} = d{} + 1\n", at - 1);
            let text = (1..=count).fold(String::from("d0 = sum(t.a)\n"), |text, at| text + &line(at));
            let budget = Budget::unlimited();
            let library = Library::from_text(&text).expect("it is valid");
            Relations::of(&library, &budget).expect("there is no limit");
            budget.steps() + budget.peak()
        };
        assert!(spent(800) <= spent(400) + 8 * 400);
    }
}
