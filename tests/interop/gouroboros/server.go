package main

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"

	ouroboros "github.com/blinklabs-io/gouroboros"
	"github.com/blinklabs-io/gouroboros/cbor"
	"github.com/blinklabs-io/gouroboros/protocol/blockfetch"
	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	pcommon "github.com/blinklabs-io/gouroboros/protocol/common"
	"github.com/blinklabs-io/gouroboros/protocol/peersharing"
	"github.com/blinklabs-io/gouroboros/protocol/txsubmission"
)

// A follower is one peer of the server: where it stands. Its first answer after an intersection is a roll-backward to
// there.
type follower struct {
	chain    *chain
	mutex    sync.Mutex
	position int
	back     bool
	queued   int // bytes of blocks since the last one that was waited for
}

func (f *follower) findIntersect(_ chainsync.CallbackContext, points []pcommon.Point) (pcommon.Point, chainsync.Tip, error) {
	for _, point := range points {
		if position, found := f.chain.find(point); found {
			f.position, f.back = position, true
			return point, f.chain.tip(), nil
		}
	}
	return pcommon.Point{}, f.chain.tip(), chainsync.ErrIntersectNotFound
}

// answer sends what comes next; without anything it gives what tells that there may be.
func (f *follower) answer(server *chainsync.Server) (<-chan struct{}, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	end, moved := f.chain.last()
	if f.position > end {
		f.position, f.back = end, true
	}
	if !f.back && f.position == end && f.chain.cyclic {
		f.position = 0
	}
	switch {
	case f.back:
		f.back = false
		return nil, server.RollBackward(f.chain.point(f.position), f.chain.tip())
	case f.position < end:
		f.position++
		next := f.chain.at(f.position)
		return nil, server.RollForward(next.tag(), next.block[2:], f.chain.tip()) // takes the header out itself
	default:
		return moved, nil
	}
}

func (f *follower) requestNext(context chainsync.CallbackContext) error {
	moved, err := f.answer(context.Server)
	if moved == nil || err != nil {
		return err
	}
	if err := context.Server.AwaitReply(); err != nil {
		return err
	}
	tell(line{"event": "waiting"})
	go func() {
		for moved != nil && err == nil {
			<-moved
			moved, err = f.answer(context.Server)
		}
	}()
	return nil
}

func (f *follower) requestRange(context blockfetch.CallbackContext, first, last pcommon.Point) error {
	from, found := f.chain.find(first)
	to, also := f.chain.find(last)
	if !found || !also || from == 0 || to < from {
		return context.Server.NoBlocks()
	}
	if err := context.Server.StartBatch(); err != nil {
		return err
	}
	for ; from <= to; from++ {
		if err := f.send(context.Server, f.chain.at(from)); err != nil {
			return err
		}
	}
	return context.Server.BatchDone()
}

// send waits now and then until all has left: the package ends a connection for which its user has queued too much.
func (f *follower) send(server *blockfetch.Server, next block) error {
	f.queued += len(next.block)
	if f.queued < blockfetch.StreamingMaxPendingMessageBytes/2 {
		return server.Block(next.tag(), next.block[2:])
	}
	f.queued = 0
	wrapped, err := cbor.Encode(&blockfetch.WrappedBlock{Type: next.tag(), RawBlock: next.block[2:]})
	if err != nil {
		return err
	}
	return server.ProtocolInstance().SendMessageAndWait(blockfetch.NewMsgBlock(wrapped))
}

// addressesOf reads the addresses that others are told of.
func addressesOf(list string) []peersharing.PeerAddress {
	addresses := []peersharing.PeerAddress{}
	for _, word := range strings.Split(list, ",") {
		if address, err := netip.ParseAddrPort(word); err == nil {
			addresses = append(addresses, peersharing.PeerAddress{IP: address.Addr().AsSlice(), Port: address.Port()})
		}
	}
	return addresses
}

func servePeer(socket net.Conn, chain *chain, magic uint32, shared []peersharing.PeerAddress) {
	peer := &follower{chain: chain, back: true}
	blocks, err := blockfetch.NewConfig(blockfetch.WithRequestRangeFunc(peer.requestRange))
	if err != nil {
		fail(err)
	}
	connection, err := ouroboros.NewConnection(
		ouroboros.WithConnection(socket),
		ouroboros.WithNetworkMagic(magic),
		ouroboros.WithNodeToNode(true),
		ouroboros.WithServer(true),
		ouroboros.WithChainSyncConfig(chainsync.NewConfig(
			chainsync.WithFindIntersectFunc(peer.findIntersect),
			chainsync.WithRequestNextFunc(peer.requestNext),
		)),
		ouroboros.WithBlockFetchConfig(blocks),
		ouroboros.WithPeerSharing(len(shared) > 0),
		ouroboros.WithPeerSharingConfig(peersharing.NewConfig(peersharing.WithShareRequestFunc(
			func(peersharing.CallbackContext, int) ([]peersharing.PeerAddress, error) { return shared, nil },
		))),
		// Without a function of its own for Init the package ends the connection there.
		ouroboros.WithTxSubmissionConfig(txsubmission.NewConfig(txsubmission.WithInitFunc(pull))),
	)
	for err == nil {
		var more bool
		if err, more = <-connection.ErrorChan(); !more {
			return
		}
	}
	tell(line{"event": "left", "reason": err.Error()})
}

func serve(options options) {
	chain, err := openChain(options.text["--chain"], options.number("--tip", -1))
	if err != nil {
		fail(err)
	}
	chain.cyclic = options.number("--cyclic", 0) != 0
	listener, err := net.Listen("tcp", cmp.Or(options.text["--listen"], "127.0.0.1:0"))
	if err != nil {
		fail(err)
	}
	tell(line{"event": "listening", "address": listener.Addr().String()})
	go chain.follow(os.Stdin)
	for {
		socket, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go servePeer(socket, chain, options.magic(), addressesOf(options.text["--share"]))
	}
}
