import path from 'node:path';
import { z } from 'zod';
import { KeyFileInvalid, openOwnKeys } from '../../audit/key-file.ts';
import { keyLine, readKeyLine, type SigningKey, signingKey } from '../../audit/tlog/keys.ts';
import { startWitness } from '../../audit/witness/server.ts';
import { WitnessState, WitnessStateUnusable } from '../../audit/witness/state.ts';
import { FolderInUse, type FolderLock, lockFolder } from '../../store/folder-lock.ts';
import { witnessKeyUse } from '../../text/record.ts';
import { lostStateWords } from '../../text/witnesses.ts';
import { argument, exit, subcommand, Unusable, unusableIf } from './subcommand.ts';
import { keyLineWords } from './verifier-keys.ts';

const folder = z.string().trim().min(1).default('witness');
const name = z
  .string({ error: 'is missing; name the witness, for good, such as witness.audit.example.org/w1' })
  .regex(/^[^\s+\p{Cc}]{1,200}$/u, 'must be a name without spaces or plus signs, such as witness.audit.example.org/w1');

const listen = z
  .string()
  .default('127.0.0.1:7380')
  .transform((text) => /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text))
  .refine((found) => found !== null && Number(found[3]) < 65_536, 'must be an address and a port, such as 0.0.0.0:7380')
  .transform((found) => ({ host: found?.[1] ?? found?.[2] ?? '', port: Number(found?.[3]) }));

async function keyIn(at: string, of: string): Promise<SigningKey> {
  const keys = await openOwnKeys(`${at}/witness.key`, witnessKeyUse).catch(unusableIf(KeyFileInvalid));
  const seed = keys.at(-1);
  if (seed === undefined) throw new Unusable('the witness has no key');
  return signingKey(of, 'witness', seed);
}

const stateIn = (at: string): Promise<WitnessState> =>
  WitnessState.open(at).catch(unusableIf(WitnessStateUnusable, lostStateWords));

/** Locks the folder: two processes on one folder would sign two histories. */
function lockIn(at: string): Promise<FolderLock> {
  const words = `another witness uses the folder ${at}. Stop it first: two witnesses on one folder could sign two histories.`;
  return lockFolder(at, path.join(at, 'logs')).catch(unusableIf(FolderInUse, () => words));
}

export const witnessAdd = subcommand({
  name: 'witness add',
  summary: 'adds a log that a witness signs',
  help: 'Restart the witness afterwards.',
  examples: ['cmk-bot witness add "hospital.example/cmk-bot+1a2b3c4d+AbCd…"'],
  withoutSettings: true,
  input: z.object({
    key: argument(z.string({ error: 'is missing; type the complete verifier key of the log' }), [
      'KEY',
      'verifier key of the log: the whole line, from the operator of the bot. A second key of the same log is added to the first',
    ]),
    folder: argument(folder, ['--folder FOLDER', 'folder of the witness. Default: witness']),
  }),
  async run({ key: line, folder: at }, { print }) {
    const key = readKeyLine(line);
    if (typeof key === 'string') throw new Unusable(`KEY: ${keyLineWords[key]}`);
    if (key.kind !== 'log') throw new Unusable('KEY is the key of a witness, not of a log');
    const state = await stateIn(at);
    await state.add(key);
    await print(`The witness in ${at} signs checkpoints of ${key.name} from its next start on.`);
    return exit.done;
  },
});

export const witnessRun = subcommand({
  name: 'witness run',
  summary: 'runs a witness: it signs a checkpoint only if the log continues from the last one it signed',
  help: [
    'Run it on a machine and under an account that the operator of the bot can’t reach. Then even they can’t rewrite the',
    'audit log without being detected. It needs no database, settings or permissions. It creates its key in the folder on',
    'the first start. Never restore the folder from a copy: the witness could sign a second history.',
  ].join('\n'),
  examples: ['cmk-bot witness run --name witness.example/hospital'],
  withoutSettings: true,
  input: z.object({
    name: argument(name, ['--name NAME', 'name of the witness; it can’t be changed later']),
    folder: argument(folder, ['--folder FOLDER', 'folder for its key and state. Default: witness']),
    listen: argument(listen, [
      '--listen ADDRESS:PORT',
      'address to listen on; put TLS in front of it. Default: 127.0.0.1:7380',
    ]),
  }),
  async run({ name: of, folder: at, listen: { host, port } }, { print, complain }) {
    const state = await stateIn(at);
    if (state.origins.length === 0)
      throw new Unusable(`the witness in ${at} has no log: add one with cmk-bot witness add KEY`);
    const lock = await lockIn(at);
    const key = await keyIn(at, of);
    const witness = await startWitness({
      state: await stateIn(at),
      check: lock.check,
      key,
      now: () => new Date(),
      port,
      listen: host,
      onRefused: (verdict, origin) => void complain(`refused, ${verdict}: ${origin}`),
    });
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    });
    await print(`${keyLine(key.verifier)}\nlistening on ${witness.url}, for ${state.origins.join(', ')}`);
    await stopped;
    await witness.stop();
    await lock.release();
    return exit.done;
  },
});
