/** How long somebody is kept waiting for an answer before they are told that it will come later. */

/**
 * Teams shows an error of its own after 10 to 15 s. Who may click is asked of Azure before this runs, and drawing, storing and the
 * way back take their share; and nobody believes in a spinner for longer.
 */
const patienceMs = 5_000;

/** Does not end the work: it goes on, and whoever started it says what then happens to it. */
export async function withinPatience(work: Promise<unknown>): Promise<'in-time' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'slow');
  });
  try {
    return await Promise.race([work.then(() => 'in-time' as const), slow]);
  } finally {
    clearTimeout(timer);
  }
}
