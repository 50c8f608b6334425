/** Libraries that the page loads before its own scripts. */
declare const AdaptiveCards: typeof import('adaptivecards');
declare const markdownit: typeof import('markdown-it').default;
