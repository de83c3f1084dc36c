//! Types every definition, function and card of a library once, in dependency order, and reports type errors.
//!
//! A type has the places that its unit comes from, so that a message can show both sides. An expression with an error
//! has [`Type::Unknown`], which is compatible with every type, so that no error is reported twice.

mod level;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::currency;
use super::literals::is_constant;
use super::mismatch::{Explain, Rule, Side};
use super::typed::Typed;
use super::typing::{self, TypeError};
use super::units::UnitNames;
use super::walk::{self, Level};
use crate::budget::Budget;
use crate::builtin::{AggregateFunction, aggregate_of, counted_rows};
use crate::diagnostic::{Code, Diagnostic, are_few};
use crate::library::routes::nearest;
use crate::library::{
    Card, DatasetDefinition, Definition, Function, Library, LookupDefinition, inner, percent, same_keys, validity,
};
use crate::source::Span;
use crate::syntax::ast::{
    Assignment, Band, BandCondition, Call, DatasetOptionKind, DefinitionKind, Each, Expr, ExprKind, File, ItemKind,
    Name, NumberLiteral, Path, RowTest, StepKind, Test, UnitExpr,
};
use crate::value::unit::Type;
use level::{At, Types};

/// The maximum nesting depth of expressions, including the bodies of the functions that they call.
pub const MAX_DEPTH: usize = 600;

/// The number of levels that a call of a user function or a use of a computed column counts as. It needs as much of the
/// call stack as that many expressions.
const CALL_LEVELS: usize = 3;

/// The maximum number of expressions in bodies of called functions that one library may type. Each function is typed
/// once for each combination of argument types, and hostile definitions can create very many combinations.
pub const MAX_REPEATED: usize = 200_000;

/// The result of checking a library.
#[derive(Debug, Default)]
pub struct Checked {
    /// The types of the definitions compiled here, by name.
    pub types: IndexMap<Arc<str>, Typed>,
    /// The types of the columns compiled here, by dataset and name.
    pub columns: HashMap<(Arc<str>, Arc<str>), Typed>,
    /// What does not fit.
    pub diagnostics: Vec<Diagnostic>,
}

/// Types a library whose definitions are in dependency order. `replaced` lists the user's definitions that replace a
/// definition of the standard library, with the type that the standard library declares.
///
/// Unknown names, unknown functions, cycles and misplaced expressions are reported elsewhere. Here their type is
/// unknown.
///
/// # Errors
/// The limit of the budget that was reached.
pub fn library(library: &Library, replaced: &[(Name, UnitExpr)], budget: &Budget) -> Result<Checked, Diagnostic> {
    let mut checker = Checker::new(library, &library.units);
    checker.replaced = replaced.iter().map(|(name, expected)| (&*name.text, expected)).collect();
    let (parameters, others): (Vec<&Definition>, Vec<&Definition>) =
        library.order.iter().map(|&id| library.get(id)).partition(|known| known.kind == DefinitionKind::Param);
    // Computed columns read parameters, and formulas read columns.
    let count = |formula: Option<&Expr>| {
        let parts = formula.map_or(0, |formula| formula.walk().count());
        budget.spend(1 + parts, "typing definitions")
    };
    library.datasets.compiled().for_each(|dataset| checker.declared_columns(dataset));
    for definition in parameters {
        count(definition.formula.as_deref())?;
        checker.definition(definition);
    }
    for dataset in library.datasets.compiled() {
        dataset.computed.values().try_for_each(|(_, formula)| count(Some(formula)))?;
        checker.computed_columns(dataset);
        for condition in dataset.tests.iter().filter_map(RowTest::condition) {
            count(Some(condition))?;
            checker.condition(condition, Names::Rows(Some(&dataset.name.text)));
        }
    }
    for definition in others {
        count(definition.formula.as_deref())?;
        checker.definition(definition);
    }
    for definition in library.definitions.compiled() {
        definition.card.expressions().try_for_each(|expr| count(Some(expr)))?;
        checker.card(&definition.name.text, &definition.card);
    }
    for test in &library.tests {
        count(None)?;
        checker.test(&test.test);
    }
    for change in library.scenarios.iter().flat_map(|scenario| &scenario.changes) {
        count(Some(&change.value))?;
        checker.assignment(change);
    }
    for function in library.functions.compiled() {
        count(Some(&function.body))?;
        checker.check_alone(function);
    }
    Ok(Checked { types: checker.definitions, columns: checker.columns, diagnostics: checker.diagnostics })
}

/// Returns the type errors in a formula of a query, over the definitions of a checked library.
pub fn formula(library: &Library, formula: &Expr) -> Vec<Diagnostic> {
    let units = library.units.for_formula(has_unit(formula));
    let mut checker = Checker::new(library, &units);
    checker.expr(formula, FORMULA);
    checker.diagnostics
}

/// Returns the type errors in a formula of a query that replaces a definition of a checked library, and a warning for a
/// plain number where a percentage is meant.
pub fn replacement(library: &Library, name: &str, formula: &Expr) -> Vec<Diagnostic> {
    let units = library.units.for_formula(has_unit(formula));
    let mut checker = Checker::new(library, &units);
    checker.value_for(name, formula);
    checker.diagnostics
}

struct Checker<'a> {
    library: &'a Library,
    units: &'a UnitNames,
    /// The columns typed so far, by dataset and column name.
    columns: HashMap<(Arc<str>, Arc<str>), Typed>,
    /// The definitions typed so far.
    definitions: IndexMap<Arc<str>, Typed>,
    /// The types that the standard library declares for the definitions that the user replaces.
    replaced: HashMap<&'a str, &'a UnitExpr>,
    /// The result of each function by the types of its arguments.
    calls: HashMap<(Arc<str>, Vec<Type>), Called>,
    /// The functions that have an error for all arguments.
    broken: HashSet<Arc<str>>,
    open: Vec<Arc<str>>,
    /// The messages of unknown units so far.
    unknown_units: HashSet<String>,
    depth: usize,
    /// The number of functions being typed for arguments of known types.
    specific: usize,
    repeated: usize,
    exhausted: bool,
    types: Types,
    diagnostics: Vec<Diagnostic>,
}

/// The result of typing a function's body for arguments of some types.
struct Called {
    ty: Type,
    /// The problems of the body, which every call with such arguments has.
    problems: Vec<Diagnostic>,
}

/// The meaning of names in an expression.
#[derive(Clone, Copy)]
enum Names<'s> {
    /// Names are definitions or parameters of a function.
    Formula(&'s [(Arc<str>, Typed)]),
    /// Names are columns, of this dataset if it is known.
    Rows(Option<&'s str>),
}

const FORMULA: Names<'static> = Names::Formula(&[]);

impl<'a> Checker<'a> {
    fn new(library: &'a Library, units: &'a UnitNames) -> Self {
        Self {
            library,
            units,
            columns: HashMap::new(),
            definitions: IndexMap::new(),
            replaced: HashMap::new(),
            calls: HashMap::new(),
            broken: HashSet::new(),
            open: vec![],
            unknown_units: HashSet::new(),
            depth: 0,
            specific: 0,
            repeated: 0,
            exhausted: false,
            types: Types,
            diagnostics: vec![],
        }
    }

    fn expr(&mut self, expr: &Expr, names: Names<'_>) -> Typed {
        let Ok(typed) = At::new(self, names).part(expr);
        typed
    }

    fn condition(&mut self, condition: &Expr, names: Names<'_>) {
        let Ok(_) = walk::condition(&mut At::new(self, names), condition);
    }

    // ── columns ─────────────────────────────────────────────────────────────

    /// Types the columns of `amount: money`, and of `time day` if that column has no declared type.
    fn declared_columns(&mut self, dataset: &DatasetDefinition) {
        for (column, unit) in dataset.types.values() {
            let ty = self.resolve(unit);
            self.add_column(dataset, &column.text, Typed::given(ty, unit.span, Some(&column.text)));
        }
        for time in dataset.dated_by().filter(|time| !dataset.types.contains_key(*time)) {
            self.add_column(dataset, time, Type::Date.into());
        }
    }

    /// Types computed columns such as `weekday_no = weekday(day)`.
    fn computed_columns(&mut self, dataset: &'a DatasetDefinition) {
        for name in dataset.computed.keys() {
            self.own_column(dataset, name);
        }
    }

    fn add_column(&mut self, dataset: &DatasetDefinition, column: &Arc<str>, typed: Typed) {
        if !dataset.computed.contains_key(column) {
            self.columns.insert((dataset.name.text.clone(), column.clone()), typed);
        }
    }

    /// The type of a dataset's own column, if it is declared or computed.
    fn own_column(&mut self, dataset: &'a DatasetDefinition, column: &str) -> Option<Typed> {
        let key = (dataset.name.text.clone(), Arc::from(column));
        if let Some(known) = self.columns.get(&key) {
            return Some(known.clone());
        }
        if let Some(known) = dataset.typed.get(column) {
            return Some(known.clone());
        }
        let (_, formula) = dataset.computed.get(column)?;
        // In a circle of columns, which is reported elsewhere, the type is unknown.
        self.columns.insert(key.clone(), Typed::default());
        self.depth += CALL_LEVELS - 1;
        let typed = self.expr(formula, Names::Rows(Some(&dataset.name.text)));
        self.depth -= CALL_LEVELS - 1;
        let typed = match (dataset.declared.get(column), dataset.computed.get(column)) {
            (Some(annotation), Some((name, _))) => self.annotated(name, annotation, Some(formula), false, typed),
            _ => typed,
        };
        self.columns.insert(key, typed.clone());
        Some(typed)
    }

    /// The type of a column in a row expression: the dataset's own column, or the only one found through a lookup.
    fn column_of(&mut self, dataset: &'a DatasetDefinition, column: &str) -> Option<Typed> {
        if let Some(own) = self.own_column(dataset, column) {
            return Some(own);
        }
        let library = self.library;
        let routes = library.routes(dataset, |_| true);
        let (direct, further): (Vec<_>, Vec<_>) = routes.iter().partition(|route| route.len() == 1);
        [direct, further]
            .into_iter()
            .find_map(|routes| {
                let lasts = routes.into_iter().filter_map(|route| route.last().copied());
                let others = lasts.filter_map(|lookup| Some((lookup, library.datasets.get(&lookup.dataset.text)?)));
                let mut found = others.filter_map(|(lookup, other)| {
                    let Typed { ty, origins } = self.own_column(other, column)?;
                    Some(Typed { ty: ty.looked_up(&lookup.name.text), origins })
                });
                Some((found.next()?, found.next().is_none()))
            })
            .and_then(|(first, is_only)| is_only.then_some(first))
    }

    /// The dataset that a qualifier names: by its own name, or by that of a lookup.
    fn dataset_named(&self, name: &str) -> Option<&'a DatasetDefinition> {
        let library = self.library;
        if let Some(dataset) = library.datasets.get(name) {
            return Some(dataset);
        }
        let lookups =
            library.datasets().flat_map(|dataset| &dataset.lookups).filter(|lookup| *lookup.name.text == *name);
        let mut others = lookups.map(|lookup| &lookup.dataset.text);
        let first = others.next()?;
        others.all(|other| other == first).then(|| library.datasets.get(first)).flatten()
    }

    /// The type of a column of the rows of a dataset, named with a qualifier.
    fn qualified(&mut self, dataset: Option<&str>, qualifier: &str, column: &str) -> Typed {
        let typed = self.column(Some(qualifier), column);
        match dataset.is_some_and(|dataset| dataset != qualifier) {
            true => Typed { ty: typed.ty.looked_up(qualifier), origins: typed.origins },
            false => typed,
        }
    }

    /// The type of a column. Without a dataset, the type if all datasets with this column agree.
    fn column(&mut self, dataset: Option<&str>, column: &str) -> Typed {
        let library = self.library;
        if let Some(name) = dataset {
            let dataset = self.dataset_named(name);
            return dataset.and_then(|dataset| self.column_of(dataset, column)).unwrap_or_default();
        }
        let mut found = library.datasets_with(column).filter_map(|dataset| self.own_column(dataset, column));
        match found.next() {
            Some(first) if found.all(|other| other.ty == first.ty) => first,
            _ => Typed::default(),
        }
    }

    /// The dataset whose rows an aggregate reads: the only one that has or looks up all columns, else the first named.
    fn dataset_of<'c>(&self, call: &'c Call) -> Option<&'c str>
    where
        'a: 'c,
    {
        let is_parameter = |path: &Path| path.qualifier.is_none() && self.library.is_parameter(&path.name.text);
        let exprs = call.arguments.iter().chain(&call.filter);
        let paths: Vec<&Path> = exprs.flat_map(paths).filter(|path| !is_parameter(path)).collect();
        let qualified = paths.iter().find_map(|path| path.qualifier.as_ref());
        let reads_all = |dataset: &&DatasetDefinition| {
            paths.iter().all(|path| self.reads(dataset, path))
                && (qualified.is_none() || paths.iter().any(|path| path.qualifier.is_none()))
        };
        let own = paths.iter().find(|path| path.qualifier.is_none());
        // Without an unqualified column, no dataset is the only one, unless there is only one.
        let candidates: Vec<&DatasetDefinition> = match own {
            Some(path) => self.library.datasets_with(&path.name.text).collect(),
            None => self.library.datasets().take(2).collect(),
        };
        let mut reading = candidates.into_iter().filter(reads_all);
        let only = reading.next().filter(|_| reading.next().is_none());
        only.map(|dataset| &*dataset.name.text).or_else(|| qualified.map(|name| &*name.text))
    }

    /// Returns true if a dataset has the column, or looks it up if it is qualified.
    fn reads(&self, dataset: &DatasetDefinition, path: &Path) -> bool {
        match &path.qualifier {
            Some(of) => {
                let is_named = |lookup: &LookupDefinition| lookup.name.text == of.text;
                dataset.lookups.iter().any(is_named)
                    || !nearest(&self.library.routes(dataset, |_| true), is_named).is_empty()
            }
            None => {
                let column = &path.name.text;
                dataset.types.contains_key(column)
                    || dataset.computed.contains_key(column)
                    || dataset.declaration.is_time(column)
            }
        }
    }

    // ── definitions ─────────────────────────────────────────────────────────

    /// Types the next definition in dependency order.
    fn definition(&mut self, definition: &'a Definition) {
        let Definition { kind, name, annotation, formula, .. } = definition;
        let inferred = match formula {
            Some(formula) => self.expr(formula, FORMULA),
            None => self.column(None, &name.text),
        };
        let constant = *kind == DefinitionKind::Param && formula.as_deref().is_some_and(is_constant);
        let typed = match annotation {
            Some(annotation) => self.annotated(name, annotation, formula.as_deref(), constant, inferred),
            None => inferred,
        };
        let typed = match self.replaced.get(&*name.text).copied() {
            Some(expected) => self.replacing(name, expected, typed),
            None => typed,
        };
        self.definitions.insert(name.text.clone(), typed);
    }

    /// Returns the type of a definition. It is unknown until the definition is checked, which happens in a circle.
    fn known(&self, name: &str) -> Typed {
        let own = self.definitions.get(name).or_else(|| self.library.definition(name).map(|known| &known.typed));
        own.cloned().unwrap_or_default()
    }

    fn card(&mut self, name: &str, card: &Card) {
        card.target.iter().for_each(|target| self.value_for(name, target));
        card.bands.iter().for_each(|band| self.band(name, band));
        let range = card.range.iter().flat_map(|(low, high)| low.iter().chain(high));
        range.for_each(|end| self.value_for(name, end));
        for (example, _) in &card.examples {
            example.given.iter().for_each(|given| self.assignment(given));
            self.value_for(name, &example.expected.value);
        }
    }

    /// Checks a band (`good …`, `watch …`, `bad …`) of the definition of this name.
    fn band(&mut self, name: &str, band: &Band) {
        match &band.condition {
            BandCondition::Compare { bound, .. } => self.value_for(name, bound),
            BandCondition::Between { low, high } => [low, high].into_iter().for_each(|end| self.value_for(name, end)),
            BandCondition::When(condition) => self.condition(condition, FORMULA),
            BandCondition::Otherwise => {}
        }
    }

    fn test(&mut self, test: &Test) {
        for step in &test.steps {
            match &step.kind {
                StepKind::GivenValues(given) => given.iter().for_each(|given| self.assignment(given)),
                StepKind::Where(condition) => self.condition(condition, Names::Rows(None)),
                StepKind::ExpectValues { name, values } => {
                    values.iter().for_each(|expected| self.value_for(&name.text, &expected.value));
                }
                StepKind::GivenTable { .. } | StepKind::By(_) | StepKind::Period(_) | StepKind::ExpectTable(_) => {}
            }
        }
    }

    /// Checks `name = value`. A plain number takes the unit of the definition.
    fn assignment(&mut self, assignment: &Assignment) {
        self.value_for(&assignment.name.text, &assignment.value);
    }

    fn annotated(
        &mut self,
        name: &Name,
        annotation: &UnitExpr,
        formula: Option<&Expr>,
        constant: bool,
        inferred: Typed,
    ) -> Typed {
        let ty = self.resolve(annotation);
        if let Err(error) = typing::coerce(&inferred.ty, constant, &ty) {
            self.refuse(error, |explain| explain.annotation(name, &ty, annotation.span, &inferred, formula));
        }
        match ty {
            Type::Unknown => inferred,
            ty => Typed::given(ty, annotation.span, Some(&name.text)),
        }
    }

    /// The type of a replacement; unknown if it differs from the standard library's type.
    fn replacing(&mut self, name: &Name, expected: &UnitExpr, found: Typed) -> Typed {
        // An error in the standard library's annotation is reported elsewhere.
        let Ok(declared) = self.units.resolve(expected) else { return found };
        match typing::convert(&found.ty, &declared) {
            Ok(_) => found,
            Err(error) => self.refuse(error, |explain| explain.replacement(name, &found, &declared, expected.span)),
        }
    }

    fn resolve(&mut self, unit: &UnitExpr) -> Type {
        self.units.resolve(unit).unwrap_or_else(|diagnostic| {
            self.report(match are_few(&self.diagnostics) {
                true => self.units.meant(unit, diagnostic),
                false => diagnostic,
            });
            Type::Unknown
        })
    }

    /// Checks a value given for the definition of this name.
    fn value_for(&mut self, name: &str, value: &Expr) {
        let found = self.expr(value, FORMULA);
        let expected = self.known(name);
        if let Err(error) = typing::coerce(&found.ty, is_constant(value), &expected.ty) {
            self.refuse(error, |explain| explain.value(name, &expected, Side::new(&found, value)));
        }
        self.diagnostics.extend(percent::plain_number(&expected.ty, value));
    }

    // ── calls ───────────────────────────────────────────────────────────────

    fn aggregate(&mut self, function: AggregateFunction, call: &Call) -> Typed {
        let dataset = self.dataset_of(call);
        self.aggregate_of_rows(function, call, dataset)
    }

    /// Types an aggregate of the rows of a dataset.
    fn aggregate_of_rows(&mut self, function: AggregateFunction, call: &Call, dataset: Option<&str>) -> Typed {
        let declared = counted_rows(call).map(|name| &*name.text).or(dataset);
        if let Some(of) = declared.and_then(|name| self.library.datasets.get(name)) {
            self.diagnostics.extend(validity::misplaced_during(call, &of.name.text, of.validity.is_some()));
        }
        let currencies = call.filter.as_ref().map_or_else(Vec::new, currency::required);
        let mut rows = At { currencies, ..At::new(self, Names::Rows(dataset)) };
        let Ok(values) = walk::parts(&mut rows, &call.arguments);
        if let Some(filter) = &call.filter {
            let Ok(_) = walk::condition(&mut rows, filter);
        }
        if let Some(problem) = walk::wrong_count(call) {
            self.report(problem);
            return Typed::default();
        }
        let typed = self.aggregated(function, call, &values, Names::Rows(dataset));
        call.filter.iter().fold(typed, currency::restricted)
    }

    /// The type of an aggregate of these values.
    fn aggregated(&mut self, function: AggregateFunction, call: &Call, values: &[Typed], names: Names<'_>) -> Typed {
        let types: Vec<&Type> = values.iter().map(|typed| &typed.ty).collect();
        match typing::aggregate(function, &types) {
            Ok(ty) => Typed::of(ty, values),
            Err(error) => {
                let sides: Vec<_> = values.iter().zip(&call.arguments).map(|(it, expr)| Side::new(it, expr)).collect();
                let mut level = At::new(self, names);
                walk::refuse(&mut level, Rule::Values(&call.function.text), error, &sides)
            }
        }
    }

    /// Types an aggregate over all rows with the same keys, in a computed column of a dataset.
    fn of_same_keys(&mut self, each: &Each, dataset: Option<&str>) -> Typed {
        let Some(function) = aggregate_of(&each.call) else { return Typed::default() };
        let typed = self.aggregate_of_rows(function, &each.call, dataset);
        match same_keys::several_currencies(each, &typed.ty) {
            Some(problem) => {
                self.report(problem);
                Typed::default()
            }
            None => typed,
        }
    }

    /// Types an aggregate over inner groups: its formula may name the keys.
    fn each(&mut self, each: &Each, locals: &[(Arc<str>, Typed)]) -> Typed {
        let keys: Vec<(Arc<str>, Typed)> = inner::columns(each)
            .map(|key| {
                let dataset = key.qualifier.as_ref().map(|name| &*name.text);
                (key.name.text.clone(), self.column(dataset, &key.name.text))
            })
            .collect();
        let names: Vec<_> = keys.into_iter().chain(locals.iter().cloned()).collect();
        let mut groups = At::new(self, Names::Formula(&names));
        let Ok(values) = walk::parts(&mut groups, &each.call.arguments);
        if let Some(having) = &each.having {
            let Ok(_) = walk::condition(&mut groups, having);
        }
        if let Some(problem) = walk::wrong_count(&each.call) {
            self.report(problem);
            return Typed::default();
        }
        match aggregate_of(&each.call) {
            Some(function) => self.aggregated(function, &each.call, &values, Names::Formula(&names)),
            None => Typed::default(),
        }
    }

    /// Types a call of a user function: types its body with the types of these arguments.
    fn own_call(&mut self, call: &Call, span: Span, values: Vec<Typed>) -> Typed {
        let library = self.library;
        let Some(function) = library.function_named(&call.function.text) else { return Typed::default() };
        let count = function.parameters.len();
        if values.len() != count {
            // A replacement with other parameters than the standard library's function has been reported.
            if !span.file.is_standard() || function.standard {
                self.report(walk::bad_count(call, count, count).label(function.name.span, "defined here"));
            }
            return Typed::default();
        }
        self.check_alone(function);
        let types: Vec<Type> = values.iter().map(|typed| typed.ty.clone()).collect();
        let ty = self.applied(function, types, |problem| at_call(problem, call, span, &values));
        Typed::of(ty, &values)
    }

    /// Types a function's body with unknown arguments. Errors found this way apply to every call.
    fn check_alone(&mut self, function: &'a Function) {
        let name = &function.name.text;
        let key = (name.clone(), vec![Type::Unknown; function.parameters.len()]);
        let is_checked = !self.library.functions.compiles(name) || self.calls.contains_key(&key);
        if is_checked || self.open.contains(name) {
            return;
        }
        let before = self.diagnostics.len();
        self.applied(function, key.1, |problem| problem);
        if self.diagnostics[before..].iter().any(Diagnostic::is_error) {
            self.broken.insert(name.clone());
        }
    }

    /// The type of a function's result for arguments of these types. Each combination is typed once.
    fn applied(&mut self, function: &Function, types: Vec<Type>, report: impl Fn(Diagnostic) -> Diagnostic) -> Type {
        let name = &function.name.text;
        let key = (name.clone(), types);
        if let Some(known) = self.calls.get(&key) {
            self.diagnostics.extend(known.problems.iter().cloned().map(report));
            return known.ty.clone();
        }
        if self.open.contains(name) || self.broken.contains(name) {
            return Type::Unknown;
        }
        let alone = key.1.iter().all(|ty| *ty == Type::Unknown);
        let outer = std::mem::take(&mut self.diagnostics);
        self.open.push(name.clone());
        self.depth += CALL_LEVELS - 1;
        self.specific += usize::from(!alone);
        let ty = self.body(function, &key.1);
        self.specific -= usize::from(!alone);
        self.depth -= CALL_LEVELS - 1;
        self.open.pop();
        let problems = std::mem::replace(&mut self.diagnostics, outer);
        let kept = if alone { usize::MAX } else { 1 };
        let (errors, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
        let problems: Vec<_> = errors.into_iter().take(kept).chain(others.into_iter().take(kept)).collect();
        self.diagnostics.extend(problems.iter().cloned().map(report));
        // What is wrong with any arguments is reported once, not at each call.
        let problems = if alone { vec![] } else { problems };
        self.calls.insert(key, Called { ty: ty.clone(), problems });
        ty
    }

    fn body(&mut self, function: &Function, types: &[Type]) -> Type {
        let local = |(name, ty): (&Name, &Type)| (name.text.clone(), Typed::from(ty.clone()));
        let locals: Vec<_> = function.parameters.iter().zip(types).map(local).collect();
        let found = self.expr(&function.body, Names::Formula(&locals));
        match &function.annotation {
            Some(annotation) => self.annotated(&function.name, annotation, Some(&function.body), false, found).ty,
            None => found.ty,
        }
    }

    // ── problems ────────────────────────────────────────────────────────────

    /// Adds a problem. An unknown unit is reported only at its first place.
    fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.code != Code::UnknownUnit || self.unknown_units.insert(diagnostic.message.clone()) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a type error and returns an unknown type. Unit errors are ignored if no file writes units.
    fn refuse(&mut self, error: TypeError, explain: impl FnOnce(Explain<'_>) -> Diagnostic) -> Typed {
        if !self.units.spares(error) {
            let problem = explain(self.explain());
            self.diagnostics.push(problem);
        }
        Typed::default()
    }

    fn explain(&self) -> Explain<'_> {
        Explain {
            library: self.library,
            typed: Some(&self.definitions),
            suggests: are_few(&self.diagnostics),
            of_rows: false,
        }
    }

    /// Returns true if a limit is reached, which is reported once.
    fn is_too_large(&mut self, span: Span) -> bool {
        self.repeated += usize::from(self.specific > 0);
        let message = if self.depth >= MAX_DEPTH {
            format!("expressions and the functions they call are nested more than {MAX_DEPTH} deep")
        } else if self.repeated > MAX_REPEATED {
            format!(
                "functions are called with too many combinations of types: their bodies have more than {MAX_REPEATED} parts"
            )
        } else {
            return false;
        };
        if !std::mem::replace(&mut self.exhausted, true) {
            self.diagnostics.push(Diagnostic::error(Code::TooLarge, message).at(span));
        }
        true
    }
}

/// Returns true if a file writes units. If none of the user's files does, see [`UnitNames::be_lenient`].
pub fn writes_units(file: &File) -> bool {
    file.items.iter().any(|item| match &item.kind {
        ItemKind::Currency(_) | ItemKind::Unit(_) => true,
        ItemKind::Calendar(_) | ItemKind::Test(_) | ItemKind::Report(_) => false,
        ItemKind::Scenario(scenario) => scenario.changes.iter().any(|change| has_unit(&change.value)),
        ItemKind::Function(function) => function.annotation.iter().any(names_unit) || has_unit(&function.body),
        ItemKind::Dataset(dataset) => dataset.options.iter().any(|option| match &option.kind {
            DatasetOptionKind::ColumnType { unit, .. } => names_unit(unit),
            DatasetOptionKind::Computed { annotation, formula, .. } => {
                annotation.iter().any(names_unit) || has_unit(formula)
            }
            _ => false,
        }),
        ItemKind::Definition(definition) => {
            definition.annotation.iter().any(names_unit) || definition.formula.iter().any(has_unit)
        }
    })
}

/// Returns true if a type has a unit, not just a kind of value or a spelling.
fn names_unit(unit: &UnitExpr) -> bool {
    const KINDS: [&str; 8] = ["number", "percent", "ratio", "count", "text", "boolean", "date", "1"];
    unit.factors.iter().any(|factor| !KINDS.contains(&&*factor.name.text))
}

fn has_unit(expr: &Expr) -> bool {
    expr.walk().any(|part| matches!(&*part.kind, ExprKind::Number(NumberLiteral { unit: Some(_), .. })))
}

/// All names in an expression.
fn paths(expr: &Expr) -> impl Iterator<Item = &Path> {
    expr.walk().filter_map(|part| match &*part.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    })
}

/// Adds the call whose arguments cause a problem in a function's body.
fn at_call(mut problem: Diagnostic, call: &Call, span: Span, values: &[Typed]) -> Diagnostic {
    const MAX_CALLS_SHOWN: usize = 3;
    let shown = |ty: &Type| if *ty == Type::PLAIN { "a plain number".into() } else { format!("`{ty}`") };
    let types: Vec<String> = values.iter().map(|typed| shown(&typed.ty)).collect();
    let text = format!("in this call of `{}` with {}", call.function.text, types.join(", "));
    let calls = problem.labels.iter().filter(|label| label.text.starts_with("in this call of ")).count();
    if calls >= MAX_CALLS_SHOWN {
        // Only the outermost call and the calls nearest to the problem are shown.
        problem.labels.remove(0);
    }
    problem.labels.insert(0, crate::diagnostic::Label { span, text });
    problem
}

#[cfg(test)]
mod tests;
