/** Who uses a vault or a key. */
import type { KeyImpact } from '../../../domain/key-impact.ts';
import { type ImpactSection, impactSections, impactSummary, impactTitle } from '../../../text/key-impact.ts';
import type { CardDataOf } from '../data/registry.ts';
import { marks } from '../data/row.ts';
import { label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderRows } from '../render-card.ts';

/** In each section. */
const mostRows = 15;

const sectionOf = ({ title, rows }: ImpactSection, shown: number): CardDataOf<'impact'>['sections'][number] => ({
  title: plain<string>(`${title} (${rows.length})`),
  rows: rows.slice(0, shown).map(({ mark, name, detail }) => ({
    ...marks[mark],
    name: plain<string>(name, 160),
    line: plain<string>(detail, 280),
  })),
  more: rows.length > shown ? plain<string>(`and ${rows.length - shown} more`) : nothing,
});

export function impactCard(impact: KeyImpact): AdaptiveCard {
  const [title, summary] = [impactTitle(impact), impactSummary(impact)];
  const sections = impactSections(impact);
  return renderRows('impact', mostRows, (shown) => ({
    fallbackText: label(`Use of ${title}. ${summary}`),
    title: plain<string>(title),
    subject: plain<string>(summary),
    sections: sections.map((one) => sectionOf(one, shown)),
  }));
}
