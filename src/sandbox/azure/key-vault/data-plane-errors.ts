import { Refusal, reply } from '../http/reply.ts';

/** Key Vault's error envelope; the cause stands in `innererror`. */
export const vaultRefusal = (
  status: number,
  code: string,
  message: string,
  inner?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => {
  const cause = inner === undefined ? {} : { innererror: { code: inner } };
  return new Refusal(reply(status, { error: { code, message, ...cause } }, headers));
};

export const badParameter = (message: string): Refusal => vaultRefusal(400, 'BadParameter', message);

/** Real text, from recordings of the official client libraries. */
export const keyNotFound = (name: string): Refusal =>
  vaultRefusal(
    404,
    'KeyNotFound',
    `A key with (name/id) ${name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );

/** The same of secrets (public reports). */
export const secretNotFound = (name: string): Refusal =>
  vaultRefusal(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );
