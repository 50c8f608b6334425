// @ts-check
import { byId } from './dom.js';

const againMs = 1_500;

/**
 * @typedef {object} LiveUse
 * @property {() => void} connected called at each start of a connection: everything might have changed
 * @property {(activity: import('./api.js').Activity) => void} activity
 * @property {(id: string) => void} removed
 * @property {() => void} read
 */

/**
 * Follows changes for one person until the returned function is called. Shows when the connection is lost.
 * @param {string} personId
 * @param {LiveUse} use
 */
export function follow(personId, use) {
  /** @type {EventSource} */
  let source;
  let timer = 0;
  const open = () => {
    source = new EventSource(`/client/events?personId=${encodeURIComponent(personId)}`);
    const on = (/** @type {string} */ name, /** @type {(data: any) => void} */ act) =>
      source.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on('hello', () => {
      lost(false);
      use.connected();
    });
    on('activity', (activity) => use.activity(activity));
    on('removed', ({ id }) => use.removed(id));
    on('read', () => use.read());
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

function lost(/** @type {boolean} */ isLost) {
  byId('lost').hidden = !isLost;
}
