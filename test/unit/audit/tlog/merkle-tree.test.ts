import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash, provesConsistency, provesInclusion } from '../../../../src/audit/tlog/merkle-tree.ts';
import { growTree } from '../../../support/audit/grown-tree.ts';

const entriesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`{"seq":${index + 1}}`));
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

/** Made and agreed on by other programs, Go's x/mod/sumdb/tlog among them. */
const leaf0 = 'b119a77a4864308c481efb947ff723d6bd4ea1e7fab902eb8ca98bd759e46aee';
const leaf2 = 'dbcc42d7596b3d629f1861d1e2097b97b5462eccae789dfcf997fea9b0690899';
const leaf3 = '1795798275c506dbbf46fde73240eb19d52fb72fa90a05a1fc4c8b48b4aa06a2';
const root2 = '7759a01b9ada866e466d88d1c5d0a1814113d8646f3eceb06a1e03c053a3066a';
const root3 = '8822325fdcc11989850a6fd8758e2cfd34be445b08c22a7f0f2d64504ceee24f';
const root4 = 'aab5fc05d4eb18b4083188fa3e97e6c1eec3df134dd64d5773ee409e10111ff6';
const root7 = '72e9f1a11bf47baaf5b38b074d09fb6ea22ac35f12fda71ea091a033cfb02ae3';
const node4to6 = 'dcc0fdc624d08650ec1a592a8f2f37da835c8c35bc6a196158914b0399e5d202';

describe('a tree of events', () => {
  const seven = growTree(entriesOf(7));

  test('has the roots that other programs compute', () => {
    const roots = [1, 2, 3, 4, 7].map((size) => seven.at(size).root);
    expect(hex(roots)).toEqual([leaf0, root2, root3, root4, root7]);
  });

  test('proves what other programs prove, with the same hashes', async () => {
    const reader = seven.reader(7);
    expect(hex(await reader.inclusion(2))).toEqual([leaf3, root2, node4to6]);
    expect(hex(await reader.consistency(3))).toEqual([leaf2, leaf3, root2, node4to6]);
    expect(hex(await reader.consistency(4))).toEqual([node4to6]);
  });

  test('proves every leaf and every beginning, at every size up to 70', async () => {
    const entries = entriesOf(70);
    const tree = growTree(entries);
    let proofs = 0;
    const wrong: string[] = [];
    for (let size = 1; size <= 70; size += 1) {
      const reader = tree.reader(size);
      for (let index = 0; index < size; index += 1) {
        const leaf = leafHash(entries[index] ?? Buffer.of());
        const inclusion = await reader.inclusion(index);
        if (!provesInclusion(leaf, index, size, inclusion, tree.at(size).root)) wrong.push(`leaf ${index} of ${size}`);
        const consistency = await reader.consistency(index);
        if (!provesConsistency(tree.at(index), tree.at(size), consistency)) wrong.push(`${index} of ${size}`);
        proofs += 2;
      }
    }
    expect(wrong).toEqual([]);
    expect(proofs).toBe(70 * 71);
  });

  test('is the same read from its tiles, over several levels of them', async () => {
    const count = 256 * 256 + 300;
    const entries = entriesOf(count);
    const tree = growTree(entries, [300, 700]);
    expect(hex([await tree.reader(count).prefixRoot(count), await tree.reader(700).prefixRoot(700)])).toEqual(
      hex([tree.at(count).root, tree.at(700).root]),
    );
    const index = 65_700;
    const proof = await tree.reader(count).inclusion(index);
    expect(provesInclusion(leafHash(entries[index] ?? Buffer.of()), index, count, proof, tree.at(count).root)).toBe(
      true,
    );
    const older = await tree.reader(count).consistency(700);
    expect(provesConsistency(tree.at(700), tree.at(count), older)).toBe(true);
  });

  test('is proved by no proof that was changed in any way', async () => {
    const entries = entriesOf(300);
    const tree = growTree(entries);
    const cases = fc.record({
      index: fc.nat(298),
      at: fc.nat(1000),
      bit: fc.nat(255),
      how: fc.constantFrom('flip', 'drop', 'double', 'other-leaf', 'other-index', 'other-root'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ index, at, bit, how }) => {
        const size = 300;
        const proof = [...(await tree.reader(size).inclusion(index))];
        const consistency = [...(await tree.reader(size).consistency(index + 1))];
        const changed = (hashes: readonly Buffer[]): Buffer[] => {
          const n = at % hashes.length;
          return hashes.flatMap((hash, here) => {
            if (here !== n) return [hash];
            if (how === 'drop') return [];
            if (how === 'double') return [hash, hash];
            const copy = Buffer.from(hash);
            if (how === 'flip') copy[Math.floor(bit / 8)] = (copy[Math.floor(bit / 8)] ?? 0) ^ (1 << (bit % 8));
            return [copy];
          });
        };
        const leaf = leafHash(entries[how === 'other-leaf' ? index + 1 : index] ?? Buffer.of());
        const place = how === 'other-index' ? index + 1 : index;
        const root = tree.at(how === 'other-root' ? 299 : size).root;
        expect(provesInclusion(leaf, place, size, changed(proof), root)).toBe(false);
        const newer = { size, root };
        const older = how === 'other-leaf' || how === 'other-index' ? index + 2 : index + 1;
        const from = { size: older, root: tree.at(index + 1).root };
        expect(provesConsistency(from, newer, changed(consistency))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
