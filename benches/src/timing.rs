//! Every case runs in every round, so that a neighbour on the machine disturbs all of them alike, and what is taken is the
//! processor time of the thread, so that a neighbour's turn does not count. Figures are medians over the rounds; a ratio
//! is taken round by round.

use std::ops::Range;
use std::time::Duration;

use cpu_time::ThreadTime;

/// Something to be timed. The calls are numbered.
pub struct Case<'c> {
    pub name: String,
    run: Box<dyn FnMut(Range<usize>) -> Duration + 'c>,
    calls: usize,
    times: Vec<f64>,
}

impl<'c> Case<'c> {
    pub fn new(name: impl Into<String>, mut run: impl FnMut(usize) + 'c) -> Self {
        Self::fresh(name, |number| number, move |number| run(number))
    }

    /// Each call gets something of its own, which is made before the time counts.
    pub fn fresh<T>(
        name: impl Into<String>,
        mut make: impl FnMut(usize) -> T + 'c,
        mut run: impl FnMut(T) + 'c,
    ) -> Self {
        let run = move |calls: Range<usize>| {
            let inputs: Vec<T> = calls.map(&mut make).collect();
            let started = ThreadTime::now();
            inputs.into_iter().for_each(&mut run);
            started.elapsed()
        };
        Self { name: name.into(), run: Box::new(run), calls: 0, times: Vec::new() }
    }

    /// Nanoseconds of one call.
    fn time(&mut self, calls: usize) -> f64 {
        let nanoseconds = (self.run)(self.calls..self.calls + calls).as_secs_f64() * 1e9;
        self.calls += calls;
        nanoseconds / calls as f64
    }

    /// How many calls take as long as a slice; warms up too.
    fn calibrate(&mut self, slice: Duration) -> usize {
        let mut calls = 1;
        loop {
            let each = self.time(calls);
            let taken = each * calls as f64;
            let slice = slice.as_secs_f64() * 1e9;
            if taken >= slice / 4.0 {
                return ((slice / each) as usize).max(1);
            }
            calls *= 4;
        }
    }

    /// Nanoseconds of one call: a quarter of the rounds were quicker, half, three quarters.
    pub fn quartiles(&self) -> [f64; 3] {
        quartiles(self.times.clone())
    }

    pub fn median(&self) -> f64 {
        self.quartiles()[1]
    }
}

/// Runs all cases, round by round.
pub fn run(cases: &mut [Case<'_>], rounds: usize, slice: Duration) {
    let calls: Vec<usize> = cases.iter_mut().map(|case| case.calibrate(slice)).collect();
    for _round in 0..rounds {
        for (case, calls) in cases.iter_mut().zip(&calls) {
            let time = case.time(*calls);
            case.times.push(time);
        }
    }
}

/// How many times as long as `base` the case took, round by round.
pub fn ratio(case: &Case<'_>, base: &Case<'_>) -> [f64; 3] {
    quartiles(case.times.iter().zip(&base.times).map(|(case, base)| case / base).collect())
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

/// The case of a name.
pub fn case<'a, 'c>(cases: &'a [Case<'c>], name: &str) -> &'a Case<'c> {
    cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"))
}

/// A ratio and whether it is what it should be.
pub fn judge(what: &str, [low, median, high]: [f64; 3], met: bool) {
    let word = if met { "met" } else { "MISSED" };
    println!("{word:7} {what}: {median:.3} [{low:.3} to {high:.3}]");
}
