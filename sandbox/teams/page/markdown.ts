const { markdownit, AdaptiveCards } = window;
const markdown = markdownit({ html: false, linkify: false, breaks: true });
markdown.disable(['image', 'html_inline', 'html_block']);

/** Restores mentions after HTML was escaped. */
const withMentions = (html: string) => html.replace(/&lt;at&gt;(.+?)&lt;\/at&gt;/g, '<span class="mention">$1</span>');

/** Returns safe HTML for the bot's Markdown. */
const toHtml = (text: string) => withMentions(markdown.render(text));

/** Makes the card renderer use the same Markdown as messages. */
export function teachCards() {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = toHtml(text);
    result.didProcess = true;
  };
}

/** Shows the text of a message: the bot's as Markdown, a person's as typed, with mentions highlighted in both. */
export function showText(element: Element, text: string, byBot: boolean) {
  element.innerHTML = byBot
    ? toHtml(text)
    : withMentions(markdown.utils.escapeHtml(text)).replace(/^\/.*/, '<code>$&</code>');
  for (const link of element.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
}
