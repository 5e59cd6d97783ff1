//! Transactions over pallas-network2, whose behaviors have no commands for them: each side's next message.

use pallas_network2::protocol::txsubmission::{EraTxBody, EraTxId, Message, TxIdAndSize};
use pallas_peers::{Failure, tell};
use serde_json::json;

const CONWAY: u16 = 6;
const ENVELOPE: usize = 7; // bytes around a transaction: two heads, a tag, the head of its string

/// A server that asks for what a client has, and tells of it.
#[derive(Default)]
pub struct Puller {
    acknowledged: u16,
}

impl Puller {
    pub fn answer(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::ReplyTxIds(ids) => {
                self.acknowledged = ids.len() as u16;
                let wanted = ids.into_iter().map(|TxIdAndSize(id, _)| id).collect();
                return Some(Message::RequestTxs(wanted));
            }
            Message::ReplyTxs(txs) => {
                for EraTxBody(_, bytes) in txs {
                    tell(json!({"event": "tx", "tx": hex::encode(bytes)}));
                }
            }
            Message::Init => {}
            _ => return None,
        }
        let acknowledged = std::mem::take(&mut self.acknowledged);
        Some(Message::RequestTxIds(true, acknowledged, 4))
    }
}

/// A client that gives the transactions of a file, a line each: an id and the bytes.
#[derive(Default)]
pub struct Giver {
    waiting: Vec<(Vec<u8>, Vec<u8>)>,
    announced: usize, // of those that are not acknowledged
}

impl Giver {
    pub fn open(path: &str) -> Result<Self, Failure> {
        let mut giver = Giver::default();
        for line in std::fs::read_to_string(path)?.lines() {
            let (id, bytes) = line.split_once(' ').ok_or("not a line of transactions")?;
            giver.waiting.push((hex::decode(id)?, hex::decode(bytes)?));
        }
        Ok(giver)
    }

    /// Done is the answer where all have been acknowledged.
    pub fn answer(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::RequestTxIds(_, acknowledged, requested) => {
                self.waiting.drain(..acknowledged as usize);
                self.announced -= acknowledged as usize;
                if self.waiting.is_empty() {
                    return Some(Message::Done);
                }
                let told: Vec<_> = self.waiting[self.announced..]
                    .iter()
                    .take(requested as usize)
                    .map(|(id, bytes)| {
                        let size = (bytes.len() + ENVELOPE) as u32;
                        TxIdAndSize(EraTxId(CONWAY, id.clone()), size)
                    })
                    .collect();
                self.announced += told.len();
                Some(Message::ReplyTxIds(told))
            }
            Message::RequestTxs(wanted) => Some(Message::ReplyTxs(
                self.waiting
                    .iter()
                    .filter(|(id, _)| wanted.iter().any(|EraTxId(_, other)| id == other))
                    .map(|(_, bytes)| EraTxBody(CONWAY, bytes.clone()))
                    .collect(),
            )),
            _ => None,
        }
    }
}
