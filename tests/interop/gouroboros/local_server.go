package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	ouroboros "github.com/blinklabs-io/gouroboros"
	"github.com/blinklabs-io/gouroboros/cbor"
	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	"github.com/blinklabs-io/gouroboros/protocol/localstatequery"
	"github.com/blinklabs-io/gouroboros/protocol/localtxmonitor"
	"github.com/blinklabs-io/gouroboros/protocol/localtxsubmission"
)

// A script says what a node answers its clients: lines `query QUERY RESULT`, `reject TX REASON`, `pool ID TX`, `slot N`
// and `capacity N`, bytes in hexadecimal. All other transactions are accepted.
type script struct {
	chain      *chain
	queries    map[string][]byte
	rejections map[string]rejection
	pool       []localtxmonitor.TxAndEraId
	slot       uint64
	capacity   uint32
}

// A rejection is the reason's bytes.
type rejection []byte

func (r rejection) Error() string                { return fmt.Sprintf("%x", []byte(r)) }
func (r rejection) MarshalCBOR() ([]byte, error) { return r, nil }

func openScript(path string, chain *chain) (*script, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &script{chain: chain, queries: map[string][]byte{}, rejections: map[string]rejection{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<23)
	for lines.Scan() {
		words := append(strings.Split(lines.Text(), " "), "", "")
		second, _ := hex.DecodeString(words[2])
		switch words[0] {
		case "query":
			s.queries[words[1]] = second
		case "reject":
			s.rejections[words[1]] = second
		case "pool":
			s.pool = append(s.pool, localtxmonitor.TxAndEraId{EraId: 6, Tx: second})
		case "slot":
			s.slot, _ = strconv.ParseUint(words[1], 10, 64)
		case "capacity":
			number, _ := strconv.ParseUint(words[1], 10, 32)
			s.capacity = uint32(number)
		}
	}
	return s, lines.Err()
}

func (s *script) acquire(_ localstatequery.CallbackContext, target localstatequery.AcquireTarget, _ bool) error {
	if at, specific := target.(localstatequery.AcquireSpecificPoint); specific {
		if _, found := s.chain.find(at.Point); !found {
			return localstatequery.ErrAcquireFailurePointNotOnChain
		}
	}
	return nil
}

func (s *script) query(_ localstatequery.CallbackContext, query localstatequery.QueryWrapper) (any, error) {
	bytes := hex.EncodeToString(query.Cbor())
	result, found := s.queries[bytes]
	if !found {
		return nil, fmt.Errorf("no answer to %s", bytes)
	}
	return cbor.RawMessage(result), nil
}

func (s *script) submit(_ localtxsubmission.CallbackContext, tx localtxsubmission.MsgSubmitTxTransaction) error {
	bytes, _ := tx.Raw.Content.([]byte)
	if reason, found := s.rejections[hex.EncodeToString(bytes)]; found {
		return reason
	}
	return nil
}

func (s *script) mempool(localtxmonitor.CallbackContext) (uint64, uint32, []localtxmonitor.TxAndEraId, error) {
	return s.slot, s.capacity, s.pool, nil
}

func (s *script) serveClient(socket net.Conn, magic uint32) {
	client := &follower{chain: s.chain, back: true}
	connection, err := ouroboros.NewConnection(
		ouroboros.WithConnection(socket),
		ouroboros.WithNetworkMagic(magic),
		ouroboros.WithServer(true),
		ouroboros.WithChainSyncConfig(chainsync.NewConfig(
			chainsync.WithFindIntersectFunc(client.findIntersect),
			chainsync.WithRequestNextFunc(client.requestNext),
		)),
		ouroboros.WithLocalStateQueryConfig(localstatequery.NewConfig(
			localstatequery.WithAcquireFunc(s.acquire),
			localstatequery.WithQueryFunc(s.query),
			localstatequery.WithReleaseFunc(func(localstatequery.CallbackContext) error { return nil }),
		)),
		ouroboros.WithLocalTxSubmissionConfig(localtxsubmission.NewConfig(
			localtxsubmission.WithSubmitTxFunc(s.submit),
		)),
		ouroboros.WithLocalTxMonitorConfig(localtxmonitor.NewConfig(
			localtxmonitor.WithGetMempoolFunc(s.mempool),
		)),
	)
	for err == nil {
		var more bool
		if err, more = <-connection.ErrorChan(); !more {
			return
		}
	}
	tell(line{"event": "left", "reason": err.Error()})
}

func serveLocal(options options) {
	chain, err := openChain(options.text["--chain"], options.number("--tip", -1))
	if err != nil {
		fail(err)
	}
	script, err := openScript(options.text["--script"], chain)
	if err != nil {
		fail(err)
	}
	listener, err := net.Listen("unix", options.text["--socket"])
	if err != nil {
		fail(err)
	}
	tell(line{"event": "listening", "address": options.text["--socket"]})
	go chain.follow(os.Stdin)
	for {
		socket, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go script.serveClient(socket, options.magic())
	}
}
