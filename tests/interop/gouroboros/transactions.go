package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/blinklabs-io/gouroboros/protocol/txsubmission"
)

const conway = 6

// transactions are those of a file, a line each: an id and the bytes. Those that are announced and not acknowledged
// stand at the front.
type transactions struct {
	all       []txsubmission.TxBody
	ids       []txsubmission.TxId
	announced int
	done      chan struct{}
}

func openTransactions(path string) (*transactions, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t := &transactions{done: make(chan struct{})}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		hash, bytes, found := strings.Cut(lines.Text(), " ")
		if !found {
			return nil, fmt.Errorf("%s: not a line of transactions", path)
		}
		id := txsubmission.TxId{EraId: conway}
		if _, err := hex.Decode(id.TxId[:], []byte(hash)); err != nil {
			return nil, err
		}
		body, err := hex.DecodeString(bytes)
		if err != nil {
			return nil, err
		}
		t.ids = append(t.ids, id)
		t.all = append(t.all, txsubmission.TxBody{EraId: conway, TxBody: body})
	}
	return t, lines.Err()
}

// announce is asked for ids. The end is told to whoever waits when all have been acknowledged.
func (t *transactions) announce(_ txsubmission.CallbackContext, blocking bool, acknowledged, requested uint16) ([]txsubmission.TxIdAndSize, error) {
	t.ids, t.all, t.announced = t.ids[acknowledged:], t.all[acknowledged:], t.announced-int(acknowledged)
	if blocking && len(t.ids) == 0 {
		close(t.done)
		return nil, txsubmission.ErrStopServerProcess
	}
	told := []txsubmission.TxIdAndSize{}
	for ; t.announced < len(t.ids) && len(told) < int(requested); t.announced++ {
		bytes := len(t.all[t.announced].TxBody)
		told = append(told, txsubmission.TxIdAndSize{TxId: t.ids[t.announced], Size: uint32(bytes + 7)})
	}
	return told, nil
}

func (t *transactions) give(_ txsubmission.CallbackContext, wanted []txsubmission.TxId) ([]txsubmission.TxBody, error) {
	given := []txsubmission.TxBody{}
	for _, id := range wanted {
		for i, other := range t.ids {
			if id.TxId == other.TxId {
				given = append(given, t.all[i])
			}
		}
	}
	return given, nil
}

// pull asks for what the client has, and tells of it, until it has no more. The package acknowledges what it was told.
func pull(context txsubmission.CallbackContext) error {
	go func() {
		for {
			told, err := context.Server.RequestTxIds(true, 4)
			if err != nil {
				if !errors.Is(err, txsubmission.ErrStopServerProcess) {
					tell(line{"event": "not-pulled", "reason": err.Error()})
				}
				return
			}
			ids := []txsubmission.TxId{}
			for _, each := range told {
				ids = append(ids, each.TxId)
			}
			txs, err := context.Server.RequestTxs(ids)
			if err != nil {
				tell(line{"event": "not-pulled", "reason": err.Error()})
				return
			}
			for _, tx := range txs {
				tell(line{"event": "tx", "tx": hex.EncodeToString(tx.TxBody)})
			}
		}
	}()
	return nil
}
