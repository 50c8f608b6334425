/** Who uses a vault or a key. */
import type { KeyImpact } from '../../../domain/key-impact.ts';
import { type ImpactSection, impactSections, impactSummary, impactTitle } from '../../../text/key-impact.ts';
import type { ImpactData } from '../data/impact.ts';
import { marks } from '../data/row.ts';
import { label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

const mostRows = 15;

const sectionOf = ({ title, rows }: ImpactSection): ImpactData['sections'][number] => ({
  title: plain<string>(`${title} (${rows.length})`),
  rows: rows.slice(0, mostRows).map(({ mark, name, detail }) => ({
    ...marks[mark],
    name: plain<string>(name, 160),
    line: plain<string>(detail, 280),
  })),
  more: rows.length > mostRows ? plain<string>(`and ${rows.length - mostRows} more`) : nothing,
});

export function impactCard(impact: KeyImpact): AdaptiveCard {
  const [title, summary] = [impactTitle(impact), impactSummary(impact)];
  return renderCard('impact', {
    fallbackText: label(`Use of ${title}. ${summary}`),
    title: plain<string>(title),
    subject: plain<string>(summary),
    sections: impactSections(impact).map(sectionOf),
  });
}
