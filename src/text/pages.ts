/** Texts of the pages that browsers show: sign-in, download of an evidence pack, and errors. */
import { lines } from '../domain/words.ts';

/** Plain text; the page escapes it. */
interface PageText {
  readonly title: string;
  readonly lines: readonly string[];
  readonly note?: string;
}
/** The title and the paragraphs of a page, one a line. */
function paragraphs(...written: Parameters<typeof lines>): PageText {
  const { title, text, remedy } = lines(...written);
  return { title, lines: [text, remedy].filter((line) => line !== '') };
}

const approveAgain = 'Go back to Teams, and select Approve again.';
const nothingApproved = 'Nothing was approved.';
const nothingChanged = 'Nothing was approved, and nothing was changed in Azure.';

/** For a sign-in that doesn't count. */
const signInRefused = (title: string, why: string): PageText => paragraphs`${title}
  ${why}
  ${nothingApproved}`;

/** For a click with a token that doesn't count. */
export const tokenRefused = 'Teams sent no valid sign-in. Use the sign-in button.';

/** Error codes of OAuth 2.0 (RFC 6749) and OpenID Connect Core that a person can act on. */
const signInErrors: Readonly<Record<string, string>> = {
  access_denied: 'Microsoft Entra ID refused the sign-in, or you canceled it.',
  login_required: 'Microsoft Entra ID requires you to sign in again.',
  interaction_required: 'Microsoft Entra ID requires another step, such as multifactor authentication.',
  consent_required: 'An administrator must consent to the app for signing in.',
  invalid_grant: 'The sign-in took too long, or was used already.',
  temporarily_unavailable: 'Microsoft Entra ID is busy. Try again in a minute.',
  server_error: 'Microsoft Entra ID had an internal error. Try again in a minute.',
};

const logged = (errorId: string): string => `An operator can find the error in the application log under ${errorId}.`;

export const signInWords = {
  refused: signInRefused,
  ask: (requestId: string): PageText => ({
    ...paragraphs`Sign in to approve ${requestId}
    You selected Approve in Teams. Sign in to confirm that it’s you.`,
    note: 'Signing in doesn’t approve anything yet: afterward, select Approve again. If you didn’t select Approve, close this page and tell your security team.',
  }),
  done: {
    ...paragraphs`You’re signed in.
    Go back to Teams, and select Approve. Nothing is approved until then.`,
    note: 'You can close this page.',
  },
  ended: paragraphs`This sign-in has ended.
  ${nothingApproved} ${approveAgain}`,
  unavailable: paragraphs`You can’t sign in at the moment.
  Microsoft Entra ID doesn’t answer. ${nothingApproved} Try again in a minute.`,
  elsewhere: signInRefused('This sign-in started in another browser.', approveAgain),
  failed: (why: string): PageText => signInRefused('The sign-in failed.', why),
  weak: signInRefused(
    'This sign-in isn’t enough to approve.',
    `Approving needs a sign-in that meets your organization’s policy, for example with multifactor authentication. ${approveAgain}`,
  ),
  /** For a redirect without the part that the protocol requires. */
  missing: { code: 'Entra ID sent no code.', idToken: 'Entra ID sent no ID token.' },
  /** Unknown codes aren't repeated, because they can be any text. */
  error: (code: string): string =>
    (Object.hasOwn(signInErrors, code) ? signInErrors[code] : undefined) ??
    'Microsoft Entra ID refused the sign-in. An operator can find the message in the application log.',
};

export const evidenceWords = {
  offer: (requestId: string): PageText => ({
    ...paragraphs`Evidence of ${requestId}
    A zip with a report to read and print, the request’s events, and what others need to check them offline.`,
    note: 'The bot reads Azure again and records your download: usually once in 10 minutes, unless the request changes. The pack contains the reason and all comments. Store it where only people with access to the request can read it.',
  }),
  expired: paragraphs`This link has expired.
  It works once, for 10 minutes. Go back to Teams, and select Download evidence again.`,
  notReady: paragraphs`The evidence pack can’t be created now.
  A pack needs the published log, and the bot couldn’t publish the last events in time.
  Nothing is lost. Go back to Teams, and select Download evidence again in a minute, or ask an operator.`,
  /** For a bot without an address for browsers. */
  byOperator: (requestId: string): string =>
    `The bot has no address for browsers. An operator takes evidence with: cmk-bot evidence ${requestId}`,
};

/** Of a server that can't show a page. */
export const pageErrorWords = {
  /** The database is away or read-only. The bot's pages change nothing in Azure and approve nothing. */
  cannotSave: (errorId: string): PageText => paragraphs`The bot can’t save anything at the moment.
  ${nothingChanged} Go back to Teams in a few minutes, and try again.
  ${logged(errorId)}`,
  tooMany: paragraphs`Too many pages are being opened.
  ${nothingChanged} Wait a moment, and reload this page.`,
  unexpected: (errorId: string): PageText => paragraphs`Something unexpected happened.
  ${nothingChanged} Go back to Teams, and check the card before you try again.
  ${logged(errorId)}`,
};
