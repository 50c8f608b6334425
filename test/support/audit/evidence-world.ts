/** A world whose record is published and witnessed, and packs of evidence taken from it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { requestersGroup, secondApprover } from '../../../sandbox/people.ts';
import { startWitness } from '../../../sandbox/witness.ts';
import type { PackFiles } from '../../../src/audit/evidence/pack-files.ts';
import { keyLine } from '../../../src/audit/tlog/keys.ts';
import { giveRole } from '../azure/azure-state.ts';
import { changeState } from '../azure/local-azure.ts';
import { bot, careId } from '../azure/local-azure-names.ts';
import { cmkBot } from '../processes/command-line.ts';
import { startWorld, type World, type WorldOptions } from '../world/world.ts';
import { filesOf, packKeys, witnessKey } from './packs.ts';
import { logKey, logName, logSeed } from './published-log.ts';

export const readPack = async (file: string): Promise<PackFiles> => filesOf(await readFile(file));

export interface EvidenceWorld {
  readonly world: World;
  /** For files of the test's own. */
  readonly folder: string;
  /** With the verifier keys of log and witness, as somebody else was given them. */
  readonly keyFile: string;
  /** Takes evidence at the command line; the pack's path. */
  take(id: string, name: string, ...more: readonly string[]): Promise<string>;
  end(): Promise<void>;
}

export async function startEvidenceWorld(options: WorldOptions = {}): Promise<EvidenceWorld> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-evidence-'));
  const seedFile = path.join(folder, 'log.key');
  const keyFile = path.join(folder, 'my-keys.txt');
  await writeFile(seedFile, `${logSeed.toString('base64')}\n`, { mode: 0o600 });
  await writeFile(keyFile, packKeys);
  const witness = await startWitness({ folder: path.join(folder, 'witness'), log: [logKey.verifier], key: witnessKey });
  const world = await startWorld({
    ...options,
    env: {
      CMK_LOG_NAME: logName,
      // A pack at the command line waits for the bot to publish.
      CMK_CHECKPOINT_EVERY: '500ms',
      CMK_LOG_KEY_FILE: seedFile,
      CMK_WITNESSES: `${witness.url} ${keyLine(witnessKey.verifier)}`,
      ...options.env,
    },
  });
  return {
    world,
    folder,
    keyFile,
    async take(id, name, ...more) {
      const file = path.join(folder, name);
      const said = await cmkBot(['evidence', id, '-o', file, ...more], world.settings);
      if (said.code !== 0) throw new Error(`${said.out}${said.err}`);
      return file;
    },
    async end() {
      await world.end();
      await witness.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Storage accounts can be requested, by a rule of their own after these. There are some under Microsoft's key, without an identity. */
export async function startAccountsWorld(names: readonly string[], rules: readonly object[], options: WorldOptions) {
  const policy = path.join(await mkdtemp(path.join(os.tmpdir(), 'cmk-policy-')), 'policy.json');
  const people = { requesters: [requestersGroup.id], approvers: [secondApprover.id] };
  const accounts = { name: 'accounts', match: { kinds: ['storage-account'] }, ...people };
  await writeFile(policy, JSON.stringify({ rules: [...rules, accounts] }));
  const env = { CMK_KINDS: 'healthcare-agent,storage-account', CMK_POLICY_FILE: policy, ...options.env };
  const evidence = await startEvidenceWorld({ ...options, env });
  const role = '70000000-0000-4000-8000-000000000004';
  await changeState(evidence.world.azure, (state) => {
    giveRole(bot.id, role, () => `/subscriptions/${careId}`, 'ServicePrincipal')(state);
    const like = state.otherResources.find((one: { name: string }) => one.name === 'stcarelogs');
    if (like === undefined) throw new Error('no account');
    state.otherResources = state.otherResources.filter((one: object) => one !== like);
    for (const name of names)
      state.otherResources.push({ ...like, id: like.id.replace(like.name, name), name, identity: undefined });
  });
  return evidence;
}
