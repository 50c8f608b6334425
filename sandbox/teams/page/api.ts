/** The Azure simulator's state and other JSON without a schema here. */
// biome-ignore lint/suspicious/noExplicitAny: read as it is, like any script of a page
export type Json = Record<string, any>;

export type Person = { id: string; name: string; role: string };
export type Session = { bot: { name: string }; azure: boolean; people: Person[] };
export type Place = {
  id: string;
  kind: 'channel' | 'groupChat' | 'personal';
  name: string;
  topic: string;
  unread: number;
};
export type Command = { title: string; description: string };
export type Scenario = { name: string; title: string; does: string; on: boolean; left: number | null };
export type ScenarioGroup = { title: string; scenarios: Scenario[] };

export interface Activity {
  id: string;
  timestamp: string;
  text?: string;
  replyToId?: string;
  signIn?: { title: string; url: string };
  from: { name: string; role: string; aadObjectId?: string };
  conversation: { id: string };
  attachments?: { contentType: string; content?: Json }[];
  local: {
    placeId: string;
    tone: 'message' | 'answer' | 'error';
    onlyYou: boolean;
    editedAt: string | null;
    ownView: boolean;
    refreshIsDue: boolean;
  };
}

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(() => {
    throw new Error('No answer. Is the sandbox still running?');
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

async function must<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body);
  if (answer.status < 400) return answer.body as T;
  throw new Error(answer.body.error?.message ?? `answered with ${answer.status}`);
}

const enc = encodeURIComponent;

/** All calls of the page to the Teams simulator: only `/client/…`. */
export const api = {
  session: () => must<Session>('GET', '/client/session'),
  commands: () => must<Command[]>('GET', '/client/commands'),
  places: (personId: string) => must<Place[]>('GET', `/client/conversations?personId=${enc(personId)}`),
  activities: (placeId: string, personId: string) =>
    must<Activity[]>('GET', `/client/conversations/${enc(placeId)}/activities?personId=${enc(personId)}`),
  say: (message: { personId: string; conversationId: string; text: string; alone: boolean; replyToId?: string }) =>
    must<{ conversationId: string }>('POST', '/client/messages', message),
  read: (mark: { personId: string; conversationId: string; activityId: string }) => must('POST', '/client/read', mark),
  /** Returns the bot's answer with any status. Its effect arrives as an event. */
  click: (click: Json) => call('POST', '/client/actions', click),
  submit: (click: Json) => must('POST', '/client/submits', click),
  search: (search: Json) => call('POST', '/client/search', search),
  azureState: () => must('GET', '/client/azure/state'),
  azureRevision: () => must<{ revision: string }>('GET', '/client/azure/revision'),
  azurePortal: (agent: string, change: string) => must('POST', '/client/azure/portal', { agent, change }),
  azureReset: () => must('DELETE', '/client/azure/state'),
  azureSetLatency: (latency: string) => must('PUT', '/client/azure/latency', { latency }),
  azureScenarios: () => must<ScenarioGroup[]>('GET', '/client/azure/scenarios'),
  azureTurnOn: (name: string) => must('POST', '/client/azure/scenarios', { names: [name] }),
  /** Turns off one scenario; without a name, all of them and all faults. */
  azureTurnOff: (name = '') => must('DELETE', `/client/azure/scenarios${name === '' ? '' : `?name=${enc(name)}`}`),
};
