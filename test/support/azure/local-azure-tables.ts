import { latencies } from '../../../sandbox/azure/fault.ts';
import { dataPlaneRoutes } from '../../../sandbox/azure/key-vault/data.ts';
import { scenarioGroups } from '../../../sandbox/azure/scenarios.ts';
import { armLimits, graphLimit, mainRouter } from '../../../sandbox/azure/server.ts';

/** The tables of docs/develop/simulator.md, each made from what the code has. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const atVault = /^\/(keys|deletedkeys|secrets|certificates|rng)\b/;

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
  ['Signing in, and what tells addresses', /^\//],
];

const areaOf = (pattern: string): string => areas.find(([, shape]) => shape.test(pattern))?.[0] ?? '';

const coverage = (): string => {
  const all: readonly { readonly pattern: string; readonly shapeOnly?: string }[] = [
    ...mainRouter.routes,
    ...dataPlaneRoutes,
  ];
  const row = (area: string, some: typeof all): readonly string[] => {
    const shapes = some.filter(({ shapeOnly }) => shapeOnly !== undefined).length;
    return [area, String(some.length - shapes), String(shapes)];
  };
  const inArea = areas.map(([area]) =>
    row(
      area,
      all.filter(({ pattern }) => areaOf(pattern) === area),
    ),
  );
  return markdown(['area', 'real', 'shape only'], [...inArea, row('**all**', all)]);
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
