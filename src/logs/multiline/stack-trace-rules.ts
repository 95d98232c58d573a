/**
 * Where a trace stands after a line. `header`: an error was named, frames may follow. `frames`: frames that begin with
 * "at". `preamble`: Node's `file:line` above an uncaught error. The rest are languages.
 */
export type TraceState = 'header' | 'frames' | 'preamble' | 'python' | 'python-end' | 'go' | 'ruby' | 'rust' | 'php';

/** `append`: the line belongs to the trace. `hold`: it does if the next ones do. `end`: it does not. */
export type Continuation =
  | { readonly action: 'append'; readonly state: TraceState }
  | { readonly action: 'hold' | 'end' };

const errorName = /(?:^|[\s:.(['"])[\w$.]*(?:Exception|Error|Throwable)(?::|\s*$|\s+\{$|\s\[)/;
const atFrame = /^\s+(?:eval )?at\s+\S/;
const cause = /^\s*(?:Caused by|Suppressed|nested exception is)\b/;
const elision = /^\s*(?:\.\.\. \d+ (?:more|common frames)|--- End of )/;
const pythonStart = /^\s*(?:\+ Exception Group )?Traceback \(most recent call last\):/;
const pythonChain = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const pythonLast = /^[A-Za-z_][\w.]*(?::.*)?$/;
const goStart = /^(?:panic: |fatal error: |.*http: panic serving )/;
const goFrame = /^(?:goroutine \d+ .*\[.*\]:|\[signal |created by |[\w./*()\-[\]]+\(.*\)$|\.\.\.additional frames|\s)/;
const rubyFrame = /^\s*(?:\d+: )?(?:from )?[^\s:]+:\d+:in [`']/;
const rustStart = /^thread '.*' (?:\(\d+\) )?panicked at/;
const rustMore = /^(?:note: |stack backtrace:|\s+\d+: |\s+at )/;
const phpStart = /^(?:PHP )?(?:Fatal error|Warning|Parse error): /;
const phpMore = /^(?:Stack trace:|#\d+ |\s+thrown in )/;
const preamble = /^(?:node:|file:\/\/\/?|\/|[A-Za-z]:\\)[^\s]*:\d+$/;
const freshLine =
  /^(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\{"|\[\d|\[[A-Z]+\]|(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d)/;

/** The state that a line opens, when no trace is open; undefined for an ordinary line. */
export function startTrace(line: string): TraceState | undefined {
  if (pythonStart.test(line)) return 'python';
  if (goStart.test(line)) return 'go';
  if (rustStart.test(line)) return 'rust';
  if (phpStart.test(line)) return 'php';
  if (preamble.test(line)) return 'preamble';
  if (rubyFrame.test(line)) return 'ruby';
  if (atFrame.test(line)) return 'frames';
  // Whole names only count near the line's beginning or after a space; a very long line is no header.
  return errorName.test(line.slice(0, 2_000)) ? 'header' : undefined;
}

/** Whether a line goes on with the open trace. */
export function continueTrace(state: TraceState, line: string): Continuation {
  const append = (next: TraceState): Continuation => ({ action: 'append', state: next });
  const isBlank = line.trim() === '';
  switch (state) {
    case 'preamble':
      // Source line, caret and blank line come before the error's name.
      if (errorName.test(line) && !/^\s/.test(line)) return append('header');
      return freshLine.test(line) ? { action: 'end' } : { action: 'hold' };
    case 'header':
      if (atFrame.test(line) || elision.test(line)) return append('frames');
      if (cause.test(line)) return append('header');
      // More of the message, if frames follow.
      return freshLine.test(line) || startTrace(line) ? { action: 'end' } : { action: 'hold' };
    case 'frames':
      if (cause.test(line)) return append('header');
      if (elision.test(line) || /^\s+\S/.test(line) || /^(?:[}\])]|\{ \w+:|Node\.js v\d)/.test(line))
        return append('frames');
      return isBlank ? { action: 'hold' } : { action: 'end' };
    case 'python':
      if (/^\s+\d+: from /.test(line)) return append('ruby');
      if (/^\s+\S/.test(line)) return append('python');
      if (rubyFrame.test(line)) return append('ruby');
      if (freshLine.test(line)) return { action: 'end' };
      if (pythonLast.test(line)) return append('python-end');
      return isBlank ? { action: 'hold' } : { action: 'end' };
    case 'python-end':
      if (pythonChain.test(line)) return append('python-end');
      if (pythonStart.test(line)) return append('python');
      return isBlank ? { action: 'hold' } : { action: 'end' };
    case 'go':
      if (isBlank) return { action: 'hold' };
      return goFrame.test(line) ? append('go') : { action: 'end' };
    case 'ruby':
      return rubyFrame.test(line) || /^\s+from /.test(line) ? append('ruby') : { action: 'end' };
    case 'rust':
      if (rustMore.test(line)) return append('rust');
      return freshLine.test(line) || startTrace(line) ? { action: 'end' } : { action: 'hold' };
    case 'php':
      if (phpMore.test(line)) return append('php');
      return isBlank ? { action: 'hold' } : { action: 'end' };
  }
}
