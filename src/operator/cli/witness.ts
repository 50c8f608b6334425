import path from 'node:path';
import { z } from 'zod';
import { KeyUnusable, openOwnKeys, witnessKeyUse } from '../../audit/key-file.ts';
import { keyLine, readKeyLine, type SigningKey, signingKey } from '../../audit/tlog/keys.ts';
import { startWitness } from '../../audit/witness/server.ts';
import { WitnessState, WitnessStateUnusable } from '../../audit/witness/state.ts';
import { FolderInUse, type FolderLock, lockFolder } from '../../store/folder-lock.ts';
import { keyLineWords } from './given-keys.ts';
import { Unusable } from './inputs.ts';
import { exit, subcommand } from './subcommand.ts';

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
  const own = await openOwnKeys(`${at}/witness.key`, witnessKeyUse).catch((error: unknown) => {
    throw error instanceof KeyUnusable ? new Unusable(error.message) : error;
  });
  await own.keep();
  const seed = own.keys.at(-1);
  if (seed === undefined) throw new Unusable('the witness has no key');
  return signingKey(of, 'witness', seed);
}

async function stateIn(at: string): Promise<WitnessState> {
  return WitnessState.open(at).catch((error: unknown) => {
    throw error instanceof WitnessStateUnusable ? new Unusable(error.message) : error;
  });
}

/** Two processes on one folder would sign two histories. */
async function lockIn(at: string): Promise<FolderLock> {
  return lockFolder(at, path.join(at, 'logs')).catch((error: unknown) => {
    if (!(error instanceof FolderInUse)) throw error;
    throw new Unusable(
      `another witness uses the folder ${at}. Two on one folder would sign two histories: stop the other one first.`,
    );
  });
}

/** Tells a witness of a log. */
export const witnessAdd = subcommand({
  name: 'witness add',
  usage: 'KEY [--folder FOLDER]',
  summary: 'tells a witness of a log whose checkpoints it is to sign',
  help: [
    'KEY: the log’s verifier key, the whole line, as whoever runs the bot gives it. A second key of a log is added to the first.',
    '--folder FOLDER: what the witness keeps; witness unless said. Start the witness anew afterwards.',
  ].join('\n'),
  options: { folder: { type: 'string' } },
  withoutSettings: true,
  positionals: ['key'],
  input: z.object({ key: z.string({ error: 'is missing; give the log’s verifier key, a whole line' }), folder }),
  async run({ key: line, folder: at }, { print }) {
    const key = readKeyLine(line);
    if (typeof key === 'string') throw new Unusable(`KEY: ${keyLineWords[key]}`);
    if (key.kind !== 'log') throw new Unusable('KEY: the key of a witness, not of a log');
    const state = await stateIn(at);
    await state.add(key);
    await print(`The witness in ${at} signs checkpoints of ${key.name} from its next start on.`);
    return exit.done;
  },
});

/** A witness, on a machine that whoever runs the bot does not reach. */
export const witnessRun = subcommand({
  name: 'witness run',
  usage: '--name NAME [--folder FOLDER] [--listen ADDRESS:PORT]',
  summary: 'signs checkpoints of the logs it was told of, each only where it goes on from the last',
  help: [
    'For a machine and an account that whoever runs the bot does not reach: then not even they can rewrite the record unseen.',
    'Needs no database, no configuration and no rights. Its key is made on the first start, in the folder.',
    '--name NAME: the witness’s name, for good. --listen ADDRESS:PORT: 127.0.0.1:7380 unless said; put TLS in front of it.',
    '--folder FOLDER: what it keeps; witness unless said. It must not be put back from a copy: it would sign a second history.',
  ].join('\n'),
  options: { name: { type: 'string' }, folder: { type: 'string' }, listen: { type: 'string' } },
  withoutSettings: true,
  positionals: [],
  input: z.object({ name, folder, listen }),
  async run({ name: of, folder: at, listen: { host, port } }, { print, complain }) {
    const state = await stateIn(at);
    if (state.origins.length === 0)
      throw new Unusable(`no log is known in ${at}: cmk-bot witness add KEY tells of one`);
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
    const asked = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    });
    await print(`${keyLine(key.verifier)}\nlistening on ${witness.url}, for ${state.origins.join(', ')}`);
    await asked;
    await witness.stop();
    await lock.release();
    return exit.done;
  },
});
