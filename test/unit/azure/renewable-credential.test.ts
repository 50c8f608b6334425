import type { AccessToken } from '@azure/core-auth';
import { connectAzure } from '../../../src/azure/azure.ts';
import { openCloud } from '../../../src/azure/clouds.ts';
import { RenewableCredential } from '../../../src/azure/renewable-credential.ts';
import { PersonId } from '../../../src/domain/ids.ts';

const minute = 60_000;

/** A sign-in that counts how often it is asked, and gives each of its tokens a name of its own. */
function open() {
  let asked = 0;
  let signIns = 0;
  const credential = new RenewableCredential(() => {
    signIns += 1;
    const signIn = signIns;
    return {
      getToken: async () => {
        asked += 1;
        return { token: `token ${asked} of sign-in ${signIn}`, expiresOnTimestamp: Date.now() + 60 * minute };
      },
    };
  });
  return { credential };
}

const tokenOf = async (coming: Promise<AccessToken | null>): Promise<string> => (await coming)?.token ?? 'none';

it('ends a call that waits too long for a sign-in, and not the sign-in that others wait for', async () => {
  let come: (token: AccessToken) => void = () => undefined;
  const coming = new Promise<AccessToken>((resolve) => {
    come = resolve;
  });
  let signIns = 0;
  const credential = new RenewableCredential(() => ({
    getToken: (_scopes, options) => {
      signIns += 1;
      expect(options?.abortSignal).toBeUndefined();
      return coming;
    },
  }));
  const nowhere = 'https://127.0.0.1:1';
  const endpoints = { armEndpoint: nowhere, authorityHost: nowhere, graphEndpoint: nowhere };
  const cloud = openCloud({ name: 'custom', ...endpoints, caFile: null });
  const { groups } = connectAzure({
    ...{ kinds: [], subscriptions: [], cloud, credential },
    limits: { clickMs: 50, briefMs: 20_000, retries: 0 },
  });
  const patient = groups.look('d0000000-0000-4000-8000-000000000001');
  const hasty = await groups.memberOf(PersonId.parse('d0000000-0000-4000-8000-000000000001'), []);
  expect(hasty).toMatchObject({ ok: false, failure: { code: 'NoAnswerInTime', clientRequestId: null } });
  come({ token: 'late', expiresOnTimestamp: Date.now() + 60 * minute });
  expect(await patient).toMatchObject({ ok: false, failure: { code: 'ECONNREFUSED' } });
  expect(signIns).toBe(1);
});

it('replaces a refused token once, whoever still has it', async () => {
  const { credential } = open();
  const [graph, arm] = [await tokenOf(credential.getToken('graph')), await tokenOf(credential.getToken('arm'))];
  expect(credential.latest(graph)).toBe(graph);
  expect(await credential.replace(graph)).toBe('token 3 of sign-in 2');
  expect(await credential.replace(graph)).toBe('token 3 of sign-in 2');
  expect(credential.latest(graph)).toBe('token 3 of sign-in 2');
  expect(credential.latest(arm)).toBe(arm);
});
