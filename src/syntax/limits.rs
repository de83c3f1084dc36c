//! Checks the size and nesting of a text before the parser recurses.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::scan::{Token, TokenKind, tokens};
use super::tree::too_deep;

/// The maximum size of a source text in bytes: 16 MiB.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;

/// The maximum number of items in one file: 100,000.
pub const MAX_ITEMS: usize = 100_000;

/// The maximum nesting of brackets, conditionals, signs, powers and contexts, and the maximum height of a tree: 200.
///
/// Parsing, checking and evaluating recurse at most this deep, which fits a stack of 2 MiB.
pub const MAX_NESTING: usize = 200;

/// The maximum number of words, numbers, texts, operators and brackets in one item: 50,000.
pub const MAX_EXPRESSION: usize = 50_000;

/// The maximum length of a name in bytes: 1,000.
pub const MAX_NAME: usize = 1_000;

/// Returns an error if a text is too long.
pub(super) fn source(id: FileId, text: &str) -> Option<Diagnostic> {
    (text.len() > MAX_SOURCE_BYTES).then(|| {
        let message = format!("expected a file of at most {MAX_SOURCE_BYTES} bytes, found {}", text.len());
        Diagnostic::error(Code::TooLarge, message).at(Span::new(id, 0, 0))
    })
}

/// Returns an error if a line ends with a carriage return alone: what follows would belong to the same line.
pub(super) fn line_ends(id: FileId, text: &str) -> Option<Diagnostic> {
    let bytes = text.as_bytes();
    let at = memchr::memchr_iter(b'\r', bytes).find(|at| !matches!(bytes.get(at + 1), Some(b'\n' | b'\r') | None))?;
    let problem = Diagnostic::error(Code::Syntax, "a line ends with a carriage return alone");
    Some(problem.at(Span::new(id, at, at + 1)).hint("save the file with one kind of line ends: LF or CRLF"))
}

/// The error for a file with too many items.
pub(super) fn too_many_items(first: Span) -> Diagnostic {
    Diagnostic::error(Code::TooLarge, format!("a file has at most {MAX_ITEMS} items"))
        .label(first, "this item and everything after it is not read")
        .hint("split the file into several files")
}

/// Returns the ends of an item's tokens, or an error if the item is too long or nested too deeply.
pub(super) fn measure(id: FileId, text: &str, base: usize) -> Result<Vec<usize>, Box<Diagnostic>> {
    let mut ends = Vec::new();
    let mut nesting = Nesting::default();
    let at = |token: Token| Span::new(id, base + token.start, base + token.end);
    for (count, token) in tokens(text).enumerate() {
        if count >= MAX_EXPRESSION {
            let message = format!("an item has at most {MAX_EXPRESSION} words, numbers and operators");
            let hint = "name parts of it with `let`";
            return Err(Box::new(Diagnostic::error(Code::TooLarge, message).at(at(token)).hint(hint)));
        }
        if let Some(length) = name_length(token).filter(|length| *length > MAX_NAME) {
            let message = format!("expected a name of at most {MAX_NAME} bytes, found {length}");
            return Err(Box::new(Diagnostic::error(Code::TooLarge, message).at(at(token)).hint("shorten the name")));
        }
        nesting.step(token, token.of(text));
        if nesting.depth > MAX_NESTING {
            return Err(Box::new(too_deep(at(token))));
        }
        ends.push(token.end);
    }
    Ok(ends)
}

/// The length of a name without its backticks; None for other tokens.
fn name_length(token: Token) -> Option<usize> {
    match token.kind {
        TokenKind::Word => Some(token.end - token.start),
        TokenKind::Quoted => Some(token.end - token.start - 2),
        _ => None,
    }
}

/// The depth to which the parser will recurse: open brackets, and conditionals nested without brackets.
#[derive(Default)]
struct Nesting {
    depth: usize,
    /// The depth outside each open bracket.
    outside: Vec<usize>,
    /// True if the last token was `else`. Then `if` continues the same conditional.
    after_else: bool,
}

impl Nesting {
    fn step(&mut self, token: Token, written: &str) {
        let after_else = std::mem::take(&mut self.after_else);
        if after_else && written != "if" {
            // The last branch of a conditional cannot contain another conditional without brackets.
            self.depth = self.depth.saturating_sub(1).max(self.outside.len());
        }
        match (token.kind, written) {
            (TokenKind::Open, _) => {
                self.outside.push(self.depth);
                self.depth += 1;
            }
            (TokenKind::Close, _) => self.depth = self.outside.pop().unwrap_or(0),
            (TokenKind::Word, "if") if !after_else => self.depth += 1,
            (TokenKind::Word, "else") => self.after_else = true,
            _ => {}
        }
    }
}
