//! The state queries of the package, with the arguments of the list in `query_list.cpp`. A result is shown as the package
//! encodes it again.

use std::collections::BTreeSet;

use pallas_codec::minicbor::{self, Encode};
use pallas_codec::utils::{AnyUInt, Bytes, TagWrap};
use pallas_network::miniprotocols::localstate::Client;
use pallas_network::miniprotocols::localstate::queries_v16::{
    self as queries, BlockQuery, DRep, Either, HardForkQuery, LedgerPeerSnapshotKind, LedgerQuery,
    MemberStatus, Request, StakeAddr, TransactionInput,
};
use pallas_network::miniprotocols::localtxsubmission::SMaybe;
use pallas_peers::{Arguments, Failure};

const ERA: u16 = 6; // Conway

fn show<T: Encode<()>>(result: T) -> Option<String> {
    Some(hex::encode(
        minicbor::to_vec(result).expect("memory takes what is written"),
    ))
}

fn bytes(arguments: &Arguments, option: &str) -> Result<Vec<u8>, Failure> {
    Ok(hex::decode(arguments.text(option))?)
}

/// The server's own check: a query that the package reads and writes back is understood.
pub fn check_understood(query: &[u8]) -> Result<(), Failure> {
    let read: Request = minicbor::decode(query)?;
    let again = minicbor::to_vec(&read)?;
    if again != query {
        return Err(format!(
            "{} is written as {}",
            hex::encode(query),
            hex::encode(again)
        )
        .into());
    }
    Ok(())
}

/// Nothing if the package has no function for it.
pub async fn ask(client: &mut Client, arguments: &Arguments) -> Result<Option<String>, Failure> {
    let credential = StakeAddr::from((0, Bytes::from(bytes(arguments, "--credential")?)));
    let pool = Bytes::from(bytes(arguments, "--pool")?);
    let credentials = || BTreeSet::from([credential.clone()]);
    let pools = || TagWrap::new(BTreeSet::from([pool.clone()]));
    let input = TransactionInput {
        transaction_id: bytes(arguments, "--input")?.as_slice().into(),
        index: 0,
    };
    Ok(match arguments.text("--query") {
        "GetSystemStart" => show(queries::get_system_start(client).await?),
        "GetChainBlockNo" => show(queries::get_chain_block_no(client).await?),
        "GetChainPoint" => show(queries::get_chain_point(client).await?),
        "GetCurrentEra" => show(queries::get_current_era(client).await?),
        "GetInterpreter" => {
            // No function, and no type of the result; the query has one.
            let query = LedgerQuery::HardForkQuery(HardForkQuery::GetInterpreter);
            let result: pallas_codec::utils::AnyCbor =
                client.query(Request::LedgerQuery(query)).await?;
            show(result)
        }
        "GetEpochNo" => show(queries::get_block_epoch_number(client, ERA).await?),
        "GetNonMyopicMemberRewards" => {
            let subjects = TagWrap::new(BTreeSet::from([Either::Left(AnyUInt::MajorByte(5))]));
            show(queries::get_non_myopic_member_rewards(client, ERA, subjects).await?)
        }
        "GetCurrentPParams" => show(queries::get_current_pparams(client, ERA).await?),
        "GetStakeDistribution" => show(queries::get_stake_distribution(client, ERA).await?),
        "GetStakeDistribution2" => show(queries::get_stake_distribution_v2(client, ERA).await?),
        "GetUTxOByAddress" => {
            let address = bytes(arguments, "--address")?.into();
            show(queries::get_utxo_by_address(client, ERA, vec![address]).await?)
        }
        "GetUTxOWhole" => show(queries::get_utxo_whole(client, ERA).await?),
        "GetUTxOByTxIn" => {
            show(queries::get_utxo_by_txin(client, ERA, BTreeSet::from([input])).await?)
        }
        "GetFilteredDelegationsAndRewardAccounts" => {
            show(queries::get_filtered_delegations_rewards(client, ERA, credentials()).await?)
        }
        "GetGenesisConfig" => show(queries::get_genesis_config(client, ERA).await?),
        "GetStakePoolParams" => show(queries::get_stake_pool_params(client, ERA, pools()).await?),
        "GetPoolState" => show(queries::get_pool_state(client, ERA, SMaybe::None).await?),
        "GetStakeSnapshots" => show(queries::get_stake_snapshots(client, ERA, SMaybe::None).await?),
        "GetPoolDistr" => show(queries::get_pool_distr(client, ERA, SMaybe::None).await?),
        "GetPoolDistr2" => show(queries::get_pool_distr_v2(client, ERA, SMaybe::None).await?),
        "GetStakeDelegDeposits" => {
            let of = TagWrap::new(credentials());
            show(queries::get_stake_deleg_deposits(client, ERA, of).await?)
        }
        "GetConstitution" => show(queries::get_constitution(client, ERA).await?),
        "GetGovState" => show(queries::get_gov_state(client, ERA).await?),
        "GetDRepState" => {
            let all = TagWrap::new(BTreeSet::<StakeAddr>::new());
            show(queries::get_drep_state(client, ERA, all).await?)
        }
        "GetDRepStakeDistr" => {
            let all = TagWrap::new(BTreeSet::<DRep>::new());
            show(queries::get_drep_stake_distr(client, ERA, all).await?)
        }
        "GetCommitteeMembersState" => {
            let (cold, hot) = (TagWrap::new(BTreeSet::new()), TagWrap::new(BTreeSet::new()));
            let statuses = TagWrap::new(BTreeSet::<MemberStatus>::new());
            show(queries::get_committee_members_state(client, ERA, cold, hot, statuses).await?)
        }
        "GetFilteredVoteDelegatees" => {
            show(queries::get_filtered_vote_delegatees(client, ERA, credentials()).await?)
        }
        "GetAccountState" => show(queries::get_account_state(client, ERA).await?),
        "GetSPOStakeDistr" => {
            let all = TagWrap::new(BTreeSet::new());
            show(queries::get_spo_stake_distr(client, ERA, all).await?)
        }
        "GetProposals" => {
            let all = TagWrap::new(BTreeSet::new());
            show(queries::get_proposals(client, ERA, all).await?)
        }
        "GetRatifyState" => show(queries::get_ratify_state(client, ERA).await?),
        "GetFuturePParams" => show(queries::get_future_protocol_params(client, ERA).await?),
        "GetLedgerPeerSnapshot" => show(queries::get_big_ledger_snapshot(client, ERA).await?),
        "GetLedgerPeerSnapshot by kind" => {
            let kind = LedgerPeerSnapshotKind::Big;
            show(queries::get_ledger_peer_snapshot(client, ERA, kind).await?)
        }
        "GetDRepDelegations" => {
            let all = TagWrap::new(BTreeSet::<DRep>::new());
            show(queries::get_dreps_delegations(client, ERA, all).await?)
        }
        "GetStakePools" => {
            // No function, and no type of the result; the query has one.
            let query = LedgerQuery::BlockQuery(ERA, BlockQuery::GetStakePools);
            let result: pallas_codec::utils::AnyCbor =
                client.query(Request::LedgerQuery(query)).await?;
            show(result)
        }
        _ => None,
    })
}
