/** The verifier in Python, called function by function, or as people call it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PackFiles } from '../../../src/audit/evidence/make-pack.ts';
import { keyLine, type VerifierKey } from '../../../src/audit/tlog/keys.ts';

const verifier = fileURLToPath(new URL('../../../src/audit/outside/verify.py', import.meta.url));

const before = `
import base64, importlib.util, json, sys
spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verify = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(verify)
given = json.load(sys.stdin)

def answer(act):
    try:
        return act()
    except (verify.Wrong, verify.Unknown, *verify.UNREAD) as found:
        return f"{type(found).__name__}: {found}"
`;

/** Returns what the expression is worth. It knows `verify`, `given`, and `answer`, which turns a refusal into its words. */
export function inPython(expression: string, given: unknown): unknown {
  const program = `${before}\nprint(json.dumps(${expression}))`;
  const printed = execFileSync('python3', ['-c', program, verifier], {
    input: JSON.stringify(given),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(printed);
}

/**
 * What the verifier in Python says of each log by the rules of requests: `ok`, or the first rule that is broken. A model's plans
 * have digests that are only names: `plans` false.
 */
export function byRules(logs: readonly (readonly string[])[], { plans = true } = {}): readonly string[] {
  const named = 'setattr(verify, "digest_of", lambda plan: type("Any", (), {"__ne__": lambda *_: False})())';
  const judged = `[answer(lambda: (lambda lives: [lives.take(json.loads(body)) for body in log] and "ok")(verify.Lives())) for log in given]`;
  return inPython(plans ? judged : `[${named}, ${judged}][1]`, logs) as readonly string[];
}

/** What the verifier in Python says of each pack: `proved`, or what it finds. */
export function packAnswers(packs: readonly PackFiles[], key: VerifierKey): readonly string[] {
  const given = {
    packs: packs.map((files) => Object.fromEntries([...files].map(([name, of]) => [name, of.toString('base64')]))),
    keys: `${keyLine(key)}\n`,
  };
  const pack = '{name: base64.b64decode(data) for name, data in files.items()}';
  const check = `(lambda files: verify.check_pack(files.get, list(files), verify.read_keys(given["keys"]), None)[0])(${pack})`;
  const said = inPython(`[answer(lambda: ${check}) for files in given["packs"]]`, given) as readonly unknown[];
  return said.map((one) => (Array.isArray(one) ? 'proved' : String(one)));
}

/** The verifier in Python as people call it: its exit code, and what it printed. */
export function verifyInPython(...words: readonly string[]): readonly [code: number | null, out: string, err: string] {
  const { status, stdout, stderr } = spawnSync('python3', [verifier, ...words], { encoding: 'utf8' });
  return [status, stdout, stderr];
}
