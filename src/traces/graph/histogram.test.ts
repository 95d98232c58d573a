import { expect, test } from 'vitest';
import { bucketOf, bucketOfNumber, numberOfBucket } from './histogram.ts';

test('buckets are what the engine rounds to: halves go to the even neighbour', () => {
  expect(
    [0, 0.0005, 0.0015, 0.0994, 0.0996, 0.125, 0.135, 0.996, 1.25, 2.5, 12.5, 13.5, 105, 115, 1234].map(bucketOf),
  ).toEqual([0, 0, 0.002, 0.099, 0.1, 0.12, 0.14, 1, 1.2, 2.5, 12, 14, 100, 120, 1230]);
  for (let number = 0; number < 500; number += 1) {
    expect(bucketOf(bucketOfNumber(number))).toBe(bucketOfNumber(number));
    expect(numberOfBucket(bucketOfNumber(number))).toBe(number);
  }
});
