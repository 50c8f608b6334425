import { randomBytes } from 'node:crypto';
import { sealWith } from '../../../src/audit/audit-tools.ts';
import { eventLine, headerLine, headLine, textLine } from '../../../src/audit/export-jsonl.ts';
import { genesis } from '../../../src/audit/verify.ts';
import { AuditLogVerifier } from '../../../src/audit/verify-audit-log.ts';
import { NotAnExport, verifyExport } from '../../../src/audit/verify-export.ts';
import type { ChainLine, RevealedText } from '../../../src/domain/record/chain.ts';
import { newEvent, operatorActor } from '../../../src/domain/request/events.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { submitted } from '../../support/builders/fixtures.ts';

interface Written {
  readonly event: ChainLine;
  readonly texts: readonly RevealedText[];
}

const operator = operatorActor('duty');
const request = 'CMK-000001';
const options = { read: parseEventBody, keys: null };
/** As lines were before there were seals. */
const unsealed = { sealKey: null, seal: null };
const seal = sealWith(randomBytes, null);

/** A record of one request: submitted, cancelled, and, where told, erased. */
function written(erased: boolean, justification = 'Policy 7'): readonly Written[] {
  const events = [
    submitted({ justification }),
    newEvent('cancelled', operator, {}),
    ...(erased ? [newEvent('texts-erased', operator, { reason: 'asked for' })] : []),
  ];
  let prev = genesis;
  return events.map((event, index) => {
    const at = {
      seq: index + 1,
      revision: index + 1,
      time: '2026-01-01T00:00:00.000Z',
      prev,
      request,
      cause: 'c',
      n: 0,
    };
    const { body, hash, openings } = seal({ ...at, cause: `c/${index}` }, event);
    prev = hash;
    const line = {
      seq: at.seq,
      request,
      revision: at.revision,
      cause: `c/${index}`,
      n: 0,
      body,
      prev: at.prev,
      hash,
      ...unsealed,
    };
    const texts = erased ? [] : openings.map((opening) => ({ request, revision: at.revision, ...opening }));
    return { event: line, texts };
  });
}

function verified(record: readonly Written[]) {
  const verifier = new AuditLogVerifier(options);
  for (const { event, texts } of record) {
    verifier.event(event);
    for (const text of texts) verifier.text(text);
  }
  return verifier.end(record.at(-1)?.event ?? { seq: 0, hash: genesis });
}

const linesOf = (record: readonly Written[]): string[] => {
  const head = record.at(-1)?.event ?? { seq: 0, hash: genesis };
  const events = record.flatMap(({ event, texts }) => [eventLine(event), ...texts.map(textLine)]);
  return [headerLine({ seq: 0, hash: genesis }), ...events, headLine(head)].map((line) => line.trimEnd());
};
async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe('a record read event by event', () => {
  it('verifies with its texts', () => {
    expect(verified(written(false))).toMatchObject({ events: 2, texts: 1, erased: 0, findings: [] });
  });

  it('verifies without texts that an event says were erased', () => {
    expect(verified(written(true))).toMatchObject({ events: 3, texts: 0, erased: 1, findings: [] });
  });

  it('misses a text that is gone although no event says so', () => {
    const [first, ...rest] = written(false);
    if (first === undefined) throw new Error('the record is empty');
    const findings = verified([{ ...first, texts: [] }, ...rest]).findings;
    expect(findings).toEqual([{ seq: 1, kind: 'text-missing', detail: `1 of ${request}` }]);
  });

  it('holds for an empty one', () => expect(verified([])).toMatchObject({ events: 0, findings: [] }));
});

describe('an export', () => {
  it('verifies by itself, whatever characters are in it', async () => {
    const lines = linesOf(written(false, 'a\u2028b "c"\nd \u{1F511}'));
    expect(await verifyExport(each(lines), options)).toMatchObject({ events: 2, texts: 1, findings: [] });
  });

  it('shows a change of a character of any of its lines, wherever it stands', async () => {
    const lines = linesOf(written(false));
    const missed: string[] = [];
    for (const [number, line] of lines.entries()) {
      // Every third, from another beginning in each line.
      for (let at = number % 3; at < line.length; at += 3) {
        const changed = line.slice(0, at) + (line[at] === 'x' ? 'y' : 'x') + line.slice(at + 1);
        const answer = await verifyExport(each(lines.with(number, changed)), options).then(
          ({ findings }) => findings.length,
          (error: unknown) => (error instanceof NotAnExport ? 1 : 0),
        );
        if (answer === 0) missed.push(`line ${number + 1}: ${changed}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('shows any line that is missing, doubled or moved', async () => {
    const lines = linesOf(written(false));
    for (const number of lines.keys()) {
      const changes = [lines.toSpliced(number, 1), lines.toSpliced(number, 0, lines[number] ?? '')];
      for (const changed of changes) {
        const findings = await verifyExport(each(changed), options).then(
          (report) => report.findings.length,
          () => 1,
        );
        expect([number, findings > 0]).toEqual([number, true]);
      }
    }
  });
});
