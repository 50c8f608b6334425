/**
 * A witness of the record beside the bot, with a process, a folder and a key of its own. On the same machine it shows how one
 * works, and proves nothing to anybody else.
 */
import { mkdir } from 'node:fs/promises';
import { logKeyUse, openOwnKeys } from '../audit/key-file.ts';
import { signingKey } from '../audit/tlog/keys.ts';
import { WitnessState } from '../audit/witness/state.ts';
import { type Child, startChild } from './children.ts';
import type { LocalOptions } from './options.ts';
import { localTenantId } from './people.ts';

/** What the caller set says otherwise where the record is published, or who signs it. */
const wins = ['DATABASE_URL', 'CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_LOG_KEY_SECRET', 'CMK_WITNESSES'];

/** The witness, and what the bot is told of it once it listens. Null where the caller's own settings win. */
export async function startOwnWitness(
  { data }: Pick<LocalOptions, 'data'>,
  caller: NodeJS.ProcessEnv,
): Promise<{ readonly child: Child; readonly settings: Promise<NodeJS.ProcessEnv> } | null> {
  if (wins.some((name) => (caller[name] ?? '') !== '')) return null;
  const { CMK_LOG_NAME: name = `cmk-bot/${localTenantId}/audit` } = caller;
  const folder = `${data}/witness`;
  await mkdir(folder, { recursive: true });
  // The bot would make it on its first start, when the witness has to know it already.
  const { keys, keep } = await openOwnKeys(`${data}/log.key`, logKeyUse);
  await keep();
  const state = await WitnessState.open(folder);
  for (const seed of keys) await state.add(signingKey(name, 'log', seed).verifier);
  const child = startChild('witness', 'src/sandbox/witness/run.ts', { args: [folder], env: caller });
  return { child, settings: child.started.then((witness) => ({ CMK_LOG_NAME: name, CMK_WITNESSES: witness })) };
}
