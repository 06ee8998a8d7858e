//! Encodings, hashes and compression.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;

use super::Def;
use super::arg;
use super::def;
use super::refuse;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Dynamic, Guid, Long, String};
    match name {
        "base64_encode_tostring" | "base64_encodestring" => def(1, 1, String, |a| {
            STANDARD.encode(text(&a[0]).as_bytes()).into()
        }),
        "base64_decode_tostring" | "base64_decodestring" => def(1, 1, String, |a| {
            decode64(&text(&a[0]))
                .and_then(|b| std::string::String::from_utf8(b).ok())
                .unwrap_or_default()
                .into()
        }),
        "base64_decode_toarray" => def(1, 1, Dynamic, |a| {
            decode64(&text(&a[0])).map_or(Value::Null, |bytes| {
                Value::array(
                    bytes
                        .into_iter()
                        .map(|b| Value::Long(i64::from(b)))
                        .collect(),
                )
            })
        }),
        "base64_encode_fromarray" => def(1, 1, String, |a| {
            let bytes: Option<Vec<u8>> = a[0]
                .as_array()
                .unwrap_or_default()
                .iter()
                .map(|v| u8::try_from(v.as_long()?).ok())
                .collect();
            bytes.map(|b| STANDARD.encode(b)).unwrap_or_default().into()
        }),
        "base64_encode_fromguid" => def(1, 1, String, |a| match &a[0] {
            Value::Guid(bytes) => STANDARD.encode(mixed(*bytes)).into(),
            _ => Value::text(""),
        }),
        "base64_decode_toguid" => def(1, 1, Guid, |a| {
            decode64(&text(&a[0]))
                .and_then(|b| <[u8; 16]>::try_from(b).ok())
                .map_or(Value::Null, |b| Value::Guid(mixed(b)))
        }),
        "url_encode" => def(1, 1, String, |a| url_encode(&text(&a[0]), true).into()),
        "url_encode_component" => def(1, 1, String, |a| url_encode(&text(&a[0]), false).into()),
        "url_decode" => def(1, 1, String, |a| url_decode(&text(&a[0])).into()),
        "hash_md5" => def(1, 1, String, |a| {
            hex(&md5::Md5::digest(hash_input(&a[0]))).into()
        }),
        "hash_sha1" => def(1, 1, String, |a| {
            hex(&sha1::Sha1::digest(hash_input(&a[0]))).into()
        }),
        "hash_sha256" => def(1, 1, String, |a| {
            hex(&sha2::Sha256::digest(hash_input(&a[0]))).into()
        }),
        "hash" | "hash_xxhash64" => def(1, 2, Long, |a| {
            let Some(bytes) = held(&a[0]) else {
                return refuse("the hash of a null, a decimal, an array or a bag");
            };
            let hash = xxhash64(&bytes) as i64;
            match arg(a, 1).as_long() {
                Some(modulus) if modulus > 0 => Value::Long(hash.rem_euclid(modulus)),
                _ => Value::Long(hash),
            }
        }),
        "gzip_compress_to_base64_string" => def(1, 1, String, |a| {
            STANDARD.encode(gzip(text(&a[0]).as_bytes())).into()
        }),
        "zlib_compress_to_base64_string" => def(1, 1, String, |a| {
            STANDARD.encode(zlib(text(&a[0]).as_bytes())).into()
        }),
        "gzip_decompress_from_base64_string" => def(1, 1, String, |a| {
            let bytes = decode64(&text(&a[0])).unwrap_or_default();
            inflate(flate2::read::GzDecoder::new(bytes.as_slice()))
        }),
        "zlib_decompress_from_base64_string" => def(1, 1, String, |a| {
            let bytes = decode64(&text(&a[0])).unwrap_or_default();
            inflate(flate2::read::ZlibDecoder::new(bytes.as_slice()))
        }),
        _ => None,
    }
}

/// The deflated bytes, or a stored block where deflating does not make them fewer.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    /// What the library stores by itself is longer than this.
    const SHORT: u16 = 32;
    let deflated = miniz_oxide::deflate::compress_to_vec(bytes, 6);
    match u16::try_from(bytes.len()) {
        Ok(length @ 1..=SHORT) if deflated.len() >= bytes.len() => {
            let mut stored = vec![1];
            stored.extend(length.to_le_bytes());
            stored.extend((!length).to_le_bytes());
            stored.extend(bytes);
            stored
        }
        _ => deflated,
    }
}

/// With a header that names neither time nor system, as the reference's example has it.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut check = flate2::Crc::new();
    check.update(bytes);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(deflate(bytes));
    out.extend(check.sum().to_le_bytes());
    out.extend(check.amount().to_le_bytes());
    out
}

/// With the header of the reference's example.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    let mut out = vec![0x78, 1];
    out.extend(deflate(bytes));
    out.extend((high << 16 | low).to_be_bytes());
    out
}

fn inflate(reader: impl std::io::Read) -> Value {
    let mut out = Vec::new();
    // A bomb must not fill the memory.
    match reader.take(16 << 20).read_to_end(&mut out) {
        Ok(_) => String::from_utf8(out).unwrap_or_default().into(),
        Err(_) => Value::text(""),
    }
}

fn decode64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// The byte order in which .NET lays out a GUID.
fn mixed(mut b: [u8; 16]) -> [u8; 16] {
    b[..4].reverse();
    b[4..6].reverse();
    b[6..8].reverse();
    b
}

/// The bytes in which the service holds a value, as far as they are known: those of the text, or of the number in its
/// width, the least significant first.
fn held(value: &Value) -> Option<Vec<u8>> {
    Some(match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Bool(b) => vec![u8::from(*b)],
        Value::Int(n) => n.to_le_bytes().to_vec(),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => n.to_le_bytes().to_vec(),
        Value::Real(n) => n.to_le_bytes().to_vec(),
        Value::Guid(bytes) => mixed(*bytes).to_vec(),
        Value::Null | Value::Decimal(_) | Value::Array(_) | Value::Bag(_) => return None,
    })
}

fn hash_input(value: &Value) -> Vec<u8> {
    value.to_text().as_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        out.push_str(&format!("{byte:02x}"));
        out
    })
}

fn url_encode(source: &str, spaces_as_plus: bool) -> String {
    let mut out = String::new();
    for byte in source.bytes() {
        match byte {
            b' ' if spaces_as_plus => out.push('+'),
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'!'
            | b'*'
            | b'('
            | b')' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

pub(super) fn url_decode(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| source.get(at + 1..at + 3))
            .flatten()
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        if let Some(byte) = escaped {
            out.push(byte);
            at += 3;
        } else {
            out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// XXH64 with seed 0.
pub(crate) fn xxhash64(data: &[u8]) -> u64 {
    const P1: u64 = 0x9E37_79B1_85EB_CA87;
    const P2: u64 = 0xC2B2_AE3D_27D4_EB4F;
    const P3: u64 = 0x1656_67B1_9E37_79F9;
    const P4: u64 = 0x85EB_CA77_C2B2_AE63;
    const P5: u64 = 0x27D4_EB2F_1656_67C5;
    let word = |b: &[u8]| u64::from_le_bytes(b[..8].try_into().unwrap_or_default());
    let round = |acc: u64, lane: u64| {
        acc.wrapping_add(lane.wrapping_mul(P2))
            .rotate_left(31)
            .wrapping_mul(P1)
    };
    let mut rest = data;
    let mut hash = if data.len() >= 32 {
        let mut v = [P1.wrapping_add(P2), P2, 0, 0_u64.wrapping_sub(P1)];
        while rest.len() >= 32 {
            for (lane, acc) in v.iter_mut().enumerate() {
                *acc = round(*acc, word(&rest[lane * 8..]));
            }
            rest = &rest[32..];
        }
        let mut hash = v[0]
            .rotate_left(1)
            .wrapping_add(v[1].rotate_left(7))
            .wrapping_add(v[2].rotate_left(12))
            .wrapping_add(v[3].rotate_left(18));
        for acc in v {
            hash = (hash ^ round(0, acc)).wrapping_mul(P1).wrapping_add(P4);
        }
        hash
    } else {
        P5
    };
    hash = hash.wrapping_add(data.len() as u64);
    while rest.len() >= 8 {
        hash = (hash ^ round(0, word(rest)))
            .rotate_left(27)
            .wrapping_mul(P1)
            .wrapping_add(P4);
        rest = &rest[8..];
    }
    if rest.len() >= 4 {
        let half = u64::from(u32::from_le_bytes(rest[..4].try_into().unwrap_or_default()));
        hash = (hash ^ half.wrapping_mul(P1))
            .rotate_left(23)
            .wrapping_mul(P2)
            .wrapping_add(P3);
        rest = &rest[4..];
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte).wrapping_mul(P5))
            .rotate_left(11)
            .wrapping_mul(P1);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(P2);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(P3);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, argument: Value) -> Value {
        (lookup(name).expect("it is there").body)(&[argument])
    }

    /// The values of the reference's pages.
    #[test]
    fn hashes_are_of_what_the_service_holds() {
        assert_eq!(
            call("hash", "World".into()),
            Value::Long(1_846_988_464_401_551_951)
        );
        assert_eq!(
            call("hash_xxhash64", Value::Datetime(635_556_672_000_000_000)),
            Value::Long(1_380_966_698_541_616_202)
        );
        assert_eq!(call("hash", Value::Null), Value::Null);
        assert!(super::super::refused().is_some());
    }

    #[test]
    fn what_does_not_shrink_is_stored() {
        let text = Value::text("1234567890qwertyuiop");
        assert_eq!(
            call("gzip_compress_to_base64_string", text.clone()),
            Value::text("H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==")
        );
        assert_eq!(
            call("zlib_compress_to_base64_string", text),
            Value::text("eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==")
        );
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for text in ["", "a", "aaaaaaaaaaaaaaaaaaaa", &"wörter ".repeat(500)] {
            for kind in ["gzip", "zlib"] {
                let packed = call(&format!("{kind}_compress_to_base64_string"), text.into());
                let unpacked = call(&format!("{kind}_decompress_from_base64_string"), packed);
                assert_eq!(unpacked, Value::text(text), "{kind}");
            }
        }
    }
}
