import { botFailure } from '../../../src/domain/failure.ts';
import {
  evaluateUse,
  type LoggedKeyCall,
  type UsageQuery,
  type UseAnswer,
  type VaultLogRows,
} from '../../../src/domain/usage-check.ts';

/** What is made of rows of a vault's log. */

const version = '5d1f0c2e'.repeat(4);
const vaultUri = 'https://kv-care-prod.vault.azure.net/';
const key = `https://kv-care-prod.vault.azure.net/keys/cmk-triage-agent/${version}`;
const agent =
  '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.HealthBot/healthBots/triage';
const principal = '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f';
const own = '3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9';
const sought: UsageQuery = {
  principalId: principal,
  resourceId: agent,
  vaultUri,
  keyName: 'cmk-triage-agent',
  keyVersion: version,
  since: '2026-03-01T12:00:00.000Z',
};
const wrap: LoggedKeyCall = {
  at: '2026-03-01T12:00:20.000Z',
  operation: 'KeyWrap',
  status: 200,
  addresses: [key, `${key}/wrapkey?api-version=7.4`],
  principalId: principal,
  resourceId: agent,
  assignmentId: own,
  byAccessPolicy: false,
};
const judged = (uses: readonly LoggedKeyCall[], change: Partial<VaultLogRows> = {}): UseAnswer =>
  evaluateUse(sought, {
    first: '2026-02-28T12:00:00.000Z',
    last: '2026-03-01T12:20:00.000Z',
    uses,
    ownAssignment: own,
    cutShort: null,
    ...change,
  });
const notUsed = {
  outcome: 'not-used',
  first: '2026-02-28T12:00:00.000Z',
  last: '2026-03-01T12:20:00.000Z',
  refused: null,
};

const aMinuteBefore = '2026-03-01T11:59:00.000Z';
const others = '00000000-77aa-5b0e-9a44-51f0e2b7c6d9';
const wholeId = `/providers/Microsoft.Authorization/roleAssignments/${own}`;
const assignment = (id: unknown, ours = true) => ({ by: 'role-assignment', id, ours });

describe('a use', () => {
  it('is one of this version by this identity, let in by the assignment that the bot makes', () => {
    const used = { outcome: 'used', at: wrap.at, operation: 'KeyWrap', knownBy: 'object-id' };
    expect(judged([wrap])).toEqual({ ...used, allowedBy: assignment(own) });
  });

  it.each<[string, Partial<LoggedKeyCall>, object]>([
    ['unwraps', { operation: 'KeyUnwrap' }, { operation: 'KeyUnwrap' }],
    ['is known by its resource if its identity is new', { principalId: 'f'.repeat(36) }, { knownBy: 'resource-id' }],
    ['is known by its resource where no object id is told', { principalId: null }, { knownBy: 'resource-id' }],
    ['is known by its object id where no resource is told', { resourceId: null }, { knownBy: 'object-id' }],
    ['stands in capital letters', { principalId: principal.toUpperCase(), addresses: [key.toUpperCase()] }, {}],
    ['is named by the address of the call alone', { addresses: [`${key}/wrapkey?api-version=7.4`] }, {}],
    ['is named with the port', { addresses: [key.replace('.net/', '.net:443/')] }, {}],
    ['was by this machine’s clock a minute before', { at: aMinuteBefore }, { at: aMinuteBefore }],
    ['was let in by another assignment', { assignmentId: others }, { allowedBy: assignment(others, false) }],
    ['names the assignment whole', { assignmentId: wholeId }, { allowedBy: assignment(expect.any(String)) }],
    [
      'names the assignment without hyphens',
      { assignmentId: own.replaceAll('-', '') },
      { allowedBy: assignment(expect.any(String)) },
    ],
    [
      'was let in by an access policy',
      { assignmentId: null, byAccessPolicy: true },
      { allowedBy: { by: 'access-policy' } },
    ],
    ['does not tell what let it in', { assignmentId: null }, { allowedBy: { by: 'not-told' } }],
  ])('counts where it %s', (_what, change, more) => {
    expect(judged([{ ...wrap, ...change }])).toMatchObject({ outcome: 'used', ...more });
  });

  it('is the first that worked', () => {
    const later = { ...wrap, at: '2026-03-01T12:09:00.000Z', operation: 'KeyUnwrap' };
    const refused = { ...wrap, at: '2026-03-01T12:00:10.000Z', status: 403 };
    expect(judged([later, refused, wrap])).toMatchObject({ at: wrap.at, operation: 'KeyWrap' });
  });

  it('counts also where the log did not begin before, or the answer was cut short', () => {
    expect(judged([wrap], { first: wrap.at })).toMatchObject({ outcome: 'used' });
    expect(judged([wrap], { cutShort: botFailure('reading', { code: 'unexpected', errorId: 'x' }) })).toMatchObject({
      outcome: 'used',
    });
  });
});

describe('no use', () => {
  it.each<[string, Partial<LoggedKeyCall>]>([
    ['by another identity, a trusted service’s among them', { principalId: 'f'.repeat(36), resourceId: null }],
    ['by another agent', { principalId: 'f'.repeat(36), resourceId: `${agent}-test` }],
    ['of another key', { addresses: [key.replace('cmk-triage-agent', 'cmk-other')] }],
    ['of a key of that name in another vault', { addresses: [key.replace('kv-care-prod', 'kv-care-test')] }],
    ['of a key without a version', { addresses: ['https://kv-care-prod.vault.azure.net/keys/cmk-triage-agent'] }],
    ['that is no address', { addresses: ['cmk-triage-agent'] }],
    ['that only reads the key', { operation: 'KeyGet' }],
    ['from before the change', { at: '2026-03-01T11:57:59.000Z' }],
  ])('is one %s', (_what, change) => expect(judged([{ ...wrap, ...change }])).toEqual(notUsed));

  it('tells of the last try that the vault refused', () => {
    const refused = { ...wrap, status: 403 };
    const again = { ...refused, at: '2026-03-01T12:05:00.000Z' };
    expect(judged([again, refused])).toEqual({ ...notUsed, refused: { at: again.at, status: 403 } });
  });

  const [early, began] = ['2026-03-01T11:30:00.000Z', '2026-03-01T11:59:00.000Z'];
  const cutShort = botFailure('reading', { code: 'unexpected', errorId: 'x' });
  it.each([
    ['the log began later', { first: began }, { code: 'no-log-before', first: began }],
    ['the log has nothing of the vault', { first: null, last: null }, { code: 'no-log-before', first: null }],
    ['the log ended before the change', { last: early }, { code: 'no-log-since', last: early }],
    ['the answer was cut short', { cutShort }, { code: 'not-readable', failure: cutShort }],
  ])('counts for nothing where %s', (_where, change, why) => {
    expect(judged([], change)).toEqual({ outcome: 'unknown', why });
  });
});

it('an agent without a known identity is not taken for whoever tells none', () => {
  const nobody = { ...wrap, principalId: null, resourceId: null };
  expect(
    evaluateUse(
      { ...sought, principalId: null },
      { first: '2026-02-28T12:00:00.000Z', last: wrap.at, uses: [nobody], ownAssignment: null, cutShort: null },
    ),
  ).toMatchObject({ outcome: 'not-used' });
});
