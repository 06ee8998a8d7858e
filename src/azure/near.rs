//! Names like a name.

/// The names nearest to one that does not exist, best first; all of them when there are few.
pub(super) fn near(name: &str, names: Vec<String>) -> Vec<String> {
    const FEW: usize = 5;
    let mut names = names;
    names.sort();
    names.dedup();
    if names.len() <= FEW {
        return names;
    }
    let wanted = name.to_lowercase();
    let mut ranked: Vec<(usize, String)> = names
        .into_iter()
        .filter_map(|one| {
            let lower = one.to_lowercase();
            let distance = distance(&wanted, &lower);
            let contained = lower.contains(&wanted) || wanted.contains(&lower);
            (contained || distance <= wanted.chars().count() / 3 + 1).then_some((distance, one))
        })
        .collect();
    ranked.sort();
    ranked.into_iter().take(FEW).map(|(_, one)| one).collect()
}

/// Levenshtein's distance in characters.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, from) in one.chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (column, to) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["law-dev", "law-prod", "sec-prod", "sec-prod-eu", "x", "y"];
        let found = near("sec-prd", names.map(str::to_owned).to_vec());
        assert_eq!(found, ["sec-prod"]);
        assert_eq!(near("a", vec!["zzz".into()]), ["zzz"]);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
