// SPDX-License-Identifier: MIT
//
// check_claims holds checkpoints and proofs against Go's own sumdb/note and sumdb/tlog, written by people who do not know
// Daybook. It reads the forms, and leaves every judgement to them.
//
//	check_claims PUBLIC checkpoint FILE
//	check_claims PUBLIC record FILE RECORD
//	check_claims PUBLIC growth FILE OLDER
//	check_claims PUBLIC archive CHECKPOINT FOLDER
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// folder reads the hash tiles of an archive: as c2sp.org/tlog-tiles names them, which leaves Go's height out.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, t := range tiles {
		b, err := os.ReadFile(filepath.Join(string(f), strings.Replace(t.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		data = append(data, b)
	}
	return data, nil
}

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// segment calls each with the records of one gzip member.
func segment(path string, each func(record []byte)) {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	check(err)
	in := bufio.NewReader(unpacked)
	for {
		var length [4]byte
		if _, err := io.ReadFull(in, length[:]); err == io.EOF {
			return
		} else {
			check(err)
		}
		record := make([]byte, binary.BigEndian.Uint32(length[:]))
		_, err := io.ReadFull(in, record)
		check(err)
		each(record)
	}
}

// archive holds every record, in the order of the tree, against the tiles, and those against the signed root.
func archive(path string, size int64, root tlog.Hash) {
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, folder(path))
	const segmentRecords = 65536
	for n := int64(0); n < size; {
		place := strings.TrimPrefix(tlog.Tile{H: 8, L: 0, N: n / segmentRecords, W: 256}.Path(), "tile/8/0/")
		if size-n < segmentRecords {
			place += fmt.Sprintf(".p/%d", size-n)
		}
		var indexes []int64
		var leaves []tlog.Hash
		segment(filepath.Join(path, "records", place+".gz"), func(record []byte) {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
			leaves = append(leaves, tlog.RecordHash(record))
			n++
		})
		if n > size || len(leaves) == 0 {
			check(fmt.Errorf("%d records, and the checkpoint is of %d", n, size))
		}
		stored, err := reader.ReadHashes(indexes)
		check(err)
		for i := range leaves {
			if leaves[i] != stored[i] {
				check(fmt.Errorf("record %d is another", n-int64(len(leaves))+int64(i)))
			}
		}
	}
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
	case "archive":
		size, root := open(text, public)
		archive(os.Args[4], size, root)
	default:
		check(fmt.Errorf("what is %s?", kind))
	}
}
