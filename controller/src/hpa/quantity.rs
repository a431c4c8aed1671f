//! Numbers as Kubernetes writes them: `250`, `2500m`, `1T`, `4Ki`, `1e3`.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Suffixes and what they multiply by
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).
const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1_024.0),
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
];

/// The number that `quantity` says; `None` where Kubernetes would not read it.
#[must_use]
pub fn value_of(quantity: &Quantity) -> Option<f64> {
    let text = quantity.0.as_str();
    let suffixed =
        SUFFIXES.iter().find_map(|(suffix, times)| Some(number(text.strip_suffix(suffix)?)? * times));
    suffixed.or_else(|| number(text)).filter(|value| value.is_finite())
}

/// Reads what Kubernetes reads: digits, a sign, a point, an exponent; no `inf`, no `nan`.
fn number(text: &str) -> Option<f64> {
    let starts_like_one =
        text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if starts_like_one { text.parse().ok() } else { None }
}

/// Whether two quantities say the same number, to within the thousandths that an HPA calculates with.
pub(super) fn is_same(one: &Quantity, other: &Quantity) -> bool {
    match (value_of(one), value_of(other)) {
        (Some(one), Some(other)) => (one - other).abs() <= 0.0005_f64.max(one.abs() * f64::EPSILON),
        (None, None) => one == other,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_read_as_kubernetes_reads_it() {
        for (text, value) in [
            ("250", Some(250.0)),
            ("2500m", Some(2.5)),
            ("0", Some(0.0)),
            ("1k", Some(1_000.0)),
            ("1T", Some(1e12)),
            ("4Ki", Some(4_096.0)),
            ("1e3", Some(1_000.0)),
            ("2E", Some(2e18)),
            ("", None),
            ("many", None),
        ] {
            assert_eq!(value_of(&Quantity(text.to_owned())), value, "{text}");
        }
    }
}
