/** Libraries that the page loads before its own scripts. */
interface Window {
  readonly AdaptiveCards: typeof import('adaptivecards');
  readonly markdownit: typeof import('markdown-it').default;
}
