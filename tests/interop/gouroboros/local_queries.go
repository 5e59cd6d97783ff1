package main

import (
	"encoding/hex"
	"errors"

	"github.com/blinklabs-io/gouroboros/cbor"
	"github.com/blinklabs-io/gouroboros/ledger"
	lcommon "github.com/blinklabs-io/gouroboros/ledger/common"
	"github.com/blinklabs-io/gouroboros/ledger/shelley"
	"github.com/blinklabs-io/gouroboros/protocol/localstatequery"
)

var errLacks = errors.New("the package does not ask this")

// queryArguments are those of the list in query_list.cpp.
type queryArguments struct {
	credential localstatequery.StakeCredential
	pool       ledger.PoolId
	address    ledger.Address
	input      ledger.TransactionInput
}

func (c *client) queryArguments() (queryArguments, error) {
	var all queryArguments
	credential, err := hex.DecodeString(c.options.text["--credential"])
	if err != nil {
		return all, err
	}
	pool, err := hex.DecodeString(c.options.text["--pool"])
	if err != nil {
		return all, err
	}
	address, err := hex.DecodeString(c.options.text["--address"])
	if err != nil {
		return all, err
	}
	all.credential = localstatequery.StakeCredential{Bytes: ledger.NewBlake2b224(credential)}
	all.pool = ledger.PoolId(ledger.NewBlake2b224(pool))
	all.input = shelley.NewShelleyTransactionInput(c.options.text["--input"], 0)
	all.address, err = lcommon.NewAddressFromBytes(address)
	return all, err
}

// outputs are shown as a map of inputs and the outputs' own bytes: the package encodes its keys with three fields.
func outputs(results map[localstatequery.UtxoId]ledger.BabbageTransactionOutput) any {
	shown := map[any]cbor.RawMessage{}
	for id, output := range results {
		bytes := output.Cbor()
		shown[struct {
			cbor.StructAsArray
			Hash ledger.Blake2b256
			Idx  int
		}{Hash: id.Hash, Idx: id.Idx}] = bytes
	}
	return []any{shown}
}

// relay is written as the ledger does; the package has no encoder for it.
func relay(from ledger.PoolRelay) []any {
	switch from.Type {
	case lcommon.PoolRelayTypeSingleHostAddress:
		var v4, v6 any
		if from.Ipv4 != nil {
			v4 = []byte(*from.Ipv4)
		}
		if from.Ipv6 != nil {
			v6 = []byte(*from.Ipv6)
		}
		return []any{from.Type, from.Port, v4, v6}
	case lcommon.PoolRelayTypeSingleHostName:
		return []any{from.Type, from.Port, from.Hostname}
	}
	return []any{from.Type, from.Hostname}
}

func relays(from []ledger.PoolRelay) []any {
	all := []any{}
	for _, each := range from {
		all = append(all, relay(each))
	}
	return all
}

func poolParameters(result *localstatequery.StakePoolParamsResult) any {
	all := map[ledger.PoolId]any{}
	for id, of := range result.Results {
		all[id] = []any{of.Operator, of.VrfKeyHash, of.Pledge, of.FixedCost, of.Margin, of.RewardAccount,
			of.PoolOwners, relays(of.Relays), of.PoolMetadata}
	}
	return []any{all}
}

func poolState(result *localstatequery.PoolStateResult) any {
	states := func(pools map[ledger.Blake2b224]*localstatequery.PoolStateParams) any {
		all := map[ledger.Blake2b224]any{}
		for id, of := range pools {
			all[id] = []any{of.Operator, of.VrfKeyHash, of.Pledge, of.Cost, of.Margin, of.RewardAccount,
				of.PoolOwners, relays(of.Relays), of.PoolMetadata}
		}
		return all
	}
	return []any{states(result.PState), states(result.FState), result.Retiring, result.Deposits}
}

// named sends a query of the list by the package's function for it.
func (c *client) named(peer *localstatequery.Client, name string) (any, error) {
	with, err := c.queryArguments()
	if err != nil {
		return nil, err
	}
	credentials := []lcommon.Credential{{Credential: lcommon.CredentialHash(with.credential.Bytes)}}
	switch name {
	case "GetSystemStart":
		return peer.GetSystemStart()
	case "GetChainBlockNo":
		number, err := peer.GetChainBlockNo()
		return []any{1, number}, err
	case "GetChainPoint":
		return peer.GetChainPoint()
	case "GetInterpreter":
		return peer.GetEraHistory()
	case "GetCurrentEra":
		return peer.GetCurrentEra()
	case "GetEpochNo":
		return peer.GetEpochNo()
	case "GetNonMyopicMemberRewards":
		return peer.GetNonMyopicMemberRewards([]any{[]any{0, 5}})
	case "GetCurrentPParams":
		return peer.GetCurrentProtocolParams()
	case "GetStakeDistribution":
		return peer.GetStakeDistribution()
	case "GetUTxOByAddress":
		result, err := peer.GetUTxOByAddress([]ledger.Address{with.address})
		if err != nil {
			return nil, err
		}
		return outputs(result.Results), nil
	case "GetUTxOWhole":
		result, err := peer.GetUTxOWhole()
		if err != nil {
			return nil, err
		}
		return outputs(result.Results), nil
	case "GetUTxOByTxIn":
		result, err := peer.GetUTxOByTxIn([]ledger.TransactionInput{with.input})
		if err != nil {
			return nil, err
		}
		return outputs(result.Results), nil
	case "GetFilteredDelegationsAndRewardAccounts":
		result, err := peer.GetFilteredDelegationsAndRewardAccounts([]localstatequery.StakeCredential{with.credential})
		if err != nil {
			return nil, err
		}
		return []any{result.Delegations, result.Rewards}, nil
	case "GetGenesisConfig":
		return peer.GetGenesisConfig()
	case "DebugChainDepState":
		return peer.DebugChainDepState()
	case "GetStakePools":
		return peer.GetStakePools()
	case "GetStakePoolParams":
		result, err := peer.GetStakePoolParams([]ledger.PoolId{with.pool})
		if err != nil {
			return nil, err
		}
		return poolParameters(result), nil
	case "GetPoolState":
		result, err := peer.GetPoolState(nil)
		if err != nil {
			return nil, err
		}
		return poolState(result), nil
	case "GetStakeSnapshots":
		return peer.GetStakeSnapshots(nil)
	case "GetPoolDistr":
		return peer.GetPoolDistr(nil)
	case "GetStakeDelegDeposits":
		return peer.GetStakeDelegDeposits([]localstatequery.StakeCredential{with.credential})
	case "GetConstitution":
		return peer.GetConstitution()
	case "GetGovState":
		return peer.GetGovState()
	case "GetDRepState":
		return peer.GetDRepState(nil)
	case "GetDRepStakeDistr":
		result, err := peer.GetDRepStakeDistr(nil)
		if err != nil {
			return nil, err
		}
		return cbor.RawMessage(*result), nil
	case "GetCommitteeMembersState":
		return peer.GetCommitteeMembersState(nil, nil, nil)
	case "GetFilteredVoteDelegatees":
		return peer.GetFilteredVoteDelegatees(credentials)
	case "GetAccountState":
		return peer.GetAccountState()
	case "GetSPOStakeDistr":
		return peer.GetSPOStakeDistr(nil)
	case "GetProposals":
		return peer.GetProposals()
	case "GetRatifyState":
		return peer.GetRatifyState()
	case "GetLedgerPeerSnapshot":
		return peer.GetLedgerPeerSnapshot(localstatequery.LedgerPeerKindBig)
	}
	return nil, errLacks
}

// tellNamed shows a result as the package encodes it again.
func (c *client) tellNamed(peer *localstatequery.Client, name string) error {
	value, err := c.named(peer, name)
	if errors.Is(err, errLacks) {
		tell(line{"event": "lacks"})
		return nil
	}
	if err != nil {
		return err
	}
	bytes, err := cbor.Encode(value)
	if err != nil {
		return err
	}
	tell(line{"event": name, "value": hex.EncodeToString(bytes)})
	return nil
}
