/** The Azure simulator's servers, and how a request finds its route. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { close, Delays, listen, Refusal, type Reply, Router, reply, send, toSend } from '../http.ts';
import { endDueOperations, healthBotRoutes, markLostKeys } from './agents.ts';
import { requireApiVersion } from './arm/api-versions.ts';
import {
  authorizationFailed,
  requireAction,
  requireGroup,
  requireSubscription,
  requireUnlocked,
  scopeOf,
} from './arm/authorization.ts';
import { providerRoutes, requireRegistered, resourceListRoutes, subscriptionRoutes } from './arm/places.ts';
import { policyRoutes, requirePolicies } from './arm/policy.ts';
import { lockRoutes, roleAssignmentRoutes, roleDefinitionRoutes } from './arm/roles.ts';
import { botServiceRoutes } from './bot-service/bot-services.ts';
import { type CertificateAndKey, serverCertificate } from './certificates.ts';
import { type Fault, type Latency, LatencyName, latencies } from './fault.ts';
import { AccessTrace, type Call, notSimulated, type Route } from './http.ts';
import { entraRoutes, type Grant, openSignInListener } from './identity/entra.ts';
import { graphApplicationRoutes, graphListRoutes, graphRoutes } from './identity/graph.ts';
import { type Caller, callerOf, SigningKey, type TokenTexts } from './identity/tokens.ts';
import { type Incoming, isReading, readIncoming, takeFault, underFault } from './incoming.ts';
import { accessPolicyRoutes, vaultKeyRoutes, vaultRoutes } from './key-vault/arm.ts';
import { isVaultHost, logAgentCalls, logPast, serveVault, vaultOf } from './key-vault/data.ts';
import { activityLogRoutes, correlationOf, LogRow, logQueryRoutes } from './logs.ts';
import { ExchangeRecorder, RequestRecord, withoutSecrets } from './request-log.ts';
import { type ChangeActor, ChangeRecords, GraphPages, resourceGraphRoutes } from './resource-graph.ts';
import { scenariosNamed, turnAllOff, turnOn } from './scenarios.ts';
import { BeforeStates, serveSimulator } from './simulator.ts';
import { changeLatency, JsonLines, lags, moveToPort, newGraphIndex, newReadReplica, StateFile } from './state/files.ts';
import type { SimulatorState } from './state/schema.ts';
import { seedState } from './state/seed.ts';
import { storageRoutes } from './storage.ts';

/** Routes of the main port. Extensions of scopes (roles, locks) come before the scopes themselves. */
export const mainRouter = new Router<Route>([
  ...entraRoutes,
  ...graphRoutes,
  ...graphListRoutes,
  ...graphApplicationRoutes,
  ...resourceGraphRoutes,
  ...logQueryRoutes,
  ...activityLogRoutes,
  ...roleAssignmentRoutes,
  ...roleDefinitionRoutes,
  ...lockRoutes,
  ...policyRoutes,
  ...healthBotRoutes,
  ...storageRoutes,
  ...botServiceRoutes,
  ...accessPolicyRoutes,
  ...vaultKeyRoutes,
  ...vaultRoutes,
  ...resourceListRoutes,
  ...subscriptionRoutes,
  ...providerRoutes,
]);

/** A resource group, or one resource or key in it: these answer `HEAD`. */
const single = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(\/providers\/[^/]+(\/[^/]+\/[^/]+)+)?$/i;

/** Answers `HEAD` with 204 or 404, depending on what GET would answer (the description). */
const asReading = (incoming: Incoming): Incoming => {
  if (single.test(incoming.path)) return { ...incoming, method: 'GET' };
  throw notSimulated(incoming);
};

const existence = ({ status }: Reply): Reply => reply(status === 200 ? 204 : status);

const kinds: Readonly<Record<string, 'write' | 'delete'>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/** Locks don't lock other locks: a caller with permission to write locks can delete one. */
const isLock = (path: string): boolean => /\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i.test(path);

/** Checks what blocks a permitted change before its provider sees it: registration, locks, policies. */
const requireWritable = (state: SimulatorState, incoming: Incoming, now: Date): void => {
  const { method, path } = incoming;
  const kind = kinds[method];
  if (kind === undefined) return;
  if (kind === 'write') requireRegistered(state, path);
  if (!isLock(path)) requireUnlocked(state, path, kind);
  requirePolicies(state, incoming, now);
};

const anonymous: Caller = { principalId: '', appId: '' };

const tokenTexts: TokenTexts<readonly [code: string, message: string]> = {
  missing: ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."],
  expired: ['ExpiredAuthenticationToken', 'The access token expiry is in the past.'],
  invalid: ['InvalidAuthenticationToken', 'The access token is invalid.'],
  'wrong-audience': [
    'InvalidAuthenticationTokenAudience',
    "The access token has been obtained for wrong audience or resource '{}'.",
  ],
};

/** Throws the real answers of the services to a missing or unusable token (for logs: Microsoft's page on its errors). */
const authenticate = async (world: World, incoming: Incoming, audience: Route['audience']): Promise<Caller> => {
  if (audience === 'open') return anonymous;
  const caller = await callerOf(world, incoming, audience);
  if ('principalId' in caller) return caller;
  const [code, text] = tokenTexts[caller.problem];
  const message = text.replace('{}', caller.audience);
  if (audience === 'logs')
    throw Refusal.of(401, 'InvalidTokenError', `Valid authentication was not provided: ${message}`);
  if (audience === 'graph') throw Refusal.of(401, 'InvalidAuthenticationToken', message);
  const challenge = `Bearer authorization_uri="${world.url}/${world.state.tenantId}", error="invalid_token", error_description="${message}"`;
  throw Refusal.of(401, code, message, {}, { 'www-authenticate': challenge });
};

/** Returns the world that a GET sees while reads lag behind writes. Permissions don't lag. */
const asRead = (world: World, now: Date): World => ({
  ...world,
  state: { ...world.state, ...world.readReplica.read(world.state, now) },
});

/** Checks in the order of the real service: token, quota, version, permission, existence of containers, locks. */
const serveMain = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  if (incoming.method === 'HEAD') return existence(await serveMain(world, asReading(incoming), now, trace));
  const found = mainRouter.find(incoming.method, incoming.path);
  if (found === null) throw notSimulated(incoming);
  const { route, params } = found;
  const caller = await authenticate(world, incoming, route.audience);
  if (route.audience !== 'open') trace.principalId = caller.principalId;
  if (route.audience === 'arm') world.quotas.countArm(world.state, incoming, caller.principalId, now);
  requireApiVersion(incoming.path, incoming.query.get('api-version'), route.versions);
  if (route.audience === 'arm') requireRights({ incoming, params, caller, world, now, trace }, route.action);
  const shown = lags(incoming.method, incoming.path) ? asRead(world, now) : world;
  return route.handle({ incoming, params, caller, world: shown, now, trace });
};

const requireRights = ({ world, incoming, caller, now, trace }: Call, action: string | null): void => {
  requireSubscription(world.state, incoming.path);
  if (action !== null) {
    const target = { scope: scopeOf(incoming.path), body: incoming.body };
    if (incoming.denied) throw authorizationFailed(caller, action, target.scope);
    requireAction(world.state, caller, action, target, now);
    trace.actions.add(action);
  }
  requireGroup(world.state, incoming.path);
  requireWritable(world.state, incoming, now);
};

/** Serves one request, of a vault or of the main port. Refusals are answers; anything else thrown is a bug of the simulator. */
const dispatch = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  const by = isVaultHost(incoming) || vaultOf(world, incoming) !== undefined ? serveVault : serveMain;
  try {
    return await by(world, incoming, now, trace);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    console.error('Azure simulator: a bug while serving', incoming.method, incoming.sentUrl.slice(0, 200), error);
    return Refusal.of(500, 'InternalServerError', 'The Azure simulator has a bug; see its log.').reply;
  }
};

type OperationKind = 'reads' | 'writes' | 'deletes';

const kindOf = (method: string): OperationKind => {
  if (method === 'DELETE') return 'deletes';
  return method === 'PUT' || method === 'PATCH' || method === 'POST' ? 'writes' : 'reads';
};

interface Limit {
  /** Requests that a full bucket allows at once. */
  readonly size: number;
  readonly perSecond: number;
}

/**
 * Token buckets of Azure Resource Manager, for each subscription (or the tenant), principal and kind of operation.
 * Source: Microsoft, "Understand how Azure Resource Manager throttles requests". A tenant recorded on 2026-02-18 had
 * 800 writes: Microsoft raises limits for some tenants.
 */
export const armLimits: Readonly<Record<OperationKind, Limit>> = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
};

/** Resource Graph: 15 queries in each window of 5 seconds, for each principal. Source: its page on throttled requests. */
export const graphLimit = { queries: 15, windowMs: 5_000 } as const;

type Pace = Pick<SimulatorState, 'settings' | 'latency'>;

/** Returns true if requests are counted: as the settings say, or else at the `realistic` pace. */
const quotasCount = ({ settings, latency }: Pace): boolean => settings.quotas ?? latency === 'realistic';

/** Code and text of a subscription's refusal are real (public reports of 2025). The tenant's are modeled on them. */
const throttled = (kind: OperationKind, subscription: string | null, principalId: string, seconds: number): Refusal => {
  const where = subscription === null ? 'tenant' : `subscription '${subscription}'`;
  return Refusal.of(
    429,
    subscription === null ? 'TenantRequestsThrottled' : 'SubscriptionRequestsThrottled',
    `Number of '${kind.slice(0, -1)}' requests for ${where} actor '${principalId}' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
    {},
    { 'retry-after': String(seconds) },
  );
};

const clock = (milliseconds: number): string =>
  new Date(Math.ceil(milliseconds / 1_000) * 1_000).toISOString().slice('1970-01-01T'.length, -'.000Z'.length);

/** Counts requests against Azure's quotas. In memory only: a restart fills every bucket. */
export class Quotas {
  private readonly buckets = new Map<string, { tokens: number; filledAt: number }>();
  private readonly windows = new Map<string, { readonly startedAt: number; readonly used: number }>();

  /** Counts a request to Azure Resource Manager in the principal's bucket. Throws the refusal if no token is left. */
  countArm(state: Pace, { method, path }: Pick<Incoming, 'method' | 'path'>, principalId: string, now: Date): void {
    if (!quotasCount(state)) return;
    const kind = kindOf(method);
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(path)?.[1]?.toLowerCase() ?? null;
    const seconds = this.take(`${subscription ?? 'tenant'} ${kind} ${principalId}`, armLimits[kind], now);
    if (seconds > 0) throw throttled(kind, subscription, principalId, seconds);
  }

  /** Takes a token from a bucket. Returns the whole seconds until there is one, or 0 if there was. */
  private take(name: string, { size, perSecond }: Limit, now: Date): number {
    const bucket = this.buckets.get(name) ?? { tokens: size, filledAt: now.getTime() };
    const elapsed = Math.max(0, now.getTime() - bucket.filledAt) / 1_000;
    const tokens = Math.min(size, bucket.tokens + elapsed * perSecond);
    this.buckets.set(name, { tokens: tokens < 1 ? tokens : tokens - 1, filledAt: now.getTime() });
    return tokens < 1 ? Math.max(1, Math.ceil((1 - tokens) / perSecond)) : 0;
  }

  /** Counts a Resource Graph query. `served` is false over the quota. Both answers have the headers. */
  countQuery(
    state: Pace,
    principalId: string,
    now: Date,
  ): { readonly served: boolean; readonly headers: Readonly<Record<string, string>> } {
    const at = now.getTime();
    const last = this.windows.get(principalId);
    const runs = last !== undefined && at >= last.startedAt && at < last.startedAt + graphLimit.windowMs;
    const { startedAt, used } = runs ? last : { startedAt: at, used: 0 };
    const served = used < graphLimit.queries || !quotasCount(state);
    if (quotasCount(state)) this.windows.set(principalId, { startedAt, used: Math.min(used + 1, graphLimit.queries) });
    const left = Math.max(0, graphLimit.queries - used - 1);
    const headers = {
      'x-ms-user-quota-remaining': String(left),
      'x-ms-user-quota-resets-after': clock(startedAt + graphLimit.windowMs - at),
    };
    return { served, headers };
  }
}

/** The default of Azure Load Balancer. */
const idleTimeoutMs = 240_000;

/** The error text for a port that another program uses. */
const inUse = (port: number, main: number | undefined): string => {
  const what = port === main ? '' : `, where a vault of the Azure simulator on port ${main} listens,`;
  return `port ${port}${what} is in use; stop the program that uses it, or choose another with --port (npm run local: --azure-port)`;
};

/** Open ports: the main one and one for each vault. */
class Listeners {
  private readonly create: () => Server;
  private readonly open = new Map<number, readonly Server[]>();
  private turn: Promise<void> = Promise.resolve();

  constructor(certificate: { readonly cert: string; readonly key: string }, onRequest: RequestListener) {
    this.create = () => {
      const server = createServer(certificate, onRequest);
      // Node closes idle connections after 5 s, and a request that is sent at that moment fails. Azure's load balancers wait longer.
      server.keepAliveTimeout = idleTimeoutMs;
      return server;
    };
  }

  /** Opens missing ports and closes others. Changes are serialized. */
  keep(ports: readonly number[]): Promise<void> {
    const change = this.turn.then(() => this.change(ports));
    this.turn = change.catch(() => undefined);
    return change;
  }

  private async change(ports: readonly number[]): Promise<void> {
    for (const [port, servers] of this.open) {
      if (ports.includes(port)) continue;
      this.open.delete(port);
      await Promise.all(servers.map(close));
    }
    for (const port of ports) {
      if (!this.open.has(port)) this.open.set(port, await listen(this.create, port, inUse(port, ports[0])));
    }
  }
}

/** Options of the command line. */
export const AzureOptions = z.object({
  data: z.string(),
  /** Port of Azure Resource Manager; vault n listens on the port n above it. */
  port: z.coerce.number().int().min(1).max(65_000),
  /** Undefined: the state's value, which is `realistic` at first. */
  latency: LatencyName.optional(),
  /** Port of the sign-in page for browsers, over plain http. */
  'sign-in-port': z.coerce.number().int().min(1).max(65_535).optional(),
  /** Folder for full recordings of all exchanges, in one file for each process. */
  record: z.string().min(1).optional(),
  /** The seed gives the bot the role for storage accounts. */
  accounts: z.boolean().default(false),
  /** Turns on only these; undefined: leaves them as they were. */
  scenario: z.array(z.string()).optional(),
});
type AzureOptions = z.infer<typeof AzureOptions>;

/** Everything that a handler can read or change. `PUT /simulator/state` replaces `state` as a whole. */
const worldOf = (
  state: SimulatorState,
  file: StateFile,
  { data, port, accounts, 'sign-in-port': signInPort }: AzureOptions,
) => ({
  state,
  accounts,
  file,
  /** The current value in the state. */
  get latency(): Latency {
    const usual = latencies[this.state.latency];
    const { grantTakesMs } = this.state.settings;
    return grantTakesMs === null ? usual : { ...usual, propagation: grantTakesMs };
  },
  signingKey: new SigningKey(data),
  grants: new Map<string, Grant>(),
  /** It has its own file, because the state file is rewritten at every call. */
  vaultLog: new JsonLines(join(data, 'azure', 'vault-log.jsonl'), LogRow),
  requests: new JsonLines(join(data, 'azure', 'requests.jsonl'), RequestRecord),
  beforeStates: new BeforeStates(state),
  changes: new ChangeRecords(state),
  delays: new Delays(),
  /** Marks this process in revisions. */
  start: randomUUID(),
  graphIndex: newGraphIndex(),
  readReplica: newReadReplica(),
  graphPages: new GraphPages(),
  quotas: new Quotas(),
  /** Address of Azure Resource Manager, without a trailing slash. */
  url: `https://localhost:${port}`,
  port,
  /** Address of the sign-in page for browsers, if it has its own. */
  signInUrl: signInPort === undefined ? null : `http://localhost:${signInPort}`,
});
export type World = ReturnType<typeof worldOf>;

const openWorld = async (options: AzureOptions): Promise<World> => {
  const file = new StateFile(join(options.data, 'azure', 'state.json'));
  const scenarios = options.scenario === undefined ? undefined : scenariosNamed(options.scenario);
  const state: SimulatorState = file.load() ?? (await seedState(options.port, new Date(), options.accounts));
  moveToPort(state, options.port);
  if (options.latency !== undefined) changeLatency(state, options.latency, new Date());
  if (scenarios !== undefined) turnAllOff(state, new Date());
  for (const scenario of scenarios ?? []) turnOn(state, scenario);
  file.save(state);
  const world = worldOf(state, file, options);
  if (world.vaultLog.all().length === 0) logPast(state, world.vaultLog, new Date());
  return world;
};

class AzureServer {
  private readonly world: World;
  private readonly listeners: Listeners;
  private readonly recorder: ExchangeRecorder | null;

  constructor(world: World, certificate: CertificateAndKey, recorder: ExchangeRecorder | null) {
    this.world = world;
    this.recorder = recorder;
    this.listeners = new Listeners(certificate, this.onRequest);
  }

  readonly onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    this.serve(message, response).catch((error: unknown) => {
      console.error('Azure simulator: a request ended early', error);
      response.destroy();
    });
  };

  async listen(): Promise<void> {
    await this.listeners.keep([this.world.port, ...this.world.state.vaults.map((vault) => vault.port)]);
  }

  stop(): Promise<void> {
    return this.listeners.keep([]);
  }

  private async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = await readIncoming(message);
    if (incoming === null) return send(response, toSend(tooLarge));
    if (incoming.path.startsWith('/simulator/')) {
      if (this.applyDueChanges(new Date())) this.world.file.save(this.world.state);
      const answer = await serveSimulator(this.world, incoming);
      if (!isReading(incoming)) await this.keep();
      return send(response, toSend(answer));
    }
    await this.serveAzure(incoming, response);
  }

  /** Ends everything that is due before a request reads the state. Returns true if the state changed. */
  private applyDueChanges(now: Date): boolean {
    const { state, latency, changes } = this.world;
    const changed = [endDueOperations(state, latency, now), markLostKeys(state, now)].some(Boolean);
    this.followChanges(now);
    if (changed) changes.follow(state, null, now);
    return changed;
  }

  /** Updates everything that keeps earlier states. */
  private followChanges(now: Date): void {
    const { state, graphIndex, readReplica, beforeStates } = this.world;
    graphIndex.follow(state, now);
    readReplica.follow(state, now);
    beforeStates.follow(state);
  }

  private async keep(actor: ChangeActor | null = null): Promise<void> {
    const { state, vaultLog, changes, file } = this.world;
    logAgentCalls(state, vaultLog);
    this.followChanges(new Date());
    changes.follow(state, actor, new Date());
    file.save(state);
    await this.listen();
  }

  /** Writes state and request log to disk before it answers, so that a crash loses nothing that a client saw. */
  private async serveAzure(incoming: Incoming, response: ServerResponse): Promise<void> {
    const at = new Date();
    const fault = takeFault(this.world.state, incoming);
    if (fault?.late === true) response.destroy();
    if (fault?.delayMs !== undefined) await this.world.delays.wait(fault.delayMs);
    const trace = new AccessTrace();
    const changed = this.applyDueChanges(new Date());
    const answer = await this.answer(incoming, fault, trace);
    // Writing the state gets slower as it grows, and most calls only read.
    const { principalId } = trace;
    const sent = { at: at.toISOString(), method: incoming.method, url: incoming.sentUrl };
    const userAgent = headerOf(incoming, 'user-agent') ?? '';
    const actor = { principalId, userAgent, correlationId: correlationOf(sent) };
    if (changed || fault !== null || !isReading(incoming)) await this.keep(actor);
    this.world.requests.append({
      ...sent,
      status: fault?.drop === true ? 0 : answer.status,
      principalId,
      clientRequestId: headerOf(incoming, 'x-ms-client-request-id'),
      body: withoutSecrets(incoming.body),
      actions: [...trace.actions],
      dataActions: [...trace.dataActions],
      graphPermissions: [...trace.graphPermissions],
    });
    if (fault?.late === true || fault?.drop === true) return void response.destroy();
    const from = fault?.respond === undefined ? 'state' : 'fault';
    this.recorder?.append(incoming, toSend(answer), principalId, from);
    send(response, toSend(answer));
  }

  private answer(incoming: Incoming, fault: Fault | null, trace: AccessTrace): Reply | Promise<Reply> {
    const now = new Date();
    const canned = fault?.respond;
    if (canned !== undefined) return reply(canned.status, canned.body, canned.headers);
    return dispatch(this.world, underFault(this.world.state, incoming, fault), now, trace);
  }
}

const tooLarge = Refusal.of(413, 'RequestContentTooLarge', 'The request content is too large.').reply;

const headerOf = (incoming: Incoming, name: string): string | null => {
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : null;
};

/** Starts the Azure simulator on its data folder. Resolves when all ports are open. */
export const startLocalAzure = async (options: AzureOptions) => {
  const { data, record, 'sign-in-port': signInPort } = options;
  const certificate = await serverCertificate(data);
  const world = await openWorld(options);
  const server = new AzureServer(world, certificate, record === undefined ? null : new ExchangeRecorder(record));
  await server.listen();
  const signIn = signInPort === undefined ? [] : await openSignInListener(signInPort, server.onRequest);
  const stop = async (): Promise<void> => {
    await Promise.all(signIn.map(close));
    await server.stop();
  };
  return { url: world.url, stop };
};
