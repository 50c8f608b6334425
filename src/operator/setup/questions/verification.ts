/** Optional questions: published log, witnesses, usage checks and policy. */
import { isPrivate } from '../../../domain/private-url.ts';
import {
  type Answers,
  acceptAnswer,
  always,
  answerTo,
  byHand,
  isValidSetting,
  type Question,
  refuseAnswer,
} from '../question.ts';

const part = 8;
const none = 'none';

/** Returns whether the audit log is published. */
export const isPublished = (answers: Answers): boolean =>
  byHand(answers) && !['', none].includes(answerTo(answers, 'anchor'));

const anchor: Question = {
  id: 'anchor',
  part,
  asks: () =>
    'Where is the audit log published for auditors: a folder, a container of a storage account (https://ACCOUNT.blob.core.windows.net/CONTAINER), or “none”',
  explains:
    'What is published shows a record that was cut off or made anew; evidence packs are made of it. Best where the database’s owner cannot write, in a container whose blobs cannot be changed: docs/how-to/publish-the-audit-log.md. It can be added later.',
  usual: () => none,
  isAsked: byHand,
  check: (given) => {
    if (given === none || given.startsWith('/')) return acceptAnswer(given, given);
    return given.startsWith('https:') && isValidSetting('CMK_ANCHOR', given)
      ? acceptAnswer(given, given)
      : refuseAnswer('Type a whole path, https://ACCOUNT.blob.core.windows.net/CONTAINER, or none.');
  },
};

const logKey: Question = {
  id: 'logKey',
  part,
  asks: () => 'Key that signs what is published: a file (openssl rand -base64 32), or a secret of a vault',
  explains:
    'Another one than the key of the seals. Auditors get its public half, from keys.txt beside what is published.',
  usual: () => '/run/secrets/log.key',
  isAsked: isPublished,
  check: (given, answers) => {
    if (given === answerTo(answers, 'seal')) return refuseAnswer('That is the key of the seals. Another one.');
    if (given.startsWith('/')) return acceptAnswer(given, given);
    return isValidSetting('CMK_LOG_KEY_SECRET', given)
      ? acceptAnswer(given, given)
      : refuseAnswer(
          'Type a whole path, or the address of a secret: https://kv-cmk-bot.vault.azure.net/secrets/log-key.',
        );
  },
};

const vaultKey: Question = {
  id: 'vaultKey',
  part,
  asks: () => 'Key of a vault that signs it as well (https://VAULT/keys/NAME, EC P-256), or “none”',
  explains:
    'Whoever copies the key before can sign another record later, unseen. A key in a vault cannot be copied. It can be added later.',
  usual: () => none,
  isAsked: isPublished,
  check: (given) =>
    given === none || isValidSetting('CMK_LOG_VAULT_KEY', given)
      ? acceptAnswer(given, given)
      : refuseAnswer('The address of a key looks like https://kv-cmk-bot.vault.azure.net/keys/checkpoints.'),
};

/**
 * A verifier key: name, eight hexadecimal digits, and 33 bytes in base64 of which the first means a witness (C2SP
 * tlog-cosignature).
 */
const witnessKey = /^[^\s+]+\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}$/;

/** Returns the fault of a witness entry; null: none. */
function witnessFault(text: string): string | null {
  const [url = '', line = '', ...more] = text.trim().split(/\s+/);
  if (!isPrivate(url) || more.length > 0)
    return `${text.trim()}: type its https address, a space, and its verifier key.`;
  return witnessKey.test(line) ? null : `${line}: not the whole verifier key of a witness, as it prints it.`;
}

const witnesses: Question = {
  id: 'witnesses',
  part,
  asks: () => 'Witnesses: address and verifier key of each, a space between them, commas behind; or “none”',
  explains:
    'A witness on somebody else’s machine signs what is published only where it goes on from what it signed before: cmk-bot witness run, or any of C2SP’s tlog-witness. It can be added later.',
  usual: () => none,
  isAsked: isPublished,
  check: (given) => {
    if (given === none) return acceptAnswer(none, none);
    const all = given.split(',').filter((one) => one.trim() !== '');
    const fault = all.map(witnessFault).find((one) => one !== null);
    return fault === undefined || fault === null
      ? acceptAnswer(all.map((one) => one.trim().replace(/\s+/, ' ')).join(','), `${all.length} named`)
      : refuseAnswer(fault);
  },
};

const workspace: Question = {
  id: 'workspace',
  part,
  asks: (answers) =>
    `Log Analytics workspace that the vaults’ audit logs go to, by its workspace id, or “none”${byHand(answers) ? '' : ' (azd makes one)'}`,
  explains:
    'After a success the bot looks there whether the agent uses its key. az monitor log-analytics workspace show --query customerId -o tsv shows the id. It can be added later.',
  usual: () => none,
  isAsked: always,
  check: (given) =>
    given === none || isValidSetting('CMK_LOGS_WORKSPACE', given)
      ? acceptAnswer(given.toLowerCase(), given)
      : refuseAnswer('A workspace’s id looks like 0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33; its ARM id or name is not it.'),
};

const policy: Question = {
  id: 'policy',
  part,
  asks: () => 'File with finer rules (who approves for which agents), by its whole path, or “none”',
  explains: 'Without it, the same people request and approve for every agent. docs/reference/policy-file.md shows one.',
  usual: () => none,
  isAsked: byHand,
  check: (given) =>
    given === none || given.startsWith('/')
      ? acceptAnswer(given, given)
      : refuseAnswer('Type the whole path of a file, or none.'),
};

export const verificationQuestions: readonly Question[] = [anchor, logKey, vaultKey, witnesses, workspace, policy];
