/** The guided tour: steps that perform what they describe. The only part of the page that knows this bot. */
import { api, type Json, type Session } from './api.ts';
import { address, announce, byId, fill, make, placeSlug } from './dom.ts';

type Where = { personId: string; placeId: string; hash: string };
/** `act` returns texts of the card that the step waits for, in that conversation, as that person. */
type Act = (where: Where, signal: AbortSignal) => Promise<string[]>;
type Step = [title: string, who: string, where: string, text: string, act: Act];

/** Keys of kv-hospital-keys for a new agent. The tour uses the first one that is usable. */
const keys = ['hospital-data', 'cmk-virtual-visit'];
const timeoutMs = 120_000;

/** Adds the guided tour. `button` starts it, and ends it at any time; `panel` shows the steps. */
export function guidedTour(button: HTMLElement, panel: HTMLElement, session: Session) {
  button.hidden = !session.azure;
  let taking: AbortController | undefined;
  let at = 0;
  let agent = '';
  let card = '';
  let request = '';

  async function whereIs(who: string, where: string): Promise<Where> {
    const person = session.people.find(({ name }) => name === who);
    const place = person && (await api.places(person.id)).find(({ name }) => name === where);
    if (!person || !place) throw new Error(`There is no ${who} in ${where} here.`);
    return { personId: person.id, placeId: place.id, hash: address(person, placeSlug(place)) };
  }
  const click = async (who: string, where: string, verb: string, inputs: Json) =>
    api.click({ personId: (await whereIs(who, where)).personId, activityId: card, verb, inputs });

  /** Creates an agent of its own, so that the tour works after anything else was tried. */
  async function ask(where: Where) {
    const { agents, vaults } = await api.azureState();
    agent = `tour-agent-${agents.length}`;
    await api.azurePortal(agent, 'create');
    const vault = vaults.find(({ name }: Json) => name === 'kv-hospital-keys');
    const key = keys.find((wanted) => {
      const { versions = [], deletedAt } = vault?.keys.find(({ name }: Json) => name === wanted) ?? {};
      return versions.at(-1)?.enabled && versions.at(-1).exp === null && deletedAt === null;
    });
    if (key === undefined) throw new Error('The tour has no usable key. First, reset Azure to its first state.');
    return say(where, `/enable-cmk ${agent} vault=kv-hospital-keys key=${key}`);
  }
  async function say({ personId, placeId }: Where, text: string) {
    const { conversationId } = await api.say({ personId, conversationId: placeId, text, alone: true });
    return [conversationId, '"form.submit"'];
  }
  async function submit() {
    const inputs = { justification: 'Patient data under our own key.', acknowledgeDataLoss: 'true' };
    const { body } = await click('Ana', 'Operations', 'form.submit', inputs);
    request = /CMK-[0-9A-Z]{6}/.exec(JSON.stringify(body))?.[0] ?? '';
    if (request === '') throw new Error('The request wasn’t submitted. The card says why.');
    return [request, '"request.approve"'];
  }
  async function approve() {
    await click('Ben', 'Approvals', 'request.approve', { acknowledgeIrreversible: 'true' });
    return [request, 'Verification level'];
  }
  async function drift() {
    await api.azurePortal(agent, 'remove-key');
    return [agent, 'Request repair'];
  }
  async function repair(where: Where, signal: AbortSignal) {
    await find(await say(where, `/repair-cmk ${agent}`), where, signal);
    const wanted = await submit();
    await find(wanted, await whereIs('Ben', 'Approvals'), signal);
    return approve();
  }
  const says = {
    request:
      'Ana, a requester, typed one line. The card shows what would change in Azure, in which order, and what can’t be undone. Nothing has changed yet. The next step submits it, with a reason.',
    approve:
      'You are Ben now, an approver. The card shows the change, its risks, and a checkbox for what can’t be undone. The next step approves.',
    verify:
      'The bot made the changes, and read each one back from Azure. The card says what is verified: configured, permitted, key tested. It also says what isn’t. Next, someone removes the key in the portal.',
    drift:
      'You are Olu now, the operator. The bot found that the key is gone, and who removed it, and notified you. It changes nothing by itself. The next step requests the repair and approves it.',
    repair: 'Ana requested the repair, and Ben approved it. The agent has its approved key again.',
    audit:
      'You are Ida now, the auditor. This channel has every event of a request. A hash chain protects the events. “Download evidence” on the request gives a pack, which src/audit/outside/verify.py verifies. To try more, use the panel on the right.',
  };
  const steps: Step[] = [
    ['Request', 'Ana', 'Operations', says.request, ask],
    ['Approve', 'Ben', 'Approvals', says.approve, submit],
    ['Verify', 'Ana', 'Operations', says.verify, approve],
    ['Drift', 'Olu', 'Operations', says.drift, drift],
    ['Repair', 'Ana', 'Operations', says.repair, repair],
    ['Audit', 'Ida', 'Audit', says.audit, async () => [request]],
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

  /** Waits for the newest card with these texts. */
  async function find(words: string[], { personId, placeId }: Where, signal: AbortSignal) {
    for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
      const seen = await api.activities(placeId, personId);
      signal.throwIfAborted();
      const has = (said: string) => words.every((word) => said.includes(word));
      card = seen.findLast((one) => one.from.role === 'bot' && has(JSON.stringify(one)))?.id ?? '';
      if (card !== '') return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error('The expected card didn’t appear in time. The terminal might say why.');
  }

  /** Highlights the card that was found, as soon as the page shows it. */
  async function mark(signal: AbortSignal) {
    const shown = () => byId('messages').querySelector(`[data-activity="${card}"]`);
    while (shown() === null && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 100));
    shown()?.classList.add('in-tour');
    shown()?.scrollIntoView({ block: 'start' });
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
      const wanted = await act(where, signal);
      location.hash = where.hash;
      await find(wanted, where, signal);
      await mark(signal);
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
