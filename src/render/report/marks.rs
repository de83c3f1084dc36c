//! The marks of charts and tables: colors by the direction of improvement, statuses, bars beside numbers.

use maud::{Markup, html};

use crate::library::card::Better;
use crate::render::scale::Scale;
use crate::value::Decimal;

/// The width of the picture of a bar. Browsers stretch it to the width of its cell.
pub const BAR_WIDTH: i64 = 1000;

/// The class of a difference: whether it is an improvement.
pub fn tone(difference: Decimal, better: Option<Better>) -> &'static str {
    match (difference.is_zero(), better) {
        (true, _) | (_, None | Some(Better::Neither)) => "even",
        (_, Some(Better::Higher)) if difference.is_sign_positive() => "good",
        (_, Some(Better::Lower)) if difference.is_sign_negative() => "good",
        _ => "bad",
    }
}

/// A piece of a horizontal bar.
pub struct Piece {
    pub from: Decimal,
    pub to: Decimal,
    pub class: &'static str,
}

/// The ends of the axis of horizontal bars.
#[derive(Clone, Copy)]
pub struct Axis {
    low: Decimal,
    scale: Scale,
}

impl Axis {
    /// The axis that has room for all values and for 0.
    pub fn of(values: impl IntoIterator<Item = Decimal>) -> Self {
        let ends = values
            .into_iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |(low, high), value| (low.min(value), high.max(value)));
        Self { low: ends.0, scale: Scale::new(ends.1.saturating_sub(ends.0), BAR_WIDTH) }
    }

    fn place(&self, value: Decimal) -> i64 {
        self.scale.length(value.saturating_sub(self.low))
    }

    /// The picture of a row. The numbers stand beside it, so screen readers skip it.
    pub fn bar(&self, pieces: &[Piece]) -> Markup {
        let zero = self.place(Decimal::ZERO);
        html! {
            svg.bar viewBox={ "0 0 " (BAR_WIDTH) " 20" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                line.axis x1=(zero) x2=(zero) y1="0" y2="20" {}
                @for piece in pieces { (self.piece(piece)) }
            }
        }
    }

    /// A target stands behind the value and is higher, so that both can be seen.
    fn piece(&self, piece: &Piece) -> Markup {
        let (from, to) = (self.place(piece.from), self.place(piece.to));
        let (start, width) = (from.min(to), (from - to).abs().max(2));
        let (y, height) = if piece.class == "goal" { (1, 18) } else { (4, 12) };
        html! { rect class=(piece.class) x=(start) y=(y) width=(width) height=(height) {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_follow_the_direction_of_improvement() {
        let (up, down) = (Decimal::ONE, -Decimal::ONE);
        assert_eq!([tone(up, Some(Better::Higher)), tone(down, Some(Better::Higher))], ["good", "bad"]);
        assert_eq!([tone(up, Some(Better::Lower)), tone(down, Some(Better::Lower))], ["bad", "good"]);
        assert_eq!([tone(up, None), tone(Decimal::ZERO, Some(Better::Lower))], ["even", "even"]);
        assert_eq!(tone(up, Some(Better::Neither)), "even");
    }

    #[test]
    fn an_axis_has_room_for_negative_values() {
        let axis = Axis::of([Decimal::from(-25), Decimal::from(75)]);
        assert_eq!([-25, 0, 75].map(|value| axis.place(Decimal::from(value))), [0, 250, 1000]);
        assert!(axis.bar(&[]).into_string().contains("x1=\"250\""));
    }
}
