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

export const signInAsk = (requestId: string): PageText => ({
  ...paragraphs`Sign in to approve ${requestId}
    You selected Approve in Teams. Sign in to confirm that it’s you.`,
  note: 'Signing in doesn’t approve anything yet: afterward, select Approve again. If you didn’t select Approve, close this page and tell your security team.',
});

export const signInDone: PageText = {
  ...paragraphs`You’re signed in.
    Go back to Teams, and select Approve. Nothing is approved until then.`,
  note: 'You can close this page.',
};

export const signInEnded = paragraphs`This sign-in has ended.
  ${nothingApproved} ${approveAgain}`;

export const signInUnavailable = paragraphs`You can’t sign in at the moment.
  Microsoft Entra ID doesn’t answer. ${nothingApproved} Try again in a minute.`;

/** For a sign-in that doesn't count. */
export const signInRefused = (title: string, why: string): PageText => paragraphs`${title}
  ${why}
  ${nothingApproved}`;

export const signInElsewhere = signInRefused('This sign-in started in another browser.', approveAgain);

export const signInFailed = (why: string): PageText => signInRefused('The sign-in failed.', why);

export const signInWeak = signInRefused(
  'This sign-in isn’t enough to approve.',
  `Approving needs a sign-in that meets your organization’s policy, for example with multifactor authentication. ${approveAgain}`,
);

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

/** Unknown codes aren't repeated, because they can be any text. */
export const signInErrorWords = (code: string): string =>
  (Object.hasOwn(signInErrors, code) ? signInErrors[code] : undefined) ??
  'Microsoft Entra ID refused the sign-in. An operator can find the message in the application log.';

/** For a redirect without the part that the protocol requires. */
export const signInMissing = { code: 'Entra ID sent no code.', idToken: 'Entra ID sent no ID token.' };

export const evidenceOffer = (requestId: string): PageText => ({
  ...paragraphs`Evidence of ${requestId}
    A zip with a report to read and print, the request’s events, and what others need to check them offline.`,
  note: 'The bot reads Azure again and records your download: usually once in 10 minutes, unless the request changes. The pack contains the reason and all comments. Store it where only people with access to the request can read it.',
});

export const evidenceLinkExpired = paragraphs`This link has expired.
  It works once, for 10 minutes. Go back to Teams, and select Download evidence again.`;

export const evidenceNotReady = paragraphs`The evidence pack can’t be created now.
  A pack needs the published log, and the bot couldn’t publish the last events in time.
  Nothing is lost. Go back to Teams, and select Download evidence again in a minute, or ask an operator.`;

/** For a bot without an address for browsers. */
export const evidenceByOperator = (requestId: string): string =>
  `The bot has no address for browsers. An operator takes evidence with: cmk-bot evidence ${requestId}`;

const logged = (errorId: string): string => `An operator can find the error in the application log under ${errorId}.`;

/** The database is away or read-only. The bot's pages change nothing in Azure and approve nothing. */
export const cannotSave = (errorId: string): PageText => paragraphs`The bot can’t save anything at the moment.
  ${nothingChanged} Go back to Teams in a few minutes, and try again.
  ${logged(errorId)}`;

export const tooManyPages = paragraphs`Too many pages are being opened.
  ${nothingChanged} Wait a moment, and reload this page.`;

export const unexpectedError = (errorId: string): PageText => paragraphs`Something unexpected happened.
  ${nothingChanged} Go back to Teams, and check the card before you try again.
  ${logged(errorId)}`;
