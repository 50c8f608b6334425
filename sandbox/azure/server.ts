import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { Delays } from '../faults.ts';
import { Refusal, type Reply, reply, send, toSend } from '../http.ts';
import { close } from '../loopback.ts';
import { type CertificateAndKey, serverCertificate } from './certificates.ts';
import { dispatch } from './dispatch.ts';
import { markLostKeys } from './health-bots/customer-key-check.ts';
import { endDueOperations } from './health-bots/operations.ts';
import { type Incoming, isReading, readIncoming } from './http/incoming.ts';
import { Quotas } from './http/quotas.ts';
import { AccessTrace } from './http/router.ts';
import { openSignInListener } from './identity/people/authorize.ts';
import { SigningKey } from './identity/tokens.ts';
import { purgeDue } from './key-vault/vaults.ts';
import { Listeners } from './listeners.ts';
import { LogRow } from './log-analytics/known-queries.ts';
import { logAgentCalls, logPast } from './log-analytics/write-rows.ts';
import { type ChangeActor, ChangeRecords } from './resource-graph/change-records.ts';
import { GraphPages } from './resource-graph/graph-pages.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { chosenScenarios, turnAllOff, turnOn } from './scenarios/scenarios.ts';
import { BeforeStates } from './simulator/before-states.ts';
import { ExchangeRecorder } from './simulator/exchange-recorder.ts';
import type { Fault } from './simulator/fault.ts';
import { takeFault, underFault } from './simulator/faults.ts';
import { RequestRecord, withoutSecrets } from './simulator/request-log.ts';
import { serveSimulator } from './simulator/simulator-api.ts';
import { JsonLines } from './state/json-lines.ts';
import { newGraphIndex, newReadReplica } from './state/lagging-view.ts';
import { LatencyName, latencies } from './state/latency.ts';
import type { SimulatorState } from './state/schema.ts';
import { seedState } from './state/seed.ts';
import { changeLatency, moveToPort, StateFile } from './state/state-file.ts';
import type { World } from './world.ts';

/** Throws for an unknown scenario. */
const namedScenarios = (names: readonly string[]): readonly Scenario[] => {
  const chosen = chosenScenarios(names);
  if (typeof chosen === 'string') throw new Error(chosen);
  return chosen;
};

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
  /** Turns on only these; undefined: leaves them as they were. */
  scenario: z.array(z.string()).optional(),
});
type AzureOptions = z.infer<typeof AzureOptions>;

const openWorld = async (options: AzureOptions): Promise<World> => {
  const inFolder = (name: string): string => join(options.data, 'azure', name);
  const file = new StateFile(inFolder('state.json'));
  const scenarios = options.scenario === undefined ? undefined : namedScenarios(options.scenario);
  const state: SimulatorState = file.load() ?? (await seedState(options.port, new Date()));
  moveToPort(state, options.port);
  if (options.latency !== undefined) changeLatency(state, options.latency, new Date());
  if (scenarios !== undefined) turnAllOff(state, new Date());
  for (const scenario of scenarios ?? []) turnOn(state, scenario);
  file.save(state);
  const { 'sign-in-port': signInPort } = options;
  const world: World = {
    state,
    file,
    get latency() {
      const usual = latencies[world.state.latency];
      const { grantTakesMs } = world.state.settings;
      return grantTakesMs === null ? usual : { ...usual, propagation: grantTakesMs };
    },
    signingKey: new SigningKey(options.data),
    grants: new Map(),
    vaultLog: new JsonLines(inFolder('vault-log.jsonl'), LogRow),
    requests: new JsonLines(inFolder('requests.jsonl'), RequestRecord),
    beforeStates: new BeforeStates(join(options.data, 'azure'), state),
    changes: new ChangeRecords(state),
    delays: new Delays(),
    start: randomUUID(),
    graphIndex: newGraphIndex(),
    readReplica: newReadReplica(),
    graphPages: new GraphPages(),
    quotas: new Quotas(),
    url: `https://localhost:${options.port}`,
    port: options.port,
    signInUrl: signInPort === undefined ? null : `http://localhost:${signInPort}`,
  };
  if (world.vaultLog.all().length === 0) logPast(world.state, world.vaultLog, new Date());
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
    const changed = [endDueOperations(state, latency, now), purgeDue(state, now), markLostKeys(state, now)].some(
      Boolean,
    );
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
    const actor = { principalId, userAgent: headerOf(incoming, 'user-agent') ?? '' };
    if (changed || fault !== null || !isReading(incoming)) await this.keep(actor);
    this.world.requests.append({
      at: at.toISOString(),
      method: incoming.method,
      url: incoming.sentUrl,
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
