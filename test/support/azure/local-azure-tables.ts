import { latencies } from '../../../sandbox/azure/fault.ts';
import { dataPlaneRoutes } from '../../../sandbox/azure/key-vault/data.ts';
import { armLimits, graphLimit, mainRouter } from '../../../sandbox/azure/server.ts';

/** The lists of docs/develop/simulator.md, each made from what the code has. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();

export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

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
  const count = (some: typeof all): string => {
    const shapes = some.filter(({ shapeOnly }) => shapeOnly !== undefined).length;
    return shapes === 0 ? String(some.length) : `${some.length}, ${shapes} with the shape only`;
  };
  const inArea = areas.map(([area]) => `${area}: ${count(all.filter(({ pattern }) => areaOf(pattern) === area))}`);
  return list([...inArea, `**all**: ${count(all)}`]);
};

const paces = (): string => {
  const rows = [
    ['a change of an agent', 'agentWrite'],
    ['a change of an agent that sets a key', 'keyWrite'],
    ['until roles can be given to a new identity', 'replication'],
    ['until a role or an access policy counts', 'propagation'],
    ['until a call to a vault can be found in its log', 'logs'],
    ['until a write can be found in the Activity Log', 'activityLog'],
  ] as const;
  return list(rows.map(([what, name]) => `${what}: ${latencies.realistic[name] / 1_000} s`));
};

const quotas = (): string => {
  const arm = Object.entries(armLimits).map(
    ([kind, { size, perSecond }]) => `${kind}: ${size} at once, then ${perSecond} per second`,
  );
  return list([...arm, `Resource Graph queries: ${graphLimit.queries} in ${graphLimit.windowMs / 1_000} seconds`]);
};

/** By the name that stands in the document. */
export const localAzureLists: Readonly<Record<string, () => string>> = { coverage, pace: paces, quotas };
