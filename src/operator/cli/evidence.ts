import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EvidenceRequest, EvidenceResult } from '../../audit/evidence/take-evidence.ts';
import { readConfig } from '../../config/config.ts';
import { operatorActor } from '../../domain/request/events.ts';
import { checkReplaceable, replaceFile } from '../../io/files.ts';
import { refusalLine } from '../../text/refusals.ts';
import { argument, exit, flag, jsonFlag, nameInput, requestIdInput, subcommand, Unusable } from './subcommand.ts';

/** A running bot publishes on its own schedule. This is the extra wait. */
const timeoutMs = 30_000;

/** Creates evidence with this shell's configuration. One of the running bots publishes. */
async function create(wanted: EvidenceRequest): Promise<EvidenceResult> {
  const config = readConfig();
  const [{ openStoreHere }, { takeEvidence }, { connectAzure }, { optionsForAzure }, log] = await Promise.all([
    import('./open-store.ts'),
    import('../../audit/evidence/take-evidence.ts'),
    import('../../azure/azure.ts'),
    import('../../config/azure-from-config.ts'),
    import('../published-log.ts'),
  ]);
  const { store, close } = await openStoreHere();
  try {
    const azure = connectAzure(optionsForAzure(config));
    const waits = { publish: async () => undefined, timeoutMs: (config.anchor?.everyMs ?? 0) + timeoutMs };
    const { anchor } = config;
    const logKeys = anchor === null ? [] : await log.logVerifiers(anchor, config);
    const ports = await log.evidencePorts({ config, store, azure, logKeys, ...waits });
    return await takeEvidence(ports, wanted);
  } finally {
    await close();
  }
}

const cannotWrite =
  (file: string) =>
  (error: unknown): never => {
    throw new Unusable(`writing ${file}: ${error instanceof Error ? error.message : String(error)}`);
  };

export const evidence = subcommand({
  name: 'evidence',
  summary: 'writes an evidence pack of a request: one file that others can verify',
  help: [
    'The pack has the events of the request, proofs that they are in the published log, the present state in Azure, the',
    'rules that applied, and a report to print. The audit log records who created it.',
    'To verify it: python3 verify.py PACK.zip --keys FILE',
  ].join('\n'),
  examples: ['cmk-bot evidence CMK-7F3K9Q -o evidence.zip'],
  input: z.object({
    id: requestIdInput,
    output: argument(z.string().min(1, 'names no file').optional(), [
      '-o, --output PACK.zip',
      'file to write, or to replace. Default: ID.zip',
    ]),
    withoutTexts: argument(flag, [
      '--without-texts',
      'leaves out reasons and comments; from a pack they can’t be erased',
    ]),
    withoutNames: argument(flag, ['--without-names', 'leaves out names of people; object IDs stay']),
    fromSize: argument(
      z
        .string()
        .regex(/^[1-9]\d{0,14}$/, 'must be a number of events, such as 108')
        .transform(Number)
        .nullable()
        .default(null),
      [
        '--from-size N',
        'adds a proof that the log continues from N events, for someone with a copy or checkpoint of that size',
      ],
    ),
    as: nameInput,
    json: jsonFlag,
  }),
  async run(
    { id, output, withoutTexts, withoutNames, fromSize, as, json },
    { print, complain, user, write, progress },
  ) {
    const file = output ?? `${id}.zip`;
    // Creating a pack stores an event.
    await checkReplaceable(file).catch(cannotWrite(file));
    progress('Collecting events, proofs and the present state in Azure …');
    const result = await create({
      id,
      actor: operatorActor(as ?? user),
      cause: `cli:evidence:${randomUUID()}`,
      texts: !withoutTexts,
      names: !withoutNames,
      fromSize,
    });
    switch (result.kind) {
      case 'made': {
        await replaceFile(file, result.archive).catch(cannotWrite(file));
        const witnessed = result.witnessed ? 'signed and witnessed' : 'signed; no witness has signed it';
        if (json)
          await write(`${JSON.stringify({ file, request: id, seq: result.seq, witnessed: result.witnessed })}\n`);
        else await print(`${file}: evidence of ${id} up to event ${result.seq}, ${witnessed}.`);
        return exit.done;
      }
      case 'refused':
        await complain(`Nothing was made. ${refusalLine(result)}`);
        return exit.no;
      case 'nowhere-published':
        throw new Unusable('the audit log isn’t published (CMK_ANCHOR), and evidence needs that.');
      case 'not-published':
        await complain(
          result.needed === fromSize
            ? `No pack was written: the published log has ${result.published} events, fewer than ${fromSize}.`
            : `No pack was written: ${result.published} events are published, and the pack needs ${result.needed}. Check that a bot runs, and try again in a minute.`,
        );
        return exit.no;
    }
  },
});
