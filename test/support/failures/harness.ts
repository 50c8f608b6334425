import type { Scenario } from '../../../sandbox/azure/scenarios/scenario.ts';
import { scenariosNamed } from '../../../sandbox/azure/scenarios/scenarios.ts';
import { approversGroup, requestersGroup } from '../../../sandbox/people.ts';
import { openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import { codeOf, type Failure } from '../../../src/domain/failure.ts';
import { KeyVersion } from '../../../src/domain/ids.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { Azure } from '../../../src/domain/ports/azure.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { statusCard } from '../../../src/teams/cards/views/status-view.ts';
import { messageOf, sourceWords } from '../../../src/text/failures.ts';
import { remedyWords } from '../../../src/text/remedies.ts';
import { notCheckedWords, stepTable } from '../../../src/text/steps.ts';
import { waitingWords } from '../../../src/text/waiting.ts';
import { type ConnectChoices, connect, resourceRef, vaultId } from '../../contract/azure-setup.ts';
import { type AzureState, agentIn, type Change, newestIn } from '../azure/azure-state.ts';
import { changeState, http, type RunningAzure } from '../azure/local-azure.ts';
import { clientsOf } from '../azure/local-azure-clients.ts';
import { owner } from '../azure/local-azure-names.ts';
import { settles } from '../builders/commands.ts';
import { requester } from '../builders/fixtures.ts';
import { policyOf } from '../builders/policies.ts';
import { approvedRun } from '../builders/run-world.ts';
import { contextAt } from '../cards/card-readers.ts';
import { type Fault, wordsOf } from '../world/story.ts';

export const seeded = { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent', made: 'cmk-made' };
export const rotated = { agent: 'virtual-visit-agent', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };

export type AzureUnderRun = ReturnType<typeof azureUnderRun>;

const accepted = async (answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> => {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
};

export function azureUnderRun(running: RunningAzure) {
  const clients = clientsOf(running, owner);
  const state = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;
  return {
    running,
    turnOn: (...names: readonly string[]) =>
      accepted(http(running, 'POST', '/simulator/scenarios', { body: { names } })),
    allOff: () => accepted(http(running, 'DELETE', '/simulator/scenarios')),
    fault: (...faults: readonly Fault[]) => accepted(http(running, 'POST', '/simulator/faults', { body: faults })),
    change: (...changes: readonly Change[]) =>
      changeState(running, (now) => {
        for (const change of changes) change(now);
      }),
    state,
    /** Azure's official clients, as the owner of everything signs in with them. */
    owner: clients,
    /** The same without a client: `PUT` of what no client in use here writes. */
    async asOwner(method: string, path: string, body?: unknown): Promise<void> {
      const headers = { authorization: `Bearer ${await clients.token()}` };
      await accepted(http(running, method, path, { headers, ...(body === undefined ? {} : { body }) }));
    },
    /** The address of a vault's own, where its data is. */
    async vaultAddress(name: string): Promise<string> {
      const vault = (await state()).vaults.find((one) => one.name === name);
      return `https://localhost:${vault?.port}/`;
    },
  };
}

const kind = { type: 'RSA', size: 3072, expires: null };

const madeFor = (agent: string) => ({
  operation: 'enable-cmk',
  resource: resourceRef(agent),
  vaultId: vaultId(seeded.vault),
  keyName: seeded.made,
  keyVersion: null,
  newKey: kind,
});

type Make = (azure: AzureUnderRun) => Promise<unknown>;

const wishes = {
  /** Under an existing key. */
  enable: async (azure) => ({
    operation: 'enable-cmk',
    resource: resourceRef(seeded.agent),
    vaultId: vaultId(seeded.vault),
    keyName: seeded.key,
    keyVersion: newestIn(await azure.state(), seeded.vault, seeded.key).version,
    newKey: null,
  }),
  /** Under a key that the run makes, by way of Azure Resource Manager. */
  make: async () => madeFor(seeded.agent),
  /** The same of an agent that has identities of others’ making. */
  shared: async () => madeFor('visitor-agent'),
  /** To a version that the run makes, at the vault itself. */
  rotate: async (azure) => {
    const from = agentIn(await azure.state(), rotated.agent).content.keyVaultProperties;
    if (from === null) throw new Error('it is under no key');
    const { keyName, keyVaultUri: vaultUri, keyVersion } = from;
    const place = { vaultId: vaultId(rotated.vault), keyName };
    return {
      operation: 'rotate-cmk',
      resource: resourceRef(rotated.agent),
      from: { vaultUri, keyName, keyVersion },
      to: { way: 'new-version', ...place, after: KeyVersion.parse(keyVersion), make: kind },
    };
  },
} satisfies Record<string, Make>;
export type WishName = keyof typeof wishes;

export const keysOf = async (azure: AzureUnderRun, vault = seeded.vault) =>
  azure.owner.keys(await azure.vaultAddress(vault));

export const changing =
  (...changes: readonly Change[]) =>
  (azure: AzureUnderRun): Promise<void> =>
    azure.change(...changes);

export type Ends = 'continues' | 'needs attention';

type Do = (azure: AzureUnderRun, approved: Approved) => Promise<void>;

export interface FailureRow {
  /** A scenario's own sentence, or one like it. */
  readonly what: string;
  readonly scenario: string | null;
  readonly ends: Ends;
  /** Of the last failure; null: none came through to the run. */
  readonly code: string | null;
  /** The look before the first change, or a step. */
  readonly at: 'check' | StepName;
  /** Where the trouble begins, when that is earlier. */
  readonly from?: 'check' | StepName;
  readonly wish?: WishName;
  readonly bring: Do;
  /** Retry has to put it right by itself. */
  readonly retries?: true;
  readonly choices?: ConnectChoices;
  /** As much time as the run waits passes in Azure too. */
  readonly timePasses?: true;
}

export interface FailureGroup {
  readonly title: string;
  readonly rows: readonly FailureRow[];
}

function scenarioNamed(name: string): Scenario {
  const [scenario] = scenariosNamed([name]);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

type Given = Omit<FailureRow, 'what' | 'scenario' | 'bring'> & {
  /** In place of the scenario's own sentence. */
  readonly what?: string;
};
type At = FailureRow['at'];

/** Where the trouble is met, what of it comes through, and what else there is to the row. */
export const goesOn = (at: At, code: string | null = null, more: Partial<Given> = {}) =>
  ({ ...more, at, code, ends: 'continues' }) as const;
export const asks = (at: At, code: string | null, more: Partial<Given> = {}) =>
  ({ ...more, at, code, ends: 'needs attention' }) as const;

export const run = (what: string, bring: Do, row: Given): FailureRow => ({ ...row, what, scenario: null, bring });

/** A scenario, turned on when the run comes to a place. */
export const runUnder = (name: string, row: Given): FailureRow => ({
  ...run(row.what ?? scenarioNamed(name).does, (azure) => azure.turnOn(name), row),
  scenario: name,
});

/** As configured, but for the pauses between what one call repeats: how often it does is what counts. */
export const connected = (running: RunningAzure, choices: ConnectChoices = {}): Azure =>
  connect(running, { ...choices, limits: { firstRetryMs: 1, longestRetryMs: 10_000, ...choices.limits } });

export interface Met {
  readonly request: Request;
  /** What each try that failed ended with, in order. Of looks before the run only the last is kept. */
  readonly failures: readonly Failure[];
  readonly tries: number;
  /** Of waits between the tries. */
  readonly waitedMs: number;
}

const policyOfPeople = policyOf([], { requesters: [requestersGroup.id], approvers: [approversGroup.id] });

/** An approved request whose run has not begun, its clock at today. */
export async function approvedOn(running: RunningAzure, wished: StoredChangeSpec, choices: ConnectChoices = {}) {
  let ms = Date.now();
  let waited = 0;
  let current = connected(running, choices);
  const nowOf = (name: string) => ({ enumerable: true, get: () => Reflect.get(current, name) });
  /** The connection of this moment: a run goes on after `reconnect`. */
  const azure = Object.defineProperties(
    {} as Azure,
    Object.fromEntries(Object.keys(current).map((name) => [name, nowOf(name)])),
  );
  const roleStatuses = () => openRoleChecks(azure, policyOfPeople, { readers: [], operators: [], allowGuests: false });
  const {
    requests,
    drive: driveOn,
    load,
    send,
  } = await approvedRun(
    {
      azure,
      policy: policyOfPeople,
      approverStatus: (person, resource) => roleStatuses().approver(person, resource),
      requesterStatus: (person, resource) => roleStatuses().requester(person, resource),
      retryLimits: defaultRetryLimits,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: () => new Date(ms),
    },
    wished,
  );

  /** Goes through one run; `before` is called ahead of each turn, with what was waited so far. */
  const drive = async (
    run: number,
    before: (turn: string, waitedMs: number) => Promise<void>,
    at: At,
  ): Promise<Met> => {
    const start = waited;
    const first = requests.all().length;
    let looks = 0;
    await driveOn(run, {
      before: (turn) => {
        if (turn === 'check') looks += 1;
        return before(turn, waited - start);
      },
      after: () => undefined,
      permitted: (work) => work(),
      advance: (by) => {
        ms += by;
        waited += by;
      },
    });
    const failures: Failure[] = [];
    let tries = at === 'check' ? looks : 0;
    let stopped = null as Failure | null;
    for (const { body } of requests.all().slice(first)) {
      if (body.type === 'step-failed' && body.data.step === at) failures.push(body.data.failure);
      if ((body.type === 'step-failed' || body.type === 'step-done') && body.data.step === at) tries += 1;
      if (body.type === 'attention-needed' && at === 'check') stopped = body.data.failure;
    }
    return {
      request: await load(),
      failures: stopped === null ? failures : [stopped],
      tries,
      waitedMs: waited - start,
    };
  };

  return {
    drive,
    load,
    /** As a restart with other settings would. */
    reconnect: (anew: ConnectChoices = {}) => {
      current = connected(running, anew);
    },
    retry: async (): Promise<void> => {
      const { asking } = await load();
      await send(`click:retry:${asking}`, settles('retry', requester, { asking }));
    },
  };
}
export type Approved = Awaited<ReturnType<typeof approvedOn>>;

export interface RowOutcome {
  readonly by: string;
  readonly ends: Ends;
  readonly code: string | null;
  readonly says: string;
  readonly remedy: string;
  readonly tries: number;
  readonly waitedMs: number;
  readonly waiting: string;
  /** What the cards lack of these words; empty. */
  readonly unsaid: readonly string[];
}

/** Every word of the card that the requester sees. */
const cardOf = (request: Request): string =>
  wordsOf(statusCard(request, contextAt(request.changedAt, { kind: 'requester' }))).replaceAll('\\', '');

/** Time passes for grants that do not count yet. */
const pass = (azure: AzureUnderRun, ms: number): Promise<void> =>
  azure.change((state) => {
    for (const one of state.roleAssignments) {
      one.effectiveAt = new Date(Date.parse(one.effectiveAt) - ms).toISOString();
    }
    // A read shows the state of so long ago, which has passed.
    state.settings.readLagMs = Math.max(0, state.settings.readLagMs - ms);
  });

/** What a request that succeeded does not claim, of what it tries to. */
const notProved = (request: Request): string => {
  const left = request.state === 'succeeded' ? request.proofs.filter(({ outcome }) => outcome !== 'proved') : [];
  return left
    .filter(({ level }) => level === 'key-usable')
    .map(notCheckedWords)
    .join(' ');
};

const saysOf = (failure: Failure): string => (failure.source === 'bot' ? messageOf(failure) : sourceWords(failure));

async function driveUnder(azure: AzureUnderRun, row: FailureRow, approved: Approved) {
  const begins = row.from ?? row.at;
  let brought = false;
  let passed = 0;
  let waitingCard = '';
  const met = await approved.drive(
    1,
    async (turn, waitedMs) => {
      if (row.timePasses === true && waitedMs > passed) await pass(azure, waitedMs - passed);
      passed = waitedMs;
      const now = turn === 'intend' && waitedMs > 0 ? await approved.load() : null;
      if (now?.progress.some(({ state }) => state === 'waiting')) waitingCard = cardOf(now);
      if (brought || turn !== begins) return;
      brought = true;
      await row.bring(azure, approved);
    },
    row.at,
  );
  return { met, waitingCard };
}

const endsOf = ({ request }: Met): Ends => {
  if (request.state === 'succeeded') return 'continues';
  if (request.state === 'needs-attention') return 'needs attention';
  throw new Error(`it is ${request.state}`);
};

async function meetRun(azure: AzureUnderRun, row: FailureRow): Promise<RowOutcome> {
  const wished = StoredChangeSpec.parse(await wishes[row.wish ?? 'enable'](azure));
  const approved = await approvedOn(azure.running, wished, row.choices);
  const { met, waitingCard } = await driveUnder(azure, row, approved);
  const { failures, tries, waitedMs, request } = met;
  const ends = endsOf(met);
  const last = failures.at(-1) ?? null;
  const asks = ends === 'needs attention' && last !== null;
  const waited = asks ? failures.slice(0, -1) : failures;
  const waiting = row.at === 'check' ? [] : [...new Set(waited.map(waitingWords))];
  const shown = asks ? [saysOf(last), remedyWords(last)] : [notProved(request)];
  const lacks = (card: string, words: readonly string[]) => words.filter((one) => !card.includes(one));
  const unsaid = [...lacks(waitingCard, waiting.slice(-1)), ...lacks(cardOf(request), shown)];
  if (row.retries === true) {
    await approved.retry();
    const again = await approved.drive(2, async () => undefined, row.at);
    if (again.request.state !== 'succeeded') {
      throw new Error(
        `Retry: ${JSON.stringify(again.request.state === 'needs-attention' ? again.request.failure : again.request.state)}`,
      );
    }
  }
  return {
    by: row.at === 'check' ? 'the pre-run check' : stepTable[row.at].title,
    tries,
    waitedMs,
    ends,
    unsaid,
    code: last === null ? null : codeOf(last),
    waiting: waiting.join(' '),
    says: asks ? saysOf(last) : notProved(request),
    remedy: asks ? remedyWords(last) : '',
  };
}

/** Azure is put back afterwards. */
export async function meet(running: RunningAzure, row: FailureRow): Promise<RowOutcome> {
  const azure = azureUnderRun(running);
  const before = await azure.state();
  const putBack = async (): Promise<void> => {
    delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
    await azure.allOff();
    await http(running, 'PUT', '/simulator/state', { body: before });
  };
  return meetRun(azure, row).finally(putBack);
}
