//! What both programs share: the command line, the lines they print, and the chain they serve.

pub mod transactions;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::watch;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn tell(line: Value) {
    println!("{line}"); // to a pipe, too, a whole line at a time
}

/// `serve` or `client JOB`, and its options.
pub struct Arguments {
    pub serve: bool,
    pub job: String,
    options: HashMap<String, String>,
}

impl Arguments {
    pub fn read() -> Self {
        let mut words = std::env::args().skip(1).peekable();
        let serve = words.next().as_deref() == Some("serve");
        let job = if serve { None } else { words.next() };
        let mut options = HashMap::new();
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            options.insert(name, value);
        }
        Arguments {
            serve,
            job: job.unwrap_or_default(),
            options,
        }
    }

    pub fn text(&self, name: &str) -> &str {
        self.options.get(name).map_or("", String::as_str)
    }

    pub fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.options
            .get(name)
            .map_or(otherwise, |text| text.parse().expect("a number"))
    }
}

/// The origin, or a slot and a hash; as text `origin` or `SLOT.HASH`.
pub type Place = Option<(u64, Vec<u8>)>;

pub fn place_of(text: &str) -> Place {
    let (slot, hash) = text.split_once('.')?;
    Some((
        slot.parse().expect("a slot"),
        hex::decode(hash).expect("a hash"),
    ))
}

pub fn text_of(place: &Place) -> String {
    match place {
        None => "origin".into(),
        Some((slot, hash)) => format!("{slot}.{}", hex::encode(hash)),
    }
}

pub struct Block {
    pub place: Place,
    pub number: u64,
    pub era: u8,
    pub header: Vec<u8>,
    pub block: Vec<u8>,
}

/// The blocks of a file, counted from 1; position 0 is the origin. Where the chain ends is told by `tip`.
pub struct Chain {
    blocks: Vec<Block>,
    positions: HashMap<Place, usize>,
    /// Behind the last block comes the first one again: a chain as long as a measurement wants it.
    cyclic: bool,
    pub tip: watch::Receiver<usize>,
}

impl Chain {
    /// Reads the file of `--chain`. Lines `tip N` on stdin move its end; at the end of stdin the program ends.
    pub fn open(arguments: &Arguments) -> Result<Arc<Self>, Failure> {
        let mut blocks = Vec::new();
        for line in std::fs::read_to_string(arguments.text("--chain"))?.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let [slot, hash, number, era, header, block] = words[..] else {
                return Err("not a line of a chain".into());
            };
            blocks.push(Block {
                place: Some((slot.parse()?, hex::decode(hash)?)),
                number: number.parse()?,
                era: era.parse()?,
                header: hex::decode(header)?,
                block: hex::decode(block)?,
            });
        }
        let positions = blocks
            .iter()
            .enumerate()
            .map(|(i, block)| (block.place.clone(), i + 1))
            .collect();
        let (sender, tip) = watch::channel(arguments.number("--tip", blocks.len() as u64) as usize);
        tokio::spawn(async move {
            let mut lines = BufReader::new(tokio::io::stdin()).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(position) = line.strip_prefix("tip ") {
                    sender.send_replace(position.parse().expect("a position"));
                }
            }
            std::process::exit(0);
        });
        Ok(Arc::new(Chain {
            blocks,
            positions,
            cyclic: arguments.number("--cyclic", 0) != 0,
            tip,
        }))
    }

    pub fn block(&self, position: usize) -> &Block {
        &self.blocks[position - 1]
    }

    pub fn place(&self, position: usize) -> Place {
        if position == 0 {
            None
        } else {
            self.block(position).place.clone()
        }
    }

    /// The last block's place and number.
    pub fn end(&self) -> (Place, u64) {
        let position = *self.tip.borrow();
        (
            self.place(position),
            if position == 0 {
                0
            } else {
                self.block(position).number
            },
        )
    }

    pub fn find(&self, place: &Place) -> Option<usize> {
        if place.is_none() {
            return Some(0);
        }
        self.positions
            .get(place)
            .copied()
            .filter(|position| position <= &*self.tip.borrow())
    }

    /// The blocks of a range, both ends included; none where the chain does not have it.
    pub fn range(&self, first: &Place, last: &Place) -> Vec<Vec<u8>> {
        match (self.find(first), self.find(last)) {
            (Some(first @ 1..), Some(last)) => (first..=last)
                .map(|at| self.block(at).block.clone())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What a follower is told next.
pub enum Step {
    Back(usize),
    Forward(usize),
    Wait,
}

/// Where a follower stands. The first answer after an intersection is a roll-backward to there.
pub struct Follower {
    position: usize,
    back: bool,
}

impl Default for Follower {
    fn default() -> Self {
        Follower {
            position: 0,
            back: true,
        }
    }
}

impl Follower {
    pub fn stand_at(&mut self, position: usize) {
        *self = Follower {
            position,
            back: true,
        };
    }

    pub fn step(&mut self, chain: &Chain) -> Step {
        let tip = *chain.tip.borrow();
        if self.position > tip {
            self.stand_at(tip);
        }
        if std::mem::take(&mut self.back) {
            return Step::Back(self.position);
        }
        if self.position == tip {
            if !chain.cyclic {
                return Step::Wait;
            }
            self.position = 0;
        }
        self.position += 1;
        Step::Forward(self.position)
    }
}

/// Where a server listens: `--listen`, or any port of the loopback.
pub async fn listen(arguments: &Arguments) -> Result<tokio::net::TcpListener, Failure> {
    let address = match arguments.text("--listen") {
        "" => "127.0.0.1:0",
        address => address,
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    tell(json!({"event": "listening", "address": listener.local_addr()?.to_string()}));
    Ok(listener)
}

/// What a measurement says: `count` things in so many seconds.
pub fn tell_took(began: Instant, count: u64) {
    let seconds = began.elapsed().as_secs_f64();
    tell(json!({"event": "took", "seconds": seconds, "count": count}));
}

/// The same where each of them was timed: their median and the one that a hundredth exceeds, in microseconds.
pub fn tell_round_trips(mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e6;
    tell(json!({"event": "round-trips", "p50": at(50), "p99": at(99), "count": times.len()}));
}

/// Runs a program to its end; its failure is its last line.
pub fn run(program: impl Future<Output = Result<(), Failure>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let code = match runtime.block_on(program) {
        Ok(()) => 0,
        Err(error) => {
            tell(json!({"event": "error", "message": error.to_string()}));
            1
        }
    };
    std::process::exit(code);
}
