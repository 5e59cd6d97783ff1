package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/blinklabs-io/gouroboros/protocol/chainsync"
	pcommon "github.com/blinklabs-io/gouroboros/protocol/common"
)

// pointOf reads `origin` or `SLOT.HASH`.
func pointOf(text string) (pcommon.Point, error) {
	slot, hash, found := strings.Cut(text, ".")
	if !found {
		return pcommon.NewPointOrigin(), nil
	}
	number, err := strconv.ParseUint(slot, 10, 64)
	if err != nil {
		return pcommon.Point{}, err
	}
	bytes, err := hex.DecodeString(hash)
	return pcommon.NewPoint(number, bytes), err
}

func textOf(point pcommon.Point) string {
	if len(point.Hash) == 0 {
		return "origin"
	}
	return fmt.Sprintf("%d.%x", point.Slot, point.Hash)
}

type block struct {
	point  pcommon.Point
	number uint64
	block  []byte // with its tag, `[tag, block]`
}

// tag counts eras as stored blocks do.
func (b block) tag() uint { return uint(b.block[1]) }

// A chain holds the blocks of a file, counted from 1; position 0 is the origin. Its end can be moved.
type chain struct {
	blocks    []block
	positions map[string]int
	cyclic    bool // behind the last block comes the first one again, for measurements
	mutex     sync.Mutex
	end       int
	moved     chan struct{} // closed when the end moves
}

func openChain(path string, end int) (*chain, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c := &chain{positions: map[string]int{"origin": 0}, moved: make(chan struct{})}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<23)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		if len(words) != 6 {
			return nil, fmt.Errorf("%s: not a line of a chain", path)
		}
		point, err := pointOf(words[0] + "." + words[1])
		if err != nil {
			return nil, err
		}
		number, _ := strconv.ParseUint(words[2], 10, 64)
		bytes, _ := hex.DecodeString(words[5])
		c.blocks = append(c.blocks, block{point, number, bytes})
		c.positions[textOf(point)] = len(c.blocks)
	}
	c.end = end
	if end < 0 {
		c.end = len(c.blocks)
	}
	return c, lines.Err()
}

func (c *chain) at(position int) block { return c.blocks[position-1] }

func (c *chain) point(position int) pcommon.Point {
	if position == 0 {
		return pcommon.NewPointOrigin()
	}
	return c.at(position).point
}

// last gives the end of the chain, and what tells that it has moved.
func (c *chain) last() (int, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.end, c.moved
}

func (c *chain) tip() chainsync.Tip {
	end, _ := c.last()
	tip := chainsync.Tip{Point: c.point(end)}
	if end > 0 {
		tip.BlockNumber = c.at(end).number
	}
	return tip
}

func (c *chain) find(point pcommon.Point) (int, bool) {
	end, _ := c.last()
	position, found := c.positions[textOf(point)]
	return position, found && position <= end
}

func (c *chain) moveEnd(end int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.end = end
	close(c.moved)
	c.moved = make(chan struct{})
}

// follow moves the end by lines `tip N`, and ends the program where there are no more.
func (c *chain) follow(input *os.File) {
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		if end, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "tip ")); err == nil {
			c.moveEnd(end)
		}
	}
	os.Exit(0)
}
