// SPDX-License-Identifier: Apache-2.0

// Pages of our own making: everything is inline, nothing is fetched, and only
// the script with this page's nonce runs.

import { randomBytes } from "node:crypto";

export interface Html {
  title: string;
  body: string;
  style?: string;
  script?: string;
}

export function htmlPage({ title, body, style = "", script = "" }: Html): string {
  const nonce = randomBytes(16).toString("base64");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<title>${escapeHtml(title)}</title>
<style>
body { font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); color: var(--vscode-foreground); padding: 0 1.5em 2em; line-height: 1.5; }
body { max-width: 62em; } code { background: var(--vscode-textCodeBlock-background); border-radius: 3px; padding: .1em .35em; overflow-wrap: anywhere; }
pre code { background: none; padding: 0; } code, pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre { background: var(--vscode-textCodeBlock-background); padding: .8em 1em; border-radius: 4px; overflow-x: auto; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .25em .9em .25em 0; border-bottom: 1px solid var(--vscode-widget-border, #8884); }
a { color: var(--vscode-textLink-foreground); }
button { color: var(--vscode-button-foreground); background: var(--vscode-button-background); border: 0; border-radius: 2px; padding: .4em 1em; cursor: pointer; }
button:hover { background: var(--vscode-button-hoverBackground); }
${style}
</style>
</head>
<body>
${body}
${script ? `<script nonce="${nonce}">${script}</script>` : ""}
</body>
</html>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
