/** What must never stand in what the bot prints, and a look whether it does. */

/** Shapes of secrets, whoever's they are. */
const shapes: readonly (readonly [string, RegExp])[] = [
  ['a bearer token', /\bBearer\s+(?!…)[\w.-]{8,}/i],
  ['a JSON web token', /\beyJ[\w-]{10,}/],
  ['an Authorization header', /["']?\bauthorization["']?\s*[:=]\s*["']?(?!…)\w/i],
  ['a client secret', /client_secret=(?!…)\w/i],
];

/** Shorter texts stand in a log by chance. */
const shortest = 8;

/** Texts and secrets that were given to the bot, and what it printed of them. */
export class LogWatch {
  private readonly known = new Map<string, string>();

  /** A secret of the configuration, or something that a person wrote or chose. */
  keepOut(what: string, text: unknown): void {
    if (typeof text === 'string' && text.trim().length >= shortest) this.known.set(text.trim(), what);
  }

  keepOutInputs(inputs: Readonly<Record<string, unknown>> = {}): void {
    for (const [name, value] of Object.entries(inputs)) this.keepOut(`the input ${name}`, value);
  }

  /** Everything secret among a process's settings. */
  keepOutSettings(env: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(env)) {
      // An address tells where a secret lies, which is none.
      if (/PASSWORD|SECRET|TOKEN$/i.test(name) && !URL.canParse(value ?? '')) this.keepOut(name, value);
      if (/DATABASE.*URL$/.test(name) && URL.canParse(value ?? '')) this.keepOut(name, new URL(value ?? '').password);
    }
  }

  /** A line a leak; empty when there is none. */
  leaksIn(printed: string): readonly string[] {
    const lines = printed.split('\n');
    const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);
    const texts = [...this.known].map(([text, what]): readonly [string, (part: string) => boolean] => {
      const written = [text, asJson(text)];
      return [`${what} (${text.slice(0, 40)})`, (part) => written.some((one) => part.includes(one))];
    });
    const forms = shapes.map(([what, shape]): readonly [string, (part: string) => boolean] => [
      what,
      (part) => shape.test(part),
    ]);
    return [...texts, ...forms].flatMap(([what, isIn]) => {
      // To search the whole is faster than to search every line, and nearly always finds nothing.
      const line = isIn(printed) ? lines.find(isIn) : undefined;
      return line === undefined ? [] : [`${what} stands in the log: ${line.slice(0, 600)}`];
    });
  }
}
