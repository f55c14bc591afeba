// SPDX-License-Identifier: MIT
//
// check_tiles holds an archive against Go's own sumdb/note and sumdb/tlog: the checkpoint by its signature, each record by a proof
// that tlog makes of the tiles and checks itself, each older checkpoint by a proof of growth. It reads the forms, and leaves every
// judgement to them.
//
//	check_tiles PUBLIC ARCHIVE
package main

import (
	"bytes"
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

const segment = 65536

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path ...string) []byte {
	b, err := os.ReadFile(filepath.Join(path...))
	check(err)
	return b
}

// open gives size and root of a checkpoint that the key signed.
func open(text []byte, public string) tlog.Tree {
	verifier, err := note.NewVerifier(strings.TrimSpace(public))
	check(err)
	n, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), n.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// tiles reads them where c2sp.org/tlog-tiles puts them: tlog's own paths name the height, too.
type tiles struct{ dir string }

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range want {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		b, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// path is that of the segment with so many records.
func path(n, width int64) string {
	tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
	name := strings.TrimPrefix(tile.Path(), "tile/8/0/")
	if width < segment {
		name = fmt.Sprintf("%s.p/%d", name, width)
	}
	return "records/" + name + ".gz"
}

func main() {
	public, dir := string(read(os.Args[1])), os.Args[2]
	tree := open(read(dir, "checkpoint"), public)
	hashes := tlog.TileHashReader(tree, tiles{dir})
	var proven int64
	for n := int64(0); n*segment < tree.N; n++ {
		width := tree.N - n*segment
		if width > segment {
			width = segment
		}
		unzip, err := gzip.NewReader(bytes.NewReader(read(dir, path(n, width))))
		check(err)
		content, err := io.ReadAll(unzip)
		check(err)
		for seq := n * segment; seq < n*segment+width; seq++ {
			if len(content) < 4 || int(binary.BigEndian.Uint32(content))+4 > len(content) {
				check(fmt.Errorf("record %d is cut off", seq))
			}
			record := content[4 : 4+binary.BigEndian.Uint32(content)]
			content = content[4+len(record):]
			if seq%97 != 0 && seq+300 < tree.N {
				continue // a proof for some, and for all of the last
			}
			proof, err := tlog.ProveRecord(tree.N, seq, hashes)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, seq, tlog.RecordHash(record)))
			proven++
		}
	}
	older, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	check(err)
	for _, name := range older {
		old := open(read(name), public)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Println(proven, "records and", len(older), "checkpoints of", tree.N)
}
