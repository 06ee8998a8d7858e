//! IPv4 and IPv6.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use super::Def;
use super::MANY;
use super::arg;
use super::def;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Bool, Long, String};
    match name {
        "parse_ipv4" => def(1, 1, Long, |a| {
            v4(&text(&a[0]))
                .map(|(ip, len)| i64::from(ip & mask4(len)))
                .into()
        }),
        "parse_ipv4_mask" => def(2, 2, Long, |a| {
            masked4(&a[0], &a[1])
                .map(|(ip, len)| i64::from(ip & mask4(len)))
                .into()
        }),
        "parse_ipv6" => def(1, 1, String, |a| {
            v6(&text(&a[0]))
                .map(|(ip, len)| canonical(ip & mask6(len)))
                .unwrap_or_default()
                .into()
        }),
        "parse_ipv6_mask" => def(2, 2, String, |a| {
            let (Some((ip, len)), Some(n)) = (v6(&text(&a[0])), a[1].as_long()) else {
                return Value::text("");
            };
            if !(0..=128).contains(&n) {
                return Value::text("");
            }
            canonical(ip & mask6(len.min(n as u32))).into()
        }),
        "ipv4_netmask_suffix" => def(1, 1, Long, |a| {
            v4(&text(&a[0])).map(|(_, n)| i64::from(n)).into()
        }),
        "format_ipv4" => def(1, 2, String, |a| format4(a, false)),
        "format_ipv4_mask" => def(1, 2, String, |a| format4(a, true)),
        "ipv4_compare" => def(2, 3, Long, |a| match (v4(&text(&a[0])), v4(&text(&a[1]))) {
            (Some((x, n)), Some((y, m))) => {
                let mask = mask4(n.min(m).min(prefix(a, 2, 32)));
                Value::Long((x & mask).cmp(&(y & mask)) as i64)
            }
            _ => Value::Null,
        }),
        "ipv4_is_match" => def(2, 3, Bool, |a| match (v4(&text(&a[0])), v4(&text(&a[1]))) {
            (Some((x, n)), Some((y, m))) => {
                let mask = mask4(n.min(m).min(prefix(a, 2, 32)));
                Value::Bool(x & mask == y & mask)
            }
            _ => Value::Null,
        }),
        "ipv6_compare" => def(2, 3, Long, |a| match (v6(&text(&a[0])), v6(&text(&a[1]))) {
            (Some((x, n)), Some((y, m))) => {
                let mask = mask6(n.min(m).min(prefix(a, 2, 128)));
                Value::Long((x & mask).cmp(&(y & mask)) as i64)
            }
            _ => Value::Null,
        }),
        "ipv6_is_match" => def(2, 3, Bool, |a| match (v6(&text(&a[0])), v6(&text(&a[1]))) {
            (Some((x, n)), Some((y, m))) => {
                let mask = mask6(n.min(m).min(prefix(a, 2, 128)));
                Value::Bool(x & mask == y & mask)
            }
            _ => Value::Null,
        }),
        "ipv4_is_in_range" => def(2, 2, Bool, |a| in_range4(&text(&a[0]), &text(&a[1])).into()),
        "ipv6_is_in_range" => def(2, 2, Bool, |a| in_range6(&text(&a[0]), &text(&a[1])).into()),
        "ipv4_is_in_any_range" => def(2, MANY, Bool, |a| any_range(a, in_range4)),
        "ipv6_is_in_any_range" => def(2, MANY, Bool, |a| any_range(a, in_range6)),
        "ipv4_is_private" => def(1, 1, Bool, |a| {
            v4(&text(&a[0]))
                .map(|(ip, len)| Ipv4Addr::from(ip & mask4(len)).is_private())
                .into()
        }),
        "ipv4_range_to_cidr_list" => def(2, 2, Type::Dynamic, |a| {
            match (v4(&text(&a[0])), v4(&text(&a[1]))) {
                (Some((from, _)), Some((to, _))) if from <= to => cidr_list(from, to),
                _ => Value::Null,
            }
        }),
        "has_ipv4" => def(2, 2, Bool, |a| {
            if v4_exact(&text(&a[1])).is_none() {
                return Value::Bool(false);
            }
            Value::Bool(has4(&text(&a[0]), &text(&a[1]), false))
        }),
        "has_any_ipv4" => def(2, MANY, Bool, |a| {
            let source = text(&a[0]);
            Value::Bool(
                flat(&a[1..])
                    .iter()
                    .any(|ip| v4_exact(ip).is_some() && has4(&source, ip, false)),
            )
        }),
        "has_ipv4_prefix" => def(2, 2, Bool, |a| {
            Value::Bool(has4(&text(&a[0]), &text(&a[1]), true))
        }),
        "has_any_ipv4_prefix" => def(2, MANY, Bool, |a| {
            let source = text(&a[0]);
            Value::Bool(flat(&a[1..]).iter().any(|ip| has4(&source, ip, true)))
        }),
        _ => None,
    }
}

/// The texts of the arguments, arrays taken apart.
fn flat(args: &[Value]) -> Vec<String> {
    let mut out = Vec::new();
    for value in args {
        match value {
            Value::Array(items) => out.extend(items.iter().map(|v| text(v).into_owned())),
            other => out.push(text(other).into_owned()),
        }
    }
    out
}

fn prefix(a: &[Value], index: usize, most: u32) -> u32 {
    arg(a, index)
        .as_long()
        .and_then(|n| u32::try_from(n).ok())
        .unwrap_or(most)
        .min(most)
}

fn mask4(len: u32) -> u32 {
    u32::MAX.checked_shl(32 - len.min(32)).unwrap_or(0)
}

fn mask6(len: u32) -> u128 {
    u128::MAX.checked_shl(128 - len.min(128)).unwrap_or(0)
}

fn v4_exact(source: &str) -> Option<u32> {
    source.trim().parse::<Ipv4Addr>().ok().map(u32::from)
}

/// An address with its prefix length, 32 where none is written.
fn v4(source: &str) -> Option<(u32, u32)> {
    let (ip, len) = match source.split_once('/') {
        Some((ip, len)) => (ip, len.trim().parse().ok().filter(|n| *n <= 32)?),
        None => (source, 32),
    };
    Some((v4_exact(ip)?, len))
}

/// The same for IPv6; an IPv4 address is mapped, its prefix counted from bit 96.
fn v6(source: &str) -> Option<(u128, u32)> {
    let (ip, len) = match source.split_once('/') {
        Some((ip, len)) => (ip, Some(len.trim().parse::<u32>().ok()?)),
        None => (source, None),
    };
    let ip = ip.trim();
    if let Ok(four) = ip.parse::<Ipv4Addr>() {
        let len = len.unwrap_or(32);
        return (len <= 32).then(|| (u128::from(four.to_ipv6_mapped()), 96 + len));
    }
    let six: Ipv6Addr = ip.parse().ok()?;
    let mut bits = u128::from(six);
    let mut len = len.unwrap_or(128);
    // IPv6 with the last part in IPv4 notation counts as that IPv4 address.
    if ip.contains('.') && bits >> 32 == 0 {
        bits |= 0xffff_u128 << 32;
        if len <= 32 && source.contains('/') {
            len += 96;
        }
    }
    (len <= 128).then_some((bits, len))
}

fn canonical(ip: u128) -> String {
    Ipv6Addr::from(ip)
        .segments()
        .iter()
        .map(|s| format!("{s:04x}"))
        .collect::<Vec<_>>()
        .join(":")
}

fn masked4(address: &Value, mask: &Value) -> Option<(u32, u32)> {
    let (ip, len) = match address {
        Value::Long(n) => (u32::try_from(*n).ok()?, 32),
        other => v4(&text(other))?,
    };
    match mask.as_long() {
        Some(n) => Some((ip, len.min(u32::try_from(n).ok().filter(|n| *n <= 32)?))),
        None => Some((ip, len)),
    }
}

fn format4(a: &[Value], with_mask: bool) -> Value {
    let Some((ip, len)) = masked4(&a[0], arg(a, 1)) else {
        return Value::text("");
    };
    let ip = Ipv4Addr::from(ip & mask4(len));
    if with_mask {
        format!("{ip}/{len}")
    } else {
        ip.to_string()
    }
    .into()
}

fn in_range4(ip: &str, range: &str) -> Option<bool> {
    let ((ip, n), (range, len)) = (v4(ip)?, v4(range)?);
    let mask = mask4(len.min(n));
    Some(ip & mask == range & mask)
}

fn in_range6(ip: &str, range: &str) -> Option<bool> {
    let ((ip, n), (range, len)) = (v6(ip)?, v6(range)?);
    let mask = mask6(len.min(n));
    Some(ip & mask == range & mask)
}

fn any_range(a: &[Value], test: fn(&str, &str) -> Option<bool>) -> Value {
    let ip = text(&a[0]);
    let mut result = None;
    for range in flat(&a[1..]) {
        match test(&ip, &range) {
            Some(true) => return Value::Bool(true),
            Some(false) => result = Some(false),
            None => {}
        }
    }
    result.into()
}

fn cidr_list(from: u32, to: u32) -> Value {
    let mut out = Vec::new();
    let (mut at, to) = (u64::from(from), u64::from(to));
    while at <= to {
        let mut size = if at == 0 {
            1 << 32
        } else {
            at & at.wrapping_neg()
        };
        while size > to - at + 1 {
            size >>= 1;
        }
        let len = 32 - size.trailing_zeros();
        out.push(format!("{}/{len}", Ipv4Addr::from(at as u32)).into());
        at += size;
    }
    Value::array(out)
}

/// Whether the address, or the prefix, stands in the text with nothing of an address around it.
fn has4(source: &str, needle: &str, prefix: bool) -> bool {
    if needle.is_empty() || (prefix && !needle.ends_with('.') && v4_exact(needle).is_none()) {
        return false;
    }
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '.');
    source.match_indices(needle).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let rest = &source[at + needle.len()..];
        if part(before) {
            return false;
        }
        if !prefix || !needle.ends_with('.') {
            let mut after = rest.chars();
            return match after.next() {
                Some('.') => !after.next().is_some_and(|c| c.is_ascii_digit()),
                c => !c.is_some_and(char::is_alphanumeric),
            };
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        v4_exact(&format!("{needle}{}", rest[..end].trim_end_matches('.'))).is_some()
    })
}
