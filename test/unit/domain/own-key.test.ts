import fc from 'fast-check';
import { ownershipOf } from '../../../src/domain/key-change.ts';
import { key, version } from '../../support/builders/plans.ts';

const at = '2026-11-25T12:00:00.000Z';
const nonceHash = 'a'.repeat(64);
const intents = [
  { nonceHash: 'b'.repeat(64), at },
  { nonceHash, at },
];
const own = key({ version: version('c'), nonceHash, created: at });
const all = { complete: true };

describe('what is found under the name of a key that is to be made', () => {
  it('is nothing where there is none', () => {
    expect(ownershipOf({ ...all, versions: [] }, null, intents)).toEqual({ is: 'none' });
  });

  it('is somebody else’s unless it carries what only the request’s own can carry', () => {
    for (const other of [key(), key({ nonceHash: 'c'.repeat(64) })]) {
      expect(ownershipOf({ ...all, versions: [other] }, null, intents)).toEqual({ is: 'others', key: other });
    }
    expect(ownershipOf({ ...all, versions: [own] }, null, [])).toEqual({ is: 'others', key: own });
    expect(ownershipOf({ ...all, versions: [own] }, null, intents)).toEqual({ is: 'own', key: own });
  });

  it('is in doubt where not all versions were read, and where Azure does not tell when it was made', () => {
    expect(ownershipOf({ complete: false, versions: [own] }, null, intents)).toMatchObject({ is: 'doubtful' });
    const undated = key({ ...own, created: null });
    expect(ownershipOf({ ...all, versions: [undated] }, null, intents)).toMatchObject({ is: 'doubtful' });
  });
});

describe('what is found after the version that a new one follows', () => {
  const after = version('a');

  it('is none of the request’s own, whoever made versions meanwhile', () => {
    const others = { ...all, versions: [key({ version: version('d') })] };
    expect(ownershipOf(others, after, intents)).toEqual({ is: 'none' });
    expect(ownershipOf({ ...others, complete: false }, after, intents)).toMatchObject({ doubt: 'too-many-versions' });
  });

  it('may be the own one among others, older ones included', () => {
    const versions = [key({ version: version('d'), created: at }), own, key({ version: version('e') })];
    expect(ownershipOf({ ...all, versions }, after, intents)).toEqual({ is: 'own', key: own });
  });
});

it('whatever versions somebody adds with whatever they can write, the one taken is never theirs', () => {
  const theirs = fc.record({
    nonceHash: fc.constantFrom(null, nonceHash, 'b'.repeat(64)),
    seconds: fc.integer({ min: 0, max: 900 }),
  });
  fc.assert(
    fc.property(fc.array(theirs, { maxLength: 5 }), fc.boolean(), (added, isNew) => {
      const later = added.map(({ nonceHash: copied, seconds }, index) =>
        key({
          version: version(String(index)),
          nonceHash: copied,
          created: new Date(Date.parse(at) + seconds * 1000).toISOString(),
        }),
      );
      const found = ownershipOf({ ...all, versions: [own, ...later] }, isNew ? null : version('a'), intents);
      expect(found.is === 'own' ? found.key : own).toBe(own);
    }),
  );
});
