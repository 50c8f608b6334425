/** The Teams simulator as its routes use it: its state, its journal, and new posts. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { JsonLines } from '../json-lines.ts';
import type { LocalPerson } from '../people.ts';
import { botLink, type SignInButton } from './bot-link.ts';
import { apply, type Change, emptyState, type Post, ServedRequest, snapshot, type TeamsState } from './state.ts';

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
