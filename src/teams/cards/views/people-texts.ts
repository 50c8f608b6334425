/** People's texts about a request, with what they did. Shown to those who decide and those who see the result. */

import type { PersonId } from '../../../domain/ids.ts';
import type { People } from '../../../domain/ports/store.ts';
import type { Comment, Request } from '../../../domain/request/request.ts';
import { isBlank } from '../../../domain/strings.ts';
import { moreWords } from '../../../text/lists.ts';
import type { Names } from '../../../text/words.ts';
import { bold, type CardText, joinText, md, plain, quoted } from '../plain-text.ts';
import { grey, type Line } from '../row.ts';

export function commentLines({ comment, commentErased }: Comment): readonly Line[] {
  if (commentErased) return [grey(plain('The comment was erased.'))];
  return comment === null ? [] : [grey(quoted(comment))];
}

/** `**Approver** rejected it: “…”` */
function did(who: string, what: string, { comment, commentErased }: Comment): CardText {
  const said = md`${bold(who)} ${plain(what)}`;
  if (commentErased) return md`${said}. What they wrote was erased.`;
  return comment === null ? md`${said}.` : md`${said}: ${quoted(comment)}`;
}

const endings = { rejected: 'rejected it', cancelled: 'canceled it', failed: 'ended it' } as const;

/** Returns how a person ended it, with their text; empty if it didn't end this way. */
export function endedBy(request: Request, names: Names): CardText[] {
  if ('ended' in request) return [did(names(request.ended.by), endings[request.state], request.ended)];
  return request.state === 'expired' ? [plain('No one decided in time.')] : [];
}

/** A text of a card holds 8,000 characters. */
const longestApprovals = 4_000;

export function peopleTexts(request: Request, names: Names): CardText {
  const { justification, requester, approvals } = request;
  const asked = { comment: justification, commentErased: justification === null };
  let length = 0;
  const shown = approvals
    .map((approval) => did(names(approval.by), 'approved', approval))
    .filter((text) => {
      length += text.length;
      return length <= longestApprovals;
    });
  const rest = approvals.length - shown.length;
  return joinText(
    [
      did(names(requester), 'requested it', asked),
      ...shown,
      ...(rest === 0 ? [] : [plain(moreWords(rest, false))]),
      ...endedBy(request, names),
    ],
    '\n\n',
  );
}

export interface Directory {
  names(ids: readonly PersonId[]): Promise<Names>;
}

export const openDirectory = (people: Pick<People, 'among'>): Directory => ({
  async names(ids) {
    const known = await people.among([...new Set(ids)]);
    const found = new Map(known.filter(({ name }) => !isBlank(name)).map(({ id, name }) => [id, name]));
    return (id) => (id === null ? 'An operator' : (found.get(id) ?? 'Someone'));
  },
});
