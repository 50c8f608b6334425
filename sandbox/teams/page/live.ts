import type { Activity } from './api.ts';
import { byId } from './dom.ts';

const againMs = 1_500;

export interface LiveUse {
  /** Called at each start of a connection: everything might have changed. */
  connected: () => void;
  activity: (activity: Activity) => void;
  removed: (id: string) => void;
  read: () => void;
}

/** Follows changes for one person until the returned function is called. Shows when the connection is lost. */
export function follow(personId: string, use: LiveUse) {
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
