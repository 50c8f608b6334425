import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { sealWith } from '../../../src/audit/audit-tools.ts';
import { openSeals } from '../../../src/audit/seals.ts';
import { genesis, verifyTexts } from '../../../src/audit/verify.ts';
import type { Position } from '../../../src/domain/record/chain.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { verifyChain } from '../../support/audit/verify-chain.ts';
import { submitted } from '../../support/builders/fixtures.ts';
import { keysOf } from '../../support/store/seal-keys.ts';

const Vector = z.object({
  position: z.object({
    seq: z.number(),
    time: z.string(),
    prev: z.string(),
    request: z.string(),
    revision: z.number(),
    cause: z.string(),
    n: z.number(),
  }),
  event: z.object({ body: z.looseObject({}), texts: z.record(z.string(), z.string()) }),
  salts: z.array(z.string()),
  body: z.string(),
  hash: z.string(),
  sealKey: z.string(),
  seal: z.string(),
  texts: z.array(z.object({ field: z.string(), text: z.string() })),
});
const golden = new URL('../../golden/chain.json', import.meta.url);
const { vectors } = z.object({ vectors: z.array(Vector) }).parse(JSON.parse(readFileSync(golden, 'utf8')));

const first: Position = {
  seq: 1,
  time: '2026-11-24T16:00:00.000Z',
  prev: genesis,
  request: 'CMK-000001',
  revision: 1,
  cause: 'submit',
  n: 0,
};

describe('golden vectors', () => {
  it('can be read as events', () => {
    for (const { body, event } of vectors) expect(parseEventBody(JSON.parse(body)).type).toBe(event.body.type);
  });

  it('form a chain that verifies, with their texts', () => {
    const lines = vectors.map(({ position, ...sealed }) => ({ ...position, ...sealed }));
    const texts = vectors.flatMap(({ position: { request, revision }, salts, texts }) =>
      texts.map((text, index) => ({ request, revision, ...text, salt: salts[index] ?? '' })),
    );
    expect(verifyChain(lines)).toEqual([]);
    expect(texts).toHaveLength(2);
    expect([...verifyTexts(lines, texts)]).toEqual([]);
  });
});

it('draws 32 new random bytes for each salt', () => {
  let byte = 0;
  const seal = sealWith((size) => new Uint8Array(size).fill(byte++), openSeals(keysOf([Buffer.alloc(32)])));
  const sealed = [seal(first, submitted()), seal(first, submitted())];
  expect(sealed).toMatchObject(['00', '01'].map((salt) => ({ openings: [{ salt: salt.repeat(32) }] })));
  expect(sealed[0]?.hash).not.toBe(sealed[1]?.hash);
});
