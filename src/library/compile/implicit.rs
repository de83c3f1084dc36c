//! Declares the names that formulas use and no item defines: inputs that are read from columns, and typos.

use std::collections::HashSet;
use std::sync::Arc;

use super::Compiler;
use crate::diagnostic::{Code, Diagnostic};
use crate::library::{Definition, Function, resolve, spellings};
use crate::syntax::ast::{DefinitionKind, Name};

/// Turns undeclared names into inputs, or into errors if they look like typos.
pub(super) struct Implicit<'a> {
    pub compiler: &'a mut Compiler,
    /// The number of comparisons of names that are left.
    pub left: usize,
    pub strict: bool,
    pub seen: HashSet<Arc<str>>,
}

impl Implicit<'_> {
    pub fn run(&mut self) -> Result<(), Diagnostic> {
        for name in self.all_references() {
            if self.seen.insert(name.text.clone()) {
                self.reference(&name);
                self.compiler.count(1)?;
            }
        }
        Ok(())
    }

    /// Returns all names in formulas, functions and cards, in order.
    fn all_references(&mut self) -> Vec<Name> {
        let library = &self.compiler.library;
        let mut names = vec![];
        for definition in library.definitions.compiled() {
            names.extend(definition.references.definitions.iter().cloned());
            for expr in definition.card.expressions() {
                let references = resolve::formula(expr, &[], library, &mut self.compiler.diagnostics);
                names.extend(references.definitions);
            }
        }
        for function in library.functions.compiled() {
            names.extend(function.references.definitions.iter().cloned());
        }
        names
    }

    fn reference(&mut self, name: &Name) {
        match self.compiler.library.definition(&name.text) {
            Some(known) if known.standard && !name.span.file.is_standard() => self.library_name(name),
            Some(_) => {}
            None => self.undeclared(name),
        }
    }

    fn library_name(&mut self, name: &Name) {
        let message = format!("`{}` means the standard library's definition", name.text);
        self.compiler.diagnostics.push(Diagnostic::note(Code::LibraryName, message).at(name.span));
        self.compiler.library.compiling().borrowed.push(name.clone());
    }

    /// Returns true if a name is used inside the definition of another name.
    fn stands_in(&self, name: &Name, definition: &str) -> bool {
        let around = self.compiler.library.definition(definition).map(|definition| definition.span);
        around
            .is_some_and(|around| around.file == name.span.file && around.range().contains(&(name.span.start as usize)))
    }

    fn undeclared(&mut self, name: &Name) {
        let text = &name.text;
        if self.compiler.library.broken.definitions.contains(text) {
            // The definition is broken, and this has been reported.
            return self.input(name, true);
        }
        if let Some(function) = self.own_function(text) {
            self.compiler.diagnostics.push(function_named(name, function));
            return self.input(name, false);
        }
        // In `costs = cost + fees`, `cost` is not a typo of `costs`.
        let own = self.slip(text, false).filter(|meant| !self.stands_in(name, meant));
        let diagnostic = match (own, self.slip(text, true)) {
            (Some(meant), _) => self.unknown(name, Some(meant)),
            (None, _) if self.compiler.library.units.is_reserved(text) => unit_as_name(name),
            (None, _) if self.strict => self.unknown(name, None),
            (None, Some(meant)) => Diagnostic::warning(Code::ImplicitInput, implicit(text))
                .at(name.span)
                .hint(format!("did you mean `{meant}` of the standard library?"))
                .fix(name.span, meant),
            (None, None) => Diagnostic::note(Code::ImplicitInput, implicit(text)).at(name.span),
        };
        let broken = diagnostic.is_error();
        self.compiler.diagnostics.push(diagnostic);
        self.input(name, broken);
    }

    fn slip(&mut self, name: &str, standard: bool) -> Option<String> {
        spellings::slip(&self.compiler.library, name, standard, &mut self.left)
    }

    fn input(&mut self, name: &Name, broken: bool) {
        self.compiler.add(Definition {
            kind: DefinitionKind::Input,
            name: name.clone(),
            annotation: None,
            formula: None,
            card: Default::default(),
            span: name.span,
            standard: name.span.file.is_standard(),
            implicit: true,
            broken,
            references: Default::default(),
            typed: Default::default(),
        });
    }

    /// Returns the user's function of this name. A function of the standard library, such as `share`, does not prevent a
    /// column of its name.
    fn own_function(&self, name: &str) -> Option<&Function> {
        self.compiler.library.functions.get(name).filter(|function| !function.standard)
    }

    fn unknown(&self, name: &Name, meant: Option<String>) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UnknownName, format!("`{}` is not defined", name.text));
        let declare = format!("to read it from data, declare it: `input {}`", name.text);
        match meant {
            Some(meant) => {
                diagnostic.at(name.span).hint(format!("did you mean `{meant}`?")).hint(declare).fix(name.span, meant)
            }
            None => diagnostic.at(name.span).hint(declare),
        }
    }
}

fn unit_as_name(name: &Name) -> Diagnostic {
    let text = &name.text;
    Diagnostic::error(Code::UnknownName, format!("`{text}` is a unit, and no definition has this name"))
        .at(name.span)
        .hint(format!("write a unit directly after a number: `1 {text}`"))
        .hint(format!("to read it from data, declare it: `input {text}`"))
}

fn function_named(name: &Name, function: &Function) -> Diagnostic {
    let parameters: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.text).collect();
    Diagnostic::warning(Code::ImplicitInput, implicit(&name.text))
        .label(name.span, "")
        .label(function.name.span, "a function with this name is defined here")
        .hint(format!("to call the function, write `{}({})`", name.text, parameters.join(", ")))
}

fn implicit(text: &str) -> String {
    format!("`{text}` is not declared: its value is read from the column `{text}`")
}
