// Starts the headless Chromium that `chromium.sh` has installed in the folder MODULES.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export async function launch(modules) {
  const require = createRequire(join(resolve(modules), "package.json"));
  const load = async (name) => (await import(pathToFileURL(require.resolve(name)))).default;
  const [chromium, puppeteer] = [await load("@sparticuz/chromium"), await load("puppeteer-core")];
  const browser = await puppeteer.launch({
    args: [...chromium.args, "--allow-file-access-from-files"],
    executablePath: await chromium.executablePath(),
    headless: "shell",
  });
  return { browser, require };
}
