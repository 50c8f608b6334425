/** The report for people: one HTML page that loads nothing, runs nothing, and prints to two pages. */
import type { ReportFacts } from './facts.ts';

/** Which report it is: raised with every change of what the same events make. */
export const madeBy = '<meta name="generator" content="cmk-bot evidence report 1">';

export const reportOf = ({ request }: ReportFacts): string => `<!doctype html>${madeBy}<title>${request.id}</title>\n`;
