#!/usr/bin/env node
/**
 * Stands in for Azure's command line on one local Azure: it takes the words of a command apart as `az` does and sends what `az`
 * would, as the tenant's owner. Only the commands that the doctor and the docs name; any other is refused.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { AZ_HERE_URL: url, AZ_HERE_TENANT: tenant, AZ_HERE_SUBSCRIPTION: subscription } = process.env;

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const name = words.slice(0, firstOption).join(' ');
const options = new Map();
for (let at = firstOption; at < words.length; at += 1) {
  const isFlag = words[at + 1]?.startsWith('-') ?? true;
  options.set(words[at].replace(/^--?/, ''), isFlag ? '' : words[at + 1]);
  if (!isFlag) at += 1;
}
const of = (option) => {
  const value = options.get(option);
  if (!value) throw new Error(`--${option} is missing`);
  return value;
};

const form = new URLSearchParams({
  grant_type: 'client_credentials',
  client_id: '50000000-0000-4000-8000-000000000001',
  client_secret: 'local',
  scope: 'https://management.azure.com/.default',
});

async function send(method, path, body, scope = 'https://management.azure.com/.default') {
  form.set('scope', scope);
  const signedIn = await fetch(`${url}/${tenant}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const { access_token: token } = await signedIn.json();
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${answer.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}
const graph = (method, path, body) => send(method, path, body, 'https://graph.microsoft.com/.default');

const equals = (name, value) => `$filter=${encodeURIComponent(`${name} eq '${value}'`)}`;
const authorization = 'providers/Microsoft.Authorization';
/** The entries of a list of Azure Resource Manager whose property has this value. */
const found = async (path, name, value) =>
  (await send('GET', `${path}?${equals(name, value)}&api-version=2022-04-01`)).value;
const roleNamed = async (name, scope) =>
  (await found(`${scope}/${authorization}/roleDefinitions`, 'roleName', name))[0];
const inDirectory = async (type, appId) => (await graph('GET', `/v1.0/${type}?${equals('appId', appId)}`)).value[0];

const bots = () =>
  `/subscriptions/${subscription}/resourceGroups/${of('resource-group')}/providers/Microsoft.BotService/botServices/${of('name')}`;

/** What the local Azure has no way to be told: its state is changed, as an administrator would have. */
async function changeState(change) {
  const state = await (await fetch(`${url}/simulator/state`)).json();
  change(state);
  const headers = { 'content-type': 'application/json' };
  const put = await fetch(`${url}/simulator/state`, { method: 'PUT', headers, body: JSON.stringify(state) });
  if (!put.ok) throw new Error(await put.text());
}

async function writeRole(isThere) {
  const role = JSON.parse(of('role-definition'));
  const { Actions: actions, NotActions: notActions, DataActions: dataActions, NotDataActions: notDataActions } = role;
  const [scope] = role.AssignableScopes;
  const known = await roleNamed(role.Name, scope);
  if (isThere && known === undefined) throw new Error(`no definition was found with the name of ${role.Name}`);
  const id = isThere ? known.name : randomUUID();
  await send('PUT', `${scope}/${authorization}/roleDefinitions/${id}?api-version=2022-04-01`, {
    properties: {
      roleName: role.Name,
      description: role.Description,
      type: 'CustomRole',
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      assignableScopes: role.AssignableScopes,
    },
  });
}

const commands = {
  async 'account show'() {},
  async 'account list'() {
    return subscription;
  },
  async 'role definition list'() {
    const { assignableScopes, permissions } = (await roleNamed(of('name'), of('scope')))?.properties ?? {};
    if (!of('query').includes('permissions')) return assignableScopes?.join('\n') ?? '';
    return permissions
      .flatMap((one) => [...one.actions, ...one.dataActions.map((action) => `data ${action}`)])
      .join('\n');
  },
  async 'role assignment list'() {
    const [, role] = /roleDefinitionName=='([^']+)'/.exec(of('query')) ?? [];
    const scope = of('scope');
    const id = (await roleNamed(role, scope))?.id;
    const held = await found(`${scope}/${authorization}/roleAssignments`, 'principalId', of('assignee'));
    const those = held.filter(({ properties }) => properties.roleDefinitionId === id && properties.scope === scope);
    return of('query').startsWith('length') ? those.length : JSON.stringify(those.map(({ properties }) => properties));
  },
  async 'role assignment create'() {
    const scope = of('scope');
    const properties = {
      roleDefinitionId: (await roleNamed(of('role'), scope)).id,
      principalId: of('assignee-object-id'),
      principalType: of('assignee-principal-type'),
      ...(options.has('condition') ? { condition: of('condition'), conditionVersion: of('condition-version') } : {}),
    };
    await send('PUT', `${scope}/${authorization}/roleAssignments/${randomUUID()}?api-version=2022-04-01`, {
      properties,
    });
  },
  async 'monitor log-analytics workspace list'() {
    const [, wanted] = /customerId=='([^']+)'/.exec(of('query')) ?? [];
    const { workspaces } = await (await fetch(`${url}/simulator/state`)).json();
    return workspaces.find(({ customerId }) => customerId === wanted)?.id ?? '';
  },
  async 'role definition create'() {
    await writeRole(false);
  },
  async 'role definition update'() {
    await writeRole(true);
  },
  async 'ad sp show'() {
    return (await inDirectory('servicePrincipals', of('id'))).id;
  },
  async rest() {
    const { pathname, origin } = new URL(of('uri'));
    if (origin !== url) throw new Error(`${origin} is not served here`);
    await graph(of('method'), pathname, JSON.parse(of('body')));
  },
  async 'ad app credential reset'() {
    const { id } = await inDirectory('applications', of('id'));
    const endDateTime = new Date(Date.now() + Number(of('years')) * 365 * 86_400_000).toISOString();
    const body = { passwordCredential: { endDateTime } };
    return (await graph('POST', `/v1.0/applications/${id}/addPassword`, body)).secretText;
  },
  /** Nor does it register bots. */
  async 'bot create'() {
    await changeState((state) =>
      state.botServices.push({
        subscriptionId: subscription,
        resourceGroup: of('resource-group'),
        name: of('name'),
        endpoint: of('endpoint'),
        msaAppId: of('appid'),
        msaAppType: of('app-type'),
        msaAppTenantId: of('tenant-id'),
        channels: [],
      }),
    );
  },
  async 'bot update'() {
    await send('PATCH', `${bots()}?api-version=2022-09-15`, { properties: { endpoint: of('endpoint') } });
  },
  async 'bot msteams create'() {
    const properties = { channelName: 'MsTeamsChannel', properties: { isEnabled: true } };
    await send('PUT', `${bots()}/channels/MsTeamsChannel?api-version=2022-09-15`, { location: 'global', properties });
  },
};

/** A file's text where `@` names one, as `az` has it. */
for (const [option, value] of options)
  if (value.startsWith('@')) options.set(option, readFileSync(value.slice(1), 'utf8'));
const command = commands[name];
if (command === undefined) throw new Error(`az ${name} is not known here`);
const printed = await command();
if (printed !== undefined) process.stdout.write(`${printed}\n`);
