import { z } from 'zod';
import { readConfig } from '../../config/config.ts';
import { AzureFailure } from '../../domain/failure.ts';
import { type Fleet, type FleetPorts, FleetReader } from '../../operations/read-fleet.ts';
import { failureLine } from '../../text/failures.ts';
import { keyStateTitles } from '../../text/keys.ts';
import { csvLine } from './csv.ts';
import { argument, exit, flag, subcommand, unusableIf } from './subcommand.ts';
import { textTable } from './words/table.ts';

const columns = ['kind', 'name', 'state', 'vault', 'key', 'version', 'expires', 'sharedWith', 'request', 'id'] as const;

/** A resource with several keys has a row for each. */
function rowsOf({ resources }: Fleet): readonly (readonly string[])[] {
  return resources.flatMap(({ kind, name, id, state, ends, sharedWith, request, keys, follows }) =>
    (keys.length === 0 ? [null] : keys).map((key, n) => [
      kind.noun,
      name,
      keyStateTitles[state],
      key === null ? '' : new URL(key.vaultUri).hostname,
      key?.keyName ?? '',
      key === null
        ? ''
        : [key.keyVersion ?? (follows ? '' : 'not pinned'), follows ? 'follows new versions' : '']
            .filter(Boolean)
            .join(', '),
      n === 0 ? (ends ?? '') : '',
      `${sharedWith}`,
      request?.id ?? '',
      id,
    ]),
  );
}

/** Reads until no further expiry date becomes known: each read is limited, because people wait for the card. */
async function readAll(ports: FleetPorts): Promise<Fleet> {
  const reader = new FleetReader(ports);
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const fleet = await reader.read();
    const unknown = fleet.resources.filter(({ state }) => state === 'end-unknown').length;
    if (unknown === 0 || unknown >= before) return fleet;
    before = unknown;
  }
}

async function readEstate(): Promise<Fleet> {
  const config = readConfig();
  const [{ openStoreHere }, { connectAzure }, { optionsForAzure }] = await Promise.all([
    import('./open-store.ts'),
    import('../../azure/azure.ts'),
    import('../../config/azure-from-config.ts'),
  ]);
  const { store, close } = await openStoreHere();
  try {
    return await readAll({ ...store, azure: connectAzure(optionsForAzure(config)), now: () => new Date() });
  } finally {
    await close();
  }
}

export const estate = subcommand({
  name: 'estate',
  summary: 'lists the keys of all resources that the bot can read, most urgent first',
  help: 'Answers DP-5 of the Microsoft cloud security benchmark. Standard error says what couldn’t be read.',
  examples: ['cmk-bot estate --csv > keys.csv'],
  input: z.object({ csv: argument(flag, ['--csv', 'writes one line for each key, for spreadsheets']) }),
  async run({ csv }, { print, write, complain, progress }) {
    progress('Reading keys …');
    const fleet = await readEstate().catch(unusableIf(AzureFailure, (code) => `reading the keys: ${code}`));
    const rows = rowsOf(fleet);
    if (csv) await write([columns, ...rows].map(csvLine).join(''));
    else await print(textTable([columns.slice(0, -1), ...rows.map((row) => row.slice(0, -1))]));
    for (const { subscriptionId, failure } of fleet.unread)
      await complain(`Subscription ${subscriptionId} couldn’t be read. ${failureLine(failure)}`);
    for (const { subscriptionId, nouns } of fleet.hidden)
      await complain(`Subscription ${subscriptionId}: no permission to read ${nouns.join(', ')}.`);
    return exit.done;
  },
});
