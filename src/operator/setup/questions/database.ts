/** Questions about the database, its roles, and the seal key. */
import {
  type AnswerCheck,
  type Answers,
  acceptAnswer,
  acceptIf,
  answerTo,
  byHand,
  good,
  inPart,
  isManaged,
  isValidSetting,
  mind,
  type PartQuestion,
  refuseAnswer,
  type SetupWorld,
} from '../question.ts';
import { checkIdentity } from './place.ts';

const server: PartQuestion = {
  id: 'server',
  asks: () => 'PostgreSQL server (HOST or HOST:PORT)',
  explains: 'On Azure, the name ends with .postgres.database.azure.com.',
  check: (given) => {
    const host = given.replace(/^postgres(ql)?:\/\//, '').replace(/\/.*$/, '');
    if (!URL.canParse(`postgres://${host}`) || host === '' || /[\s@]/.test(host))
      return refuseAnswer('Type a host name, such as cmk-pg.postgres.database.azure.com.');
    return acceptAnswer(host, host);
  },
};

const database: PartQuestion = {
  id: 'database',
  asks: () => 'Database',
  explains: 'One of the remaining steps creates it. The bot creates its tables in it.',
  usual: 'cmkbot',
  check: (given) => acceptIf(/^[\w-]{1,63}$/.test(given), given, 'Letters, digits, _ and -, at most 63.'),
};

const authority: PartQuestion = {
  id: 'authority',
  asks: () => 'Certificate authority of the server: a PEM file, or “usual” for the public ones',
  explains: 'Servers on Azure use a public authority. The bot always verifies the certificate.',
  usual: 'usual',
  check: (given) =>
    acceptIf(given === 'usual' || given.startsWith('/'), given, 'Type the absolute path of a PEM file, or usual.'),
};

const masters = ['postgres', 'azuresu', 'azure_pg_admin', 'rdsadmin', 'root'];

const checkRole = (given: string): AnswerCheck =>
  acceptIf(/^[a-z_][\w$-]{0,62}$/i.test(given), given, 'The name of a role starts with a letter or _.');

const role: PartQuestion = {
  id: 'role',
  asks: () => 'Database role of the running bot',
  explains:
    'It can read and add events, but not change them. Another role owns the tables, and is used only for migrations at a start.',
  usual: 'cmk_bot',
  check: (given) => {
    if (masters.includes(given.toLowerCase()))
      return refuseAnswer(`${given} is a superuser, so it could change the audit log. Type another role.`);
    return checkRole(given);
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
  switch (seen.kind) {
    case 'silent':
      return refuseAnswer(
        `${answerTo(answers, 'server')} doesn’t answer over TLS: ${seen.why}. Check its firewall and name, or go back with <.`,
      );
    case 'refuses':
      return acceptAnswer(
        password,
        'not tried',
        good('answers over TLS, certificate checked'),
        mind(`${name} can’t sign in yet: ${seen.why}. It’s in the remaining steps`),
      );
    case 'lets-in':
      if (seen.superuser)
        return refuseAnswer(
          `${name} is a superuser, so it could change the audit log. Go back with <, and type another role.`,
        );
      return acceptAnswer(
        password,
        'tried',
        good(`answers as ${name} over ${seen.tls ?? 'no TLS'}, version ${seen.major}`),
      );
  }
}

const password: PartQuestion = {
  id: 'password',
  asks: (answers) =>
    isManaged(answers)
      ? 'The role signs in with Entra ID tokens. Press Enter to check whether the server answers'
      : 'Password of the role (hidden, tried once, stored only in .env), or “none” if it needs none',
  explains: 'With a managed identity, the bot needs no password: see CMK_DATABASE_SIGN_IN in docs/configuration.md.',
  usual: (answers) => (isManaged(answers) ? 'none' : null),
  isSecret: true,
  check: (given, answers, world) => checkDatabase(given === 'none' ? '' : given, answers, world),
};

const owner: PartQuestion = {
  id: 'owner',
  asks: () => 'Role that owns the tables, not the bot’s',
  explains: 'It’s used only for migrations at a start. So the running bot can’t change events.',
  usual: 'cmk_owner',
  check: (given, answers) => {
    if (given.toLowerCase() === answerTo(answers, 'role').toLowerCase()) {
      return refuseAnswer(
        'This is the running bot’s role. As owner, it could turn off the protection of the audit log. Type another role.',
      );
    }
    return checkRole(given);
  },
};

const ownerPassword: PartQuestion = {
  id: 'ownerPassword',
  asks: () => 'Its password (hidden, stored only in .env), or “none” if it needs none',
  explains: 'Only migrations at a start need it. You can remove it from .env afterwards.',
  isSecret: true,
  isAsked: (answers) => !isManaged(answers),
  check: (given) => acceptAnswer(given, 'given'),
};

const ownerIdentity: PartQuestion = {
  id: 'ownerIdentity',
  asks: () => 'Managed identity that signs in as this role, by name or client ID',
  explains: 'A second managed identity, only for the owner of the tables.',
  isAsked: isManaged,
  check: async (given, answers, world) => {
    const checked = await checkIdentity(given, answers, world);
    if (checked.kind === 'refused' || checked.value !== answerTo(answers, 'app')) return checked;
    return refuseAnswer(
      'This is the bot’s identity. As owner, it could turn off the protection of the audit log. Choose another one.',
    );
  },
};

const seal: PartQuestion = {
  id: 'seal',
  asks: () => 'Seal key: a file (openssl rand -base64 32), or a secret of a vault (https://VAULT/secrets/NAME)',
  explains:
    'Keep it where the database’s owner has no access. Keep a copy: without the key, no one can check the audit log.',
  usual: '/run/secrets/seal.key',
  check: (given) => {
    if (!given.startsWith('https:'))
      return acceptIf(given.startsWith('/'), given, 'Type an absolute path, or the address of a secret.');
    const why = 'The address of a secret looks like https://kv-cmk-bot.vault.azure.net/secrets/seal-key.';
    return acceptIf(isValidSetting('CMK_SEAL_KEY_SECRET', given), given, why);
  },
};

export const databaseQuestions = inPart(
  7,
  [server, database, authority, role, password, owner, ownerPassword, ownerIdentity, seal],
  byHand,
);
