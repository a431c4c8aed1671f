//! Rows as they lie in the file: bytes that carry a checksum, since a disk may give back others than it was given.

use super::fault::Damaged;

const CHECKSUM: usize = 4;

/// The bytes, and their CRC-32.
pub(super) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// The bytes that were sealed.
pub(super) fn unseal(row: &[u8]) -> Result<&[u8], Damaged> {
    let (bytes, checksum) = row.split_last_chunk::<CHECKSUM>().ok_or(Damaged)?;
    (crc32fast::hash(bytes) == u32::from_le_bytes(*checksum)).then_some(bytes).ok_or(Damaged)
}

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn put_number(mut number: u64, bytes: &mut Vec<u8>) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front.
pub(super) fn take_number(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Damaged)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_has_changed_is_told() {
        let mut row = seal(vec![1, 2, 3]);
        assert_eq!(unseal(&row), Ok(&[1, 2, 3][..]));
        for at in 0..row.len() {
            row[at] ^= 1;
            assert_eq!(unseal(&row), Err(Damaged), "byte {at}");
            row[at] ^= 1;
        }
        assert_eq!(unseal(&[]), Err(Damaged));
    }

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, 7_199_999, u64::MAX] {
            let mut bytes = Vec::new();
            put_number(number, &mut bytes);
            assert_eq!(take_number(&mut &bytes[..]), Ok(number));
        }
        assert_eq!(take_number(&mut &[0x80; 12][..]), Err(Damaged));
    }
}
