/** Sections 7 to 10: the audit log and its verification, controls, limits, and a place to sign. */
import type { Software } from '../../../domain/request/payloads.ts';
import { joinList } from '../../../domain/strings.ts';
import {
  actorOf,
  bullet,
  type Column,
  clockOf,
  dayOf,
  type Html,
  html,
  htmlTable,
  id,
  none,
  numbersOf,
  type ReportFacts,
  section,
  short,
  whoIn,
} from './parts.ts';

// Mapping of evidence packs and statements to controls. The HIPAA Security Rule by its own numbers (45 CFR part 164, subpart C).
// Other frameworks by the numbers of Microsoft's Azure Policy initiatives or the frameworks' tables of contents. Someone who has
// the text in force must confirm each mapping.

interface ControlMapping {
  readonly control: string;
  readonly about: string;
  readonly shows: string;
  readonly leaves: string;
  /** Sections of the report. */
  readonly sections: string;
}

const subjects = {
  '164.312(a)(2)(iv)': 'encryption and decryption',
  '164.312(a)(2)(ii)': 'emergency access procedure',
  '164.312(b)': 'audit controls',
  '164.312(d)': 'person or entity authentication',
  '164.308(a)(1)(ii)(D)': 'information system activity review',
  '164.308(a)(7)': 'contingency plan',
  '164.316(b)(2)(i)': 'retention for six years',
} as const;

/** `shows`: what the document shows. `leaves`: what readers still need. */
const mapped = (control: keyof typeof subjects, shows: string, leaves: string, sections: string): ControlMapping => ({
  control,
  about: subjects[control],
  shows,
  leaves,
  sections,
});

const mapping = 'mapping to be confirmed';

const unconfirmed = (rows: Readonly<Record<string, string>>) =>
  Object.entries(rows).map(([control, shows]) => ({ control, shows, mapping }));

/** HITRUST CSF is 9.2, as in Azure Policy. */
export const controls = {
  rule: 'HIPAA Security Rule, 45 CFR',
  mapping,
  mapped: [
    mapped('164.312(a)(2)(iv)', 'Which key, set when, what proof', 'Whether ePHI is there; older data', '3–5'),
    mapped('164.312(a)(2)(ii)', 'Who controls the key; recovery', 'The procedure itself', '3, 6'),
    mapped('164.312(b)', 'Who did what; rewriting is found', 'Who holds the witness', '7'),
    mapped('164.312(d)', 'Who acted, how they were known', 'Entra’s own logs', '2'),
    mapped('164.308(a)(1)(ii)(D)', 'Material, and a place to sign', 'The review itself', '10'),
    mapped('164.308(a)(7)', 'What losing the key would lose', 'Backups and their tests', '6'),
    mapped('164.316(b)(2)(i)', 'What to keep, how to check it', 'Keeping log and pack as long', '7'),
  ],
  others: {
    'HITRUST CSF 9.2': unconfirmed({
      '0304.09o3Organizational.1 - 09.o': 'Encryption at rest with a customer-managed key',
      '1202.09aa1System.1 - 09.aa': 'A secure audit record of each change',
      '1635.12b1Organizational.2 - 12.b': 'Soft delete and purge protection of the vault',
    }),
    'SOC 2': unconfirmed({
      'CC6.1': 'Logical access: which identity can use the key, who controls it, encryption at rest',
      'CC8.1': 'Change management: request, reason, approval by another person, what was changed, check afterwards',
    }),
    'ISO/IEC 27001:2022': unconfirmed({
      'A.5.3': 'Segregation of duties: never approved by the requester',
      'A.5.15': 'Access control: the rule that applied, and who could approve',
      'A.5.28': 'Collection of evidence',
      'A.8.15': 'Logging: events in a log that can be verified',
      'A.8.24': 'Use of cryptography: key, version, level of proof',
      'A.8.32': 'Change management: planned, approved, carried out as planned',
    }),
  },
};

/** What a statement answers of the same controls, by its sections. */
export const statementControls: readonly ControlMapping[] = [
  mapped(
    '164.312(a)(2)(iv)',
    'Which agents have an approved key, and which differ',
    'Whether ePHI is there; older data',
    '2',
  ),
  mapped('164.312(b)', 'All events count; rewriting is found', 'Who holds the witness', '1, 5'),
  mapped('164.308(a)(1)(ii)(D)', 'What changed, what was accepted, a place to sign', 'The review itself', '1, 3, 7'),
  mapped('164.316(b)(2)(i)', 'What to keep, how to check it', 'Keeping log and statement as long', '5'),
];

/** Of other frameworks, by the end of their numbers. */
export const statementOthers: readonly string[] = ['09.o', '09.aa', 'A.8.15', 'A.8.24'];

export function checkpointOf({ note }: Pick<ReportFacts, 'note'>): { readonly origin: string; readonly size: string } {
  const [origin = '', size = ''] = note.split('\n');
  return { origin, size };
}

const witnessWords = ({ witness, vault }: ReportFacts): Html =>
  witness === null
    ? html`signed by the log${vault ? ', also with its key in a vault' : ''}. <b>No witness signed it</b>: its owner could have signed a different history`
    : html`signed by the log${vault ? ', also with its key in a vault,' : ''} and by ${witness.name} on ${dayOf(witness.at)}, ${clockOf(witness.at)}. A witness signs only a continuation of everything that it signed before`;

function takenWords(facts: ReportFacts): Html {
  const created = facts.events.findLast(({ body }) => body.type === 'evidence-made');
  return created === undefined
    ? none
    : html` ${actorOf(created, whoIn(facts))} created this pack, which is event ${created.seq}.${softwareWords(facts)}`;
}

/** Shortened for display; `decisions.json` has the complete hashes. */
const shortSoftware = ({ version, commit, image }: Software): string =>
  [
    `cmk-bot ${version}`,
    ...(commit === undefined ? [] : [`commit ${short(commit)}`]),
    ...(image === undefined ? [] : [`image ${image.replace(/^.*@sha256:/, '').slice(0, 8)}`]),
  ].join(', ');

function softwareWords({ events }: ReportFacts): Html {
  const named = events.flatMap(({ body: { data } }) => ('software' in data && data.software ? [data.software] : []));
  const words = [...new Set(named.map(shortSoftware))];
  return words.length === 0 ? none : html` Written by ${joinList(words)}.`;
}

export function logSection(facts: ReportFacts): Html {
  const { request, events, note } = facts;
  const { origin, size } = checkpointOf(facts);
  const numbers = numbersOf(events.map(({ seq }) => seq));
  const name = request.id;
  const proofLength = Math.ceil(Math.log2(Math.max(2, Number(size))));
  return section(
    7,
    'The audit log, and how to check it without trusting the bot or its owner',
    html`<p>The events of this request are numbers ${numbers} of one log (leaf index: number − 1). An inclusion proof of at most ${proofLength} hashes ties each to this checkpoint of ${size} events, ${witnessWords(facts)}.${takenWords(facts)}</p>
<div class="two proofs">
<figure><figcaption>The checkpoint of ${origin}: name, size, root, signatures</figcaption>
<pre>${note.trimEnd()}</pre></figure>
<figure><figcaption>Three commands and the expected output</figcaption>
<pre><b>sha256sum verify.py</b> <span class="out">as in the source code of cmk-bot</span>

<b>python3 verify.py ${name}.zip --keys my-keys.txt</b>
<span class="out">proved: ${events.length} events of ${name}, in the log
${origin} of ${size}</span>

<b>python3 verify.py ${name}.zip --keys my-keys.txt \\
    --later ANCHOR</b>
<span class="out">… the log of … events still holds them</span></pre></figure>
</div>
<p class="full">${id('my-keys.txt')} has the verifier keys of log and witness, <b>as you received them, not from the pack</b>. With the pack’s own keys, you only learn that the pack is consistent. ${id('verify.py')} comes from the source code, never from a pack. ${id('ANCHOR')} is a copy of the published log, with everything that happened later. The command derives the result again from the events: trust its output, not this page. Go’s ${id('sumdb/note')} and ${id('tlog')} read the same files.</p>`,
  );
}

/** Numbers in other frameworks, of which `isMeant` says which count. */
export function otherControls(isMeant: (number: string) => boolean): string {
  const numberOf = (control: string): string => control.split(' - ').at(-1) ?? '';
  const frameworks = Object.entries(controls.others).map(
    ([framework, rows]) => [framework, rows.map(({ control }) => numberOf(control)).filter(isMeant)] as const,
  );
  return frameworks
    .filter(([, numbers]) => numbers.length > 0)
    .map(([framework, numbers]) => `${framework}: ${numbers.join(', ')}`)
    .join('; ');
}

/** `what`: the document. `others`: the same in other frameworks. */
export function controlsTable(number: number, what: string, mapped: readonly ControlMapping[], others: Html): Html {
  const rows = mapped.map(
    ({ control, about, shows, leaves, sections }) =>
      html`<tr><th scope="row">${control} <span class="what">${about}</span></th><td>${shows}</td><td>${leaves}</td><td>${sections}</td></tr>\n`,
  );
  const columns: readonly Column[] = [
    ['Control', 77],
    [`What this ${what} shows`],
    ['What you still need', 46],
    ['Section', 13],
  ];
  return section(
    number,
    'Related controls',
    html`${htmlTable(number, `${controls.rule}. An aid for readers, not a statement of compliance. Confirm each mapping.`, columns, rows)}
<p class="full">${others}</p>`,
  );
}

export const controlsSection = (): Html =>
  controlsTable(
    8,
    'pack',
    controls.mapped,
    html`${otherControls(() => true)}. Confirm the mapping: see ${id('controls.json')}.`,
  );

export function limitsSection(facts: ReportFacts): Html {
  const { size } = checkpointOf(facts);
  const limits = [
    html`Responses of Azure and Entra are logged as the bot received them. They aren’t signed by Microsoft.`,
    html`Times are from the database’s clock. Sign-in times are from Entra, and cosignature times from the witness.`,
    facts.witness === null
      ? html`Someone with the log’s key <i>and</i> the database can rewrite all of this: <b>no witness has signed it</b>.`
      : html`Someone with the log’s key <i>and</i> the database can rewrite events that no witness has signed: those after ${size}.`,
    html`If one party controls the log and the witness, it can create a different history. Ask who runs the witness.`,
  ];
  return section(9, 'Limits', html`<ul class="two">\n${limits.map((one) => bullet('–', one))}</ul>`);
}

const lines = html`<div class="sign"><span>Reviewed by (name, role)</span><span>Result</span><span>Date, signature</span></div>`;

export const reviewSection = (number: number): Html =>
  html`<div class="review">${section(number, 'Review', lines)}</div>`;
