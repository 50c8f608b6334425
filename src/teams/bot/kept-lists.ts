/** What lists are about, kept so that their buttons carry an id and nothing else. */

import { FormId, mintFormId } from '../../domain/ids.ts';
import type { Documents } from '../../domain/ports/store.ts';
import type { ListSubject } from '../../operations/commands/command.ts';
import { ListSubject as Subject } from '../../operations/commands/command.ts';

export interface KeptLists {
  /** The id under which it is kept for days to come. */
  keep(subject: ListSubject): Promise<FormId>;
  /** Null: there is none under that id, or none any more. */
  read(id: string): Promise<{ readonly id: FormId; readonly subject: ListSubject } | null>;
}

export interface KeptListsOptions {
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly random: (bytes: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Who asks for the same list again within this time gets the id that it has: what would be written is there. Short against the
 * days after which the sweeper takes what nobody wrote.
 */
const sameIdMs = 3_600_000;
const mostRemembered = 1_000;

interface Remembered {
  readonly at: number;
  readonly id: Promise<FormId>;
}

export function openKeptLists({ documents, random, now }: KeptListsOptions): KeptLists {
  /** By what they are about; the one written longest ago comes first. */
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
      // A clock that was set back is as far from it as one that went on.
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
