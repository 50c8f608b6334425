/** Questions about the deployment: host, identity, address and subscriptions. */
import { z } from 'zod';
import { countOf } from '../../../text/words.ts';
import {
  type AnswerCheck,
  type Answers,
  acceptAnswer,
  answerTo,
  byHand,
  chosen,
  doubtAnswer,
  good,
  inPart,
  isManaged,
  isValidSetting,
  listedChoices,
  mind,
  type PartQuestion,
  type QuestionId,
  refuseAnswer,
  type SetupWorld,
} from '../question.ts';

const places = [
  ['azure', 'Azure Container Apps, with azd up'],
  ['host', 'your own container host or machine, on Azure or elsewhere'],
] as const;

const runs: PartQuestion = {
  id: 'runs',
  asks: () => `Where does the bot run?\n${listedChoices(places.map(([, name]) => name))}`,
  explains:
    'azd creates the identity, the address, the database and the keys, so there are fewer questions. To try the bot on your computer, run npm run local.',
  usual: '1',
  check: (given) => chosen(given, places),
};

const tenant: PartQuestion = {
  id: 'tenant',
  asks: async (_answers, world) => {
    const me = await world.me();
    const who =
      me.kind === 'seen'
        ? `You are signed in to Azure as ${me.value.name}.`
        : `${me.why}, so answers aren’t checked. To check them, run az login first.`;
    return `ID of the tenant of the bot and its users\n   ${who}`;
  },
  explains: 'The bot refuses calls from other tenants. az account show --query tenantId -o tsv shows the ID.',
  usual: async (_answers, world) => {
    const me = await world.me();
    return me.kind === 'seen' ? me.value.tenantId : null;
  },
  check: async (given, _answers, world) => {
    const id = given.toLowerCase();
    if (!isValidSetting('MicrosoftAppTenantId', id))
      return refuseAnswer('A tenant ID looks like 10000000-0000-4000-8000-000000000000.');
    const me = await world.me();
    const answer = acceptAnswer(id, id);
    if (me.kind === 'unseen' || me.value.tenantId === id) return answer;
    return doubtAnswer(
      `You are signed in to another tenant, ${me.value.tenantId}. The wizard checks answers there.`,
      answer,
    );
  },
};

const identities = [
  ['UserAssignedMSI', 'managed identity: no secret to rotate, only on Azure compute'],
  ['SingleTenant', 'app registration with a secret: anywhere'],
] as const;

const identity: PartQuestion = {
  id: 'identity',
  asks: () => `The bot’s identity\n${listedChoices(identities.map(([, name]) => name))}`,
  explains:
    'The bot signs in to Bot Framework, Azure and Microsoft Graph with it. docs/how-to/deploy-on-your-own-host.md says how to create one.',
  usual: '2',
  isAsked: byHand,
  check: (given) => {
    const choice = chosen(given, identities);
    if (choice.kind !== 'taken') return choice;
    const lasts = 'A managed identity works only on Azure compute that has it.';
    return choice.value === 'UserAssignedMSI' ? doubtAnswer(lasts, choice) : choice;
  },
};

/** Checks an app or a managed identity, depending on the bot's identity type. */
export async function checkIdentity(given: string, answers: Answers, world: SetupWorld): Promise<AnswerCheck> {
  const managed = isManaged(answers);
  const what = managed ? 'managed identity' : 'app';
  const seen = await world.identity(given);
  if (seen.kind === 'unseen') {
    if (!z.guid().safeParse(given).success)
      return refuseAnswer(`The wizard can’t look up names (${seen.why}). Type the client ID.`);
    return acceptAnswer(given.toLowerCase(), given, mind(`not checked: ${seen.why}`));
  }
  const found = seen.value;
  if (found === null) return refuseAnswer(`Entra ID has no ${what} “${given}”.`);
  const its = found.isManaged ? 'a managed identity' : 'an app, not a managed identity';
  if (found.isManaged !== managed) return refuseAnswer(`${found.name} is ${its}.`);
  return acceptAnswer(found.clientId, found.name, good(`${found.name}, client ID ${found.clientId}`));
}

const app: PartQuestion = {
  id: 'app',
  asks: (answers) =>
    isManaged(answers) ? 'Managed identity, by name or client ID' : 'App registration, by name or client ID',
  explains: 'The client ID identifies the bot in Bot Framework, in Azure and in the app package.',
  isAsked: byHand,
  check: checkIdentity,
};

/** The secret of an app, by the question for the app. */
export const secretOf = (id: QuestionId, app: QuestionId, isAsked: (answers: Answers) => boolean): PartQuestion => ({
  id,
  asks: () => 'Its secret (hidden, tried once, stored only in .env)',
  explains: 'az ad app credential reset --id APP_ID --append --query password -o tsv creates one, and shows it once.',
  isSecret: true,
  isAsked,
  check: async (given, answers, world) => {
    const tried = await world.trySecret(answerTo(answers, 'tenant'), answerTo(answers, app), given);
    if (tried.kind === 'refused') return refuseAnswer(`Entra ID refused it: ${tried.why}`);
    const note = tried.kind === 'works' ? good('it signs in') : mind(`not tried: ${tried.why}`);
    return acceptAnswer(given, 'a secret', note);
  },
});

const secret = secretOf('secret', 'app', (answers) => byHand(answers) && !isManaged(answers));

const hostName = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/;

async function checkHost(given: string, world: SetupWorld): Promise<AnswerCheck> {
  const host = given
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
  if (!hostName.test(host)) return refuseAnswer('Type a host name, such as cmk-bot.care.example.');
  const seen = await world.address(host);
  switch (seen.kind) {
    case 'unknown-name':
      return doubtAnswer('DNS doesn’t have this name yet.', acceptAnswer(host, host));
    case 'bad-certificate':
      return refuseAnswer(
        `Bot Framework wouldn’t accept its certificate: ${seen.why}. Correct that first, or type another host.`,
      );
    case 'silent': {
      const silent = `nothing answers there yet (${seen.why}). This is expected before the first start. cmk-bot doctor checks it later.`;
      return acceptAnswer(host, host, good('resolves'), mind(silent));
    }
    case 'answers': {
      const until = seen.certificateEnds.toISOString().slice(0, 10);
      return acceptAnswer(host, host, good(`resolves, and its certificate is valid until ${until}`));
    }
  }
}

const host: PartQuestion = {
  id: 'host',
  asks: () => 'Host name at which Teams and browsers reach the bot, without https://',
  explains: 'A proxy there ends TLS, and forwards to the bot’s port. Bot Framework calls https://HOST/api/messages.',
  isAsked: byHand,
  check: (given, _answers, world) => checkHost(given, world),
};

const counts = (agents: number | null, vaults: number | null): string =>
  agents === null || vaults === null
    ? ''
    : `   ${countOf(agents, 'agent', 'agents')}, ${countOf(vaults, 'vault', 'vaults')}`;

async function checkSubscriptions(given: string, world: SetupWorld): Promise<AnswerCheck> {
  const words = given.split(/[\s,]+/).filter((word) => word !== '');
  if (words.some((word) => ['all', '*', 'alle'].includes(word.toLowerCase()))) {
    return refuseAnswer('Type each one. Otherwise, later subscriptions would be included by accident.');
  }
  const seen = await world.subscriptions();
  const offered = seen.kind === 'seen' ? seen.value : [];
  const matches = words.map(
    (word) =>
      offered[Number(word) - 1] ?? offered.find(({ id, name }) => id === word.toLowerCase() || name === word) ?? word,
  );
  const unknown = matches.filter(
    (one) => typeof one === 'string' && (offered.length > 0 || !z.guid().safeParse(one).success),
  );
  if (matches.length === 0 || unknown.length > 0)
    return refuseAnswer(
      `${unknown.join(', ') || 'Nothing'} isn’t a subscription that you can see. Type numbers or IDs, separated by commas.`,
    );
  const names = matches.map((one) => (typeof one === 'string' ? one : one.name)).join(', ');
  const ids = matches.map((one) => (typeof one === 'string' ? one.toLowerCase() : one.id)).join(',');
  return acceptAnswer(ids, names, seen.kind === 'seen' ? good(names) : mind(`not checked: ${seen.why}`));
}

const subscriptions: PartQuestion = {
  id: 'subscriptions',
  asks: async (_answers, world) => {
    const seen = await world.subscriptions();
    if (seen.kind === 'unseen')
      return `Subscriptions that the bot can change: IDs, separated by commas. The wizard can’t list them: ${seen.why}`;
    const lines = seen.value.map(({ id, name, agents, vaults }) => `${name}   ${id}${counts(agents, vaults)}`);
    return `Subscriptions that the bot can change: numbers or IDs, separated by commas\n${listedChoices(lines)}`;
  },
  explains: 'The bot reads and changes only these subscriptions, also if its roles permit more.',
  check: (given, _answers, world) => checkSubscriptions(given, world),
};

export const placeQuestions = [
  ...inPart(1, [runs]),
  ...inPart(2, [tenant, identity, app, secret]),
  ...inPart(3, [host]),
  ...inPart(4, [subscriptions]),
];
