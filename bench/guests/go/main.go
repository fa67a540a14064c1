// A program as Go programs are: strings, maps, sorting, JSON, compression, hashes, big numbers, and a garbage collector.
//
// It prints one number that depends on all of it, the same on every machine.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"sort"
	"strings"
)

// How often all is done; the linker sets it.
var rounds = "1"

type record struct {
	Name  string   `json:"name"`
	Value uint32   `json:"value"`
	Tags  []string `json:"tags"`
}

// random is xorshift32.
func random(state *uint32) uint32 {
	*state ^= *state << 13
	*state ^= *state >> 17
	*state ^= *state << 5
	return *state
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func round(state *uint32) uint32 {
	counts := make(map[string]uint32)
	var words []string
	for i := 0; i < 2000; i++ {
		word := fmt.Sprintf("w%d", random(state)%700)
		counts[word]++
		words = append(words, word)
	}
	sort.Strings(words)

	var records []record
	for i := 0; i < len(words); i += 20 {
		records = append(records, record{words[i], counts[words[i]], strings.Split(words[i]+",a,b", ",")})
	}
	text, err := json.Marshal(records)
	check(err)
	var again []record
	check(json.Unmarshal(text, &again))

	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 6)
	check(err)
	_, err = w.Write(text)
	check(err)
	check(w.Close())
	unpacked, err := io.ReadAll(flate.NewReader(&packed))
	check(err)
	sum := sha256.Sum256(unpacked)

	n := new(big.Int).SetBytes(sum[:])
	m := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	n.Exp(n, big.NewInt(65537), m)
	return binary.BigEndian.Uint32(sum[:]) ^ uint32(n.Bits()[0]) ^ again[len(again)-1].Value
}

func main() {
	var times int
	fmt.Sscan(rounds, &times)
	state, result := uint32(12345), uint32(0)
	for i := 0; i < times; i++ {
		result = result*31 + round(&state)
	}
	fmt.Printf("%08x\n", result)
}
