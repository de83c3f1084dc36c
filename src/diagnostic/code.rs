//! The stable codes of all problems, in one table.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// The kind of a problem, with a stable kebab-case name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The kebab-case name, such as `unknown-name`.
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
    /// A source or expression is too large, or nested too deeply.
    TooLarge => "too-large",
    /// Two adjacent operators have no defined precedence.
    AmbiguousOperators => "ambiguous-operators",
    /// A literal is invalid: a date that does not exist, a number with too many digits.
    BadLiteral => "bad-literal",
    /// A card or block has a property that does not exist.
    UnknownProperty => "unknown-property",
    /// A property, band, target or dataset option has an invalid value or is given twice.
    BadProperty => "bad-property",
    /// Two definitions have the same name.
    Duplicate => "duplicate",
    /// Rows of a dataset break one of its tests.
    RowTest => "row-test",
    /// A name is not defined.
    UnknownName => "unknown-name",
    /// A function does not exist.
    UnknownFunction => "unknown-function",
    /// A unit, currency or type does not exist.
    UnknownUnit => "unknown-unit",
    /// The data do not have a column.
    UnknownColumn => "unknown-column",
    /// A dataset is neither declared nor given.
    UnknownDataset => "unknown-dataset",
    /// A name has several possible meanings.
    Ambiguous => "ambiguous",
    /// A definition depends on itself.
    Cycle => "cycle",
    /// A built-in or reserved name is redefined.
    Reserved => "reserved",
    /// A function has too few, too many or unsuitable arguments.
    BadArguments => "bad-arguments",
    /// Two units are incompatible.
    UnitMismatch => "unit-mismatch",
    /// Two types are incompatible.
    TypeMismatch => "type-mismatch",
    /// An aggregate, definition or context is used where only columns are allowed, or vice versa.
    Misplaced => "misplaced",
    /// A context is invalid: two ranges in one bracket, a shift that the grain does not support.
    BadContext => "bad-context",
    /// A definition overrides one of the standard library but has a different type.
    BadReplacement => "bad-replacement",
    /// An undeclared name is read as an input.
    ImplicitInput => "implicit-input",
    /// A name of the standard library is used without being declared.
    LibraryName => "library-name",
    /// A definition overrides one of the standard library.
    Replaced => "replaced",
    /// An example or a test does not hold.
    TestFailed => "test-failed",
    /// A value is one that the command was asked to fail on.
    Alert => "alert",
    /// A definition is not used.
    Unused => "unused",
    /// Something is allowed, but nearly always a mistake.
    Lint => "lint",
    /// A file cannot be read.
    Unreadable => "unreadable",
    /// A file or standard output cannot be written.
    Unwritable => "unwritable",
    /// A table is malformed: a ragged row, a missing header, a duplicate column name.
    BadTable => "bad-table",
    /// A cell cannot be read as the type of its column.
    BadCell => "bad-cell",
    /// A column can be read in two ways.
    AmbiguousColumn => "ambiguous-column",
    /// The key of a lookup occurs twice in the looked-up table.
    DuplicateKey => "duplicate-key",
    /// A query is invalid: a grain without dates, an unknown group column.
    BadQuery => "bad-query",
    /// A limit on groups, memory, cost or time is reached.
    LimitReached => "limit-reached",
    /// There are more problems than are shown.
    MoreProblems => "more-problems",
    /// A path leads outside the folder that it must stay in.
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
