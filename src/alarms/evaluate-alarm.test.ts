import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlarmRule, evaluateAlarm, isLowSample, type MissingData } from './evaluate-alarm.ts';
import { javaDouble, stateReason } from './state-reason.ts';

const startMs = Date.UTC(2026, 10, 22, 1, 0);

/** `0` is calm, `X` breaches, `-` is missing; the newest is on the right. */
const pointsOf = (picture: string) =>
  picture.split(' ').map((mark, index) => ({
    timestampMs: startMs + index * 60_000,
    value: mark === '-' ? undefined : mark === 'X' ? 10 : 1,
  }));

const ruleOf = (datapointsToAlarm: number | undefined, missingData: MissingData, evaluationPeriods = 3): AlarmRule => ({
  ...{ threshold: 5, operator: 'GreaterThanThreshold' as const },
  ...{ evaluationPeriods, datapointsToAlarm, missingData },
});

describe('M out of three with missing data, as AWS tabulates it', () => {
  const columns: MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
  test.each([
    ['0 - X - X', 3, 'OK OK OK OK'],
    ['0 - - - -', 3, 'OK OK OK OK'],
    ['- - - - -', 3, 'INSUFFICIENT_DATA keep ALARM OK'],
    ['0 X X - X', 3, 'ALARM ALARM ALARM ALARM'],
    ['- - X - -', 3, 'ALARM keep ALARM OK'],
    ['0 - X - X', 2, 'ALARM ALARM ALARM ALARM'],
    ['0 0 X 0 X', 2, 'ALARM ALARM ALARM ALARM'],
    ['0 - X - -', 2, 'OK OK ALARM OK'],
    ['- - - - 0', 2, 'OK OK ALARM OK'],
    ['- - - X -', 2, 'ALARM keep ALARM OK'],
    ['- - - - X', 3, 'keep keep ALARM OK'],
  ])('%s with M = %i', (picture, datapointsToAlarm, expected) => {
    const points = pointsOf(picture);
    const states = columns.map((missingData) => evaluateAlarm(ruleOf(datapointsToAlarm, missingData), points).state);
    expect(states.join(' ')).toBe(expected);
  });
});

test('without missing data the newest N decide, whatever is done about missing data', () => {
  const marks = fc.array(fc.constantFrom('0', 'X'), { minLength: 5, maxLength: 5 });
  const treatment = fc.constantFrom<MissingData>('breaching', 'notBreaching', 'ignore', 'missing');
  fc.assert(
    fc.property(marks, fc.integer({ min: 1, max: 3 }), treatment, (list, datapointsToAlarm, missingData) => {
      const breaching = list.slice(-3).filter((mark) => mark === 'X').length;
      const { state } = evaluateAlarm(ruleOf(datapointsToAlarm, missingData), pointsOf(list.join(' ')));
      expect(state).toBe(breaching >= datapointsToAlarm ? 'ALARM' : 'OK');
    }),
  );
});

describe('reasons', () => {
  const reason = (
    picture: string,
    datapointsToAlarm: number | undefined,
    missingData: MissingData,
    periods: number,
  ) => {
    const rule = ruleOf(datapointsToAlarm, missingData, periods);
    return stateReason(rule, evaluateAlarm(rule, pointsOf(picture)), 'OK');
  };
  test('worded as CloudWatch does', () => {
    expect(reason('X', 1, 'missing', 1)).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [10.0 (22/11/26 01:00:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
    );
    expect(reason('X', undefined, 'missing', 1)).toBe(
      'Threshold Crossed: 1 datapoint [10.0 (22/11/26 01:00:00)] was greater than the threshold (5.0).',
    );
    expect(reason('X X', undefined, 'missing', 2)).toBe(
      'Threshold Crossed: 2 datapoints [10.0 (22/11/26 01:01:00), 10.0 (22/11/26 01:00:00)] were greater than the threshold (5.0).',
    );
    expect(reason('- -', 1, 'missing', 2)).toBe('Insufficient Data: 2 datapoints were unknown.');
    expect(reason('- -', undefined, 'breaching', 2)).toBe(
      'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
    );
    expect(reason('- 0', 2, 'notBreaching', 2)).toBe(
      'Threshold Crossed: 1 out of the last 2 datapoints [1.0 (22/11/26 01:01:00)] was not greater than the threshold (5.0) and 1 missing datapoint was treated as [NonBreaching] (minimum 1 datapoint for OK -> OK transition).',
    );
  });
  test('numbers as Java writes them', () => {
    expect([50, 99.5, 0, 1e7, 12345678, 0.00012, -3].map(javaDouble)).toEqual([
      '50.0',
      '99.5',
      '0.0',
      '1.0E7',
      '1.2345678E7',
      '1.2E-4',
      '-3.0',
    ]);
  });
});

test('percentiles of few samples', () => {
  expect(isLowSample(99, 999)).toBe(true);
  expect(isLowSample(99, 1001)).toBe(false);
  expect(isLowSample(10, 99)).toBe(true);
});
