/** Questions about the database, its roles, and the seal key. */
import {
  type AnswerCheck,
  type Answers,
  acceptAnswer,
  answerTo,
  byHand,
  good,
  isValidSetting,
  mind,
  noDefault,
  type Question,
  refuseAnswer,
} from '../question.ts';
import type { SetupWorld } from '../world.ts';
import { checkIdentity } from './place.ts';

/** Returns whether Entra tokens replace the database password. */
const usesTokens = (answers: Answers): boolean => answerTo(answers, 'identity') === 'UserAssignedMSI';

const server: Question = {
  id: 'server',
  part: 7,
  asks: () => 'PostgreSQL server (HOST or HOST:PORT)',
  explains: 'Azure’s name ends with .postgres.database.azure.com.',
  usual: noDefault,
  isAsked: byHand,
  check: (given) => {
    const host = given.replace(/^postgres(ql)?:\/\//, '').replace(/\/.*$/, '');
    if (!URL.canParse(`postgres://${host}`) || host === '' || /[\s@]/.test(host))
      return refuseAnswer('Type a host name, such as cmk-pg.postgres.database.azure.com.');
    return acceptAnswer(host, host);
  },
};

const database: Question = {
  id: 'database',
  part: 7,
  asks: () => 'Database',
  explains: 'It has to be there; the bot makes its tables in it.',
  usual: () => 'cmkbot',
  isAsked: byHand,
  check: (given) =>
    /^[\w-]{1,63}$/.test(given) ? acceptAnswer(given, given) : refuseAnswer('Letters, digits, _ and -, at most 63.'),
};

const authority: Question = {
  id: 'authority',
  part: 7,
  asks: () => 'Authority of its certificate: a PEM file, or “usual”',
  explains: 'Azure’s servers have a certificate of a usual authority. Checking is never switched off.',
  usual: () => 'usual',
  isAsked: byHand,
  check: (given) => {
    if (given === 'usual') return acceptAnswer('usual', 'usual');
    return given.startsWith('/')
      ? acceptAnswer(given, given)
      : refuseAnswer('Type the whole path of a PEM file, or usual.');
  },
};

const masters = ['postgres', 'azuresu', 'azure_pg_admin', 'rdsadmin', 'root'];

const roleName = /^[a-z_][\w$-]{0,62}$/i;

const role: Question = {
  id: 'role',
  part: 7,
  asks: () => 'Role of the running bot',
  explains:
    'It reads and adds events and can change none. The tables have another owner, which only brings them up at a start.',
  usual: () => 'cmk_bot',
  isAsked: byHand,
  check: (given) => {
    if (masters.includes(given.toLowerCase()))
      return refuseAnswer(`${given} is a superuser: it could change the audit log unnoticed. Name another role.`);
    return roleName.test(given)
      ? acceptAnswer(given, given)
      : refuseAnswer('The name of a role begins with a letter or _.');
  },
};

/** Returns the database address for the bot. `sslmode=verify-full`: certificate and host name are verified. */
export function databaseAddress(answers: Answers, user: string, password: string): string {
  const url = new URL(`postgres://${answerTo(answers, 'server')}/${answerTo(answers, 'database')}?sslmode=verify-full`);
  const authority = answerTo(answers, 'authority');
  if (authority !== 'usual' && authority !== '') url.searchParams.set('sslrootcert', authority);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}

async function checkDatabase(password: string, answers: Answers, world: SetupWorld): Promise<AnswerCheck> {
  const name = answerTo(answers, 'role');
  const seen = await world.database(databaseAddress(answers, name, password));
  const value = password;
  switch (seen.kind) {
    case 'silent':
      return refuseAnswer(
        `${answerTo(answers, 'server')} does not answer over TLS: ${seen.why}. Look at its firewall and name, or go back with <.`,
      );
    case 'refuses':
      return acceptAnswer(
        value,
        'not tried',
        good('answers over TLS, certificate checked'),
        mind(`${name} is not let in yet: ${seen.why}. Listed under “left to do”`),
      );
    case 'lets-in':
      if (seen.superuser)
        return refuseAnswer(
          `${name} is a superuser: it could change the audit log unnoticed. Go back with < and name another role.`,
        );
      return acceptAnswer(
        value,
        'tried',
        good(`answers as ${name} over ${seen.tls ?? 'no TLS'}, version ${seen.major}`),
      );
  }
}

const password: Question = {
  id: 'password',
  part: 7,
  asks: (answers) =>
    usesTokens(answers)
      ? 'The role signs in by Entra’s tokens. Enter looks whether the server answers'
      : 'Password of the role (typed unseen, tried once, written into .env alone), or “none” where none is needed',
  explains: 'With a managed identity the server can refuse all passwords: docs/decisions/0029 tells how.',
  usual: (answers) => (usesTokens(answers) ? 'none' : null),
  isSecret: true,
  isAsked: byHand,
  check: (given, answers, world) => checkDatabase(given === 'none' ? '' : given, answers, world),
};

const owner: Question = {
  id: 'owner',
  part: 7,
  asks: () => 'Role that owns the tables, another than the bot’s',
  explains: 'It brings the tables up at a start and does nothing else. So the running bot can change no event.',
  usual: () => 'cmk_owner',
  isAsked: byHand,
  check: (given, answers) => {
    if (given.toLowerCase() === answerTo(answers, 'role').toLowerCase()) {
      return refuseAnswer('That is the running bot: it could turn off what protects the audit log. Another role.');
    }
    return roleName.test(given)
      ? acceptAnswer(given, given)
      : refuseAnswer('The name of a role begins with a letter or _.');
  },
};

const ownerPassword: Question = {
  id: 'ownerPassword',
  part: 7,
  asks: () => 'Its password (typed unseen, written into .env alone), or “none” where none is needed',
  explains: 'Only a start needs it: where you start the bot by hand, it may stay away from the running one.',
  usual: noDefault,
  isSecret: true,
  isAsked: (answers) => byHand(answers) && !usesTokens(answers),
  check: (given) => acceptAnswer(given, 'given'),
};

const ownerIdentity: Question = {
  id: 'ownerIdentity',
  part: 7,
  asks: () => 'Managed identity that signs in as it, by name or client id',
  explains: 'A second managed identity, for the owner of the tables alone.',
  usual: noDefault,
  isAsked: (answers) => byHand(answers) && usesTokens(answers),
  check: async (given, answers, world) => {
    const checked = await checkIdentity(given, answers, world);
    if (checked.kind === 'refused' || checked.value !== answerTo(answers, 'app')) return checked;
    return refuseAnswer('That is the bot’s own: it could turn off what protects the audit log. Another one.');
  },
};

const seal: Question = {
  id: 'seal',
  part: 7,
  asks: () =>
    'Key that seals events: a file (openssl rand -base64 32), or a secret of a vault (https://VAULT/secrets/NAME)',
  explains:
    'It must not lie where the database’s owner reaches it. Lose it and the record cannot be checked: keep a copy.',
  usual: () => '/run/secrets/seal.key',
  isAsked: byHand,
  check: (given) => {
    if (!given.startsWith('https:'))
      return given.startsWith('/')
        ? acceptAnswer(given, given)
        : refuseAnswer('Type a whole path, or the address of a secret.');
    return isValidSetting('CMK_SEAL_KEY_SECRET', given)
      ? acceptAnswer(given, given)
      : refuseAnswer('The address of a secret looks like https://kv-cmk-bot.vault.azure.net/secrets/seal-key.');
  },
};

export const databaseQuestions: readonly Question[] = [
  server,
  database,
  authority,
  role,
  password,
  owner,
  ownerPassword,
  ownerIdentity,
  seal,
];
export { usesTokens };
