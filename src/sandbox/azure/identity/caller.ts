/** Who calls, as read from the token. */
export interface Caller {
  readonly principalId: string;
  readonly appId: string;
}
