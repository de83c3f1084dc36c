//! What a host's own JSON needs: the features of `serde_json` are shared by a whole program, and some of them change
//! how values are read.

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, Value, json};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        id: u32,
        #[serde(flatten)]
        price: Price,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Price {
        amount: f64,
        quantity: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Setting {
        Number(f64),
        Text(String),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Paid { amount: f64 },
    }

    #[test]
    fn a_flattened_struct_holds_floats() {
        let text = r#"{"id":1,"amount":12.5,"quantity":3}"#;
        let order: Order = serde_json::from_str(text).expect("serde_json reads it without the crate");
        assert_eq!(order, Order { id: 1, price: Price { amount: 12.5, quantity: 3 } });
        assert_eq!(serde_json::to_string(&order).expect("plain data"), text);
    }

    #[test]
    fn an_untagged_enum_holds_floats() {
        let settings: Vec<Setting> = serde_json::from_str(r#"[1.5, "x"]"#).expect("serde_json reads it");
        assert_eq!(settings, [Setting::Number(1.5), Setting::Text("x".into())]);
        let event: Event = serde_json::from_str(r#"{"kind":"Paid","amount":0.1}"#).expect("serde_json reads it");
        assert_eq!(event, Event::Paid { amount: 0.1 });
    }

    #[test]
    fn values_are_ordered_and_rounded_as_before() {
        let map: Map<String, Value> = [("b".into(), json!(1)), ("a".into(), json!(2))].into_iter().collect();
        assert_eq!(serde_json::to_string(&map).expect("plain data"), r#"{"a":2,"b":1}"#);
        assert_eq!(serde_json::from_str::<Value>("1.50").expect("a number").to_string(), "1.5");
    }

    #[test]
    fn the_crate_is_really_there() {
        yardstick::Library::from_text("our_cac = spend / customers").expect("a sound definition");
    }
}
