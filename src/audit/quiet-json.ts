import { showBlanks } from '../domain/unseen.ts';

/** Halves of pairs are told apart, so that what lies beyond the first plane is escaped as JSON has it. */
const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`).join('');

/**
 * JSON that reads back as the same value, steers no terminal and hides nothing: what people and Azure wrote may hold escape
 * sequences, direction overrides and letters that nobody sees, of which JSON itself escapes the oldest alone.
 */
export const quietJson = (value: unknown, indent?: number): string =>
  showBlanks(JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped), escaped);
