/** The last button of an ended request's card: downloads the evidence pack. */
import { z } from 'zod';
import { hasEnded, type Request } from '../../../domain/request/request.ts';
import type { AdaptiveCard } from '../render-card.ts';

export const evidenceVerb = 'request.evidence';

const evidenceRow = 'evidence';

/** `offered`: the log is published, and the bot has an address for browsers. */
export function withEvidence(card: AdaptiveCard, request: Request, offered: boolean): AdaptiveCard {
  if (!offered || !hasEnded(request)) return card;
  const data = { requestId: request.id, revision: request.asking };
  const button = { type: 'Action.Execute', title: 'Download evidence', verb: evidenceVerb, data };
  const row = { type: 'ActionSet', id: evidenceRow, spacing: 'Default', actions: [button] };
  return { ...card, body: [...card.body, row] };
}

const Row = z.looseObject({ type: z.string(), id: z.literal(evidenceRow), actions: z.array(z.looseObject({})) });

/** Adds a link for the person who clicked. The button remains, because the link works once. */
export function withDownload(card: AdaptiveCard, url: string): AdaptiveCard {
  const download = { type: 'Action.OpenUrl', title: 'Open the download', url };
  const body = card.body.map((element) => {
    const row = Row.safeParse(element).data;
    if (row === undefined) return element;
    const again = row.actions.map((action) => ({ ...action, title: 'Get new link' }));
    return { ...row, actions: [download, ...again] };
  });
  const text = 'The evidence pack is ready. The link works once, for you, for 10 minutes.';
  const note = { type: 'TextBlock', text, wrap: true, size: 'Small', isSubtle: true, spacing: 'Small' };
  return { ...card, body: [...body, note] };
}
