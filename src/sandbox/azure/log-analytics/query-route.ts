/** Log Analytics' query API: `POST /v1/workspaces/ID/query`. In Azure, it has its own address. */
import { z } from 'zod';
import { sameId } from '../arm/ids.ts';
import { holds } from '../arm/rbac.ts';
import { parseBody } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { later, reached } from '../state/latency.ts';
import { readKnownQuery } from './known-queries.ts';
import { findUsers, findUses } from './run-query.ts';
import type { LogRow } from './vault-log.ts';

const Request = z.strictObject({ query: z.string(), timespan: z.string().optional() });

const refused = (status: number, code: string, message: string, more: object = {}): Refusal =>
  new Refusal(reply(status, { error: { message, code, correlationId: crypto.randomUUID(), ...more } }));

/** Real shape (public reports): the innermost error holds the cause. */
const badQuery = (code: string, message: string): Refusal =>
  refused(400, 'BadArgumentError', 'The request had some invalid properties', {
    innererror: {
      code: 'SemanticError',
      message: 'A semantic error occurred.',
      innererror: { code, message },
    },
  });

const actions = [
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
];

/**
 * Real code and text (Microsoft's troubleshooting guides of its clients). That an unknown caller gets the same is from
 * memory.
 */
function requireAccess(call: Call): void {
  const { world, caller, incoming, now, trace } = call;
  const id = param(call, 'workspace');
  const workspace = world.state.workspaces.find(({ customerId }) => sameId(customerId, id));
  const may =
    workspace !== undefined &&
    !incoming.denied &&
    actions.every((action) =>
      holds(world.state, { principalId: caller.principalId, kind: 'action', action, scope: workspace.id }, now),
    );
  if (!may) {
    const message = 'The provided credentials have insufficient access to perform the requested operation';
    throw refused(403, 'InsufficientAccessError', message);
  }
  for (const action of actions) trace.action(action);
}

/** Parses `FROM/TO`, both ISO 8601, as the client sends it. */
function readTimespan(timespan: string | undefined): { readonly from: string; readonly to: string } {
  if (timespan === undefined) return { from: '', to: '9999' };
  const [from = '', to = ''] = timespan.split('/');
  if ([from, to].some((time) => Number.isNaN(Date.parse(time)))) {
    throw refused(400, 'BadArgumentError', `The timespan ${timespan} is not one that the local Azure reads.`);
  }
  return { from, to };
}

/** Returns the rows that a query finds now: rows arrive late, and only if the vault sends its log. */
function found({ world, now }: Call, timespan: string | undefined): readonly LogRow[] {
  const { sent, since, takesMs, agentsAgoMs } = world.state.settings.logs;
  const { from, to } = readTimespan(timespan);
  if (sent === 'no-table') {
    throw badQuery('SEM0100', "'where' operator: Failed to resolve table or column expression named 'AZKVAuditLogs'");
  }
  if (sent === 'nothing') return [];
  const delay = takesMs ?? world.latency.logs;
  return world.vaultLog
    .all()
    .map((row) =>
      row.Identity.claim.xms_mirid === undefined || agentsAgoMs === 0
        ? row
        : { ...row, TimeGenerated: new Date(Date.parse(row.TimeGenerated) - agentsAgoMs).toISOString() },
    )
    .filter(({ TimeGenerated: at }) => at >= from && at <= to && (since === null || at >= since))
    .filter(({ TimeGenerated: at }) => reached(later(new Date(at), delay), now));
}

const answer = (call: Call): Reply => {
  requireAccess(call);
  const { query, timespan } = parseBody(Request, call.incoming.body, 'BadArgumentError');
  const known = readKnownQuery(query);
  if (known === null) {
    const message =
      'The local Azure knows two queries by heart (src/sandbox/azure/log-analytics/known-queries.ts), and this is another.';
    console.error('local azure: a query that it does not know', query);
    throw new Refusal(reply(501, { error: { code: 'NotSimulated', message } }));
  }
  const { columns, rows } = (known.form === 'uses' ? findUses : findUsers)(known, found(call, timespan));
  const table = { name: 'PrimaryResult', columns: columns.map(([name, type]) => ({ name, type })), rows };
  return reply(200, { tables: [table] });
};

export const logQueryRoutes: readonly Route[] = [
  {
    method: 'POST',
    pattern: '/v1/workspaces/{workspace}/query',
    audience: 'logs',
    versions: [],
    action: null,
    shapeOnly: 'two queries about a vault’s log are known by heart, any other gets 501',
    handle: answer,
  },
];
