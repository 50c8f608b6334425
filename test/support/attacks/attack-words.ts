/** Words that would be more than words, and what a reader may see of them on a card. */
import MarkdownIt from 'markdown-it';

const dollar = '$';

/** What is after the name of where it comes from. Short enough for every place that does not cut it. */
const hostile = [
  '<at>Approver</at> **b** [go](https://hostile.example/a) ![x](https://hostile.example/x.png)',
  `${dollar}{requestId}${dollar}{1+1}{{DATE(2020-01-01T00:00:00Z)}} <img src=x> &lt;i&gt;`,
].join(' ');

/** Words of one source: everything that could steer a card, a terminal or a spreadsheet. */
export const hostileWords = (source: string): string => `=${source} ${hostile}\u202e\u001b[31m\u009b\u0000\u2028# x`;

/** The same as it is to be read: every letter, and nothing of what hides. */
const literal = (source: string): string => `${source} ${hostile}[31m # x`;

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true });

/** A text of a card as its reader sees it, without what is ours: mentions and dates. */
const shown = (text: string): string =>
  markdown
    .render(text)
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('\u2060', '');

const allowedTags = /^<\/?(p|strong|br)>$/;
const hidden = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

interface Text {
  readonly key: string;
  readonly text: string;
  readonly isMarkdown: boolean;
}

function textsOf(node: unknown, key = ''): readonly Text[] {
  if (typeof node === 'string') return [{ key, text: node, isMarkdown: false }];
  if (Array.isArray(node)) return node.flatMap((one) => textsOf(one, key));
  if (typeof node !== 'object' || node === null) return [];
  const { type, ...rest } = node as Record<string, unknown>;
  return Object.entries(rest).flatMap(([name, value]) => {
    const isText =
      (type === 'TextBlock' && name === 'text') || (key === 'facts' && (name === 'title' || name === 'value'));
    return isText && typeof value === 'string' ? [{ key: name, text: value, isMarkdown: true }] : textsOf(value, name);
  });
}

interface CardMention {
  readonly text: string;
  readonly mentioned: { readonly id: string; readonly name: string };
}
const mentionsOn = (card: unknown): readonly CardMention[] =>
  ((card as { msteams?: { entities?: readonly CardMention[] } }).msteams?.entities ?? []).filter(
    ({ text }) => text !== undefined,
  );

/** Places and stores differ in what becomes of blanks and of what cannot be shown; locks have no slashes in their names. */
const bare = (text: string): string => text.replaceAll(/[\s\ufffd]+/g, '').replaceAll('/', '|');

/** What of the words reaches further than a reader's eyes. Empty: nothing does. */
export function wrongOn(card: unknown, sources: readonly string[]): readonly string[] {
  const mentions = mentionsOn(card).map(({ text }) => text);
  const withoutMentions = (text: string): string => mentions.reduce((rest, one) => rest.replaceAll(one, ''), text);
  return textsOf(card).flatMap(({ key, text, isMarkdown }) => {
    const wrong: string[] = [];
    const said = (what: string) => wrong.push(`${what} in ${key}: ${JSON.stringify(text.slice(0, 300))}`);
    if (key === 'data' || key === 'verb') return [];
    if (/url$/i.test(key)) said('an address');
    if (hidden.test(isMarkdown ? text.replaceAll('\n', '') : text)) said('a character that hides');
    const seen = withoutMentions(text);
    if (isMarkdown) {
      for (const tag of markdown.render(seen).match(/<\/?[a-z][^>]*>/g) ?? []) if (!allowedTags.test(tag)) said(tag);
      if (/<\/?at>/i.test(seen)) said('a mention');
      if (/\{\{(DATE|TIME)\(2020/.test(seen)) said('a date');
    }
    const read = isMarkdown ? shown(seen) : seen;
    for (const source of sources) {
      const at = bare(read).indexOf(`${source}<`);
      const wanted = bare(literal(source));
      const [found = ''] =
        at === -1
          ? [wanted]
          : bare(read)
              .slice(at, at + wanted.length)
              .split('…');
      // What was typed as a name is quoted by its beginning.
      const quoted = source.startsWith('Typed') ? found.slice(0, 60) : found;
      if (!wanted.startsWith(quoted)) said(`other words of ${source}: ${JSON.stringify(found)}`);
    }
    return wrong;
  });
}

/** The sources whose words are to be read somewhere on the card. */
export const sourcesOn = (card: unknown, sources: readonly string[]): readonly string[] => {
  const all = textsOf(card).map(({ text, isMarkdown }) => (isMarkdown ? shown(text) : text));
  return sources.filter((source) => all.some((text) => text.includes(source)));
};

/** People whom the card would ring, by member id. */
export const rungBy = (card: unknown): readonly string[] => mentionsOn(card).map(({ mentioned }) => mentioned.id);
