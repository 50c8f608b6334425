/** Sections 7 to 10: the audit log and its verification, controls, limits, and a place to sign. */

import type { Software } from '../../../domain/request/payloads.ts';
import { joinList } from '../../../domain/strings.ts';
import { type ControlMapping, controls } from '../controls.ts';
import {
  actorOf,
  bullet,
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

export function checkpointOf({ note }: Pick<ReportFacts, 'note'>): { readonly origin: string; readonly size: string } {
  const [origin = '', size = ''] = note.split('\n');
  return { origin, size };
}

/** Returns the maximum number of hashes in an inclusion proof. */
const proofLength = (size: string): number => Math.ceil(Math.log2(Math.max(2, Number(size))));

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

/** Returns the software versions that wrote events, if named. */
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
  return section(
    7,
    'The audit log, and how to check it without trusting the bot or its owner',
    html`<p>The events of this request are numbers ${numbers} of one log (leaf index: number − 1). An inclusion proof of at most ${proofLength(size)} hashes ties each to this checkpoint of ${size} events, ${witnessWords(facts)}.${takenWords(facts)}</p>
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
  const columns = [
    { title: 'Control', width: 77 },
    { title: `What this ${what} shows` },
    { title: 'What you still need', width: 46 },
    { title: 'Section', width: 13 },
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
