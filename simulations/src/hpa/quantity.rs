//! Kubernetes quantities in thousandths, as the HPA controller counts.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use prescale_controller::hpa::quantity::value_of;

/// What lies this near to a whole milli is one; further up it is rounded up, as the API does.
const FLOAT_NOISE_MILLI: f64 = 1e-6;

/// The quantity in thousandths, as `Quantity.MilliValue` counts: fractions of a milli are rounded up.
pub(crate) fn milli(quantity: &Quantity) -> Option<i64> {
    value_of(quantity).map(|value| {
        let exact = value * 1000.0;
        let nearest = exact.round();
        let is_whole = (exact - nearest).abs() < FLOAT_NOISE_MILLI;
        if is_whole { nearest as i64 } else { exact.ceil() as i64 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(milli(&Quantity(text.to_owned())), expected, "{text}");
    }

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        check("100", Some(100_000));
        check("1500m", Some(1500));
        check("0.57", Some(570));
        check("2k", Some(2_000_000));
        check("1Ki", Some(1_024_000));
        check("5e3", Some(5_000_000));
        check("100u", Some(1));
        check("-1", Some(-1000));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        check("", None);
        check("ten", None);
        check("inf", None);
        check("NaN", None);
        check("10 m", None);
        check("10mm", None);
    }
}
