import type { EngineLimits } from './engine-config.ts';

export interface ChildOptions {
  readonly dataDirectory: string;
  readonly socketPath: string;
  readonly secret: string;
  readonly database: string;
  readonly limits: EngineLimits;
  readonly querySessions: number;
  readonly insertSessions: number;
  /** How long to wait for another process to let go of the directory. */
  readonly lockWaitMs: number;
}

export type ParentMessage = { readonly kind: 'start'; readonly options: ChildOptions } | { readonly kind: 'stop' };

export type ChildMessage =
  | { readonly kind: 'serving' }
  | { readonly kind: 'failed'; readonly reason: 'in-use' | 'unusable'; readonly message: string };
