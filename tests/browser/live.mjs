// Opens an address in headless Chromium and prints `open`, then each of some texts when the page shows it, then the errors of
// the page as JSON. The page has to load itself again in between.
//
//   node live.mjs MODULES ADDRESS TEXT…

import { launch } from "./launch.mjs";

const [modules, address, ...texts] = process.argv.slice(2);
const { browser } = await launch(modules);
const page = await browser.newPage();
const errors = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(String(error)));
await page.goto(address, { waitUntil: "load" });
console.log("open");
for (const text of texts) {
  await page.waitForFunction((text) => document.body.innerText.includes(text), { timeout: 180_000, polling: 100 }, text);
  console.log(text);
}
console.log(JSON.stringify(errors.filter((error) => !error.includes("404"))));
await browser.close();
