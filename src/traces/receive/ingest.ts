import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../platform/clock.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import type { OtlpResourceSpans, OtlpSpan } from '../../wire/otlp.ts';
import { decodeOtlpTraces } from '../../wire/otlp-protobuf.ts';
import { ProtobufError } from '../../wire/protobuf.ts';
import { type LinkRow, toLinkRows } from '../links/to-link-rows.ts';
import type { AcceptedDocument, CallRow, RefusedDocument, SegmentRow, Source } from '../model.ts';
import type { Ledger } from './ledger.ts';
import { type DocumentLimits, findProblem, parseDocument, refuse } from './parse-document.ts';
import { spanToDocuments } from './span-to-documents.ts';
import { toRows } from './to-rows.ts';
import type { TraceBudget } from './trace-budget.ts';

const noTrace = '0'.repeat(32);
/** Spans after which others get their turn: a few milliseconds. A request may have a hundred thousand. */
const turnItems = 512;

export interface IngestOptions {
  /** Somebody waits for the answer. */
  readonly acknowledged: boolean;
}

/**
 * The one way into the store: documents and spans of any receiver. Each method resolves when what it accepted is
 * stored; it rejects with TelemetryQueueFullError, having stored nothing, when the writer cannot take it.
 */
export class Ingest {
  private readonly telemetry: TelemetryStore;
  private readonly clock: Clock;
  private readonly ledger: Ledger;
  private readonly limits: DocumentLimits;
  private readonly budget: TraceBudget | undefined;
  private readonly storing = new Set<Promise<unknown>>();
  private readonly onStored: (source: Source, traceIds: readonly string[]) => void;

  constructor(deps: {
    telemetry: TelemetryStore;
    clock: Clock;
    ledger: Ledger;
    limits: DocumentLimits;
    budget?: TraceBudget;
    onStored: (source: Source, traceIds: readonly string[]) => void;
  }) {
    this.telemetry = deps.telemetry;
    this.clock = deps.clock;
    this.ledger = deps.ledger;
    this.limits = deps.limits;
    this.budget = deps.budget;
    this.onStored = deps.onStored;
  }

  /** Elements of TraceSegmentDocuments. */
  async documents(texts: readonly string[], source: Source, options: IngestOptions): Promise<RefusedDocument[]> {
    const accepted: AcceptedDocument[] = [];
    const refused: RefusedDocument[] = [];
    for (const text of texts) {
      const parsed = parseDocument(text, this.clock.now(), this.limits);
      if (parsed.kind === 'otlp') {
        const outcome = await this.acceptPayload(parsed.payload, parsed.sampled);
        // One by one: there may be more than a call takes arguments.
        for (const document of outcome.accepted) accepted.push(document);
        for (const document of outcome.refused) refused.push(document);
        this.ledger.received(source.name, outcome.received);
        if (outcome.unsampled > 0) this.ledger.refused(source.name, 'Unsampled', outcome.unsampled);
      } else {
        for (const document of parsed.accepted) accepted.push(document);
        for (const document of parsed.refused) refused.push({ ...document, text });
        this.ledger.received(source.name, parsed.accepted.length + parsed.refused.length);
      }
    }
    const kept = await this.withinBudget(accepted, refused, source);
    await this.store(kept, refused, source, options);
    return refused;
  }

  /** Spans of an OTLP request. `rejected` counts spans, with a sentence for the sender. */
  async spans(
    resourceSpans: readonly OtlpResourceSpans[],
    source: Source,
    options: IngestOptions,
  ): Promise<{ rejected: number; message: string }> {
    const { accepted, refused, received } = await this.acceptSpans(resourceSpans);
    this.ledger.received(source.name, received);
    const kept = await this.withinBudget(accepted, refused, source);
    await this.store(kept, refused, source, options);
    const codes = [...new Set(refused.map(({ code }) => code))].slice(0, 10);
    return { rejected: refused.length, message: codes.length > 0 ? `Refused spans: ${codes.join(', ')}` : '' };
  }

  /** Resolves when all that is being stored at this moment is stored, or has failed. */
  async untilStored(): Promise<void> {
    await Promise.allSettled(this.storing);
  }

  private async acceptPayload(payload: Buffer, sampled: boolean) {
    let resourceSpans: OtlpResourceSpans[];
    try {
      resourceSpans = decodeOtlpTraces(payload);
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error;
      return {
        accepted: [],
        refused: [refuse('ParseError')],
        received: 1,
        unsampled: 0,
      };
    }
    if (sampled) return { ...(await this.acceptSpans(resourceSpans)), unsampled: 0 };
    // Unsampled spans exist for request metrics; as traces they are not wanted.
    const received = resourceSpans.reduce((sum, { spans }) => sum + spans.length, 0);
    return { accepted: [], refused: [], received, unsampled: received };
  }

  private async acceptSpans(resourceSpans: readonly OtlpResourceSpans[]) {
    const accepted: AcceptedDocument[] = [];
    const refused: RefusedDocument[] = [];
    let received = 0;
    const now = this.clock.now();
    for (const { resource, spans } of resourceSpans) {
      for (const span of spans) {
        received += 1;
        if (received % turnItems === 0) await nextTurn();
        if (!/^[0-9a-f]{32}$/.test(span.traceId) || span.traceId === noTrace) {
          refused.push({ ...refuse('InvalidTraceId', span.spanId), text: shortly(span) });
          continue;
        }
        for (const candidate of spanToDocuments(span, resource)) {
          const problem = findProblem(candidate.document, now, this.limits);
          if (!problem) accepted.push(candidate);
          else if (candidate.document.id === span.spanId) {
            refused.push({ ...refuse(problem, span.spanId || undefined), text: shortly(span) });
          }
        }
      }
    }
    return { accepted, refused, received };
  }

  /** What still fits into its trace; the rest joins the refused. */
  private async withinBudget(
    accepted: AcceptedDocument[],
    refused: RefusedDocument[],
    source: Source,
  ): Promise<AcceptedDocument[]> {
    if (!this.budget || accepted.length === 0) return accepted;
    const spent = await this.budget.findSpent(
      source,
      accepted.map(({ traceId }) => traceId),
    );
    for (const { traceId, document, isCompanion } of accepted) {
      if (spent.has(traceId) && !isCompanion) refused.push(refuse('InvalidSegment', document.id));
    }
    return accepted.filter(({ traceId }) => !spent.has(traceId));
  }

  private async store(
    accepted: readonly AcceptedDocument[],
    refused: RefusedDocument[],
    source: Source,
    options: IngestOptions,
  ): Promise<void> {
    let acceptedCount = 0;
    const segments: SegmentRow[] = [];
    const calls: CallRow[] = [];
    const links: LinkRow[] = [];
    for (const [index, document] of accepted.entries()) {
      if (index % turnItems === turnItems - 1) await nextTurn();
      const rows = toRows(document, source);
      // What a client wrote was measured when it came; what a span becomes is known only now.
      const isTooLarge =
        document.ownerName !== undefined && rows.segment.document.length > this.limits.documentBytesMax;
      if (isTooLarge) {
        if (!document.isCompanion) refused.push(refuse('SegmentTooLarge', document.document.id));
        continue;
      }
      if (!document.isCompanion) acceptedCount += 1;
      segments.push(rows.segment);
      calls.push(...rows.calls);
      links.push(...toLinkRows(document, rows.segment));
    }
    const now = this.clock.now();
    for (const document of refused) {
      this.ledger.refused(source.name, document.code);
      this.ledger.setAside(source.name, document.code, now, document);
    }
    if (segments.length === 0) return;
    this.ledger.accepted(source.name, acceptedCount);
    const storing = Promise.all([
      this.telemetry.insert('segments', segments, options),
      calls.length > 0 ? this.telemetry.insert('calls', calls, options) : undefined,
      links.length > 0 ? this.telemetry.insert('span_links', links, options) : undefined,
    ]);
    this.storing.add(storing);
    try {
      await storing;
    } catch (error) {
      const reason = error instanceof TelemetryQueueFullError ? 'QueueFull' : 'StoreFailed';
      this.ledger.refused(source.name, reason, acceptedCount);
      throw error;
    } finally {
      this.storing.delete(storing);
    }
    this.ledger.stored(source.name, acceptedCount);
    this.onStored(source, [...new Set(accepted.map(({ traceId }) => traceId))]);
  }
}

/** What tells a refused span from others. */
function shortly({ traceId, spanId, name, startUnixMicros, endUnixMicros }: OtlpSpan): string {
  return JSON.stringify({ traceId, spanId, name: name.slice(0, 200), startUnixMicros, endUnixMicros });
}
