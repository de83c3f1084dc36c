//! The sizes the parser reads, measured before anything recurses.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::scan::{Kind, Token, tokens};
use super::tree::too_deep;

/// The longest text that is read, in bytes: 16 MiB.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;

/// The most items in one file: 100,000.
pub const MAX_ITEMS: usize = 100_000;

/// How many brackets, conditionals, signs, powers or contexts may stand inside each other, and how many levels a tree may
/// have: 200. Parsing, checking and evaluating recurse no deeper than that, which fits a stack of 2 MiB.
pub const MAX_NESTING: usize = 200;

/// The most words, numbers, texts, operators and brackets in one item: 50,000.
pub const MAX_EXPRESSION: usize = 50_000;

/// The longest name, in bytes: 1,000.
pub const MAX_NAME: usize = 1_000;

/// Whether a text is too long.
pub(super) fn source(id: FileId, text: &str) -> Option<Diagnostic> {
    (text.len() > MAX_SOURCE_BYTES).then(|| {
        let message = format!("a file has at most {MAX_SOURCE_BYTES} bytes, this one has {}", text.len());
        Diagnostic::error(Code::TooLarge, message).at(Span::new(id, 0, 0))
    })
}

/// A file with too many items.
pub(super) fn too_many_items(first: Span) -> Diagnostic {
    Diagnostic::error(Code::TooLarge, format!("a file has at most {MAX_ITEMS} items"))
        .label(first, "this and what follows is not read")
        .hint("split the file")
}

/// Where an item's tokens end; an error where the item is too long or too deep.
pub(super) fn measure(id: FileId, text: &str, base: usize) -> Result<Vec<usize>, Box<Diagnostic>> {
    let mut ends = Vec::new();
    let mut nesting = Nesting::default();
    let at = |token: Token| Span::new(id, base + token.start, base + token.end);
    for (count, token) in tokens(text).enumerate() {
        if count >= MAX_EXPRESSION {
            let message = format!("an item has at most {MAX_EXPRESSION} words, numbers and operators");
            let hint = "give parts of it names of their own with `let`";
            return Err(Box::new(Diagnostic::error(Code::TooLarge, message).at(at(token)).hint(hint)));
        }
        if matches!(token.kind, Kind::Word | Kind::Quoted) && token.end - token.start > MAX_NAME + 2 {
            let message = format!("a name has at most {MAX_NAME} bytes, this one has {}", token.end - token.start);
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

/// How deep the parser would recurse: open brackets, and conditionals that stand unbracketed inside others.
#[derive(Default)]
struct Nesting {
    depth: usize,
    /// The depth outside each open bracket.
    outside: Vec<usize>,
    /// Whether the last token was `else`: then `if` goes on with the same conditional.
    after_else: bool,
}

impl Nesting {
    fn step(&mut self, token: Token, written: &str) {
        let after_else = std::mem::take(&mut self.after_else);
        if after_else && written != "if" {
            // The last branch of a conditional holds no other one without brackets.
            self.depth = self.depth.saturating_sub(1).max(self.outside.len());
        }
        match (token.kind, written) {
            (Kind::Open, _) => {
                self.outside.push(self.depth);
                self.depth += 1;
            }
            (Kind::Close, _) => self.depth = self.outside.pop().unwrap_or(0),
            (Kind::Word, "if") if !after_else => self.depth += 1,
            (Kind::Word, "else") => self.after_else = true,
            _ => {}
        }
    }
}
