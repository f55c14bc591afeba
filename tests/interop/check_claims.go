// SPDX-License-Identifier: MIT
//
// check_claims holds checkpoints and proofs against Go's own sumdb/note and sumdb/tlog, written by people who do not know
// Daybook. It reads the forms, and leaves every judgement to them.
//
//	check_claims PUBLIC checkpoint FILE
//	check_claims PUBLIC record FILE RECORD
//	check_claims PUBLIC growth FILE OLDER
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) string {
	b, err := os.ReadFile(path)
	check(err)
	return string(b)
}

func hash(line string) (h tlog.Hash) {
	b, err := base64.StdEncoding.DecodeString(line)
	check(err)
	if len(b) != len(h) {
		check(fmt.Errorf("a hash of %d bytes", len(b)))
	}
	copy(h[:], b)
	return h
}

// open gives size and root of a checkpoint that the key signed.
func open(text, public string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(strings.TrimSpace(public))
	check(err)
	n, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), n.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return size, hash(lines[2])
}

// split gives the number in a proof's head, its hashes, and the checkpoint behind them.
func split(text, head string) (number int64, path []tlog.Hash, checkpoint string) {
	parts := strings.SplitN(text, "\n\n", 2)
	if len(parts) != 2 || !strings.HasPrefix(parts[0], head) {
		check(fmt.Errorf("not a proof: %q", text))
	}
	lines := strings.Split(strings.TrimPrefix(parts[0], head), "\n")
	number, err := strconv.ParseInt(lines[0], 10, 64)
	check(err)
	for _, line := range lines[1:] {
		path = append(path, hash(line))
	}
	return number, path, parts[1]
}

func main() {
	public, kind, text := read(os.Args[1]), os.Args[2], read(os.Args[3])
	switch kind {
	case "checkpoint":
		size, root := open(text, public)
		fmt.Println(size, root)
	case "record":
		number, path, checkpoint := split(text, "c2sp.org/tlog-proof@v1\nindex ")
		size, root := open(checkpoint, public)
		check(tlog.CheckRecord(path, size, root, number, tlog.RecordHash([]byte(read(os.Args[4])))))
	case "growth":
		number, path, checkpoint := split(text, "old ")
		size, root := open(checkpoint, public)
		olderSize, olderRoot := open(read(os.Args[4]), public)
		if number != olderSize {
			check(fmt.Errorf("a proof of growth from %d, not from %d", number, olderSize))
		}
		check(tlog.CheckTree(path, size, root, olderSize, olderRoot))
	default:
		check(fmt.Errorf("what is %s?", kind))
	}
}
