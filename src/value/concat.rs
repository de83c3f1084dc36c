//! Concatenates vectors, and keeps their representation if they share one.

use std::sync::Arc;

use super::{Cause, Date, Decimal, Dictionary, Values, Vector};

impl Vector {
    /// Concatenates all parts. Numbers of one scale and texts of one dictionary keep it. The first defined value
    /// determines the kind; values of another kind become [`Cause::WrongKind`].
    pub fn concat(parts: &[Self]) -> Self {
        if let [part] = parts {
            return part.clone();
        }
        let Some(first) = parts.iter().find(|part| part.has_values()).or(parts.first()) else {
            return Self { values: Values::Nothing(0), causes: None };
        };
        let kind = Kind::of(&first.values);
        let parts = Parts { all: parts, kind };
        Self { values: parts.values(), causes: parts.causes() }
    }
}

/// The kinds of values.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Numbers,
    Texts,
    Dates,
    Booleans,
    Nothing,
}

impl Kind {
    fn of(values: &Values) -> Self {
        match values {
            Values::Fixed { .. } | Values::Decimals { .. } => Self::Numbers,
            Values::Texts { .. } => Self::Texts,
            Values::Days(_) | Values::Moments(_) => Self::Dates,
            Values::Booleans(_) => Self::Booleans,
            Values::Nothing(_) => Self::Nothing,
        }
    }
}

/// The parts of a vector of one kind.
struct Parts<'a> {
    all: &'a [Vector],
    kind: Kind,
}

impl<'a> Parts<'a> {
    fn values(&self) -> Values {
        match self.kind {
            Kind::Numbers => self.fixed().unwrap_or_else(|| self.decimals()),
            Kind::Texts => self.coded().unwrap_or_else(|| self.recoded()),
            Kind::Dates => self.days().unwrap_or_else(|| self.moments()),
            Kind::Booleans => Values::Booleans(self.joined(false, |values| match values {
                Values::Booleans(truths) => Some(&truths[..]),
                _ => None,
            })),
            Kind::Nothing => Values::Nothing(self.len()),
        }
    }

    fn len(&self) -> usize {
        self.all.iter().map(Vector::len).sum()
    }

    /// Returns true if the values of a part are of the kind of the vector.
    fn fits(&self, part: &Vector) -> bool {
        Kind::of(&part.values) == self.kind
    }

    /// The parts whose values count.
    fn counted(&self) -> impl Iterator<Item = &'a Vector> {
        let kind = self.kind;
        self.all.iter().filter(move |part| Kind::of(&part.values) == kind && part.has_values())
    }

    fn causes(&self) -> Option<Vec<Option<Cause>>> {
        if self.all.iter().all(|part| part.causes.is_none() && self.fits(part)) {
            return None;
        }
        let mut causes = Vec::with_capacity(self.len());
        for part in self.all {
            match (&part.causes, self.fits(part)) {
                (Some(known), true) => causes.extend(known),
                (None, true) => causes.resize(causes.len() + part.len(), None),
                (_, false) => causes.extend((0..part.len()).map(|at| part.cause(at).or(Some(Cause::WrongKind)))),
            }
        }
        Some(causes)
    }

    /// Concatenates the items of all parts. Parts without such items are filled.
    fn joined<T: Copy + 'a>(&self, filler: T, items: impl Fn(&'a Values) -> Option<&'a [T]>) -> Vec<T> {
        let mut joined = Vec::with_capacity(self.len());
        for part in self.all {
            match items(&part.values) {
                Some(items) => joined.extend_from_slice(items),
                None => joined.resize(joined.len() + part.len(), filler),
            }
        }
        joined
    }

    /// The mantissas, if all parts share a scale.
    fn fixed(&self) -> Option<Values> {
        let scale_of = |part: &Vector| match part.values {
            Values::Fixed { scale, .. } => Some(scale),
            _ => None,
        };
        let scale = scale_of(self.counted().next().or(self.all.first())?)?;
        if !self.counted().all(|part| scale_of(part) == Some(scale)) {
            return None;
        }
        let mantissas = self.joined(0, |values| match values {
            Values::Fixed { mantissas, .. } => Some(&mantissas[..]),
            _ => None,
        });
        Some(Values::Fixed { mantissas, scale })
    }

    fn decimals(&self) -> Values {
        let mut values = Vec::with_capacity(self.len());
        for part in self.all {
            match &part.values {
                Values::Fixed { mantissas, scale } => values
                    .extend(mantissas.iter().map(|&mantissa| Decimal::from_i128_with_scale(mantissa.into(), *scale))),
                Values::Decimals { values: decimals, .. } => values.extend(decimals),
                _ => values.resize(values.len() + part.len(), Decimal::ZERO),
            }
        }
        let inexact = |values: &'a Values| match values {
            Values::Decimals { inexact, .. } => inexact.as_deref(),
            _ => None,
        };
        let any = self.all.iter().any(|part| inexact(&part.values).is_some());
        Values::Decimals { values, inexact: any.then(|| self.joined(false, inexact)) }
    }

    /// The codes, if all parts share a dictionary.
    fn coded(&self) -> Option<Values> {
        let dictionary_of = |part: &'a Vector| match &part.values {
            Values::Texts { dictionary, .. } => Some(dictionary),
            _ => None,
        };
        let dictionary = dictionary_of(self.counted().next().or(self.all.first())?)?;
        if !self.counted().filter_map(dictionary_of).all(|other| Arc::ptr_eq(dictionary, other)) {
            return None;
        }
        let codes = self.joined(0, |values| match values {
            Values::Texts { codes, .. } => Some(&codes[..]),
            _ => None,
        });
        Some(Values::Texts { codes, dictionary: dictionary.clone() })
    }

    /// The codes in a common dictionary, into which each text of a dictionary is entered once.
    fn recoded(&self) -> Values {
        let (mut common, mut codes) = (Dictionary::default(), Vec::with_capacity(self.len()));
        let mut known: (Option<u64>, Vec<Option<u32>>) = (None, vec![]);
        for part in self.all {
            let Values::Texts { codes: own, dictionary } = &part.values else {
                codes.resize(codes.len() + part.len(), 0);
                continue;
            };
            if known.0 != Some(dictionary.id()) {
                known = (Some(dictionary.id()), vec![]);
            }
            known.1.resize(known.1.len().max(dictionary.len()), None);
            codes.extend(own.iter().enumerate().map(|(at, &code)| match part.cause(at) {
                Some(_) => 0,
                None => *known.1[code as usize].get_or_insert_with(|| common.code(dictionary.text(code))),
            }));
        }
        Values::Texts { codes, dictionary: Arc::new(common) }
    }

    /// The days, if all dates are whole days.
    fn days(&self) -> Option<Values> {
        if self.counted().any(|part| !matches!(part.values, Values::Days(_))) {
            return None;
        }
        Some(Values::Days(self.joined(0, |values| match values {
            Values::Days(days) => Some(&days[..]),
            _ => None,
        })))
    }

    fn moments(&self) -> Values {
        let mut moments = Vec::with_capacity(self.len());
        for part in self.all {
            match &part.values {
                Values::Days(days) => moments.extend(days.iter().map(|&day| Date::from_day(day))),
                Values::Moments(own) => moments.extend(own),
                _ => moments.resize(moments.len() + part.len(), Date::from_day(0)),
            }
        }
        Values::Moments(moments)
    }
}
