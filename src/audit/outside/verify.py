#!/usr/bin/env python3
"""Checks a published log of cmk-bot, written apart from it: Python 3.9 or later, nothing but its standard library.

    python3 verify.py ANCHOR --keys my-keys.txt

ANCHOR is the folder the bot publishes in, or a copy. my-keys.txt holds verifier keys, a line each, as you have them from
elsewhere. The first words of the answer are the answer: "proved" (exit code 0), "NOT proved" (1), "unknown" (2).
Forms: C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature; RFC 6962; Ed25519 as in RFC 8032.
"""
import argparse
import base64
import functools
import hashlib
import json
import os
import re
import sys


class Wrong(Exception):
    """Something does not fit."""


class Unknown(Exception):
    """It cannot be checked."""


# Ed25519 (RFC 8032, 5.1), to verify only: nothing here is secret.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Adds two points in extended coordinates."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    found = (0, 1, 1, 0)
    while n:
        if n & 1:
            found = add(found, point)
        point, n = add(point, point), n >> 1
    return found


def point_of(data):
    """The point that 32 bytes stand for; None where they stand for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(maxsize=10_000)
def signed(public, message, signature):
    a, r = point_of(public), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(hashes):
    """The root over hashes of leaves (RFC 6962, 2.1): the left subtree is the largest full one."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01", root_of(hashes[:k]), root_of(hashes[k:]))


def decoded(text):
    """What base64 stands for; empty where it is not written as it should be."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return data if base64.b64encode(data).decode() == text else b""


def read_keys(text):
    """Keys by name and id. A key is compared whole: its id can be imitated."""
    keys = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)", line)
        data = decoded(found[3]) if found else b""
        if line.startswith("#"):
            continue
        if len(data) != 33 or sha(found[1].encode(), b"\n", data)[:4].hex() != found[2]:
            raise Unknown(f"not a whole verifier key: {line}")
        keys.setdefault((found[1], found[2]), []).append(data)
    return keys


def open_note(note, keys, where):
    """The checkpoint's size and root, the log's name, and who signed. A known key whose signature does not hold is wrong."""
    if not note.endswith("\n") or "\n\n" not in note or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Wrong(f"{where}: not a signed note")
    body, _, lines = note[:-1].rpartition("\n\n")
    text, who = body + "\n", []
    for line in lines.split("\n"):
        found = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
        data = decoded(found[2]) if found else b""
        if len(data) < 5:
            raise Wrong(f"{where}: not a signed note")
        for key in (known := keys.get((found[1], data[:4].hex()), [])):
            witness = key[0] == 4
            time = int.from_bytes(data[4:12], "big") if witness else None
            message = f"cosignature/v1\ntime {time}\n{text}" if witness else text
            if signed(key[1:], message.encode(), data[12 if witness else 4 :]):
                who.append((found[1], key[0], time))
                break
        else:
            if known:
                raise Wrong(f"{where}: the signature of {found[1]} does not hold")
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n", text)
    if not found:
        raise Wrong(f"{where}: not a checkpoint")
    if not any(name == found[1] and kind == 1 for name, kind, _ in who):
        raise Wrong(f"{where}: not signed by {found[1]}, by the keys that were given")
    return int(found[2]), decoded(found[3]), found[1], who


def tile_path(kind, index, width):
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03}")
    return f"tile/{kind}/{'/'.join(parts)}" + ("" if width == 256 else f".p/{width}")


def entries_of(read, size):
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        exact = read(tile_path("entries", index, width))
        data = exact or read(tile_path("entries", index, 256))
        if data is None:
            raise Wrong(f"event {index * 256 + 1}: {tile_path('entries', index, width)} is not there")
        at = 0
        for n in range(width):
            length = int.from_bytes(data[at : at + 2], "big")
            entry = data[at + 2 : at + 2 + length]
            if len(entry) != length or length == 0:
                raise Wrong(f"event {index * 256 + n + 1}: its tile is cut short")
            yield entry
            at += 2 + length
        if exact and at != len(data):
            raise Wrong(f"{tile_path('entries', index, width)}: holds more than {width} events")


def check_tiles(read, hashes):
    """The tiles of hashes are those that the events make, level by level."""
    level = 0
    while hashes:
        for index in range((len(hashes) + 255) // 256):
            row = b"".join(hashes[index * 256 : index * 256 + 256])
            path, full = tile_path(level, index, len(row) // 32), tile_path(level, index, 256)
            if (read(path) or (read(full) or b"")[: len(row)]) != row:
                raise Wrong(f"{path}: not the hashes of the events")
        hashes = [root_of(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
        level += 1


def check_chain(number, entry, before):
    """Numbers without a gap, each naming the hash of the one before, in the canonical form."""
    try:
        body = json.loads(entry)
    except ValueError:
        raise Wrong(f"event {number}: not JSON") from None
    if json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != entry:
        raise Wrong(f"event {number}: not in the canonical form")
    if body.get("seq") != number or body.get("prev") != before:
        raise Wrong(f"event {number}: does not follow on the one before")
    return sha(entry).hex()


def check(read, sizes, keys):
    """Checks all of it. `read` gives a file's bytes, or None; `sizes` are the checkpoints that are kept."""

    def note_at(path):
        data = read(path)
        if data is None:
            raise Unknown(f"there is no {path}")
        return open_note(data.decode("utf-8", "replace"), keys, path)

    size, root, name, who = note_at("checkpoint")
    kept = {one: note_at(f"checkpoints/{one}") for one in sizes}
    for one, (covers, _, origin, _) in kept.items():
        if covers != one or origin != name or one > size:
            raise Wrong(f"checkpoints/{one}: not of this log, or of more than was published last")
    leaves, before = [], "0" * 64
    for entry in entries_of(read, size):
        before = check_chain(len(leaves) + 1, entry, before)
        leaves.append(sha(b"\x00", entry))
    check_tiles(read, leaves)
    for one, signed_root in [*((one, found[1]) for one, found in sorted(kept.items())), (size, root)]:
        if root_of(leaves[:one]) != signed_root:
            raise Wrong(f"the checkpoint of {one} events is not of the events that are published")
    return size, len(kept), name, who


def folder_reader(folder):
    def read(path):
        try:
            with open(os.path.join(folder, path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    return read


def sizes_in(folder):
    return [int(one) for one in os.listdir(os.path.join(folder, "checkpoints")) if re.fullmatch(r"[1-9]\d*", one)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("anchor")
    parser.add_argument("--keys", help="verifier keys that you have from elsewhere, a line each")
    given = parser.parse_args()
    try:
        keys = given.keys or os.path.join(given.anchor, "keys.txt")
        with open(keys, encoding="utf-8") as file:
            size, kept, name, who = check(folder_reader(given.anchor), sizes_in(given.anchor), read_keys(file.read()))
    except Wrong as wrong:
        print(f"NOT proved: {wrong}")
        return 1
    except (Unknown, OSError) as unknown:
        print(f"unknown: {unknown}")
        return 2
    witnesses = sorted({one for one, kind, _ in who if kind == 4})
    print(f"{'proved' if given.keys else 'unknown'}: {size} events of {name}, under {kept} checkpoints, signed")
    print(f"  witnessed by {', '.join(witnesses)}" if witnesses else "  no witness signed the last one")
    print("  would not be noticed: another history signed with the log's own key, unless a copy or a witness knows this one")
    if not given.keys:
        print("  the keys were taken from beside the log, which shows only that it fits itself: give yours with --keys")
    return 0 if given.keys else 2


if __name__ == "__main__":
    sys.exit(main())
