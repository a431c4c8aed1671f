//! What nodes cost, as people write it once for all nodes of a scenario: `[prices]`, by type and capacity, as the
//! controller reads it too. Where it is empty, each shape has its own price.

pub use prescale_controller::cost::{NodePrice, Prices};

use crate::cluster::Shape;
use crate::karpenter::Capacity;
use crate::world::WorldSettings;

/// Gives the nodes of a world their prices: those that are always there are on demand, Karpenter's as its pool says.
///
/// # Errors
/// Every price that is none, and every type without a price, in words.
pub(super) fn price(prices: &Prices, world: &mut WorldSettings) -> Result<(), Vec<String>> {
    if prices.is_empty() {
        return Ok(());
    }
    let mut refused: Vec<_> = prices.iter().flat_map(|(name, price)| price.problems(name)).collect();
    let mut price = |field: &str, shape: &mut Shape, capacity: Capacity| match prices
        .get(&shape.name)
        .and_then(|price| price.sold_as(capacity))
    {
        Some(price) => shape.price_per_hour = price,
        None => refused.push(format!(
            "prices has no {} price of {}, which {field} names",
            capacity.words(),
            shape.name
        )),
    };
    if 0 < world.cluster.base_nodes {
        price("world.cluster.base_shape", &mut world.cluster.base_shape, Capacity::OnDemand);
    }
    for shape in &mut world.karpenter.shapes {
        price("world.karpenter.shapes", shape, world.karpenter.capacity);
    }
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prices: &str, capacity: Capacity, expected: Result<(f64, f64), &str>) {
        let prices: Prices = toml::from_str(prices).unwrap();
        let mut world = WorldSettings::default();
        world.karpenter.capacity = capacity;
        let priced = price(&prices, &mut world).map_err(|refused| refused.join("; "));
        let shapes = (world.cluster.base_shape.price_per_hour, world.karpenter.shapes[0].price_per_hour);
        assert_eq!(priced.map(|()| shapes), expected.map_err(str::to_owned), "{prices:?}");
    }

    #[test]
    fn fixed_nodes_are_on_demand_and_those_of_the_pool_as_it_says() {
        check("", Capacity::Spot, Ok((0.17, 0.17)));
        check("4x16 = { on_demand = 0.2, spot = 0.07 }", Capacity::OnDemand, Ok((0.2, 0.2)));
        check("4x16 = { on_demand = 0.2, spot = 0.07 }", Capacity::Spot, Ok((0.2, 0.07)));
        let refused = "prices has no spot price of 4x16, which world.karpenter.shapes names";
        check("4x16 = { on_demand = 0.2 }", Capacity::Spot, Err(refused));
        let refused = "prices.4x16.on_demand -0.2 is no price: write 0 or more";
        check("4x16 = { on_demand = -0.2 }", Capacity::OnDemand, Err(refused));
    }
}
