/** The Teams simulator as its routes use it: places, members, and who sees what. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { JsonLines } from '../azure/state/files.ts';
import { Refusal } from '../http.ts';
import { type LocalPerson, localPeople, localTenantId } from '../people.ts';
import { botLink, type SignInButton } from './bot-link.ts';
import { cardOf, refreshesFor, withCard } from './cards.ts';
import {
  apply,
  type Change,
  emptyState,
  type JsonObject,
  type Post,
  pair,
  ServedRequest,
  snapshot,
  type TeamsState,
} from './state.ts';

const Line = z.array(z.custom<Change>(Array.isArray));

const toLine = (changes: readonly Change[]): string => `${JSON.stringify(changes)}\n`;

/** Returns the changes of a journal. Leaves out a partial last line: that write was killed before its answer. */
function readJournal(file: string): Change[] {
  const lines = (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').slice(0, -1);
  return lines.flatMap((line, index) => {
    try {
      return Line.parse(JSON.parse(line));
    } catch {
      throw new Error(`reading ${file}: line ${index + 1} is not a change; start with an empty data folder`);
    }
  });
}

export interface LocalTeamsOptions {
  /** The data folder: the journal is in `teams/` below it. */
  readonly data: string;
  /** 0 uses a free port. */
  readonly port: number;
  /** The bot's messaging endpoint, for example `http://127.0.0.1:3978/api/messages`. */
  readonly 'bot-url': string;
  /** The bot's app ID. */
  readonly 'bot-id': string;
  readonly 'azure-url'?: string | undefined;
  readonly 'azure-ca'?: string | undefined;
  /** The app manifest whose command lists fill the `/` menu. */
  readonly manifest?: string | undefined;
}

/** The context that all parts of the Teams simulator share. */
export interface Teams {
  readonly options: LocalTeamsOptions;
  /** This server's address for the bot, set when it listens. */
  serviceUrl: string;
  readonly bot: { readonly id: string; readonly name: string };
  readonly botLink: ReturnType<typeof botLink>;
  readonly state: TeamsState;
  readonly requests: JsonLines<ServedRequest>;
  readonly nextId: () => string;
  /** Stores the changes, then applies them. Nothing is answered before it is stored. */
  commit(changes: readonly Change[]): void;
  /** Calls the listener after each commit until the returned function is called. */
  onCommit(listener: (changes: readonly Change[]) => void): () => void;
}

const botName = 'CMK bot';

/** Replaces the journal by the shortest one that folds to the same state. */
function compact(journal: string, state: TeamsState): void {
  const lines = snapshot(state).map((change) => toLine([change]));
  writeFileSync(`${journal}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${journal}.new`, journal);
}

/** Opens the state of a data folder. Leaves its journal unchanged until the first commit, when the port is bound. */
export function openTeams(options: LocalTeamsOptions): Teams {
  const folder = join(options.data, 'teams');
  mkdirSync(folder, { recursive: true });
  const journal = join(folder, 'journal.jsonl');
  const state = emptyState();
  for (const change of readJournal(journal)) apply(state, change);
  let isCompact = false;
  const listeners = new Set<(changes: readonly Change[]) => void>();
  return {
    options,
    serviceUrl: '',
    bot: { id: `28:${options['bot-id']}`, name: botName },
    botLink: botLink(options['bot-url']),
    state,
    requests: new JsonLines(join(folder, 'requests.jsonl'), ServedRequest),
    nextId: messageIds([...state.posts.keys()].at(-1)),
    commit: (group) => {
      if (!isCompact) compact(journal, state);
      isCompact = true;
      // One line, so that a kill leaves all changes or none.
      appendFileSync(journal, toLine(group), { mode: 0o600 });
      for (const change of group) apply(state, change);
      for (const listener of listeners) listener(group);
    },
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Stores a new post; by default a message that everyone in its place sees. */
export function storePost(
  teams: Teams,
  post: Pick<Post, 'conversationId' | 'placeId' | 'author' | 'content'> & Partial<Post>,
): Post {
  const usual = { editedAt: null, replyToId: null, onlyFor: null, tone: 'message' } as const;
  const whole: Post = { id: post.id ?? teams.nextId(), at: new Date().toISOString(), ...usual, ...post };
  teams.commit([['posts', whole.id, whole]]);
  return whole;
}

/** Shows one person a text about a message: the answer to a click or an error, optionally with a sign-in button. */
export function showAnswer(
  teams: Teams,
  person: LocalPerson,
  about: Post,
  tone: 'answer' | 'error',
  text: string,
  signIn: SignInButton | null = null,
): void {
  const { conversationId, placeId, id: replyToId } = about;
  const content = { text, ...(signIn === null ? {} : { signIn }) };
  storePost(teams, { conversationId, placeId, author: 'bot', replyToId, onlyFor: person.id, tone, content });
}

/** Returns message IDs as in Teams: milliseconds since 1970 as text. Unique and increasing, also across restarts. */
function messageIds(highestSoFar: string | undefined): () => string {
  let last = Number(highestSoFar ?? 0);
  return () => {
    last = Math.max(Date.now(), last + 1);
    return String(last);
  };
}

/** A conversation: a channel of the team, the group chat, or a person's chat with the bot. */
export interface Place {
  readonly id: string;
  readonly kind: 'channel' | 'groupChat' | 'personal';
  readonly name: string;
  readonly topic: string;
  readonly memberIds: readonly string[];
}

/** The team. Its ID is that of its first channel, as General's is in Teams. */
export const team = {
  id: '19:operations@thread.tacv2',
  name: 'Care platform',
  aadGroupId: '70000000-0000-4000-8000-000000000001',
  tenantId: localTenantId,
};

const everyone = localPeople.map((person) => person.id);

const place = (id: string, kind: Place['kind'], name: string, topic: string, memberIds = everyone): Place => ({
  id,
  kind,
  name,
  topic,
  memberIds,
});

export const places: readonly Place[] = [
  place(team.id, 'channel', 'Operations', 'Requests are made here'),
  place('19:approvals@thread.tacv2', 'channel', 'Approvals', 'Requests that wait for a decision'),
  place('19:audit@thread.tacv2', 'channel', 'Audit', 'What happened, in order'),
  place('19:group@thread.v2', 'groupChat', 'Group chat', 'Everyone and the bot'),
  ...localPeople.map(({ id }) => place(`a:${id}`, 'personal', 'CMK bot', 'Only you and the bot', [id])),
];

/** A parsed conversation ID. In a channel, `root` is the ID of the post that started the thread. */
export interface Conversation {
  readonly place: Place;
  readonly root: string | null;
}

/** Parses `19:…@thread.tacv2;messageid=…` or a plain ID; undefined for an unknown place. */
export function conversationOf(conversationId: string): Conversation | undefined {
  const [placeId = '', messageId] = conversationId.split(';messageid=');
  const place = places.find((candidate) => candidate.id === placeId);
  if (place === undefined || (messageId !== undefined && place.kind !== 'channel')) return undefined;
  return { place, root: messageId ?? null };
}

export const threadId = (place: Place, root: string): string => `${place.id};messageid=${root}`;

/** Returns a person's ID as bots see it. */
export const memberIdOf = (personId: string): string => `29:${personId}`;

export function findPerson(id: string): LocalPerson | undefined {
  const personId = id.startsWith('29:') ? id.slice(3) : id;
  return localPeople.find((person) => person.id === personId);
}

/** Returns a member as the Connector's roster calls do. */
export function memberAccount(person: LocalPerson) {
  const [givenName = person.name, ...rest] = person.name.split(' ');
  return {
    id: memberIdOf(person.id),
    name: person.name,
    aadObjectId: person.id,
    objectId: person.id,
    givenName,
    surname: rest.join(' '),
    email: person.email,
    userPrincipalName: person.email,
    tenantId: person.homeTenantId,
    userRole: person.homeTenantId === localTenantId ? 'user' : 'guest',
  };
}

// What one person can see.

export function knownPerson(id: string): LocalPerson {
  const person = findPerson(id);
  if (person === undefined) throw Refusal.of(404, 'PersonNotFound', `no person ${id}`);
  return person;
}

/** Returns the conversation, if it exists and the person is a member. */
export function conversationFor(person: LocalPerson, conversationId: string): Conversation {
  const conversation = conversationOf(conversationId);
  if (conversation === undefined) throw Refusal.of(404, 'ConversationNotFound', `no conversation ${conversationId}`);
  if (!conversation.place.memberIds.includes(person.id))
    throw Refusal.of(403, 'NotAMember', `${person.name} is not in ${conversationId}`);
  return conversation;
}

export function canSee(post: Post, person: LocalPerson): boolean {
  const inPlace = conversationOf(post.conversationId)?.place.memberIds.includes(person.id) ?? false;
  return inPlace && (post.onlyFor === null || post.onlyFor === person.id);
}

/** Returns the post, if it exists and the person can see it. */
export function postFor(teams: Teams, person: LocalPerson, activityId: string): Post {
  const post = teams.state.posts.get(activityId);
  if (post === undefined || !canSee(post, person))
    throw Refusal.of(404, 'ActivityNotFound', `${person.name} sees no activity ${activityId}`);
  return post;
}

export const viewOf = (teams: Teams, post: Post, person: LocalPerson): JsonObject | undefined =>
  teams.state.views.get(pair(post.id, person.id));

/** Returns true if loading this post requests the person's own view: the person is listed and has none since the last update. */
export function refreshIsDue(teams: Teams, post: Post, person: LocalPerson): boolean {
  const card = cardOf(post.content);
  return card !== undefined && viewOf(teams, post, person) === undefined && refreshesFor(card, memberIdOf(person.id));
}

/**
 * Returns a post as an activity, as this person sees it.
 * `local` has what a client shows next to the message: if only this person sees it, if it answers a click, when it was
 * edited, if the person's view differs from the others', and if a refresh is due.
 */
export function activityFor(teams: Teams, post: Post, person: LocalPerson): JsonObject {
  const view = viewOf(teams, post, person);
  return {
    ...(view === undefined ? post.content : withCard(post.content, view)),
    type: 'message',
    id: post.id,
    timestamp: post.at,
    channelId: 'msteams',
    from: authorAccount(teams, post.author),
    conversation: { id: post.conversationId },
    ...(post.replyToId === null ? {} : { replyToId: post.replyToId }),
    local: {
      placeId: post.placeId,
      tone: post.tone,
      onlyYou: post.onlyFor !== null,
      editedAt: post.editedAt,
      ownView: view !== undefined && JSON.stringify(view) !== JSON.stringify(cardOf(post.content)),
      refreshIsDue: refreshIsDue(teams, post, person),
    },
  };
}

function authorAccount(teams: Teams, author: string): JsonObject {
  const person = findPerson(author);
  if (person === undefined) return { ...teams.bot, role: 'bot' };
  return { id: memberIdOf(person.id), name: person.name, aadObjectId: person.id, role: 'user' };
}

/** Returns everything that the person sees in a place or, with a thread's ID, in that thread; oldest first. */
export function visiblePosts(teams: Teams, person: LocalPerson, conversationId: string): Post[] {
  const { place, root } = conversationFor(person, conversationId);
  return [...teams.state.posts.values()].filter(
    (post) =>
      (root === null ? post.placeId === place.id : post.conversationId === conversationId) && canSee(post, person),
  );
}

/** Counts messages of others since the person last read the place. Updates don't count, as in Teams. */
export function unreadCount(teams: Teams, person: LocalPerson, placeId: string): number {
  const upTo = Number(teams.state.reads.get(pair(placeId, person.id)) ?? 0);
  return visiblePosts(teams, person, placeId).filter(
    (post) => post.tone === 'message' && post.author !== person.id && Number(post.id) > upTo,
  ).length;
}
