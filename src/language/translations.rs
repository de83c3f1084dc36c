//! Defines the phrases around results in every language: one line per phrase, with `{}` for each part, or `{2}` for the second
//! one if a language has another order.
//!
//! A phrase that has no translation, or whose translation has a different number of parts, does not compile. Terms of
//! the standard library (its units and stages) are in `kpis/terms.csv`.

use super::Language;

macro_rules! phrases {
    ($($name:ident: $english:literal, $french:literal;)*) => {
        /// A phrase, independent of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Phrase {
            $(#[doc = $english] $name),*
        }

        impl Phrase {
            /// The phrase with a `{}` for each part.
            fn pattern(self, language: Language) -> &'static str {
                let [english, french] = match self {
                    $(Self::$name => [$english, $french]),*
                };
                match language {
                    Language::English => english,
                    Language::French => french,
                }
            }
        }

        $(const _: () = assert!(holes($english) == holes($french), "the French phrase has a different number of parts");)*
    };
}

/// The number of placeholders in a pattern.
const fn holes(pattern: &str) -> usize {
    let (bytes, mut at, mut count) = (pattern.as_bytes(), 0, 0);
    while at < bytes.len() {
        count += (bytes[at] == b'{') as usize;
        at += 1;
    }
    count
}

phrases! {
    // ── results ──────────────────────────────────────────────────────────────
    Blank: "(blank)", "(vide)";
    Total: "total", "total";
    Others: "others", "autres";
    InTotal: "in total", "au total";
    Value: "value", "valeur";
    FilteredOut: "no groups: no rows match `--where`", "aucun groupe\u{a0}: aucune ligne ne correspond à `--where`";
    NoneMeets: "no groups: none meets the condition `{}`", "aucun groupe\u{a0}: aucun ne remplit la condition `{}`";
    AllEmpty: "no groups: no KPI has a value in any of them", "aucun groupe\u{a0}: aucun indicateur n’y a de valeur";
    NoGroups: "no groups: the data have no rows here", "aucun groupe\u{a0}: aucune ligne de données ici";
    NothingRead: "no groups: the query reads no data", "aucun groupe\u{a0}: la requête ne lit aucune donnée";
    AboveTarget: "{} above target", "{} au-dessus de l’objectif";
    BelowTarget: "{} below target", "{} au-dessous de l’objectif";
    OnTarget: "on target", "à l’objectif";
    KpiTarget: "{}: target {}", "{}\u{a0}: objectif {}";
    FromTo: "between {} and {}", "entre {} et {}";
    Reached: ", reached in {} of {}", ", atteint {} fois sur {}";
    NoRowsLater: "{} to {}: no rows (the data end on {})", "de {} à {}\u{a0}: aucune ligne (les données s’arrêtent le {})";
    KpiNoStatus: "{}: no status, {}", "{}\u{a0}: pas de statut, {}";
    InGroups: " in {} of {} groups", " dans {} groupes sur {}";
    In: " in {}", " pour {}";
    InAndInTotal: " in {} and in total", " pour {} et au total";
    About: "{}: {}", "{}\u{a0}: {}";
    Semicolon: "; ", "\u{202f}; ";
    SkippedRows: "rows with blank cells were skipped", "lignes aux cellules vides ignorées";
    FailedRows: "rows failed, so a fallback value was used", "lignes en erreur\u{a0}: une valeur de repli a été utilisée";
    IncompletePeriod: "incomplete period", "période incomplète";
    OutOfRange: "outside its expected range", "hors de la plage attendue";
    NeedsPeriod: "its target or a band needs a period (add `--by month`)", "son objectif ou un seuil nécessite une période (ajoutez `--by month`)";
    NeedsSinglePeriod: "its target or a band needs a single period, and the total covers several", "son objectif ou un seuil nécessite une seule période, et le total en couvre plusieurs";
    BandsPerDay: "bands apply per day", "les seuils s’entendent par jour";
    BandsPerWeek: "bands apply per week", "les seuils s’entendent par semaine";
    BandsPerMonth: "bands apply per month", "les seuils s’entendent par mois";
    BandsPerQuarter: "bands apply per quarter", "les seuils s’entendent par trimestre";
    BandsPerYear: "bands apply per year", "les seuils s’entendent par an";
    StatusGood: "good", "bon";
    StatusWatch: "watch", "à surveiller";
    StatusBad: "bad", "mauvais";

    // ── periods ──────────────────────────────────────────────────────────────
    Day: "day", "jour";
    Week: "week", "semaine";
    Month: "month", "mois";
    Half: "half", "semestre";
    Quarter: "quarter", "trimestre";
    Quarters: "quarters", "trimestres";
    Year: "year", "année";
    Second: "second", "seconde";
    Minute: "minute", "minute";
    Hour: "hour", "heure";
    OneYear: "year", "an";
    ByDay: "by day", "par jour";
    ByWeek: "by week", "par semaine";
    ByMonth: "by month", "par mois";
    ByQuarter: "by quarter", "par trimestre";
    ByYear: "by year", "par an";

    // ── explanations ─────────────────────────────────────────────────────────
    AndSoOn: "   (not expanded: explain it separately)", "   (non développé\u{a0}: à expliquer à part)";
    AsAbove: "   (as above)", "   (voir plus haut)";
    ParameterMark: "   (parameter)", "   (paramètre)";
    Given: "given", "valeur donnée";
    GivenMark: "   (given)", "   (valeur donnée)";
    IsUndefined: " is undefined", " est indéfini";
    Undefined: "undefined", "indéfini";
    UndefinedFromHere: "← undefined from here on: {}", "← indéfini à partir d’ici\u{a0}: {}";
    RowOf: "{}: {} row of {}", "{}\u{a0}: {} ligne de {}";
    OneFile: " ({}, {} file)", " ({}, {} fichier)";
    SeveralFiles: " ({}, {} files)", " ({}, {} fichiers)";
    RowsOf: "{}: {} rows of {}", "{}\u{a0}: {} lignes de {}";
    AskedOf: "asked of {}, table {}, tier {}:", "demandé à {}, table {}, niveau {}\u{a0}:";
    AskedInstead: "asked of {}, table {}, tier {} (less than planned: {}):", "demandé à {}, table {}, niveau {} (moins que prévu\u{a0}: {})\u{a0}:";
    InForceAtEnd: ", in force at the end of {}", ", en vigueur à la fin du {}";
    InForceDuring: ", in force at any time", ", en vigueur à un moment quelconque";
    CutByPeriod: " (cut by the requested period)", " (coupé par la période demandée)";
    PartlyCovered: " (only partly covered by the data)", " (les données n’en couvrent qu’une partie)";
    OnlyWhere: ", only where {}", ", seulement où {}";
    WithoutRate: ", {} of them without a rate", ", dont sans taux de change\u{a0}: {}";
    Skipped: ", {} skipped as blank", ", ignorées car vides\u{a0}: {}";
    Failed: ", {} failed", ", en erreur\u{a0}: {}";
    NothingOf: ", without {}, which has no rows at that time", ", sans {}, qui n’a aucune ligne à cette date";
    PlaceHead: "place", "emplacement";
    MoreRow: "{} more row", "{} autre ligne";
    MoreRows: "{} more rows", "{} autres lignes";
    MoreValues: "{} more", "{} de plus";
    RowAt: "{}: {} ({})", "{}\u{a0}: {} ({})";
    RowOnlyAt: "{} ({})", "{} ({})";
    LeftOutAt: "left out, {}: {} ({})", "écartée, {}\u{a0}: {} ({})";
    MoreLeftOut: "{} more left out", "{} de plus écartées";
    MoreNewAndGone: "{} more new, {} more gone", "nouvelles en plus\u{a0}: {}, disparues en plus\u{a0}: {}";
    NewRow: "new", "nouvelle";
    GoneRow: "gone", "disparue";
    GroupMoved: "{}: {} → {}", "{}\u{a0}: {} → {}";
    GroupNew: "{}: {} (new)", "{}\u{a0}: {} (nouvelle)";
    GroupGone: "{}: {} (gone)", "{}\u{a0}: {} (disparue)";
    OfDifference: "of Δ", "du Δ";
    OfStart: "of start", "du départ";
    CellBlank: "{} is blank", "{} est vide";
    CellsBlank: "{} are blank", "{} sont vides";
    RowHasNoValue: "no value", "pas de valeur";
    FailedDivision: "division by zero", "division par zéro";
    FailedDigits: "more than 28 digits", "plus de 28 chiffres";
    FailedDate: "a date outside the years 1 to 9999", "une date hors des années 1 à 9999";
    FailedOffset: "moments with and without a UTC offset", "instants avec et sans décalage UTC";
    FailedDomain: "not defined for the number", "non défini pour le nombre";
    FailedKind: "mixed numbers, texts or dates", "nombres, textes ou dates mêlés";
    NoStatus: "no status: {}", "pas de statut\u{a0}: {}";
    WhichIs: ", which is {}", ", soit {}";
    Target: "target {}", "objectif {}";

    // ── differences ──────────────────────────────────────────────────────────
    OtherBranch: "another branch of `if`", "une autre branche de `if`";
    OtherOperand: "another operand of `??`", "un autre opérande de `??`";
    BecameDefined: "{} became defined", "{} est devenu défini";
    BecameUndefined: "{} became undefined", "{} est devenu indéfini";
    ItsTarget: "its target", "son objectif";
    OtherThanInputs: "apart from the targets of inputs", "hors objectifs des données";
    NotSeparable: "{} together, not separable", "{} ensemble, non séparables";
    Against: "{} against {}", "{} par rapport à {}";
    Rose: "{} rose by {}{}, from {} to {}.", "{}\u{a0}: hausse de {}{}, de {} à {}.";
    IsHigher: "{1} is {2} higher{3}: {5} against {4}.", "{1}\u{a0}: {2} de plus{3}, {5} contre {4}.";
    IsLower: "{1} is {2} lower{3}: {5} against {4}.", "{1}\u{a0}: {2} de moins{3}, {5} contre {4}.";
    Fell: "{} fell by {}{}, from {} to {}.", "{}\u{a0}: baisse de {}{}, de {} à {}.";
    OnItsTarget: "{} is on its target of {}.", "{}\u{a0}: objectif de {} atteint exactement.";
    InputsWithoutTargets: "None of its inputs has a target, so this distance is not divided.", "Aucune de ses données n’a d’objectif\u{a0}: cet écart n’est pas réparti.";
    AboveItsTarget: "{} is {}{} above its target of {}, at {}.", "{}\u{a0}: {}{} au-dessus de l’objectif de {}, à {}.";
    BelowItsTarget: "{} is {}{} below its target of {}, at {}.", "{}\u{a0}: {}{} au-dessous de l’objectif de {}, à {}.";
    Unchanged: "{} did not change: it is {} in both.", "{}\u{a0}: aucun changement, {} des deux côtés.";
    HardlyChanged: "{} hardly changed: rounded, it is {} in both.", "{}\u{a0}: presque aucun changement, {} des deux côtés en arrondi.";
    SegmentsCancelOut: "Its segments changed, and their changes cancel out.", "Ses segments ont changé, et leurs écarts s’annulent.";
    AccountsFor: "{} accounts for {}", "Contributions\u{a0}: {} {}";
    AndFor: "{} for {}", "{} {}";
    OnePart: "another part", "une autre composante";
    OtherParts: "{} others", "{} autres composantes";
    NoDifference: "{} has no difference to split.", "{}\u{a0}: pas d’écart à décomposer.";
    UndefinedIn: "In {} it is undefined: {}.", "Pour {}, valeur indéfinie\u{a0}: {}.";
    RowsBeforeAfter: "{}: {} → {} rows of {}", "{}\u{a0}: {} → {} lignes de {}";
    ValuesBeforeAfter: "{}: {} → {} values by {}", "{}\u{a0}: {} → {} valeurs par {}";
    Moved: ", {} new, {} gone, {} grown, {} shrunk", ", {} nouvelles, {} disparues, {} en hausse, {} en baisse";
    PartOf: "   (part of {})", "   (sur {})";
    PartOfBelow: "   (part of {}, see below)", "   (sur {}, voir plus bas)";
    AddsUpTo: "Σ = {} = Δ ✓", "Σ = {} = Δ ✓";
    Convention: "Each contribution is a Shapley value: the mean of what a part adds over all orders in which the parts can change.", "Chaque contribution est une valeur de Shapley\u{a0}: la moyenne de ce qu’une composante ajoute, sur tous les ordres dans lesquels les composantes peuvent changer.";
    ConventionMeans: "It says how the formula divides the difference, not why the parts changed.", "Elle dit comment la formule répartit l’écart, non pourquoi les composantes ont changé.";
    Contribution: "contribution", "contribution";
    RateEffect: "rate", "taux";
    PriceEffect: "price", "prix";
    VolumeEffect: "volume", "volume";
    MixEffect: "mix", "mix";
    NewSegment: "new", "nouveau";
    GoneSegment: "gone", "disparu";
    UnmatchedSegment: "unmatched", "sans équivalent";
    OwnDifference: "own difference", "écart propre";
    NotDivided: "not divided: {}", "non réparti\u{a0}: {}";
    VolumeCompared: "{}: {} → {}, of which {} → {} in the segments with price, volume and mix.", "{}\u{a0}: {} → {}, dont {} → {} dans les segments avec prix, volume et mix.";
    InDecimals: "≈ Some contributions were computed in decimals of 28 digits.", "≈ Certaines contributions ont été calculées en décimaux de 28 chiffres.";
    SkippedIn: "Rows with blank cells were skipped in {}.", "Lignes aux cellules vides ignorées\u{a0}: {}.";
    WhatIf: "What if: {}.", "Hypothèse\u{a0}: {}.";
    IncompleteSide: "{} is incomplete, because the data do not cover all of its days.", "{}\u{a0}: période incomplète, car les données n’en couvrent pas tous les jours.";

    // ── what-ifs ─────────────────────────────────────────────────────────────
    InScenario: "scenario {}", "scénario {}";
    InBase: "base", "la base";
    SetValues: "set values", "valeurs fixées";
    SolvedFor: "{} for {} = {}", "{} pour {} = {}";
    NeededHead: "needed", "nécessaire";
    ThenHead: "{} then", "{} après";
    RangeFromTo: "from {} to {}", "de {} à {}";
    FromUpTo: "from {} up to, but not including, {}", "de {} à {} exclu";
    AboveUpTo: "above {}, up to {}", "plus de {}, jusqu’à {}";
    AboveAndBelow: "above {} and below {}", "plus de {} et moins de {}";
    OrMore: "{} or more", "{} ou plus";
    RangeAbove: "above {}", "plus de {}";
    OrLess: "{} or less", "{} ou moins";
    LessThan: "below {}", "moins de {}";
    AnyValue: "any value", "toute valeur";
    NoValueGives: "no value of {} gives {}", "aucune valeur de {} ne donne {}";
    NoValueWithin: "no value of {} from {} to {} gives {}", "aucune valeur de {}, de {} à {}, ne donne {}";
    NoValueFound: "no value of {} from {} to {} was found that gives {}", "aucune valeur de {}, de {} à {}, n’a été trouvée qui donne {}";
    EveryDefinedValueGives: "every value of {} at which {} is defined gives {}", "toute valeur de {} pour laquelle {} est défini donne {}";
    EveryValueGives: "every value of {} gives {}", "toute valeur de {} donne {}";
    UndefinedWhatever: "{} is undefined, whatever {} is: {}", "{} est indéfini quelle que soit la valeur de {}\u{a0}: {}";
    ConstantHere: "{} does not depend on {} here", "{} ne dépend pas de {} ici";
    UndefinedThere: "with {}, {} is undefined", "avec {}, {} est indéfini";
    PassesAt: "at {}, {} passes {} without taking it", "à {}, {} passe {} sans l’atteindre";
    MorePoints: "{} more such points are in `--format json`", "`--format json` donne {} autres points de ce genre";
    StatusChanges: "status of {}: {} → {}", "statut de {}\u{a0}: {} → {}";
    NoStatusThere: "none", "aucun";
    ApproximatelyNeeded: "≈ rounded; `--format json` has all digits", "≈ arrondi\u{a0}; `--format json` donne tous les chiffres";
    SearchedWithin: "the formula was evaluated at points from {} to {}; values between them, and values outside, may be missing", "la formule a été évaluée en des points de {} à {}\u{a0}; des valeurs entre ces points, ou au-delà, peuvent manquer";
    SolvedWithin: "these are all values from {} to {}; there may be others outside", "ce sont toutes les valeurs de {} à {}\u{a0}; il peut y en avoir d’autres au-delà";
    NoBounds: "{} has no present value other than 0 around which to search; add bounds, such as `--within 0..1000`", "{} n’a pas de valeur actuelle autre que 0 autour de laquelle chercher\u{a0}; ajoutez des bornes, par exemple `--within 0..1000`";
    LeftOutZero: "{} is 0, which no percentage changes", "{} vaut 0, qu’aucun pourcentage ne change";
    LeftOutNotRead: "{} does not read {}", "{} ne lit pas {}";
    VariedBy: "{}, each input ±{}", "{}, chaque donnée à ±{}";
    InputHead: "input", "donnée";
    AtChange: "at {}", "à {}";
    ElasticityHead: "elasticity", "élasticité";
    ElasticityMeans: "elasticity: by how many percent the KPI changes for each percent by which the input changes", "élasticité\u{a0}: de combien de pour cent l’indicateur change pour chaque pour cent de la donnée";
    WithInputAt: "{} with {} at {}: {}", "{} avec {} à {}\u{a0}: {}";

    // ── contexts ─────────────────────────────────────────────────────────────
    Condition: "{}", "{}";
    OverEverything: "over all groups", "tous groupes confondus";
    AllOf: "all {}", "toutes valeurs de {} confondues";
    YearEarlier: "{} year earlier", "{} an plus tôt";
    YearsEarlier: "{} years earlier", "{} ans plus tôt";
    MonthEarlier: "{} month earlier", "{} mois plus tôt";
    MonthsEarlier: "{} months earlier", "{} mois plus tôt";
    WeekEarlier: "{} week earlier", "{} semaine plus tôt";
    WeeksEarlier: "{} weeks earlier", "{} semaines plus tôt";
    HourEarlier: "{} hour earlier", "{} heure plus tôt";
    HoursEarlier: "{} hours earlier", "{} heures plus tôt";
    DayEarlier: "{} day earlier", "{} jour plus tôt";
    DaysEarlier: "{} days earlier", "{} jours plus tôt";
    LastYear: "last {} year", "sur {} an";
    LastYears: "last {} years", "sur {} ans";
    LastMonth: "last {} month", "sur {} mois";
    LastMonths: "last {} months", "sur {} mois";
    LastWeek: "last {} week", "sur {} semaine";
    LastWeeks: "last {} weeks", "sur {} semaines";
    LastHour: "last {} hour", "sur {} heure";
    LastHours: "last {} hours", "sur {} heures";
    LastDay: "last {} day", "sur {} jour";
    LastDays: "last {} days", "sur {} jours";
    DayToDate: "day to date", "depuis le début du jour";
    WeekToDate: "week to date", "depuis le début de la semaine";
    MonthToDate: "month to date", "depuis le début du mois";
    HalfToDate: "half to date", "depuis le début du semestre";
    QuarterToDate: "quarter to date", "depuis le début du trimestre";
    YearToDate: "year to date", "depuis le début de l’année";
    ToDate: "to date", "depuis le début";
    SoFar: "up to the same day", "jusqu’au même jour";
    AllTime: "all time", "toutes périodes";

    // ── why there is no value ────────────────────────────────────────────────
    TheFormula: "the formula", "la formule";
    NoRowsHere: "{} has no rows here", "{} n’a aucune ligne ici";
    BlankCellsOnly: "{} has blank cells only", "{} n’a que des cellules vides";
    NoRowKept: "no row meets the condition of {}", "aucune ligne ne remplit la condition de {}";
    DivisionByZero: "division by zero in {}", "division par zéro dans {}";
    OutsideData: "{} is outside the data", "{} est en dehors des données";
    NoRowsInForce: "{} has no rows in force here", "{} n’a aucune ligne en vigueur ici";
    NoRowsBefore: "{} has no rows before {}", "{} n’a aucune ligne avant le {}";
    NoRowsAfter: "{} has no rows after {}", "{} n’a aucune ligne après le {}";
    NoDataThere: "{} has no data there", "{} n’y a aucune donnée";
    NotApplicable: "not applicable: {} needs a single period, and the total covers several", "sans objet\u{a0}: {} nécessite une seule période, et le total en couvre plusieurs";
    SeveralCurrencies: "not applicable: {} is in several currencies here", "sans objet\u{a0}: {} est ici en plusieurs devises";
    ManyRows: "{} has more than one row", "{} a plus d’une ligne";
    LacksColumnOfCondition: "{} reads a dataset that lacks a column of the condition", "{} lit une table à laquelle manque une colonne de la condition";
    LacksColumn: "{} has no column {} to group by", "{} n’a pas de colonne {} pour la répartition";
    LacksDates: "{} has no dates to group by", "{} n’a pas de dates pour la répartition";
    DivisionByZeroInRow: "division by zero in {} row of {}", "division par zéro dans {} ligne de {}";
    DivisionByZeroInRows: "division by zero in {} rows of {}", "division par zéro dans {} lignes de {}";
    TooManyDigitsInRow: "more than 28 digits in {} row of {}", "plus de 28 chiffres dans {} ligne de {}";
    TooManyDigitsInRows: "more than 28 digits in {} rows of {}", "plus de 28 chiffres dans {} lignes de {}";
    OutsideCalendarInRow: "a date outside the years 1 to 9999 in {} row of {}", "une date hors des années 1 à 9999 dans {} ligne de {}";
    OutsideCalendarInRows: "a date outside the years 1 to 9999 in {} rows of {}", "une date hors des années 1 à 9999 dans {} lignes de {}";
    OffsetsMixedInRow: "moments with and without a UTC offset in {} row of {}", "instants avec et sans décalage UTC dans {} ligne de {}";
    OffsetsMixedInRows: "moments with and without a UTC offset in {} rows of {}", "instants avec et sans décalage UTC dans {} lignes de {}";
    OutsideDomainInRow: "not defined for the number in {} row of {}", "non défini pour le nombre dans {} ligne de {}";
    OutsideDomainInRows: "not defined for the numbers in {} rows of {}", "non défini pour les nombres dans {} lignes de {}";
    KindsMixedInRow: "mixed numbers, texts or dates in {} row of {}", "nombres, textes ou dates mêlés dans {} ligne de {}";
    KindsMixedInRows: "mixed numbers, texts or dates in {} rows of {}", "nombres, textes ou dates mêlés dans {} lignes de {}";
    OutsideCalendar: "{} is a date outside the years 1 to 9999", "{} est une date hors des années 1 à 9999";
    OffsetsMixed: "{} compares a moment with a UTC offset to one without", "{} compare un instant avec décalage UTC à un instant sans décalage";
    TooManyDigits: "{} has more than 28 digits", "{} a plus de 28 chiffres";
    OutsideDomain: "{} is not defined for this number", "{} n’est pas défini pour ce nombre";
    KindsMixed: "{} mixes numbers, texts or dates", "{} mêle nombres, textes ou dates";
    SaysUndefined: "{} returns `undefined`", "{} donne `undefined`";
    ConditionFails: "{} requires {}, which is false", "{} exige {}, ce qui n’est pas le cas";
    RoundsHalfUp: "{} rounds half away from zero", "{} arrondit les demis en s’éloignant de zéro";
    RoundsHalfEven: "{} rounds half to even", "{} arrondit les demis au chiffre pair";

    // ── what keeps values from adding up ─────────────────────────────────────
    IsParameter: "{} is a parameter: it is the same everywhere", "{} est un paramètre\u{a0}: le même partout";
    IsConstant: "{} is the same everywhere", "{} est le même partout";
    IsOpeningStock: "{} is a stock: its first value counts, not the sum", "{} est un stock\u{a0}: on retient sa première valeur, pas la somme";
    IsInForce: "{} is a stock: it counts the rows in force at a time", "{} est un stock\u{a0}: il compte les lignes en vigueur à un moment donné";
    IsInForceDuring: "{} counts a row in each period in which it is in force", "{} compte une ligne dans chaque période où elle est en vigueur";
    IsClosingStock: "{} is a stock: its last value counts, not the sum", "{} est un stock\u{a0}: on retient sa dernière valeur, pas la somme";
    IsOnly: "{} does not add up", "{} ne se cumule pas";
    CountsOnce: "{} counts duplicates once", "{} ne compte les doublons qu’une fois";
    NoSumOfRows: "{} is not a sum of rows", "{} n’est pas une somme de lignes";
    NoSum: "{} is not a sum", "{} n’est pas une somme";
    IsProduct: "{} is a product", "{} est un produit";
    IsRatio: "{} is a ratio", "{} est un ratio";
    Alternates: "{} uses different values in different groups", "{} n’utilise pas la même valeur dans tous les groupes";
    IsConditional: "{} depends on a condition", "{} dépend d’une condition";
    DiffersByGrain: "{} covers a different time span at each grain", "{} couvre une durée différente selon la granularité";
    RepeatsRows: "{} includes rows of earlier periods again", "{} reprend des lignes de périodes antérieures";
    TakesAllPeriods: "{} covers all periods in each period", "{} couvre toutes les périodes dans chaque période";
    TakesAllSegments: "{} covers all segments in each segment", "{} couvre tous les segments dans chaque segment";
    NestsTooDeeply: "the formula is nested too deeply to analyze", "la formule est trop imbriquée pour être analysée";

    // ── lists and pages ──────────────────────────────────────────────────────
    StandardLibrary: "standard library: {}", "bibliothèque standard\u{a0}: {}";
    OfStandardLibrary: " of the standard library", " de la bibliothèque standard";
    NotDeclared: ", not declared", ", non déclaré";
    ColumnOfThatName: ", not declared: the column of that name", ", non déclaré\u{a0}: la colonne de ce nom";
    Kpi: "KPI", "KPI";
    Helper: "helper", "calcul intermédiaire";
    Input: "input", "donnée";
    Parameter: "parameter", "paramètre";
    BaseHead: "base", "base";
    DifferenceHead: "difference", "écart";
    ChangeHead: "change", "évolution";
    Scenarios: "Scenarios", "Scénarios";
    Scenario: "scenario", "scénario";
    ChangesHead: "changes", "changements";
    Function: "function", "fonction";
    BuiltInFunction: "built-in function", "fonction intégrée";
    Leading: "leading", "avancé";
    Lagging: "lagging", "de résultat";
    LeadingKind: "leading {}", "{} (indicateur avancé)";
    LaggingKind: "lagging {}", "{} (indicateur de résultat)";
    AddsUpEverywhere: "over time and over segments", "dans le temps et entre segments";
    NotOverTime: "over segments, not over time: {}", "entre segments, pas dans le temps\u{a0}: {}";
    NotOverSegments: "over time, not over segments: {}", "dans le temps, pas entre segments\u{a0}: {}";
    AddsUpNowhere: "neither over time nor over segments: {}", "nulle part, ni dans le temps ni entre segments\u{a0}: {}";
    NotOverTimeFor: "not over time: {}", "pas dans le temps\u{a0}: {}";
    NotOverSegmentsFor: "not over segments: {}", "pas entre segments\u{a0}: {}";
    Higher: "higher", "à maximiser";
    Lower: "lower", "à minimiser";
    Neither: "neither", "neutre";
    NameHead: "name", "nom";
    LabelHead: "label", "libellé";
    LacksHead: "missing", "manquant";
    KindHead: "kind", "nature";
    FormulaHead: "formula", "formule";
    UnitHead: "unit", "unité";
    AddsUpHead: "adds up", "s’additionne";
    BetterHead: "better", "sens";
    BandsHead: "bands", "seuils";
    TargetHead: "target", "objectif";
    PerHead: "per", "période";
    RangeHead: "range", "plage";
    UsesHead: "uses", "utilise";
    InputsHead: "inputs", "données";
    UsedByHead: "used by", "utilisé par";
    AliasesHead: "aliases", "synonymes";
    PerspectiveHead: "perspective", "perspective";
    StageHead: "stage", "étape";
    TagsHead: "tags", "étiquettes";
    StateHead: "state", "état";
    OwnerHead: "owner", "responsable";
    SinceHead: "since", "depuis";
    VersionHead: "version", "version";
    ExampleHead: "example", "exemple";
    ExamplesHead: "examples", "exemples";
    SourceHead: "source", "source";
    DefinedHead: "defined", "défini";

    // ── glossary and scorecard ───────────────────────────────────────────────
    GlossaryTitle: "KPI glossary", "Glossaire des KPI";
    Kpis: "KPIs", "KPI";
    OtherKpis: "Other KPIs", "Autres KPI";
    NoKpi: "no KPI", "aucun KPI";
    OneKpi: "1 KPI", "1 KPI";
    ManyKpis: "{} KPIs", "{} KPI";
    SkipToKpis: "Skip to the KPIs", "Aller aux KPI";
    Search: "Search", "Rechercher";
    NothingFound: "Nothing has all of these words in its names. Try fewer or other words.", "Rien ne porte tous ces mots. Essayez moins de mots, ou d’autres.";
    Found: "{} found", "Résultats\u{a0}: {}";
    SearchHint: "Name, label, alias…", "Nom, libellé, synonyme…";
    Contents: "Contents", "Sommaire";
    DataAndFunctions: "Data and functions", "Données et fonctions";
    DataTitle: "Data", "Données";
    FunctionsTitle: "Functions", "Fonctions";
    Datum: "Data", "Donnée";
    FunctionColumn: "Function", "Fonction";
    Name: "Name", "Nom";
    Unit: "Unit", "Unité";
    AddsUpColumn: "Over time and segments", "Dans le temps et entre segments";
    DatumUsedBy: "Used by", "Utilisée par";
    UsedBy: "Used by", "Utilisé par";
    FormulaColumn: "Formula", "Formule";
    Meaning: "Meaning", "Signification";
    StatusColumn: "Status", "Statut";
    When: "When", "Quand";
    Action: "Action", "Action";
    Fact: "**{}**: {}", "**{}**\u{a0}: {}";
    Example: "Example:", "Exemple\u{a0}:";
    Examples: "Examples", "Exemples";
    ThresholdsAndActions: "Thresholds and actions", "Seuils et actions";
    ThresholdsPer: "These thresholds apply to values {}.", "Ces seuils s’appliquent à des valeurs {}.";
    DataNeeded: "Data needed", "Données nécessaires";
    DependsOn: "Depends on", "Dépend de";
    Kind: "Kind", "Nature";
    Stage: "Stage", "Étape";
    Owner: "Owner", "Responsable";
    State: "State", "État";
    Since: "Since", "Depuis";
    Version: "Version", "Version";
    Tags: "Tags", "Étiquettes";
    Source: "Source", "Source";
    Direction: "Direction", "Sens";
    TargetFact: "Target", "Objectif";
    CurrentValue: "Current value", "Valeur actuelle";
    DataLack: "missing from the data: {}", "données manquantes\u{a0}: {}";
    NoRowsInPeriod: "the data have no rows in this period", "aucune ligne de données sur cette période";
    ExpectedRange: "Expected range", "Plage attendue";
    HigherIsBetter: "Higher is better", "À maximiser";
    LowerIsBetter: "Lower is better", "À minimiser";
    Neutral: "Neutral", "Neutre";
    Good: "Good", "Bon";
    Watch: "Watch", "À surveiller";
    Bad: "Bad", "Mauvais";
    HelperNode: "Helper", "Calcul intermédiaire";
    InputNode: "Input", "Donnée";
    ParameterNode: "Parameter", "Paramètre";
    FunctionNode: "Function", "Fonction";
    Financial: "Financial", "Finances";
    Customers: "Customers", "Clients";
    Processes: "Internal processes", "Processus internes";
    Learning: "Learning and growth", "Apprentissage et développement";
    LeadingIndicator: "Leading indicator", "Indicateur avancé";
    LaggingIndicator: "Lagging indicator", "Indicateur de résultat";
    Draft: "Draft", "Brouillon";
    Official: "Official", "Officiel";
    SetTo: "set to {}", "fixé à {}";
    Computed: "computed", "calculé";
    AddsUp: "adds up", "s’additionne";
    EachCountedOnce: "each counted once", "chacun compté une fois";
    RowsCounted: "rows counted", "nombre de lignes";
    Mean: "mean", "moyenne";
    Deviation: "standard deviation", "écart type";
    Variance: "variance", "variance";
    Median: "median", "médiane";
    Quantile: "quantile", "quantile";
    LeastValue: "smallest value", "valeur minimale";
    GreatestValue: "largest value", "valeur maximale";
    OpeningValue: "opening value of the period", "valeur au début de la période";
    ClosingValue: "closing value of the period", "valeur à la fin de la période";
    NeverAddsUp: "does not add up: a single value, or none", "ne s’additionne pas\u{a0}: une seule valeur, ou aucune";

    // ── reports ──────────────────────────────────────────────────────────────
    AllKpis: "all KPIs", "tous les KPI";
    ContentsHead: "contents", "contenu";
    ReportTitle: "KPI report", "Rapport des KPI";
    Reports: "Reports", "Rapports";
    Finding: "{}: {}", "{}\u{a0}: {}";
    ReachedPeriods: " (target reached in {} of {} {})", " (objectif atteint {1} {3} sur {2})";
    InPeriods: " ({} of {} {})", " ({1} {3} sur {2})";
    ValueIs: "{} at {}: {}", "{} à {}\u{a0}: {}";
    AllGood: "All {} KPIs with a status are good", "Les {} KPI qui ont un statut sont bons";
    ValueFrom: "{} at {}, {} from {}", "{} à {}, {} par rapport à {}";
    ValueAt: "{} at {}", "{} à {}";
    IsGood: "good", "bon résultat";
    IsWatch: "to watch", "à surveiller";
    IsBad: "bad", "mauvais résultat";
    NoValues: "No KPI has a value", "Aucun KPI n’a de valeur";
    CountGood: "{} good", "bon\u{a0}: {}";
    CountWatch: "{} to watch", "à surveiller\u{a0}: {}";
    CountBad: "{} bad", "mauvais\u{a0}: {}";
    CountWithout: "{} without a status", "sans statut\u{a0}: {}";
    HourPlural: "hours", "heures";
    DayPlural: "days", "jours";
    WeekPlural: "weeks", "semaines";
    MonthPlural: "months", "mois";
    HalfPlural: "half-years", "semestres";
    YearPlural: "years", "ans";
    Actual: "Actual", "Réel";
    Thousands: "thousands", "milliers";
    Millions: "millions", "millions";
    Billions: "billions", "milliards";
    Trend: "Over time", "Évolution";
    ChangeFrom: "from {}", "par rapport à {}";
    DistanceTier: "Distance from target", "Écart à l’objectif";
    ChangeTier: "Δ {}", "Δ {}";
    WhatChanged: "What changed from {} to {}", "Ce qui a changé de {} à {}";
    WhatMisses: "What accounts for the distance from target", "Ce qui explique l’écart à l’objectif";
    BySegment: "By {}", "Par {}";
    BySegmentIn: "By {} in {}", "Par {}, {}";
    OthersTogether: "{} others, computed together", "{} autres, calculés ensemble";
    DefinitionTitle: "Definition", "Définition";
    DataBehind: "Data", "Données";
    Derivations: "How each value was computed", "Calcul de chaque valeur";
    PeriodColumn: "Period", "Période";
    IncompleteMark: "~ incomplete period", "~ période incomplète";
    AboutReport: "About this report", "À propos de ce rapport";
    DataLine: "Data", "Données";
    ComputedFrom: "Values computed from: {}", "Valeurs calculées à partir de\u{a0}: {}";
    DefinitionFiles: "Definitions", "Définitions";
    CommandLine: "Command", "Commande";
    IncompleteLine: "Incomplete periods", "Périodes incomplètes";
    ConditionLine: "Only rows where", "Seulement les lignes où";
    NotShown: "Not shown", "Non affichées";
    EarlierPeriods: "{} earlier periods", "{} périodes antérieures";
    ScaleLine: "Scale", "Échelle";
    ScaleNote: "Charts of one unit share a scale, unless their values differ more than eightfold.", "Les graphiques d’une même unité ont la même échelle, sauf si leurs valeurs diffèrent de plus de huit fois.";
    CurrentIs: "The figures are those of {}, the last complete period.", "Les chiffres sont ceux de {}, dernière période complète.";
    ColorLine: "Colors", "Couleurs";
    ColorNote: "Green is better, red is worse; the sign stands beside each number.", "Vert = mieux, rouge = moins bien\u{202f}; chaque nombre porte son signe.";
    NoDataDays: "no dates", "sans dates";
    ChartTitle: "{} by {}", "{} par {}";
    DatedOn: "As of {}", "Au {}";
    // ── versions of definitions ──────────────────────────────────────────────
    DiffTitle: "From {} to {}", "De {} à {}";
    DiffHere: "the files here", "les fichiers présents";
    DiffNothing: "Nothing differs.", "Aucune différence.";
    DiffCounts: "Changes with an effect: {}. Without: {}. Affected definitions: {}.", "Changements avec effet\u{a0}: {}. Sans effet\u{a0}: {}. Définitions affectées\u{a0}: {}.";
    EffectValues: "Values", "Valeurs";
    EffectStatuses: "Statuses only", "Statuts seulement";
    EffectKinds: "Kinds of definitions only", "Nature des définitions seulement";
    EffectScenarios: "Scenarios only", "Scénarios seulement";
    EffectTests: "Tests only", "Tests seulement";
    EffectNone: "No numeric effect", "Sans effet numérique";
    Changed: "changed", "modification";
    Removed: "removed", "suppression";
    Renamed: "renamed, before: {}", "nouveau nom, avant\u{a0}: {}";
    Added: "added", "ajout";
    ReplacesStandard: "of the standard library, replaced", "de la bibliothèque standard, remplacement";
    StandardAgain: "of the standard library again", "retour à la bibliothèque standard";
    MovedFiles: "in another file: {}", "dans un autre fichier\u{a0}: {}";
    Rewritten: "written differently, with the same meaning: {}", "écrit autrement, avec le même sens\u{a0}: {}";
    AffectsHead: "affects", "affecte";
    StepsAway: "{} ({} steps)", "{} ({} étapes)";
    StatusOf: "{} (status)", "{} (statut)";
    UnitBecomes: "{} (unit {} → {})", "{} (unité {} → {})";
    SameValues: "affected, with the same values: {}", "affectés, valeurs inchangées\u{a0}: {}";
    OmittedValues: "{} more values differ: add `--top {}`", "{} autres valeurs diffèrent\u{a0}: ajoutez `--top {}`";
    NoValueDiffers: "No value differs.", "Aucune valeur ne diffère.";
    NotCompared: "not compared, because a version cannot compute them: {}", "non comparés, car une version ne peut les calculer\u{a0}: {}";
    BeforeHead: "before", "avant";
    AfterHead: "after", "après";
    NewGroup: "(no such group)", "(groupe absent)";
    Dataset: "dataset", "jeu de données";
    Calendar: "calendar", "calendrier";
    Currency: "currency", "devise";
    Test: "test", "test";
    ParametersHead: "parameters", "paramètres";
    FileHead: "file", "fichier";
    TableHead: "table", "table";
    TimeHead: "time", "temps";
    ValidHead: "valid", "validité";
    ColumnNamed: "column {}", "colonne {}";
    LookupHead: "lookup {}", "recherche {}";
    SettingHead: "setting {}", "réglage {}";
    SetsHead: "sets {}", "fixe {}";
    RowTestHead: "test of rows", "test de lignes";
    StepsHead: "steps", "étapes";
    AboutHead: "about", "description";
    AdviceHead: "advice", "conseil";
    FormatHead: "format", "format";
    TitleHead: "title", "titre";
    IndicatorHead: "leading or lagging", "avancé ou de résultat";
    SnapshotTitle: "From the snapshot {} to {}", "De l’instantané {} à {}";
    SameDefinitions: "The definitions are the same.", "Les définitions sont les mêmes.";
    OtherDefinitions: "The definitions changed.", "Les définitions ont changé.";
    SameData: "The data are the same.", "Les données sont les mêmes.";
    OtherData: "The data changed: {}.", "Les données ont changé\u{a0}: {}.";
    DataRows: "{} ({} → {} rows)", "{} ({} → {} lignes)";
    DataContent: "{} (other contents)", "{} (autre contenu)";
    DataNew: "{} (new)", "{} (nouveau)";
    DataGone: "{} (no longer read)", "{} (n’est plus lu)";
    ValueCounts: "Values that differ: {} of {}.", "Valeurs qui diffèrent\u{a0}: {} sur {}.";

    // ── drafts of definitions ────────────────────────────────────────────────
    InitHead: "Drafted by `kpi init`: check the lines with `# ?`, which are guesses.", "Ébauche de `kpi init`\u{a0}: vérifiez les lignes marquées `# ?`, ce sont des suppositions.";
    InitCurrency: "the currency of the amounts", "la devise des montants";
    InitFigures: "Figures: the KPIs of the standard library are computed from them.", "Données\u{a0}: les KPI de la bibliothèque standard sont calculés à partir d’elles.";
    InitKpis: "First KPIs.", "Premiers KPI.";
    InitByName: "guessed from the name", "deviné d’après le nom";
    InitOr: "or {}", "ou {}";
    InitUnweighted: "every row has the same weight", "chaque ligne a le même poids";
    InitFurther: "Further columns of numbers in {}: {}.", "Autres colonnes de nombres de {}\u{a0}: {}.";
    InitSpellings: "spelled in several ways", "écrit de plusieurs façons";
    InitLacks: "{} of {} values have no row there", "{} valeurs sur {} n’y ont pas de ligne";
    InitFails: "some rows fail this test: `kpi describe` lists them", "des lignes échouent à ce test\u{a0}: `kpi describe` les énumère";
    InitTotalName: "total_{}", "{}_total";
    InitTotal: "total {}", "{} (total)";
    InitLatestName: "latest_{}", "{}_fin";
    InitLastName: "last_{}", "{}_fin";
    InitLast: "last {}", "{} (fin de période)";
    InitAverageName: "average_{}", "{}_moyenne";
    InitAverage: "average {}", "{} (moyenne)";
    InitRowsName: "rows_of_{}", "lignes_de_{}";
    InitRows: "rows of {}", "lignes de {}";
    InitRevenuePerCustomerName: "revenue_per_customer", "chiffre_affaires_par_client";
    InitRevenuePerCustomer: "Revenue per customer", "Chiffre d'affaires par client";
    InitClickRateName: "click_rate", "taux_de_clic";
    InitClickRate: "Click rate", "Taux de clic";
    InitCostPerClickName: "cost_per_click", "cout_par_clic";
    InitCostPerClick: "Cost per click", "Coût par clic";
    InitWrote: "wrote {}: {}, {}", "{} est écrit\u{a0}: {}, {}";
    InitDataset: "{} dataset", "{} jeu de données";
    InitDatasets: "{} datasets", "{} jeux de données";
    InitInput: "{} input", "{} donnée";
    InitInputs: "{} inputs", "{} données";
    InitGuess: "{} guess to check, marked `# ?`", "{} supposition à vérifier, marquée `# ?`";
    InitGuesses: "{} guesses to check, marked `# ?`", "{} suppositions à vérifier, marquées `# ?`";
    InitNext: "next:", "pour continuer\u{a0}:";
    AskCurrency: "Currency of the amounts?", "Devise des montants\u{a0}?";
    NoSuchCurrency: "expected a currency of ISO 4217, such as EUR", "code de devise ISO 4217 attendu, par exemple EUR";
    AskFormula: "Where does `{}` come from?", "D’où vient `{}`\u{a0}?";
    NoneOfThese: "from none of these", "d’aucune de ces formules";
    AskNumber: "Number?", "Numéro\u{a0}?";
    NoSuchNumber: "expected a number from 0 to {}", "nombre de 0 à {} attendu";

    // ── units ────────────────────────────────────────────────────────────────
    Money: "amount of money", "montant";
    Number: "number", "nombre";
    Percent: "percent", "pourcentage";
    Ratio: "ratio", "ratio";
    WholeNumber: "whole number", "nombre entier";
    Text: "text", "texte";
    YesOrNo: "yes or no", "oui ou non";
    Date: "date", "date";
    Per: "{} per {}", "{} par {}";
    And: " and ", " et ";

    // ── formulas in words ────────────────────────────────────────────────────
    True: "true", "vrai";
    False: "false", "faux";
    Quoted: "“{}”", "«\u{a0}{}\u{a0}»";
    ListComma: ", ", "\u{202f}; ";
    Where: " where ", " où ";
    ValueBy: "{}: {} value by {}", "{}\u{a0}: {} valeur par {}";
    ValuesBy: "{}: {} values by {}", "{}\u{a0}: {} valeurs par {}";
    SmallestAndLargest: ", from {} ({}) to {} ({})", ", de {} ({}) à {} ({})";
    LeftOutByHaving: ", {} left out by `having`", ", écartées par `having`\u{a0}: {}";
    GroupWithoutValue: ", {} group without a value", ", {} groupe sans valeur";
    GroupsWithoutValue: ", {} groups without a value", ", {} groupes sans valeur";
    OnTime: " on {}", " selon {}";
    During: " during the period", " pendant la période";
    ForEach: " for each {}", " pour chaque {}";
    Having: " with ", " avec ";
    WhereClause: "where ", "où ";
    By: " by {}", " par {}";
    Over: " over {}", ", réparti selon {}";
    SumOf: "sum of ", "somme de ";
    NumberOfDifferent: "number of distinct ", "nombre distinct de ";
    NumberOf: "number of ", "nombre de ";
    MeanOf: "mean of ", "moyenne de ";
    DeviationOf: "standard deviation of ", "écart type de ";
    VarianceOf: "variance of ", "variance de ";
    MedianOf: "median of ", "médiane de ";
    QuantileOf: "quantile of ", "quantile de ";
    FirstOf: "first value of ", "première valeur de ";
    LastOf: "last value of ", "dernière valeur de ";
    LeastOf: "smallest ", "minimum de ";
    GreatestOf: "largest ", "maximum de ";
    OneValueOf: "the single value of ", "valeur unique de ";
    Not: "not ", "non ";
    Coalesce: ", or if undefined ", ", à défaut ";
    OrOperator: " or ", " ou ";
    AndOperator: " and ", " et ";
    IsOneOf: " is one of ", " est parmi ";
    IsNoneOf: " is none of ", " n’est pas parmi ";
    Between: "between ", "entre ";
    IsBetween: " between ", " entre ";
    IsNotBetween: " not between ", " hors de l’intervalle ";
    RangeTo: "{} to {}", "de {} à {}";
    Otherwise: "otherwise", "sinon";
    BandBetween: "between {} and {}", "entre {} et {}";
    BandWhen: "when {}", "si {}";
    If: "if ", "si ";
    ElseIf: "; if ", "\u{202f}; si ";
    Then: ": ", "\u{a0}: ";
    Else: "; otherwise: ", "\u{202f}; sinon\u{a0}: ";
    Gives: "{} gives {}", "{} donne {}";
    PreviousPeriod: "previous period", "période précédente";
    Ago: "{} ago", "il y a {}";
    RollingWindow: "last {}", "fenêtre glissante de {}";
    AllGroups: "all groups together", "tous groupes confondus";
    AllValuesOf: "over all values of ", "toutes valeurs confondues de ";
    CumulativeYear: "year to date", "cumul depuis le début de l’année";
    CumulativeHalf: "half to date", "cumul depuis le début du semestre";
    CumulativeQuarter: "quarter to date", "cumul depuis le début du trimestre";
    CumulativeMonth: "month to date", "cumul depuis le début du mois";
    CumulativeWeek: "week to date", "cumul depuis le début de la semaine";
    Cumulative: "to date", "cumul depuis l’origine";

    // ── descriptions of files ────────────────────────────────────────────────
    ColumnHead: "column", "colonne";
    TypeHead: "type", "type";
    BlankHead: "blank", "vides";
    DistinctHead: "distinct", "distincts";
    MinimumHead: "minimum", "minimum";
    MaximumHead: "maximum", "maximum";
    UseHead: "use", "usage";
    DescribedRow: "{}: {} row, {} columns", "{}\u{a0}: {} ligne, {} colonnes";
    DescribedRows: "{}: {} rows, {} columns", "{}\u{a0}: {} lignes, {} colonnes";
    ReadAsCsv: "read as CSV: cells separated by {}, column names in line {}", "lu en CSV\u{a0}: cellules séparées par {}, noms de colonnes à la ligne {}";
    ReadAsCsvUnnamed: "read as CSV: cells separated by {}, column names `c1`, `c2`, …", "lu en CSV\u{a0}: cellules séparées par {}, noms de colonnes `c1`, `c2`, …";
    Tab: "tab", "tabulation";
    WithoutLastRow: "without the last row", "sans la dernière ligne";
    WithoutLastRows: "without the last {} rows", "sans les {} dernières lignes";
    ReadAs: "read as {}", "lu en {}";
    CarriageReturns: "lines end with carriage returns", "les lignes se terminent par un retour chariot";
    ReadAsJsonWithin: "read as JSON: the array of records in `{}`", "lu en JSON\u{a0}: le tableau d’enregistrements dans `{}`";
    ReadAsJsonArray: "read as JSON: an array of records", "lu en JSON\u{a0}: un tableau d’enregistrements";
    ReadAsJsonRecord: "read as JSON: one record", "lu en JSON\u{a0}: un enregistrement";
    ReadAsJsonLines: "read as JSON: one record per line", "lu en JSON\u{a0}: un enregistrement par ligne";
    ReadWithComma: "column `{}` is read with a decimal comma, as in `{}`", "la colonne `{}` est lue avec une virgule décimale, par exemple `{}`";
    ReadAsDates: "column `{}` is read as {}, as in `{}`", "la colonne `{}` est lue en {}, par exemple `{}`";
    NeededSettings: "the block of the dataset needs: {}", "le bloc du jeu de données nécessite\u{a0}: {}";
    OrSetting: "{} (or {})", "{} (ou {})";
    NoFaults: "no likely faults", "aucune erreur probable";
    OneFault: "1 likely fault", "1 erreur probable";
    SeveralFaults: "{} likely faults", "{} erreurs probables";
    TypeNumber: "number", "nombre";
    TypeText: "text", "texte";
    TypeDate: "date", "date";
    TypeTruth: "truth value", "booléen";
    TypeUnknown: "—", "—";
    RoleKey: "key", "clé";
    RoleReference: "reference", "référence";
    RoleTime: "time", "temps";
    RoleMeasure: "measure", "mesure";
    RoleGroup: "group", "groupe";
    RoleFlag: "flag", "oui/non";
    RoleText: "text", "texte";
    RoleEmpty: "empty", "vide";
    RoleUnreadable: "unreadable", "illisible";
    MoreThan: "> {}", "> {}";
    AtLine: "line {}", "ligne {}";
    AtLineOf: "{} line {}", "{} ligne {}";
    AtSameLine: "{} (as line {})", "{} (comme la ligne {})";
    AndMore: "and {} more", "et {} de plus";
    FaultTitle: "the column names are in line {}, below other lines", "les noms de colonnes sont à la ligne {}, sous d’autres lignes";
    FaultNoHeader: "the file has no line of column names, so the columns are called `c1`, `c2`, …", "le fichier n’a pas de ligne de noms de colonnes\u{202f}; les colonnes s’appellent `c1`, `c2`, …";
    FaultFooterOne: "the last line is not a row of the table", "la dernière ligne n’est pas une ligne du tableau";
    FaultFooter: "the last {} lines are not rows of the table", "les {} dernières lignes ne sont pas des lignes du tableau";
    AdviceSetting: "add `{}` to the block of the dataset", "ajoutez `{}` au bloc du jeu de données";
    FaultTotalsOne: "a row is a total of other rows", "une ligne est un total d’autres lignes";
    FaultTotals: "{} rows are totals of other rows", "{} lignes sont des totaux d’autres lignes";
    AdviceWhere: "leave them out with `--where '{}'`, or delete the lines", "excluez-les avec `--where '{}'`, ou supprimez les lignes";
    FaultSameRow: "a row is equal to an earlier row", "une ligne est identique à une ligne précédente";
    FaultSameRows: "{} rows are equal to an earlier row", "{} lignes sont identiques à une ligne précédente";
    FaultSameKey: "a value of the key {} occurs again", "une valeur de la clé {} revient";
    FaultSameKeys: "{} rows repeat a value of the key {}", "{} lignes répètent une valeur de la clé {}";
    AdviceSameRows: "delete the lines that were recorded twice", "supprimez les lignes enregistrées deux fois";
    AdviceUnique: "correct or delete the lines; `expect unique {}` in the block of the dataset reports such rows", "corrigez ou supprimez les lignes\u{202f}; `expect unique {}` dans le bloc du jeu de données signale de telles lignes";
    FaultLarge: "{} is at least {} times larger than in all other rows", "{} est au moins {} fois plus grand que dans toutes les autres lignes";
    FaultSmall: "{} is at least {} times smaller than in all other rows", "{} est au moins {} fois plus petit que dans toutes les autres lignes";
    AdviceOutlier: "check the cells; `expect {}` in the block of the dataset reports such rows, and `--where '{}'` leaves them out: write the unit behind the number if the column has one", "vérifiez les cellules\u{202f}; `expect {}` dans le bloc du jeu de données signale de telles lignes, et `--where '{}'` les exclut\u{a0}: écrivez l’unité après le nombre si la colonne en a une";
    FaultGaps: "{} has periods without rows", "{} a des périodes sans ligne";
    FaultSegmentGaps: "{} has periods without rows where {} is {}", "{} a des périodes sans ligne là où {} vaut {}";
    AdviceGaps: "add the missing rows; if there was nothing to record, `?? 0` in a formula reads such a period as 0", "ajoutez les lignes manquantes\u{202f}; s’il n’y avait rien à enregistrer, `?? 0` dans une formule lit une telle période comme 0";
    FaultSpellings: "{} writes `{}` in several ways", "{} écrit `{}` de plusieurs façons";
    FaultTypo: "{} has a rare text that is similar to `{}`", "{} contient un texte rare, proche de `{}`";
    AdviceSpellings: "write it in one way, or add a computed column to the block of the dataset: `{}`", "écrivez-le d’une seule façon, ou ajoutez une colonne calculée au bloc du jeu de données\u{a0}: `{}`";
    FaultMixedDates: "{} has dates in several forms", "{} a des dates sous plusieurs formes";
    AdviceMixedDates: "write all dates as `2026-03-31`; `dates \"{}\"` in the block of the dataset reads one more form", "écrivez toutes les dates comme `2026-03-31`\u{202f}; `dates \"{}\"` dans le bloc du jeu de données permet une forme de plus";
    FaultAmbiguousDates: "the day or the month could come first in {}", "le jour ou le mois pourrait venir en premier dans {}";
    AdviceEither: "add `{}` or `{}` to the block of the dataset", "ajoutez `{}` ou `{}` au bloc du jeu de données";
    FaultMixedCurrencies: "{} has amounts in several currencies: {}", "{} a des montants en plusieurs devises\u{a0}: {}";
    AdviceMixedCurrencies: "put the currency in a column of its own, and add `{}: money in currency` to the block of the dataset", "mettez la devise dans sa propre colonne, et ajoutez `{}: money in currency` au bloc du jeu de données";
    FaultMixedDecimals: "{} has numbers with a decimal point and numbers with a decimal comma", "{} a des nombres avec un point décimal et d’autres avec une virgule décimale";
    AdviceMixedDecimals: "write all numbers in the same way; `decimal \",\"` in the block of the dataset declares a comma", "écrivez tous les nombres de la même façon\u{202f}; `decimal \",\"` dans le bloc du jeu de données déclare une virgule";
    FaultAmbiguousNumbers: "the signs in the numbers of {} could be decimal marks or separate thousands", "les signes dans les nombres de {} pourraient être décimaux ou séparer les milliers";
    FaultMixedPercents: "{} has percentages among plain numbers", "{} a des pourcentages parmi des nombres simples";
    AdviceMixedPercents: "write all of them with `%`, or none", "écrivez-les tous avec `%`, ou aucun";
    FaultOtherNumber: "{} holds numbers, except for some cells", "{} contient des nombres, sauf dans quelques cellules";
    FaultOtherDate: "{} holds dates, except for some cells", "{} contient des dates, sauf dans quelques cellules";
    FaultOtherTruth: "{} holds truth values, except for some cells", "{} contient des booléens, sauf dans quelques cellules";
    AdviceBlank: "correct the cells, or add `{}` to the block of the dataset to read them as blank", "corrigez les cellules, ou ajoutez `{}` au bloc du jeu de données pour les lire comme vides";
    AdviceCells: "correct the cells; `{}` in the block of the dataset then declares the type", "corrigez les cellules\u{202f}; `{}` dans le bloc du jeu de données déclare ensuite le type";
    FaultUnreadable: "{} cannot be read: {}", "{} est illisible\u{a0}: {}";
    AdviceAsIs: "{}", "{}";
    FaultConstant: "{} has the same value in all rows: `{}`", "{} a la même valeur dans toutes les lignes\u{a0}: `{}`";
    AdviceConstant: "if that is right, nothing is to do: `--by {}` has one group", "si c’est juste, il n’y a rien à faire\u{a0}: `--by {}` n’a qu’un groupe";
    FaultEmptyColumn: "{} has no values", "{} n’a aucune valeur";
    AdviceEmpty: "fill it in, or use no formula with {}: it would be undefined", "remplissez-la, ou n’utilisez pas de formule avec {}\u{a0}: elle serait indéfinie";
}

impl Language {
    /// A phrase without parts in this language.
    pub(crate) fn word(self, phrase: Phrase) -> &'static str {
        phrase.pattern(self)
    }

    /// A phrase in this language with its parts filled in. Placeholders inside parts are not replaced.
    pub(crate) fn phrase(self, phrase: Phrase, parts: &[&str]) -> String {
        let (mut text, mut rest) = (String::new(), phrase.pattern(self));
        for at in 0_usize.. {
            let Some((before, after)) = rest.split_once('{') else { break };
            let (number, after) = after.split_once('}').unwrap_or_default();
            let part = parts.get(number.parse().map_or(at, |number: usize| number - 1)).copied().unwrap_or_default();
            text += &self.before(before, part);
            text += part;
            rest = after;
        }
        text + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_filled_in_order() {
        assert_eq!(Language::English.phrase(Phrase::Reached, &["2", "3"]), ", reached in 2 of 3");
        assert_eq!(Language::French.phrase(Phrase::Reached, &["2", "3"]), ", atteint 2 fois sur 3");
        assert_eq!(Language::French.phrase(Phrase::InPeriods, &["2", "3", "mois"]), " (2 mois sur 3)");
        // Placeholders inside parts are not replaced.
        assert_eq!(Language::English.phrase(Phrase::About, &["{}", "a"]), "{}: a");
    }
}
