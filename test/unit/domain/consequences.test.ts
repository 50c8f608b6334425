import { consequencesOf, holdsAgent } from '../../../src/domain/consequences.ts';
import { fold } from '../../../src/domain/request.ts';
import type { Command } from '../../../src/domain/request-command.ts';
import { agentId, requester } from '../../support/fixtures.ts';
import {
  asks,
  attention,
  cancels,
  checks,
  eventsAfter,
  expiresAt,
  id,
  requestAfter,
  settles,
  toApproved,
  toAttention,
} from '../support/commands.ts';
import { noon, planFor, vault } from '../support/plans.ts';

/** The rows that follow from the events of the last command. */
function rowsAfter(...commands: Command[]) {
  const events = eventsAfter(...commands);
  const before = eventsAfter(...commands.slice(0, -1)).length;
  const request = fold(id, events);
  if (request === null) throw new Error('no commands were given');
  return consequencesOf(request, events.slice(before)).map(({ kind, key, dueAt }) => `${kind} ${key} ${dueAt}`);
}

const now = noon.toISOString();
/** What everything that was stored leads to: cards at once, the audit channel a little later, so that it can merge. */
const told = [`show  ${now}`, 'audit  2026-03-02T12:00:05.000Z'];

it('shows whatever was stored, and expires what was asked', () => {
  expect(rowsAfter(asks())).toEqual([...told, `expire  ${expiresAt}`]);
  expect(rowsAfter(asks(), cancels())).toEqual(told);
});

it('starts a run under its number, at once', () => {
  expect(rowsAfter(...toApproved)).toEqual([...told, `run 1 ${now}`]);
  expect(rowsAfter(...toAttention, settles('retry', requester, { asking: attention }))).toContain(`run 2 ${now}`);
});

it('moves the expiry when the request asks again', () => {
  const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });
  expect(rowsAfter(...toApproved, moved)).toEqual([...told, `expire  ${expiresAt}`]);
});

it('has nothing follow where nothing was stored', () => {
  expect(rowsAfter(...toApproved, checks())).toEqual([]);
});

it('lets a request hold its agent until it ends', () => {
  expect(holdsAgent(requestAfter(asks()))).toBe(agentId().toLowerCase());
  expect(holdsAgent(requestAfter(...toAttention))).toBe(agentId().toLowerCase());
  expect(holdsAgent(requestAfter(asks(), cancels()))).toBeNull();
});
