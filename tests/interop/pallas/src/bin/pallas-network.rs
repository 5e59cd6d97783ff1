//! pallas-network as a peer: a server of a chain, and a client that does one job; over TCP between nodes, or over a Unix
//! socket between a node and its client.

#[path = "../pallas_network_local.rs"]
mod local;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use pallas_codec::Fragment;
use pallas_network::facades::PeerServer;
use pallas_network::miniprotocols::chainsync::{ClientRequest, HeaderContent, NextResponse, Tip};
use pallas_network::miniprotocols::handshake::n2n::{VersionData, VersionTable};
use pallas_network::miniprotocols::handshake::{Confirmation, N2NClient, RefuseReason};
use pallas_network::miniprotocols::peersharing::PeerAddress;
use pallas_network::miniprotocols::{
    PROTOCOL_N2N_BLOCK_FETCH, PROTOCOL_N2N_CHAIN_SYNC, PROTOCOL_N2N_HANDSHAKE,
    PROTOCOL_N2N_KEEP_ALIVE, PROTOCOL_N2N_PEER_SHARING, PROTOCOL_N2N_TX_SUBMISSION, Point,
    blockfetch, chainsync, keepalive, peersharing, txsubmission,
};
use pallas_network::multiplexer::{Bearer, Plexer, RunningPlexer};
use pallas_peers::{
    Arguments, Block, Chain, Failure, Follower, Place, Step, listen, place_of, run, tell,
    tell_round_trips, tell_took, text_of, transactions,
};
use serde_json::{Value, json};

fn point(place: Place) -> Point {
    place.map_or(Point::Origin, |(slot, hash)| Point::new(slot, hash))
}

fn place(point: Point) -> Place {
    match point {
        Point::Origin => None,
        Point::Specific(slot, hash) => Some((slot, hash)),
    }
}

/// Version 14 of a side that shares peers.
fn sharing(magic: u64) -> VersionTable {
    let data = VersionData::new(magic, true, Some(1), Some(false));
    VersionTable {
        values: HashMap::from([(14, data)]),
    }
}

// --- serving ---------------------------------------------------------------------------------------------------------

fn tip(chain: &Chain) -> Tip {
    let (place, number) = chain.end();
    Tip(point(place), number)
}

fn header(block: &Block) -> HeaderContent {
    HeaderContent {
        variant: block.era,
        byron_prefix: None,
        cbor: block.header.clone(),
    }
}

async fn serve_chain<Content>(
    mut server: chainsync::Server<Content>,
    chain: Arc<Chain>,
    content: fn(&Block) -> Content,
) -> Result<(), Failure>
where
    chainsync::Message<Content>: Fragment,
{
    let mut follower = Follower::default();
    while let Some(request) = server.recv_while_idle().await? {
        match request {
            ClientRequest::Intersect(points) => {
                match points
                    .into_iter()
                    .find_map(|point| chain.find(&place(point)))
                {
                    Some(position) => {
                        follower.stand_at(position);
                        server
                            .send_intersect_found(point(chain.place(position)), tip(&chain))
                            .await?;
                    }
                    None => server.send_intersect_not_found(tip(&chain)).await?,
                }
            }
            ClientRequest::RequestNext => {
                let mut moved = chain.tip.clone();
                let mut step = follower.step(&chain);
                while let Step::Wait = step {
                    if *server.state() == chainsync::State::CanAwait {
                        server.send_await_reply().await?;
                        tell(json!({"event": "waiting"}));
                    }
                    moved.changed().await?;
                    step = follower.step(&chain);
                }
                match step {
                    Step::Back(to) => {
                        server
                            .send_roll_backward(point(chain.place(to)), tip(&chain))
                            .await?
                    }
                    Step::Forward(to) => {
                        let next = content(chain.block(to));
                        server.send_roll_forward(next, tip(&chain)).await?;
                    }
                    Step::Wait => unreachable!(),
                }
            }
        }
    }
    Ok(())
}

async fn serve_blocks(mut server: blockfetch::Server, chain: Arc<Chain>) -> Result<(), Failure> {
    while let Some(blockfetch::BlockRequest((first, last))) = server.recv_while_idle().await? {
        server
            .send_block_range(chain.range(&place(first), &place(last)))
            .await?;
    }
    Ok(())
}

async fn serve_addresses(mut server: peersharing::Server, list: String) -> Result<(), Failure> {
    while server.recv_share_request().await?.is_some() {
        let addresses = list
            .split(',')
            .filter_map(|word| word.parse().ok())
            .map(|address| match address {
                SocketAddr::V4(v4) => PeerAddress::V4(*v4.ip(), v4.port().into()),
                SocketAddr::V6(v6) => PeerAddress::V6(*v6.ip(), v6.port().into()),
            })
            .collect();
        server.send_peer_addresses(addresses).await?;
    }
    Ok(())
}

async fn serve_peer(
    bearer: Bearer,
    versions: VersionTable,
    chain: Arc<Chain>,
    share: String,
) -> Result<(), Failure> {
    let mut peer = PeerServer::new(bearer);
    if peer.handshake.handshake(versions).await?.is_none() {
        return Ok(());
    }
    let PeerServer {
        plexer,
        chainsync,
        blockfetch,
        txsubmission,
        peersharing,
        mut keepalive,
        ..
    } = peer;
    tokio::spawn(serve_addresses(peersharing, share));
    tokio::spawn(serve_chain(chainsync, chain.clone(), header));
    tokio::spawn(serve_blocks(blockfetch, chain));
    tokio::spawn(transactions::pull(txsubmission));
    while !keepalive.is_done() && keepalive.keepalive_roundtrip().await.is_ok() {}
    plexer.abort().await; // else its descriptor stays
    Ok(())
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let chain = Chain::open(&arguments)?;
    let magic = arguments.number("--magic", 1);
    let share = arguments.text("--share");
    let listener = listen(&arguments).await?;
    loop {
        // A client that is gone again before its options are set is no reason to serve nobody.
        let Ok((bearer, _)) = Bearer::accept_tcp(&listener).await else {
            continue;
        };
        let versions = if share.is_empty() {
            VersionTable::v7_and_above(magic)
        } else {
            sharing(magic)
        };
        tokio::spawn(serve_peer(
            bearer,
            versions,
            chain.clone(),
            share.to_string(),
        ));
    }
}

// --- asking ----------------------------------------------------------------------------------------------------------

struct Peer {
    handshake: N2NClient,
    chainsync: chainsync::N2NClient,
    blockfetch: blockfetch::Client,
    txsubmission: txsubmission::Client,
    keepalive: keepalive::Client,
    peersharing: peersharing::Client,
    plexer: RunningPlexer,
}

async fn connect(arguments: &Arguments) -> Result<Peer, Failure> {
    let mut plexer = Plexer::new(Bearer::connect_tcp(arguments.text("--peer")).await?);
    Ok(Peer {
        handshake: N2NClient::new(plexer.subscribe_client(PROTOCOL_N2N_HANDSHAKE)),
        chainsync: chainsync::N2NClient::new(plexer.subscribe_client(PROTOCOL_N2N_CHAIN_SYNC)),
        blockfetch: blockfetch::Client::new(plexer.subscribe_client(PROTOCOL_N2N_BLOCK_FETCH)),
        txsubmission: txsubmission::Client::new(
            plexer.subscribe_client(PROTOCOL_N2N_TX_SUBMISSION),
        ),
        keepalive: keepalive::Client::new(plexer.subscribe_client(PROTOCOL_N2N_KEEP_ALIVE)),
        peersharing: peersharing::Client::new(plexer.subscribe_client(PROTOCOL_N2N_PEER_SHARING)),
        plexer: plexer.spawn(),
    })
}

async fn shake_hands(peer: &mut Peer, versions: VersionTable) -> Result<(), Failure> {
    match peer.handshake.handshake(versions).await? {
        Confirmation::Accepted(..) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn tell_confirmation(confirmation: Confirmation<VersionData>) {
    tell(match confirmation {
        Confirmation::Accepted(version, _) => json!({"event": "accepted", "version": version}),
        Confirmation::Rejected(RefuseReason::VersionMismatch(_)) => {
            json!({"event": "refused", "reason": "version"})
        }
        Confirmation::Rejected(_) => json!({"event": "refused", "reason": "data"}),
        Confirmation::QueryReply(table) => {
            let mut versions: Vec<_> = table.values.into_keys().collect();
            versions.sort();
            json!({"event": "versions", "versions": versions})
        }
    });
}

async fn sync<Content>(
    client: &mut chainsync::Client<Content>,
    arguments: &Arguments,
    show: fn(Content) -> Value,
) -> Result<(), Failure>
where
    chainsync::Message<Content>: Fragment,
{
    let (found, tip) = client
        .find_intersect(vec![point(place_of(arguments.text("--from")))])
        .await?;
    let Some(found) = found else {
        tell(json!({"event": "not-found", "tip": text_of(&place(tip.0))}));
        return Ok(());
    };
    tell(json!({"event": "intersected", "point": text_of(&place(found))}));
    let mut missing = arguments.number("--count", 1);
    while missing > 0 {
        match client.request_or_await_next().await? {
            NextResponse::RollForward(content, _) => {
                tell(show(content));
                missing -= 1;
            }
            NextResponse::RollBackward(to, _) => {
                tell(json!({"event": "roll-backward", "point": text_of(&place(to))}));
            }
            NextResponse::Await => tell(json!({"event": "await"})),
        }
    }
    Ok(())
}

async fn fetch(mut client: blockfetch::Client, arguments: &Arguments) -> Result<(), Failure> {
    let range = (
        point(place_of(arguments.text("--from"))),
        point(place_of(arguments.text("--to"))),
    );
    if client.request_range(range).await?.is_none() {
        tell(json!({"event": "no-blocks"}));
        return Ok(());
    }
    while let Some(block) = client.recv_while_streaming().await? {
        tell(json!({"event": "block", "block": hex::encode(block)}));
    }
    Ok(())
}

async fn peers(mut client: peersharing::Client) -> Result<(), Failure> {
    client.send_share_request(255).await?;
    let peers: Vec<_> = client
        .recv_peer_addresses()
        .await?
        .into_iter()
        .map(|address| match address {
            PeerAddress::V4(ip, port) => format!("{ip}:{port}"),
            PeerAddress::V6(ip, port) => format!("[{ip}]:{port}"),
        })
        .collect();
    tell(json!({"event": "peers", "peers": peers}));
    Ok(())
}

/// From the first request to the last header, one after the other, as the package's client does it.
async fn measure_sync(
    mut client: chainsync::N2NClient,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let count = arguments.number("--count", 1);
    let began = Instant::now();
    client
        .find_intersect(vec![point(place_of(arguments.text("--from")))])
        .await?;
    let mut seen = 0;
    while seen < count {
        if let NextResponse::RollForward(..) = client.request_or_await_next().await? {
            seen += 1;
        }
    }
    tell_took(began, count);
    Ok(())
}

/// The bytes of a range, again and again.
async fn measure_fetch(
    mut client: blockfetch::Client,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let began = Instant::now();
    let mut bytes = 0;
    for _ in 0..arguments.number("--count", 1) {
        let range = (
            point(place_of(arguments.text("--from"))),
            point(place_of(arguments.text("--to"))),
        );
        client.request_range(range).await?;
        while let Some(block) = client.recv_while_streaming().await? {
            bytes += block.len() as u64;
        }
    }
    tell_took(began, bytes);
    Ok(())
}

async fn measure_keep_alive(mut client: keepalive::Client, count: u64) -> Result<(), Failure> {
    let mut times = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        client.keepalive_roundtrip().await?;
        times.push(began.elapsed());
    }
    tell_round_trips(times);
    Ok(())
}

/// Connections one after the other, each with its handshake, none waited for at its end.
async fn measure_connect(arguments: &Arguments) -> Result<(), Failure> {
    let began = Instant::now();
    let count = arguments.number("--count", 1);
    for _ in 0..count {
        let mut peer = connect(arguments).await?;
        shake_hands(
            &mut peer,
            VersionTable::v7_and_above(arguments.number("--magic", 1)),
        )
        .await?;
        peer.plexer.abort().await;
    }
    tell_took(began, count);
    Ok(())
}

async fn ask(arguments: Arguments) -> Result<(), Failure> {
    let count = arguments.number("--count", 1);
    if arguments.job == "measure-connect" {
        return measure_connect(&arguments).await;
    }
    let mut peer = connect(&arguments).await?;
    let table = VersionTable::v7_and_above_with_query(
        arguments.number("--magic", 1),
        arguments.job == "query",
    );
    match arguments.job.as_str() {
        "handshake" | "query" => tell_confirmation(peer.handshake.handshake(table).await?),
        "keep-alive" => {
            shake_hands(&mut peer, table).await?;
            for _ in 0..3 {
                peer.keepalive.keepalive_roundtrip().await?;
                tell(json!({"event": "pong"}));
            }
        }
        "sync" => {
            shake_hands(&mut peer, table).await?;
            let show = |header: HeaderContent| json!({"event": "roll-forward", "header": hex::encode(header.cbor)});
            sync(&mut peer.chainsync, &arguments, show).await?;
        }
        "fetch" => {
            shake_hands(&mut peer, table).await?;
            fetch(peer.blockfetch, &arguments).await?;
        }
        "submit" => {
            shake_hands(&mut peer, table).await?;
            transactions::submit(peer.txsubmission, arguments.text("--txs")).await?;
        }
        "peers" => {
            shake_hands(&mut peer, sharing(arguments.number("--magic", 1))).await?;
            peers(peer.peersharing).await?;
        }
        "measure-sync" => {
            shake_hands(&mut peer, table).await?;
            measure_sync(peer.chainsync, &arguments).await?;
        }
        "measure-fetch" => {
            shake_hands(&mut peer, table).await?;
            measure_fetch(peer.blockfetch, &arguments).await?;
        }
        "measure-keep-alive" => {
            shake_hands(&mut peer, table).await?;
            measure_keep_alive(peer.keepalive, count).await?;
        }
        job => return Err(format!("no job is called {job}").into()),
    }
    tell(json!({"event": "done"}));
    Ok(())
}

fn main() {
    let arguments = Arguments::read();
    run(async move {
        match (arguments.text("--socket").is_empty(), arguments.serve) {
            (true, true) => serve(arguments).await,
            (true, false) => ask(arguments).await,
            (false, true) => local::serve(arguments).await,
            (false, false) => local::ask(arguments).await,
        }
    });
}
