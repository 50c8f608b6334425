/** Message ids as Teams makes them: milliseconds since 1970 as text. Unique and growing, also across restarts. */
export function messageIds(highestSoFar: string | undefined): () => string {
  let last = Number(highestSoFar ?? 0);
  return () => {
    last = Math.max(Date.now(), last + 1);
    return String(last);
  };
}
