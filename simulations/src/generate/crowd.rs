//! Shapes in which crowds come and go. Each is 0 where nobody is there and 1 where everybody is.

/// Comes as an S: half are there at `middle`, and four fifths come within 4.4 times `scale` around it.
pub(super) fn arriving(time: f64, middle: f64, scale: f64) -> f64 {
    1.0 / (1.0 + (-(time - middle) / scale).exp())
}

/// Leaves from `since` on, a factor e fewer each `scale`.
pub(super) fn leaving(time: f64, since: f64, scale: f64) -> f64 {
    if time < since { 1.0 } else { (-(time - since) / scale).exp() }
}

/// Comes at once at `since` and leaves again, a factor e fewer each `scale`.
pub(super) fn rushing(time: f64, since: f64, scale: f64) -> f64 {
    if time < since { 0.0 } else { leaving(time, since, scale) }
}

/// Comes and goes around `middle`, most within twice `width`.
pub(super) fn gathering(time: f64, middle: f64, width: f64) -> f64 {
    (-((time - middle) / width).powi(2) / 2.0).exp()
}

/// Climbs from 0 at the start of `length` to 1 at its end, gently at both.
pub(super) fn climbing(time: f64, length: f64) -> f64 {
    let part = (time / length).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}
