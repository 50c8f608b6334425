/** What goes back to a client. A string or undefined body is sent as it is, anything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const reply = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  body,
});

/** An answer other than success, thrown from wherever it is noticed. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(refused: Reply) {
    super(JSON.stringify(refused.body));
    this.reply = refused;
  }
}

/** Azure Resource Manager's error envelope. */
export const armError = (code: string, message: string, more: Readonly<Record<string, unknown>> = {}) => ({
  error: { code, message, ...more },
});

export const armRefusal = (
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Refusal => new Refusal(reply(status, armError(code, message, more), headers));
