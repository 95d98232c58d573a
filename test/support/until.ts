/** Waits until `probe` gives something truthy, and gives it back. Fails with the last error or a description. */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value> | Value,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<NonNullable<Value>, false>> {
  const deadline = performance.now() + (options.timeoutMs ?? 30_000);
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await probe();
      if (value) return value as Exclude<NonNullable<Value>, false>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 200));
  }
  throw new Error(
    `${what}: not within ${options.timeoutMs ?? 30_000} ms${lastError ? `; last error: ${lastError}` : ''}`,
  );
}
