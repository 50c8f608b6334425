/** Runs the calls of all ports: deadline, clients and failures. */
import {
  botFailure,
  done,
  type Failure,
  type Found,
  failed,
  isPermissionRefusal,
  type Outcome,
} from '../../domain/failure.ts';
import type { ArmId, ArmIdParts } from '../../domain/ids.ts';
import { noTracing } from '../../domain/ports/telemetry.ts';
import type { ResourceKind } from '../../domain/resource-kind.ts';
import { isVaultHost, type Kind, ownResource } from '../arm/resource-ids.ts';
import { ownIdOf } from '../sign-in/token-claims.ts';
import { type AzureClients, type ClientOptions, openClients } from './azure-clients.ts';
import { Exchange } from './exchange.ts';
import { readFailure } from './failures.ts';
import { defaultLimits, type Limits } from './limits.ts';

/** Thrown out of a call: what the bot itself found instead of an answer. The caller makes a failure of it. */
export class FoundInCall extends Error {
  readonly found: Found;
  constructor(found: Found) {
    super(found.code);
    this.found = found;
  }
}

export interface CallKind {
  /**
   * `operation`: it waits for a long-running operation, with the longest limit. `brief`: a person waits for it, with a short limit.
   * `click`: a click waits for it, with the shortest limit.
   */
  readonly limit?: 'operation' | 'brief' | 'click';
  /** It depends on key access that might be new, so a refusal can be temporary. */
  readonly dependsOnGrant?: boolean;
  /** The caller does without it if the bot has no permission, so such a refusal isn't counted. */
  readonly optional?: boolean;
}

/** For a call that is optional for a waiting person. */
export const brief: CallKind = { limit: 'brief', optional: true };

export interface ConnectionOptions
  extends Pick<ClientOptions, 'cloud' | 'credential'>,
    Partial<Pick<ClientOptions, 'tracing'>> {
  /** All kinds of resources, from `resources/registry`. */
  readonly kinds: readonly ResourceKind[];
  /** The only subscriptions in which the bot reads and changes resources. */
  readonly subscriptions: readonly string[];
  /** Poll interval of a running operation. The service takes from 13 to 90 s and suggests no interval. */
  readonly pollIntervalMs?: number;
  /** Limits on time and retries; missing ones use the defaults. */
  readonly limits?: Partial<Limits>;
  readonly clock?: () => Date;
  /** Gets each failure, except a missing permission of an optional call. */
  readonly onFailure?: (failure: Failure) => void;
}

export interface Connection extends Pick<ConnectionOptions, 'cloud' | 'subscriptions' | 'kinds'> {
  readonly pollIntervalMs: number;
  readonly clock: () => Date;
  /** Object id of the bot's identity; null: the token doesn't contain it. */
  ownId(): Promise<string | null>;
  /** Runs one call. External errors are returned as failures; anything thrown is a bug. */
  call<T>(doing: string, work: (clients: AzureClients) => Promise<T>, kind?: CallKind): Promise<Outcome<T>>;
  /** Runs one call for a resource, after checking its kind and subscription. */
  on<T>(
    kind: Kind,
    id: ArmId,
    doing: string,
    work: (clients: AzureClients, parts: ArmIdParts) => Promise<T>,
    call?: CallKind,
  ): Promise<Outcome<T>>;
  /** Runs one call to a vault itself, after checking that its address is in the cloud's domain. */
  inVault<T>(
    address: string,
    doing: string,
    work: (clients: AzureClients) => Promise<T>,
    kind?: CallKind,
  ): Promise<Outcome<T>>;
}

export function openConnection(options: ConnectionOptions): Connection {
  const { cloud, credential, subscriptions, kinds, pollIntervalMs = 5000, tracing = noTracing, onFailure } = options;
  const { clock = () => new Date() } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const report = (failure: Failure, { optional }: CallKind = {}) => {
    if (optional !== true || !isPermissionRefusal(failure)) onFailure?.(failure);
    return failed(failure);
  };
  const clients = openClients({ cloud, credential, limits, tracing });
  const call: Connection['call'] = async (doing, work, kind = {}) => {
    const exchange = new Exchange(limits, clock, limits[`${kind.limit ?? 'call'}Ms` as const]);
    try {
      return done(await exchange.run(() => work(clients)));
    } catch (error) {
      const context = { doing, dependsOnGrant: kind.dependsOnGrant === true, now: clock() };
      const failure = readFailure(error, exchange, context);
      if (failure === null) throw error;
      return report(failure, kind);
    }
  };
  return {
    cloud,
    subscriptions,
    pollIntervalMs,
    kinds,
    clock,
    ownId: () => ownIdOf(credential, cloud.armScope),
    call,
    on: async (kind, id, doing, work, callKind) => {
      const own = ownResource(doing, id, kind, subscriptions);
      if ('failure' in own) return report(own.failure);
      return call(doing, (clients) => work(clients, own.parts), callKind);
    },
    inVault: async (address, doing, work, kind) =>
      isVaultHost(address, cloud)
        ? call(doing, work, kind)
        : failed(botFailure(doing, { code: 'not-a-vault-address', address })),
  };
}
