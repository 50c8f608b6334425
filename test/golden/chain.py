"""Computes the bodies, hashes and seals of chain.json from its keys and salts, independently of the bot's code.

Run it in this folder after a change of the format, and look at the difference. Once version 1 is closed, nothing changes it."""
import base64, hashlib, hmac, json

golden = json.load(open("chain.json", encoding="utf-8"))
keys = [base64.b64decode(key) for key in golden["keys"]]


def seal(key, *lines):
    return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def in_order(value):
    """RFC 8785: keys are sorted by their UTF-16 form."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return [in_order(one) for one in value] if isinstance(value, list) else value


prev = "0" * 64
for vector in golden["vectors"]:
    key = keys[vector["key"]]
    key_id = seal(key, "cmk-bot seal key id 1")[:16]
    commitments = [
        {"field": one["field"], "sha256": hashlib.sha256(bytes.fromhex(one["salt"]) + one["text"].encode()).hexdigest()}
        for one in vector["texts"]
    ]
    body = {**json.loads(vector["body"]), "prev": prev, "schema": 1, "commitments": commitments, "sealKey": key_id}
    vector["body"] = json.dumps(in_order(body), ensure_ascii=False, separators=(",", ":"))
    prev = vector["hash"] = hashlib.sha256(vector["body"].encode()).hexdigest()
    vector["sealKey"] = key_id
    vector["seal"] = seal(key, "cmk-bot seal 1", key_id, vector["body"])
with open("chain.json", "w", encoding="utf-8") as file:
    file.write(json.dumps(golden, indent=2) + "\n")
