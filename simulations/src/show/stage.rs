//! The stage: the replay itself, on a thread of its own. It ticks when its time has come, does what it is told, and
//! says where it is.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use prescale_controller::web::wire::{Beside, ReplayCommand, ReplayEvent, ReplayResult, ReplayState};
use tokio_util::sync::CancellationToken;

use super::audience::Audience;
use super::control::{Order, Remote};
use super::pace::Pace;
use super::seen::Seen;
use crate::compare::as_written;
use crate::error::ScenarioError;
use crate::policies::PolicyKind;
use crate::result::{Comparison, PolicyResult};
use crate::scenario::Scenario;
use crate::simulate::Run;

/// It begins so long before the first event: the spike is forecast, and not yet there.
const BEFORE_EVENT: SignedDuration = SignedDuration::from_mins(40);
/// A window without events begins to be shown after so much of it, for there to be something to see.
const WITHOUT_EVENT: SignedDuration = SignedDuration::from_hours(2);
/// Where it is, is said at most this often, and at least.
const TELLS_EVERY: Duration = Duration::from_millis(250);

/// A replay under way.
pub(super) struct Stage<'a> {
    scenario: &'a Scenario,
    comparison: &'a Comparison,
    run: Run<'a>,
    seen: Seen,
    remote: Arc<Remote>,
    pace: Pace,
    audience: Audience,
    has_ended: bool,
    told: Instant,
}

impl<'a> Stage<'a> {
    /// At its begin.
    ///
    /// # Errors
    /// A world or an HPA that cannot be.
    pub(super) fn new(
        (scenario, comparison): (&'a Scenario, &'a Comparison),
        (seen, remote): (Seen, Arc<Remote>),
        linger: Duration,
    ) -> Result<Self, ScenarioError> {
        let now = Instant::now();
        Ok(Self {
            run: begun(scenario)?,
            scenario,
            comparison,
            seen,
            remote,
            pace: Pace::new(now, scenario.from),
            audience: Audience::new(now, linger),
            has_ended: false,
            told: now,
        })
    }

    /// Plays until nobody watches any more, or until `ended`.
    ///
    /// # Errors
    /// As [`Self::new`], at a jump back.
    pub(super) fn play(
        mut self,
        orders: &Receiver<Order>,
        ended: &CancellationToken,
    ) -> Result<(), ScenarioError> {
        self.go_to(first_look(self.scenario))?;
        while !ended.is_cancelled() {
            self.audience.count(Instant::now(), self.remote.audience());
            if self.audience.waits_for(Instant::now()) == Some(Duration::ZERO) {
                return Ok(());
            }
            match orders.recv_timeout(self.pause()) {
                Ok((command, answer)) => {
                    let done = self.obey(command)?;
                    self.tell();
                    // Who asked may be gone by now.
                    let _ = answer.send(done.map(|()| self.state()));
                }
                Err(RecvTimeoutError::Timeout) => self.catch_up(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
        Ok(())
    }

    /// How long nothing is to be done.
    fn pause(&self) -> Duration {
        let now = Instant::now();
        let next = self.run.world().now() + self.scenario.written.tick;
        let tick = self.pace.until(now, next).filter(|_| !self.has_ended);
        tick.map_or(TELLS_EVERY, |tick| tick.min(TELLS_EVERY))
    }

    /// Makes the ticks whose time has come.
    fn catch_up(&mut self) {
        self.tick_to(self.pace.at(Instant::now()));
        if TELLS_EVERY <= self.told.elapsed() {
            self.tell();
        }
    }

    fn tick_to(&mut self, at: Timestamp) {
        while !self.has_ended && self.run.world().now() + self.scenario.written.tick <= at {
            self.tick();
        }
    }

    fn tick(&mut self) {
        match self.run.tick() {
            Some(tick) => self.seen.tick(self.scenario, &self.run, &tick),
            None => self.has_ended = true,
        }
    }

    /// Does what it is told, or says why it cannot.
    fn obey(&mut self, command: ReplayCommand) -> Result<Result<(), String>, ScenarioError> {
        let now = Instant::now();
        match command {
            ReplayCommand::Speed(speed) => return Ok(self.pace.set_speed(now, speed)),
            ReplayCommand::Pause(true) | ReplayCommand::Resume(false) => self.pace.pause(now),
            ReplayCommand::Resume(true) | ReplayCommand::Pause(false) => self.pace.resume(now),
            ReplayCommand::JumpTo(at) => {
                let Scenario { from, to, .. } = self.scenario;
                if !(*from..=*to).contains(&at) {
                    return Ok(Err(format!("jumpTo: {at} is not between {from} and {to}")));
                }
                self.go_to(at)?;
            }
            ReplayCommand::Restart(_) => self.go_to(first_look(self.scenario))?,
        }
        Ok(Ok(()))
    }

    /// Goes to a moment as fast as can be; to one that is over from the begin again, since time runs forward only.
    fn go_to(&mut self, at: Timestamp) -> Result<(), ScenarioError> {
        if at < self.run.world().now() {
            self.run = begun(self.scenario)?;
            self.has_ended = false;
            self.seen.forget();
        }
        self.tick_to(at);
        if self.scenario.to <= at {
            self.tick();
        }
        self.pace.go_to(Instant::now(), self.run.world().now());
        Ok(())
    }

    fn tell(&mut self) {
        self.told = Instant::now();
        self.remote.tell(self.state());
    }

    fn state(&self) -> ReplayState {
        ReplayState {
            at: self.run.world().now(),
            speed: self.pace.speed(),
            paused: self.pace.is_paused(),
            ended: self.has_ended,
            ends_in: self.audience.waits_for(Instant::now()).map(|left| left.as_secs_f64().ceil()),
            result: self.result(),
            ..first_state(self.scenario)
        }
    }

    /// What comes of the whole window, beside the other policies: the comparison ran through it before, in the same world.
    fn result(&self) -> Option<ReplayResult> {
        let name = PolicyKind::Prescale.name();
        let (ours, others): (Vec<_>, Vec<_>) =
            self.comparison.policies.iter().partition(|policy| policy.name == name);
        let ours = ours.first()?;
        let beside = |policy: &&PolicyResult| Beside {
            policy: policy.name.clone(),
            late_requests: missed(policy),
            cost: policy.cost,
        };
        Some(ReplayResult {
            late_requests: missed(ours),
            requests: ours.requests as f64,
            cost: ours.cost,
            beside: others.iter().map(beside).collect(),
        })
    }
}

/// Where a replay is before its begin.
pub(super) fn first_state(scenario: &Scenario) -> ReplayState {
    let (from, to) = (scenario.from, scenario.to);
    let in_window = scenario.events.iter().filter(|event| (from..to).contains(&event.starts_at));
    let events = in_window.map(|event| ReplayEvent { name: event.name.clone(), starts_at: event.starts_at });
    ReplayState {
        recording: scenario.written.title.clone(),
        policy: PolicyKind::Prescale.name().to_owned(),
        from,
        to,
        at: from,
        speed: 0.0,
        paused: false,
        ended: false,
        events: events.collect(),
        ends_in: None,
        result: None,
    }
}

/// Where people begin to look: before the first event that is announced for the window.
fn first_look(scenario: &Scenario) -> Timestamp {
    let first = first_state(scenario).events.first().map(|event| event.starts_at);
    let at = first.map_or(scenario.from + WITHOUT_EVENT, |first| first - BEFORE_EVENT);
    at.clamp(scenario.from, scenario.to)
}

/// Requests that were late, or not answered at all.
fn missed(policy: &PolicyResult) -> f64 {
    (policy.late_requests + policy.failed_requests) as f64
}

/// Prescale, on the scaler's own risk.
fn begun(scenario: &Scenario) -> Result<Run<'_>, ScenarioError> {
    Run::new(scenario, &as_written(scenario, PolicyKind::Prescale))
}
