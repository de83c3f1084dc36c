"use strict";
(() => {
  const shown = document.currentScript.dataset.version;
  const look = async () => {
    let wait = 500;
    try {
      const answer = await fetch("/version", { cache: "no-store" });
      if (answer.ok && (await answer.text()) !== shown) { location.reload(); return; }
    } catch {
      // The command has ended. It may start again.
      wait = 2000;
    }
    setTimeout(look, wait);
  };
  setTimeout(look, 500);
})();
