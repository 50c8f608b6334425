import { consequencesOf, reservedResourceId } from '../../../../src/domain/request/consequences.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import {
  asks,
  attention,
  cancels,
  changes,
  checks,
  eventsAfter,
  expires,
  expiresAt,
  id,
  requestAfter,
  toApproved,
  toAttention,
} from '../../../support/builders/commands.ts';
import { resourceId } from '../../../support/builders/fixtures.ts';
import { noon, planFor, vault } from '../../../support/builders/plans.ts';

/** The rows that follow from the events of the last command. */
function rowsAfter(...commands: Command[]) {
  const events = eventsAfter(...commands);
  const before = eventsAfter(...commands.slice(0, -1)).length;
  const request = fold(id, events);
  if (request === null) throw new Error('no commands were given');
  return consequencesOf(request, events.slice(before)).map(({ kind, key, dueAt }) => `${kind} ${key} ${dueAt}`);
}

const now = noon.toISOString();
const of = (kind: string, rows: readonly string[]) => rows.filter((row) => row.startsWith(`${kind} `));

it('shows whatever was stored, and tells the audit channel a little later, so that it can merge', () => {
  const changed = rowsAfter(asks(), changes());
  for (const rows of [rowsAfter(asks()), rowsAfter(...toApproved), rowsAfter(asks(), cancels()), changed]) {
    expect(of('show', rows)).toEqual([`show  ${now}`]);
    expect(of('audit', rows)).toEqual(['audit  2026-03-02T12:00:05.000Z']);
  }
  expect(of('show', rowsAfter(asks(), expires))).toEqual([`show  ${expiresAt}`]);
  expect(rowsAfter(...toApproved.slice(0, 2))).toHaveLength(2);
});

it('calls people about an end and about what needs them, under the revision of the event', () => {
  expect(of('call', rowsAfter(asks()))).toEqual([]);
  expect(of('call', rowsAfter(...toApproved))).toEqual([]);
  expect(of('call', rowsAfter(asks(), cancels()))).toEqual([`call 2 ${now}`]);
  expect(of('call', rowsAfter(...toAttention))).toEqual([`call ${attention} ${now}`]);
});

it('expires a question, and the one that replaces it', () => {
  const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });
  expect(of('expire', rowsAfter(asks()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(asks(), changes()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toApproved, moved))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toAttention))).toEqual([]);
});

it('reminds at half time and four hours before the end, and daily of what needs attention', () => {
  expect(of('remind', rowsAfter(asks()))).toEqual([
    'remind half 2026-03-04T00:00:00.000Z',
    'remind last 2026-03-05T08:00:00.000Z',
  ]);
  expect(of('remind', rowsAfter(...toAttention))).toEqual(['remind attention 2026-03-03T12:00:00.000Z']);
});

it('lets a request hold its agent until it ends', () => {
  expect(reservedResourceId(requestAfter(...toAttention))).toBe(resourceId().toLowerCase());
  expect(reservedResourceId(requestAfter(asks(), cancels()))).toBeNull();
});
