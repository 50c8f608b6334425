// @ts-check

/**
 * @typedef {{ id: string, memberId: string, name: string, role: string }} Person
 * @typedef {{ tenantId: string, bot: { id: string, name: string }, azure: boolean, people: Person[] }} Session
 * @typedef {{ id: string, kind: 'channel' | 'groupChat' | 'personal', name: string, topic: string, unread: number }} Place
 * @typedef {{ placeId: string, tone: 'message' | 'answer' | 'error', onlyYou: boolean, editedAt: string | null, ownView: boolean,
 *   refreshIsDue: boolean }} LocalFacts
 * @typedef {{ id: string, timestamp: string, text?: string, replyToId?: string, textFormat?: string, signIn?: { title: string, url: string },
 *   from: { id: string, name: string, role: string, aadObjectId?: string }, conversation: { id: string },
 *   attachments?: { contentType: string, content?: unknown }[], local: LocalFacts }} Activity
 * @typedef {{ title: string, description: string }} Command
 */

/** An error answer of a call; `status` is 0 without an answer. */
export class CallError extends Error {
  constructor(/** @type {number} */ status, /** @type {string} */ message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<{ status: number, body: any }>}
 */
async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(() => {
    throw new CallError(0, 'No answer. Is the sandbox still running?');
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function must(method, path, body) {
  const answer = await call(method, path, body);
  if (answer.status < 400) return answer.body;
  throw new CallError(answer.status, answer.body?.error?.message ?? `answered with ${answer.status}`);
}

const enc = encodeURIComponent;

/** All calls of the page to the Teams simulator: only `/client/…`. */
export const api = {
  /** @returns {Promise<Session>} */
  session: () => must('GET', '/client/session'),
  /** @returns {Promise<Command[]>} */
  commands: () => must('GET', '/client/commands'),
  /** @returns {Promise<Place[]>} */
  places: (/** @type {string} */ personId) => must('GET', `/client/conversations?personId=${enc(personId)}`),
  /** @returns {Promise<Activity[]>} */
  activities: (/** @type {string} */ placeId, /** @type {string} */ personId) =>
    must('GET', `/client/conversations/${enc(placeId)}/activities?personId=${enc(personId)}`),
  /** @returns {Promise<{ activityId: string, conversationId: string }>} */
  say: (
    /** @type {{ personId: string, conversationId: string, text: string, alone: boolean, replyToId?: string }} */ message,
  ) => must('POST', '/client/messages', message),
  read: (/** @type {{ personId: string, conversationId: string, activityId: string }} */ mark) =>
    must('POST', '/client/read', mark),
  /** Returns the bot's answer with any status. Its effect arrives as an event. */
  click: (/** @type {Record<string, unknown>} */ click) => call('POST', '/client/actions', click),
  submit: (/** @type {Record<string, unknown>} */ click) => must('POST', '/client/submits', click),
  search: (/** @type {Record<string, unknown>} */ search) => call('POST', '/client/search', search),
  azureState: () => must('GET', '/client/azure/state'),
  /** @returns {Promise<{ revision: string }>} */
  azureRevision: () => must('GET', '/client/azure/revision'),
  /** Returns the state before the latest change of the agent. */
  azureBefore: (/** @type {string} */ agent) => must('GET', `/client/azure/before?agent=${enc(agent)}`),
  azureRequests: (/** @type {number} */ last) => must('GET', `/client/azure/requests?last=${last}`),
  azureReset: () => must('DELETE', '/client/azure/state'),
  azureSetLatency: (/** @type {string} */ latency) => must('PUT', '/client/azure/latency', { latency }),
  azureScenarios: () => must('GET', '/client/azure/scenarios'),
  azureTurnOn: (/** @type {string} */ name) => must('POST', '/client/azure/scenarios', { names: [name] }),
  /** Turns off one scenario; without a name, all of them and all faults. */
  azureTurnOff: (/** @type {string} */ name = '') =>
    must('DELETE', `/client/azure/scenarios${name === '' ? '' : `?name=${enc(name)}`}`),
};
