/** Finds who must decide on a request: for the text of cards, for @mentions, and for cards in personal chats. */

import type { PersonId } from '../../domain/ids.ts';
import { type Policy, termsFor } from '../../domain/policy/policy.ts';
import type { Request } from '../../domain/request/request.ts';
import { approverWords, noApprovers } from '../../text/policy.ts';
import type { Addressee } from '../cards/plain-text.ts';
import { addressedOf, confirmedIn, named, type Source, type SourcesOptions, sourcesOf } from './addressees.ts';

/** Approvers without the requester and those who already approved. */
export interface AwaitedApprovers {
  /** `Approver, CMK approvers`: people, and groups by name. */
  readonly described: string;
  /** Who to mention: at most ten people. Others are named. */
  readonly addressed: readonly Addressee[];
  /** People that Teams knows and who can get posts in person, including members of groups. */
  readonly people: readonly PersonId[];
  readonly sources: readonly Source[];
}

export type Approvers = ReturnType<typeof openApprovers>;

export const timeoutMs = 10_000;
/** Shorter for a click, which must be answered within seconds. */
const clickMs = 1_500;

/**
 * Returns people in both lists. If a list is incomplete, returns all of `sources`: every click is still authorized
 * separately.
 */
function onlyAmong(sources: readonly Source[], others: readonly Source[]): readonly Source[] {
  if (others.some(({ everybody }) => everybody === null)) return sources;
  const may = new Set(others.flatMap(({ everybody }) => everybody ?? []));
  return sources
    .map((source) => ({ ...source, known: source.known.filter(({ id }) => may.has(id)) }))
    .filter(({ everybody }) => everybody === null || everybody.some((id) => may.has(id)));
}

export function openApprovers({ policy, ...tools }: SourcesOptions & { readonly policy: Policy }) {
  return {
    /** Never fails for the directory: without it, groups aren't named and their members aren't mentioned. */
    async of(request: Request, waiting?: 'click'): Promise<AwaitedApprovers> {
      const { approvers } = termsFor(policy, request.plan.observation.resource);
      if (approvers.some((ids) => ids.length === 0))
        return { described: noApprovers, addressed: [], people: [], sources: [] };
      const waitMs = waiting === undefined ? timeoutMs : clickMs;
      const exclude = [request.requester, ...request.approvals.map(({ by }) => by)];
      // The last list is that of the last tag rule that applies. The others only remove people who aren't in them too.
      const lists = await Promise.all(approvers.map((ids) => sourcesOf(tools, ids, exclude, waitMs)));
      const narrowed = lists.slice(0, -1).reduce(onlyAmong, lists.at(-1) ?? []);
      const sources = lists.length > 1 ? await named(tools.people, narrowed) : narrowed;
      return {
        described: approverWords(sources.map(({ name }) => name || null)),
        addressed: addressedOf(sources),
        people: confirmedIn(sources).map(({ id }) => id),
        sources,
      };
    },
  };
}
