import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Place, readPlace } from '../config/place.ts';
import { readConfig } from '../config/read-config.ts';
import type { Evidence, EvidenceWanted } from '../operator/rpc/calls.ts';
import { refusalLine } from '../words/operator-refusals.ts';
import { asHelp, asOption, flag, nameInput, requestIdInput } from './inputs.ts';
import { exit, type Surroundings, subcommand } from './subcommand.ts';
import { Unusable } from './unusable.ts';

/** Beside a server a bot publishes by its own time: so long past it somebody waits. */
const patienceMs = 30_000;

/** With the configuration of this shell, beside the bots of a server: one of them publishes. */
async function takeHere(place: Place, wanted: EvidenceWanted): Promise<Evidence> {
  const config = readConfig();
  const [{ openStoreRecords }, { connectAzure }, { optionsForAzure }, { evidenceFor, evidencePorts }] =
    await Promise.all([
      import('./open-store.ts'),
      import('../azure/azure.ts'),
      import('../config/azure-from-config.ts'),
      import('../operator/evidence-ports.ts'),
    ]);
  const { store, close } = await openStoreRecords(place);
  try {
    const azure = connectAzure(optionsForAzure(config));
    const waits = { publish: async () => undefined, patienceMs: (config.anchor?.everyMs ?? 0) + patienceMs };
    const ports = await evidencePorts({ config, store, azure, ...waits });
    return await evidenceFor(ports, wanted, `cli:evidence:${randomUUID()}`);
  } finally {
    await close();
  }
}

async function take({ records, data }: Surroundings, wanted: EvidenceWanted): Promise<Evidence> {
  const place = readPlace(data);
  if (place.kind === 'server') return takeHere(place, wanted);
  const { control } = await records();
  if (control !== null) return control.evidence(wanted);
  throw new Unusable(`no bot runs on ${place.dataDir}: start it. It publishes the record, on which evidence rests.`);
}

/** Whole or not at all, for its reader alone. */
async function keep(file: string, archive: Buffer): Promise<void> {
  const fresh = `${file}.new`;
  try {
    await writeFile(fresh, archive, { mode: 0o600 });
    await rename(fresh, file);
  } catch (error) {
    throw new Unusable(`writing ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Everything about one request that somebody else can check. */
export const evidence = subcommand({
  name: 'evidence',
  usage: 'ID [-o PACK.zip] [--with-texts] [--without-names] [--as NAME]',
  summary: 'everything about a request that others can check by themselves, as one file',
  help: [
    'The pack holds the request’s events with proofs that they are in the published log, what was decided, changed and proved,',
    'what Azure holds now, the rules that applied, a report to read and print, and a verifier. That it was made, and what was',
    'read, is itself an event. Verify it with: cmk-bot audit verify PACK.zip --log-key FILE.',
    '-o PACK.zip: where to write it; ID.zip in this folder unless given. What is there is replaced.',
    '--with-texts: with what people wrote as reason and comment, which else is left out.',
    '--without-names: without the names of people, who then stand by their object ids alone.',
    asHelp,
  ].join('\n'),
  options: {
    output: { type: 'string', short: 'o' },
    'with-texts': { type: 'boolean' },
    'without-names': { type: 'boolean' },
    ...asOption,
  },
  positionals: ['id'],
  input: z
    .object({
      id: requestIdInput,
      output: z.string().min(1, 'names no file').optional(),
      'with-texts': flag,
      'without-names': flag,
      as: nameInput,
    })
    .transform(({ 'with-texts': texts, 'without-names': without, ...rest }) => ({ ...rest, texts, names: !without })),
  async run({ id, output, texts, names, as }, surroundings) {
    const { print, complain, user } = surroundings;
    const taken = await take(surroundings, { id, by: as ?? user, texts, names });
    switch (taken.kind) {
      case 'made': {
        const file = output ?? taken.name;
        await keep(file, Buffer.from(taken.archive, 'base64'));
        const witnessed = taken.witnessed ? 'signed and witnessed' : 'signed; no witness has signed it';
        await print(`${file}: evidence of ${id} up to event ${taken.seq}, ${witnessed}.`);
        return exit.done;
      }
      case 'refused':
        await complain(`Nothing was made. ${refusalLine(taken)}`);
        return exit.no;
      case 'nowhere-published':
        throw new Unusable('the record is published nowhere (CMK_ANCHOR), and evidence rests on what is published.');
      case 'not-published':
        await complain(
          `Nothing was made: ${taken.published} events are published, and evidence was taken as event ${taken.needed}. Does a bot run? Ask again once it has published.`,
        );
        return exit.no;
    }
  },
});
