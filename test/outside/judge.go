// judge KEYS: checks published logs with golang.org/x/mod/sumdb, which nobody of this project wrote. Each line of standard input is
// a log as JSON, {path: base64}, and each line of output is "ok" or what was found.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder is a published log.
type folder struct {
	files map[string][]byte
	sizes []int64
}

var errMissing = errors.New("no such file")

func (f folder) read(path string) ([]byte, error) {
	data, there := f.files[path]
	if !there {
		return nil, fmt.Errorf("%s: %w", path, errMissing)
	}
	return data, nil
}

// Height, ReadTiles and SaveTiles make it a tlog.TileReader.
func (folder) Height() int                         { return 8 }
func (folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) (out [][]byte, err error) {
	for _, tile := range tiles {
		// This package names the height; the log's form leaves it out.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := f.read(path)
		if errors.Is(err, errMissing) {
			data, err = f.read(strings.Split(path, ".p/")[0])
		}
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: too short", path)
		}
		out = append(out, data[:tile.W*tlog.HashSize])
	}
	return out, nil
}

// checkpoint opens a signed note and reads the three lines of its text.
func (f folder) checkpoint(path string, keys note.Verifiers) (tree tlog.Tree, err error) {
	data, err := f.read(path)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(data, keys)
	if err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != opened.Sigs[0].Name {
		return tree, fmt.Errorf("%s: not a checkpoint of this log", path)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func tilePath(kind string, index int64, width int64) string {
	path := tlog.Tile{H: 8, L: 0, N: index, W: 256}.Path()
	path = "tile/" + kind + strings.TrimPrefix(path, "tile/8/0")
	if width < 256 {
		path += ".p/" + strconv.FormatInt(width, 10)
	}
	return path
}

// entries gives every event's bytes.
func (f folder) entries(size int64) (out [][]byte, err error) {
	for index := int64(0); index*256 < size; index++ {
		width := size - index*256
		if width > 256 {
			width = 256
		}
		data, err := f.read(tilePath("entries", index, width))
		exact := err == nil
		if errors.Is(err, errMissing) {
			data, err = f.read(tilePath("entries", index, 256))
		}
		if err != nil {
			return nil, err
		}
		for n := int64(0); n < width; n++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("event %d: cut short", index*256+n+1)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			out, data = append(out, data[2:end]), data[end:]
		}
		if exact && len(data) > 0 {
			return nil, fmt.Errorf("tile %d holds more than %d events", index, width)
		}
	}
	return out, nil
}

// check looks at all of it: signatures, roots from tiles, each checkpoint as a beginning of the next, each event as in the last.
func (f folder) check(keys note.Verifiers) error {
	newest, err := f.checkpoint("checkpoint", keys)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(newest, f)
	if root, err := tlog.TreeHash(newest.N, hashes); err != nil || root != newest.Hash {
		return fmt.Errorf("the root of the tiles is another: %v", err)
	}
	entries, err := f.entries(newest.N)
	if err != nil {
		return err
	}
	for n, entry := range entries {
		proof, err := tlog.ProveRecord(newest.N, int64(n), hashes)
		if err == nil {
			err = tlog.CheckRecord(proof, newest.N, newest.Hash, int64(n), tlog.RecordHash(entry))
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", n+1, err)
		}
	}
	for _, size := range f.sizes {
		path := "checkpoints/" + strconv.FormatInt(size, 10)
		older, err := f.checkpoint(path, keys)
		if err != nil {
			return err
		}
		if older.N != size || older.N > newest.N {
			return fmt.Errorf("%s: of another number of events", path)
		}
		proof, err := tlog.ProveTree(newest.N, older.N, hashes)
		if err == nil {
			err = tlog.CheckTree(proof, newest.N, newest.Hash, older.N, older.Hash)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func load(line []byte) folder {
	found := folder{files: map[string][]byte{}}
	if err := json.Unmarshal(line, &found.files); err != nil {
		log.Fatal(err)
	}
	for name := range found.files {
		if size := strings.TrimPrefix(name, "checkpoints/"); size != name {
			n, err := strconv.ParseInt(size, 10, 64)
			if err != nil {
				log.Fatal(err)
			}
			found.sizes = append(found.sizes, n)
		}
	}
	sort.Slice(found.sizes, func(i, j int) bool { return found.sizes[i] < found.sizes[j] })
	return found
}

func main() {
	var verifiers []note.Verifier
	for _, line := range strings.Fields(os.Args[1]) {
		// Keys of witnesses are of a kind that this package does not know.
		if verifier, err := note.NewVerifier(line); err == nil {
			verifiers = append(verifiers, verifier)
		}
	}
	keys := note.VerifierList(verifiers...)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if err := load(lines.Bytes()).check(keys); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
