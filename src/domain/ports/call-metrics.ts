/** Metrics of incoming HTTP calls. */

/** A call that was answered. */
export interface Call {
  readonly type: CallType;
  readonly status: number;
  /** Why it didn't reach the bot; null if it did. */
  readonly reason: string | null;
}

const types = [
  'message',
  'conversationUpdate',
  'installationUpdate',
  'adaptiveCard/action',
  'application/search',
] as const;
/** `unread`: rejected before its type was known. `other`: a type that the bot doesn't answer. */
type CallType = (typeof types)[number] | 'unread' | 'other';

/** Classifies a call. Invokes are classified by name. Clients choose all other values freely, so they count as `other`. */
export const callType = ({ type, name }: { readonly type: string; readonly name?: string | undefined }): CallType =>
  types.find((one) => one === (type === 'invoke' ? name : type)) ?? 'other';

export interface CallMetrics {
  count(call: Call): void;
  readonly contentType: string;
  /** Returns the metrics in the Prometheus text format. */
  text(): Promise<string>;
}
