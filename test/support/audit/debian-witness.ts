/** The witness that Debian packs (litetlog), with a log of which it has signed 700 events. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { keyLine, type VerifierKey } from '../../../src/audit/tlog/keys.ts';
import type { Tree } from '../../../src/audit/tlog/merkle-tree.ts';
import { freePorts } from '../processes/free-ports.ts';

const run = promisify(execFile);

export interface DebianWitness {
  readonly url: string;
  stop(): Promise<void>;
}

/** The programs that it takes and that are not on this machine. */
export async function missingForDebianWitness(): Promise<readonly string[]> {
  const programs = ['litewitness', 'witnessctl', 'ssh-agent', 'ssh-add', 'ssh-keygen', 'python3'];
  const find = (name: string) => run('sh', ['-c', `command -v ${name}`]);
  const found = await Promise.allSettled(programs.map(find));
  return programs.filter((_, n) => found[n]?.status === 'rejected');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

async function answers(url: string): Promise<void> {
  for (const until = Date.now() + 60_000; ; ) {
    const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'hello\n' }).catch(() => null);
    if (answer !== null) return;
    if (Date.now() > until) throw new Error('litewitness does not answer');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** It cannot keep what it signs itself (its build binds no arrays), so what it has signed is put into its database. */
const seed = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
changed = db.execute("update log set tree_size = ?, tree_hash = ? where origin = ?", sys.argv[2:5]).rowcount
db.commit()
sys.exit(0 if changed == 1 else 1)`;

export async function startDebianWitness(folder: string, log: VerifierKey, signed: Tree): Promise<DebianWitness> {
  const [at, key, socket] = ['witness.db', 'witness.pem', 'resource.sock'].map((name) => path.join(folder, name));
  if (at === undefined || key === undefined || socket === undefined) throw new Error('no folder');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'witness', '-f', key]);
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  await run('sh', ['-c', 'for n in $(seq 100); do test -S "$1" && exit 0; sleep 0.05; done; exit 1', 'sh', socket]);
  await run('ssh-add', ['-q', key], { env });
  await run('witnessctl', ['add-log', '-db', at, '-origin', log.name]);
  await run('witnessctl', ['add-key', '-db', at, '-origin', log.name, '-key', keyLine(log)]);
  await run('python3', ['-c', seed, at, String(signed.size), signed.root.toString('base64'), log.name]);
  const [, fingerprint = ''] = (await run('ssh-keygen', ['-lf', `${key}.pub`])).stdout.split(' ');
  const port = await freePorts(1);
  // Built without modules: without this it knows no path of more than one kind.
  const options = { listen: `localhost:${port}`, db: at, name: 'witness.example/w2', key: fingerprint };
  const words = Object.entries({ ...options, 'ssh-agent': socket }).flatMap(([name, value]) => [`-${name}`, value]);
  const child = spawn('litewitness', words, { stdio: 'ignore', env: { ...process.env, GODEBUG: 'httpmuxgo121=0' } });
  const url = `http://localhost:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    await end(agent);
  };
  await answers(url).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, stop };
}
