export interface LedgerEntry {
  source: string;
  received: number;
  accepted: number;
  stored: number;
  thinned: number;
  removed: number;
  refused: number;
  reasons: Record<string, number>;
}

/** One of the last that were refused, set aside for whoever looks why. */
export interface Refusal {
  /** ISO 8601. */
  readonly at: string;
  readonly source: string;
  readonly reason: string;
  readonly id?: string;
  /** How it began. */
  readonly text: string;
}

const reasonsMax = 100;
const refusalsMax = 100;
const refusalCharactersMax = 2000;

/** Per source: what came in and what became of it. Counts since this process started. */
export class Ledger {
  private readonly entries = new Map<string, LedgerEntry>();
  private readonly refusals: Refusal[] = [];

  received(source: string, count: number): void {
    this.entry(source).received += count;
  }

  accepted(source: string, count: number): void {
    this.entry(source).accepted += count;
  }

  stored(source: string, count: number): void {
    this.entry(source).stored += count;
  }

  thinned(source: string, count: number): void {
    this.entry(source).thinned += count;
  }

  removed(source: string, count: number): void {
    this.entry(source).removed += count;
  }

  refused(source: string, reason: string, count = 1): void {
    const entry = this.entry(source);
    entry.refused += count;
    const known = reason in entry.reasons || Object.keys(entry.reasons).length < reasonsMax;
    const name = known ? reason : 'Other';
    entry.reasons[name] = (entry.reasons[name] ?? 0) + count;
  }

  /** Sets a refused document aside, in the place of the oldest one. */
  setAside(source: string, reason: string, at: Date, document: { id?: string; text?: string }): void {
    const { id, text = '' } = document;
    const shown = text.slice(0, refusalCharactersMax);
    this.refusals.push({ at: at.toISOString(), source, reason, ...(id === undefined ? {} : { id }), text: shown });
    if (this.refusals.length > refusalsMax) this.refusals.shift();
  }

  /** The last that were refused, newest first. */
  lastRefused(): Refusal[] {
    return this.refusals.toReversed();
  }

  list(): LedgerEntry[] {
    return [...this.entries.values()].map((entry) => ({ ...entry, reasons: { ...entry.reasons } }));
  }

  private entry(source: string): LedgerEntry {
    let entry = this.entries.get(source);
    if (!entry) {
      entry = { source, received: 0, accepted: 0, stored: 0, thinned: 0, removed: 0, refused: 0, reasons: {} };
      this.entries.set(source, entry);
    }
    return entry;
  }
}
