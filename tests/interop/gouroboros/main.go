// gouroboros as a peer: a server of a chain, and a client that does one job; over TCP between nodes, or over a Unix
// socket between a node and its client.
package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"sync"
)

// A line is one thing that happened, as JSON.
type line map[string]any

var output sync.Mutex

func tell(what line) {
	output.Lock()
	defer output.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(what)
}

func fail(err error) {
	tell(line{"event": "error", "message": err.Error()})
	os.Exit(1)
}

// options are those of `serve` or `client JOB`.
type options struct {
	job  string
	text map[string]string
}

func (o options) number(name string, otherwise int) int {
	if number, err := strconv.Atoi(o.text[name]); err == nil {
		return number
	}
	return otherwise
}

func (o options) magic() uint32 { return uint32(o.number("--magic", 1)) }

func main() {
	words := os.Args[1:]
	serving := len(words) > 0 && words[0] == "serve"
	read := options{text: map[string]string{}}
	if !serving && len(words) > 1 {
		read.job = words[1]
		words = words[1:]
	}
	for words = words[1:]; len(words) > 1; words = words[2:] {
		read.text[words[0]] = words[1]
	}
	switch local := read.text["--socket"] != ""; {
	case serving && local:
		serveLocal(read)
	case serving:
		serve(read)
	case local:
		askLocal(read)
	case strings.HasPrefix(read.job, "measure-"):
		if err := measure(read); err != nil {
			fail(err)
		}
	default:
		ask(read)
	}
}
