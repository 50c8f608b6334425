/**
 * What differs between two runs, masked at its own length so that the lines stay in place. Distinct values are numbered in the order
 * in which they appear, so that a reader can follow them.
 */

const day = 86_400_000;

/** Around now, or around the two years from now that the bot offers for a new key. */
function isOfTheRun(at: number, now: Date): boolean {
  const twoYears = Date.UTC(now.getUTCFullYear() + 2, now.getUTCMonth(), now.getUTCDate());
  return Math.abs(at - now.getTime()) < 8 * day || Math.abs(at - twoYears) < 3 * day;
}

const numbered = (): ((value: string) => string) => {
  const numbers = new Map<string, number>();
  return (value) => {
    const number = numbers.get(value) ?? numbers.size + 1;
    numbers.set(value, number);
    return String(number);
  };
};

/** `ABCD` and `2` make `···2`. */
const dots = (length: number, number: string): string => number.padStart(length, '·');

const words = (text: string): number => Date.parse(`${text} UTC`);

export type Masks = (text: string) => string;

export function openMasks(now: Date): Masks {
  const requests = numbered();
  const digests = numbered();
  const versions = numbered();
  const guids = numbered();
  const vaults = numbered();
  const masked = (mask: string, at: (found: string) => number) => (found: string) =>
    isOfTheRun(at(found), now) ? mask : found;
  return (text) =>
    text
      // Whether a click came within seconds depends on the machine.
      .replaceAll(', within 5 seconds after the request', '')
      // A hash in base64, and what signs it.
      .replace(/[A-Za-z0-9+/]{43,}={0,2}/g, (base64) => '·'.repeat(base64.length))
      .replace(/CMK-([0-9A-Z]{6})\b/g, (_, id: string) => `CMK-${dots(6, requests(id))}`)
      .replace(/(?<=\blocalhost:)\d+/g, (port) => dots(5, vaults(port)))
      // Ids of the local tenant are the same each time: they begin with a digit and seven zeros.
      .replace(
        /\b(?!\d0{7})[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
        (id) => `········-····-····-····-${dots(12, guids(id))}`,
      )
      .replace(/\b[0-9a-f]{32}\b/g, (version) => dots(32, versions(version.slice(0, 8))))
      .replace(/(?<=[Vv]ersion:? +|after )[0-9a-f]{8}\b/g, (version) => dots(8, versions(version)))
      .replace(/(?<=Policy +)[0-9a-f]{8}$/gm, '········')
      .replace(
        /\b([0-9a-f]{8} ){7}[0-9a-f]{8}\b/g,
        (digest) => `${'········ '.repeat(7)}${dots(8, digests(digest.replace(/^(.{4})(.{4}).*/, '$1 $2')))}`,
      )
      .replace(/\b[0-9a-f]{4} [0-9a-f]{4}\b/g, (digest) => `···· ${dots(4, digests(digest))}`)
      .replace(/\b\d{4}-\d\d-\d\d\b/g, masked('YYYY-MM-DD', Date.parse))
      .replace(/\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b/g, masked('D Month YYYY', words))
      .replace(/\b(?:just now|\d+ (?:seconds?|minutes?) ago)\b/g, 'a while ago')
      .replace(/(?<=(?:read back|left to do|interrupted), in )(?:\d+ min(?: \d+ s)?|\d+ s)/g, 'a while')
      .replace(/\b\d\d:\d\d:\d\d\b/g, 'HH:MM:SS')
      .replace(/\b\d\d:\d\d\b/g, 'HH:MM')
      .replace(/\b(?:\d+ min(?: \d+ s)?|\d+ s)(?= so far| from request to done| before\b)/g, 'a while')
      .replace(/(?<= )(?:just started|\d+ min(?: \d+ s)?|\d+ s)$/gm, 'a while')
      .replace(/\bjust changed\b/g, 'the last change a while before')
      .replace(/(?<=Next attempt )(?:in \d+ s|now)/g, 'soon');
}
