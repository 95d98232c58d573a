import type { MultilineOptions } from '../index.ts';
import { datetimePattern } from './datetime-pattern.ts';
import { PatternJoiner } from './pattern-joiner.ts';
import { StackTraceJoiner } from './stack-trace-joiner.ts';

/** One line of a followed file, without its line end. */
export interface OutputLine {
  readonly text: string;
  /** Where the next line begins. */
  readonly end: number;
  readonly timestampMs: number;
}

/** Lines that are one event. Every line comes out once, in order; empty lines between events may be left out. */
export interface LineJoiner {
  /** The events that the line completes. */
  push(line: OutputLine): OutputLine[][];
  /** What is still open, when nothing more came for a while or the file has ended. */
  flush(): OutputLine[][];
  readonly isOpen: boolean;
  /** How long an open event waits for its next line. */
  readonly quietMs: number;
}

/** By awslogs' options: a date or pattern starts an event; without them stack traces are kept together. */
export function createLineJoiner({ datetimeFormat, multilinePattern }: MultilineOptions): LineJoiner {
  if (datetimeFormat) return new PatternJoiner(new RegExp(datetimePattern(datetimeFormat)));
  if (multilinePattern) return new PatternJoiner(toRegExp(multilinePattern));
  return new StackTraceJoiner();
}

/** Patterns are written for Go, where flags stand in front: `(?i)error`. */
function toRegExp(pattern: string): RegExp {
  const [, flags, source] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern)!;
  return new RegExp(source!, flags ?? '');
}
