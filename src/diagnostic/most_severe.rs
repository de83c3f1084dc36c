//! Limits the number of problems that one run reports: the errors first.

use super::{Code, Diagnostic, Severity};

/// The maximum number of problems that compiling, planning or reading reports. The others are counted.
pub const MAX_PROBLEMS: usize = 100;

/// The most severe problems, at most [`MAX_PROBLEMS`], in their order. If there are more, the last one says how many.
pub fn most_severe(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if problems.len() <= MAX_PROBLEMS {
        return problems;
    }
    let mut shown = [0; 3];
    let mut left = MAX_PROBLEMS;
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let count = problems.iter().filter(|problem| problem.severity == severity).count().min(left);
        shown[severity as usize] = count;
        left -= count;
    }
    let mut more = [0; 3];
    let is_shown = |problem: &Diagnostic| match shown[problem.severity as usize].checked_sub(1) {
        Some(rest) => {
            shown[problem.severity as usize] = rest;
            true
        }
        None => {
            more[problem.severity as usize] += 1;
            false
        }
    };
    let (mut kept, _): (Vec<Diagnostic>, Vec<Diagnostic>) = problems.into_iter().partition(is_shown);
    kept.extend(rest(more));
    kept
}

/// Returns true if a further problem is probably shown, so that it is worth looking for names that were meant.
pub fn are_few(problems: &[Diagnostic]) -> bool {
    problems.len() < 2 * MAX_PROBLEMS
}

/// Says how many more problems there are, as severe as the most severe of them.
fn rest(more: [usize; 3]) -> Option<Diagnostic> {
    let severity =
        [Severity::Error, Severity::Warning, Severity::Note].into_iter().find(|it| more[*it as usize] > 0)?;
    let counted = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let counted = counted.iter().filter(|(severity, _)| more[*severity as usize] > 0).map(|(severity, name)| {
        let count = more[*severity as usize];
        format!("{count} more {name}{}", if count == 1 { "" } else { "s" })
    });
    let message = format!("there are {}", counted.collect::<Vec<_>>().join(", "));
    Some(Diagnostic {
        severity,
        ..Diagnostic::note(Code::MoreProblems, message).hint(format!("the first {MAX_PROBLEMS} problems are shown"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many<'m>(count: usize, problem: fn(Code, &'m str) -> Diagnostic) -> impl Iterator<Item = Diagnostic> + 'm {
        (0..count).map(move |_| problem(Code::Lint, "one of many"))
    }

    #[test]
    fn a_hundred_problems_are_all_shown() {
        let problems: Vec<_> = many(MAX_PROBLEMS, Diagnostic::note).collect();
        assert_eq!(most_severe(problems.clone()), problems);
    }

    #[test]
    fn errors_come_before_warnings_and_notes_and_the_rest_is_counted() {
        let notes = many(30, Diagnostic::note);
        let warnings = many(50, Diagnostic::warning);
        let problems = notes.chain(warnings).chain(many(60, Diagnostic::error)).collect();
        let shown = most_severe(problems);
        let count = |severity| shown.iter().filter(|problem| problem.severity == severity).count();
        assert_eq!((count(Severity::Error), count(Severity::Warning), count(Severity::Note)), (60, 41, 0));
        let last = shown.last().expect("there are problems");
        assert_eq!((last.severity, &*last.message), (Severity::Warning, "there are 10 more warnings, 30 more notes"));
    }

    #[test]
    fn what_is_left_out_is_an_error_if_an_error_is_left_out() {
        let shown = most_severe(many(64_000, Diagnostic::error).collect());
        let last = shown.last().expect("there are problems");
        assert!(last.is_error());
        assert_eq!((shown.len(), &*last.message), (MAX_PROBLEMS + 1, "there are 63900 more errors"));
    }
}
