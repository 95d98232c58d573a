// A hatoba reduced to its process runtime, for tests that kill it: starts task after task until it is ended.
import { containerSpec, taskSpec } from '../runtime.contract.ts';
import { makePlace } from './process-runtime.fixture.ts';

const [, , mode = 'loopback', dataDirectory = ''] = process.argv;
const runtime = makePlace(mode as 'loopback' | 'namespace', dataDirectory).open();
await runtime.start();
await runtime.adopt();
console.log('started');
for (let count = 0; count < 50; count += 1) {
  const task = taskSpec([containerSpec('app', { command: ['sh', '-c', 'setsid sleep 601 & sleep 602'] })]);
  await runtime.prepareTask(task);
  await runtime.startContainer(task, 'app');
  console.log(`running ${task.taskId}`);
  if (count % 3 !== 2) continue;
  console.log(`removing ${task.taskId}`);
  await runtime.removeTask(task.taskId);
}
