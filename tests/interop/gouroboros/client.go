package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	ouroboros "github.com/blinklabs-io/gouroboros"
	"github.com/blinklabs-io/gouroboros/protocol/blockfetch"
	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	pcommon "github.com/blinklabs-io/gouroboros/protocol/common"
	"github.com/blinklabs-io/gouroboros/protocol/handshake"
	"github.com/blinklabs-io/gouroboros/protocol/keepalive"
	"github.com/blinklabs-io/gouroboros/protocol/txsubmission"
)

// A client does one job with one peer. The package calls from its own goroutines; what it says is in order.
type client struct {
	options options
	missing int
	txs     *transactions
	synced  chan struct{} // closed once the intersection is told
	done    chan struct{}
	fetched chan struct{} // closed behind the last block
	serving *follower     // what it serves on its own connection; nil: nothing
}

// counted notes one more of what the job asks for.
func (c *client) counted() {
	if c.missing--; c.missing == 0 {
		close(c.done)
	}
}

func (c *client) pong(keepalive.CallbackContext, uint16) error {
	if c.missing > 0 {
		tell(line{"event": "pong"})
		c.counted()
	}
	return nil
}

func (c *client) rollForward(_ chainsync.CallbackContext, _ uint, header []byte, _ chainsync.Tip) error {
	<-c.synced
	if c.missing > 0 {
		tell(line{"event": "roll-forward", "header": hex.EncodeToString(header)})
		c.counted()
	}
	return nil
}

func (c *client) rollBackward(_ chainsync.CallbackContext, to pcommon.Point, _ chainsync.Tip) error {
	<-c.synced
	tell(line{"event": "roll-backward", "point": textOf(to)})
	return nil
}

// block puts the tag back that the package has taken off.
func (c *client) block(_ blockfetch.CallbackContext, tag uint, bytes []byte) error {
	tell(line{"event": "block", "block": fmt.Sprintf("82%02x%x", tag, bytes)})
	return nil
}

func (c *client) batchDone(blockfetch.CallbackContext) error {
	close(c.fetched)
	return nil
}

func (c *client) dial() (*ouroboros.Connection, error) {
	fetching := []blockfetch.BlockFetchOptionFunc{
		blockfetch.WithBlockRawFunc(c.block),
		blockfetch.WithBatchDoneFunc(c.batchDone),
	}
	following := []chainsync.ChainSyncOptionFunc{
		chainsync.WithRollForwardRawFunc(c.rollForward),
		chainsync.WithRollBackwardFunc(c.rollBackward),
	}
	if c.serving != nil {
		fetching = append(fetching, blockfetch.WithRequestRangeFunc(c.serving.requestRange))
		following = append(following, chainsync.WithFindIntersectFunc(c.serving.findIntersect),
			chainsync.WithRequestNextFunc(c.serving.requestNext))
	}
	blocks, err := blockfetch.NewConfig(fetching...)
	if err != nil {
		return nil, err
	}
	if c.options.job == "submit" {
		if c.txs, err = openTransactions(c.options.text["--txs"]); err != nil {
			return nil, err
		}
		c.done = c.txs.done
	}
	connection, err := ouroboros.NewConnection(
		ouroboros.WithNetworkMagic(c.options.magic()),
		ouroboros.WithNodeToNode(true),
		ouroboros.WithFullDuplex(c.serving != nil),
		ouroboros.WithQueryMode(c.options.job == "query"),
		ouroboros.WithKeepAlive(c.options.job == "keep-alive"),
		ouroboros.WithPeerSharing(c.options.job == "peers"),
		ouroboros.WithKeepAliveConfig(keepalive.NewConfig(
			keepalive.WithKeepAliveResponseFunc(c.pong),
			keepalive.WithPeriod(20*time.Millisecond),
			keepalive.WithCookie(0xffff),
		)),
		ouroboros.WithChainSyncConfig(chainsync.NewConfig(following...)),
		ouroboros.WithBlockFetchConfig(blocks),
		ouroboros.WithTxSubmissionConfig(txsubmission.NewConfig(
			txsubmission.WithRequestTxIdsFunc(c.txs.announce),
			txsubmission.WithRequestTxsFunc(c.txs.give),
		)),
	)
	if err != nil {
		return nil, err
	}
	return connection, connection.Dial("tcp", c.options.text["--peer"])
}

// refused tells of a refusal, where the error is one.
func refused(err error) bool {
	var mismatch *handshake.VersionMismatchError
	var undecoded *handshake.DecodeError
	var refusal *handshake.RefusedError
	switch {
	case errors.As(err, &mismatch):
		tell(line{"event": "refused", "reason": "version"})
	case errors.As(err, &undecoded), errors.As(err, &refusal):
		tell(line{"event": "refused", "reason": "data"})
	default:
		return false
	}
	return true
}

func (c *client) wait(connection *ouroboros.Connection, what <-chan struct{}) error {
	select {
	case <-what:
		return nil
	case err := <-connection.ErrorChan():
		return fmt.Errorf("the connection was lost: %w", err)
	}
}

func (c *client) sync(connection *ouroboros.Connection) error {
	from, err := pointOf(c.options.text["--from"])
	if err != nil {
		return err
	}
	peer := connection.ChainSync().Client
	c.missing = c.options.number("--count", 1)
	switch err := peer.Sync([]pcommon.Point{from}); {
	case errors.Is(err, chainsync.ErrIntersectNotFound):
		tip, err := peer.GetCurrentTip()
		if err == nil {
			tell(line{"event": "not-found", "tip": textOf(tip.Point)})
		}
		return err
	case err != nil:
		return err
	}
	tell(line{"event": "intersected", "point": textOf(from)}) // the only point that was asked for
	close(c.synced)
	return c.wait(connection, c.done)
}

func (c *client) fetch(connection *ouroboros.Connection) error {
	first, err := pointOf(c.options.text["--from"])
	if err != nil {
		return err
	}
	last, err := pointOf(c.options.text["--to"])
	if err != nil {
		return err
	}
	switch err := connection.BlockFetch().Client.GetBlockRange(first, last); {
	case err != nil && err.Error() == "block(s) not found": // NoBlocks has no error of its own
		tell(line{"event": "no-blocks"})
		return nil
	case err != nil:
		return err
	}
	return c.wait(connection, c.fetched)
}

// both follows and fetches on the connection on which it also serves, and leaves it to the peer to end it.
func (c *client) both(connection *ouroboros.Connection) error {
	if err := c.sync(connection); err != nil {
		return err
	}
	if err := c.fetch(connection); err != nil {
		return err
	}
	tell(line{"event": "fetched"})
	<-connection.ErrorChan()
	return nil
}

func (c *client) peers(connection *ouroboros.Connection) error {
	addresses, err := connection.PeerSharing().Client.GetPeers(255)
	if err != nil {
		return err
	}
	peers := []string{}
	for _, address := range addresses {
		peers = append(peers, net.JoinHostPort(address.IP.String(), strconv.Itoa(int(address.Port))))
	}
	tell(line{"event": "peers", "peers": peers})
	return nil
}

func ask(options options) {
	c := &client{options: options, missing: 3, synced: make(chan struct{}), done: make(chan struct{}),
		fetched: make(chan struct{})}
	if options.job == "both" {
		served, err := openChain(options.text["--chain"], -1)
		if err != nil {
			fail(err)
		}
		c.serving = &follower{chain: served, back: true}
	}
	connection, err := c.dial()
	switch {
	case refused(err):
		err = nil
	case err != nil:
	case options.job == "handshake":
		version, _ := connection.ProtocolVersion()
		tell(line{"event": "accepted", "version": version})
	case options.job == "query":
		versions := []uint16{}
		for version := range connection.QueryReplyVersionMap() {
			versions = append(versions, version)
		}
		slices.Sort(versions)
		tell(line{"event": "versions", "versions": versions})
	case options.job == "keep-alive":
		err = c.wait(connection, c.done)
	case options.job == "sync":
		err = c.sync(connection)
	case options.job == "fetch":
		err = c.fetch(connection)
	case options.job == "submit":
		connection.TxSubmission().Client.Init()
		err = c.wait(connection, c.done)
	case options.job == "both":
		err = c.both(connection)
	case options.job == "peers":
		err = c.peers(connection)
	default:
		err = fmt.Errorf("no job is called %s", options.job)
	}
	if err != nil {
		fail(err)
	}
	tell(line{"event": "done"})
}
