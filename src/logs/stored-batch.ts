import type { AccountRegion } from '../wire/aws/call-context.ts';
import { encodeEventId } from './event-id.ts';
import type { LogEvent, StoredLogEvent } from './index.ts';

export interface StoredBatchFacts extends AccountRegion {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly ingestionTimeMs: number;
  readonly events: readonly LogEvent[];
  /** One for each event. */
  readonly sequences: readonly bigint[];
}

/** One batch that has been stored, for whoever looks at events as they come: tail, metric filters. */
export class StoredBatch implements AccountRegion {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  private readonly facts: StoredBatchFacts;
  private made: readonly StoredLogEvent[] | undefined;

  constructor(facts: StoredBatchFacts) {
    this.account = facts.account;
    this.region = facts.region;
    this.logGroupName = facts.logGroupName;
    this.logStreamName = facts.logStreamName;
    this.facts = facts;
  }

  /** Made when somebody asks: most batches have no filter and no tail, and an id costs more than the rest of an event. */
  get events(): readonly StoredLogEvent[] {
    const { events, sequences, ingestionTimeMs, logGroupName, logStreamName } = this.facts;
    this.made ??= events.map(({ timestampMs, message }, index) => ({
      timestampMs,
      message,
      eventId: encodeEventId({ timestampMs, sequence: sequences[index]! }),
      ingestionTimeMs,
      logGroupName,
      logStreamName,
    }));
    return this.made;
  }
}
