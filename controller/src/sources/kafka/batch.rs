//! Records as Kafka keeps them: batches of format 2 (Kafka 0.11 and newer), perhaps compressed. Anybody may write to a
//! topic, so that what is unpacked is bounded, and what is malformed is skipped.

use std::io::{self, Read};

/// What the records of a batch may take when they are unpacked: a batch is 1 MiB by default, and JSON packs tenfold.
const MOST_UNPACKED: u64 = 32 << 20;
/// Bytes before the length of a batch counts, and those of its head.
const BEFORE_LENGTH: usize = 12;
const HEAD: usize = 61;

/// A record, without key and headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it is in its partition.
    pub offset: i64,
    /// Milliseconds since 1970, by its producer or by the broker, as the topic has it.
    pub millis: i64,
    /// What it says; `None` where it says that its key is gone.
    pub value: Option<&'a [u8]>,
}

/// What was read of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The offset after the last whole batch; `None` where there is none.
    pub next: Option<i64>,
    /// Batches whose records cannot be read.
    pub broken: u64,
}

/// Hands each record of `bytes` to `take`. The last batch may be cut off, and is then left for another read.
pub fn read_batches(mut bytes: &[u8], mut take: impl FnMut(Record<'_>)) -> Reached {
    let mut reached = Reached::default();
    while let Some((batch, rest)) = split(bytes) {
        bytes = rest;
        let Some(head) = Head::read(batch) else {
            reached.broken += 1;
            continue;
        };
        reached.next =
            head.base_offset.checked_add(i64::from(head.last_delta)).and_then(|last| last.checked_add(1));
        if head.is_control() {
            continue;
        }
        let is_read =
            unpacked(&head, &batch[HEAD..]).is_ok_and(|records| each(&head, &records, &mut take).is_some());
        reached.broken += u64::from(!is_read);
    }
    reached
}

/// The first batch, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = i32::from_be_bytes(*bytes.get(8..)?.first_chunk()?);
    let whole = BEFORE_LENGTH + usize::try_from(length).ok()?;
    bytes.split_at_checked(whole)
}

struct Head {
    base_offset: i64,
    attributes: i16,
    last_delta: i32,
    base_millis: i64,
    most_millis: i64,
    count: i32,
}

impl Head {
    fn read(batch: &[u8]) -> Option<Self> {
        let head = batch.first_chunk::<HEAD>()?;
        let is_format_2 = head[16] == 2;
        is_format_2.then(|| Self {
            base_offset: i64::from_be_bytes(at(head, 0)),
            attributes: i16::from_be_bytes(at(head, 21)),
            last_delta: i32::from_be_bytes(at(head, 23)),
            base_millis: i64::from_be_bytes(at(head, 27)),
            most_millis: i64::from_be_bytes(at(head, 35)),
            count: i32::from_be_bytes(at(head, 57)),
        })
    }

    /// Markers of transactions are no records.
    fn is_control(&self) -> bool {
        self.attributes & 0x20 != 0
    }

    /// A topic may stamp records when they arrive, all of a batch at once.
    fn stamps_on_arrival(&self) -> bool {
        self.attributes & 0x08 != 0
    }
}

fn at<const N: usize>(head: &[u8; HEAD], from: usize) -> [u8; N] {
    std::array::from_fn(|index| head[from + index])
}

fn unpacked(head: &Head, packed: &[u8]) -> io::Result<Vec<u8>> {
    match head.attributes & 0x07 {
        0 => Ok(packed.to_vec()),
        1 => bounded(flate2::read::GzDecoder::new(packed)),
        2 => unsnapped(packed),
        3 => bounded(lz4_flex::frame::FrameDecoder::new(packed)),
        4 => bounded(ruzstd::decoding::StreamingDecoder::new(packed).map_err(io::Error::other)?),
        other => Err(io::Error::other(format!("compression {other} is not known"))),
    }
}

fn bounded(unpacking: impl Read) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    unpacking.take(MOST_UNPACKED + 1).read_to_end(&mut unpacked)?;
    if MOST_UNPACKED < unpacked.len() as u64 {
        return Err(io::Error::other("a batch unpacks to more than 32 MiB"));
    }
    Ok(unpacked)
}

/// Java producers cut what they pack into blocks, behind a head of 16 bytes; others pack all of it at once.
fn unsnapped(packed: &[u8]) -> io::Result<Vec<u8>> {
    const JAVA: &[u8] = b"\x82SNAPPY\0";
    let Some(mut blocks) = packed.strip_prefix(JAVA).and_then(|rest| rest.get(8..)) else {
        return unsnapped_block(packed, MOST_UNPACKED);
    };
    let mut unpacked = Vec::new();
    while !blocks.is_empty() {
        let cut_off = || io::Error::other("a block is cut off");
        let (length, rest) = blocks.split_first_chunk().ok_or_else(cut_off)?;
        let (block, rest) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(cut_off)?;
        let left = MOST_UNPACKED - unpacked.len() as u64;
        unpacked.extend(unsnapped_block(block, left)?);
        blocks = rest;
    }
    Ok(unpacked)
}

fn unsnapped_block(block: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let length = snap::raw::decompress_len(block).map_err(io::Error::other)?;
    if most < length as u64 {
        return Err(io::Error::other("a batch unpacks to more than 32 MiB"));
    }
    snap::raw::Decoder::new().decompress_vec(block).map_err(io::Error::other)
}

/// Hands on each record; `None` where they are not what the head says.
fn each(head: &Head, records: &[u8], take: &mut impl FnMut(Record<'_>)) -> Option<()> {
    let mut cursor = Cursor(records);
    for _ in 0..head.count {
        let length = cursor.length()??;
        let mut record = Cursor(cursor.bytes(length)?);
        record.bytes(1)?;
        let millis_delta = record.varint()?;
        let offset = head.base_offset.checked_add(record.varint()?)?;
        if let Some(length) = record.length()? {
            record.bytes(length)?;
        }
        let value = match record.length()? {
            Some(length) => Some(record.bytes(length)?),
            None => None,
        };
        let of_producer = head.base_millis.checked_add(millis_delta)?;
        let millis = if head.stamps_on_arrival() { head.most_millis } else { of_producer };
        take(Record { offset, millis, value });
    }
    Some(())
}

/// Bytes that are read from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A length; within it, `None` is nothing at all, which is not empty.
    fn length(&mut self) -> Option<Option<usize>> {
        match self.varint()? {
            -1 => Some(None),
            length => Some(Some(usize::try_from(length).ok()?)),
        }
    }

    /// An integer, seven bits a byte, the lowest first, its sign in the lowest bit.
    fn varint(&mut self) -> Option<i64> {
        let mut bits = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            bits |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::{Bytes, BytesMut};
    use kafka_protocol::records::{
        Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, RecordBatchEncoder,
        RecordEncodeOptions, TimestampType,
    };
    use proptest::prelude::*;

    /// Batches as another implementation writes them.
    fn written(values: &[&str], control: bool) -> BytesMut {
        let record = |(offset, value): (i64, &&str)| kafka_protocol::records::Record {
            transactional: control,
            control,
            delete_horizon: false,
            partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
            producer_id: NO_PRODUCER_ID,
            producer_epoch: NO_PRODUCER_EPOCH,
            timestamp_type: TimestampType::Creation,
            offset,
            // Another writer begins a new batch where the sequence has a gap.
            sequence: offset as i32,
            timestamp: 1_000_000 + offset,
            key: (offset % 2 == 0).then(|| Bytes::from_static(b"key")),
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
            headers: kafka_protocol::indexmap::IndexMap::new(),
        };
        let records = (100..).zip(values).map(record).collect::<Vec<_>>();
        let mut bytes = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression: Compression::None };
        RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
        bytes
    }

    fn check(bytes: &[u8], expected: &[(i64, i64, &str)], next: Option<i64>, broken: u64) {
        let mut records = Vec::new();
        let reached = read_batches(bytes, |record| {
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            records.push((record.offset, record.millis, value));
        });
        let expected = expected.iter().map(|&(offset, millis, value)| (offset, millis, value.to_owned()));
        assert_eq!(records, expected.collect::<Vec<_>>());
        assert_eq!(reached, Reached { next, broken });
    }

    #[test]
    fn records_are_read_as_another_implementation_writes_them() {
        let batch = written(&["a", "bb", ""], false);
        let expected = [(100, 1_000_100, "a"), (101, 1_000_101, "bb"), (102, 1_000_102, "")];
        check(&batch, &expected, Some(103), 0);
        check(&[], &[], None, 0);
        check(&[batch.as_ref(), &batch[..70]].concat(), &expected, Some(103), 0);
        check(&written(&["marker"], true), &[], Some(101), 0);
    }

    /// The same batch with its records packed.
    fn packed(code: u8, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let batch = written(&["a", "bb"], false);
        let mut packed = [&batch[..HEAD], &pack(&batch[HEAD..])].concat();
        packed[22] = code;
        let length = i32::try_from(packed.len() - BEFORE_LENGTH).unwrap();
        packed[8..12].copy_from_slice(&length.to_be_bytes());
        packed
    }

    #[test]
    fn packed_records_are_unpacked_within_a_bound() {
        use std::io::Write;
        let expected = [(100, 1_000_100, "a"), (101, 1_000_101, "bb")];
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        check(&packed(1, gzip), &expected, Some(102), 0);
        let snappy = |bytes: &[u8]| snap::raw::Encoder::new().compress_vec(bytes).unwrap();
        check(&packed(2, snappy), &expected, Some(102), 0);
        let java = |bytes: &[u8]| {
            let mut blocks = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
            for half in bytes.chunks(bytes.len().div_ceil(2)) {
                let block = snappy(half);
                blocks.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
                blocks.extend(block);
            }
            blocks
        };
        check(&packed(2, java), &expected, Some(102), 0);
        let lz4 = |bytes: &[u8]| {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        check(&packed(3, lz4), &expected, Some(102), 0);
        let zstd = |bytes: &[u8]| {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        };
        check(&packed(4, zstd), &expected, Some(102), 0);
        check(&packed(5, <[u8]>::to_vec), &[], Some(102), 1);
        let bomb = |_: &[u8]| gzip(&vec![0; 33 << 20]);
        check(&packed(1, bomb), &[], Some(102), 1);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            read_batches(&bytes, |_| {});
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0_usize..200, byte in any::<u8>()) {
            let mut batch = written(&["a", "bb", "ccc"], false);
            let at = at % batch.len();
            batch[at] = byte;
            read_batches(&batch, |_| {});
        }
    }
}
