//! What nodes cost an hour, as people write it once: `[prices]`, by the type of node and by how it is sold. Scenarios of
//! replays and the running controller read the same table.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Prices an hour, by the name of the type.
pub type Prices = BTreeMap<String, NodePrice>;

/// What an hour of a type of node costs, in a currency of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodePrice {
    /// On demand.
    pub on_demand: f64,
    /// As spot; `None` where the cloud has no spot of it.
    pub spot: Option<f64>,
}

/// How a cloud sells a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// For as long as it is wanted.
    OnDemand,
    /// Until somebody else pays more.
    Spot,
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricesError {
    /// It is no such table.
    #[error("line {line}: {message}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// With the field, where one is to blame.
        message: String,
    },
    /// Prices that are none, each with its field and value.
    #[error("{0}")]
    NoPrices(String),
}

/// A file with the table as people write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    prices: Prices,
}

impl Capacity {
    /// In words, for people; also how Karpenter labels nodes.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Spot => "spot",
        }
    }
}

impl NodePrice {
    /// What it costs an hour as it is sold; `None` where it is not sold so.
    #[must_use]
    pub fn sold_as(self, capacity: Capacity) -> Option<f64> {
        match capacity {
            Capacity::OnDemand => Some(self.on_demand),
            Capacity::Spot => self.spot,
        }
    }

    /// What is wrong with the price of a type, in words.
    #[must_use]
    pub fn problems(self, name: &str) -> Vec<String> {
        let written = [("on_demand", Some(self.on_demand)), ("spot", self.spot)];
        let refused = |(field, price): (&str, Option<f64>)| {
            let price = price.filter(|price| !(price.is_finite() && 0.0 <= *price))?;
            Some(format!("prices.{name}.{field} {price} is no price: write 0 or more"))
        };
        written.into_iter().filter_map(refused).collect()
    }
}

/// Reads a file with the table `[prices]`.
///
/// # Errors
///
/// Where it is no such file, by line; every price that is none, by field.
pub fn read_prices(text: &str) -> Result<Prices, PricesError> {
    let at = |error: &toml::de::Error| {
        let before = error.span().map_or(0, |span| span.start);
        text.bytes().take(before).filter(|byte| *byte == b'\n').count() + 1
    };
    let refused = |error: &toml::de::Error, field: Option<String>| {
        let field = field.filter(|field| field != ".").map_or_else(String::new, |field| format!("{field}: "));
        PricesError::Line { line: at(error), message: format!("{field}{}", error.message()) }
    };
    let written = toml::Deserializer::parse(text).map_err(|error| refused(&error, None))?;
    let Written { prices } = serde_path_to_error::deserialize(written)
        .map_err(|error| refused(error.inner(), Some(error.path().to_string())))?;
    let problems: Vec<_> = prices.iter().flat_map(|(name, price)| price.problems(name)).collect();
    if problems.is_empty() { Ok(prices) } else { Err(PricesError::NoPrices(problems.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_price_for_each_way_to_sell_a_type() {
        let prices = read_prices(
            "[prices]\n4x16 = { on_demand = 0.17, spot = 0.06 }\n\"m6i.large\" = { on_demand = 1 }\n",
        );
        let prices = prices.unwrap();
        assert_eq!(prices["4x16"].sold_as(Capacity::Spot), Some(0.06));
        assert_eq!(prices["m6i.large"].sold_as(Capacity::OnDemand), Some(1.0));
        assert_eq!(prices["m6i.large"].sold_as(Capacity::Spot), None);
    }

    fn check(text: &str, refused: &str) {
        assert_eq!(read_prices(text).map_err(|error| error.to_string()), Err(refused.to_owned()), "{text}");
    }

    #[test]
    fn a_bad_table_is_refused_by_line_or_field_and_value() {
        check(
            "[prices]\na = { on_demand = 0.1 }\nb = { on_demand = \"cheap\" }\n",
            "line 3: prices.b.on_demand: invalid type: string \"cheap\", expected f64",
        );
        check(
            "[prices]\na = { ondemand = 0.1 }\n",
            "line 2: prices.a.ondemand: unknown field `ondemand`, expected `on_demand` or `spot`",
        );
        check("[prices]\na = { spot = 0.1 }\n", "line 2: prices.a: missing field `on_demand`");
        check("a = 1\n", "line 1: a: unknown field `a`, expected `prices`");
        check(
            "[prices]\na = { on_demand = -0.1, spot = nan }\n",
            "prices.a.on_demand -0.1 is no price: write 0 or more; prices.a.spot NaN is no price: write 0 or more",
        );
        let broken = read_prices("[prices]\na = { on_demand = 0.1\n\nb = 2\n").unwrap_err();
        assert!(matches!(broken, PricesError::Line { .. }), "{broken}");
    }
}
