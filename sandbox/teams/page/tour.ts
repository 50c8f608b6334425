/** The guided tour: steps that perform what they describe. The only part of the page that knows this bot. */
import { api, type Json, type Session } from './api.ts';
import { address, announce, byId, fill, make, placeSlug } from './dom.ts';

type Where = { personId: string; placeId: string; hash: string };
/** `act` returns texts of the card that the step waits for, in that conversation, as that person. */
type Step = [title: string, who: string, where: string, text: string, act: (where: Where) => Promise<string[]>];

/** Seeded agents, each with a vault and a key. The tour uses the first one without a key of its own. */
const wishes = [
  ['triage-agent-test', 'kv-hospital-keys', 'cmk-virtual-visit'],
  ['triage-agent-prod', 'kv-care-prod', 'cmk-triage-agent'],
  ['visitor-agent', 'kv-policy-keys', 'cmk-policy'],
  ['ward-agent', 'kv-care-north', 'cmk-north'],
];
const allTaken = 'Every agent of the tour has a key. To start over, stop the sandbox and run: npm run local -- --reset';
const timeoutMs = 120_000;

/** Adds the guided tour. `button` starts it, and ends it at any time; `panel` shows the steps. */
export function guidedTour(button: HTMLElement, panel: HTMLElement, session: Session) {
  button.hidden = !session.azure;
  let taking: AbortController | undefined;
  let at = 0;
  let [card, request] = ['', ''];

  async function whereIs(who: string, where: string): Promise<Where> {
    const person = session.people.find(({ name }) => name === who);
    const place = person && (await api.places(person.id)).find(({ name }) => name === where);
    if (!person || !place) throw new Error(`There is no ${who} in ${where} here.`);
    return { personId: person.id, placeId: place.id, hash: address(person, placeSlug(place)) };
  }
  const click = async (who: string, where: string, verb: string, inputs: Json) =>
    api.click({ personId: (await whereIs(who, where)).personId, activityId: card, verb, inputs });

  async function ask({ personId, placeId }: Where) {
    const { agents } = await api.azureState();
    const isFree = (name?: string) => agents.some((one: Json) => one.name === name && !one.content.keyVaultProperties);
    const [agent, vault, key] = wishes.find(([name]) => isFree(name)) ?? [];
    if (agent === undefined) throw new Error(allTaken);
    const text = `/enable-cmk ${agent} vault=${vault} key=${key}`;
    const { conversationId } = await api.say({ personId, conversationId: placeId, text, alone: true });
    return [conversationId, '"form.submit"'];
  }
  async function submit() {
    const inputs = { justification: 'Patient data under our own key before the audit.', acknowledgeDataLoss: 'true' };
    const { body } = await click('Ana', 'Operations', 'form.submit', inputs);
    request = /CMK-[0-9A-Z]{6}/.exec(JSON.stringify(body))?.[0] ?? '';
    if (request === '') throw new Error('The request wasn’t submitted. The card says why.');
    return [request, '"request.approve"'];
  }
  async function approve() {
    await click('Ben', 'Approvals', 'request.approve', { acknowledgeIrreversible: 'true' });
    return [request, 'Verification level'];
  }
  const says = {
    request:
      'The requester typed one line. The card shows what would change in Azure, in which order, and what can’t be undone. Nothing has changed yet. The next step submits it, with a reason.',
    approve:
      'You are the approver now. The card shows the change, its risks, and a checkbox for what can’t be undone. The next step approves.',
    verify:
      'The bot made the changes, and read each one back from Azure. The card says what is verified: configured, permitted, key tested. It also says what isn’t.',
    audit:
      'This channel has one line for each event of a request. A hash chain protects the events. “Download evidence” on the request gives a pack, which src/audit/outside/verify.py verifies. “Try what goes wrong” on the right has failures of Azure.',
  };
  const steps: Step[] = [
    ['Request', 'Ana', 'Operations', says.request, ask],
    ['Approve', 'Ben', 'Approvals', says.approve, submit],
    ['Verify', 'Ana', 'Operations', says.verify, approve],
    ['Audit', 'Ben', 'Audit', says.audit, async () => [request]],
  ];

  const title = make('h2', { tabindex: '-1' });
  const text = make('p');
  /** It keeps the focus while it waits, so it is never disabled. */
  const forward = make('button', { type: 'button', class: 'plain filled', onclick: () => void next() });
  const tell = (words: string, isBusy: boolean) => {
    fill(title, `${at} of ${steps.length}: ${steps[at - 1]?.[0]}`);
    fill(text, words);
    fill(forward, at === steps.length ? 'Done' : 'Next step');
    forward.setAttribute('aria-disabled', String(isBusy));
    if (!isBusy) announce(`${title.textContent}. ${words}`);
  };
  const unmark = () => document.querySelector('.in-tour')?.classList.remove('in-tour');

  /** Waits for the newest card with these texts, and highlights it. */
  async function mark(words: string[], { personId, placeId }: Where, signal: AbortSignal) {
    for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
      const seen = await api.activities(placeId, personId);
      signal.throwIfAborted();
      const has = (said: string) => words.every((word) => said.includes(word));
      card = seen.findLast((one) => one.from.role === 'bot' && has(JSON.stringify(one)))?.id ?? '';
      const message = byId('messages').querySelector(`[data-activity="${card}"]`);
      message?.classList.add('in-tour');
      message?.scrollIntoView({ block: 'start' });
      if (message) return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error('The expected card didn’t appear in time. The terminal might say why.');
  }

  async function next() {
    const step = steps[at];
    if (taking === undefined || forward.getAttribute('aria-disabled') === 'true') return;
    if (step === undefined) return toggle();
    const { signal } = taking;
    const [, who, place, words, act] = step;
    at += 1;
    unmark();
    tell('In progress. See the messages below.', true);
    try {
      const where = await whereIs(who, place);
      const wanted = await act(where);
      location.hash = where.hash;
      await mark(wanted, where, signal);
      tell(words, false);
      if (at === 1) title.focus({ preventScroll: true });
    } catch (error) {
      if (signal.aborted) return;
      tell(error instanceof Error ? error.message : String(error), false);
      at -= 1;
    }
  }

  /** Starts the tour, or ends it. */
  function toggle() {
    taking?.abort();
    taking = taking === undefined ? new AbortController() : undefined;
    at = 0;
    unmark();
    panel.hidden = taking === undefined;
    button.setAttribute('aria-expanded', String(taking !== undefined));
    button.textContent = taking === undefined ? 'Guided tour' : 'Leave the tour';
    forward.setAttribute('aria-disabled', 'false');
    if (taking === undefined) button.focus();
    else void next();
  }
  fill(panel, title, text, forward);
  button.addEventListener('click', toggle);
}
