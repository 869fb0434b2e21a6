/// How much the guard remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaySettings {
    /// How many entries it remembers at once.
    pub capacity: usize,
    /// How many of a hundred of them one principal may hold.
    pub share_percent: u8,
    /// What happens to requests that were signed before the guard began to remember.
    pub signed_before_start: SignedBeforeStart,
    /// Whether there are other processes.
    pub peers: Peers,
}

/// What happens to a request that was signed before the process started: another process may have seen its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBeforeStart {
    /// It is refused. Clients whose clocks are slow are refused for that long after a start.
    Refuse,
    /// It is accepted, and might be a replay of a request before the start.
    Accept,
}

/// Whether other processes have to be told of what was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// There are none.
    None,
    /// There are: what was spent is answered with a mark for them.
    Told,
}

impl Default for ReplaySettings {
    /// Room for 5,000 signed calls a second. An entry is kept until its request's time is 900 s past, for a margin of
    /// 60 s, and at most one bucket and one sweep more: 900 + 60 + 120 + 5 = 1,085 s where clocks agree, 900 s more for
    /// callers that are 15 minutes ahead. So 5,000 × 1,985 s = 9.93 million entries at worst. Twice that, so that a
    /// single caller, who may hold half, can make all of these calls and the others still find as much room.
    ///
    /// An entry takes 10 to 12.5 bytes, when it is there: 5,000 calls a second by clocks that agree are 5.4 million
    /// entries and about 58 MiB, an idle guard takes next to nothing, a full one 250 MiB.
    fn default() -> Self {
        Self {
            capacity: 20 * 1024 * 1024,
            share_percent: 50,
            signed_before_start: SignedBeforeStart::Refuse,
            peers: Peers::None,
        }
    }
}
