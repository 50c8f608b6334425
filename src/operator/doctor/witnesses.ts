/** Checks the cosigners of the published log: last signatures, conflicts, and whether enough signed. */
import { randomUUID } from 'node:crypto';
import { vaultSigner } from '../../azure/vault-clients.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import { codeOf, type Failure } from '../../domain/failure.ts';
import type { Contradiction } from '../../domain/ports/published-log.ts';
import type { WitnessSummary, WitnessView } from '../../domain/witnessing.ts';
import { utcMinute } from '../../text/instants.ts';
import { enoughWords, vaultKeyWords, witnessWords } from '../../text/witnesses.ts';
import { anchorName, witnessingFor } from '../published-log.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting, command, giveKeyRole, makeSigningKey, makeSigningRole, whoGivesRoles } from './commands.ts';
import { failOn } from './database.ts';
import { lookupFailureLine } from './rights.ts';
import { about, type DoctorEnvironment, fail, ok, type Remedy, type Subjects, warn } from './subjects.ts';

const all = about('record/witnesses');
const vaultSigned = about('record/witnesses', 'key in the vault');

const contradicts = (name: string, { at, detail }: Contradiction, where: string): Diagnosis =>
  fail(
    about('record/witnesses', name),
    `signed a different version of the audit log, since ${utcMinute(at.toISOString())}: ${detail}`,
    `Change nothing: the audit log or the witness’s folder was replaced. The witness’s operator has the last checkpoint that it signed, of N events. Compare it with checkpoints/N in ${where}. Run the command only after you know the cause.`,
    [command('cmk-bot', 'audit', 'ask-again', name)],
    'an auditor, with the witness’s operator',
  );

function found(view: WitnessView, where: string): Diagnosis {
  const { name, report, current } = view;
  if (report?.contradiction) return contradicts(name, report.contradiction, where);
  const subject = about('record/witnesses', name);
  const words = witnessWords(view, new Date());
  if (current || report === null) return ok(subject, words);
  const fix =
    report.asked.outcome === 'refused'
      ? 'Its operator must add this log to it: cmk-bot witness add, with the last line of the log’s keys.txt.'
      : 'Check that it runs and can be reached from here. No request waits for it.';
  return warn(subject, words, fix);
}

function enoughSigned(witnessing: WitnessSummary): Diagnosis {
  const words = enoughWords(witnessing);
  if (witnessing.current >= witnessing.needed || witnessing.witnesses.every(({ report }) => report === null)) {
    return ok(all, words);
  }
  return warn(all, words, 'Until they sign, only the log’s own key protects new events. Nothing waits for witnesses.');
}

/** Returns the vault key's last signature. Another check tests whether it can sign. */
function lastOf(view: WitnessView): Diagnosis {
  const words = vaultKeyWords(view, new Date());
  if (view.current || view.report === null) return ok(vaultSigned, words);
  const fix =
    'See the finding record/vault-key. Nothing waits for the key, and the next signed checkpoint covers the missing ones.';
  return warn(vaultSigned, words, fix);
}

async function diagnose({ config, store }: Subjects): Promise<readonly Diagnosis[]> {
  const { anchor } = config;
  const witnessing = await witnessingFor(config, store.witnesses)?.();
  if (anchor === null || witnessing === undefined) return [];
  const { witnesses, vaultKey } = witnessing;
  return [
    ...(witnesses.length === 0 ? [] : [enoughSigned(witnessing)]),
    ...witnesses.map((view) => found(view, anchorName(anchor.place))),
    ...(vaultKey === null ? [] : [lastOf(vaultKey)]),
  ];
}

export const diagnoseWitnesses = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  diagnose(subjects).catch((error: unknown) => [failOn(all)(error)]);

const subject = about('record/vault-key');
const setting = 'CMK_LOG_VAULT_KEY';

/** Refusals of the caller's permissions, not of a firewall. */
const notAllowed = /^(Forbidden|ForbiddenByRbac|ForbiddenByPolicy|AccessDenied)$/;

function fixFor(failure: Failure, address: string, objectId: string): readonly [fix: string, ...Remedy] {
  const code = codeOf(failure);
  const { hostname, pathname } = new URL(address);
  const [vault = '', name = ''] = [hostname.split('.')[0], pathname.split('/')[2]];
  if (code === 'KeyNotFound') {
    const words = 'Create the key, or set the name of an existing one.';
    return [words, [makeSigningKey(vault, name), changeSetting(setting)]];
  }
  if (notAllowed.test(code)) {
    const words =
      'Assign the role CMK bot signing on this key to the bot’s identity. The first command creates the role. Skip it if the tenant has the role. Azure can take 10 minutes to apply it.';
    const commands = [makeSigningRole(vault), giveKeyRole(objectId, vault, name)];
    return [words, commands, whoGivesRoles('the vault')];
  }
  if (failure.source === 'bot' && failure.found.code === 'key-not-usable') {
    const words = 'Set an enabled EC key, curve P-256, with the operation sign.';
    return [words, [makeSigningKey(vault, 'checkpoints'), changeSetting(setting)]];
  }
  const words =
    'Check its address, the vault’s firewall and the network. Until it signs, checkpoints have only the log’s own signature.';
  return [words, [changeSetting(setting)]];
}

/** Checks that the configured vault key exists, has the right kind, and signs for the bot. */
export async function diagnoseVaultKey({ config, ownObjectId }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const address = config.anchor?.vaultKey ?? null;
  if (address === null) return [];
  const failedWith = async (failure: Failure): Promise<readonly Diagnosis[]> => {
    const fix = fixFor(failure, address, await ownObjectId());
    return [fail(subject, `${failure.doing}: ${lookupFailureLine(failure)}`, ...fix)];
  };
  const signer = vaultSigner(address, optionsForAzure(config));
  const version = await signer.version();
  if (!version.ok) return failedWith(version.failure);
  // Not a checkpoint or the beginning of one, so the signature has no use.
  const signed = await signer.sign(version.value, Buffer.from(`cmk-bot doctor ${randomUUID()}`));
  return signed.ok ? [ok(subject, `${version.value.id} signs for the bot`)] : failedWith(signed.failure);
}
