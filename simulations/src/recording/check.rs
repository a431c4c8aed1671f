//! What must hold for every recording, read or made: columns and their meaning agree, and numbers are possible.

use std::path::Path;

use super::{Kind, Recording, RecordingError, SignalMeta, TIME_COLUMN, folder, manifest};

impl Recording {
    /// Refuses what no signal can be. `path` is what errors name.
    pub(super) fn check(&self, path: &Path) -> Result<(), RecordingError> {
        manifest::check_step(path, self.step)?;
        manifest::check_time_zone(path, &self.meta.time_zone)?;
        self.check_names(path)?;
        for (name, meta) in &self.meta.signals {
            self.check_values(path, name, meta)?;
        }
        Ok(())
    }

    /// Refuses samples that are shorter or longer than `recording.toml` says, where it says it.
    pub(super) fn check_length(&self, samples: &Path, steps: Option<usize>) -> Result<(), RecordingError> {
        match steps {
            Some(steps) if steps != self.len() => Err(RecordingError::file(
                samples,
                format!("holds {} steps where {} says {steps}: it is cut off", self.len(), folder::MANIFEST),
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn check_names(&self, path: &Path) -> Result<(), RecordingError> {
        if let Some(name) = self.meta.signals.keys().find(|name| !self.signals.contains_key(*name)) {
            return Err(RecordingError::file(path, format!("lacks the column {name} of signals.{name}")));
        }
        if let Some(name) = self.signals.keys().find(|name| !self.meta.signals.contains_key(*name)) {
            let problem = format!("has a column {name} that {} does not describe", folder::MANIFEST);
            return Err(RecordingError::file(path, problem));
        }
        let reserved = self.signals.keys().find(|name| name.is_empty() || *name == TIME_COLUMN);
        if let Some(name) = reserved {
            return Err(RecordingError::file(
                path,
                format!("has a signal named {name:?}: choose another name"),
            ));
        }
        if self.signals.contains_key(&self.meta.demand) {
            return Ok(());
        }
        Err(RecordingError::file(path, format!("lacks the demand signal {:?}", self.meta.demand)))
    }

    /// Rates, counts and whatever is the demand are never negative; a gauge may be.
    fn check_values(&self, path: &Path, name: &str, meta: &SignalMeta) -> Result<(), RecordingError> {
        let column = self.signals.get(name).into_iter().flat_map(super::Column::iter);
        let may_be_negative = match meta.kind {
            Kind::Gauge => name != self.meta.demand,
            Kind::Rate | Kind::Count => false,
        };
        for (index, value) in column.enumerate().filter_map(|(index, cell)| Some((index, cell?))) {
            let possible = value.is_finite() && (may_be_negative || 0.0 <= value);
            if !possible {
                let problem = format!("{value} at {} must be finite and not negative", self.time_at(index));
                return Err(RecordingError::file(path, format!("cannot be used: {name} {problem}")));
            }
        }
        Ok(())
    }
}
