/**
 * Links for downloading an evidence pack in a browser, because a bot can't send files in a channel.
 * A link is valid for ten minutes and one download. Permission is checked again when it is opened.
 */

import { z } from 'zod';
import type { Roles } from '../../authorization/role-checks.ts';
import { sha256 } from '../../domain/canonical-json.ts';
import { PersonId, RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import { type Actor, personActor, type StoredEvent } from '../../domain/request/events.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import { evidenceWords } from '../../text/pages.ts';
import { refusalWords } from '../../text/refusals.ts';
import { type PageAnswer, page } from './html.ts';
import { openSecretDocuments, type SecretDocumentTools } from './secret-documents.ts';
import type { BrowserPage } from './sign-in-pages.ts';

const Offer = z.object({ person: PersonId, requestId: RequestId });
type Offer = z.infer<typeof Offer>;

type EvidenceDownload =
  | { readonly kind: 'made'; readonly name: string; readonly archive: Buffer }
  | { readonly kind: 'not-published' | 'nowhere-published' }
  | Refusal;

interface EvidenceLinkOptions extends SecretDocumentTools {
  /** The bot's address for browsers, without a trailing slash. */
  readonly publicUrl: string;
  readonly tenantId: string;
  readonly signIn: string;
  readonly requests: Pick<Requests, 'load' | 'events'>;
  readonly rolesOf: (person: PersonId) => Promise<Roles | Refusal>;
  /** Creates the pack for the person. The same cause returns the same pack. */
  readonly take: (id: RequestId, actor: Actor, cause: string) => Promise<EvidenceDownload>;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export type EvidenceLinks = ReturnType<typeof openEvidenceLinks>;

export const evidencePath = '/evidence';
export const packPath = '/evidence/pack';

const over = page({ status: 410, tone: 'bad', ...evidenceWords.expired });

const notYet = page({ status: 503, tone: 'bad', ...evidenceWords.notReady });

const refusedPage = (refusal: Refusal): PageAnswer => {
  const { title, text } = refusalWords(refusal);
  return page({ status: 403, tone: 'bad', title, lines: [text] });
};

const download = ({ name, archive }: Extract<EvidenceDownload, { kind: 'made' }>): PageAnswer => ({
  status: 200,
  headers: {
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="${name}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
  body: archive,
});

const slotMs = 10 * 60_000;

/**
 * Returns the same cause within a fixed slot of ten minutes unless the request changes, so that one person's downloads
 * can't fill the audit log. Evidence doesn't change the request.
 */
function causeOf(person: PersonId, events: readonly StoredEvent[], now: Date): string {
  const last = events.findLast(({ body }) => body.type !== 'evidence-made')?.seq ?? 0;
  const slot = Math.floor(now.getTime() / slotMs);
  return `evidence:${sha256(`${person}/${last}/${slot}`).slice(0, 32)}`;
}

export function openEvidenceLinks(options: EvidenceLinkOptions) {
  const { publicUrl, tenantId, signIn, requests, rolesOf, take, now, log } = options;
  const offers = openSecretDocuments(options, 'evidence/offer', Offer);

  /** Shows a page first, so that link scanners don't consume the download. */
  async function start(query: URLSearchParams): Promise<PageAnswer> {
    const name = query.get('ask') ?? '';
    const offer = await offers.read(name);
    const request = offer === null ? null : await requests.load(offer.requestId);
    if (offer === null || request === null) return over;
    const roles = await rolesOf(offer.person);
    if (roles.kind === 'refused') return refusedPage(roles);
    return page({
      status: 200,
      tone: 'ask',
      ...evidenceWords.offer(request.id),
      facts: [['Resource', request.resourceName]],
      button: { title: 'Download', url: `${publicUrl}${packPath}?ask=${name}` },
    });
  }

  async function pack(query: URLSearchParams): Promise<PageAnswer> {
    const name = query.get('ask') ?? '';
    const offer = await offers.read(name);
    if (offer === null) return over;
    const { person, requestId } = offer;
    const roles = await rolesOf(person);
    if (roles.kind === 'refused') {
      log.warn({ requestId, person, code: roles.code }, 'the evidence pack was refused');
      return refusedPage(roles);
    }
    // Of two simultaneous calls, only one succeeds.
    if ((await offers.take(name)) === null) return over;
    const taken = await take(
      requestId,
      // Safe: the link identifies the person whose click created it, and others can't act through it.
      personActor(person, tenantId, signIn),
      causeOf(person, await requests.events(requestId), now()),
    );
    if (taken.kind === 'refused') return refusedPage(taken);
    if (taken.kind !== 'made') {
      log.warn({ requestId, person, why: taken.kind }, 'the evidence pack could not be created');
      return notYet;
    }
    log.info({ requestId, person }, 'the evidence pack was downloaded');
    return download(taken);
  }

  const link = { parameter: 'ask', isKnown: offers.has, unknown: over } as const;
  const pages: readonly BrowserPage[] = [
    { ...link, path: evidencePath, show: start },
    { ...link, path: packPath, show: pack },
  ];
  return {
    pages,
    offer: async (offer: Offer) => `${publicUrl}${evidencePath}?ask=${await offers.save(offer)}`,
  };
}
