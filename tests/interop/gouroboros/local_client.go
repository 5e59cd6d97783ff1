package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	ouroboros "github.com/blinklabs-io/gouroboros"
	"github.com/blinklabs-io/gouroboros/ledger"
	lcommon "github.com/blinklabs-io/gouroboros/ledger/common"
	conwayledger "github.com/blinklabs-io/gouroboros/ledger/conway"
	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	"github.com/blinklabs-io/gouroboros/protocol/localstatequery"
	"github.com/blinklabs-io/gouroboros/protocol/localtxsubmission"
)

// localRollForward puts the tag back that the package has taken off.
func (c *client) localRollForward(_ chainsync.CallbackContext, tag uint, bytes []byte, _ chainsync.Tip) error {
	<-c.synced
	if c.missing > 0 {
		tell(line{"event": "roll-forward", "block": fmt.Sprintf("82%02x%x", tag, bytes)})
		c.counted()
	}
	return nil
}

func (c *client) dialLocal() (*ouroboros.Connection, error) {
	connection, err := ouroboros.NewConnection(
		ouroboros.WithNetworkMagic(c.options.magic()),
		ouroboros.WithChainSyncConfig(chainsync.NewConfig(
			chainsync.WithRollForwardRawFunc(c.localRollForward),
			chainsync.WithRollBackwardFunc(c.rollBackward),
		)),
	)
	if err != nil {
		return nil, err
	}
	return connection, connection.Dial("unix", c.options.text["--socket"])
}

func (c *client) acquire(peer *localstatequery.Client, at string) error {
	switch at {
	case "", "volatile":
		return peer.AcquireVolatileTip()
	case "immutable":
		return peer.AcquireImmutableTip()
	}
	point, err := pointOf(at)
	if err != nil {
		return err
	}
	return peer.Acquire(&point)
}

func (c *client) value(peer *localstatequery.Client) (any, error) {
	switch c.options.text["--query"] {
	case "era":
		return peer.GetCurrentEra()
	case "tip":
		point, err := peer.GetChainPoint()
		if err != nil {
			return nil, err
		}
		return textOf(*point), nil
	case "params":
		params, err := peer.GetCurrentProtocolParams()
		if err != nil {
			return nil, err
		}
		return params.(*conwayledger.ConwayProtocolParameters).MinFeeA, nil
	case "utxo":
		bytes, err := hex.DecodeString(c.options.text["--address"])
		if err != nil {
			return nil, err
		}
		address, err := lcommon.NewAddressFromBytes(bytes)
		if err != nil {
			return nil, err
		}
		utxo, err := peer.GetUTxOByAddress([]ledger.Address{address})
		if err != nil {
			return nil, err
		}
		return len(utxo.Results), nil
	}
	return nil, errLacks
}

func (c *client) query(connection *ouroboros.Connection) error {
	peer := connection.LocalStateQuery().Client
	switch err := c.acquire(peer, c.options.text["--at"]); {
	case errors.Is(err, localstatequery.ErrAcquireFailurePointNotOnChain):
		tell(line{"event": "failure", "reason": "not-on-chain"})
		return nil
	case errors.Is(err, localstatequery.ErrAcquireFailurePointTooOld):
		tell(line{"event": "failure", "reason": "too-old"})
		return nil
	case err != nil:
		return err
	}
	tell(line{"event": "acquired"})
	if c.options.text["--query"] != "" {
		name := c.options.text["--query"]
		value, err := c.value(peer)
		if errors.Is(err, errLacks) {
			err = c.tellNamed(peer, name)
		} else if err == nil {
			tell(line{"event": name, "value": value})
		}
		if err != nil {
			return err
		}
	}
	if again := c.options.text["--again"]; again != "" {
		if err := c.acquire(peer, again); err != nil {
			return err
		}
		tell(line{"event": "acquired"})
	}
	return peer.Release()
}

func (c *client) submit(connection *ouroboros.Connection) error {
	tx, err := hex.DecodeString(c.options.text["--tx"])
	if err != nil {
		return err
	}
	err = connection.LocalTxSubmission().Client.SubmitTx(6, tx)
	var rejected localtxsubmission.TransactionRejectedError
	switch {
	case err == nil:
		tell(line{"event": "accepted-tx"})
	case errors.As(err, &rejected):
		tell(line{"event": "rejected-tx", "reason": hex.EncodeToString(rejected.ReasonCbor)})
	default:
		return err
	}
	return nil
}

func (c *client) mempool(connection *ouroboros.Connection) error {
	peer := connection.LocalTxMonitor().Client
	if err := peer.Acquire(); err != nil {
		return err
	}
	tell(line{"event": "mempool"}) // the package keeps the slot for itself
	capacity, size, count, err := peer.GetSizes()
	if err != nil {
		return err
	}
	tell(line{"event": "sizes", "capacity": capacity, "size": size, "count": count})
	for {
		tx, err := peer.NextTx()
		if err != nil {
			return err
		}
		if tx == nil {
			break
		}
		tell(line{"event": "tx", "tx": hex.EncodeToString(tx)})
	}
	if id := c.options.text["--id"]; id != "" {
		bytes, err := hex.DecodeString(id)
		if err != nil {
			return err
		}
		has, err := peer.HasTx(bytes)
		if err != nil {
			return err
		}
		tell(line{"event": "has", "value": has})
	}
	return peer.Release()
}

func askLocal(options options) {
	c := &client{options: options, missing: 3, synced: make(chan struct{}), done: make(chan struct{})}
	connection, err := c.dialLocal()
	if err == nil {
		go func() { // the calls of the package wait for ever where the connection is lost
			if err, lost := <-connection.ErrorChan(); lost {
				fail(fmt.Errorf("the connection was lost: %w", err))
			}
		}()
	}
	switch {
	case refused(err):
		err = nil
	case err != nil:
	case options.job == "handshake":
		version, _ := connection.ProtocolVersion()
		tell(line{"event": "accepted", "version": version & 0x7fff})
	case options.job == "sync":
		err = c.sync(connection)
	case options.job == "query":
		err = c.query(connection)
	case options.job == "submit":
		err = c.submit(connection)
	case options.job == "mempool":
		err = c.mempool(connection)
	default:
		err = fmt.Errorf("no job is called %s", options.job)
	}
	if err != nil {
		fail(err)
	}
	tell(line{"event": "done"})
}
