import { existsSync } from 'node:fs';
import { exchangesIn } from '../support/azure/exchanges.ts';
import { bot } from '../support/azure/local-azure-names.ts';
import { logsRole, roleFiles } from '../support/azure/role-files.ts';
import { table } from '../support/docs/table.ts';
import { judge, rightsIn, type ServedCall, written } from '../support/permissions/judge.ts';

/**
 * Every call of the bot in a run that was recorded, held against its role files by the official right of each.
 * docs/develop/simulator.md says how to run it.
 */

const record = process.env.CMK_TEST_EXCHANGES;

/** Rights that the bot asks for and is not given, with the reason. */
const without: Readonly<Record<string, string>> = {
  'Microsoft.BotService/botServices/read': 'the doctor alone looks there, and says where it may not',
  'Microsoft.BotService/botServices/channels/read': 'the same',
  'data: Microsoft.KeyVault/vaults/secrets/getSecret/action':
    'of the built-in Key Vault Secrets User, on the bot’s own vault',
};

function* callsOfBot(folder: string): Generator<ServedCall> {
  for (const { method, url, requestBody, principalId, status } of exchangesIn(folder)) {
    // What the simulator does not serve is in no table.
    if (principalId === bot.id && status !== 501) yield { method, url, body: requestBody };
  }
}

test('every recorded call of the bot takes what its roles give', () => {
  if (!record || !existsSync(record)) {
    process.stdout.write('not run: it needs CMK_TEST_EXCHANGES (docs/develop/simulator.md)\n');
    return;
  }
  const roles = [...roleFiles, logsRole];
  const verdict = judge(callsOfBot(record), roles.flatMap(rightsIn));
  const rows = verdict.rights.map((one) => [written(one)]).sort();
  process.stdout.write(`${table('Rights that recorded calls took', ['right'], rows)}\n`);
  process.stdout.write(
    `${verdict.calls} calls took ${verdict.rights.length} rights, held against ${roles.length} roles\n`,
  );
  process.stdout.write(`no call took: ${verdict.unneeded.join(', ') || 'nothing'}\n`);
  const lacking = verdict.lacking.filter((line) => without[line.replace(/ \(.*/, '')] === undefined);
  expect({ lacking, unknown: verdict.unknown }).toEqual({ lacking: [], unknown: [] });
});
