/** What stands beside a pack for whoever gets it. */

const checking = ({ id, verifierDigest }: Readme): string => `CHECK IT YOURSELF

You need Python 3.9 or later. Nothing is installed, nothing goes over the net.
On Windows type "py" where this says "python3".

1. Get verify.py from the release of cmk-bot, not from this pack and not from
   the people who run the bot. A pack contains no program: if there is one in
   it, don't run it. Compare the file with the digest that the release names:

       sha256sum verify.py        (Windows: certutil -hashfile verify.py SHA256)

   The bot that made this pack knows the verifier with this SHA-256:
       ${verifierDigest}

2. Get the keys. Ask the security office, not the people who run the bot and
   not this pack, for the log's key and the witness's: lines that look like
       bot.example.org/prod/audit+c67077a9+AepK...
       witness.audit.example.org/w1+f679ee99+BP0X...
   Save them as my-keys.txt. Compare whole lines: the eight digits in the
   middle can be imitated. Every witness in my-keys.txt must have signed. A
   line "quorum N" says that N of them are enough, "quorum 0" that none is
   needed. A key in a vault must have signed too.

3. Verify:      python3 verify.py ${id}.zip --keys my-keys.txt

The first words of the answer are the answer:

  proved      The events are in the log, unaltered and signed, and tell what
              the files here tell. Exit code 0.
  NOT proved  Something does not fit. The line says which file or event.
              Exit code 1. Keep the pack as it is, and ask for another one
              made by another person.
  unknown     Not everything could be checked: a file, a key, or the
              signature of a witness whose key you gave is missing. The
              answer says which. This is not "proved". Exit code 2.

The answer tells who is under which key by itself, from the events. Believe
the answer, not the report.

Without --keys the keys in the pack are used, and the answer is "unknown":
that shows only that the pack fits itself. Anybody can make such a pack.
`;

const later = (id: string): string => `LATER

The log goes on. Once a year, or when in doubt, see that it still holds what
this pack shows, and whether more happened to the request since. ANCHOR is a
copy of the published log (a folder):

                python3 verify.py ${id}.zip --keys my-keys.txt --later ANCHOR

ANCHOR can also be a checkpoint that you kept, as a file. If yours is older
than this pack, ask for a pack that proves that its log goes on from yours:

                cmk-bot evidence ${id} --from-size N

N is the number in the second line of your checkpoint.
`;

const limits = `WHAT THIS CANNOT TELL YOU

- What Azure and Entra answered is recorded as received, without a signature
  of theirs. Azure's activity log has the same correlation ids: compare.
- If log and witness are in the same hands, they can agree on another
  history. Ask who holds the witness.
- Events after the last one here, and events of other requests.
- names.json was looked up when the pack was made: the record itself holds
  object ids only. report.html, controls.json, keys.txt and this text prove
  nothing.

DO NOT TRUST verify.py? Good: read it, or use other tools. checkpoint is a
C2SP signed note, proofs/ holds C2SP tlog-proofs over an RFC 6962 tree, and
Go's golang.org/x/mod/sumdb (note, tlog) reads both. A line of events.jsonl,
without its newline, is one leaf. sha256sum plan.json is the plan's digest in
the events; sha256sum rules.json is the digest of the policy in them.
`;

const withTexts = `WHAT PEOPLE WROTE as reason and comment is in texts.jsonl. Each text is checked
against the salted SHA-256 that the event holds. It can be erased in the audit
log, and not in this pack: take care where you keep it.
`;

const without = `LEFT OUT: what people wrote as reason and comment. The events hold a salted
SHA-256 of each, so that a text shown later can be checked.
`;

export interface Readme {
  /** Of the request. */
  readonly id: string;
  /** What people wrote is in the pack. */
  readonly texts: boolean;
  /** SHA-256 of the verifier in Python, in hexadecimal. */
  readonly verifierDigest: string;
}

export const readmeOf = (readme: Readme): string =>
  [
    `EVIDENCE OF REQUEST ${readme.id}

What you hold: what was decided, changed and proved about one Azure healthcare
agent, and the proof that the record of it was not altered since. Start with
report.html: open it in any browser, or print it.
`,
    checking(readme),
    later(readme.id),
    limits,
    readme.texts ? withTexts : without,
  ].join('\n');
