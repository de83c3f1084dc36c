// Opens HTML pages in headless Chromium and prints what a reader would meet, as one JSON object for each page:
// console errors, requests, overflow at 390, 1000 and 1280 px, links without targets, faults found by axe, pages of the PDF, and
// whether the search of a glossary and its graphs work.
//
//   node page.mjs MODULES [--pictures FOLDER] [--cover PICTURE] FILE…
//
// `--cover` writes the first screen of the first file as a small picture, as in the README:
//
//   kpi report Board -f examples/shop -o board.html
//   node tests/browser/page.mjs target/browser --cover docs/report.png board.html
//
// MODULES is the folder in which `chromium.sh` has installed the packages.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { indexed } from "./indexed.mjs";
import { launch } from "./launch.mjs";

const [modules, ...rest] = process.argv.slice(2);
const { browser, require } = await launch(modules);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const option = (name) => (rest[0] === name ? rest.splice(0, 2)[1] : null);
const [pictures, cover] = [option("--pictures"), option("--cover")];

async function measured(page, width) {
  await page.setViewport({ width, height: 575 });
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const scrolls = (element) => {
      for (let above = element.parentElement; above; above = above.parentElement) {
        if (getComputedStyle(above).overflowX === "auto") return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > room + 1 && !scrolls(element) && !element.closest(".skip, .hidden");
    });
    const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
    return { overflow: document.documentElement.scrollWidth - room, wide: wide.slice(0, 5).map(name) };
  });
}

async function faults(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => `${fault.id}: ${fault.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

// A search of a glossary: one without a result says so, an empty one shows everything again. On a phone, a large graph scrolls
// and is not made too small to read. Null for other pages.
async function searched(page) {
  if ((await page.$("#search")) === null) return null;
  const shown = () =>
    page.evaluate(() => [...document.querySelectorAll("[data-names]")].filter((it) => it.checkVisibility()).length);
  const all = await shown();
  await page.type("#search", "qqqq");
  const hint = (await shown()) === 0 && (await page.evaluate(() => document.getElementById("nothing").checkVisibility()));
  await page.keyboard.press("Escape");
  const again = (await shown()) === all && !(await page.evaluate(() => document.getElementById("nothing").checkVisibility()));
  await page.setViewport({ width: 390, height: 900 });
  const scrolls = await page.evaluate(() =>
    [...document.querySelectorAll(".picture")]
      .filter((picture) => picture.firstElementChild.viewBox.baseVal.width > 700)
      .every((picture) => picture.scrollWidth > picture.clientWidth && picture.tabIndex === 0),
  );
  return { hint, again, scrolls };
}

async function opened(file) {
  const page = await browser.newPage();
  const [errors, requests] = [[], []];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => request.url().startsWith("file:") || requests.push(request.url()));
  await page.goto(pathToFileURL(resolve(file)).href, { waitUntil: "load" });
  const narrow = await measured(page, 390);
  const picture = async (name) => {
    if (pictures) await page.screenshot({ path: join(pictures, `${basename(file, ".html")}-${name}.png`), fullPage: true });
  };
  await picture("390");
  const medium = await measured(page, 1000);
  const wide = await measured(page, 1280);
  await picture("1280");
  const light = await faults(page);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const dark = await faults(page);
  await picture("dark");
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  const broken = await page.evaluate(() =>
    [...document.querySelectorAll("a[href]")]
      .map((link) => link.getAttribute("href"))
      .filter((link) => !link.startsWith("#") || !document.getElementById(decodeURIComponent(link.slice(1)))),
  );
  // A link to a folded derivation unfolds it.
  const unfolded = await page.evaluate(async () => {
    const link = document.querySelector("td a[href*='-at']");
    if (!link) return null;
    link.click();
    await new Promise((done) => setTimeout(done, 100));
    return document.getElementById(link.getAttribute("href").slice(1)).checkVisibility();
  });
  const glossary = await searched(page);
  // The width between the margins of A4.
  await page.emulateMediaType("print");
  const print = await measured(page, 688);
  const pdf = await page.pdf({ format: "A4", printBackground: true });
  if (pictures) writeFileSync(join(pictures, `${basename(file, ".html")}.pdf`), pdf);
  const sheets = (Buffer.from(pdf).toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
  const kpis = await page.evaluate(() => document.querySelectorAll("article.sheet[data-names]").length);
  await page.close();
  const printed = { kpis, sheets };
  return {
    file: basename(file), errors, requests, narrow, medium, wide, print, broken, unfolded, glossary, printed,
    faults: [...light, ...dark], sheets,
  };
}

async function photographed(file) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1000, height: 575 });
  await page.goto(pathToFileURL(resolve(file)).href, { waitUntil: "load" });
  const picture = await page.screenshot();
  // The page itself may not load pictures.
  await page.goto("about:blank");
  writeFileSync(cover, await indexed(page, picture));
  await page.close();
}

if (cover) await photographed(rest[0]);
for (const file of rest) console.log(JSON.stringify(await opened(file)));
await browser.close();
