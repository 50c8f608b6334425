/** `README.txt` of a pack: how to verify it, and what it doesn't show. */
import { readFileSync } from 'node:fs';
import { digestOf } from './pack-files.ts';

/** The Python verifier, next to the sources or the build. Packs name its digest and don't contain it. */
const verifier = new URL('../outside/verify.py', import.meta.url);

/** How to verify it; `id`: the archive's name without `.zip`. */
const verifySection = (id: string): string => `CHECK IT YOURSELF

You need Python 3.9 or later. It installs nothing and needs no network.
On Windows type "py" where this says "python3".

1. Get verify.py from the source code of cmk-bot, where it is
   src/audit/outside/verify.py. Don't take it from this pack or from the people
   who run the bot. A pack contains no program: if there is one in it, don't
   run it. Show the file's SHA-256:

       sha256sum verify.py        (Windows: certutil -hashfile verify.py SHA256)

   The bot that created this pack has the verifier with this SHA-256:
       ${digestOf(readFileSync(verifier))}

2. Get the keys. Ask the security office, not the people who run the bot and
   not this pack, for the log's key and the witness's: lines that look like
       bot.example.org/prod/audit+c67077a9+AepK...
       witness.audit.example.org/w1+f679ee99+BP0X...
   Save them as my-keys.txt. Compare whole lines: the eight digits in the
   middle can be imitated. Every witness in my-keys.txt must have signed. A
   line "quorum N" says that N of them are enough, "quorum 0" that none is
   needed.

3. Verify:      python3 verify.py ${id}.zip --keys my-keys.txt

The first word of the output is the result:

  proved      The events are in the log, unchanged and signed, and match the
              files in this pack. Exit code 0.
  NOT proved  Something doesn't match. The line says which file or event.
              Exit code 1. Keep the pack unchanged, and ask another person
              to create another pack.
  unknown     Not everything could be checked: a file, a key, or the
              signature of a witness whose key you gave is missing. The
              output says which. This is not "proved". Exit code 2.

The output says which key the resource uses, derived from the events. Trust the
output, not the report.

Without --keys, the pack's own keys are used, and the result is "unknown":
it shows only that the pack is consistent. Anyone can create such a pack.
`;

const later = (id: string): string => `LATER

The log continues. Once a year, or when in doubt, check that it still contains
this pack's events, and whether events of the request were added. ANCHOR is a
copy of the published log (a folder):

                python3 verify.py ${id}.zip --keys my-keys.txt --later ANCHOR

ANCHOR can also be a checkpoint that you kept, as a file. If yours is older
than this pack, request a pack that proves that its log continues yours:

                cmk-bot evidence ${id} --from-size N

N is the number in the second line of your checkpoint.
`;

const limits = `WHAT THIS PACK DOESN'T SHOW

- Responses of Azure and Entra are logged as received. Microsoft doesn't sign
  them. Azure's Activity Log has the same correlation ids: compare.
- If one party controls the log and the witness, it can create a different
  history. Ask who runs the witness.
- Events after the last one here, and events of other requests.
- names.json was looked up when the pack was created: the audit log has only
  object ids. report.html, controls.json, keys.txt and this text prove
  nothing.

DON'T TRUST verify.py? Read it, or use other tools. checkpoint is a
C2SP signed note, proofs/ has C2SP tlog-proofs over an RFC 6962 tree, and
Go's golang.org/x/mod/sumdb (note, tlog) reads both. A line of events.jsonl,
without its newline, is one leaf. sha256sum plan.json is the plan's digest in
the events; sha256sum rules.json is the digest of the policy in them.
`;

const withTexts = `REASON AND COMMENT are in texts.jsonl. Each text is checked against the salted
SHA-256 in the event. It can be erased in the audit log, but not in this pack:
store the pack with care.
`;

const omittedTexts = `NOT INCLUDED: reason and comment. The events have a salted SHA-256 of each, so
that a text that you get later can be checked.
`;

export const readmeOf = (id: string, hasTexts: boolean): string =>
  [
    `EVIDENCE OF REQUEST ${id}

This pack shows what was decided, changed and verified for one Azure
resource, and proves that its audit log wasn't changed since. Start with
report.html: open it in a browser, or print it.
`,
    verifySection(id),
    later(id),
    limits,
    hasTexts ? withTexts : omittedTexts,
  ].join('\n');
