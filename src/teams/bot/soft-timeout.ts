/** Soft timeout: how long a person waits before the bot says that the answer comes later. */

/**
 * Teams shows its own error after 10 to 15 s. Authorization happens before, and rendering, storing and the way back
 * take time too. People also don't trust a longer spinner.
 */
const timeoutMs = 5_000;

/** Returns `slow` after the timeout. The work continues, and the caller decides what happens to it. */
export async function withSoftTimeout(work: Promise<unknown>): Promise<'in-time' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'slow');
  });
  try {
    return await Promise.race([work.then(() => 'in-time' as const), slow]);
  } finally {
    clearTimeout(timer);
  }
}
