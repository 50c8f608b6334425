/** Error pages for browsers. They never show the address, because it contains secrets. */
import { type PageAnswer, page } from '../sign-in/html.ts';

/** The database is away or read-only. The bot's pages change nothing in Azure and approve nothing. */
export const notStoringPage = (id: string): PageAnswer =>
  page({
    status: 503,
    tone: 'bad',
    title: 'The bot can’t save anything at the moment.',
    lines: [
      'Nothing was approved, and nothing was changed in Azure. Go back to Teams in a few minutes, and try again.',
      `An operator can find the error in the application log under ${id}.`,
    ],
  });

/** Rendered once, because it answers floods. */
export const tooManyPage: PageAnswer = page({
  status: 429,
  tone: 'bad',
  title: 'Too many pages are being opened.',
  lines: ['Nothing was approved, and nothing was changed in Azure. Wait a moment, and reload this page.'],
});

export const bugPage = (id: string): PageAnswer =>
  page({
    status: 500,
    tone: 'bad',
    title: 'Something unexpected happened.',
    lines: [
      'Nothing was approved, and nothing was changed in Azure. Go back to Teams, and check the card before you try again.',
      `An operator can find the error in the application log under ${id}.`,
    ],
  });
