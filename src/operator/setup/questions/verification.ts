/** Optional questions: published log, witnesses, usage checks and policy. */
import { isPrivate } from '../../../domain/strings.ts';
import {
  type Answers,
  acceptAnswer,
  acceptIf,
  answerTo,
  byHand,
  inPart,
  isValidSetting,
  type PartQuestion,
  refuseAnswer,
} from '../question.ts';

const none = 'none';

export const isPublished = (answers: Answers): boolean =>
  byHand(answers) && !['', none].includes(answerTo(answers, 'anchor'));

const anchor: PartQuestion = {
  id: 'anchor',
  asks: () =>
    'Place to publish the audit log for auditors: a folder, a storage container (https://ACCOUNT.blob.core.windows.net/CONTAINER), or “none”',
  explains:
    'The published log shows missing or replaced events, and evidence packs need it. Use a place where the database’s owner can’t write, best a container with immutable versions: docs/how-to/publish-the-audit-log.md. You can add it later.',
  usual: none,
  isAsked: byHand,
  check: (given) => {
    const isContainer = given.startsWith('https:') && isValidSetting('CMK_ANCHOR', given);
    const why = 'Type an absolute path, https://ACCOUNT.blob.core.windows.net/CONTAINER, or none.';
    return acceptIf(given === none || given.startsWith('/') || isContainer, given, why);
  },
};

const logKey: PartQuestion = {
  id: 'logKey',
  asks: () => 'Log signing key: a file (openssl rand -base64 32), or a secret of a vault',
  explains: 'Not the seal key. Auditors get its public part, from keys.txt in the published log.',
  usual: '/run/secrets/log.key',
  isAsked: isPublished,
  check: (given, answers) => {
    if (given === answerTo(answers, 'seal')) return refuseAnswer('This is the seal key. Use another key.');
    const why =
      'Type an absolute path, or the address of a secret: https://kv-cmk-bot.vault.azure.net/secrets/log-key.';
    return acceptIf(given.startsWith('/') || isValidSetting('CMK_LOG_KEY_SECRET', given), given, why);
  },
};

const vaultKey: PartQuestion = {
  id: 'vaultKey',
  asks: () => 'Vault key that also signs the published log (https://VAULT/keys/NAME, EC P-256), or “none”',
  explains:
    'Someone who copies the log signing key can sign another log later. A key in a vault can’t be copied. You can add it later.',
  usual: none,
  isAsked: isPublished,
  check: (given) => {
    const why = 'The address of a key looks like https://kv-cmk-bot.vault.azure.net/keys/checkpoints.';
    return acceptIf(given === none || isValidSetting('CMK_LOG_VAULT_KEY', given), given, why);
  },
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
    return `${text.trim()}: type the witness’s https address, a space, and its verifier key.`;
  return witnessKey.test(line) ? null : `${line} isn’t the complete verifier key that a witness prints.`;
}

const witnesses: PartQuestion = {
  id: 'witnesses',
  asks: () => 'Witnesses: for each, its address, a space, and its verifier key, separated by commas; or “none”',
  explains:
    'A witness on someone else’s machine signs only a log that extends what it signed before. Run cmk-bot witness run, or another witness of C2SP (tlog-witness). You can add it later.',
  usual: none,
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

const workspace: PartQuestion = {
  id: 'workspace',
  asks: (answers) =>
    `Workspace ID of the Log Analytics workspace with the vaults’ audit logs, or “none”${byHand(answers) ? '' : ' (azd creates one)'}`,
  explains:
    'After a success, the bot checks there whether the agent uses its key. az monitor log-analytics workspace list --query "[].[name, customerId]" -o tsv shows the IDs. You can add it later.',
  usual: none,
  check: (given) =>
    given === none || isValidSetting('CMK_LOGS_WORKSPACE', given)
      ? acceptAnswer(given.toLowerCase(), given)
      : refuseAnswer(
          'A workspace ID looks like 0c1e7a52-7d0e-4a8b-9a53-6f2f4f6c9d33. It isn’t the name or the ARM ID.',
        ),
};

const policy: PartQuestion = {
  id: 'policy',
  asks: () => 'Absolute path of a policy file (who approves for which agents), or “none”',
  explains: 'Without it, the same people request and approve for every agent. docs/reference/policy-file.md shows one.',
  usual: none,
  isAsked: byHand,
  check: (given) =>
    acceptIf(given === none || given.startsWith('/'), given, 'Type the absolute path of a file, or none.'),
};

export const verificationQuestions = inPart(8, [anchor, logKey, vaultKey, witnesses, workspace, policy]);
