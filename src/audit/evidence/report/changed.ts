/** Section 3: what was changed, before and after, and the last state read from Azure. */
import type { Effect } from '../../../domain/effect.ts';
import { requestedKey } from '../../../domain/evidence/run-history.ts';
import { lastReading } from '../../../domain/evidence/verdict.ts';
import type { CustomerKey } from '../../../domain/observed.ts';
import type { Request } from '../../../domain/request/request.ts';
import { kindWords } from '../../../text/keys.ts';
import {
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
  whenOf,
} from './parts.ts';
import { propertyOf, type ReportedAttempt, type StepStory, stepStories } from './step-stories.ts';

const keyBefore = (key: CustomerKey | null): Html =>
  key === null ? html`Microsoft-managed key` : html`${key.keyName}, version ${id(short(key.keyVersion ?? 'newest'))}`;

function beforeOf(effect: Effect): Html {
  if (effect.change === 'customer-key') return keyBefore(effect.before);
  if (effect.change === 'key' && effect.before !== null) return html`version ${id(short(effect.before))}`;
  return html`${effect.before ?? 'none'}`;
}

function afterOf(effect: Effect, request: Request): Html {
  const { outputs } = request;
  const version = requestedKey(request)?.keyVersion ?? null;
  switch (effect.change) {
    case 'identity':
      return html`system-assigned${outputs.principalId === undefined ? none : html`, ${id(short(outputs.principalId))}`}`;
    case 'key':
      return html`${kindWords(effect)}${version === null ? none : html`, version ${id(short(version))}`}`;
    case 'key-recovery':
      return html`recovered, version ${id(short(effect.keyVersion))}`;
    case 'key-enablement':
      return html`enabled, version ${id(short(effect.keyVersion))}`;
    case 'key-disablement':
      return html`disabled, version ${id(short(effect.keyVersion))}`;
    case 'role-assignment':
      return html`${effect.role}`;
    case 'access-policy':
      return html`${effect.permissions.join(', ')}`;
    case 'soft-delete':
    case 'purge-protection':
      return html`on, for the whole vault`;
    case 'customer-key':
      return html`<b>${effect.to.keyName}</b>${version === null ? none : html`, version ${id(short(version))}, pinned`}`;
  }
}

/** Returns the refusals, with Azure's correlation ids. Only the first of equal codes is shown. */
function refusedOf(tries: readonly ReportedAttempt[]): Html {
  const refused = tries.filter(({ code }) => code !== null);
  const codes = [...new Set(refused.map(({ code }) => code ?? ''))];
  return html`${codes.map((code) => {
    const alike = refused.filter((one) => one.code === code);
    const times = alike.length === 1 ? 'refused once' : `refused ${alike.length} times`;
    const first = alike.find(({ correlationId }) => correlationId !== null)?.correlationId ?? null;
    return html`<span class="second">${times}, ${code}${first === null ? none : html`:<br>${id(first)}`}</span>`;
  })}`;
}

function rowOf(story: StepStory, number: number, request: Request, day: string): readonly Html[] {
  const { step, done, tries } = story;
  return step.effects.map((effect, at) => {
    const mark = step.reversibility === 'irreversible' ? ' ▲' : '';
    const name = at === 0 ? `${number} ${propertyOf[effect.change]}${mark}` : propertyOf[effect.change];
    const after =
      done === null
        ? html`<b>${tries.length === 0 ? 'not started' : 'not done'}</b>`
        : html`${afterOf(effect, request)}${done.already ? html`<span class="second">already in this state</span>` : none}`;
    const read = done?.to == null ? '–' : whenOf(done.to, day);
    const own = done?.correlationId == null ? none : id(done.correlationId);
    const numbers = numbersOf(tries.flatMap((one) => one.numbers));
    return html`<tr><th scope="row">${name}</th><td>${beforeOf(effect)}</td><td>${after}</td><td class="num">${read}</td><td>${own}${refusedOf(tries)}</td><td class="num">${numbers}</td></tr>\n`;
  });
}

function nowWords({ request, events }: ReportFacts): Html {
  const last = lastReading(events);
  if (last === null) return none;
  const { resource, vault, key, grantHeld } = last.reading;
  const parts: Html[] = [];
  if (resource.seen === 'yes')
    parts.push(
      resource.value.customerKey === null
        ? html`the agent uses the Microsoft-managed key`
        : html`the agent uses ${keyBefore(resource.value.customerKey)}`,
    );
  else parts.push(html`the agent ${resource.seen === 'absent' ? 'is deleted' : 'wasn’t read'}`);
  if (vault.seen === 'yes') parts.push(html`purge protection ${vault.value.purgeProtection ? 'on' : 'off'}`);
  if (key.seen === 'yes') parts.push(html`the key ${key.value.enabled ? 'enabled' : 'disabled'}`);
  else if (key.seen === 'absent') parts.push(html`the key is deleted`);
  if (grantHeld.seen === 'yes')
    parts.push(html`the agent’s access to the key is ${grantHeld.value ? 'assigned' : 'not assigned'}`);
  const joined = parts.map((one, index) => (index === 0 ? one : html`, ${one}`));
  return html`<p class="now"><b>Read again</b> on ${dayOf(last.at)}, ${clockOf(last.at)} (event ${last.seq}), for vault ${request.plan.observation.vault.name}: ${joined}.</p>`;
}

const inFull = (request: Request): Html => {
  const { principalId } = request.outputs;
  const version = requestedKey(request)?.keyVersion ?? null;
  return html`<p class="full">In full: ${principalId === undefined ? none : html`identity ${id(principalId)}, `}${
    version === null ? none : html`key version ${id(version)}, `
  }plan ${id(request.digest)}. All attempts and resource ids: ${id('change.json')}.</p>`;
};

export function changedSection(facts: ReportFacts): Html {
  const { request, events } = facts;
  const stories = stepStories(request, events).filter(({ step }) => step.effects.length > 0);
  const title = 'What changed';
  if (!request.touched) {
    return section(
      3,
      title,
      html`<p>Nothing: no change was sent to Azure. The requested plan is in ${id('plan.json')}.</p>\n${nowWords(facts)}`,
    );
  }
  const began = events.find(({ body }) => body.type === 'step-intended')?.time ?? request.submittedAt;
  const day = dayOf(began);
  const caption = `${day}, UTC. Each change was logged before it was sent, and read back after. Azure’s Activity Log has the same correlation ids.`;
  const columns: readonly Column[] = [
    ['Property', 39],
    ['Before', 20],
    ['After'],
    ['Read back', 17],
    ['Azure correlation id', 53],
    ['Events', 13],
  ];
  const rows = stories.flatMap((story, index) => rowOf(story, index + 1, request, day));
  return section(3, title, html`${htmlTable(3, caption, columns, rows)}\n${nowWords(facts)}\n${inFull(request)}`);
}
