/** The Azure simulator: opens its data folder, listens, and answers each request once all is saved. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { close, Refusal, type Reply, reply, send, toSend } from '../http.ts';
import { takeFault, underFault } from './active-faults.ts';
import { markLostKeys } from './agents/key-test.ts';
import { endDueOperations } from './agents/operations.ts';
import { type CertificateAndKey, serverCertificate } from './certificates.ts';
import { ExchangeRecorder } from './exchange-recorder.ts';
import type { Fault } from './fault.ts';
import { AccessTrace } from './http.ts';
import { openSignInListener } from './identity/sign-in-page.ts';
import { type Incoming, isReading, readIncoming } from './incoming.ts';
import { logAgentCalls, logPast } from './key-vault/vault-log.ts';
import { Listeners } from './listeners.ts';
import { correlationOf } from './logs/activity-log.ts';
import { dispatch } from './main-host.ts';
import { withoutSecrets } from './request-log.ts';
import type { ChangeActor } from './resource-graph/change-records.ts';
import { scenariosNamed, turnAllOff, turnOn } from './scenarios/scenarios.ts';
import { serveSimulator } from './simulator.ts';
import { changeLatency, moveToPort } from './state/port-and-latency.ts';
import type { SimulatorState } from './state/schema.ts';
import { seedState } from './state/seed.ts';
import { StateFile } from './state/state-file.ts';
import { type AzureOptions, type World, worldOf } from './world.ts';

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
