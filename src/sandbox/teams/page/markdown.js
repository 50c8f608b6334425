// @ts-check

/** @type {any} */
const { markdownit, AdaptiveCards } = window;
const markdown = markdownit({ html: false, linkify: false, breaks: true }).disable([
  'image',
  'html_inline',
  'html_block',
]);

/** Restores mentions after HTML was escaped. */
const withMentions = (/** @type {string} */ html) =>
  html.replace(/&lt;at&gt;(.+?)&lt;\/at&gt;/g, '<span class="mention">$1</span>');

/** Returns safe HTML for the bot's Markdown. */
const toHtml = (/** @type {string} */ text) => withMentions(markdown.render(text));

/** Makes the card renderer use the same Markdown as messages. */
export function teachCards() {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (
    /** @type {string} */ text,
    /** @type {{ didProcess: boolean, outputHtml?: string }} */ result,
  ) => {
    result.outputHtml = toHtml(text);
    result.didProcess = true;
  };
}

/**
 * Shows the text of a message: the bot's as Markdown, a person's as typed, with mentions highlighted in both.
 * @param {Element} element
 * @param {string} text
 * @param {boolean} byBot
 */
export function showText(element, text, byBot) {
  element.innerHTML = byBot
    ? toHtml(text)
    : withMentions(markdown.utils.escapeHtml(text)).replace(/^\/.*/, '<code>$&</code>');
  for (const link of element.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
}
