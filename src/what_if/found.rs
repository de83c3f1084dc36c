//! Where a formula that is known in pieces has a wanted value: points and ranges, with their ends.

use std::cmp::Ordering;

use num_rational::BigRational;

use super::form::{Form, Piece};
use super::quotient::Quotient;
use super::stretch::{Mark, Place, Stretch};

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub mark: Mark,
    /// True if the formula has the wanted value there too.
    pub is_included: bool,
}

/// Numbers in a row at which a formula has the wanted value; both ends are the same for one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The lower end. None if there is no bound.
    pub from: Option<Edge>,
    /// The upper end. None if there is no bound.
    pub to: Option<Edge>,
}

/// What was found on a line.
#[derive(Debug, Default)]
pub struct Found {
    /// Where the formula has the wanted value, in order.
    pub spans: Vec<Span>,
    /// The points at which it would have the value, if it were defined there.
    pub undefined: Vec<Mark>,
    /// The points at which it passes the value without taking it.
    pub jumps: Vec<Mark>,
}

impl Span {
    fn point(mark: Mark) -> Self {
        let edge = Some(Edge { mark, is_included: true });
        Self { from: edge.clone(), to: edge }
    }

    fn of(stretch: &Stretch) -> Self {
        let open = |mark: &Option<Mark>| mark.clone().map(|mark| Edge { mark, is_included: false });
        match stretch {
            Stretch::Point(mark) => Self::point(mark.clone()),
            Stretch::Open(from, to) => Self { from: open(from), to: open(to) },
        }
    }

    /// The number, if it is only one.
    pub fn only(&self) -> Option<&Mark> {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from == to => Some(&from.mark),
            _ => None,
        }
    }
}

/// Searches the pieces of a formula, which are next to each other.
pub fn found(pieces: &[Piece], wanted: &BigRational) -> Found {
    let (mut found, mut current) = (Found::default(), None::<Span>);
    for piece in pieces {
        let form = quotient(piece);
        if form
            .is_some_and(|form| form.number().is_some_and(|number| number == *wanted) || is_point(form, piece, wanted))
        {
            let own = Span::of(&piece.stretch);
            current = Some(match current {
                Some(span) => Span { to: own.to, ..span },
                None => own,
            });
            continue;
        }
        found.spans.extend(current.take());
        found.spans.extend(form.into_iter().flat_map(|form| points(form, &piece.stretch, wanted)).map(Span::point));
    }
    found.spans.extend(current);
    for around in pieces.windows(3) {
        between(around, wanted, &mut found);
    }
    found
}

fn quotient(piece: &Piece) -> Option<&Quotient> {
    match &piece.form {
        Some(Form::Quotient(quotient)) => Some(quotient),
        _ => None,
    }
}

/// True if the piece is a point with the wanted value.
fn is_point(form: &Quotient, piece: &Piece, wanted: &BigRational) -> bool {
    match &piece.stretch {
        Stretch::Point(mark) => mark.root.sign_of(&form.equation(wanted)).is_eq(),
        Stretch::Open(..) => false,
    }
}

/// The points of an open interval with the wanted value.
fn points(form: &Quotient, stretch: &Stretch, wanted: &BigRational) -> Vec<Mark> {
    let equation = form.equation(wanted);
    let roots = if equation.degree() == 0 { vec![] } else { stretch.roots_of(&equation) };
    roots.into_iter().map(|root| Mark { root, is_exact: form.is_exact }).collect()
}

/// Adds what there is to say about a point between two intervals.
fn between(around: &[Piece], wanted: &BigRational, found: &mut Found) {
    let [before, at, after] = around else { return };
    let Stretch::Point(mark) = &at.stretch else { return };
    let reaches = |side: &Piece| quotient(side).is_some_and(|form| mark.root.sign_of(&form.equation(wanted)).is_eq());
    match &at.form {
        Some(Form::Undefined(_)) if reaches(before) || reaches(after) => found.undefined.push(mark.clone()),
        Some(Form::Quotient(form)) if is_point(form, at, wanted) => {}
        _ => {
            let signs = [side(before, mark, wanted), side(after, mark, wanted)];
            let is_jump = matches!(signs, [Some(a), Some(b)] if a.is_ne() && b == a.reverse());
            found.jumps.extend(is_jump.then(|| mark.clone()));
        }
    }
}

/// The order of the values next to an end of an interval and the wanted one. None if they have no bound there.
fn side(piece: &Piece, end: &Mark, wanted: &BigRational) -> Option<Ordering> {
    let form = quotient(piece).filter(|form| end.root.sign_of(&form.denominator).is_ne())?;
    let Stretch::Open(from, to) = &piece.stretch else { return None };
    let points = points(form, &piece.stretch, wanted);
    let next_to = match to.as_ref() == Some(end) {
        true => Stretch::Open(points.last().or(from.as_ref()).cloned(), to.clone()),
        false => Stretch::Open(from.clone(), points.first().or(to.as_ref()).cloned()),
    };
    Some(form.at(&Place::new(next_to).sample).cmp(wanted))
}

/// What the pieces have in common.
pub enum Common {
    /// Undefined on all of them.
    Undefined,
    /// The same number wherever the formula is defined.
    Number(BigRational),
    /// The formula has no numbers.
    Other,
}

/// What all pieces have in common. None if they differ.
pub fn common(pieces: &[Piece]) -> Option<Common> {
    let is_undefined = |piece: &&Piece| matches!(piece.form, Some(Form::Undefined(_)));
    let mut defined = pieces.iter().filter(|piece| !is_undefined(piece));
    let Some(first) = defined.next() else { return Some(Common::Undefined) };
    let has_gap = pieces.iter().any(|piece| is_undefined(&piece) && matches!(piece.stretch, Stretch::Open(..)));
    match &first.form {
        _ if has_gap => None,
        Some(Form::Quotient(form)) => {
            let number = form.number()?;
            let is_same = |piece: &Piece| quotient(piece).and_then(Quotient::number).as_ref() == Some(&number);
            defined.all(is_same).then_some(Common::Number(number))
        }
        Some(Form::Other(_)) => {
            defined.all(|piece| matches!(piece.form, Some(Form::Other(_)))).then_some(Common::Other)
        }
        _ => None,
    }
}
