/** What approvers wrote beside their approvals: shown wherever somebody decides on it, or reads what came of it. */
import type { Approval, Request } from '../../../domain/request/request.ts';
import type { Names } from '../../../words/names.ts';
import { grey, type Line } from '../data/row.ts';
import { bold, type CardText, joinText, md, plain, quoted } from '../plain-text.ts';

/** Under the row of an approval; nothing where nothing was written. */
export function commentLines({ comment, commentErased }: Omit<Approval, 'by' | 'at' | 'signIn'>): readonly Line[] {
  if (commentErased) return [grey(plain('The comment was erased.'))];
  return comment === null ? [] : [grey(quoted(comment))];
}

/** `**Approver:** “…”`, a paragraph each, where there are no rows for them. */
export const approvalComments = ({ approvals }: Request, names: Names): CardText =>
  joinText(
    approvals.flatMap(({ by, comment }) => (comment === null ? [] : [md`${bold(`${names(by)}:`)} ${quoted(comment)}`])),
    '\n\n',
  );
