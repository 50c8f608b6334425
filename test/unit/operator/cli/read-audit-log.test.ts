import type { ChainLine } from '../../../../src/domain/record/chain.ts';
import { readAuditLog } from '../../../../src/operator/cli/read-audit-log.ts';

type Source = Parameters<typeof readAuditLog>[0];

const line = (seq: number): ChainLine => ({
  seq,
  request: 'CMK-000001',
  revision: seq,
  cause: `c/${seq}`,
  n: 0,
  body: '{}',
  prev: `${seq - 1}`,
  hash: `${seq}`,
  sealKey: null,
  seal: null,
});

/** A record that grows while it is read: at each look at the head the next of these is its length. */
function growing(...lengths: readonly number[]): Source {
  const left = [...lengths];
  let length = left[0] ?? 0;
  return {
    head: async () => {
      length = left.shift() ?? length;
      return { seq: length, hash: `${length}` };
    },
    lines: async (after, limit) =>
      Array.from({ length: Math.max(0, length - (after ?? 0)) }, (_, index) => line((after ?? 0) + index + 1)).slice(
        0,
        limit,
      ),
    textsOf: async (requests) =>
      requests.map((request) => ({ request, revision: 2, field: 'comment', salt: '00', text: 'yes' })),
  };
}

async function readAll(records: Source) {
  const seqs: number[] = [];
  const texts: number[] = [];
  const events = readAuditLog(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return { seqs, texts, head: next.value.seq };
    seqs.push(next.value.line.seq);
    if (next.value.texts.length > 0) texts.push(next.value.line.seq);
  }
}
const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

it('reads an empty record', async () => {
  expect(await readAll(growing(0))).toEqual({ seqs: [], texts: [], head: 0 });
});

it('reads page by page up to the head, each text with its event', async () => {
  expect(await readAll(growing(450))).toEqual({ seqs: upTo(450), texts: [2], head: 450 });
});

it('reads on to the head when the bot wrote in between', async () => {
  expect(await readAll(growing(3, 5))).toEqual({ seqs: upTo(3), texts: [2], head: 3 });
  expect(await readAll({ ...growing(5), lines: growing(5).lines })).toMatchObject({ seqs: upTo(5), head: 5 });
});

it('ends where lines are missing, and tells the head that is claimed', async () => {
  const cut: Source = { ...growing(9), lines: async (after) => (after === null ? [line(1), line(2)] : []) };
  expect(await readAll(cut)).toMatchObject({ seqs: [1, 2], head: 9 });
});

it('ends where lines lie behind the head', async () => {
  const longer: Source = { ...growing(1), lines: async (after) => (after === null ? [line(1), line(2)] : []) };
  expect(await readAll(longer)).toMatchObject({ seqs: [1, 2], head: 1 });
});
