/** The verifier in Python, called function by function, or as people call it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const verifier = fileURLToPath(new URL('../../../src/audit/outside/verify.py', import.meta.url));

const before = `
import base64, contextlib, importlib.util, io, json, os, sys, tempfile
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

def said(pack, keys, more):
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        places = [os.path.join(folder, name) for name in ("pack.zip", "keys.txt")]
        for place, content in zip(places, (base64.b64decode(pack), keys.encode())):
            with open(place, "wb") as file:
                file.write(content)
        sys.argv = ["verify.py", places[0], "--keys", places[1], *more]
        return [verify.main(), out.getvalue()]
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

/** What the verifier in Python answers to each pack, all in one process: its exit code, and what it printed. */
export function saidOf(
  packs: readonly Buffer[],
  keys: string,
  ...more: readonly string[]
): readonly (readonly [code: number, out: string])[] {
  const given = packs.map((pack) => [pack.toString('base64'), keys, more]);
  return inPython('[said(*one) for one in given]', given) as readonly [number, string][];
}

/** The verifier in Python as people call it: its exit code, and what it printed. */
export function verifyInPython(...words: readonly string[]): readonly [code: number | null, out: string, err: string] {
  const { status, stdout, stderr } = spawnSync('python3', [verifier, ...words], { encoding: 'utf8' });
  return [status, stdout, stderr];
}
