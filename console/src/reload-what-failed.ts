const noted = 'hatoba.reloaded-at';
const pauseMs = 5000;

/**
 * A browser drops what it is loading when a network interface of its machine comes or goes, and each task that starts
 * here is one (ERR_NETWORK_CHANGED). Queries repeat themselves; style sheets and parts of the program do not.
 */
export function reloadWhatFailed(): void {
  const again = () => {
    for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
      if (link.sheet) continue;
      const copy = link.cloneNode() as HTMLLinkElement;
      link.replaceWith(copy);
    }
  };
  if (document.readyState === 'complete') again();
  else window.addEventListener('load', again, { once: true });

  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(noted) ?? 0);
    // Once, not for ever: a part that is really missing must be told.
    if (event.timeStamp + performance.timeOrigin - last < pauseMs) return;
    event.preventDefault();
    sessionStorage.setItem(noted, String(event.timeStamp + performance.timeOrigin));
    window.location.reload();
  });
}
