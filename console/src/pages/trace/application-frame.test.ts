import { expect, it } from 'vitest';
import { isApplicationFrame } from './application-frame.ts';

it('tells the application from packages and runtimes', () => {
  const ours = [
    '/srv/examples/shop/backend1/server.mjs',
    'file:///app/server.js',
    'app/views.py',
    'bundle.js',
    'internals.go',
    'node_app/main.js',
  ];
  const theirs = [
    '',
    'node:internal/process/task_queues',
    'node:events',
    'internal/process/next_tick.js',
    'native array.js',
    'native',
    '/srv/node_modules/express/lib/router.js',
    'file:///app/node_modules/@aws-sdk/x.js',
    '/usr/lib/python3/json.py',
    '/venv/lib/python3.12/site-packages/flask/app.py',
    '<anonymous>',
  ];
  expect(ours.filter((path) => !isApplicationFrame(path))).toEqual([]);
  expect(theirs.filter(isApplicationFrame)).toEqual([]);
});
