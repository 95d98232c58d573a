import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MultilineOptions } from '../index.ts';
import { createLineJoiner } from './line-joiner.ts';

function join(text: string, options: MultilineOptions = {}): string[] {
  const joiner = createLineJoiner(options);
  const lines = text.split('\n').map((line, index) => ({ text: line, end: index + 1, timestampMs: index }));
  const events = [...lines.flatMap((line) => joiner.push(line)), ...joiner.flush()];
  expect(joiner.isOpen).toBe(false);
  return events.map((event) => event.map((line) => line.text).join('\n')).filter((event) => event.trim() !== '');
}

const traces: [name: string, events: number, text: string][] = [
  [
    'Java with a cause, ordinary lines around it',
    3,
    `starting
java.lang.RuntimeException: outer
\tat com.shop.Main.run(Main.java:12)
\tat com.shop.Main.main(Main.java:3)
Caused by: java.lang.IllegalStateException: inner
\tat com.shop.Db.open(Db.java:40)
\t... 12 more
still here`,
  ],
  ['Java without a message', 2, 'java.lang.IllegalStateException\n\tat com.shop.Main.run(Main.java:12)\nnext request'],
  [
    'Java with a message of two lines',
    1,
    'com.shop.BadInput Exception: java.lang.Error: first\nsecond line\n\tat a.B.c(B.java:1)',
  ],
  [
    'Node with properties',
    1,
    'TypeError: x is not a function\n    at run (/app/a.js:1:2)\n    at main (/app/a.js:5:1)\n{ code: 1 }',
  ],
  [
    'Python',
    2,
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    run()\nValueError: bad\nnext line here',
  ],
  [
    'Python 3.11 with carets',
    1,
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    run(x)\n    ^^^^^^\nValueError: bad',
  ],
  [
    'Python, chained',
    1,
    `Traceback (most recent call last):
  File "a.py", line 1, in <module>
    run()
KeyError: 'k'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    other()
ValueError: bad`,
  ],
  [
    'Python, interrupted',
    2,
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    run()\nKeyboardInterrupt\nbye for now',
  ],
  ['Go', 2, 'panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5 +0x1d\nexit status 2'],
  ['Ruby', 2, "app.rb:3:in `open': no such file (Errno::ENOENT)\n\tfrom app.rb:9:in `<main>'\nnext line"],
  ['Ruby, full message', 2, "app.rb:3:in 'Object#open': no file (RuntimeError)\napp.rb:9:in '<main>'\nnext line"],
  [
    'Node, uncaught, with what stands above and below',
    1,
    `/app/server.js:7
  throw new Error('boom');
  ^

Error: boom
    at Object.<anonymous> (/app/server.js:7:9)
    at node:internal/main/run_main_module:23:47 {
  code: 'E_BOOM',
  [cause]: Error: inner
      at x (/app/x.js:1:1)
}

Node.js v20.20.2`,
  ],
  [
    'an error that a logger prefixed, then a JSON line',
    2,
    '2026-01-01T00:00:00Z ERROR AccessDeniedException: not authorized\n    at de_Command (/app/node_modules/x.js:1:1)\n{"level":"info"}',
  ],
  ['an error named without frames keeps to itself', 3, 'ConnectionError: refused\nretrying\nconnected'],
  ['two errors one after the other', 2, 'Error: a\n    at x (/a.js:1:1)\nError: b\n    at y (/a.js:2:1)'],
  [
    '.NET',
    2,
    'Unhandled exception. System.InvalidOperationException: bad\n   at Shop.Main() in /app/P.cs:line 3\ninfo: done',
  ],
  ['Rust', 2, "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\nnext"],
  [
    'PHP',
    2,
    'PHP Fatal error:  Uncaught Exception: x in /app/a.php:3\nStack trace:\n#0 {main}\n  thrown in /app/a.php on line 3\nok',
  ],
  ['ordinary indented output', 3, 'list:\n  one\n  two'],
];

describe('stack traces stay together', () => {
  test.each(traces)('%s: %i events', (_, events, text) => {
    const joined = join(text);
    expect(joined).toHaveLength(events);
    expect(joined.join('\n').replace(/\n\s*\n/g, '\n')).toBe(text.replace(/\n\s*\n/g, '\n'));
  });
});

test('a pattern starts events, as in the docker driver', () => {
  expect(join('INFO a\n  b\nINFO c', { multilinePattern: '^INFO' })).toEqual(['INFO a\n  b', 'INFO c']);
  expect(join('info a\nb', { multilinePattern: '(?i)^INFO' })).toEqual(['info a\nb']);
  const datetimeFormat = '%Y-%m-%d %H:%M:%S.%L';
  expect(join('2026-01-02 03:04:05.678 a\nmore [x]\n2026-01-02 03:04:06.000 b', { datetimeFormat })).toEqual([
    '2026-01-02 03:04:05.678 a\nmore [x]',
    '2026-01-02 03:04:06.000 b',
  ]);
  expect(join('[Jan 02] a\nb\n[Foo 02] c', { datetimeFormat: '[%b %d]' })).toEqual(['[Jan 02] a\nb\n[Foo 02] c']);
});

test('every line comes out once and in order, whatever it is', () => {
  const fragments = traces.flatMap(([, , text]) => text.split('\n'));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 60 }), (lines) => {
      const joiner = createLineJoiner({});
      const input = lines.map((text, index) => ({ text, end: index, timestampMs: 0 }));
      const output = [...input.flatMap((line) => joiner.push(line)), ...joiner.flush()].flat();
      expect(output.map(({ end }) => end)).toEqual(input.map(({ end }) => end));
    }),
  );
});

test('a trace without end is cut', () => {
  const joiner = createLineJoiner({});
  const lines = ['Error: x', ...Array<string>(2_000).fill('    at f (/a.js:1:1)')];
  const events = lines.flatMap((text, end) => joiner.push({ text, end, timestampMs: 0 }));
  expect(events.length).toBeGreaterThanOrEqual(3);
  for (const event of events) expect(event.length).toBeLessThanOrEqual(500);
});
