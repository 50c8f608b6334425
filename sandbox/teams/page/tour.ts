import type { Place, Session } from './api.ts';
import { address, announce, byId, fill, make, placeSlug } from './dom.ts';
import { mend, type Stage, type Step, TourProblem, tourSteps } from './tour-steps.ts';

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
  button = make('button', { type: 'button', class: 'primary', onclick: () => void this.next() }, 'Next step');
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
