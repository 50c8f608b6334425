/** The wizard's read-only view of the environment. */

/** The result, or why it's unavailable. */
export type Lookup<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'unseen'; readonly why: string };

export interface Person {
  readonly name: string;
  readonly tenantId: string;
}

export interface SeenSubscription {
  readonly id: string;
  readonly name: string;
  readonly agents: number | null;
  readonly vaults: number | null;
}

/** The service principal of an app registration or a managed identity. */
export interface SeenIdentity {
  readonly objectId: string;
  readonly clientId: string;
  readonly name: string;
  readonly isManaged: boolean;
}

export interface SeenHolder {
  readonly id: string;
  readonly name: string;
  readonly kind: 'group' | 'person';
  /** Object ids of all its people. */
  readonly people: readonly string[];
}

/** The match, or similar names. */
export interface LookupResult<T> {
  readonly found: T | null;
  readonly near: readonly string[];
}

/** What answers at a host name. */
export type SeenAddress =
  | { readonly kind: 'unknown-name' }
  | { readonly kind: 'bad-certificate'; readonly why: string }
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'answers'; readonly certificateEnds: Date; readonly status: number };

/** A database from its user's view. */
export type SeenDatabase =
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'refuses'; readonly why: string }
  | { readonly kind: 'lets-in'; readonly major: number; readonly tls: string | null; readonly superuser: boolean };

export type SeenSecret = { readonly kind: 'works' } | { readonly kind: 'refused' | 'unseen'; readonly why: string };

export interface SetupWorld {
  /** The person signed in to Azure at this machine. */
  me(): Promise<Lookup<Person>>;
  /** By name, client id or object id. */
  identity(named: string): Promise<Lookup<LookupResult<SeenIdentity>>>;
  /** Signs in once with the secret. */
  trySecret(tenantId: string, clientId: string, secret: string): Promise<SeenSecret>;
  address(host: string): Promise<SeenAddress>;
  subscriptions(): Promise<Lookup<readonly SeenSubscription[]>>;
  /** A group by name or id, or a person by id. */
  holder(named: string): Promise<Lookup<LookupResult<SeenHolder>>>;
  /** Signs in once. The URL can have no password. */
  database(url: string): Promise<SeenDatabase>;
}
