//! Connections to the brokers, one each, and questions to many of them at once. A broker that is away takes no more with
//! it than what only it knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use tokio::time::Instant;

use super::{admission::Admission, link::Link, problem::Problem};

/// A broker that fails at once, as one that was killed, costs nothing to ask again; one that hangs does.
const SLOW: Duration = Duration::from_secs(1);
/// A broker that hangs is left alone for this long: it holds up the others once, and not at each question.
const AVOIDED_FOR: Duration = Duration::from_secs(10);

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
    /// Brokers that hung lately: until when they are left alone, and what was wrong.
    avoided: BTreeMap<String, (Instant, Problem)>,
}

/// What came of asking a broker: the connection, if it can be used again, the answer, and how long it took.
type Asked<T> = (Option<Link>, Result<T, Problem>, Duration);

impl Brokers {
    /// Brokers of which only `bootstrap` is known.
    pub(super) fn new(bootstrap: Vec<String>, admission: Arc<Admission>) -> Self {
        Self {
            admission,
            bootstrap,
            addresses: BTreeMap::new(),
            links: BTreeMap::new(),
            avoided: BTreeMap::new(),
        }
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
        self.forget_avoided();
        let mut candidates: Vec<_> =
            self.links.keys().chain(self.addresses.values()).chain(&self.bootstrap).cloned().collect();
        let mut seen = BTreeSet::new();
        candidates.retain(|address| seen.insert(address.clone()));
        candidates.sort_by_key(|address| self.avoided.contains_key(address));
        let mut problem = Problem::NotConfigured("no bootstrap server is named".to_owned());
        for address in candidates {
            let link = self.links.remove(&address);
            let asked = ask(&self.admission, &address, link, question).await;
            match self.keep(address, asked) {
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
        self.forget_avoided();
        let mut asked = Vec::new();
        let mut answers = BTreeMap::new();
        for (broker, question) in questions {
            match self.address(broker) {
                Ok(address) => {
                    let link = self.links.remove(&address);
                    asked.push((broker, address, link, question));
                }
                Err(problem) => drop(answers.insert(broker, Err(problem))),
            }
        }
        let admission = Arc::clone(&self.admission);
        let asked = asked.into_iter().map(|(broker, address, link, question)| {
            let admission = &admission;
            async move {
                let asked = ask(admission, &address, link, &question).await;
                (broker, address, asked)
            }
        });
        for (broker, address, asked) in join_all(asked).await {
            answers.insert(broker, self.keep(address, asked));
        }
        answers
    }

    /// The address of a broker that is known, and that is not left alone.
    fn address(&self, broker: i32) -> Result<String, Problem> {
        let address = self.addresses.get(&broker).ok_or_else(|| Problem::Unreachable {
            address: format!("number {broker}"),
            message: "the cluster does not tell its address".to_owned(),
        })?;
        self.avoided.get(address).map_or_else(|| Ok(address.clone()), |(_, problem)| Err(problem.clone()))
    }

    fn forget_avoided(&mut self) {
        self.avoided.retain(|_, (until, _)| Instant::now() < *until);
    }

    /// Keeps the connection for the next question, and remembers a broker that hung.
    fn keep<T>(&mut self, address: String, (link, answer, took): Asked<T>) -> Result<T, Problem> {
        match &answer {
            Ok(_) => drop(self.avoided.remove(&address)),
            Err(problem) if SLOW <= took => {
                self.avoided.insert(address.clone(), (Instant::now() + AVOIDED_FOR, problem.clone()));
            }
            Err(_) => {}
        }
        if let Some(link) = link {
            self.links.insert(address, link);
        }
        answer
    }
}

/// Asks by `link` if it still works, or else by a new one.
async fn ask<Q: Question>(
    admission: &Admission,
    address: &str,
    link: Option<Link>,
    question: &Q,
) -> Asked<Q::Answer> {
    let began = Instant::now();
    if let Some(mut link) = link.filter(Link::is_fresh) {
        match question.ask(&mut link).await {
            Ok(answer) => return (Some(link), Ok(answer), began.elapsed()),
            Err(problem) if SLOW <= began.elapsed() => return (None, Err(problem), began.elapsed()),
            // A broker that restarted has hung up since: only a new connection says whether it is away.
            Err(_) => {}
        }
    }
    let mut link = match Link::open(address, admission).await {
        Ok(link) => link,
        Err(problem) => return (None, Err(problem), began.elapsed()),
    };
    match question.ask(&mut link).await {
        Ok(answer) => (Some(link), Ok(answer), began.elapsed()),
        Err(problem) => (None, Err(problem), began.elapsed()),
    }
}
