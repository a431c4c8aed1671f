//! Chunks: the samples of one series within two hours, as few bytes. Steps are even, so times are a few runs; of a value,
//! those bytes are kept that differ from the one before. All comes back bit for bit.
//!
//! ```text
//! samples · first time · runs of (gap, times) · for each value: zero bytes before and length of what differs, that
//! ```

use jiff::Timestamp;
use prescale_model::Sample;

use super::{
    fault::Damaged,
    row::{put_number, take_number},
};

/// Time that a chunk covers: 120 minutes. Longer ones take fewer bytes a sample, and more memory while they are open.
pub(super) const BUCKET_MS: i64 = 2 * 3_600_000;

/// A stretch of two hours, counted from 1970.
pub(super) type Bucket = u32;

/// A sample within its bucket: milliseconds since its begin, and the value.
pub(super) type Kept = (u32, f64);

/// The bucket of a time and the place in it; `None` before 1970, where no sample is from.
pub(super) fn place(at: Timestamp) -> Option<(Bucket, u32)> {
    let at = at.as_millisecond();
    let bucket = Bucket::try_from(at.div_euclid(BUCKET_MS)).ok()?;
    Some((bucket, u32::try_from(at.rem_euclid(BUCKET_MS)).expect("a bucket has fewer milliseconds")))
}

/// The sample at a place; `None` where its value is no amount.
pub(super) fn sample(bucket: Bucket, (offset, value): Kept) -> Option<Sample> {
    let at = i64::from(bucket) * BUCKET_MS + i64::from(offset);
    Sample::new(Timestamp::from_millisecond(at).ok()?, value)
}

/// The bytes of samples in order of time.
pub(super) fn encode(samples: &[Kept]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + 8 * samples.len());
    put_number(samples.len() as u64, &mut bytes);
    put_times(samples, &mut bytes);
    let mut last = 0;
    for (_, value) in samples {
        put_value(value.to_bits() ^ last, &mut bytes);
        last = value.to_bits();
    }
    bytes
}

/// The samples again.
pub(super) fn decode(mut bytes: &[u8]) -> Result<Vec<Kept>, Damaged> {
    let bytes = &mut bytes;
    let samples = usize::try_from(take_number(bytes)?).map_err(|_| Damaged)?;
    // Each takes a byte at least.
    if bytes.len() < samples {
        return Err(Damaged);
    }
    let times = take_times(samples, bytes)?;
    let mut last = 0;
    let mut kept = Vec::with_capacity(samples);
    for time in times {
        last ^= take_value(bytes)?;
        kept.push((time, f64::from_bits(last)));
    }
    if bytes.is_empty() { Ok(kept) } else { Err(Damaged) }
}

fn put_times(samples: &[Kept], bytes: &mut Vec<u8>) {
    let Some((first, _)) = samples.first() else { return };
    put_number(u64::from(*first), bytes);
    let gaps = samples.windows(2).map(|pair| pair[1].0 - pair[0].0).collect::<Vec<_>>();
    for run in gaps.chunk_by(|one, next| one == next) {
        put_number(u64::from(run[0]), bytes);
        put_number(run.len() as u64, bytes);
    }
}

fn take_times(samples: usize, bytes: &mut &[u8]) -> Result<Vec<u32>, Damaged> {
    let mut times = Vec::with_capacity(samples);
    if samples == 0 {
        return Ok(times);
    }
    let mut time = take_number(bytes)?;
    times.push(offset(time)?);
    while times.len() < samples {
        let (gap, run) = (take_number(bytes)?, take_number(bytes)?);
        if run == 0 || ((samples - times.len()) as u64) < run {
            return Err(Damaged);
        }
        for _ in 0..run {
            time = time.checked_add(gap).ok_or(Damaged)?;
            times.push(offset(time)?);
        }
    }
    Ok(times)
}

fn offset(time: u64) -> Result<u32, Damaged> {
    u32::try_from(time).ok().filter(|time| i64::from(*time) < BUCKET_MS).ok_or(Damaged)
}

/// The bytes that differ, without the zeros around them.
fn put_value(differs: u64, bytes: &mut Vec<u8>) {
    let before = differs.leading_zeros() / 8;
    let after = differs.trailing_zeros() / 8;
    let length = 8_u32.saturating_sub(before + after);
    bytes.push((before.min(8) << 4 | length) as u8);
    bytes.extend(&differs.to_be_bytes()[before as usize..][..length as usize]);
}

fn take_value(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let (&shape, rest) = bytes.split_first().ok_or(Damaged)?;
    let (before, length) = (usize::from(shape >> 4), usize::from(shape & 0xf));
    if 8 < before + length || rest.len() < length {
        return Err(Damaged);
    }
    let (differs, rest) = rest.split_at(length);
    *bytes = rest;
    let mut value = [0; 8];
    value[before..before + length].copy_from_slice(differs);
    Ok(u64::from_be_bytes(value))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn check(samples: &[Kept]) -> usize {
        let bytes = encode(samples);
        assert_eq!(decode(&bytes).as_deref(), Ok(samples));
        bytes.len()
    }

    #[test]
    fn even_times_and_equal_values_take_a_byte_a_sample() {
        let even =
            |value: fn(u32) -> f64| (0..120).map(|n| (n * 60_000 + 7_321, value(n))).collect::<Vec<_>>();
        assert!(check(&even(|_| 750.0)) < 140);
        assert!(check(&even(|n| f64::from(n * 37 % 1_000))) < 400);
        check(&[]);
        check(&[(7_199_999, 0.0)]);
    }

    proptest! {
        #[test]
        fn whatever_is_kept_comes_back_bit_for_bit(
            gaps in vec(prop_oneof![Just(15_000_u32), 1..100_000_u32], 0..60),
            values in vec(prop_oneof![Just(0.0), 0.0..1e9, 0.0..f64::MAX], 60),
        ) {
            let times = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) });
            let samples: Vec<Kept> = times.take_while(|at| i64::from(*at) < BUCKET_MS).zip(values).collect();
            check(&samples);
        }

        #[test]
        fn bytes_that_nobody_has_encoded_are_refused_or_samples_within_the_bucket(bytes in vec(any::<u8>(), 0..200)) {
            for (offset, _) in decode(&bytes).unwrap_or_default() {
                prop_assert!(i64::from(offset) < BUCKET_MS);
            }
        }
    }
}
