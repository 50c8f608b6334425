import { Gauge, type Registry } from 'prom-client';

interface About<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
}

/**
 * A figure that is read from the database. While that is away the figure is left out: it must not take along the others, which
 * say that the database is away.
 */
export function toldGauge<Label extends string>(
  register: Registry,
  about: About<Label>,
  read: (gauge: Gauge<Label>) => Promise<void>,
): void {
  const gauge: Gauge<Label> = new Gauge<Label>({
    ...about,
    registers: [register],
    collect: () =>
      read(gauge).catch(() => {
        gauge.reset();
        // One without labels is 0 after that, which would say that there is nothing.
        gauge.remove({});
      }),
  });
}
