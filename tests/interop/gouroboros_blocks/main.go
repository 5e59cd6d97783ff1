// Reads lines `NAME DIGITS`, each a stored block, and prints what gouroboros finds in it. Hashes of bodies are checked.
// With the argument `time` it prints how long that takes.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/blinklabs-io/gouroboros/cbor"
	"github.com/blinklabs-io/gouroboros/ledger"
	"github.com/blinklabs-io/gouroboros/ledger/byron"
	"github.com/blinklabs-io/gouroboros/ledger/common"
	"github.com/blinklabs-io/gouroboros/ledger/dijkstra"
)

func sorted(parts []string, separator string) string {
	sort.Strings(parts)
	return strings.Join(parts, separator)
}

func inputs(all []common.TransactionInput) string {
	parts := []string{}
	for _, input := range all {
		parts = append(parts, fmt.Sprintf("%x#%d", input.Id().Bytes(), input.Index()))
	}
	return sorted(parts, " ")
}

func output(output common.TransactionOutput) string {
	address, _ := output.Address().Bytes()
	assets := []string{}
	if all := output.Assets(); all != nil {
		for _, policy := range all.Policies() {
			for _, name := range all.Assets(policy) {
				assets = append(assets, fmt.Sprintf("%x.%x:%s", policy.Bytes(), name, all.Asset(policy, name)))
			}
		}
	}
	return fmt.Sprintf("%x %s [%s]", address, output.Amount(), sorted(assets, ","))
}

func minted(tx common.Transaction) string {
	parts := []string{}
	if all := tx.AssetMint(); all != nil {
		for _, policy := range all.Policies() {
			for _, name := range all.Assets(policy) {
				parts = append(parts, fmt.Sprintf("%x.%x:%s", policy.Bytes(), name, all.Asset(policy, name)))
			}
		}
	}
	return sorted(parts, ",")
}

func print(index int, tx common.Transaction) {
	fmt.Printf("tx %d %x %v fee %s from %d until %d\n", index, tx.Hash().Bytes(), tx.IsValid(), tx.Fee(),
		tx.ValidityIntervalStart(), tx.TTL())
	fmt.Printf("submitted %d %x\n", len(tx.Cbor()), common.Blake2b256Hash(tx.Cbor()).Bytes())
	fmt.Printf("inputs %s\n", inputs(tx.Inputs()))
	fmt.Printf("reference %s\n", inputs(tx.ReferenceInputs()))
	fmt.Printf("collateral %s\n", inputs(tx.Collateral()))
	fmt.Printf("consumed %s\n", inputs(tx.Consumed()))
	for _, each := range tx.Outputs() {
		fmt.Printf("output %s\n", output(each))
	}
	if returned := tx.CollateralReturn(); returned != nil {
		fmt.Printf("returned %s\n", output(returned))
	}
	for _, each := range tx.Produced() {
		fmt.Printf("produced %d %s\n", each.Id.Index(), output(each.Output))
	}
	fmt.Printf("mint %s\n", minted(tx))
	withdrawals := []string{}
	for account, coin := range tx.Withdrawals() {
		address, _ := account.Bytes()
		withdrawals = append(withdrawals, fmt.Sprintf("%x:%s", address, coin))
	}
	fmt.Printf("withdrawals %s\n", sorted(withdrawals, ","))
	fmt.Printf("certificates %d\n", len(tx.Certificates()))
	if latest, ok := tx.(*dijkstra.DijkstraTransaction); ok {
		for _, sub := range latest.Body.TxSubTransactions.Items() {
			fmt.Printf("sub %x inputs %s\n", sub.Body.Id().Bytes(), inputs(sub.Body.Inputs()))
			for _, each := range sub.Body.Outputs() {
				fmt.Printf("sub output %s\n", output(each))
			}
		}
	}
}

func read(data []byte) (ledger.Block, error) {
	var parts []cbor.RawMessage
	if _, err := cbor.Decode(data, &parts); err != nil {
		return nil, err
	}
	return ledger.NewBlockFromCbor(uint(data[1]), parts[1])
}

// Nanoseconds of processor time that one call takes, the collector's included.
func nanoseconds(call func() uint64) float64 {
	used := func() int64 {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			panic(err)
		}
		return usage.Utime.Nano() + usage.Stime.Nano()
	}
	call()
	began, start, times := time.Now(), used(), 0
	for ; time.Since(began) < 30*time.Millisecond; times++ {
		call()
	}
	return float64(used()-start) / float64(times)
}

// Measures decoding, the ids of all transactions and all outputs, and prints `NAME FRAME IDS OUTPUTS`.
func measure(name string, data []byte) {
	config := common.VerifyConfig{SkipBodyHashValidation: true}
	decode := func() ledger.Block {
		var parts []cbor.RawMessage
		if _, err := cbor.Decode(data, &parts); err != nil {
			panic(err)
		}
		block, err := ledger.NewBlockFromCbor(uint(data[1]), parts[1], config)
		if err != nil {
			panic(err)
		}
		// This library's view has it, too.
		_ = block.Hash()
		return block
	}
	frame := nanoseconds(func() uint64 { return uint64(len(decode().Transactions())) })
	ids := nanoseconds(func() (sum uint64) {
		for _, tx := range decode().Transactions() {
			sum += uint64(tx.Hash()[0])
		}
		return
	})
	outputs := nanoseconds(func() (sum uint64) {
		for _, tx := range decode().Transactions() {
			for _, each := range tx.Outputs() {
				sum += each.Amount().Uint64()
			}
		}
		return
	})
	fmt.Println(name, frame, ids, outputs)
}

func main() {
	timed := len(os.Args) > 1 && os.Args[1] == "time"
	in := bufio.NewReaderSize(os.Stdin, 1<<24)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		data, err := hex.DecodeString(digits)
		if err != nil {
			panic(err)
		}
		if timed {
			measure(name, data)
			continue
		}
		block, err := read(data)
		if err != nil {
			fmt.Printf("block %s refused\n", name)
			fmt.Fprintln(os.Stderr, name, err)
			continue
		}
		fmt.Printf("block %s %x %d %d %d transactions\n", name, block.Hash().Bytes(), block.BlockNumber(),
			block.SlotNumber(), len(block.Transactions()))
		if block.Era() != byron.EraByron {
			fmt.Printf("size %d\n", block.BlockBodySize())
		}
		for index, tx := range block.Transactions() {
			print(index, tx)
		}
	}
}
