import { vaultUri } from '../../sandbox/azure/key-vault/vault-body.ts';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { type EvidenceWorld, readPack, startAccountsWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { newestIn, vaultIn } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { careId, owner } from '../support/azure/local-azure-names.ts';
import { guardPolicy } from '../support/azure/token-policy.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { azureState } from '../support/world/path.ts';
import * as story from '../support/world/story.ts';
import { testOverrides } from '../support/world/world.ts';

const { activityText, answered, approvalCard, approve, people, places, shows, submit, type, writes } = story;

/** Storage accounts, the second kind that the bot writes: pinned to a version, and following new ones. */

const vaultName = 'kv-hospital-keys';
const keyName = 'cmk-virtual-visit';
const pinned = 'stcarelogs';
const following = 'stcareforms';
let evidence: EvidenceWorld;
const world = () => evidence.world;

beforeAll(async () => {
  const usage = { ...usageCheckSettings, ...testOverrides({ usePollMs: 200 }) };
  evidence = await startAccountsWorld([pinned, following], [], { env: { CMK_WATCH_INTERVAL: '500ms', ...usage } });
});
afterAll(() => evidence.end());

const account = async (name: string) => {
  const found = (await azureState(world())).otherResources.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const encryption = async (name: string) => (await account(name)).properties.encryption;
const newest = async () => newestIn(await azureState(world()), vaultName, keyName).version;
const uri = async () => vaultUri(vaultIn(await azureState(world()), vaultName));
const keys = async () => clientsOf(world().azure, owner).keys(await uri());
const approved = async (id: string): Promise<void> => {
  const card = await approvalCard(world(), id);
  expect(answered(await approve(world(), people.approver, card))).toContain('You aren’t an approver.');
  await approve(world(), people.secondApprover, card);
  await shows(world(), places.operations, people.requester, id, /Succeeded/);
};
const proof = async (id: string): Promise<string> => {
  const pack = await evidence.take(id, `${id}.zip`);
  const [, out, err] = verifyInPython(pack, '--keys', evidence.keyFile);
  return `${out}${err}${(await readPack(pack)).get('report.html')?.toString('utf8')}`;
};
/** What someone does in the portal. */
const portal = (name: string, encryption: object) =>
  changeState(world().azure, ({ otherResources }) => {
    const found = otherResources.find((one: { name: string }) => one.name === name);
    Object.assign(found?.properties.encryption ?? {}, encryption);
  });
const chooses = (form: SeenActivity, verb: string, inputs: Record<string, string> = {}) =>
  world().teams.click(people.requester, form.id, verb, { inputs });
const requested = async (words: string) => submit(world(), await type(world(), people.requester, words));

test('an account is pinned to a version, by an approver of accounts only', async () => {
  const form = await type(
    world(),
    people.requester,
    `/enable-cmk resource=${pinned} vault=${vaultName} key=${keyName}`,
  );
  expect(activityText(form)).toContain(
    'A storage account can go back to a Microsoft-managed key while its current key can be used.',
  );
  const id = await submit(world(), form);
  await approved(id);
  expect(await encryption(pinned)).toMatchObject({
    keySource: 'Microsoft.Keyvault',
    keyvaultproperties: { keyname: keyName, keyvaulturi: await uri(), keyversion: await newest() },
  });
  expect(await proof(id)).toContain(`${pinned} was put under ${keyName} in ${vaultName}`);
});

let follows = '';
let old = '';
test('another follows new versions, where the requester chose that', async () => {
  const form = await type(world(), people.requester, `/enable-cmk resource=${following} vault=${vaultName}`);
  expect(activityText(form)).toContain('Follow new versions');
  await chooses(form, 'form.next', { key: keyName, followVersions: 'true' });
  const review = await world().teams.sees(
    places.operations,
    people.requester,
    (one) => one.id === form.id && activityText(one).includes('[Submit'),
  );
  expect(activityText(review)).toContain('It follows new versions of the key by itself');
  follows = await submit(world(), review);
  await approved(follows);
  expect(await encryption(following)).toMatchObject({ keyvaultproperties: { keyname: keyName, keyversion: '' } });
  await shows(world(), places.operations, people.requester, follows, /level: use observed[\s\S]*without a version/);
  expect(await proof(follows)).toMatch(
    new RegExp(
      `${following} was put under ${keyName} in ${vaultName}[^]*version newest, level L3[^]*The resource follows new versions of the key`,
    ),
  );
});

test('a rotation of an account that follows makes a version, and the account goes on following', async () => {
  const before = await newest();
  const named = await type(world(), people.requester, `/rotate-cmk resource=${following} version=newest`);
  expect(activityText(named)).toContain('is in use already');
  const from = (await world().azureRequests()).length;
  const form = await type(world(), people.requester, `/rotate-cmk resource=${following} version=new`);
  const id = await submit(world(), form);
  await approved(id);
  expect(await newest()).not.toBe(before);
  expect((await writes(world(), from)).filter((one) => one.includes(following))).toEqual([]);
  expect(await encryption(following)).toMatchObject({ keyvaultproperties: { keyversion: '' } });
  expect(await proof(id)).toContain('level L2');
  old = before;
});

const ownerWrites = async (name: string, body: object, status = 200) => {
  const authorization = `Bearer ${await clientsOf(world().azure, owner).token()}`;
  const address = `${(await account(name)).id}?api-version=2026-04-01`;
  expect((await http(world().azure, 'PATCH', address, { headers: { authorization }, body })).status).toBe(status);
};

test('the old version stays until the account was seen on the newest for a day, and no other names the old one', async () => {
  const typed = () => type(world(), people.requester, `/retire-version resource=${following} version=${old}`);
  const review = activityText(await typed());
  expect(review).toContain('Stays in use: newest version, follows later ones');
  expect(review).toContain('The log shows no use of the current version by the resource.');
  expect(review).toContain(`${pinned} declares it`);
  const keyversion = await newest();
  await portal(pinned, { keyvaultproperties: { keyname: keyName, keyvaulturi: await uri(), keyversion } });
  // Azure moves the account to the newest version, and a day passes.
  await ownerWrites(following, { properties: { encryption: {} } });
  await http(world().azure, 'POST', '/simulator/scenarios', { body: { names: ['agents-used-keys-a-day-ago'] } });
  const id = await submit(world(), await typed());
  await approve(world(), people.secondApprover, await approvalCard(world(), id));
  await shows(world(), places.operations, people.requester, id, /must disable version/);
  await (await keys()).updateKeyProperties(keyName, old, { enabled: false });
  await shows(world(), places.operations, people.requester, id, /Succeeded/);
  expect(newestIn(await azureState(world()), vaultName, keyName)).toMatchObject({ version: keyversion, enabled: true });
  expect(await encryption(following)).toMatchObject({ keyvaultproperties: { keyversion: '' } });
  expect(await proof(id)).toContain('proved: ');
});

const alertThatSays = (words: RegExp) =>
  world().teams.sees(places.operations, people.requester, (one) => words.test(activityText(one)), 60_000);

test('a new version is no drift of an account that follows, but a pinned version is, and is repaired', async () => {
  await (await keys()).createRsaKey(keyName, { keySize: 3072 });
  await ownerWrites(pinned, { properties: { encryption: { keySource: 'Microsoft.Storage' } } });
  const cause = String.raw`changed it on [^]*: Microsoft\.Storage/storageAccounts/write\. Source: Azure Resource Graph`;
  await alertThatSays(new RegExp(`${pinned}[^]*Microsoft-managed key[^]*${owner.id} \\(application\\) ${cause}`));
  // Neither is a cause of what comes after it, which Azure has no record of.
  await ownerWrites(following, { tags: { ward: '7' }, properties: { encryption: { services: { blob: {} } } } });
  await portal(following, {
    keyvaultproperties: { keyname: keyName, keyvaulturi: await uri(), keyversion: await newest() },
  });
  await alertThatSays(new RegExp(`${following}[^]*is under ${keyName}[^]*Azure doesn’t say who changed it`));
  // From here on, Azure refuses others to take the key away, and lets the bot repair it.
  const accounts = { value: [(await account(following)).id] };
  const policy = { agents: { value: [] }, effect: { value: 'Deny' }, storageAccounts: accounts };
  await changeState(world().azure, guardPolicy(`/subscriptions/${careId}`, policy));
  await ownerWrites(following, { properties: { encryption: { keySource: 'Microsoft.Storage' } } }, 403);
  const id = await requested(`/repair-cmk resource=${following}`);
  await approved(id);
  expect(await encryption(following)).toMatchObject({ keyvaultproperties: { keyname: keyName, keyversion: '' } });
  expect(await proof(id)).toContain('proved: ');
});
