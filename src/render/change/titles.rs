//! How the inputs and definitions of a change are called: by their labels in texts, by their names in the tree.

use std::collections::HashMap;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::change::{Change, ChangeStep};
use crate::explain::{StepKey, TraceKind};
use crate::language::{Language, Phrase};
use crate::library::Library;

/// The maximum width of a formula that is the name of an input or a KPI.
const WIDTH: usize = 48;

/// The names of the KPI and its drivers in texts.
pub struct Titles {
    drivers: HashMap<StepKey, String>,
    kpi: String,
}

impl Titles {
    /// Two drivers that share a label are called by their names.
    pub fn of(change: &Change, library: &Library, language: Language) -> Self {
        let label = |name: &str| {
            let label = library.definition(name)?.card.label.as_ref()?;
            Some(label.get(language.code()).to_owned())
        };
        let labelled = |step: &ChangeStep| {
            let label = label(&step.name).filter(|_| step.kind != TraceKind::Call);
            titled(&label.unwrap_or_else(|| short_name(&step.name)), step, language)
        };
        let drivers: Vec<(StepKey, &ChangeStep)> = change.drivers.iter().map(|key| (*key, change.step(*key))).collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        drivers.iter().for_each(|(_, step)| *counts.entry(labelled(step)).or_default() += 1);
        let title = |step: &ChangeStep| match labelled(step) {
            title if counts[&title] == 1 => title,
            _ => titled(&short_name(&step.name), step, language),
        };
        let kpi = label(&change.kpi).unwrap_or_else(|| short_name(&change.kpi));
        Self { drivers: drivers.iter().map(|(key, step)| (*key, title(step))).collect(), kpi }
    }

    /// The title of a driver.
    pub fn driver(&self, key: StepKey) -> &str {
        &self.drivers[&key]
    }

    /// The title of the KPI.
    pub fn kpi(&self) -> &str {
        &self.kpi
    }
}

/// A name with the context of the step and what it is: `revenue (1 month earlier)`, `ad_cost (given)`.
pub fn titled(name: &str, step: &ChangeStep, language: Language) -> String {
    let mut notes: Vec<String> = step.context.iter().map(|part| language.sentence(part)).collect();
    notes.extend(step.cause.iter().map(|cause| language.sentence(cause)));
    notes.extend((step.kind == TraceKind::Given).then(|| language.word(Phrase::Given).to_owned()));
    if notes.is_empty() { name.to_owned() } else { format!("{name} ({})", notes.join(", ")) }
}

/// The name of a definition, or the start of a formula that has no name.
pub fn short_name(name: &str) -> String {
    shortened(name, WIDTH)
}

/// A text of at most this width, with an ellipsis in place of the rest.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |letter: &char| {
        let rest = left.checked_sub(letter.width().unwrap_or(0));
        rest.map(|rest| left = rest).is_some()
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{}…", start.trim_end())
}
