/** A policy of a random life, twice: in the words of the model, and as the product reads it from file and environment. */
import { policyFrom } from '../../../src/config/policy-file.ts';
import type { Power } from '../../../src/domain/control.ts';
import { asker, expiryMs, type Setting } from './moment-turns.ts';

/** `environment` is whoever asks's to write. `audience` is an operator's alone, where it is trusted. */
export interface Now {
  environment: string | null;
  audience: string | null;
  readonly groups: Map<string, Set<string>>;
  /** By who has power over the key. */
  readonly control: Map<string, Set<Power>>;
  address: string;
  clock: number;
}

/** The policy in the model's words: who counts, and how many are needed, whatever anybody but an operator wrote. */
export function allowed({ tagRules, trusted, base }: Setting, now: Now) {
  const holding = tagRules.filter(({ tag, value }) => {
    const vouched = trusted && tag === 'audience';
    if (!vouched || now.audience === null || value === '*') return true;
    return now.audience.toLowerCase() === value;
  });
  const inAll = (lists: readonly (string | undefined)[], who: string): boolean =>
    lists.every((one) => one === undefined || (now.groups.get(one)?.has(who) ?? false));
  const numbers = holding.map(({ approvalsRequired }) => approvalsRequired ?? 1);
  return {
    mayAsk: inAll([base.requesters, ...holding.map(({ requesters }) => requesters)], asker),
    mayApprove: (who: string) => inAll([base.approvers, ...holding.map(({ approvers }) => approvers)], who),
    // The plan protects a vault for good.
    needed:
      Math.max(base.approvalsRequired, ...numbers) +
      (holding.some(({ extraApprovalForIrreversible }) => extraApprovalForIrreversible) ? 1 : 0),
  };
}

/** The file and the environment, as the product reads them. */
export function policyOf({
  tagRules,
  trusted,
  base: { requesters, approvers, ...base },
  permits,
  requireNewKey,
}: Setting) {
  const names = tagRules.map(({ tag }) => tag);
  return policyFrom(
    {
      rules: tagRules.map(({ tag, value, requesters: asking, approvers: approving, ...rest }, n) => ({
        ...{ name: `rule ${n}`, match: { tags: { [tag]: [value] } }, ...rest },
        ...(asking && { requesters: [asking] }),
        ...(approving && { approvers: [approving] }),
      })),
      ...(trusted && names.includes('audience') ? { trustedTags: ['Audience'] } : {}),
    },
    {
      ...{ requesters: [requesters], approvers: [approvers], ...base, expiryMs, extraApprovalForIrreversible: false },
      ...{ vaults: permits ? [{}] : [{ names: ['kv-another'] }], requireNewKey },
    },
    null,
  );
}
