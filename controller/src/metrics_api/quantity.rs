//! A value as Kubernetes writes numbers: whole (`250`), or in thousandths (`1500m`), which is the finest that the HPA
//! calculates with.

use serde::{Serialize, Serializer};

/// The HPA adds thousandths up in 64 bits, and a sum that overflows turns negative, which it reads as a wish for
/// `maxReplicas`: 2^63 / 1000 is 9.2e15, and a tenth of it leaves room for nine more metrics in a sum.
const LARGEST: f64 = 9e14;

/// A number that the HPA can calculate with: in thousandths, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantity {
    thousandths: u64,
}

impl Quantity {
    /// `None` for NaN, infinities and negative numbers. To the nearest thousandth: rounding up would turn the noise
    /// of a sum into one replica more.
    pub(crate) fn of(value: f64) -> Option<Self> {
        let is_quantity = value.is_finite() && 0.0 <= value;
        // In range and whole, by the two conditions above: the cast loses nothing.
        is_quantity.then(|| Self { thousandths: (value.min(LARGEST) * 1000.0).round() as u64 })
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.thousandths.is_multiple_of(1000) {
            serializer.collect_str(&(self.thousandths / 1000))
        } else {
            serializer.collect_str(&format_args!("{}m", self.thousandths))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, written: Option<&str>) {
        let quantity = Quantity::of(value).map(|quantity| serde_json::to_value(quantity).unwrap());
        assert_eq!(quantity, written.map(serde_json::Value::from), "{value}");
    }

    #[test]
    fn a_value_is_written_whole_or_in_thousandths() {
        check(0.0, Some("0"));
        check(-0.0, Some("0"));
        check(250.0, Some("250"));
        check(1.5, Some("1500m"));
        check(0.0004, Some("0"));
        check(1e-3, Some("1m"));
        check(0.1 + 0.2, Some("300m"));
    }

    #[test]
    fn no_value_can_make_the_hpa_overflow() {
        check(1e300, Some("900000000000000"));
        check(f64::MAX, Some("900000000000000"));
        check(f64::INFINITY, None);
        check(f64::NAN, None);
        check(-0.001, None);
    }
}
