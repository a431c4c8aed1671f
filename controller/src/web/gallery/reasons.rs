//! Why so many, over time: a reason stands from its first tick to its last, and the oldest go first.

use std::{collections::VecDeque, mem::size_of};

use jiff::Timestamp;
use prescale_model::Limit;

use super::Look;
use crate::web::wire::ReasonSpan;

/// The oldest is kept no longer than the numbers beside it.
const LONGEST_HOURS: i64 = 24;

/// Reasons over time, oldest first.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    spans: VecDeque<Span>,
    /// Bytes of their sentences.
    text: usize,
}

#[derive(Debug)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    kind: Kind,
    sentence: Box<str>,
}

/// What makes a reason another one: its numbers move all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    code: &'static str,
    replicas: u32,
    limit: Option<Limit>,
}

impl Reasons {
    /// Takes in the reason of a tick, within so many bytes.
    pub(super) fn take(&mut self, look: &Look<'_>, sentence: &str, budget: usize) {
        let reason = &look.plan.reason;
        let kind = Kind { code: reason.code(), replicas: reason.replicas, limit: reason.limit };
        // A clock that was set back: what it says of later times did not happen yet.
        while self.spans.back().is_some_and(|span| look.now < span.from) {
            self.forget(VecDeque::pop_back);
        }
        self.text += sentence.len();
        match self.spans.back_mut().filter(|span| span.kind == kind) {
            Some(span) => {
                self.text -= span.sentence.len();
                span.to = look.now;
                if *span.sentence != *sentence {
                    span.sentence = sentence.into();
                }
            }
            None => {
                self.spans.push_back(Span { from: look.now, to: look.now, kind, sentence: sentence.into() });
            }
        }
        let oldest = look.now - jiff::SignedDuration::from_hours(LONGEST_HOURS);
        let is_too_old = |span: &Span| span.to < oldest;
        while 1 < self.spans.len() && (budget < self.bytes() || self.spans.front().is_some_and(is_too_old)) {
            self.forget(VecDeque::pop_front);
        }
    }

    fn forget(&mut self, pop: fn(&mut VecDeque<Span>) -> Option<Span>) {
        if let Some(span) = pop(&mut self.spans) {
            self.text -= span.sentence.len();
        }
    }

    /// Those that stood between two times.
    pub(super) fn within(&self, from: Timestamp, to: Timestamp) -> Vec<ReasonSpan> {
        let within = self.spans.iter().filter(|span| from <= span.to && span.from <= to);
        let shown = |span: &Span| ReasonSpan {
            from: span.from,
            to: span.to,
            sentence: span.sentence.to_string(),
            replicas: span.kind.replicas,
        };
        within.map(shown).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.spans.capacity() * size_of::<Span>() + self.text
    }
}
