"""FFT extrapolation, as the DSP prediction of Crane does it.

Source: https://github.com/gocrane/crane, `pkg/prediction/dsp`. Settings: its defaults. On the last seven days, refit
every twelve hours; frequencies below one an hour are kept and of the others the strongest; the last cycle of a day,
filtered, is the forecast of the next. Of its default estimators the one is taken that would have forecast the last
cycle best by mean squared error. They differ in spectrum items and in a safety margin. The band is the harness's,
which takes a margin out again where it is a bias.
"""

import numpy as np

TITLE = "FFT (Crane's method)"
SETTINGS = "last 7 days, cycle of a day, refit every 12 h"
HAS_QUANTILES = False

WINDOW_DAYS = 7
HIGH_FREQUENCY_PER_MINUTE = 1 / 60
MOST_ITEMS = 100

# Least spectrum items, least amplitude, margin.
ESTIMATORS = [
    (items, amplitude, margin)
    for items, amplitude in ((3, 1.0), (50, 0.05))
    for margin in (0.01, 0.10, 0.15, 0.20)
]


def forecast(trace, origins, tools):
    """Point forecasts, from two fits a day."""
    day, ahead = trace.steps_per_day, np.array(trace.horizons)
    made = np.full((len(origins), len(trace.horizons)), np.nan)
    halves = trace.stamps[origins].astype("datetime64[h]").astype(int) // 12
    for half in np.unique(halves):
        rows = np.flatnonzero(halves == half)
        seen = int(origins[rows[0]]) + 1
        cycles = min(WINDOW_DAYS, seen // day)
        if cycles < 2:
            continue
        past = trace.filled[seen - cycles * day : seen]
        cycle = estimate(past, day, trace.step_minutes, best_estimator(past, day, trace.step_minutes))
        made[rows] = cycle[(origins[rows][:, None] + ahead - seen) % day]
    return made


def best_estimator(past, day, step_minutes):
    """The one that would have forecast the last cycle best."""
    history, actual = past[:-day], past[-day:]
    errors = [((estimate(history, day, step_minutes, each) - actual) ** 2).mean() for each in ESTIMATORS]
    return ESTIMATORS[int(np.argmin(errors))]


def estimate(past, day, step_minutes, estimator):
    """The last cycle with its noise filtered out, plus the margin."""
    least_items, least_amplitude, margin = estimator
    spectrum = np.fft.fft(past)
    amplitude = np.abs(spectrum) / len(past)
    strongest = np.sort(amplitude[1 : len(past) // 2])[::-1]
    least = max(strongest[min(MOST_ITEMS, len(strongest)) - 1], least_amplitude)
    if least_items <= len(strongest):
        least = min(least, strongest[least_items - 1])
    # As there, a frequency is counted upwards from 0, and the mirrored half is above the threshold too.
    frequency = np.arange(len(past)) / len(past) / step_minutes
    spectrum[(amplitude < least) & (frequency > HIGH_FREQUENCY_PER_MINUTE)] = 0
    filtered = np.fft.ifft(spectrum).real[-day:]
    return np.where(filtered <= 0, 0.01, filtered) * (1 + margin)
