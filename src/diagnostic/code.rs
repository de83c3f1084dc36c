//! The stable names of all problems, in one table.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// The kind of a problem: a stable kebab-case name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The name that users see.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }
        }
    };
}

codes! {
    /// The text does not follow the grammar.
    Syntax => "syntax",
    /// A bracket, brace, quote or triple quote is never closed.
    Unclosed => "unclosed",
    /// A source, an expression or a nesting is larger than the engine reads.
    TooLarge => "too-large",
    /// Two operators stand side by side whose order would have to be guessed.
    AmbiguousOperators => "ambiguous-operators",
    /// A literal that cannot be what it looks like: a date that is not on the calendar, a number with too many digits.
    BadLiteral => "bad-literal",
    /// A card or block has a property that does not exist.
    UnknownProperty => "unknown-property",
    /// A property, a band, a target or a dataset option cannot have this value, or is given twice.
    BadProperty => "bad-property",
    /// Two definitions have one name.
    Duplicate => "duplicate",
    /// A name that nothing defines.
    UnknownName => "unknown-name",
    /// A function that does not exist.
    UnknownFunction => "unknown-function",
    /// A unit, currency or type that does not exist.
    UnknownUnit => "unknown-unit",
    /// A column that the data do not have.
    UnknownColumn => "unknown-column",
    /// A dataset that is neither declared nor given.
    UnknownDataset => "unknown-dataset",
    /// A name that could mean two things.
    Ambiguous => "ambiguous",
    /// A definition depends on itself.
    Cycle => "cycle",
    /// A built-in or reserved name is defined again, or a function is redefined.
    Reserved => "reserved",
    /// A function has too few, too many or unsuitable arguments.
    BadArguments => "bad-arguments",
    /// Two units do not fit together.
    UnitMismatch => "unit-mismatch",
    /// Two types do not fit together.
    TypeMismatch => "type-mismatch",
    /// An aggregate, a definition or a context stands where only columns may, or the other way round.
    Misplaced => "misplaced",
    /// A context that cannot be: two extents in one bracket, a shift that the grain does not know.
    BadContext => "bad-context",
    /// A library definition is replaced by one that does not fit.
    BadReplacement => "bad-replacement",
    /// An undeclared name became an input.
    ImplicitInput => "implicit-input",
    /// A name of the standard library is used without being declared.
    LibraryName => "library-name",
    /// A definition of the standard library is replaced.
    Replaced => "replaced",
    /// An example or a test does not hold.
    TestFailed => "test-failed",
    /// A definition that nothing uses.
    Unused => "unused",
    /// Something that is allowed and nearly always a mistake.
    Lint => "lint",
    /// A file cannot be read.
    Unreadable => "unreadable",
    /// A file or standard output cannot be written.
    Unwritable => "unwritable",
    /// A table's shape is broken: a ragged row, a missing header, two columns of one name.
    BadTable => "bad-table",
    /// A cell cannot be read as what its column holds.
    BadCell => "bad-cell",
    /// A column could be read in two ways.
    AmbiguousColumn => "ambiguous-column",
    /// A lookup's key occurs twice in the looked-up table.
    DuplicateKey => "duplicate-key",
    /// A query asks for something that does not fit together: a grain without dates, an unknown group.
    BadQuery => "bad-query",
    /// A limit on groups, memory, cost or time is reached.
    LimitReached => "limit-reached",
    /// A path leads out of the folder it must stay in.
    ForbiddenPath => "forbidden-path",
    /// How data were read: delimiter, decimal mark, dates, encoding.
    DataNote => "data-note",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
