//! Connections to the brokers, one each, and questions to many of them at once. A broker that is away takes no more with
//! it than what only it knows.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use futures::future::join_all;

use super::{admission::Admission, link::Link, problem::Problem};

/// Something that a broker is asked, in one exchange or several.
pub(super) trait Question: Sync {
    /// What it answers.
    type Answer: Send;

    /// Asks by `link`.
    fn ask(&self, link: &mut Link) -> impl Future<Output = Result<Self::Answer, Problem>> + Send;
}

/// The brokers as they are known, and the connections to them.
pub(super) struct Brokers {
    admission: Arc<Admission>,
    bootstrap: Vec<String>,
    addresses: BTreeMap<i32, String>,
    links: BTreeMap<String, Link>,
}

impl Brokers {
    /// Brokers of which only `bootstrap` is known.
    pub(super) fn new(bootstrap: Vec<String>, admission: Arc<Admission>) -> Self {
        Self { admission, bootstrap, addresses: BTreeMap::new(), links: BTreeMap::new() }
    }

    /// Whether connections are made with `admission`.
    pub(super) fn are_entered_by(&self, admission: &Arc<Admission>) -> bool {
        Arc::ptr_eq(&self.admission, admission)
    }

    /// Takes up the brokers as the cluster tells them; connections to others end.
    pub(super) fn learn(&mut self, addresses: BTreeMap<i32, String>) {
        self.links.retain(|address, _| addresses.values().any(|known| known == address));
        self.addresses = addresses;
    }

    /// Asks whichever broker answers first, those that we are connected to before others.
    pub(super) async fn ask_any<Q: Question>(&mut self, question: &Q) -> Result<Q::Answer, Problem> {
        let connected = self.links.keys();
        let others = self.addresses.values().chain(&self.bootstrap);
        let mut candidates = connected.chain(others).cloned().collect::<Vec<_>>();
        let mut seen = std::collections::BTreeSet::new();
        candidates.retain(|address| seen.insert(address.clone()));
        let mut problem = Problem::NotConfigured("no bootstrap server is named".to_owned());
        for address in candidates {
            let link = self.links.remove(&address);
            let (link, answer) = ask(&self.admission, &address, link, question).await;
            self.keep(address, link);
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }

    /// Asks each broker its own question, all at once.
    pub(super) async fn ask_each<Q: Question>(
        &mut self,
        questions: BTreeMap<i32, Q>,
    ) -> BTreeMap<i32, Result<Q::Answer, Problem>> {
        let mut asked = Vec::new();
        let mut answers = BTreeMap::new();
        for (broker, question) in questions {
            match self.addresses.get(&broker) {
                Some(address) => asked.push((broker, address.clone(), self.links.remove(address), question)),
                None => {
                    let address = format!("number {broker}");
                    let message = "the cluster does not tell its address".to_owned();
                    answers.insert(broker, Err(Problem::Unreachable { address, message }));
                }
            }
        }
        let admission = Arc::clone(&self.admission);
        let asked = asked.into_iter().map(|(broker, address, link, question)| {
            let admission = &admission;
            async move {
                let (link, answer) = ask(admission, &address, link, &question).await;
                (broker, address, link, answer)
            }
        });
        for (broker, address, link, answer) in join_all(asked).await {
            self.keep(address, link);
            answers.insert(broker, answer);
        }
        answers
    }

    fn keep(&mut self, address: String, link: Option<Link>) {
        if let Some(link) = link {
            self.links.insert(address, link);
        }
    }
}

/// Asks by `link` if it still works, or else by a new one; gives it back where it can be used again.
async fn ask<Q: Question>(
    admission: &Admission,
    address: &str,
    link: Option<Link>,
    question: &Q,
) -> (Option<Link>, Result<Q::Answer, Problem>) {
    if let Some(mut link) = link.filter(Link::is_fresh)
        && let Ok(answer) = question.ask(&mut link).await
    {
        // A broker that restarted has hung up since: only a new connection says whether it is away.
        return (Some(link), Ok(answer));
    }
    let mut link = match Link::open(address, admission).await {
        Ok(link) => link,
        Err(problem) => return (None, Err(problem)),
    };
    match question.ask(&mut link).await {
        Ok(answer) => (Some(link), Ok(answer)),
        Err(problem) => (None, Err(problem)),
    }
}
