/** The page: who one is, where one is, and what one writes. */
import { type Activity, api, type Person, type Place } from './api.ts';
import { azurePanel } from './azure.ts';
import { type ConversationUse, ShownConversation, teachCards } from './conversation.ts';
import { address, avatar, byId, fill, giveColours, make, personColour, placeSlug, readAddress } from './dom.ts';
import { guidedTour } from './tour.ts';

interface ComposeOptions {
  /** The author. */
  person: Person;
  /** For screen readers. */
  label: string;
  placeholder: string;
  /** Unsent text, and what stores it. */
  draft: string;
  keep: (text: string) => void;
  send: (text: string) => Promise<void>;
}

/** A compose box with the browser's own list of commands, framed in the author's color. */
function composer({ person, label, placeholder, draft, keep, send }: ComposeOptions) {
  const names = { 'aria-label': label, placeholder, list: 'commands', 'data-compose': true };
  const box = make('input', { type: 'text', autocomplete: 'off', maxlength: '28000', ...names });
  box.value = draft;
  const problem = make('p', { class: 'problem', role: 'alert' });
  box.addEventListener('input', () => keep(box.value));
  const submit = async (event: Event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (text === '') return;
    problem.textContent = '';
    box.value = '';
    keep('');
    try {
      await send(text);
    } catch (error) {
      box.value ||= text;
      keep(box.value);
      problem.textContent = `Not sent. ${error instanceof Error ? error.message : ''}`;
    }
  };
  const button = make('button', { class: 'plain filled send', type: 'submit' }, 'Send');
  const form = make('form', { class: 'box', onsubmit: submit }, avatar(person), box, button);
  return make('div', { class: 'composer' }, form, problem);
}

/** The end of a thread: opens a reply box, which is already open if it has a draft. */
function replyBox(label: string, options: ComposeOptions) {
  const element = make('details', { class: 'reply-box', open: options.draft !== '' });
  fill(element, make('summary', { class: 'link', 'aria-label': label }, 'Reply'));
  element.addEventListener('toggle', () => {
    if (element.querySelector('input') === null) element.append(composer(options));
    if (element.open && options.draft === '') element.querySelector('input')?.focus();
  });
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || element.querySelector('input')?.value) return;
    element.open = false;
    element.querySelector('summary')?.focus();
  });
  return element;
}

const againMs = 1_500;

interface LiveUse {
  /** Called at each start of a connection: everything might have changed. */
  connected: () => void;
  activity: (activity: Activity) => void;
  removed: (id: string) => void;
  read: () => void;
}

/** Follows changes for one person until the returned function is called. Shows when the connection is lost. */
function follow(personId: string, use: LiveUse) {
  let source: EventSource;
  let timer = 0;
  const open = () => {
    source = new EventSource(`/client/events?personId=${encodeURIComponent(personId)}`);
    const on = <T>(name: string, act: (data: T) => void) =>
      source.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on('hello', () => {
      lost(false);
      use.connected();
    });
    on('activity', use.activity);
    on<{ id: string }>('removed', ({ id }) => use.removed(id));
    on('read', use.read);
    source.onerror = () => {
      lost(true);
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, againMs);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

function lost(isLost: boolean) {
  byId('lost').hidden = !isLost;
}

/** The people to act as. The list keeps its order; the style sheet moves the current person to the top. */
function showPeople(people: readonly Person[], current: Person, choose: (person: Person) => void) {
  byId('app').style.setProperty('--me', personColour(current.id));
  const element = byId('people');
  const hadFocus = element.contains(document.activeElement);
  const choices = people.map((person) => choice(person, person === current, () => choose(person)));
  fill(element, make('p', { 'aria-hidden': 'true' }, 'Switch to'), ...choices);
  if (hadFocus) element.querySelector<HTMLElement>(':checked')?.focus();
}

function choice(person: Person, isCurrent: boolean, onchange: () => void) {
  const name = { 'aria-label': `${person.name}, ${person.role}` };
  return make(
    'label',
    { title: isCurrent ? `You act as ${person.name}` : `Act as ${person.name}`, 'data-person': person.id },
    make('input', { type: 'radio', name: 'person', class: 'unseen', checked: isCurrent, ...name, onchange }),
    avatar(person),
    make(
      'span',
      {},
      isCurrent && make('small', {}, 'You act as'),
      make('strong', {}, person.name),
      make('small', {}, person.role),
    ),
  );
}

const groups = [
  { kind: 'channel', name: 'Channels' },
  { kind: 'personal', name: 'Personal chat' },
  { kind: 'groupChat', name: 'Group chat' },
];

const placeTitle = (place: Place) => `${place.kind === 'channel' ? '# ' : ''}${place.name}`;

/** The list of places with unread counts. */
function showPlaces(places: readonly Place[], current: Place, href: (place: Place) => string) {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.place : undefined;
  const parts = groups.flatMap(({ kind, name }) => [
    make('h2', {}, name),
    make('ul', {}, ...places.filter((place) => place.kind === kind).map((place) => entry(place, current, href))),
  ]);
  fill(byId('places'), ...parts);
  byId('places').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (focused === undefined) return;
  const again = byId('places').querySelector(`[data-place="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

function entry(place: Place, current: Place, href: (place: Place) => string) {
  const isCurrent = place.id === current.id;
  const unread = !isCurrent && place.unread > 0;
  const count =
    unread && make('span', { class: 'count' }, String(place.unread), make('span', { class: 'unseen' }, ' new'));
  const link = make('a', { href: href(place), 'data-place': place.id }, placeTitle(place), ' ', count);
  if (isCurrent) link.setAttribute('aria-current', 'page');
  link.classList.toggle('unread', unread);
  return make('li', {}, link);
}

teachCards();

const session = await api.session();
giveColours(session.people);
const drafts = new Map<string, string>();

let person: Person | undefined;
let places: Place[] = [];
let place: Place | undefined;
let conversation: ShownConversation | undefined;
let unfollow = () => {};

let going = 0;
/** Opens what the address names; called at start and at each change. */
async function go() {
  const turn = ++going;
  const wanted = readAddress(session.people);
  const fresh = await api.places(wanted.person.id);
  if (turn !== going) return;
  const isOther = wanted.person !== person;
  person = wanted.person;
  places = fresh;
  if (isOther) unfollow();
  place = places.find((candidate) => placeSlug(candidate) === wanted.placeName) ?? places[0];
  if (place === undefined) return;
  drawFrame(person, place);
  conversation = new ShownConversation(byId('messages'), conversationUse(person, place));
  if (isOther) unfollow = follow(person.id, liveUse());
  else await load();
}

function drawFrame(me: Person, here: Place) {
  showPeople(session.people, me, (other) => {
    location.hash = address(other, placeSlug(here));
  });
  showPlaces(places, here, (other) => address(me, placeSlug(other)));
  document.title = `${placeTitle(here)}, ${me.name}`;
  byId('title').textContent = placeTitle(here);
  byId('topic').textContent = here.topic;
  byId('messages').setAttribute('aria-label', `Messages in ${here.name}`);
  const label = here.kind === 'channel' ? `New post in ${here.name}` : `Message to ${here.name}`;
  const options = { ...composing(me, here, here.id), label: `${label}, as ${me.name}`, placeholder: label };
  const line = make('p', { class: 'as' }, 'You write as ', make('b', {}, me.name), '. Type / for commands.');
  fill(byId('compose'), composer(options), line);
}

/** Options of all compose boxes. There is a draft for each person and thread. */
function composing(me: Person, here: Place, thread: string, rootId = '') {
  const key = `${me.id} ${thread}`;
  return {
    person: me,
    label: `Reply as ${me.name}`,
    placeholder: 'Reply',
    draft: drafts.get(key) ?? '',
    keep: (text: string) => void drafts.set(key, text),
    send: async (text: string) => {
      const reply = rootId === '' ? {} : { replyToId: rootId };
      // Only the bot sees a command that is selected after a slash, as in Teams.
      await api.say({ personId: me.id, conversationId: here.id, text, alone: text.startsWith('/'), ...reply });
      byId('messages').scrollTop = rootId === '' ? byId('messages').scrollHeight : byId('messages').scrollTop;
    },
  };
}

function conversationUse(me: Person, here: Place): ConversationUse {
  return {
    isChannel: here.kind === 'channel',
    empty: 'Nothing yet. Type / to see what the bot can do.',
    reply: (thread, rootId) => replyBox(`Reply to the thread, as ${me.name}`, composing(me, here, thread, rootId)),
    click: async (activity, { type, verb, data, inputs }) => {
      const click = { personId: me.id, activityId: activity.id, data, inputs };
      if (type === 'Action.Submit') await api.submit(click);
      else await api.click({ ...click, verb, invokeId: crypto.randomUUID() });
    },
    search: async (activity, input, query) => {
      const { body } = await api.search({ personId: me.id, activityId: activity.id, input, query });
      return body.value.results;
    },
  };
}

function liveUse(): LiveUse {
  return {
    connected: () => void load(),
    read: () => void refreshPlaces(),
    removed: (id) => conversation?.remove(id),
    activity: (activity) => {
      if (activity.local.placeId !== place?.id) return void refreshPlaces();
      conversation?.put(activity);
      if (activity.local.refreshIsDue) void load();
      else void markRead();
    },
  };
}

/** Loads the conversation, which also fetches the person's own views of cards. */
async function load() {
  const me = person;
  const here = place;
  const shown = conversation;
  if (me === undefined || here === undefined) return;
  const activities = await api.activities(here.id, me.id);
  if (shown !== conversation) return;
  conversation?.load(activities);
  await markRead();
  await refreshPlaces();
}

let listing = 0;
async function refreshPlaces() {
  const turn = ++listing;
  if (person === undefined) return;
  const fresh = await api.places(person.id);
  if (turn !== listing || place === undefined) return;
  places = fresh;
  const me = person;
  const here = place;
  showPlaces(places, here, (other) => address(me, placeSlug(other)));
}

let readUpTo = '';
async function markRead() {
  const activityId = conversation?.lastId();
  if (person === undefined || place === undefined || activityId === undefined || document.hidden) return;
  const mark = `${person.id} ${place.id} ${activityId}`;
  if (mark === readUpTo) return;
  readUpTo = mark;
  await api.read({ personId: person.id, conversationId: place.id, activityId });
}

window.addEventListener('hashchange', () => void go());
document.addEventListener('visibilitychange', () => void markRead());
const commands = await api.commands().catch(() => []);
const entries = [...commands, { title: `@${session.bot.name}`, description: 'Talk to the bot' }];
fill(byId('commands'), ...entries.map(({ title, description }) => make('option', { value: `${title} ` }, description)));
await go();
azurePanel(byId('azure'), byId('azure-toggle'), session.azure);
guidedTour(byId('tour-start'), byId('tour'), session);
