// Reads lines `NAME DIGITS`, each a stored block, and prints what pallas-traverse finds in it; with the argument `time`
// how long that takes.

use pallas_codec::{minicbor, utils::Nullable};
use pallas_traverse::{
    MultiEraBlock, MultiEraInput, MultiEraOutput, MultiEraPolicyAssets, MultiEraTx,
};
use std::io::BufRead;

fn sorted(mut parts: Vec<String>, separator: &str) -> String {
    parts.sort();
    parts.join(separator)
}

fn inputs(all: Vec<MultiEraInput>) -> String {
    sorted(
        all.iter()
            .map(|input| format!("{}#{}", input.hash(), input.index()))
            .collect(),
        " ",
    )
}

fn assets(all: Vec<MultiEraPolicyAssets>) -> String {
    let of_policy = |policy: &MultiEraPolicyAssets| -> Vec<String> {
        let name = |asset: &pallas_traverse::MultiEraAsset| {
            format!(
                "{}.{}:{}",
                policy.policy(),
                hex::encode(asset.name()),
                asset.any_coin()
            )
        };
        policy.assets().iter().map(name).collect()
    };
    sorted(all.iter().flat_map(of_policy).collect(), ",")
}

fn output(output: &MultiEraOutput) -> String {
    let address = match output.as_byron() {
        Some(byron) => minicbor::to_vec(&byron.address).expect("an address"),
        None => output
            .address()
            .map(|address| address.to_vec())
            .unwrap_or_default(),
    };
    let value = output.value();
    format!(
        "{} {} [{}]",
        hex::encode(address),
        value.coin(),
        assets(value.assets())
    )
}

/// Bytes of the body, the witnesses and the auxiliary data.
fn sizes(tx: &MultiEraTx) -> (usize, usize, usize) {
    macro_rules! of {
        ($tx:expr) => {
            (
                $tx.transaction_body.raw_cbor().len(),
                $tx.transaction_witness_set.raw_cbor().len(),
                match &$tx.auxiliary_data {
                    Nullable::Some(data) => data.raw_cbor().len(),
                    _ => 0,
                },
            )
        };
    }
    match tx {
        MultiEraTx::AlonzoCompatible(tx, _) => of!(tx),
        MultiEraTx::Babbage(tx) => of!(tx),
        MultiEraTx::Conway(tx) => of!(tx),
        MultiEraTx::Byron(tx) => (
            tx.transaction.raw_cbor().len(),
            tx.witness.raw_cbor().len(),
            0,
        ),
        _ => panic!("an unknown era"),
    }
}

fn print(index: usize, tx: &MultiEraTx) {
    println!(
        "tx {} {} {} fee {} from {} until {}",
        index,
        tx.hash(),
        tx.is_valid(),
        tx.fee().unwrap_or(0),
        tx.validity_start().unwrap_or(0),
        tx.ttl().unwrap_or(0)
    );
    let (body, witnesses, auxiliary) = sizes(tx);
    println!("parts {} {} {}", body, witnesses, auxiliary);
    println!("inputs {}", inputs(tx.inputs()));
    println!("reference {}", inputs(tx.reference_inputs()));
    println!("collateral {}", inputs(tx.collateral()));
    println!("consumed {}", inputs(tx.consumes()));
    for each in tx.outputs() {
        println!("output {}", output(&each));
    }
    if let Some(each) = tx.collateral_return() {
        println!("returned {}", output(&each));
    }
    for (index, each) in tx.produces() {
        println!("produced {} {}", index, output(&each));
    }
    println!("mint {}", assets(tx.mints()));
    let withdrawals = tx.withdrawals_sorted_set();
    println!(
        "withdrawals {}",
        sorted(
            withdrawals
                .iter()
                .map(|(account, coin)| format!("{}:{}", hex::encode(account), coin))
                .collect(),
            ","
        )
    );
    println!("certificates {}", tx.certs().len());
    let mut labels: Vec<u64> = tx
        .metadata()
        .collect::<Vec<_>>()
        .iter()
        .map(|(label, _)| *label)
        .collect();
    labels.sort();
    println!(
        "labels {}",
        labels
            .iter()
            .map(|label| label.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
}

/// Nanoseconds of processor time that one call takes.
fn nanoseconds(mut call: impl FnMut() -> u64) -> f64 {
    // The kernel's count for this thread.
    let used = || -> u64 {
        let line =
            std::fs::read_to_string("/proc/self/schedstat").expect("the times of this process");
        line.split(' ')
            .next()
            .expect("a time")
            .parse()
            .expect("a number")
    };
    call();
    let (began, start) = (std::time::Instant::now(), used());
    let (mut times, mut sum) = (0, 0);
    while began.elapsed().as_millis() < 30 {
        for _ in 0..8 {
            sum += call() % 2;
        }
        times += 8;
    }
    std::hint::black_box(sum);
    (used() - start) as f64 / times as f64
}

/// Measures decoding, the ids of all transactions and all outputs, and prints `NAME FRAME IDS OUTPUTS`.
fn time(name: &str, bytes: &[u8]) {
    // With the hash of the block, which this library's view has, too.
    let read = || {
        let block = MultiEraBlock::decode(bytes).expect("a block");
        std::hint::black_box(block.hash());
        block
    };
    let frame = nanoseconds(|| read().tx_count() as u64);
    let ids = nanoseconds(|| read().txs().iter().map(|tx| tx.hash()[0] as u64).sum());
    let outputs = nanoseconds(|| {
        let block = read();
        let txs = block.txs();
        let coins = |tx: &MultiEraTx| -> u64 {
            tx.outputs()
                .iter()
                .map(|each| each.value().coin() % 1000)
                .sum()
        };
        txs.iter().map(coins).sum()
    });
    println!("{} {} {} {}", name, frame, ids, outputs);
}

fn main() {
    let timed = std::env::args().any(|argument| argument == "time");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (name, digits) = line.split_once(' ').expect("a name and digits");
        let bytes = hex::decode(digits).expect("digits");
        let Ok(block) = MultiEraBlock::decode(&bytes) else {
            println!("block {} refused", name);
            continue;
        };
        if timed {
            time(name, &bytes);
            continue;
        }
        println!(
            "block {} {} {} {} {} transactions",
            name,
            block.hash(),
            block.number(),
            block.slot(),
            block.tx_count()
        );
        if let Some(size) = block.body_size() {
            println!("size {}", size);
        }
        for (index, tx) in block.txs().iter().enumerate() {
            print(index, tx);
        }
    }
}
