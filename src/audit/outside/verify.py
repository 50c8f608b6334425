#!/usr/bin/env python3
"""Checks what cmk-bot hands out, written apart from it: Python 3.9 or later, nothing but its standard library.

    python3 verify.py ANCHOR --keys my-keys.txt [--later CHECKPOINT] [--population FROM TO > list.csv]
    python3 verify.py PACK.zip --keys my-keys.txt [--later ANCHOR or CHECKPOINT]

CHECKPOINT is one that you kept. ANCHOR is the folder the bot publishes its log in, or a copy; PACK.zip is evidence of one request,
as the file or unpacked.
my-keys.txt holds verifier keys, a line each, as you have them from elsewhere. " until N" behind a replaced key of the log says
that it signed nothing larger. Each witness in it must have signed; a line
"quorum N" says that N of them are enough, "quorum 0" that none is needed.
The first words of the answer are the answer: "proved" (exit code 0), "NOT proved" (1), "unknown" (2).
Forms: C2SP tlog-tiles, tlog-checkpoint, tlog-proof, signed-note, tlog-cosignature; RFC 6962; Ed25519 as in RFC 8032.
"""
import argparse
import base64
import datetime
import decimal
import functools
import hashlib
import json
import os
import re
import struct
import sys
import zipfile
import zlib


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


QUORUM = r"quorum (0|[1-9][0-9]{0,2})"
# What names of keys can't hold: what any of the readers of notes takes for a space.
NAME = r"[^\s+\ufeff]+"
MOST_SIGNATURES = 64
# The year 9999: a later time isn't one, so its signature doesn't count.
LAST_TIME = 253402300799


def witness_words(text, keys, who):
    """Lines on the witnesses, and whether enough signed: all whose keys were given, or as many as a line "quorum N" says."""
    names = {name for (name, _), known in keys.items() for one, _ in known if one[0] == 4}
    signers = {name for name, kind, _ in who if kind == 4}
    missing, quorum = ", ".join(sorted(names - signers)), re.search(rf"^\s*{QUORUM}\s*$", text, re.MULTILINE)
    needed = int(quorum[1]) if quorum else len(names)
    if needed > len(names):
        raise Unknown(f"quorum {needed} of {len(names)} witnesses")
    enough = len(signers) >= needed
    lines = [f"witnessed by {', '.join(sorted(signers))}" if signers else "no witness whose key you gave signed the newest checkpoint"]
    if missing and enough:
        lines.append(f"not signed by {missing}, which the quorum of {needed} allows")
    elif missing:
        lines.append(f"NOT signed by {missing}, whose key was given: it didn't respond in time, or signed a different history")
    if not enough:
        lines.append(f"too few witnesses signed it: {needed} are needed")
    return lines, enough


def read_keys(text):
    """Keys by name and id, with the size up to which a replaced one counts. A key is compared whole: its id can be imitated."""
    keys = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if re.fullmatch(QUORUM, line):
            continue
        found = re.fullmatch(rf"({NAME})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]+=*)(?: until ([1-9][0-9]{{0,14}}))?", line)
        data = decoded(found[3]) if found else b""
        if line.startswith("#"):
            continue
        if len(data) != 33 or sha(found[1].encode(), b"\n", data)[:4].hex() != found[2]:
            raise Unknown(f"not a whole verifier key: {line}")
        keys.setdefault((found[1], found[2]), []).append((data, float(found[4] or "inf")))
    return keys


def open_note(note, keys, where):
    """The checkpoint's size and root, the log's name, and who signed. A known key whose signature does not hold is wrong."""
    if not note.endswith("\n") or "\n\n" not in note or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Wrong(f"{where}: not a signed note")
    body, _, lines = note[:-1].rpartition("\n\n")
    text, who = body + "\n", []
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n", text)
    if not found:
        raise Wrong(f"{where}: not a checkpoint")
    log, size, root = found[1], int(found[2]), decoded(found[3])
    for number, line in enumerate(lines.split("\n"), 1):
        found = re.fullmatch(rf"\u2014 ({NAME}) ([A-Za-z0-9+/]+={{0,2}})", line)
        data = decoded(found[2]) if found else b""
        if len(data) < 5 or number > MOST_SIGNATURES:
            raise Wrong(f"{where}: not a signed note")
        for key in (known := [one for one, until in keys.get((found[1], data[:4].hex()), []) if size <= until]):
            witness = key[0] == 4
            time = int.from_bytes(data[4:12], "big") if witness else None
            message = f"cosignature/v1\ntime {time}\n{text}" if witness else text
            if signed(key[1:], message.encode(), data[12 if witness else 4 :]):
                who += [(found[1], key[0], time)] if (time or 0) <= LAST_TIME else []
                break
        else:
            if known:
                raise Wrong(f"{where}: the signature of {found[1]} does not hold")
    if not any(name == log and kind == 1 for name, kind, _ in who):
        others = [one for one in signers(note) if one[0] == log and one not in keys]
        if others:
            raise Unknown(f"{where}: signed with a key of {log} that you didn't give; its line begins with {'+'.join(others[0])}")
        raise Wrong(f"{where}: not signed by {log}, by the given keys in their time")
    return size, root, log, who


def signers(note):
    """Returns the name and the id of each key that is said to have signed."""
    lines = re.findall(r"^\u2014 (\S+) (\S+)$", note, re.MULTILINE)
    return [(name, decoded(text)[:4].hex()) for name, text in lines]


def strangers(note, keys):
    """Returns the names of signers whose keys weren't given."""
    return sorted({one[0] for one in signers(note) if one not in keys})


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


def broken_link(number):
    """The event before was changed, or this one."""
    where = f"{number - 1} or {number}" if number > 1 else number
    return f"event {where}: event {number} doesn't contain the hash of the one before"


def counted(number, what="event"):
    return f"{number} {what}{'' if number == 1 else 's'}"


def units(text):
    """In whose order the bot sorts: UTF-16 code units. Python sorts by code points."""
    return text.encode("utf-16-be", "surrogatepass")


def number_text(number):
    """A number as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    sign, figures, exponent = decimal.Decimal(repr(float(str(number)))).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("JSON has no such number")
    digits, point = "".join(map(str, figures)).rstrip("0"), len(figures) + exponent
    if not digits:
        return "0"
    if -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    elif 0 < point <= 21:
        text = digits.ljust(point, "0")[:point] + f".{digits[point:]}".rstrip(".")
    else:
        text = f"{digits[0]}.{digits[1:]}".rstrip(".") + f"e{point - 1:+d}"
    return "-" * sign + text


QUOTED = json.JSONEncoder(ensure_ascii=False).encode


def canonical_text(value):
    """JSON in the canonical form (RFC 8785)."""
    if isinstance(value, str):
        return QUOTED(value)
    if isinstance(value, dict):
        names = sorted(value) if "".join(value).isascii() else sorted(value, key=units)
        return "{" + ",".join([f"{QUOTED(name)}:{canonical_text(value[name])}" for name in names]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical_text, value)) + "]"
    if type(value) is int and abs(value) < 2**53:
        return str(value)
    return number_text(value) if type(value) in (int, float) else QUOTED(value)


def canonical(entry, where):
    """An event as it was hashed: JSON in the canonical form."""
    try:
        body = json.loads(entry)
        if isinstance(body, dict) and canonical_text(body).encode() == entry:
            return body
    except ValueError:
        pass
    raise Wrong(f"{where}: not in the canonical form")


def check_chain(number, entry, before):
    """Numbers without a gap, each naming the hash of the one before."""
    body = canonical(entry, f"event {number}")
    if body.get("seq") != number:
        raise Wrong(f"event {number}: has another number")
    if body.get("prev") != before:
        raise Wrong(broken_link(number))
    return sha(entry).hex(), body


def check(read, sizes, keys):
    """Checks all of it. `read` gives a file's bytes, or None; `sizes` are the checkpoints that are kept."""

    def note_at(path):
        data = read(path)
        if data is None:
            raise Unknown(f"there is no {path}")
        return open_note(data.decode("utf-8", "replace"), keys, path)

    size, root, name, who = note_at("checkpoint")
    kept, unknown = {}, None
    for one in sizes:
        try:
            kept[one] = note_at(f"checkpoints/{one}")
        except Unknown as error:
            # What is wrong elsewhere comes first.
            unknown = error
    for one, (covers, _, origin, _) in kept.items():
        if covers != one or origin != name or one > size:
            raise Wrong(f"checkpoints/{one}: not of this log, or of more than was published last")
    leaves, before, lives = [], "0" * 64, Lives()
    for entry in entries_of(read, size):
        before, body = check_chain(len(leaves) + 1, entry, before)
        lives.take(body)
        leaves.append(sha(b"\x00", entry))
    check_tiles(read, leaves)
    for one, signed_root in [*((one, found[1]) for one, found in sorted(kept.items())), (size, root)]:
        if root_of(leaves[:one]) != signed_root:
            raise Wrong(f"the checkpoint of {counted(one)} is not of the events that are published")
    if unknown:
        raise unknown
    return size, len(kept), name, who, root, lives.words()


def population(read, size, root, name, days):
    """All requests that were submitted on these days, as CSV, and a line on their number. None is missing: every event was read."""
    requests = {}
    for entry in entries_of(read, size):
        body = json.loads(entry)
        if body["type"] == "submitted" and days[0] <= body["time"][:10] <= days[1]:
            requests[body["request"]] = []
        if body["request"] in requests:
            requests[body["request"]].append(body)
    head = "request submitted event requester operation resource state stateSince keySince approvers planDigest changeReference log logSize logRoot"
    rows = [head.split()]
    for request, events in requests.items():
        asked = [one for one in events if one["type"] in ("submitted", "plan-changed", "request-changed")][-1]
        approvers = approvers_in(events, asked)
        first, spec, last = events[0], asked["data"]["plan"]["spec"], [one for one in events if one["type"] not in SILENT][-1]
        state = state_of(events)
        about = [spec["operation"], spec["resource"]["id"], state, last["time"], key_since(events) if state == "succeeded" else ""]
        about += [" ".join(approvers), asked["planDigest"]]
        said = [one["data"] for one in events if one["type"] in ("submitted", "request-changed")][-1]
        about.append(said.get("changeReference", ""))
        log = [name, size, base64.b64encode(root).decode()]
        rows.append([request, first["time"], first["seq"], first["actor"]["id"], *about, *log])
    quote = '"'
    table = "".join(",".join(quote + str(one).replace(quote, quote * 2) + quote for one in row) + "\n" for row in rows)
    return table, f"{counted(len(requests), 'request')} from {days[0]} to {days[1]}"


def leads_to(leaf, index, size, hashes):
    """The root that a proof leads to from a leaf (RFC 9162, 2.1.3.2); None where it is too long or too short."""
    found, node, last = leaf, index, size - 1
    for one in hashes:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = sha(b"\x01", one, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = sha(b"\x01", found, one)
        node, last = node >> 1, last >> 1
    return found if last == 0 and index < size else None


def continues(older_size, older_root, size, root, hashes):
    """Whether the tree goes on from the older one (RFC 9162, 2.1.4.2)."""
    if older_size >= size:
        return older_size == size and older_root == root and not hashes
    if older_size & (older_size - 1) == 0:
        hashes = [older_root, *hashes]
    if not hashes:
        return False
    node, last = older_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = sha(b"\x01", one, before), sha(b"\x01", one, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = sha(b"\x01", after, one)
        node, last = node >> 1, last >> 1
    return last == 0 and before == older_root and after == root


def check_consistency(read, size, root):
    """The older size and root from which the pack proves that its log goes on; None where it proves none."""
    data = read("consistency")
    if data is None:
        return None
    text = data.decode("utf-8", "replace")
    form = r"cmk-bot/consistency@v1\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:[A-Za-z0-9+/]{43}=\n)*)"
    found = re.fullmatch(form, text)
    hashes = [decoded(one) for one in found[3].split()] if found else []
    if not found or not all(hashes) or not continues(int(found[1]), decoded(found[2]), size, root, hashes):
        raise Wrong("consistency: does not lead to the root that was signed")
    return int(found[1]), decoded(found[2])


def check_proof(read, index, entry, note, size, root):
    """The event is in the log that was signed: its proof is a file of its own, with the checkpoint."""
    path = f"proofs/{index:010}.tlog-proof"
    proof = (read(path) or b"").decode("utf-8", "replace")
    found = re.fullmatch(r"c2sp\.org/tlog-proof@v1\nindex ([0-9]+)\n((?:[A-Za-z0-9+/]{43}=\n)*)\n(.+)", proof, re.DOTALL)
    hashes = [decoded(line) for line in found[2].split()] if found else []
    fits = found and found[1] == str(index) and found[3] == note and all(len(one) == 32 for one in hashes)
    if not fits or leads_to(sha(b"\x00", entry), index, size, hashes) != root:
        raise Wrong(f"event {index + 1}: {path} does not lead from it to the root that was signed")


PACK_FILES = """README.txt SHA256SUMS checkpoint consistency controls.json events.jsonl keys.txt later.jsonl names.json plan.json
report.html rules.json texts.jsonl""".split()
EXTRA = ["consistency", "later.jsonl"]
OPTIONAL = ["README.txt", "controls.json", "keys.txt", "names.json", "rules.json", "texts.jsonl"]
UNPROVED = ["README.txt", "controls.json", "names.json", "keys.txt", "report.html"]


def check_names(names):
    """A pack holds what it must and no other files: what nothing vouches for would be taken for part of it."""
    missing = [one for one in PACK_FILES if one not in [*names, *OPTIONAL, *EXTRA]]
    if missing:
        raise Unknown(f"there is no {', '.join(missing)} in it")
    for name in sorted(names):
        if name not in PACK_FILES and not re.fullmatch(r"proofs/[0-9]{10}\.tlog-proof", name):
            raise Wrong(f"{name}: not a file of an evidence pack")


def strict_json(data):
    """What JSON says, if it says it once: of a doubled key another reader may take the other value."""

    def once(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key stands there twice")
        return dict(pairs)

    return json.loads(data, object_pairs_hook=once)


def lines_in(read, name):
    """The lines of a file; none where there is none. What follows the last newline would be of no line."""
    *lines, rest = (read(name) or b"").split(b"\n")
    if rest:
        raise Wrong(f"{name}: its last line is cut off")
    return lines


def zip_of(files):
    """The one zip that the bot makes of these files: sorted, not compressed, dated 1980, with nothing between them."""
    body = directory = b""
    for name in sorted(files):
        data, raw = files[name], name.encode()
        about = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(raw), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<3H2I", 0, 0, 0, 0, len(body)) + raw
        body += b"PK\3\4" + about + raw + data
    return body + directory + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, len(files), len(files), len(directory), len(body), 0)


def check_sums(read, names):
    """Every file is there, undamaged, and no other."""
    sums = (read("SHA256SUMS") or b"").decode("utf-8", "replace")
    found = {name: sha(read(name) or b"").hex() for name in names if name != "SHA256SUMS"}
    if sums != "".join(f"{found[name]}  {name}\n" for name in sorted(found)):
        listed = dict(reversed(line.split("  ", 1)) for line in sums.splitlines() if "  " in line)
        wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
        raise Wrong(f"{', '.join(wrong) or 'SHA256SUMS'}: damaged, missing, or put in")


def lower_ids(value):
    """Ids of Azure's resources are the same in any case."""
    if isinstance(value, dict):
        return {name: lower_ids(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [lower_ids(inner) for inner in value]
    return value.lower() if isinstance(value, str) and value.startswith("/subscriptions/") else value


def digest_of(plan):
    """The digest that an approval is bound to: of what the plan changes, and of who controls the key."""
    effects = [one for step in plan["steps"] for one in step["effects"]]
    approved = [lower_ids({name: one[name] for name in one if name != "before"}) for one in effects]
    subject = {
        **{"schema": plan["schema"], "tenant": plan["tenantId"], "policy": plan["policyVersion"]},
        "operation": plan["spec"]["operation"],
        "resource": lower_ids(plan["spec"]["resource"]),
        "spec": lower_ids(plan["spec"]),
        "effects": sorted(approved, key=lambda one: units(canonical_text(one))),
        "irreversible": [step["name"] for step in irreversible_in(plan)],
        "warnings": sorted({one["code"] for one in plan["checks"] if one["outcome"] == "warn"}, key=units),
    }
    seen = plan["observation"]
    controllers = [{"id": one["id"], "can": one["can"]} for one in seen["control"]["controllers"]]
    subject["control"] = {"vault": re.sub(r"/\Z", "", seen["vault"]["uri"].lower()), "controllers": controllers}
    return sha(canonical_text(subject).encode()).hex()


def approvals_in(events):
    """The approvals among these events that were not withdrawn."""
    back = [one for one in events if one["type"] == "approval-withdrawn"]

    def withdrawn(one):
        whose = one["actor"]["id"], one["planDigest"]
        return any(one["seq"] < two["seq"] and whose == (two["actor"]["id"], two["planDigest"]) for two in back)

    return [one for one in events if one["type"] == "approved" and not withdrawn(one)]


def approvers_in(events, asked):
    return [one["actor"]["id"] for one in approvals_in(events) if one["seq"] > asked["seq"]]


def irreversible_in(plan):
    return [step for step in plan["steps"] if step["reversibility"] == "irreversible" and step["effects"]]


# What can happen to a request in which state, who can do it, and what it says: "?" where it can be left out. Read from the rules,
# and not from the program.
RULES = {
    "submitted": ("", "person", "formId resourceName plan policy origin notBefore? changeReference? software?"),
    "approved": ("awaiting-approval", "person", "acknowledgedIrreversible counted required signIn quick notBefore?"),
    "approval-withdrawn": ("awaiting-approval ordered", "person", ""),
    "rejected": ("awaiting-approval ordered", "person", "as"),
    "cancelled": ("awaiting-approval ordered", "person operator", "as"),
    "expired": ("awaiting-approval", "bot", "as"),
    "decided-late": ("running needs-attention ended", "person", "verb state"),
    "plan-changed": ("ordered", "bot", "run plan policy reason"),
    "request-changed": ("awaiting-approval", "person", "formId plan policy notBefore? changeReference?"),
    "run-ordered": ("awaiting-approval retried", "bot", "run"),
    "run-checked": ("ordered", "bot", "run observed counted approvers software?"),
    "step-intended": ("ordered running", "bot", "run step attempt nonceHash?"),
    "step-done": ("running", "bot", "run step attempt already outputs interrupted?"),
    "step-failed": ("running", "bot", "run step attempt failure retryAt outputs? interrupted?"),
    "attention-needed": ("ordered running", "bot", "run step failure"),
    "succeeded": ("running", "bot", "run proofs seeks?"),
    "use-judged": ("ended", "bot", "run answer"),
    "stop-requested": ("running", "person operator", "run asOperator?"),
    "retried": ("needs-attention", "person operator bot", ""),
    "taken-on": ("needs-attention", "person", "released?"),
    "reminded": ("awaiting-approval", "person bot", "escalated?"),
    "failed": ("needs-attention", "person operator", "as"),
    "texts-erased": (None, "operator", "reason"),
    "clock-set-right": (None, "operator", "ahead"),
    "evidence-made": (None, "person operator", "texts reading software?"),
    "drift-found": (None, "bot", "kind resourceName basis found"),
}
FIELDS = """schema seq request revision cause n time prev commitments sealKey type actor submittedBy onBehalfOf planDigest target
changes result clientRequestId correlationId data""".split()


def body_unknown(kind, body):
    """Which fields of an event are unknown or missing, in words; None where it has those that it should."""
    known = RULES[kind][2].split()
    needed = {*FIELDS, *("data " + one for one in known if one[-1] != "?")}
    found = {*body, *("data " + one for one in body["data"])}
    wrong = sorted((found ^ needed) - {"data " + one[:-1] for one in known if one[-1] == "?"})
    return f"body-unknown: {kind} has no such field, or lacks it: {', '.join(wrong)}" if wrong else None


ASKING = ("submitted", "plan-changed", "request-changed")
WITHOUT_SUCCESS = ("rejected", "cancelled", "expired", "failed")
ENDS = (*WITHOUT_SUCCESS, "succeeded")
NEXT = {
    **{"run-ordered": "ordered", "step-intended": "running", "attention-needed": "needs-attention", "retried": "retried"},
    **dict.fromkeys([*ASKING, "approval-withdrawn"], "awaiting-approval"),
    **dict.fromkeys(ENDS, "ended"),
}
MOST_EDITS = 5
# Azure's clock and the clock that the change was dated by can differ.
CLOCK_MINUTES = 2


def minutes_before(time, minutes):
    found = datetime.datetime.fromisoformat(time[:19]) - datetime.timedelta(minutes=minutes)
    return f"{found.isoformat()}{time[19:]}"


def kind_of(body):
    """The type of the event; of one that ends a request without success, how it ended."""
    kind, ended_as = body["type"], body["data"].get("as")
    if kind == "ended":
        return ended_as if ended_as in WITHOUT_SUCCESS else "ended otherwise"
    return "another type" if kind in WITHOUT_SUCCESS else kind


class Life:
    """One request, event by event. Each event has to follow the rules, given those before it."""

    def __init__(self, request):
        self.request, self.state, self.number, self.runs, self.edits = request, "", 0, 0, 0
        self.touched = self.outage = self.stops = False
        self.seeks, self.not_before, self.end = None, "", None

    def take(self, body):
        kind, where = kind_of(body), f"event {body['seq']}"
        self.number += 1
        if body["request"] != self.request or body["revision"] != self.number or (kind == "submitted") != (self.number == 1):
            raise Wrong(f"{where}: events of {self.request} are missing, or of another request")
        if kind not in RULES or kind == "drift-found":
            raise Wrong(f"{where}: {kind} is no event of a request")
        states, actors, _ = RULES[kind]
        if states is not None and self.state not in (states.split() or [""]):
            raise Wrong(f"{where}: {kind}, after the end" if self.state == "ended" else f"{where}: {kind}, when the request was {self.state}")
        run = self.runs + (kind == "run-ordered")
        if body["data"].get("run", run) != run:
            raise Wrong(f"{where}: of run {body['data']['run']}, not of run {run}")
        if body["actor"]["kind"] not in actors.split() or (actors == "person" and not body["actor"]["id"]):
            raise Wrong(f"{where}: {kind} by {who_did(body)}")
        words = body_unknown(kind, body) or self.fault(kind, body, body["data"])
        if words:
            raise Wrong(f"{where}: {words}")
        self.follow(kind, body, body["data"])

    def fault(self, kind, body, data):
        """Which rule the event breaks, in words; None where it breaks none."""
        time, who = body["time"], body["actor"]["id"]
        own = body["actor"]["kind"] == "person" and self.state and who == self.requester
        if kind in ("approved", "rejected", "decided-late") and own:
            return "decided by the one who asked"
        if kind in ("cancelled", "request-changed", "reminded") and body["actor"]["kind"] == "person" and not own:
            return f"{kind} by another person than the one who asked"
        if kind in ASKING and body["planDigest"] != digest_of(data["plan"]):
            return "its plan has another digest"
        if kind in ("approved", "approval-withdrawn", "step-intended") and body["planDigest"] != self.asked["planDigest"]:
            return "not of the plan that was to be approved"
        if kind in ("approved", "request-changed") and time >= self.policy["expiresAt"]:
            return f"{kind}, after the time to decide"
        if kind == "approved":
            return self.approval_fault(who, data)
        if kind == "approval-withdrawn" and (who not in self.approvals or self.tried):
            return "an approval withdrawn that was not the person's own, or after the run began"
        if kind == "request-changed":
            return self.edit_fault(data["plan"]["spec"])
        if kind == "expired" and time < self.policy["expiresAt"]:
            return "expired before the time to decide was over"
        if kind == "reminded":
            return self.escalation_fault(time, body["actor"]["kind"] == "bot", data.get("escalated"))
        if kind == "run-ordered" and len(self.approvals) < self.policy["approvalsRequired"]:
            return "ordered with too few approvals"
        if kind == "run-checked":
            return self.check_fault(time, data["counted"])
        if kind == "step-intended":
            return self.step_fault(data["step"], data["attempt"])
        if kind in ("step-done", "step-failed") and self.tried.get(data["step"]) != (self.runs, data["attempt"], "under way"):
            return f"a result of {data['step']}, attempt {data['attempt']}, which was not under way"
        if kind == "succeeded" and (not all(map(self.is_done, self.stages)) or not {"read-back", "permission-held"} <= proved(data)):
            return "success, although something is not done or not proved"
        if kind == "retried" and body["actor"]["kind"] == "bot" and (not self.outage or self.automatic or self.objected):
            return "a retry by the bot, although it had retried before, the failure was no outage, or an approver had stopped the run"
        if kind == "use-judged":
            return self.use_fault(time, data["answer"])
        return None

    def escalation_fault(self, time, is_bot, to):
        if is_bot != (to is not None):
            return "an escalation by a person, or a reminder by the bot that escalates nothing"
        if is_bot and (self.escalated or not self.policy.get("escalateAt", "~") <= time < self.policy["expiresAt"]):
            return "an escalation that was not due, or a second one"
        if is_bot and (not to or len({*to, *self.approvals, self.requester}) < len(to) + len(self.approvals) + 1):
            return "an escalation to no one, to a person twice, to the one who asked or to one who approved"
        return None

    def approval_fault(self, who, data):
        if who in self.approvals:
            return "a second approval by one person"
        count, needed = len(self.approvals) + 1, self.policy["approvalsRequired"]
        if (data["counted"], data["required"]) != (count, needed) or count > needed:
            return f"an approval that says {data['counted']} of {data['required']}, and is {count} of {needed}"
        if irreversible_in(self.asked["data"]["plan"]) and not data["acknowledgedIrreversible"]:
            return "an approval that does not accept what can't be undone"
        return None

    def edit_fault(self, spec):
        if self.touched:
            return "edited after a run had begun"
        if self.edits >= MOST_EDITS:
            return f"edited more than {MOST_EDITS} times"
        return None if about(spec) == about(self.spec) else "edited to be about something else"

    def check_fault(self, time, counted):
        people = set(counted)
        if len(people) < max(len(counted), self.policy["approvalsRequired"]) or not people <= set(self.approvals):
            return "let go with too few approvals"
        if self.objected:
            return "let go, although an approver had stopped a run of the same plan"
        return "let go before the time that was chosen" if time < self.not_before else None

    def step_fault(self, step, attempt):
        before = [name for name in self.stages if self.stages[name] < self.stages.get(step, 0)]
        if not self.checked or step not in self.stages or not all(map(self.is_done, before)):
            return f"{step} is not what was approved, or came before its turn"
        if self.stops:
            return f"{step} was begun, although the run was to stop"
        run, last, state = self.tried.get(step, (0, 0, ""))
        expected = 1 if run != self.runs else last + 1 if state == "waiting" else None
        return None if attempt == expected else f"attempt {attempt} of {step}, not {expected or 'none'}"

    def use_fault(self, time, answer):
        if not self.seeks:
            return "use of a key, which no success was to look for, or for the second time"
        if answer["outcome"] == "used":
            early = answer["at"] < minutes_before(self.seeks["since"], CLOCK_MINUTES)
            return "use of a key, before it was set" if early else None
        return "no use of a key, before the time to look was over" if time < self.seeks["until"] else None

    def is_done(self, step):
        run, _, state = self.tried.get(step, (0, 0, ""))
        return run == self.runs and state == "done"

    def follow(self, kind, body, data):
        self.state = NEXT.get(kind, self.state)
        if kind in ASKING:
            self.asked, self.policy, self.spec = body, data["policy"], data["plan"]["spec"]
            self.stages = {step["name"]: step["stage"] for step in data["plan"]["steps"]}
            self.approvals, self.tried = [], {}
            self.checked = self.objected = self.automatic = self.escalated = False
        if kind == "submitted":
            self.requester = body["actor"]["id"]
        if kind in ("submitted", "request-changed"):
            self.not_before = data.get("notBefore", "")
        if kind == "request-changed":
            self.edits += 1
        if kind == "approved":
            self.approvals.append(body["actor"]["id"])
            self.not_before = max(self.not_before, data.get("notBefore", ""))
        if kind == "approval-withdrawn":
            self.approvals.remove(body["actor"]["id"])
        if kind == "run-ordered":
            self.runs, self.checked, self.stops = data["run"], False, False
        self.checked = self.checked or kind == "run-checked"
        self.escalated = self.escalated or "escalated" in data
        if kind in STEPS:
            state = {"step-intended": "under way", "step-done": "done", "step-failed": "waiting" if data.get("retryAt") else "failed"}[kind]
            self.tried[data["step"]], self.touched = (data["run"], data["attempt"], state), True
        if kind == "stop-requested":
            self.stops = True
            self.objected = self.objected or (
                body["actor"]["kind"] == "person" and body["actor"]["id"] != self.requester and not data.get("asOperator")
            )
        if kind == "attention-needed":
            self.outage = data["failure"]["source"] != "bot" and data["failure"]["next"] == "wait"
        if kind == "retried":
            self.automatic = body["actor"]["kind"] == "bot"
        if kind == "succeeded" or kind == "use-judged":
            self.seeks = data.get("seeks")
        self.end = self.end or (kind if kind in ENDS else None)


def about(spec):
    return spec["operation"], spec["resource"]["id"].lower()


def check_life(events, request):
    """Checks all events of a request by the rules, and gives the one that asked last."""
    life = Life(request)
    for body in events:
        life.take(body)
    return life.asked


def drift_name(target):
    """The name under which the drifts of an agent are logged (RFC 4648 has no such alphabet: it is Crockford's)."""
    return "DRIFT-" + "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[byte & 31] for byte in sha(str(target).lower().encode())[:10])


class Lives:
    """All requests of a log, and what holds between them: times, one open request for a resource, one open drift for an agent."""

    def __init__(self):
        self.lives, self.open, self.drifts, self.time = {}, {}, {}, ""

    def take(self, body):
        kind, where = body["type"], f"event {body['seq']}"
        if body["time"] < self.time and not (kind == "clock-set-right" and body["data"]["ahead"] == self.time):
            raise Wrong(f"{where}: dated before the event before it")
        self.time = body["time"]
        if body["request"].startswith("DRIFT-"):
            self.take_drift(kind, body, where)
            return
        life = self.lives.setdefault(body["request"], Life(body["request"]))
        life.take(body)
        resource = life.spec["resource"]["id"].lower()
        if self.open.setdefault(resource, body["request"]) != body["request"] and kind == "submitted":
            raise Wrong(f"{where}: a second open request for {resource}")
        if life.state == "ended" and self.open[resource] == body["request"]:
            del self.open[resource]

    def take_drift(self, kind, body, where):
        revision, is_open = self.drifts.get(body["request"], (0, False))
        erased = kind == "texts-erased"
        fits = kind in ("drift-found", "texts-erased")
        if fits and body_unknown(kind, body):
            raise Wrong(f"{where}: {body_unknown(kind, body)}")
        if not fits or body["revision"] != revision + 1 or body["request"] != drift_name(body["target"]):
            raise Wrong(f"{where}: not the next event of {body['request']}")
        found = is_open if erased else body["data"]["found"] != []
        if body["actor"]["kind"] != ("operator" if erased else "bot") or not (erased or is_open or found):
            raise Wrong(f"{where}: {kind} by {who_did(body)}, when a drift was {'open' if is_open else 'not open'}")
        self.drifts[body["request"]] = revision + 1, found

    def words(self):
        states = [life.end or "open" for life in self.lives.values()]
        found = ", ".join(f"{states.count(one)} {one}" for one in [*ENDS, "open"] if one in states)
        return f"{counted(len(states), 'request')} by the rules{': ' if found else ''}{found}"


def proved(data):
    return {one["level"] for one in data.get("proofs", []) if one["outcome"] == "proved"}


STEPS = ["step-intended", "step-done", "step-failed"]
LEVELS = ["read-back", "permission-held", "key-usable", "use-seen"]
LEVEL_NAMES = ["configured", "permitted", "key tested", "use observed"]


def level_of(events):
    """The highest level proved without a gap below it."""
    known = set().union(*(proved(body["data"]) for body in events))
    # A key that the agent was seen to use is usable, also where the bot may not try it.
    if any(body["type"] == "use-judged" and body["data"]["answer"]["outcome"] == "used" for body in events):
        known |= {"use-seen", "key-usable"}
    gap = next((n for n, level in enumerate(LEVELS) if level not in known), len(LEVELS))
    return LEVELS[gap - 1] if gap else None


def reading_of(events):
    made = [body for body in events if body["type"] == "evidence-made"]
    return {"event": made[-1]["seq"], "time": made[-1]["time"], **made[-1]["data"]["reading"]} if made else None


def state_of(events):
    states = {
        **dict.fromkeys(["submitted", "plan-changed", "request-changed", "approved", "approval-withdrawn", "reminded"], "awaiting-approval"),
        **dict.fromkeys(["run-ordered", "run-checked", "retried"], "approved"),
        **dict.fromkeys([*STEPS, "stop-requested"], "running"),
        **{one: one for one in ENDS},
        **{"attention-needed": "needs-attention"},
    }
    return [states[kind_of(body)] for body in events if kind_of(body) in states][-1]


def check_texts(read, events):
    lines, fields = lines_in(read, "texts.jsonl"), {"request", "revision", "field", "salt", "text"}
    known = {(one["request"], one["revision"], said["field"]): said["sha256"] for one in events for said in one["commitments"]}
    given = set()
    for line in lines:
        one = strict_json(line)
        whole = set(one) == fields and type(one["revision"]) is int
        if not whole or json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode() != line:
            raise Wrong("texts.jsonl: a line is not as the bot writes it")
        digest = sha(bytes.fromhex(one["salt"]), one["text"].encode()).hex()
        if known.get((one["request"], one["revision"], one["field"])) != digest:
            raise Wrong(f"texts.jsonl: {one['field']} of revision {one['revision']} doesn't match the audit log")
        given.add((one["request"], one["revision"], one["field"]))
    erased = max((one["revision"] for one in events if one["type"] == "texts-erased"), default=0)
    missing = [key for key in known if key not in given and key[1] > erased]
    if read("texts.jsonl") is not None and missing:
        raise Wrong(f"texts.jsonl: {missing[0][2]} of revision {missing[0][1]} is missing, and no event says that it was erased")
    return len(lines)


def wanted_key(events, plan):
    """The key that the plan puts the agent under, with the version that a run made."""
    effects = [one for step in plan["steps"] for one in step["effects"] if one["change"] == "customer-key"]
    key = effects[0]["to"] if effects else plan["observation"]["resource"]["customerKey"]
    made = [one["data"]["outputs"]["keyVersion"] for one in events if "keyVersion" in one["data"].get("outputs", {})]
    return {**key, "keyVersion": made[-1]} if key and key["keyVersion"] == "made-by-this-request" and made else key


def same_uri(a, b):
    return re.sub(r"/\Z", "", a.lower()) == re.sub(r"/\Z", "", b.lower())


def same_key(a, b):
    if a is None or b is None:
        return False
    named = a["keyName"].lower() == b["keyName"].lower()
    return named and same_uri(a["vaultUri"], b["vaultUri"]) and a["keyVersion"] == b["keyVersion"]


def key_words(key):
    return f"{key['keyName']} in {key['vaultUri']}, version {key['keyVersion'] or 'newest'}" if key else "no customer-managed key"


def replacement_of(later, events, asked):
    """The event of a later, approved request that set the key which Azure showed, and who approved; None where there is none."""
    resource = (reading_of(events) or {}).get("resource", {"seen": "not"})
    last, success = later[-1] if later else None, [one["seq"] for one in events if one["type"] == "succeeded"]
    if not last or not success or resource["seen"] != "yes" or not success[-1] < last["seq"] < reading_of(events)["event"]:
        return None
    effects = [one for one in last["changes"] or [] if one["change"] == "customer-key"]
    approvals = [one for one in approvals_in(later) if one["planDigest"] == last["planDigest"]]
    approvals = [one for one in approvals if one["actor"]["id"] != last["onBehalfOf"]]
    fits = [
        last["type"] == "step-done" and last["data"]["step"] == "set-cmk" and len(effects) == 1,
        {one["request"] for one in later} == {last["request"]} and last["request"] != events[0]["request"],
        str(last["target"]).lower() == asked["data"]["plan"]["spec"]["resource"]["id"].lower(),
        any(one["data"]["counted"] >= one["data"]["required"] for one in approvals),
    ]
    if not all(fits):
        return None
    made = [one["data"]["outputs"]["keyVersion"] for one in later if "keyVersion" in one["data"].get("outputs", {})]
    key = dict(effects[0]["to"])
    key["keyVersion"] = made[-1] if key["keyVersion"] == "made-by-this-request" and made else key["keyVersion"]
    fits = same_key(resource["value"]["customerKey"], key)
    return (last, " and ".join(one["actor"]["id"] for one in approvals)) if fits else None


def success_of(events):
    return [one["seq"] for one in events if one["type"] == "succeeded"][-1]


def is_difference(body, asked):
    """Whether it says what the key watch found different on the agent, or that nothing is any more."""
    resource = asked["data"]["plan"]["spec"]["resource"]["id"]
    return body.get("type") == "drift-found" and str(body["target"]).lower() == resource.lower()


def differences_of(found):
    """What the key watch logged as different from the approval: a line for each time."""
    times = []
    for one in found:
        codes, is_open = [each["state"]["code"] for each in one["data"]["found"]], times and times[-1]["until"] is None
        if not is_open and codes:
            times.append({"codes": [], "from": one["time"], "until": None, "events": []})
        if times and (is_open or codes):
            last = times[-1]
            last["codes"] += [code for code in codes if code not in last["codes"]]
            last["until"] = None if codes else one["time"]
            last["events"].append(str(one["seq"]))
    ends = [f"to {one['until']}" if one["until"] else "and nothing says that it ended" for one in times]
    return [
        f"THE KEY WATCH LOGGED A DIFFERENCE: {', '.join(one['codes'])}, from {one['from']} {end} (events {', '.join(one['events'])})"
        for one, end in zip(times, ends)
    ]


SILENT = ("decided-late", "clock-set-right", "evidence-made", "use-judged", "texts-erased", "taken-on")


def who_did(body):
    """Who acted, in words: a person by object id, an operator by the name that was given at the command line."""
    actor = body["actor"]
    return "cmk-bot" if actor["kind"] == "bot" else actor["id"] if actor["kind"] == "person" else f"operator {actor['id'] or ''}".strip()


# Failures that the bot found before it sent anything.
FOUND_FIRST = "blocked resource-busy key-moved identity-changed access-gone replaced role-needed".split()


def changed_nothing(data):
    """Whether an attempt that failed was refused as a whole, or never sent. Nobody knows what an interrupted one sent."""
    failure = data["failure"]
    if data.get("interrupted", False):
        return False
    if failure["source"] == "bot":
        return failure["found"]["code"] in FOUND_FIRST
    return failure.get("change") in ("none", "refused")


def history_of(events):
    """What the runs did, under all plans: steps that Azure, read back, showed as done; steps with an attempt whose result
    nobody knows; the key that was set, with its time, and whether the agent had it before."""
    plan, done, tried, key, sets = None, [], {}, None, False
    for number, one in enumerate(events, 1):
        kind, data = one["type"], one["data"]
        if kind in ASKING:
            plan = data["plan"]
            sets = sets or any(step["name"] == "set-cmk" for step in plan["steps"])
        step = data.get("step")
        if kind not in STEPS or step == "verify":
            continue
        if kind == "step-intended":
            tried[step] = "unknown" if step in tried else "under way"
        elif kind == "step-failed" and tried.get(step) == "under way" and changed_nothing(data):
            del tried[step]
        elif kind == "step-failed":
            tried[step] = "unknown"
        else:
            lost = tried.pop(step, None) == "unknown"
            done += [] if step in done else [step]
            now = wanted_key(events[:number], plan) if step == "set-cmk" else None
            if now and not (data["already"] and key and same_key(key["key"], now)):
                found = data["already"] and not lost and not data.get("interrupted", False)
                key = {"key": now, "at": one["time"], "found": found}
    return {"done": done, "unconfirmed": list(tried), "key": key, "sets": sets}


def key_in(key, plan):
    vault = plan["observation"]["vault"]
    return f"{key['keyName']} in {vault['name'] if same_uri(key['vaultUri'], vault['uri']) else key['vaultUri']}"


def done_to_key(history, plan):
    """What the runs of a request that did not succeed did to the key; None where they did nothing to it."""
    key = history["key"]
    if key and not key["found"]:
        return f"was put under {key_in(key['key'], plan)} on {key['at']}, which was not verified"
    if "set-cmk" in history["unconfirmed"]:
        return "might be under the requested key, which Azure did not confirm"
    return f"already was under {key_in(key['key'], plan)} on {key['at']}" if key else None


def unchanged_words(state, events, asked):
    """What came of a request that did not succeed: what, who and when, by the event that says so and no later one."""
    last = [one for one in events if one["type"] not in SILENT][-1]
    touched = any(one["type"] == "step-intended" for one in events)
    history = history_of(events)
    told, sets = done_to_key(history, asked["data"]["plan"]), history["sets"]
    left = f"; done, and left as it is: {', '.join(history['done']) or 'nothing'}" if touched else ""
    left += f"; not confirmed: {', '.join(history['unconfirmed'])}" if history["unconfirmed"] else ""
    what = told or ("was not put under another key" if touched else "was not changed")
    if state in ("rejected", "cancelled"):
        return f"{what}: {state} by {who_did(last)} at {last['time']}{left}"
    if state == "expired":
        return f"{what}: expired without a decision at {last['time']}{left}"
    if state == "failed":
        stuck = [one["data"]["step"] for one in events if one["type"] == "attention-needed"][-1]
        what = told or f"was not put under {'the requested' if sets else 'another'} key"
        return f"{what}: failed, the run stopped at {stuck or 'no step'}, and {who_did(last)} ended it at {last['time']}{left}"
    what = told or ("is not yet under the requested key" if sets else "is not yet changed as requested")
    return f"{what}: {state} since {last['time']}"


def key_set_at(events):
    """When the request set the key that it names, or found it set. None where no run of it did."""
    plan, key = [one for one in events if one["type"] in ASKING][-1]["data"]["plan"], history_of(events)["key"]
    return key["at"] if key and same_key(key["key"], wanted_key(events, plan)) else None


def key_since(events):
    """When the agent was first read under the key, as the log proves."""
    return key_set_at(events) or [one["time"] for one in events if one["type"] == "succeeded"][-1]


def verdict_of(events, asked, replaced):
    """What the events come to, in lines."""
    state, plan, name = state_of(events), asked["data"]["plan"], events[0]["data"]["resourceName"]
    approvers = approvers_in(events, asked)
    lines = [f"requested by {events[0]['actor']['id']}" + (f", approved by {' and '.join(approvers)}" if approvers else "")]
    lines.append(f"plan {asked['planDigest']}, rule {asked['data']['policy']['rule']}")
    if state != "succeeded":
        return [f"{name} {unchanged_words(state, events, asked)}", *lines]
    key, seen = wanted_key(events, plan), (reading_of(events) or {}).get("resource", {"seen": "not"})
    now = seen["value"]["customerKey"] if seen["seen"] == "yes" else None
    same = same_key(now, key)
    put = key_set_at(events) and not history_of(events)["key"]["found"]
    holds, when = ("was put", " on") if put else ("was", ", as verified on")
    disabled = [one["keyVersion"] for step in plan["steps"] for one in step["effects"] if one["change"] == "key-disablement"]
    more = "".join(f"; its version {one} was disabled" for one in disabled)
    lines.insert(0, f"{name} {holds} under {key_in(key, plan)}{when} {key_since(events)}{more}")
    level = LEVELS.index(level_of(events))
    lines.append(f"version {key['keyVersion'] or 'newest'}, level L{level} ({LEVEL_NAMES[level]})")
    if seen["seen"] == "not":
        return [*lines, "Azure couldn't be read again when the pack was created"]
    if seen["seen"] == "absent":
        return [*lines, "WHEN LAST READ, THE AGENT NO LONGER EXISTED"]
    if same:
        return [*lines, "when last read, Azure showed the same key"]
    if replaced:
        return [*lines, f"replaced at {replaced[0]['time']} by {replaced[0]['request']}, approved by {replaced[1]}: event {replaced[0]['seq']} set {key_words(now)}"]
    return [*lines, f"WHEN LAST READ, THE KEY WAS DIFFERENT: the resource had {key_words(now)}, and no request in this pack says why"]


CHANGES = {
    "identity": "turned on the system-assigned identity of {target} (before: {before})",
    "key": "created the key {target}, {type} {size}, expiry: {expires}, version {keyVersion} (before: {before})",
    "key-recovery": "recovered the key {target}, version {keyVersion} (before: {before})",
    "key-enablement": "enabled version {keyVersion} of the key {target} (before: {before})",
    "key-disablement": "disabled version {keyVersion} of the key {target} (before: {before})",
    "role-assignment": "assigned the role {role} at {target} to the resource's identity (before: {before})",
    "access-policy": "gave the resource's identity the permissions {permissions} in {target} (before: {before})",
    "soft-delete": "turned on soft delete of {target} (before: {before})",
    "purge-protection": "turned on purge protection of {target} (before: {before})",
    "customer-key": "put {target} under the key {key} (before: {old})",
}


def changes_of(events):
    """What was changed in Azure, as the events say: a line for each change of a step that was read back as done."""
    lines, made = [], "unknown"
    for body in events:
        made = body["data"].get("outputs", {}).get("keyVersion", made)
        if body["type"] != "step-done" or (body["data"]["already"] and not body["data"].get("interrupted", False)):
            continue
        for one in body["changes"] or []:
            about = {name: "none" if value is None else value for name, value in {"keyVersion": made, **one}.items()}
            if one["change"] == "customer-key":
                to, own = one["to"], one["to"]["keyVersion"] == "made-by-this-request"
                about.update(key=key_words({**to, "keyVersion": made} if own else to), old=key_words(one["before"]))
            words = CHANGES[one["change"]].format_map(about)
            lines.append(f"changed at {body['time']} by {body['data']['step']} (event {body['seq']}): {words}")
    return lines


def own_text(path):
    """Reads a file of your own, with the line ends and the mark that an editor gave it."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except ValueError:
        raise Unknown(f"{path}: not text in UTF-8: save it as UTF-8") from None


def kept_at(path, keys):
    """Opens a checkpoint that was kept. What is wrong with it says nothing of the log."""
    try:
        return open_note(own_text(path).rstrip("\n") + "\n", keys, path)
    except (Wrong, *UNREAD) as error:
        raise Unknown(f"your checkpoint can't be read: {error}") from None


def later_words(place, keys, pack, older, events, entries, request, missing):
    """Compares the pack with a copy of the log, or with a checkpoint that was kept: a line, and whether that leaves nothing open."""
    size, root, name = pack
    roots = dict([(size, root), *([older] if older else [])])
    if os.path.isfile(place):
        now, kept, of, _ = kept_at(place, keys)
        if of != name:
            raise Unknown(f"{place}: of another log")
        if roots.get(now, kept) != kept:
            raise Wrong(f"{place}: another root than that of the pack's log")
        if now > size:
            return f"your checkpoint is newer: it covers {counted(now)}, the pack's log has {size}: compare with a copy of the log", False
        more = 0
    else:
        log = folder_reader(place)
        now, more = check(log, sizes_in(place), keys)[0], 0
        leaves, own = [], dict(zip((one["seq"] for one in events), entries))
        for entry in entries_of(log, now):
            leaves.append(sha(b"\x00", entry))
            number = len(leaves)
            if own.get(number, entry) != entry or (number in roots and root_of(leaves) != roots[number]):
                raise Wrong("the log doesn't contain the pack's events")
            body = json.loads(entry)
            if missing(number, body):
                raise Wrong(f"event {number}, a difference that the key watch found, is not in the pack")
            if number in own or body.get("request") != request:
                continue
            if number < events[-1]["seq"]:
                raise Wrong(f"event {number} of {request} is not in the pack")
            more += 1
    if now >= size:
        added = f"{counted(more)} of the request {'was' if more == 1 else 'were'} added later"
        return f"the log of {counted(now)} still holds them; {added}", True
    words = f"your copy is older: it has {counted(now)}, the pack's log {size}"
    if older and older[0] == now:
        return f"{words}; the pack proves that its log continues your copy", True
    return f"{words}; the pack doesn't prove that its log continues your copy: request a pack with --from-size {now}", False


def continued_words(place, keys, read, size, name):
    """Compares a log with a checkpoint that was kept, or with that of an older copy: a line, and whether that leaves nothing open."""
    now, root, of, _ = kept_at(os.path.join(place, "checkpoint") if os.path.isdir(place) else place, keys)
    if of != name:
        raise Unknown(f"{place}: of another log")
    if now > size:
        return f"your checkpoint is newer: it covers {counted(now)}, the log has {size}: its end was cut off, or it is an old copy", False
    if root_of([sha(b"\x00", entry) for entry in entries_of(read, size)][:now]) != root:
        raise Wrong(f"{place}: of another history than the log")
    return f"the log continues your checkpoint of {counted(now)}", True


def check_pack(read, names, keys, later):
    """Checks an evidence pack; the lines of the answer."""
    check_names(names)
    check_sums(read, names)
    note = (read("checkpoint") or b"").decode("utf-8", "replace")
    size, root, name, who = open_note(note, keys, "checkpoint")
    entries = lines_in(read, "events.jsonl")
    events, last = [], (0, "0" * 64)
    for entry in entries:
        body = canonical(entry, f"events.jsonl line {len(events) + 1}")
        check_proof(read, body["seq"] - 1, entry, note, size, root)
        # Between two that stand side by side in the record the chain can be looked at as well.
        if body["seq"] <= last[0]:
            raise Wrong(f"event {body['seq']}: comes after event {last[0]}")
        if body["seq"] == last[0] + 1 and body["prev"] != last[1]:
            raise Wrong(broken_link(body["seq"]))
        last = body["seq"], sha(entry).hex()
        events.append(body)
    later_entries = lines_in(read, "later.jsonl")
    later_events = [canonical(one, "later.jsonl") for one in later_entries]
    for entry, body in zip(later_entries, later_events):
        check_proof(read, body["seq"] - 1, entry, note, size, root)
    shown = {body["seq"] for body in [*events, *later_events]}
    if not events or len(shown) != sum(one.startswith("proofs/") for one in names):
        raise Wrong("events.jsonl: not an event for every proof")
    if (events[-1]["type"], events[-1]["seq"]) != ("evidence-made", size):
        raise Wrong("events.jsonl: the last event isn't the one that made this pack, with a checkpoint of that size")
    request = events[0]["request"]
    asked = check_life(events, request)
    found = [one for one in later_events if is_difference(one, asked)]
    replacing = [one for one in later_events if one not in found]
    replaced = replacement_of(replacing, events, asked)
    if "later.jsonl" in names and not replaced and (replacing or not found):
        raise Wrong("later.jsonl: not an approved request that set the key that Azure showed")
    until = replaced[0]["seq"] if replaced else size
    numbers = [one["seq"] for one in found]
    if found and (state_of(events) != "succeeded" or sorted([success_of(events), *numbers, until]) != [success_of(events), *numbers, until]):
        raise Wrong("later.jsonl: a difference that was not found between the success and the last reading")
    if sha(read("plan.json") or b"").hex() != asked["planDigest"]:
        raise Wrong("plan.json: not the plan that was approved, by its digest")
    rules = read("rules.json")
    if rules is not None and sha(rules).hex() != asked["data"]["policy"]["digest"]:
        raise Wrong("rules.json: not the policy that applied")
    texts = check_texts(read, events)
    lines = [f"{counted(len(events))} of {request}, in the log {name} of {size}", *verdict_of(events, asked, replaced), *differences_of(found), *changes_of(events)]
    matches = "matches" if texts == 1 else "match"
    lines += [f"{counted(texts, 'text')} that people wrote {matches} the audit log"] if texts else []
    older, compared = check_consistency(read, size, root), True
    if older:
        root_words = base64.b64encode(older[1]).decode()
        lines.append(f"it proves that its log continues one of {counted(older[0])} with the root {root_words}")
    if later:
        between = range(success_of(events) + 1, until) if state_of(events) == "succeeded" else ()
        missing = lambda number, body: number in between and number not in shown and is_difference(body, asked)
        words, compared = later_words(later, keys, (size, root, name), older, events, entries, request, missing)
        lines.append(words)
    unknown = strangers(note, keys)
    lines += [f"also signed by {', '.join(unknown)}, whose keys weren't given: not checked"] if unknown else []
    return lines, who, compared


# What Python says of something that is not built as it should be.
UNREAD = (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, zipfile.BadZipFile, zlib.error)


def pack_reader(path):
    """How to read a pack's files, and their names; None where it is none."""
    if os.path.isdir(path):
        found = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names if "__pycache__" not in at]
        names = [os.path.relpath(one, path).replace(os.sep, "/") for one in found]
        return (folder_reader(path), names) if "events.jsonl" in names else None
    try:
        archive = zipfile.ZipFile(path)
        names = archive.namelist()
        if len(set(names)) < len(names) or sum(one.file_size for one in archive.infolist()) > 2**28:
            raise Wrong("a file is there twice, or it is larger than any pack")
        files = {name: archive.read(name) for name in names}
        with open(path, "rb") as file:
            if file.read() != zip_of(files):
                raise Wrong("not the zip that the bot writes: something stands before, behind or between its files")
        return files.get, names
    except zipfile.BadZipFile as bad:
        raise Unknown(f"{path}: {bad}") from None


def folder_reader(folder):
    def read(path):
        try:
            with open(os.path.join(folder, path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    return read


def sizes_in(folder):
    return [int(one) for one in os.listdir(os.path.join(folder, "checkpoints")) if re.fullmatch(r"[1-9][0-9]*", one)]


def day(text):
    if str(datetime.date.fromisoformat(text)) != text:
        raise ValueError
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("given", metavar="ANCHOR or PACK.zip")
    parser.add_argument("--keys", help="verifier keys that you received separately, one per line")
    parser.add_argument("--population", nargs=2, type=day, metavar=("FROM", "TO"), help="write all requests of these days as CSV, such as 2026-01-01 2026-03-31")
    parser.add_argument("--later", help="a copy of the published log, or a checkpoint of it that you kept, to compare with")
    given = parser.parse_args()
    if given.population and given.population[0] > given.population[1]:
        parser.error("--population: TO is before FROM")
    try:
        read, names = pack_reader(given.given) or (folder_reader(given.given), None)
        text = (read("keys.txt") or b"").decode() if given.keys is None else own_text(given.keys)
        if names is None:
            size, kept, name, who, root, rules = check(read, sizes_in(given.given), read_keys(text))
            lines, whole = [f"{counted(size)} of {name}, under {counted(kept, 'checkpoint')}, signed", rules], True
            if given.population:
                table, words = population(read, size, root, name, given.population)
                lines.append(words)
            if given.later:
                words, compared = continued_words(given.later, read_keys(text), read, size, name)
                lines, whole = [*lines, words], whole and compared
        else:
            if given.population:
                parser.error("--population needs a published log, not a pack")
            lines, who, whole = check_pack(read, names, read_keys(text), given.later)
        said, witnessed = witness_words(text, read_keys(text), who)
        lines += said
    except Wrong as wrong:
        print(f"NOT proved: {wrong}")
        return 1
    except (Unknown, OSError) as unknown:
        print(f"unknown: {unknown}")
        return 2
    except UNREAD as unread:
        print(f"NOT proved: something in it is not as it should be ({type(unread).__name__}: {unread})")
        return 1
    enough = whole and witnessed
    if given.population:
        # The list alone goes to standard output.
        sys.stdout.write(table)
        sys.stdout = sys.stderr
    print(f"{'proved' if given.keys and enough else 'unknown'}: {lines[0]}")
    for line in lines[1:]:
        print(f"  {line}")
    print("  not detected: a different history signed with the log's own key, unless a copy or a witness has this one")
    if names is not None:
        print(f"  not proved, only checked for damage: {', '.join(one for one in UNPROVED if one in names)}; trust this output")
        missing = [one for one in OPTIONAL if one not in names]
        if missing:
            print(f"  not in the pack: {', '.join(missing)}")
    if not given.keys:
        print("  the keys are from the same folder, so this shows only that it's consistent: use --keys with keys that you received separately")
    return 0 if given.keys and enough else 2


if __name__ == "__main__":
    sys.exit(main())
