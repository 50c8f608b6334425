import type { Incoming } from './incoming.ts';

/** POSTs that only ask: Resource Graph, Microsoft Graph, logs, tokens, and what a key is used for. */
const asking = [
  /\/providers\/Microsoft\.ResourceGraph\/resources$/i,
  /\/v1\.0\/users\/[^/]+\/check(Member|)(Groups|Objects)$/i,
  /^\/v1\/workspaces\/[^/]+\/query$/i,
  /\/oauth2\/v2\.0\/token$/i,
  /^\/keys\/.+\/(wrapkey|unwrapkey)$/i,
];

/** Whether nothing that is asked here changes the state. What time brings, and faults that are used up, are another matter. */
export const isReading = ({ method, path }: Pick<Incoming, 'method' | 'path'>): boolean =>
  method === 'GET' || method === 'HEAD' || (method === 'POST' && asking.some((one) => one.test(path)));
