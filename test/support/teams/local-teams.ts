import { z } from 'zod';
import { startListening } from '../processes/child-program.ts';

/** Local Teams as a child process, and people who use it. */

const SeenActivity = z.looseObject({
  id: z.string(),
  type: z.string(),
  text: z.string().optional(),
  replyToId: z.string().optional(),
  from: z.looseObject({ id: z.string(), name: z.string(), role: z.string() }),
  conversation: z.looseObject({ id: z.string() }),
  attachments: z.array(z.looseObject({ contentType: z.string(), content: z.unknown().optional() })).optional(),
  local: z.object({
    placeId: z.string(),
    tone: z.enum(['message', 'answer', 'error']),
    onlyYou: z.boolean(),
    editedAt: z.string().nullable(),
    ownView: z.boolean(),
    refreshIsDue: z.boolean(),
  }),
});
/** An activity as one person sees it. */
export type SeenActivity = z.infer<typeof SeenActivity>;

/** What changed since the last look; `ids` is everything that is there. */
const Changed = z.object({ upTo: z.string(), ids: z.array(z.string()), changed: z.array(SeenActivity) });

const Said = z.object({ activityId: z.string(), conversationId: z.string() });

/** How often a card may be found without the view it owes its reader. */
export const mostUnsettled = 40;

/** What the bot answered: its HTTP status and body as they came. */
export interface BotAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type JsonObject = Record<string, unknown>;

export interface TeamsClient {
  readonly url: string;
  say(personId: string, conversationId: string, text: string, replyToId?: string): Promise<z.infer<typeof Said>>;
  /** For the bot alone, as a command that is chosen behind a slash. */
  sayAlone(personId: string, conversationId: string, text: string): Promise<z.infer<typeof Said>>;
  click(
    personId: string,
    activityId: string,
    verb: string,
    more?: { readonly data?: JsonObject; readonly inputs?: JsonObject; readonly invokeId?: string },
  ): Promise<BotAnswer>;
  activities(conversationId: string, personId: string): Promise<SeenActivity[]>;
  /** Looks again and again until an activity fits; fails after `timeoutMs` (default a minute) with what is there. */
  sees(
    conversationId: string,
    personId: string,
    fits: (activity: SeenActivity) => boolean,
    timeoutMs?: number,
  ): Promise<SeenActivity>;
  /** Any call to local Teams; the body is JSON. */
  call(method: string, path: string, body?: unknown): Promise<BotAnswer>;
}

interface LocalTeamsOptions {
  readonly dataDir: string;
  readonly botUrl: string;
  readonly port?: number;
  readonly azureUrl?: string;
  readonly azureCaFile?: string;
  readonly manifestFile?: string;
  readonly start?: typeof startListening;
}

export type LocalTeamsProcess = Awaited<ReturnType<typeof startLocalTeams>>;

/** Starts local Teams as a child process; by default on a free port. */
export async function startLocalTeams({
  dataDir,
  botUrl,
  port = 0,
  start = startListening,
  ...more
}: LocalTeamsOptions) {
  const optional = { 'azure-url': more.azureUrl, 'azure-ca': more.azureCaFile, manifest: more.manifestFile };
  const flags = Object.entries({ data: dataDir, port: String(port), 'bot-url': botUrl, ...optional });
  const args = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const { url, stop, kill } = await start('local-teams', args, 'Teams simulator');
  return { url, client: teamsClient(url), stop, kill };
}

/** People acting in a local Teams that already runs at this address. */
export function teamsClient(url: string): TeamsClient {
  const call = (method: string, path: string, body?: unknown) => callJson(url, method, path, body);
  /** Where each activity stands, as far as somebody looked. */
  const placeOf = new Map<string, string>();
  const look = looker(call);
  const activities = async (conversationId: string, personId: string) => {
    const path = `/client/conversations/${encodeURIComponent(conversationId)}/activities?personId=${personId}`;
    const seen = await look(path);
    for (const { id } of seen) placeOf.set(id, conversationId);
    return seen;
  };
  /** Whoever clicks does so on their own view: one that is still on its way would send what stood there before. */
  const settled = async (personId: string, activityId: string): Promise<void> => {
    const place = placeOf.get(activityId);
    for (let looks = 1; place !== undefined && looks <= mostUnsettled; looks += 1) {
      const shown = (await activities(place, personId)).find(({ id }) => id === activityId);
      if (shown === undefined || !shown.local.refreshIsDue) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return {
    url,
    call,
    activities,
    say: async (personId, conversationId, text, replyToId) =>
      Said.parse(succeeded(await call('POST', '/client/messages', { personId, conversationId, text, replyToId }))),
    sayAlone: async (personId, conversationId, text) =>
      Said.parse(succeeded(await call('POST', '/client/messages', { personId, conversationId, text, alone: true }))),
    click: async (personId, activityId, verb, more) => {
      // Who says what is sent means those very words.
      if (more?.data === undefined) await settled(personId, activityId);
      return call('POST', '/client/actions', { personId, activityId, verb, ...more });
    },
    sees: async (conversationId, personId, fits, timeoutMs = 60_000) => {
      const until = Date.now() + timeoutMs;
      for (let unsettled = 0; ; ) {
        const seen = await activities(conversationId, personId);
        const found = seen.find(fits);
        // A card that was updated while somebody loaded their own view of it shows everybody's once more.
        if (found !== undefined && (!found.local.refreshIsDue || unsettled === mostUnsettled)) return found;
        if (found !== undefined) unsettled += 1;
        if (Date.now() > until)
          throw new Error(`not seen in ${conversationId}:\n${seen.map(activityText).join('\n---\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

/**
 * Stories look again and again until something has happened: only what changed since is asked for and read, and what did not
 * change is the same object as before.
 */
function looker(call: TeamsClient['call']): (path: string) => Promise<SeenActivity[]> {
  const known = new Map<string, { upTo: string; readonly byId: Map<string, SeenActivity> }>();
  return async (path) => {
    const before = known.get(path) ?? { upTo: '', byId: new Map<string, SeenActivity>() };
    const { upTo, ids, changed } = Changed.parse(succeeded(await call('GET', `${path}&after=${before.upTo}`)));
    const byId = new Map([...before.byId, ...changed.map((one) => [one.id, one] as const)]);
    known.set(path, { upTo, byId });
    return ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  };
}

async function callJson(url: string, method: string, path: string, body: unknown): Promise<BotAnswer> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

function succeeded(answer: BotAnswer): unknown {
  if (answer.status >= 400) throw new Error(`local teams: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export function cardOf(activity: SeenActivity): JsonObject | undefined {
  const card = activity.attachments?.find((each) => each.contentType === 'application/vnd.microsoft.card.adaptive');
  return isObject(card?.content) ? card.content : undefined;
}

const activityText = (activity: SeenActivity): string =>
  `${activity.from.name}${activity.local.onlyYou ? ' (only you)' : ''}: ${activity.text ?? ''}${cardText(activity)}`;

/**
 * All text of a card that is visible before anything is unfolded, in reading order, a line an element: buttons as `[Title]`, ticks as
 * `[x] title`, inputs with their label and value. `{ folded: true }` reads what is hidden as well.
 */
export function cardText(activity: SeenActivity, options: { readonly folded?: boolean } = {}): string {
  if (options.folded === true) return lines(cardOf(activity), true).join('\n');
  const text = texts.get(activity) ?? lines(cardOf(activity), false).join('\n');
  texts.set(activity, text);
  return text;
}
/** Whoever waits for a card reads all that are there, each time. */
const texts = new WeakMap<SeenActivity, string>();

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function lines(node: unknown, folded: boolean): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => lines(item, folded));
  if (!isObject(node) || (node.isVisible === false && !folded)) return [];
  return [...ownLines(node), ...children.flatMap((key) => lines(node[key], folded))].map(plain);
}

const children = ['body', 'items', 'columns', 'rows', 'cells', 'inlines', 'facts', 'inlineAction', 'actions', 'card'];

function ownLines(node: JsonObject): string[] {
  const said = (key: string): string[] => (typeof node[key] === 'string' && node[key] !== '' ? [node[key]] : []);
  const type = typeof node.type === 'string' ? node.type : '';
  if (type.startsWith('Action.')) return said('title').map((title) => `[${title}]`);
  if (type === 'Icon')
    return /^Chevron/.test(String(node.name)) || !isObject(node.fallback) ? [] : ownLines(node.fallback);
  if (type === 'Input.Toggle')
    return said('title').map((title) => `[${node.value === (node.valueOn ?? 'true') ? 'x' : ' '}] ${title}`);
  if (type === 'Input.ChoiceSet') return [...said('label'), ...chosen(node)];
  if (type.startsWith('Input.')) return [...said('label'), ...said('value')];
  if (type === '' && typeof node.title === 'string') return [`${node.title}: ${String(node.value ?? '')}`];
  return [...said('text'), ...said('codeSnippet')];
}

function chosen(input: JsonObject): string[] {
  const choices = Array.isArray(input.choices) ? input.choices.filter(isObject) : [];
  const match = choices.find((choice) => choice.value === input.value);
  const shown = match?.title ?? input.value ?? '';
  return shown === '' ? [] : [String(shown)];
}

/** Without markdown's stars; dates and times in UTC, so that a transcript is the same everywhere. */
export function plain(text: string): string {
  return text
    .replaceAll('**', '')
    .replace(/\{\{DATE\((\S+?)(?:,\s*\w+)?\)\}\}/g, (_, date: string) => date.slice(0, 10))
    .replace(/\{\{TIME\((\S+?)\)\}\}/g, (_, time: string) => time.slice(11, 16));
}
