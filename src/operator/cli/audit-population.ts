import { z } from 'zod';
import { Population } from '../../audit/population.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { countOf } from '../../text/count.ts';
import { exitOutcomeOf } from './audit-verify.ts';
import { openPublished, publishedReport } from './published.ts';
import { exit, subcommand } from './subcommand.ts';
import { verifyPublished } from './verifying.ts';
import { publishedWords } from './words/published.ts';
import { reportWords } from './words/report.ts';

const day = z.iso.date('must be a day, such as 2026-03-31');

/** The list from which an auditor takes a sample. */
export const auditPopulation = subcommand({
  name: 'audit population',
  usage: 'ANCHOR --from DAY --to DAY [--log-key FILE]',
  summary: 'all requests of a period, out of a published log that is verified first, as CSV',
  help: [
    'ANCHOR is a published log: a folder, or a container by its address. It is verified as by audit verify ANCHOR; if something',
    'does not fit, no list is written. verify.py ANCHOR --keys FILE --population FROM TO writes the same list, byte for byte.',
    '--from DAY, --to DAY: both days are included, in UTC. A request counts by the day on which it was submitted.',
    '--log-key FILE: as with audit verify.',
    'The list goes to standard output, what was verified to standard error. Ends as audit verify does.',
  ].join('\n'),
  options: { from: { type: 'string' }, to: { type: 'string' }, 'log-key': { type: 'string' } },
  positionals: ['anchor'],
  input: z
    .object({
      anchor: z.string({ error: 'is missing; name a published log' }).min(1),
      from: day,
      to: day,
      'log-key': z.string().min(1).optional(),
    })
    .refine(({ from, to }) => from <= to, { error: 'is before --from', path: ['to'] })
    .transform(({ 'log-key': logKey, ...rest }) => ({ ...rest, logKey })),
  async run({ anchor, from, to, logKey }, { write, complain }) {
    const published = await openPublished(anchor, logKey);
    const population = new Population({ from, to }, parseEventBody);
    const options = { read: parseEventBody, keys: null };
    const report = await verifyPublished(published.reader, options, (body) => population.add(body));
    const log = publishedReport(published);
    const outcome = exitOutcomeOf(report, log);
    await complain([reportWords(report), publishedWords(log)].join('\n'));
    if (outcome === exit.no) return outcome;
    await write(population.table(published.reader.newest));
    await complain(`${countOf(population.size, 'request', 'requests')} from ${from} to ${to}.`);
    return outcome;
  },
});
