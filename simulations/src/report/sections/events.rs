//! A page an event: when it was, how high demand went, and what each policy had ready for it.

use std::fmt::{self, Display, Formatter, from_fn};

use crate::figures::{count, minute, missed_share, share};
use crate::report::escape::Text;
use crate::report::payload;
use crate::result::{Comparison, EventResult};

/// The events with links to their pages; says so where there are none.
pub(in crate::report) fn event_list(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        let events = payload::events(comparison);
        if events.is_empty() {
            return out.write_str("<p class=\"intro\">The calendar has no event in this window.</p>");
        }
        out.write_str("<nav aria-label=\"Events\"><ol class=\"event-list\">")?;
        for (index, event) in events.iter().enumerate() {
            write!(
                out,
                "<li><a href=\"#event-{}\">{}</a> <time>{}</time></li>",
                index + 1,
                Text(&event.name),
                minute(event.starts_at)
            )?;
        }
        out.write_str("</ol></nav>")
    })
}

/// The pages, in the order of the list.
pub(in crate::report) fn events(comparison: &Comparison) -> impl Display {
    from_fn(move |out| {
        for (index, event) in payload::events(comparison).iter().enumerate() {
            page(out, comparison, index, event)?;
        }
        Ok(())
    })
}

fn page(out: &mut Formatter<'_>, comparison: &Comparison, index: usize, event: &EventResult) -> fmt::Result {
    let number = index + 1;
    let name = Text(&event.name);
    write!(
        out,
        "<article class=\"event\" id=\"event-{number}\" aria-labelledby=\"event-{number}-title\">\
         <h3 id=\"event-{number}-title\">{name} <span class=\"class\">{}</span></h3>\
         <p class=\"intro\"><time>{}</time> to <time>{}</time> UTC. Demand peaked at {} {}/s at <time>{}</time>. Figures are from half an hour before the \
         start to half an hour after the end. <button type=\"button\" class=\"link\" data-event-zoom=\"{index}\">\
         Show in the timeline</button></p>\
         <div class=\"plot\" data-event=\"{index}\" role=\"img\" aria-label=\"Demand and capacity around {name}; \
         the table below has what each policy made of it\"></div>",
        Text(&event.class),
        minute(event.starts_at),
        minute(event.ends_at),
        count(event.peak_demand.round() as u64),
        Text(&comparison.recording.unit),
        minute(event.peak_at),
    )?;
    table(out, comparison, index, number)?;
    out.write_str("</article>")
}

fn table(out: &mut Formatter<'_>, comparison: &Comparison, index: usize, number: usize) -> fmt::Result {
    write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"event-{number}-title\"><table>\
         <thead><tr><th scope=\"col\">Policy</th><th scope=\"col\">Ready at the start</th>\
         <th scope=\"col\">Needed then</th><th scope=\"col\">Late</th><th scope=\"col\">Failed</th>\
         <th scope=\"col\">Late or failed</th></tr></thead><tbody>"
    )?;
    for policy in &comparison.policies {
        let Some(event) = policy.events.get(index) else { continue };
        let missed = event.late_requests + event.failed_requests;
        write!(
            out,
            "<tr data-policy=\"{0}\"><th scope=\"row\"><i></i>{0}</th><td{1}>{2}</td><td>{3}</td><td>{4}</td>\
             <td>{5}</td><td>{6}</td></tr>",
            Text(&policy.name),
            if event.ready_at_start < event.needed_at_start { " class=\"short\"" } else { "" },
            event.ready_at_start,
            event.needed_at_start,
            count(event.late_requests),
            count(event.failed_requests),
            share(missed_share(missed, event.requests)),
        )?;
    }
    out.write_str("</tbody></table></div>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_event_has_a_page_that_its_link_leads_to() {
        let night = fixture::night();
        let (list, pages) = (event_list(&night).to_string(), events(&night).to_string());
        for number in 1..=payload::events(&night).len() {
            assert!(list.contains(&format!("href=\"#event-{number}\"")));
            assert!(pages.contains(&format!("id=\"event-{number}\"")));
        }
    }

    #[test]
    fn a_policy_that_was_short_at_the_start_is_marked() {
        let mut night = fixture::night();
        night.policies.truncate(2);
        for (policy, ready) in night.policies.iter_mut().zip([7, 12]) {
            policy.events.truncate(1);
            policy.events[0].ready_at_start = ready;
            policy.events[0].needed_at_start = 12;
        }
        let pages = events(&night).to_string();
        assert!(pages.contains("<td class=\"short\">7</td>"));
        assert!(pages.contains("<td>12</td><td>12</td>"));
    }

    #[test]
    fn a_window_without_events_says_so() {
        let mut night = fixture::night();
        night.policies.clear();
        assert!(event_list(&night).to_string().contains("no event in this window"));
    }
}
