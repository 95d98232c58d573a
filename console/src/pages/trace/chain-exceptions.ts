import type { SegmentDocument, TraceException } from './trace-document.ts';

/** An exception and, in turn, what caused it. */
export interface ChainedException {
  exception: TraceException;
  /** The segment or subsegment that it was thrown in, where that is another one. */
  thrownIn: string | undefined;
  /** It names a cause that nobody sent. */
  causeMissing: boolean;
}

interface FromElsewhere {
  exceptions: Readonly<Record<string, TraceException>>;
  thrownIn: Readonly<Record<string, string>>;
}

/** The exceptions of a document, each that caused another one below that other, with those it names only by id. */
export function chainExceptions(
  { id: partId, cause }: Pick<SegmentDocument, 'id' | 'cause'>,
  elsewhere: FromElsewhere,
): ChainedException[][] {
  if (cause === undefined || cause === null) return [];
  const own = typeof cause === 'string' ? [] : exceptionsIn(cause.exceptions);
  if (own.length === 0 && typeof cause !== 'string') {
    const message = toText(cause.message);
    return message ? [[{ exception: { message }, thrownIn: undefined, causeMissing: false }]] : [];
  }
  const find = (id: string): { exception: TraceException; from: string | undefined } | undefined => {
    const here = own.find((exception) => exception.id === id);
    if (here) return { exception: here, from: undefined };
    if (!Object.hasOwn(elsewhere.exceptions, id)) return undefined;
    const [exception] = exceptionsIn([elsewhere.exceptions[id]]);
    const from = Object.hasOwn(elsewhere.thrownIn, id) ? elsewhere.thrownIn[id] : undefined;
    return exception && { exception, from: from === partId ? undefined : from };
  };
  // By id where they have one: what comes from elsewhere is made anew each time.
  const shown = new Set<TraceException | string>();
  const keyOf = (exception: TraceException) => exception.id || exception;
  const chainFrom = (exception: TraceException, from: string | undefined): ChainedException[] => {
    const chain: ChainedException[] = [];
    for (let at: ReturnType<typeof find> = { exception, from }; at && !shown.has(keyOf(at.exception)); ) {
      shown.add(keyOf(at.exception));
      const next: string | undefined = at.exception.cause;
      const found: ReturnType<typeof find> = next ? find(next) : undefined;
      chain.push({ exception: at.exception, thrownIn: at.from, causeMissing: Boolean(next) && !found });
      at = found;
    }
    return chain;
  };
  if (typeof cause === 'string') {
    const named = cause === '' ? undefined : find(cause);
    return named ? [chainFrom(named.exception, named.from)] : [];
  }
  const causes = new Set(own.map((exception) => exception.cause).filter(Boolean));
  const outermost = own.filter(({ id }) => !id || !causes.has(id));
  // What is left then are circles.
  return [...outermost, ...own].flatMap((exception) =>
    shown.has(keyOf(exception)) ? [] : [chainFrom(exception, undefined)],
  );
}

/** Somebody's program wrote them: what is shown as text is made text. */
function exceptionsIn(sent: unknown): TraceException[] {
  const all: unknown[] = Array.isArray(sent) ? sent : [];
  return all.flatMap((one) => {
    if (typeof one !== 'object' || one === null) return [];
    const { id, type, message, cause, stack, ...rest } = one as Record<string, unknown>;
    const texts = Object.entries({ id, type, message, cause }).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    return [
      {
        ...(rest as Pick<TraceException, 'remote' | 'truncated' | 'skipped'>),
        ...Object.fromEntries(texts.map(([key, value]) => [key, toText(value)])),
        ...(Array.isArray(stack) ? { stack: stack.flatMap(frameOf) } : {}),
      },
    ];
  });
}

function frameOf(frame: unknown): NonNullable<TraceException['stack']> {
  if (typeof frame !== 'object' || frame === null) return [];
  const { path, line, label } = frame as Record<string, unknown>;
  return [{ path: toText(path), line: Number(line) || 0, label: toText(label) }];
}

const toText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
