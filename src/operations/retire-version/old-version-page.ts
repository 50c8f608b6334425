/** Page that is never shown: the old version to disable, and the agent's key now. */
import { z } from 'zod';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import { CustomerKey, isNamedAlike } from '../../domain/observed.ts';
import type { ListedKeyVersion } from '../../domain/ports/azure.ts';
import { type Refusal, refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { vaultAt } from '../observe.ts';
import { answerOn, type Page } from '../pages/page.ts';
import { resourcePage } from '../pages/resource-page.ts';

const Answer = z.strictObject({
  /** The agent's key when this was answered. */
  from: CustomerKey,
  vaultId: ArmId,
  keyName: KeyName,
  keyVersion: KeyVersion,
  /** The version to disable. */
  old: KeyVersion,
});

/** Digits of a version that cards show. */
const shownDigits = 8;

/** Returns the version that was named, or the only one that can be meant. */
function oldVersion(keyName: string, older: readonly ListedKeyVersion[], typed: string): KeyVersion | Refusal {
  const wanted = typed.trim().toLowerCase();
  const isMeant = ({ version, enabled }: ListedKeyVersion): boolean =>
    wanted === '' ? enabled : wanted.length >= shownDigits && version.startsWith(wanted);
  const [found, another] = older.filter(isMeant);
  if (found === undefined) return refuse('no-old-version', wanted === '' ? keyName : wanted.slice(0, 40));
  if (another === undefined) return found.version;
  const named = older.filter(({ enabled }) => enabled).map(({ version }) => version.slice(0, shownDigits));
  return refuse('old-version-not-named', named.slice(-5).join(', '));
}

export const oldVersionPage: Page<z.infer<typeof Answer>> = {
  name: 'version',
  label: 'Old version',
  automatic: true,
  dependsOn: ['resource'],
  answer: Answer,
  typed: ({ version }) => (version === undefined ? {} : { version }),
  again: (form) => ({ version: answerOn(form, oldVersionPage)?.old ?? '' }),
  async take(form, inputs, { azure, lastVerified }) {
    const ref = answerOn(form, resourcePage);
    if (ref === null) return refuse('unknown-resource');
    const resource = await azure.resources.get(ref);
    if (!resource.ok) return refuseFailure(resource.failure);
    if (resource.value === null) return refuse('unknown-resource');
    const { customerKey: from, name } = resource.value;
    if (from === null) return refuse('not-under-own-key', name);
    const approved = await lastVerified(ref.id);
    if (approved === null) return refuse('no-approved-state', name);
    if (
      !isNamedAlike(from, { vaultUri: approved.vault.uri, keyName: approved.keyName, keyVersion: approved.keyVersion })
    )
      return refuse('key-not-approved', name);
    const vault = await vaultAt(azure, from.vaultUri);
    if (!vault.ok) return refuseFailure(vault.failure);
    const [keyName, keyVersion] = [KeyName.safeParse(from.keyName).data, KeyVersion.safeParse(from.keyVersion).data];
    if (vault.value === null || keyName === undefined || keyVersion === undefined)
      return refuse('key-not-visible', from.keyName);
    const { id: vaultId } = vault.value;
    const older = await azure.keys.older(vaultId, keyName, keyVersion);
    if (!older.ok) return refuseFailure(older.failure);
    const old = oldVersion(keyName, older.value, inputs.version);
    return typeof old === 'string' ? { from, vaultId, keyName, keyVersion, old } : old;
  },
  facts: async () => refuse('choice-missing'),
};
