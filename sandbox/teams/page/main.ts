import { api, type Person, type Place } from './api.ts';
import { azurePanel } from './azure-panel.ts';
import { composer, type Entry, replyBox } from './composer.ts';
import { type ConversationUse, ShownConversation } from './conversation.ts';
import { address, byId, fill, giveColours, make, placeSlug, readAddress } from './dom.ts';
import { follow, type LiveUse } from './live.ts';
import { teachCards } from './markdown.ts';
import { placeTitle, showPeople, showPlaces } from './people.ts';
import { guidedTour } from './tour.ts';
import { teachTypeahead } from './typeahead.ts';

const root = document.documentElement;

/** Sets up the button for light and dark theme. The browser stores the choice. */
function themeButton(button: HTMLElement) {
  const show = () => {
    button.textContent = root.dataset.theme === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to the ${root.dataset.theme === 'dark' ? 'light' : 'dark'} theme`);
  };
  show();
  button.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('local-teams-theme', root.dataset.theme);
    show();
  });
}

teachCards();
teachTypeahead();
themeButton(byId('theme'));

const session = await api.session();
giveColours(session.people);
let entries: Entry[] = [];
const drafts = new Map<string, string | undefined>();

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
  const { element } = composer(options);
  const line = make('p', { class: 'as' }, 'You write as ', make('b', {}, me.name), '. Type / for commands.');
  fill(byId('compose'), element, line);
}

/** Options of all compose boxes. There is a draft for each person and thread. */
function composing(me: Person, here: Place, thread: string, rootId = '') {
  const key = `${me.id} ${thread}`;
  return {
    person: me,
    label: `Reply as ${me.name}`,
    placeholder: 'Reply',
    entries: () => entries,
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
    reply: (thread, rootId) => {
      const key = `${me.id} ${thread}`;
      const draft = {
        get: () => drafts.get(key),
        set: (text: string | undefined) => void drafts.set(key, text),
      };
      const options = (text: string) => ({ ...composing(me, here, thread, rootId), draft: text });
      return replyBox(`Reply to the thread, as ${me.name}`, options, draft);
    },
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
  const [me, here, shown] = [person, place, conversation];
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
  const [me, here] = [person, place];
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

const mention = { title: `@${session.bot.name}`, description: 'Talk to the bot', insert: `@${session.bot.name} ` };
const loadCommands = async () => {
  const commands = await api.commands().catch(() => []);
  entries = [...commands.map(({ title, description }) => ({ title, description, insert: title })), mention];
};

window.addEventListener('hashchange', () => void go());
document.addEventListener('visibilitychange', () => void markRead());
await loadCommands();
await go();
azurePanel(byId('azure'), byId('azure-toggle'), session.azure);
guidedTour(byId('tour-start'), byId('tour'), session, api.places);
