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
  const own = typeof cause === 'string' || !Array.isArray(cause.exceptions) ? [] : cause.exceptions;
  if (own.length === 0 && typeof cause !== 'string') {
    return cause.message ? [[{ exception: { message: cause.message }, thrownIn: undefined, causeMissing: false }]] : [];
  }
  const find = (id: string): { exception: TraceException; from: string | undefined } | undefined => {
    const here = own.find((exception) => exception.id === id);
    if (here) return { exception: here, from: undefined };
    if (!Object.hasOwn(elsewhere.exceptions, id)) return undefined;
    const exception = elsewhere.exceptions[id];
    const from = Object.hasOwn(elsewhere.thrownIn, id) ? elsewhere.thrownIn[id] : undefined;
    return exception && { exception, from: from === partId ? undefined : from };
  };
  const shown = new Set<TraceException>();
  const chainFrom = (exception: TraceException, from: string | undefined): ChainedException[] => {
    const chain: ChainedException[] = [];
    for (let at: ReturnType<typeof find> = { exception, from }; at && !shown.has(at.exception); ) {
      shown.add(at.exception);
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
  return [...outermost, ...own].flatMap((exception) => (shown.has(exception) ? [] : [chainFrom(exception, undefined)]));
}
