// judge FOLDER KEYS: checks a published log with golang.org/x/mod/sumdb, which nobody of this project wrote. Each line of standard
// input changes the folder for one look, in memory, and each line of output is "ok" or what was found.
//
// A change is JSON: {"flip": [path, offset, bits], "files": {path: base64, or null where it is gone}, "sizes": [1, 2]}.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type change struct {
	Flip  []any              `json:"flip"`
	Files map[string]*string `json:"files"`
	Sizes []int64            `json:"sizes"`
}

// folder is the published log as it lies there, with one change.
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

func (f folder) changed(c change) folder {
	files := make(map[string][]byte, len(f.files))
	for path, data := range f.files {
		files[path] = data
	}
	for path, text := range c.Files {
		if text == nil {
			delete(files, path)
			continue
		}
		data, err := base64.StdEncoding.DecodeString(*text)
		if err != nil {
			log.Fatal(err)
		}
		files[path] = data
	}
	if len(c.Flip) == 3 {
		path := c.Flip[0].(string)
		data := append([]byte{}, files[path]...)
		data[int(c.Flip[1].(float64))] ^= byte(c.Flip[2].(float64))
		files[path] = data
	}
	sizes := f.sizes
	if c.Sizes != nil {
		sizes = c.Sizes
	}
	return folder{files, sizes}
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

func load(root string) folder {
	found := folder{files: map[string][]byte{}}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		// What was being written when a process ended is no file of the log.
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".new") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if size := strings.TrimPrefix(name, "checkpoints/"); size != name {
			n, err := strconv.ParseInt(size, 10, 64)
			if err != nil {
				return err
			}
			found.sizes = append(found.sizes, n)
		}
		found.files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	sort.Slice(found.sizes, func(i, j int) bool { return found.sizes[i] < found.sizes[j] })
	return found
}

func main() {
	published := load(os.Args[1])
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var verifiers []note.Verifier
	for _, line := range strings.Fields(string(text)) {
		// Keys of witnesses are of a kind that this package does not know.
		if verifier, err := note.NewVerifier(line); err == nil {
			verifiers = append(verifiers, verifier)
		}
	}
	keys := note.VerifierList(verifiers...)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c change
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			log.Fatal(err)
		}
		if err := published.changed(c).check(keys); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
