import { z } from 'zod';
import { type Config, readConfig } from '../../config/config.ts';
import { codeOf, type Failure, isPermissionRefusal } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import { sameVaultUri } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import {
  type FleetGuard,
  isWhole,
  permittedVaults,
  readFleetGuard,
  readGuarded,
} from '../../operations/guard/read-guard.ts';
import { guardTemplate } from '../../operations/guard/template.ts';
import { failureLine } from '../../text/failures.ts';
import { guardWords, vaultDifferenceWords } from '../../text/guard.ts';
import { botRole, updateBotRole } from '../doctor/commands.ts';
import { argument, type Exit, envFile, exit, jsonFlag, subcommand, Unusable } from './subcommand.ts';
import { textTable } from './words/table.ts';

const explainedSettings =
  'Reads Azure with the identity and the settings of the bot, in .env or the file that --env names.';

async function openAzure(config: Config): Promise<Azure> {
  // Azure's clients load slowly.
  const [{ connectAzure }, { optionsForAzure }] = await Promise.all([
    import('../../azure/azure.ts'),
    import('../../config/azure-from-config.ts'),
  ]);
  return connectAzure(optionsForAzure(config));
}

/** What a subscription's template is about. Throws {@link Unusable} where it can't be known. */
async function parametersFor(subscription: string) {
  const config = readConfig();
  const guarded = await readGuarded(await openAzure(config));
  if (!guarded.ok) throw new Unusable(failureLine(guarded.failure));
  const { resources, vaults, unread } = guarded.value;
  const [missing] = unread;
  if (missing !== undefined) throw new Unusable(failureLine(missing.failure));
  const isHere = ({ id }: { readonly id: (typeof resources)[number]['id'] }) =>
    armIdParts(id).subscriptionId.toLowerCase() === subscription.toLowerCase();
  const isUsed = ({ uri }: { readonly uri: string }) =>
    resources.some(({ customerKey }) => customerKey !== null && sameVaultUri(customerKey.vaultUri, uri));
  const agents = resources.filter(isHere);
  const permitted = permittedVaults(config.policy, agents, vaults);
  if (permitted.length === 0)
    throw new Unusable(
      `subscription ${subscription} has no agent, or its agents have no vault that the policy permits`,
    );
  return {
    agents: agents.filter(({ customerKey }) => customerKey !== null).map(({ id }) => id),
    vaults: vaults.filter((one) => isHere(one) && isUsed(one)).map(({ id }) => id),
    vaultUris: permitted.map(({ uri }) => uri),
  };
}

function chosenSubscription(given: string | null): string {
  const { subscriptions } = readConfig().azure;
  const found = given === null && subscriptions.length === 1 ? subscriptions[0] : given;
  const known = subscriptions.find((one) => one.toLowerCase() === found?.toLowerCase());
  if (known !== undefined) return known;
  throw new Unusable(`--subscription: must be one of ${subscriptions.join(', ')}`);
}

export const guardPrint = subcommand({
  name: 'guard print',
  summary: 'prints a template of Azure policies that refuse changes of keys around the bot',
  help: [
    `${explainedSettings} Changes nothing.`,
    'The template has the definitions of infra/guard and their assignments: agents with a customer-managed key, the vaults',
    'of their keys, and the vaults that the approval policy permits. Deploy it as Resource Policy Contributor, first with',
    'effect=Audit. Print and deploy it again after each new agent, vault or rule.',
  ].join('\n'),
  examples: [
    'cmk-bot guard print --subscription ID > guard.json',
    'az deployment sub create --subscription ID --location westeurope --template-file guard.json --parameters effect=Deny',
  ],
  input: z.object({
    subscription: argument(z.guid('must be a subscription id').nullable().default(null), [
      '--subscription ID',
      'subscription to guard. Default: the only one in CMK_SUBSCRIPTIONS',
    ]),
    env: envFile,
  }),
  async run({ subscription }, { write }) {
    const parameters = await parametersFor(chosenSubscription(subscription));
    await write(`${JSON.stringify(guardTemplate(parameters), null, 2)}\n`);
    return exit.done;
  },
});

const unreadWords = (subscriptionId: string, failure: Failure): string =>
  isPermissionRefusal(failure)
    ? `Subscription ${subscriptionId} can’t be read: the bot’s identity needs the role ${botRole} there, in the version of infra/custom-role.json. ${updateBotRole([subscriptionId])}`
    : `Subscription ${subscriptionId} can’t be read: ${failureLine(failure)}`;

const report = ({ agents, vaults, unread }: FleetGuard): string =>
  [
    ...(agents.length === 0 ? [] : [textTable(agents.map(({ name, states }) => [name, guardWords(states)]))]),
    ...vaults.map(vaultDifferenceWords),
    ...unread.map(({ subscriptionId, failure }) => unreadWords(subscriptionId, failure)),
  ].join('\n');

const json = ({ agents, vaults, unread }: FleetGuard, code: Exit): string =>
  JSON.stringify({
    version: 1,
    exit: code,
    agents: agents.map(({ id, name, states }) => ({ id, name, ...states })),
    vaults,
    unread: unread.map(({ subscriptionId, failure }) => ({ subscriptionId, code: codeOf(failure) })),
  });

export const guardCheck = subcommand({
  name: 'guard check',
  summary: 'shows which changes of each agent Azure policies refuse',
  help: [
    `${explainedSettings} Changes nothing.`,
    'Reads the assignments of the definitions in infra/guard, and exemptions. For each agent with a customer-managed key:',
    'whether Azure refuses removing the key, a key in another vault, deleting the agent, and deleting the vault of its key.',
  ].join('\n'),
  exits: { 0: 'Azure refuses all of it', 1: 'something isn’t refused', 2: 'invalid arguments, or Azure can’t be read' },
  examples: ['cmk-bot guard check', 'cmk-bot guard check --json'],
  input: z.object({ env: envFile, json: jsonFlag }),
  async run({ json: asJson }, { print, write }) {
    const config = readConfig();
    const read = await readFleetGuard(await openAzure(config), config.policy, new Date());
    if (!read.ok) throw new Unusable(failureLine(read.failure));
    const found = read.value;
    const code = found.unread.length > 0 ? exit.unusable : isWhole(found) ? exit.done : exit.no;
    if (asJson) await write(`${json(found, code)}\n`);
    else await print(report(found) || 'There is no agent.');
    return code;
  },
});
