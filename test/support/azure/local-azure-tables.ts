import { mainRouter } from '../../../src/sandbox/azure/arm/routes.ts';
import { armLimits, graphLimit } from '../../../src/sandbox/azure/http/quotas.ts';
import { dataPlaneRoutes } from '../../../src/sandbox/azure/key-vault/data-plane.ts';
import { scenarioGroups } from '../../../src/sandbox/azure/scenarios/scenarios.ts';
import { latencies } from '../../../src/sandbox/azure/state/latency.ts';
import { knownOperations } from './azure-operations.ts';

/** The tables of docs/azure-simulator.md, each made from what the code has. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

type How = 'real' | 'shape only' | 'absent';
interface Operation {
  readonly method: string;
  readonly pattern: string;
  readonly how: How;
  readonly note: string;
}

const served = (one: { method: string; pattern: string; shapeOnly?: string }): Operation => ({
  method: one.method,
  pattern: one.pattern,
  how: one.shapeOnly === undefined ? 'real' : 'shape only',
  note: one.shapeOnly ?? '',
});

const atVault = /^\/(keys|deletedkeys|secrets|certificates|rng)\b/;

const isServed = (method: string, pattern: string): boolean =>
  atVault.test(pattern)
    ? dataPlaneRoutes.some((one) => one.method === method && one.shape.test(pattern))
    : mainRouter.find(method, pattern) !== null;

/** Known operations that no route answers; each of them is answered 501, which another test tries. */
const absentOperations = knownOperations.filter(({ method, pattern }) => !isServed(method, pattern));

const operations = (): readonly Operation[] => [
  ...mainRouter.routes.map(served),
  ...dataPlaneRoutes.map(served),
  ...absentOperations.map(({ method, pattern }): Operation => ({ method, pattern, how: 'absent', note: '501' })),
];

/** The first that fits. */
const areas: readonly (readonly [string, RegExp])[] = [
  ['Keys and secrets, at a vault’s own address', atVault],
  ['Roles, rights, locks and policies', /Microsoft\.Authorization\//],
  ['Healthcare agent services', /Microsoft\.HealthBot\//],
  ['Vaults and their keys, through Azure Resource Manager', /Microsoft\.KeyVault\//],
  ['Registrations of bots', /Microsoft\.BotService\//],
  ['Log Analytics', /^\/v1\/workspaces\//],
  ['Resource Graph', /Microsoft\.ResourceGraph\//],
  ['Subscriptions, groups, resources and providers', /^\/(subscriptions|tenants|providers|\{\*scope\})/],
  ['Microsoft Graph', /^\/v1\.0\//],
  ['Managed identity', /^\/(msi|metadata\/identity)\//],
  ['Signing in, and what tells addresses', /^\//],
];

const areaOf = (pattern: string): string => areas.find(([, shape]) => shape.test(pattern))?.[0] ?? '';

const coverage = (): string => {
  const all = operations();
  const count = (some: readonly Operation[], how: How) => String(some.filter((one) => one.how === how).length);
  const inArea = areas.map(([area]) => [area, all.filter(({ pattern }) => areaOf(pattern) === area)] as const);
  const head = ['area', 'real', 'shape only', 'absent'];
  const row = (area: string, some: readonly Operation[]) => [
    area,
    ...(['real', 'shape only', 'absent'] as const).map((how) => count(some, how)),
  ];
  return markdown(head, [...inArea.map(([area, some]) => row(area, some)), row('**all**', all)]);
};

const paces = (): string => {
  const seconds = (milliseconds: number): string => `${milliseconds / 1_000} s`;
  const rows = (
    [
      ['a change of an agent', 'agentWrite'],
      ['a change of an agent that sets a key', 'keyWrite'],
      ['until roles can be given to a new identity', 'replication'],
      ['until a role or an access policy counts', 'propagation'],
      ['until a call to a vault can be found in its log', 'logs'],
      ['until a write can be found in the Activity Log', 'activityLog'],
    ] as const
  ).map(([what, name]) => [what, seconds(latencies.instant[name]), seconds(latencies.realistic[name])]);
  return markdown(['what takes time', '`instant`', '`realistic`'], rows);
};

const quotas = (): string => {
  const arm = Object.entries(armLimits).map(([kind, { size, perSecond }]) => [
    `Azure Resource Manager, ${kind}`,
    'principal and subscription (or tenant)',
    `${size} at once, then ${perSecond} per second`,
  ]);
  const graph = `${graphLimit.queries} in ${graphLimit.windowMs / 1_000} seconds`;
  return markdown(['requests', 'counted for each', 'limit'], [...arm, ['Resource Graph, queries', 'principal', graph]]);
};

const scenarioTable = (): string =>
  markdown(
    ['group', 'scenarios'],
    scenarioGroups.map(({ title, scenarios }) => [title, scenarios.map(({ name }) => `\`${name}\``).join(', ')]),
  );

/** By the name that stands in the document. */
export const localAzureTables: Readonly<Record<string, () => string>> = {
  coverage,
  pace: paces,
  quotas,
  scenarios: scenarioTable,
};
