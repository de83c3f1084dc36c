//! The questions of `kpi init` on a terminal. Each has a default, which Enter accepts.

use std::io::{BufRead, Write};

use crate::init::Draft;
use crate::language::{Language, Phrase};
use crate::value::unit::Currency;

/// The figures that are asked about.
const FIGURES: usize = 5;

/// Where questions are written and answers are read.
pub(super) struct Questions<R, W> {
    pub input: R,
    pub output: W,
    pub language: Language,
}

impl<R: BufRead, W: Write> Questions<R, W> {
    /// The answer to a question, or the default if there is none.
    fn ask(&mut self, question: &str, default: &str) -> String {
        let shown = write!(self.output, "{question} [{default}] ").and_then(|()| self.output.flush());
        let mut line = String::new();
        match shown.and_then(|()| self.input.read_line(&mut line)) {
            Ok(_) if !line.trim().is_empty() => line.trim().to_owned(),
            _ => default.to_owned(),
        }
    }

    fn say(&mut self, text: &str) {
        // If the terminal is gone, the defaults hold.
        let _ = writeln!(self.output, "{text}");
    }
}

/// Asks about the currency and about figures that may come from several columns.
pub(super) fn ask<R: BufRead, W: Write>(draft: &mut Draft, questions: &mut Questions<R, W>) {
    if draft.has_money() && draft.currency.as_ref().is_none_or(|(_, is_guess)| *is_guess) {
        currency(draft, questions);
    }
    let guesses = draft.figures.iter().enumerate().filter(|(_, figure)| figure.is_guess).map(|(at, _)| at);
    let guesses: Vec<usize> = guesses.take(FIGURES).collect();
    let mut refused = vec![];
    for at in guesses {
        if !figure(draft, at, questions) {
            refused.push(at);
        }
    }
    refused.into_iter().rev().for_each(|at| drop(draft.figures.remove(at)));
}

fn currency<R: BufRead, W: Write>(draft: &mut Draft, questions: &mut Questions<R, W>) {
    let default = draft.currency.as_ref().map_or("EUR", |(code, _)| code).to_owned();
    loop {
        let code = questions.ask(questions.language.word(Phrase::AskCurrency), &default).to_uppercase();
        if Currency::from_code(&code).is_some() {
            draft.currency = Some((code, false));
            return;
        }
        questions.say(questions.language.word(Phrase::NoSuchCurrency));
    }
}

/// Asks which formula a figure has. Returns false if it has none.
fn figure<R: BufRead, W: Write>(draft: &mut Draft, at: usize, questions: &mut Questions<R, W>) -> bool {
    let language = questions.language;
    let figure = &mut draft.figures[at];
    questions.say(&language.phrase(Phrase::AskFormula, &[figure.name]));
    for (number, formula) in (1..).zip(&figure.formulas) {
        questions.say(&format!("  {number}  {formula}"));
    }
    questions.say(&format!("  0  {}", language.word(Phrase::NoneOfThese)));
    loop {
        let answer = questions.ask(language.word(Phrase::AskNumber), "1");
        match answer.parse::<usize>() {
            Ok(0) => return false,
            Ok(number) if number <= figure.formulas.len() => {
                figure.formulas = vec![figure.formulas[number - 1].clone()];
                figure.is_guess = false;
                return true;
            }
            _ => questions.say(&language.phrase(Phrase::NoSuchNumber, &[&figure.formulas.len().to_string()])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::describe;
    use crate::init::DataSource;
    use crate::library::Library;

    /// The lines of the draft after these answers, and what was shown.
    fn drafted(answers: &str) -> (String, String) {
        let folder = tempfile::tempdir().expect("it can be made");
        let path = folder.path().join("sales.csv");
        let table = "day,customer,amount,total\n2026-01-05,a,5,6\n2026-02-06,b,7.5,8\n2026-02-07,a,1,2\n";
        std::fs::write(&path, table).expect("it can be written");
        let description = describe("sales", &path, &Default::default()).expect("it is a table");
        let mut draft = Draft::new(vec![DataSource { description, path: "sales.csv".into() }], Language::English);
        let mut shown = vec![];
        let language = Language::English;
        ask(&mut draft, &mut Questions { input: answers.as_bytes(), output: &mut shown, language });
        let library = Library::from_text("").expect("it is empty");
        let text: Vec<String> = draft.pieces(&library, &[]).into_iter().map(|piece| piece.text).collect();
        (text.join("\n"), String::from_utf8(shown).expect("it is text"))
    }

    #[test]
    fn enter_accepts_every_default() {
        let (text, shown) = drafted("\n\n\n");
        assert!(
            text.contains("currency EUR\n") && text.contains("input revenue: money = sum(sales.amount)\n"),
            "{text}"
        );
        assert!(shown.starts_with("Currency of the amounts? [EUR] "), "{shown}");
        assert!(shown.contains("  1  sum(sales.amount)\n  2  sum(sales.total)\n  0  from none of these\nNumber? [1] "));
    }

    #[test]
    fn answers_choose_the_currency_and_the_columns() {
        let (text, shown) = drafted("euros\nchf\n7\n2\n0\n");
        assert!(
            text.contains("currency CHF\n") && text.contains("input revenue: money = sum(sales.total)\n"),
            "{text}"
        );
        assert!(!text.contains("input orders"), "{text}");
        assert!(shown.contains("expected a currency of ISO 4217") && shown.contains("expected a number from 0 to 2"));
    }

    #[test]
    fn a_closed_terminal_gives_the_defaults() {
        assert_eq!(drafted("").0, drafted("\n\n\n\n").0);
    }
}
