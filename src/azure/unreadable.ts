/** Answers that can't be read as what was asked for, in words for a card: never an error text of JavaScript's. */
import { UnusableAnswer } from './exchange.ts';

const longestTitle = 200;
const longestStart = 500;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

const plain = (html: string): string =>
  html
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^>]*>?/g, ' ')
    .replace(/&(#?\w{1,8});/g, (whole, name: string) => entities[name.toLowerCase()] ?? whole)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestTitle);

/** The title of a web page, else its first heading, else how its text begins; null: the text is no web page. */
export function pageTitle(text: string): string | null {
  if (!/^\s*(<!doctype html|<html|<head|<body|<!--|<\?xml[^>]*>\s*<(!doctype )?html)/i.test(text)) return null;
  const start = text.slice(0, 20_000);
  const title = plain(/<title[^>]*>([\s\S]*?)<\/title/i.exec(start)?.[1] ?? '');
  return (
    title || plain(/<h1[^>]*>([\s\S]*?)<\/h1/i.exec(start)?.[1] ?? '') || plain(start) || 'a web page without text'
  );
}

/** JSON whose end is missing: another answer might come whole. */
export const isCutOff = (body: string): boolean => {
  if (!/^\s*[[{]/.test(body)) return false;
  try {
    JSON.parse(body);
    return false;
  } catch {
    return true;
  }
};

/** Words for an answer with a good status that isn't what was asked for. `complaint`: the error that its body reports, if any. */
export function unreadableWords(error: Error, body: string, complaint: string | null): string {
  const why = error instanceof UnusableAnswer ? error.message : 'it doesn’t have the expected form';
  return `Azure’s answer couldn’t be read: ${why}. ${detailOf(body, complaint)}`;
}

function detailOf(body: string, complaint: string | null): string {
  if (body.trim() === '') return 'The answer was empty.';
  const title = pageTitle(body);
  if (title !== null) return `The answer was a web page: “${title}”`;
  return complaint === null
    ? `The answer begins with: ${body.slice(0, longestStart)}`
    : `The answer reports an error: ${complaint}`;
}
