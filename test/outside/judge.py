"""judge.py VERIFIER FOLDER KEYS: the Python verifier over many changes of one folder, a log or an evidence pack; judge.go says how
they are given."""
import base64
import importlib.util
import json
import os
import sys

spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verify = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(verify)

folder = sys.argv[2]
files = {}
for root, _, names in os.walk(folder):
    for name in names:
        path = os.path.join(root, name)
        with open(path, "rb") as file:
            files[os.path.relpath(path, folder)] = file.read()
with open(sys.argv[3], encoding="utf-8") as file:
    keys = verify.read_keys(file.read())

for line in sys.stdin:
    change = json.loads(line)
    changed = {**files, **{path: data and base64.b64decode(data) for path, data in change.get("files", {}).items()}}
    if "flip" in change:
        path, offset, bits = change["flip"]
        data = bytearray(files[path])
        data[offset] ^= bits
        changed[path] = bytes(data)
    try:
        if "events.jsonl" in files:
            verify.check_pack(changed.get, [name for name, data in changed.items() if data is not None], keys, None)
        else:
            verify.check(changed.get, change.get("sizes") or verify.sizes_in(folder), keys)
        print("ok")
    except (verify.Wrong, verify.Unknown, *verify.UNREAD) as found:
        print(str(found).replace("\n", " "))
