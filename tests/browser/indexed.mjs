// Turns a picture of few colors into an indexed PNG, which is a third as large as the PNG of a browser.

import { crc32, deflateSync } from "node:zlib";

/// The pixels of a PNG, four bytes each, which the browser decodes.
async function pixels(page, png) {
  const decoded = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, image.width, image.height).data;
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return { width: image.width, height: image.height, text: btoa(text) };
  }, `data:image/png;base64,${Buffer.from(png).toString("base64")}`);
  return { ...decoded, bytes: Buffer.from(decoded.text, "base64") };
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/// For each color, the position of the nearest of the 256 most frequent colors, and these colors.
function palette(bytes) {
  const counts = new Map();
  const key = (at) => bytes.readUInt32BE(at) >>> 8;
  for (let at = 0; at < bytes.length; at += 4) counts.set(key(at), (counts.get(key(at)) ?? 0) + 1);
  const known = [...counts].sort((one, other) => other[1] - one[1]).map(([color]) => color);
  const parts = (color) => [color >> 16, (color >> 8) & 255, color & 255];
  const colors = known.slice(0, 256).map(parts);
  const distance = (one, other) => one.reduce((sum, part, at) => sum + (part - other[at]) ** 2, 0);
  const nearest = (color) => {
    const all = colors.map((other) => distance(parts(color), other));
    return all.indexOf(Math.min(...all));
  };
  const positions = new Map(known.map((color) => [color, nearest(color)]));
  return { colors, position: (at) => positions.get(key(at)) };
}

/// The indexed PNG of a screenshot.
export async function indexed(page, png) {
  const { width, height, bytes } = await pixels(page, png);
  const { colors, position } = palette(bytes);
  // A byte at the start of each row says that the row is not filtered.
  const rows = Buffer.alloc(height * (width + 1));
  for (let at = 0; at < width * height; at += 1) rows[at + Math.floor(at / width) + 1] = position(at * 4);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const data = deflateSync(rows, { level: 9 });
  const parts = [chunk("IHDR", head), chunk("PLTE", Buffer.from(colors.flat())), chunk("IDAT", data)];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts, chunk("IEND", Buffer.alloc(0))]);
}
