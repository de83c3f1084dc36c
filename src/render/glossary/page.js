"use strict";
(() => {
  const field = document.getElementById("search");
  const output = document.getElementById("found");
  const nothing = document.getElementById("nothing");
  const index = document.getElementById("contents");
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[\u2019_\u2010-]/g, " ").replace(/'/g, " ").toLowerCase();
  const entries = [...document.querySelectorAll("[data-names]")].map((element) => ({
    element,
    link: index.querySelector(`a[href="#${CSS.escape(element.id)}"]`)?.parentElement,
    text: plain(element.dataset.names),
  }));
  const hideEmpty = (selector, inner) => {
    for (const element of document.querySelectorAll(selector)) {
      element.hidden = element.querySelector(inner) === null;
    }
  };
  const search = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { element, link, text } of entries) {
      const hit = words.every((word) => text.includes(word));
      element.hidden = !hit;
      if (link) link.hidden = !hit;
      found += hit;
    }
    hideEmpty("main > section", "[data-names]:not([hidden])");
    hideEmpty("#contents section", "li:not([hidden])");
    nothing.hidden = found > 0;
    output.textContent = words.length === 0 ? "" : output.dataset.text.replace("{}", found);
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { field.value = ""; search(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
  });
  // A link to a sheet that the search has hidden shows it again.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) { field.value = ""; search(); target.scrollIntoView(); }
  });
  const narrow = window.matchMedia("(max-width: 60rem)");
  const fold = () => { index.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  window.addEventListener("beforeprint", () => { index.open = true; });
  fold();
})();
