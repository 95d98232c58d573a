const attemptsMax = 8;
const pauseMs = 700;
const noted = 'hatoba.reloads';
const reloadsMax = 5;
const forgottenAfterMs = 30_000;

/**
 * A browser drops what it is loading when a network interface of its machine comes or goes, and each task that starts
 * here is one (ERR_NETWORK_CHANGED). Queries repeat themselves; style sheets and parts of the program do not.
 */
export function reloadWhatFailed(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) watch(link, 1);
  window.addEventListener('vite:preloadError', (event) => {
    if (!mayReload(Date.now())) return;
    event.preventDefault();
    setTimeout(() => window.location.reload(), pauseMs);
  });
}

/** Puts a fresh copy in the place of a style sheet that did not arrive, some times, with pauses. */
function watch(link: HTMLLinkElement, attempt: number): void {
  const check = () => {
    if (link.sheet || attempt > attemptsMax) return;
    const copy = link.cloneNode() as HTMLLinkElement;
    copy.href = `${link.href.split('?')[0]}?again=${attempt}`;
    link.replaceWith(copy);
    watch(copy, attempt + 1);
  };
  link.addEventListener('error', () => setTimeout(check, pauseMs), { once: true });
  setTimeout(check, pauseMs * 3);
}

/** A few times in half a minute, not for ever: a part that is really missing must be told. */
function mayReload(nowMs: number): boolean {
  const before = JSON.parse(sessionStorage.getItem(noted) ?? '[]') as number[];
  const recent = before.filter((at) => nowMs - at < forgottenAfterMs);
  if (recent.length >= reloadsMax) return false;
  sessionStorage.setItem(noted, JSON.stringify([...recent, nowMs]));
  return true;
}
