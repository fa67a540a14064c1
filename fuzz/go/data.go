// Hashes, sorting, maps, text and JSON. Ends with exit code 7.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
	"strings"
)

type block struct {
	Number uint64            `json:"number"`
	Parent string            `json:"parent"`
	Fees   map[string]uint32 `json:"fees"`
	Notes  []string          `json:"notes,omitempty"`
}

func main() {
	text := strings.Repeat("fault proofs are run, not believed. ", 200)
	fmt.Println(hex.EncodeToString(sha256.New().Sum([]byte("x"))[:5]), crc32.ChecksumIEEE([]byte(text)))
	digest, wide := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
	fmt.Printf("%x %x\n", digest, wide[:8])

	counts := map[rune]int{}
	for _, r := range text {
		counts[r]++
	}
	letters := make([]rune, 0, len(counts))
	for r := range counts {
		letters = append(letters, r)
	}
	sort.Slice(letters, func(i, j int) bool {
		a, b := letters[i], letters[j]
		return counts[a] > counts[b] || counts[a] == counts[b] && a < b
	})
	fmt.Printf("%q %d\n", string(letters), counts[letters[0]])

	var packed bytes.Buffer
	writer, _ := flate.NewWriter(&packed, flate.BestCompression)
	io.WriteString(writer, text)
	writer.Close()
	size := packed.Len()
	unpacked, err := io.ReadAll(flate.NewReader(&packed))
	fmt.Println(size, string(unpacked) == text, err)

	b := block{Number: 1 << 40, Parent: hex.EncodeToString(digest[:4]), Fees: map[string]uint32{"z": 3, "a": 1}}
	encoded, _ := json.MarshalIndent(b, "", " ")
	var decoded block
	err = json.Unmarshal(encoded, &decoded)
	fmt.Println(string(encoded), decoded.Fees["z"], err)
	fmt.Fprintln(os.Stderr, "ends with 7")
	os.Exit(7)
}
