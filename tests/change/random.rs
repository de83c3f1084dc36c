//! Random definitions and data.

/// A generator of random numbers: xorshift.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}

/// Definitions `d0`, `d1`, … over the columns `x0`, `x1`, …; the last one is the KPI.
pub struct Case {
    pub definitions: String,
    pub kpi: String,
    pub inputs: usize,
    /// The values of the columns before and after; None is blank.
    pub data: Vec<[Option<i64>; 2]>,
}

impl Case {
    pub fn csv(&self) -> String {
        let names: Vec<String> = (0..self.inputs).map(|at| format!("x{at}")).collect();
        let row = |side: usize| {
            let cells = self.data.iter().map(|values| values[side].map(|value| value.to_string()).unwrap_or_default());
            cells.collect::<Vec<_>>().join(",")
        };
        format!("month,{}\n2026-01,{}\n2026-02,{}\n", names.join(","), row(0), row(1))
    }
}

/// Which operations a formula has.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// `+ - * /` in any form.
    Arithmetic,
    /// Any operation, and blank cells.
    Any,
}

/// Random definitions, each over the inputs and the definitions before it.
pub fn case(seed: u64, kind: Kind) -> Case {
    let mut random = Random::new(seed);
    let inputs = 1 + random.below(5);
    let count = 1 + random.below(4);
    let mut names: Vec<String> = (0..inputs).map(|at| format!("x{at}")).collect();
    let mut definitions = String::new();
    for at in 0..inputs {
        definitions += &format!("input x{at} = sum(t.x{at})\n");
    }
    for at in 0..count {
        let formula = expression(&mut random, &names, kind, 3);
        definitions += &format!("d{at} = {formula}\n");
        names.push(format!("d{at}"));
    }
    let data = (0..inputs).map(|_| values(&mut random, kind)).collect();
    Case { definitions, kpi: format!("d{}", count - 1), inputs, data }
}

fn values(random: &mut Random, kind: Kind) -> [Option<i64>; 2] {
    let mut value = || match (kind, random.below(6)) {
        (Kind::Any, 0) => None,
        (_, 1) => Some(-1 - random.below(4) as i64),
        _ => Some(1 + random.below(9) as i64),
    };
    let before = value();
    let after = value();
    // Some inputs do not change.
    if random.below(4) == 0 { [before, before] } else { [before, after] }
}

fn expression(random: &mut Random, names: &[String], kind: Kind, depth: usize) -> String {
    if depth == 0 || random.below(4) == 0 {
        return match random.below(6) {
            0 => (1 + random.below(4)).to_string(),
            _ => names[random.below(names.len())].clone(),
        };
    }
    let part = |random: &mut Random| expression(random, names, kind, depth - 1);
    if kind == Kind::Any && random.below(3) == 0 {
        let [one, other, third] = [part(random), part(random), part(random)].map(enclosed);
        return match random.below(7) {
            0 => format!("min({one}, {other})"),
            1 => format!("max({one}, {other}, {third})"),
            2 => format!("(if {one} > {other} then {third} else {one})"),
            3 => format!("({one} ?? {other} ?? {third})"),
            4 => format!("abs({one})"),
            5 => format!("round({one}, 1)"),
            _ => format!("({one}) ^ 2"),
        };
    }
    let operators = if random.below(2) == 0 { ["+", "-"] } else { ["*", "/"] };
    let count = 1 + random.below(3);
    let mut text = enclosed(part(random));
    for _ in 0..count {
        let operand = enclosed(part(random));
        text += &format!(" {} {operand}", random.pick(&operators));
    }
    text
}

fn enclosed(text: String) -> String {
    if text.contains(' ') { format!("({text})") } else { text }
}

/// A formula of degree 2 at most: sums of products of two linear forms, some of them named.
pub fn quadratic(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let inputs = 1 + random.below(8);
    let mut definitions = String::new();
    for at in 0..inputs {
        definitions += &format!("input x{at} = sum(t.x{at})\n");
    }
    let input = |random: &mut Random| format!("x{}", random.below(inputs));
    let count = 1 + random.below(3);
    for at in 0..count {
        definitions += &format!("l{at} = {} {} {}\n", input(&mut random), random.pick(&["+", "-"]), input(&mut random));
    }
    let linear = |random: &mut Random| match random.below(3) {
        0 => format!("l{}", random.below(count)),
        1 => format!("({} {} {})", input(random), random.pick(&["+", "-"]), input(random)),
        _ => input(random),
    };
    let term = |random: &mut Random| match random.below(3) {
        0 => linear(random),
        _ => format!("{} * {}", linear(random), linear(random)),
    };
    let mut formula = term(&mut random);
    for _ in 0..random.below(4) {
        formula += &format!(" {} {}", random.pick(&["+", "-"]), term(&mut random));
    }
    definitions += &format!("named = {formula}\nk = named {} {}\n", random.pick(&["+", "-"]), linear(&mut random));
    let data = (0..inputs).map(|_| values(&mut random, Kind::Arithmetic)).collect();
    Case { definitions, kpi: "k".to_owned(), inputs, data }
}

/// One chain of products and quotients. The factors are linear forms of inputs that no other factor uses; divisors are
/// single inputs.
pub fn chain(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let (mut inputs, mut definitions, mut formula) = (0, String::new(), String::new());
    let count = 1 + random.below(4);
    for factor in 0..count {
        let is_divisor = factor > 0 && random.below(3) == 0;
        let own: Vec<String> =
            (0..if is_divisor { 1 } else { 1 + random.below(2) }).map(|at| format!("x{}", inputs + at)).collect();
        inputs += own.len();
        let sum = own.join(random.pick(&[" + ", " - "]));
        let text = match own.len() {
            1 => sum,
            _ if random.below(2) == 0 => {
                definitions += &format!("f{factor} = {sum}\n");
                format!("f{factor}")
            }
            _ => format!("({sum})"),
        };
        formula += match (factor, is_divisor) {
            (0, _) => "",
            (_, true) => " / ",
            (_, false) => " * ",
        };
        formula += &text;
    }
    for at in 0..inputs {
        definitions += &format!("input x{at} = sum(t.x{at})\n");
    }
    definitions += &format!("k = {formula}\n");
    let data = (0..inputs).map(|_| values(&mut random, Kind::Arithmetic)).collect();
    Case { definitions, kpi: "k".to_owned(), inputs, data }
}
