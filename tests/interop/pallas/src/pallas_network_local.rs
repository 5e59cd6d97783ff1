//! The same between a node and its client: a server that answers out of a script, and a client that does one job.

use std::collections::HashMap;
use std::sync::Arc;

use pallas_codec::minicbor;
use pallas_codec::utils::AnyCbor;
use pallas_network::facades::{NodeClient, NodeServer};
use pallas_network::miniprotocols::chainsync::BlockContent;
use pallas_network::miniprotocols::handshake::n2c::VersionTable;
use pallas_network::miniprotocols::handshake::{Confirmation, RefuseReason};
use pallas_network::miniprotocols::localstate::queries_v16 as queries;
use pallas_network::miniprotocols::localstate::{self, AcquireFailure, ClientError};
use pallas_network::miniprotocols::localtxsubmission::{
    self, EraTx, Request, Response, TxValidationError,
};
use pallas_network::multiplexer::Bearer;
use pallas_peers::{Arguments, Chain, Failure, place_of, tell, text_of};
use serde_json::json;
use tokio::net::UnixListener;

use super::{place, point, serve_chain, sync};

#[path = "pallas_network_queries.rs"]
mod all_queries;

// --- serving ---------------------------------------------------------------------------------------------------------

/// What is answered: lines `query QUERY RESULT`, `reject TX REASON`, in hexadecimal, and `decode`. All other transactions are
/// accepted.
struct Script {
    queries: HashMap<Vec<u8>, Vec<u8>>,
    rejections: HashMap<Vec<u8>, Vec<u8>>,
    decode: bool, // queries are read with the types of the package, too
}

impl Script {
    fn open(path: &str) -> Result<Self, Failure> {
        let mut script = Script {
            queries: HashMap::new(),
            rejections: HashMap::new(),
            decode: false,
        };
        for line in std::fs::read_to_string(path)?.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["query", query, result] => {
                    script
                        .queries
                        .insert(hex::decode(query)?, hex::decode(result)?);
                }
                ["reject", tx, reason] => {
                    script
                        .rejections
                        .insert(hex::decode(tx)?, hex::decode(reason)?);
                }
                ["decode"] => script.decode = true,
                _ => {} // of the mempool, which the package does not serve
            }
        }
        Ok(script)
    }
}

async fn serve_states(
    mut server: localstate::Server,
    chain: Arc<Chain>,
    script: Arc<Script>,
) -> Result<(), Failure> {
    let mut wanted = server.recv_while_idle().await?.map(|request| request.0);
    while let Some(at) = wanted {
        if at.is_some_and(|at| chain.find(&place(at)).is_none()) {
            server.send_failure(AcquireFailure::PointNotOnChain).await?;
        } else {
            server.send_acquired().await?;
            match server.recv_while_acquired().await? {
                localstate::ClientQueryRequest::ReAcquire(at) => {
                    wanted = Some(at);
                    continue;
                }
                localstate::ClientQueryRequest::Release => {}
                localstate::ClientQueryRequest::Query(query) => {
                    serve_queries(&mut server, query, &script).await?;
                }
            }
        }
        wanted = server.recv_while_idle().await?.map(|request| request.0);
    }
    Ok(())
}

/// Until the state is released: whoever asks a question does not acquire another one here.
async fn serve_queries(
    server: &mut localstate::Server,
    first: AnyCbor,
    script: &Script,
) -> Result<(), Failure> {
    let mut query = first;
    loop {
        if script.decode {
            all_queries::check_understood(query.raw_bytes())?;
        }
        let result = script
            .queries
            .get(query.raw_bytes())
            .ok_or_else(|| format!("no answer to {}", hex::encode(query.raw_bytes())))?;
        server
            .send_result(AnyCbor::from_raw_bytes(result.clone()))
            .await?;
        match server.recv_while_acquired().await? {
            localstate::ClientQueryRequest::Query(next) => query = next,
            localstate::ClientQueryRequest::Release => return Ok(()),
            localstate::ClientQueryRequest::ReAcquire(_) => server.send_acquired().await?,
        }
    }
}

async fn serve_transactions(
    mut server: localtxsubmission::Server,
    script: Arc<Script>,
) -> Result<(), Failure> {
    while let Request::Submit(EraTx(_, tx)) = server.recv_next_request().await? {
        let response = match script.rejections.get(&tx) {
            None => Response::Accepted,
            Some(reason) => Response::Rejected(minicbor::decode::<TxValidationError>(reason)?),
        };
        server.send_submit_tx_response(response).await?;
    }
    Ok(())
}

/// Tells why a part of the service ended, where it was not the client who ended it.
async fn tell_end(part: impl Future<Output = Result<(), Failure>>) {
    if let Err(error) = part.await {
        tell(json!({"event": "left", "reason": error.to_string()}));
    }
}

pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let chain = Chain::open(&arguments)?;
    let script = Arc::new(Script::open(arguments.text("--script"))?);
    let path = arguments.text("--socket");
    let listener = UnixListener::bind(path)?;
    tell(json!({"event": "listening", "address": path}));
    loop {
        let Ok(node) = NodeServer::accept(&listener, arguments.number("--magic", 1)).await else {
            continue;
        };
        let (chain, script) = (chain.clone(), script.clone());
        tokio::spawn(async move {
            let NodeServer {
                plexer: _plexer,
                chainsync,
                statequery,
                localtxsubmission,
                ..
            } = node;
            let content = |block: &super::Block| BlockContent(block.block.clone());
            tokio::join!(
                tell_end(serve_chain(chainsync, chain.clone(), content)),
                tell_end(serve_states(statequery, chain, script.clone())),
                tell_end(serve_transactions(localtxsubmission, script)),
            )
        });
    }
}

// --- asking ----------------------------------------------------------------------------------------------------------

async fn query(node: &mut NodeClient, arguments: &Arguments) -> Result<(), Failure> {
    let client = node.statequery();
    let at = place_of(arguments.text("--at")).map(|at| point(Some(at)));
    match client.acquire(at).await {
        Err(ClientError::AcquirePointNotFound) => {
            tell(json!({"event": "failure", "reason": "not-on-chain"}));
            return Ok(());
        }
        Err(ClientError::AcquirePointTooOld) => {
            tell(json!({"event": "failure", "reason": "too-old"}));
            return Ok(());
        }
        other => other?,
    }
    tell(json!({"event": "acquired"}));
    match arguments.text("--query") {
        "era" => tell(json!({"event": "era", "value": queries::get_current_era(client).await?})),
        "tip" => {
            let tip = text_of(&place(queries::get_chain_point(client).await?));
            tell(json!({"event": "tip", "value": tip}));
        }
        "params" => {
            let parameters = queries::get_current_pparams(client, 6).await?;
            let fee = parameters.minfee_a;
            tell(json!({"event": "params", "value": fee}));
        }
        "utxo" => {
            let address = hex::decode(arguments.text("--address"))?;
            let utxo = queries::get_utxo_by_address(client, 6, vec![address.into()]).await?;
            tell(json!({"event": "utxo", "value": utxo.len()}));
        }
        "raw" => {
            let request = AnyCbor::from_raw_bytes(hex::decode(arguments.text("--bytes"))?);
            let result = client.query_any(request).await?;
            tell(json!({"event": "raw", "value": hex::encode(result.raw_bytes())}));
        }
        "" => {}
        name => match all_queries::ask(client, arguments).await? {
            Some(value) => tell(json!({"event": name, "value": value})),
            None => tell(json!({"event": "lacks"})),
        },
    }
    if !arguments.text("--again").is_empty() {
        client
            .send_reacquire(place_of(arguments.text("--again")).map(|at| point(Some(at))))
            .await?;
        client.recv_while_acquiring().await?;
        tell(json!({"event": "acquired"}));
    }
    client.send_release().await?;
    client.send_done().await?;
    Ok(())
}

async fn submit(node: &mut NodeClient, arguments: &Arguments) -> Result<(), Failure> {
    let tx = EraTx(6, hex::decode(arguments.text("--tx"))?);
    match node.submission().submit_tx(tx).await? {
        Response::Accepted => tell(json!({"event": "accepted-tx"})),
        // It gives the reason as a value of its own, and no bytes.
        Response::Rejected(reason) => {
            tell(json!({"event": "rejected-tx", "text": format!("{reason:?}")}));
        }
    }
    node.submission().terminate_gracefully().await?;
    Ok(())
}

async fn mempool(node: &mut NodeClient, arguments: &Arguments) -> Result<(), Failure> {
    let client = node.monitor();
    tell(json!({"event": "mempool", "slot": client.acquire().await?}));
    let sizes = client.query_size_and_capacity().await?;
    tell(
        json!({"event": "sizes", "capacity": sizes.capacity_in_bytes, "size": sizes.size_in_bytes,
                 "count": sizes.number_of_txs}),
    );
    while let Some((era, tx)) = client.query_next_tx().await? {
        tell(json!({"event": "tx", "era": era, "tx": hex::encode(tx.0.as_slice())}));
    }
    if !arguments.text("--id").is_empty() {
        let has = client.query_has_tx(arguments.text("--id").into()).await?;
        tell(json!({"event": "has", "value": has}));
    }
    client.release().await?;
    Ok(())
}

fn tell_confirmation(
    confirmation: Confirmation<pallas_network::miniprotocols::handshake::n2c::VersionData>,
) {
    tell(match confirmation {
        Confirmation::Accepted(version, _) => {
            json!({"event": "accepted", "version": version & 0x7fff})
        }
        Confirmation::Rejected(RefuseReason::VersionMismatch(_)) => {
            json!({"event": "refused", "reason": "version"})
        }
        Confirmation::Rejected(_) => json!({"event": "refused", "reason": "data"}),
        Confirmation::QueryReply(_) => json!({"event": "versions"}),
    });
}

pub async fn ask(arguments: Arguments) -> Result<(), Failure> {
    let magic = arguments.number("--magic", 1);
    let mut node = NodeClient::new(Bearer::connect_unix(arguments.text("--socket")).await?);
    let confirmation = node
        .handshake()
        .handshake(VersionTable::v10_and_above(magic))
        .await?;
    match arguments.job.as_str() {
        "handshake" => tell_confirmation(confirmation),
        "sync" => {
            let show = |block: BlockContent| {
                let bytes: Vec<u8> = block.into();
                json!({"event": "roll-forward", "block": hex::encode(bytes)})
            };
            sync(node.chainsync(), &arguments, show).await?;
        }
        "query" => query(&mut node, &arguments).await?,
        "submit" => submit(&mut node, &arguments).await?,
        "mempool" => mempool(&mut node, &arguments).await?,
        job => return Err(format!("no job is called {job}").into()),
    }
    tell(json!({"event": "done"}));
    Ok(())
}
