/** What stands beside a pack for whoever gets it. */

const checking = (id: string): string => `CHECK IT YOURSELF

You need Python 3.9 or later. Nothing is installed, nothing goes over the net.
On Windows type "py" where this says "python3".

1. Unpack:      python3 -m zipfile -e ${id}.zip pack

2. Get the keys. Ask the security office, not the people who run the bot and
   not this pack, for the log's key and the witness's: lines that look like
       bot.example.org/prod/audit+c67077a9+AepK...
       witness.audit.example.org/w1+f679ee99+BP0X...
   Save them as my-keys.txt. Compare whole lines: the eight digits in the
   middle can be imitated.

3. Verify:      python3 pack/verify.py ${id}.zip --keys my-keys.txt

The first words of the answer are the answer:

  proved      The events are in the log, unaltered and signed, and tell what
              the files here tell. Exit code 0.
  NOT proved  Something does not fit. The line says which file or event.
              Exit code 1. Keep the pack as it is, and ask for another one
              made by another person.
  unknown     It could not be checked: a file or a key is missing. This is
              not "proved". Exit code 2.

The answer tells who is under which key by itself, from the events. Believe
the answer, not the report.

Without --keys the keys in the pack are used, and the answer is "unknown":
that shows only that the pack fits itself. Anybody can make such a pack.
`;

const later = (id: string): string => `LATER

The log goes on. Once a year, or when in doubt, see that it still holds what
this pack shows, and whether more happened to the request since. ANCHOR is a
copy of the published log (a folder):

                python3 pack/verify.py ${id}.zip --keys my-keys.txt --later ANCHOR
`;

const limits = `WHAT THIS CANNOT TELL YOU

- What Azure and Entra answered is recorded as received, without a signature
  of theirs. Azure's activity log has the same correlation ids: compare.
- If log and witness are in the same hands, they can agree on another
  history. Ask who holds the witness.
- Events after the last one here, and events of other requests.
- names.json was looked up when the pack was made: the record itself holds
  object ids only. report.html, controls.json and this text prove nothing.

DO NOT TRUST verify.py? Good: read it, or use other tools. checkpoint is a
C2SP signed note, proofs/ holds C2SP tlog-proofs over an RFC 6962 tree, and
Go's golang.org/x/mod/sumdb (note, tlog) reads both. A line of events.jsonl,
without its newline, is one leaf. sha256sum plan.json is the plan's digest in
the events; the first eight digits of sha256sum rules.json are the version of
the policy in them.
`;

const withTexts = `WHAT PEOPLE WROTE is in texts.jsonl, since it was asked for. Each text is checked
against the salted SHA-256 that the event holds. Take care where you keep it.
`;

const without = `LEFT OUT: what people wrote as reason and comment. The events hold a salted
SHA-256 of each, so that a text shown later can be checked.
`;

/** `texts`: what people wrote is in the pack. */
export const readmeOf = (id: string, texts: boolean): string =>
  [
    `EVIDENCE OF REQUEST ${id}

What you hold: what was decided, changed and proved about one Azure healthcare
agent, and the proof that the record of it was not altered since. Start with
report.html: open it in any browser, or print it.
`,
    checking(id),
    later(id),
    limits,
    texts ? withTexts : without,
  ].join('\n');
