package main

import (
	"fmt"
	"time"

	"github.com/blinklabs-io/gouroboros/protocol/blockfetch"
	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	pcommon "github.com/blinklabs-io/gouroboros/protocol/common"

	ouroboros "github.com/blinklabs-io/gouroboros"
)

// A measurement counts what arrives, and ends at `wanted`. The package calls from goroutines of its own, one a protocol.
type measurement struct {
	seen, wanted int
	bytes        int
	done         chan struct{}
}

func (m *measurement) counted() {
	if m.seen++; m.seen == m.wanted {
		close(m.done)
	}
}

func (m *measurement) rollForward(chainsync.CallbackContext, uint, []byte, chainsync.Tip) error {
	m.counted()
	return nil
}

func (m *measurement) rollBackward(chainsync.CallbackContext, pcommon.Point, chainsync.Tip) error {
	return nil
}

func (m *measurement) block(_ blockfetch.CallbackContext, _ uint, block []byte) error {
	m.bytes += len(block)
	return nil
}

func (m *measurement) batchDone(blockfetch.CallbackContext) error {
	m.counted()
	return nil
}

func (m *measurement) dial(options options) (*ouroboros.Connection, error) {
	blocks, err := blockfetch.NewConfig(
		blockfetch.WithBlockRawFunc(m.block),
		blockfetch.WithBatchDoneFunc(m.batchDone),
	)
	if err != nil {
		return nil, err
	}
	connection, err := ouroboros.NewConnection(
		ouroboros.WithNetworkMagic(options.magic()),
		ouroboros.WithNodeToNode(true),
		ouroboros.WithChainSyncConfig(chainsync.NewConfig(
			chainsync.WithRollForwardRawFunc(m.rollForward),
			chainsync.WithRollBackwardFunc(m.rollBackward),
		)),
		ouroboros.WithBlockFetchConfig(blocks),
	)
	if err != nil {
		return nil, err
	}
	return connection, connection.Dial("tcp", options.text["--peer"])
}

func took(began time.Time, count int) {
	tell(line{"event": "took", "seconds": time.Since(began).Seconds(), "count": count})
}

// measure does the job `measure-sync`, `-fetch` or `-connect`. The package's keep-alive goes by a period alone.
func measure(options options) error {
	m := &measurement{wanted: options.number("--count", 1), done: make(chan struct{})}
	began := time.Now()
	if options.job == "measure-connect" {
		for range m.wanted {
			connection, err := m.dial(options)
			if err != nil {
				return err
			}
			go connection.Close() // waits for what it has started
		}
		took(began, m.wanted)
		return nil
	}
	connection, err := m.dial(options)
	if err != nil {
		return err
	}
	first, err := pointOf(options.text["--from"])
	if err != nil {
		return err
	}
	began = time.Now()
	switch options.job {
	case "measure-sync":
		if err := connection.ChainSync().Client.Sync([]pcommon.Point{first}); err != nil {
			return err
		}
	case "measure-fetch":
		last, err := pointOf(options.text["--to"])
		if err != nil {
			return err
		}
		for range m.wanted {
			if err := connection.BlockFetch().Client.GetBlockRange(first, last); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("no job is called %s", options.job)
	}
	select {
	case <-m.done:
	case err := <-connection.ErrorChan():
		return fmt.Errorf("the connection was lost: %w", err)
	}
	if options.job == "measure-fetch" {
		took(began, m.bytes)
	} else {
		took(began, m.seen)
	}
	return nil
}
