// SPDX-License-Identifier: Apache-2.0

// The page with pictures is the one that "starlark-memls report --format html"
// writes for browsers: here it only gets VS Code's own styles in, and what VS Code
// has to offer beside it.

/** The page for a webview; extra stands before its pictures. */
export function inWebview(page: string, extra = ""): string {
  // VS Code puts a style of its own into every webview, which a hash would keep out.
  const allowed = page.replace(/style-src '[^']*'/, "style-src 'unsafe-inline'");
  return extra ? allowed.replace("<main>", `<main>${extra}`) : allowed;
}

/** What the page says: a place was clicked, a button of ours, or that it is drawn. */
export interface PictureMessage {
  place?: string;
  /** The focus goes to the place. */
  focus?: boolean;
  post?: string;
  ready?: boolean;
}
