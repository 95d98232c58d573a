import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseDay, decideThinning, type ThinningPolicy, type TraceFacts } from './decide-thinning.ts';

const traces = fc
  .array(
    fc.record({
      stratum: fc.constantFrom('a GET /', 'a POST /', 'b GET /'),
      durationMicros: fc.nat(2_000_000),
      hasProblem: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
      signature: fc.oneof(fc.constant('common'), fc.constantFrom('x', 'y', 'z')),
      isGrouped: fc.integer({ min: 0, max: 19 }).map((number) => number === 0),
      rank: fc.nat(50),
    }),
    { maxLength: 300 },
  )
  .map((all) => all.map((one, index): TraceFacts => ({ ...one, traceId: String(index).padStart(32, '0') })));
const rules = fc.record({
  slowestShare: fc.double({ min: 0, max: 1, noNaN: true }),
  rareBelow: fc.nat(20),
  sampleShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('weights of each stratum add up to its traces, whatever the rules', () => {
  fc.assert(
    fc.property(traces, rules, (all, chosen) => {
      const decisions = decideThinning(all, chosen);
      expect(decisions.map(({ traceId }) => traceId).sort()).toEqual(all.map(({ traceId }) => traceId).sort());
      const strata = new Map(all.map(({ traceId, stratum }) => [traceId, stratum]));
      for (const stratum of new Set(strata.values())) {
        const own = decisions.filter(({ traceId }) => strata.get(traceId) === stratum);
        expect(own.reduce((sum, { weight }) => sum + weight, 0)).toBe(own.length);
      }
    }),
  );
});

test('what failed, what a group wants, the slowest and rare paths stay and stand for themselves', () => {
  fc.assert(
    fc.property(traces, rules, (all, chosen) => {
      const decisions = new Map(decideThinning(all, chosen).map((decision) => [decision.traceId, decision]));
      for (const trace of all) {
        const { weight } = decisions.get(trace.traceId)!;
        const onPath = all.filter(({ signature }) => signature === trace.signature).length;
        if (trace.hasProblem || trace.isGrouped || onPath < chosen.rareBelow) expect(weight).toBe(1);
      }
      for (const stratum of new Set(all.map((trace) => trace.stratum))) {
        const own = all.filter((trace) => trace.stratum === stratum);
        const gone = own.filter(({ traceId }) => decisions.get(traceId)!.weight === 0);
        const slower = (trace: TraceFacts) => own.filter((other) => other.durationMicros > trace.durationMicros).length;
        for (const trace of gone)
          expect(slower(trace)).toBeGreaterThanOrEqual(Math.ceil(own.length * chosen.slowestShare));
      }
    }),
  );
});

test('the order of the traces changes nothing', () => {
  fc.assert(
    fc.property(traces, rules, fc.nat(), (all, chosen, turn) => {
      const at = all.length === 0 ? 0 : turn % all.length;
      const turned = [...all.slice(at), ...all.slice(0, at)].reverse();
      const sorted = (list: readonly TraceFacts[]) =>
        decideThinning(list, chosen).sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
      expect(sorted(turned)).toEqual(sorted(all));
    }),
  );
});

test('a tenth of many stays, and each stands for ten', () => {
  const all = Array.from({ length: 1000 }, (_, index) => ({
    traceId: String(index).padStart(32, '0'),
    stratum: 'one',
    durationMicros: index,
    hasProblem: false,
    signature: 'same',
    isGrouped: false,
    rank: (index * 7919) % 1000,
  }));
  const decisions = decideThinning(all, { slowestShare: 0.01, rareBelow: 10, sampleShare: 0.1 });
  const count = (reason: string) => decisions.filter((decision) => decision.reason === reason).length;
  expect([count('slow'), count('sampled'), count('thinned')]).toEqual([10, 99, 891]);
  expect(new Set(decisions.filter(({ reason }) => reason === 'sampled').map(({ weight }) => weight))).toEqual(
    new Set([10]),
  );
});

const policy: ThinningPolicy = {
  isOn: true,
  hotHours: 48,
  pressureShare: 0.7,
  dayBytesMin: 100,
  slowestShare: 0.01,
  rareBelow: 10,
  sampleShare: 0.1,
};
const day = (date: string, bytes = 1000) => ({ startMs: Date.parse(date), bytes });

test('the oldest day that the hot window has left is thinned; under pressure any day that is over', () => {
  const days = [day('2026-01-03'), day('2026-01-01', 50), day('2026-01-02'), day('2026-01-05')];
  const calm = { bytes: 10, bytesMax: 100 };
  const tight = { bytes: 80, bytesMax: 100 };
  expect(chooseDay(days, calm, policy, Date.parse('2026-01-05T00:00:00Z'))).toEqual(days[2]);
  expect(chooseDay(days, calm, policy, Date.parse('2026-01-04T23:59:59Z'))).toBeUndefined();
  expect(chooseDay([days[3]!], tight, policy, Date.parse('2026-01-06T00:59:00Z'))).toBeUndefined();
  expect(chooseDay([days[3]!], tight, policy, Date.parse('2026-01-06T01:00:00Z'))).toEqual(days[3]);
  expect(chooseDay(days, tight, { ...policy, isOn: false }, Date.parse('2026-02-01'))).toBeUndefined();
});
