//! Kubernetes quantities as numbers: `100`, `0.5`, `1500m`, `2k`, `1Gi`, `5e3`. Nothing else is read here.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Suffixes of quantities and what they multiply by, the longest first: `Mi` must not be read as `M`.
const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("", 1.0),
];

/// What lies this near to a whole milli is one; further up it is rounded up, as the API does.
const FLOAT_NOISE_MILLI: f64 = 1e-6;

/// The quantity as a number; `None` where Kubernetes would not read it.
pub(crate) fn amount(quantity: &Quantity) -> Option<f64> {
    SUFFIXES
        .iter()
        .filter_map(|(suffix, unit)| number(quantity.0.strip_suffix(suffix)?).map(|n| n * unit))
        .next()
}

/// The quantity in thousandths, as `Quantity.MilliValue` counts: fractions of a milli are rounded up.
pub(crate) fn milli(quantity: &Quantity) -> Option<i64> {
    amount(quantity).map(|amount| {
        let exact = amount * 1000.0;
        let nearest = exact.round();
        let is_whole = (exact - nearest).abs() < FLOAT_NOISE_MILLI;
        if is_whole { nearest as i64 } else { exact.ceil() as i64 }
    })
}

/// Reads what Kubernetes reads: digits, a sign, a point, an exponent; no `inf`, no `nan`.
fn number(text: &str) -> Option<f64> {
    let starts_like_one =
        text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if starts_like_one { text.parse().ok() } else { None }
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
