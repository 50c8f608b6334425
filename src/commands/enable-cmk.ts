import { requesterRefusals } from '../authorization/who-may.ts';
import { mintFormId, mintRequestId } from '../domain/ids.ts';
import { refuse } from '../domain/request/refusal.ts';
import { chooseKey, chooseResource, chooseVault } from '../operations/choose.ts';
import type { Form } from '../operations/form.ts';
import type { CommandPorts, TypedCall } from '../operations/ports.ts';
import type { Command, CommandResult } from './command.ts';

/** A new form on its first page. */
function openForm(call: TypedCall, ports: Pick<CommandPorts, 'random'>): Form {
  return {
    id: mintFormId(ports.random(10)),
    requestId: mintRequestId(ports.random(6)),
    owner: call.by,
    actor: call.actor,
    origin: call.origin,
    revision: 0,
    page: 'resource',
    resourceId: null,
    vaultId: null,
    key: null,
    shownDigest: null,
    justification: '',
    pending: null,
    ended: null,
  };
}

/** Puts the choices that were typed into the form, and opens it on the first page that still has something to ask. */
async function fill(form: Form, call: TypedCall, { azure }: CommandPorts): Promise<CommandResult> {
  const { resource: typed, vault, key } = call.args;
  if (typed === undefined) return { kind: 'open-form', form };
  const [resource, chosenVault] = await Promise.all([
    chooseResource(azure, typed),
    vault === undefined ? null : chooseVault(azure, vault),
  ]);
  if (resource.kind === 'refused') return resource;
  const withResource: Form = { ...form, resourceId: resource.value.id, page: 'vault' };
  if (chosenVault === null) return { kind: 'open-form', form: withResource };
  if (chosenVault.kind === 'refused') return chosenVault;
  const withVault: Form = { ...withResource, vaultId: chosenVault.value.id, page: 'key' };
  if (key === undefined) return { kind: 'open-form', form: withVault };
  const chosenKey = await chooseKey(azure, chosenVault.value.id, key);
  if (chosenKey.kind === 'refused') return chosenKey;
  return { kind: 'open-form', form: { ...withVault, key: chosenKey.value, page: 'review' } };
}

/** Opens the form that asks for a customer-managed key on an agent. */
export const enableCmk: Command = {
  name: '/enable-cmk',
  description: 'Put an agent under your own key',
  usage: '/enable-cmk resource=<agent> vault=<vault> key=<key>',
  async handle(call, ports) {
    const standing = await ports.requesterStanding(call.by, null);
    if (standing !== 'yes') return refuse(requesterRefusals[standing]);
    return fill(openForm(call, ports), call, ports);
  },
};
