// SPDX-License-Identifier: Apache-2.0

// The server's pictures as parts of a page. Markdown's own way to show them,
// a link to a file, VS Code's renderer does not follow.

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";

import { escapeHtml } from "./html";

/** An SVG's element, so that it takes the theme's colours; without prologue and scripts. */
export function inline(svg: string): string {
  const start = svg.indexOf("<svg");
  const end = svg.lastIndexOf("</svg>");
  if (start < 0 || end < 0) return "<p>There is no picture.</p>";
  const element = svg.slice(start, end + "</svg>".length).replace(/<script[\s\S]*?<\/script>/gi, "");
  // A picture by itself asks the system whether it is dark; here the theme tells.
  return element.replaceAll("@media (prefers-color-scheme: dark)", "body.vscode-dark, body.vscode-high-contrast:not(.vscode-high-contrast-light)");
}

/** Renders Markdown, with the server's pictures in their places. */
export async function render(markdown: string): Promise<string> {
  const pictures: { alt: string; uri: string }[] = [];
  const mark = (n: number) => `picture-${n}-of-the-server`;
  const marked = markdown.replace(/!\[([^\]]*)\]\((file:[^)\s]+\.svg)\)/g, (_, alt: string, uri: string) => mark(pictures.push({ alt, uri }) - 1));
  let html = await vscode.commands.executeCommand<string>("markdown.api.render", marked);
  for (const [n, { alt, uri }] of pictures.entries()) {
    const figure = await read(uri).then(inline, () => `<p>${escapeHtml(alt)}: the picture is gone.</p>`);
    html = html.replace(mark(n), () => figure); // a function: an SVG may have $ in it
  }
  return html;
}

/** Reads a picture of the server's: no page may show another file. */
async function read(uri: string): Promise<string> {
  const picture = vscode.Uri.parse(uri, true);
  if (!/\/starlark-memls\/plots$/.test(path.posix.dirname(picture.path))) throw new Error(`${uri} is no picture of the server's`);
  return fs.readFile(picture.fsPath, "utf8");
}
