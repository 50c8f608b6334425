import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/contributing.md', root), 'utf8');

describe('the map', () => {
  const Rules = z.object({
    forbidden: z.array(
      z.object({
        name: z.string(),
        from: z.object({ path: z.string().optional() }),
        to: z.object({ path: z.string().optional() }),
      }),
    ),
  });
  const { forbidden } = Rules.parse(JSON.parse(readFileSync(new URL('.ci/dependency-cruiser.json', root), 'utf8')));
  const rows = [...text.matchAll(/^\| `src\/([^`]+)` \| [^|]+ \| ([^|]*)\|$/gm)].map(([, folder = '', cell = '']) => ({
    folder,
    allowed: [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).sort(),
    isOpen: cell.includes('everything but'),
  }));

  test('names every folder of src', () => {
    const folders = readdirSync(new URL('src/', root), { withFileTypes: true }).filter((one) => one.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => rows.every(({ folder }) => folder !== name))).toEqual([]);
  });

  test('says of each folder what its import rule permits', () => {
    const ruled = rows.filter(({ folder, isOpen }) => !isOpen && folder !== 'domain' && folder !== 'sandbox');
    expect(ruled.length).toBeGreaterThan(12);
    for (const { folder, allowed } of ruled) {
      const rule = forbidden.find(({ name }) => name === `${folder.replaceAll('/', '-')}-imports`);
      const [, permitted = 'no rule'] = /^\^src\/\(\?!\(\?:(.*)\)\/\)$/.exec(rule?.to.path ?? '') ?? [];
      const others = permitted.split('|').filter((name) => name !== folder);
      expect({ folder, allowed: others.sort() }).toEqual({ folder, allowed });
    }
  });
});
