//! Which scaler a label selector names. The HPA adds up whatever a selector matches, so a selector that does not name
//! exactly one scaler is refused, in words.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Expression, Selector, SelectorExt};

use super::refusal::{Cause, Refusal};
use crate::hpa::SCALER_LABEL;

mod parse;

/// The longest value that a label has in Kubernetes: nobody's scaler has a longer name in a selector.
const LONGEST_LABEL: usize = 63;

/// A selector that was read.
#[derive(Debug)]
pub(crate) struct Asked {
    expressions: Vec<Expression>,
}

impl Asked {
    /// Reads what stands in `labelSelector`.
    ///
    /// # Errors
    ///
    /// A selector that is not well-formed, with the place.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let expressions = parse::expressions(text).map_err(|problem| {
            Refusal::new(Cause::BadRequest, format!("unable to parse labelSelector `{text}`: {problem}"))
        })?;
        Ok(Self { expressions })
    }

    /// Whether it is our label that it asks by. One that does not may be meant for a neighbour's metric of the same
    /// name.
    pub(crate) fn speaks_of_scalers(&self) -> bool {
        self.expressions.iter().any(|expression| label(expression) == SCALER_LABEL)
    }

    /// The one scaler that it names.
    ///
    /// # Errors
    ///
    /// It names none, several, or one by further labels, which no metric of ours has.
    pub(crate) fn scaler(&self) -> Result<String, Refusal> {
        let mut names = BTreeSet::new();
        for expression in &self.expressions {
            match expression {
                Expression::Equal(label, name) if label == SCALER_LABEL => {
                    names.insert(name.as_str());
                }
                Expression::In(label, several) if label == SCALER_LABEL => {
                    names.extend(several.iter().map(String::as_str));
                }
                Expression::Equal(..)
                | Expression::In(..)
                | Expression::NotIn(..)
                | Expression::NotEqual(..)
                | Expression::Exists(_)
                | Expression::DoesNotExist(_) => {}
            }
        }
        let mut each = names.iter();
        let (first, second) = (each.next(), each.next());
        match (first, second) {
            (Some(name), None) if is_label(name) => self.must_match(name),
            (None, _) => Err(self.refuse("names no scaler")),
            (Some(name), None) => Err(self.refuse(&format!("`{name}` is no name of a scaler"))),
            (Some(first), Some(second)) => {
                Err(self.refuse(&format!("names several scalers, such as `{first}` and `{second}`")))
            }
        }
    }

    fn must_match(&self, name: &str) -> Result<String, Refusal> {
        let labels = BTreeMap::from([(SCALER_LABEL.to_owned(), name.to_owned())]);
        if self.expressions.iter().all(|expression| expression.matches(&labels)) {
            Ok(name.to_owned())
        } else {
            Err(self.refuse("asks for more than the scaler's label, which is the only one here"))
        }
    }

    fn refuse(&self, problem: &str) -> Refusal {
        let selector: Selector = self.expressions.iter().cloned().collect();
        let message =
            format!("labelSelector `{selector}` {problem}: write `{SCALER_LABEL}=NAME` and nothing else");
        Refusal::new(Cause::BadRequest, message)
    }
}

fn label(expression: &Expression) -> &str {
    match expression {
        Expression::In(label, _)
        | Expression::NotIn(label, _)
        | Expression::Equal(label, _)
        | Expression::NotEqual(label, _)
        | Expression::Exists(label)
        | Expression::DoesNotExist(label) => label,
    }
}

fn is_label(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_LABEL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, names: Result<&str, &str>) {
        let named = Asked::read(text).and_then(|asked| asked.scaler());
        match names {
            Ok(name) => assert_eq!(named.as_deref(), Ok(name), "{text}"),
            Err(part) => {
                let refusal = named.unwrap_err();
                assert_eq!(refusal.cause, Cause::BadRequest, "{text}");
                assert!(refusal.message.contains(part), "{text}: {}", refusal.message);
            }
        }
    }

    #[test]
    fn a_selector_names_a_scaler_in_every_way_that_kubernetes_writes_it() {
        check("prescale.dev/scaler=gateway", Ok("gateway"));
        check("prescale.dev/scaler==gateway", Ok("gateway"));
        check(" prescale.dev/scaler = gateway ", Ok("gateway"));
        check("prescale.dev/scaler in (gateway)", Ok("gateway"));
        check("prescale.dev/scaler in ( gateway , gateway )", Ok("gateway"));
        check("prescale.dev/scaler=gateway,prescale.dev/scaler in (gateway)", Ok("gateway"));
        check("prescale.dev/scaler,prescale.dev/scaler=gateway", Ok("gateway"));
        check("prescale.dev/scaler=gateway,team!=live", Ok("gateway"));
    }

    #[test]
    fn a_selector_that_does_not_name_exactly_one_is_refused() {
        check("", Err("names no scaler"));
        check("team=live", Err("names no scaler"));
        check("prescale.dev/scaler", Err("names no scaler"));
        check("!prescale.dev/scaler", Err("names no scaler"));
        check("prescale.dev/scaler!=gateway", Err("names no scaler"));
        check("prescale.dev/scaler notin (gateway)", Err("names no scaler"));
        check("prescale.dev/scaler in (gateway,orders)", Err("`gateway` and `orders`"));
        check("prescale.dev/scaler=gateway,prescale.dev/scaler=orders", Err("`gateway` and `orders`"));
        check("prescale.dev/scaler=", Err("is no name of a scaler"));
        check("prescale.dev/scaler=gateway,team=live", Err("asks for more"));
        check("prescale.dev/scaler=gateway,prescale.dev/scaler!=gateway", Err("asks for more"));
    }

    #[test]
    fn a_selector_for_a_neighbour_speaks_of_other_labels() {
        assert!(!Asked::read("team=live").unwrap().speaks_of_scalers());
        assert!(Asked::read("team=live,prescale.dev/scaler in (a,b)").unwrap().speaks_of_scalers());
    }
}
