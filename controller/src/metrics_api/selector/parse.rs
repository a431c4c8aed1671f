//! Reads a label selector as Kubernetes writes it: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`,
//! with commas between. kube-rs prints selectors and matches by them, but does not read them.

use std::collections::BTreeSet;

use kube::core::Expression;

/// Characters that end a word. Words are not checked further: what is no label matches no scaler.
const SIGNS: [char; 5] = ['=', '!', ',', '(', ')'];

/// The expressions of `text`; none where it is empty, which selects everything.
///
/// # Errors
///
/// What was found where something else belongs.
pub(super) fn expressions(text: &str) -> Result<Vec<Expression>, String> {
    let mut rest = Rest { text: text.trim() };
    let mut expressions = vec![];
    while !rest.text.is_empty() {
        expressions.push(rest.expression()?);
        if !rest.text.is_empty() {
            rest.expect(",")?;
            if rest.text.is_empty() {
                return Err("nothing follows the last comma".to_owned());
            }
        }
    }
    Ok(expressions)
}

/// What is still to be read, without leading white space.
struct Rest<'a> {
    text: &'a str,
}

impl<'a> Rest<'a> {
    fn expression(&mut self) -> Result<Expression, String> {
        if self.take("!") {
            return Ok(Expression::DoesNotExist(self.label()?));
        }
        let label = self.label()?;
        if self.take("==") || self.take("=") {
            return Ok(Expression::Equal(label, self.word().to_owned()));
        }
        if self.take("!=") {
            return Ok(Expression::NotEqual(label, self.word().to_owned()));
        }
        if self.text.is_empty() || self.text.starts_with(',') {
            return Ok(Expression::Exists(label));
        }
        match self.word() {
            "in" => Ok(Expression::In(label, self.set()?)),
            "notin" => Ok(Expression::NotIn(label, self.set()?)),
            other => Err(format!("`{other}{}` where `=`, `!=`, `in` or `notin` belongs", self.text)),
        }
    }

    fn set(&mut self) -> Result<BTreeSet<String>, String> {
        self.expect("(")?;
        let mut values = BTreeSet::from([self.word().to_owned()]);
        while self.take(",") {
            values.insert(self.word().to_owned());
        }
        self.expect(")")?;
        Ok(values)
    }

    fn label(&mut self) -> Result<String, String> {
        match self.word() {
            "" => Err(format!("no label before `{}`", self.text)),
            label => Ok(label.to_owned()),
        }
    }

    /// May be empty.
    fn word(&mut self) -> &'a str {
        let ends = |c: char| c.is_whitespace() || SIGNS.contains(&c);
        let (word, rest) = self.text.split_at(self.text.find(ends).unwrap_or(self.text.len()));
        self.text = rest.trim_start();
        word
    }

    fn take(&mut self, sign: &str) -> bool {
        let rest = self.text.strip_prefix(sign);
        self.text = rest.map_or(self.text, str::trim_start);
        rest.is_some()
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) {
            Ok(())
        } else if self.text.is_empty() {
            Err(format!("it ends where `{sign}` belongs"))
        } else {
            Err(format!("`{}` where `{sign}` belongs", self.text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Selector;

    /// As kube-rs prints it.
    fn check(text: &str, read: Result<&str, &str>) {
        let printed = expressions(text).map(|all| all.into_iter().collect::<Selector>().to_string());
        assert_eq!(printed.as_deref().map_err(String::as_str), read, "{text}");
    }

    #[test]
    fn every_operator_is_read() {
        check("", Ok(""));
        check("a=b", Ok("a=b"));
        check("a == b,c!=d", Ok("a=b,c!=d"));
        check("a in (c, b),d notin (e),f,!g", Ok("a in (b,c),d notin (e),f,!g"));
        check("a=,b", Ok("a=,b"));
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_place() {
        check("a=b,", Err("nothing follows the last comma"));
        check("=b", Err("no label before `=b`"));
        check(",a", Err("no label before `,a`"));
        check("a in b", Err("`b` where `(` belongs"));
        check("a in (b", Err("it ends where `)` belongs"));
        check("a within (b)", Err("`within(b)` where `=`, `!=`, `in` or `notin` belongs"));
        check("a=b c", Err("`c` where `,` belongs"));
        check("a=b)", Err("`)` where `,` belongs"));
    }
}
