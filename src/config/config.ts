/** What is configured, in groups of what belongs together. What reads a setting reads it by what it means, not by its variable. */
import type { CloudChoice } from '../azure/clouds.ts';
import type { AzureSignIn } from '../azure/credential.ts';
import type { Policy } from '../domain/policy/policy.ts';
import type { RetryLimits } from '../domain/retry.ts';
import type { Environment } from './environment.ts';
import type { KeyPlace, Place } from './place.ts';

export interface Config {
  /** Where calls come in. */
  readonly server: {
    /** `local`: whoever calls is believed, so only this machine may. */
    readonly mode: 'production' | 'local';
    readonly port: number;
    /** The address to listen on; null: loopback, in both families. */
    readonly listen: string | null;
    /** How many messages and clicks one person may send at once. */
    readonly callsAtOnce: number;
    /** Its address for browsers and Bot Framework, without a final slash; null: nobody said. */
    readonly publicUrl: string | null;
  };
  /** Who the bot is to Teams, and where it speaks. */
  readonly teams: {
    /** In lower case, as are all ids of tenants that it is compared with. */
    readonly tenantId: string;
    /** The bot's app: null in local mode. It signs in with the secret, or without one as a managed identity. */
    readonly app: { readonly id: string | null; readonly secret: string | null };
    /** Bot Framework's addresses; null: the cloud's own. */
    readonly framework: {
      readonly metadataUrl: string | null;
      readonly issuer: string | null;
      readonly loginUrl: string | null;
      readonly scope: string | null;
    };
    /** Used until the first activity of the tenant. */
    readonly serviceUrl: string | null;
    readonly approvalsChannel: string;
    readonly operationsChannel: string | null;
    /** Null: the store alone is the trail. */
    readonly auditChannel: string | null;
  };
  /** Where the record lies. */
  readonly store: Place;
  /** The same database, as the owner of its tables: only to bring them up. Null: the bot's own user does that. */
  readonly ownerUrl: string | null;
  readonly databaseSignIn: DatabaseSignIn;
  /** What its events are sealed with. */
  readonly seals: SealSettings;
  /** Where it is published, for others to check; null: nowhere. */
  readonly anchor: AnchorSettings | null;
  readonly azure: {
    readonly cloud: CloudChoice;
    readonly signIn: AzureSignIn;
    /** The only ones anything is read or changed in. */
    readonly subscriptions: readonly string[];
    /** Between two looks at a running operation. */
    readonly pollMs: number;
  };
  /** Who may ask and approve, how many, for how long: the policy file's rules, then the environment's settings. */
  readonly policy: Policy;
  /** Who may look without asking or approving, and whether guests count at all. */
  readonly admission: { readonly readers: readonly string[]; readonly allowGuests: boolean };
  /** Who is called when a request needs attention: object ids of people and groups. */
  readonly operators: readonly string[];
  /** Where the rules were read; null where the environment's settings are all there is. */
  readonly policyFile: string | null;
  /** What approving needs beside the click; null: nothing. */
  readonly stepUp: StepUpChoice | null;
  readonly retry: RetryLimits;
  /** Where logs of vaults are, and how they are asked for an agent's use of its key; null: nobody asks. */
  readonly logs: LogsSettings | null;
  /** No new changes to Azure. */
  readonly paused: boolean;
  readonly log: { readonly level: Environment['CMK_LOG_LEVEL'] };
  /** Where traces and figures are sent; null: nowhere. */
  readonly telemetry: {
    readonly endpoint: string | null;
    readonly serviceName: string;
    readonly metricsEveryMs: number;
  };
  /** This replica's name, no other's. */
  readonly replica: string;
  /** The container image that runs, as the deployment names it; null: it doesn't. */
  readonly image: string | null;
  /** How often a replica says that it lives. */
  readonly beatMs: number;
}

/** How the bot signs in to a database on a server. */
export interface DatabaseSignIn {
  /** `password`: whatever its address says. `entra`: the bot's identity in Azure, whose name is the user's. */
  readonly by: 'password' | 'entra';
  /** The managed identity that owns the tables; null: the bot's own. */
  readonly ownerClientId: string | null;
}

export interface LogsSettings {
  /** The id that the workspace gives itself. */
  readonly workspaceId: string;
  /** For how long after a success it is asked. */
  readonly withinMs: number;
  readonly pollMs: number;
}

export interface SealSettings {
  readonly key: KeyPlace;
  /** The end of a record from before there were seals, which an operator trusts; null: none is named. */
  readonly trust: { readonly seq: number; readonly hash: string } | null;
}

/** A folder, or a container of blobs by its address. */
export type AnchorPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'container'; readonly url: string };

export interface AnchorSettings {
  readonly place: AnchorPlace;
  /** Of the log. It never changes, and no other log has it. */
  readonly name: string;
  readonly key: KeyPlace;
  /** How often what is new is published. */
  readonly everyMs: number;
  /** Who is asked to sign checkpoints: address without a final slash, and verifier key as a line. */
  readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  /** How many of them have to have signed a checkpoint for it to count as witnessed. */
  readonly witnessesNeeded: number;
  /** Address of a key in a vault that signs checkpoints as well; null: none. */
  readonly vaultKey: string | null;
}

/** How an approver signs in anew, and the app they sign in to. */
export interface StepUpChoice {
  /** An authentication context, such as `c1`. */
  readonly context: string;
  readonly maxAgeMs: number;
  readonly appId: string;
  readonly appSecret: string;
  /** Of the bot, for browsers; without a final slash. */
  readonly publicUrl: string;
}
