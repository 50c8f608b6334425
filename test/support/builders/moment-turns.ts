/** What can happen to a request, its world and its bot from one moment to the next. */
import fc from 'fast-check';
import { Power } from '../../../src/domain/control.ts';
import { PersonId } from '../../../src/domain/ids.ts';

export const people = [1, 2, 3, 4, 5].map((n) => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`));
export const [asker = people[0] as PersonId] = people;
export const groupIds = [1, 2, 3].map((n) => `60000000-0000-4000-8000-00000000000${n}`);
export const holders = [1, 2].map((n) => `90000000-0000-4000-8000-00000000000${n}`);
export const addresses = ['https://kv-care.vault.azure.net/', 'https://kv-other.vault.azure.net/'];
export const expiryMs = 72 * 3_600_000;
const values = ['production', 'Production', 'test', 'other', ''];

const group = fc.constantFrom(...groupIds);
const tagRule = fc.record(
  {
    tag: fc.constantFrom('environment', 'audience'),
    value: fc.constantFrom('production', 'test', '*'),
    requesters: group,
    approvers: group,
    approvalsRequired: fc.integer({ min: 1, max: 3 }),
    extraApprovalForIrreversible: fc.boolean(),
  },
  { requiredKeys: ['tag', 'value', 'extraApprovalForIrreversible'] },
);

const person = fc.nat({ max: people.length - 1 });
export const momentTurn = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tag'), value: fc.option(fc.constantFrom(...values)) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('operator tags'), value: fc.option(fc.constantFrom(...values)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('group'), person, group: fc.nat({ max: 2 }), isIn: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('approve'), person }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('everybody approves') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('asker leaves'), group: fc.nat({ max: 2 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('control'),
      holder: fc.nat({ max: 1 }),
      power: fc.constantFrom(...Power.options),
      has: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('address'), at: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock'), hours: fc.constantFrom(-100, -1, 1, 50, 80) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('another policy') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry'), person }) },
);
export type Turn = typeof momentTurn extends fc.Arbitrary<infer T> ? T : never;

const base = fc.record({ requesters: group, approvers: group, approvalsRequired: fc.integer({ min: 1, max: 2 }) });
const mostly = (usual: boolean) => fc.integer({ min: 1, max: 4 }).map((n) => (n > 1 ? usual : !usual));
/** A policy. `permits`: the vault is one that it allows. */
const momentSetting = fc.record({
  tagRules: fc.array(tagRule, { maxLength: 2 }),
  trusted: fc.boolean(),
  base,
  permits: mostly(true),
  requireNewKey: mostly(false),
});
export type Setting = typeof momentSetting extends fc.Arbitrary<infer T> ? T : never;

/** Under the first people ask, so it lets them. */
export const momentSettings = fc
  .tuple(momentSetting, momentSetting)
  .map(([first, second]): readonly Setting[] => [{ ...first, permits: true, requireNewKey: false }, second]);
