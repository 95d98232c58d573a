import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutate, mutations } from './mutate.ts';
import { openTargets, type Target } from './targets.ts';

const names = [
  'UDP datagrams',
  'X-Ray documents',
  'T1S and T1U',
  'OTLP protobuf',
  'OTLP JSON',
  'Zipkin JSON',
  'trace headers',
  'filter expressions',
  'gzip',
  'sampling bodies',
  'gRPC frames',
] as const;

/**
 * Declares a test for each decoder. `cases` is the number over all of them; the seed is printed where one fails, and
 * `FUZZ_SEED` takes it.
 */
export function declareFuzzTests(cases: number, timeoutMs: number): void {
  const seed = Number(process.env.FUZZ_SEED ?? Math.trunc(performance.timeOrigin)) % 0x7fff_ffff;
  let opened: Awaited<ReturnType<typeof openTargets>>;
  beforeAll(async () => {
    opened = await openTargets();
    expect(opened.targets.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(opened.targets.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
  });
  afterAll(() => opened?.stop());
  test.each(names)(
    '%s',
    async (name) => {
      const target: Target = opened.targets.find((one) => one.name === name)!;
      const parameters = { numRuns: Math.ceil((cases * target.percent) / 100), seed };
      const run = (mutation: Parameters<typeof mutate>[1]) => target.run(mutate(target.corpus, mutation));
      // What is real is taken as it is.
      for (const real of target.corpus) await target.run(real);
      const isAsync = target.run.constructor.name === 'AsyncFunction';
      if (isAsync)
        await fc.assert(
          fc.asyncProperty(mutations, async (mutation) => run(mutation)),
          parameters,
        );
      else
        fc.assert(
          fc.property(mutations, (mutation) => void run(mutation)),
          parameters,
        );
    },
    timeoutMs,
  );
}
