//! Fingerprints of definitions and of data, which are the same on every machine and in every version.

use std::sync::{Arc, Mutex, PoisonError};

use super::{DataFingerprint, SnapshotQuery};
use crate::budget::Budget;
use crate::data::{Batch, ColumnId, Dataset, Scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::collect;
use crate::diff::expression::{Meaning, NewNames};
use crate::diff::graph::{Graph, Node};
use crate::diff::item::{Item, Space};
use crate::diff::part::{DiffPart, Effect, Part};
use crate::library::{Library, resolve};
use crate::plan::Plan;
use crate::source::FileId;
use crate::syntax::parse_expression;
use crate::value::{Cell, Value};

/// The 128-bit hash FNV-1a. It recognizes accidental changes; it does not protect against deliberate ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hash(u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// Adds a text and its end.
    pub fn add_text(&mut self, text: &str) {
        self.add(text.as_bytes());
        self.add(&[0xff]);
    }

    /// Sixteen hexadecimal digits.
    pub fn digits(self) -> String {
        format!("{:016x}", (self.0 >> 64) as u64 ^ self.0 as u64)
    }
}

/// The fingerprint of everything that the values of a query depend on in the definitions. Layout, texts, the order of
/// items and the files that they are in make no difference.
pub(super) fn definitions(plan: &Plan, query: &SnapshotQuery) -> String {
    let library = &plan.library;
    let names = NewNames::default();
    let meaning = Meaning { library, names: &names, money: library.units().currency() };
    let mut graph = Graph::default();
    graph.add(meaning);
    let mut from: Vec<Node> = plan.kpis.iter().filter_map(|kpi| kpi.definition).map(|id| named(library, id)).collect();
    let formulas = plan.kpis.iter().filter(|kpi| kpi.definition.is_none()).map(|kpi| &kpi.name);
    for formula in formulas.chain(query.set.iter().map(|(_, value)| value)) {
        let Ok(formula) = parse_expression(FileId(0), formula) else { continue };
        let references = resolve::formula(&formula, &[], library, &mut vec![]);
        from.extend(references.definitions.into_iter().map(|name| Node::Definition(name.text)));
        from.extend(references.functions.into_iter().map(|name| Node::Function(name.text)));
    }
    let mut lines: Vec<String> = graph.needs(from).iter().map(|node| line(meaning, node)).collect();
    lines.sort();
    let mut hash = Hash::default();
    lines.iter().for_each(|line| hash.add_text(line));
    hash.digits()
}

fn named(library: &Library, id: crate::library::DefinitionId) -> Node {
    Node::Definition(library.get(id).name.text.clone())
}

/// What a node means, on one line.
fn line(meaning: Meaning<'_>, node: &Node) -> String {
    let of = |space: Space, name: &Arc<str>, is_meant: &dyn Fn(&DiffPart) -> bool| {
        let item = collect::item(meaning, &(space, name.clone()));
        item.map_or(String::new(), |item| parts(&item, is_meant))
    };
    let text = match node {
        Node::Definition(name) => of(Space::Definition, name, &|_| true),
        Node::Function(name) => of(Space::Function, name, &|_| true),
        Node::Dataset(name) => of(Space::Dataset, name, &|part| part.name.is_none() || part.part == Part::Setting),
        Node::Column(dataset, column) => {
            of(Space::Dataset, dataset, &|part| part.name.as_ref() == Some(column) && part.part != Part::Setting)
        }
        Node::Setting(_) => format!("{:?} {:?}", meaning.money, meaning.library.calendar()),
    };
    format!("{node:?} {text}")
}

/// The parts that values depend on. Where a file is does not matter: its rows have a fingerprint of their own.
fn parts(item: &Item, is_meant: &dyn Fn(&DiffPart) -> bool) -> String {
    let is_place = |part: &DiffPart| matches!(part.part, Part::File | Part::Table);
    let has_effect = |part: &DiffPart| part.part.effect() == Effect::Values && !is_place(part);
    let parts = item.parts.iter().filter(|(part, _)| has_effect(part) && is_meant(part));
    let mut texts: Vec<String> = parts.map(|(part, facet)| format!("{part:?}={}", facet.meaning)).collect();
    texts.sort();
    texts.join(" ")
}

/// The fingerprint of the rows of a dataset, in any order. Columns that cannot be read count by their names only.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn data_fingerprint(
    dataset: &dyn Dataset,
    threads: usize,
    budget: &Budget,
) -> Result<DataFingerprint, Diagnostic> {
    let schema = dataset.schema();
    let mut columns: Vec<(ColumnId, Arc<str>)> =
        schema.columns.iter().enumerate().map(|(at, (name, _))| (ColumnId(at as u32), name.clone())).collect();
    columns.sort_by(|a, b| a.1.cmp(&b.1));
    let found = match rows(dataset, &columns, threads, budget) {
        Ok(found) => found,
        Err(limit) if limit.code == Code::LimitReached => return Err(limit),
        Err(_) => {
            let mut readable = vec![];
            for column in columns.iter().cloned() {
                match rows(dataset, std::slice::from_ref(&column), threads, budget) {
                    Ok(_) => readable.push(column),
                    Err(limit) if limit.code == Code::LimitReached => return Err(limit),
                    Err(_) => {}
                }
            }
            rows(dataset, &readable, threads, budget)?
        }
    };
    let mut hash = Hash::default();
    columns.iter().for_each(|(_, name)| hash.add_text(name));
    hash.add(&found.1.to_le_bytes());
    Ok(DataFingerprint { dataset: dataset.name().clone(), rows: Some((found.0, hash.digits())) })
}

/// The number of rows, and the sum of their hashes, which does not depend on their order.
fn rows(
    dataset: &dyn Dataset,
    columns: &[(ColumnId, Arc<str>)],
    threads: usize,
    budget: &Budget,
) -> Result<(u64, u128), Diagnostic> {
    let total = Mutex::new((0u64, 0u128));
    let ids: Vec<ColumnId> = columns.iter().map(|(id, _)| *id).collect();
    let visit = |_: usize, batch: &Batch| {
        budget.spend(batch.rows * columns.len().max(1), "computing the fingerprint of the data")?;
        let sum = (0..batch.rows).fold(0u128, |sum, row| sum.wrapping_add(row_hash(batch, row, columns)));
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        *total = (total.0 + batch.rows as u64, total.1.wrapping_add(sum));
        Ok(())
    };
    dataset.scan(&Scan::within(&ids, threads.max(1), budget), &visit)?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn row_hash(batch: &Batch, row: usize, columns: &[(ColumnId, Arc<str>)]) -> u128 {
    let mut hash = Hash::default();
    for ((_, name), column) in columns.iter().zip(&batch.columns) {
        let cell: Cell = column.get(row);
        let Ok(value) = cell else { continue };
        hash.add_text(name);
        hash.add(match value {
            Value::Number(_) => b"n",
            Value::Text(_) => b"t",
            Value::Boolean(_) => b"b",
            Value::Date(_) => b"d",
        });
        hash.add_text(&value.to_string());
    }
    hash.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Table;

    fn fingerprint(csv: &str, threads: usize) -> DataFingerprint {
        let table = Table::from_csv("t", csv, &Default::default()).expect("it is a table");
        data_fingerprint(&table, threads, &Budget::unlimited()).expect("there is no limit")
    }

    #[test]
    fn the_hash_is_that_of_its_specification() {
        let hash = |text: &str| {
            let mut hash = Hash::default();
            hash.add(text.as_bytes());
            hash.0
        };
        // From the test vectors of FNV-1a with 128 bits.
        assert_eq!(hash(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(hash("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn threads_and_the_order_of_rows_do_not_matter() {
        let row = |at: usize| format!("2026-01-{:02},x{},{}.50\n", at % 28 + 1, at % 7, at);
        let rows: Vec<String> = (0..30_000).map(row).collect();
        let csv = format!("day,name,amount\n{}", rows.concat());
        let reversed = format!("day,name,amount\n{}", rows.iter().rev().cloned().collect::<String>());
        let first = fingerprint(&csv, 1);
        assert_eq!(first.rows.as_ref().map(|(rows, _)| *rows), Some(30_000));
        [2, 3, 8].into_iter().for_each(|threads| assert_eq!(fingerprint(&csv, threads), first));
        assert_eq!(fingerprint(&reversed, 4), first);
    }

    #[test]
    fn other_rows_have_another_fingerprint() {
        let texts = [
            "a,b\n1,x\n2,y\n",
            "a,b\n1,y\n2,x\n",
            "a,b\n1,x\n2,y\n2,y\n",
            "a,b\n1,x\n",
            "a,b\n1,\n2,y\n",
            "a,c\n1,x\n2,y\n",
            "a,b\n1.5,x\n2,y\n",
        ];
        let found: std::collections::HashSet<String> =
            texts.iter().map(|text| format!("{:?}", fingerprint(text, 1))).collect();
        assert_eq!(found.len(), texts.len());
        // The same values in another spelling.
        assert_eq!(fingerprint("b,a\nx,1.0\ny,2\n", 1), fingerprint("a,b\n1,x\n2.00,y\n", 1));
    }
}
