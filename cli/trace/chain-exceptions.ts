import type { TraceRow } from './lay-out-trace.ts';
import type { SegmentException } from './segment-document.ts';

export interface ChainLink {
  readonly exception: SegmentException;
  /** Row that it was thrown in. */
  readonly row: TraceRow;
  /** Rows that have no exception of their own but name this one. */
  readonly named: readonly TraceRow[];
  /** It names a cause that nobody sent. */
  readonly causeMissing: boolean;
}

/** Exceptions of a trace, each followed by what caused it, wherever that was thrown; the outermost first. */
export function chainExceptions(rows: readonly TraceRow[]): ChainLink[][] {
  const all = rows.flatMap((row) => exceptionsOf(row).map((exception) => ({ row, exception })));
  const byId = new Map(all.flatMap((one) => (one.exception.id ? [[one.exception.id, one] as const] : [])));
  const causes = new Set(all.flatMap(({ exception }) => (exception.cause ? [exception.cause] : [])));
  const namedBy = new Map<string, TraceRow[]>();
  for (const row of rows) {
    for (const { cause } of row.documents) {
      if (typeof cause === 'string' && cause !== '') namedBy.set(cause, [...(namedBy.get(cause) ?? []), row]);
    }
  }
  const shown = new Set<SegmentException>();
  const outermost = all.filter(({ exception: { id } }) => !id || !causes.has(id));
  // What is left after the outermost ones are circles.
  return [...outermost, ...all].flatMap((one) => {
    const chain: ChainLink[] = [];
    for (let at: typeof one | undefined = one; at && !shown.has(at.exception); ) {
      shown.add(at.exception);
      const cause: string | undefined = at.exception.cause || undefined;
      const next: typeof one | undefined = cause === undefined ? undefined : byId.get(cause);
      chain.push({
        ...at,
        named: namedBy.get(at.exception.id ?? '') ?? [],
        causeMissing: cause !== undefined && next === undefined,
      });
      at = next;
    }
    return chain.length > 0 ? [chain] : [];
  });
}

/** A cause that is only a name of another exception is shown where that one is. */
function exceptionsOf({ documents }: TraceRow): SegmentException[] {
  return documents.flatMap(({ cause }) => {
    if (typeof cause !== 'object' || cause === null) return [];
    const exceptions: unknown[] = Array.isArray(cause.exceptions) ? cause.exceptions : [];
    const known = exceptions.flatMap((one) =>
      typeof one === 'object' && one !== null ? [toException(one as Record<string, unknown>)] : [],
    );
    return known.length > 0 ? known : cause.message ? [{ message: toText(cause.message) }] : [];
  });
}

/** Somebody's program wrote it: texts may be numbers or objects. */
function toException({
  id,
  type,
  message,
  remote,
  truncated,
  cause,
  stack,
}: Record<string, unknown>): SegmentException {
  const frames: unknown[] = Array.isArray(stack) ? stack : [];
  return {
    id: toText(id),
    type: toText(type),
    message: toText(message),
    remote: remote === true,
    truncated: typeof truncated === 'number' ? truncated : 0,
    cause: toText(cause),
    stack: frames.flatMap((frame) => {
      if (typeof frame !== 'object' || frame === null) return [];
      const { path, line, label } = frame as Record<string, unknown>;
      return [{ path: toText(path), line: Number(line) || 0, label: toText(label) }];
    }),
  };
}

const toText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
