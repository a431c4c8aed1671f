//! The one timer of a person: whether they still live, and when they have to go.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

use super::socket::Farewell;

/// Who has said nothing for this long is asked for a sign of life.
const PING_AFTER: Duration = Duration::from_secs(30);
/// And is gone when none has come since: two pings and some seconds.
const GONE_AFTER: Duration = Duration::from_secs(75);

/// A person's pulse.
#[derive(Debug)]
pub(super) struct Pulse<'a> {
    alarm: Pin<&'a mut Sleep>,
    heard: Instant,
    leaves: Option<Instant>,
}

/// What to do at a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    Well,
    /// Ask for a sign of life.
    Ask,
}

/// What a pulse lives on. It lies with its person, so that it takes no memory of its own.
pub(super) fn alarm() -> Sleep {
    sleep(PING_AFTER)
}

impl<'a> Pulse<'a> {
    /// Begins now.
    pub(super) fn of(alarm: Pin<&'a mut Sleep>) -> Self {
        Self { alarm, heard: Instant::now(), leaves: None }
    }

    /// A sign of life has come.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// The person has to go after this pause. `false` where that was said before.
    pub(super) fn leave_after(&mut self, pause: Duration) -> bool {
        if self.leaves.is_some() {
            return false;
        }
        self.leaves = Some(Instant::now() + pause);
        self.wait_until(self.alarm.deadline());
        true
    }

    /// Waits for the next beat. Can be dropped and asked again.
    pub(super) async fn next(&mut self) {
        self.alarm.as_mut().await;
    }

    /// What to do now.
    ///
    /// # Errors
    ///
    /// A [`Farewell`] where the person has to go, or is gone.
    pub(super) fn beat(&mut self) -> Result<Beat, Farewell> {
        let now = Instant::now();
        if self.leaves.is_some_and(|leaves| leaves <= now) {
            return Err(Farewell::Goodbye);
        }
        let silence = now.duration_since(self.heard);
        if GONE_AFTER <= silence {
            return Err(Farewell::Silent);
        }
        self.wait_until(now + PING_AFTER);
        // A beat that is a little early must not wait for the next.
        Ok(if silence < PING_AFTER / 2 { Beat::Well } else { Beat::Ask })
    }

    fn wait_until(&mut self, next: Instant) {
        let next = self.leaves.map_or(next, |leaves| leaves.min(next));
        self.alarm.as_mut().reset(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_is_asked_and_then_given_up() {
        let begin = Instant::now();
        let alarm = std::pin::pin!(alarm());
        let mut pulse = Pulse::of(alarm);
        for asked_after_s in [30, 60] {
            pulse.next().await;
            assert!(matches!(pulse.beat(), Ok(Beat::Ask)));
            assert_eq!(begin.elapsed().as_secs(), asked_after_s);
        }
        pulse.next().await;
        assert!(matches!(pulse.beat(), Err(Farewell::Silent)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_heard_just_now_is_well() {
        let alarm = std::pin::pin!(alarm());
        let mut pulse = Pulse::of(alarm);
        sleep(Duration::from_secs(20)).await;
        pulse.heard();
        pulse.next().await;
        assert!(matches!(pulse.beat(), Ok(Beat::Well)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_to_go_goes_when_told_and_once() {
        let begin = Instant::now();
        let alarm = std::pin::pin!(alarm());
        let mut pulse = Pulse::of(alarm);
        assert!(pulse.leave_after(Duration::from_secs(50)));
        assert!(!pulse.leave_after(Duration::from_secs(1)));
        pulse.next().await;
        assert!(matches!(pulse.beat(), Ok(Beat::Ask)));
        pulse.next().await;
        assert!(matches!(pulse.beat(), Err(Farewell::Goodbye)));
        assert_eq!(begin.elapsed().as_secs(), 50);
    }
}
