/** The guided tour. */
import { type Activity, api, type Place, type Session } from './api.ts';
import { address, announce, byId, fill, make, placeSlug } from './dom.ts';

// Steps of the guided tour. The only part of the page that knows this bot: its commands and the verbs of its
// buttons.

type Where = { personId: string; placeId: string };
type Stage = { go: (person: string, place: string) => Promise<Where>; signal: AbortSignal };
type Story = { request: string; agent: string; form: string };
type Step = { title: string; text: string; next: string; act: (stage: Stage, story: Story) => Promise<string> };

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
class TourProblem extends Error {}

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

const tourSteps: readonly Step[] = [
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
const mend = () => api.azureTurnOff(outage).catch(() => undefined);

const marked = 'in-tour';

/** Highlights a message once it is rendered, and scrolls to it. */
async function mark(activityId: string, signal: AbortSignal) {
  const find = () => byId('messages').querySelector(`[data-activity="${CSS.escape(activityId)}"]`);
  for (let looks = 0; looks < 100 && find() === null && !signal.aborted; looks += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (signal.aborted) return;
  find()?.classList.add(marked);
  find()?.scrollIntoView({ block: 'start' });
}

const unmark = () => {
  for (const one of document.querySelectorAll(`.${marked}`)) one.classList.remove(marked);
};

type PlacesOf = (personId: string) => Promise<readonly Place[]>;

/**
 * A tour of the product in six steps that really perform what they describe. It can be ended at any time. `button` starts it,
 * `panel` shows the steps.
 */
export function guidedTour(button: HTMLElement, panel: HTMLElement, session: Session, placesOf: PlacesOf) {
  button.hidden = !session.azure;
  let taking: AbortController | undefined;

  const leave = () => {
    taking?.abort();
    taking = undefined;
    unmark();
    panel.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    button.focus();
    void mend();
  };
  const start = () => {
    taking = new AbortController();
    button.setAttribute('aria-expanded', 'true');
    panel.hidden = false;
    void new Tour(panel, taking.signal, goTo(session, placesOf), leave).next();
  };
  button.addEventListener('click', () => (taking === undefined ? start() : leave()));
  panel.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') leave();
  });
}

const goTo = (session: Session, placesOf: PlacesOf) => async (name: string, placeName: string) => {
  const person = session.people.find((one) => one.name === name);
  const places = person === undefined ? [] : await placesOf(person.id);
  const place = places.find((one) => one.name === placeName);
  if (person === undefined || place === undefined) throw new TourProblem(`There is no ${name} in ${placeName} here.`);
  location.hash = address(person, placeSlug(place));
  return { personId: person.id, placeId: place.id };
};

class Tour {
  title = make('h2', { tabindex: '-1' });
  text = make('p');
  /** It keeps the focus while it waits, so it is never disabled. */
  button = make('button', { type: 'button', class: 'plain filled', onclick: () => void this.next() }, 'Next step');
  hint = make('span');
  stage: Stage;
  leave: () => void;
  at = -1;
  isBusy = false;
  story = { request: '', agent: '', form: '' };

  constructor(panel: HTMLElement, signal: AbortSignal, go: Stage['go'], leave: () => void) {
    this.stage = { go, signal };
    this.leave = leave;
    const out = make('button', { type: 'button', class: 'plain', onclick: leave }, 'Leave the tour');
    fill(panel, this.title, this.text, make('div', { class: 'tour-buttons' }, this.button, out, this.hint));
  }

  async next() {
    if (this.isBusy) return;
    const step = tourSteps[this.at + 1];
    if (step === undefined) return this.leave();
    this.busy(true, step.title);
    unmark();
    try {
      const activityId = await step.act(this.stage, this.story);
      this.at += 1;
      await mark(activityId, this.stage.signal);
      this.tell(step);
    } catch (error) {
      if (this.stage.signal.aborted) return;
      this.text.textContent = error instanceof TourProblem ? error.message : `The step failed: ${error}`;
      this.hint.textContent = '';
      announce(this.text.textContent);
    } finally {
      this.busy(false, '');
    }
  }

  tell({ title, text, next }: Step) {
    const isLast = this.at === tourSteps.length - 1;
    this.title.textContent = `${this.at + 1} of ${tourSteps.length}: ${title}`;
    this.text.textContent = text;
    this.button.textContent = isLast ? 'Done' : 'Next step';
    this.hint.textContent = next;
    announce(`${this.title.textContent}. ${text}`);
    if (this.at === 0) this.title.focus({ preventScroll: true });
  }

  busy(isBusy: boolean, title: string) {
    this.isBusy = isBusy;
    this.button.setAttribute('aria-disabled', String(isBusy));
    if (!isBusy) return;
    this.title.textContent = `${this.at + 2} of ${tourSteps.length}: ${title}`;
    this.text.textContent = 'In progress. See the messages below.';
    this.hint.textContent = '';
  }
}
