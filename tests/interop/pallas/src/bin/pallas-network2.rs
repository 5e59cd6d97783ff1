//! pallas-network2 as a peer. What its manager does is done here by hand, with the same public parts, for the messages
//! are to be seen that neither behavior tells of: refusals, AwaitReply, NoBlocks, the answers of keep-alive.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::StreamExt;
use pallas_network2::behavior::responder::connection::{
    ConnectionResponder, ConnectionResponderConfig,
};
use pallas_network2::behavior::responder::handshake::{
    HandshakeResponder, HandshakeResponderConfig,
};
use pallas_network2::behavior::responder::{ResponderBehavior, ResponderCommand, ResponderEvent};
use pallas_network2::behavior::{
    AnyMessage, Config as HandshakeConfig, HandshakeBehavior, InitiatorBehavior, InitiatorCommand,
    InitiatorEvent,
};
use pallas_network2::interface::{TcpInterface, TcpListenerInterface};
use pallas_network2::protocol::chainsync::{HeaderContent, Tip};
use pallas_network2::protocol::handshake::n2n::{VersionData, VersionTable};
use pallas_network2::protocol::handshake::{self, RefuseReason};
use pallas_network2::protocol::peersharing::{self, PeerAddress};
use pallas_network2::protocol::{Point, blockfetch, chainsync, keepalive, txsubmission};
use pallas_network2::{
    Behavior, BehaviorOutput, Interface, InterfaceCommand, InterfaceEvent, PeerId,
};
use pallas_peers::{
    Arguments, Chain, Failure, Follower, Place, Step, listen, place_of, run, tell,
    tell_round_trips, tell_took, text_of,
};
use serde_json::json;

#[path = "../pallas_network2_transactions.rs"]
mod transactions;

use transactions::{Giver, Puller};

fn point(place: Place) -> Point {
    place.map_or(Point::Origin, |(slot, hash)| Point::new(slot, hash))
}

fn place(point: Point) -> Place {
    match point {
        Point::Origin => None,
        Point::Specific(slot, hash) => Some((slot, hash)),
    }
}

/// Version 14 alone, for on 15 the package speaks Leios.
fn versions(arguments: &Arguments) -> VersionTable {
    let query = arguments.job == "query";
    let sharing = u8::from(arguments.job == "peers" || !arguments.text("--share").is_empty());
    let magic = arguments.number("--magic", 1);
    let data = VersionData::new(magic, true, Some(sharing), Some(query));
    VersionTable {
        values: HashMap::from([(14, data)]),
    }
}

/// What happened in one turn of a node.
enum Turn<E> {
    Event(E),
    Messages(PeerId, Vec<AnyMessage>),
    Lost,
    Nothing,
}

/// An interface and a behavior.
struct Node<I, B> {
    interface: I,
    behavior: B,
}

impl<I: Interface<AnyMessage>, B: Behavior<Message = AnyMessage>> Node<I, B> {
    async fn turn(&mut self) -> Turn<B::Event> {
        tokio::select! {
            biased;
            output = self.behavior.select_next_some() => match output {
                BehaviorOutput::InterfaceCommand(command) => {
                    self.interface.dispatch(command);
                    Turn::Nothing
                }
                BehaviorOutput::ExternalEvent(event) => Turn::Event(event),
            },
            event = self.interface.select_next_some() => {
                let turn = match &event {
                    InterfaceEvent::Recv(peer, messages) => Turn::Messages(peer.clone(), messages.clone()),
                    InterfaceEvent::Disconnected(_) | InterfaceEvent::Error(..) => Turn::Lost,
                    _ => Turn::Nothing,
                };
                self.behavior.handle_io(event);
                turn
            }
        }
    }
}

impl<I: Interface<AnyMessage>, B> Node<I, B> {
    /// Sends what no command of the behavior stands for.
    fn send(&mut self, peer: PeerId, message: AnyMessage) {
        self.interface
            .dispatch(InterfaceCommand::Send(peer, message));
    }
}

// --- serving ---------------------------------------------------------------------------------------------------------

struct Server<'a> {
    node: Node<TcpListenerInterface<AnyMessage>, ResponderBehavior>,
    chain: &'a Chain,
    followers: HashMap<PeerId, Follower>,
    waiting: Vec<PeerId>,
    shared: Vec<PeerAddress>,
    pull: bool,
    pullers: HashMap<PeerId, Puller>,
}

impl Server<'_> {
    fn tip(&self) -> Tip {
        let (place, number) = self.chain.end();
        Tip(point(place), number)
    }

    fn intersect(&mut self, peer: PeerId, points: Vec<Point>) {
        let tip = self.tip();
        match points
            .into_iter()
            .find_map(|point| self.chain.find(&place(point)))
        {
            Some(position) => {
                self.followers
                    .entry(peer.clone())
                    .or_default()
                    .stand_at(position);
                let found = point(self.chain.place(position));
                self.node
                    .behavior
                    .execute(ResponderCommand::ProvideIntersection(peer, found, tip));
            }
            None => self.node.send(
                peer,
                AnyMessage::ChainSync(chainsync::Message::IntersectNotFound(tip)),
            ),
        }
    }

    fn next(&mut self, peer: PeerId) {
        let tip = self.tip();
        match self
            .followers
            .entry(peer.clone())
            .or_default()
            .step(self.chain)
        {
            Step::Back(to) => {
                let to = point(self.chain.place(to));
                self.node
                    .behavior
                    .execute(ResponderCommand::ProvideRollback(peer, to, tip));
            }
            Step::Forward(to) => {
                let block = self.chain.block(to);
                let header = HeaderContent {
                    variant: block.era,
                    byron_prefix: None,
                    cbor: block.header.clone(),
                };
                self.node
                    .behavior
                    .execute(ResponderCommand::ProvideHeader(peer, header, tip));
            }
            Step::Wait => {
                self.waiting.push(peer.clone());
                self.node
                    .send(peer, AnyMessage::ChainSync(chainsync::Message::AwaitReply));
                tell(json!({"event": "waiting"}));
            }
        }
    }

    /// Asks for transactions. The behavior takes what comes behind the first ids for a violation; it would ban the peer
    /// in its housekeeping, of which there is none here.
    fn pull_from(&mut self, peer: PeerId, messages: Vec<AnyMessage>) {
        for message in tx_messages(messages) {
            let puller = self.pullers.entry(peer.clone()).or_default();
            if let Some(next) = puller.answer(message) {
                self.node.send(peer.clone(), AnyMessage::TxSubmission(next));
            }
        }
    }

    fn handle(&mut self, event: ResponderEvent) {
        match event {
            ResponderEvent::IntersectionRequested(peer, points) => self.intersect(peer, points),
            ResponderEvent::NextHeaderRequested(peer) => self.next(peer),
            ResponderEvent::BlockRangeRequested(peer, (first, last)) => {
                let blocks = self.chain.range(&place(first), &place(last));
                self.node
                    .behavior
                    .execute(ResponderCommand::ProvideBlocks(peer, blocks));
            }
            ResponderEvent::PeersRequested(peer, _) => {
                let shared = self.shared.clone();
                self.node
                    .behavior
                    .execute(ResponderCommand::ProvidePeers(peer, shared));
            }
            _ => {}
        }
    }
}

fn tx_messages(messages: Vec<AnyMessage>) -> impl Iterator<Item = txsubmission::Message> {
    messages.into_iter().filter_map(|message| match message {
        AnyMessage::TxSubmission(message) => Some(message),
        _ => None,
    })
}

fn addresses_of(list: &str) -> Vec<PeerAddress> {
    list.split(',')
        .filter_map(|word| word.parse().ok())
        .map(|address| match address {
            SocketAddr::V4(v4) => PeerAddress::V4(*v4.ip(), v4.port()),
            SocketAddr::V6(v6) => PeerAddress::V6(*v6.ip(), v6.port()),
        })
        .collect()
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let chain = Chain::open(&arguments)?;
    let listener = listen(&arguments).await?;
    let behavior = ResponderBehavior {
        handshake: HandshakeResponder::new(HandshakeResponderConfig {
            supported_version: versions(&arguments),
        }),
        // All of them come from one host.
        connection: ConnectionResponder::new(ConnectionResponderConfig {
            max_connections_per_ip: usize::MAX,
            ..Default::default()
        }),
        ..Default::default()
    };
    let node = Node {
        interface: TcpListenerInterface::new(listener),
        behavior,
    };
    let mut server = Server {
        node,
        chain: &chain,
        followers: HashMap::new(),
        waiting: Vec::new(),
        shared: addresses_of(arguments.text("--share")),
        pull: !arguments.text("--pull").is_empty(),
        pullers: HashMap::new(),
    };
    let mut moved = chain.tip.clone();
    loop {
        tokio::select! {
            turn = server.node.turn() => match turn {
                Turn::Event(event) => server.handle(event),
                Turn::Messages(peer, messages) if server.pull => server.pull_from(peer, messages),
                _ => {}
            },
            _ = moved.changed() => for peer in std::mem::take(&mut server.waiting) {
                server.next(peer);
            },
        }
    }
}

// --- asking ----------------------------------------------------------------------------------------------------------

type Initiator = Node<TcpInterface<AnyMessage>, InitiatorBehavior>;

struct Client {
    job: String,
    missing: u64,
    done: bool,
}

impl Client {
    fn see_message(&mut self, message: AnyMessage) {
        let line = match message {
            AnyMessage::Handshake(handshake::Message::Refuse(RefuseReason::VersionMismatch(_))) => {
                json!({"event": "refused", "reason": "version"})
            }
            AnyMessage::Handshake(handshake::Message::Refuse(_)) => {
                json!({"event": "refused", "reason": "data"})
            }
            AnyMessage::Handshake(handshake::Message::QueryReply(table)) => {
                let mut versions: Vec<_> = table.values.into_keys().collect();
                versions.sort();
                json!({"event": "versions", "versions": versions})
            }
            AnyMessage::KeepAlive(keepalive::Message::ResponseKeepAlive(_))
                if self.job == "keep-alive" =>
            {
                tell(json!({"event": "pong"}));
                self.missing -= 1;
                self.done = self.missing == 0;
                return;
            }
            AnyMessage::ChainSync(chainsync::Message::IntersectNotFound(Tip(tip, _))) => {
                json!({"event": "not-found", "tip": text_of(&place(tip))})
            }
            AnyMessage::ChainSync(chainsync::Message::AwaitReply) => {
                return tell(json!({"event": "await"}));
            }
            AnyMessage::PeerSharing(peersharing::Message::SharePeers(addresses)) => {
                let peers: Vec<_> = addresses
                    .into_iter()
                    .map(|address| match address {
                        PeerAddress::V4(ip, port) => format!("{ip}:{port}"),
                        PeerAddress::V6(ip, port) => format!("[{ip}]:{port}"),
                    })
                    .collect();
                json!({"event": "peers", "peers": peers})
            }
            AnyMessage::BlockFetch(blockfetch::Message::NoBlocks) => json!({"event": "no-blocks"}),
            _ => return,
        };
        tell(line);
        self.done = true;
    }

    /// Gives the command that the event asks for.
    fn see_event(&mut self, event: InitiatorEvent) -> Option<InitiatorCommand> {
        match event {
            InitiatorEvent::PeerInitialized(_, (version, _))
                if self.job == "handshake" || self.job == "query" =>
            {
                tell(json!({"event": "accepted", "version": version}));
                self.done = true;
                None
            }
            InitiatorEvent::IntersectionFound(peer, to, _) => {
                tell(json!({"event": "intersected", "point": text_of(&place(to))}));
                Some(InitiatorCommand::ContinueSync(peer))
            }
            InitiatorEvent::RollbackReceived(peer, to, _) => {
                tell(json!({"event": "roll-backward", "point": text_of(&place(to))}));
                Some(InitiatorCommand::ContinueSync(peer))
            }
            InitiatorEvent::BlockHeaderReceived(peer, header, _) => {
                tell(json!({"event": "roll-forward", "header": hex::encode(header.cbor)}));
                self.missing -= 1;
                self.done = self.missing == 0;
                Some(InitiatorCommand::ContinueSync(peer))
            }
            InitiatorEvent::BlockBodyReceived(_, block) => {
                tell(json!({"event": "block", "block": hex::encode(block)}));
                self.missing -= 1;
                self.done = self.missing == 0;
                None
            }
            _ => None,
        }
    }
}

/// An initiator that has been told of the peer.
fn initiator(arguments: &Arguments) -> Result<Initiator, Failure> {
    let behavior = InitiatorBehavior {
        handshake: HandshakeBehavior::new(HandshakeConfig {
            supported_version: versions(arguments),
        }),
        ..Default::default()
    };
    let mut node = Node {
        interface: TcpInterface::<AnyMessage>::new(),
        behavior,
    };
    node.behavior.execute(InitiatorCommand::IncludePeer(
        arguments.text("--peer").parse()?,
    ));
    Ok(node)
}

fn range(arguments: &Arguments) -> (Point, Point) {
    (
        point(place_of(arguments.text("--from"))),
        point(place_of(arguments.text("--to"))),
    )
}

async fn initialized(node: &mut Initiator) -> Result<PeerId, Failure> {
    node.behavior.execute(InitiatorCommand::Housekeeping);
    loop {
        match node.turn().await {
            Turn::Event(InitiatorEvent::PeerInitialized(peer, _)) => return Ok(peer),
            Turn::Lost => return Err("the connection was lost".into()),
            _ => {}
        }
    }
}

/// The job `measure-sync`, `-fetch`, `-keep-alive` or `-connect`. Housekeeping is what makes the package look for the next
/// range and send the next keep-alive, so it is asked for whenever one is over.
async fn measure(arguments: Arguments) -> Result<(), Failure> {
    let count = arguments.number("--count", 1);
    if arguments.job == "measure-connect" {
        let began = Instant::now();
        for _ in 0..count {
            initialized(&mut initiator(&arguments)?).await?;
        }
        tell_took(began, count);
        return Ok(());
    }
    let mut node = initiator(&arguments)?;
    initialized(&mut node).await?;
    let began = Instant::now();
    let mut asked = began;
    match arguments.job.as_str() {
        "measure-sync" => node
            .behavior
            .execute(InitiatorCommand::StartSync(vec![range(&arguments).0])),
        "measure-fetch" => (0..count).for_each(|_| {
            node.behavior
                .execute(InitiatorCommand::RequestBlocks(range(&arguments)))
        }),
        _ => {}
    }
    node.behavior.execute(InitiatorCommand::Housekeeping);
    let (mut seen, mut bytes, mut times) = (0, 0, Vec::new());
    while seen < count {
        match node.turn().await {
            Turn::Event(InitiatorEvent::IntersectionFound(peer, ..))
            | Turn::Event(InitiatorEvent::RollbackReceived(peer, ..)) => {
                node.behavior.execute(InitiatorCommand::ContinueSync(peer));
            }
            Turn::Event(InitiatorEvent::BlockHeaderReceived(peer, ..)) => {
                seen += 1;
                node.behavior.execute(InitiatorCommand::ContinueSync(peer));
            }
            Turn::Event(InitiatorEvent::BlockBodyReceived(_, block)) => {
                bytes += block.len() as u64
            }
            Turn::Messages(_, messages) => {
                for message in messages {
                    match message {
                        AnyMessage::BlockFetch(blockfetch::Message::BatchDone) => seen += 1,
                        AnyMessage::KeepAlive(keepalive::Message::ResponseKeepAlive(_))
                            if arguments.job == "measure-keep-alive" =>
                        {
                            seen += 1;
                            times.push(asked.elapsed());
                            asked = Instant::now();
                        }
                        _ => continue,
                    }
                    node.behavior.execute(InitiatorCommand::Housekeeping);
                }
            }
            Turn::Lost => return Err("the connection was lost".into()),
            _ => {}
        }
    }
    match arguments.job.as_str() {
        "measure-sync" => tell_took(began, seen),
        "measure-fetch" => tell_took(began, bytes),
        _ => tell_round_trips(times),
    }
    Ok(())
}

/// Without housekeeping once there is agreement, for what comes behind the first ids is a violation to the behavior.
async fn submit(arguments: Arguments) -> Result<(), Failure> {
    let mut giver = Giver::open(arguments.text("--txs"))?;
    let mut node = initiator(&arguments)?;
    let peer = initialized(&mut node).await?;
    node.send(peer, AnyMessage::TxSubmission(txsubmission::Message::Init));
    loop {
        match node.turn().await {
            Turn::Messages(peer, messages) => {
                for next in tx_messages(messages).filter_map(|message| giver.answer(message)) {
                    if matches!(next, txsubmission::Message::Done) {
                        tell(json!({"event": "done"}));
                        return Ok(());
                    }
                    node.send(peer.clone(), AnyMessage::TxSubmission(next));
                }
            }
            Turn::Lost => return Err("the connection was lost".into()),
            _ => {}
        }
    }
}

async fn ask(arguments: Arguments) -> Result<(), Failure> {
    let mut node = initiator(&arguments)?;
    match arguments.job.as_str() {
        "sync" => node
            .behavior
            .execute(InitiatorCommand::StartSync(vec![range(&arguments).0])),
        "fetch" => node
            .behavior
            .execute(InitiatorCommand::RequestBlocks(range(&arguments))),
        _ => {}
    }
    let mut client = Client {
        missing: arguments.number("--count", 1),
        job: arguments.job,
        done: false,
    };
    let mut housekeeping = tokio::time::interval(Duration::from_millis(50));
    while !client.done {
        tokio::select! {
            biased;
            turn = node.turn() => match turn {
                Turn::Event(event) => {
                    if let Some(command) = client.see_event(event) {
                        node.behavior.execute(command);
                    }
                }
                Turn::Messages(_, messages) => messages.into_iter().for_each(|message| client.see_message(message)),
                Turn::Lost => return Err("the connection was lost".into()),
                Turn::Nothing => {}
            },
            _ = housekeeping.tick() => node.behavior.execute(InitiatorCommand::Housekeeping),
        }
    }
    tell(json!({"event": "done"}));
    Ok(())
}

fn main() {
    let arguments = Arguments::read();
    run(async move {
        if arguments.serve {
            serve(arguments).await
        } else if arguments.job.starts_with("measure-") {
            measure(arguments).await
        } else if arguments.job == "submit" {
            submit(arguments).await
        } else {
            ask(arguments).await
        }
    });
}
