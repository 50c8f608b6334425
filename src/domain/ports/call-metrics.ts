/** What the HTTP edge counts of the calls it gets. */

/** One call, once it is answered. */
export interface Call {
  readonly type: CallType;
  readonly status: number;
  /** Why it did not reach the bot; null when it did. */
  readonly reason: string | null;
}

const types = [
  'message',
  'conversationUpdate',
  'installationUpdate',
  'adaptiveCard/action',
  'application/search',
] as const;
/** `unread`: refused before it was known what it is. `other`: nothing the bot answers. */
type CallType = (typeof types)[number] | 'unread' | 'other';

/** An invoke is known by its name. Clients make up the rest, so it is not told apart. */
export const callType = ({ type, name }: { readonly type: string; readonly name?: string | undefined }): CallType =>
  types.find((one) => one === (type === 'invoke' ? name : type)) ?? 'other';

export interface CallMetrics {
  count(call: Call): void;
  readonly contentType: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}
