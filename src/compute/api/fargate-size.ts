import { awsError } from '../../wire/aws/aws-error.ts';

/** Memory in MiB that goes with a Fargate CPU size: from, to, step. */
const sizes: Readonly<Record<number, { from: number; to: number; step: number } | readonly number[]>> = {
  256: [512, 1024, 2048],
  512: { from: 1024, to: 4096, step: 1024 },
  1024: { from: 2048, to: 8192, step: 1024 },
  2048: { from: 4096, to: 16_384, step: 1024 },
  4096: { from: 8192, to: 30_720, step: 1024 },
  8192: { from: 16_384, to: 61_440, step: 4096 },
  16384: { from: 32_768, to: 122_880, step: 8192 },
};

/** Throws ClientException for a combination that Fargate does not have. */
export function checkFargateSize(cpuUnits: number | undefined, memoryMib: number | undefined): void {
  if (cpuUnits === undefined || memoryMib === undefined) {
    throw awsError('ClientException', "Fargate requires that 'cpu' and 'memory' be defined at the task level.");
  }
  const size = sizes[cpuUnits];
  if (size === undefined) throw awsError('ClientException', 'No Fargate configuration exists for given values.');
  const fits =
    'from' in size
      ? memoryMib >= size.from && memoryMib <= size.to && (memoryMib - size.from) % size.step === 0
      : size.includes(memoryMib);
  if (!fits) {
    const allowed =
      'from' in size ? `${size.from} to ${size.to} MiB in steps of ${size.step}` : `${size.join(', ')} MiB`;
    throw awsError(
      'ClientException',
      `No Fargate configuration exists for given values. With cpu ${cpuUnits}, memory can be ${allowed}.`,
    );
  }
}
