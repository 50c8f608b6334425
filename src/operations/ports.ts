import type { PersonId } from '../domain/ids.ts';
import type { Policy, Standing } from '../domain/policy/policy.ts';
import type { ResourceFacts } from '../domain/policy/rules.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { Actor } from '../domain/request/events.ts';
import type { Origin } from '../domain/request/payloads.ts';

/**
 * A typed command with its person and conversation. `args` are the `name=value` words, names in lower case; `words` is the
 * rest.
 */
export interface TypedCall {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly origin: Origin;
  readonly args: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

export interface CommandPorts {
  readonly azure: Azure;
  readonly requests: Requests;
  readonly policy: Policy;
  readonly tenantId: string;
  /**
   * Whether the person can make requests for the agent, from a fresh directory lookup. Without a resource: for any possible
   * agent.
   */
  readonly requesterStanding: (person: PersonId, resource: ResourceFacts | null) => Promise<Standing>;
  readonly random: (bytes: number) => Uint8Array;
  readonly sha256: (text: string) => string;
  readonly now: () => Date;
}
