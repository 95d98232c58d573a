export interface LedgerEntry {
  source: string;
  received: number;
  accepted: number;
  stored: number;
  thinned: number;
  refused: number;
  reasons: Record<string, number>;
}

const reasonsMax = 100;

/** Per source: what came in and what became of it. Counts since this process started. */
export class Ledger {
  private readonly entries = new Map<string, LedgerEntry>();

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

  refused(source: string, reason: string, count = 1): void {
    const entry = this.entry(source);
    entry.refused += count;
    const known = reason in entry.reasons || Object.keys(entry.reasons).length < reasonsMax;
    const name = known ? reason : 'Other';
    entry.reasons[name] = (entry.reasons[name] ?? 0) + count;
  }

  list(): LedgerEntry[] {
    return [...this.entries.values()].map((entry) => ({ ...entry, reasons: { ...entry.reasons } }));
  }

  private entry(source: string): LedgerEntry {
    let entry = this.entries.get(source);
    if (!entry) {
      entry = { source, received: 0, accepted: 0, stored: 0, thinned: 0, refused: 0, reasons: {} };
      this.entries.set(source, entry);
    }
    return entry;
  }
}
