/** Steps of the guided tour. The only part of the page that knows this bot: its commands and the verbs of its buttons. */
import { type Activity, api } from './api.ts';

type Where = { personId: string; placeId: string };
export type Stage = { go: (person: string, place: string) => Promise<Where>; signal: AbortSignal };
type Story = { request: string; agent: string; form: string };
export type Step = { title: string; text: string; next: string; act: (stage: Stage, story: Story) => Promise<string> };

/** Seeded agents, each with a vault and a key. The tour uses the first one that is still available. */
const wishes = [
  ['triage-agent-prod', 'kv-care-prod', 'cmk-triage-agent'],
  ['triage-agent-test', 'kv-hospital-keys', 'cmk-virtual-visit'],
  ['visitor-agent', 'kv-policy-keys', 'cmk-policy'],
];
const outage = 'azure-is-down';
const everyMs = 300;
const timeoutMs = 120_000;

/** Ends the step with a message for the user. */
export class TourProblem extends Error {}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until an activity matches, newest first. */
async function until({ signal }: Stage, where: Where, fits: (words: string, activity: Activity) => boolean) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(everyMs)) {
    signal.throwIfAborted();
    const seen = await api.activities(where.placeId, where.personId);
    const found = seen.findLast((one) => one.from.role === 'bot' && fits(JSON.stringify(one), one));
    if (found !== undefined) return found;
  }
  throw new TourProblem('The expected card didn’t appear in time. The terminal might say why.');
}

/** Sends a command and waits for the answer in its thread. */
async function asks(stage: Stage, where: Where, text: string, words: RegExp) {
  const { personId, placeId } = where;
  const { conversationId } = await api.say({ personId, conversationId: placeId, text, alone: true });
  return until(stage, where, (said, one) => one.conversation.id === conversationId && words.test(said));
}

async function ask(stage: Stage, story: Story) {
  const where = await stage.go('Requester', 'Operations');
  for (const [agent = '', vault, key] of wishes) {
    const line = `/enable-cmk ${agent} vault=${vault} key=${key}`;
    const card = await asks(stage, where, line, /"form\.(submit|switch)"|Check again|You can’t submit/);
    story.agent = agent;
    story.form = card.id;
    if (JSON.stringify(card).includes('"form.submit"')) return card.id;
  }
  throw new TourProblem(
    'Every agent of the tour already has its key. To start over, stop the sandbox and run: npm run local -- --reset',
  );
}

async function submit(stage: Stage, story: Story) {
  const asked = await stage.go('Requester', 'Operations');
  const inputs = { justification: 'Patient data under our own key before the audit.', acknowledgeDataLoss: 'true' };
  const { body } = await api.click({ personId: asked.personId, activityId: story.form, verb: 'form.submit', inputs });
  story.request = /CMK-[0-9A-Z]{6}/.exec(JSON.stringify(body))?.[0] ?? '';
  if (story.request === '') throw new TourProblem('The request wasn’t submitted. The card says why.');
  const where = await stage.go('Approver', 'Approvals');
  return (await until(stage, where, (said) => said.includes(story.request) && said.includes('"request.approve"'))).id;
}

async function approve(stage: Stage, { request }: Story) {
  for (const person of ['Approver', 'Second approver']) {
    const where = await stage.go(person, 'Approvals');
    const card = await until(stage, where, (said) => said.includes(request));
    if (!JSON.stringify(card).includes('"request.approve"')) break;
    const inputs = { acknowledgeIrreversible: 'true' };
    await api.click({ personId: where.personId, activityId: card.id, verb: 'request.approve', inputs });
  }
  const where = await stage.go('Requester', 'Operations');
  return (await until(stage, where, (said) => said.includes(request) && /Approved|Running|Succeeded/.test(said))).id;
}

async function breakAzure(stage: Stage, { request, agent }: Story) {
  const where = await stage.go('Requester', 'Operations');
  await until(stage, where, (said) => said.includes(request) && said.includes('Succeeded'));
  await api.azureTurnOn(outage);
  return (await asks(stage, where, `/rotate-cmk ${agent}`, /Azure didn’t answer/)).id;
}

async function verify(stage: Stage, { request }: Story) {
  await api.azureTurnOff(outage);
  const where = await stage.go('Requester', 'Operations');
  return (await until(stage, where, (said) => said.includes(request) && said.includes('Verification level'))).id;
}

async function audit(stage: Stage, { request }: Story) {
  const where = await stage.go('Approver', 'Audit');
  return (await until(stage, where, (said) => said.includes(request))).id;
}

export const tourSteps: readonly Step[] = [
  {
    title: 'Request',
    text: 'The requester typed one line. The card shows what would change in Azure, in which order, and what can’t be undone. Nothing has changed yet.',
    next: 'Next step submits it, with a reason.',
    act: ask,
  },
  {
    title: 'Approve',
    text: 'You are the approver now. The card shows the change, its risks, and a checkbox for what can’t be undone.',
    next: 'Next step approves.',
    act: submit,
  },
  {
    title: 'Watch',
    text: 'The bot makes the changes. A step is done only after the bot has read it back from Azure. The simulated Azure on the right shows the same.',
    next: 'Next step waits for the end, then turns Azure off.',
    act: approve,
  },
  {
    title: 'Break',
    text: 'Azure now answers 503, and the requester typed /rotate-cmk. The bot says that Azure didn’t answer, and that nothing was changed. “Try what goes wrong” on the right has more failures.',
    next: 'Next step turns Azure on again and shows the verification level.',
    act: breakAzure,
  },
  {
    title: 'Verify',
    text: 'The card says what is verified: configured, permitted, key tested. It also says what isn’t.',
    next: 'Next step goes to the audit channel.',
    act: verify,
  },
  {
    title: 'Audit',
    text: 'This channel has one line for each event of a request. A hash chain protects the events. Select “Download evidence” on the request to get a pack, and verify it with src/audit/outside/verify.py.',
    next: '',
    act: audit,
  },
];

/** Turns off the tour's failure, at whichever step the tour ended. */
export const mend = () => api.azureTurnOff(outage).catch(() => undefined);
