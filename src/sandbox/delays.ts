/** Requests delayed by faults. Each continues after its delay, or when all faults are removed. */
export class Delays {
  private readonly waiting = new Set<() => void>();

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.waiting.delete(release);
        resolve();
      };
      const timer = setTimeout(release, ms);
      this.waiting.add(release);
    });
  }

  end(): void {
    for (const release of [...this.waiting]) release();
  }
}
