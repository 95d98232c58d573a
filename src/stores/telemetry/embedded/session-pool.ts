/** One connection to the embedded engine; it runs one statement at a time. */
export interface EngineSession {
  query(sql: string, format: string): Promise<{ bytes: Uint8Array; rowsRead: number; bytesRead: number }>;
  insert(statement: {
    table: string;
    columns: readonly string[];
    format: string;
    body: Buffer;
    settings: Readonly<Record<string, string | number>>;
  }): Promise<{ rowsWritten: number; bytesWritten: number }>;
  close(): void;
}

export class PoolFullError extends Error {
  constructor() {
    super('Code: 202. DB::Exception: Too many simultaneous queries');
  }
}

/**
 * Sessions that are lent out one at a time, first come first served. A session whose statement failed, or that `work`
 * declared used up, is closed and replaced: the engine would put a failed query's partial output before the next
 * result, and would keep settings.
 */
export class SessionPool {
  private readonly open: () => Promise<EngineSession>;
  private readonly waitersMax: number;
  private idle: EngineSession[] = [];
  private missing: number;
  private waiters: (() => void)[] = [];

  constructor(open: () => Promise<EngineSession>, size: number, waitersMax: number) {
    this.open = open;
    this.missing = size;
    this.waitersMax = waitersMax;
  }

  async run<T>(work: (session: EngineSession) => Promise<T>, reuse: boolean): Promise<T> {
    await this.turn();
    let session: EngineSession | undefined;
    let clean = false;
    try {
      session = this.idle.pop() ?? (await this.open());
      const result = await work(session);
      clean = reuse;
      return result;
    } finally {
      if (session && clean) this.idle.push(session);
      else session?.close();
      this.missing += 1;
      this.waiters.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    while (this.missing === 0) {
      if (this.waiters.length >= this.waitersMax) throw new PoolFullError();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
    this.missing -= 1;
  }

  close(): void {
    for (const session of this.idle) session.close();
    this.idle = [];
  }
}
