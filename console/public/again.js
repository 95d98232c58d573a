// Loads the page again when the program did not arrive: a browser drops what it is loading when a network interface of
// its machine comes or goes, and each task that starts is one. Apart from the program, because it is for its absence.
(() => {
  const noted = 'hatoba.again';
  addEventListener(
    'error',
    (event) => {
      const failed = event.target;
      if (!(failed instanceof HTMLScriptElement) || document.getElementById('root')?.firstChild) return;
      const recent = JSON.parse(sessionStorage.getItem(noted) ?? '[]').filter((at) => Date.now() - at < 30_000);
      if (recent.length >= 5) return;
      sessionStorage.setItem(noted, JSON.stringify([...recent, Date.now()]));
      setTimeout(() => location.reload(), 700);
    },
    true,
  );
})();
