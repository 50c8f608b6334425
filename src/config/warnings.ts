/** What the configuration holds that somebody should know at every start, although it holds together. */
import { tagsNotVouchedFor } from '../domain/policy/policy.ts';
import type { Config } from './config.ts';

/** One sentence each, with what to do. */
export const warningsOf = ({ policy }: Config): readonly string[] =>
  policy.tagRules.flatMap((rule) => {
    const free = tagsNotVouchedFor(rule, policy);
    if (free.length === 0) return [];
    const tags = `tag ${free.join(' or ')}`;
    return [
      `policy rule ${rule.name} holds for every agent of its other criteria, whatever ${tags} says: whoever asks may write tags. ` +
        `Before, it held only where the tag matched, and loosened what it left out or made less. ` +
        `Name tags in trustedTags that nobody who asks can write, or match by subscription, group or name`,
    ];
  });
