import type { AccessToken, GetTokenOptions } from '@azure/core-auth';
import { RenewableCredential } from '../../../src/azure/renewable-credential.ts';

const minute = 60_000;

/** A sign-in that counts how often it is asked, and gives each of its tokens a name of its own. */
function open(token: (asked: number) => Partial<AccessToken> = () => ({})) {
  const asked: (readonly [string | string[], GetTokenOptions | undefined])[] = [];
  let signIns = 0;
  const credential = new RenewableCredential(() => {
    signIns += 1;
    const signIn = signIns;
    return {
      getToken: async (scopes, options) => {
        asked.push([scopes, options]);
        const expiresOnTimestamp = Date.now() + 60 * minute;
        return { token: `token ${asked.length} of sign-in ${signIn}`, expiresOnTimestamp, ...token(asked.length) };
      },
    };
  });
  return { credential, asked };
}

const tokenOf = async (coming: Promise<AccessToken | null>): Promise<string> => (await coming)?.token ?? 'none';

it('hands out the token that it has, each for what it is for', async () => {
  const { credential, asked } = open();
  const first = await tokenOf(credential.getToken('graph'));
  expect(await tokenOf(credential.getToken('graph', { abortSignal: AbortSignal.timeout(1) }))).toBe(first);
  expect(await tokenOf(credential.getToken('arm'))).not.toBe(first);
  expect(await tokenOf(credential.getToken('graph', { tenantId: 'another' }))).not.toBe(first);
  expect(await tokenOf(credential.getToken('graph', { enableCae: true }))).not.toBe(first);
  expect(asked).toHaveLength(4);
});

it.each<[string, () => Partial<AccessToken>]>([
  ['ends within five minutes', () => ({ expiresOnTimestamp: Date.now() + 5 * minute - 1 })],
  ['is to be replaced from now on', () => ({ refreshAfterTimestamp: Date.now() - 1 })],
])('asks again where the token %s', async (_when, token) => {
  const { credential, asked } = open(token);
  await credential.getToken('graph');
  await credential.getToken('graph');
  expect(asked).toHaveLength(2);
});

it('keeps nobody who has given up, and the next has the token that comes all the same', async () => {
  let come: (token: AccessToken) => void = () => undefined;
  const coming = new Promise<AccessToken>((resolve) => {
    come = resolve;
  });
  let signIns = 0;
  const credential = new RenewableCredential(() => ({
    getToken: () => {
      signIns += 1;
      return coming;
    },
  }));
  const hasty = new AbortController();
  const given = credential.getToken('graph', { abortSignal: hasty.signal });
  hasty.abort();
  await expect(given).rejects.toMatchObject({ name: 'TimeoutError' });
  const late = credential.getToken('graph', { abortSignal: hasty.signal });
  await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
  const patient = credential.getToken('graph');
  come({ token: 'late', expiresOnTimestamp: Date.now() + 60 * minute });
  expect(await tokenOf(patient)).toBe('late');
  expect(await tokenOf(credential.getToken('graph', { abortSignal: hasty.signal }))).toBe('late');
  expect(signIns).toBe(1);
});

it('asks each time where Azure wants further claims', async () => {
  const { credential, asked } = open();
  const first = await tokenOf(credential.getToken('graph'));
  expect(await tokenOf(credential.getToken('graph', { claims: '{}' }))).not.toBe(first);
  expect(await tokenOf(credential.getToken('graph', { claims: '{}' }))).not.toBe(first);
  expect(asked).toHaveLength(3);
});

it('hands out none that was refused, of whatever it was for', async () => {
  const { credential } = open();
  const [graph, arm] = [await tokenOf(credential.getToken('graph')), await tokenOf(credential.getToken('arm'))];
  expect(await credential.replace(graph)).toBe('token 3 of sign-in 2');
  expect(await tokenOf(credential.getToken('graph'))).toBe('token 3 of sign-in 2');
  expect(await tokenOf(credential.getToken('arm'))).not.toBe(arm);
});
