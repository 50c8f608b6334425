/** What people wrote about a request, with what they did: shown wherever somebody decides on it, or reads what came of it. */
import type { Comment, Request } from '../../../domain/request/request.ts';
import type { Names } from '../../../text/names.ts';
import { grey, type Line } from '../data/row.ts';
import { bold, type CardText, joinText, md, plain, quoted } from '../plain-text.ts';

/** Under the row of an approval; nothing where nothing was written. */
export function commentLines({ comment, commentErased }: Comment): readonly Line[] {
  if (commentErased) return [grey(plain('The comment was erased.'))];
  return comment === null ? [] : [grey(quoted(comment))];
}

/** `**Approver** rejected it: “…”` */
function did(who: string, what: string, { comment, commentErased }: Comment): CardText {
  const said = md`${bold(who)} ${plain<string>(what)}`;
  if (commentErased) return md`${said}. What they wrote was erased.`;
  return comment === null ? md`${said}.` : md`${said}: ${quoted(comment)}`;
}

/** How a person ended it, in their own words where there are any; empty where nobody did. */
export function endedBy(request: Request, names: Names): CardText[] {
  switch (request.state) {
    case 'rejected':
      return [did(names(request.ended.by), 'rejected it', request.ended)];
    case 'cancelled':
      return [did(names(request.ended.by), 'canceled it', request.ended)];
    case 'failed':
      return [did(names(request.ended.by), 'ended it', request.ended)];
    case 'expired':
      return [plain('No one decided in time.')];
    case 'awaiting-approval':
    case 'approved':
    case 'running':
    case 'needs-attention':
    case 'succeeded':
      return [];
  }
}

/** Who asked and why, who approved with which words, and how it was ended: a paragraph each, in the order of their happening. */
export function saidOf(request: Request, names: Names): CardText {
  const { justification, requester, approvals } = request;
  const asked = { comment: justification, commentErased: justification === null };
  return joinText(
    [
      did(names(requester), 'asked', asked),
      ...approvals.map((approval) => did(names(approval.by), 'approved', approval)),
      ...endedBy(request, names),
    ],
    '\n\n',
  );
}
