import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { newAlphanumericId } from '../platform/ids.ts';
import { StaleVersionError, type StateStore } from '../stores/state/store.ts';

/** What a session token says about itself. Names are short because every request carries the token. */
export interface SessionClaims {
  /** Access key id. */
  readonly key: string;
  readonly account: string;
  /** Role name and unique id: a role created anew under the same name does not inherit sessions. */
  readonly role?: { readonly name: string; readonly id: string; readonly arn: string };
  /** Sessions of GetSessionToken: the user, or nothing for root. */
  readonly user?: { readonly name: string; readonly id: string; readonly arn: string };
  readonly session?: string;
  readonly policies?: readonly string[];
  readonly expiresAtMs: number;
}

export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/**
 * Issues temporary credentials without keeping any: the token carries its claims and our signature, the secret key is
 * derived from the token. What stays is one secret of this installation in the state store.
 */
export class SessionTokens {
  private readonly state: StateStore;
  private installationSecret: Promise<Buffer> | undefined;

  constructor(state: StateStore) {
    this.state = state;
  }

  async issue(claims: Omit<SessionClaims, 'key'>): Promise<SessionCredentials> {
    const secret = await this.secret();
    const accessKeyId = `ASIA${newAlphanumericId(16)}`;
    const payload = Buffer.from(JSON.stringify({ ...claims, key: accessKeyId })).toString('base64');
    const sessionToken = `${payload}/${digest(secret, 'token', payload).toString('base64')}`;
    return {
      accessKeyId,
      secretAccessKey: secretKeyOf(secret, sessionToken),
      sessionToken,
      expiresAt: new Date(claims.expiresAtMs),
    };
  }

  /** Undefined when the token is not ours or belongs to another key. Expired tokens are read like others. */
  async read(
    accessKeyId: string,
    sessionToken: string,
  ): Promise<{ claims: SessionClaims; secretAccessKey: string } | undefined> {
    const secret = await this.secret();
    // Base64 holds slashes; the signature is its last 44 characters.
    const payload = sessionToken.slice(0, -45);
    const signature = Buffer.from(sessionToken.slice(-44));
    // Compared as text: base64 has spare bits at its end, so that several texts would be the same signature.
    const expected = Buffer.from(digest(secret, 'token', payload).toString('base64'));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64').toString()) as SessionClaims;
    return claims.key === accessKeyId ? { claims, secretAccessKey: secretKeyOf(secret, sessionToken) } : undefined;
  }

  private secret(): Promise<Buffer> {
    this.installationSecret ??= this.loadSecret().catch((error) => {
      this.installationSecret = undefined;
      throw error;
    });
    return this.installationSecret;
  }

  private async loadSecret(): Promise<Buffer> {
    const read = () => this.state.get<{ secret: string }>('identity-secret', 'session-tokens');
    let stored = await read();
    if (!stored) {
      const put = { secret: randomBytes(32).toString('base64') };
      await this.state
        .commit([{ kind: 'identity-secret', key: 'session-tokens', expect: 'absent', put }])
        .catch((error) => {
          if (!(error instanceof StaleVersionError)) throw error;
        });
      stored = (await read())!;
    }
    return Buffer.from(stored.value.secret, 'base64');
  }
}

const digest = (secret: Buffer, purpose: string, text: string) =>
  createHmac('sha256', secret).update(purpose).update('\0').update(text).digest();

const secretKeyOf = (secret: Buffer, sessionToken: string) =>
  digest(secret, 'secret-key', sessionToken).toString('base64').slice(0, 40);
