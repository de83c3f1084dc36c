//! Bytes → programs, tables and queries. Every sequence of bytes gives a case, and few or small bytes a simple one.

use super::calendar::{end, start};
use super::tree::{
    Aggregate, Case, Cell, Computed, Definition, Each, Expr, Function, Grain, Kind, Name, Operator, PEOPLE, Part,
    Query, SHOP, Table, WEB,
};

/// The first day of most rows: 2025-12-01.
const FIRST_DAY: i64 = 20_423;
const DEPTH: usize = 4;

/// What a place in a formula may refer to.
struct Random<'a> {
    bytes: &'a [u8],
    query: Query,
    computed: Vec<Computed>,
    functions: Vec<Function>,
    definitions: Vec<Definition>,
    /// The parameters of the function that is being written.
    parameters: Vec<String>,
    /// The definitions whose values are booleans.
    booleans: Vec<String>,
    /// The definitions that contain an `each`, and whether one may be written here.
    nested: Vec<String>,
    may_nest: bool,
}

/// The case for some bytes.
pub fn case(bytes: &[u8]) -> Case {
    let mut random = Random {
        bytes,
        query: Query::default(),
        computed: vec![],
        functions: vec![],
        definitions: vec![],
        parameters: vec![],
        booleans: vec![],
        nested: vec![],
        may_nest: false,
    };
    random.query();
    random.items();
    let tables = random.tables();
    let Random { query, computed, functions, definitions, .. } = random;
    Case { tables, computed, functions, definitions, query }
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

impl Random<'_> {
    /// A number below another one. Without bytes it is 0.
    fn below(&mut self, end: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % end
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    fn query(&mut self) {
        let grains = [Grain::Month, Grain::Month, Grain::Week, Grain::Quarter, Grain::Year, Grain::Day].map(Some);
        self.query.grain = self.of(&[&[None], &grains[..]].concat());
        let keys: [&[Name]; 8] =
            [&[], &[], &["region"], &["kind"], &["region", "kind"], &["country"], &["area"], &["area", "region"]];
        self.query.keys = self.of(&keys).to_vec();
        let day = FIRST_DAY + self.below(120) as i64;
        let single = |grain| Some((start(grain, day), end(grain, day), Some(grain)));
        self.query.period = match self.below(8) {
            0..=2 if self.query.grain != Some(Grain::Day) => None,
            0..=3 => Some((day, day + self.below(70) as i64, None)),
            4 | 5 => single(Grain::Month),
            6 => single(Grain::Quarter),
            _ => single(self.of(&[Grain::Year, Grain::Week, Grain::Day])),
        };
        if self.query.period.is_some_and(|(first, last, _)| first == last) {
            self.query.period = single(Grain::Day);
        }
    }

    fn items(&mut self) {
        let parameter = |name: &str, formula| Definition { kind: Kind::Parameter, name: name.into(), formula };
        let (p, q) = (self.literal(), self.literal());
        self.definitions.push(parameter("p", p));
        let q = Expr::Binary(Operator::Add, boxed(Expr::Name("p".into())), boxed(q));
        self.definitions.push(parameter("q", q));
        self.columns();
        if self.below(4) == 3 {
            self.query.condition = Some(self.condition("shop", 1));
        }
        if self.below(4) == 3 {
            self.query.set = Some(("p".into(), self.below(20) as i64));
        }
        for (name, count) in [("f", 1), ("g", 2)] {
            self.parameters = ["x", "y"][..count].iter().map(|it| (*it).to_owned()).collect();
            let body = self.number(2);
            let function = Function { name: name.into(), parameters: std::mem::take(&mut self.parameters), body };
            self.functions.push(function);
        }
        for at in 0..1 + self.below(3) {
            let aggregate = Expr::Aggregate(boxed_aggregate(self));
            self.define(Kind::Input, format!("i{at}"), aggregate);
        }
        for at in 0..self.below(3) {
            self.formula(Kind::Helper, format!("h{at}"));
        }
        for at in 0..1 + self.below(4) {
            self.may_nest = self.below(4) == 3;
            self.formula(Kind::Kpi, format!("k{at}"));
            self.may_nest = false;
        }
        for (name, dataset) in [("of_shop", "shop"), ("of_web", "web")] {
            self.define(Kind::Kpi, name.into(), Expr::Aggregate(Box::new(count(dataset))));
        }
    }

    fn columns(&mut self) {
        let condition = Expr::Binary(Operator::Less, boxed(Expr::Column("a")), boxed(self.literal()));
        let area = Expr::If(boxed(condition), boxed(Expr::Column("region")), boxed(Expr::Column("kind")));
        let net = self.of_row("shop", 2);
        let has_columns = net.columns().iter().any(|name| SHOP.iter().any(|it| it.0 == *name));
        let net =
            if has_columns { net } else { Expr::Binary(Operator::Subtract, boxed(Expr::Column("a")), boxed(net)) };
        self.computed = vec![("shop", "area", area), ("shop", "net", net)];
    }

    fn define(&mut self, kind: Kind, name: String, formula: Expr) {
        if self.may_nest {
            self.nested.push(name.clone());
        }
        self.definitions.push(Definition { kind, name, formula });
    }

    fn formula(&mut self, kind: Kind, name: String) {
        if self.below(4) == 3 {
            let formula = self.boolean(DEPTH);
            self.booleans.push(name.clone());
            self.define(kind, name, formula);
        } else {
            let formula = self.number(DEPTH);
            self.define(kind, name, formula);
        }
    }

    fn literal(&mut self) -> Expr {
        let digits = self.below(40) as i64;
        let scale = self.of(&[0, 0, 0, 1, 2]);
        if self.below(8) == 7 { Expr::Number(-digits, scale) } else { Expr::Number(digits, scale) }
    }

    /// A formula that gives a number.
    fn number(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return self.leaf();
        }
        if self.may_nest && self.below(3) == 0 {
            return self.each(depth - 1);
        }
        match self.below(16) {
            0..=2 => self.leaf(),
            3..=6 => Expr::Aggregate(boxed_aggregate(self)),
            7 | 8 => {
                let operator = self.arithmetic();
                Expr::Binary(operator, boxed(self.number(depth - 1)), boxed(self.number(depth - 1)))
            }
            9 => Expr::Binary(Operator::Divide, boxed(self.number(depth - 1)), boxed(self.number(depth - 1))),
            10..=12 => {
                let inner = self.number(depth - 1);
                let parts = self.parts();
                self.in_context(inner, parts)
            }
            13 => self.choice(depth - 1),
            14 if self.functions.len() == 2 => {
                let at = self.below(2);
                let arguments = (0..=at).map(|_| self.number(depth - 1)).collect();
                self.applied(at, arguments)
            }
            _ => {
                let arguments = [self.number(depth - 1), self.number(depth - 1)];
                self.call(arguments)
            }
        }
    }

    /// An aggregate over inner groups, whose formula has no other.
    fn each(&mut self, depth: usize) -> Expr {
        let outer = (self.query.grain, self.query.period, std::mem::replace(&mut self.may_nest, false));
        let has_months = matches!(outer.0, None | Some(Grain::Quarter | Grain::Year)) && outer.1.is_none();
        // Every day of the data takes the reference a while.
        let grain = match self.below(8) {
            0 => Some(Grain::Day),
            1 | 2 if has_months => Some(Grain::Month),
            3 => outer.0.filter(|_| outer.1.is_none()),
            _ => None,
        };
        if grain.is_some() {
            (self.query.grain, self.query.period) = (grain, None);
        }
        let keys: &[&[Name]] = match grain {
            Some(_) => &[&[], &[], &["region"], &["kind"]],
            None => &[&["region"], &["kind"], &["customer"], &["customer", "region"], &["country"]],
        };
        let keys = self.of(keys).to_vec();
        let mut value = self.number(depth);
        if keys.iter().any(|key| *key != "region") {
            // A query in which nothing can be split by a key is an error.
            let column = self.of(&["a", "b"]);
            let shop =
                Aggregate { function: "sum", dataset: "shop", value: Some(Expr::Column(column)), ..count("shop") };
            let shop = Expr::Aggregate(Box::new(shop));
            value = match self.below(3) {
                0 => Expr::Binary(Operator::Otherwise, boxed(value), boxed(shop)),
                1 => Expr::Binary(Operator::Add, boxed(shop), boxed(value)),
                _ => shop,
            };
        }
        let having = (self.below(3) == 2).then(|| self.boolean(depth));
        // The times of `first` and `last` are those of the group around, which the reference does not know.
        let is_timed = |it: &Expr| !keys.is_empty() && self.chooses_by_time(it);
        let having = having.filter(|it| !is_timed(it));
        let value = if is_timed(&value) { Expr::Aggregate(Box::new(count("shop"))) } else { value };
        (self.query.grain, self.query.period, self.may_nest) = outer;
        let function = self.of(&["sum", "sum", "count", "avg", "min", "max", "median", "only"]);
        let distinct = function != "only" && self.below(4) == 3;
        Expr::Each(Box::new(Each { function, distinct, value, keys, grain, having }))
    }

    /// An expression in a context. All time around an `each` leaves no period to a window inside.
    fn in_context(&self, inner: Expr, parts: Vec<Part>) -> Expr {
        match parts.contains(&Part::AllTime) && self.has_window(&inner, false) {
            true => inner,
            false => Expr::Context(boxed(inner), parts),
        }
    }

    /// A call of a function, which may put its arguments in a context.
    fn applied(&self, at: usize, mut arguments: Vec<Expr>) -> Expr {
        let has_all_time = |it: &Expr| format!("{it:?}").contains("AllTime");
        match has_all_time(&self.functions[at].body) && arguments.iter().any(|it| self.has_window(it, false)) {
            true => arguments.swap_remove(0),
            false => Expr::Apply(self.functions[at].name.clone(), arguments),
        }
    }

    /// True if an `each` has a window in it, directly or in what it refers to.
    fn has_window(&self, expr: &Expr, inside: bool) -> bool {
        let is_window = |part: &Part| is_extent(part) && *part != Part::AllTime;
        let below = match expr {
            Expr::Context(_, parts) if inside && parts.iter().any(is_window) => return true,
            Expr::Each(it) => return std::iter::once(&it.value).chain(&it.having).any(|it| self.has_window(it, true)),
            Expr::Name(name) => self.definitions.iter().find(|it| it.name == *name).map(|it| &it.formula),
            Expr::Apply(name, _) => self.functions.iter().find(|it| it.name == *name).map(|it| &it.body),
            _ => None,
        };
        expr.children().into_iter().chain(below).any(|it| self.has_window(it, inside))
    }

    /// True if `first` or `last` occurs in an expression, or in what it refers to.
    fn chooses_by_time(&self, expr: &Expr) -> bool {
        let below = match expr {
            Expr::Aggregate(it) => return matches!(it.function, "first" | "last"),
            Expr::Name(name) => self.definitions.iter().find(|it| it.name == *name).map(|it| &it.formula),
            Expr::Apply(name, _) => self.functions.iter().find(|it| it.name == *name).map(|it| &it.body),
            _ => None,
        };
        expr.children().into_iter().chain(below).any(|it| self.chooses_by_time(it))
    }

    fn arithmetic(&mut self) -> Operator {
        self.of(&[Operator::Add, Operator::Subtract, Operator::Multiply])
    }

    fn leaf(&mut self) -> Expr {
        let of_number = |it: &&Definition| !self.booleans.contains(&it.name) && !self.nested.contains(&it.name);
        let names: Vec<String> = self.definitions.iter().filter(of_number).map(|it| it.name.clone()).collect();
        match self.below(6) {
            0 => self.literal(),
            1 => Expr::Percent(self.below(200) as i64),
            2 if !self.parameters.is_empty() => Expr::Name(self.of(&self.parameters.clone())),
            3 if !self.parameters.is_empty() => Expr::Name(self.parameters[0].clone()),
            _ => Expr::Name(self.of(&names)),
        }
    }

    /// One of the operations that stop undefined values.
    fn choice(&mut self, depth: usize) -> Expr {
        match self.below(4) {
            0 => Expr::Binary(Operator::Otherwise, boxed(self.number(depth)), boxed(self.number(depth))),
            1 => Expr::Call("coalesce", vec![self.number(depth), self.number(depth), self.number(depth)]),
            2 => Expr::If(boxed(self.boolean(depth)), boxed(self.number(depth)), boxed(self.number(depth))),
            _ => Expr::If(boxed(self.boolean(depth)), boxed(self.number(depth)), boxed(Expr::Undefined)),
        }
    }

    fn call(&mut self, [x, y]: [Expr; 2]) -> Expr {
        match self.below(11) {
            0 => Expr::Negate(boxed(x)),
            1 => Expr::Call("abs", vec![x]),
            2 => Expr::Call("min", vec![x, y]),
            3 => Expr::Call("max", vec![x, y]),
            4 => Expr::Call("round", vec![x, Expr::Number(self.below(4) as i64 - 1, 0)]),
            5 => Expr::Call("round_even", vec![x, Expr::Number(self.below(3) as i64, 0)]),
            6 => Expr::Call(self.of(&["floor", "ceil", "sign"]), vec![x]),
            7 => Expr::Call("mod", vec![x, y]),
            8 => Expr::Call("clamp", vec![x, Expr::Number(0, 0), Expr::Number(10, 0)]),
            9 => Expr::Binary(Operator::Power, boxed(x), boxed(Expr::Number(2, 0))),
            _ => Expr::Binary(Operator::Subtract, boxed(x), boxed(y)),
        }
    }

    fn comparison(&mut self) -> Operator {
        self.of(&[
            Operator::Less,
            Operator::Greater,
            Operator::Equal,
            Operator::Unequal,
            Operator::LessOrEqual,
            Operator::GreaterOrEqual,
        ])
    }

    fn boolean(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            let mut names = self.booleans.clone();
            names.retain(|name| !self.nested.contains(name));
            return if names.is_empty() { Expr::Boolean(self.below(2) == 0) } else { Expr::Name(self.of(&names)) };
        }
        let depth = depth - 1;
        match self.below(10) {
            0 => Expr::Boolean(self.below(2) == 0),
            1..=4 => Expr::Binary(self.comparison(), boxed(self.number(depth)), boxed(self.number(depth))),
            5 => Expr::Binary(Operator::And, boxed(self.boolean(depth)), boxed(self.boolean(depth))),
            6 => Expr::Binary(Operator::Or, boxed(self.boolean(depth)), boxed(self.boolean(depth))),
            7 => Expr::Call("is_defined", vec![self.number(depth)]),
            8 => {
                let values = vec![self.literal(), self.number(depth)];
                let negated = self.below(2) == 1;
                if self.below(2) == 0 {
                    return Expr::In(boxed(self.number(depth)), values, negated);
                }
                Expr::Between(boxed(self.number(depth)), boxed(self.literal()), boxed(self.number(depth)), negated)
            }
            _ => Expr::Not(boxed(self.boolean(depth))),
        }
    }

    /// The parts of a context that have a meaning in this query.
    fn parts(&mut self) -> Vec<Part> {
        let mut parts = vec![self.part()];
        if self.below(4) == 3 {
            let other = self.part();
            let extents = [&parts[0], &other].iter().all(|part| is_extent(part));
            parts.extend((!extents).then_some(other));
        }
        parts
    }

    fn part(&mut self) -> Part {
        let finest = self.query.grain.or(self.query.period.and_then(|it| it.2));
        let single = self.query.period.and_then(|it| it.2);
        let weeks = self.query.grain == Some(Grain::Week) || single == Some(Grain::Week);
        let days = finest == Some(Grain::Day) && single.is_none_or(|it| it == Grain::Day) || weeks;
        let n = 1 + self.below(3) as i64;
        let Some(grain) = finest else { return self.part_without_period() };
        match self.below(10) {
            0 | 1 => Part::Previous,
            2 if weeks => Part::Ago(n, Grain::Week),
            2 => Part::Ago(n, self.of(&[Grain::Month, Grain::Year, Grain::Quarter])),
            3 if weeks => Part::Last(n, Grain::Week),
            3 => Part::Last(n, self.of(&[Grain::Month, Grain::Quarter, Grain::Year])),
            4 => Part::LastPeriods(n),
            5 if !weeks => {
                let coarse = [Grain::Month, Grain::Quarter, Grain::Year].into_iter().filter(|it| *it >= grain);
                Part::ToDate(Some(self.of(&coarse.collect::<Vec<_>>())))
            }
            6 if days && grain == Grain::Day => Part::Ago(7 * n, Grain::Day),
            _ => self.part_without_period(),
        }
    }

    fn part_without_period(&mut self) -> Part {
        match self.below(7) {
            0 => Part::ToDate(None),
            1 => Part::All,
            2 => Part::AllColumn(self.of(&["region", "kind", "area"])),
            3 => Part::AllTime,
            4 => {
                Part::Where(None, Expr::Binary(Operator::Equal, boxed(Expr::Column("region")), boxed(Expr::Text("n"))))
            }
            5 => Part::Where(None, self.condition("shop", 1)),
            _ => {
                let dataset = self.of(&["shop", "web"]);
                Part::Where(Some(dataset), self.condition(dataset, 1))
            }
        }
    }

    /// A number over a row.
    fn of_row(&mut self, dataset: Name, depth: usize) -> Expr {
        let own: &[Name] = match dataset {
            "shop" if self.computed.is_empty() => &["a", "b", "size"],
            "shop" => &["a", "b", "size", "net"],
            _ => &["n"],
        };
        if depth == 0 {
            return match self.below(5) {
                0 => self.literal(),
                1 => Expr::Name(self.of(&["p", "q"]).into()),
                _ => Expr::Column(self.of(own)),
            };
        }
        let depth = depth - 1;
        match self.below(9) {
            0..=3 => Expr::Column(self.of(own)),
            4 => {
                Expr::Binary(self.arithmetic(), boxed(self.of_row(dataset, depth)), boxed(self.of_row(dataset, depth)))
            }
            5 => Expr::Binary(Operator::Divide, boxed(self.of_row(dataset, depth)), boxed(self.of_row(dataset, depth))),
            6 => {
                let otherwise = if self.below(2) == 0 { Expr::Undefined } else { self.of_row(dataset, depth) };
                Expr::If(boxed(self.condition(dataset, depth)), boxed(self.of_row(dataset, depth)), boxed(otherwise))
            }
            7 => Expr::Call(self.of(&["year", "month", "day", "quarter", "weekday"]), vec![Expr::Column("day")]),
            _ => {
                let arguments = [self.of_row(dataset, depth), self.of_row(dataset, depth)];
                match self.below(3) {
                    0 => Expr::Binary(Operator::Otherwise, boxed(arguments[0].clone()), boxed(arguments[1].clone())),
                    _ => self.call(arguments),
                }
            }
        }
    }

    /// A condition on rows that reads a column of the dataset itself first.
    fn condition(&mut self, dataset: Name, depth: usize) -> Expr {
        let condition = self.any_condition(dataset, depth);
        let own = if dataset == "shop" { SHOP } else { WEB };
        match condition.columns().first() {
            Some(first) if own.iter().any(|it| it.0 == *first) => condition,
            _ => Expr::Binary(Operator::Unequal, boxed(Expr::Column("region")), boxed(Expr::Text("s"))),
        }
    }

    fn any_condition(&mut self, dataset: Name, depth: usize) -> Expr {
        let texts: &[(Name, &[Name])] = match dataset {
            "shop" => &[("region", REGIONS), ("kind", KINDS), ("country", COUNTRIES), ("customer", CUSTOMERS)],
            _ => &[("region", REGIONS)],
        };
        let deeper = depth.saturating_sub(1);
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 | 1 => {
                let (column, values) = self.of(texts);
                let operator = self.of(&[Operator::Equal, Operator::Unequal, Operator::Less]);
                Expr::Binary(operator, boxed(Expr::Column(column)), boxed(Expr::Text(self.of(values))))
            }
            2 => {
                let (column, values) = self.of(texts);
                let values = vec![Expr::Text(self.of(values)), Expr::Text(self.of(values))];
                Expr::In(boxed(Expr::Column(column)), values, self.below(2) == 1)
            }
            3 => {
                let day = Expr::Date(FIRST_DAY + self.below(120) as i64);
                Expr::Binary(self.comparison(), boxed(Expr::Column("day")), boxed(day))
            }
            4 | 5 => {
                Expr::Binary(self.comparison(), boxed(self.of_row(dataset, deeper)), boxed(self.of_row(dataset, 0)))
            }
            6 => {
                let operator = self.of(&[Operator::And, Operator::Or]);
                Expr::Binary(
                    operator,
                    boxed(self.any_condition(dataset, deeper)),
                    boxed(self.any_condition(dataset, deeper)),
                )
            }
            _ => Expr::Not(boxed(Expr::Call("is_defined", vec![self.of_row(dataset, deeper)]))),
        }
    }

    fn tables(&mut self) -> Vec<Table> {
        let people = (0..4).map(|at| {
            let size = (self.below(4) > 0).then(|| Cell::Number(self.below(30) as i64, 1));
            vec![Some(Cell::Text(CUSTOMERS[at])), self.text(COUNTRIES), size]
        });
        let people = people.collect();
        let shop = (0..self.below(24)).map(|_| self.shop_row()).collect();
        let web = (0..self.below(12)).map(|_| vec![Some(self.day()), self.text(REGIONS), self.cell()]).collect();
        vec![
            Table { name: "shop", columns: SHOP, rows: shop },
            Table { name: "web", columns: WEB, rows: web },
            Table { name: "people", columns: PEOPLE, rows: people },
        ]
    }

    fn shop_row(&mut self) -> Vec<Option<Cell>> {
        let day = Some(self.day());
        vec![day, self.text(REGIONS), self.text(KINDS), self.text(CUSTOMERS), self.cell(), self.cell()]
    }

    /// Mostly a day of four months, sometimes one of the year before.
    fn day(&mut self) -> Cell {
        let day = FIRST_DAY + (self.below(128) as i64 * 61) % 128;
        Cell::Date(if self.below(8) == 7 { day - 365 } else { day })
    }

    fn text(&mut self, values: &[Name]) -> Option<Cell> {
        let at = self.below(values.len() + 2);
        if at > values.len() { None } else { Some(Cell::Text(values[at % values.len()])) }
    }

    fn cell(&mut self) -> Option<Cell> {
        match self.below(6) {
            5 => None,
            4 => Some(Cell::Number(0, 0)),
            _ => Some(Cell::Number(self.below(256) as i64 - 60, self.of(&[0, 0, 1, 2]))),
        }
    }
}

const REGIONS: &[Name] = &["n", "s", "N", "é"];
const KINDS: &[Name] = &["x", "y", "n"];
const COUNTRIES: &[Name] = &["FR", "DE"];
const CUSTOMERS: &[Name] = &["c1", "c2", "c3", "c4"];

fn is_extent(part: &Part) -> bool {
    matches!(part, Part::Last(..) | Part::LastPeriods(_) | Part::ToDate(_) | Part::AllTime)
}

fn count(dataset: Name) -> Aggregate {
    Aggregate { function: "count", distinct: false, dataset, value: None, fraction: None, condition: None, by: vec![] }
}

fn boxed_aggregate(random: &mut Random<'_>) -> Box<Aggregate> {
    const FUNCTIONS: [Name; 14] = [
        "sum", "sum", "sum", "count", "count", "avg", "min", "max", "median", "first", "last", "last", "only",
        "quantile",
    ];
    let function = random.of(&FUNCTIONS);
    let dataset = random.of(&["shop", "shop", "shop", "web"]);
    let value = random.of_row(dataset, 2);
    let own = if dataset == "shop" { SHOP } else { WEB };
    let starts_own =
        value.columns().first().is_some_and(|first| *first == "net" || own.iter().any(|it| it.0 == *first));
    let value = if starts_own { value } else { Expr::Column(own[own.len() - 1].0) };
    let value = (function != "count" || random.below(2) == 1).then_some(value);
    let takes_by = function == "first" || function == "last";
    let distinct = value.is_some() && !takes_by && random.below(4) == 3;
    let condition = (function != "quantile" && random.below(3) == 2).then(|| random.condition(dataset, 1));
    let by = if takes_by && random.below(2) == 1 { vec!["region"] } else { vec![] };
    let fraction = (function == "quantile").then(|| random.of(&[90, 25, 0, 100, 33]));
    Box::new(Aggregate { function, distinct, dataset, value, fraction, condition, by })
}
