//! Work on several threads, with the results in the order of the work.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cli::error::Error;

/// The engine and the checker follow the nesting of a query; the default of a thread is a quarter of the main one's.
const STACK: usize = 16 << 20;

/// Does `work` for every item, on as many threads as there are processors.
pub(crate) fn map<T: Sync, U: Send>(
    items: &[T],
    work: impl Fn(&T) -> U + Sync,
) -> Result<Vec<U>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let one = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            let mut done = done
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            done.push((index, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, one)
                .map_err(Error::Runtime)?;
        }
        Ok::<(), Error>(())
    })?;
    let mut done = done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_work() {
        let items: Vec<u64> = (0..500).collect();
        let doubled = map(&items, |item| item * 2).expect("threads");
        assert!(doubled.iter().zip(&items).all(|(two, one)| *two == one * 2));
        assert_eq!(doubled.len(), 500);
        assert_eq!(map(&[], |(): &()| ()).expect("none").len(), 0);
    }
}
