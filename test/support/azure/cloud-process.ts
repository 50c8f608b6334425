/**
 * One of each kind of call, in the cloud that the environment names, as the bot is connected to it. A line of JSON for each tells
 * what came of it; where it turned is for whoever stands at the other end to see.
 */
import { connectAzure } from '../../../src/azure/azure.ts';
import { credentialForBotFramework, optionsForAzure } from '../../../src/config/azure-from-config.ts';
import { readConfig } from '../../../src/config/config.ts';
import { botFailure, codeOf, done, failed, type Outcome } from '../../../src/domain/failure.ts';
import { ArmId, KeyName, KeyVersion, PersonId } from '../../../src/domain/ids.ts';
import { messageOf } from '../../../src/text/failures.ts';

const [subscription = ''] = readConfig().azure.subscriptions;
const providers = `/subscriptions/${subscription}/resourceGroups/rg-care/providers`;
const resource = { kind: 'healthcare-agent', id: ArmId.parse(`${providers}/Microsoft.HealthBot/healthBots/triage`) };
const vault = ArmId.parse(`${providers}/Microsoft.KeyVault/vaults/kv-care`);
const key = KeyName.parse('care');
const version = KeyVersion.parse('a'.repeat(32));
const person = PersonId.parse('20000000-0000-4000-8000-000000000001');

const config = readConfig();
const azure = connectAzure(optionsForAzure(config));

const told = async (what: string, outcome: Promise<Outcome<unknown>>): Promise<void> => {
  const came = await outcome;
  const code = came.ok ? null : codeOf(came.failure);
  const message = came.ok ? null : messageOf(came.failure);
  process.stdout.write(`${JSON.stringify({ what, code, message })}\n`);
};

await told('agent', azure.resources.get(resource));
await told('vault', azure.vaults.get(vault));
await told('key', azure.keys.get(vault, key, null));
await told('locks', azure.guards.locks(vault));
await told('list', azure.inventory.vaults());
await told('membership', azure.groups.memberOf(person, []));
// Addresses of vaults' own, each with what stands there.
for (const address of process.argv.slice(2)) await told(address, azure.keys.probe(address, key, version));
const token = credentialForBotFramework(config).getToken(`${process.env.TEST_BOT_FRAMEWORK_SCOPE}/.default`);
await told(
  'bot framework',
  token.then(done, (error: unknown) =>
    failed(botFailure('signing in', { code: 'unexpected', errorId: String(error) })),
  ),
);
