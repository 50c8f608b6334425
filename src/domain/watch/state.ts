/** What the key watch can find on a resource: a closed union. Part of stored events, so it changes by the rule of ADR 12 alone. */
import { z } from 'zod';
import { RequestId } from '../ids.ts';
import { CustomerKey, Firewall } from '../observed.ts';

const state = <C extends string, F extends z.ZodRawShape>(code: C, fact: F) =>
  z.strictObject({ code: z.literal(code), ...fact });

/** In order of urgency. Times are ISO 8601. */
export const DriftState = z.discriminatedUnion('code', [
  state('resource-deleted', {}),
  state('key-purged', {}),
  state('vault-gone', {}),
  /** To another resource group or subscription. Its address stays; role assignments don't move with it. */
  state('vault-moved', { to: z.string() }),
  state('key-deleted', {}),
  /** Gone, and the vault doesn't let the bot see whether it can be recovered. */
  state('key-missing', {}),
  /** `keyVersion`: the newest, which the resource follows. Missing: the approved one. */
  state('key-disabled', { keyVersion: z.string().optional() }),
  state('identity-changed', { now: z.string().nullable() }),
  state('access-lost', { by: z.enum(['role-assignments', 'access-policies']) }),
  /** The vault's log has refused calls of the resource's identity with the approved version: the earliest sign. */
  state('use-refused', { keyVersion: z.string() }),
  /** The vault refused a version that a request disabled: something still needs it. */
  state('retired-version-needed', { keyVersion: z.string() }),
  /** The resource is under Microsoft's key. */
  state('key-stripped', {}),
  state('key-replaced', { now: CustomerKey }),
  state('resource-failed', { provisioningState: z.string() }),
  state('key-expired', { at: z.string() }),
  state('purge-protection-off', {}),
  state('firewall-changed', { now: Firewall }),
  state('old-version-disabled', { keyVersion: z.string() }),
  state('key-expires', { at: z.string() }),
  state('newer-version', { keyVersion: z.string(), created: z.string().nullable() }),
]);
export type DriftState = z.infer<typeof DriftState>;
export type DriftCode = DriftState['code'];

export const driftCodes: readonly DriftCode[] = DriftState.options.map(({ shape }) => shape.code.value);

/** `critical`: the agent's data is or soon might be unreadable, or isn't under the approved key. `info` opens no alert. */
type DriftSeverity = 'critical' | 'warning' | 'info';

const milder: Partial<Record<DriftCode, DriftSeverity>> = {
  'key-expired': 'warning',
  'purge-protection-off': 'warning',
  'firewall-changed': 'warning',
  'old-version-disabled': 'warning',
  'key-expires': 'warning',
  'newer-version': 'info',
};
export const severityOf = (code: DriftCode): DriftSeverity => milder[code] ?? 'critical';

const notRepaired: readonly DriftCode[] = [
  'resource-deleted',
  'key-purged',
  'vault-gone',
  'vault-moved',
  'firewall-changed',
  'old-version-disabled',
  'retired-version-needed',
  // A newer version is the way out.
  'key-expired',
  'key-expires',
  'newer-version',
];
export const isRepairable = (code: DriftCode): boolean => !notRepaired.includes(code);

/** What is read separately, and can be unreadable separately. */
export type WatchedPart = 'resource' | 'vault' | 'key' | 'access' | 'use';

const parts: Record<DriftCode, WatchedPart> = {
  'resource-deleted': 'resource',
  'key-stripped': 'resource',
  'key-replaced': 'resource',
  'resource-failed': 'resource',
  'identity-changed': 'resource',
  'vault-gone': 'vault',
  'vault-moved': 'vault',
  'purge-protection-off': 'vault',
  'firewall-changed': 'vault',
  'key-purged': 'key',
  'key-deleted': 'key',
  'key-missing': 'key',
  'key-disabled': 'key',
  'key-expired': 'key',
  'key-expires': 'key',
  'old-version-disabled': 'key',
  'newer-version': 'key',
  'access-lost': 'access',
  'use-refused': 'use',
  'retired-version-needed': 'use',
};
export const partOf = (code: DriftCode): WatchedPart => parts[code];

const order = new Map(driftCodes.map((code, index) => [code, index]));

export const byUrgency = (a: { readonly code: DriftCode }, b: { readonly code: DriftCode }): number =>
  (order.get(a.code) ?? 0) - (order.get(b.code) ?? 0);

/** Who made the change, as far as Azure tells. The name isn't here: it is a text of the event, `by.<code>`, that can be erased. */
export const DriftCause = z.strictObject({
  source: z.enum(['resource-graph', 'activity-log', 'unknown']),
  /** ISO 8601: when it was changed. Null: not known. */
  at: z.string().nullable(),
  /** In Azure's words: `User`, `Application`, `System`. */
  byType: z.string().nullable(),
  clientType: z.string().nullable(),
  operation: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type DriftCause = z.infer<typeof DriftCause>;

export const unknownCause: DriftCause = {
  source: 'unknown',
  at: null,
  byType: null,
  clientType: null,
  operation: null,
  correlationId: null,
};

const basis = z.strictObject({ request: RequestId, planDigest: z.string() });
/** `foundAt`, ISO 8601: the cycle that found it first. Empty: everything is as approved again, or was approved since. */
const found = z.array(z.strictObject({ state: DriftState, cause: DriftCause, foundAt: z.iso.datetime() }));

/** What differs from the approval now: the first opens a drift, later ones change it, and an empty one closes it. */
export const DriftFound = z.strictObject({ kind: z.string(), resourceName: z.string(), basis, found });
