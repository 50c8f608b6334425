/** Stores what a list shows, so that its buttons carry only an ID. */

import { FormId, mintFormId } from '../../domain/ids.ts';
import type { Documents } from '../../domain/ports/store.ts';
import type { ListSubject } from '../../operations/commands/command.ts';
import { ListSubject as Subject } from '../../operations/commands/command.ts';

interface ListStore {
  /** Stores the subject for some days and returns its ID. */
  keep(subject: ListSubject): Promise<FormId>;
  /** Null: unknown or deleted. */
  read(id: string): Promise<{ readonly id: FormId; readonly subject: ListSubject } | null>;
}

export interface ListStoreOptions {
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly random: (bytes: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * The same list within this time gets the same ID, so nothing is written. Short compared with the days after which
 * unused documents are deleted.
 */
const sameIdMs = 3_600_000;
const mostRemembered = 1_000;

interface Remembered {
  readonly at: number;
  readonly id: Promise<FormId>;
}

export function openListStore({ documents, random, now }: ListStoreOptions): ListStore {
  /** By subject; least recently written first. */
  const written = new Map<string, Remembered>();

  async function write(subject: ListSubject): Promise<FormId> {
    const id = mintFormId(random(10));
    await documents.write({ [`list/${id}`]: { subject, eTag: '' } });
    return id;
  }

  return {
    keep(subject) {
      const [about, at] = [JSON.stringify(subject), now().getTime()];
      const before = written.get(about);
      // Absolute, in case the clock was set back.
      if (before !== undefined && Math.abs(at - before.at) < sameIdMs) return before.id;
      const id = write(subject);
      written.delete(about);
      written.set(about, { at, id });
      id.catch(() => written.delete(about));
      const [oldest] = written.keys();
      if (written.size > mostRemembered && oldest !== undefined) written.delete(oldest);
      return id;
    },
    async read(id) {
      const listId = FormId.safeParse(id).data;
      if (listId === undefined) return null;
      const stored = (await documents.read([`list/${listId}`]))[`list/${listId}`];
      const subject = Subject.safeParse(stored?.subject).data;
      return subject === undefined ? null : { id: listId, subject };
    },
  };
}
