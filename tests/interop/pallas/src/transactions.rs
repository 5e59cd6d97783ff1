//! Transactions over pallas-network: pulled from a client, and given to a server.

use pallas_network::miniprotocols::txsubmission::{
    Client, EraTxBody, EraTxId, Reply, Request, Server, TxIdAndSize,
};
use serde_json::json;

use crate::{Failure, tell};

const CONWAY: u16 = 6;
const ENVELOPE: usize = 7; // bytes around a transaction: two heads, a tag, the head of its string

/// Asks for what the client has, and tells of it, until it has no more.
pub async fn pull(mut server: Server) -> Result<(), Failure> {
    server.wait_for_init().await?;
    let mut acknowledged = 0;
    loop {
        server
            .acknowledge_and_request_tx_ids(true, acknowledged, 4)
            .await?;
        let Reply::TxIds(ids) = server.receive_next_reply().await? else {
            return Ok(());
        };
        acknowledged = ids.len() as u16;
        server
            .request_txs(ids.into_iter().map(|TxIdAndSize(id, _)| id).collect())
            .await?;
        let Reply::Txs(txs) = server.receive_next_reply().await? else {
            return Ok(());
        };
        for EraTxBody(_, bytes) in txs {
            tell(json!({"event": "tx", "tx": hex::encode(bytes)}));
        }
    }
}

/// Gives the transactions of a file, a line each: an id and the bytes. Ends when all have been acknowledged.
pub async fn submit(mut client: Client, path: &str) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let (id, bytes) = line.split_once(' ').ok_or("not a line of transactions")?;
        waiting.push((hex::decode(id)?, hex::decode(bytes)?));
    }
    let mut announced = 0; // of those that are not acknowledged
    client.send_init().await?;
    loop {
        match client.next_request().await? {
            Request::TxIds(acknowledged, requested)
            | Request::TxIdsNonBlocking(acknowledged, requested) => {
                waiting.drain(..acknowledged as usize);
                announced -= acknowledged as usize;
                if waiting.is_empty() {
                    return Ok(client.send_done().await?);
                }
                let told: Vec<_> = waiting[announced..]
                    .iter()
                    .take(requested as usize)
                    .map(|(id, bytes)| {
                        let size = (bytes.len() + ENVELOPE) as u32;
                        TxIdAndSize(EraTxId(CONWAY, id.clone()), size)
                    })
                    .collect();
                announced += told.len();
                client.reply_tx_ids(told).await?;
            }
            Request::Txs(wanted) => {
                let given = waiting
                    .iter()
                    .filter(|(id, _)| wanted.iter().any(|EraTxId(_, other)| id == other))
                    .map(|(_, bytes)| EraTxBody(CONWAY, bytes.clone()))
                    .collect();
                client.reply_txs(given).await?;
            }
        }
    }
}
