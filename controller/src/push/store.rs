//! What has been pushed to the scalers that run: for each signal that is declared as pushed, a sample a step. Shared by
//! who takes samples, and by the reader of sources.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::Timestamp;
use litemap::LiteMap;
use prescale_model::Sample;
use serde::{Deserialize, Serialize};

use super::{
    parse::Written,
    series::{Series, Taken},
    verdict,
};
use crate::{
    api::CheckedScaler,
    board::ScalerKey,
    sources::{Origin, Source, error::SourceError},
};

/// The name by which demand is pushed.
const DEMAND: &str = "demand";

/// What has been pushed.
#[derive(Debug, Default)]
pub struct Pushed {
    scalers: RwLock<Scalers>,
    /// Whether anybody can push: the controller listens for it.
    is_open: bool,
}

type Scalers = BTreeMap<ScalerKey, Signals>;
type Signals = LiteMap<String, Declared>;

/// A signal of a scaler, or its demand.
#[derive(Debug)]
enum Declared {
    Pushed(Series),
    /// It is read from here.
    Read(&'static str),
}

/// Nothing can be pushed to what was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// No such scaler runs; those of its namespace that do.
    Scaler(Vec<String>),
    /// The scaler has no such signal; those that can be pushed.
    Signal(Vec<String>),
    /// The signal is read from this kind of source; those that can be pushed.
    NotPushed(&'static str, Vec<String>),
}

/// What became of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Those that were not refused, new or not: another replica may not know them.
    pub taken: Vec<Taken>,
    /// How many of them told something new.
    pub accepted: usize,
    /// How many told nothing new: they are known, or a newer one of their step is.
    pub duplicates: usize,
    /// Those that were refused, by their place in the batch, in words.
    pub refused: Vec<(usize, String)>,
}

/// Samples of one signal on their way from replica to replica: time, value, when it was taken; times in ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Whose.
    pub scaler: ScalerKey,
    /// Which of its signals.
    pub signal: String,
    /// The samples.
    pub samples: Vec<(i64, f64, i64)>,
}

impl Pushed {
    /// Nothing yet, in a controller that listens for it.
    #[must_use]
    pub fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// From now on, a scaler runs that is written like this. What is known of its signals is kept.
    pub fn declare(&self, spec: &CheckedScaler) {
        let mut scalers = self.write();
        let mut former = scalers.remove(&ScalerKey::new(&spec.namespace, &spec.name)).unwrap_or_default();
        let signals = spec.signals.iter().map(|(name, source)| (name.as_str(), source));
        let mut declared = Signals::with_capacity(spec.signals.len() + 1);
        for (name, source) in signals.chain([(DEMAND, &spec.demand)]) {
            declared.insert(name.to_owned(), Declared::of(source, former.remove(name)));
        }
        scalers.insert(ScalerKey::new(&spec.namespace, &spec.name), declared);
    }

    /// A scaler runs no more.
    pub fn forget(&self, scaler: &ScalerKey) {
        self.write().remove(scaler);
    }

    /// Whether samples of a signal are taken.
    ///
    /// # Errors
    ///
    /// [`Unknown`].
    pub fn find(&self, scaler: &ScalerKey, signal: &str) -> Result<(), Unknown> {
        let scalers = self.read();
        let Some(signals) = scalers.get(scaler) else {
            let of_namespace = scalers.keys().filter(|key| key.namespace == scaler.namespace);
            return Err(Unknown::Scaler(of_namespace.map(|key| key.name.to_string()).collect()));
        };
        match signals.get(signal) {
            Some(Declared::Pushed(_)) => Ok(()),
            Some(Declared::Read(kind)) => Err(Unknown::NotPushed(kind, pushed(signals))),
            None => Err(Unknown::Signal(pushed(signals))),
        }
    }

    /// Takes samples of one signal, as they came at `now`.
    ///
    /// # Errors
    ///
    /// [`Unknown`]; then none is taken.
    pub fn take(
        &self,
        (scaler, signal): (&ScalerKey, &str),
        written: &[Written],
        now: Timestamp,
    ) -> Result<Outcome, Unknown> {
        self.find(scaler, signal)?;
        let mut scalers = self.write();
        let mut outcome = Outcome::default();
        // It may have gone since it was found: then nobody wants to know.
        let Some(series) = series(&mut scalers, scaler, signal) else { return Ok(outcome) };
        for (index, written) in written.iter().enumerate() {
            match verdict::sample(written, series.step(), now) {
                Err(words) => outcome.refused.push((index, words)),
                Ok(sample) => {
                    let taken = Taken { sample, at: now };
                    outcome.taken.push(taken);
                    match series.take(taken) {
                        true => outcome.accepted += 1,
                        false => outcome.duplicates += 1,
                    }
                }
            }
        }
        Ok(outcome)
    }

    /// Takes what another replica took, and returns what was new here. Signals that are not known here are left out.
    pub fn merge(&self, parcels: Vec<Parcel>) -> Vec<Parcel> {
        let mut scalers = self.write();
        let merged = parcels.into_iter().filter_map(|parcel| {
            let series = series(&mut scalers, &parcel.scaler, &parcel.signal)?;
            let is_news =
                |sample: &(i64, f64, i64)| unpacked(*sample).is_some_and(|taken| series.take(taken));
            let samples: Vec<_> = parcel.samples.into_iter().filter(is_news).collect();
            (!samples.is_empty()).then_some(Parcel { samples, ..parcel })
        });
        merged.collect()
    }

    /// What was taken at or after `since`, of the signals after `after` in the order of their names, up to `most`
    /// samples and the rest of the signal at which that is reached.
    #[must_use]
    pub fn parcels(&self, since: Timestamp, after: Option<&(ScalerKey, String)>, most: usize) -> Vec<Parcel> {
        let scalers = self.read();
        let first = after.map(|(scaler, _)| scaler.clone()).unwrap_or_else(|| ScalerKey::new("", ""));
        let (mut parcels, mut count) = (Vec::new(), 0);
        for (scaler, signals) in scalers.range(first..) {
            for (signal, declared) in signals {
                let is_before = after.is_some_and(|after| (scaler, signal) <= (&after.0, &after.1));
                let Declared::Pushed(series) = declared else { continue };
                if is_before {
                    continue;
                }
                let recent = series.kept().filter(|taken| since <= taken.at);
                let samples: Vec<_> = recent.map(packed).collect();
                if samples.is_empty() {
                    continue;
                }
                count += samples.len();
                parcels.push(Parcel { scaler: scaler.clone(), signal: signal.clone(), samples });
                if most <= count {
                    return parcels;
                }
            }
        }
        parcels
    }

    /// The newest sample of a signal, while it tells of `now`.
    ///
    /// # Errors
    ///
    /// [`SourceError::NothingPushed`] where there is none, or none lately; [`SourceError::PushOff`].
    pub fn newest(
        &self,
        (scaler, signal): (&ScalerKey, &str),
        now: Timestamp,
    ) -> Result<Sample, SourceError> {
        if !self.is_open {
            return Err(SourceError::PushOff { signal: signal.to_owned() });
        }
        let scalers = self.read();
        let series = match scalers.get(scaler).and_then(|signals| signals.get(signal)) {
            Some(Declared::Pushed(series)) => Some(series),
            Some(Declared::Read(_)) | None => None,
        };
        let newest = series.and_then(|series| Some((series.newest()?.sample, series.step())));
        match newest {
            Some((sample, step)) if !verdict::is_silent(now.duration_since(sample.at()), step) => Ok(sample),
            silent => Err(SourceError::NothingPushed {
                signal: signal.to_owned(),
                since: silent.map(|(sample, _)| sample.at()),
            }),
        }
    }

    /// The samples of a signal that are kept from `from` to `to`, oldest first, a step apart.
    #[must_use]
    pub fn history(
        &self,
        (scaler, signal): (&ScalerKey, &str),
        (from, to): (Timestamp, Timestamp),
    ) -> Vec<Sample> {
        let scalers = self.read();
        match scalers.get(scaler).and_then(|signals| signals.get(signal)) {
            Some(Declared::Pushed(series)) => {
                let samples = series.kept().map(|taken| taken.sample);
                samples.filter(|sample| (from..=to).contains(&sample.at())).collect()
            }
            Some(Declared::Read(_)) | None => Vec::new(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Scalers> {
        self.scalers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Scalers> {
        self.scalers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parcel {
    /// Of samples that were taken.
    #[must_use]
    pub fn of((scaler, signal): (&ScalerKey, &str), taken: &[Taken]) -> Self {
        let samples = taken.iter().copied().map(packed).collect();
        Self { scaler: scaler.clone(), signal: signal.to_owned(), samples }
    }
}

impl Declared {
    fn of(source: &Source, former: Option<Self>) -> Self {
        match (&source.origin, former) {
            (Origin::Prometheus { .. }, _) => Self::Read("prometheus"),
            (Origin::Kafka { .. }, _) => Self::Read("kafka"),
            (Origin::Push { .. }, Some(Self::Pushed(series))) if series.step() == source.step => {
                Self::Pushed(series)
            }
            (Origin::Push { .. }, Some(Self::Pushed(series))) => Self::Pushed(series.on(source.step)),
            (Origin::Push { .. }, Some(Self::Read(_)) | None) => Self::Pushed(Series::new(source.step)),
        }
    }
}

fn series<'a>(scalers: &'a mut Scalers, scaler: &ScalerKey, signal: &str) -> Option<&'a mut Series> {
    match scalers.get_mut(scaler)?.get_mut(signal)? {
        Declared::Pushed(series) => Some(series),
        Declared::Read(_) => None,
    }
}

fn pushed(signals: &Signals) -> Vec<String> {
    let pushed = signals.iter().filter(|(_, declared)| matches!(declared, Declared::Pushed(_)));
    pushed.map(|(name, _)| name.clone()).collect()
}

fn packed(taken: Taken) -> (i64, f64, i64) {
    (taken.sample.at().as_millisecond(), taken.sample.value(), taken.at.as_millisecond())
}

fn unpacked((at, value, taken_at): (i64, f64, i64)) -> Option<Taken> {
    let time = |ms| Timestamp::from_millisecond(ms).ok();
    Some(Taken { sample: Sample::new(time(at)?, value)?, at: time(taken_at)? })
}
