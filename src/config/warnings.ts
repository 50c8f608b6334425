/** What the configuration holds that somebody should know at every start, although it holds together. */
import { tagsNotVouchedFor } from '../domain/policy/policy.ts';
import { isLoopbackAddress } from '../domain/private-url.ts';
import type { Config } from './config.ts';

/** One sentence each, with what to do. */
export const configWarnings = (config: Config): readonly string[] => [
  ...tagWarnings(config),
  ...stepUpWarnings(config),
  ...edgeWarnings(config),
  ...anchorWarnings(config),
];

const stepUpWarnings = ({ server, stepUp }: Config): readonly string[] =>
  server.mode === 'production' && stepUp === null
    ? ['a click in Teams is enough to approve: a stolen Teams session can approve too. Set CMK_STEP_UP']
    : [];

const anchorWarnings = ({ server, anchor }: Config): readonly string[] =>
  server.mode === 'production' && anchor === null
    ? [
        'the record is published nowhere: what is cut off while no bot runs shows in nothing but an export. Set CMK_ANCHOR',
      ]
    : [];

/** Who reaches the port; nothing where it is as somebody said, and nobody else does. */
function edgeWarnings({ server: { mode, listen } }: Config): readonly string[] {
  if (mode === 'local') return [];
  if (listen === null) return ['only this machine is heard: set CMK_LISTEN where what ends TLS runs elsewhere'];
  if (isLoopbackAddress(listen)) return [];
  return ['other machines are heard, over plain http: let nothing reach the port but what ends TLS in front of it'];
}

/** Of rules that an older file may have meant otherwise. */
const tagWarnings = ({ policy }: Config): readonly string[] =>
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
